"""Tiny population grids for tests: rasters, their cells as polygons, and zones on them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops
from hypothesis import assume
from hypothesis import strategies as st

from circle15.model import Origin
from tests.towns.lattice import CRS, X0, Y0

ORIGIN = Origin(label_zh="格网", label_en="grid")

# Nine cells of 100 m from (X0, Y0), as a raster shows them: north up.     10 20 30
#                                                                          40 50 60
#                                                                          70 80 90
NINE = np.arange(10.0, 100.0, 10.0).reshape(3, 3)


def zones(*boxes: tuple[float, float, float, float], **columns) -> gpd.GeoDataFrame:
    """Zones ``z0``, ``z1``, ...: boxes (west, south, east, north) in metres from the corner, or shapes."""
    shapes = [box if isinstance(box, shapely.Geometry) else _box(*box) for box in boxes]
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS, index=[f"z{k}" for k in range(len(shapes))])
    return frame.rename_axis("community_id")


def _box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def write_raster(path: Path, people, *, step_m: float = 100.0, crs=CRS, south_up: bool = False, **profile) -> Path:
    """Write a GeoTIFF whose lower left corner is the corner of the lattice; ``people[0]`` lies in the north."""
    rasterio = __import__("pytest").importorskip("rasterio")
    bands = np.asarray(people)
    bands = bands[np.newaxis] if bands.ndim == 2 else bands
    height = bands.shape[1]
    transform = rasterio.Affine(step_m, 0, X0, 0, -step_m, Y0 + height * step_m)
    if south_up:
        bands, transform = bands[:, ::-1], rasterio.Affine(step_m, 0, X0, 0, step_m, Y0)
    wkt = None if crs is None else rasterio.crs.CRS.from_wkt(crs.to_wkt())
    settings = {"transform": transform, "crs": wkt, "dtype": bands.dtype} | profile
    with rasterio.open(
        path, "w", driver="GTiff", count=len(bands), height=height, width=bands.shape[2], **settings
    ) as raster:
        raster.write(bands)
    return path


def cells(people, *, step_m: float = 100.0) -> gpd.GeoDataFrame:
    """The same raster as polygons with a column ``people``, row by row from the north-west."""
    counts = np.asarray(people, dtype=float)
    row, column = (axis.ravel() for axis in np.indices(counts.shape))
    west, north = X0 + column * step_m, Y0 + (counts.shape[0] - row) * step_m
    return gpd.GeoDataFrame(
        {"people": counts.ravel()}, geometry=shapely.box(west, north - step_m, west + step_m, north), crs=CRS
    )


@st.composite
def tilings(draw):
    """The square of 300 m cut by straight lines into pieces that leave nothing out."""
    pieces = [shapely.box(X0, Y0, X0 + 300, Y0 + 300)]
    for _ in range(draw(st.integers(0, 4))):
        x, y = draw(st.floats(0, 300)), draw(st.floats(0, 300))
        turn = draw(st.floats(0, np.pi))
        middle, reach = np.array([X0 + x, Y0 + y]), 1000 * np.array([np.cos(turn), np.sin(turn)])
        line = shapely.LineString([middle - reach, middle + reach])
        pieces = [part for piece in pieces for part in shapely.get_parts(shapely.ops.split(piece, line))]
    assume(all(piece.area > 1e-3 for piece in pieces))  # a sliver would be nobody's
    return pieces
