"""Files that appear whole or not at all: temporary file beside the target, fsync, rename."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from circle15.errors import OutputError
from circle15.refusals import hint, refusal

__all__ = ["all_together", "write_text", "write_whole"]

_ADVICE = {
    errno.ENOSPC: "write_full",
    errno.EDQUOT: "write_quota",
    errno.EFBIG: "write_large",
    errno.EROFS: "write_read_only",
    errno.EACCES: "write_permission",
    errno.EPERM: "write_permission",
    errno.ENOTDIR: "write_file_there",
    errno.EEXIST: "write_file_there",
    errno.EISDIR: "write_folder_there",
    errno.ENAMETOOLONG: "write_long",
}
"""What to do, as a code of a refusal."""
_BESIDE = ("-journal", "-wal", "-shm", ".aux.xml")


def write_whole(path: str | Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` fill a temporary file in the target's folder, then put it in place in one step.

    A reader sees the old file or the new one, never a part. The temporary file has the target's
    suffix, because drivers choose a format by it, and goes away on any failure, Ctrl-C included.

    Parameters
    ----------
    path
        Where the file belongs; missing folders are made.
    write
        Called once with the temporary path; it must create that file.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    OutputError
        If the disk is full or read-only, or a permission is missing; names the path and a remedy.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_whole(folder / "new" / "a.txt", lambda part: part.write_text("whole")).read_text()
    'whole'
    >>> [found.name for found in (folder / "new").iterdir()]
    ['a.txt']
    """
    path = Path(path)
    part = path.with_name(f".{path.stem[:60]}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(part)
        _flush(part)
        part.replace(path)
        _flush_folder(path.parent)
    except OutputError:
        raise
    except OSError as error:
        remedy = hint(_ADVICE.get(error.errno or 0, "write_any"))
        raise refusal(
            "write_failed", error=OutputError, file=path, why=error.strerror or error, advice=remedy
        ) from error
    finally:
        # After the rename it is gone; after a failure it must go, with what a database keeps beside it.
        for left in (part, *(part.with_name(part.name + suffix) for suffix in _BESIDE)):
            with suppress(OSError):
                left.unlink(missing_ok=True)
    return path


def write_text(path: str | Path, text: str, *, encoding: str = "utf-8") -> Path:
    r"""Write text whole or not at all, with ``\n`` line ends on every system; see :func:`write_whole`."""
    content = text.encode(encoding)
    return write_whole(path, lambda part: part.write_bytes(content))


@contextmanager
def all_together(folder: Path) -> Iterator[Path]:
    """A folder to write into, whose files come into ``folder`` together once all are written, in order of their names.

    What is there already is not touched when a file cannot be made. ``run.json`` comes last.

    Raises
    ------
    OutputError
        As :func:`write_whole`, naming the file where it belongs.
    """
    part = folder / f".{secrets.token_hex(4)}.part"
    try:
        _made_folder(part)
        yield part
        for made in sorted(part.iterdir(), key=lambda file: (file.name == "run.json", file.name)):
            write_whole(folder / made.name, made.replace)
    except OutputError as error:
        error.args = (str(error).replace(str(part), str(folder)),)
        error.zh = error.zh.replace(str(part), str(folder))
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _made_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        remedy = hint(_ADVICE.get(error.errno or 0, "write_any"))
        raise refusal(
            "write_failed", error=OutputError, file=folder, why=error.strerror or error, advice=remedy
        ) from error


def _flush(part: Path) -> None:
    # Opened for writing: Windows refuses to flush what is open for reading only.
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:  # some network disks cannot flush a folder; the file itself is safe
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise
    finally:
        os.close(handle)
