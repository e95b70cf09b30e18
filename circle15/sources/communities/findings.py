"""What to know of a community layer before trusting its figures: overlaps, slivers, names, ages."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import shapely

from circle15.catalog import finding, name_rules
from circle15.model.places import PEOPLE, people_columns
from circle15.model.provenance import Finding

__all__ = ["community_checks", "near_names"]

OVERLAP_M2 = 100.0
OVERLAP_SHARE = 0.005
"""Polygons overlap when they share more than 100 m2 and more than this share of the smaller one."""
AGED_SHARE = 0.8
FEWEST_TO_JUDGE = 50
"""A community of at least so many people with more than this share aged 60+ is more likely a slip."""
HOUSEHOLD = (1.0, 10.0)
"""People a household, from a likely least to a likely most."""
REGISTERED = 5.0
"""Residents and registered people differ by more than this factor nowhere but by mistake."""
MOST_IN_TENS_OF_THOUSANDS = 20.0
"""Communities of fewer people than this, with decimals, were counted in 万人."""
SLIVER_M2 = 400.0
"""A part of a community smaller than this is more likely a slip of the pen than a place."""


def community_checks(frame: gpd.GeoDataFrame, *, file: str) -> list[Finding]:
    """Findings on community polygons and people; nothing is changed.

    Parameters
    ----------
    frame
        On ``community_id``, metric, with ``name`` and people columns.
    file
        Name of the layer, for the messages.

    Returns
    -------
    list of Finding
        ``communities-overlap``, ``community-slivers``, ``community-names-equal``, ``community-names-near``,
        ``community-ages``, ``community-aged``, ``community-households``, ``community-registered``,
        ``community-units``: each once, with a count and examples.
    """
    return [
        *_overlaps(frame, file),
        *_slivers(frame, file),
        *_names(frame, file),
        *_ages(frame, file),
        *_figures(frame, file),
    ]


def _overlaps(frame: gpd.GeoDataFrame, file: str) -> list[Finding]:
    shapes = frame.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pair = first < second
    first, second = first[pair], second[pair]
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    least = np.minimum(shapely.area(shapes[first]), shapely.area(shapes[second]))
    over = (shared > OVERLAP_M2) & (shared > OVERLAP_SHARE * least)
    if not over.any():
        return []
    order = np.lexsort((second[over], first[over], -shared[over]))
    ids = frame.index.astype(str)
    pairs = [f"{ids[a]} x {ids[b]}" for a, b in zip(first[over][order], second[over][order], strict=True)]
    hectares = f"{shared[over].sum() / 1e4:.1f}"
    return [finding("communities-overlap", "warning", count=len(pairs), file=file, hectares=hectares, examples=pairs)]


def _slivers(frame: gpd.GeoDataFrame, file: str) -> list[Finding]:
    parts, owner = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    tiny = (shapely.area(parts) < SLIVER_M2) & (shapely.get_dimensions(parts) == 2)
    # A community that is tiny as a whole is the planner's own business.
    several = np.bincount(owner, minlength=len(frame))[owner] > 1
    slivered = np.unique(owner[tiny & several])
    if len(slivered) == 0:
        return []
    examples = frame.index[slivered]
    return [finding("community-slivers", "note", count=int((tiny & several).sum()), file=file, examples=examples)]


def _names(frame: gpd.GeoDataFrame, file: str) -> list[Finding]:
    findings = []
    names = frame["name"].astype(str)
    twice = sorted(names[names.duplicated() & (names != "")].unique())
    if twice:
        findings.append(finding("community-names-equal", "warning", count=len(twice), file=file, examples=twice))
    near = near_names(names)
    if near:
        pairs = [f"{a} / {b}" for a, b in near]
        findings.append(finding("community-names-near", "note", count=len(pairs), file=file, examples=pairs))
    return findings


def near_names(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of names that differ in one character and may be one place written two ways.

    Numbers, directions and words such as new and old are no slips and are not told.

    Examples
    --------
    >>> near_names(["陈港社区", "陈巷社区", "一村社区", "二村社区"])
    [('陈巷社区', '陈港社区')]
    """
    rules = name_rules()
    ending = re.compile(f"({'|'.join(rules['endings'])})$")
    stems: dict[str, str] = {}
    for name in sorted(set(names)):
        stems.setdefault(ending.sub("", unicodedata.normalize("NFKC", name).strip()), name)
    alike: dict[tuple[int, str], list[str]] = defaultdict(list)
    for stem in stems:
        for place in range(len(stem) if len(stem) > 1 else 0):
            alike[place, stem[:place] + "\0" + stem[place + 1 :]].append(stem)
    pairs = {
        (stems[a], stems[b])
        for (place, _), group in alike.items()
        for a in group
        for b in group
        if a < b and not {a[place], b[place]} & set(rules["ordinary"]) and _look_alike(a[place], b[place])
    }
    return sorted(tuple(sorted(pair)) for pair in pairs)  # type: ignore[misc]  # pairs stay pairs


def _look_alike(first: str, second: str) -> bool:
    """Whether two characters are taken for each other, as far as a short table knows."""
    return any(first in family and second in family for family in name_rules()["families"])


def _ages(frame: gpd.GeoDataFrame, file: str) -> list[Finding]:
    """An older age group cannot be larger than a younger one that holds it."""
    columns = [column for column in people_columns(frame) if column != "population" and column in frame]
    columns.sort(key=lambda column: int(re.findall(r"\d+", column)[0]))
    wrong: set[str] = set()
    for younger, older in itertools.pairwise(columns):
        wrong |= set(frame.index[frame[older] > frame[younger]].astype(str))
    if not wrong:
        return []
    return [finding("community-ages", "warning", count=len(wrong), file=file, examples=sorted(wrong))]


def _figures(frame: gpd.GeoDataFrame, file: str) -> list[Finding]:
    """Numbers of people that cannot well be, beside each other or at all."""
    if not {*PEOPLE} <= set(frame.columns):  # a population grid will count them
        return []
    people, elders = frame["population"], frame["pop_60plus"]
    odd = {"community-aged": (people >= FEWEST_TO_JUDGE) & (elders > AGED_SHARE * people) & (elders <= people)}
    if "households" in frame:
        homes = frame["households"]
        least, most = HOUSEHOLD
        odd["community-households"] = (people > 0) & (
            (homes * least > people) | ((homes > 0) & (people > homes * most))
        )
    if "population_registered" in frame and "people_basis" not in frame:
        registered = frame["population_registered"]
        known = (people > 0) & (registered > 0)
        odd["community-registered"] = known & ((people > REGISTERED * registered) | (registered > REGISTERED * people))
    small = (people > 0) & (people < MOST_IN_TENS_OF_THOUSANDS)
    if len(frame) > 1 and (small | (people == 0)).all() and (people % 1 != 0).any():
        odd["community-units"] = small
    return [
        finding(code, "warning", count=int(rows.sum()), file=file, examples=sorted(frame.index[rows].astype(str)))
        for code, rows in odd.items()
        if rows.any()
    ]
