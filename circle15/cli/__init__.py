"""The command line: argument parsing, progress, exit codes. All work is done by the library.

Exit codes: 0 done; 2 wrong usage; 3 input cannot be used; 4 output cannot be written; 5 download failed;
130 interrupted. Imports that take time happen inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

from circle15.cli.leaving import ExitCode
from circle15.cli.program import main

__all__ = ["ExitCode", "main"]
