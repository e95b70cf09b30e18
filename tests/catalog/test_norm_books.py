"""Norms as data: every rule of every book is whole; one that is not is refused with file, rule, key and value."""

from __future__ import annotations

import re

import pytest

from circle15.catalog import column_synonyms, services
from circle15.catalog.facts import read_facts
from circle15.catalog.norm_books import all_rules, measures, norm_book, norm_books, parse_book
from circle15.catalog.norm_words import lacks_words
from circle15.errors import NormError
from tests.towns.norm_books import RULE, book_toml

BOOKS = (
    "capacity-cases", "complete-community-2020", "embedded-2024", "gb50180-2018", "gb50437", "jb143-2010",
    "jiangsu-13fyp", "jiangsu-14fyp", "jiangsu-cases", "jiangsu-elderly-draft-2022", "project-defaults",
    "quarter-hour-2025", "suzhou-size-2022", "td1063-2021",
)  # fmt: skip
RULES = all_rules(norm_books().values())
HAN = re.compile(r"[\u4e00-\u9fff]")


def parse(*rules, **options):
    return parse_book(book_toml(*rules, **options), file="my-book.toml")


def refused(content, message):
    """The refusal of a book: in both languages it begins with the file and says what to do."""
    with pytest.raises(NormError, match=rf"^my-book\.toml: {message}") as caught:
        parse_book(content, file="my-book.toml")
    zh = caught.value.zh
    assert zh.startswith("my-book.toml：")
    assert HAN.search(zh)
    assert re.search("请|应为|全部设置见", zh), zh
    assert [word for word in re.findall(r"[a-z]+_[a-z_]+|\d+", str(caught.value)) if word not in zh] == []


def test_the_books_that_come_with_circle15():
    assert tuple(norm_books()) == BOOKS
    assert norm_book("gb50180-2018").title_en == "Urban residential areas GB 50180-2018"
    with pytest.raises(NormError, match="did you mean 'gb50180-2018'") as caught:
        norm_book("gb50180")
    assert "没有名为 gb50180 的标准，是否想写 'gb50180-2018'" in caught.value.zh


@pytest.mark.parametrize("rule", RULES, ids=[rule.clause_id for rule in RULES])
def test_every_rule_of_every_book(rule):
    measure = measures()[rule.measure]
    assert rule.unit == measure.unit
    assert set(rule.services) <= set(services())
    assert rule.clause.strip()
    assert rule.source_zh
    assert rule.level in measure.levels
    assert HAN.search(rule.title_zh)
    assert not HAN.search(rule.title_en + rule.source_en + rule.note_en)
    assert bool(rule.note_zh) == bool(rule.note_en)
    assert 1990 <= rule.year <= 2030
    # Where the text gives no number, or none was read, the figure is shown and not judged.
    shown = "只列" in rule.note_zh and rule.status != "preferred"
    assert rule.judges == bool(measure.better and not shown and rule.book != "td1063-2021")
    # Nobody saw an official text yet; where a note says that the threshold is the project's, the rule says so too.
    assert rule.standing in {"source", "project"}
    convention = any(words in rule.note_zh for words in ("是 circle15 的约定", "按 circle15 约定"))
    assert (rule.standing == "project") == (convention or rule.grade == "project")
    assert rule.mark == ("project" if rule.standing == "project" else "" if rule.grade == "S" else "indicative")
    assert (rule.status == "project") == (rule.grade == "project")
    # What nobody read in a source document or a copy of the text, or is a reading of circle15, is no duty.
    assert rule.status != "mandatory" or (rule.grade in {"S", "A"} and rule.standing != "project")
    assert rule.status != "draft" or rule.mark == "indicative"


def test_conflicting_targets_stand_side_by_side():
    rules = {rule.clause_id: rule for rule in RULES}
    assert rules["js-functions-rate"].at_least == 100
    assert rules["js13-functions-rate-urban"].at_least == 95
    assert rules["js-functions-rate"].of == rules["js13-functions-rate-urban"].of
    assert rules["js13-functions-rate-rural"].at_least == 90
    assert rules["js-facility-rate"].at_least == 90


def test_lists_that_the_documents_do_not_give_are_empty():
    book = norm_book("jiangsu-13fyp")
    empty = {name: len(members) for name, members in book.checklists.items() if not any(members)}
    assert empty == {"urban-6-plus-x": 6, "rural-8-plus-x": 8, "eight-rooms-two-shops-one-venue": 8 + 2 + 1}
    # The plan names seven functions for towns; for the country nine, and a board.
    assert {name: len(book.checklists[name]) for name in set(book.checklists) - set(empty)} == {
        "urban-government": 7,
        "rural-government": 10,
        "public-services": 7,
        "convenience": 8,
        "utilities": 6,
        "centre-zones": 4,
        "public-safety": 4,
    }
    # Hengtang: 民政、计生、劳动保障、住房保障、残联等7项.
    assert norm_book("jiangsu-cases").checklists["hengtang-seven-lines"].count("") == 7 - 5


def test_every_checklist_has_a_title_that_sentences_say():
    lists = {name for book in norm_books().values() for name in book.checklists}
    assert set(read_facts("checklists.toml")) == lists
    told = lacks_words("checklist: six-in-one", "en")
    assert told == "fill in the checklist in a book of norms of your own: work of the 'six in one' office (six-in-one)"
    assert lacks_words("checklist: six-in-one", "zh").endswith("“六位一体”综合治理办公室的职能（six-in-one）")
    assert lacks_words("checklist: mine", "en").endswith(": mine")  # of a planner's own book


@pytest.mark.parametrize("measure", measures().values(), ids=list(measures()))
def test_every_measure_is_whole(measure):
    assert HAN.search(measure.title_zh)
    assert not HAN.search(measure.title_en)
    assert measure.better in {"more", "less", ""}
    assert set(measure.levels) <= {"community", "subdistrict", "city"}
    assert any(rule.measure == measure.key for rule in RULES)


def test_a_users_own_book():
    rule = RULE | {"at_least": None, "between": [10, 20], "people": "pop_60plus"}
    book = parse(rule, RULE | {"id": "b", "at_least": None}, more='[checklist]\nmine = ["x"]\n')
    assert book.key == "my-book"
    assert (book.rules[0].at_least, book.rules[0].at_most) == (10, 20)
    assert [book.rules[0].passes(value) for value in (9.99, 10, 20, 20.01)] == [False, True, True, False]
    assert not book.rules[1].judges
    with pytest.raises(NormError, match="requires nothing"):
        book.rules[1].passes(5)
    assert book.checklists["mine"] == ("x",)
    with pytest.raises(TypeError):
        book.checklists["mine"] = ()


@pytest.mark.parametrize("moment", ["12:00", "Sa 10:00", "We 7:05"])
def test_a_moment_may_name_its_day(moment):
    assert parse(RULE | {"measure": "people_in_reach_open", "open_at": moment}).rules[0].open_at == moment


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"measur": "x"}, r"unknown key 'measur' in rule 'a'; did you mean 'measure'"),
        ({"measure": "people_in_reech"}, r"measure = 'people_in_reech' in rule 'a'; did you mean 'people_in_reach'"),
        ({"services": ["clinik"]}, r"services = 'clinik' in rule 'a'; did you mean 'clinic'"),
        ({"services": []}, r"measure people_in_reach needs services"),
        ({"services": "clinic"}, r"services = 'clinic' in rule 'a': give a list"),
        ({"minutes": None}, r"measure people_in_reach needs minutes"),
        ({"minutes": "15"}, r"minutes = '15' in rule 'a': give a number"),
        ({"minutes": True}, r"minutes = True in rule 'a': give a number"),
        ({"minutes": -5}, r"minutes = -5: give a number above 0 and up to 120"),
        ({"minutes": 500}, r"minutes = 500: give a number above 0 and up to 120"),
        ({"people": "pop_80"}, r"people = 'pop_80': give population or an age group"),
        ({"tiers": ["comunity"]}, r"tiers = 'comunity' in rule 'a'; did you mean 'community'"),
        ({"kinds": ["home_cair"]}, r"kinds = 'home_cair' in rule 'a'; did you mean 'home_care'"),
        ({"kinds": ["home_care"]}, r"kinds = 'home_care' is a kind of day_care, which its services do not name"),
        (
            {"measure": "floor_area", "minutes": None, "unit": "m2", "people_from": 500, "people_below": 10},
            r"people_from = 500, people_below = 10: no community is of that size",
        ),
        (
            {"metres": 300},
            r"measure people_in_reach does not use metres \(it takes services, minutes, people, tiers, kinds\)",
        ),
        ({"unit": "m"}, r"unit = 'm', but people_in_reach is measured in '%'"),
        ({"at_least": 101}, r"101% is more than everything"),
        ({"at_least": -1}, r"-1 is no threshold"),
        ({"between": [1, 2]}, r"between = \[1, 2\]: give two rising numbers, and no at_least"),
        ({"at_least": None, "between": [2, 1]}, r"between = \[2, 1\]"),
        ({"at_least": None, "between": [1]}, r"between = \[1\]"),
        ({"source": "t"}, r"source = 't' in rule 'a'"),
        ({"status": "law"}, r"status = 'law' in rule 'a' \(known: mandatory"),
        ({"grade": "C"}, r"grade = 'C' in rule 'a'"),
        ({"level": "grid"}, r"level = 'grid' in rule 'a'"),
        ({"scope": "village"}, r"scope = 'village' in rule 'a'"),
        ({"clause": " "}, r"clause is empty"),
        ({"year": "2020"}, r"year = '2020' in rule 'a': give a whole number"),
        ({"year": 2020.0}, r"year = 2020\.0 in rule 'a': give a whole number"),
        ({"at_least": True}, r"at_least = True in rule 'a': give a number"),
        (
            {"at_least": None, "between": [False, 2]},
            r"between = \[False, 2\] in rule 'a': give a list, each item a number",
        ),
        (
            {"services": ["clinic", 1]},
            r"services = \['clinic', 1\] in rule 'a': give a list, each item text in quotes",
        ),
        ({"checklist": "urban"}, r"measure people_in_reach does not use checklist"),
        ({"open_at": "25:00", "measure": "people_in_reach"}, r"open_at = '25:00': give a time"),
        ({"open_at": "Xx 10:00", "measure": "people_in_reach_open"}, r"open_at = 'Xx 10:00': give a time"),
        ({"standing": "seen"}, r"standing = 'seen' in rule 'a'"),
        ({"standing": None}, r"'standing' is missing in rule 'a'; give one of official, source, project"),
        ({"verified": True}, r"verified"),
        ({"more_than": 80}, r"at_least = 90\S* and more_than = 80\S*: give one of them"),
        ({"at_least": None, "more_than": 90, "at_most": 90}, r"from 90 and up to 90 exclude each other"),
        ({"at_most": 80}, r"from 90 and up to 80 exclude each other"),
        ({"title_zh": None}, r"'title_zh' is missing in rule 'a'; give text in quotes"),
        ({"measure": "compliance_rate", "services": None, "minutes": None}, r"needs of"),
    ],
)
def test_a_rule_that_cannot_be(change, message):
    refused(book_toml(RULE | change), f".*{message}")


def test_a_level_that_a_measure_does_not_know():
    rule = {key: value for key, value in RULE.items() if key not in {"minutes", "services"}}
    rule |= {"measure": "compliance_rate", "of": ["b"]}
    refused(book_toml(rule), ".*compliance_rate is not judged by community; use subdistrict, city")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("名称".encode("gbk"), r"not in UTF-8"),
        (b"[book", r"not a TOML file"),
        (b"[book]\ntitle_zh = 'a'\ntitle_zh = 'b'", r"not a TOML file: Cannot overwrite a value"),
        (b"", r"'book' is missing in the top level; give a table \(write \[book\]\)"),
        (b"[book]\ntitle_zh = 1\ntitle_en = 'x'", r"title_zh = 1 in \[book\]: give text"),
        (book_toml(), r"it has no rules"),
        (book_toml(RULE, more="[books]"), r"unknown key 'books' in the top level; did you mean 'book'"),
        (
            book_toml(RULE, more='[source.u]\ntitle_zh = "x"\ntitle_en = "x"\nurl = "x"'),
            r"unknown key 'url' in \[source\.u\]",
        ),
        (book_toml(more="[rule]\nid = 'a'"), r"rule = .* give a list, each item a table \(write \[\[rule\]\]\)"),
        (book_toml(RULE | {"id": None}), r"'id' is missing in \[\[rule\]\] 1; give text in quotes"),
        (book_toml(RULE, RULE), r"rule id = 'a' stands twice"),
        (
            book_toml(RULE, head='[book]\ntitle_zh = "x"\ntitle_en = "x"\n[source.s]\ntitle_zh = "x"\n'),
            r"'title_en' is missing in \[source\.s\]; give text in quotes",
        ),
        (book_toml(RULE, more="[checklist]\nmine = 3"), r"mine = 3 in \[checklist\]: give a list, each item text"),
        (
            book_toml(RULE, more="[checklist]\nmine = ['a', 3]"),
            r"mine = \['a', 3\] in \[checklist\]: give a list, each item text",
        ),
    ],
)
def test_a_book_that_cannot_be(content, message):
    refused(content, message)


def test_books_that_do_not_go_together():
    rate = {key: value for key, value in RULE.items() if key not in {"minutes", "services"}}
    rate |= {"id": "r", "measure": "compliance_rate", "of": ["aa"], "level": "city"}
    with pytest.raises(NormError, match=r"'r': of names 'aa', which is in none of the chosen books; did you mean 'a'"):
        all_rules([parse(RULE, rate)])
    with pytest.raises(NormError, match=r"^my-book\.toml, my-book\.toml: rule 'a' stands twice"):
        all_rules([parse(RULE), parse(RULE)])
    assert [rule.clause_id for rule in all_rules([parse(RULE, rate | {"of": ["a"]})])] == ["a", "r"]


def test_what_measures_ask_for_can_be_supplied_as_a_column():
    known = set(column_synonyms("communities").values())
    for measure in measures().values():
        for column in measure.asks:
            assert column == "residential" or column.removeprefix("facilities.") in known
