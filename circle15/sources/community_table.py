"""Read a community layer: polygons with people, mended and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog import column_synonyms, finding
from circle15.errors import PackError
from circle15.model.places import PEOPLE
from circle15.model.provenance import FileRecord, Finding
from circle15.sources.facility_table import cell_text
from circle15.sources.layers import read_layer
from circle15.sources.people_table import join_people
from circle15.sources.reading import Reading

__all__ = ["read_communities"]

_NEEDED = {
    "community_id": "a unique id",
    "name": "what people call it",
    "population": "residents",
    "pop_60plus": "residents aged 60 and over",
}
_POLYGONS = ("Polygon", "MultiPolygon")


def read_communities(
    path: Path, columns: Mapping[str, Any], people: tuple[Path, Mapping[str, Any]] | None = None,
    *, entry: Mapping[str, Any] | None = None,
) -> Reading:  # fmt: skip
    """Read community polygons with people.

    Parameters
    ----------
    path
        A polygon layer.
    columns
        Our name -> the file's column; or a list of columns to add up; or ``{of = "column", share = 0.2}``.
    people
        A table with the people, and its ``[communities.people]``.
    entry
        ``[communities]``, for the ``layer``, ``encoding`` and ``crs`` of the file.

    Returns
    -------
    Reading
        On ``community_id``, in the file's reference system; a record of the layer, and one of the table.

    Raises
    ------
    PackError
        If the id, the name or a people column cannot be found; if a row has no polygon, no id or one that
        another row has too; if people are negative or missing.
    """
    read = read_layer(path, entry)
    layer = read.frame.assign(**{ours: _mapped(read.frame, path, ours, theirs) for ours, theirs in columns.items()})
    files = [_described(read.record("communities"), columns)]
    findings: list[Finding] = [*read.notes]
    if people is not None:
        joined = join_people(layer, path.name, *people)
        layer, findings = joined.frame, [*findings, *joined.findings]
        files += joined.files
    for column, meaning in _NEEDED.items():
        if column not in layer:
            raise PackError(
                f"{path.name}: column {column} ({meaning}) is missing; name the file's own under "
                f"[communities.columns]; it has {', '.join(str(c) for c in layer.columns if c != layer.geometry.name)}"
            )
    if layer.empty:
        raise PackError(f"{path.name}: there is no community in it; the layer has 0 rows")
    for column in [c for c in layer.columns if c in PEOPLE or str(c).startswith("pop_")]:
        layer[column] = _people(layer[column], path)
    if layer.geometry.name != "geometry":
        layer = layer.rename_geometry("geometry")
    layer = _with_ids(layer, path)
    layer["geometry"] = _polygons(layer, path, findings)
    elders = layer["pop_60plus"] > layer["population"]
    if elders.any():
        row = int(np.flatnonzero(elders)[0])
        told = f"{layer['pop_60plus'].iloc[row]:g} > {layer['population'].iloc[row]:g}"
        findings.append(
            finding(
                "community-elders", "warning", count=int(elders.sum()), file=path.name, row=row + 1,
                column="pop_60plus", value=told, examples=layer.loc[elders, "community_id"],
            )
        )  # fmt: skip
    return Reading(frame=layer.set_index("community_id"), files=tuple(files), findings=tuple(findings))


def _described(record: FileRecord, columns: Mapping[str, Any]) -> FileRecord:
    """The record with the columns that are ours, by their own name or by the mapping."""
    known = set(column_synonyms("communities").values())
    given = {theirs: ours for ours, theirs in columns.items() if isinstance(theirs, str)}
    meant = {one: given.get(one, one if one in known else "") for one in record.unknown}
    return replace(
        record,
        understood=tuple((theirs, ours) for theirs, ours in meant.items() if ours),
        unknown=tuple(theirs for theirs, ours in meant.items() if not ours),
    )


def _with_ids(layer: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Ids and names as text; every id once."""
    ids = layer["community_id"].map(cell_text).str.strip()
    for bad, what in ((ids == "", "is empty"), (ids.duplicated(), "stands in an earlier row too")):
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise PackError(
                f"{path.name}: row {row + 1}, column 'community_id', value {ids.iloc[row]!r} {what} "
                f"({int(bad.sum())} such rows); give each community an id of its own"
            )
    names = layer["name"].map(cell_text)
    return layer.assign(community_id=ids, name=names.where(names.str.strip() != "", ids))


def _polygons(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoSeries:
    """The outlines, mended where they cross themselves."""
    shapes = layer.geometry.copy()
    broken = ~shapes.is_valid & shapes.geom_type.isin(_POLYGONS)
    if broken.any():
        shapes[broken] = shapely.make_valid(shapes[broken].to_numpy(), method="structure")
        ids = layer.loc[broken, "community_id"]
        findings.append(finding("community-mended", "warning", count=int(broken.sum()), file=path.name, examples=ids))
    unusable = ~(shapes.geom_type.isin(_POLYGONS) & (shapely.area(shapes.to_numpy()) > 0))
    if unusable.any():
        row = int(np.flatnonzero(unusable)[0])
        found = layer.geometry.iloc[row]
        raise PackError(
            f"{path.name}: row {row + 1}, community {layer['community_id'].iloc[row]!r} has no polygon with an area "
            f"(found: {'nothing' if found is None else found.geom_type}; {int(unusable.sum())} such rows); draw its "
            "outline, or leave the row out"
        )
    return shapes


def _mapped(layer: gpd.GeoDataFrame, path: Path, ours: str, theirs: Any) -> pd.Series:
    """One of our columns, from one of the file's, from a sum of several, or as a share of one."""
    share = theirs.get("share") if isinstance(theirs, Mapping) else None
    source = theirs.get("of") if isinstance(theirs, Mapping) else theirs
    named = [source] if isinstance(source, str) else source
    if not (isinstance(named, list) and named and isinstance(share, int | float | None)):
        raise PackError(
            f"{path.name}: [communities.columns] {ours} = {theirs!r}: give a column's name, a list of names to add up, "
            'or { of = "column", share = 0.2 }'
        )
    absent = [column for column in named if column not in layer]
    if absent:
        raise PackError(
            f"{path.name}: [communities.columns] {ours} names {', '.join(map(repr, absent))}; "
            f"the file has {', '.join(str(c) for c in layer.columns)}"
        )
    if len(named) == 1 and share is None:
        return cast("pd.Series", layer[named[0]])
    whole = layer[named].apply(pd.to_numeric, errors="coerce").sum(axis=1, skipna=False)
    return cast("pd.Series", whole if share is None else whole * float(share))


def _people(column: pd.Series, path: Path) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        value = column.tolist()[row]
        raise PackError(
            f"{path.name}: row {row + 1}, column {column.name!r}, value {value!r} is no number of people "
            f"({int(bad.sum())} such rows); give zero or more"
        )
    return numbers
