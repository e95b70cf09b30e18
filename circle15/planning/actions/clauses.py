"""What each action does to clauses: the verdicts that it turns from fail to pass."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from circle15.model.actions import Actions
from circle15.model.changes import Change
from circle15.model.norms import Ledger
from circle15.model.results import City, Settings
from circle15.model.scenario import Scenario
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.norms.ground import Ground
from circle15.norms.ledger import judge
from circle15.planning.scenario import apply

__all__ = ["with_clauses"]

_UNIT = ["clause_id", "level", "unit_id"]


def with_clauses(actions: Actions, city: City, ledger: Ledger, ground: Ground, *, settings: Settings) -> Actions:
    """The actions with the verdicts that each turns from fail to pass when it alone is made.

    Parameters
    ----------
    actions
        From :func:`circle15.planning.actions.ranked_actions`.
    city
        As it is.
    ledger, ground
        What was judged of it, and on what.
    settings
        Of the analysis.

    Returns
    -------
    Actions
        ``turned`` on ``action_id``, ``clause_id``, ``level`` and ``unit_id``, of clauses that speak of a service that
        somebody newly reaches. Shares of units that comply with other clauses are not judged again.
    """
    if not len(actions) or not len(ledger.frame):
        return actions
    failed = _with(ledger, "fail")
    clauses = set(failed["clause_id"])
    rules = [rule for rule in ledger.rules if rule.measure != "compliance_rate" and rule.clause_id in clauses]
    parts = []
    for key, services in actions.frame["services"].items():
        asked = [rule for rule in rules if set(rule.services) & set(services)]
        changed = _changed(ground, city, actions.changes[str(key)], settings)
        passed = _with(judge(changed, asked), "pass") if asked else failed.head(0)
        parts.append(passed.merge(failed).assign(action_id=key))
    turned = pd.concat(parts, ignore_index=True)
    return replace(actions, turned=turned[["action_id", *_UNIT]])


def _with(ledger: Ledger, verdict: str) -> pd.DataFrame:
    """Clauses and units of one verdict."""
    frame = ledger.frame
    return frame[frame["verdict"] == verdict].reset_index()[_UNIT]


def _changed(ground: Ground, city: City, changes: tuple[Change, ...], settings: Settings) -> Ground:
    """The ground as a change makes it; people stay where they live."""
    changed = apply(city, Scenario(name="-", changes=changes))
    serving = changed.facilities.in_service()
    sites = place_facilities(changed.network, serving, max_snap_m=settings.max_snap_m, barriers=city.barriers)
    if changed.network is city.network and changed.communities is city.communities:
        return ground.served_by(sites)
    graph, points = walk_graph(changed.network, ground.graph.profile), ground.demand.points
    demand = place_demand(changed.network, points, max_snap_m=settings.max_snap_m, barriers=city.barriers)
    return Ground.of(
        changed.communities, sites, demand, graph=graph, residential=ground.residential, checklists=ground.checklists
    )
