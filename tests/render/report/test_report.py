"""The report's files: what they say is what the analysis found, in words for people, and nothing runs from a name."""

from __future__ import annotations

import dataclasses
import io
import re
import sys
import zipfile
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pandas as pd
import pypdf
import pytest

from circle15.catalog import services
from circle15.catalog.facts import read_facts
from circle15.catalog.phrases import remedy_sentences
from circle15.errors import OutputError
from circle15.model import Coverage, Finding
from circle15.render.folder import save
from circle15.render.published.privacy import NEARLY_ALL, NEARLY_NONE
from circle15.render.published.told import publish
from circle15.render.report import fonts
from circle15.render.report.charts import gap_bars
from circle15.render.report.content import report_of
from circle15.render.report.facts import Facts
from circle15.render.report.files import check_report_tools, save_report
from circle15.render.report.ink import figure_files, lettering
from circle15.render.report.section_clauses import measured
from circle15.render.report.word_file import word_bytes
from tests.towns.page_fixture import analysis as make_analysis
from tests.towns.report_fixture import full

HOSTILE = ('#include "x"', "{{7*7}}", "=cmd|' /C calc'!A0", "<w:p>", "#panic(1)", "$x^2$ *b* _i_", "a\x00b", "]])@x")
SECTIONS = (
    "摘要", "数据与方法", "服务覆盖", "缺口排名", "条文对照", "缺设施还是缺通道", "怎样改最见效", "结论有多稳健",
    "公平", "社区类型", "数据质量", "不能计算的内容", "附录A", "附录B",
)  # fmt: skip
FIGURES = {
    f"{stem}.{form}"
    for stem in ("gap_index", "coverage_by_minutes", "lorenz", "map_index", "map_services", "map_robust", "map_causes")
    for form in ("png", "svg")
}


@pytest.fixture(scope="module")
def town():
    return full()


@pytest.fixture(scope="module")
def saved(town, tmp_path_factory):
    return save_report(town, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="module")
def document(saved):
    return docx.Document(str(saved / "report.docx"))


@pytest.fixture(scope="module")
def pdf(saved):
    return pypdf.PdfReader(saved / "report.pdf")


def letters(reader) -> str:
    """The text of a PDF without the breaks of lines."""
    return "".join("".join(page.extract_text() for page in reader.pages).split())


def table_after(document, caption):
    """The table that follows the caption with a text, as rows of cells."""
    seen = False
    for block in document.element.body.iterchildren():
        words = "".join(block.itertext())
        if block.tag.endswith("}p") and caption in words:
            seen = True
        elif block.tag.endswith("}tbl") and seen:
            return [[cell.text for cell in row.cells] for row in docx.table.Table(block, document).rows]
    raise AssertionError(f"no table under {caption}")


# -- what is written --------------------------------------------------------------------------------


def words_of(analysis):
    """The document without its pictures, which take most of the time."""
    report = report_of(Facts(published=publish(analysis), figures=frozenset()))
    return docx.Document(io.BytesIO(word_bytes(report, {})))


def test_the_folder_holds_the_report_and_its_figures(saved):
    assert {path.name for path in saved.iterdir()} == {"report.docx", "report.pdf", "figures"}
    assert {path.name for path in (saved / "figures").iterdir()} == FIGURES


def test_headings_are_real_and_numbered(document):
    heads = [line.text for line in document.paragraphs if line.style.name == "Heading 1"]
    assert len(heads) == len(SECTIONS)
    for place, (head, section) in enumerate(zip(heads, SECTIONS, strict=True), start=1):
        assert section in head
        assert head.startswith(str(place)) or section.startswith("附录")
    captions = [line.text for line in document.paragraphs if line.style.name == "Caption"]
    tables = [int(match[1]) for one in captions if (match := re.match(r"表 (\d+)", one))]
    figures = [int(match[1]) for one in captions if (match := re.match(r"图 (\d+)", one))]
    assert tables == list(range(1, len(tables) + 1))
    assert figures == list(range(1, 8))
    assert "PAGE" in document.sections[0].footer._element.xml


def test_the_pdf_reads_as_chinese_and_has_an_outline(pdf):
    text = letters(pdf)
    for section in SECTIONS:
        assert section.replace(" ", "") in text
    assert "内部分析用图，公开前须依法送审" in text
    assert 8 < len(pdf.pages) < 40
    assert len(pdf.outline) >= len(SECTIONS)
    assert pdf.metadata.title == "小城步行生活圈评估报告"


def test_both_files_say_what_is_synthetic_and_whose_the_streets_are(document, pdf):
    told = "\n".join(line.text for line in document.paragraphs)
    assert "本报告含合成数据（社区与人口、设施）" in told
    assert "本报告含合成数据（社区与人口、设施）" in letters(pdf)
    sources = table_after(document, "数据来源 Sources")
    assert any("© OpenStreetMap contributors" in row[0] for row in sources)


# -- its numbers ------------------------------------------------------------------------------------


def test_coverage_is_that_of_the_analysis(town, document):
    rows = {row[0].split(" ")[0]: row for row in table_after(document, "各项服务的覆盖情况")[1:]}
    frame = town.coverage.frame
    for key in town.coverage.services:
        sums = frame.xs((key, 15.0), level=("service", "cutoff_min"))[
            ["pop_60plus_covered", "pop_60plus_uncovered"]
        ].sum()
        out = round(sums["pop_60plus_uncovered"] / 10) * 10
        row = rows[services()[key].title_zh]
        assert abs(float(row[5].replace(",", "") or 0) - out) <= 10
        assert abs(float(row[4].rstrip("%")) - 100 * sums["pop_60plus_covered"] / sums.sum()) <= 1.5


def test_supply_routes_are_a_column_each(town):
    frame = town.city.facilities.frame
    routes = ["shared", "new_build", *[""] * (len(frame) - 2)]
    sites = dataclasses.replace(town.city.facilities, frame=frame.assign(supply_route_key=routes))
    given = dataclasses.replace(town, city=dataclasses.replace(town.city, facilities=sites))
    rows = table_after(words_of(given), "设施的供给方式")
    heads = [cell.split("\n")[0] for cell in rows[0]]
    assert heads == ["服务", "新建", "整合共享", "未说明或看不懂"]
    offered = sites.in_service().offers()["service"].value_counts()
    assert sum(int(cell) for row in rows[1:] for cell in row[1:]) == offered.sum()


def test_the_ranking_is_that_of_the_analysis(town, document):
    rows = table_after(document, "缺口指数排名")[1:]
    names = town.city.communities.frame["name"]
    # c6 has seven people aged 60 and over. All 503 of c8 lack one service of three, of the others the tens that are
    # told; at least 0.01 counts as covered.
    lacking = {"c8": (503, 503), "c7": (940, 1204), "c4": (580, 930), "c5": (50, 388)}
    index = [100 * (1 - max(1 - lost / people, 0.01) ** (1 / 3)) for lost, people in lacking.values()]
    assert [row[1] for row in rows] == [names[key] for key in (*lacking, "c1", "c2", "c3")]
    assert [row[4] for row in rows] == [f"{value:.0f}" for value in (*index, 0, 0, 0)]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5", "5", "5"]
    assert rows[0][5] == "78–78"  # draws that leave every share where it is


def test_clauses_are_counted(document):
    rows = table_after(document, "判定数")
    area = next(row for row in rows if "每百户" in row[0])
    assert area[2:6] == ["≥30平方米/百户", "7", "1", "0"]
    assert not any("一门式" in row[0] for row in rows)  # undetermined throughout: only counted below the table
    assert any("1条缺资料而全部不能判定、1条属全市指标" in line.text for line in document.paragraphs)
    assert any("一门式" in row[1] and row[2] == "8" for row in table_after(document, "不能判定的条文需要什么")[1:])
    (rate,) = table_after(document, "全市达标率与指标")[1:]
    assert rate[2].startswith("87.5%")


def test_causes_links_and_remedies_are_in_tens(town, document):
    rows = table_after(document, "缺口的原因（人次")
    gaps = town.attribution.frame
    linked = gaps.loc[gaps["cause"] == "link", "uncovered"].iloc[0]
    link = next(row for row in rows if row[0].startswith("缺一条通道"))
    assert link[1] == "1"
    assert link[2] == f"{round(linked / 10) * 10:,}"
    assert table_after(document, "最有效的通道")[1][:4] == ["1", "140", "跨水面", "450"]  # of 830 it leaves 380
    # 583, 262 and all 930 of c4, and 48.5 of c5, each in tens.
    assert table_after(document, "门禁的不同开法下")[1][1:] == ["630", "310", "980", "630"]
    told = "\n".join(cell.text for table in document.tables for row in table.rows for cell in row.cells)
    exact = remedy_sentences(town.attribution, town.city.communities, "zh").iloc[0]
    assert "834" in exact
    assert "834" not in told


def test_certainty_checks_equity_and_types(document):
    rows = table_after(document, "判定的稳健程度")
    assert {row[0].split(" ")[0] for row in rows[1:]} == {
        services()[key].title_zh for key in ("meal_point", "clinic", "shop")
    }
    assert all(sum(map(int, row[1:])) == 7 for row in rows[1:])  # without c6
    # 456 of the 640 of c1, who all have a clinic, would lose it: its verdict would flip, and no other.
    assert table_after(document, "现场核查清单")[1][1:4] == ["甲（社区卫生服务站）是否仍在营业？", "1", "460"]
    assert table_after(document, "可达性在老人中的分布")[1][1:] == ["0.20", "—", "1.75", "2.5", "25%", "31.2"]
    groups = {row[0]: row for row in table_after(document, "按社区类型比较")[1:]}
    # All but c6, of clinics: 580 and 50 of the 4,932 lack one.
    assert groups["老城区"][2:4] == ["约4,930", "87%"]
    assert groups["农村"][2:] == ["不足10", "—"]
    # All eight communities: 640 + 812 + 455 + 930 + 388 + 1,204 + 503, and five for the seven of c6: 4,937.
    assert table_after(document, "社区类型（代表社区")[1][:4] == ["T1", "高密度", "8", "约4,940"]


def test_no_number_of_one_to_nine_people_is_told():
    small = full(elders=(7, 300, 300, 300, 300, 300, 300, 300))
    published = publish(small)
    hidden = small.city.communities.frame.index[0]
    assert not published.seen(hidden)
    assert hidden not in published.cells.index.get_level_values("community_id")
    document = words_of(small)
    names = [row[1] for row in table_after(document, "缺口指数排名")[1:]]
    assert small.city.communities.frame["name"].iloc[0] not in names
    assert "另有1个社区60岁以上人数太少" in "\n".join(line.text for line in document.paragraphs)


def test_shares_of_people_are_told_by_tens_whatever_the_measure(town):
    """93 % of a hundred are 93 people; and a rounded figure never contradicts its verdict."""
    rule = dataclasses.replace(town.ledger.rules[0], measure="services_in_reach", unit="%", at_least=95.0, at_most=None)
    nan = float("nan")

    def told(observed, verdict, low=nan, high=nan):
        return measured(rule, {"observed": observed, "observed_low": low, "observed_high": high, "verdict": verdict})

    assert told(NEARLY_ALL, "fail") == "除不足10人外均达到"
    assert told(NEARLY_NONE, "fail") == "不足10人达到"
    assert told(90.0, "fail") == "约90%"
    assert told(95.0, "fail") == "<95%"
    assert told(94.0, "pass") == "≥95%"
    assert told(100.0, "pass") == "100%"
    assert told(nan, "pass") == "—"
    assert told(nan, "undetermined", 40.0, 70.0) == "约40–70%"
    assert told(nan, "undetermined", 40.0) == "≥约40%"
    assert told(nan, "pass", 97.0, 97.0) == "约97%"
    assert told(nan, "fail", NEARLY_NONE, 40.0) == "介于“不足10人达到”与“约40%”之间"


def test_a_range_is_told_as_a_range_with_its_unit(town):
    rule = dataclasses.replace(town.ledger.rules[0], measure="floor_area", unit="m2", at_least=400.0, at_most=None)
    row = {"observed": float("nan"), "observed_low": 465.0, "observed_high": float("nan"), "verdict": "pass"}
    assert measured(rule, row) == "≥465平方米"
    assert measured(rule, row | {"observed_high": 930.0}) == "465–930平方米"


def test_verdicts_of_a_report_are_those_that_may_be_told():
    small = full(elders=(100, 300, 300, 300, 300, 300, 300, 300))
    facts = Facts(published=publish(small), figures=frozenset())
    told = facts.analysis.ledger.frame.sort_index(kind="stable")
    pd.testing.assert_frame_equal(facts.verdicts, told)


def test_few_people_in_a_finding_are_not_told():
    said = [
        Finding(code="demand-far", severity="warning", message_zh=f"{n}人的住处离道路太远", message_en=f"{n} people")
        for n in (7, 17)
    ]
    rows = table_after(words_of(make_analysis(findings=tuple(said))), "需要注意的发现")
    assert [row[1] for row in rows[1:]] == ["不足10人的住处离道路太远", "17人的住处离道路太远"]


# -- empty parts ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unpainted")
def test_what_was_not_computed_is_said_in_a_sentence(tmp_path):
    save_report(make_analysis(), tmp_path)
    document = docx.Document(str(tmp_path / "report.docx"))
    told = "\n".join(line.text for line in document.paragraphs)
    for key in ("clauses_none", "causes_none", "certainty_none", "stability_none", "spread_none", "types_none"):
        assert read_facts("report.toml")[key]["zh"] in told, key
    assert all(len(table.rows) > 1 for table in document.tables)
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {"gap_index", "map_index", "map_services"}


def test_without_any_list_nothing_is_judged():
    town = make_analysis()
    frame = town.coverage.frame.iloc[:0]
    coverage = Coverage(
        frame=frame, nearest=town.coverage.nearest.iloc[:0], services=(), undetermined=tuple(services())
    )
    gaps = dataclasses.replace(
        town.gaps, frame=town.gaps.frame.iloc[:0], by_community=town.gaps.by_community.iloc[:0], weights={}
    )
    empty = dataclasses.replace(town, coverage=coverage, gaps=gaps)
    report = report_of(Facts(published=publish(empty), figures=frozenset()))
    words = " ".join(block.words.zh for block in report.blocks if hasattr(block, "words"))
    assert "没有任何设施清单" in words
    assert "没有可以排名的社区" in words


# -- text from outside ------------------------------------------------------------------------------


def test_hostile_names_are_text(tmp_path):
    sites, elders = (*HOSTILE, *HOSTILE[:4]), (300,) * 8
    town = full(community_names=HOSTILE, facility_names=sites, title="#panic()", elders=elders)
    folder = save_report(town, tmp_path)
    document = docx.Document(str(folder / "report.docx"))
    names = [row[1] for row in table_after(document, "缺口指数排名")[1:]]
    assert set(names) == {name.replace("\x00", "\ufffd") for name in HOSTILE}
    text = letters(pypdf.PdfReader(folder / "report.pdf"))
    for name in ('#include"x"', "{{7*7}}", "<w:p>", "#panic(1)", "$x^2$*b*_i_"):
        assert name in text or name.replace('"', "”") in text, name
    assert "49" not in [cell.text for table in document.tables for row in table.rows for cell in row.cells][:5]


# -- the same bytes, whole files --------------------------------------------------------------------


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("name", ["试\x01\x1f城", "长" * 300, "试\x01\x1f城" + "长" * 300])
def test_a_city_s_name_is_cleaned_in_the_properties_of_files_too(tmp_path, name):
    town = full()
    town = dataclasses.replace(town, city=dataclasses.replace(town.city, title_zh=name, title_en=name))
    save_report(town, save(town, tmp_path))
    core = docx.Document(tmp_path / "report.docx").core_properties
    book = openpyxl.load_workbook(tmp_path / "gaps.xlsx").properties
    assert core.title.startswith(name[:200].replace("\x01", "\ufffd").replace("\x1f", "\ufffd"))
    assert name[:1] in book.title
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert not re.search("[\x00-\x08\x0e-\x1f]", page)
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith(".")) == []


def test_a_name_of_any_length_leaves_room_for_its_bar():
    """Warnings are errors here: matplotlib warns where names leave no room for the axes."""
    town = full(community_names=("x" * 600, "长" * 300, *(f"c{n}" for n in range(6))), elders=(300,) * 8)
    with lettering():
        figure = gap_bars(town, publish(town))
        figure_files(figure)
    assert all(len(label.get_text()) <= 29 for label in figure.axes[0].get_yticklabels())


def test_the_same_analysis_gives_the_same_bytes(town, saved, tmp_path):
    again = save_report(town, tmp_path)
    for path in sorted(one for one in saved.rglob("*") if one.is_file()):
        assert (again / path.relative_to(saved)).read_bytes() == path.read_bytes(), path.name


def test_no_clock_stands_in_a_file(saved):
    with zipfile.ZipFile(io.BytesIO((saved / "report.docx").read_bytes())) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms:modified" not in archive.read("docProps/core.xml")
    assert b"<dc:date>" not in (saved / "figures" / "map_index.svg").read_bytes()


def test_every_map_carries_its_terms(town):
    from circle15.render.report.maps import credits_of

    told = credits_of(town)
    for words in ("© OpenStreetMap contributors", "2024-01-01", "合成数据", "审图号", "内部分析用图，公开前须依法送审"):
        assert words in told


# -- what may be missing ----------------------------------------------------------------------------


def test_a_missing_library_is_named_before_the_work(monkeypatch):
    import circle15.render.report.files as package

    monkeypatch.setattr(package, "find_spec", lambda name: None if name == "typst" else object())
    with pytest.raises(OutputError, match=r"needs typst as well: run pip install 'circle15\[report\]'"):
        check_report_tools()


def test_no_chinese_font_says_what_to_install(monkeypatch, town, tmp_path):
    monkeypatch.setattr(fonts, "SANS", ("No such font",))
    monkeypatch.setattr(fonts, "SERIF", ())
    with pytest.raises(OutputError, match="fonts-noto-cjk"):
        save_report(town, tmp_path)
    assert not list(tmp_path.iterdir())


def test_importing_reports_loads_no_library():
    import subprocess

    code = (
        "import sys, circle15.render.report; sys.exit(any(m in sys.modules for m in ('matplotlib', 'docx', 'typst')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_lorenz_curves_are_drawn_too_coarse_for_a_home(town):
    from circle15.render.report.charts import lorenz_curve
    from circle15.render.report.ink import lettering

    with lettering():
        (axes,) = lorenz_curve(town).axes
    x, y = axes.lines[1].get_data()
    assert len(x) == 51
    assert y[10] == pytest.approx(0.0)  # 20 % of people have nothing
    assert np.all(np.diff(y) >= 0)


def test_every_phrase_of_the_report_is_said_and_fills_in_the_same_values():
    folder = Path(save_report.__code__.co_filename).parent
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    package = "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.parents[1].rglob("*.py")))
    for key, words in read_facts("report.toml").items():
        # A key may be put together, f"cause_{cause}" or f"{told_as}_link": then the other part is a word of the code.
        parts = [(key[:end], key[end:]) for end in range(1, len(key))]
        made = any(
            (f'f"{head}{{' in code and f'"{tail}"' in package) or (f'}}{tail}"' in code and f'"{head}"' in package)
            for head, tail in parts
        )
        assert f'"{key}"' in code or made, f"{key} is never said"
        assert words["zh"], key
        names = [set(re.findall(r"{(\w+)}", words[language])) for language in ("zh", "en")]
        assert names[1] <= names[0] or key == "method_walker", f"{key}: {names}"  # the citation is English
