"""Lists of facilities: columns, points, attributes, and the same place in several lists."""
