"""People of communities and of homes as they may be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from circle15.model import Communities, DemandPoints
from circle15.model.places import ELDERS_IN_NEED, PEOPLE, counts_heads
from circle15.render.published.privacy import (
    UNKNOWN,
    all_ages,
    bundles,
    drawn,
    parts_of,
    public_population,
    public_total,
)

__all__ = ["counted", "homes_as_told", "places_as_told", "public_more", "public_places"]

_PART_OF = dict.fromkeys(("pop_65plus", "pop_80plus", "circle_cut_60plus", *ELDERS_IN_NEED), "pop_60plus")
"""Groups that are parts of a published number; all other people are parts of everybody."""
_HOUSEHOLDS = ("households", "households_registered", "population_registered")


def public_places(communities: Communities) -> pd.DataFrame:
    """``population`` and ``pop_60plus`` of each community as they may be told, ``UNKNOWN`` where nobody knows them."""
    frame = communities.frame
    elders = public_total(frame["pop_60plus"].to_numpy(dtype=np.float64))
    everyone = public_population(frame["population"].to_numpy(dtype=np.float64), elders)
    return pd.DataFrame({"population": everyone, "pop_60plus": elders}, index=frame.index)


def public_more(frame: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Further numbers of people of communities, in tens; ``UNKNOWN`` where a cell is empty or holds no number.

    Parameters
    ----------
    frame
        On ``community_id``, columns that count people or households.
    places
        From :func:`public_places`, the numbers of people that these are parts of.

    Returns
    -------
    pandas.DataFrame
        ``int64``, on the index and columns of ``frame``.
    """
    out = {}
    for column in frame:
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        whole = np.full(len(frame), UNKNOWN)
        if column not in _HOUSEHOLDS:
            whole = places[_PART_OF.get(str(column), "population")].reindex(frame.index).to_numpy()
        out[column] = parts_of(whole, np.asarray(values, dtype=np.float64))
    if "circle_cut_60plus" in out:
        elders, part = places["pop_60plus"].reindex(frame.index).to_numpy(), out["circle_cut_60plus"]
        everyone = places["population"].reindex(frame.index).to_numpy()
        out["circle_cut"] = np.where(elders > 0, all_ages(everyone, elders, part), out["circle_cut"])
    return pd.DataFrame(out, index=frame.index)


def counted(shown: pd.DataFrame) -> pd.DataFrame:
    """Published counts to compute with, five for one to nine, NaN for people whom nobody knows."""
    counts = shown.to_numpy(dtype=np.int64)
    return pd.DataFrame(np.where(counts == UNKNOWN, np.nan, drawn(counts)), index=shown.index, columns=shown.columns)


def places_as_told(communities: Communities) -> Communities:
    """Communities whose numbers of people and households are the published ones, to compute with."""
    frame = communities.frame
    heads = [column for column in frame if counts_heads(column)]
    places = public_places(communities)
    return replace(communities, frame=frame.assign(**counted(public_more(frame[heads], places).assign(**places))))


def homes_as_told(points: DemandPoints, communities: Communities) -> DemandPoints:
    """Homes whose people are bundles of ten, as a page has them; NaN where the community's are not known.

    Whatever is computed of these, of streets and of facilities tells nothing that the page does not tell: figures of
    single homes, such as a Lorenz curve, are made of them. People of all ages live where those aged 60+ do, in the same
    parts, so finer bundles of all would tell where these live: they have bundles of their own only where nobody is 60+.
    """
    frame = points.frame
    nobody = (communities.frame["pop_60plus"] == 0).reindex(frame["community_id"]).to_numpy()
    everyone = frame["population"].where(nobody, frame["pop_60plus"])
    told = {
        column: pd.Series(bundles(heads, frame["community_id"]), frame.index).where(frame[column].notna())
        for column, heads in (("population", everyone), ("pop_60plus", frame["pop_60plus"]))
    }
    other = [column for column in points.people if column not in PEOPLE]
    return replace(points, frame=frame.drop(columns=other).assign(**told))
