"""Schemes side by side as bars: people aged 60+ who lack each service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from circle15.catalog import services
from circle15.catalog.palette import steps
from circle15.model.limits import FEWEST
from circle15.model.runs import Schemes
from circle15.render.report.blocks import clean
from circle15.render.report.ink import tint
from circle15.render.words import both

__all__ = ["scheme_bars"]

_HATCHES = ("", "///", "...", "xx", "\\\\\\", "oo")
"""Neither colour nor pattern is needed alone."""


def scheme_bars(schemes: Schemes, titles: Mapping[str, tuple[str, str]]) -> Any | None:
    """Bars of every scheme for each service, the base first, to the nearest ten people; None without any service.

    Parameters
    ----------
    schemes
        From :func:`circle15.study.comparing.compare_schemes`.
    titles
        What services of packs are called, Chinese and English.
    """
    from matplotlib.figure import Figure

    wide = schemes.frame["uncovered"].unstack("scheme").reindex(columns=list(schemes.schemes.index))
    if wide.empty:
        return None
    known = {key: (service.title_zh, service.title_en) for key, service in services().items()} | dict(titles)
    order = [key for key in known if key in wide.index] + [key for key in wide.index if key not in known]
    figure = Figure(figsize=(6.4, 0.8 + 0.22 * wide.size), layout="constrained")
    axes = figure.subplots()
    height, place = 0.8 / len(wide.columns), np.arange(len(order))[::-1]
    tones = steps("ramp")
    for number, name in enumerate(wide.columns):
        known_people = wide.loc[order, name].to_numpy(dtype=float)
        people = np.round(known_people, -1)
        at = place + 0.4 - height * (number + 0.5)
        axes.barh(at, people, height=height * 0.9, color=tones[(2 * number) % len(tones)], edgecolor=tint("ink"),
                  linewidth=0.4, hatch=_HATCHES[number % len(_HATCHES)], label=clean(name))  # fmt: skip
        for spot, value, exact in zip(at, people, known_people, strict=True):
            words = f"<{FEWEST}" if 0 < round(exact) < FEWEST else f"{value:,.0f}"
            axes.text(value, spot, f" {words}", va="center", fontsize=7, color=tint("ink"))
    axes.set_yticks(place, [" ".join(known.get(key, (key, ""))) for key in order], fontsize=8)
    axes.set_xlabel(str(both("schemes_axis")))
    axes.margins(x=0.12)
    axes.xaxis.grid(visible=True, color=tint("rule"), linewidth=0.4)
    axes.set_axisbelow(True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=7.5)
    return figure
