"""What verdicts rest on, stage after stage: walks, clauses, what is missing, how sure, for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from circle15.accessibility.equity import equity
from circle15.catalog import uncertainty
from circle15.catalog.norm_books import all_checklists, all_rules, norm_book
from circle15.model.norms import Ledger, NormBook
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import City, Coverage, Gaps, ReachTable, Settings
from circle15.model.streets import EdgeFlag
from circle15.model.verdicts import Attribution, Equity, Robustness, Routes, Stability, Typology
from circle15.model.walk_network import Positions
from circle15.network.graph import WalkGraph
from circle15.norms.ground import Ground, ResidentialLand
from circle15.norms.ledger import judge
from circle15.planning.attribution import attribution
from circle15.routing.routes import routes
from circle15.typology import features, typology
from circle15.uncertainty.draws import Stage, dropout_risk
from circle15.uncertainty.field_checks import field_checks, in_service
from circle15.uncertainty.robustness import existence, robustness
from circle15.uncertainty.stability import stability

__all__ = ["Worked", "chosen_books", "verdicts"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Worked:
    """What the stages up to the gaps have computed.

    ``serving`` are the facilities with the services that are open; ``homes``, ``sites`` and ``all_sites`` are
    positions aligned with ``demand.frame``, ``serving.frame`` and ``city.facilities.frame``; ``walls`` are what an
    access leg must not cross; ``nearest`` holds ``float64[p]`` minutes to the nearest facility at any distance, NaN
    where there is no way, by service.
    """

    city: City
    settings: Settings
    graph: WalkGraph
    demand: DemandPoints
    serving: Facilities
    homes: Positions
    sites: Positions
    all_sites: Positions
    walls: gpd.GeoSeries | None
    reach: ReachTable
    nearest: Mapping[str, NDArray[np.float64]]
    covered: Coverage
    scored: Gaps


def chosen_books(city: City, settings: Settings) -> tuple[NormBook, ...]:
    """The books to judge by: those that were read with the city, else those of the catalogue that settings name."""
    return city.books or tuple(norm_book(key) for key in settings.norms)


def verdicts(worked: Worked, begin: Callable[[str], None]) -> dict[str, Any]:
    """Fields of :class:`circle15.model.Analysis` that verdicts rest on, by name."""
    found: dict[str, Any] = {}
    begin("routes")
    found["routes"] = _routes(worked)
    begin("ledger")
    found["ledger"] = _ledger(worked, found["routes"])
    begin("attribution")
    found["attribution"] = _attribution(worked)
    begin("robustness")
    found["robustness"] = _robustness(worked)
    found["stability"] = _stability(worked)
    begin("equity")
    found["equity"] = _equity(worked)
    found["typology"] = _typology(worked)
    return found


def _routes(worked: Worked) -> Routes:
    """The typical walk of each community to each service that a list speaks of."""
    return routes(worked.graph, worked.demand, worked.serving, homes=worked.homes, sites=worked.sites)


def _attribution(worked: Worked) -> Attribution:
    """Missing facility or missing path, for each gap of the circle."""
    return attribution(
        worked.graph,
        worked.city,
        worked.demand,
        worked.serving,
        homes=worked.homes,
        sites=worked.sites,
        settings=worked.settings,
    )


def _ledger(worked: Worked, walks: Routes) -> Ledger:
    """Every clause of the books in question, judged by all that serve: a clause does not ask what is open now."""
    city = worked.city
    standing = in_service(city.facilities)
    sites = worked.all_sites.take(city.facilities.frame.index.get_indexer(standing.frame.index))
    if worked.settings.open_at is not None:  # the walks lead to what is open then
        walks = routes(worked.graph, worked.demand, standing, homes=worked.homes, sites=sites)
    books = chosen_books(city, worked.settings)
    ground = Ground.of(
        city.communities,
        standing,
        worked.demand,
        graph=worked.graph,
        homes=worked.homes,
        sites=sites,
        residential=ResidentialLand(
            frame=city.context.get("residential"), walls=worked.walls, max_snap_m=worked.settings.max_snap_m
        ),
        checklists=all_checklists(books),
    )
    return judge(ground, all_rules(books), routes=walks)


def _robustness(worked: Worked) -> Robustness:
    """What random draws make of the verdicts, and what to look at in the field."""
    settings, communities = worked.settings, worked.city.communities
    stage = Stage.of(
        worked.graph, worked.demand, worked.serving, homes=worked.homes, sites=worked.sites,
        services=worked.covered.services, cutoff_min=settings.circle_min, max_snap_m=settings.max_snap_m,
    )  # fmt: skip
    rules = all_rules(chosen_books(worked.city, settings))
    found = robustness(stage, worked.serving, communities, scored=worked.scored, settings=settings, rules=rules)
    if not len(found):
        return found
    doubt, network = uncertainty(), worked.city.network
    required = found.frame["required"].unstack("service").reindex(index=stage.communities, columns=stage.services)
    checks = field_checks(
        stage, stage.graph(stage.profile, network.has(EdgeFlag.CLOSED)), worked.serving,
        reach=worked.reach, required=required.to_numpy(dtype=float), most=doubt.streets,
        chances=(1 - existence(worked.serving, doubt).to_numpy(dtype=float), dropout_risk(network, doubt)),
    )  # fmt: skip
    return replace(found, checks=checks)


def _stability(worked: Worked) -> Stability:
    """What random weights make of the ranking; nothing where no draws are asked for."""
    return stability(worked.scored, seed=worked.settings.seed) if worked.settings.draws else Stability()


def _equity(worked: Worked) -> Equity:
    """How evenly access is spread over people aged 60+."""
    return equity(
        worked.reach, worked.demand, worked.serving, worked.city.communities, covered=worked.covered,
        nearest_min=worked.nearest, circle_min=worked.settings.circle_min, placed=worked.homes.status != Positions.FAR,
    )  # fmt: skip


def _typology(worked: Worked) -> Typology:
    """What kinds of communities there are."""
    described = features(
        worked.city.communities, worked.demand, in_service(worked.city.facilities), worked.city.network,
        nearest_min={service: worked.nearest[service] for service in worked.covered.services},
        placed=worked.homes.status != Positions.FAR,
    )  # fmt: skip
    return typology(worked.city.communities, described, seed=worked.settings.seed)
