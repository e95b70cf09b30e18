"""The interactive map: one offline page, its code, and the numbers that it is made of."""
