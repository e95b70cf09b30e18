"""An answer that Overpass could not finish: a well-formed file with a remark at its end, and half a city."""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from pathlib import Path
from typing import IO

from circle15.catalog import refusal
from circle15.errors import StreetsError

__all__ = ["refuse_partial"]

_END_BYTES = 4096
_CHUNK = 1 << 22
_REMARK = re.compile(rb"<remark>\s*(.{0,300}?)\s*</remark>", re.DOTALL)  # in a tag's value it would be &lt;remark


def refuse_partial(path: Path) -> None:
    """Refuse an XML file of streets that says at its end that it is not whole.

    Raises
    ------
    StreetsError
        With the server's remark.
    """
    name = path.name.lower()
    if name.endswith(".pbf"):
        return
    try:
        with path.open("rb") as raw:
            if name.endswith(".gz"):
                end = _end(gzip.GzipFile(fileobj=raw))
            elif name.endswith(".bz2"):
                end = _end(bz2.BZ2File(raw))
            else:
                raw.seek(max(0, path.stat().st_size - _END_BYTES))
                end = raw.read()
    except (OSError, EOFError, zlib.error):
        return  # cut short or of another kind: osmium says so, with its place
    match = _REMARK.search(end)
    if match:
        remark = " ".join(match[1].decode("utf-8", "replace").split())
        raise refusal("osm_remark", error=StreetsError, file=path.name, remark=remark)


def _end(stream: gzip.GzipFile | bz2.BZ2File | IO[bytes]) -> bytes:
    end = b""
    while chunk := stream.read(_CHUNK):
        end = (end + chunk)[-_END_BYTES:]
    return end
