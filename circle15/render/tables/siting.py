"""A plan as files: the scenario that ``circle15 scenario`` replays, its facilities as a table, and the frontier."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from circle15.model import City
from circle15.model.plans import Plan
from circle15.render.tables.actions import told_actions
from circle15.render.tables.columns import rounded
from circle15.render.tables.files import write_csv

__all__ = ["frontier_csv", "plan_csv", "plan_table"]

_PLAN = (
    "step", "action_kind", "action_zh", "action_en", "gain", "added", "plan_only", "gain_communities", "cost",
    "currency", "target_id", "target_name", "street", "community_id", "lon", "lat", "profile", "cutoff_min",
    "synthetic",
)  # fmt: skip


def plan_table(plan: Plan, city: City) -> pd.DataFrame:
    """One row a facility of the plan, in the order of building; plain columns as in ``columns.toml``."""
    table = told_actions(plan.actions, city, city.settings.profile)
    if not len(table):
        return pd.DataFrame(columns=list(_PLAN))
    return rounded(table.assign(plan_only=plan.only.to_numpy())[list(_PLAN)])


def plan_csv(plan: Plan, city: City, path: str | Path) -> Path:
    """Write the facilities of a plan; exact numbers, for a planner's own work.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(plan_table(plan, city), path)


def frontier_csv(frontier: pd.DataFrame, path: str | Path) -> Path:
    """Write how many people each number of facilities serves, and at most could; exact numbers.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    return write_csv(rounded(frontier.reset_index().add_prefix("plan_")), path)
