"""The small town with the people aged 60+ of one community given point by point, all that is told, and an adversary.

Every figure of people rests on these: coverage, gaps, causes, draws, clauses, groups.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from circle15.model import Analysis, Equity
from circle15.model.norms import Ledger
from circle15.render.map.payload import payload
from circle15.render.published.privacy import public_parts, public_shares, tells_too_much
from circle15.render.published.told import Published, publish
from circle15.render.report.content import report_of
from circle15.render.report.facts import Facts
from circle15.render.tables.workbook import workbook_bytes
from tests.towns import page_fixture, verdict_fixture

COMMUNITY = "c4"
ELDERS = (640, 812, 455, 0, 388, 7, 1204, 503)
CIRCLE_MS = 900_000


class Town:
    """The town before anybody lives in c4.

    ``points`` are its rows of the demand; of each ``best_ms`` to and ``choices`` of a service, which the page's streets
    tell everybody. ``most_choices`` is the largest mean of any community.
    """

    def __init__(self) -> None:
        self.plain = page_fixture.analysis(elders=(*ELDERS[:3], 100, *ELDERS[4:]))
        owner = self.plain.demand.frame["community_id"].to_numpy()
        self.points, self.cost_ms = np.flatnonzero(owner == COMMUNITY), self._costs()
        self.best_ms, self.choices, self.most_choices = {}, {}, {}
        for service in page_fixture.SERVICES:
            offered = self.cost_ms[[service in row for row in self.plain.city.facilities.frame["services"]]]
            within = (offered <= CIRCLE_MS).sum(axis=0)
            self.best_ms[service] = offered.min(axis=0)[self.points]
            self.choices[service] = within[self.points].astype(float)
            self.most_choices[service] = float(pd.Series(within).groupby(owner).mean().max())

    def _costs(self) -> NDArray[np.float64]:
        """From every facility to every demand point, as the fixture has them."""
        net, profile = self.plain.city.network, self.plain.profile
        _, at = page_fixture.facilities(net)
        _, nodes = page_fixture._demand(net, self.plain.city.communities)
        arcs = (profile.walk_ms(net.length_mm).astype(float), (net.u, net.v))
        graph = coo_array(arcs, shape=(net.n_nodes, net.n_nodes)).tocsr()
        legs_ms = 2 * profile.walk_ms(np.array([5000]))[0]
        return (dijkstra(graph, directed=False, indices=at) + legs_ms)[:, nodes]

    def missed(self, service: str, minutes: float) -> NDArray[np.bool_]:
        """Which points of c4 do not reach a service within so many minutes; everybody knows that."""
        return self.best_ms[service] > minutes * 60_000

    def with_people(self, heads: NDArray[np.int64]) -> Analysis:
        """The town, judged, with so many people aged 60+ at each point of c4."""
        plain = self.plain
        places = plain.city.communities
        total = float(heads.sum())
        frame = places.frame.assign(
            pop_60plus=places.frame["pop_60plus"].where(places.frame.index != COMMUNITY, total),
            population=places.frame["population"].where(places.frame.index != COMMUNITY, 900.0),
        )
        demand = plain.demand.frame.copy()
        column = demand.columns.get_loc("pop_60plus")
        demand.iloc[self.points, column] = heads.astype(float)
        demand.iloc[self.points, demand.columns.get_loc("population")] = 900.0 / len(self.points)
        points = replace(plain.demand.points, frame=demand)
        places = replace(places, frame=frame)
        coverage = page_fixture._coverage(points, plain.city.facilities, self.cost_ms, plain.settings)
        town = replace(
            plain,
            city=replace(plain.city, communities=places),
            demand=replace(plain.demand, points=points),
            coverage=coverage,
            gaps=page_fixture._gaps(places, coverage, plain.settings),
        )
        return _judged(town, {key: float(heads[mask].sum()) for key, mask in self.worlds().items()})

    def worlds(self) -> dict[str, NDArray[np.bool_]]:
        """Points of c4 without a clinic in other worlds, which everybody knows: a link serves two, direct ways four."""
        missed, place = self.missed("clinic", 15.0), np.arange(len(self.points))
        return {
            "link": missed & (place < 6), "direct": missed & (place < 4), "served": missed & (place >= 6),
            "low": missed | (place == 0),
        }  # fmt: skip


def _judged(town: Analysis, worlds: Mapping[str, float]) -> Analysis:
    """With clauses, causes, draws, types, weights and groups that rest on its people."""
    causes, row = verdict_fixture.attribution(town), (COMMUNITY, "clinic")
    left, served = causes.frame.copy(), pd.Series({("L1", *row): worlds["served"]})
    links, served.index.names = causes.links.assign(serves=[worlds["served"], 0.0]), causes.served.index.names
    if row in left.index:
        left.loc[row, ["uncovered_link", "uncovered_direct"]] = worlds["link"], worlds["direct"]
        left.loc[row, "link_id"] = "L1"
    causes = replace(causes, frame=left, links=links, served=served)
    draws = verdict_fixture.robustness(town)
    share = town.gaps.frame["share"]
    frame = draws.frame.assign(share_low=share, share_high=share, p_below=(share < 0.9).astype(float))
    frame.loc[row, "share_low"] = 1 - worlds["low"] / town.gaps.frame.loc[row, "elders"]
    frame["verdict"] = np.where(share < 0.9, "robust_gap", "robust_pass")
    return replace(
        town,
        ledger=_ledger(town),
        routes=verdict_fixture.routes(town),
        attribution=causes,
        robustness=replace(draws, frame=frame),
        typology=verdict_fixture.typology(town),
        stability=verdict_fixture.stability(town),
        equity=_equity(town),
    )


def _ledger(town: Analysis) -> Ledger:
    found = verdict_fixture.ledger(town)
    return replace(found, frame=found.frame.assign(floor_area_m2=np.nan, source="", source_date=""))


def _equity(town: Analysis) -> Equity:
    """Groups of communities, c4 one of its own."""
    ids = town.city.communities.frame.index
    named = np.where(ids == COMMUNITY, "老城区", "农村")
    members = pd.DataFrame({"community_id": ids, "grouping": "community_type", "group": named})
    frame = town.gaps.frame.reset_index().merge(members, on="community_id")
    sums = frame.groupby(["grouping", "group", "service"])[["elders", "uncovered"]].sum()
    groups = pd.DataFrame({
        "communities": 1, "pop_60plus": sums["elders"], "share": 1 - sums["uncovered"] / sums["elders"],
        "mean_min": 7.5,
    })  # fmt: skip
    spread = pd.DataFrame(
        dict.fromkeys(
            ("gini", "concentration", "palma", "p90_p10", "bottom40_share", "worst_decile_min", "zero_share"), 0.2
        )
        | {"why": [()] * 3},
        index=pd.Index(page_fixture.SERVICES, name="service"),
    )
    exact = Equity(frame=spread, groups=groups, members=members)
    return replace(exact, told=exact)


# -- what is told -----------------------------------------------------------------------------------


def page_text(town: Analysis | Published) -> str:
    """The page's JSON with what stands behind its verdicts unpacked."""
    content = payload(town)
    packed = content["verdicts"]["text"]
    content["verdicts"] = json.loads(gzip.decompress(base64.b64decode(packed)))
    return json.dumps(content, ensure_ascii=False)


def report_text(published: Published) -> str:
    """Every word of the report, without its pictures."""
    return repr(report_of(Facts(published=published, figures=frozenset())))


def tell(town: Analysis) -> Iterator[str | bytes]:
    """Page, report and workbook."""
    published = publish(town)
    yield page_text(published)
    yield report_text(published)
    yield workbook_bytes(published)


def same_told(first: Analysis, second: Analysis) -> bool:
    """Whether page, report and workbook of two towns are the same; what differs first is the answer."""
    return all(one == other for one, other in zip(tell(first), tell(second), strict=True))


# -- what an adversary makes of it ------------------------------------------------------------------


def groups_of(town: Town) -> dict[str, NDArray[np.bool_]]:
    """Sets of points that the page's network tells apart: reached, not reached, between cut-offs and services."""
    cutoffs = town.plain.settings.cutoffs_min
    found: dict[str, NDArray[np.bool_]] = {}
    for service in page_fixture.SERVICES:
        sets = [town.missed(service, minutes) for minutes in cutoffs]
        found |= {f"{service} beyond {minutes:g}": out for minutes, out in zip(cutoffs, sets, strict=True)}
        found |= {f"{service} within {minutes:g}": ~out for minutes, out in zip(cutoffs, sets, strict=True)}
        found |= {f"{service} between {k}": first & ~then for k, (first, then) in enumerate(pairwise(sets))}
    out = {key: mask for key, mask in found.items() if "beyond" in key}
    found |= {f"{a}, not {b}": out[a] & ~out[b] for a in out for b in out if a.split()[0] != b.split()[0]}
    return {key: mask for key, mask in found.items() if mask.any() and not mask.all()}


class Adversary:
    """Who knows the streets, the homes and the rules: which people at the points of c4 are in keeping with all he sees.

    ``rows`` of linear constraints ``low <= row @ heads <= high``, in whole people.
    """

    def __init__(self, town: Town, heads: NDArray[np.int64]) -> None:
        self.rows: list[NDArray[np.float64]] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self._town, self._heads, self._people = town, heads, int(heads.sum())
        self._add(np.ones(len(heads)), self._people, self._people)
        for service in page_fixture.SERVICES:
            self._cells(service)
            self._means(service)
        self._worlds()
        self._bundles()

    def _add(self, row: NDArray[np.float64], low: float, high: float) -> None:
        self.rows.append(row.astype(float))
        self.low.append(low)
        self.high.append(high)

    def _told(self, mask: NDArray[np.bool_], *rules: Callable[[NDArray[np.int64]], NDArray[np.float64]]) -> None:
        """All numbers of people at some points of whom the same is told; the rules take people, give what is told."""
        people = np.arange(self._people + 1)
        keys = np.nan_to_num(np.column_stack([rule(people) for rule in rules]).astype(float), nan=-9.0)
        true = int(self._heads[mask].sum())
        same = np.flatnonzero((keys == keys[true]).all(axis=1))
        run = np.cumsum(np.diff(same, prepend=same[0]) > 1)
        near = same[run == run[same == true]]  # without a gap
        self._add(mask, near[0], near[-1])

    def _parts(self, people: NDArray[np.int64]) -> NDArray[np.int64]:
        return public_parts(np.full(len(people), self._people), people[:, None])[:, 0]

    def _share(self, people: NDArray[np.int64]) -> NDArray[np.float64]:
        return public_shares(np.full(len(people), float(self._people)), 1 - people / self._people)

    def _verdict(self, people: NDArray[np.int64]) -> NDArray[np.float64]:
        """Whether ninety percent are reached, unless that would tell too much."""
        share = 1 - people / self._people
        total = np.full(len(people), float(self._people))
        telling = tells_too_much(total, share, lambda percent: percent >= 90.0 - 1e-9)
        return np.where(telling, -1.0, share >= 0.9)

    def _cells(self, service: str) -> None:
        for minutes in self._town.plain.settings.cutoffs_min:
            self._told(self._town.missed(service, minutes), self._parts)
        self._told(self._town.missed(service, 15.0), self._share, self._verdict)

    def _worlds(self) -> None:
        rules = {"link": self._parts, "direct": self._parts, "low": self._share}
        for key, rule in rules.items():
            self._told(self._town.worlds()[key], rule)

    def _means(self, service: str) -> None:
        """Mean minutes and choices are told in steps."""
        for row, most in (
            (self._town.best_ms[service] / 60_000, 30.0),
            (self._town.choices[service], self._town.most_choices[service]),
        ):
            step = max(1.0, np.ceil(10 * most / self._people))
            sums = float(row @ self._heads)
            place = max(round(sums / self._people / step), 1)
            low, high = (0.0 if place == 1 else place - 0.5), place + 0.5
            ends = (low * step * self._people + 1e-6, high * step * self._people - 1e-6) if sums else (0.0, 0.0)
            self._add(row, *ends)

    def _bundles(self) -> None:
        """Of every stretch from the first point on the page tells the tens, less at both ends."""
        people = np.arange(self._people + 1)
        final = (self._people - 15) // 10 * 10 + 5
        tens = np.where(people < 15, 0, (people + 5) // 10)
        tens = np.where((people >= final) & (final >= 15), self._people, tens if final >= 15 else 0)
        for place, running in enumerate(np.cumsum(self._heads)):
            same = np.flatnonzero(tens == tens[running])
            self._add(np.arange(len(self._heads)) <= place, same[0], same[-1])

    def ends(self, group: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """People at the points such that a group is as small, and as large, as it may be."""
        matrix = LinearConstraint(np.array(self.rows), self.low, self.high)
        bounds = Bounds(0, np.inf)
        found = []
        for sign in (1.0, -1.0):
            best = milp(sign * group.astype(float), constraints=matrix, bounds=bounds, integrality=np.ones(len(group)))
            assert best.success, best.message
            found.append(np.rint(best.x).astype(np.int64))
        return found[0], found[1]
