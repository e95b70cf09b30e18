"""Which groups communities belong to, and how each group is served."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.coded import yes_no_key
from circle15.catalog.rural import area_keys
from circle15.kernels.costs import NEVER_MS
from circle15.model.places import Communities, DemandPoints
from circle15.model.results import Coverage, NearestTimes

__all__ = ["UNFLAGGED", "UNSAID", "grouped", "groups_of", "need_of"]

NEED_PARTS = 5
UNSAID, UNFLAGGED = "", "no"
"""Groups of communities that say nothing, and that say that no flag applies: no flag is empty or a word for no."""


def need_of(communities: Communities) -> NDArray[np.float64]:
    """Need of each community, ``float64[c]``: its share of people aged 60+; 0 where nobody lives, NaN if unknown."""
    people, elders = (communities.frame[column].to_numpy(dtype=float) for column in ("population", "pop_60plus"))
    return np.divide(elders, people, out=np.where(people == 0, 0.0, np.nan), where=people > 0)


def groups_of(communities: Communities) -> pd.DataFrame:
    """Which groups each community belongs to: ``community_id``, ``grouping``, ``group``, one row for each.

    Groupings are those that some community says something of. A community with several priority flags
    (``动迁安置;城乡结合部``) belongs to each; ``need`` are fifths of communities by share of 60+, ``1`` the lowest,
    where of five or more it is known. A group is the word that the communities say; :data:`UNSAID` where
    nothing stands, :data:`UNFLAGGED` where it says that no flag applies. Those of ``rural`` are ``rural``,
    ``urban``, and :data:`UNSAID` where a word says neither.
    """
    frame = communities.frame
    parts = []
    for column in ("community_type", "priority_flag", "rural", "subdistrict"):
        if column not in frame:
            continue
        words = pd.Series([_word(cell) for cell in frame[column]], index=frame.index, dtype=object)
        if not (words != "").any():
            continue
        if column == "rural":
            words = pd.Series(area_keys(frame), index=frame.index, dtype=object)
        elif column == "priority_flag":
            words = words.str.split(r"[;；,，、/|+]+", regex=True).map(
                lambda words_said: sorted(
                    {UNFLAGGED if yes_no_key(word) == "no" else word.strip() for word in words_said} - {""}
                )
            )
            words = words.map(lambda words_said: words_said or [UNSAID]).explode()
        parts.append(_members(words, column))
    need = pd.Series(need_of(communities), index=frame.index).dropna()
    if len(need) >= NEED_PARTS:
        rank = need.rank(method="average")
        part = ((rank - 0.5) / len(need) * NEED_PARTS).floordiv(1).astype(int) + 1
        parts.append(_members(part.astype(str), "need"))
    empty = pd.DataFrame(columns=["community_id", "grouping", "group"], dtype=object)
    return pd.concat(parts, ignore_index=True) if parts else empty


def _word(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and np.isnan(cell)) or cell is pd.NA:
        return ""
    # Codes of nine digits stay what they are: 320508001, not 3.20508e+08.
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()


def _members(words: pd.Series[Any], grouping: str) -> pd.DataFrame:
    return pd.DataFrame({"community_id": words.index, "grouping": grouping, "group": words.to_numpy()})


def grouped(
    communities: Communities,
    member: pd.DataFrame,
    demand: DemandPoints,
    covered: Coverage,
    nearest: NearestTimes,
    circle_min: float,
) -> pd.DataFrame:
    """People, share covered and mean walk of each group of communities (:func:`groups_of`), by service."""
    keys = ["grouping", "group"]
    ids = communities.frame.index
    owner = ids.get_indexer(pd.Index(demand.frame["community_id"]))
    row = ids.get_indexer(pd.Index(member["community_id"]))
    people = demand.known_in("pop_60plus")
    tables = []
    for service in covered.services:
        at = covered.frame.xs((service, circle_min), level=("service", "cutoff_min")).reindex(ids)
        ms = nearest.ms(service)
        reached = (ms < NEVER_MS) & (people > 0)
        columns = {
            "pop_60plus": at["pop_60plus"].to_numpy(),
            "covered": at["pop_60plus_covered"].to_numpy(),
            "uncovered": at["pop_60plus_uncovered"].to_numpy(),
            "walkers": np.bincount(owner[reached], weights=people[reached], minlength=len(ids)),
            "walked": np.bincount(owner[reached], weights=(people * ms)[reached], minlength=len(ids)),
            "communities": np.ones(len(ids), dtype=np.int64),
        }
        table = pd.DataFrame({column: values[row] for column, values in columns.items()})
        sums = table.groupby([member[key] for key in keys], sort=True).sum(min_count=1)
        known = sums["covered"] + sums["uncovered"]
        share = (sums["covered"] / known).where(known > 0)
        mean_min = (sums["walked"] / sums["walkers"] / 60_000).where(sums["walkers"] > 0)
        found = sums[["communities", "pop_60plus"]].assign(share=share, mean_min=mean_min, service=service)
        tables.append(found.set_index("service", append=True))
    if not tables:
        names = [*keys, "service"]
        empty = pd.MultiIndex.from_arrays([pd.Index([], dtype=str)] * 3, names=names)
        return pd.DataFrame(columns=["communities", "pop_60plus", "share", "mean_min"], index=empty, dtype=float)
    return pd.concat(tables).sort_index()
