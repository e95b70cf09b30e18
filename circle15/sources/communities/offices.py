"""Figures of communities that only clauses ask for: read as numbers, and nothing of them is lost in silence."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from circle15.catalog import column_title, finding
from circle15.catalog.coded import yes_no_key
from circle15.model.places import ELDERS_IN_NEED
from circle15.model.provenance import Finding
from circle15.sources.communities.people import count_of_people

__all__ = ["read_office_columns"]

_FLAGS = ("one_stop", "full_agency", "general_service", "deliberation")
_FIGURES = {"yes": 1.0, "no": 0.0, "": np.nan}
_NUMBERS = (
    "workers", "workers_certified", "agents", "social_organisations", "grids", "grids_staffed", "households_in_grids",
    "service_items", "centre_area_m2", "office_area_m2", "activity_area_m2", "funding_yuan",
)  # fmt: skip
_PARTS = (
    ("workers_certified", "workers"), ("grids_staffed", "grids"), ("households_in_grids", "households"),
    ("office_area_m2", "centre_area_m2"), ("activity_area_m2", "centre_area_m2"),
    *((need, "pop_60plus") for need in ELDERS_IN_NEED),
)  # fmt: skip


def read_office_columns(frame: gpd.GeoDataFrame, *, file: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Turn what offices write into numbers; what cannot be read, or contradicts itself, is told and not used.

    Parameters
    ----------
    frame
        Communities, on any index whose labels can be named.
    file
        Its name, for the messages.

    Returns
    -------
    frame : geopandas.GeoDataFrame
        A copy with these columns ``float64``, 1 and 0 for yes and no; NaN where nothing is known.
    findings : list of Finding
        ``community-cells-unread`` of numbers and ``community-parts-exceed``, once a column.

    Examples
    --------
    >>> towns = gpd.GeoDataFrame({"one_stop": ["有", "无", ""], "grids": ["3", "4", "?"]}, index=["a", "b", "c"])
    >>> read, findings = read_office_columns(towns, file="t.xlsx")
    >>> read["one_stop"].tolist(), [(finding.code, finding.count) for finding in findings]
    ([1.0, 0.0, nan], [('community-cells-unread', 1)])
    """
    frame, findings = frame.copy(), []
    for column in filter(frame.columns.__contains__, (*_FLAGS, *_NUMBERS)):
        cells = frame[column]
        written = cells.where(cells.notna(), "").astype(str).str.strip()
        read = _flags(written) if column in _FLAGS else count_of_people(cells)
        read = read.where(np.isfinite(read) & (read >= 0))
        lost = (written != "") & read.isna()
        if lost.any() and column not in _FLAGS:  # words are told where tables are read
            findings.append(
                finding("community-cells-unread", "warning", count=int(lost.sum()), file=file, column=column,
                        title=column_title(column), value=str(written[lost].iloc[0]),
                        examples=frame.index[lost].astype(str))
            )  # fmt: skip
        frame[column] = read
    for part, whole in (pair for pair in _PARTS if set(pair) <= set(frame.columns)):
        over = frame[part] > pd.to_numeric(frame[whole], errors="coerce")
        if over.any():
            findings.append(
                finding("community-parts-exceed", "warning", count=int(over.sum()), file=file, column=part,
                        part=column_title(part), whole=column_title(whole), examples=frame.index[over].astype(str))
            )  # fmt: skip
            frame[part] = frame[part].where(~over)
    return frame, findings


def _flags(written: pd.Series) -> pd.Series:
    return written.map({word: _FIGURES[yes_no_key(word)] for word in written.unique()}).astype(float)
