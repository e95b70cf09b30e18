"""Population grids: cells, rasters, and the people whom they count."""
