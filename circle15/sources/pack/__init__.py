"""A city pack: its folder, its keys, and every layer that it names."""
