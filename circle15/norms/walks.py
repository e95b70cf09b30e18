"""Measures of who can walk to the facilities of a rule, and how many people share one of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.accessibility.delivery import delivered
from circle15.kernels.ragged import order_by_id
from circle15.model.norms import Rule
from circle15.model.placed import determined
from circle15.network.graph import cutoff_ms
from circle15.norms.figures import Figures
from circle15.norms.ground import Ground
from circle15.norms.sites import nothing_known, qualifying, state_then, unlisted
from circle15.routing.nearest import nearest_sites

__all__ = [
    "people_near", "people_near_open", "people_per_facility", "people_served", "residential_land_near",
    "services_in_reach",
]  # fmt: skip

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]


def _sum(ground: Ground, weight: Numbers) -> Numbers:
    return np.bincount(ground.owner, weights=weight, minlength=len(ground.communities)).astype(float)


def _within(ground: Ground, rule: Rule, counted: Mask, *, land: bool = False) -> Mask:
    """Which demand points, or points on the land, have one of the counted facilities within minutes or metres."""
    cost = ground.nearest_cost(counted, metres=rule.metres is not None, land=land)
    # One metre a second: whole milliseconds are whole millimetres.
    return np.asarray(cost <= (cutoff_ms(rule.minutes or 0) if rule.metres is None else rule.metres * 1000))


def _near(ground: Ground, rule: Rule, service: str) -> Mask:
    """Demand points with a facility of the service within the rule's minutes or metres."""
    return _within(ground, rule, qualifying(ground, rule, (service,)))


def _share_of_people(ground: Ground, rule: Rule, inside: Numbers, known: Mask, *, services: int = 1) -> Figures:
    """People times services within reach, of all of both.

    Of people whose number is not known the share is that of one of their demand points, or between two of them.
    """
    people = ground.demand.points.people_in(rule.people) * known
    # Whole numbers of services: their sums are exact, and so is a figure at its threshold.
    part, whole = _sum(ground, people * inside), _sum(ground, people * services)
    least, most = np.ones(len(whole)), np.zeros(len(whole))
    np.minimum.at(least, ground.owner[known], inside[known] / services)
    np.maximum.at(most, ground.owner[known], inside[known] / services)
    nowhere = least > most
    shares = (np.where(nowhere, 0.0, least), np.where(nowhere, 1.0, most))
    lacks = np.where(np.isnan(whole), rule.people, "people").astype(object)
    return Figures(part=part, whole=whole, scale=100.0, lacks=lacks, within=True, shares=shares)


def people_near(ground: Ground, rule: Rule) -> Figures:
    """People with every service of the rule within its minutes or metres."""
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    inside = np.all([_near(ground, rule, service) for service in rule.services], axis=0)
    return _share_of_people(ground, rule, inside.astype(float), ground.determined(inside))


def people_served(ground: Ground, rule: Rule) -> Figures:
    """People who walk there in time, or live within a delivery radius (:mod:`~circle15.accessibility.delivery`).

    Where no list says who delivers, all may be served.
    """
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    sent = delivered(ground.demand.points, ground.facilities.facilities, rule.services)
    brought = [sent.get(service, np.zeros(len(ground.demand), dtype=bool)) for service in rule.services]
    either = [_near(ground, rule, service) | got for service, got in zip(rule.services, brought, strict=True)]
    inside = np.all(either, axis=0)
    known = ground.determined(inside) | np.all(brought, axis=0)
    figures = _share_of_people(ground, rule, inside.astype(float), known)
    if "delivery_radius_m" in ground.facilities.frame:
        return figures
    everybody = _share_of_people(ground, rule, np.ones(len(inside)), known)
    return replace(figures, most=everybody, unsure="facilities.delivery_radius_m")


def people_near_open(ground: Ground, rule: Rule) -> Figures:
    """People with the service within reach and open at the rule's moment.

    Unknown hours are neither open nor closed: the figure counts what is known to be open, its upper bound the others.
    """
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    sure, shut = state_then(ground, rule)
    sites = [qualifying(ground, rule, (service,)) for service in rule.services]
    inside = [
        np.all([_within(ground, rule, qualified & open_) for qualified in sites], axis=0) for open_ in (sure, ~shut)
    ]
    known = ground.determined(inside[1])
    least, most = (_share_of_people(ground, rule, reached * 1.0, known) for reached in inside)
    return replace(least, most=most, unsure="facilities.opening_hours")


def services_in_reach(ground: Ground, rule: Rule) -> Figures:
    """People-weighted share of the rule's services that are within reach."""
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    count, services = np.sum([_near(ground, rule, service) for service in rule.services], axis=0), len(rule.services)
    known = ground.determined(count == services)
    return _share_of_people(ground, rule, count.astype(float), known, services=services)


def residential_land_near(ground: Ground, rule: Rule) -> Figures:
    """Share of residential land from which every service is within reach: points on the land, asked on the streets."""
    if ground.residential is None or ground.residential.frame is None or ground.residential.frame.empty:
        return nothing_known(ground, "residential")
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    homes, positions = ground.land
    near = [_within(ground, rule, qualifying(ground, rule, (service,)), land=True) for service in rule.services]
    inside = np.all(near, axis=0)
    area = homes.weight * determined(positions.status, inside)
    part, whole = (
        np.bincount(homes.community, weights=weight, minlength=len(ground.communities)).astype(float)
        for weight in (area * inside, area)
    )
    return Figures(part=part, whole=whole, scale=100.0, lacks="residential", within=True)


def people_per_facility(ground: Ground, rule: Rule) -> Figures:
    """Load of the facility that most people of a community are nearest to: everybody in the city nearest to it.

    Catchments are of the whole city and end at no community's border; people outside the study do not count. Where
    people who live nearest to it are not known, its load is at least that of the others.
    """
    if lacks := unlisted(ground, rule):
        return nothing_known(ground, lacks)
    rows = np.flatnonzero(qualifying(ground, rule))
    rows = rows[order_by_id(ground.facilities.ids[rows])]
    nearest = nearest_sites(ground.graph, ground.demand.positions, ground.facilities.positions.take(rows))
    people, arrives = ground.demand.points.known_in(rule.people), nearest >= 0
    unknown = np.isnan(ground.demand.points.people_in(rule.people))
    load = np.bincount(nearest[arrives], weights=people[arrives], minlength=len(rows)).astype(float)
    open_ended = np.bincount(nearest[arrives & unknown], minlength=len(rows)) > 0
    shared = pd.DataFrame({"owner": ground.owner[arrives], "site": nearest[arrives], "people": people[arrives]})
    summed = shared.groupby(["owner", "site"], sort=True)["people"].sum().reset_index()
    chief = summed.sort_values(["owner", "people", "site"], ascending=[True, False, True]).drop_duplicates("owner")
    lost = _sum(ground, unknown.astype(float)) > 0
    chief = chief[~lost[chief["owner"]]]
    part, facility = np.full(len(lost), np.nan), np.full(len(lost), -1, dtype=np.int64)
    part[chief["owner"]], facility[chief["owner"]] = load[chief["site"]], rows[chief["site"]]
    largest = part.copy()
    largest[chief["owner"]] = np.where(open_ended, np.nan, load)[chief["site"]]
    named = np.where(lost, rule.people, "facilities in reach").astype(object)
    return Figures(part=part, lacks=named, facility=facility, most=Figures(part=largest), unsure=rule.people)
