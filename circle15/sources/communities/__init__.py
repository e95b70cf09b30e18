"""Communities and their people: outlines, points, parts, tables, offices."""
