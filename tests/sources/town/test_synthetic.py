"""The water town: same seed same town, streets that fit together, water crossed on bridges only."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from circle15.catalog import way_classes
from circle15.model import EdgeFlag, NodeFlag, Streets
from circle15.sources.town.plan import read_plan, rounded
from circle15.sources.town.synthetic import TOWNS, Town, water_town
from tests.towns.real_cities import shipped_town

FRAME = (120.5703, 31.2786, 120.6651, 31.3451)
ARRAYS = ("node_id", "lon", "lat", "node_flags", "way_node", "way_start", "way_class", "way_flags", "way_name")


@pytest.fixture(scope="module")
def town() -> Town:
    return shipped_town()


def metres(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Plane metres near 31.31 N; a degree is 110.9 km along the meridian and 95.1 km along the parallel."""
    return (degrees - (120.62, 31.31)) * (95107.0, 110900.0)


def ways(streets: Streets) -> NDArray[np.object_]:
    """Every way as a line in metres."""
    places = metres(np.column_stack([streets.lon, streets.lat]))[streets.way_node]
    owner = np.repeat(np.arange(streets.n_ways), np.diff(streets.way_start))
    return np.asarray(shapely.linestrings(places, indices=owner), dtype=np.object_)


def links(streets: Streets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both ends of every straight stretch."""
    return np.delete(streets.way_node, streets.way_start[1:] - 1), np.delete(streets.way_node, streets.way_start[:-1])


def component_km(streets: Streets, keep: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Lengths of the components of the kept ways, longest first."""
    first, second = links(streets)
    kept = np.repeat(keep, np.diff(streets.way_start) - 1)
    size = len(streets.node_id)
    _, part = connected_components(coo_array((np.ones(kept.sum()), (first[kept], second[kept])), shape=(size, size)))
    start = streets.way_node[streets.way_start[:-1]]
    length = np.bincount(part[start[keep]], weights=shapely.length(ways(streets))[keep]) / 1000
    return np.sort(length[length > 0])[::-1]


def test_rounding_a_corner_keeps_ends_and_cuts_a_quarter() -> None:
    # Sides of 100 m: the first round cuts 25 m off both sides of the corner at (100, 0).
    line = rounded([(0, 0), (100, 0), (100, 100)], rounds=1)
    assert line.tolist() == [[0, 0], [75, 0], [100, 25], [100, 100]]


def test_the_same_seed_makes_the_same_town(town: Town) -> None:
    again = TOWNS["water-town"]()
    for name in ARRAYS:
        assert getattr(town.streets, name).tobytes() == getattr(again.streets, name).tobytes(), name
    assert town.streets.names == again.streets.names
    for layer in ("water", "green", "residential"):
        one, two = getattr(town, layer), getattr(again, layer)
        assert one.to_wkb().equals(two.to_wkb()), layer


def test_another_seed_makes_another_town(town: Town) -> None:
    assert water_town(seed=16).streets.n_ways != town.streets.n_ways


def test_it_is_labelled_synthetic(town: Town) -> None:
    assert town.origin.synthetic
    assert town.streets.origin.synthetic
    assert "合成" in town.origin.label_zh
    assert "synthetic" in town.origin.label_en


def test_size_and_frame(town: Town) -> None:
    streets = town.streets
    assert 10_000 <= len(streets.node_id) <= 20_000
    assert 500 <= shapely.length(ways(streets)).sum() / 1000 <= 800
    for box in ([streets.lon.min(), streets.lat.min(), streets.lon.max(), streets.lat.max()], town.water.total_bounds):
        assert box[0] > FRAME[0]
        assert box[1] > FRAME[1]
        assert box[2] < FRAME[2]
        assert box[3] < FRAME[3]


def test_nodes_and_ways_fit_together(town: Town) -> None:
    streets = town.streets
    assert len(np.unique(streets.node_id)) == len(streets.node_id)
    assert streets.node_id.min() > 0
    assert np.array_equal(np.unique(streets.way_node), np.arange(len(streets.node_id))), "every node is on a way"
    first, second = links(streets)
    assert (first != second).all(), "no stretch of no length"
    assert shapely.length(ways(streets)).min() > 0.05
    classes = way_classes()
    assert all(classes[position].walk for position in np.unique(streets.way_class)), "only walkable ways"


def test_main_streets_are_named(town: Town) -> None:
    assert {"人民路", "干将路", "平江路", "山塘街", "十全街", "观前街", "西环路"} <= set(town.streets.names)
    assert town.streets.names[0] == ""


def test_the_mainland_holds_nearly_all(town: Town) -> None:
    length = component_km(town.streets, np.ones(town.streets.n_ways, dtype=bool))
    assert length[0] / length.sum() > 0.95
    assert len(length) > 1, "walled gardens stay islands, as in real extracts"


def test_dry_ways_never_touch_water_and_bridges_always_do(town: Town) -> None:
    water = town.water[town.water["kind"] != "pond"]
    wet = shapely.transform(shapely.union_all(water.geometry.to_numpy()), metres)
    inside = shapely.length(shapely.intersection(ways(town.streets), wet))
    bridge = (town.streets.way_flags & EdgeFlag.BRIDGE) != 0
    assert inside[~bridge].max() < 0.5
    assert inside[bridge].min() > 0.2
    assert bridge.sum() > 200


def test_the_moat_parts_the_town_unless_bridges_are_used(town: Town) -> None:
    dry = (town.streets.way_flags & EdgeFlag.BRIDGE) == 0
    all_km = component_km(town.streets, np.ones(town.streets.n_ways, dtype=bool))
    assert component_km(town.streets, dry)[0] < 0.5 * all_km[0]


def test_the_gates_of_the_wall_are_bridges_over_the_moat(town: Town) -> None:
    moat = shapely.transform(shapely.union_all(town.water.geometry[town.water["kind"] == "moat"].to_numpy()), metres)
    over = shapely.length(shapely.intersection(ways(town.streets), moat)) > 50
    names = {town.streets.names[position] for position in town.streets.way_name[over]}
    # 平门 and 南门, 齐门, 娄门, 相门, 葑门, 盘门, 胥门, 金门, 阊门, by the streets that lead through them
    assert names >= {"人民路", "齐门路", "东北街", "干将路", "葑门路", "东大街", "道前街", "景德路", "西中市"}


def test_steps_are_on_arched_bridges(town: Town) -> None:
    streets = town.streets
    steps = (streets.way_flags & EdgeFlag.STEPS) != 0
    assert steps.sum() > 20
    assert ((streets.way_flags[steps] & EdgeFlag.BRIDGE) != 0).all()
    assert {way_classes()[c].name for c in np.unique(streets.way_class[steps])} == {"steps"}


def test_private_ways_are_reached_through_gates_only(town: Town) -> None:
    streets = town.streets
    private = (streets.way_flags & EdgeFlag.PRIVATE) != 0
    assert private.sum() > 500
    gate = np.flatnonzero(streets.node_flags & NodeFlag.GATE)
    assert len(gate) > 200
    count = np.diff(streets.way_start)
    has_gate = np.zeros(streets.n_ways, dtype=bool)
    has_gate[np.repeat(np.arange(streets.n_ways), count)[np.isin(streets.way_node, gate)]] = True
    inside = np.unique(streets.way_node[np.repeat(private, count)])
    touches = np.zeros(streets.n_ways, dtype=bool)
    touches[np.repeat(np.arange(streets.n_ways), count)[np.isin(streets.way_node, inside)]] = True
    assert has_gate[touches & ~private].all()


def test_the_promenade_passes_below_primary_bridges_without_meeting_them(town: Town) -> None:
    streets = town.streets
    places = np.column_stack([streets.lon, streets.lat])
    _, at, times = np.unique(places, axis=0, return_inverse=True, return_counts=True)
    doubled = np.flatnonzero(times[at.ravel()] > 1)
    assert len(doubled) >= 4
    count = np.diff(streets.way_start)
    way_at = np.repeat(np.arange(streets.n_ways), count)
    promenade = np.array([name == "环古城河步道" for name in streets.names])[streets.way_name]
    for place in np.unique(at.ravel()[doubled]):
        over, under = (set(way_at[streets.way_node == node]) for node in np.flatnonzero(at.ravel() == place)[:2])
        assert promenade[list(over)].all() != promenade[list(under)].all()


def test_areas_are_valid_and_lanes_stay_out_of_ponds(town: Town) -> None:
    for layer in (town.water, town.green, town.residential):
        assert layer.crs == "EPSG:4326"
        assert layer.geometry.is_valid.all()
        assert set(layer.geom_type) == {"Polygon"}
    assert {"moat", "canal", "lake", "pond"} == set(town.water["kind"])
    ponds = shapely.transform(shapely.union_all(town.water.geometry[town.water["kind"] == "pond"].to_numpy()), metres)
    assert shapely.length(shapely.intersection(ways(town.streets), ponds)).max() < 0.5


def test_no_park_stands_in_a_canal() -> None:
    plan = read_plan(seed=15)
    assert all(park.ground.intersection(plan.water).area < 1.0 for park in plan.parks)
    assert all(park.ground.area > 2000 for park in plan.parks)
