"""Tables as planners keep them: CSV of any encoding, workbooks old and new."""
