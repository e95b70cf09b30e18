"""Facilities as plain tables: each with its place on the network, and how their premises were got."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import pandas as pd

from circle15.catalog import services, states, supply_routes, text
from circle15.model import Analysis, Positions
from circle15.render.tables.columns import rounded
from circle15.render.tables.frames import service_titles, synthetic_layers
from circle15.render.words import both

__all__ = ["facility_table", "route_table"]

_POSITION = {Positions.OK: "ok", Positions.FAR: "far", Positions.ISLAND: "island", Positions.MOVED: "moved"}
_SITE = (
    "tier", "tier_key", "site_kind", "site_kind_key", "supply_route", "supply_route_key", "capacity",
    "capacity_by_service", "floor_area_m2",
    "delivery_radius_m", "opening_hours",
)  # fmt: skip
_SOURCE = ("source", "source_date", "source_url", "also_in", "filled_columns")


def facility_table(analysis: Analysis) -> pd.DataFrame:
    """One row per facility in id order: services, position on the network, WGS 84 coordinates, source.

    Only named columns are written: whatever else a planner's table holds (telephone, contact) stays out.
    """
    placed = analysis.facilities.of(analysis.city.facilities)
    frame, position = placed.frame, placed.positions
    degrees = frame.geometry.to_crs(4326)
    table = pd.DataFrame(index=frame.index)
    table["name"] = frame["name"]
    if "name_en" in frame:
        table["name_en"] = frame["name_en"]
    titles = service_titles(analysis)
    table["services"] = ["; ".join(titles[key] for key in row) for row in frame["services"]]
    status = pd.Series(position.status, index=frame.index)
    table["position"] = status.map(_POSITION)
    table["leg_m"] = position.nearest_m
    table["lon"], table["lat"] = degrees.x, degrees.y
    for column in _SITE:
        if column in frame:
            table[column] = frame[column]
    if "capacity_by_service" in table:
        table["capacity_by_service"] = table["capacity_by_service"].map(partial(_by_service, titles))
    if "opening_hours" in table and len(analysis.hours):
        table["opening_hours_osm"] = analysis.hours["osm"]
    if analysis.settings.open_at is not None and "open" in analysis.hours:
        table["open_then"] = _open_words(analysis.hours["open"])
    table = table.assign(**_states(frame))
    if "survey_answer" in frame:
        table["survey_answer"] = [str(both(f"survey_{answer}")) if answer else "" for answer in frame["survey_answer"]]
        table["survey_author"], table["survey_date"] = frame["survey_author"], frame["survey_date"]
    for column in _SOURCE:
        if column in frame:
            table[column] = frame[column]
    table["synthetic"] = str(both("made_up")) if "facilities" in synthetic_layers(analysis.city) else ""
    return rounded(table.sort_index().reset_index())


def _open_words(known: pd.Series) -> pd.Series:
    """Whether facilities are open at a moment, in words; unknown where their hours are."""
    words = {True: "open", False: "closed"}
    return pd.Series([str(both(f"open_then_{words.get(value, 'unknown')}")) for value in known], index=known.index)


def _states(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """The column of states in both languages, where some list has one."""
    titles = {key: f"{state.title_zh} {state.title_en}" for key, state in states().items()}
    return {"state": frame["state"].map(titles).fillna("")} if "state" in frame else {}


def _by_service(titles: Mapping[str, str], capacities: object) -> str:
    if not isinstance(capacities, Mapping):
        return ""
    return "; ".join(f"{titles[key]} {value:g}" for key, value in capacities.items())


def route_table(analysis: Analysis) -> pd.DataFrame:
    """One row per service and supply route: how many facilities in use; empty where no list says any route.

    Those that say none, or one that is not understood, are counted last.
    """
    frame = analysis.city.facilities.in_service().frame
    columns, rows = ["service_zh", "service_en", "supply_route", "facilities"], []
    if "supply_route_key" not in frame or not frame["supply_route_key"].isin(supply_routes()).any():
        return pd.DataFrame(columns=columns)
    counts = frame[["services", "supply_route_key"]].explode("services").value_counts()
    titles = {key: f"{route.title_zh} {route.title_en}" for key, route in supply_routes().items()}
    titles[""] = " ".join(text("route_unsaid", language) for language in ("zh", "en"))
    for key, service in services(analysis.city.pack_services).items():
        for route, title in titles.items():
            if count := counts.get((key, route), 0):
                rows.append((service.title_zh, service.title_en, title, int(count)))
    return pd.DataFrame(rows, columns=columns)
