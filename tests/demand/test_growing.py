"""Communities grown along streets: borders at equal distances, held against hand and networkx."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.demand.growing import BY_LENGTH, grow_communities, owned_streets
from circle15.errors import CrsError, InputError, SettingError
from circle15.model import CommunitySeeds, EdgeFlag, Origin, Positions, WalkNetwork
from circle15.network.graph import walk_graph
from circle15.network.snap import snap
from tests.towns.findings import finding_of
from tests.towns.lattice import CRS, X0, Y0, grid, network, points
from tests.towns.oracle import walking_times

HERE = Origin(label_zh="测试", label_en="test", file="seeds.csv")


def seeds(places, *, grow_m: float = 500.0, ids=None, people=100.0) -> CommunitySeeds:
    """Communities ``a``, ``b``, ... at places in metres from the corner; a list of places makes several seeds."""
    shapes = [
        shapely.multipoints(np.array(place, dtype=float) + np.array([X0, Y0]))
        if np.ndim(place) == 2
        else shapely.Point(place[0] + X0, place[1] + Y0)
        for place in places
    ]
    names = list(ids or "abcdefghijklmnop"[: len(shapes)])
    frame = gpd.GeoDataFrame(
        {"name": names, "population": people, "pop_60plus": people / 4}, geometry=shapes, crs=CRS, index=names
    )
    return CommunitySeeds(frame=frame.rename_axis("community_id"), grow_m=grow_m, origin=HERE)


def at(x: float, y: float) -> shapely.Point:
    return shapely.Point(X0 + x, Y0 + y)


def owned(net: WalkNetwork, places, *, limit_m: float) -> list[tuple[int, float, float, int]]:
    """(edge, from, to, owner) in metres, each place an owner of its own."""
    streets = owned_streets(net, snap(net, points(places)), np.arange(len(places)), limit_m=limit_m)
    cut, owner = streets.within(limit_m)
    rows = zip(cut.edge.tolist(), cut.begin_mm / 1000, cut.end_mm / 1000, owner.tolist(), strict=True)
    return [(e, float(a), float(b), o) for e, a, b, o in rows if a < b]


def lengths(rows) -> dict[int, float]:
    """Metres per owner."""
    return {o: sum(b - a for _, a, b, who in rows if who == o) for o in {row[3] for row in rows}}


def test_two_seeds_on_one_street_meet_in_the_middle():
    # 0 ----A----+----B---- 1000: A at 200, B at 600, the middle at 400
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    assert owned(street, [(200, 0), (600, 0)], limit_m=1000) == [(0, 0.0, 400.0, 0), (0, 400.0, 1000.0, 1)]


def test_growth_stops_at_its_limit_on_the_way():
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    rows = owned(street, [(200, 0), (600, 0)], limit_m=150)
    assert rows == [(0, 50.0, 350.0, 0), (0, 450.0, 750.0, 1)]


def test_the_leg_counts():
    # A stands 20 m off the street: 20 + (x - 200) = 600 - x, so x = 390
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    assert owned(street, [(200, 20), (600, 0)], limit_m=1000)[0] == (0, 0.0, 390.0, 0)


def test_a_border_lies_where_ways_are_as_long_and_not_where_the_crow_flies():
    # A at one bank, B at the other; the bridge at the far right. From A to B: 300 + 100 + 300 = 700 m.
    #   B----------+
    #              |
    #   A----------+
    banks = network([(0, 0), (300, 0), (300, 100), (0, 100)], [(0, 1), (1, 2), (2, 3)])
    rows = owned(banks, [(0, 0), (0, 100)], limit_m=1000)
    assert [row for row in rows if row[0] == 1] == [(1, 0.0, 50.0, 0), (1, 50.0, 100.0, 1)]


def test_a_way_round_a_block_is_met_from_both_ends_by_one_owner():
    ring = network([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    rows = owned(ring, [(0, 0)], limit_m=150)
    assert lengths(rows) == {0: 300.0}  # 150 m each way of a ring of 400 m


def test_a_seed_nearer_to_every_spot_leaves_nothing_to_the_other():
    street = network([(0, 0), (1000, 0)], [(0, 1)])
    assert {row[3] for row in owned(street, [(500, 60), (510, 0)], limit_m=400)} == {1}


def test_what_is_as_near_to_two_goes_to_the_first():
    # The dead end leaves the street in the middle between both seeds.
    tee = network([(0, 0), (200, 0), (400, 0), (200, 100)], [(0, 1), (1, 2), (1, 3)])
    rows = owned(tee, [(400, 0), (0, 0)], limit_m=500)
    assert lengths(rows) == {0: 300.0, 1: 200.0}


def test_stairs_signals_and_one_way_edges_are_lengths_like_any():
    flags = [EdgeFlag.STEPS, EdgeFlag.FORWARD_ONLY | EdgeFlag.SIGNAL_AT_V]
    street = network([(0, 0), (400, 0), (1000, 0)], [(0, 1), (1, 2)], flags=[int(flag) for flag in flags])
    assert lengths(owned(street, [(0, 0), (1000, 0)], limit_m=2000)) == {0: 500.0, 1: 500.0}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_owners_are_those_that_networkx_finds(seed):
    draw = np.random.default_rng(seed)
    block = grid(4, 4)
    kept = draw.random(block.n_edges) < 0.8
    kept[0] = True
    ends = np.column_stack([block.u, block.v])[kept]
    nodes = np.column_stack([block.x - X0, block.y - Y0])
    net = network(nodes, ends, length_m=draw.integers(20, 300, len(ends)).astype(float))
    spots = 6
    places = Positions.single(
        ids=pd.RangeIndex(spots),
        edge=draw.integers(0, net.n_edges, spots).astype(np.int32),
        offset_mm=np.zeros(spots, dtype=np.int64),
        leg_mm=draw.integers(0, 80_000, spots),
        status=np.zeros(spots, dtype=np.uint8),
    )
    places.offset_mm[:] = (draw.random(spots) * net.length_mm[places.edge]).astype(np.int64)
    owner = draw.integers(0, 3, spots)
    limit = 400_000
    asked = 60
    edge = draw.integers(0, net.n_edges, asked).astype(np.int32)
    on = Positions.single(
        ids=pd.RangeIndex(asked),
        edge=edge,
        offset_mm=(draw.random(asked) * net.length_mm[edge]).astype(np.int64),
        leg_mm=np.zeros(asked, dtype=np.int64),
        status=np.zeros(asked, dtype=np.uint8),
    )
    times = walking_times(walk_graph(net, BY_LENGTH), on, places, limit)
    streets = owned_streets(net, places, owner, limit_m=limit / 1000)
    for k in range(asked):
        known = {int(owner[f]): cost for (p, f), cost in sorted(times.items(), key=lambda kv: -kv[1]) if p == k}
        x = int(on.offset_mm[k])
        mine = (streets.edge == edge[k]) & (streets.begin_mm <= x) & (x <= streets.end_mm)
        here = streets.cost_mm[mine] + np.abs(x - streets.apex_mm[mine])
        near = here <= limit
        if not known:
            assert not near.any()
            continue
        least = min(known.values())
        assert near.any()
        # At a border two stretches touch: a cut at a whole millimetre may be half a millimetre off.
        assert np.abs(here[near] - least).max() <= 1
        assert {known[who] - least <= 1 for who in streets.owner[mine][near].tolist()} == {True}


def test_communities_on_a_lattice_meet_half_way():
    # Streets every 100 m. Seeds 600 m apart on one street: the border crosses it at 300 m.
    grown, found = grow_communities(grid(9, 5), seeds([(100, 200), (700, 200)], grow_m=600))
    a, b = grown.frame.geometry
    assert shapely.covers(a, at(398, 200))
    assert shapely.covers(b, at(402, 200))
    assert shapely.area(shapely.intersection(a, b)) == 0
    assert shapely.distance(a, b) == 0
    assert list(grown.frame["outline"]) == ["grown", "grown"]
    assert finding_of(found, "communities-grown").count == 2
    assert len(found) == 1


def test_the_outline_keeps_its_distance():
    # 300 m along the streets of a wide lattice: the diamond |x| + |y| <= 300, blocks in between filled.
    grown, _ = grow_communities(grid(11, 11), seeds([(500, 500)], grow_m=300))
    (shape,) = grown.frame.geometry
    corners = shapely.get_coordinates(shape) - [X0 + 500, Y0 + 500]
    assert np.hypot(*corners.T).max() <= 302  # a metre or two for the drawing
    assert shapely.covers(shape, at(500 + 270, 500))
    assert not shapely.intersects(shape, at(500 + 250, 500 + 250))
    assert shape.geom_type == "Polygon"
    assert len(shape.interiors) == 0
    assert 0.7 < shape.area / (2 * 300**2) < 1.3


def test_land_across_the_water_belongs_to_its_own_bank():
    # Banks 60 m apart, joined 600 m away: nobody crosses, so the border lies in the middle of the water.
    nodes = [(0, 0), (600, 0), (600, 60), (0, 60)]
    grown, _ = grow_communities(network(nodes, [(0, 1), (1, 2), (2, 3)]), seeds([(50, 0)], grow_m=300))
    (shape,) = grown.frame.geometry
    assert shapely.covers(shape, at(100, 25))
    assert not shapely.intersects(shape, at(100, 40))


def test_the_seeds_of_one_community_grow_as_one():
    # Estates at both ends, another community in between.
    grown, _ = grow_communities(grid(11, 3), seeds([[(0, 100), (1000, 100)], (500, 100)], grow_m=400))
    a, b = grown.frame.geometry
    assert a.geom_type == "MultiPolygon"
    assert shapely.covers(b, at(500, 100))
    assert shapely.covers(a, at(248, 100))
    assert shapely.covers(b, at(252, 100))


def test_columns_people_and_order_stay_as_they_were():
    known = seeds([(100, 200), (700, 200), (400, 0)], people=np.array([100.5, 7.0, 0.0]), ids=["z", "m", "a"])
    grown, _ = grow_communities(grid(9, 5), known)
    assert grown.frame.index.tolist() == ["z", "m", "a"]
    assert grown.frame["population"].tolist() == [100.5, 7.0, 0.0]
    assert "近似" in grown.origin.label_zh
    assert "approximate" in grown.origin.label_en
    assert not grown.origin.synthetic
    assert known.frame.geometry.iloc[0].geom_type == "Point"  # the input is as it was


def test_two_communities_at_one_spot_share_an_outline_and_are_told():
    grown, found = grow_communities(grid(9, 5), seeds([(100, 200), (100, 200), (700, 200)]))
    a, b, c = grown.frame.geometry
    assert a.equals(b)
    assert shapely.area(shapely.intersection(a, c)) == 0
    assert finding_of(found, "seeds-same-spot").count == 2
    assert finding_of(found, "seeds-same-spot").examples == ("a = b",)


def test_a_seed_far_from_every_street_keeps_the_land_around_it():
    grown, found = grow_communities(grid(3, 3), seeds([(100, 100), (100, 900)]))
    far = grown.frame.geometry["b"]
    assert far.area == pytest.approx(np.pi * 50**2, rel=0.02)
    assert finding_of(found, "seeds-far").examples == ("b",)
    assert finding_of(found, "seeds-far").count == 1


def test_a_seed_without_a_street_keeps_its_own_land():
    # b stands 60 m off the street, a on it, ten metres along: every spot is nearer to a.
    grown, found = grow_communities(network([(0, 0), (1000, 0)], [(0, 1)]), seeds([(510, 0), (500, 60)]))
    a, b = grown.frame.geometry
    assert shapely.covers(b, at(500, 60))
    assert shapely.area(shapely.intersection(a, b)) == 0
    assert finding_of(found, "seeds-without-street").examples == ("b",)


def test_a_seed_on_an_island_grows_on_the_mainland_too():
    # A garden path of 40 m that nothing joins, 30 m from the street; a long street makes the path an island.
    nodes = [(0, 0), (9000, 0), (500, 30), (540, 30)]
    grown, found = grow_communities(network(nodes, [(0, 1), (2, 3)]), seeds([(520, 31)], grow_m=300))
    (shape,) = grown.frame.geometry
    assert shapely.covers(shape, at(300, 0))
    assert shapely.covers(shape, at(520, 30))
    assert not any(finding.code == "seeds-island" for finding in found)


def test_island_streets_without_a_seed_leave_no_hole():
    nodes = [*((x, y) for y in (0, 200) for x in (0, 9000)), (4900, 100), (5100, 100)]
    net = network([*nodes, (5000, 0), (5000, 200)], [(0, 6), (6, 1), (2, 7), (7, 3), (6, 7), (4, 5)])
    apart = network([*nodes, (5000, 0), (5000, 200)], [(0, 6), (6, 1), (2, 7), (7, 3), (6, 7)])
    one, _ = grow_communities(net, seeds([(5000, 0)], grow_m=400))
    other, _ = grow_communities(apart, seeds([(5000, 0)], grow_m=400))
    assert one.frame.geometry.iloc[0].equals_exact(other.frame.geometry.iloc[0], 1e-6)


def test_seeds_of_another_system_are_refused():
    known = seeds([(0, 0)])
    other = CommunitySeeds(frame=known.frame.to_crs("EPSG:32651"), grow_m=500, origin=HERE)
    with pytest.raises(CrsError, match="use to_crs first"):
        grow_communities(grid(3, 3), other)


@pytest.mark.parametrize("grow_m", [0, -1, np.nan, np.inf, 6000])
def test_growth_needs_a_length(grow_m):
    with pytest.raises(SettingError, match="grow_m"):
        seeds([(0, 0)], grow_m=grow_m)


def test_seeds_are_points_with_people():
    frame = seeds([(0, 0), (100, 0)]).frame
    for bad in (
        frame.set_geometry(frame.buffer(10)),
        frame.drop(columns="population"),
        frame.assign(pop_60plus=[-1.0, 2.0]),
        frame.set_geometry([None, frame.geometry.iloc[1]], crs=CRS),
    ):
        with pytest.raises(InputError):
            CommunitySeeds(frame=bad, grow_m=500, origin=HERE)


PLACES = st.lists(st.tuples(st.integers(-100, 900), st.integers(-100, 700)), min_size=2, max_size=6, unique=True)


@given(PLACES, st.sampled_from([150.0, 300.0, 500.0]), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_grown_communities_are_disjoint_hold_their_seeds_and_do_not_depend_on_order(places, grow_m, random):
    net = grid(9, 7)
    known = seeds(places, grow_m=grow_m)
    grown, _ = grow_communities(net, known)
    shapes = grown.frame.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.covers(shapely.buffer(shapes, 0.01), known.frame.geometry.to_numpy()).all()
    first, second = np.triu_indices(len(shapes), 1)
    assert shapely.area(shapely.intersection(shapes[first], shapes[second])).max() < 0.01
    assert shapely.within(shapes, shapely.buffer(known.surroundings.to_numpy(), 0.01)).all()
    order = list(range(len(places)))
    random.shuffle(order)
    again, _ = grow_communities(net, CommunitySeeds(frame=known.frame.iloc[order], grow_m=grow_m, origin=HERE))
    back = again.frame.reindex(known.frame.index)
    assert shapely.equals_exact(back.geometry.to_numpy(), shapes, 0.0).all()


@given(PLACES)
@settings(max_examples=15, deadline=None)
def test_growth_is_nested_in_its_length(places):
    net = grid(9, 7)
    owner = np.arange(len(places))
    positions = snap(net, points(places))
    streets = owned_streets(net, positions, owner, limit_m=600)
    wide: dict[tuple[int, int], float] = {}
    for limit in (600, 350, 200, 50):
        alone = owned_streets(net, positions, owner, limit_m=limit)
        for one in (streets, alone):  # a search that looks no farther finds the same
            cut, who = one.within(limit)
            now: dict[tuple[int, int], float] = {}
            for e, a, b, o in zip(cut.edge, cut.begin_mm, cut.end_mm, who, strict=True):
                now[int(e), int(o)] = now.get((int(e), int(o)), 0) + int(b - a)
            assert all(length <= wide.get(key, np.inf) for key, length in now.items())
            if one is streets:
                before = now
        assert {k: v for k, v in now.items() if v} == {k: v for k, v in before.items() if v}
        wide = {key: float(now.get(key, 0)) for key in now} if limit != 600 else {**now}


def test_of_two_seeds_a_step_apart_each_lies_in_its_own_outline():
    known = seeds([(2, 0), (1, -1)], grow_m=150.0)
    grown, _ = grow_communities(grid(9, 7), known)
    assert shapely.covers(shapely.buffer(grown.frame.geometry.to_numpy(), 0.01), known.frame.geometry.to_numpy()).all()
