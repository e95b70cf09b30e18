"""The communities of a pack: the first layer that is there, in metres, with its origin and findings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pyproj

from circle15.catalog import finding, refusal, text
from circle15.model.limits import SCALE_REFUSED
from circle15.model.metric import metric_fit
from circle15.model.places import PEOPLE, Communities, CommunitySeeds
from circle15.model.provenance import Finding, Origin
from circle15.sources.communities.findings import community_checks
from circle15.sources.communities.offices import read_office_columns
from circle15.sources.communities.table import read_communities
from circle15.sources.pack.folder import Pack
from circle15.sources.pack.layers import layer_origin, population_file
from circle15.sources.reading import ReadingLog

__all__ = ["GROW_M", "PackCommunities", "pack_communities", "unknown_findings"]

GROW_M = 500.0
"""How far along the streets communities without outlines are grown: a default of this project.

500 m is the walking distance of the ten-minute circle of GB 50180-2018 (table 3.0.4), whose 32-50 ha (2.0.3) are
what a lattice of streets gives within it: 2 x 500 m x 500 m = 50 ha. No norm says how far a community goes.
"""


@dataclass(frozen=True, kw_only=True, eq=False)
class PackCommunities:
    """Communities as they were read, in the pack's metric system, where they come from, and whether it is estimated.

    Polygons; or points, when ``grow_m`` says how far along the streets outlines are to be grown from them.
    """

    frame: gpd.GeoDataFrame
    origin: Origin
    grow_m: float | None = None
    estimated: bool = False
    datum: str = "wgs84"

    @property
    def land(self) -> gpd.GeoDataFrame:
        """The communities with the land that they have, or at most may come to have."""
        if self.grow_m is None:
            return self.frame
        seeds = CommunitySeeds(frame=self.frame, grow_m=self.grow_m, origin=self.origin)
        return self.frame.set_geometry(seeds.surroundings)

    def kept(self, ids: Any) -> Communities | CommunitySeeds:
        """Some of the communities, as they go on from here."""
        frame = self.frame.loc[ids]
        if self.grow_m is None:
            return Communities(frame=frame, origin=self.origin)
        return CommunitySeeds(frame=frame, grow_m=self.grow_m, origin=self.origin, datum=self.datum)


def pack_communities(
    pack: Pack, crs: pyproj.CRS, log: ReadingLog, *, seen: Callable[[str, gpd.GeoDataFrame], None] | None = None
) -> PackCommunities:
    """Read the communities of a pack and check them.

    Parameters
    ----------
    pack, crs, log
        The pack, its reference system, and what takes records and findings.
    seen
        Called with the file's name and its rows as they were read, before they are asked to fit the system.

    Raises
    ------
    PackError
        If no layer is there, it cannot be used, or does not fit the reference system.
    """
    entry, grid = pack.config.communities, pack.config.population
    path = next((path_found for name in entry.names if (path_found := pack.find(name)) is not None), None)
    if path is None:
        raise refusal("communities_missing", city=pack.key, names=", ".join(entry.names), home=pack.home)
    counted = population_file(pack) is not None and grid is not None and grid.counts
    about, people = entry.of_file(path.name), entry.people
    table = (pack.need(people.file), people) if people else None
    frame = log.add(read_communities(path, entry.columns_of(path.name), table, entry=about, counted=counted))
    origin = layer_origin(about, path, label=("社区", "Communities"))
    if origin.synthetic:
        log.findings.append(finding("synthetic-communities", "note", file=path.name))
    if about.estimated and not counted:
        log.findings.append(finding("estimated-people", "warning", file=path.name))
    if seen is not None:
        seen(path.name, frame)
    metric = frame.to_crs(crs)
    if not np.isfinite(metric.total_bounds).all():
        raise refusal("communities_unfit", file=path.name, crs=crs.name)
    _refuse_stretched(pack, crs, metric, file=path.name)
    log.findings.extend(community_checks(metric, file=path.name))
    metric, findings = read_office_columns(metric, file=people.file if people else path.name)
    log.findings.extend(findings)
    grow_m = float(GROW_M if about.grow_m is None else about.grow_m) if about.grow else None
    return PackCommunities(
        frame=metric,
        origin=_with_basis(origin, metric),
        grow_m=grow_m,
        estimated=about.estimated,
        datum=about.datum,
    )


def unknown_findings(people: PackCommunities) -> list[Finding]:
    """Communities whose people, or people aged 60+, nobody knows: they stay, undetermined.

    Raises
    ------
    PackError
        If those of all are unknown.
    """
    frame, file = people.frame, people.origin.file
    unknown = frame[list(PEOPLE)].isna().any(axis=1)
    if unknown.all():
        raise refusal("people_unknown", file=file, count=len(frame))
    if not unknown.any():
        return []
    ids = frame.index[unknown]
    lacks = {column: int(frame[column].isna().sum()) for column in PEOPLE}
    return [finding("people-unknown", "warning", count=len(ids), file=file, **lacks, examples=ids)]


def _refuse_stretched(pack: Pack, crs: pyproj.CRS, communities: gpd.GeoDataFrame, *, file: str) -> None:
    """Refuse a pack whose reference system is more than 1 % untrue to length where its communities lie."""
    corner = communities.geometry.bounds.to_numpy()
    fit = metric_fit(crs, (corner[:, :2] + corner[:, 2:]) / 2)
    if fit is not None and fit.error > SCALE_REFUSED:
        raise refusal(
            "pack_crs_stretches", file=pack.home / "city.toml", given=pack.config.crs, communities=file, **fit.words
        )


def _with_basis(origin: Origin, frame: gpd.GeoDataFrame) -> Origin:
    """An origin whose label says that people are registered ones, where they are."""
    if "people_basis" not in frame:
        return origin
    zh, en = (
        text("registered_label", language, label=label)
        for language, label in (("zh", origin.label_zh), ("en", origin.label_en))
    )
    return replace(origin, label_zh=zh, label_en=en)
