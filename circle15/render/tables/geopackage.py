"""``circle15.gpkg``: every layer of an analysis by name, for QGIS and other desktop programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

from circle15.catalog import services, way_classes
from circle15.model import Analysis, EdgeFlag, NodeFlag
from circle15.model.limits import FEWEST
from circle15.render.tables.actions import action_table
from circle15.render.tables.facilities import facility_table
from circle15.render.tables.frames import community_table, gap_table, subdistrict_table, synthetic_layers
from circle15.render.tables.ledger import ledger_table
from circle15.render.words import both, plain_text

__all__ = ["layers", "write_geopackage"]

DRAWN_M = 0.5  # isochrones are written to half a metre: a tenth of the grid that they were drawn on
CELL_M = 100.0
"""Side of the cells that demand points are gathered in: no household's place or number is written."""


_WRITING = {
    "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",  # one date on all layers, so that the bytes do not tell the hour
    "OGR_SQLITE_SYNCHRONOUS": "OFF",  # a file that is not whole yet need not reach the disk after every layer
}
"""How GDAL writes."""
_FLAGS = {
    "steps": EdgeFlag.STEPS,
    "bridge": EdgeFlag.BRIDGE,
    "tunnel": EdgeFlag.TUNNEL,
    "private": EdgeFlag.PRIVATE,
    "crossing": EdgeFlag.CROSSING,
    "sidepath": EdgeFlag.SIDEPATH,
    "forward_only": EdgeFlag.FORWARD_ONLY,
    "gate": EdgeFlag.GATE_AT_U | EdgeFlag.GATE_AT_V,
    "signal": EdgeFlag.SIGNAL_AT_U | EdgeFlag.SIGNAL_AT_V,
    "closed": EdgeFlag.CLOSED,
    "confirmed": EdgeFlag.CONFIRMED,
}
_MADE_OF = {
    "demand_points": ("communities",),
    "street_nodes": ("streets",),
    "isochrones": ("facilities", "streets"),
    "isochrones_merged": ("facilities", "streets"),
    "gaps": ("communities", "facilities", "streets"),
    "routes": ("communities", "facilities", "streets"),
    "links": ("communities", "facilities", "streets"),
    "actions": ("communities", "facilities", "streets"),
    "subdistricts": ("communities",),
    "ledger": ("communities", "facilities", "streets"),
}


def write_geopackage(analysis: Analysis, path: Path) -> None:
    """Write all layers of :func:`layers` to a new file; the same analysis gives the same bytes.

    Raises
    ------
    OSError
        If GDAL cannot write the file.
    """
    with _options_of_writing():
        for layer, frame in layers(analysis).items():
            try:
                pyogrio.write_dataframe(
                    _clean(frame),
                    path,
                    layer=layer,
                    driver="GPKG",
                    promote_to_multi=True if layer.startswith(("communities", "isochrones", "subdistricts")) else None,
                    layer_options={"IDENTIFIER": layer, "DESCRIPTION": _described(analysis, layer)},
                )
            except (DataSourceError, DataLayerError, FeatureError) as error:
                raise OSError(f"layer {layer!r}: {error}") from error


def layers(analysis: Analysis) -> Mapping[str, pd.DataFrame]:
    """Return every layer by its name, in the metric reference system; ``gaps``, ``ledger`` and ``about`` have none."""
    return {
        "communities": _communities(analysis),
        **({"subdistricts": _subdistricts(analysis)} if len(analysis.subdistricts) else {}),
        "facilities": _facilities(analysis),
        "isochrones": _isochrones(analysis),
        "isochrones_merged": _merged(analysis),
        "demand_points": _people(analysis),
        "streets": _streets(analysis),
        **({"street_nodes": _street_nodes(analysis)} if analysis.network.node_flags.any() else {}),
        **({"routes": _routes(analysis)} if len(analysis.routes) else {}),
        **({"links": _added_links(analysis)} if len(analysis.attribution.links) else {}),
        **({"actions": _actions(analysis)} if len(analysis.actions) else {}),
        "gaps": gap_table(analysis),
        **({"ledger": ledger_table(analysis)} if len(analysis.ledger) else {}),
        "about": _about(analysis),
    }


# -- layers ---------------------------------------------------------------------------------------


def _communities(analysis: Analysis) -> gpd.GeoDataFrame:
    table = community_table(analysis).set_index("community_id")
    for figure in ("share", "uncovered"):
        wide = analysis.gaps.frame[figure].unstack("service").reindex(table.index)
        table = table.join(
            wide[[key for key in services(analysis.city.pack_services) if key in wide]]
            .round(4)
            .add_prefix(f"{figure}_")
        )
    table["synthetic"] = analysis.city.communities.origin.synthetic
    return _placed(table.reset_index(), analysis.city.communities.frame.geometry.reindex(table.index))


def _subdistricts(analysis: Analysis) -> gpd.GeoDataFrame:
    """Communities united by the subdistrict that they name."""
    table = subdistrict_table(analysis).set_index("subdistrict")
    frame = analysis.subdistricts.frame
    at = frame.xs(analysis.settings.circle_min, level="cutoff_min") if len(frame) else frame
    for figure, column in (("share", "pop_60plus_share"), ("uncovered", "pop_60plus_uncovered")):
        wide = at[column].unstack("service").reindex(table.index)
        table = table.join(
            wide[[key for key in services(analysis.city.pack_services) if key in wide]]
            .round(4)
            .add_prefix(f"{figure}_")
        )
    geometry = analysis.city.communities.frame.geometry
    named = analysis.subdistricts.named.reindex(geometry.index)
    shapes = [shapely.union_all(geometry[named == subdistrict].to_numpy()) for subdistrict in table.index]
    table["synthetic"] = analysis.city.communities.origin.synthetic
    return _placed(table.reset_index(), gpd.GeoSeries(shapes, crs=geometry.crs))


def _facilities(analysis: Analysis) -> gpd.GeoDataFrame:
    table = facility_table(analysis)
    offered = analysis.city.facilities.frame["services"].reindex(table["facility_id"])
    table["service_keys"] = [";".join(keys) for keys in offered]
    return _placed(table, analysis.city.facilities.frame.geometry.reindex(table["facility_id"]))


def _isochrones(analysis: Analysis) -> gpd.GeoDataFrame:
    frame = analysis.isochrones.frame.sort_index(level=["facility_id", "cutoff_min"], ascending=[True, False])
    table = pd.DataFrame(index=frame.index).reset_index()
    table["name"] = analysis.city.facilities.frame["name"].reindex(table["facility_id"]).to_numpy()
    table["profile"], table["area_ha"] = analysis.profile.name, (frame.area / 1e4).round(2).to_numpy()
    return _placed(table, frame.geometry.simplify(DRAWN_M, preserve_topology=False))


def _merged(analysis: Analysis) -> gpd.GeoDataFrame:
    frame = analysis.isochrones.merged.sort_index(level=["service", "cutoff_min"], ascending=[True, False])
    table = pd.DataFrame(index=frame.index).reset_index()
    known = services(analysis.city.pack_services)
    table["service_zh"] = [known[key].title_zh for key in table["service"]]
    table["service_en"] = [known[key].title_en for key in table["service"]]
    table["profile"], table["area_ha"] = analysis.profile.name, (frame.area / 1e4).round(2).to_numpy()
    return _placed(table, frame.geometry.simplify(DRAWN_M, preserve_topology=False))


def _people(analysis: Analysis) -> gpd.GeoDataFrame:
    """People in cells per community, rounded; small numbers, and those that nobody knows, stay empty."""
    frame, people = analysis.demand.frame, list(analysis.demand.points.people)
    cells = pd.DataFrame(frame[["community_id", *people]])
    cells["column"] = np.floor(frame.geometry.x / CELL_M)
    cells["row"] = np.floor(frame.geometry.y / CELL_M)
    cells["points"] = 1
    grouped = cells.groupby(["community_id", "column", "row"], sort=True)[["points", *people]]
    summed = grouped.sum(min_count=1).reset_index()
    middle = shapely.points((summed.pop("column") + 0.5) * CELL_M, (summed.pop("row") + 0.5) * CELL_M)
    for column in people:
        summed[column] = (
            summed[column].where((summed[column] >= FEWEST) | (summed[column] == 0)).round().astype("Int64")
        )
    return _placed(summed, gpd.GeoSeries(middle, crs=frame.crs))


def _streets(analysis: Analysis) -> gpd.GeoDataFrame:
    network = analysis.network
    table = pd.DataFrame({"edge": np.arange(network.n_edges), "u": network.node_id[network.u]})
    table["v"] = network.node_id[network.v]
    table["way_class"] = np.array([way.name for way in way_classes()], dtype=object)[network.way_class]
    table["name"] = np.array(network.names, dtype=object)[network.name]
    table["length_m"] = network.length_m
    for column, flag in _FLAGS.items():
        table[column] = network.has(flag)
    table["component"] = network.component[network.u]
    table["synthetic"] = network.origin.synthetic
    owner = np.repeat(np.arange(network.n_edges), np.diff(network.vertex_start))
    lines = shapely.linestrings(network.vertex, indices=owner)
    return _placed(table, gpd.GeoSeries(lines, crs=network.crs))


def _street_nodes(analysis: Analysis) -> gpd.GeoDataFrame:
    """Nodes at which more happens than that streets meet; what nobody passes is one for each way that ends there."""
    network = analysis.network
    rows = np.flatnonzero(network.node_flags)
    table = pd.DataFrame({"node": network.node_id[rows]})
    for flag in NodeFlag:
        table[str(flag.name).lower()] = (network.node_flags[rows] & np.uint8(flag)) != 0
    table["synthetic"] = network.origin.synthetic
    return _placed(table, gpd.GeoSeries(gpd.points_from_xy(network.x[rows], network.y[rows]), crs=network.crs))


def _routes(analysis: Analysis) -> gpd.GeoDataFrame:
    """Typical walks; ``edges`` are rows of the layer ``streets``. The home itself is not named."""
    frame = analysis.routes.frame
    table = pd.DataFrame(frame.drop(columns=["geometry", "point_id"])).reset_index()
    for column, places in (("community_id", analysis.city.communities), ("facility_id", analysis.city.facilities)):
        table.insert(0, column.replace("_id", "_name"), places.frame["name"].reindex(table[column]).to_numpy())
    table["edges"] = [" ".join(map(str, edges)) for edges in table["edges"]]
    table["minutes"], table["profile"] = table["minutes"].round(2), analysis.profile.name
    for column in ("metres", "straight_m"):
        table[column] = table[column].round(1)
    return _placed(table, frame.geometry)


def _added_links(analysis: Analysis) -> gpd.GeoDataFrame:
    """Links that would serve most, and which gaps each is the best for; small numbers of people stay empty."""
    frame = analysis.attribution.links
    table = pd.DataFrame(frame.drop(columns="geometry")).reset_index()
    table["serves"] = table["serves"].where(table["serves"] >= FEWEST).round().astype("Int64")
    best = analysis.attribution.frame["link_id"]
    pairs = pd.Series([f"{community} {service}" for community, service in best.index], dtype=object)
    table["best_for"] = pairs.groupby(best.to_numpy()).agg("; ".join).reindex(table["link_id"]).to_numpy()
    table["u"], table["v"] = (analysis.network.node_id[table[end]] for end in ("u", "v"))
    table["length_m"] = table["length_m"].round(1)
    return _placed(table, frame.geometry)


def _actions(analysis: Analysis) -> gpd.GeoDataFrame:
    """What would help most, where it is; small numbers of people stay empty."""
    table = action_table(analysis).drop(columns=["lon", "lat"])
    for column in ("gain", "added"):
        whole = table[column].round()
        table[column] = whole.where((whole >= FEWEST) | (whole == 0)).astype("Int64")
    return _placed(table.drop(columns="gain_by_service"), analysis.actions.frame.geometry)


def _about(analysis: Analysis) -> pd.DataFrame:
    """Terms and provenance as a table: dataset metadata would make readers leave a file beside this one."""
    about = {
        "title": f"circle15 {analysis.city.title_zh} {analysis.city.title_en}",
        "synthetic": ", ".join(synthetic_layers(analysis.city)) or "none",
        "attribution": "; ".join(dict.fromkeys(o.attribution for o in analysis.city.origins if o.attribution)),
        "profile": analysis.profile.name,
        "review_number": analysis.city.review_number,
        "use": str(both("use_inside")),
    }
    if analysis.settings.open_at is not None:
        about["open_at"] = analysis.settings.open_at.en
    return pd.DataFrame({"key": list(about), "value": list(about.values())})


# -- writing --------------------------------------------------------------------------------------


def _placed(table: pd.DataFrame, shapes: gpd.GeoSeries) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(table, geometry=shapes.to_numpy(), crs=shapes.crs)


def _clean(frame: pd.DataFrame) -> pd.DataFrame:
    """Text without control characters; what is neither text nor number becomes JSON text."""
    frame = frame.copy()
    shapes = {frame.geometry.name} if isinstance(frame, gpd.GeoDataFrame) else set()
    for column in frame.columns.difference(sorted(shapes), sort=False):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = [_text(value) for value in frame[column]]
    return frame


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, Mapping | list | tuple):
        return plain_text(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
    return None if value is None or pd.isna(value) else plain_text(str(value))  # type: ignore[call-overload]


def _described(analysis: Analysis, layer: str) -> str:
    made = set(_MADE_OF.get(layer, (layer,))) & set(synthetic_layers(analysis.city))
    label = str(both("made_layer")) + " " if made else ""
    return label + str(both(f"about_{layer}", fewest=FEWEST))


@contextmanager
def _options_of_writing() -> Iterator[None]:
    """Let GDAL write with :data:`_WRITING`, and afterwards as before."""
    before = {key: pyogrio.get_gdal_config_option(key) for key in _WRITING}
    pyogrio.set_gdal_config_options(_WRITING)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)
