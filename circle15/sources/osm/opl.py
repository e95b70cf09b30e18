"""What osmium writes as text, its line format OPL or bare ids; how OPL is taken apart; what osmium's errors mean."""

from __future__ import annotations

import ctypes
import re
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import osmium
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from circle15.errors import Circle15Error, OutputError, StreetsError
from circle15.refusals import refusal
from circle15.sources.osm.xml_text import element_of_value

__all__ = [
    "csv_columns",
    "fields",
    "object_lines",
    "off_the_globe",
    "plain",
    "reading_fault",
    "tags_of",
    "written",
]

_COORDINATE = re.compile(r"coordinate: '(.*)'", re.DOTALL)
_LONG = "too long"
_ESCAPE = re.compile(r"%([0-9a-f]+)%")
_UNDEFINED = osmium.osm.Location().x


def written(path: Path, entities: osmium.osm.osm_entity_bits, *filters: object, form: str) -> bytes:
    """Let osmium write what passes the filters.

    Parameters
    ----------
    path
        The OSM file.
    entities
        The kinds of objects that are read.
    *filters
        Handlers of osmium that every object goes through.
    form
        osmium's name of the format with its options, such as ``"opl,add_metadata=version"``.

    Raises
    ------
    StreetsError
        If the file cannot be read; see :func:`reading_fault`.
    OutputError
        If the disk has no room for the temporary file.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="circle15-") as folder:
            target = Path(folder) / "objects"
            writer = osmium.SimpleWriter(osmium.io.File(str(target), form))
            try:
                osmium.apply(osmium.io.Reader(str(path), entities), *filters, writer)
                writer.close()
            except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
                # A writer that failed throws again when it is closed or destroyed, and that would end the process.
                ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
                if "write" in str(error).lower():
                    raise refusal("temp_unwritten", error=OutputError, file=target, why=error) from error
                raise reading_fault(path, error) from error
            return target.read_bytes()
    except OutputError:
        raise
    except OSError as error:
        raise refusal("temp_none", error=OutputError, why=error.strerror or error) from error


def csv_columns(body: bytes, types: Mapping[str, pa.DataType]) -> list[NDArray[Any]]:
    """Columns of a text of comma-separated values without a header; an empty field of a number is NaN."""
    table = pa.csv.read_csv(
        BytesIO(body),
        read_options=pa.csv.ReadOptions(column_names=list(types), block_size=1 << 24),
        convert_options=pa.csv.ConvertOptions(column_types=dict(types)),
    )
    return [table[name].to_numpy() for name in types]


def object_lines(path: Path, kind: osmium.osm.osm_entity_bits, letter: bytes, ids: list[int]) -> list[bytes]:
    """The OPL lines, with versions, of the objects of one kind that have one of the ids, in the order of the file."""
    wanted = set(ids)
    # osmium's sets of ids hold none below zero.
    filters = (osmium.filter.IdFilter(ids),) if min(ids, default=0) >= 0 else ()
    lines = written(path, kind, *filters, form="opl,add_metadata=version,locations_on_ways=true").split(b"\n")
    return [line for line in lines if line.startswith(letter) and int(line[1 : line.index(b" ")]) in wanted]


def tags_of(field: bytes) -> dict[str, str]:
    """The tags of a field of tags."""
    pairs = (pair.partition("=") for pair in field.decode("utf-8").split(",") if pair)
    return {plain(key): plain(value) for key, _, value in pairs}


def plain(text: str) -> str:
    """Undo OPL's ``%hex%`` escapes."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "%" in text else text


def fields(line: bytes, second: bytes) -> tuple[bytes, bytes]:
    """The tags of an OPL line, and its field that begins with ``second`` (N nodes of a way, M members)."""
    tags, other = b"", b""
    for part in line.split(b" ")[1:]:
        if part.startswith(b"T"):
            tags = part[1:]
        elif part.startswith(second):
            other = part[1:]
    return tags, other


def reading_fault(path: Path, error: Exception) -> Circle15Error:
    """The refusal for an error of osmium: which object is wrong where the error is one of its content.

    Parameters
    ----------
    path
        The OSM file.
    error
        What osmium said.
    """
    words = str(error)
    coordinate = _COORDINATE.search(words)
    if coordinate:
        at, value = element_of_value(path, coordinate[1])
        return refusal("osm_coordinate", error=StreetsError, file=path.name, at=at, value=value[:40])
    if isinstance(error, osmium.InvalidLocationError):
        return _first_off_the_globe(path) or refusal("osm_cut", error=StreetsError, file=path.name, why=error)
    if _LONG in words:
        at, _ = element_of_value(path, None)
        return refusal("osm_long_text", error=StreetsError, file=path.name, at=at)
    return refusal("osm_cut", error=StreetsError, file=path.name, why=error)


def off_the_globe(path: Path, node: int, place: osmium.osm.Location) -> Circle15Error:
    """The refusal that names a node whose coordinates are none of the globe."""
    lon, lat = place.lon_without_check(), place.lat_without_check()
    return refusal("osm_globe", error=StreetsError, file=path.name, node=node, lon=lon, lat=lat)


def _first_off_the_globe(path: Path) -> Circle15Error | None:
    thing: Any
    for thing in osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY):
        for node in (thing,) if thing.is_node() else thing.nodes:
            if node.location.x != _UNDEFINED and not node.location.valid():
                return off_the_globe(path, thing.id if thing.is_node() else node.ref, node.location)
    return None
