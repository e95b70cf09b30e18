"""Files that appear whole or not at all: temporary file beside the target, fsync, rename."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from circle15.errors import OutputError

__all__ = ["write_text", "write_whole"]

_REMEDY = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder with --out",
    errno.EDQUOT: "your disk quota is used up; free some space or choose another folder with --out",
    errno.EFBIG: "the file is larger than this disk or account allows; choose another folder with --out",
    errno.EROFS: "the disk is read-only; choose another folder with --out",
    errno.EACCES: "no permission, or the file is open in another program (Excel, QGIS); close it or choose --out",
    errno.EPERM: "no permission, or the file is open in another program (Excel, QGIS); close it or choose --out",
    errno.ENOTDIR: "a file stands where a folder is needed; remove it or choose another folder with --out",
    errno.EEXIST: "a file stands where a folder is needed; remove it or choose another folder with --out",
    errno.EISDIR: "a folder stands where the file belongs; remove it or choose another folder with --out",
    errno.ENAMETOOLONG: "the path is too long for this disk; choose a shorter folder with --out",
}
_BESIDE = ("-journal", "-wal", "-shm", ".aux.xml")
_ANY_REMEDY = "check the folder and the disk, or choose another folder with --out"


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
        remedy = _REMEDY.get(error.errno or 0, _ANY_REMEDY)
        raise OutputError(f"{path}: could not be written ({error.strerror or error}); {remedy}") from error
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
