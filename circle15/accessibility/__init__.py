"""Who is served: coverage, delivery, gaps, sums by subdistrict, and how evenly access is spread."""
