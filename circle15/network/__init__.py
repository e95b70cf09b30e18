"""Streets a walker may use, as a network: built, costed for one profile, and places put on it."""
