"""Unite the parts of communities: rows of estates (小区) that bear the id of one community (社区)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog import column_title, finding, refusal
from circle15.model.places import ROUNDED, counts_heads
from circle15.model.provenance import Finding
from circle15.sources.communities.people import WITH_HOLES, named_column

__all__ = ["unite_parts"]

_TEXTS = ("name", "name_en", "subdistrict", "subdistrict_en", "community_type", "priority_flag")
OVERLAP_SHARE = 0.005
"""Estates overlap when they share more than this part of their community."""


def unite_parts(
    layer: gpd.GeoDataFrame, *, file: str, people: str | None = None
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """One row per community: people added up, outlines united, words that agree kept.

    Parameters
    ----------
    layer
        Rows with ``community_id``, numbered by their index; (multi)polygons, or points with holes.
    file
        Its file's name.
    people
        ``"sum"`` adds people and households of the rows, people unknown where those of one row are; ``"once"`` takes
        them once, and they must agree. By default they are added, unless every community repeats its own numbers, which
        nobody can tell from a total written on every row.

    Returns
    -------
    (geopandas.GeoDataFrame, list of Finding)
        By ``community_id``, with ``parts`` (number of rows); each numbered by its first row, and as roughly rounded as
        the roughest.

    Raises
    ------
    PackError
        If people must agree and do not, or nobody can tell whether to add them.
    """
    rows = pd.Series(np.arange(len(layer)), index=layer.index).groupby(layer["community_id"].to_numpy(), sort=True)
    members = [group.to_numpy() for _, group in rows]
    first = np.array([group[0] for group in members])
    counted = [column for column in layer.columns if counts_heads(column)]
    steps = [column for column in ROUNDED if column in layer]
    taken = {*counted, *steps, "community_id"}
    findings: list[Finding] = []
    columns = {
        "community_id": layer["community_id"].to_numpy()[first],
        **_people(layer, members, counted, file, people),
        **_words(layer, members, [c for c in layer.columns if c not in taken], file, findings),
        **{c: [np.fmax.reduce(layer[c].to_numpy(dtype=float)[group]) for group in members] for c in steps},
        "parts": [len(group) for group in members],
    }
    shapes = layer.geometry.to_numpy()
    united = np.array([_united(shapes[group]) for group in members], dtype=object)
    _tell_overlaps(shapes, members, united, columns["community_id"], file, findings)
    frame = gpd.GeoDataFrame(columns, geometry=united, crs=layer.crs, index=layer.index[first])
    findings.append(finding("parts-united", "note", count=len(layer), file=file, communities=len(frame)))
    return frame, findings


def _united(shapes: np.ndarray) -> shapely.Geometry:
    drawn = shapes[~shapely.is_missing(shapes)]
    if (shapely.get_dimensions(drawn) == 0).all():
        return shapely.MultiPoint(shapely.get_parts(drawn).tolist())
    return shapely.union_all(drawn)


def _people(
    layer: gpd.GeoDataFrame, members: Sequence[np.ndarray], columns: Sequence[str], file: str, people: str | None
) -> dict[str, np.ndarray]:
    """Numbers of people per community, in one of the two ways."""
    values = {column: layer[column].to_numpy(dtype=float) for column in columns}
    if people is None:
        _ask_if_repeated(values, members, file)
    made: dict[str, np.ndarray] = {}
    for column, numbers in values.items():
        totals = np.full(len(members), np.nan)
        for place, group in enumerate(members):
            known = numbers[group][~np.isnan(numbers[group])]
            summed = people != "once" and column not in WITH_HOLES
            if len(known) == 0 or (summed and len(known) < len(group)):  # a sum without a part is no sum
                continue
            if people == "once" and (known != known[0]).any():
                row = group[np.flatnonzero(numbers[group] != known[0])[0]]
                raise refusal(
                    "parts_disagree", file=file, row=layer.index[row], value=f"{numbers[row]:g}",
                    community=layer["community_id"].iloc[row], other=f"{known[0]:g}",
                    named=named_column(column),
                )  # fmt: skip
            totals[place] = known[0] if people == "once" else math.fsum(known)
        made[column] = totals
    return made


def _ask_if_repeated(values: dict[str, np.ndarray], members: Sequence[np.ndarray], file: str) -> None:
    several = [group for group in members if len(group) > 1]
    for column, numbers in values.items():
        same = [len(set(numbers[group])) == 1 and numbers[group[0]] > 0 for group in several]
        if several and all(same):
            group = several[0]
            raise refusal(
                "parts_repeat", file=file, rows=len(group), value=f"{numbers[group[0]]:g}",
                named=named_column(column),
            )  # fmt: skip


def _words(
    layer: gpd.GeoDataFrame, members: Sequence[np.ndarray], columns: Sequence[str], file: str, findings: list[Finding]
) -> dict[str, list[object]]:
    """Of each other column what a community's rows agree on; ours where they do not: the most frequent, told."""
    made: dict[str, list[object]] = {}
    given_up: list[str] = []
    ids = layer["community_id"].to_numpy()
    for column in columns:
        if column == layer.geometry.name:
            continue
        cells = layer[column].to_numpy(dtype=object)
        kinds = [_counted(cells[group]) for group in members]
        torn = [place for place, kind in enumerate(kinds) if len(kind) > 1]
        if torn and column not in _TEXTS:
            given_up.append(str(column))
            continue
        if torn:
            examples = [f"{ids[members[place][0]]}: {' / '.join(map(str, kinds[place]))}" for place in torn]
            findings.append(
                finding(
                    "parts-differ",
                    "warning",
                    count=len(torn),
                    file=file,
                    column=str(column),
                    examples=examples,
                    named=(column_title(str(column)), str(column)),
                )
            )
        made[column] = [kind[0] if kind else None for kind in kinds]
    if given_up:
        findings.append(finding("parts-columns", "note", count=len(given_up), file=file, value=", ".join(given_up)))
    return made


def _counted(cells: np.ndarray) -> list[object]:
    """Different entries, the most frequent first, equals in the order of their text; empty ones left out."""
    filled = pd.Series([cell for cell in cells if not pd.isna(cell) and str(cell).strip()], dtype=object)
    counts = filled.value_counts()
    return sorted(counts.index, key=lambda cell: (-counts[cell], str(cell)))


def _tell_overlaps(
    shapes: np.ndarray,
    members: Sequence[np.ndarray],
    united: np.ndarray,
    ids: np.ndarray,
    file: str,
    findings: list[Finding],
) -> None:
    sum_m2 = np.array([shapely.area(shapes[group]).sum() for group in members])
    united_m2 = shapely.area(united)
    over = sum_m2 - united_m2 > OVERLAP_SHARE * united_m2
    if over.any():
        findings.append(finding("parts-overlap", "note", count=int(over.sum()), file=file, examples=ids[over]))
