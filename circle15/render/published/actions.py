"""What would help most, with the numbers of people that may be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from circle15.model import Actions, Analysis, Needs
from circle15.render.published.clauses import without_people
from circle15.render.published.gaps import public_cells, public_left, public_sums
from circle15.render.published.privacy import drawn, parts_of, public_tens, public_total

__all__ = ["public_actions"]


def public_actions(analysis: Analysis) -> Actions:
    """The actions of an analysis with published figures: tens, sums of what is told of communities.

    Order, steps and places are as they were; one to nine people stand as five. What a step adds is told in tenths of
    what it serves alone. Whom seats serve is told of the bundles of ten that they were counted of. Verdicts that turn
    are those of clauses that do not speak of people.
    """
    found = analysis.actions
    if not len(found.needs):
        return found
    cells = public_cells(analysis)
    told = replace(found, needs=_needs(analysis, cells))
    if not len(found):
        return told
    shown = _gains(found, cells)
    sums = shown.groupby(level="action_id").sum().reindex(found.frame.index)
    gain = drawn(public_tens(np.asarray(sums, dtype=np.float64)))
    exact = found.frame[["gain", "added"]].to_numpy(dtype=np.float64)
    # Tens of the exact people that a step adds would tell more of few of them than what is told of each community.
    tenths = np.rint(10 * exact[:, 1] / np.maximum(exact[:, 0], 1e-9)) / 10
    added = np.minimum(drawn(public_tens(gain * tenths)), gain)
    turned = found.turned
    if turned is not None:
        turned = turned[turned["clause_id"].isin(without_people(analysis.ledger.rules))]
    return replace(told, frame=found.frame.assign(gain=gain, added=added), gains=shown, turned=turned)


def _gains(found: Actions, cells: pd.DataFrame) -> pd.Series:
    """Whom each action serves, by community and service, as it may be told."""
    seats = found.frame.index[found.frame["kind"] == "seats"]
    reached = found.gains[~found.gains.index.get_level_values("action_id").isin(seats)]
    parts = drawn(public_left(cells, reached.droplevel("action_id")).to_numpy())
    told = pd.Series(np.where(reached > 0, parts, 0.0), index=reached.index, name=found.gains.name)
    if not len(seats):
        return told
    seated = found.seated.to_numpy(dtype=np.float64)
    both = pd.concat([told, pd.Series(drawn(public_tens(seated)), index=found.seated.index, name=told.name)])
    first = pd.Series(np.arange(len(found.frame)), index=found.frame.index)
    return both.iloc[np.argsort(first[both.index.get_level_values("action_id")].to_numpy(), kind="stable")]


def _needs(analysis: Analysis, cells: pd.DataFrame) -> Needs:
    needs = analysis.actions.needs
    whole = public_total(needs.frame["elders"].to_numpy(dtype=np.float64))
    lack = {
        column: drawn(parts_of(whole, needs.frame[column].to_numpy(dtype=np.float64)))
        for column in needs.frame
        if column != "elders"
    }
    frame = pd.DataFrame({"elders": drawn(whole), **lack}, index=needs.frame.index)
    by_service = needs.by_service
    if len(by_service):
        everywhere = pd.Series("", index=analysis.city.communities.frame.index)
        by_service = public_sums(analysis, cells, everywhere)["uncovered"].droplevel(0).reindex(by_service.index)
    return Needs(frame=frame, by_service=by_service)
