"""``python -m circle15``: the command line, for machines without make."""

from circle15.cli import main

main()
