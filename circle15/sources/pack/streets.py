"""The streets of a pack: the first file that is there, a download, or a labelled stand-in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from circle15.catalog import finding, refusal, walking
from circle15.catalog.phrases import people_words
from circle15.errors import Circle15Error, StreetsError
from circle15.model.limits import few_as_five
from circle15.model.metric import lonlat_bounds
from circle15.model.provenance import FileRecord
from circle15.model.streets import Streets
from circle15.sources.city_config import Provenance
from circle15.sources.osm.streets import read_streets
from circle15.sources.pack.folder import FETCHED, Pack
from circle15.sources.pack.layers import OSM_CREDIT, layer_origin
from circle15.sources.reading import ReadingLog
from circle15.sources.town.synthetic import TOWNS, Town

__all__ = ["PackStreets", "need_streets", "pack_streets", "street_file", "streets_box", "within_streets"]


@dataclass(frozen=True, kw_only=True, eq=False)
class PackStreets:
    """The streets, and the OpenStreetMap file or the made town that they are of."""

    streets: Streets
    osm: Path | None = None
    town: Town | None = None

    def extent(self, crs: pyproj.CRS) -> shapely.Geometry | None:
        """The box of the file's header in a metric system; None without one that can be expressed there."""
        box = self.streets.bounds
        if box is None:
            return None
        drawn = shapely.segmentize(shapely.box(*box), (box[2] - box[0]) / 20 or 1.0)
        extent = gpd.GeoSeries([drawn], crs="EPSG:4326").to_crs(crs).iloc[0]
        return extent if np.isfinite(shapely.get_coordinates(extent)).all() else None


def _fetched(path: Path) -> Provenance:
    """What is known of downloaded streets: not what ``city.toml`` says of the file that is not there."""
    record = path.with_name(f"{path.name}.source.json")
    try:
        facts = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Provenance()
    except (OSError, ValueError) as error:
        raise refusal("fetched_record", file=record.name, why=error) from error
    day = facts.get("osm_date") or facts.get("fetched") or "" if isinstance(facts, dict) else ""
    return Provenance(date=str(day)[:10])


def pack_streets(pack: Pack, box: tuple[float, float, float, float], log: ReadingLog) -> PackStreets:
    """Read the streets of a pack within a box in degrees.

    Raises
    ------
    StreetsError
        If no street file is there, or it cannot be read.
    PackError
        If ``city.toml`` names a stand-in that is not known.
    """
    entry = pack.config.network
    for name in (*entry.files, FETCHED):
        path = pack.find(name, anywhere=True)
        if path is not None:
            streets = read_streets(path, bbox=box, origin=None)
            about = _fetched(path) if name == FETCHED else entry
            label = (streets.origin.label_zh, streets.origin.label_en)
            origin = layer_origin(about, path, label=label, usual=OSM_CREDIT)
            log.files.append(_record(path, streets))
            streets = replace(streets, origin=replace(origin, url=streets.origin.url))
            return PackStreets(streets=streets, osm=path)
    if entry.synthetic is not None:
        if entry.synthetic not in TOWNS:
            raise refusal("town_unknown", city=pack.key, value=entry.synthetic, known=", ".join(TOWNS))
        town = TOWNS[entry.synthetic]()
        log.findings.append(finding("synthetic-streets", "note"))
        return PackStreets(streets=town.streets, town=town)
    raise _no_streets(pack)


def street_file(pack: Pack) -> Path | None:
    """The first street file that is there."""
    paths = (pack.find(name, anywhere=True) for name in (*pack.config.network.files, FETCHED))
    return next((path for path in paths if path is not None), None)


def need_streets(pack: Pack) -> None:
    """Refuse a pack without any street file or stand-in, before anything large is read.

    Raises
    ------
    StreetsError
        As :func:`pack_streets`.
    """
    if pack.config.network.synthetic is None and street_file(pack) is None:
        raise _no_streets(pack)


def _no_streets(pack: Pack) -> Circle15Error:
    names = ", ".join(pack.config.network.files)
    return refusal(
        "streets_missing", error=StreetsError, city=pack.key, home=pack.home,
        names=(names or "city.toml 没有写文件名", names or "none is named"),
    )  # fmt: skip


def _record(path: Path, streets: Streets) -> FileRecord:
    """Rows are ways: kept as streets, or dropped for a reason; bounds are the header's, else those of the streets."""
    held = gpd.GeoSeries([shapely.box(*(streets.bounds or streets_box(streets)))], crs="EPSG:4326")
    mark = "dropped: "
    return FileRecord(
        file=path.name, role="streets", form="OpenStreetMap", crs="EPSG:4326", rows_read=streets.counts["ways read"],
        rows_used=streets.counts["ways kept"],
        dropped=tuple((key.removeprefix(mark), n) for key, n in streets.counts.items() if key.startswith(mark) and n),
        bounds=lonlat_bounds(held),
    )  # fmt: skip


def streets_box(streets: Streets) -> tuple[float, float, float, float]:
    """West, south, east, north of all nodes, in degrees."""
    lon, lat = streets.lon, streets.lat
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def within_streets(people: gpd.GeoDataFrame, streets: Streets, log: ReadingLog) -> gpd.GeoDataFrame:
    """Leave out communities that lie for more than half outside what the streets cover, and tell of them.

    Raises
    ------
    StreetsError
        If that leaves none.
    """
    box = gpd.GeoSeries([shapely.box(*streets_box(streets))], crs="EPSG:4326").to_crs(people.crs)
    out = _share_within(people.geometry, box.iloc[0]) < 0.5
    if out.all():
        named = streets.origin.file
        raise refusal(
            "streets_elsewhere", error=StreetsError, count=len(people),
            file=(named or streets.origin.label_zh, named or streets.origin.label_en),
        )  # fmt: skip
    if out.any():
        lost = float(few_as_five(people.loc[out, "population"]).sum())
        log.findings.append(
            finding(
                "community-outside-streets",
                "warning",
                count=int(out.sum()),
                people=people_words(lost),
                examples=people.index[out],
            )
        )
        rows = int(people.loc[out, "parts"].sum()) if "parts" in people else int(out.sum())
        log.files = [
            record.without("community-outside-streets", rows) if record.role == "communities" else record
            for record in log.files
        ]
    return people[~out]


def _share_within(shapes: gpd.GeoSeries, box: shapely.Geometry) -> NDArray[np.float64]:
    """Which part of each polygon lies in a box; of points, which part of them lies in it or near enough to a street."""
    if shapes.geom_type.isin(["Point", "MultiPoint"]).all():
        points, row = shapely.get_parts(shapes.to_numpy(), return_index=True)
        near = shapely.dwithin(points, box, float(walking()["snap"]["max_snap_m"]))
        return np.asarray(np.bincount(row, weights=near, minlength=len(shapes)) / np.bincount(row))
    return np.asarray(shapely.area(shapely.intersection(shapes.to_numpy(), box)) / shapes.area.to_numpy())
