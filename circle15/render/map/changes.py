"""Who lacks how many services, and the changes that would help most, as a page has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shapely

from circle15.catalog.phrases import action_notes, action_titles, lacking_most
from circle15.render.published.counts import tens
from circle15.render.published.told import Published

__all__ = ["actions"]

Project = Callable[[Any], Any]


def actions(published: Published, project: Project) -> dict[str, Any] | None:
    """``needs`` and ``list`` of a page, people in tens; None where nothing is known of what people lack.

    Parameters
    ----------
    published
        What to show.
    project
        From the network's metres to degrees.
    """
    found, city = published.analysis.actions, published.analysis.city
    if not len(found.needs) or not len(found.needs.by_service):
        return None
    levels = range(1, sum(str(column).startswith("lack_") for column in found.needs.frame) + 1)
    most = {
        language: lacking_most(found, city.communities, language, pack_services=city.pack_services)
        for language in ("zh", "en")
    }
    return {
        "minutes": found.cutoff_min,
        "needs": {
            "pop_60plus": tens(float(found.needs.frame["elders"].sum())),
            "lacking": [tens(found.needs.lacking(level)) for level in levels],
            "where": {language: where for language, (where, _) in most.items()},
            "service": {language: service for language, (_, service) in most.items()},
        },
        "list": _list(published, project),
    }


def _list(published: Published, project: Project) -> list[dict[str, Any]]:
    found, city = published.analysis.actions, published.analysis.city
    if not len(found):
        return []
    titles = [
        action_titles(found, city.communities, language, pack_services=city.pack_services) for language in ("zh", "en")
    ]
    notes = [action_notes(found, language) for language in ("zh", "en")]
    shapes = project(found.frame.geometry.to_numpy())
    return [
        {
            "kind": row["kind"],
            "zh": zh,
            "en": en,
            "gain": tens(row["gain"]),
            "step": int(row["step"]),
            "added": tens(row["added"]),
            **({"note": {"zh": note_zh, "en": note_en}} if note_zh else {}),
            "same": found.frame.index.get_loc(row["same_people"]) if row["same_people"] else -1,
            "points": [[round(lat, 6), round(lon, 6)] for lon, lat in shapely.get_coordinates(shape).tolist()],
        }
        for row, zh, en, note_zh, note_en, shape in zip(
            found.frame.to_dict("records"), *titles, *notes, shapes, strict=True
        )
    ]
