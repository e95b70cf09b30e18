"""Tables, workbooks and GIS layers of an analysis."""
