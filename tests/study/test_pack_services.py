"""A town with two services of its own, from its files to everything that is written: they count as the others do."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

import circle15 as c15
from circle15.catalog.phrases import community_sentences, gap_sentences
from circle15.errors import NormError, PackError, SettingError
from circle15.render.map.folium_map import page_html
from circle15.render.map.payload import payload
from circle15.render.tables.comparison import comparison_lines, save_comparison
from circle15.render.tables.ledger import ledger_table
from circle15.render.tables.quality import conflict_table, match_table
from circle15.study import check_city
from tests.towns.browser_page import HOSTILE, becomes, click, texts
from tests.towns.chromium import Browser, program
from tests.towns.findings import finding_of
from tests.towns.norm_books import RULE, book_toml
from tests.towns.pack_files import CITY_TOML, TOWN_NODES, TOWN_WAYS, osm_xml, town_pack, write_csv
from tests.towns.pack_services import PARCELS, PHARMACY, services_toml

SITES = (
    ("f1", "食堂", "meal_point", "120.6201", "31.3101"),
    ("f2", "平江大药房", "药房;社区卫生服务站", "120.6219", "31.3101"),
    ("f3", "驿站", "parcel_point;pharmacy", "120.6201", "31.3109"),
)
PLAIN = (SITES[0], (*SITES[1][:2], "clinic", *SITES[1][3:]))
"""The same town without them."""
KEYS = ["meal_point", "clinic", "pharmacy", "parcel_point"]
LISTED = 'services = ["meal_point", "clinic", "pharmacy", "parcel_point"]'
# Two minutes of an elder are about 100 m: one block of the town.
SETTINGS = "[settings]\ncutoffs_min = [1, 2]\ndraws = 12\nweights = { pharmacy = 3, meal_point = 0 }\n"
BOOK = book_toml(RULE | {"id": "ks-1", "services": ["pharmacy"], "title_zh": "药店十五分钟", "title_en": "pharmacies"})


def written(*, settings: str = SETTINGS, top: str = 'norms = ["mine.toml"]\n', services: str | None = None) -> str:
    """The town's ``city.toml`` with two services more."""
    added = services_toml(PHARMACY, PARCELS) if services is None else services
    text = CITY_TOML.format(settings=top + settings + added, more="")
    return text.replace('services = ["meal_point", "clinic"]', LISTED)


@pytest.fixture
def pack(make_pack: Callable[..., Path]) -> Callable[..., Path]:
    def write(toml: str | None = None, **more: Any) -> Path:
        root = make_pack(toml=written() if toml is None else toml, sites=more.pop("sites", SITES), **more)
        (root / "tryton" / "mine.toml").write_bytes(BOOK)
        return root

    return write


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    root = town_pack(tmp_path_factory.mktemp("data"), toml=written(), sites=SITES)
    (root / "tryton" / "mine.toml").write_bytes(BOOK)
    return c15.load_city("tryton", data=root)


@pytest.fixture(scope="module")
def result(city):
    return c15.analyse(city)


# -- read ------------------------------------------------------------------------------------------


def test_lists_speak_of_them_by_key_title_and_word(city):
    offered = city.facilities.frame["services"].to_dict()
    assert offered == {"f1": ("meal_point",), "f2": ("pharmacy", "clinic"), "f3": ("parcel_point", "pharmacy")}
    assert [one.key for one in city.pack_services] == ["pharmacy", "parcel_point"]
    assert list(c15.catalog.services(city.pack_services))[7:] == ["pharmacy", "parcel_point"]
    pharmacy, parcels = city.pack_services
    assert re.fullmatch("#[0-9A-F]{6}", pharmacy.tone)  # it names none, and is given one
    assert (parcels.tone, parcels.delivered) == ("#336633", True)
    told = {one.message_zh for one in city.findings if one.code == "service-by-words"}
    assert "按名称认出服务“药店”：药房 (1)，共1处" in told


@pytest.mark.parametrize("complete", [False, True])
def test_openstreetmap_knows_them_by_their_tags(pack, complete):
    streets = osm_xml(
        TOWN_NODES | {20: (120.6205, 31.3105), 21: (120.6206, 31.3105), 22: (120.6207, 31.3105)},
        TOWN_WAYS,
        node_tags={20: {"amenity": "pharmacy", "name": "百姓"}, 21: {"disused:amenity": "pharmacy"},
                   22: {"amenity": "pharmacy", "access": "private"}},
    )  # fmt: skip
    text = written().replace(LISTED, 'services = ["meal_point"]').replace(
        "[communities]", f'[[facilities]]\nosm = true\nservices = ["pharmacy", "parcel_point"]\n'
        f"complete = {str(complete).lower()}\n\n[communities]",
    )  # fmt: skip
    city = c15.load_city("tryton", data=pack(text, streets=streets, sites=SITES[:1]))
    frame = city.facilities.frame
    assert frame.loc["osm-node-20", "services"] == ("pharmacy",)
    assert frame.loc["osm-node-21", ["name", "state"]].tolist() == ["药店", "closed"]
    assert "osm-node-22" not in frame.index
    assert ("parcel_point" in city.facilities.listed) is complete
    if not complete:
        assert "快递点" in finding_of(city.findings, "osm-none").message_zh


def test_what_no_list_speaks_of_is_undetermined(pack):
    root = pack(written().replace(LISTED, 'services = ["meal_point", "clinic", "pharmacy"]'), sites=SITES[:2])
    told = finding_of(check_city("tryton", data=root).findings, "undetermined-service")
    assert "快递点" in told.message_zh
    assert "Parcel point" in told.message_en
    assert '"parcel_point"' in told.remedy_en


def test_two_lists_that_differ_in_them(pack):
    more = '[[facilities]]\nfile = "more.csv"\nservices = ["pharmacy", "parcel_point"]\n\n[communities]'
    root = pack(written().replace("[communities]", more))
    write_csv(root / "tryton" / "more.csv", [("m1", "平江大药房", "药店;快递点", "120.6219", "31.3101")])
    facilities = c15.load_city("tryton", data=root).facilities
    assert facilities.frame.loc["f2", "services"] == ("pharmacy", "clinic", "parcel_point")
    assert match_table(facilities)["services_added"].tolist() == ["快递点 Parcel point"]
    doubt = conflict_table(facilities).set_index("facility_id").loc["f2"]
    assert "药店 Pharmacy; 快递点 Parcel point" in doubt[["value", "other_value"]].tolist()


def test_the_capacity_of_one(pack):
    root = pack()
    sheet = root / "tryton" / "facilities.csv"
    sheet.write_text("facility_id,name,services,lon,lat,capacity\nf1,店,药店;快递点,120.6201,31.3101,药店:8; 快递:5\n",
                     encoding="utf-8")  # fmt: skip
    frame = c15.load_city("tryton", data=root).facilities.frame
    assert frame.loc["f1", "capacity_by_service"] == {"pharmacy": 8.0, "parcel_point": 5.0}


@pytest.mark.parametrize(
    ("change", "english", "chinese"),
    [
        ({"glyph": "医"}, "glyph = '医' in [[services]] 2 stands for the service Community clinic", "已是服务"),
        ({"key": "pharmacy"}, "key = 'pharmacy' in [[services]] 2 is the name of the service Pharmacy", "同名"),
        ({"osm": ["amenity"]}, "'amenity' among osm in [[services]] 2 is no tag", "不是 OpenStreetMap 标签"),
        ({"title_zh": "快\u202e递"}, "title_zh = '快\\u202e递' in [[services]] 2 holds characters", "看不见的字符"),
        ({"colour": "#112233"}, "unknown key 'colour' in [[services]] 2", "colour 不认识"),
        ({"title_nz": "x"}, "did you mean 'title_zh'?", "是否想写 'title_zh'"),
        ({"words": "快递"}, "words = '快递' in [[services]] 2: give a list", "应为列表"),
    ],
)
def test_bad_ones_are_refused_with_file_table_key_and_value(pack, change, english, chinese):
    root = pack(written(services=services_toml(PHARMACY, PARCELS | change)))
    with pytest.raises(PackError) as caught:
        c15.load_city("tryton", data=root)
    assert "city.toml" in str(caught.value)
    assert english in str(caught.value)
    assert chinese in caught.value.zh


def test_what_names_one_must_know_it(pack):
    root = pack(written(settings="[settings]\nweights = { farmacy = 1 }\n"))
    with pytest.raises(SettingError, match="no service 'farmacy'; did you mean 'pharmacy'"):
        c15.load_city("tryton", data=root)
    (root / "tryton" / "city.toml").write_text(written(services=services_toml(PHARMACY)), encoding="utf-8")
    with pytest.raises(PackError, match="speaks of parcel_point"):
        c15.load_city("tryton", data=root)
    (root / "tryton" / "city.toml").write_text(written(), encoding="utf-8")
    (root / "tryton" / "mine.toml").write_bytes(book_toml(RULE | {"services": ["farmacy"]}))
    with pytest.raises(NormError, match=r"services = 'farmacy' in rule 'a'; did you mean 'pharmacy'"):
        c15.load_city("tryton", data=root)


# -- computed --------------------------------------------------------------------------------------


def test_they_are_judged_as_the_others_are(result):
    assert list(result.coverage.services) == KEYS
    assert result.gaps.weights == {"meal_point": 0.0, "clinic": 0.2, "pharmacy": 0.6, "parcel_point": 0.2}
    # West stands beside the parcel point; its people walk there within a minute or two, and all of it is told.
    share = result.gaps.frame["share"].unstack("service")
    assert share[KEYS].notna().all().all()
    assert set(result.attribution.frame.index.unique("service")) <= set(KEYS)
    assert set(result.robustness.frame.index.unique("service")) == set(KEYS)
    assert set(result.routes.frame.index.unique("service")) == set(KEYS)
    assert set(result.equity.frame.index) == set(KEYS)
    verdicts = result.ledger.frame.loc["community", "verdict"]
    assert verdicts.index.get_level_values("clause_id").unique().tolist() == ["ks-1"]
    assert set(verdicts) == {"pass"}


def test_they_count_one_each_where_no_weight_is_given(pack):
    result = c15.analyse(
        c15.load_city("tryton", data=pack(written(settings="[settings]\ncutoffs_min = [1, 2]\ndraws = 0\n")))
    )
    assert result.gaps.weights == dict.fromkeys(KEYS, 0.25)


def test_without_them_nothing_else_changes(pack, make_pack):
    """What the town's pharmacy and parcel point add leaves every figure of the other services as it was."""
    plain = make_pack(root="plain", sites=PLAIN, settings="[settings]\ncutoffs_min = [1, 2]\n")
    with_them, without = (c15.analyse(c15.load_city("tryton", data=root)) for root in (pack(), plain))
    for key in ("meal_point", "clinic"):
        pair = [one.coverage.frame.xs(key, level="service") for one in (with_them, without)]
        pd.testing.assert_frame_equal(*pair)


def test_a_city_travels_with_them(city, result):
    for again in (pickle.loads(pickle.dumps(city)), copy.deepcopy(city)):  # noqa: S301
        assert again.pack_services == city.pack_services
    once = pickle.loads(pickle.dumps(result))  # noqa: S301
    pd.testing.assert_frame_equal(c15.analyse(once.city).gaps.frame, result.gaps.frame)


def test_a_city_made_in_python(city):
    gym = c15.Service(key="gym", title_zh="健身房", title_en="Gym", noun_en="a gym", glyph="房", tone="#332288")
    frame = city.facilities.frame.assign(services=[("gym",), ("clinic",), ("gym", "clinic")])
    strange = dataclasses.replace(
        city, facilities=c15.model.Facilities(frame=frame, listed=frozenset({"gym", "clinic"})), books=()
    )
    with pytest.raises(SettingError, match=r"no such service: gym; choose among meal_point"):
        c15.analyse(strange)
    facilities = c15.model.Facilities(frame=frame, listed=frozenset({"gym", "clinic"}), pack_services=(gym,))
    settings = c15.Settings(cutoffs_min=(1, 2), draws=0)
    made = c15.analyse(dataclasses.replace(city, facilities=facilities, settings=settings, books=()))
    assert made.coverage.services == ("clinic", "gym")
    sentences = gap_sentences(made.gaps, "en", pack_services=made.city.pack_services)
    assert sentences.xs("gym", level="service").str.contains("a gym").all()


def test_a_clause_on_one_without_a_list_says_which_to_supply(pack):
    root = pack(written().replace(LISTED, 'services = ["meal_point", "clinic"]'), sites=PLAIN)
    result = c15.analyse(c15.load_city("tryton", data=root))
    verdicts = result.ledger.frame.loc["community"]
    assert set(verdicts["verdict"]) == {"undetermined"}
    table = ledger_table(result)
    assert set(table.loc[table["level"] == "community", "lacks_zh"]) == {"提供“药店”的设施清单"}


# -- written ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unpainted")
def test_every_output_names_them(result, tmp_path):
    folder = result.report(result.save(tmp_path / "out"))
    gaps = pd.read_csv(folder / "gaps.csv", encoding="utf-8-sig")
    assert {"药店", "快递点"} <= set(gaps["service_zh"])
    assert {"Pharmacy", "Parcel point"} <= set(gaps["service_en"])
    book = openpyxl.load_workbook(folder / "gaps.xlsx", read_only=True)
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell}
    assert {"药店", "Parcel point"} <= cells
    assert any("药店0.600" in cell for cell in cells)
    layers = gpd.list_layers(folder / "circle15.gpkg")["name"].tolist()
    communities = gpd.read_file(folder / "circle15.gpkg", layer="communities")
    assert {"share_pharmacy", "uncovered_parcel_point"} <= set(communities.columns)
    assert "isochrones_merged" in layers
    merged = gpd.read_file(folder / "circle15.gpkg", layer="isochrones_merged")
    assert "药店" in set(merged["service_zh"])
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["services"]["determined"] == KEYS
    assert [one["key"] for one in record["services"]["added"]] == ["pharmacy", "parcel_point"]
    assert (folder / "report.docx").stat().st_size > 0
    assert (folder / "report.pdf").stat().st_size > 0


def test_the_page_has_their_glyphs_and_tones(result):
    listed = {one["key"]: one for one in payload(result)["services"]}
    assert list(listed)[-2:] == ["pharmacy", "parcel_point"]
    assert (listed["parcel_point"]["glyph"], listed["parcel_point"]["tone"]) == ("递", "#336633")
    assert listed["pharmacy"]["determined"]


def test_sentences_name_them(result):
    zh, en = (
        gap_sentences(result.gaps, language, pack_services=result.city.pack_services) for language in ("zh", "en")
    )
    assert zh.xs("pharmacy", level="service").str.contains("药店").all()
    assert en.xs("pharmacy", level="service").str.contains("a pharmacy").all()
    assert len(community_sentences(result.gaps, "zh", pack_services=result.city.pack_services)) == 2


def test_a_comparison_says_that_services_differ(pack, make_pack, tmp_path):
    plain = make_pack(root="plain", sites=PLAIN, settings="[settings]\ncutoffs_min = [1, 2]\n")
    for name, root in (("2025", plain), ("2026", pack())):
        c15.analyse(c15.load_city("tryton", data=root)).save(tmp_path / name)
    compared = c15.compare_runs(tmp_path / "2025", tmp_path / "2026")
    assert not compared.comparable
    row = compared.settings.set_index("setting").loc["services"]
    assert row["decides"]
    assert "pharmacy" not in row["before"]
    assert "parcel_point, pharmacy" in row["after"]
    assert any("services" in line and "pharmacy" in line for line in comparison_lines(compared))
    folder = save_comparison(compared, tmp_path / "compared")
    table = pd.read_csv(folder / "compare.csv", encoding="utf-8-sig")
    assert list(dict.fromkeys(table.loc[table["community_id"] == "west", "service_zh"]))[-2:] == ["药店", "快递点"]


# -- hostile names ---------------------------------------------------------------------------------

HTML = "</script><script>alert(1)</script>"


@pytest.fixture
def hostile(pack):
    """Titles that attack a page, a formula, TeX and XML; what is not seen is refused before."""
    seen = [text for text in HOSTILE if text.isprintable() and len(text) <= 40]
    assert HTML in seen
    one = PHARMACY | {"title_zh": HTML, "title_en": '=HYPERLINK("http://x"&A1) $x_{', "noun_en": "{{7*7}} &amp; <w:p>"}
    two = PARCELS | {"title_zh": "<img src=x onerror=alert(3)>", "title_en": "`${alert(2)}`"}
    return pack(written(services=services_toml(one, two)), sites=[*PLAIN, SITES[2]])


def test_titles_of_a_pack_are_text_everywhere(hostile, tmp_path):
    result = c15.analyse(c15.load_city("tryton", data=hostile))
    folder = result.report(result.save(tmp_path / "out"))
    assert HTML not in (folder / "map.html").read_text(encoding="utf-8")
    assert "'=HYPERLINK" in (folder / "gaps.csv").read_text(encoding="utf-8-sig")
    book = openpyxl.load_workbook(folder / "gaps.xlsx")
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


@pytest.mark.browser
@pytest.mark.skipif(program() is None, reason="no Chromium")
def test_the_page_shows_them_and_runs_none(hostile, tmp_path):
    page = tmp_path / "map.html"
    page.write_text(page_html(c15.analyse(c15.load_city("tryton", data=hostile))), encoding="utf-8", newline="\n")
    with Browser() as browser:
        browser.open(page)
        assert HTML in " ".join(texts(browser, ".panel *"))
        assert any(glyph == "药" for glyph in texts(browser, ".glyph"))
        assert browser.dialogs() == 0
        assert browser.told() == []
        assert browser.requests() == []
        assert becomes(browser, "document.querySelectorAll('img[src=x]').length", wanted=0)
        click(browser, ".glyph")
        assert browser.dialogs() == 0
