"""Compact bytes for the page: integers as delta-coded varints, geometries on a fixed grid of degrees.

The format is written down for other readers in ``docs/page-format.md``.
"""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

__all__ = ["STEPS_PER_DEGREE", "Sections", "delta", "varint", "zigzag"]

STEPS_PER_DEGREE = 250_000
"""Grid of all coordinates in a page: 4e-6 degree, 0.44 m along a meridian."""

_VARINT_BYTES = 10


def zigzag(values: ArrayLike) -> NDArray[np.uint64]:
    """Map signed to unsigned integers, small ones to small ones: 0, -1, 1, -2 become 0, 1, 2, 3.

    Examples
    --------
    >>> zigzag([0, -1, 1, -2]).tolist()
    [0, 1, 2, 3]
    """
    signed = np.asarray(values, dtype=np.int64)
    return ((signed << 1) ^ (signed >> 63)).astype(np.uint64)


def delta(values: ArrayLike) -> NDArray[np.int64]:
    """Differences from one value to the next, the first one counted from zero.

    Examples
    --------
    >>> delta([5, 7, 4]).tolist()
    [5, 2, -3]
    """
    given = np.asarray(values, dtype=np.int64)
    out = given.copy()
    out[1:] -= given[:-1]
    return out


def varint(values: ArrayLike) -> bytes:
    """Unsigned integers as LEB128: seven bits a byte, low bits first, the top bit says that more follow.

    Raises
    ------
    ValueError
        If a value is negative; :func:`zigzag` it first.

    Examples
    --------
    >>> varint([1, 127, 128, 300]).hex()
    '017f8001ac02'
    """
    given = np.asarray(values)
    if given.size and given.dtype.kind != "u" and int(given.min()) < 0:
        raise ValueError(f"varint: {int(given.min())} is negative; zigzag signed values first")
    wanted = given.astype(np.uint64).ravel()
    limits = np.uint64(1) << np.arange(7, 7 * _VARINT_BYTES, 7, dtype=np.uint64)
    size = 1 + (wanted[:, None] >= limits[None, :]).sum(axis=1) if wanted.size else np.zeros(0, dtype=np.int64)
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    out = np.zeros(int(start[-1]), dtype=np.uint8)
    for place in range(int(size.max(initial=0))):
        here = size > place
        piece = (wanted[here] >> np.uint64(7 * place)) & np.uint64(0x7F)
        more = (size[here] > place + 1).astype(np.uint64) << np.uint64(7)
        out[start[:-1][here] + place] = (piece | more).astype(np.uint8)
    return out.tobytes()


@dataclass
class Sections:
    """Named runs of varints, gathered one after another into one string of bytes.

    ``lon0`` and ``lat0`` are the whole degrees that the grid counts from.
    """

    lon0: int
    lat0: int
    _names: list[tuple[str, int, str]] = field(default_factory=list)
    _bytes: list[bytes] = field(default_factory=list)

    def add(self, name: str, values: ArrayLike) -> None:
        """Add whole numbers, zero or more, as they are."""
        self._append(name, np.asarray(values), "u")

    def add_signed(self, name: str, values: ArrayLike) -> None:
        """Add whole numbers of either sign."""
        self._append(name, zigzag(values), "s")

    def add_delta(self, name: str, values: ArrayLike) -> None:
        """Add whole numbers as differences from one to the next."""
        self._append(name, zigzag(delta(values)), "d")

    def _append(self, name: str, values: NDArray[Any], code: str) -> None:
        self._names.append((name, int(values.size), code))
        self._bytes.append(varint(values))

    def grid(self, lonlat: NDArray[np.float64]) -> NDArray[np.int64]:
        """``int64[n, 2]`` grid steps of degrees."""
        origin = np.array([self.lon0, self.lat0], dtype=np.float64)
        steps = (np.asarray(lonlat, dtype=np.float64).reshape(-1, 2) - origin) * STEPS_PER_DEGREE
        return np.rint(steps).astype(np.int64)

    def add_polygons(self, name: str, shapes: NDArray[np.object_]) -> None:
        """Add (multi)polygons in degrees; an empty one or a missing one has no part."""
        drawn = np.array(shapes, dtype=object)
        drawn[shapely.is_empty(drawn)] = None
        parts, part_of = shapely.get_parts(drawn, return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        coords, coord_of = shapely.get_coordinates(rings, return_index=True)
        kept = np.diff(coord_of, append=len(rings)) == 0  # a ring repeats its first point at the end
        levels = [(part_of, len(shapes)), (ring_of, len(parts)), (coord_of[kept], len(rings))]
        self._add_runs(name, levels, coords[kept])

    def add_lines(self, name: str, shapes: NDArray[np.object_]) -> None:
        """Add lines in degrees, each part of a multi-line as one line."""
        parts = shapely.get_parts(shapes)
        coords, coord_of = shapely.get_coordinates(parts, return_index=True)
        self._add_runs(name, [(coord_of, len(parts))], coords)

    def _add_runs(self, name: str, levels: list[tuple[NDArray[np.int64], int]], coords: NDArray[np.float64]) -> None:
        words = ("parts", "rings", "points") if len(levels) == 3 else ("points",)
        for word, (owner, count) in zip(words, levels, strict=True):
            self.add(f"{name}.{word}", np.bincount(owner, minlength=count))
        steps = self.grid(coords)
        self.add_delta(f"{name}.x", steps[:, 0])
        self.add_delta(f"{name}.y", steps[:, 1])

    def packed(self, *, compress: bool = True) -> dict[str, Any]:
        """All sections as one JSON value; see ``docs/page-format.md``."""
        raw = b"".join(self._bytes)
        shown = gzip.compress(raw, compresslevel=9, mtime=0) if compress else raw
        starts = np.concatenate([[0], np.cumsum([len(piece) for piece in self._bytes])]).astype(int).tolist()
        return {
            "encoding": "gzip+base64" if compress else "base64",
            "bytes": len(raw),
            "sections": {
                name: {"start": start, "values": count, "code": code}
                for (name, count, code), start in zip(self._names, starts[:-1], strict=True)
            },
            "text": base64.b64encode(shown).decode("ascii"),
        }
