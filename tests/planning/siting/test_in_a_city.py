"""Questions of siting in small towns: by hand, and against every choice, counted by the ordinary rule of coverage."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest

from circle15.catalog.phrases import frontier_sentences, plan_sentences
from circle15.errors import Circle15Error, DataQualityWarning
from circle15.model import Communities, SitingLimits, SitingRules
from circle15.model.changes import AddFacility, AddService, CloseFacility, RemoveService
from circle15.model.costs import Costs
from circle15.model.plans import Certificate
from circle15.model.scenario import Scenario
from circle15.network.graph import cutoff_ms
from circle15.planning.scenario import apply
from circle15.planning.siting.answer import answered, frontier
from circle15.planning.siting.question import asked
from tests.towns.action_town import random_town, studied, town, turned
from tests.towns.lattice import CRS, X0, Y0, grid, network

# A street of 2,000 m with crossings at 500, 1,000 and 1,500 m, a clinic at 0 and two houses of culture. Houses stand
# 10 m off the street, 300 m are walked in five minutes, and a crossing is 5 m from the mouth of its side street.
#
#   x      0    100   500   800   1000   1200   1500   1900
#          f0   a     X f1  b     X      c      X f2   d
HOMES = {"a": (100, 10), "b": (800, 10), "c": (1200, 10), "d": (1900, 10)}
ELDERS = {"a": 10, "b": 20, "c": 40, "d": 80}
SITES = {(0, 0): ["clinic"], (500, 0): ["culture"], (1550, 0): ["culture"]}
MAIN = [(0, 0), (500, 0), (1000, 0), (1500, 0), (2000, 0)]
STREET = network([*MAIN, (500, 40), (1000, 40), (1500, 40)], [(0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (2, 6), (3, 7)])


def on_the_street(sites=SITES, **options):
    return town(STREET, HOMES, ELDERS, sites, **{"listed": ("clinic", "culture"), **options})


def question(city, service="clinic", *, priced=False, **rules):
    study = studied(city)
    return asked(
        study.graph, city, study.demand, study.standing, reach=study.reach, service=service,
        rules=SitingRules(**rules), priced=priced,
    )  # fmt: skip


def plan(city, service="clinic", *, new=None, budget=None, rules=None, **options):
    about = question(city, service, priced=budget is not None, **(rules or {}))
    return answered(about, name="A", number=new, budget=budget, **options)


def lacking(city, service="clinic"):
    return studied(city).ranked.needs.by_service[service]


# From 1,000 m b and c are 210 m away; from 1,500 m c is 310 m, too far, and d 410 m. The house f2 at 1,550 m has d
# 360 m away, too far too. From 500 m b is 310 m.
def test_a_crossing_serves_most_and_whom_nothing_helps_is_told():
    found = plan(on_the_street(), new=3)
    assert (found.lacking, found.served, found.objective, found.unit) == (140, 60, "most_people", "people")
    (change,) = found.scenario.changes
    assert isinstance(change, AddFacility)
    assert change.services == ("clinic",)
    assert found.out_of_reach.to_dict() == {"d": 80}
    assert found.certificate.optimal
    assert found.only.tolist() == [60]
    assert found.tried[["service", "site"]].tolist() == [2, 3]
    assert repr(found) == "<Plan most_people of clinic: 1 facilities serve 60 of 140 more, optimal>"


def test_houses_alone_serve_whom_they_can():
    wide = on_the_street(cutoff_min=7.0)  # 420 m: f1 has b at 310 m, f2 c at 360 and d at 360 m
    found = plan(wide, new=2, rules={"places": "house"})
    assert found.scenario.changes == (
        AddService(facility_id="f2", service="clinic"), AddService(facility_id="f1", service="clinic"),
    )  # fmt: skip
    frame = found.actions.frame
    assert frame[["kind", "target_id", "gain", "step", "added"]].to_numpy().tolist() == [
        ["service", "f2", 120, 1, 120], ["service", "f1", 20, 2, 20],
    ]  # fmt: skip
    assert plan(wide, new=2, rules={"places": ["house"], "excluded": ["f2"]}).served == 20
    assert plan(wide, new=1, rules={"places": ["house"], "locked": ["f1"]}).served == 20


def test_whom_two_of_a_plan_serve_needs_neither_alone():
    wide = on_the_street(cutoff_min=7.0)
    ids = question(wide).ids
    both = [next(key for key in ids if key.startswith(f"site:{node}:")) for node in (2, 3)]
    found = plan(wide, new=2, rules={"locked": both})
    # The crossing at 1,500 m has c and d, that at 1,000 m b and c: c needs neither.
    assert found.actions.frame["gain"].tolist() == [120, 60]
    assert found.only.tolist() == [80, 20]


def test_a_facility_that_closes_leaves_its_people_to_the_plan():
    city = apply(on_the_street(cutoff_min=7.0), Scenario(name="-", changes=(CloseFacility(facility_id="f0"),)))
    found = plan(city, new=1, rules={"places": ["house"]})
    assert (found.lacking, found.served) == (150, 120)
    assert found.tried["service"] == 2  # what is closed is no house to go to
    assert plan(city, new=2, rules={"places": ["house"]}).out_of_reach.to_dict() == {}  # f1 has a at 410 m


def test_a_budget_chooses_by_what_the_pack_says_things_cost():
    city = replace(on_the_street(cutoff_min=7.0), costs=Costs(service={"clinic": 2.6}, site={"clinic": 10.4}))
    # In whole units a house costs 3 and a crossing 10: for 6 both houses, and everybody; for 5 one of them.
    found = plan(city, budget=6)
    assert (found.served, found.actions.frame["cost"].tolist()) == (140, [2.6, 2.6])
    assert plan(city, budget=5).served == 120
    cheapest = plan(city, budget=None, objective="everybody", rules={})
    assert (cheapest.unit, cheapest.certificate.value, cheapest.served) == ("facilities", 2, 140)
    about = question(city, priced=True)
    by_cost = answered(about, name="A", objective="everybody")
    assert (by_cost.unit, by_cost.certificate.value, by_cost.certificate.optimal) == ("cost", 6, True)


def test_a_share_counts_those_who_reach_the_service_today():
    city = on_the_street(cutoff_min=7.0)
    # Of 150 people 10 reach it. 0.86 are 129 people: 119 more, whom f2 alone serves; 0.87 are 131: one more is needed.
    assert len(plan(city, objective="everybody", share=0.86)) == 1
    assert len(plan(city, objective="everybody", share=0.87)) == 2
    assert len(plan(city, objective="everybody", share=0.06)) == 0  # 9 people are served today


def test_at_most_so_many_in_a_subdistrict():
    city = on_the_street(cutoff_min=7.0)
    frame = city.communities.frame.assign(subdistrict=["东", "东", "", "西"])
    # Candidates stand in no community's own plot; those within the box around a house would.
    wide = frame.set_geometry(frame.geometry.buffer(345, join_style="mitre"))
    named = replace(city, communities=Communities(frame=wide, origin=city.communities.origin))
    about = question(named, per_subdistrict=1)
    assert about.problem.group_most.tolist() == [1, 1, 1]
    groups = dict(zip(about.ids, about.problem.group, strict=True))
    assert groups["f1"] == groups[next(key for key in groups if key.startswith("site:1:"))]
    assert groups["f2"] == -1  # 1,550 m is in c's box, which names none, and in d's: the first id decides
    with pytest.raises(Circle15Error, match="2 are locked in 东, and a subdistrict may have 1 at most"):
        question(named, per_subdistrict=1, locked=["f1", next(key for key in groups if key.startswith("site:1:"))])
    with pytest.raises(Circle15Error, match="do not name their subdistricts"):
        question(city, per_subdistrict=1)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_choice_serves_more_counted_one_by_one(seed):
    city = random_town(seed)
    about = question(city)
    limit_ms = cutoff_ms(city.settings.circle_min)
    wants = about.wants
    alone = []
    for candidate in range(len(about.ids)):
        changed = apply(city, Scenario(name="-", changes=(about.change(candidate),)))
        alone.append((studied(changed).nearest.ms("clinic") <= limit_ms)[wants.point])
    alone = np.array(alone)
    for number in (1, 2, 3):
        found = answered(about, name="A", number=number)
        best = max(
            float(wants.people[alone[list(chosen)].any(axis=0)].sum())
            for chosen in combinations(range(len(alone)), number)
        )
        assert found.served == best
        assert found.certificate.optimal
        after = apply(city, found.scenario)
        assert lacking(city) - lacking(after) == found.served
    coverable = alone.any(axis=0)
    assert found.out_of_reach.sum() == wants.people[~coverable].sum()
    fewest = next(
        number
        for number in range(len(alone) + 1)
        if any(alone[list(chosen)].any(axis=0)[coverable].all() for chosen in combinations(range(len(alone)), number))
    )
    assert len(answered(about, name="A", objective="everybody")) == fewest


def test_the_order_of_rows_changes_nothing():
    city = random_town(1)
    one, other = plan(city, new=3), plan(turned(city, [2, 0, 1]), new=3)
    assert one.scenario == other.scenario
    assert one.actions.frame["gain"].tolist() == other.actions.frame["gain"].tolist()


# Clinics at 0, 500 and 1,550 m, 420 m in seven minutes: f0 has a; f1 has a (410 m) and b (310 m); f2 has c and d.
CLINICS = {(0, 0): ["clinic"], (500, 0): ["clinic"], (1550, 0): ["clinic"]}


def test_what_closes_is_what_fewest_people_miss():
    city = on_the_street(sites=CLINICS, cutoff_min=7.0)
    one = plan(city, rules={"closing": 1})
    assert one.scenario.changes == (CloseFacility(facility_id="f0"),)
    assert (one.lost, one.served, one.lacking, len(one)) == (0, 0, 0, 0)
    two = plan(city, rules={"closing": 2})
    assert two.scenario.changes == (CloseFacility(facility_id="f0"), CloseFacility(facility_id="f1"))
    assert two.closes["lost"].to_dict() == {"f0": 10, "f1": 30}
    assert (two.lost, two.certificate.value) == (30, 120 * 1024)
    assert plan_sentences(two, city.communities, "zh") == [
        "社区卫生服务站停办2处：f0站（涉及约10位）、f1站（涉及约30位）。现在走得到的60岁以上老人中，约30位以后走不到。",
        "已证明最优：试遍6个候选，在同样的限制内任何组合都不能让更多人走到。",
    ]
    moved = plan(city, new=1, rules={"closing": 2})
    assert (moved.lost, len(moved.closes), len(moved), moved.certificate.value) == (0, 2, 1, 150 * 1024)
    both = on_the_street(sites=CLINICS | {(1540, 0): ["clinic"]}, cutoff_min=7.0)
    assert [change.facility_id for change in plan(both, rules={"closing": 1}).scenario.changes] == ["f0"]
    alone = plan(city, rules={"closing": 1, "excluded": ["f2"], "places": "house"})
    assert (alone.lost, alone.out_of_reach.sum()) == (120, 0)  # whom it serves today is lost, not beyond help
    out = plan(city, rules={"closing": 1, "excluded": ["f2"]})
    assert (out.scenario.changes, out.lost) == ((CloseFacility(facility_id="f2"),), 120)
    kept = plan(city, rules={"closing": 2, "locked": ["f0"]})
    assert kept.scenario.changes == (CloseFacility(facility_id="f1"), CloseFacility(facility_id="f2"))
    assert kept.out_of_reach.sum() == 0  # of those who lack it today there is nobody


def test_a_facility_keeps_its_other_services():
    sites = CLINICS | {(0, 0): ["clinic", "culture"]}
    found = plan(on_the_street(sites=sites, cutoff_min=7.0), rules={"closing": 1})
    assert found.scenario.changes == (RemoveService(facility_id="f0", service="clinic"),)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_choice_of_what_stays_and_what_comes_serves_more(seed):
    rng = np.random.default_rng(seed)
    spots = [(70.0 * (spot % 6) + 20, 70.0 * (spot // 6) + 20) for spot in rng.permutation(36)[:14]]
    homes = {f"c{number}": spot for number, spot in enumerate(spots[:9])}
    elders = {key: float(rng.integers(1, 90)) for key in homes}
    city = town(grid(5, 5), homes, elders, {spot: ["clinic"] for spot in spots[9:]}, listed=("clinic",), cutoff_min=2.0)
    about = question(city, closing=2)
    limit_ms, stands = cutoff_ms(2.0), [f"f{number}" for number in range(5)]
    bare = apply(city, Scenario(name="-", changes=tuple(CloseFacility(facility_id=key) for key in stands)))

    def reached(changed):
        return (studied(changed).nearest.ms("clinic") <= limit_ms)[about.wants.point]

    stay = np.array([reached(city_of(city, [one for one in stands if one != key])) for key in stands])
    come = [about.change(one) for one in range(len(about.ids)) if about.ids[one] not in stands]
    come = np.array([reached(apply(bare, Scenario(name="-", changes=(change,)))) for change in come])
    for new in (0, 1, 2):
        found = answered(about, name="A", number=new)
        best = max(
            float(about.wants.people[np.vstack([stay[list(kept)], come[list(more)]]).any(axis=0)].sum())
            for kept in combinations(range(5), 3)
            for more in combinations(range(len(come)), new)
        )
        assert found.certificate.value == best * 1024
        assert found.certificate.optimal
        assert len(found.closes) == 2
        after = apply(city, found.scenario)
        assert lacking(after) - lacking(city) == found.lost - found.served


def city_of(city, closed):
    return apply(city, Scenario(name="-", changes=tuple(CloseFacility(facility_id=key) for key in closed)))


def test_the_frontier_tells_the_best_of_each_number_and_what_building_in_steps_costs():
    city = on_the_street(cutoff_min=7.0)
    table = frontier(question(city), 3)
    # One: f2 or the crossing at 1,500 m (c, d); the crossing at 1,000 m has b and c. Two: everybody.
    assert table.index.tolist() == [1, 2, 3]
    assert table["served"].tolist() == table["at_most"].tolist() == table["nested"].tolist() == [120, 140, 140]
    assert table["more"].tolist() == [120, 20, 0]
    assert table["optimal"].all()
    assert frontier_sentences(table.assign(nested=[60, 140, 140]), "zh")[:2] == [
        "1处：最多让约120位走到（已证明）；按最大的方案逐步建，到第1处是约60位。",
        "2处：最多让约140位走到（已证明）。",
    ]
    unsure = table.assign(optimal=False, at_most=150.0)
    assert frontier_sentences(unsure, "en")[0] == "1: about 120 served, not proven to be the best, about 150 at most."
    few = "1 facility at most, and 2 are locked"
    for most, told in ((0, "0 facilities are not usable"), (1.5, "1.5 facilities are not usable"), (1, few)):
        with pytest.raises(Circle15Error, match=told):
            frontier(question(city, locked=["f1", "f2"]), most)
    locked = frontier(question(city, locked=["f1"]), 2)
    assert locked["served"].tolist() == locked["nested"].tolist() == [20, 140]


def test_a_plan_in_words():
    city = on_the_street()
    found = plan(city, new=1)
    zh, en = (plan_sentences(found, city.communities, tongue) for tongue in ("zh", "en"))
    assert zh[:3] == [
        "社区卫生服务站：约140位60岁以上老人5分钟内走不到；按本方案增设1处，其中约60位走得到（43%）。",
        "已证明最优：试遍5个候选，在同样的限制内任何组合都不能让更多人走到。",
        "有约80位，任何候选地点都帮不到，最多的在d社区；需要另找地点，或先打通道路。",
    ]
    assert en[1] == "Proven optimal: of 5 candidates no choice within the same limits serves more people."
    assert en[3].startswith("1. New site with a community clinic at the crossing at ")
    unproven = replace(found, certificate=Certificate(value=60 * 1024, bound=66 * 1024, proof="none", stopped=True))
    said = plan_sentences(unproven, city.communities, "en")
    assert said[1].startswith(
        "Not proven to be the best: of 5 candidates any choice within the same limits serves about"
    )
    assert said[1].endswith("about 70 at most, 10% more.")
    assert said[2] == "The work was interrupted; this is the plan so far."
    assert not any(
        "最优" in line or "optimal" in line for line in [*said, *plan_sentences(unproven, city.communities, "zh")]
    )
    nobody = plan(on_the_street(cutoff_min=40.0), new=1)
    assert (len(nobody), nobody.scenario.changes) == (0, ())
    (only,) = plan_sentences(nobody, city.communities, "zh")
    assert only == "社区卫生服务站：没有60岁以上老人在40分钟内走不到，不需要再设。"


@pytest.mark.parametrize(
    ("rules", "options", "told"),
    [
        ({}, {"new": None}, "it is not said how many facilities"),
        ({}, {"new": 0}, "0 facilities are not usable"),
        ({}, {"new": 1, "objective": "most_peple"}, "no objective 'most_peple'.*did you mean 'most_people'"),
        ({}, {"objective": "everybody", "share": 1.5}, "share = 1.5 is not usable"),
        ({"places": ["park"]}, {"new": 1}, "no kind of place 'park'"),
        ({"places": "list"}, {"new": 1}, "those of a list, and none is given"),
        ({"locked": ["f9"]}, {"new": 1}, "'f9' in locked is the id of no candidate"),
        ({"excluded": ["f0"]}, {"new": 1}, "'f0' in excluded"),  # it offers the service already
        ({"locked": ["f1"], "excluded": ["f1"]}, {"new": 1}, "both locked and excluded"),
        ({"locked": ["f1", "f2"]}, {"new": 1}, "1 facility at most, and 2 are locked"),
        ({"per_subdistrict": 0}, {"new": 1}, "at most 0 in a subdistrict"),
        ({"per_subdistrict": True}, {"new": 1}, "at most True in a subdistrict"),
        ({"closing": -1}, {"new": 1}, "closing -1 is not usable"),
        ({"closing": 1}, {"new": 1}, "1 are to close, and 1 offers the service today"),
        ({"closing": 1, "per_subdistrict": 1}, {"new": 1}, "without a limit for subdistricts"),
        ({}, {"budget": 10}, "does not say (site|service), so that"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(rules, options, told):
    with pytest.raises(Circle15Error, match=told) as refused:
        plan(on_the_street(), rules=rules, **options)
    assert refused.value.zh.startswith("选址：")


def own_list(**columns):
    """A plot 60 m behind b and c, one at the river, and one that nobody walks to."""
    frame = gpd.GeoDataFrame(
        {"name": ["老粮站", "河边", "山上"]} | columns,
        geometry=gpd.points_from_xy([X0 + 1000, X0 + 1900, X0 + 900], [Y0 + 60, Y0 + 20, Y0 + 900]),
        index=["p1", "p2", "p3"],
        crs=CRS,
    )
    return frame.to_crs("EPSG:4326")


def test_a_list_of_one_s_own_names_its_places():
    city = on_the_street()
    with pytest.warns(DataQualityWarning, match=r"no street is near 1 candidate, .* \(first: p3\)"):
        found = plan(city, new=2, rules={"listed": own_list()})
    # The plot stands 20 m from the mouth of the side street, 40 m off the main one: b and c are 270 m away.
    assert [change.facility_id for change in found.scenario.changes] == ["p2", "p1"]
    assert (found.served, found.tried["site"], found.out_of_reach.to_dict()) == (140, 3, {})
    said = plan_sentences(found, city.communities, "zh")
    assert said[2].startswith("1. 在河边（")
    assert said[3].startswith("2. 在老粮站（")
    assert "新设社区卫生服务站" in said[2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.set_crs(None, allow_override=True), "does not say its reference system"),
        (lambda frame: frame.set_axis(["p1", "p1", "p3"]), "'p1' stands twice"),
        (
            lambda frame: frame.set_axis(["f1", "p2", "p3"]),
            r"1 id of the list of candidates is a facility's \(first: f1\)",
        ),
        (lambda frame: frame.set_geometry(frame.buffer(0.001)), "'p1' is no point"),
        (lambda frame: frame.set_geometry([None, *frame.geometry[1:]], crs=4326), "'p1' is no point"),
        (lambda frame: frame.drop(columns="name"), "needs a column name"),
        (lambda frame: frame.assign(name=["", "b", "c"]), "needs a column name"),
    ],
)
@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_lists_that_cannot_be_used_are_refused(change, told):
    with pytest.raises(Circle15Error, match=told) as refused:
        question(on_the_street(), listed=change(own_list()))
    assert refused.value.zh.startswith("选址：")


def test_a_choice_of_what_closes_goes_with_most_people_alone():
    city = on_the_street(sites=CLINICS)
    with pytest.raises(Circle15Error, match="the objective is most_people"):
        plan(city, objective="everybody", rules={"closing": 1})
    with pytest.raises(Circle15Error, match="without the frontier"):
        frontier(question(city, closing=1), 2)
    with pytest.raises(Circle15Error, match="-1 facilities are not usable"):
        plan(city, new=-1, rules={"closing": 1})


def test_services_that_nobody_knows_or_lists_are_refused():
    with pytest.raises(Circle15Error, match=r"no service 'clinik'.*did you mean 'clinic'"):
        question(on_the_street(), "clinik")
    with pytest.raises(Circle15Error, match="no list of facilities speaks of Daily shop"):
        question(on_the_street(), "shop")


def test_a_limited_search_never_says_optimal():
    city = random_town(32)
    found = plan(city, "shop", new=2, limits=SitingLimits(work=0, sweeps=0, nodes=0))
    best = plan(city, "shop", new=2)
    assert best.certificate.optimal
    assert found.certificate.bound > found.certificate.value == Fraction(found.served) * 1024
    assert found.certificate.bound >= best.certificate.value >= found.certificate.value
    said = [line for tongue in ("zh", "en") for line in plan_sentences(found, city.communities, tongue)]
    assert not any("最优" in line or "optimal" in line for line in said)
