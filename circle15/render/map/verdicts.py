"""What stands behind the verdicts, for the layers that a page opens when they are asked for.

All of it is one compressed text of its own, so that a page that shows none of it opens as fast as without it. Its
content and what may be told of people stand in ``docs/page-format.md``.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog.phrases import assumption_notes, check_communities, check_questions, type_names, type_notes
from circle15.model import Analysis
from circle15.render.map.compact import Sections
from circle15.render.map.facilities import short
from circle15.render.map.ledger import ledger
from circle15.render.published.privacy import public_tens
from circle15.render.published.told import Published

__all__ = ["CAUSES", "MOST_CHECKS", "ROBUST", "add_lines", "verdicts"]

CAUSES = ("gate", "link", "paths", "facility", "mixed")
ROBUST = ("robust_gap", "likely_gap", "doubtful", "robust_pass", "undetermined")
MOST_CHECKS = 100
"""Field checks that a page lists; the workbook has all of them."""
_ROUTE_M = 1.0
_DRAWN = ("p_below", "share_low", "share_high", "required")

Project = Callable[[Any], Any]
Pairs = Iterable[tuple[int, int, int]]


def verdicts(published: Published, services: list[str], *, compress: bool) -> dict[str, Any] | None:
    """The part of a page behind its verdicts.

    Parameters
    ----------
    published
        What to show.
    services
        Keys in the order of the page.
    compress
        Whether the text is gzipped.

    Returns
    -------
    dict or None
        ``layers``, what there is: ``norms``, ``routes``, ``robust``, ``cause``, ``types``, ``stability``, ``checks``
        in this order as far as they have content; and the rest packed. None where there is nothing at all.
    """
    parts = {
        "norms": ledger(published.analysis),
        "routes": _routes(published, services),
        "cause": _attribution(published, services),
        "robust": _robustness(published, services),
        "checks": _checks(published.analysis),
        "types": _types(published.analysis),
        "stability": _stability(published),
    }
    parts = {name: part for name, part in parts.items() if part}
    if not parts:
        return None
    raw = json.dumps(parts, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    packed = gzip.compress(raw, compresslevel=9, mtime=0) if compress else raw
    return {
        "layers": list(parts),
        "encoding": "gzip+base64" if compress else "base64",
        "bytes": len(raw),
        "text": base64.b64encode(packed).decode("ascii"),
    }


def add_lines(sections: Sections, published: Published, project: Project) -> None:
    """Lines of the routes that are told and of the links, as sections ``route`` and ``link``, one line each."""
    lines = {"route": _lines(_told_routes(published)), "link": _lines(published.analysis.attribution.links)}
    for name, shapes in lines.items():
        if len(shapes):
            simple = shapely.simplify(shapes, _ROUTE_M)
            sections.add_lines(name, project(np.where(shapely.length(simple) > 0, simple, shapes)))


def _lines(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """One line of each row; one of two equal points where there is no way to draw."""
    if not len(frame):
        return np.zeros(0, dtype=object)
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    merged = shapely.line_merge(shapes)
    whole = shapely.get_type_id(merged) == shapely.GeometryType.LINESTRING
    coords = [shapely.get_coordinates(shape) for shape in shapes[~whole]]
    merged[~whole] = [shapely.LineString(xy if len(xy) > 1 else np.zeros((2, 2))) for xy in coords]
    lines: NDArray[np.object_] = merged
    return lines


# -- who may be told --------------------------------------------------------------------------------


def _pairs(published: Published, frame: pd.DataFrame, services: list[str]) -> tuple[pd.DataFrame, Pairs]:
    """Rows on (community, service) of public communities, in the order of the page, with both positions."""
    ids = published.places.index
    community = ids.get_indexer(frame.index.get_level_values("community_id"))
    service = pd.Index(services).get_indexer(frame.index.get_level_values("service"))
    kept = frame.index.get_level_values("community_id").isin(published.told) & (service >= 0)
    order = np.lexsort((service, community))
    order = order[kept[order]]
    return frame.iloc[order], list(zip(order.tolist(), community[order].tolist(), service[order].tolist(), strict=True))


def _told_routes(published: Published) -> gpd.GeoDataFrame:
    frame = published.analysis.routes.frame
    if not len(frame):
        return frame
    services = sorted(set(frame.index.get_level_values("service")))
    return frame.loc[_pairs(published, frame, services)[0].index]


# -- parts ------------------------------------------------------------------------------------------


def _routes(published: Published, services: list[str]) -> list[list[Any]]:
    """Of each typical walk: community, service, facility, minutes, metres, number of its line."""
    frame = _told_routes(published)
    if not len(frame):
        return []
    line = {key: place for place, key in enumerate(frame.index)}
    sites = published.analysis.city.facilities.frame.index.get_indexer(frame["facility_id"].to_numpy())
    shown, places = _pairs(published, frame, services)
    return [
        [community, service, int(sites[row]), short(minutes, 1), short(metres), line[key]]
        for (row, community, service), key, minutes, metres in zip(
            places, shown.index, shown["minutes"], shown["metres"], strict=True
        )
    ]


def _attribution(published: Published, services: list[str]) -> dict[str, Any]:
    """Causes and remedies; people in tens, all of them."""
    attribution = published.analysis.attribution
    if not len(attribution):
        return {}
    shown, places = _pairs(published, attribution.frame, services)
    links = pd.Index(attribution.links.index) if len(attribution.links) else pd.Index([])
    left = published.left.reindex(shown.index)
    people = [left[f"uncovered_{name}"].tolist() for name in ("gates", "link", "direct", "straight")]
    link = links.get_indexer(pd.Index(shown["link_id"])).tolist()
    rows = [
        [community, service, CAUSES.index(cause), *counts, best]
        for (_, community, service), cause, *counts, best in zip(places, shown["cause"], *people, link, strict=True)
    ]
    lines = [
        {"id": str(key), "m": short(length), "crosses": str(crosses), "serves": serves}
        for key, length, crosses, serves in zip(
            links,
            attribution.links["length_m"],
            attribution.links["crosses"],
            published.serves.reindex(links).tolist(),
            strict=True,
        )
    ] if len(links) else []  # fmt: skip
    return {"causes": list(CAUSES), "rows": rows, "links": lines}


def _robustness(published: Published, services: list[str]) -> dict[str, Any]:
    """Verdicts over many draws; shares are made of counts in tens, as those of the ledger."""
    analysis, robustness = published.analysis, published.analysis.robustness
    if not len(robustness):
        return {}
    shown, places = _pairs(published, published.draws, services)
    figures = zip(places, shown["verdict"], *(shown[name] for name in _DRAWN), strict=True)
    rows = [
        [community, service, ROBUST.index(verdict), *(short(value) for value in values)]
        for (_, community, service), verdict, *values in figures
    ]
    return {
        "verdicts": list(ROBUST),
        "draws": int(robustness.draws),
        "seed": int(robustness.seed),
        "rows": rows,
        "communities": _by_community(analysis, published.intervals),
        "assumptions": _notes(
            assumption_notes(robustness, analysis.ledger.rules, pack_services=analysis.city.pack_services)
        ),
    }


def _by_community(analysis: Analysis, frame: pd.DataFrame) -> list[list[Any] | None]:
    """Rows of a frame on ``community_id``, whole numbers, for every community of the page; None where there is none."""
    ids = analysis.city.communities.frame.index
    return [
        [short(value) for value in row] if here else None
        for here, row in zip(ids.isin(frame.index), frame.reindex(ids).itertuples(index=False), strict=True)
    ]


def _notes(notes: Mapping[str, Mapping[str, str]]) -> list[list[str]]:
    return [[str(note.get("zh", "")), str(note.get("en", ""))] for note in notes.values()]


def _checks(analysis: Analysis) -> dict[str, Any]:
    """What to look at in the field, the most telling first."""
    frame = analysis.robustness.checks
    if not len(frame):
        return {}
    shown = frame.sort_values("rank", kind="stable").head(MOST_CHECKS) if "rank" in frame else frame.head(MOST_CHECKS)
    questions = {
        f"question_{language}": check_questions(shown, language, pack_services=analysis.city.pack_services)
        for language in ("zh", "en")
    }
    shown = shown.assign(**questions, communities=check_communities(shown, analysis.city.communities, "zh"))
    people = public_tens(shown["people"].to_numpy(dtype=np.float64)).tolist()
    texts = ("kind", "target_id", "name", "communities", "question_zh", "question_en")
    return {
        "all": len(frame),
        "list": [
            {
                **{name: "" if pd.isna(row.get(name)) else str(row.get(name)) for name in texts},
                "flips": int(row["flips"]),
                "people": count,
                "lon": short(row["lon"], 6),
                "lat": short(row["lat"], 6),
            }
            for (_, row), count in zip(shown.iterrows(), people, strict=True)
        ],
    }


def _types(analysis: Analysis) -> dict[str, Any]:
    """Kinds of communities; none is told where people aged 60+ are not public, for it rests on their share."""
    typology = analysis.typology
    if not len(typology) or not len(typology.types):
        return {}
    ids = analysis.city.communities.frame.index
    kinds = typology.types.index
    kind = typology.frame["type_id"].reindex(ids).fillna("")
    place = kinds.get_indexer(pd.Index(kind))
    marked = typology.frame.get("outlier", pd.Series(data=False, index=typology.frame.index))
    outlier = marked.reindex(ids).eq(other=True)
    medoids = (
        ids.get_indexer(typology.types["medoid_id"].to_numpy()).tolist()
        if "medoid_id" in typology.types
        else [-1] * len(kinds)
    )
    names = (type_names(typology, language) for language in ("zh", "en"))
    return {
        "method": typology.method,
        "types": [
            {
                "id": str(key),
                "zh": name_zh,
                "en": name_en,
                "medoid": medoid if medoid >= 0 and place[medoid] >= 0 else -1,
                "like": str(row["kunshan"]) if isinstance(row.get("kunshan"), str) else "",
            }
            for (key, row), name_zh, name_en, medoid in zip(typology.types.iterrows(), *names, medoids, strict=True)
        ],
        "of": place.tolist(),
        "outliers": np.flatnonzero(outlier.to_numpy() & (place >= 0)).tolist(),
        "notes": _notes(type_notes(typology)),
    }


def _stability(published: Published) -> dict[str, Any]:
    """Ranks under other weights and other ways to put services together."""
    stability = published.analysis.stability
    if not len(stability):
        return {}
    columns = ["rank_additive", "rank_worst", "rank_low", "rank_high", "top_tenth"]
    frame = published.stability.assign(top_tenth=100 * published.stability["top_tenth"].astype(np.float64))
    return {"draws": int(stability.draws), "rows": _by_community(published.analysis, frame[columns])}
