"""What clauses measure, by key of ``measures.toml``: one function a measure, communities in, figures of each out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from circle15.model.norms import Rule
from circle15.norms.attributes import asked_columns, unsaid
from circle15.norms.bounds import uncertain
from circle15.norms.columns import grids_required, households_per_grid, per_community, plain, ratio
from circle15.norms.figures import Figures
from circle15.norms.ground import Ground
from circle15.norms.premises import (
    area_per,
    area_per_community,
    capacity_per_1000,
    facility_capacity,
    facility_count,
    floor_area,
    functions_configured,
    functions_counted,
    hours_of_shortest,
)
from circle15.norms.walks import (
    people_near,
    people_near_open,
    people_per_facility,
    people_served,
    residential_land_near,
    services_in_reach,
)

__all__ = ["MEASURES", "measured"]

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


def measured(ground: Ground, rule: Rule) -> Figures:
    """The figures of a rule; counted without facilities that do not say their tier, kind or standard, and with them.

    A facility that does not say its tier may be of the tier that is asked for.
    """
    least = MEASURES[rule.measure](ground, rule)
    if not asked_columns(rule):
        return least
    lenient = MEASURES[rule.measure](replace(ground, lenient=True), rule)
    most = lenient.most or lenient
    alike = _same(least.part, lenient.part) & _same((least.most or least).part, most.part)
    silent = ", ".join(f"facilities.{name}" for name in unsaid(ground.facilities.frame, rule))
    else_unsure = np.where(uncertain(least)[1], np.asarray(least.unsure, dtype=object), "")
    words = zip(np.where(alike, "", silent), else_unsure, strict=True)
    return replace(least, most=most, unsure=np.array([", ".join(filter(None, pair)) for pair in words], dtype=object))


def _same(figure: Numbers, other: Numbers) -> Mask:
    """Where two figures are equal, or neither is known."""
    return (figure == other) | (np.isnan(figure) & np.isnan(other))


MEASURES: Mapping[str, Callable[[Ground, Rule], Figures]] = {
    "people_in_reach": people_near,
    "people_in_reach_or_delivery": people_served,
    "people_in_reach_open": people_near_open,
    "people_within_distance": people_near,
    "residential_land_in_reach": residential_land_near,
    "residential_land_within_distance": residential_land_near,
    "services_in_reach": services_in_reach,
    "people_per_facility": people_per_facility,
    "facility_count": facility_count,
    "floor_area": floor_area,
    "area_per_100_households": area_per("households"),
    "area_per_100_registered_households": area_per("households_registered"),
    "area_per_community": area_per_community,
    "facility_capacity": facility_capacity,
    "capacity_per_1000_elders": capacity_per_1000,
    "open_hours_per_day": hours_of_shortest("mo", "tu", "we", "th", "fr"),
    "open_hours_at_weekend": hours_of_shortest("sa", "su"),
    "functions_configured": functions_configured,
    "functions_counted": functions_counted,
    "workers_per_10000": ratio("workers", "population", 10_000.0, counted="part"),
    "workers_per_10000_registered": ratio("workers", "population_registered", 10_000.0, counted="part"),
    "certified_worker_share": ratio("workers_certified", "workers", 100.0, counted="part", within=True),
    "certified_per_10000": ratio("workers_certified", "population", 10_000.0, counted="part", limit="workers"),
    "agents": plain("agents"),
    "organisations_per_community": per_community("social_organisations"),
    "households_per_grid": households_per_grid,
    "grids_required": grids_required,
    "grid_staffing": ratio("grids_staffed", "grids", 100.0, counted="part", within=True),
    "grid_coverage": ratio("households_in_grids", "households", 100.0, within=True),
    "one_stop": plain("one_stop"),
    "full_agency": plain("full_agency"),
    "general_service": plain("general_service"),
    "service_items": plain("service_items"),
    "deliberation": plain("deliberation"),
    "resident_use_share": ratio("activity_area_m2", "centre_area_m2", 100.0, within=True),
    "office_share": ratio("office_area_m2", "centre_area_m2", 100.0, within=True),
    "registered_share": ratio("population_registered", "population", 100.0),
    "funding_per_100_households": ratio("funding_yuan", "households", 100.0),
    "funding_per_100_registered_households": ratio("funding_yuan", "households_registered", 100.0),
    "community_people": plain("population"),
    "community_households": plain("households"),
}
