"""Frames with a row or a cell more; what nobody says of a new row is unknown there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
from geopandas.array import from_shapely
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_string_dtype

from circle15.kernels.ragged import order_by_id

__all__ = ["with_cell", "with_row"]


def with_row(frame: gpd.GeoDataFrame, key: str, row: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """A frame with a row more, in the order of ids.

    Parameters
    ----------
    frame
        On ids.
    key
        Id of the row.
    row
        Its cells, ``geometry`` among them, by column. Other columns have ``""`` where they hold text, ``False`` where
        they hold yes and no, else NaN; a column that the frame lacks is as unknown in all other rows.
    """
    index = pd.Index([*frame.index, key], name=frame.index.name)
    columns: dict[str, Any] = {}
    shapes = frame.geometry
    for column in [*frame.columns, *(column for column in row if column not in frame)]:
        old = frame[column] if column in frame else _blank(row[column], frame.index)
        value = row.get(column, _unknown(old))
        cells = [*old.to_numpy(dtype=object), value]
        place = column == shapes.name
        columns[column] = (
            from_shapely(cells, crs=shapes.crs) if place else pd.Series(cells, index, dtype=_kind(old, value))
        )
    whole = gpd.GeoDataFrame(columns, index=index)
    whole = whole if shapes.name == "geometry" else whole.set_geometry(shapes.name)
    return whole.iloc[order_by_id(index)]


def with_cell(frame: gpd.GeoDataFrame, column: str, key: str, value: Any) -> gpd.GeoDataFrame:
    """A frame with another value in one cell; where it has no such column, the other rows are unknown there."""
    old = frame[column] if column in frame else _blank(value, frame.index)
    cells = [value if row == key else cell for row, cell in old.items()]
    return frame.assign(**{column: pd.Series(cells, index=frame.index, dtype=_kind(old, value))})


def _kind(column: pd.Series, value: Any) -> Any:
    """The kind of a column with another value in it: its own where the value fits."""
    if is_bool_dtype(column.dtype) and isinstance(value, bool):
        return column.dtype
    if is_numeric_dtype(column.dtype) and isinstance(value, int | float):
        return float
    return column.dtype if is_string_dtype(column.dtype) and isinstance(value, str) else object


def _unknown(column: pd.Series) -> Any:
    if is_bool_dtype(column.dtype):
        return False
    return float("nan") if is_numeric_dtype(column.dtype) else ""


def _blank(value: Any, index: pd.Index) -> pd.Series:
    """A column of nothing, of the kind of a value."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return pd.Series(float("nan") if number else "", index=index, dtype=float if number else object)
