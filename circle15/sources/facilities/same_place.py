"""Facilities of several lists as one: the same place counts once, and nothing is lost.

Lists are taken in order of precedence. Each row of a later list is looked for among what the earlier ones
have; a place that is found keeps the earlier list's id, point and name and gains what only the later one
knows. What is doubtful is told and left as it is: one place too many is seen and struck out, one too few is
not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog import SamePlaceRule, same_place_rule
from circle15.errors import CrsError, InputError
from circle15.model.metric import why_unfit
from circle15.model.places import CONFLICT_COLUMNS, MATCH_COLUMNS, STATES
from circle15.model.service import Service
from circle15.refusals import refusal
from circle15.sources.facilities.conflicts import (
    conflict_table,
    doubtful_pairs,
    far_pairs,
    joined,
    other_services,
    other_values,
)
from circle15.sources.facilities.names import SAME
from circle15.sources.facilities.pairs import Pairs, Sites, near_pairs, one_to_one, read_sites

__all__ = ["PlaceList", "SamePlaces", "same_places"]

_MADE = ("name_is_own", "also_in", "filled_columns")
_WITH = {
    "tier_key": "tier",
    "supply_route_key": "supply_route",
    "site_kind_key": "site_kind",
    "site_kind": "site_kind_key",
    "capacity_unit": "capacity",
}
"""Columns that say in our words what another one says: filled only together with it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaceList:
    """One list of facilities.

    Attributes
    ----------
    frame
        Metric points on ``facility_id`` with ``name``, ``services`` (tuples) and any further columns. A
        column ``name_is_own`` (bool) says which names are the place's; without it, all that are not the id.
        A name that only says the kind of place is never its own.
    label
        What the list is called in the tables of matches and conflicts: its file.
    speaks_of
        Services that the list is about, whether or not a row offers them.
    merge
        False keeps its rows apart; the places that stand in an earlier list too are told.
    """

    frame: gpd.GeoDataFrame
    label: str
    speaks_of: frozenset[str]
    merge: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class SamePlaces:
    """Lists made one: ``frame``, with the ``matches`` and ``conflicts`` of :class:`~circle15.model.Facilities`."""

    frame: gpd.GeoDataFrame
    matches: pd.DataFrame
    conflicts: pd.DataFrame


def same_places(
    lists: Sequence[PlaceList],
    *,
    city: Sequence[str] = (),
    rule: SamePlaceRule | None = None,
    pack_services: tuple[Service, ...] = (),
) -> SamePlaces:
    """Merge lists of facilities by service, distance and name.

    Two rows of different lists that share a service are the same place when

    - their names say the same (equal cores, :func:`~circle15.sources.facilities.names.likeness`) and they stand at
      most 150 m apart, or
    - their names are alike (likeness of 0.8 or more) and they stand at most 50 m apart, or
    - one of them has no name of its own and they stand at most 50 m apart,

    and nothing in their names forbids it: a station and a centre, 一村 and 二村, two subdistricts.

    The best pairs go first: by name before by point alone, then the more alike, then the nearer, then by
    id. Each place is matched at most once with each list, and never with a row of its own list, so that
    rows in = rows out + matches. The order of rows changes nothing.

    A matched place keeps the earlier list's id, point and name (a name of its own, if only the later one has
    it). What it lacks is filled from the later one, in every column but those of
    ``own`` in ``same_place.toml``; a row that is closed, being built or planned gives nothing to one that is in
    use, and where the two differ in that, it is told (``differs``, column ``state``). ``source`` names both,
    ``also_in`` the other ids, ``filled_columns`` what was filled. Services are united: a site that stood
    alone in the later list would count for all of them, so being found must not take one away. The capacity of a row of
    one service stays that service's. A service on which both lists speak and differ is a conflict.

    Parameters
    ----------
    lists
        In order of precedence.
    city
        What the city is called: a prefix of names that only some lists write.
    rule
        Distances and likeness, if other than those of ``same_place.toml``.
    pack_services
        Those of the pack, beside the catalogue's; services are united in their order.

    Returns
    -------
    SamePlaces
        ``frame`` in the order of lists, then ids, without ``name_is_own``. ``matches``: one row per merged row.
        ``conflicts``: one row per doubt, by ``kind``: ``far`` (one name and service, alone of that name in
        both lists, 150 to 1,000 m apart), ``near`` (at most 30 m apart, other names), ``alike`` (at most
        150 m apart, names alike but not enough, or but for a number, a tier, a district), ``apart`` (the
        same place in a list that is not merged), ``services`` and ``differs`` (a matched place of which
        both lists tell, and not the same, of services or opening hours). The first three tell of unmatched
        places only, and of the best candidate for each.

    Raises
    ------
    InputError
        If there is no list, or an id stands in two lists.
    CrsError
        If lists differ in their reference system, or it is not metric.

    Examples
    --------
    >>> def site(key, name, x):
    ...     return gpd.GeoDataFrame({"name": [name], "services": [("clinic",)]}, index=pd.Index([key],
    ...         name="facility_id"), geometry=gpd.points_from_xy([x], [0]), crs="EPSG:4549")
    >>> clinic = frozenset({"clinic"})
    >>> own = PlaceList(frame=site("f1", "平江街道社区卫生服务中心", 0), label="own.csv", speaks_of=clinic)
    >>> osm = PlaceList(frame=site("n7", "平江社区卫生服务中心", 120), label="osm", speaks_of=clinic)
    >>> same_places([own, osm]).frame["also_in"].to_dict()
    {'f1': 'n7'}
    """
    rule = rule or same_place_rule()
    if sum(len(one.frame) > 0 for one in _checked(lists)) < 2:  # the names of a single list need not be read
        whole = _whole(lists).drop(columns="name_is_own", errors="ignore")
        return SamePlaces(frame=whole, matches=_stacked((), MATCH_COLUMNS), conflicts=_stacked((), CONFLICT_COLUMNS))
    merging = _begun(lists, city, pack_services)
    for number, one in enumerate(lists[1:], start=1):
        merging = _taken(merging, number, rule, merge=one.merge)
    return _result(merging)


def _checked(lists: Sequence[PlaceList]) -> Sequence[PlaceList]:
    if not lists:
        raise refusal("merge_none", error=InputError)
    crs = lists[0].frame.crs
    for one in lists:
        if one.frame.crs is None or one.frame.crs != crs or why_unfit(crs):
            raise refusal("merge_crs", error=CrsError, list=one.label, crs=one.frame.crs)
    ids = pd.Series([key for one in lists for key in one.frame.index.astype(str)], dtype=object)
    twice = ids[ids.duplicated()]
    if len(twice):
        named = dict.fromkeys(one.label for one in lists if twice.iloc[0] in one.frame.index.astype(str))
        raise refusal(
            "merge_ids",
            error=InputError,
            lists=("、".join(named), " and ".join(named)),
            first=twice.iloc[0],
            count=len(twice),
        )
    return lists


@dataclass(frozen=True, kw_only=True, eq=False)
class _Merging:
    """All rows in one frame, which of them still stand, and what was decided so far."""

    frame: gpd.GeoDataFrame
    number: NDArray[np.intp]
    labels: NDArray[np.object_]
    sites: Sites
    speaks: NDArray[np.bool_]
    stands: NDArray[np.bool_]
    matches: tuple[pd.DataFrame, ...] = ()
    conflicts: tuple[pd.DataFrame, ...] = ()


def _whole(lists: Sequence[PlaceList]) -> gpd.GeoDataFrame:
    frames = [one.frame.sort_index() for one in lists if len(one.frame)] or [lists[0].frame]
    return gpd.GeoDataFrame(pd.concat(frames), crs=frames[0].crs).rename_axis("facility_id")


def _begun(lists: Sequence[PlaceList], city: Sequence[str], pack_services: tuple[Service, ...]) -> _Merging:
    whole = _whole(lists)
    number = np.repeat(np.arange(len(lists)), [len(one.frame) for one in lists])
    sites = read_sites(whole, city=city, pack_services=pack_services)
    about = np.array([[key in one.speaks_of for key in sites.keys] for one in lists], dtype=bool)
    return _Merging(
        frame=whole,
        number=number,
        labels=np.array([one.label for one in lists], dtype=object)[number],
        sites=sites,
        speaks=sites.offers | about.reshape(len(lists), len(sites.keys))[number],
        stands=np.ones(len(whole), dtype=bool),
    )


def _taken(now: _Merging, number: int, rule: SamePlaceRule, *, merge: bool) -> _Merging:
    """Look for the rows of one list among those of the earlier ones."""
    sites, later = now.sites, np.flatnonzero(now.number == number)
    earlier = np.flatnonzero(now.stands & (now.number < number))
    near = near_pairs(sites, earlier, later, within_m=rule.within_m)
    agree = _agree(near, rule)
    same = one_to_one(near[agree], sites.ids)
    free = now.stands.copy()
    free[same.earlier] = free[same.later] = False
    alike, beside = doubtful_pairs(
        near[~agree & free[near.earlier] & free[near.later]], likeness=rule.likeness, beside_m=rule.beside_m
    )
    far = far_pairs(sites, earlier, later, beyond_m=rule.within_m, far_m=rule.far_m)
    doubts = {"far": far[free[far.earlier] & free[far.later]], "alike": alike, "near": beside}
    if not merge:
        doubts["apart"] = same
    told = [conflict_table(now.frame, now.labels, sites, kind, pairs) for kind, pairs in doubts.items()]
    now = replace(now, conflicts=(*now.conflicts, *told))
    return _merged(now, same, rule) if merge else now


def _agree(near: Pairs, rule: SamePlaceRule) -> NDArray[np.bool_]:
    """Which pairs within the farthest distance may be one place."""
    reach_m = np.select(
        [~near.named, near.alike >= SAME, near.alike >= rule.likeness],
        [rule.nameless_m, rule.within_m, rule.alike_m],
        default=-1.0,
    )
    return (near.away_m <= reach_m) & ~near.forbidden


def _merged(now: _Merging, same: Pairs, rule: SamePlaceRule) -> _Merging:
    """Make one row of each pair."""
    now = replace(now, frame=_capacities_named(now.frame, now.sites, same))
    frame, sites, speaks = now.frame, now.sites, now.speaks
    silent = _gone(frame)[same.later] & ~_gone(frame)[same.earlier]
    offered = sites.offers[same.later] & ~silent[:, None]
    added = offered & ~sites.offers[same.earlier]
    filled, gained = _filled(now, same, rule, silent)
    match = pd.DataFrame(
        {
            "facility_id": sites.ids[same.earlier], "name": filled["name"].to_numpy()[same.earlier],
            "list_file": now.labels[same.earlier], "other_id": sites.ids[same.later],
            "other_name": frame["name"].to_numpy()[same.later], "other_file": now.labels[same.later],
            "distance_m": same.away_m, "by": np.where(same.named, "name", "point"),
            "likeness": np.where(same.named, same.alike, np.nan), "filled": gained,
            "services_added": joined(sites.keys, added),
        },
        columns=list(MATCH_COLUMNS),
    )  # fmt: skip
    filled["services"] = _united(frame["services"], sites, same, added)
    differ, one, other = other_services(sites, speaks, same)
    doubts = [_chosen(now, "services", same, differ, (one, other))]
    for column in (column for column in rule.compared if column in frame):
        values = frame[column].astype(object).where(frame[column].notna(), "").astype(str).to_numpy()
        differ = other_values(frame, column, same)
        doubts.append(_chosen(now, "differs", same, differ, (values[same.earlier], values[same.later]), column=column))
    if "state" in frame:
        said = frame["state"].where(frame["state"].isin(STATES), STATES[0]).to_numpy(dtype=object)
        one, other = said[same.earlier], said[same.later]
        doubts.append(_chosen(now, "differs", same, one != other, (one, other), column="state"))
    offers, wording, stands = sites.offers.copy(), sites.wording.copy(), now.stands.copy()
    speaks = speaks.copy()
    offers[same.earlier] |= offered
    speaks[same.earlier] |= speaks[same.later]
    unnamed = _unnamed(sites)[same.earlier] & ~silent
    wording[same.earlier[unnamed]] = wording[same.later[unnamed]]
    stands[same.later] = False
    return replace(
        now, frame=filled, sites=replace(sites, offers=offers, wording=wording), speaks=speaks, stands=stands,
        matches=(*now.matches, match), conflicts=(*now.conflicts, *doubts),
    )  # fmt: skip


def _capacities_named(frame: gpd.GeoDataFrame, sites: Sites, same: Pairs) -> gpd.GeoDataFrame:
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


def _united(services: pd.Series, sites: Sites, same: Pairs, added: NDArray[np.bool_]) -> pd.Series:
    rows, keys = list(services), np.array(sites.keys, dtype=object)
    for place in np.flatnonzero(added.any(axis=1)):
        rows[same.earlier[place]] = (*rows[same.earlier[place]], *keys[added[place]])
    return pd.Series(rows, index=services.index, dtype=object)


def _chosen(
    now: _Merging, kind: str, pairs: Pairs, chosen: NDArray[np.bool_], values: tuple[Sequence[str], Sequence[str]],
    *, column: str = "services",
) -> pd.DataFrame:  # fmt: skip
    table = conflict_table(now.frame, now.labels, now.sites, kind, pairs, values)
    return table.assign(column=column)[chosen]


def _unnamed(sites: Sites) -> NDArray[np.bool_]:
    return np.array([not names for names in sites.wordings], dtype=bool)[sites.wording]


def _gone(frame: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Which rows are closed, being built or planned."""
    state = frame.get("state", pd.Series("", index=frame.index))
    return np.asarray(state.isin(STATES[1:]), dtype=bool)


def _filled(
    now: _Merging, same: Pairs, rule: SamePlaceRule, silent: NDArray[np.bool_]
) -> tuple[gpd.GeoDataFrame, NDArray[np.object_]]:
    """The frame with what the earlier rows lack taken from the later ones, and which columns each gained.

    ``silent`` pairs gain nothing: the later list speaks of a place that is gone where the earlier one's is in use.
    """
    frame = now.frame.copy()
    gained = np.full(len(same), "", dtype=object)
    unnamed = _unnamed(now.sites)
    columns = [column for column in frame.columns if column not in (*rule.own, *_MADE)]
    for column in ("name", *columns):
        cells = frame[column].copy()
        lacking = unnamed if column == "name" else cells.map(_lacks).to_numpy(dtype=bool)
        # A stand-in for a name is no name, in any language.
        known = ~unnamed if column in {"name", "name_en"} else ~lacking
        if (said := _WITH.get(column)) in now.frame:
            lacking = lacking & now.frame[said].map(_lacks).to_numpy(dtype=bool)
        take = lacking[same.earlier] & known[same.later] & ~silent
        if take.any():
            cells.iloc[same.earlier[take]] = cells.iloc[same.later[take]].to_numpy()
            frame[column] = cells
            gained[take] = [f"{before}, {column}" if before else column for before in gained[take]]
    return frame, gained


def _lacks(cell: object) -> bool:
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, (tuple, list, dict, frozenset, set)):
        return not cell
    return bool(pd.isna(cell))  # type: ignore[call-overload]


def _result(done: _Merging) -> SamePlaces:
    kept = gpd.GeoDataFrame(done.frame.drop(columns="name_is_own", errors="ignore")[done.stands])
    matches = _stacked(done.matches, MATCH_COLUMNS)  # in the order of lists
    return SamePlaces(
        frame=_with_sources(kept, done, matches),
        matches=matches.sort_values(["facility_id", "other_id"], ignore_index=True),
        conflicts=_stacked(done.conflicts, CONFLICT_COLUMNS).sort_values(
            ["kind", "facility_id", "other_id", "column"], ignore_index=True
        ),
    )


def _stacked(tables: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    full = [table for table in tables if len(table)]
    return pd.concat(full, ignore_index=True) if full else pd.DataFrame(columns=list(columns))


def _with_sources(kept: gpd.GeoDataFrame, done: _Merging, matches: pd.DataFrame) -> gpd.GeoDataFrame:
    """Say in each merged row which lists it comes from, under which ids, and what was filled."""
    if matches.empty:
        return kept
    said = done.labels
    if "source" in done.frame:
        given = done.frame["source"].map(lambda cell: "" if _lacks(cell) else str(cell).strip()).to_numpy(dtype=object)
        said = np.where(given == "", said, given)
    said_by = dict(zip(done.sites.ids, said, strict=True))
    places: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for key, other, gained in zip(matches["facility_id"], matches["other_id"], matches["filled"], strict=True):
        sources, others, columns = places.setdefault(key, ([said_by[key]], [], []))
        sources.append(said_by[other])
        others.append(other)
        columns += gained.split(", ") if gained else []
    told = kept.assign(source=kept.get("source", ""), also_in="", filled_columns="")
    rows = told.index.astype(str).get_indexer(pd.Index(list(places)))
    for place, column in enumerate(("source", "also_in", "filled_columns")):
        between = ", " if column == "filled_columns" else "; "
        cells = told[column].astype(object)
        cells.iloc[rows] = [between.join(dict.fromkeys(joint[place])) for joint in places.values()]
        told[column] = cells
    return told
