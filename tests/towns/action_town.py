"""Small towns whose every change can be tried: houses on streets, people by house, facilities, gates."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from circle15.errors import DataQualityWarning
from circle15.hours.opening import moment
from circle15.model import City, Communities, EdgeFlag, Facilities, NodeFlag, Settings, StudyArea, WalkNetwork
from circle15.study import Result, analyse
from circle15.study.study import Study
from tests.towns.gate_town import OURS
from tests.towns.lattice import CRS, X0, Y0, grid, network, points
from tests.towns.street_and_village import HERE
from tests.towns.three_on_a_street import FLAT

LOCKED = int(NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED)


def town(
    streets: WalkNetwork,
    homes: Mapping[str, tuple[float, float]],
    elders: Mapping[str, float],
    sites: Mapping[tuple[float, float], Sequence[str]],
    *,
    listed: Sequence[str] = ("clinic", "shop"),
    hours: Sequence[str] = (),
    capacity: Sequence[float] = (),
    open_at: str = "",
    cutoff_min: float = 5.0,
    everyone: float = 2.0,
) -> City:
    """A community a house, each ``everyone`` times as many people as those aged 60+; facilities ``f0``, ``f1``, ...

    At one metre a second 300 m are walked in five minutes.
    """
    at = {key: (X0 + x, Y0 + y) for key, (x, y) in homes.items()}
    frame = gpd.GeoDataFrame(
        {
            "name": [f"{key}社区" for key in at],
            "population": [max(everyone * elders[key], 1.0) for key in at],
            "pop_60plus": [float(elders[key]) for key in at],
        },
        geometry=[shapely.box(x - 12, y - 12, x + 12, y + 12) for x, y in at.values()],
        crs=CRS,
        index=list(at),
    ).rename_axis("community_id")
    houses = gpd.GeoDataFrame(
        {"levels": [9.0] * len(at), "residential": [True] * len(at)},
        geometry=[shapely.box(x - 5, y - 5, x + 5, y + 5) for x, y in at.values()],
        crs=CRS,
    )
    stands = points(list(sites), name="facility_id", prefix="f")
    stands["name"], stands["services"] = [f"{key}站" for key in stands.index], [tuple(keys) for keys in sites.values()]
    if hours:
        stands["opening_hours"] = list(hours)
    if len(capacity):
        stands["capacity"] = list(capacity)
    return City(
        key="t", title_zh="镇", title_en="Town",
        area=StudyArea(boundary=shapely.box(X0 - 100, Y0 - 100, X0 + 2100, Y0 + 2100), crs=CRS, buffer_m=2000.0),
        network=streets,
        facilities=Facilities(frame=stands, listed=frozenset(listed)),
        communities=Communities(frame=frame, origin=HERE),
        context={"buildings": houses},
        settings=Settings(cutoffs_min=(cutoff_min,), draws=0, open_at=moment(open_at)),
    )  # fmt: skip


def clinic_and_culture(**options: Any) -> Result:
    """Of a clinic at 0 and culture at 600 m: a clinic at 600 m would serve b and c, culture at 0 would serve a."""
    homes, elders = {"a": (100, 10), "b": (500, 10), "c": (850, 10)}, {"a": 103, "b": 206, "c": 417}
    sites = {(0, 0): ["clinic"], (600, 0): ["culture"]}
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    city = town(street, homes, elders, sites, **{"listed": ("clinic", "culture"), **options})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return analyse(city, profile=FLAT)


def studied(city: City) -> Study:
    """A town at one metre a second."""
    return Study(city=city, walker=FLAT, settings=city.settings)


def random_town(seed: int, *, open_at: str = "", canteens: bool = False) -> City:
    """A torn grid of streets with an estate behind a gate, twelve houses, three facilities; hours for a moment.

    ``canteens``: the facilities are meal points with few seats.
    """
    rng = np.random.default_rng(seed)
    whole = grid(5, 5)
    keep = rng.random(whole.n_edges) > 0.25
    place = np.stack([whole.x - X0, whole.y - Y0], 1) + rng.normal(0, 8, (whole.n_nodes, 2))
    ends = np.stack([whole.u, whole.v], 1)[keep]
    flags = rng.choice([0, 0, 0, int(EdgeFlag.PRIVATE)], len(ends))
    node_flags = rng.choice([0, 0, 0, 0, OURS, LOCKED], whole.n_nodes)
    spots = rng.permutation(36)[:15]
    corner = [
        (70.0 * (spot % 6) + 20 + rng.uniform(0, 9), 70.0 * (spot // 6) + 20 + rng.uniform(0, 9)) for spot in spots
    ]
    homes = {f"c{number}": spot for number, spot in enumerate(corner[:12])}
    seats = rng.integers(1, 9, 3) * 1.0 if canteens else ()
    kinds = ["meal_point"] if canteens else ["clinic", "shop", "day_care"]
    many = [1 if canteens else 1 + number % 2 for number in range(3)]
    sites = {spot: rng.choice(kinds, count, replace=False).tolist()
             for spot, count in zip(corner[12:], many, strict=True)}  # fmt: skip
    streets = network((place - place.min(axis=0)).tolist(), ends.tolist(), flags=flags, node_flags=node_flags)
    return town(
        streets,
        homes,
        {key: float(rng.integers(1, 90)) for key in homes},
        sites,
        listed=("meal_point", "clinic") if canteens else ("clinic", "shop", "day_care", "culture"),
        capacity=seats,
        hours=("Mo-Fr 08:00-11:00", "00:00-24:00", "") if open_at else (),
        open_at=open_at,
        cutoff_min=float(rng.choice([2.0, 4.0])),
    )


def turned(city: City, rows: Sequence[int]) -> City:
    """The same city with its facilities and communities in another order."""
    facilities, communities = city.facilities, city.communities
    order = [row for row in rows if row < len(facilities)]
    return replace(
        city,
        facilities=replace(facilities, frame=facilities.frame.iloc[order]),
        communities=replace(communities, frame=communities.frame.iloc[::-1]),
    )
