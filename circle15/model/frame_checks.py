"""Frames of one's own at the door of the model: brought to plain columns, or refused with row and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.errors import InputError
from circle15.refusals import hint, refusal

__all__ = ["check_finite", "plain_frame", "with_services"]


def plain_frame(frame: gpd.GeoDataFrame, what: str, numbers: Sequence[str]) -> gpd.GeoDataFrame:
    """A frame as the stages take it: ids of one kind, numbers as ``float64``, words for categories; itself if it is.

    Numbers may come as text, ``Decimal`` or nullable integers; ids of several kinds (7 and "10") become text.

    Raises
    ------
    InputError
        If the columns have two levels, or an id or a number is none; names row and column.
    """
    if frame.columns.nlevels > 1 or frame.index.nlevels > 1:
        raise refusal("frame_levels", error=InputError, what=hint(f"what_{what}"))
    made = frame.set_axis(_ids_of_one_kind(frame.index, what), axis=0) if _is_mixed(frame.index) else frame
    fresh: dict[str, pd.Series] = {}
    for column, kind in zip(frame.columns, frame.dtypes, strict=True):
        if column in numbers and not _is_plain_number(kind):
            fresh[column] = _floats(made[column], what)
        elif isinstance(kind, pd.CategoricalDtype):
            fresh[column] = made[column].astype(object)
    return made.assign(**fresh) if fresh else made


def _is_plain_number(kind: Any) -> bool:
    return isinstance(kind, np.dtype) and kind.kind in "iuf"


def _floats(column: pd.Series, what: str) -> pd.Series:
    numbers = pd.to_numeric(column.astype(object).where(column.notna(), None), errors="coerce").astype(float)
    bad = numbers.isna() & column.notna()
    if bad.any():
        first = column.index[bad][0]
        code = "frame_number" if what == "facilities" else "frame_people"
        raise refusal(
            code, error=InputError, what=hint(f"what_{what}"), count=int(bad.sum()), column=column.name, first=first,
            value=column[first],
        )  # fmt: skip
    return numbers


def _is_mixed(index: pd.Index) -> bool:
    return index.hasnans or (index.dtype == object and not all(isinstance(key, str) for key in index))


def _ids_of_one_kind(index: pd.Index, what: str) -> pd.Index:
    """Ids as text; whole numbers and text only, and none missing."""
    for row, key in enumerate(index, 1):
        if not isinstance(key, str | int | np.integer) or isinstance(key, bool):
            raise refusal(
                "frame_id_kind", error=InputError, what=hint(f"what_{what}"), name=index.name, row=row, value=key
            )
    return pd.Index([str(key) for key in index], name=index.name, dtype=object)


def check_finite(frame: gpd.GeoDataFrame, what: str) -> None:
    """Refuse shapes with a vertex that is no number.

    Raises
    ------
    InputError
        With the first row.
    """
    vertices, row = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    bad = np.unique(row[~np.isfinite(vertices).all(axis=1)])
    if len(bad):
        raise refusal(
            "frame_finite", error=InputError, what=hint(f"what_{what}"), count=len(bad), first=frame.index[bad[0]]
        )


def with_services(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A frame whose ``services`` are tuples of keys, itself if they are; lists and arrays, as GeoParquet has them, too.

    Raises
    ------
    InputError
        If a row has something else; with the first row and its value.
    """
    offered = [_keys(facility, services) for facility, services in frame["services"].items()]
    if all(isinstance(services, tuple) for services in frame["services"]):
        return frame
    return frame.assign(services=pd.Series(offered, index=frame.index, dtype=object))


def _keys(facility: object, services: object) -> tuple[str, ...]:
    if isinstance(services, str):
        raise refusal("services_text", error=InputError, text=services)
    if isinstance(services, set | frozenset):
        services = sorted(services, key=str)
    if not isinstance(services, tuple | list | np.ndarray) or not all(isinstance(key, str) for key in services):
        raise refusal("services_kind", error=InputError, facility=facility, value=repr(services)[:60])
    return tuple(services)
