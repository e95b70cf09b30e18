"""Coordinates with few decimals: to what they were rounded, in metres, and whether that is no accident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import Decimals, finding, precision
from circle15.model.metric import METRES_PER_DEGREE
from circle15.model.places import ROUNDED
from circle15.sources.reading import ROW, Tally

__all__ = ["Steps", "layer_steps", "rounded_steps", "tell_rounded", "with_steps"]

_TENFOLD = 10.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Steps:
    """To what each position was rounded: ``step`` ``float64[n, 2]`` in the unit of the coordinates, x first.

    0 where it is precise. ``degrees`` tells the unit, ``lat`` ``float64[n]`` where the rows are.
    """

    step: NDArray[np.float64]
    degrees: bool
    lat: NDArray[np.float64]

    @property
    def metres(self) -> NDArray[np.float64]:
        """``float64[n, 2]``: the steps in metres, east and north."""
        if not self.degrees:
            return self.step
        return self.step * METRES_PER_DEGREE * np.column_stack([np.cos(np.radians(self.lat)), np.ones(len(self.lat))])


def rounded_steps(
    x: NDArray[np.float64], y: NDArray[np.float64], *, degrees: bool, minutes: NDArray[np.float64] | None = None
) -> Steps:
    """To what the positions of a list were rounded.

    Few decimals are no rounding where chance makes them: ``precision.toml`` has the rule. It is asked of both numbers
    of a position together, and of each for itself where they are not both rounded.

    Parameters
    ----------
    x, y
        As they are written, NaN where there is no number.
    degrees
        Whether they are degrees; else metres.
    minutes
        ``float64[n]``: steps in degrees of positions that are written in minutes or seconds, NaN of all others.

    Returns
    -------
    Steps
        Of each row.

    Examples
    --------
    >>> rounded_steps(np.array([120.62, 120.63]), np.array([31.31, 31.3]), degrees=True).step.tolist()
    [[0.01, 0.01], [0.01, 0.01]]
    """
    rule = precision().degrees if degrees else precision().metres
    step = np.zeros((len(x), 2))
    written = np.full(len(x), np.nan) if minutes is None else minutes
    plain = np.isfinite(x) & np.isfinite(y) & np.isnan(written)
    if plain.any():
        axes = np.column_stack([_decimals(axis[plain], rule) for axis in (x, y)])
        level = np.repeat(_meant(axes.max(axis=1), rule, chance=_TENFOLD**-2)[:, np.newaxis], 2, axis=1)
        fine = level[:, 0] >= rule.usual
        for place in range(2):
            level[fine, place] = _meant(axes[fine, place], rule, chance=_TENFOLD**-1)
        step[plain] = np.where(level < rule.usual, _TENFOLD**-level, 0.0)
    coarse = np.nan_to_num(written) >= _TENFOLD ** (1 - rule.usual)
    step[coarse] = written[coarse, np.newaxis]
    return Steps(step=step, degrees=degrees, lat=np.nan_to_num(y))


def layer_steps(points: gpd.GeoSeries) -> Steps:
    """As :func:`rounded_steps`, of a layer's points in its own reference system; whatever is no point is precise."""
    shapes = points.to_numpy()
    return rounded_steps(shapely.get_x(shapes), shapely.get_y(shapes), degrees=points.crs.is_geographic)


def _decimals(values: NDArray[np.float64], rule: Decimals) -> NDArray[np.int64]:
    """With how many decimals each number can be written, as far as the rule looks."""
    least = np.full(len(values), rule.finest)
    tolerance = 0.5 * _TENFOLD**-rule.finest
    for places in range(rule.finest - 1, rule.coarsest - 1, -1):
        unit = _TENFOLD**-places
        fits = np.abs(values - np.rint(values / unit) * unit) < tolerance
        least[fits & (least == places + 1)] = places
    return least


def _meant(least: NDArray[np.int64], rule: Decimals, *, chance: float) -> NDArray[np.float64]:
    """To how many decimals each row was rounded: fewer only where chance does not give so many rows of fewer.

    From fine to coarse: of the rows that have at most so many decimals, chance gives ``chance`` to the power of the
    difference one with so many fewer. Rows that are rounded and all have fewer still are rounded to those.
    """
    start = max(int(least.max(initial=rule.usual)), rule.usual)
    level, among, at = np.full(len(least), float(start)), np.ones(len(least), dtype=bool), start
    for places in range(start - 1, rule.coarsest - 1, -1):
        fewer = among & (least <= places)
        count = int(fewer.sum())
        known = at < start and count == int(among.sum())
        if count and (known or _tail(count, int(among.sum()), chance ** (at - places)) < precision().chance):
            level[fewer], among, at = places, fewer, places
    return level


def _tail(count: int, of: int, chance: float) -> float:
    """Probability of at least ``count`` out of ``of`` by chance: the binomial's upper tail."""
    from scipy.special import bdtrc

    return float(bdtrc(count - 1, of, chance))


def with_steps(frame: pd.DataFrame, steps: Steps) -> pd.DataFrame:
    """The rows with their steps in metres (:data:`~circle15.model.places.ROUNDED`), if one of them was rounded.

    Steps that the list itself gives stay where they are larger.
    """
    metres, made = steps.metres, {}
    for place, column in enumerate(ROUNDED):
        stated = pd.to_numeric(frame[column], errors="coerce") if column in frame else pd.Series(np.nan, frame.index)
        known = stated.where(np.isfinite(stated) & (stated > 0), 0.0).to_numpy(dtype=float)
        made[column] = np.fmax(known, metres[:, place])
    if not any((column > 0).any() for column in made.values()):
        return frame.drop(columns=[column for column in ROUNDED if column in frame])
    return frame.assign(**made)


def tell_rounded(frame: pd.DataFrame, steps: Steps, tally: Tally, *, code: str) -> None:
    """One finding on the rows whose coordinates were rounded, with steps, metres and the numbers of rows.

    Parameters
    ----------
    frame
        The rows, with :data:`~circle15.sources.reading.ROW`, ``lon`` and ``lat``.
    steps
        From :func:`rounded_steps`, of these rows.
    tally
        Takes the finding.
    code
        ``facility-rounded`` or ``community-rounded``.
    """
    metres = steps.metres.max(axis=1)
    rounded = metres > 0
    if not rounded.any():
        return
    half = float(metres.max()) / 2
    rows = frame.loc[rounded, ROW]
    first = frame[rounded].iloc[0]
    words = _told_steps(steps.step[rounded].max(axis=1), degrees=steps.degrees)
    tally.findings.append(
        finding(
            code, "warning" if half >= precision().warn_m else "note", count=int(rounded.sum()), total=len(frame),
            file=tally.file, row=int(first[ROW]), column="lon, lat", value=f"{first['lon']}, {first['lat']}",
            steps=words, metres=f"{half:,.0f}", examples=[f"row {row}" for row in rows],
        )
    )  # fmt: skip


def _told_steps(step: Sequence[float] | NDArray[np.float64], *, degrees: bool) -> tuple[str, str]:
    """Steps with the number of their rows, the coarsest first, in Chinese and English."""
    zh, en = [], []
    sizes, counts = np.unique(np.asarray(step, dtype=float), return_counts=True)
    for number, count in zip(sizes[::-1].tolist(), counts[::-1].tolist(), strict=True):
        if not degrees:
            words = f"{number:,.0f}米", f"{number:,.0f} m"
        elif (places := round(-np.log10(number), 6)).is_integer():
            words = f"小数点后{places:.0f}位", f"{places:.0f} decimals" if places != 1 else "1 decimal"
        else:
            words = f"{number * 60:.3g}′", f"{number * 60:.3g}′"
        zh.append(f"{words[0]} {count:,}行")
        en.append(f"{words[1]}: {count:,} rows")
    return "、".join(zh), ", ".join(en)
