"""A population grid: people counted in polygons or in the cells of a raster, and their shares by community."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import column_synonyms, finding, fold_header, hint, refusal
from circle15.model.population import PopulationGrid, area_shares, placed_in_order
from circle15.model.provenance import FileRecord, Finding, Origin
from circle15.sources.city_config import PopulationTable
from circle15.sources.layers.layer import read_layer
from circle15.sources.population.cells import CellReading, people_in_cells, silent_zones
from circle15.sources.population.raster import RASTERS, raster_cells

__all__ = ["outside_findings", "read_population"]

OVERLAP = 0.01
"""Cells overlap when they share more than this part of the smaller one."""


def read_population(
    path: Path, entry: PopulationTable, zones: gpd.GeoDataFrame, *, origin: Origin, around: bool = False
) -> tuple[PopulationGrid, FileRecord, list[Finding]]:
    """Read people counted in cells, and how much of each cell lies in each community.

    Parameters
    ----------
    path
        A GeoTIFF (``.tif``, ``.tiff``; needs the extra ``raster``), or a layer of polygons.
    entry
        Its ``[population]`` table: ``column`` or ``band``, ``nodata``, ``use``, and ``before_buildings``, which is
        true where not said otherwise and the grid counts the people: who trusts it with how many, trusts it with
        where.
    zones
        Communities, metric, on ``community_id``.
    origin
        Where the counts come from.
    around
        True where the zones are no outlines but how far these may come to go: what lies outside is not told yet.

    Returns
    -------
    (PopulationGrid, FileRecord, list of Finding)
        Cells that communities touch and that hold people, in the order of their places; the order of the
        file's rows changes nothing.

    Raises
    ------
    PackError
        If the file cannot be read or holds no people in the communities; what, where, and what to do.
    """
    is_raster = path.suffix.lower() in RASTERS
    made = (raster_cells if is_raster else _polygon_cells)(path, entry, zones)
    if made.parts.empty:
        raise refusal("grid_elsewhere", file=path.name)
    place, share = made.parts["cell"].to_numpy(), made.parts["share"].to_numpy()
    cells, parts = placed_in_order(made.cells, pd.Index(made.parts["community_id"]), place, share)
    counts = entry.counts
    grid = PopulationGrid(
        cells=cells,
        parts=parts,
        origin=origin,
        before_buildings=counts if entry.before_buildings is None else entry.before_buildings,
        counts=counts,
        extent=made.extent,
        silent=made.silent,
    )
    doubled = [] if is_raster else _overlaps(cells, path, counts=counts)
    findings = [*made.findings, *doubled, *([] if around else outside_findings(grid, file=path.name))]
    return grid, made.record, findings


def _polygon_cells(path: Path, entry: PopulationTable, zones: gpd.GeoDataFrame) -> CellReading:
    read = read_layer(path, layer=entry.layer, encoding=entry.encoding, crs=entry.crs)
    layer = read.frame
    column = _people_column(path, layer, entry)
    people, findings = _people(path, layer, column, entry)
    known = ~np.isnan(people)
    if not known.all():
        findings.append(
            finding("population-cells-empty", "note", count=int((~known).sum()), file=path.name, column=column)
        )
    shapes = _outlines(path, layer, zones)
    cell, zone, share = area_shares(shapes, zones.geometry.to_numpy())
    touched = np.zeros(len(layer), dtype=bool)
    touched[cell] = True
    lived_in = people[cell] > 0
    used, position = np.unique(cell[lived_in], return_inverse=True)
    cells = gpd.GeoDataFrame({"people": people[used]}, geometry=shapes[used], crs=zones.crs)
    parts = pd.DataFrame({"community_id": zones.index[zone[lived_in]], "cell": position, "share": share[lived_in]})
    lost = {"population-cells-empty": int((~known).sum()), "population-elsewhere": int((known & ~touched).sum())}
    record = replace(
        read.record("population"),
        understood=((column, "population"),),
        unknown=tuple(name for name in read.record("population").unknown if name != column),
        rows_used=int((known & touched).sum()),
        dropped=tuple((reason, rows) for reason, rows in lost.items() if rows),
    )
    extent = shapely.box(*shapely.total_bounds(shapes))
    silent = silent_zones(zones.index, zone, known[cell])
    return CellReading(cells=cells, parts=parts, extent=extent, record=record, findings=tuple(findings), silent=silent)


def _people_column(path: Path, layer: gpd.GeoDataFrame, entry: PopulationTable) -> str:
    """The column that counts people: the one that is named, else the one whose header says so."""
    columns = [str(column) for column in layer.columns if column != layer.geometry.name]
    named = entry.column
    alike = column_synonyms("communities")
    fitting = [named] if named is not None else [c for c in columns if alike.get(fold_header(c)) == "population"]
    if len(fitting) == 1 and fitting[0] in columns:
        return str(fitting[0])
    wrong = (
        (f"没有名为“{named}”的列", f"there is no column {named!r}")
        if named is not None
        else ("看不出哪一列是人数", "no single column says that it counts people")
    )
    found_there = ", ".join(column[:40] for column in columns[:40])
    raise refusal("grid_column", file=path.name, wrong=wrong, found=found_there)


def _people(
    path: Path, layer: gpd.GeoDataFrame, column: str, entry: PopulationTable
) -> tuple[NDArray[np.float64], list[Finding]]:
    written = layer[column]
    numbers = pd.to_numeric(written, errors="coerce").to_numpy(dtype=float)
    words = np.isnan(numbers) & written.notna().to_numpy() & (written.astype(str).str.strip() != "").to_numpy()
    if words.any():
        row = int(np.flatnonzero(words)[0])
        raise refusal(
            "grid_number", file=path.name, row=row + 1, column=column, value=str(written.iloc[row])[:40],
            count=int(words.sum()),
        )  # fmt: skip
    return people_in_cells(
        numbers,
        stated=entry.nodata,
        file=path.name,
        column=column,
        where=lambda row: hint("cell_row", row=row + 1, column=column),
    )


def _outlines(path: Path, layer: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """The cells in metres, mended where they cross themselves."""
    shapes = np.asarray(layer.geometry.to_crs(zones.crs).to_numpy())
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6))
    broken = polygon & ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure")
    size = shapely.area(shapes)
    bad = ~(polygon & np.isfinite(size) & (size > 0))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        shape = hint("shape_nothing") if shapes[row] is None else shapes[row].geom_type
        raise refusal("cell_outline", file=path.name, row=row + 1, found=shape, count=int(bad.sum()))
    return shapes


def _overlaps(cells: gpd.GeoDataFrame, path: Path, *, counts: bool) -> list[Finding]:
    """Cells that lie on each other count people twice: refused where they are to be counted, else told."""
    shapes = cells.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(shapes)
    pair = first < second
    first, second = first[pair], second[pair]
    west, south, east, north = shapely.bounds(shapes).T
    wide = np.minimum(east[first], east[second]) - np.maximum(west[first], west[second])
    high = np.minimum(north[first], north[second]) - np.maximum(south[first], south[second])
    size = shapely.area(shapes)
    least = np.minimum(size[first], size[second])
    # Neighbours on a grid touch by a hair; only boxes that share more are looked at closely.
    near = np.maximum(wide, 0) * np.maximum(high, 0) > OVERLAP * least
    shared = shapely.area(shapely.intersection(shapes[first[near]], shapes[second[near]]))
    over = shared > OVERLAP * least[near]
    if not over.any():
        return []
    count, hectares = int(over.sum()), f"{shared[over].sum() / 1e4:.1f}"
    if counts:
        raise refusal("grid_overlaps", file=path.name, count=count, hectares=hectares)
    return [finding("population-cells-overlap", "warning", count=count, file=path.name, hectares=hectares)]


def outside_findings(grid: PopulationGrid, *, file: str) -> list[Finding]:
    """People of the cells that communities touch, but who live outside all communities by area."""
    whole, inside = float(grid.cells["people"].sum()), float(grid.part_people.sum())
    if whole - inside < 0.5:
        return []
    words = {"people": f"{whole - inside:,.0f}", "percent": f"{100 * (whole - inside) / whole:.0f}"}
    cells = grid.parts.groupby("cell_id")["share"].sum()
    return [finding("population-outside", "note", count=int((cells < 1 - 1e-6).sum()), file=file, **words)]
