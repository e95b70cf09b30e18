"""What the list promises is what a scenario gives, and nothing better was left out: towns tried out one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.catalog.action_limits import action_limits
from circle15.errors import InputError
from circle15.model import Actions, City, NodeFlag, Scenario
from circle15.model.changes import AddFacility, AddService, Change, OpenGate, SetHours, Spot
from circle15.model.placed import determined
from circle15.planning.actions import ranked_actions
from circle15.planning.actions.needs import who_lacks
from circle15.planning.actions.trial import Trial
from circle15.planning.scenario import STREET_CHANGES, apply
from circle15.study.study import Study
from tests.towns.action_town import random_town, studied, turned

ALL = replace(action_limits(), count=10**6, overlap=2.0)
"""Every candidate that serves anybody."""
SEEDS = st.sampled_from([2, 5, 8, 9, 10, 11]) | st.integers(0, 10**6)
"""Towns with a gate or a link that helps, and any."""
MOMENTS = st.sampled_from(["", "11:30"])


def every_action(study: Study, **options) -> Actions:
    return ranked_actions(
        study.graph, replace(study.city, settings=study.settings), study.demand, study.standing, reach=study.reach,
        attributed=study.attribution, seating=study.seating, **options,
    )  # fmt: skip


def inside(study: Study) -> dict[str, np.ndarray]:
    """Which homes reach each service, by the walking times of the whole pipeline."""
    minutes = {key: study.nearest.minutes(key) for key in study.nearest.services}
    return {key: np.nan_to_num(time, nan=np.inf) <= study.settings.circle_min for key, time in minutes.items()}


def newly_served(before: Study, city: City, changes: tuple[Change, ...]) -> dict[tuple[str, str], float]:
    """People who lack a service in a town and reach it once a scenario is laid over it, by community and service."""
    after = studied(apply(city, Scenario(name="A", changes=changes)))
    points, status = before.demand.points, before.demand.positions.status
    assert after.demand.ids.equals(before.demand.ids)
    today, then, gains = inside(before), inside(after), {}
    for service, reached in today.items():
        new = ~reached & determined(status, reached) & then[service]
        for community in np.unique(points.community[new]):
            people = points.weight()[new & (points.community == community)].sum()
            gains[points.communities[community], service] = float(people)
    return gains


@settings(max_examples=4, deadline=None)
@given(seed=SEEDS, open_at=MOMENTS)
def test_each_action_replayed_as_a_scenario_gives_the_people_it_promised(seed, open_at):
    city = random_town(seed, open_at=open_at)
    study = studied(city)
    actions = every_action(study, limits=ALL)
    some = actions.frame.groupby("kind").head(4) if len(actions) else actions.frame
    for key, row in some.iterrows():
        promised = actions.gains.xs(key, level="action_id").to_dict()
        assert newly_served(study, city, actions.changes[key]) == promised
        assert sum(promised.values()) == row["gain"]


@settings(max_examples=4, deadline=None)
@given(seed=SEEDS, open_at=MOMENTS)
def test_the_steps_replayed_together_give_what_they_add_up_to(seed, open_at):
    city = random_town(seed, open_at=open_at)
    study = studied(city)
    actions = every_action(study)
    frame, done, before = actions.frame, (), 0.0
    for key in frame.sort_values("step").index if len(frame) else ():
        done += actions.changes[key]
        total = sum(newly_served(study, city, done).values())
        assert total == pytest.approx(before + frame.loc[key, "added"], abs=1e-9)
        before = total


def seated(city: City, changes: tuple[Change, ...] = ()) -> int:
    """People who get a meal on a day once a scenario is laid over a town."""
    return int(studied(apply(city, Scenario(name="A", changes=changes))).capacity.totals["served"].sum())


@pytest.mark.parametrize(("seed", "open_at"), [(5, ""), (9, "11:30"), (10, "")])
def test_seats_more_replayed_as_a_scenario_serve_as_many_as_promised(seed, open_at):
    city = random_town(seed, open_at=open_at, canteens=True)
    actions = every_action(studied(city), limits=ALL)
    some = actions.frame[actions.frame["kind"] == "seats"]
    assert len(some)
    for key, gain in some["gain"].items():
        assert (seated(city, actions.changes[key]) - seated(city)) * 10 == pytest.approx(gain)


@pytest.mark.parametrize(("seed", "open_at"), [(9, "11:30"), (10, "")])
def test_steps_with_seats_replayed_together_give_what_they_add_up_to(seed, open_at):
    # What is promised is who reaches a place that did not, and whom the seats among the steps serve.
    city = random_town(seed, open_at=open_at, canteens=True)
    study = studied(city)
    actions = every_action(study)
    steps = actions.frame.sort_values("step")
    assert {"seats", "site"} <= set(steps["kind"])
    done = [(key, actions.changes[key][0]) for key in steps.index]
    for count in range(1, len(done) + 1):
        changes = tuple(change for _, change in done[:count])
        without = tuple(change for key, change in done[:count] if steps.loc[key, "kind"] != "seats")
        total = sum(newly_served(study, city, changes).values()) + 10 * (seated(city, changes) - seated(city, without))
        assert total == pytest.approx(steps["added"].iloc[:count].sum())


@settings(max_examples=3, deadline=None)
@given(seed=SEEDS)
def test_a_facility_more_lowers_what_coverage_leaves_out_by_the_gain(seed):
    city = random_town(seed)
    study = studied(city)
    actions = every_action(study)
    at_facilities = actions.frame[actions.frame["kind"].isin(["service", "site"])] if len(actions) else ()
    for key in at_facilities.index[:5] if len(actions) else ():
        after = studied(apply(city, Scenario(name="A", changes=actions.changes[key])))
        left = (study.coverage.frame - after.coverage.frame)["pop_60plus_uncovered"]
        left = left.xs(study.settings.circle_min, level="cutoff_min")
        assert left[left != 0].to_dict() == actions.gains.xs(key, level="action_id").to_dict()


@pytest.mark.parametrize("seed", [5, 9])
def test_clauses_turn_as_the_scenario_turns_them(seed):
    city = random_town(seed)
    study = studied(city)
    actions, rules = study.actions, {rule.clause_id: rule for rule in study.rules}
    units = ["clause_id", "level", "unit_id"]
    turned = 0
    for key, row in actions.frame.head(3).iterrows():
        after = studied(apply(city, Scenario(name="A", changes=actions.changes[key]))).ledger.frame.reset_index()
        before = study.ledger.frame.reset_index()
        passes = before[before["verdict"] == "fail"][units].merge(after[after["verdict"] == "pass"][units])
        speaks = [bool(set(rules[clause].services) & set(row["services"])) for clause in passes["clause_id"]]
        told = actions.turned[actions.turned["action_id"] == key][units]
        assert set(told.itertuples(index=False, name=None)) == set(passes[speaks].itertuples(index=False, name=None))
        turned += len(told)
    assert turned


def every_change(study: Study) -> Iterator[Change]:
    """All changes of a town that the list is made of, links apart."""
    city, network = study.city, study.network
    frame, services = city.facilities.frame, sorted(city.facilities.listed)
    for key in frame.index:
        if not set(frame.loc[key, "services"]) <= {"fitness", "shop"}:
            yield from (AddService(facility_id=key, service=service) for service in services)
        if study.settings.open_at is not None:
            yield SetHours(facility_id=key, hours="00:00-24:00")
    for node in range(network.n_nodes):
        streets = int((network.u == node).sum() + (network.v == node).sum())
        spot = Spot(x=float(network.x[node]), y=float(network.y[node]))
        mainland = network.component_km[network.component[node]] == network.component_km.max()
        if streets >= 3 and mainland and city.area.boundary.contains(shapely.Point(*spot.metres)):
            yield from (
                AddFacility(facility_id=f"n{node}", name="n", services=(service,), at=spot) for service in services
            )
        if network.node_flags[node] & NodeFlag.PRIVATE:
            yield OpenGate(gate_id=f"gate:{node}")


@pytest.mark.parametrize(("seed", "open_at"), [(5, "11:30"), (8, ""), (9, "11:30")])
def test_nothing_that_a_town_could_do_is_missing(seed, open_at):
    study = studied(random_town(seed, open_at=open_at))
    tried = []
    for change in every_change(study):
        try:
            served = newly_served(study, study.city, (change,))
        except InputError:  # offered there already
            continue
        if served:
            tried.append((change.kind, round(sum(served.values()), 6)))
    listed = every_action(study, limits=ALL)
    got = [
        (listed.changes[key][0].kind, round(gain, 6)) for key, gain in listed.frame["gain"].items()
    ] if len(listed) else []  # fmt: skip
    assert sorted(pair for pair in got if pair[0] != "add_link") == sorted(tried)
    assert [gain for _, gain in got] == sorted((gain for _, gain in got), reverse=True)


@pytest.mark.parametrize(("seed", "canteens"), [(9, True), (11, False)])
def test_changes_laid_one_after_another_are_those_laid_together(seed, canteens):
    study = studied(random_town(seed, open_at="11:30", canteens=canteens))
    actions = every_action(study)
    wants, _ = who_lacks(study.reach, study.demand, study.serving, circle_min=study.settings.circle_min)
    trial = Trial(city=study.city, graph=study.graph, wants=wants, settings=study.settings)
    changes = [actions.changes[key][0] for key in actions.frame.sort_values("step").index]
    streets = [number for number, change in enumerate(changes) if isinstance(change, STREET_CHANGES)]
    assert streets
    assert max(streets) > 0
    before = None
    for count in range(1, len(changes) + 1):
        together, before = trial.laid(changes[:count]), trial.laid(changes[:count], before=before)
        assert before.city.facilities.frame.index.equals(together.city.facilities.frame.index)
        np.testing.assert_array_equal(before.city.network.u, together.city.network.u)
        np.testing.assert_array_equal(before.cells(), together.cells())
        served = [{key: of.cut.served for key, of in laid.seats().items()} for laid in (before, together)]
        assert served[0] == served[1]
    assert trial.laid(changes[:1], before=before).changes == tuple(changes[:1])


def test_the_order_of_rows_and_the_number_of_threads_change_nothing(monkeypatch):
    city = random_town(3, open_at="11:30")
    first = studied(city).actions
    monkeypatch.setattr("circle15.kernels.threads.os.cpu_count", lambda: 1)
    for order in ([2, 1, 0], [1, 2, 0]):
        other = studied(turned(city, order)).actions
        assert other.frame.drop(columns="geometry").equals(first.frame.drop(columns="geometry"))
        assert other.frame.geometry.geom_equals_exact(first.frame.geometry, 0).all()
        assert (other.gains.equals(first.gains), other.changes) == (True, first.changes)
    assert len(first) > 3
