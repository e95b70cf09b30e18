"""The data-quality report: page, workbook, JSON and lines for a terminal."""
