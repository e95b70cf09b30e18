"""What is wrong in the data: findings of a city, and the datum that a list of places fits best."""
