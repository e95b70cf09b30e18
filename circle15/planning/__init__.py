"""What would help: whether a facility or a path is missing, and the links worth opening."""
