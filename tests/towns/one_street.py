"""A street of 3 km with homes, clinics and a shop that is listed and stands nowhere."""

from __future__ import annotations

import numpy as np

from circle15.accessibility.coverage import coverage
from circle15.model import DemandPoints, Facilities
from circle15.routing.reach import reach
from tests.towns.lattice import BY, network, points

FLAT = BY["flat"]
STREET = network([(0, 0), (3000, 0)], [(0, 1)])


def demand(at, people, community) -> DemandPoints:
    frame = points(at)
    frame["community_id"] = community
    frame["population"] = [2.0 * p for p in people]
    frame["pop_60plus"] = [float(p) for p in people]
    frame["method"] = "street"
    return DemandPoints(frame=frame)


def facilities(at, services, listed=()) -> Facilities:
    frame = points(at, name="facility_id", prefix="f")
    frame["name"], frame["services"] = frame.index, [tuple(s.split()) for s in services]
    offered = {service for row in frame["services"] for service in row}
    return Facilities(frame=frame, listed=frozenset(offered | set(listed)))


# Elders at 0, 400, 900 m (community a) and 2,000 m (b); clinics at 100 and 700 m; a shop nowhere though listed.
HOMES = demand([(0, 0), (400, 0), (900, 0), (2000, 0)], [10, 20, 30, 40], ["a", "a", "a", "b"])
SITES = facilities([(100, 0), (700, 0)], ["clinic", "clinic"], listed=["shop"])


def covered(homes=HOMES, sites=SITES, cutoffs=(2, 5, 15), **options):
    table = reach(STREET, homes, sites, profile=FLAT, cutoff_min=max(cutoffs))
    return coverage(table, homes, sites, cutoffs_min=cutoffs, **options)


def random_case(seed: int) -> tuple[DemandPoints, Facilities]:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 1100, (120, 2)).tolist()
    homes = demand(at, rng.integers(0, 5000, 120) / 1024, [f"c{k}" for k in rng.integers(0, 7, 120)])
    offers = [" ".join(rng.choice(["clinic", "shop", "culture"], rng.integers(1, 4), replace=False)) for _ in range(9)]
    return homes, facilities(rng.uniform(0, 1100, (9, 2)).tolist(), offers)
