"""Field checks: what would flip, exactly as if the city were computed again without the facility or the street."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from circle15.catalog import uncertainty
from circle15.catalog.phrases import check_communities, check_questions
from circle15.kernels.loads import arc_loads
from circle15.model import EdgeFlag
from circle15.routing.reach import reach_table
from circle15.uncertainty.draws import dropout_risk, points_covered, shares_of
from circle15.uncertainty.field_checks import (
    COLUMNS,
    field_checks,
    lost_without_facilities,
    lost_without_streets,
    street_ids,
    street_row,
)
from tests.towns.banks import far_from_streets
from tests.towns.coverage_tables import communities
from tests.towns.lattice import network
from tests.towns.stages import bridge_town, plain_draw, scattered_town, stage


def table_of(made, cutoff_min):
    return reach_table(open_graph(made), made.demand.positions, made.facilities.positions, cutoff_min=cutoff_min)


def open_graph(made):
    return made.graph(made.profile, np.zeros(made.network.n_edges, dtype=bool))


def again(made, required, **assumed):
    """People aged 60+ lost and verdicts flipped when the whole city is computed again."""
    before, placed = points_covered(made, plain_draw(made))
    after, _ = points_covered(made, plain_draw(made, **assumed))
    ones = np.ones(len(made.demand))
    was, now = (shares_of(made, inside, placed, ones) for inside in (before, after))
    lost = float((made.elders[:, None] * (before & ~after)).sum())
    return lost, int(((was >= required) & (now < required)).sum())


def test_without_each_facility_the_city_computed_again_says_the_same():
    _, made = scattered_town(cutoff_min=4.0)
    required = np.full((3, 2), 0.6)
    lost = lost_without_facilities(made, table_of(made, 4.0), required)
    sums = lost.groupby("target")[["people", "flips"]].sum()
    for facility in range(6):
        exists = np.arange(6) != facility
        people, flips = again(made, required, exists=exists)
        found = sums.loc[facility] if facility in sums.index else pd.Series({"people": 0.0, "flips": 0})
        assert found.to_list() == [people, flips]
    assert sums["flips"].sum() > 0


def test_without_each_street_the_city_computed_again_says_the_same():
    net, made = scattered_town(cutoff_min=4.0)
    required = np.full((3, 2), 0.6)
    lost = lost_without_streets(made, open_graph(made), np.full(net.n_edges, 0.1), required, most=net.n_edges)
    sums = lost.groupby("target")[["people", "flips"]].sum()
    told = 0
    for edge in range(net.n_edges):
        people, flips = again(made, required, closed=np.arange(net.n_edges) == edge)
        found = sums.loc[edge] if edge in sums.index else pd.Series({"people": 0.0, "flips": 0})
        assert found.to_list() == [people, flips]
        told += people > 0
    assert told > 2


def checks_and_lost(made, *, chances=None, most=60, required=0.9):
    risk = dropout_risk(made.network, uncertainty())
    return field_checks(
        made, open_graph(made), reach=table_of(made, 10.0),
        required=np.broadcast_to(required, (3, 2)), chances=chances or (np.array([0.1, 0.0]), risk), most=most,
    )  # fmt: skip


def checks_of(made, **options):
    return checks_and_lost(made, **options)[0]


def test_the_bridge_and_the_clinic_are_asked_for_by_hand():
    found, lost = checks_and_lost(bridge_town())
    # Without the clinic c0, c1, c2 lose it: 60 people, three verdicts, p = 0.1. Without the bridge c0 and c1 lose
    # clinic and shop: 100 person-services, four verdicts, p = 0.05. 3 x 0.1 > 4 x 0.05. The shop is certain.
    assert found.index.to_list() == ["facility:f0", "street:1-2"]
    assert found["flips"].to_list() == [3, 4]
    assert found["people"].to_list() == [60.0, 100.0]
    # c0 has 30 people aged 60+, c1 twenty, c2 ten.
    assert lost.loc["facility:f0"].to_dict() == {("c0", "clinic"): 30, ("c1", "clinic"): 20, ("c2", "clinic"): 10}
    assert lost.loc["street:1-2"].groupby("community_id").sum().to_dict() == {"c0": 60, "c1": 40}
    assert found["kind"].to_list() == ["facility", "path"]
    assert found["target_id"].to_list() == ["f0", "1"]
    assert found["rank"].to_list() == [1, 2]
    assert found["services"].to_list() == [("clinic",), ("clinic", "shop")]
    assert found["communities"].to_list() == [("c0", "c1", "c2"), ("c0", "c1")]
    assert found["offers"].to_list() == [("clinic",), ()]
    assert found.loc["street:1-2", "length_m"] == pytest.approx(100)
    assert np.isnan(found.loc["facility:f0", "length_m"])
    assert "小桥（约100米）能否步行通过" in check_questions(found, "zh")["street:1-2"]
    assert found["lon"].between(119, 122).all()


def test_an_english_question_has_the_english_name_where_there_is_one():
    made = bridge_town()
    named = replace(made.facilities.facilities, frame=made.facilities.frame.assign(name_en=["West Clinic", ""]))
    made = replace(made, facilities=made.facilities.of(named))
    found = checks_of(made, chances=(np.full(2, 0.1), np.zeros(3)))
    zh, en = (check_questions(found, language) for language in ("zh", "en"))
    assert en["facility:f0"] == "Is West Clinic (Community clinic) still there and serving?"
    assert en["facility:f1"].startswith("Is x (")
    assert zh["facility:f0"] == "x（社区卫生服务站）是否仍在营业？"


def test_six_communities_are_named_and_the_others_counted():
    ids = [f"c{k}" for k in range(8)]
    people = communities(dict.fromkeys(ids, 10.0))
    checks = pd.DataFrame({"communities": [tuple(ids), tuple(ids[:6]), ("c7", "c0")]}, index=["x", "y", "z"])
    named = check_communities(checks, people, "en")
    assert named["x"] == "C0; C1; C2; C3; C4; C5; +2"
    assert named["y"] == "C0; C1; C2; C3; C4; C5"
    assert check_communities(checks, people, "zh")["z"] == "c7社区; c0社区"


def test_a_street_without_a_name_and_a_gate_are_asked_for():
    checks = pd.DataFrame(
        {"kind": ["path", "gate"], "name": ["", "平江路"], "name_en": ["", "平江路"], "length_m": [12.4, 99.6],
         "offers": [(), ()]},
        index=["x", "y"],
    )  # fmt: skip
    assert check_questions(checks, "zh")["x"] == "此处无名道路（约12米）能否步行通过？"
    assert check_questions(checks, "en").tolist() == [
        "Can one walk through the unnamed way here (about 12 m)?",
        "Is the gate on 平江路 (about 100 m) open to everyone?",
    ]


def test_who_is_far_from_every_street_is_in_no_share():
    # c0 has 30 elders by a street who lose the clinic, and as many far from any: without the far ones its share falls
    # from 100 to 0 %, and 0.6 is asked. Counted in, it would have been 50 % before, and no verdict could fall.
    net = network([(0, 0), (500, 0)], [(0, 1)])
    made = stage(net, [(0, 0), (0, 0), (0, 0), (0, 0)], [(400, 0)], [("clinic",)], people=[30.0, 1.0, 1.0, 30.0])
    made = replace(made, demand=far_from_streets(made.demand, [3]))
    lost = lost_without_facilities(made, table_of(made, 10.0), np.full((3, 2), 0.6))
    clinic = lost[(lost["service"] == made.services.index("clinic")) & (lost["community"] == 0)]
    assert clinic[["people", "flips"]].to_numpy().tolist() == [[30.0, True]]


def test_where_nobody_is_old_verdicts_may_fall_and_no_elder_is_lost():
    net = network([(0, 0), (500, 0)], [(0, 1)])
    made = stage(net, [(0, 0)], [(400, 0)], [("clinic",)], people=[0.0])
    lost = lost_without_facilities(made, table_of(made, 10.0), np.full((1, 2), 0.6))
    assert lost[["people", "flips"]].to_numpy().tolist() == [[0.0, True]]


def test_a_private_way_is_a_gate_and_nothing_is_asked_of_main_roads():
    made = bridge_town()
    flags = np.array([0, EdgeFlag.PRIVATE, 0], dtype=np.uint16)
    found = checks_of(replace(made, network=replace(made.network, flags=flags)))
    assert found.loc["street:1-2", "kind"] == "gate"
    # p = 0.1 now: 4 flips x 0.1 go before 3 x 0.1
    assert found["rank"].to_dict() == {"street:1-2": 1, "facility:f0": 2}
    sure = np.array([0, EdgeFlag.CONFIRMED, 0], dtype=np.uint16)
    found = checks_of(replace(made, network=replace(made.network, flags=sure)))
    assert found.index.to_list() == ["facility:f0"]


def test_nothing_to_ask_where_all_is_certain_or_nobody_is_covered():
    made = bridge_town()
    sure = checks_of(made, chances=(np.zeros(2), np.zeros(3)))
    assert len(sure) == 0
    assert list(sure) == list(COLUMNS)
    assert check_questions(sure, "zh").empty
    far = stage(made.network, [(0, 0)], [(500, 0)], [("clinic",)], cutoff_min=1.0)
    reach = table_of(far, 1.0)
    none, _ = field_checks(
        far, open_graph(far), reach=reach, required=np.full((1, 2), 0.9),
        chances=(np.full(1, 0.1), np.full(3, 0.1)), most=5,
    )  # fmt: skip
    assert len(none) == 0


def test_the_number_of_streets_is_bounded_and_the_fullest_come_first():
    net, made = scattered_town(cutoff_min=4.0)
    lost = lost_without_streets(made, open_graph(made), np.full(net.n_edges, 0.1), np.full((3, 2), 0.6), most=3)
    assert lost["target"].nunique() <= 3
    assert len(lost_without_streets(made, open_graph(made), np.zeros(net.n_edges), np.full((3, 2), 0.6), most=9)) == 0


def test_a_street_that_may_well_be_closed_is_tried_before_a_fuller_one():
    # Streets of 200, 100, 200 and 200 m in a row, the clinic on the last. 30 elders live on the first and walk through
    # the second, with 20 who live on the second through the third: 30 x 0.1 go before 50 x 0.01.
    net = network([(0, 0), (200, 0), (300, 0), (500, 0), (700, 0)], [(0, 1), (1, 2), (2, 3), (3, 4)])
    made = stage(net, [(50, 0), (250, 0)], [(600, 0)], [("clinic",)], people=[30.0, 20.0], cutoff_min=30.0)
    required = np.full((2, 1), 0.9)
    for risk, first in ((0.01, 1), (0.1, 2)):
        lost = lost_without_streets(made, open_graph(made), np.array([0, 0.1, risk, 0]), required, most=1)
        assert set(lost["target"]) == {first}


def test_verdicts_go_before_people():
    # No share can meet what is asked of clinics: without f0 60 people lose it, 60 x 0.1 = 6, and no verdict falls.
    # Without the bridge 100 person-services are lost, 100 x 0.05 = 5, and with the shop two verdicts.
    made = bridge_town()
    required = np.where(np.array(made.services) == "clinic", 1.01, 0.9) * np.ones((3, 1))
    found = checks_of(made, required=required)
    assert found["flips"].to_dict() == {"street:1-2": 2, "facility:f0": 0}
    assert found.index.to_list() == ["street:1-2", "facility:f0"]


def test_names_of_streets_stay_when_others_come_and_tell_parallel_ones_apart():
    net = network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 0), (1, 2)], length_m=[150, 100, 100])
    assert street_ids(net) == ["street:0-1#2", "street:0-1", "street:1-2"]


def test_a_street_is_found_by_its_name_as_among_all_names():
    net = network(
        [(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 0), (1, 2), (1, 0), (2, 2)], length_m=[150, 100, 100, 100, 7]
    )
    net = replace(net, node_id=np.array([7, -9, 100]))
    assert street_ids(net) == ["street:-9-7#3", "street:-9-7", "street:-9-100", "street:-9-7#2", "street:100-100"]
    for street in (*street_ids(net), *(f"{street}{more}" for street in street_ids(net) for more in ("#1", "#4", " "))):
        among = street_ids(net).index(street) if street in street_ids(net) else None
        assert street_row(net, street) == among
    for other in ("", "street:7--9", "street:-9-07", "street:-9-+7", "street:1-2", f"street:-9-{10**30}", "gate:7"):
        assert street_row(net, other) is None


def test_loads_add_up_towards_the_facility():
    """Nodes in a row: 2 -> 1 -> 0, the facility at 0; 3 joins at 1.

    ::

        0 -10- 1 -10- 2
               '-5--- 3
    """
    start = np.array([0, 1, 4, 5, 6], dtype=np.uint32)
    head = np.array([1, 0, 2, 3, 1, 1], dtype=np.uint32)
    cost = np.array([10, 10, 10, 5, 10, 5], dtype=np.uint32)
    distance = np.array([0, 10, 20, 15], dtype=np.uint32)
    loads = arc_loads(start, head, cost, distance, np.array([1.0, 2.0, 4.0, 8.0]))
    assert loads.tolist() == [14.0, 0.0, 4.0, 8.0, 0.0, 0.0]


@pytest.mark.parametrize("required", [0.0, 1.01])
def test_a_share_that_is_always_or_never_met_cannot_flip(required):
    found = checks_of(bridge_town(), required=required)
    assert found["flips"].to_list() == [0, 0]
    # people still count: 100 x 0.05 before 60 x 0.1? no: 5 < 6
    assert found.index.to_list() == ["facility:f0", "street:1-2"]
