"""The life cycle of things: one table of words, keys and prefixes for ways, nodes and places."""

from __future__ import annotations

import pytest

from circle15.catalog import life_of
from circle15.catalog.life_cycle import life_keys, life_states


def tags_of(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split())


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ("amenity=clinic", "in_use"),
        ("amenity=clinic disused=no abandoned=no construction=no proposed=no", "in_use"),
        ("amenity=clinic demolished=yes", "closed"),
        ("amenity=clinic razed=yes", "closed"),
        ("amenity=clinic Demolished=yes", "in_use"),  # keys are as they are
        ("amenity=clinic disused=YES", "closed"),
        ("amenity=clinic operational_status=closed", "closed"),
        ("amenity=clinic status=inactive", "closed"),
        ("amenity=clinic status=active", "in_use"),
        ("amenity=clinic building=construction", "building"),
        ("amenity=clinic construction=yes", "building"),
        ("highway=residential construction=residential", "building"),
        ("highway=residential construction=minor", "in_use"),  # works on a street that is open
        ("highway=residential construction=widening", "in_use"),
        ("amenity=clinic proposed=yes", "planned"),
        ("highway=track proposed=residential", "in_use"),  # a wish for a track that is there
        ("highway=path abandoned=rail", "in_use"),  # what the path once was
        ("amenity=clinic planned=yes", "planned"),
        ("disused:amenity=clinic", "closed"),
        ("amenity=clinic disused:amenity=clinic", "closed"),
        ("amenity=restaurant disused:amenity=clinic", "in_use"),
        ("proposed:amenity=clinic", "planned"),
        ("construction:amenity=clinic", "building"),
        ("was:amenity=clinic", "closed"),
        ("disused:amenity=no", "in_use"),
        ("amenity=clinic disused=yes construction=yes", "closed"),
    ],
)
def test_the_state_by_tags(tags, state):
    assert life_of(tags_of(tags)).state == state


@pytest.mark.parametrize(
    ("tags", "on", "state"),
    [
        ("end_date=2020", "", "closed"),
        ("end_date=2020-05", "", "closed"),
        ("end_date=2020-05-31", "2020-05-30", "in_use"),
        ("end_date=2020-05-31", "2020-05-31", "closed"),
        ("end_date=2020", "2020-01-01", "closed"),  # the year has begun
        ("end_date=2021", "2020-12-31", "in_use"),
        ("end_date=C19", "", "in_use"),
        ("opening_date=2035-01-01", "", "planned"),
        ("opening_date=2035-01-01", "2036-01-01", "in_use"),
        ("opening_date=2019", "", "in_use"),
        ("start_date=2035", "", "in_use"),  # the key that no rule names
    ],
)
def test_the_state_by_dates(tags, on, state):
    assert life_of(tags_of(tags), on=on).state == state


def test_a_prefixed_tag_counts_where_it_makes_the_thing_in_question():
    def clinic(tags):
        return tags.get("amenity") == "clinic" or tags.get("healthcare") == "clinic"

    both = tags_of("healthcare=clinic disused:amenity=clinic")
    assert life_of(both, makes=clinic) == ("closed", "disused:amenity=clinic")
    assert life_of(tags_of("healthcare=clinic disused:shop=convenience"), makes=clinic).state == "in_use"
    assert life_of(tags_of("healthcare=clinic abandoned:railway=rail"), makes=clinic).state == "in_use"


def test_the_tag_that_says_so_is_named_as_it_is_written():
    assert life_of(tags_of("highway=footway disused=YES")).tag == "disused=YES"
    assert life_of(tags_of("abandoned:highway=footway")).tag == "abandoned:highway=footway"
    assert life_of(tags_of("highway=footway")).tag == ""


def test_every_word_of_the_table_names_its_state():
    for state in life_states().values():
        assert state.title_zh
        assert state.title_en
        for key, words in state.tags.items():
            for word in words:
                assert life_of({key: "yes" if word == "*" else word}).state == state.key, (key, word)
        for prefix in state.prefixes:
            assert life_of({f"{prefix}:highway": "footway"}).state == state.key
        for word in state.unless:
            assert life_of(dict.fromkeys(state.tags, word)).state == "in_use"


def test_the_keys_for_a_filter():
    keys = life_keys("highway", "railway")
    assert {"disused:highway", "razed:railway", "proposed:highway", "construction:highway"} <= set(keys)
    assert len(keys) == 2 * sum(len(state.prefixes) for state in life_states().values())
