"""Which rows of facility lists may be one place: candidates by distance, service and name, and the best of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import services
from circle15.model.service import Service
from circle15.sources.facilities.names import PlaceName, likeness, read_name

__all__ = ["Pairs", "Sites", "name_likeness", "near_pairs", "one_to_one", "read_sites"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sites:
    """Rows of all lists, as what is compared of them; arrays in one order.

    Attributes
    ----------
    ids
        Facility ids.
    points
        Metric points.
    keys
        Services that any row offers, in the catalogue's order.
    offers
        ``bool[row, key]``.
    wordings
        Names, each once, each with its English one where there is one; empty for a name that is none.
    wording
        ``int[row]`` positions in ``wordings``.
    """

    ids: NDArray[np.object_]
    points: NDArray[np.object_]
    keys: tuple[str, ...]
    offers: NDArray[np.bool_]
    wordings: tuple[tuple[PlaceName, ...], ...]
    wording: NDArray[np.intp]

    @property
    def named(self) -> NDArray[np.bool_]:
        """``bool[row]``: the name says which place it is, and not only of what kind."""
        with_core = [any(name.core for name in names) for names in self.wordings]
        return np.array(with_core, dtype=bool)[self.wording]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of rows: positions of the earlier and the later one, metres apart, likeness of names and its bars."""

    earlier: NDArray[np.intp]
    later: NDArray[np.intp]
    away_m: NDArray[np.float64]
    alike: NDArray[np.float64]
    forbidden: NDArray[np.bool_]
    named: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.earlier)

    def __getitem__(self, chosen: NDArray[Any]) -> Pairs:
        return Pairs(*(getattr(self, field.name)[chosen] for field in dataclasses.fields(self)))


def read_sites(frame: gpd.GeoDataFrame, *, city: Sequence[str] = (), pack_services: tuple[Service, ...] = ()) -> Sites:
    """Read what is compared of a frame of facilities: see :class:`Sites`.

    Parameters
    ----------
    frame
        On ``facility_id``: ``name``, ``services``, points; optional ``name_en`` and ``name_is_own``. A name
        that ``name_is_own`` denies, or that is only the id, counts as none.
    city
        See :func:`~circle15.sources.facilities.names.read_name`.
    pack_services
        Those of the pack, beside the catalogue's; for the order of ``keys``.
    """
    rows = list(frame["services"])
    known = services(pack_services)
    present = {service for row in rows for service in row}
    keys = (*(key for key in known if key in present), *sorted(present - set(known)))
    offers = np.array([[key in row for key in keys] for row in rows], dtype=bool).reshape(len(rows), len(keys))
    ids = frame.index.astype(str).to_numpy(dtype=object)
    names = _texts(frame["name"])
    unnamed = names == ids
    if "name_is_own" in frame:
        unnamed |= ~frame["name_is_own"].fillna(value=True).to_numpy(dtype=bool)
    english = _texts(frame["name_en"]) if "name_en" in frame else np.full(len(frame), "", dtype=object)
    both = pd.MultiIndex.from_arrays([np.where(unnamed, "", names), np.where(unnamed, "", english)])
    wording, unique = both.factorize()
    return Sites(
        ids=ids,
        points=frame.geometry.to_numpy(),
        keys=keys,
        offers=offers,
        wordings=tuple(tuple(read_name(name, city=city) for name in dict.fromkeys(pair) if name) for pair in unique),
        wording=np.asarray(wording, dtype=np.intp),
    )


def _texts(column: pd.Series) -> NDArray[np.object_]:
    return column.where(column.notna(), "").astype(str).str.strip().to_numpy(dtype=object)


def near_pairs(sites: Sites, earlier: NDArray[np.intp], later: NDArray[np.intp], *, within_m: float) -> Pairs:
    """All pairs of an earlier and a later row that share a service within a distance.

    Parameters
    ----------
    sites
        All rows.
    earlier, later
        Positions of the rows to pair.
    within_m
        The distance in metres; at most so far counts.

    Returns
    -------
    Pairs
        ``alike`` and ``forbidden`` as :func:`~circle15.sources.facilities.names.likeness` has them for the most
        alike of their names; ``named`` where both have a name of their own.
    """
    tree = shapely.STRtree(sites.points[earlier])
    place, row = tree.query(sites.points[later], predicate="dwithin", distance=within_m)
    first, second = earlier[row], later[place]
    sharing = (sites.offers[first] & sites.offers[second]).any(axis=1)
    first, second = first[sharing], second[sharing]
    alike, forbidden = name_likeness(sites, first, second)
    named = sites.named
    away_m = np.asarray(shapely.distance(sites.points[first], sites.points[second]), dtype=np.float64)
    return Pairs(first, second, away_m, alike, forbidden, named[first] & named[second])


def name_likeness(
    sites: Sites, first: NDArray[np.intp], second: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Likeness of the names of pairs of rows, and what is barred; each pair of wordings is compared once."""
    pairs = np.column_stack([sites.wording[first], sites.wording[second]])
    unique, place = np.unique(pairs, axis=0, return_inverse=True)
    alike = [_most_alike(sites.wordings[a], sites.wordings[b]) for a, b in unique.tolist()]
    scored = np.array(alike, dtype=np.float64).reshape(-1, 2)[place.reshape(-1)]
    return scored[:, 0], scored[:, 1] > 0


def _most_alike(names: tuple[PlaceName, ...], others: tuple[PlaceName, ...]) -> tuple[float, bool]:
    """The best of the Chinese and the English names; barred if one of those that have something in common is."""
    likenesses = [likeness(a, b) for a in names for b in others]
    common = [scored for scored in likenesses if scored[0] > 0] or likenesses
    return max((alike for alike, _ in common), default=0.0), any(barred for _, barred in common)


def one_to_one(pairs: Pairs, ids: NDArray[np.object_]) -> Pairs:
    """The best pairs, none sharing a row: as if they were taken one after another, best first.

    By name before by point alone, then the more alike, the nearer, and by ids. Returned in the order of
    the later rows.
    """
    order = np.lexsort((_ranks(ids)[pairs.later], _ranks(ids)[pairs.earlier], pairs.away_m, -pairs.alike, ~pairs.named))
    chosen: list[NDArray[np.intp]] = [np.array([], dtype=np.intp)]
    while len(order):
        first, second = pairs.earlier[order], pairs.later[order]
        # First in line for both of its rows: whatever is taken before it touches neither.
        best = ~(pd.Series(first).duplicated() | pd.Series(second).duplicated()).to_numpy()
        chosen.append(order[best])
        order = order[~(np.isin(first, first[best]) | np.isin(second, second[best]))]
    taken = pairs[np.concatenate(chosen)]
    return taken[np.argsort(taken.later)]


def _ranks(ids: NDArray[np.object_]) -> NDArray[np.intp]:
    return np.unique(ids.astype(str), return_inverse=True)[1]
