"""Maps of a report: the index, services, robust gaps, causes, what would help; each with scale, north and terms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog import services, way_classes
from circle15.catalog.palette import colours, steps
from circle15.model import Analysis, City
from circle15.render.published.privacy import drawn
from circle15.render.published.told import Published
from circle15.render.report.blocks import clean, say
from circle15.render.report.charts import INDEX_ENDS
from circle15.render.report.ink import class_of, tint
from circle15.render.tables.frames import synthetic_layers

__all__ = ["action_map", "cause_map", "credits_of", "index_map", "robust_map", "service_maps"]

_SHARE_ENDS = (0.95, 0.8, 0.6, 0.4, 0.2)
CAUSES = ("gate", "link", "paths", "facility", "mixed")
_WIDE = 6.5
_MOST_NAMES = 60
_AROUND = ((7, 7), (-12, 7), (7, -12), (-12, -12), (14, -2), (-20, -2), (0, 16), (0, -20))
"""Where a number may stand, in points from the middle of its thing: the first that is free."""
_NUMBER_PT = 13.0
"""A number with its ring is so wide."""


def index_map(analysis: Analysis, published: Published) -> Any | None:
    """The gap index of every community, with names where there is room."""
    index = published.ranking["index"].round()
    if not len(index):
        return None
    classes = {key: class_of(value, INDEX_ENDS) for key, value in index.items() if pd.notna(value)}
    figure, axes = _sheet(analysis)
    _ground(axes, analysis.city)
    _areas(axes, analysis, published, {key: steps("ramp")[place] for key, place in classes.items()})
    _streets(axes, analysis.city)
    _names(axes, analysis.city)
    labels = _ranges(INDEX_ENDS, 0, 100)
    _legend(axes, published, [(steps("ramp")[place], label) for place, label in enumerate(labels)], say("legend_index"))
    return _finish(figure, axes, analysis)


def service_maps(analysis: Analysis, published: Published) -> Any | None:
    """A small map per service: covered share of people aged 60+."""
    keys = analysis.coverage.services
    if not keys or not len(published.cells):
        return None
    from matplotlib.figure import Figure

    across = min(3, len(keys))
    down = math.ceil(len(keys) / across)
    wide = _WIDE / across
    tall, foot = (wide - 0.06) * _aspect(analysis.city) + 0.27, 0.95
    whole = down * tall + foot
    figure = Figure(figsize=(_WIDE, whole))
    for place, key in enumerate(keys):
        column, row = place % across, place // across
        low = (whole - (row + 1) * tall + 0.03) / whole
        axes = figure.add_axes((column / across + 0.004, low, 1 / across - 0.008, (tall - 0.27) / whole))
        _frame(axes, analysis.city)
        shares = published.cells.loc[published.cells.index.get_level_values("service") == key, "share"]
        cells = shares.droplevel("service").dropna()
        tones = {
            community: steps("ramp")[class_of(share, _SHARE_ENDS, falling=True)] for community, share in cells.items()
        }
        _ground(axes, analysis.city, plain=True)
        _areas(axes, analysis, published, tones, width=0.3)
        service = services(analysis.city.pack_services)[key]
        axes.set_title(f"{service.title_zh}  {service.title_en}", fontsize=8, color=tint("ink"), pad=3)
        if place == 0:
            _scale(axes, analysis.city)
            _north(axes)
    labels = ["≥95%", "80–95%", "60–80%", "40–60%", "20–40%", "<20%"]
    handles = _patches([(steps("ramp")[place], label) for place, label in enumerate(labels)])
    words = say("legend_share", minutes=f"{analysis.settings.circle_min:g}")
    figure.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.43 / whole), ncols=len(labels),
                  frameon=False, fontsize=7, title=f"{words.zh}  {words.en}", title_fontsize=7.5)  # fmt: skip
    figure.text(
        0.008, 0.06 / whole, credits_of(analysis), fontsize=5.8, color=tint("quiet"), va="bottom", linespacing=1.4
    )
    return figure


def robust_map(analysis: Analysis, published: Published) -> Any | None:
    """In how many services each community has a gap that stands in nine of ten draws."""
    frame = published.intervals
    if not len(frame):
        return None
    counts = frame["robust_gaps"].dropna().astype(int)
    figure, axes = _sheet(analysis)
    _ground(axes, analysis.city)
    tones = {key: steps("ramp")[min(count, 5)] for key, count in counts.items()}
    _areas(axes, analysis, published, tones)
    _streets(axes, analysis.city)
    _names(axes, analysis.city)
    labels = [*(str(count) for count in range(5)), "≥5"]
    _legend(
        axes, published, [(steps("ramp")[place], label) for place, label in enumerate(labels)], say("legend_robust")
    )
    return _finish(figure, axes, analysis)


def cause_map(analysis: Analysis, published: Published, *, most: int = 10) -> Any | None:
    """What each community lacks for most people, and the links that would serve most, numbered."""
    frame, links = analysis.attribution.frame, analysis.attribution.links
    if not len(frame):
        return None
    lost = pd.Series(drawn(published.left["uncovered"].to_numpy()), index=frame.index)
    people = lost.groupby([frame.index.get_level_values("community_id"), frame["cause"]]).sum().unstack()
    lead: Any = people.reindex(columns=[*CAUSES]).idxmax(axis=1)
    figure, axes = _sheet(analysis)
    _ground(axes, analysis.city)
    _areas(axes, analysis, published, {key: colours("cause")[cause] for key, cause in lead.items()}, alpha=0.45)
    _streets(axes, analysis.city)
    _numbers(axes, links.geometry.head(most))
    shown = [cause for cause in CAUSES if cause in set(lead)]
    entries = [(colours("cause")[cause], str(say(f"cause_{cause}"))) for cause in shown]
    _legend(axes, published, entries, say("legend_cause"), alpha=0.45)
    return _finish(figure, axes, analysis)


def action_map(analysis: Analysis, published: Published) -> Any | None:
    """The changes that would help most, numbered, over the share of people aged 60+ who lack a service."""
    actions = analysis.actions
    if not len(actions):
        return None
    needs = actions.needs.frame
    lack = (needs["lack_1"] / needs["elders"].where(needs["elders"] > 0)).dropna()
    figure, axes = _sheet(analysis)
    _ground(axes, analysis.city)
    tones = {key: steps("ramp")[class_of(1 - share, _SHARE_ENDS, falling=True)] for key, share in lack.items()}
    _areas(axes, analysis, published, tones, alpha=0.6)
    _streets(axes, analysis.city)
    _numbers(axes, actions.frame.geometry)
    labels = ["≤5%", "5–20%", "20–40%", "40–60%", "60–80%", ">80%"]
    entries = [(steps("ramp")[place], label) for place, label in enumerate(labels)]
    _legend(axes, published, entries, say("legend_lacking"), alpha=0.6)
    return _finish(figure, axes, analysis)


def _numbers(axes: Any, shapes: gpd.GeoSeries) -> None:
    """Points and lines with numbers from 1, none over another where there is room."""
    point = axes.figure.dpi / 72
    taken = np.empty((0, 2))
    for rank, shape in enumerate(shapes, start=1):
        xy = shapely.get_coordinates(shape)
        ends = {"marker": "o", "markersize": 3.2} if len(xy) == 1 else {}
        axes.plot(*xy.T, color="#ffffff", linewidth=4.2, solid_capstyle="round", zorder=6)
        axes.plot(*xy.T, color=tint("ink"), linewidth=2.2, solid_capstyle="round", zorder=7, **ends)
        middle = xy[0] if len(xy) == 1 else shapely.get_coordinates(shape.interpolate(0.5, normalized=True))[0]
        spots = axes.transData.transform(middle) / point + np.array(_AROUND)
        room = np.hypot(*(spots[:, np.newaxis] - taken).T).min(axis=0, initial=np.inf)
        place = int(np.argmax(np.minimum(room, _NUMBER_PT)))
        taken = np.vstack([taken, spots[place]])
        ring = {"boxstyle": "circle,pad=0.18", "fc": "#ffffff", "ec": tint("ink"), "lw": 0.7}
        style = {"fontsize": 7, "weight": "bold", "zorder": 8, "bbox": ring}
        axes.annotate(str(rank), middle, _AROUND[place], textcoords="offset points", **style)


# -- what all maps have ------------------------------------------------------------------------------


def credits_of(analysis: Analysis) -> str:
    """The lines that must stand on every map: whose data, of when, synthetic or not, review number, terms."""
    city = analysis.city
    names = dict.fromkeys(clean(origin.attribution) for origin in city.origins if origin.attribution)
    dates = sorted({clean(origin.date) for origin in city.origins if origin.date})
    dated = "、".join(dates) if dates else str(say("no_date"))
    made = synthetic_layers(city)
    date, review = say("credit_date"), say("credit_review")
    lines = [" · ".join([*names, f"{date} {dated}"])]
    if made:
        layers = say("made_layers", layers=("、".join(say(f"layer_{layer}").zh for layer in made), ", ".join(made)))
        lines.append(f"{layers.zh}  {layers.en}")
    number = clean(city.review_number) or str(say("to_fill"))
    terms = say("terms")
    lines.append(f"{review}：{number} · {terms.zh}  {terms.en}")
    return "\n".join(lines)


def _aspect(city: City) -> float:
    west, south, east, north = city.communities.frame.total_bounds
    return float(np.clip((north - south) / max(east - west, 1.0), 0.5, 1.0))


def _sheet(analysis: Analysis) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    foot, tall = 0.5, (_WIDE - 0.06) * _aspect(analysis.city)
    figure = Figure(figsize=(_WIDE, tall + foot + 0.03))
    axes = figure.add_axes((0.005, foot / (tall + foot + 0.03), 0.99, tall / (tall + foot + 0.03)))
    _frame(axes, analysis.city)
    return figure, axes


def _frame(axes: Any, city: City) -> None:
    """Show all communities, in the proportions of :func:`_aspect`."""
    west, south, east, north = city.communities.frame.total_bounds
    wide = 1.05 * max(east - west, (north - south) / _aspect(city))
    tall = wide * _aspect(city)
    axes.set_xlim((west + east - wide) / 2, (west + east + wide) / 2)
    axes.set_ylim((south + north - tall) / 2, (south + north + tall) / 2)
    axes.set_autoscale_on(False)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#f7f8f8")
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_linewidth(0.6)


def _finish(figure: Any, axes: Any, analysis: Analysis) -> Any:
    _scale(axes, analysis.city)
    _north(axes)
    figure.text(0.008, 0.01, credits_of(analysis), fontsize=5.8, color=tint("quiet"), va="bottom", linespacing=1.4)
    return figure


def _ground(axes: Any, city: City, *, plain: bool = False) -> None:
    for layer, colour in (("green", colours("ground")["green"]), ("water", colours("ground")["water"])):
        frame = city.context.get(layer)
        if frame is None or frame.empty or (plain and layer == "green"):
            continue
        flat = frame.geometry.to_numpy()
        areas = flat[shapely.get_dimensions(flat) == 2]
        lines = flat[shapely.get_dimensions(flat) == 1]
        _paint(axes, areas, facecolor=colour, edgecolor="none", zorder=1 if layer == "green" else 3, rasterized=True)
        _paint(axes, lines, color=colour, linewidth=1.0, zorder=3, rasterized=True)


def _paint(axes: Any, shapes: Any, **style: Any) -> None:
    if len(shapes):
        gpd.GeoSeries(shapes).plot(ax=axes, aspect=None, **style)
        axes.set_xlabel("")
        axes.set_ylabel("")


def _areas(
    axes: Any,
    analysis: Analysis,
    published: Published,
    colours: Mapping[Any, str],
    *,
    width: float = 0.6,
    alpha: float = 0.9,
) -> None:
    frame = analysis.city.communities.frame
    known = np.array([key in colours and published.seen(key) for key in frame.index])
    shapes = frame.geometry.to_numpy()
    _paint(axes, shapes[~known], facecolor=tint("hidden"), edgecolor="#ffffff", linewidth=width, zorder=2, hatch="////")
    face = [colours[key] for key, shown in zip(frame.index, known, strict=True) if shown]
    if face:
        _paint(axes, shapes[known], facecolor=face, edgecolor="#ffffff", linewidth=width, zorder=2, alpha=alpha)


def _streets(axes: Any, city: City) -> None:
    from matplotlib.collections import LineCollection

    network = city.network
    rank = np.array([way.rank for way in way_classes()])[network.way_class]
    west, south, east, north = city.communities.frame.total_bounds
    lines = np.split(network.vertex, network.vertex_start[1:-1])
    x, y = network.x[network.u], network.y[network.u]
    here = (west - 500 < x) & (x < east + 500) & (south - 500 < y) & (y < north + 500)
    shown = [lines[place] for place in np.flatnonzero(here)]
    widths = np.where(rank[here] <= np.median(rank), 0.5, 0.25)
    drawn = LineCollection(
        shown, colors=colours("ground")["rail"], linewidths=widths, zorder=4, rasterized=True, alpha=0.75
    )
    axes.add_collection(drawn, autolim=False)
    rail = city.context.get("rail")
    if rail is not None and not rail.empty:
        _paint(
            axes, rail.geometry.to_numpy(), color=colours("ground")["bridge"], linewidth=0.8, zorder=4, rasterized=True
        )


def _names(axes: Any, city: City) -> None:
    from matplotlib.patheffects import withStroke

    frame = city.communities.frame
    if len(frame) > _MOST_NAMES * 2:
        return
    lines = shapely.maximum_inscribed_circle(frame.geometry.to_numpy(), tolerance=5.0)
    west, _, east, _ = frame.total_bounds
    room = shapely.length(lines) / (east - west) * _WIDE * 72  # points from the middle to the border
    largest = np.argsort(-room, kind="stable")[:_MOST_NAMES]
    for place in sorted(largest):
        name = clean(frame["name"].iloc[place])
        wide = sum(1.0 if ord(letter) > 0x2E7F else 0.55 for letter in name)
        size = min(6.5, 3.2 * room[place] / max(wide, 1))
        if size < 4.2:
            continue
        x, y = shapely.get_coordinates(shapely.get_point(lines[place], 0))[0]
        axes.text(x, y, name, ha="center", va="center", fontsize=size, zorder=9, clip_on=True,
                  path_effects=[withStroke(linewidth=1.6, foreground="#ffffff", alpha=0.85)])  # fmt: skip


def _patches(entries: Sequence[tuple[str, str]], alpha: float = 0.9) -> list[Any]:
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=colour, edgecolor=tint("quiet"), linewidth=0.4, label=label, alpha=alpha)
        for colour, label in entries
    ]


def _legend(
    axes: Any, published: Published, entries: Sequence[tuple[str, str]], words: Any, alpha: float = 0.9
) -> None:
    from matplotlib.patches import Patch

    handles = _patches(entries, alpha)
    hidden = say("legend_hidden_unknown" if published.unknown else "legend_hidden")
    handles.append(Patch(facecolor=tint("hidden"), edgecolor="#ffffff", hatch="////", linewidth=0.4, label=str(hidden)))
    legend = axes.legend(handles=handles, loc="lower right", fontsize=6.5, title=f"{words.zh}\n{words.en}",
                         title_fontsize=7, framealpha=0.92, edgecolor="#d5dbe0", borderpad=0.7)  # fmt: skip
    legend.set_zorder(12)
    legend.get_title().set_multialignment("left")


def _ranges(ends: Sequence[float], low: float, high: float) -> list[str]:
    return [f"{a:g}–{b:g}" for a, b in pairwise([low, *ends, high])]


def _scale(axes: Any, city: City) -> None:
    """A bar of a round length, about a fifth of the map."""
    west, _, east, _ = city.communities.frame.total_bounds
    wish = (east - west) / 5
    unit = 10 ** math.floor(math.log10(max(wish, 1)))
    length = max(step * unit for step in (1, 2, 5) if step * unit <= max(wish, unit))
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    x, y = left + 0.03 * (right - left), low + 0.035 * (high - low)
    axes.plot([x, x + length], [y, y], color=tint("ink"), linewidth=2, solid_capstyle="butt", zorder=12)
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(x, y + 0.012 * (high - low), label, fontsize=6.5, zorder=12, va="bottom")


def _north(axes: Any) -> None:
    style = {"arrowstyle": "-|>", "color": tint("ink"), "lw": 1.2}
    axes.annotate("", xy=(0.045, 0.975), xytext=(0.045, 0.905), xycoords="axes fraction", arrowprops=style, zorder=12)
    axes.text(0.045, 0.9, "N", transform=axes.transAxes, ha="center", va="top", fontsize=7.5, weight="bold", zorder=12)
