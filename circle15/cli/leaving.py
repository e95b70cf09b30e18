"""How the program ends: exit codes, and the last word before them."""

from __future__ import annotations

import errno
import sys
from enum import IntEnum
from typing import NoReturn

from circle15.cli.console import hush, in_both, say
from circle15.errors import Circle15Error, FetchError, InputError, OutputError
from circle15.refusals import refusal

__all__ = ["ExitCode", "code_of", "leave", "leave_on_system_error"]


_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


class ExitCode(IntEnum):
    """What the process returns."""

    OK = 0
    USAGE = 2
    INPUT = 3
    OUTPUT = 4
    FETCH = 5
    INTERRUPTED = 130


def code_of(error: Circle15Error) -> ExitCode:
    """The exit code of an error of ours."""
    if isinstance(error, OutputError):
        return ExitCode.OUTPUT
    return ExitCode.FETCH if isinstance(error, FetchError) else ExitCode.INPUT


def leave(message: str, code: ExitCode) -> NoReturn:
    """Say a last word and end the process."""
    say(f"circle15: {message}", err=True)
    sys.exit(code)


def leave_on_system_error(error: OSError) -> NoReturn:
    """What the system refused outside of our own readers and writers: no room, no permission."""
    code = ExitCode.OUTPUT if error.errno in _NO_ROOM else ExitCode.INPUT
    if code == ExitCode.OUTPUT and not error.filename:
        hush(sys.stdout)
    named = (f"{error.filename}：", f"{error.filename}: ") if error.filename else ""
    refused = refusal(
        "system_room" if code == ExitCode.OUTPUT else "system_closed",
        error=OutputError if code == ExitCode.OUTPUT else InputError,
        file=named,
        why=error.strerror or error,
    )
    leave(in_both(refused), code)
