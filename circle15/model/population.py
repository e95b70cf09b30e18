"""People counted in cells: a population grid, and how much of each cell lies in each community."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.errors import CrsError, InputError
from circle15.model.metric import why_unfit
from circle15.model.provenance import Origin
from circle15.refusals import hint, refusal

__all__ = ["PERSON_PARTS", "PopulationGrid", "area_shares", "placed_in_order"]

PERSON_PARTS = 1024
"""People are dealt out in whole 1/1024ths of a person: sums of such numbers are exact in floating point."""
SLIVER = 1e-9
"""A smaller share of a cell is rounding, not land."""


def area_shares(
    cells: NDArray[np.object_], zones: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Which part of each cell's area lies in which zone.

    Parameters
    ----------
    cells, zones
        Polygons in one metric system.

    Returns
    -------
    (numpy.ndarray, numpy.ndarray, numpy.ndarray)
        Triples of positions and shares (above 0, up to 1), pairs that overlap only.

    Examples
    --------
    >>> cell, zone, share = area_shares(np.array([shapely.box(0, 0, 2, 2)]), np.array([shapely.box(1, 1, 9, 9)]))
    >>> share.tolist()
    [0.25]
    """
    zone, cell = shapely.STRtree(cells).query(zones, predicate="intersects")
    share = shapely.area(shapely.intersection(zones[zone], cells[cell])) / shapely.area(cells[cell])
    met = share > SLIVER
    return cell[met], zone[met], np.minimum(share[met], 1.0)


def placed_in_order(
    cells: gpd.GeoDataFrame, community: pd.Index, cell: NDArray[np.int64], share: NDArray[np.float64]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Number cells by where they lie, so that the order of a file's rows changes nothing.

    Parameters
    ----------
    cells
        With ``people`` and polygons.
    community, cell, share
        Parts: id of the community, position of the cell, share of its area.

    Returns
    -------
    (geopandas.GeoDataFrame, pandas.DataFrame)
        ``cells`` and ``parts`` of a :class:`PopulationGrid`.
    """
    order = np.lexsort((cells["people"], *shapely.bounds(cells.geometry.to_numpy()).T[::-1]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    parts = pd.DataFrame({"community_id": community, "cell_id": rank[cell], "share": share})
    parts = parts.sort_values(["community_id", "cell_id"], ignore_index=True)
    return cells.iloc[order].reset_index(drop=True).rename_axis("cell_id"), parts


@dataclass(frozen=True, kw_only=True, eq=False)
class PopulationGrid:
    """People in cells (squares of a raster or a grid, or any polygons that were counted in).

    Attributes
    ----------
    cells
        GeoDataFrame on ``cell_id`` (int) with ``people`` (zero or more) and metric polygons.
    parts
        One row for each community and cell that overlap: ``community_id``, ``cell_id``, and ``share``, the
        part of the cell's area that lies in the community (above 0, up to 1).
    origin
        Where the counts come from.
    before_buildings
        True where the counts are trusted more than the volume of buildings: people go to cells first, and
        within a cell to its buildings.
    extent
        Where the grid says something, in the cells' system: beyond it, no cell is no statement. None: not known.
    counts
        True where the people of the communities were summed from these cells.
    silent
        Communities that only cells without a number touch: how many people live there the grid does not say.

    Raises
    ------
    InputError
        If a column is missing, people are negative or missing, or a share is no share.
    CrsError
        If the cells are not in metres.
    """

    cells: gpd.GeoDataFrame
    parts: pd.DataFrame
    origin: Origin
    before_buildings: bool = False
    counts: bool = False
    extent: shapely.Geometry | None = None
    silent: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.cells.index.name != "cell_id" or self.cells.index.has_duplicates:
            raise refusal("cells_index", error=InputError)
        if self.cells.crs is None or why_unfit(self.cells.crs):
            raise refusal("frame_crs", error=CrsError, what=hint("what_population_grid"), crs=self.cells.crs)
        people = self.cells["people"].to_numpy(dtype=float)
        if not (np.isfinite(people) & (people >= 0)).all():
            raise refusal("cells_people", error=InputError)
        missing = {"community_id", "cell_id", "share"} - set(self.parts.columns)
        if missing:
            raise refusal("parts_columns", error=InputError, columns=", ".join(sorted(missing)))
        share = self.parts["share"].to_numpy(dtype=float)
        if not ((share > 0) & (share <= 1)).all():
            raise refusal("parts_share", error=InputError)
        if not self.parts["cell_id"].isin(self.cells.index).all():
            raise refusal("parts_cells", error=InputError)

    @classmethod
    def from_cells(cls, cells: gpd.GeoDataFrame, communities: gpd.GeoDataFrame, *, origin: Origin) -> Self:
        """A grid from your own frames: areas are overlaid, in the communities' system; the rows' order changes nothing.

        Parameters
        ----------
        cells
            Polygons with a column ``people`` (zero or more), in any system.
        communities
            Polygons on ``community_id``, metric; ``Communities.frame`` is such a frame.
        origin
            Where the counts come from.

        Raises
        ------
        InputError
            If people are negative or missing.
        CrsError
            If a system is missing, or the communities' is not metric.
        """
        if cells.crs is None:
            raise refusal("cells_no_crs", error=CrsError)
        local = cells[["people", cells.geometry.name]].to_crs(communities.crs).reset_index(drop=True)
        shapes = local.geometry.to_numpy()
        cell, zone, share = area_shares(shapes, communities.geometry.to_numpy())
        cells, parts = placed_in_order(local, communities.index[zone], cell, share)
        return cls(cells=cells, parts=parts, origin=origin, extent=shapely.box(*shapely.total_bounds(shapes)))

    def over(self, communities: gpd.GeoDataFrame) -> Self:
        """The same counts for other outlines, such as those that were grown after the grid was read.

        Parameters
        ----------
        communities
            Polygons on ``community_id`` in the cells' system, within what the grid was read for.
        """
        cell, zone, share = area_shares(self.cells.geometry.to_numpy(), communities.geometry.to_numpy())
        used, position = np.unique(cell, return_inverse=True)
        cells, parts = placed_in_order(self.cells.iloc[used], communities.index[zone], position, share)
        return replace(self, cells=cells, parts=parts)

    @property
    def part_people(self) -> pd.Series:
        """``float64`` people of each part: the cell's, times the share of its area (areal weighting)."""
        of_cell = self.cells["people"].reindex(self.parts["cell_id"]).to_numpy(dtype=float)
        return pd.Series(of_cell * self.parts["share"].to_numpy(dtype=float), index=self.parts.index, name="people")

    def reaches(self, shapes: gpd.GeoSeries) -> pd.Series:
        """For each shape, whether at least half of its area lies within the grid's extent."""
        if self.extent is None:
            return pd.Series(data=True, index=shapes.index)
        inside = shapely.area(shapely.intersection(shapes.to_numpy(), self.extent))
        return pd.Series(inside >= 0.5 * shapely.area(shapes.to_numpy()), index=shapes.index)

    def people_of(self, communities: pd.Index) -> pd.Series:
        """People of communities by the grid, to 1/1024 person: the sum over their parts of cells.

        Areal weighting, as in Goodchild and Lam (1980): people are taken to live evenly over a cell.

        Parameters
        ----------
        communities
            Ids; those that the grid does not touch get 0, those of which it is silent NaN.

        Returns
        -------
        pandas.Series
            ``float64`` on ``community_id``.
        """
        place = communities.get_indexer(pd.Index(self.parts["community_id"]))
        known = place >= 0
        people = np.bincount(place[known], weights=self.part_people.to_numpy()[known], minlength=len(communities))
        rounded = np.where(communities.isin(self.silent), np.nan, np.rint(people * PERSON_PARTS) / PERSON_PARTS)
        return pd.Series(rounded, index=communities.rename("community_id"), name="population")

    def __len__(self) -> int:
        return len(self.cells)

    def __repr__(self) -> str:
        side = float(np.sqrt(np.median(shapely.area(self.cells.geometry.to_numpy())))) if len(self) else 0.0
        return f"<PopulationGrid: {len(self):,} cells of about {side:,.0f} m, {self.cells['people'].sum():,.0f} people>"
