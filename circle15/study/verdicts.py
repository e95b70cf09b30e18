"""What verdicts rest on, stage after stage: walks, clauses, what is missing, how sure, for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from circle15.catalog import uncertainty
from circle15.catalog.norm_books import norm_book
from circle15.draws import Stage, dropout_risk
from circle15.field_checks import field_checks
from circle15.model.norms import Ledger, Rule
from circle15.model.places import DemandPoints, Facilities
from circle15.model.results import City, Coverage, Gaps, ReachTable, Settings
from circle15.model.streets import EdgeFlag
from circle15.model.verdicts import Robustness, Stability
from circle15.model.walk_network import Positions
from circle15.norm_measures import Ground
from circle15.norms import judge
from circle15.reach import WalkGraph
from circle15.robustness import existence, robustness
from circle15.stability import stability

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
    found["robustness"] = _robustness(worked)
    found["stability"] = _stability(worked)
    begin("equity")
    return found


def _ledger(worked: Worked) -> Ledger:
    """Every clause of the books in question, judged."""
    ground = Ground.of(
        worked.city.communities, worked.serving, worked.demand,
        graph=worked.graph, homes=worked.homes, sites=worked.sites,
    )  # fmt: skip
    return judge(ground, _rules(worked))


def _rules(worked: Worked) -> list[Rule]:
    """The clauses of the books in question."""
    books = worked.city.books or tuple(norm_book(key) for key in worked.settings.norms)
    return [rule for book in books for rule in book.rules]


def _robustness(worked: Worked) -> Robustness:
    """What random draws make of the verdicts, and what to look at in the field."""
    settings, communities = worked.settings, worked.city.communities
    stage = Stage.of(
        worked.graph, worked.demand, worked.serving, homes=worked.homes, sites=worked.sites,
        services=worked.covered.services, cutoff_min=settings.circle_min, max_snap_m=settings.max_snap_m,
    )  # fmt: skip
    rules = _rules(worked)
    found = robustness(stage, worked.serving, communities, scored=worked.scored, settings=settings, rules=rules)
    if not len(found):
        return found
    doubt, network = uncertainty(), worked.city.network
    required = found.frame["required"].unstack("service").reindex(index=stage.communities, columns=stage.services)
    checks = field_checks(
        stage, stage.graph(stage.profile, network.has(EdgeFlag.CLOSED)), worked.serving, communities,
        reach=worked.reach, required=required.to_numpy(dtype=float), most=doubt.streets,
        chances=(1 - existence(worked.serving, doubt).to_numpy(dtype=float), dropout_risk(network, doubt)),
    )  # fmt: skip
    return replace(found, checks=checks)


def _stability(worked: Worked) -> Stability:
    """What random weights make of the ranking; nothing where no draws are asked for."""
    return stability(worked.scored, seed=worked.settings.seed) if worked.settings.draws else Stability()
