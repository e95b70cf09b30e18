"""The payload: bytes come back as they went in, and small numbers of people cannot be worked out."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from circle15.model import EdgeFlag
from circle15.network.gates import estates_of, passages
from circle15.render.map.compact import STEPS_PER_DEGREE, Sections, delta, varint, zigzag
from circle15.render.map.payload import add_gates, payload
from circle15.render.published.privacy import SUPPRESSED, bundles, public_counts, public_tens, public_total
from tests.towns.lattice import network as drawn
from tests.towns.packed_sections import section, unvarint
from tests.towns.page_fixture import SERVICES, analysis


@pytest.fixture(scope="module")
def town() -> dict:
    return payload(analysis())


@given(st.lists(st.integers(0, 2**63 - 1), max_size=30))
def test_varints_come_back(values: list[int]) -> None:
    assert unvarint(varint(np.array(values, dtype=np.uint64))) == values


@given(st.lists(st.integers(-(2**40), 2**40), max_size=30))
def test_signed_differences_come_back(values: list[int]) -> None:
    coded = zigzag(delta(values)).astype(np.int64)
    signed = np.where(coded % 2, -(coded + 1) // 2, coded // 2)
    assert np.cumsum(signed).tolist() == values


def test_negative_values_are_refused() -> None:
    with pytest.raises(ValueError, match="-3 is negative"):
        varint([4, -3])


def test_a_polygon_with_a_hole_is_written_ring_by_ring() -> None:
    square = shapely.Polygon([(0, 0), (1, 0), (1, 1), (0, 1)], [[(0.25, 0.25), (0.5, 0.25), (0.25, 0.5)]])
    sections = Sections(0, 0)
    sections.add_polygons("a", np.array([square, None, shapely.Polygon()], dtype=object))
    packed = sections.packed()
    assert section(packed, "a.parts").tolist() == [1, 0, 0]
    assert section(packed, "a.rings").tolist() == [2]
    assert section(packed, "a.points").tolist() == [4, 3]
    steps = STEPS_PER_DEGREE
    assert section(packed, "a.x").tolist() == [0, steps, steps, 0, steps // 4, steps // 2, steps // 4]


def test_streets_come_back(town: dict) -> None:
    network = analysis().city.network
    packed = town["binary"]
    u = section(packed, "edge.u")
    assert u.tolist() == network.u.tolist()
    assert (section(packed, "edge.v") + u).tolist() == network.v.tolist()
    assert section(packed, "edge.length_mm").tolist() == network.length_mm.tolist()
    assert section(packed, "edge.flags").tolist() == network.flags.tolist()
    # Of 9 columns the last one has a bend in each edge that runs north (6 of them, the canal has no bridge there).
    assert section(packed, "edge.bends").sum() == 6
    lon = town["grid"]["lon0"] + section(packed, "node.x") / STEPS_PER_DEGREE
    assert 120.5 < lon.min() < lon.max() < 120.7


def test_gates_come_back() -> None:
    # A street, a gate, an estate; a locked gate, a yard: edges 0-1, 1-2, 2-3.
    net = drawn(
        [(0, 0), (500, 0), (600, 0), (650, 0)],
        [(0, 1), (1, 2), (2, 3)],
        flags=[0, EdgeFlag.PRIVATE, EdgeFlag.PRIVATE],
        node_flags=[0, 17, 49, 0],
    )
    sections = Sections(lon0=0, lat0=0)
    add_gates(sections, net, estates_of(net))
    packed = sections.packed()
    ways = passages(net, "resident")
    ends = np.stack([net.u, net.v], axis=1).ravel()
    ends[section(packed, "side.end")] = net.n_nodes + section(packed, "side.node")
    assert ends.tolist() == np.stack([ways.u, ways.v], axis=1).ravel().tolist()
    assert section(packed, "side.joint").tolist() == [1, 5]  # one's own gate is one node, a lock stays a lock
    assert (section(packed, "edge.estate") > 0).tolist() == ways.owned.tolist() == [False, True, True]


def test_coordinates_are_right_to_half_a_step(town: dict) -> None:
    from pyproj import Transformer

    network = analysis().city.network
    lon, lat = Transformer.from_crs(network.crs, 4326, always_xy=True).transform(network.x, network.y)
    for name, exact, origin in (("node.x", lon, "lon0"), ("node.y", lat, "lat0")):
        found = town["grid"][origin] + section(town["binary"], name) / STEPS_PER_DEGREE
        assert np.abs(found - exact).max() <= 0.5 / STEPS_PER_DEGREE + 1e-12


def test_what_a_walking_engine_needs_is_exact(town: dict) -> None:
    shown = analysis()
    packed = town["binary"]
    for name, positions in (("demand", shown.demand.positions), ("facility", shown.facilities.positions)):
        for column in ("edge", "offset_mm", "leg_mm"):
            assert section(packed, f"{name}.{column}").tolist() == getattr(positions, column).tolist()
    assert town["cutoffs_ms"] == [300_000, 600_000, 900_000]
    assert town["profile"] | {"citation": ""} == {
        "name": "elderly",
        "title_zh": "老年人",
        "title_en": "Elderly",
        "speed_mmps": 900,
        "stairs_mmps": 310,
        "half_signal_ms": 10_000,
        "half_gate_ms": 0,
        "citation": "",
    }


def test_uncompressed_is_the_same_content(town: dict) -> None:
    plain = payload(analysis(), compress=False)
    assert plain["binary"]["encoding"] == "base64"
    assert b64decode(plain["binary"]["text"]) == gzip.decompress(b64decode(town["binary"]["text"]))


def test_same_input_same_bytes(town: dict) -> None:
    assert json.dumps(payload(analysis())) == json.dumps(town)


def test_undetermined_is_said_and_has_no_figures(town: dict) -> None:
    determined = {service["key"]: service["determined"] for service in town["services"]}
    assert determined == {"meal_point": True, "day_care": False, "clinic": True, "shop": True}
    assert all("day_care" not in community["services"] for community in town["communities"])
    count = len(SERVICES) * len(town["cutoffs_ms"])
    assert town["binary"]["sections"]["merged.parts"]["values"] == count


# -- people -----------------------------------------------------------------------------------------


def test_a_community_of_seven_elders_tells_nothing(town: dict) -> None:
    hidden = next(community for community in town["communities"] if community["id"] == "c6")
    assert hidden["pop_60plus"] == SUPPRESSED
    assert hidden["gap"] is None
    assert hidden["services"] == {}
    points = analysis().demand.frame["community_id"].to_numpy() == "c6"
    assert section(town["binary"], "demand.pop_60plus_tens")[points].sum() == 0


def test_ten_are_told_and_nine_are_not() -> None:
    assert public_total(np.array([9.0, 10.0])).tolist() == [SUPPRESSED, 10]
    assert public_tens(np.array([0.0, 0.5, 9.0, 9.4, 14.0, 15.0])).tolist() == [0, SUPPRESSED, SUPPRESSED, 10, 10, 20]


groups = st.lists(st.integers(0, 40), min_size=5, max_size=5)


@given(st.lists(groups, min_size=1, max_size=20))
def test_no_group_under_ten_can_be_worked_out(rows: list[list[int]]) -> None:
    """Groups: within 5, 5-10, 10-15, beyond 15, unplaced. Differences of what is shown never give 1 to 9 exactly."""
    people = np.array(rows, dtype=np.float64)
    total, unplaced = people.sum(axis=1), people[:, 4]
    uncovered = np.column_stack([people[:, k:4].sum(axis=1) for k in (1, 2, 3)])
    placed, shown = public_counts(total, unplaced, uncovered)
    for everyone, mine, steps in zip(total, placed, shown, strict=True):
        assert all(value in {SUPPRESSED, everyone} or value % 10 == 0 for value in (mine, *steps))


@given(st.lists(st.integers(0, 40 * 1024), min_size=1, max_size=60))
def test_bundles_keep_sums_and_tell_of_nobody(parts: list[int]) -> None:
    people = pd.Series(np.array(parts) / 1024)
    found = bundles(people, pd.Series(["a"] * len(parts)))
    assert set(found % 10) <= {0}
    if people.sum() < 10:
        assert found.sum() == 0
    else:
        off = np.abs(np.cumsum(found) - people.cumsum())
        assert off.iloc[-1] <= 5
        inner = people.cumsum().between(15, people.sum() - 20, inclusive="left")
        assert off[inner].max() <= 5 or not inner.any()
        # Fewer than fifteen wait at the first points, fewer than twenty are set down early at the last ones, with five
        # by which the sum is off; of fewer than 25 people all stand at the last point.
        assert off.max() < 25


def test_nothing_is_lost_on_the_way_to_json(town: dict) -> None:
    json.dumps(town, allow_nan=False)
    assert town["totals"]["pop_60plus"] % 10 == 0
    assert len(town["communities"]) == 8
    assert len(town["facilities"]) == 12


def test_further_groups_are_in_tens_and_outlines_say_how_they_came() -> None:
    shown = analysis()
    frame = shown.city.communities.frame
    first, second = frame.index[:2]
    more = frame.assign(households=np.nan, pop_65plus=4.0, outline="drawn", people_basis="registered")
    more.loc[first, ["households", "pop_65plus", "outline"]] = [1234.0, 126.0, "grown"]
    places = replace(shown.city.communities, frame=more)
    content = payload(replace(shown, city=replace(shown.city, communities=places)))
    told = {one["id"]: one for one in content["communities"]}
    assert told[first]["more"] == {"households": 1230, "pop_65plus": 130}
    assert told[second]["more"] == {"pop_65plus": SUPPRESSED}
    assert (told[first]["outline"], told[second]["outline"]) == ("grown", "drawn")
    assert told[first]["people_basis"] == "registered"


def test_a_community_that_nobody_could_judge_has_no_rank() -> None:
    shown = analysis()
    table = shown.gaps.by_community.copy()
    table["rank"] = table["rank"].astype("Int64")
    lost = table.index[0]
    table.loc[lost, ["rank", "index"]] = [pd.NA, np.nan]
    content = payload(replace(shown, gaps=replace(shown.gaps, by_community=table)))
    (gap,) = [one["gap"] for one in content["communities"] if one["id"] == lost]
    assert (gap["rank"], gap["index"]) == (None, None)


def test_files_are_told_by_rows_and_never_by_headers(town: dict) -> None:
    sites, streets = town["files"]
    assert (sites["file"], sites["read"], sites["used"]) == ("sites.xlsx", 16, 12)
    assert sites["lost"] == [
        {"why_zh": "编号重复", "why_en": "id stands twice", "rows": 3},
        {"why_zh": "没有可用的经纬度", "why_en": "no usable coordinates", "rows": 1},
    ]
    assert streets["role_en"] == "streets"
    assert "联系电话" not in json.dumps(town, ensure_ascii=False)
    assert "站名" not in json.dumps(town, ensure_ascii=False)
