"""What two facility lists say differently, or may: told, and left as it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.model.places import CONFLICT_COLUMNS
from circle15.sources.facilities.pairs import Pairs, Sites, name_likeness

__all__ = ["conflict_table", "doubtful_pairs", "far_pairs", "other_services", "other_values"]


def far_pairs(
    sites: Sites, earlier: NDArray[np.intp], later: NDArray[np.intp], *, beyond_m: float, far_m: float
) -> Pairs:
    """Pairs of one name and one service that stand too far apart to be merged: one point may be wrong.

    Only where the name stands once for that service in the earlier lists and once in the later one: a chain
    of shops has branches, and they prove nothing.

    Parameters
    ----------
    sites, earlier, later
        All rows, and the positions of those to pair.
    beyond_m, far_m
        Farther apart than the first, at most the second.
    """
    keys = [next((name.key for name in names if name.core), ("", "", "")) for names in sites.wordings]
    number = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    wording = np.array([number[key] for key in keys], dtype=np.intp)[sites.wording]
    named = sites.named
    (first, row), (second, later_row) = (_once(sites, wording, rows[named[rows]]) for rows in (earlier, later))
    _, at, later_at = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    b, a = np.unique(np.stack([later_row[later_at], row[at]]), axis=1)
    away_m = np.asarray(shapely.distance(sites.points[a], sites.points[b]), dtype=np.float64)
    alike, forbidden = name_likeness(sites, a, b)  # one core in two districts is not one name
    pairs = Pairs(a, b, away_m, alike, forbidden, named[a] & named[b])
    return pairs[(away_m > beyond_m) & (away_m <= far_m) & ~forbidden]


def _once(sites: Sites, wording: NDArray[np.intp], rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A code of name and service, and the row, where no other of the rows has both."""
    place, service = np.nonzero(sites.offers[rows])
    codes, first, count = np.unique(
        wording[rows[place]] * len(sites.keys) + service, return_index=True, return_counts=True
    )
    return codes[count == 1], rows[place[first[count == 1]]]


def doubtful_pairs(pairs: Pairs, *, likeness: float, beside_m: float) -> tuple[Pairs, Pairs]:
    """Of pairs that were not merged: those with names alike, and those that stand in one spot.

    At most one for each later row: the most alike, and the nearest.
    """
    alike = pairs.named & (pairs.alike >= likeness)
    order = np.lexsort((pairs.earlier, pairs.away_m, -pairs.alike))
    first = _first(pairs[order[alike[order]]])
    beside = (pairs.away_m <= beside_m) & ~np.isin(pairs.later, first.later)
    order = np.lexsort((pairs.earlier, pairs.away_m))
    return first, _first(pairs[order[beside[order]]])


def _first(pairs: Pairs) -> Pairs:
    return pairs[~pd.Series(pairs.later).duplicated().to_numpy()]


def other_services(
    sites: Sites, speaks: NDArray[np.bool_], pairs: Pairs
) -> tuple[NDArray[np.bool_], list[str], list[str]]:
    """Where two rows of one place differ in a service that both lists speak of, and what each offers of those.

    Parameters
    ----------
    sites
        All rows, with what they offered before anything was merged.
    speaks
        ``bool[row, key]``: the row's list is about that service.
    pairs
        Rows of one place.
    """
    both = speaks[pairs.earlier] & speaks[pairs.later]
    first, second = sites.offers[pairs.earlier] & both, sites.offers[pairs.later] & both
    differ = (first != second).any(axis=1)
    return differ, joined(sites.keys, first), joined(sites.keys, second)


def joined(keys: Sequence[str], chosen: NDArray[np.bool_]) -> list[str]:
    """The chosen services of each row as text, joined by ``;``."""
    return [";".join(np.array(keys, dtype=object)[row]) for row in chosen]


def other_values(frame: gpd.GeoDataFrame, column: str, pairs: Pairs) -> NDArray[np.bool_]:
    """Where both rows of a pair have a value in a column, and not the same one.

    Compared after NFKC, in small letters, without spaces, and with any dash as ``-``.
    """
    folded = frame[column].map(_folded).to_numpy(dtype=object)
    first, second = folded[pairs.earlier], folded[pairs.later]
    return np.asarray((first != "") & (second != "") & (first != second), dtype=bool)


def _folded(cell: object) -> str:
    if cell is None or cell != cell:  # noqa: PLR0124  # NaN is what does not equal itself
        return ""
    plain = "".join(unicodedata.normalize("NFKC", str(cell)).casefold().split())
    return plain.translate(dict.fromkeys(map(ord, "‐‑‒–—―~〜至"), "-"))


def conflict_table(
    frame: gpd.GeoDataFrame, labels: NDArray[np.object_], sites: Sites, kind: str, pairs: Pairs,
    values: tuple[Sequence[str], Sequence[str]] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """One row per pair with the columns of :data:`~circle15.model.places.CONFLICT_COLUMNS`."""
    if not len(pairs):
        return pd.DataFrame(columns=list(CONFLICT_COLUMNS))
    empty = [""] * len(pairs)
    value, other = values or (empty, empty)
    columns = {
        "kind": [kind] * len(pairs),
        "services": joined(sites.keys, sites.offers[pairs.earlier] & sites.offers[pairs.later]),
        "facility_id": sites.ids[pairs.earlier],
        "name": frame["name"].to_numpy()[pairs.earlier],
        "list_file": labels[pairs.earlier],
        "column": empty,
        "value": list(value),
        "other_id": sites.ids[pairs.later],
        "other_name": frame["name"].to_numpy()[pairs.later],
        "other_file": labels[pairs.later],
        "other_value": list(other),
        "distance_m": pairs.away_m,
    }
    return pd.DataFrame(columns, columns=list(CONFLICT_COLUMNS))
