"""What a place of several lists has from each: cells that are filled, services united, capacities kept apart."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog import SamePlaceRule
from circle15.model.places import STATES
from circle15.sources.facilities.pairs import Pairs, Sites

__all__ = ["capacities_named", "filled", "gone", "lacks", "united", "unnamed"]

_MADE = ("name_is_own", "also_in", "filled_columns")
_WITH = {
    "tier_key": "tier",
    "supply_route_key": "supply_route",
    "site_kind_key": "site_kind",
    "site_kind": "site_kind_key",
    "capacity_unit": "capacity",
}
"""Columns that say in our words what another one says: filled only together with it."""


def unnamed(sites: Sites) -> NDArray[np.bool_]:
    """Which rows have no name of their own."""
    return np.array([not names for names in sites.wordings], dtype=bool)[sites.wording]


def gone(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Which rows are closed, being built or planned."""
    if "state" not in frame:
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(frame["state"].isin(STATES[1:]), dtype=bool)


def filled(
    frame: gpd.GeoDataFrame, sites: Sites, same: Pairs, rule: SamePlaceRule, silent: NDArray[np.bool_]
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_]]:
    """The frame with what the earlier rows lack taken from the later ones, and which columns each gained.

    ``silent`` pairs gain nothing: the later list speaks of a place that is gone where the earlier one's is in use.
    """
    given, frame = frame, frame.copy()
    gained = np.full(len(same), "", dtype=object)
    nameless = unnamed(sites)
    columns = [column for column in frame.columns if column not in (*rule.own, *_MADE)]
    for column in ("name", *columns):
        cells = frame[column].copy()
        lacking = nameless if column == "name" else cells.map(lacks).to_numpy(dtype=bool)
        # A stand-in for a name is no name, in any language.
        known = ~nameless if column in {"name", "name_en"} else ~lacking
        if (beside := _WITH.get(column)) in given:
            lacking = lacking & given[beside].map(lacks).to_numpy(dtype=bool)
        take = lacking[same.earlier] & known[same.later] & ~silent
        if take.any():
            cells.iloc[same.earlier[take]] = cells.iloc[same.later[take]].to_numpy()
            frame[column] = cells
            gained[take] = [f"{before}, {column}" if before else column for before in gained[take]]
    return frame, gained


def lacks(cell: object) -> bool:
    """Whether a cell holds nothing."""
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, (tuple, list, dict, frozenset, set)):
        return not cell
    return bool(pd.isna(cell))  # type: ignore[call-overload]


def capacities_named(frame: gpd.GeoDataFrame, sites: Sites, same: Pairs) -> gpd.GeoDataFrame:
    """Capacities with their service, where a row of one service becomes a place of several: no total of the place."""
    if "capacity" not in frame:
        return frame
    several = (sites.offers[same.earlier] | sites.offers[same.later]).sum(axis=1) > 1
    rows = np.concatenate([same.earlier[several], same.later[several]])
    numbers = pd.to_numeric(frame["capacity"], errors="coerce").to_numpy(dtype=float)
    rows = rows[(sites.offers[rows].sum(axis=1) == 1) & ~np.isnan(numbers[rows])]
    by_service = list(frame.get("capacity_by_service", [None] * len(frame)))
    for row in rows:
        by_service[row] = {sites.keys[int(sites.offers[row].argmax())]: float(numbers[row])}
    if len(rows) == 0:
        return frame
    left = frame["capacity"].copy()
    left.iloc[rows] = np.nan
    units = list(frame.get("capacity_unit", [""] * len(frame)))
    for row in rows:
        units[row] = f"{next(iter(by_service[row]))}:{units[row]}" if isinstance(units[row], str) and units[row] else ""
    named = {"capacity_unit": pd.Series(units, index=frame.index, dtype=object)} if any(units) else {}
    return frame.assign(
        capacity=left, capacity_by_service=pd.Series(by_service, index=frame.index, dtype=object), **named
    )


def united(services: pd.Series, sites: Sites, same: Pairs, added: NDArray[np.bool_]) -> pd.Series:
    """The services of each row, of the earlier ones of pairs with those that the later ones add."""
    rows, keys = list(services), np.array(sites.keys, dtype=object)
    for place in np.flatnonzero(added.any(axis=1)):
        rows[same.earlier[place]] = (*rows[same.earlier[place]], *keys[added[place]])
    return pd.Series(rows, index=services.index, dtype=object)
