"""What distance, slope and waiting do to a walk: scalar formulas, vectorised, each with its source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from circle15.errors import SettingError

__all__ = ["gaussian_weight", "signal_delay_s", "tobler_kmh", "tobler_multiplier", "zone_weight"]

_STEEPNESS, _EASIEST = 3.5, 0.05
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
        raise SettingError(f"reach of {reach_min} min is not usable: give minutes above 0, such as 15")
    time = np.asarray(minutes, dtype=float)
    if (time < 0).any():
        raise SettingError(f"a walking time of {time[time < 0].flat[0]:g} min is not usable: times are zero or more")
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
        raise SettingError(
            f"zones {tuple(borders_min)} and weights {tuple(weights)}: give rising minutes, one weight each"
        )
    return np.append(np.asarray(weights, dtype=float), 0.0)[np.searchsorted(border, np.asarray(minutes, dtype=float))]


def tobler_kmh(slope: ArrayLike) -> NDArray[np.float64]:
    """Tobler's hiking function, ``6 exp(-3.5 |s + 0.05|)``: km/h on a slope of rise over run, fastest at 5 % down.

    References
    ----------
    Tobler, W. (1993), Three presentations on geographical analysis and modeling, NCGIA Technical Report 93-1.

    Examples
    --------
    >>> tobler_kmh([-0.05, 0]).round(6).tolist()  # on the flat 6 exp(-0.175)
    [6.0, 5.036742]
    """
    return 6.0 * np.exp(-_STEEPNESS * np.abs(np.asarray(slope, dtype=float) + _EASIEST))


def tobler_multiplier(slope: ArrayLike, *, downhill: bool = True) -> NDArray[np.float64]:
    """What a slope makes of a walker's own speed: Tobler's function over its value on the flat.

    Tobler's km/h would override the speed of the profile; the multiplier keeps it.

    Parameters
    ----------
    slope
        Rise over run in walking direction.
    downhill
        False: nobody speeds up downhill, at most 1 (elders; a choice of this project).

    Examples
    --------
    >>> tobler_multiplier([0.05, -0.05]).round(6).tolist()  # exp(-0.175), exp(0.175)
    [0.839457, 1.191246]
    """
    share = tobler_kmh(slope) / tobler_kmh(0.0)
    return share if downhill else np.minimum(share, 1.0)


def signal_delay_s(cycle_s: float, green_s: float) -> float:
    """Mean wait at a signalled crossing, 0.5 (C - g)^2 / C seconds, for walkers who arrive at any moment alike.

    Parameters
    ----------
    cycle_s, green_s
        Length C of the signal's cycle and of its green g for walkers.

    Raises
    ------
    SettingError
        If the cycle is not above 0 or the green is no part of it.

    References
    ----------
    Highway Capacity Manual, uniform delay of pedestrians; the formula is given from memory and to be verified.

    Examples
    --------
    >>> signal_delay_s(90, 30)  # two in three arrive at red and wait 30 s on average
    20.0
    """
    if not (np.isfinite(cycle_s) and cycle_s > 0 and 0 <= green_s <= cycle_s):
        raise SettingError(f"signal: green {green_s} s of a cycle of {cycle_s} s is not usable; such as 30 of 90")
    return 0.5 * (cycle_s - green_s) ** 2 / cycle_s
