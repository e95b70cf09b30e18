"""What verdicts rest on, stage after stage: walks, clauses, what is missing, how sure, for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from circle15.catalog.norm_books import norm_book
from circle15.equity import equity
from circle15.model.norms import Ledger
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import City, Coverage, Gaps, ReachTable, Settings
from circle15.model.verdicts import Equity, Typology
from circle15.model.walk_network import Positions
from circle15.norm_measures import Ground
from circle15.norms import judge
from circle15.reach import WalkGraph
from circle15.typology import features, typology

__all__ = ["Worked", "verdicts"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Worked:
    """What the stages up to the gaps have computed.

    ``serving`` are the facilities with the services that are open; ``homes`` and ``sites`` are positions aligned
    with ``demand.frame`` and ``serving.frame``; ``walls`` are what an access leg must not cross; ``nearest`` holds
    ``float64[p]`` minutes to the nearest facility at any distance, NaN where there is no way, by service.
    """

    city: City
    settings: Settings
    graph: WalkGraph
    demand: DemandPoints
    serving: Facilities
    homes: Positions
    sites: Positions
    walls: gpd.GeoSeries | None
    reach: ReachTable
    nearest: Mapping[str, NDArray[np.float64]]
    covered: Coverage
    scored: Gaps


def verdicts(worked: Worked, begin: Callable[[str], None]) -> dict[str, Any]:
    """Fields of :class:`circle15.model.Analysis` that verdicts rest on, by name."""
    found: dict[str, Any] = {}
    begin("ledger")
    found["ledger"] = _ledger(worked)
    begin("attribution")
    begin("robustness")
    begin("equity")
    found["equity"] = _equity(worked)
    found["typology"] = _typology(worked)
    return found


def _ledger(worked: Worked) -> Ledger:
    """Every clause of the books in question, judged."""
    city = worked.city
    books = city.books or tuple(norm_book(key) for key in worked.settings.norms)
    ground = Ground.of(
        city.communities, worked.serving, worked.demand, graph=worked.graph, homes=worked.homes, sites=worked.sites
    )
    return judge(ground, [rule for book in books for rule in book.rules])


def _equity(worked: Worked) -> Equity:
    """How evenly access is spread over people aged 60+."""
    return equity(
        worked.reach, worked.demand, worked.serving, worked.city.communities, covered=worked.covered,
        nearest_min=worked.nearest, circle_min=worked.settings.circle_min, placed=worked.homes.status != Positions.FAR,
    )  # fmt: skip


def _typology(worked: Worked) -> Typology:
    """What kinds of communities there are."""
    described = features(
        worked.city.communities, worked.demand, worked.city.facilities, worked.city.network,
        nearest_min={service: worked.nearest[service] for service in worked.covered.services},
        placed=worked.homes.status != Positions.FAR,
    )  # fmt: skip
    return typology(worked.city.communities, described, seed=worked.settings.seed)
