"""The changes that would help most, over all kinds, each found by trying all that there are."""

from __future__ import annotations

from circle15.planning.actions.certainty import GainsDrawn
from circle15.planning.actions.clauses import with_clauses
from circle15.planning.actions.ranked import ranked_actions
from circle15.planning.actions.seats import Seating

__all__ = ["GainsDrawn", "Seating", "ranked_actions", "with_clauses"]
