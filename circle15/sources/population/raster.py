"""People in the cells of a raster (GeoTIFF): only the window of the study area is read, and never resampled.

Counts are extensive: resampling a raster of people makes and loses people. The communities are therefore
brought into the raster's own reference system, and their shares of its cells are taken there.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.model.provenance import FileRecord, Finding
from circle15.refusals import hint, refusal
from circle15.sources.city_config import PopulationTable
from circle15.sources.population.cells import CellReading, people_in_cells, silent_zones

__all__ = ["RASTERS", "raster_cells"]

RASTERS = (".tif", ".tiff")
MOST_CELLS = 20_000_000
"""A raster of 100 m cells has so many over 200,000 km2."""
MOST_BLOCK_BYTES = 256 * 2**20
"""A file is unpacked block by block; a block larger than this is refused before it is read."""
SEGMENT_M = 100.0
"""Outlines get a vertex so often before they change their reference system: straight lines bend."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Window:
    """The part of a raster that was read: people north up, NaN where nothing is known; its west and north edge."""

    people: NDArray[np.float64]
    west: float
    north: float
    width: float
    height: float
    crs: pyproj.CRS
    band: str

    @property
    def extent(self) -> shapely.Geometry:
        """All cells together, with a vertex for every cell: straight lines bend."""
        height, width = self.people.shape
        south, east = self.north - height * self.height, self.west + width * self.width
        return shapely.segmentize(shapely.box(self.west, south, east, self.north), self.width)

    def boxes(self, cell: NDArray[np.int64]) -> NDArray[np.object_]:
        """Outlines of cells, numbered row by row."""
        row, column = np.divmod(cell, self.people.shape[1])
        west, north = self.west + column * self.width, self.north - row * self.height
        return np.asarray(shapely.box(west, north - self.height, west + self.width, north))


def raster_cells(path: Path, entry: PopulationTable, zones: gpd.GeoDataFrame) -> CellReading:
    """Cells of a population raster that communities touch.

    Parameters
    ----------
    path
        A GeoTIFF of counts (people per cell, not people per square kilometre).
    entry
        Its ``[population]`` table: ``band`` where there are several, ``nodata`` where the file does not say.
    zones
        Communities, metric, on ``community_id``.

    Returns
    -------
    CellReading
        Cells, their parts by community, what was found; the record counts cells of the window as rows.

    Raises
    ------
    PackError
        If the extra is not installed, or the file cannot be read, has no reference system, is rotated, does
        not touch the communities, is too large, or holds values that are no people.
    """
    window, findings = _read_window(path, entry, zones)
    outlines = _outlines(zones, window.crs)
    cell, zone, share = _shares(window, outlines)
    met = np.unique(cell)
    silent = silent_zones(zones.index, zone, ~np.isnan(window.people.ravel()[cell]))
    lived_in = window.people.ravel()[cell] > 0
    cell, zone, share = cell[lived_in], zone[lived_in], share[lived_in]
    used, position = np.unique(cell, return_inverse=True)
    cells = gpd.GeoDataFrame(
        {"people": window.people.ravel()[used]}, geometry=window.boxes(used), crs=window.crs
    ).to_crs(zones.crs)
    parts = pd.DataFrame({"community_id": zones.index[zone], "cell": position, "share": share})
    known, touched = ~np.isnan(window.people.ravel()), np.zeros(window.people.size, dtype=bool)
    touched[met] = True
    record = FileRecord(
        file=path.name, role="population", form=path.suffix.lower(), part=window.band, crs=_named(window.crs),
        understood=((window.band, "population"),), rows_read=known.size, rows_used=int((known & touched).sum()),
        dropped=_reasons({"nodata": int((~known).sum()), "population-elsewhere": int((known & ~touched).sum())}),
    )  # fmt: skip
    extent = gpd.GeoSeries([window.extent], crs=window.crs).to_crs(zones.crs).iloc[0]
    return CellReading(cells=cells, parts=parts, extent=extent, record=record, findings=tuple(findings), silent=silent)


def _named(crs: pyproj.CRS) -> str:
    return crs.to_string() if crs.to_epsg() else str(crs.name)


def _reasons(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((reason, count) for reason, count in counts.items() if count)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        import exactextract  # noqa: F401  # asked for before anything is read
        import rasterio
    except ImportError as error:
        raise refusal("raster_libraries", file=path.name) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # told below, by name
            with rasterio.open(path, driver="GTiff", sharing=False) as raster:
                yield raster
    except (rasterio.errors.RasterioError, OSError) as error:
        raise refusal("raster_broken", file=path.name, why=error) from error


def _read_window(path: Path, entry: PopulationTable, zones: gpd.GeoDataFrame) -> tuple[_Window, list[Finding]]:
    with _opened(path) as raster:
        crs = _reference_system(path, raster)
        band = _band(path, raster, entry)
        columns, rows = _span(path, raster, _outlines(zones, crs))
        _check_size(path, raster, band, (len(rows), len(columns)))
        kind = np.dtype(raster.dtypes[band - 1])
        held = raster.read(band, window=((rows.start, rows.stop), (columns.start, columns.stop)), masked=True)
        step = raster.transform
        scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
    values = np.ma.filled(held.astype(float), np.nan)
    place = lambda at: hint(
        "cell_pixel", line=rows[at // len(columns)] + 1, cell=columns[at % len(columns)] + 1, band=band
    )
    people, findings = people_in_cells(
        values.ravel(), stated=entry.nodata, file=path.name, column=f"band {band}", where=place, kind=kind
    )
    people = people.reshape(values.shape) * scale + offset
    south_up = step.e > 0
    edge = rows.stop if south_up else rows.start
    window = _Window(
        people=people[::-1] if south_up else people,
        west=step.c + columns.start * step.a,
        north=step.f + edge * step.e,
        width=step.a,
        height=abs(step.e),
        crs=crs,
        band=f"band {band}",
    )
    return window, findings


def _reference_system(path: Path, raster: Any) -> pyproj.CRS:
    step = raster.transform
    if raster.crs is None or step.is_identity:
        raise refusal("raster_nowhere", file=path.name)
    if step.b != 0 or step.d != 0 or step.a <= 0 or step.e == 0:
        raise refusal("raster_turned", file=path.name)
    crs = pyproj.CRS.from_wkt(raster.crs.to_wkt())
    if not (crs.is_projected or crs.is_geographic):
        raise refusal("raster_crs", file=path.name, crs=crs.name)
    return crs


def _band(path: Path, raster: Any, entry: PopulationTable) -> int:
    band = entry.band
    if band is None and raster.count > 1:
        raise refusal("raster_bands", file=path.name, count=raster.count)
    band = 1 if band is None else band
    if not 1 <= band <= raster.count:
        raise refusal("raster_band", file=path.name, band=band, count=raster.count)
    if np.dtype(raster.dtypes[band - 1]).kind not in "iuf":
        raise refusal("raster_kind", file=path.name, band=band, kind=raster.dtypes[band - 1])
    return band


def _span(path: Path, raster: Any, outlines: gpd.GeoDataFrame) -> tuple[range, range]:
    """Columns and lines of the raster that the communities' extent touches."""
    west, south, east, north = outlines.total_bounds
    if not np.isfinite([west, south, east, north]).all():
        raise refusal("raster_unfit", file=path.name, crs=outlines.crs.name)
    step = raster.transform
    across = np.sort((np.array([west, east]) - step.c) / step.a)
    down = np.sort((np.array([south, north]) - step.f) / step.e)
    columns = range(max(0, int(np.floor(across[0]))), min(raster.width, int(np.ceil(across[1]))))
    rows = range(max(0, int(np.floor(down[0]))), min(raster.height, int(np.ceil(down[1]))))
    if len(columns) == 0 or len(rows) == 0:
        left, bottom, right, top = raster.bounds
        raise refusal(
            "raster_elsewhere",
            file=path.name,
            crs=outlines.crs.name,
            left=left,
            right=right,
            bottom=bottom,
            top=top,
            west=west,
            east=east,
            south=south,
            north=north,
        )
    return columns, rows


def _check_size(path: Path, raster: Any, band: int, shape: tuple[int, int]) -> None:
    block = raster.block_shapes[band - 1]
    block_bytes = int(block[0]) * int(block[1]) * np.dtype(raster.dtypes[band - 1]).itemsize
    if raster.interleaving is not None and raster.interleaving.name == "pixel":
        block_bytes *= raster.count
    if block_bytes > MOST_BLOCK_BYTES:
        raise refusal(
            "raster_block",
            file=path.name,
            width=raster.width,
            height=raster.height,
            size=block_bytes / 2**30,
            most=MOST_BLOCK_BYTES / 2**30,
        )
    if shape[0] * shape[1] > MOST_CELLS:
        raise refusal(
            "raster_cells", file=path.name, count=shape[0] * shape[1], width=shape[1], height=shape[0], most=MOST_CELLS
        )


def _outlines(zones: gpd.GeoDataFrame, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """The communities in the raster's reference system, with vertices enough to bend."""
    shapes = (
        zones.geometry
        if crs.equals(zones.crs, ignore_axis_order=True)
        else zones.geometry.segmentize(SEGMENT_M).to_crs(crs)
    )
    return gpd.GeoDataFrame({"zone": np.arange(len(zones))}, geometry=shapes.to_numpy(), crs=crs)


def _shares(
    window: _Window, outlines: gpd.GeoDataFrame
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Triples (cell, zone, share of the cell's area in the zone).

    exactextract finds the cells and which of them lie wholly inside; it holds shares as float32, so those of
    the cells on the border are taken again from the outlines, to the last digit.
    """
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    height, width = window.people.shape
    source = NumPyRasterSource(  # cells without a number are cells: what counts here is where they lie
        np.zeros_like(window.people),
        window.west,
        window.north - height * window.height,
        window.west + width * window.width,
        window.north,
        srs_wkt=window.crs.to_wkt(),
    )
    extracted = exact_extract(source, outlines, ["cell_id", "coverage"], include_cols=["zone"], output="pandas")
    met = [len(cells) for cells in extracted["cell_id"]]
    cell = np.concatenate([np.asarray(cells, dtype=np.int64) for cells in extracted["cell_id"]])
    share = np.concatenate([np.asarray(shares, dtype=float) for shares in extracted["coverage"]])
    zone = np.repeat(extracted["zone"].to_numpy(dtype=np.int64), met)
    border = share < 1
    boxes = window.boxes(cell[border])
    inside = shapely.intersection(boxes, outlines.geometry.to_numpy()[zone[border]])
    share[border] = shapely.area(inside) / (window.width * window.height)
    share = np.minimum(share, 1.0)
    return cell[share > 0], zone[share > 0], share[share > 0]
