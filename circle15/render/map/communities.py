"""What the page shows of communities, of the whole city and of who walks, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog.phrases import said_type
from circle15.model import Analysis, WalkProfile
from circle15.model.places import ELDERS_IN_NEED, PEOPLE
from circle15.render.map.facilities import plain, words
from circle15.render.published.counts import tens
from circle15.render.published.needs import needs_without
from circle15.render.published.privacy import UNKNOWN
from circle15.render.published.told import Published

__all__ = ["communities", "totals", "walker"]

Project = Callable[[Any], Any]

_MORE = (
    "households", "population_registered", "pop_65plus", "pop_80plus", *ELDERS_IN_NEED, "circle_cut",
    "circle_cut_60plus",
)  # fmt: skip
"""What the card of a community tells beside its people, in tens."""


def communities(published: Published, project: Project) -> list[dict[str, Any]]:
    """What the page shows of every community, in the order of the frame; people as published.

    Parameters
    ----------
    published
        What to show.
    project
        From the network's metres to degrees.
    """
    analysis = published.analysis
    frame = analysis.city.communities.frame
    anchors = shapely.get_coordinates(project(shapely.get_point(_anchor_lines(frame), 0)))
    people, elders = (published.places[column].to_numpy() for column in PEOPLE)
    cells = _cells(analysis, published)
    made = analysis.demand.points.by_community["method"]
    texts = ("name", "name_en", "subdistrict", "subdistrict_en", "community_type", "outline", "people_basis")
    more = _more(published)
    out = []
    for place, (key, row) in enumerate(frame.iterrows()):
        hidden = not published.seen(key)
        out.append(
            {
                "id": str(key),
                **(spoken := words(row, texts)),
                "community_type_en": said_type(spoken["community_type"], "en"),
                "anchor": [round(float(value), 6) for value in anchors[place]],
                "population": _known(people[place]),
                "pop_60plus": _known(elders[place]),
                "placed": made.get(key, ""),
                "more": more[place],
                "gap": None if hidden or key not in published.ranking.index else _gap(published.ranking.loc[key]),
                "services": {} if hidden else cells[str(key)],
            }
        )
    return out


def _known(people: int | np.int64) -> int | None:
    """A published number of people; None where nobody knows it."""
    return None if people == UNKNOWN else int(people)


def _more(published: Published) -> list[dict[str, int | None]]:
    """Further numbers of each community, in tens; of needs None, and else none, where a cell is empty.

    None of people whose circle leaves the street file where there are none.
    """
    shown = published.more[[column for column in _MORE if column in published.more]]
    return [
        {
            str(column): _known(count)
            for column, count in row.items()
            if column in ELDERS_IN_NEED or (count != UNKNOWN and (count or not str(column).startswith("circle_cut")))
        }
        for row in shown.to_dict("records")
    ]


def _anchor_lines(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """From the middle of the roomiest spot of each community to its border: where a name fits best."""
    lines: NDArray[np.object_] = shapely.maximum_inscribed_circle(frame.geometry.to_numpy(), tolerance=5.0)
    return lines


def _gap(row: pd.Series) -> dict[str, Any]:
    return {
        "index": plain(row["index"], 0),
        "index_additive": plain(row["index_additive"], 0),
        "index_worst": plain(row["index_worst"], 0),
        "rank": plain(row["rank"]),
        "rank_people": plain(row["rank_people"]),
        "worst_service": str(row["worst_service"]) if isinstance(row["worst_service"], str) else "",
    }


def _cells(analysis: Analysis, published: Published) -> dict[str, dict[str, dict[str, Any]]]:
    """For each community and service: public counts per cut-off, minutes, choices, rank, people of some need, seats."""
    public, needs, seats = published.cells, needs_without(analysis, published), _seats(analysis)
    out: dict[str, dict[str, dict[str, Any]]] = {str(key): {} for key in analysis.city.communities.frame.index}
    steps = [f"uncovered_{place}" for place in range(len(analysis.settings.cutoffs_min))]
    for (community, service), row in zip(public.index, public.to_dict("records"), strict=True):
        out[str(community)][str(service)] = {
            "placed": int(row["placed"]),
            "uncovered": [int(row[step]) for step in steps] if row["placed"] else None,
            **{figure: plain(row[figure], 0) for figure in ("mean_min", "p90_min", "choices")},
            "rank": None if pd.isna(row["rank"]) else int(row["rank"]),
            **({"needs": left} if (left := needs.get((str(community), str(service)))) else {}),
            **({"seats": groups} if (groups := seats.get((str(community), str(service)))) else {}),
        }
    return out


def _seats(analysis: Analysis) -> dict[tuple[str, str], list[int]]:
    """Who comes on a day, is served, finds all full, reaches nothing, or is not known, by community and service."""
    found = analysis.capacity.frame
    if not len(found):
        return {}
    rows = found[["demand", "served", "full_in_reach", "out_of_reach", "unknown"]].dropna()
    return {(str(key[0]), str(key[1])): [tens(people) for people in row] for key, *row in rows.itertuples(name=None)}


def totals(published: Published) -> dict[str, Any]:
    """City-wide figures in tens, so that no community can be worked out as the rest of a sum."""
    sums, analysis = published.totals, published.analysis
    services = analysis.coverage.services
    return {
        "unknown": published.unknown,
        "population": published.people,
        "pop_60plus": published.elders,
        "uncovered": {
            key: [int(sums.loc[key, cutoff]) for cutoff in analysis.settings.cutoffs_min] for key in services
        },
        "placed": {key: int(sums.loc[key, "placed"]) for key in services},
    }


def walker(profile: WalkProfile) -> dict[str, Any]:
    """Who walks: speeds in whole millimetres a second, delays in whole milliseconds."""
    return {
        "name": profile.name,
        "title_zh": profile.title_zh,
        "title_en": profile.title_en,
        "speed_mmps": round(profile.speed_mps * 1000),
        "stairs_mmps": round(profile.stairs_mps * 1000),
        "half_signal_ms": round(profile.signal_s * 500),
        "half_gate_ms": round(profile.gate_s * 500),
        "citation": profile.citation,
    }
