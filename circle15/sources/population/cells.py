"""Cells of a population grid as they were read: which numbers are people, and which are codes for "not known"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import finding
from circle15.model.provenance import FileRecord, Finding
from circle15.refusals import refusal

__all__ = ["CellReading", "people_in_cells", "silent_zones"]

MOST_PEOPLE = 1e8
"""No cell holds a hundred million people; what says so is a code."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CellReading:
    """Cells that hold people and that communities touch.

    ``cells`` has ``people`` and polygons in the communities' system; ``parts`` has ``community_id``, ``cell``
    (position in the cells) and ``share`` (of the cell's area, above 0 and up to 1). ``extent`` bounds all
    cells of the file, also those without people, in the same system. ``silent`` are the communities of whose cells none
    says how many people live there.
    """

    cells: gpd.GeoDataFrame
    parts: pd.DataFrame
    extent: shapely.Geometry
    record: FileRecord
    findings: tuple[Finding, ...]
    silent: tuple[str, ...] = ()


def silent_zones(zones: pd.Index, zone: NDArray[np.int64], known: NDArray[np.bool_]) -> tuple[str, ...]:
    """Ids of communities that only cells without a number touch.

    Parameters
    ----------
    zones
        Ids of all communities.
    zone, known
        ``int64[n]`` and ``bool[n]``: the community of each pair of a cell and a community, and whether the cell has a
        number.

    Examples
    --------
    >>> silent_zones(pd.Index(["a", "b", "c"]), np.array([0, 0, 1]), np.array([True, False, False]))
    ('b',)
    """
    touched, known_zones = np.unique(zone), np.unique(zone[known])
    return tuple(map(str, zones[np.setdiff1d(touched, known_zones)]))


def people_in_cells(
    values: NDArray[np.float64],
    *,
    stated: float | None,
    file: str,
    column: str,
    where: Callable[[int], tuple[str, str]],
    kind: np.dtype[np.generic] | None = None,
) -> tuple[NDArray[np.float64], list[Finding]]:
    """Tell people from nodata, declared or not.

    A single value that cannot be people (negative, infinite, above 100 million, or the largest that a whole
    number of 16 or 32 bits can hold) is a code for "not known" that the file does not declare, and is told.
    Several different ones are no code but a fault, such as a raster resampled together with its nodata.

    Parameters
    ----------
    values
        ``float64[n]``; NaN where nothing is known.
    stated
        The nodata value that ``city.toml`` states.
    file, column
        For the finding.
    where
        Says where the n-th value stands, in Chinese and in English, such as ``("第7行", "row 7")``.
    kind
        The type of number that the file holds, where that is fixed.

    Returns
    -------
    (numpy.ndarray, list of Finding)
        ``float64[n]`` people, zero or more, or NaN.

    Raises
    ------
    PackError
        If there are several values that are no numbers of people.

    Examples
    --------
    >>> people, told = people_in_cells(
    ...     np.array([3.0, -99999.0, 0.0]), stated=None, file="g.tif", column="band 1", where=lambda at: ("", "")
    ... )
    >>> people.tolist(), [one.code for one in told]
    ([3.0, nan, 0.0], ['population-nodata-undeclared'])
    """
    people = values.astype(float)
    if stated is not None:
        # -3.4e38 in city.toml means the lowest float32, which has more digits.
        people[np.isclose(people, stated, rtol=1e-2 if abs(stated) > 1e30 else 1e-6, atol=0.0)] = np.nan
    odd = (people < 0) | (people >= MOST_PEOPLE)
    if kind is not None and kind.kind in "iu" and kind.itemsize in {2, 4}:
        odd |= people == np.iinfo(kind.str).max
    codes = np.unique(people[odd])
    if len(codes) == 0:
        return people, []
    first = int(np.flatnonzero(odd)[0])
    if len(codes) > 1:
        raise refusal(
            "cells_no_people",
            file=file,
            where=where(first),
            value=people[first],
            count=int(odd.sum()),
            different=len(codes),
        )
    people[odd] = np.nan
    value = f"{codes[0]:.10g}"
    note = finding(
        "population-nodata-undeclared", "warning", count=int(odd.sum()), file=file, column=column, value=value
    )
    return people, [note]
