"""Scenarios as files: what is written comes back; what cannot be is refused with file, change, key and value."""

from __future__ import annotations

import json
import re

import pytest

from circle15.errors import InputError
from circle15.model.changes import (
    AddFacility,
    AddLink,
    AddPeople,
    AddService,
    CloseFacility,
    CloseStreet,
    CommunityPart,
    LinkEnd,
    MergeCommunities,
    MoveFacility,
    OpenGate,
    RemoveService,
    SetCapacity,
    SetDeliveryRadius,
    SetHours,
    SetProfile,
    SetSpeed,
    SplitCommunity,
    Spot,
)
from circle15.model.scenario import SavedScenario, Scenario
from circle15.render.scenario_file import scenario_file
from circle15.sources.scenario_files import read_scenario

HERE = Spot(lon=120.62, lat=31.31)
THERE = Spot(x=560_000.0, y=3_465_000.0)
START = LinkEnd(street_id="street:1-2", offset_m=3.5, at=HERE)
EVERY = (
    AddFacility(facility_id="n", name="</script>{{7*7}}=1", services=("clinic",), at=HERE, hours="24/7", capacity=3.0),
    CloseFacility(facility_id="f0", at=HERE),
    MoveFacility(facility_id="f0", to=THERE),
    AddService(facility_id="f0", service="shop"),
    RemoveService(facility_id="f0", service="shop"),
    SetHours(facility_id="f0", hours="24/7"),
    SetCapacity(facility_id="f0", capacity=None, service="clinic"),
    SetDeliveryRadius(facility_id="f0", delivery_radius_m=900.0),
    AddLink(start=START, end=LinkEnd(at=THERE), stairs=True, structure="bridge"),
    CloseStreet(street_id="street:1-2"),
    OpenGate(gate_id="gate:9"),
    SetProfile(profile="frail"),
    SetSpeed(speed_mps=1.1),
    AddPeople(estate_id="e", people={"population": 5.0, "pop_60plus": 1.0}, outline=(HERE, THERE, HERE), name="新"),
    MergeCommunities(community_ids=("a", "b"), into="a", name="甲", at=(HERE, THERE)),
    SplitCommunity(
        community_id="a",
        line=(HERE, THERE),
        parts=tuple(CommunityPart(community_id=f"a{k}", name="甲", at=spot) for k, spot in enumerate((HERE, THERE))),
    ),
)  # fmt: skip
SAVED = SavedScenario(
    scenario=Scenario(name="方案A", changes=EVERY, parent="现状"),
    city="hand",
    inputs="ab" * 32,
    settings={"profile": "elderly", "cutoffs_min": (5.0, 15.0), "max_snap_m": 150.0, "open_at": "We 11:30"},
    seen={"clinic": {"before": 50.0, "after": 20.0}},
)


@pytest.fixture
def broken(tmp_path):
    """The file of the scenario with some keys changed, or of any text."""

    def write(text: str | None = None, **changes: object):
        scenario_file(SAVED, tmp_path / "plan.json")
        written = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8")) | changes
        (tmp_path / "plan.json").write_text(json.dumps(written) if text is None else text, encoding="utf-8")
        return tmp_path / "plan.json"

    return write


def test_a_scenario_comes_back_as_it_was(tmp_path):
    path = scenario_file(SAVED, tmp_path / "plan.json")
    assert read_scenario(path) == SAVED
    again = scenario_file(read_scenario(path), tmp_path / "again.json")
    assert again.read_bytes() == path.read_bytes()


def change(**cells: object) -> dict[str, object]:
    return {"changes": [{"kind": "close_facility", "facility_id": "f0"}, cells]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "circle15-scenario-9"}, "format = 'circle15-scenario-9', and circle15-scenario-1 can be read"),
        ({"format": None}, "format = None"),
        ({"chnages": []}, "unknown key 'chnages' in the top level; did you mean 'changes'"),
        ({"settings": {"profile": "elderly"}}, "cutoffs_min"),
        (change(kind="close_facilty", facility_id="f1"), "change 2: kind = 'close_facilty' is no kind of change"),
        (change(kind="close_facilty", facility_id="f1"), "did you mean 'close_facility'"),
        (change(facility_id="f1"), "change 2: kind = None is no kind"),
        (change(kind=["x"]), "change 2: kind = ['x'] is no kind"),
        (change(kind="set_capacity", facility_id="f1", capacity="60人"), "change 2"),
        (change(kind="set_capacity", facility_id="f1", capacity=-3), "change 2: capacity = -3 is not usable"),
        (change(kind="set_capacity", facility_id="f1", capacity=True), "change 2"),
        (change(kind="set_hours", facility_id="f1"), "hours"),
        (change(kind="set_hours", facility_id="f1", hours="24/7", seats=3), "unknown key 'seats'"),
        (change(kind="move_facility", facility_id="f1", to={"lon": 120.0}), "change 2: a place has lon"),
        (change(kind="add_facility", facility_id="n", name="x", services="clinic", at={"x": 1, "y": 2}), "services"),
        ({"changes": {}}, "changes"),
        ({"changes": [7]}, "changes"),
    ],
)
def test_what_a_file_must_not_say_is_refused_where_it_stands(broken, changes, message):
    with pytest.raises(InputError, match=re.escape(message)) as refused:
        read_scenario(broken(**changes))
    assert str(refused.value).startswith("plan.json")
    assert refused.value.zh.startswith("plan.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read as a scenario file"),
        ("[]", "the top level is no object"),
        ("[" * 100_000, "cannot be read as a scenario file"),
        ('{"format": "circle15-scenario-1", "format": 2}', "the key 'format' stands twice"),
        ('{"format": NaN}', "NaN is no number"),
        ('{"format": -Infinity}', "-Infinity is no number"),
    ],
)
def test_what_is_no_json_is_refused(broken, text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_scenario(broken(text))


def test_a_file_that_is_too_large_missing_or_too_long_is_refused(broken, tmp_path):
    path = broken("x" * 10_000_001)
    with pytest.raises(InputError, match="larger than 10 MB"):
        read_scenario(path)
    with pytest.raises(InputError, match="there is no such scenario file"):
        read_scenario(tmp_path / "plans.json")
    many = [{"kind": "close_facility", "facility_id": f"f{k}"} for k in range(10_001)]
    with pytest.raises(InputError, match="has 10001 changes, at most 10,000 are read"):
        read_scenario(broken(changes=many))
