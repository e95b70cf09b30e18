"""The command line from beginning to end: what was asked for is run, and every failure leaves with its exit code."""

from __future__ import annotations

import signal
import sys

import typer

from circle15.cli.commands import app
from circle15.cli.console import forgive_consoles, in_both, say
from circle15.cli.leaving import ExitCode, code_of, leave, leave_on_system_error
from circle15.cli.progress import Interrupt
from circle15.errors import Circle15Error, DataQualityWarning

__all__ = ["main"]


def main() -> None:
    """Run the command line and leave with an exit code of :class:`~circle15.cli.leaving.ExitCode`."""
    import warnings

    # Findings are printed in full by the commands; Python's one-line warning would say it twice.
    warnings.simplefilter("ignore", DataQualityWarning)
    forgive_consoles()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # unless whoever calls us has one of his own
        signal.signal(signal.SIGINT, Interrupt())
    try:
        code = app(standalone_mode=False)
    except Circle15Error as error:
        leave(in_both(error), code_of(error))
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    except OSError as error:
        leave_on_system_error(error)
    except Exception as error:
        show = getattr(error, "show", None)  # click's own usage errors know how to print themselves
        if show is None:
            raise
        if sys.argv[1:]:  # without any word the help is shown, which is bilingual
            say("circle15: 命令写法不对，请按下面的提示改正；用法见 circle15 -h", err=True)
        show()
        sys.exit(getattr(error, "exit_code", ExitCode.USAGE))
    if code == ExitCode.INTERRUPTED:  # typer turns Ctrl-C into this return value, or into Abort, by its version
        leave("已中断，没有留下写了一半的文件 / interrupted; no half-written file is left", ExitCode.INTERRUPTED)
    sys.exit(code or ExitCode.OK)
