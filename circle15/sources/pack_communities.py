"""The communities of a pack: the first layer that is there, in metres, with its origin and findings."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj

from circle15.catalog import finding
from circle15.errors import PackError
from circle15.model.provenance import Origin
from circle15.sources.community_checks import community_checks
from circle15.sources.community_table import read_communities
from circle15.sources.pack_folder import Pack
from circle15.sources.pack_layers import layer_origin
from circle15.sources.reading import ReadingLog

__all__ = ["PackCommunities", "pack_communities"]


@dataclass(frozen=True, kw_only=True, eq=False)
class PackCommunities:
    """Communities as they were read, in the pack's metric system, and where they come from."""

    frame: gpd.GeoDataFrame
    origin: Origin


def pack_communities(pack: Pack, crs: pyproj.CRS, log: ReadingLog) -> PackCommunities:
    """Read the communities of a pack and check them.

    Raises
    ------
    PackError
        If no layer is there, it cannot be used, or does not fit the reference system.
    """
    entry = pack.config["communities"]
    names = entry.get("files") or [entry.get("file", "")]
    path = next((found for name in names if (found := pack.find(name)) is not None), None)
    if path is None:
        raise PackError(f"city.toml of {pack.key}: none of the community layers {names} is there")
    per_file = {**entry, **entry.get("about", {}).get(path.name, {})}
    columns = entry.get("columns", {})
    mapping = columns.get(path.name, {} if set(columns) & set(names) else columns)
    people = entry.get("people")
    joined = (pack.need(people["file"]), people) if people else None
    frame = log.add(read_communities(path, mapping, joined, entry=entry))
    origin = layer_origin(per_file, path, label=("社区", "Communities"))
    if origin.synthetic:
        log.findings.append(finding("synthetic-communities", "note", file=path.name))
    if per_file.get("estimated"):
        log.findings.append(finding("estimated-people", "warning", file=path.name))
    metric = frame.to_crs(crs)
    if not np.isfinite(metric.total_bounds).all():
        raise PackError(f"{path.name}: its coordinates do not fit into {crs.name}; are x and y swapped?")
    log.findings.extend(community_checks(metric, file=path.name))
    return PackCommunities(frame=metric, origin=origin)
