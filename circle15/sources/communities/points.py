"""Where communities stand that are known by points, or whose layer is in a datum that no file names."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog import finding, refusal
from circle15.errors import CrsError
from circle15.sources.datum import DATUMS, to_wgs84
from circle15.sources.facilities.decimals import Steps, rounded_steps, tell_rounded
from circle15.sources.facilities.points import (
    PointColumns,
    metric_datum,
    plain_degrees,
    refuse_no_degrees,
    written_minutes,
)
from circle15.sources.reading import ROW, Tally

__all__ = ["layer_in_wgs84", "table_points"]


def table_points(frame: pd.DataFrame, datum: str, tally: Tally, columns: PointColumns) -> tuple[gpd.GeoSeries, Steps]:
    """WGS 84 points from ``lon`` and ``lat`` of a table; None where a row has no position that can be meant.

    Beside them to what their numbers were rounded.

    Parameters
    ----------
    frame
        Numbered by its index, with ``lon`` and ``lat`` as they are written.
    datum
        The declared one.
    tally
        Takes findings.
    columns
        The table's own headers, for the remedies.

    Raises
    ------
    PackError
        If most rows have x and y exchanged or metres for degrees, or the datum is not known.
    """
    written = frame[["lon", "lat"]].assign(**{ROW: frame.index})
    degrees = metric_datum(datum, tally.file) is None
    minutes = written_minutes(written)
    if degrees:
        written = plain_degrees(written, tally)
    x, y = (pd.to_numeric(written[axis], errors="coerce").to_numpy(dtype=float, na_value=np.nan) for axis in _XY)
    usable = np.isfinite(x) & np.isfinite(y)
    if degrees:
        refuse_no_degrees(written, x, y, tally, columns=columns, home=None)
        usable &= (np.abs(x) <= 180) & (np.abs(y) <= 90)
    steps = rounded_steps(
        np.where(usable, x, np.nan), np.where(usable, y, np.nan), degrees=degrees, minutes=minutes.to_numpy()
    )
    tell_rounded(written, steps, tally, code="community-rounded")
    if datum.lower() != "wgs84":
        x, y = x.copy(), y.copy()
        try:
            x[usable], y[usable] = to_wgs84(x[usable], y[usable], datum=datum)
        except CrsError as error:
            raise refusal("file_refused", file=tally.file, why=(error.zh, str(error))) from error
        tally.findings.append(finding("datum-converted", "note", count=int(usable.sum()), file=tally.file, datum=datum))
        usable &= (np.abs(x) <= 180) & (np.abs(y) <= 90)
    point = np.where(usable, shapely.points(np.nan_to_num(x), np.nan_to_num(y)), None)
    return gpd.GeoSeries(point, index=frame.index, crs="EPSG:4326"), steps


_XY = ("lon", "lat")


def layer_in_wgs84(geometry: gpd.GeoSeries, datum: str, path: Path) -> gpd.GeoSeries:
    """A layer whose degrees are of a datum that no file names, in WGS 84.

    Raises
    ------
    PackError
        If the layer is in another system than degrees, or the datum is none of those that shift.
    """
    if datum not in DATUMS or not geometry.crs.is_geographic:
        raise refusal("communities_datum", file=path.name, datum=datum, crs=geometry.crs.name, known=", ".join(DATUMS))
    moved = shapely.transform(
        geometry.to_numpy(), lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum=datum))
    )
    return gpd.GeoSeries(moved, index=geometry.index, crs="EPSG:4326")
