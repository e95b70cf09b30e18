"""Places that are closed all week by their hours are not in use."""

from __future__ import annotations

import pandas as pd

from circle15.catalog import state_key, states
from circle15.hours.opening import understand

__all__ = ["state_by_hours"]


def state_by_hours(state: pd.Series, hours: pd.Series) -> pd.Series:
    """States, with those of places that are in use by their words and closed all week by their hours.

    Parameters
    ----------
    state
        Keys of ``life_cycle.toml``, or ``""``.
    hours
        Texts as :func:`~circle15.hours.opening.understand` takes them.

    Examples
    --------
    >>> state_by_hours(pd.Series(["", "in_use"]), pd.Series(["Mo-Su off", "Mo-Fr 08:00-17:00"])).tolist()
    ['closed', 'in_use']
    """
    shut = {text: state_key(text) for text in hours.unique() if (week := understand(text)) and week.always_closed}
    of_hours = hours.map({text: key if key and not states()[key].serves else "closed" for text, key in shut.items()})
    return state.mask(state.isin(("", "in_use")) & of_hours.notna(), of_hours)
