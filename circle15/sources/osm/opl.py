"""Objects of an OpenStreetMap file as OPL: one line an object, written by osmium, taken apart here."""

from __future__ import annotations

import ctypes
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import osmium

from circle15.errors import OutputError, StreetsError
from circle15.refusals import refusal

__all__ = ["fields", "opl_lines", "plain", "tags_of"]

_ESCAPE = re.compile(r"%([0-9a-f]+)%")


def opl_lines(path: Path, entities: osmium.osm.osm_entity_bits, *filters: object) -> bytes:
    """Let osmium write what passes the filters as OPL lines, coordinates joined to ways."""
    try:
        with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
            target = Path(folder) / "streets.opl"
            _write_opl(path, entities, filters, target)
            return target.read_bytes()
    except OutputError:
        raise
    except OSError as error:
        raise refusal("temp_none", error=OutputError, why=error.strerror or error) from error


def _write_opl(path: Path, entities: osmium.osm.osm_entity_bits, filters: Iterable[object], target: Path) -> None:
    kind = osmium.io.File(str(target), "opl,add_metadata=false,locations_on_ways=true")
    writer = osmium.SimpleWriter(kind)
    try:
        osmium.apply(osmium.io.Reader(str(path), entities), *filters, writer)
        writer.close()
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        if "write" in str(error).lower():
            # A writer that could not write throws again when it is destroyed, and that would end the process.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
            raise refusal("temp_unwritten", error=OutputError, file=target, why=error) from error
        writer.close()
        raise refusal("osm_cut", error=StreetsError, file=path.name, why=error) from error


def tags_of(field: bytes) -> dict[str, str]:
    """The tags of a field of tags."""
    pairs = (pair.partition("=") for pair in field.decode("utf-8").split(",") if pair)
    return {plain(key): plain(value) for key, _, value in pairs}


def plain(text: str) -> str:
    """Undo OPL's ``%hex%`` escapes."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "%" in text else text


def fields(line: bytes, second: bytes) -> tuple[bytes, bytes]:
    """The tags of an OPL line, and its field that begins with ``second`` (N nodes of a way, M members)."""
    tags, other = b"", b""
    for part in line.split(b" ")[1:]:
        if part.startswith(b"T"):
            tags = part[1:]
        elif part.startswith(second):
            other = part[1:]
    return tags, other
