"""What to know of a layer of buildings before people are spread over it: which of its numbers can be used."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.catalog import finding
from circle15.model.provenance import Finding

__all__ = ["MOST_LEVELS", "building_checks"]

MOST_LEVELS = 200.0
"""The tallest building has 163 floors; more are a slip or a code for "not known"."""
_RANGES = {"levels": (0.0, MOST_LEVELS), "floor_area_m2": (0.0, np.finfo(float).max), "residential_share": (0.0, 1.0)}


def building_checks(buildings: gpd.GeoDataFrame, *, file: str) -> list[Finding]:
    """Findings on the numbers of a building layer; nothing is changed.

    Parameters
    ----------
    buildings
        With any of ``levels``, ``floor_area_m2`` and ``residential_share``. An empty cell is "not known" and
        fine; a word, a negative number, a code such as -9999 and a share above 1 are told.
    file
        Name of the layer, for the messages.

    Returns
    -------
    list of Finding
        ``building-number``: one for each column, with a count and the first row.

    Examples
    --------
    >>> homes = gpd.GeoDataFrame({"residential_share": [0.5, 60, None]}, geometry=[None] * 3)
    >>> [(odd.count, odd.row, odd.value) for odd in building_checks(homes, file="b.gpkg")]
    [(1, 2, '60')]
    """
    findings = []
    for column, (least, most) in _RANGES.items():
        if column not in buildings:
            continue
        written = buildings[column]
        numbers = pd.to_numeric(written, errors="coerce").to_numpy(dtype=float)
        filled = (written.notna() & (written.astype(str).str.strip() != "")).to_numpy()
        odd = filled & ~((numbers >= least) & (numbers <= most))
        if odd.any():
            row = int(np.flatnonzero(odd)[0])
            findings.append(
                finding(
                    "building-number", "warning", count=int(odd.sum()), file=file, row=row + 1, column=column,
                    value=str(written.iloc[row])[:40] if np.isnan(numbers[row]) else f"{numbers[row]:.10g}",
                )
            )  # fmt: skip
    return findings
