"""Communities that are known by a rounded point, in the draws: their homes stand as far to one side as the point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import circle15 as c15
from circle15.catalog import uncertainty
from circle15.catalog.phrases import assumption_notes
from circle15.errors import InputError
from circle15.model import Communities, DemandPoints, Facilities, Origin
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.sources.city_config import CommunityFile
from circle15.sources.communities.table import read_communities
from circle15.uncertainty.draws import Stage, draw, drawn_shares, points_covered
from tests.towns.lattice import BY, grid, network, points
from tests.towns.offices import HEADER, OFFICES, grown_pack, quietly
from tests.towns.pack_files import write_csv
from tests.towns.stages import plain_draw


def known_by_points(steps_m, *, outline="grown"):
    """Communities c0, c1, ... with the step of each one's point in metres, both ways."""
    frame = points([(100 * k, 0) for k in range(len(steps_m))], name="community_id", prefix="c")
    frame = frame.set_geometry(frame.buffer(40)).assign(name="x", population=100.0, pop_60plus=20.0)
    frame = frame.assign(outline=outline, rounded_east_m=steps_m, rounded_north_m=steps_m)
    return Communities(frame=frame, origin=Origin(label_zh="示", label_en="try"))


def laid_out(net, homes, sites, communities, *, cutoff_min=10.0, max_snap_m=1000.0):
    there = points(sites, name="facility_id", prefix="f").assign(name="x")
    there["services"] = [("clinic",)] * len(there)
    placed = (
        place_demand(net, DemandPoints(frame=homes), max_snap_m=max_snap_m),
        place_facilities(net, Facilities(frame=there, listed=frozenset({"clinic"})), max_snap_m=max_snap_m),
    )
    return Stage.of(
        walk_graph(net, BY["flat"]), *placed, services=("clinic",), cutoff_min=cutoff_min, max_snap_m=max_snap_m,
        communities=communities,
    )  # fmt: skip


def lived_in(xy, **more):
    return points(xy).assign(population=10.0, pop_60plus=5.0, method="street", **more)


def street(step_m, **more):
    """A home 200 m west of the clinic on a street of 4 km; its community's point was rounded."""
    home = lived_in([(1800, 0)], community_id="c0", **more)
    return laid_out(network([(0, 0), (4000, 0)], [(0, 1)]), home, [(2000, 0)], known_by_points([step_m]))


def test_a_home_is_in_reach_from_some_of_its_spots():
    """600 m are in reach; four spots a side of 960 m are 120 and 360 m off, each way.

    The way is |dx - 200| along the street and |dy| to it. With dy = 120: 360, 120 and -120 are in reach (160, 80 and
    320 m), -360 is not (560 m). With dy = 360: 120 (80 m) and 360 (160 m). Twice five of sixteen.
    """
    made = street(960.0)
    inside = [points_covered(made, plain_draw(made, home_spot=np.array([spot])))[0][0, 0] for spot in range(16)]
    assert np.array(inside).reshape(4, 4).tolist() == [
        [False, False, True, True], [False, True, True, True], [False, True, True, True], [False, False, True, True],
    ]  # fmt: skip
    assert points_covered(made, plain_draw(made))[0][0, 0]  # where the table puts it


def test_the_way_from_the_homes_to_their_point_is_walked_from_every_spot():
    """As above, with 100 m more: dx = -120 at dy = 120 has 320 + 120 + 100 = 540 m; dx = 360 at dy = 360 620 m."""
    made = street(960.0, leg_m=100.0)
    inside = [points_covered(made, plain_draw(made, home_spot=np.array([spot])))[0][0, 0] for spot in range(16)]
    assert np.array(inside).reshape(4, 4).tolist() == [
        [False, False, True, False], [False, True, True, True], [False, True, True, True], [False, False, True, False],
    ]  # fmt: skip


def scattered(steps_m, order=None, *, outline="grown"):
    rng = np.random.default_rng(3)
    homes = lived_in(rng.uniform((0, 0), (700, 500), size=(40, 2)), community_id=[f"c{k % 3}" for k in range(40)])
    sites = rng.uniform((0, 0), (700, 500), size=(6, 2))
    homes = homes if order is None else homes.iloc[order]
    communities = None if steps_m is None else known_by_points(steps_m, outline=outline)
    return laid_out(grid(8, 6), homes, sites, communities, cutoff_min=3.0, max_snap_m=150.0)


def drawn_of(made, number):
    return draw(made, number, seed=7, uncertain=uncertainty(), risk=np.full(made.network.n_edges, 0.1),
                existence=np.full(6, 0.9))  # fmt: skip


def shares(made, draws=30, **more):
    risk = np.full(made.network.n_edges, 0.1)
    return drawn_shares(made, draws, seed=7, uncertain=uncertainty(), risk=risk, existence=np.full(6, 0.9), **more)


def test_all_homes_of_a_community_move_by_one_distance_and_others_stay():
    made = scattered([400.0, 0.0, 200.0])
    drawn = drawn_of(made, 3)
    code = made.demand.points.community
    spot = [int(np.unique(drawn.home_spot[code == which]).item()) for which in range(3)]
    shift = np.zeros((40, 2))
    for which, step in ((0, 400.0), (2, 200.0)):
        row, column = divmod(spot[which], 4)
        shift[code == which] = [((place + 0.5) / 4 - 0.5) * step for place in (column, row)]
    frame = made.demand.frame
    moved = frame.set_geometry([
        type(point)(point.x + east, point.y + north)
        for point, (east, north) in zip(frame.geometry, shift, strict=True)
    ], crs=frame.crs)  # fmt: skip
    there = replace(made, demand=place_demand(made.network, DemandPoints(frame=moved)), home_spots=None)
    expected = points_covered(there, replace(drawn, home_spot=None))
    assert all((one == other).all() for one, other in zip(points_covered(made, drawn), expected, strict=True))
    assert (points_covered(made, drawn)[0] != points_covered(made, replace(drawn, home_spot=None))[0]).any()


def test_communities_move_apart_and_every_spot_is_as_likely():
    made = scattered([400.0, 0.0, 200.0])
    code = made.demand.points.community
    first = [int(np.flatnonzero(code == which)[0]) for which in (0, 2)]
    spots = np.array([drawn_of(made, number).home_spot[first] for number in range(1600)])
    count = np.array([np.bincount(column, minlength=16) for column in spots.T])
    assert count.shape == (2, 16)
    assert (np.abs(count - 100) < 45).all()  # a deviation is 9.7
    assert abs(np.corrcoef(spots.T)[0, 1]) < 0.1


@pytest.mark.parametrize(("steps_m", "outline"), [([0.0, np.nan, 0.0], "grown"), ([300.0] * 3, "drawn")])
def test_precise_points_and_drawn_outlines_change_no_byte(steps_m, outline):
    made = scattered(steps_m, outline=outline)
    assert made.home_spots is None
    assert shares(made).tobytes() == shares(scattered(None)).tobytes()


def test_other_inputs_are_drawn_as_before():
    plain, rounded = scattered(None), scattered([300.0, 0.0, 0.0])
    for number in range(5):
        one, other = drawn_of(plain, number), drawn_of(rounded, number)
        assert (one.speed, one.leg, one.limit) == (other.speed, other.leg, other.limit)
        for name in ("closed", "exists", "people"):
            assert (getattr(one, name) == getattr(other, name)).all()


def test_the_same_bytes_in_any_order_of_rows_and_threads():
    steps = [300.0, 0.0, 100.0]
    order = np.random.default_rng(5).permutation(40)
    first, again = shares(scattered(steps), threads=1), shares(scattered(steps, order), threads=2)
    assert first.tobytes() == again.tobytes()
    assert first[:10].tobytes() == shares(scattered(steps), draws=10).tobytes()


def test_from_the_planner_s_table_to_the_assumptions(make_pack):
    """Two offices whose coordinates have three decimals: half a step is 56 m from south to north."""
    rows = [[*row[:-2], f"{float(row[-2]):.3f}", f"{float(row[-1]):.3f}"] for row in OFFICES]
    city = c15.load_city("tryton", data=grown_pack(make_pack, offices=rows))
    steps = city.communities.rounded_m
    assert steps.shape == (2, 2)
    assert np.allclose(steps[:, 1], 111.2, atol=0.3)
    result = quietly(c15.analyse, city, draws=5)
    assert result.robustness.assumptions.communities_rounded == 2
    notes = assumption_notes(result.robustness, ())["homes"]
    assert "2 have rounded coordinates, up to 56 m off" in notes["en"]
    assert "2个社区的坐标取整了，最多可差56米" in notes["zh"]


def test_the_roughest_part_speaks_for_a_community_of_several_points(tmp_path):
    """Of seven estates, three of one community and one of another have two decimals, the others five."""
    fine = [("a", "120.62345", "31.31234"), ("a", "120.62543", "31.31432"), ("b", "120.63579", "31.31357")]
    rough = [("a", "120.62", "31.31"), ("a", "120.63", "31.32"), ("a", "120.61", "31.31"), ("c", "120.64", "31.33")]
    rows = [(key, key, "", "100", "20", *at) for key, *at in (*fine, *rough)]
    entry = CommunityFile(grow=True, parts=True, parts_people="once", datum="wgs84")
    frame = read_communities(write_csv(tmp_path / "estates.csv", rows, HEADER), {}, entry=entry).frame
    assert frame["parts"].to_dict() == {"a": 5, "b": 1, "c": 1}
    assert frame["rounded_north_m"].to_dict() == pytest.approx({"a": 1110.0, "b": 0.0, "c": 1110.0}, abs=5.0)


def test_a_step_that_is_none_is_refused_with_its_community():
    with pytest.raises(InputError, match=r"^c1: rounded_east_m = -3\.0 is no step of rounding") as caught:
        known_by_points([10.0, -3.0])
    assert caught.value.zh.startswith("c1：rounded_east_m = -3.0 不是坐标取整的步长")
