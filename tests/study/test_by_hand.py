"""The composition on a city drawn by hand: each wire from stage to stage matters to a number."""

from __future__ import annotations

import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest

import circle15 as c15
from circle15.catalog.phrases import community_sentences, gap_sentences
from circle15.errors import DataQualityWarning
from circle15.model import City, Communities, Facilities, Positions, WalkProfile
from tests.towns.street_and_village import HERE, street_and_village


@cache
def analysed(**options):
    """The city as it is, once for the same options."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(street_and_village(), **options)


FLAT = WalkProfile(name="flat", title_zh="平", title_en="flat", speed_mps=1.0, stairs_mps=1.0)


def test_every_service_has_its_own_nearest_time():
    near = analysed(profile=FLAT).coverage.nearest["mean_min"]
    # 20 m leg + 500 m to the clinic; 20 m + 3,500 m to the shop
    assert near.loc[("town", "clinic")] == pytest.approx(520 / 60)
    assert near.loc[("town", "shop")] == pytest.approx(3520 / 60)


def test_people_on_an_island_are_no_gap_but_undetermined_and_told():
    result = analysed(profile=FLAT)
    row = result.coverage.frame.loc[("village", "clinic", 15.0)]
    parts = [row[f"pop_60plus_{part}"] for part in ("covered", "uncovered", "unplaced", "undetermined")]
    assert parts == [0, 0, 0, 16]
    assert np.isnan(row["pop_60plus_share"])
    assert result.coverage.nearest.loc[("village", "clinic"), "unreachable"] == 0
    assert result.gaps.frame.loc[("village", "clinic"), ["uncovered", "undetermined"]].tolist() == [0, 16]
    assert "village" not in result.attribution.frame.index.get_level_values("community_id")
    told = {found.code: found for found in result.findings}
    assert "20 people live on streets that are cut off" in told["demand-island"].message_en
    assert "no-path" not in told


def test_the_canal_keeps_people_from_the_street_beside_them():
    dry = analysed(profile=FLAT)
    with pytest.warns(DataQualityWarning):
        wet = c15.analyse(street_and_village(canal=True), profile=FLAT)
    assert dry.demand.positions.status.tolist() == [Positions.OK, Positions.ISLAND]
    assert wet.demand.positions.status.tolist() == [Positions.FAR, Positions.ISLAND]
    assert wet.coverage.frame.loc[("town", "clinic", 15.0), "pop_60plus_unplaced"] == 12


def test_one_warning_tells_of_the_findings_and_filters_stay_as_they_are():
    before = list(warnings.filters)
    with pytest.warns(DataQualityWarning) as caught:
        c15.analyse(street_and_village(), profile=FLAT)
    assert len(caught) == 1
    assert list(warnings.filters) == before


def test_a_margin_too_narrow_for_the_walker_is_told():
    codes = lambda result: {found.code for found in result.findings}
    assert "narrow-margin" not in codes(analysed(profile=FLAT))
    assert "narrow-margin" in codes(analysed(profile=FLAT, cutoffs_min=(5, 60)))
    with pytest.warns(DataQualityWarning):
        narrow = c15.analyse(street_and_village(buffer_m=500.0))
    assert "narrow-margin" in codes(narrow)


def test_a_profile_of_ones_own_is_recorded_by_its_figures():
    record = analysed(profile=FLAT).record
    assert record["settings"]["profile"] == "flat"
    assert record["profile"]["speed_mps"] == 1.0


def test_streets_that_end_early_are_told():
    found = {told.code: told for told in analysed(profile=FLAT).findings}
    assert found["streets-end-early"].severity == "note"


def test_row_order_changes_no_table():
    one = street_and_village()
    turned = City(**{
        **{name: getattr(one, name) for name in one.__dataclass_fields__},
        "communities": Communities(frame=one.communities.frame.iloc[::-1], origin=HERE),
        "facilities": Facilities(frame=one.facilities.frame.iloc[::-1], listed=one.facilities.listed),
    })  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        a, b = c15.analyse(one, profile=FLAT), c15.analyse(turned, profile=FLAT)
    assert a.gaps.by_community.index.tolist() == b.gaps.by_community.index.tolist()
    assert a.demand.frame.index.tolist() == b.demand.frame.index.tolist()
    pd.testing.assert_frame_equal(a.gaps.frame, b.gaps.frame, check_exact=True)


def at_moment(when, hours, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(street_and_village(hours=hours, **settings), profile=FLAT, open_at=when)


def test_what_is_closed_covers_nobody_and_stays_on_the_map():
    hours = ["Mo-Fr 08:00-17:00", "看情况"]
    then, always = at_moment("Sa 11:30", hours), at_moment(None, hours)
    # 520 m in 15 min: the town reaches its clinic at any time, and on Saturdays it is shut
    assert always.coverage.frame.loc[("town", "clinic", 15.0), "pop_60plus_covered"] == 12
    assert then.coverage.frame.loc[("town", "clinic", 15.0), "pop_60plus_covered"] == 0
    assert np.isnan(then.coverage.nearest.loc[("town", "clinic"), "mean_min"])
    assert then.coverage.nearest.loc[("town", "shop"), "mean_min"] == pytest.approx(3520 / 60)
    assert then.coverage.services == always.coverage.services
    assert set(then.isochrones.frame.index.unique("facility_id")) == {"f0", "f1"}
    assert then.isochrones.merged.index.unique("service").tolist() == ["shop"]
    assert not then.hours["open"].iloc[0]
    assert then.hours["open"].isna().tolist() == [False, True]


def test_a_moment_is_told_recorded_and_said_in_every_sentence():
    then = at_moment("周六 11:30", ["Mo-Fr 08:00-17:00", "看情况"])
    assert then.record["settings"]["open_at"] == "Sa 11:30"
    told = {found.code: found for found in then.findings}
    assert (told["closed-then"].count, told["hours-unknown"].count) == (1, 1)
    assert told["closed-then"].examples == ("f0",)
    assert "11:30（周六）" in told["hours-unknown"].message_zh
    assert "at Sa 11:30" in told["hours-unknown"].message_en
    assert "社区卫生服务站" in told["nothing-open"].message_zh
    assert gap_sentences(then.gaps, "zh").str.contains("11:30（周六）").all()
    assert gap_sentences(then.gaps, "en").str.contains("open at Sa 11:30").all()
    assert "11:30（周六）" in community_sentences(then.gaps, "zh")["town"]
    assert "open at Sa 11:30" in community_sentences(then.gaps, "en")["town"]


def test_a_town_that_lacks_nothing_says_when():
    hours = ["08:00-17:00", "24/7"]
    then = at_moment("11:30", hours, weights={"shop": 0.0})
    assert community_sentences(then.gaps, "en")["town"].startswith("At We 11:30: ")
    assert community_sentences(then.gaps, "zh")["town"].startswith("在11:30（周三）：")


def test_without_a_moment_nothing_changes():
    bare, timed = analysed(profile=FLAT), at_moment(None, ["Sa 01:00-02:00", "off"])
    pd.testing.assert_frame_equal(bare.coverage.frame, timed.coverage.frame, check_exact=True)
    pd.testing.assert_frame_equal(bare.gaps.by_community, timed.gaps.by_community, check_exact=True)
    assert timed.record["settings"]["open_at"] is None
    assert not {"closed-then", "hours-unknown"} & {found.code for found in timed.findings}


def test_any_undoes_the_moment_of_the_settings():
    hours = ["Mo-Fr 08:00-17:00", "24/7"]
    of_pack = at_moment(None, hours, open_at=c15.moment("Sa 11:30"))
    assert of_pack.settings.open_at.en == "Sa 11:30"
    assert of_pack.coverage.frame.loc[("town", "clinic", 15.0), "pop_60plus_covered"] == 0
    assert at_moment("any", hours, open_at=c15.moment("Sa 11:30")).settings.open_at is None
