"""What a city's input and its analysis tell of faults in the data: each counted, with a remedy, none silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from circle15 import catalog
from circle15.catalog import finding
from circle15.catalog.phrases import people_words
from circle15.hours.opening import hours_table, open_facilities
from circle15.model.limits import SCALE_TOLD
from circle15.model.metric import metric_fit
from circle15.model.moment import Moment
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions
from circle15.model.places import Communities, CommunitySeeds, Facilities, StudyArea
from circle15.model.provenance import Finding, Severity
from circle15.model.results import City, Coverage, Gaps, Settings
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.build import islands
from circle15.quality.datum import better_datum, datum_fits
from circle15.render.published.privacy import sum_of_parts

__all__ = [
    "border_findings",
    "datum_findings",
    "facility_findings",
    "few_findings",
    "metric_findings",
    "path_findings",
    "people_findings",
    "seed_datum_findings",
    "street_findings",
]


def street_findings(network: WalkNetwork) -> list[Finding]:
    """Scraps of street that are cut off from the main network."""
    cut_off = network.component_km[islands(network)]
    if len(cut_off) == 0:
        return []
    share = 100 * float(cut_off.sum()) / network.total_km
    km, percent = f"{cut_off.sum():.1f}", f"{share:.1f}"
    return [finding("islands", "note", count=len(cut_off), file=network.origin.file, km=km, percent=percent)]


def datum_findings(facilities: Facilities, network: WalkNetwork) -> list[Finding]:
    """Lists whose points fit the streets far better under another datum than the one they declare."""
    frame = facilities.frame
    if "list_datum" not in frame:
        return []
    return [
        suspect
        for (file, declared), rows in frame.groupby(["list_file", "list_datum"])
        for suspect in _datum_finding(rows.geometry, network, str(file), str(declared))
    ]


def seed_datum_findings(seeds: CommunitySeeds, network: WalkNetwork) -> list[Finding]:
    """As :func:`datum_findings`, for the points that communities are grown from."""
    points = seeds.frame.geometry.explode(index_parts=False)
    return _datum_finding(points, network, seeds.origin.file, seeds.datum)


def _datum_finding(points: gpd.GeoSeries, network: WalkNetwork, file: str, declared: str) -> list[Finding]:
    fits = datum_fits(network, points, declared=declared)
    better = better_datum(fits, points=len(points))
    if better is None:
        return []
    return [
        finding(
            "datum-suspect", "warning", count=len(points), file=file, value=declared,
            declared_m=f"{fits[0].median_m:.0f}", better=better.datum, better_m=f"{better.median_m:.0f}",
            times=f"{better.times_nearer:.1f}",
        )
    ]  # fmt: skip


_ODD_PLACES: tuple[tuple[int, str, Severity], ...] = (
    (Positions.FAR, "far", "warning"),
    (Positions.ISLAND, "island", "warning"),
    (Positions.MOVED, "moved", "note"),
)
"""What is odd about a place on the streets, its finding's code, and how grave that is."""


def facility_findings(facilities: PlacedFacilities, settings: Settings) -> list[Finding]:
    """Facilities far from any street or on an island, services without a list, lists without a facility."""
    findings: list[Finding] = []
    limit = f"{settings.max_snap_m:g}"
    for status, code, severity in _ODD_PLACES:
        rows = facilities.positions.status == status
        if rows.any():
            count, examples = int(rows.sum()), facilities.ids[rows]
            findings.append(finding(f"facility-{code}", severity, count=count, limit=limit, examples=examples))
    serving = facilities.facilities.in_service()
    known = catalog.services(serving.pack_services)
    offered = set(serving.offers()["service"])
    # Services that OpenStreetMap alone was asked for and lacks were told when the lists were read.
    unlisted = [key for key in known if key not in serving.unseen | facilities.listed]
    empty = [key for key in known if key in facilities.listed - serving.unseen - offered]
    return [
        *findings,
        *_about_services("undetermined-service", "note", known, unlisted),
        *_about_services("listed-but-empty", "warning", known, empty),
        *_opening_findings(serving, settings.open_at),
    ]


def few_findings(facilities: Facilities, communities: Communities) -> list[Finding]:
    """Services with implausibly few facilities for the people there are: their list may be incomplete."""
    people = float(communities.frame["population"].sum())
    number = facilities.in_service().offers()["service"].value_counts()
    findings = []
    for key, service in catalog.services(facilities.pack_services).items():
        count = int(number.get(key, 0))
        if count and people / count > catalog.adequacy().most_people_each:
            each = f"{people / count:,.0f}"
            findings.append(_about_service("few-facilities", "warning", service, count=count, each=each))
    return findings


def _opening_findings(facilities: Facilities, when: Moment | None) -> list[Finding]:
    """What is closed at the moment that was asked for, what counts as open for want of hours, what nobody offers."""
    if when is None:
        return []
    state = hours_table(facilities, when)["open"]
    shut, unknown = state.index[state.eq(False).fillna(value=False)], state.index[state.isna()]  # noqa: FBT003
    findings, moment = [], (when.zh, when.en)
    if len(shut):
        findings.append(finding("closed-then", "note", moment=moment, count=len(shut), examples=shut))
    if len(unknown):
        count, total = len(unknown), len(facilities)
        findings.append(
            finding("hours-unknown", "warning", moment=moment, count=count, total=total, examples=unknown)
        )  # fmt: skip
    offered = set(facilities.offers()["service"])
    silent = offered - set(open_facilities(facilities, when).offers()["service"])
    known = catalog.services(facilities.pack_services)
    silent_keys = [key for key in known if key in silent]
    return [*findings, *_about_services("nothing-open", "warning", known, silent_keys, moment=moment)]


def people_findings(city: City, demand: PlacedDemand, scored: Gaps, settings: Settings) -> list[Finding]:
    """What the analysis itself found wrong with where people live: counted, never silent."""
    findings: list[Finding] = []
    people = demand.points.known_in("population")
    elders, sums = demand.points.known_in("pop_60plus"), demand.points.community_sums
    for status, code, severity in _ODD_PLACES:
        rows = demand.positions.status == status
        if people[rows].sum() > 0:
            stranded = sum_of_parts(*(sums(elders * part) for part in (1, rows)), everyone=sums(people))
            stranded = stranded or sum_of_parts(sums(people), sums(people * rows))  # nobody there is 60+
            count, limit = int(rows.sum()), f"{settings.max_snap_m:g}"
            findings.append(
                finding(f"demand-{code}", severity, count=count, limit=limit, people=people_words(stranded))
            )
    empty = city.communities.frame.index[city.communities.frame["population"] == 0]
    if len(empty):
        findings.append(finding("no-people", "warning", count=len(empty), examples=empty))
    unknown = empty.append(city.communities.frame.index[city.communities.people_unknown])
    unjudged = scored.by_community.index[scored.by_community["index"].isna()].difference(unknown)
    if len(unjudged) and scored.weights:
        findings.append(finding("not-judged", "warning", count=len(unjudged), examples=unjudged))
    return findings


def metric_findings(area: StudyArea) -> list[Finding]:
    """A reference system that is more than 0.3 % untrue to length in the study area."""
    fit = metric_fit(area.crs, area.outline)
    if fit is None or fit.error <= SCALE_TOLD:
        return []
    return [finding("crs-stretches", "warning", file="city.toml", column="crs", **fit.words)]


def border_findings(city: City, profile: WalkProfile, settings: Settings) -> list[Finding]:
    """What the border of the data may have cut off."""
    reach_m = profile.reach_m(settings.circle_min) + settings.max_snap_m
    if reach_m <= city.area.buffer_m + 1:
        return []
    margin, reach, cutoff = f"{city.area.buffer_m:.0f}", f"{reach_m:.0f}", f"{settings.circle_min:g}"
    return [finding("narrow-margin", "warning", margin=margin, reach=reach, cutoff=cutoff)]


def path_findings(covered: Coverage, pack_services: tuple[catalog.Service, ...] = ()) -> list[Finding]:
    """People whom no walkable way leads to any facility of a service; ``pack_services`` are the city's."""
    if covered.nearest.empty:
        return []
    elders = covered.frame["pop_60plus"].groupby(level=["community_id", "service"]).first()
    told = {
        key: sum_of_parts(elders.reindex(people.index), people)
        for key, people in covered.nearest["unreachable"].groupby(level="service")
    }
    lost = pd.Series(told, dtype=float)
    offered = covered.nearest["mean_min"].notna().groupby("service").any()
    worst = lost[offered].sort_values(kind="stable")
    if worst.empty or worst.iloc[-1] <= 0:
        return []
    service = catalog.services(pack_services)[str(worst.index[-1])]
    return [_about_service("no-path", "warning", service, people=people_words(float(worst.iloc[-1])))]


def _about_service(code: str, severity: Severity, service: catalog.Service, **values: Any) -> Finding:
    return finding(code, severity, service=(service.title_zh, service.title_en), **values)


def _about_services(
    code: str, severity: Severity, known: Mapping[str, catalog.Service], keys: Sequence[str], **values: Any
) -> list[Finding]:
    """One finding on all services of which the same holds, none where there are none."""
    if not keys:
        return []
    named = [known[key] for key in keys]
    titles = "、".join(service.title_zh for service in named), ", ".join(service.title_en for service in named)
    quoted = ", ".join(f'"{key}"' for key in keys)
    return [finding(code, severity, count=len(keys), services=titles, keys=quoted, **values)]
