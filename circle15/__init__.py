"""circle15: who cannot walk to what within fifteen minutes, and what would help most.

>>> import circle15 as c15
>>> c15.catalog.profile("elderly").speed_mps
0.9
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from circle15._version import __version__ as __version__

if TYPE_CHECKING:
    from circle15 import catalog, errors, model
    from circle15.accessibility.coverage import coverage, coverage_through_day
    from circle15.accessibility.gaps import gaps
    from circle15.accessibility.subdistricts import by_subdistrict
    from circle15.demand.growing import grow_communities
    from circle15.demand.points import demand_points
    from circle15.hours.opening import moment, open_at, open_facilities, weekly_open_hours
    from circle15.model import (
        City,
        Communities,
        CommunitySeeds,
        DemandPoints,
        Facilities,
        Moment,
        PlacedDemand,
        PlacedFacilities,
        PopulationGrid,
        Scenario,
        Settings,
        SitingRules,
        Streets,
        StudyArea,
        WalkNetwork,
        WalkProfile,
    )
    from circle15.network.build import build_network, merge_chains
    from circle15.network.convert import from_geopandas, from_osmnx, to_geopandas, to_osmnx
    from circle15.network.snap import place_demand, place_facilities, snap
    from circle15.norms.ledger import judge
    from circle15.planning.scenario import apply
    from circle15.routing.isochrones import isochrones
    from circle15.routing.reach import reach
    from circle15.routing.routes import route
    from circle15.sources.osm.streets import read_streets
    from circle15.sources.pack.city_pack import list_cities
    from circle15.study import analyse, compare, compare_runs, compare_schemes, frontier, load_city, site

# Importing geopandas and numba takes a second; a name is imported when it is first used.
_HOME = {
    "City": "model",
    "Communities": "model",
    "CommunitySeeds": "model",
    "DemandPoints": "model",
    "Facilities": "model",
    "Moment": "model",
    "PlacedDemand": "model",
    "PlacedFacilities": "model",
    "PopulationGrid": "model",
    "Scenario": "model",
    "Service": "model",
    "Settings": "model",
    "SitingRules": "model",
    "Streets": "model",
    "StudyArea": "model",
    "WalkNetwork": "model",
    "WalkProfile": "model",
    "analyse": "study",
    "apply": "planning.scenario",
    "build_network": "network.build",
    "by_subdistrict": "accessibility.subdistricts",
    "catalog": "",
    "compare": "study",
    "compare_runs": "study",
    "compare_schemes": "study",
    "coverage": "accessibility.coverage",
    "coverage_through_day": "accessibility.coverage",
    "demand_points": "demand.points",
    "errors": "",
    "from_geopandas": "network.convert",
    "from_osmnx": "network.convert",
    "frontier": "study",
    "gaps": "accessibility.gaps",
    "grow_communities": "demand.growing",
    "isochrones": "routing.isochrones",
    "judge": "norms.ledger",
    "list_cities": "sources.pack.city_pack",
    "load_city": "study",
    "merge_chains": "network.build",
    "model": "",
    "moment": "hours.opening",
    "open_at": "hours.opening",
    "open_facilities": "hours.opening",
    "place_demand": "network.snap",
    "place_facilities": "network.snap",
    "reach": "routing.reach",
    "read_streets": "sources.osm.streets",
    "route": "routing.routes",
    "site": "study",
    "snap": "network.snap",
    "to_geopandas": "network.convert",
    "to_osmnx": "network.convert",
    "weekly_open_hours": "hours.opening",
}

__all__ = [
    "City",
    "Communities",
    "CommunitySeeds",
    "DemandPoints",
    "Facilities",
    "Moment",
    "PlacedDemand",
    "PlacedFacilities",
    "PopulationGrid",
    "Scenario",
    "Service",
    "Settings",
    "SitingRules",
    "Streets",
    "StudyArea",
    "WalkNetwork",
    "WalkProfile",
    "analyse",
    "apply",
    "build_network",
    "by_subdistrict",
    "catalog",
    "compare",
    "compare_runs",
    "compare_schemes",
    "coverage",
    "coverage_through_day",
    "demand_points",
    "errors",
    "from_geopandas",
    "from_osmnx",
    "frontier",
    "gaps",
    "grow_communities",
    "isochrones",
    "judge",
    "list_cities",
    "load_city",
    "merge_chains",
    "model",
    "moment",
    "open_at",
    "open_facilities",
    "place_demand",
    "place_facilities",
    "reach",
    "read_streets",
    "route",
    "site",
    "snap",
    "to_geopandas",
    "to_osmnx",
    "weekly_open_hours",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'circle15' has no attribute {name!r}")
    home = _HOME[name]
    if not home:
        return importlib.import_module(f"circle15.{name}")
    value = getattr(importlib.import_module(f"circle15.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
