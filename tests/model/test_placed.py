"""Points and their positions are one value that cannot be made wrongly; values travel between processes."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest

import circle15 as c15
from circle15 import catalog
from circle15.errors import InputError
from circle15.model import DemandPoints, Facilities, PlacedDemand, PlacedFacilities, Positions, pickling
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities, snap
from circle15.routing.routes import routes
from tests.towns.lattice import BY, network, points
from tests.towns.real_cities import shipped_result

STREET = network([(0, 0), (2000, 0)], [(0, 1)])


def homes(*at: float) -> DemandPoints:
    frame = points([(x, 0) for x in at])
    frame["community_id"], frame["population"], frame["pop_60plus"], frame["method"] = "a", 10.0, 10.0, "street"
    return DemandPoints(frame=frame)


def clinics(*at: float) -> Facilities:
    frame = points([(x, 0) for x in at], name="facility_id", prefix="f")
    frame["name"], frame["services"] = "诊所", [("clinic",)] * len(at)
    return Facilities(frame=frame, listed=frozenset({"clinic"}))


def test_a_place_that_was_closed_cannot_lend_its_position():
    # The near clinic f0 is closed: only f1 serves. Its own position comes with it, 1,800 m away; that of f0 is refused.
    sites = clinics(200, 1900)
    placed = place_facilities(STREET, sites)
    only_far = replace(sites, frame=sites.frame.loc[["f1"]])
    walk = routes(walk_graph(STREET, BY["flat"]), place_demand(STREET, homes(100)), placed.of(only_far)).frame
    assert walk["facility_id"].tolist() == ["f1"]
    assert walk["metres"].tolist() == pytest.approx([1800], abs=0.01)
    with pytest.raises(InputError, match="1 rows, but 2 positions") as refused:
        PlacedFacilities(facilities=only_far, positions=placed.positions)
    assert "设施：有1行，但有2个位置" in refused.value.zh


@pytest.mark.parametrize("wrong", [[1, 0], [0, 0]])
def test_rows_in_another_order_or_of_others_are_refused(wrong):
    people = homes(100, 300)
    positions = snap(STREET, people.frame).take(np.array(wrong))
    with pytest.raises(InputError, match=r"other rows or in another order \(row [01]: 'p[01]' in the frame"):
        PlacedDemand(points=people, positions=positions)


def test_facilities_that_were_never_placed_are_named():
    placed = place_facilities(STREET, clinics(200))
    other = clinics(200, 1900)
    with pytest.raises(InputError, match="'f1' has no position") as refused:
        placed.of(other)
    assert "没有位置" in refused.value.zh


def test_columns_of_positions_are_of_one_length():
    zero = np.zeros(2, dtype=np.int64)
    with pytest.raises(InputError, match="1 ids, but columns of"):
        Positions.single(
            ids=pd.Index(["a"]), edge=zero.astype(np.int32), offset_mm=zero, leg_mm=zero, status=zero.astype(np.uint8)
        )


def test_elders_weigh_and_where_nobody_is_old_everyone():
    frame = points([(x, 0) for x in (0, 10, 20, 30)])
    frame["community_id"], frame["method"] = ["b", "a", "b", "a"], "street"
    frame["population"], frame["pop_60plus"] = [9.0, 8.0, 7.0, 6.0], [0.0, 2.0, 0.0, 3.0]
    people = DemandPoints(frame=frame)
    assert people.communities.tolist() == ["a", "b"]
    assert people.community.tolist() == [1, 0, 1, 0]
    assert people.weight().tolist() == [9, 2, 7, 3]
    # Of a only p1 counts, of b only p2: what does not count weighs nothing.
    assert people.weight(np.array([False, True, True, False])).tolist() == [0, 2, 7, 0]
    # Where the only elders do not count, everyone who does is asked.
    frame["pop_60plus"] = [0.0, 2.0, 0.0, 0.0]
    assert DemandPoints(frame=frame).weight(np.array([True, False, True, True])).tolist() == [9, 0, 7, 6]
    assert people.community_sums(np.array([1, 2, 3, 4])).tolist() == [6, 4]


def test_the_matrix_of_offers_is_facility_by_service():
    sites = clinics(0, 100)
    sites = replace(
        sites, frame=sites.frame.assign(services=[("clinic", "shop"), ()]), listed=frozenset({"clinic", "shop"})
    )
    assert sites.offer_matrix(("shop", "culture", "clinic")).tolist() == [[True, False, True], [False] * 3]
    assert sites.offer_matrix(()).shape == (2, 0)


# -- travelling --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result():
    return shipped_result("helsinki")


def test_a_city_and_a_result_can_be_copied_and_pickled(result, tmp_path):
    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own
    assert repr(again) == repr(result)
    assert type(again) is type(result)
    copied = copy.deepcopy(result.city)
    assert not copied.network.length_mm.flags.writeable
    np.testing.assert_array_equal(copied.network.length_mm, result.city.network.length_mm)
    for name, folder in (("once", result), ("again", again)):
        folder.save(tmp_path / name)
    for path in sorted((tmp_path / "once").iterdir()):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_every_typed_part_of_a_result_travels(result):
    parts = {
        name: getattr(result, name)
        for name in ("demand", "facilities", "reach", "isochrones", "coverage", "gaps", "ledger", "attribution",
                     "robustness", "stability", "equity", "typology", "routes", "settings", "profile", "findings")
    }  # fmt: skip
    for name, part in parts.items():
        assert repr(pickle.loads(pickle.dumps(part))) == repr(part), name  # noqa: S301 - our own


def test_what_is_cached_cannot_be_changed_and_travels():
    doubt = catalog.uncertainty()
    with pytest.raises(TypeError):
        doubt.dropout["path"] = 1.0
    assert pickle.loads(pickle.dumps(doubt)) == doubt  # noqa: S301 - our own


def _people(city: c15.City) -> float:
    return float(city.communities.frame["population"].sum())


def test_a_city_travels_to_another_process(result):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(_people, result.city).result() == _people(result.city)


def test_a_city_of_another_version_says_so(result, monkeypatch):
    saved = pickle.dumps(result.city)
    monkeypatch.setattr(pickling, "__version__", "9.9.9")
    with pytest.raises(InputError, match=r"was saved by circle15 0\.1\.0, this is 9\.9\.9") as refused:
        pickle.loads(saved)  # noqa: S301 - our own
    assert "重新生成" in refused.value.zh
