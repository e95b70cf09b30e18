"""A planner's own book: named in city.toml, read with the pack, refused with words, recorded with its hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import circle15 as c15
from circle15.catalog.norm_books import all_checklists, measures, norm_book, norm_books, not_computed, parse_book
from circle15.errors import NormError, PackError, SettingError
from circle15.study import check_city
from tests.towns.findings import finding_of
from tests.towns.norm_books import RULE, book_toml

ROOT = Path(__file__).parents[3]
RATE = RULE | {"id": "r", "measure": "compliance_rate", "services": None, "minutes": None, "level": "city", "of": ["a"]}


@pytest.fixture
def pack(make_pack):
    """Write the town with a line on norms and files beside it; return a function that loads it."""

    def load(listed, files=(), **overrides):
        root = make_pack(settings=f"norms = {listed}")
        for name, content in dict(files).items():
            (root / "tryton" / name).write_bytes(content)
        return c15.load_city("tryton", data=root, **overrides)

    return load


def test_keys_and_files_in_the_order_of_the_list(pack):
    content = book_toml(RULE, RATE)
    city = pack('["my_norms.toml", "gb50437"]', {"my_norms.toml": content})
    assert [book.key for book in city.books] == ["my_norms", "gb50437"]
    assert city.settings.norms == ("my_norms.toml", "gb50437")
    (record,) = [one for one in city.files if one.role == "norms"]
    assert (record.file, record.rows_read, record.rows_used) == ("my_norms.toml", 2, 2)
    (origin,) = [one for one in city.origins if one.file == "my_norms.toml"]
    assert origin.sha256 == hashlib.sha256(content).hexdigest()
    assert city.books[1].origin is None


def test_the_run_record_names_books_and_counts_verdicts(pack):
    result = c15.analyse(pack('["my_norms.toml"]', {"my_norms.toml": book_toml(RULE, RATE)}))
    facts = result.record["norms"]
    assert [(book["key"], book["rules"], book["standing"]) for book in facts["books"]] == [
        ("my_norms", 2, {"source": 2})
    ]
    assert len(facts["books"][0]["sha256"]) == 64
    # Both communities of the town stand within 15 minutes of its only clinic.
    assert facts["verdicts"]["community"] == {"pass": 2, "fail": 0, "undetermined": 0, "shown": 0}
    assert facts["verdicts"]["city"]["pass"] == 1
    assert facts["not_computed"] == [one.key for one in not_computed()]
    assert "my_norms.toml" in {origin["file"] for origin in result.record["inputs"]}


def test_without_a_word_the_books_are_those_of_the_settings(make_pack):
    city = c15.load_city("tryton", data=make_pack(whole=True))
    assert [book.key for book in city.books] == list(c15.Settings().norms)


def test_no_books_at_all(pack, tmp_path):
    result = c15.analyse(pack("[]"))
    assert len(result.ledger) == 0
    folder = result.save(tmp_path / "out")
    assert not (folder / "ledger.csv").exists()


def test_an_override_wins(pack):
    assert [book.key for book in pack('["gb50437"]', norms=["jb143-2010"]).books] == ["jb143-2010"]


@pytest.mark.parametrize(
    ("norms", "files", "error", "message"),
    [
        ('["jiangsu-13fip"]', {}, NormError, r"no book of norms 'jiangsu-13fip'; did you mean 'jiangsu-13fyp'"),
        ('["mine.toml"]', {}, PackError, r"mine\.toml"),
        ('["../mine.toml"]', {}, PackError, r"\.\./mine\.toml"),
        ('["/etc/mine.toml"]', {}, PackError, r"/etc/mine\.toml"),
        ('["mine.toml"]', {"mine.toml": "名".encode("gbk")}, NormError, r"^mine\.toml: not in UTF-8"),
        ('["mine.toml"]', {"mine.toml": b"#" * 1_000_001}, PackError, r"^mine\.toml: 1,000,001 bytes"),
        (
            '["mine.toml"]',
            {"mine.toml": book_toml(RULE | {"extra": 1})},
            NormError,
            r"^mine\.toml: unknown key 'extra'",
        ),
        ('["mine.toml"]', {"mine.toml": book_toml(RULE | {"unit": "m"})}, NormError, r"^mine\.toml: .*measured in '%'"),
        (
            '["mine.toml"]',
            {"mine.toml": book_toml(RULE | {"measure": "happiness"})},
            NormError,
            r"^mine\.toml: .*measure = 'happiness'",
        ),
        (
            '["mine.toml"]',
            {"mine.toml": book_toml(RULE | {"services": ["cinema"]})},
            NormError,
            r"^mine\.toml: .*services = 'cinema'",
        ),
        (
            '["gb50437", "mine.toml"]',
            {"mine.toml": book_toml(RULE | {"id": "gb50437-daycare-population"})},
            NormError,
            r"^gb50437\.toml, mine\.toml: rule 'gb50437-daycare-population' stands twice",
        ),
        ('["gb50437", "gb50437"]', {}, NormError, r"two books that are called 'gb50437'"),
        ('["gb50437", "gb50437.toml"]', {"gb50437.toml": book_toml(RULE)}, NormError, r"two books"),
        (
            '["mine.toml"]',
            {"mine.toml": book_toml(RATE | {"of": ["js13-one-stop"]})},
            NormError,
            r"which is in none of the chosen books; it stands in 'jiangsu-13fyp': add that book to norms",
        ),
        (
            '["mine.toml"]',
            {"mine.toml": book_toml(RULE | {"level": "city"}, RATE)},
            NormError,
            r"is judged by city; a rate counts rules that are judged by community",
        ),
        (
            '["mine.toml"]',
            {"mine.toml": book_toml(RULE | {"at_least": None}, RATE)},
            NormError,
            r"requires nothing; a rate counts",
        ),
        (
            '["jiangsu-13fyp", "mine.toml"]',
            {"mine.toml": book_toml(RULE, more='[checklist]\nurban-government = ["x"]')},
            NormError,
            r"mine\.toml: \[checklist\] urban-government has other members",
        ),
    ],
)
def test_a_book_that_cannot_be_is_refused(pack, norms, files, error, message):
    with pytest.raises(error, match=message) as caught:
        pack(norms, files)
    assert re.search(r"[\u4e00-\u9fff]", caught.value.zh)


def test_an_override_of_a_wrong_kind(pack):
    with pytest.raises(SettingError, match=r"norms = 'gb50437': give a list of books"):
        pack("[]", norms="gb50437")


def test_check_tells_of_a_broken_book_with_the_other_faults(make_pack):
    root = make_pack(settings='norms = ["mine.toml"]')
    (root / "tryton" / "mine.toml").write_bytes(b"[book")
    checked = check_city("tryton", data=root)
    assert checked.city is None
    assert finding_of(checked.findings, "unusable-input").file == "mine.toml"


def test_a_rate_may_count_rules_of_another_book(pack):
    rate = RATE | {"of": ["js13-one-stop"]}
    city = pack('["mine.toml", "jiangsu-13fyp"]', {"mine.toml": book_toml(rate)})
    frame = c15.analyse(city).ledger.frame
    found = frame.loc[("city", "city", "r")]
    assert (found["verdict"], found["lacks"]) == ("undetermined", "one_stop")


def test_an_empty_checklist_is_filled_by_a_list_of_its_name():
    six = tuple("甲乙丙丁戊己")
    plan = norm_book("jiangsu-13fyp")
    for given, slots in ((six[:2], 4), (six, 0), ((*six, "庚"), 0)):
        more = f"[checklist]\nurban-6-plus-x = {list(given)}"
        mine = parse_book(book_toml(RULE, more=more), file="mine.toml")
        for books in ((plan, mine), (mine, plan)):
            assert all_checklists(books)["urban-6-plus-x"] == (*given, *[""] * slots)
    assert all_checklists([plan])["urban-6-plus-x"] == ("",) * 6


def test_a_checklist_of_which_some_slots_are_named_keeps_these():
    named = ("民政", "计生", "劳动保障", "住房保障", "残联")
    more = f"[checklist]\nhengtang-seven-lines = {[*named, '社保', '医保']}"
    books = [parse_book(book_toml(RULE, more=text), file="mine.toml") for text in (more, more.replace("民政", "户政"))]
    cases = norm_book("jiangsu-cases")
    assert all_checklists([books[0], cases])["hengtang-seven-lines"] == (*named, "社保", "医保")
    with pytest.raises(NormError, match="hengtang-seven-lines has other members"):
        all_checklists([cases, books[1]])


# -- what people read -----------------------------------------------------------------------------


@pytest.mark.parametrize("guide", ["docs/your-data.md", "docs/your-data.en.md"])
def test_the_guides_example_is_a_good_book(guide):
    (example,) = re.findall(r"```text\n(\[book\].*?)```", (ROOT / guide).read_text(encoding="utf-8"), re.DOTALL)
    book = parse_book(example.encode(), file="my_norms.toml")
    assert [rule.clause_id for rule in book.rules] == ["ks-meal-10"]


def test_every_book_and_measure_is_told_with_its_figures():
    told_of = (ROOT / "docs/norms.md").read_text(encoding="utf-8")
    for key, book in norm_books().items():
        stated, quoted, ours = (sum(rule.mark == mark for rule in book.rules) for mark in ("", "indicative", "project"))
        figures = f"| {len(book.rules)} | {stated} | {quoted} | {ours} |"
        assert f"| `{key}` | {book.title_zh}<br>{book.title_en} {figures}" in told_of
    for measure in measures().values():
        needs, takes, asks = (
            " ".join(f"`{one}`" for one in names) for names in (measure.needs, measure.takes, measure.asks)
        )
        assert f"| `{measure.key}` | {measure.title_zh}<br>{measure.title_en} | `{measure.unit}` |" in told_of
        assert f"| {needs} | {takes} | {asks} | {', '.join(measure.levels)} |" in told_of
    for one in not_computed():
        assert f"| {one.title_zh}<br>{one.title_en} | {one.why_zh}<br>{one.why_en} |" in told_of
    rules = sum(len(book.rules) for book in norm_books().values())
    assert f"{len(norm_books())} books, {rules} rules" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
