"""The changes that would help most, over all kinds, each found by trying all that there are."""

from __future__ import annotations

from circle15.planning.actions.certainty import action_certainty
from circle15.planning.actions.clauses import with_clauses
from circle15.planning.actions.ranked import ranked_actions

__all__ = ["action_certainty", "ranked_actions", "with_clauses"]
