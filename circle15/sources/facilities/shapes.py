"""Where the rows of a facility layer stand: a point, an area, or several points that are a facility each."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import finding, refusal
from circle15.model.provenance import Finding

__all__ = ["numbered_parts", "of_parts", "parts_findings", "placed_rows"]

_PLACES = (
    shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT, shapely.GeometryType.POLYGON,
    shapely.GeometryType.MULTIPOLYGON,
)  # fmt: skip
_OF_THE_WHOLE = ("capacity", "floor_area_m2")
"""What a row of several points says of all of them together."""


def placed_rows(frame: gpd.GeoDataFrame, file: str) -> tuple[gpd.GeoDataFrame, NDArray[np.int64], NDArray[np.int64]]:
    """A layer's rows, each point of a multipoint one of its own; their numbers, and which part of its row each is.

    The part is 0 of a row that stands at one place.

    Raises
    ------
    PackError
        If a row is a line, or a collection.
    """
    shapes = frame.geometry.to_numpy()
    kind = shapely.get_type_id(shapes)
    loose = kind == shapely.GeometryType.GEOMETRYCOLLECTION
    loose[loose] = [
        bool((shapely.get_type_id(shapely.get_parts(shape)) == shapely.GeometryType.POINT).all())
        for shape in shapes[loose]
    ]  # points that a tool has gathered
    kind = np.where(loose, shapely.GeometryType.MULTIPOINT, kind)
    odd = np.flatnonzero((kind >= 0) & ~np.isin(kind, _PLACES) & ~shapely.is_empty(shapes))
    if len(odd):
        raise refusal(
            "list_shape", file=file, row=int(odd[0]) + 1, kind=shapes[odd[0]].geom_type, count=len(odd), rows=len(frame)
        )
    several = np.flatnonzero(kind == shapely.GeometryType.MULTIPOINT)
    points: dict[int, list[shapely.Point]] = {
        int(row): list(dict.fromkeys(shapely.get_parts(shapes[row]))) for row in several
    }
    count = np.array([max(len(points.get(row, ())), 1) for row in range(len(frame))], dtype=np.int64)
    row = np.repeat(np.arange(len(frame)), count)
    part = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + 1
    placed = [points[int(k)][p - 1] if points.get(int(k)) else shapes[k] for k, p in zip(row, part, strict=True)]
    made = frame.iloc[row].reset_index(drop=True)
    return (
        made.set_geometry(gpd.GeoSeries(placed, index=made.index, crs=frame.crs)),
        (row + 1).astype(np.int64),
        np.where(count[row] > 1, part, 0).astype(np.int64),
    )


def of_parts(frame: pd.DataFrame, parts: NDArray[np.int64]) -> pd.DataFrame:
    """Ids of their own for the points of one row; what the whole row holds is not known of any of them."""
    apart = parts > 0
    if not apart.any():
        return frame
    made = frame.copy()
    if "facility_id" in made:
        ids = made["facility_id"].map(_text)
        made["facility_id"] = ids.where(
            ~apart | (ids == ""), ids + "-" + pd.Series(parts, index=made.index).astype(str)
        )
    for column in _OF_THE_WHOLE:
        if column in made:
            made[column] = made[column].astype(object).where(~apart, None)
    return made


def numbered_parts(rows: pd.Series) -> pd.Series:
    """Numbers of rows as text, those that several facilities come from with a number of their own (``7-2``)."""
    several = rows.duplicated(keep=False)
    text = rows.astype(str)
    return text.where(~several, text + "-" + (rows.groupby(rows).cumcount() + 1).astype(str)).astype(object)


def parts_findings(numbers: NDArray[np.int64], parts: NDArray[np.int64], file: str) -> list[Finding]:
    """Tell of rows of several points, by the row and the part of each facility."""
    rows = numbers[parts == 1]
    if len(rows) == 0:
        return []
    return [
        finding(
            "facility-parts", "warning", count=len(rows), file=file, row=int(rows[0]), points=int((parts > 0).sum()),
            examples=[f"row {row}" for row in rows],
        )
    ]  # fmt: skip


def _text(cell: object) -> str:
    """An id as text; a column of whole numbers with a hole comes as fractions."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None or cell != cell else str(cell).strip()  # noqa: PLR0124  # NaN is not itself
