"""The block that the page of a scheme has more than others: the city as it is today, and what the scheme changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from circle15.catalog.phrases import change_sentences
from circle15.model import City
from circle15.model.changes import stated
from circle15.model.scenario import redrawn, repeopled
from circle15.render.map.change_shapes import change_shapes
from circle15.render.map.changes import actions
from circle15.render.map.communities import communities, totals, walker
from circle15.render.map.compact import Sections
from circle15.render.map.facilities import sites
from circle15.render.published.told import Published

__all__ = ["before"]

Project = Callable[[Any], Any]

_FIGURES = ("id", "population", "pop_60plus", "placed", "more", "gap", "services")
"""What is told again of a community that is the same in both; the rest is as in the scheme."""
_WORDS = ("id", "name", "name_en", "subdistrict", "subdistrict_en", "anchor")
"""What is told of a community of today that is not the same in the scheme: nothing of its people."""
_OUTLINE_M = 0.8


def before(published: Published, base: Published, sections: Sections, project: Project) -> dict[str, Any]:
    """Today's figures by community and service, what is at other places today, and the changes one by one.

    Both runs are told as their own pages tell them: what differs is the difference of two published numbers. Of
    communities that the scheme merges, splits or builds homes in nothing of today is told, nor are sums of the city
    then, as in the published comparison: such a sum less the rest would tell of the few in one of them.

    Parameters
    ----------
    published
        The scheme.
    base
        The city as it is.
    sections
        Gets outlines ``before`` of today's communities that are not the same in the scheme.
    project
        From the network's metres to degrees.
    """
    city, today = published.analysis.city, base.analysis.city
    changes = _stated(today), _stated(city)
    parted = redrawn(*changes) | repeopled(*changes)
    same = city.communities.frame.index.intersection(today.communities.frame.index).difference(list(parted))
    rows = communities(base, project)
    other = ~today.communities.frame.index.isin(same)
    outlines = today.communities.frame.geometry.to_numpy()[other]
    sections.add_polygons("before", project(shapely.simplify(outlines, _OUTLINE_M, preserve_topology=True)))
    known = {row["id"]: {key: row[key] for key in _FIGURES} for row in rows if row["id"] in same}
    whole = not parted and len(same) == len(rows) == len(city.communities.frame)
    found = actions(base, project) if whole else None
    return {
        "scenario": _about(city),
        "changes": _changes(city, today, project),
        "same": [known.get(str(key)) for key in city.communities.frame.index],
        "communities": [
            {key: row[key] for key in _WORDS} for row, gone in zip(rows, other.tolist(), strict=True) if gone
        ],
        "facilities": _facilities(published, base, project),
        "totals": totals(base) if whole else None,
        "needs": None if found is None else {"minutes": found["minutes"], "needs": found["needs"]},
        "profile": walker(base.analysis.profile),
    }


def _stated(city: City) -> Iterable[dict[str, Any]]:
    return [] if city.scenario is None else [stated(change) for change in city.scenario.changes]


def _about(city: City) -> dict[str, str]:
    plan = city.scenario
    return {"name": "", "parent": ""} if plan is None else {"name": plan.name, "parent": plan.parent}


def _changes(city: City, today: City, project: Project) -> list[dict[str, Any]]:
    """The scheme's changes in words, with where their number stands and what is drawn: latitude, longitude."""
    if city.scenario is None:
        return []
    told = [change_sentences(city, language, names_before=_names(today, language)) for language in ("zh", "en")]
    shapes = change_shapes(city, today)
    return [
        {"kind": change.kind, "zh": zh, "en": en, **_drawn(shape, project)}
        for change, zh, en, shape in zip(city.scenario.changes, *told, shapes, strict=True)
    ]


def _names(city: City, language: str) -> dict[str, str]:
    """What communities are called, in a language where they have a name in it."""
    frame = city.communities.frame
    names = frame["name"].astype(str)
    if language == "en" and "name_en" in frame:
        names = frame["name_en"].where(frame["name_en"].fillna("").astype(str) != "", names).astype(str)
    return {str(key): name for key, name in names.items()}


def _drawn(shape: BaseGeometry | None, project: Project) -> dict[str, Any]:
    """``at``, null where a change has no place, and ``line``, empty where it is a point."""
    if shape is None:
        return {"at": None, "line": []}
    middle, line = shape, [] if isinstance(shape, shapely.Point) else _latlon(project(shape))
    if isinstance(shape, shapely.LinearRing):
        middle = shapely.point_on_surface(shapely.Polygon(shape))
    elif isinstance(shape, shapely.LineString):
        middle = shapely.line_interpolate_point(shape, 0.5, normalized=True)
    return {"at": _latlon(project(middle))[0], "line": line}


def _latlon(shape: BaseGeometry) -> list[list[float]]:
    return np.round(shapely.get_coordinates(shape)[:, ::-1], 6).tolist()


def _facilities(published: Published, base: Published, project: Project) -> dict[str, Any]:
    """Facilities of the scheme that are otherwise today, by id: as they are today, null where there is none."""
    told = []
    for each in (published, base):
        frame = each.analysis.city.facilities.frame
        told.append({row["id"]: row for row in sites(each.analysis, shapely.get_coordinates(project(frame.geometry)))})
    after, now = told
    return {key: now.get(key) for key, row in after.items() if row != now.get(key)}
