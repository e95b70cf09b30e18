"""The only place that writes: the map, tables, reports, and what is told of the input."""
