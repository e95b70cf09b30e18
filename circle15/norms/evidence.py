"""What verdicts rest on: the facility, the typical walk to it, its floor area, and who says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.model.norms import Ledger
from circle15.model.verdicts import Routes
from circle15.norms.ground import Ground
from circle15.norms.sites import counted

__all__ = ["EVIDENCE", "with_evidence"]

EVIDENCE = ("facility_id", "route_min", "route_m", "floor_area_m2", "source", "source_date")
"""Columns of a ledger that tell it."""

_WALKS = frozenset(
    {
        "people_in_reach", "people_in_reach_or_delivery", "people_in_reach_open", "people_within_distance",
        "services_in_reach", "residential_land_in_reach", "residential_land_within_distance",
    }
)  # fmt: skip
"""Measures that ask who can walk there: they rest on the nearest facility of the typical home."""


def with_evidence(ledger: Ledger, ground: Ground, routes: Routes) -> Ledger:
    """Beside each verdict the facility it rests on: the typical walk to it, its floor area, source and date.

    Parameters
    ----------
    ledger, ground
        What was judged, and of what.
    routes
        Typical walks; may be empty.

    Returns
    -------
    Ledger
        With ``route_min``, ``route_m``, ``floor_area_m2``, ``source`` and ``source_date``. A clause that asks who can
        walk there rests on the nearest facility of the typical home, of several services on the farthest of these,
        and only where that facility counts for the clause. A walk is never that to another facility than the one
        named.
    """
    frame = ledger.frame.copy()
    rules = {rule.clause_id: rule for rule in ledger.rules}
    clause = frame.index.get_level_values("clause_id")
    unit, level = (frame.index.get_level_values(name).to_numpy(dtype=object) for name in ("unit_id", "level"))
    facility = np.array(frame["facility_id"].fillna(""), dtype=object)
    walk = np.full((len(frame), 2), np.nan)
    ids = ground.communities.frame.index.astype(str)
    community, sites = ids.get_indexer(unit), ground.facilities.frame.index.astype(str)
    judged = [rule for rule in rules.values() if rule.services and rule.level == "community"] if len(routes) else []
    walks = _Walks.of(routes) if judged else None
    typical = {services: _typical(walks, services, ids) for services in {rule.services for rule in judged} if walks}
    for rule in judged:
        rows = np.flatnonzero((clause == rule.clause_id) & (level == "community"))
        nearest, length = (cells[community[rows]] for cells in typical[rule.services])
        if rule.measure in _WALKS:
            site = sites.get_indexer(nearest)
            facility[rows] = np.where((site >= 0) & counted(ground, rule)[site], nearest, "") if len(sites) else ""
        same = (facility[rows] == nearest) & (nearest != "")
        walk[rows[same]] = length[same]
    frame["facility_id"], frame["route_min"], frame["route_m"] = facility, walk[:, 0], walk[:, 1]
    return Ledger(frame=_described(frame, ground), rules=ledger.rules)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Walks:
    """Typical walks row by row: ``community`` and ``service``, the ``facility``, and minutes and metres, ``[r, 2]``."""

    community: pd.Index
    service: pd.Index
    facility: NDArray[np.object_]
    length: NDArray[np.float64]

    @classmethod
    def of(cls, routes: Routes) -> _Walks:
        keys = routes.frame.index
        return cls(
            community=keys.get_level_values("community_id").astype(str),
            service=keys.get_level_values("service"),
            facility=routes.frame["facility_id"].to_numpy(dtype=object),
            length=routes.frame[["minutes", "metres"]].to_numpy(dtype=float),
        )


def _typical(
    walks: _Walks, services: Sequence[str], communities: pd.Index
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Of each community's typical walks to the services the longest: facility, and minutes and metres beside it.

    Nothing (``""`` and NaN) where a service has no walk.
    """
    rows = []
    for service in services:
        of = np.flatnonzero(walks.service == service)
        rows.append(np.append(of, -1)[walks.community[of].get_indexer(communities)])
    length, facility = np.vstack([walks.length, [np.nan] * 2])[rows], np.append(walks.facility, "")[rows]
    whole = np.asarray(np.isfinite(length[:, :, 0]).all(axis=0))
    longest = np.argmax(np.nan_to_num(length[:, :, 0], nan=-1.0), axis=0), np.arange(len(communities))
    return np.where(whole, facility[longest], ""), np.where(whole[:, np.newaxis], length[longest], np.nan)


def _described(frame: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Floor area, source and date of the facilities that verdicts rest on, where their list says them."""
    sites = ground.facilities.frame
    row = sites.index.astype(str).get_indexer(frame["facility_id"])
    for column, empty in (("floor_area_m2", np.nan), ("source", ""), ("source_date", "")):
        words = np.full(len(sites), empty, dtype=float if column == "floor_area_m2" else object)
        if column == "floor_area_m2" and column in sites:
            words = pd.to_numeric(sites[column], errors="coerce").to_numpy(dtype=float)
        elif column in sites:
            words = sites[column].where(sites[column].notna(), "").astype(str).to_numpy(dtype=object)
        frame[column] = np.where(row >= 0, np.append(words, empty)[row], empty)
    return frame
