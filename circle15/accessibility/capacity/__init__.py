"""Seats: indices that share supply among those who reach it, and who is really served when seats are few."""
