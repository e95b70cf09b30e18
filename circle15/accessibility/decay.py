"""How the worth of a facility falls with the walk to it: weights by minutes, vectorised, each with its source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circle15.errors import SettingError
from circle15.refusals import refusal

__all__ = ["gaussian_weight", "zone_weight"]

_EDGE = np.exp(-0.5)


def gaussian_weight(minutes: ArrayLike, reach_min: float) -> NDArray[np.float64]:
    """Dai's Gaussian distance decay: 1 at the door, falling ever faster to 0 at the edge of the catchment.

    ``G(d) = (exp(-(d/T)^2 / 2) - exp(-1/2)) / (1 - exp(-1/2))`` for d <= T, else 0. Truncated at T, unlike the R
    package fca. NaN (no way) weighs 0.

    Parameters
    ----------
    minutes
        Walking times d, any shape, zero or more.
    reach_min
        T, in the same unit.

    Returns
    -------
    numpy.ndarray
        Weights between 0 and 1, shape of ``minutes``.

    Raises
    ------
    SettingError
        If the reach is not above 0, or a time is negative.

    References
    ----------
    Dai, D. (2010), Health & Place 16(5), 1038-1052; the formula is given from memory and to be verified.

    Examples
    --------
    >>> gaussian_weight([0, 7.5, 15, 16], 15).round(6).tolist()  # half way: (exp(-1/8) - exp(-1/2)) / (1 - exp(-1/2))
    [1.0, 0.701367, 0.0, 0.0]
    """
    if not (np.isfinite(reach_min) and reach_min > 0):
        raise refusal("reach_minutes", error=SettingError, value=reach_min)
    time = np.asarray(minutes, dtype=float)
    if (time < 0).any():
        raise refusal("walking_time", error=SettingError, value=time[time < 0].flat[0])
    inside = time <= reach_min
    return np.where(inside, (np.exp(-0.5 * np.where(inside, time / reach_min, 0) ** 2) - _EDGE) / (1 - _EDGE), 0.0)


def zone_weight(
    minutes: ArrayLike, *, borders_min: Sequence[float] = (10, 20, 30), weights: Sequence[float] = (1.0, 0.68, 0.22)
) -> NDArray[np.float64]:
    """Stepwise decay of the enhanced two-step floating catchment area method (E2SFCA): one weight for each zone.

    A time on a border belongs to the nearer zone; beyond the last border, and NaN (no way), weigh 0. The zones were
    made for driving; those who walk in 15 minutes rescale them to ``(5, 10, 15)`` and have to say so.

    Raises
    ------
    SettingError
        If borders do not rise above 0 or there is not one weight for each.

    References
    ----------
    Luo, W. and Qi, Y. (2009), Health & Place 15(4), 1100-1107; the weights are the defaults of PySAL ``access``.

    Examples
    --------
    >>> zone_weight([10, 10.5, 30, 31]).tolist()
    [1.0, 0.68, 0.22, 0.0]
    """
    border = np.asarray(borders_min, dtype=float)
    if len(border) != len(weights) or not len(border) or (np.diff(border, prepend=0.0) <= 0).any():
        raise refusal("decay_zones", error=SettingError, zones=tuple(borders_min), weights=tuple(weights))
    return np.append(np.asarray(weights, dtype=float), 0.0)[np.searchsorted(border, np.asarray(minutes, dtype=float))]
