"""Reports that a planner hands over, as a Word file and a PDF."""
