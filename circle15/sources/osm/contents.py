"""What an OpenStreetMap file is, before anything is read from it: which of its objects count, and its header box.

A file is of one moment: an object that stands in it twice counts once if it is the same both times, and
the file is refused if it is not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import osmium
import pyarrow as pa
from numpy.typing import NDArray

from circle15.errors import Circle15Error, StreetsError
from circle15.model.metric import BBox
from circle15.refusals import hint, refusal
from circle15.sources.osm.opl import csv_columns, object_lines, written
from circle15.sources.osm.xml_text import marked_deleted, written_bounds

__all__ = ["OsmContents", "header_box", "osm_contents"]

_KINDS = {"node": osmium.osm.NODE, "way": osmium.osm.WAY, "relation": osmium.osm.RELATION}


@dataclass(frozen=True, kw_only=True)
class OsmContents:
    """Which objects of a file count.

    Attributes
    ----------
    n_nodes
        How many nodes stand in the file.
    deleted
        Ids by ``node``, ``way``, ``relation`` that an editor marked as deleted; beside them objects that are
        not ``visible`` do not count.
    twice
        By kind, ids that stand more than once, alike.
    copies
        By kind, how many objects stand in the file beyond the first of their id.
    """

    n_nodes: int
    deleted: Mapping[str, frozenset[int]]
    twice: Mapping[str, frozenset[int]]
    copies: Mapping[str, int]


def osm_contents(path: Path) -> OsmContents:
    """Look through the ids of a file.

    Raises
    ------
    StreetsError
        If the file cannot be read to its end, or one id stands for two different objects or versions.
    """
    stat = path.stat()
    return _contents(path.resolve(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=8)  # streets, facilities and display layers of one file ask one after the other
def _contents(path: Path, _size: int, _changed: int) -> OsmContents:
    ids = _ids(path)
    twice = {kind: _repeated(number) for kind, number in ids.items()}
    copies = {}
    for kind, repeated in twice.items():
        lines = object_lines(path, _KINDS[kind], kind[:1].encode(), repeated) if repeated else []
        copies[kind] = len(lines) - len(repeated)
        _refuse_unlike(path, kind, lines)
    return OsmContents(
        n_nodes=len(ids["node"]),
        deleted=marked_deleted(path),
        twice={kind: frozenset(repeated) for kind, repeated in twice.items()},
        copies=copies,
    )


def _ids(path: Path) -> dict[str, NDArray[np.int64]]:
    """By kind, the ids of all objects in the order of the file."""
    text = written(path, osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION, form="ids")
    if not text:
        return {kind: np.empty(0, dtype=np.int64) for kind in _KINDS}
    letter = np.frombuffer(text, dtype=np.uint8)
    letter = letter[np.concatenate([[0], np.flatnonzero(letter == ord("\n"))[:-1] + 1])]
    (number,) = csv_columns(text.translate(None, b"nwr"), {"id": pa.int64()})
    return {kind: number[letter == ord(kind[0])] for kind in _KINDS}


def _repeated(number: NDArray[np.int64]) -> list[int]:
    """The ids that stand more than once."""
    if (np.diff(number) > 0).all():  # sorted, as most files are
        return []
    value, count = np.unique(number, return_counts=True)
    repeated: list[int] = value[count > 1].tolist()
    return repeated


def _refuse_unlike(path: Path, kind: str, lines: Iterable[bytes]) -> None:
    """Refuse objects of one id that are not the same: two versions, or two contents."""
    versions: dict[int, set[int]] = defaultdict(set)
    contents: dict[int, set[bytes]] = defaultdict(set)
    for line in lines:
        head, version, content = line.split(b" ", 2)
        versions[int(head[1:])].add(int(version[1:]))
        contents[int(head[1:])].add(content)
    for number in sorted(versions):
        known = sorted(versions[number] - {0})  # 0: the file does not say
        named = hint(f"osm_{kind}", id=number)
        if len(known) > 1:
            shown = ", ".join(map(str, known[:5]))
            raise refusal("osm_versions", error=StreetsError, file=path.name, named=named, versions=shown)
        if len(contents[number]) > 1:
            raise _unlike(path, kind, named, sorted(contents[number]))


def _unlike(path: Path, kind: str, named: tuple[str, str], contents: list[bytes]) -> Circle15Error:
    if kind == "node":
        places = sorted({b" ".join(line.split(b" ")[-2:]) for line in contents})
        if len(places) > 1:
            first, second = (place.decode("ascii").replace("x", "", 1).replace(" y", ", ") for place in places[:2])
            return refusal(
                "osm_two_places", error=StreetsError, file=path.name, named=named, first=first, second=second
            )
    return refusal("osm_two_contents", error=StreetsError, file=path.name, named=named)


def header_box(path: Path) -> BBox | None:
    """The box that the file's header names; of several, the box around them.

    Returns
    -------
    (west, south, east, north) or None
        Degrees; None where there is none, or one that is turned round or off the globe.
    """
    boxes = written_bounds(path)
    if path.name.endswith(".pbf"):
        with osmium.io.Reader(str(path)) as reader:
            box = reader.header().box()
        if box.valid():
            boxes = [(box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)]
    usable = all(-180 <= west < east <= 180 and -90 <= south < north <= 90 for west, south, east, north in boxes)
    if not boxes or not usable:
        return None
    west, south, east, north = np.array(boxes).T
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())
