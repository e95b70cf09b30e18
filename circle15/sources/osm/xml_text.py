"""What osmium does not say of an OSM file in XML: what an editor marked as deleted, how its bounds were written."""

from __future__ import annotations

import bz2
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

from circle15.refusals import hint

__all__ = ["element_of_value", "marked_deleted", "written_bounds"]

_CHUNK = 1 << 22
_LONGEST_BYTES = 1024  # osmium's limit for a key or a value
_ATTRIBUTES = rb"""((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)"""
_ELEMENT = re.compile(rb"<(node|way|relation)\b" + _ATTRIBUTES)
_BOUNDS = re.compile(rb"<bounds\b" + _ATTRIBUTES)
_SIDES = ("minlon", "minlat", "maxlon", "maxlat")
_COORDINATES = ("lon", "lat", *_SIDES)
_ANY_ELEMENT = re.compile(rb"<(node|way|relation|nd|tag|bounds)\b" + _ATTRIBUTES)
_ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def _attributes(text: bytes) -> dict[str, str]:
    return {
        name.decode("ascii", "replace"): (double or single).decode("utf-8", "replace")
        for name, double, single in _ATTRIBUTE.findall(text)
    }


def _open(path: Path) -> IO[bytes] | gzip.GzipFile | bz2.BZ2File:
    if path.name.endswith(".gz"):
        return gzip.open(path)
    return bz2.open(path) if path.name.endswith(".bz2") else path.open("rb")


def _chunks(path: Path) -> Iterator[bytes]:
    """The text of an XML file in pieces that begin with a tag and cut none; nothing of a PBF."""
    if path.name.endswith(".pbf"):
        return
    rest = b""
    try:
        with _open(path) as stream:
            while chunk := stream.read(_CHUNK):
                text = rest + chunk
                cut = max(text.rfind(b"<"), 0)
                yield text[:cut]
                rest = text[cut:]
    except (OSError, EOFError, zlib.error):
        return  # cut short or of another kind: osmium says so, with its place
    yield rest


def marked_deleted(path: Path) -> Mapping[str, frozenset[int]]:
    """Ids that an editor (JOSM) marked with ``action="delete"``, by ``node``, ``way`` and ``relation``.

    osmium reads such objects like any other. A PBF knows no such mark.
    """
    ids: dict[str, set[int]] = {"node": set(), "way": set(), "relation": set()}
    for chunk in _chunks(path):
        if b"action" not in chunk or b"delete" not in chunk:
            continue
        for kind, text in _ELEMENT.findall(chunk):
            element = _attributes(text)
            if element.get("action") == "delete":
                ids[kind.decode("ascii")].add(int(element["id"]))
    return {kind: frozenset(marked) for kind, marked in ids.items()}


def written_bounds(path: Path) -> list[tuple[float, float, float, float]]:
    """West, south, east, north of every ``<bounds>`` at the head of an XML file, as written; NaN for what is no number.

    JOSM writes one for each area that it downloaded. osmium would turn reversed ones round.
    """
    boxes = []
    for text in _BOUNDS.findall(next(_chunks(path), b"")):
        element = _attributes(text)
        west, south, east, north = (_number(element.get(name, "")) for name in _SIDES)
        boxes.append((west, south, east, north))
    return boxes


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def element_of_value(path: Path, value: str | None) -> tuple[tuple[str, str], str]:
    """Which object of an XML file has a coordinate that ends in ``value``, or (None) a text too long for osmium.

    Returns
    -------
    (str, str), str
        Kind and id in Chinese and in English ("an object" of a PBF), and the whole coordinate as it is written.
    """
    named = hint("osm_object")
    for chunk in _chunks(path):
        for kind, text in _ANY_ELEMENT.findall(chunk):
            element = _attributes(text)
            if "id" in element:
                named = hint(f"osm_{kind.decode('ascii')}", id=element["id"])
            if value is None:
                if any(len(element.get(part, "").encode()) > _LONGEST_BYTES for part in ("k", "v")):
                    return named, ""
                continue
            for part in _COORDINATES:
                if part in element and (element[part] == value or (value and element[part].endswith(value))):
                    if kind == b"nd":
                        named = hint("osm_node", id=element.get("ref", ""))
                    return (hint("osm_bounds") if kind == b"bounds" else named), element[part]
    return hint("osm_object"), value or ""
