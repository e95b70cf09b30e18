"""When a facility is open: hours as people write them, and what is open at a moment of a week."""
