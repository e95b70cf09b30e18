"""Where people live: demand points from buildings, land, grids or streets, and outlines grown where none were drawn."""
