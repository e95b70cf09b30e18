"""Charts of a report: ranked gaps with their intervals, coverage by minutes, Lorenz curves."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog import services
from circle15.catalog.palette import steps
from circle15.model import Analysis
from circle15.model.limits import FEWEST
from circle15.render.published.told import Published
from circle15.render.report.blocks import clean, say
from circle15.render.report.ink import class_of, tint
from circle15.render.tables.frames import synthetic_layers

__all__ = ["MOST_BARS", "coverage_curve", "gap_bars", "lorenz_curve"]

INDEX_ENDS = (5.0, 15.0, 30.0, 50.0, 70.0)
MOST_BARS = 20
_NAME_EM = 14
_STEPS = np.linspace(0, 1, 51)
"""Where a Lorenz curve is drawn: too coarse for any single home to be read off."""


def gap_bars(analysis: Analysis, published: Published) -> Any | None:
    """Communities by gap index, largest first, with the interval over random draws where there is one."""
    from matplotlib.figure import Figure

    ranked = published.ranking
    ranked = ranked[ranked["index"].notna()].sort_values("rank", kind="stable").head(MOST_BARS)
    if ranked.empty:
        return None
    index = ranked["index"].round().to_numpy()
    figure = Figure(figsize=(6.4, 0.9 + 0.21 * len(ranked)), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(ranked))[::-1]
    axes.barh(place, index, height=0.72, color=[steps("ramp")[class_of(value, INDEX_ENDS)] for value in index],
              edgecolor=tint("quiet"), linewidth=0.4)  # fmt: skip
    draws = _interval(published, ranked.index)
    if draws is not None:
        low, high = draws
        axes.hlines(place, low, high, color=tint("ink"), linewidth=1.1)
        axes.plot(low, place, "|", high, place, "|", color=tint("ink"), markersize=4)
    ends = index if draws is None else np.fmax(index, draws[1])
    for at, value, end in zip(place, index, ends, strict=True):
        axes.text(end + 1.2, at, f"{value:.0f}", va="center", fontsize=7.5, color=tint("ink"))
    axes.set_yticks(place, [_short(clean(name)) for name in ranked["name"]], fontsize=8)
    axes.tick_params(axis="y", length=0, labelcolor=tint("ink"))
    axes.set_xlim(0, 106)
    axes.set_ylim(-0.7, len(ranked) - 0.3)
    axes.set_xlabel(_beside("axis_index"))
    axes.xaxis.grid(visible=True, color=tint("rule"), linewidth=0.4)
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    _made(figure, analysis)
    return figure


def _made(figure: Any, analysis: Analysis) -> None:
    """A line below a chart on what is synthetic, so that it says so wherever the picture goes."""
    layers = synthetic_layers(analysis.city)
    if layers:
        named = [say(f"layer_{layer}") for layer in layers]
        words = say(
            "made_layers", layers=("、".join(layer.zh for layer in named), ", ".join(layer.en for layer in named))
        )
        figure.supxlabel(f"{words.zh}  {words.en}", x=0.01, ha="left", fontsize=6, color=tint("quiet"))


def _short(name: str) -> str:
    """A name that leaves room for the bars beside it.

    Examples
    --------
    >>> _short("平江路社区"), _short("a" * 40)
    ('平江路社区', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa…')
    """
    width = 0.0
    for place, letter in enumerate(name):
        width += 1 if ord(letter) > 0x2E7F else 0.5
        if width > _NAME_EM:
            return name[:place].rstrip() + "…"
    return name


def _interval(published: Published, ids: pd.Index) -> tuple[np.ndarray, np.ndarray] | None:
    drawn = published.intervals
    if not len(drawn):
        return None
    drawn = drawn.reindex(ids)
    return drawn["index_low"].round().to_numpy(dtype=float), drawn["index_high"].round().to_numpy(dtype=float)


def coverage_curve(analysis: Analysis, published: Published) -> Any | None:
    """Share of people aged 60+ within so many minutes, one line a service; no finer than ten people."""
    curve = analysis.equity.curve
    if not len(curve):
        return None
    figure, axes = _frame()
    circle = analysis.settings.circle_min
    step = FEWEST / max(published.elders, FEWEST)
    for key, look in _looks(analysis, curve).items():
        line = curve.xs(key, level="service")["share"].sort_index()
        share = np.clip(np.round(line.to_numpy(dtype=float) / step) * step, 0, 1)
        _line(axes, line.index.to_numpy(dtype=float), share * 100, look)
    for cutoff in analysis.settings.cutoffs_min:
        axes.axvline(cutoff, color=tint("quiet"), linewidth=0.9 if cutoff == circle else 0.5, linestyle=(0, (4, 3)))
    axes.set_xlabel(_beside("axis_minutes"))
    axes.set_ylabel(_beside("axis_reached", "\n"))
    axes.set_ylim(0, 102)
    axes.set_xlim(left=0)
    _legend(axes)
    _made(figure, analysis)
    return figure


def lorenz_curve(analysis: Analysis) -> Any | None:
    """How access is spread over people, one line a service, with the line of equality."""
    lorenz = analysis.equity.lorenz
    if not len(lorenz):
        return None
    figure, axes = _frame(square=True)
    axes.plot([0, 100], [0, 100], color=tint("quiet"), linewidth=0.8, linestyle=(0, (4, 3)))
    for key, look in _looks(analysis, lorenz).items():
        line = lorenz.xs(key, level="service").sort_index()
        access = np.interp(_STEPS, line["people"].to_numpy(dtype=float), line["access"].to_numpy(dtype=float))
        _line(axes, _STEPS * 100, access * 100, look)
    axes.set_xlabel(_beside("axis_people", "\n"))
    axes.set_ylabel(_beside("axis_access"))
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_aspect("equal")
    _legend(axes)
    _made(figure, analysis)
    return figure


_DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.4)), (0, (6, 2, 1.5, 2)), (0, (9, 2)), (0, (1, 1)))


def _frame(*, square: bool = False) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.4 if square else 3.5), layout="constrained")
    axes = figure.subplots()
    axes.grid(visible=True, color=tint("rule"), linewidth=0.4)
    axes.set_axisbelow(True)
    return figure, axes


def _looks(analysis: Analysis, frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Services of a frame, each with its own colour and dash, so that neither is needed alone."""
    known, present = services(analysis.city.pack_services), frame.index.unique("service")
    return {
        key: {"color": service.tone, "linestyle": dash, "label": f"{service.title_zh} {service.title_en}"}
        for (key, service), dash in zip(known.items(), cycle(_DASHES), strict=False)
        if key in present
    }


def _line(axes: Any, x: np.ndarray, y: np.ndarray, look: Mapping[str, Any]) -> None:
    axes.plot(x, y, linewidth=1.6, **look)


def _beside(key: str, gap: str = "  ") -> str:
    """What an axis shows, in both languages."""
    words = say(key)
    return f"{words.zh}{gap}{words.en}"


def _legend(axes: Any) -> None:
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=7.5, handlelength=2.8)
