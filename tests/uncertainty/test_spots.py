"""Rounded coordinates in the draws: a place may be anywhere within the rounding, and verdicts that hang on it waver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyproj
import pytest

from circle15.accessibility.coverage import coverage
from circle15.accessibility.gaps import gaps
from circle15.catalog import uncertainty
from circle15.catalog.phrases import assumption_notes
from circle15.model import DemandPoints, Facilities, Positions, Settings, Uncertainty
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.routing.reach import reach_table
from circle15.sources.facilities.table import read_facilities
from circle15.uncertainty.draws import Stage, draw, drawn_shares, points_covered
from circle15.uncertainty.robustness import robustness
from tests.towns.city_tables import facilities_table
from tests.towns.coverage_tables import communities
from tests.towns.lattice import BY, CRS, X0, Y0, grid, network, points
from tests.towns.pack_files import write_csv
from tests.towns.stages import plain_draw

SURE = Uncertainty(dropout={}, marked={})
LIMIT_M = 1000.0
CLINIC = pyproj.Transformer.from_crs(4326, CRS, always_xy=True).transform(120.62, 31.31)


def street_town(tmp_path, lon, lat):
    """A street of 4 km from west to east through the clinic at 120.62, 31.31, and one home 200 m west of it.

    ::

        ------------ h ---200 m--- clinic ------------
    """
    x, y = np.array(CLINIC) - (X0, Y0)
    net = network([(x - 2000, y), (x + 2000, y)], [(0, 1)])
    read = read_facilities(write_csv(tmp_path / "list.csv", [("f0", "站", "clinic", lon, lat)]), facilities_table())
    facilities = Facilities(frame=read.frame.to_crs(CRS), listed=frozenset({"clinic"}))
    home = points([(x - 200, y)]).assign(community_id="c0", population=100.0, pop_60plus=20.0, method="street")
    return net, DemandPoints(frame=home), facilities


def laid_out(net, demand, facilities):
    graph = walk_graph(net, BY["flat"])
    placed = (
        place_demand(net, demand, max_snap_m=LIMIT_M),
        place_facilities(net, facilities, max_snap_m=LIMIT_M),
    )
    return graph, Stage.of(graph, *placed, services=("clinic",), cutoff_min=10.0, max_snap_m=LIMIT_M)


def judged(net, demand, facilities, **more):
    graph, made = laid_out(net, demand, facilities)
    table = reach_table(graph, made.demand.positions, made.facilities.positions, cutoff_min=10.0)
    people = communities({"c0": 20.0})
    covered = coverage(table, demand, facilities, cutoffs_min=[10.0])
    scored = gaps(covered, people, cutoff_min=10.0)
    settings = Settings(cutoffs_min=(10.0,), draws=400, seed=3, max_snap_m=LIMIT_M)
    return robustness(made, people, scored=scored, settings=settings, uncertain=SURE, **more)


def test_six_decimals_are_robust_and_two_are_not(tmp_path):
    """600 m are in reach. Two decimals leave 951 m from west to east and 1,113 m from south to north open.

    Of the eight spots a side, a sixteenth of the step and more from the middle, those are in reach whose way along the
    street and leg are at most 600 m: |dx + 200| + |dy|, with dx = 59, 178, 297, 416 m either way and
    dy = 70, 209, 348, 487 m either way. With dy = 70: dx from -416 to 297, seven; 209: to 178, six; 348: -416 to -59,
    four; 487: -297 and -178, two. Twice nineteen of 64 are in reach: below in 41 % of draws.
    """
    precise = judged(*street_town(tmp_path, "120.620001", "31.310001"))
    rounded = judged(*street_town(tmp_path, "120.62", "31.31"))
    assert precise.frame["verdict"].tolist() == ["robust_pass"]
    assert rounded.frame["verdict"].tolist() == ["doubtful"]
    assert rounded.frame["p_below"].iloc[0] == pytest.approx(26 / 64, abs=0.08)  # four deviations of 400 draws are 0.1
    _, made = laid_out(*street_town(tmp_path, "120.62", "31.31"))
    inside = [points_covered(made, plain_draw(made, spot=np.array([spot])))[0][0, 0] for spot in range(64)]
    assert sum(inside) == 38
    assert points_covered(made, plain_draw(made))[0][0, 0]  # where the list puts it


def test_the_assumptions_name_it_and_are_silent_without(tmp_path):
    rounded = judged(*street_town(tmp_path, "120.62", "31.31"))
    assert (rounded.assumptions.rounded, round(rounded.assumptions.rounded_m)) == (1, 557)
    told = assumption_notes(rounded, ())["places"]
    assert "1 facility has rounded coordinates, up to 557 m off" in told["en"]
    assert "1处设施的坐标取整了，最多可差557米" in told["zh"]
    assert "places" not in assumption_notes(judged(*street_town(tmp_path, "120.620001", "31.310001")), ())


def scattered(steps, order=None):
    rng = np.random.default_rng(3)
    net = grid(8, 6)
    homes, sites = points(rng.uniform((0, 0), (700, 500), size=(40, 2))), rng.uniform((0, 0), (700, 500), size=(6, 2))
    homes = homes.assign(
        community_id=[f"c{k % 3}" for k in range(40)], population=10.0, pop_60plus=5.0, method="street"
    )
    there = points(sites, name="facility_id", prefix="f")
    there["name"], there["services"] = "x", [("clinic",)] * 6
    if steps is not None:
        there["rounded_east_m"], there["rounded_north_m"] = steps, steps
    if order is not None:
        homes, there = homes.iloc[order[0]], there.iloc[order[1]]
    facilities = Facilities(frame=there, listed=frozenset({"clinic"}))
    placed = place_demand(net, DemandPoints(frame=homes)), place_facilities(net, facilities)
    graph = walk_graph(net, BY["flat"])
    return Stage.of(graph, *placed, services=("clinic",), cutoff_min=3.0, max_snap_m=150.0)


def shares(made, draws=30, **more):
    doubt, risk = uncertainty(), np.full(made.network.n_edges, 0.1)
    return drawn_shares(made, draws, seed=7, uncertain=doubt, risk=risk, existence=np.full(6, 0.9), **more)


def test_precise_facilities_cost_nothing_and_change_no_byte():
    plain, none = scattered(None), scattered([0.0, np.nan, 0.0, 0.0, 0.0, 0.0])
    assert plain.spots is None
    assert none.spots is None
    assert shares(plain).tobytes() == shares(none).tobytes()


def test_other_inputs_are_drawn_as_before():
    plain, rounded = scattered(None), scattered([300.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    given = {"seed": 7, "uncertain": uncertainty(), "risk": np.full(plain.network.n_edges, 0.1)}
    for number in range(5):
        one, other = (draw(made, number, existence=np.full(6, 0.9), **given) for made in (plain, rounded))
        assert (one.speed, one.leg, one.limit) == (other.speed, other.leg, other.limit)
        for name in ("closed", "exists", "people"):
            assert (getattr(one, name) == getattr(other, name)).all()
    assert (shares(plain) != shares(rounded)).any()


def test_the_same_bytes_in_any_order_of_rows_and_threads():
    steps = [300.0, 0.0, 100.0, 0.0, 900.0, 0.0]
    order = np.random.default_rng(5).permutation(40), np.random.default_rng(6).permutation(6)
    first, again = shares(scattered(steps), threads=1), shares(scattered(steps, order), threads=2)
    assert first.tobytes() == again.tobytes()
    assert first[:10].tobytes() == shares(scattered(steps), draws=10).tobytes()


def test_a_draw_with_a_spot_is_the_ordinary_computation_with_the_facility_there():
    made = scattered([400.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    drawn = draw(
        made, 3, seed=7, uncertain=SURE, risk=np.zeros(made.network.n_edges), existence=np.ones(6)
    )  # fmt: skip
    row, column = divmod(int(drawn.spot[0]), 8)
    frame = made.facilities.frame.copy()
    moved = frame.geometry.iloc[0]
    shift = [((place + 0.5) / 8 - 0.5) * 400.0 for place in (column, row)]
    frame.loc["f0", "geometry"] = type(moved)(moved.x + shift[0], moved.y + shift[1])
    facilities = replace(made.facilities.facilities, frame=frame.drop(columns=["rounded_east_m", "rounded_north_m"]))
    there = replace(made, facilities=place_facilities(made.network, facilities), spots=None)
    expected = points_covered(there, replace(drawn, spot=None))
    assert all((one == other).all() for one, other in zip(points_covered(made, drawn), expected, strict=True))


def test_all_spots_are_drawn_alike_and_independent_of_each_other():
    made = scattered([300.0] * 6)
    spots = np.array([
        draw(made, k, seed=1, uncertain=SURE, risk=np.zeros(made.network.n_edges), existence=np.ones(6)).spot
        for k in range(2000)
    ])  # fmt: skip
    count = pd.Series(spots.ravel()).value_counts()
    assert (len(count), count.index.min(), count.index.max()) == (64, 0, 63)
    assert count.between(120, 255).all()  # 187.5 expected, a deviation of 13.6
    assert np.abs(np.corrcoef(spots.T) - np.eye(6)).max() < 0.1


def test_a_spot_without_a_street_is_far_in_the_draws_that_take_it():
    net = network([(0, 0), (1000, 0)], [(0, 1)])
    there = points([(500, 0)], name="facility_id", prefix="f").assign(name="x", rounded_north_m=800.0)
    there["services"] = [("clinic",)]
    home = points([(400, 0)]).assign(community_id="c0", population=10.0, pop_60plus=5.0, method="street")
    placed = (
        place_demand(net, DemandPoints(frame=home)),
        place_facilities(net, Facilities(frame=there, listed=frozenset({"clinic"}))),
    )
    made = Stage.of(walk_graph(net, BY["flat"]), *placed, services=("clinic",), cutoff_min=10.0, max_snap_m=150.0)
    # Rows at 50, 150, 250 and 350 m either way; 150 m is the limit: four of eight rows are near.
    status = made.spots.positions.status[1:]
    assert (status == Positions.FAR).sum() == 32
    assert not points_covered(made, plain_draw(made, spot=np.array([0])))[0].any()
