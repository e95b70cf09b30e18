"""gaps.csv, gaps.xlsx, circle15.gpkg and run.json say the same as the analysis, inertly and always alike."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import subprocess
import sys
import time
import zipfile
from itertools import pairwise

import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest

from circle15.catalog import services
from circle15.catalog.phrases import gap_sentences
from circle15.errors import OutputError
from circle15.model import Communities, EdgeFlag, Facilities, Finding, NodeFlag
from circle15.network.build import canonical
from circle15.network.convert import from_geopandas
from circle15.network.parting import part_barred
from circle15.render.folder import save
from circle15.render.run_record import record_text, run_json
from circle15.render.tables.columns import columns
from circle15.render.tables.facilities import facility_table, route_table
from circle15.render.tables.files import gaps_csv, gaps_xlsx, geopackage
from circle15.render.tables.frames import community_table, gap_table, service_table, source_table, synthetic_layers
from circle15.render.tables.quality import finding_table
from circle15.render.tables.verdicts import need_table
from tests.towns.page_fixture import analysis as make_analysis

HOSTILE = (
    '=HYPERLINK("http://x.test")', "+1", "-2", "@SUM(A1)", "\tx", "a\x00b", "NA",
    "{{7*7}}", "</script>", "#REF!", "00012", "'quoted",
)  # fmt: skip


@pytest.fixture(scope="module")
def analysis():
    return make_analysis()


@pytest.fixture(scope="module")
def hostile():
    return make_analysis(title="=1+1", facility_names=HOSTILE, community_names=HOSTILE[:8])


def read_csv(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def sheet_rows(sheet):
    """Rows of a sheet below its header, which is the row under the filter's first cell."""
    first = int("".join(filter(str.isdigit, sheet.auto_filter.ref.split(":")[0])))
    header = [cell.value.split("\n")[1] for cell in sheet[first]]
    return header, [dict(zip(header, row, strict=True)) for row in sheet.iter_rows(min_row=first + 1, values_only=True)]


# -- the frames -----------------------------------------------------------------------------------


def test_one_row_per_community_and_service_with_the_undetermined_ones(analysis):
    table = gap_table(analysis)
    assert len(table) == 8 * 4  # three listed services and one that is not
    blank = table[table["status"] == "undetermined"]
    assert set(blank["service"]) == {"day_care"}
    assert blank[["uncovered", "share", "mean_min", "rank", "pop_60plus_covered"]].isna().all(axis=None)
    assert not blank["sentence_zh"].isna().any()


def test_people_add_up_in_every_row(analysis):
    table = gap_table(analysis).query("status == 'determined'")
    parts = table["pop_60plus_covered"] + table["uncovered"] + table["pop_60plus_unplaced"]
    assert (parts - table["pop_60plus"]).abs().max() < 0.002  # three parts rounded to thousandths
    everyone = table["population_covered"] + table["population_uncovered"] + table["population_unplaced"]
    assert (everyone - table["population"]).abs().max() < 0.002


def test_figures_are_those_of_the_analysis(analysis):
    table = gap_table(analysis).set_index(["community_id", "service"])
    sentences = gap_sentences(analysis.gaps, "en")
    for (community, service), gap in analysis.gaps.frame.iterrows():
        row = table.loc[(community, service)]
        assert row["uncovered"] == pytest.approx(gap["uncovered"], abs=5e-4)
        assert row["share"] == pytest.approx(gap["share"], abs=5e-5)
        assert row["p90_min"] == pytest.approx(gap["p90_min"], abs=5e-3)
        assert row["sentence_en"] == sentences[(community, service)]
        circle = analysis.coverage.frame.loc[(community, service, 15.0)]
        assert row["population_covered"] == pytest.approx(circle["population_covered"], abs=5e-4)


def test_communities_come_by_rank(analysis):
    table = community_table(analysis)
    assert table["rank_index"].tolist() == list(range(1, 9))
    assert table["index"].is_monotonic_decreasing


def test_a_community_that_lacks_nothing_has_no_worst_service(analysis):
    table = community_table(analysis)
    assert (table["uncovered_worst"] == 0).any()
    assert ((table["worst_service_zh"] == "") == (table["uncovered_worst"] == 0)).all()


def test_the_order_of_input_rows_changes_nothing(analysis):
    turned = dataclasses.replace(
        analysis,
        gaps=dataclasses.replace(
            analysis.gaps, by_community=analysis.gaps.by_community[::-1], frame=analysis.gaps.frame[::-1]
        ),
        coverage=dataclasses.replace(analysis.coverage, frame=analysis.coverage.frame[::-1]),
    )
    pd.testing.assert_frame_equal(gap_table(turned), gap_table(analysis))
    pd.testing.assert_frame_equal(community_table(turned), community_table(analysis))


def test_service_totals_are_the_sums_of_the_communities(analysis):
    table = service_table(analysis).set_index("service_en")
    meals = analysis.gaps.frame.xs("meal_point", level="service")
    assert len(table) == len(services())
    assert table.loc["Meal point", "uncovered"] == pytest.approx(meals["uncovered"].sum(), abs=1e-3)
    people = analysis.city.communities.frame["pop_60plus"].sum()
    assert table.loc["Meal point", "share"] == pytest.approx(1 - meals["uncovered"].sum() / people, abs=1e-4)
    most = meals["uncovered"].idxmax()
    assert table.loc["Meal point", "worst_community"] == analysis.city.communities.frame.loc[most, "name"]
    assert table.loc["Elderly day care", "status"] == "undetermined"
    assert np.isnan(table.loc["Elderly day care", "uncovered"])


def test_only_named_columns_of_facilities_go_out(analysis):
    frame = analysis.city.facilities.frame.assign(
        contact="Li 139 0000 0000", capacity_by_service=[{"meal_point": 30}] * 12
    )
    sites = Facilities(frame=frame, listed=analysis.city.facilities.listed)
    table = facility_table(dataclasses.replace(analysis, city=dataclasses.replace(analysis.city, facilities=sites)))
    assert "contact" not in table
    assert "capacity_by_service" in table


def test_supply_routes_are_counted_by_service(analysis):
    assert route_table(analysis).empty
    frame = analysis.city.facilities.frame
    keys = ["new_build", "shared", *[""] * (len(frame) - 2)]
    sites = Facilities(frame=frame.assign(supply_route_key=keys), listed=analysis.city.facilities.listed)
    table = route_table(dataclasses.replace(analysis, city=dataclasses.replace(analysis.city, facilities=sites)))
    assert set(table.columns) <= set(columns())
    offered = pd.Series([service for row in sites.in_service().frame["services"] for service in row]).value_counts()
    counted = table.groupby("service_zh")["facilities"].sum()
    assert counted.to_dict() == {services()[key].title_zh: count for key, count in offered.items()}
    first = services()[frame["services"].iloc[0][0]].title_zh
    assert table[(table["service_zh"] == first) & (table["supply_route"] == "新建 newly built")][
        "facilities"
    ].tolist() == [1]


def test_elders_in_need_stand_in_the_tables_with_those_left_uncovered(analysis):
    frame = analysis.city.communities.frame.assign(elders_alone=40.0, elders_disabled=np.nan)
    places = Communities(frame=frame, origin=analysis.city.communities.origin)
    given = dataclasses.replace(analysis, city=dataclasses.replace(analysis.city, communities=places))
    assert (community_table(given)["elders_alone"] == 40).all()
    table = gap_table(given)
    known = table["share"].notna()
    # 40 who live alone of whom as many are covered as of all who are 60 and over.
    assert table["elders_alone_uncovered"][known].to_numpy() == pytest.approx(
        40 * (1 - table["share"][known]), abs=0.03
    )
    assert table["elders_alone_uncovered"][~known].isna().all()
    assert table["elders_disabled_uncovered"].isna().all()
    assert {"elders_alone_uncovered", "elders_alone"} <= set(columns())
    assert "elders_empty_nest_uncovered" not in table
    needs = need_table(given).set_index(["group", "service_en"])
    assert set(needs.index.get_level_values("group")) == {"独居老人"}
    for service, rows in table[known].groupby("service_en"):
        found = needs.loc[("独居老人", service)]
        assert found["elders_in_need"] == 40 * len(rows)
        assert found["elders_in_need_uncovered"] == pytest.approx(rows["elders_alone_uncovered"].sum(), abs=0.01)
    assert set(needs.reset_index().columns) <= set(columns())
    assert need_table(analysis).empty


def test_every_column_has_a_header(analysis):
    tables = [table(analysis) for table in (gap_table, community_table, facility_table, service_table)]
    for table in (*tables, finding_table(analysis.findings), source_table(analysis.city)):
        assert set(table.columns) <= set(columns())


def test_synthetic_layers_are_named(analysis):
    assert synthetic_layers(analysis.city) == ("communities", "facilities")
    assert set(gap_table(analysis)["synthetic"]) == {"communities+facilities"}
    real = dataclasses.replace(analysis.city.communities.origin, synthetic=False)
    places = Communities(frame=analysis.city.communities.frame, origin=real)
    sites = Facilities(frame=analysis.city.facilities.frame, listed=analysis.city.facilities.listed)
    city = dataclasses.replace(analysis.city, communities=places, facilities=sites)
    assert set(gap_table(dataclasses.replace(analysis, city=city))["synthetic"]) == {""}


# -- gaps.csv -------------------------------------------------------------------------------------


def test_csv_reads_back(analysis, tmp_path):
    path = gaps_csv(analysis, tmp_path / "gaps.csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # Excel reads Chinese only with the mark
    back, table = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False, na_values=[""]), gap_table(analysis)
    assert list(back.columns) == list(table.columns)
    assert back["name"].tolist() == table["name"].tolist()
    np.testing.assert_allclose(back["uncovered"], table["uncovered"])
    assert read_csv(path)[0]["rank"].isdigit()


def test_the_index_can_be_rebuilt_from_gaps_csv_alone(analysis, tmp_path):
    # By hand from text: 100 (1 - prod(max(covered / placed, 0.01) ^ weight)), ranked from the largest down.
    rows = [one for one in read_csv(gaps_csv(analysis, tmp_path / "gaps.csv")) if one["status"] == "determined"]
    told, rebuilt = {}, {}
    for one in rows:
        covered, uncovered = float(one["pop_60plus_covered"]), float(one["uncovered"])
        share = covered / (covered + uncovered)
        assert float(one["share"]) == pytest.approx(share, abs=1e-4)
        left = rebuilt.get(one["community_id"], 1.0)
        rebuilt[one["community_id"]] = left * max(share, 0.01) ** float(one["weight"])
        told[one["community_id"]] = (float(one["index"]), int(one["rank_index"]))
    index = {key: 100 * (1 - left) for key, left in rebuilt.items()}
    assert len(index) == 8
    assert index == pytest.approx({key: one for key, (one, _) in told.items()}, abs=0.01)
    by_rank = [index[key] for key, _ in sorted(told.items(), key=lambda item: item[1][1])]
    assert all(one >= other - 0.01 for one, other in pairwise(by_rank))


def test_csv_text_is_inert(hostile, tmp_path):
    rows = read_csv(gaps_csv(hostile, tmp_path / "gaps.csv"))
    names = {row["name"] for row in rows}
    assert names == {'\'=HYPERLINK("http://x.test")', "'+1", "'-2", "'@SUM(A1)", "'\tx", "a\ufffdb", "NA", "{{7*7}}"}
    assert not [v for row in rows for v in row.values() if v.startswith(("=", "+", "@", "\t"))]


# -- gaps.xlsx ------------------------------------------------------------------------------------


def test_workbook_has_its_sheets_frozen_and_filtered(analysis, tmp_path):
    book = openpyxl.load_workbook(gaps_xlsx(analysis, tmp_path / "gaps.xlsx"))
    assert [name.split()[0] for name in book.sheetnames] == ["概要", "社区", "缺口", "设施", "数据质量", "文件", "方法"]
    for name in book.sheetnames[1:5]:
        assert book[name].freeze_panes
        assert book[name].auto_filter.ref


def test_workbook_figures_are_those_that_are_published(analysis, tmp_path):
    book = openpyxl.load_workbook(gaps_xlsx(analysis, tmp_path / "gaps.xlsx"))
    _, rows = sheet_rows(book["缺口 Gaps"])
    table = gap_table(analysis).set_index(["name", "service_en"])
    assert {(row["Name"], row["Service"]) for row in rows} == set(table.index)
    for row in rows:
        exact, told = table.loc[(row["Name"], row["Service"])], row["60+ uncovered (people)"]
        if np.isnan(exact["uncovered"]):
            assert told is None
        elif exact["community_id"] == "c6":  # seven people aged 60+
            assert (told, row["Share of 60+ covered"]) == (None, None)
            assert row["Aged 60+ (people)"] == "不足10 <10"
        else:
            everyone = round(exact["pop_60plus"])
            # All of them are told as they are, others in tens.
            lost = everyone if round(exact["uncovered"]) == everyone else 10 * np.floor(exact["uncovered"] / 10 + 0.5)
            assert told == lost
            assert row["Share of 60+ covered"] == pytest.approx(1 - lost / everyone, abs=1e-4)
    assert len(sheet_rows(book["设施 Facilities"])[1]) == len(analysis.city.facilities)


def test_workbook_headers_are_in_both_languages_with_units(analysis, tmp_path):
    book = openpyxl.load_workbook(gaps_xlsx(analysis, tmp_path / "gaps.xlsx"))
    headers = [cell.value for row in book["缺口 Gaps"].iter_rows() for cell in row]
    assert "未覆盖60+（人）\n60+ uncovered (people)" in headers
    assert "平均步行时间（分钟）\nMean walk (min)" in headers


def test_workbook_text_is_text(hostile, tmp_path):
    path = gaps_xlsx(hostile, tmp_path / "gaps.xlsx")
    book = openpyxl.load_workbook(path)
    names = [row["Name"] for row in sheet_rows(book["设施 Facilities"])[1]]
    assert names == [name.replace("\x00", "\ufffd") for name in HOSTILE]
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert kinds.isdisjoint({"f", "e"})  # formula, error
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
    assert not any(b"<f>" in sheet or b"<f " in sheet for sheet in sheets)


def test_every_sheet_says_that_layers_are_synthetic(analysis, tmp_path):
    book = openpyxl.load_workbook(gaps_xlsx(analysis, tmp_path / "gaps.xlsx"))
    assert all("合成数据" in sheet["A2"].value and "communities, facilities" in sheet["A2"].value for sheet in book)


def test_workbook_holds_findings_and_terms(analysis, tmp_path):
    found = Finding(
        code="far-facility", severity="warning", message_zh="设施远离道路", message_en="far", count=2,
        file="facilities.csv", row=7, column="lon", value="=0", examples=("f01", "f02"),
    )  # fmt: skip
    path = gaps_xlsx(dataclasses.replace(analysis, findings=(*analysis.findings, found)), tmp_path / "gaps.xlsx")
    book = openpyxl.load_workbook(path)
    _, rows = sheet_rows(book["数据质量 Data quality"])
    assert rows[0]["Code"] == "far-facility"  # warnings stand before notes
    assert (rows[0]["Row"], rows[0]["Value"], rows[0]["Examples"]) == (7, "=0", "f01, f02")
    method = "".join(str(cell.value) for row in book["方法 Method"].iter_rows() for cell in row)
    assert "0.9 m/s" in method
    assert "10" in method
    summary = "".join(str(cell.value) for row in book["概要 Summary"].iter_rows() for cell in row)
    assert "© OpenStreetMap contributors" in summary
    assert "审图号" in summary


def test_a_workbook_without_findings_opens(analysis, tmp_path):
    path = gaps_xlsx(dataclasses.replace(analysis, findings=()), tmp_path / "gaps.xlsx")
    assert sheet_rows(openpyxl.load_workbook(path)["数据质量 Data quality"])[1] == []


# -- circle15.gpkg --------------------------------------------------------------------------------


def test_geopackage_has_every_layer_whole(analysis, tmp_path):
    path = geopackage(analysis, tmp_path / "circle15.gpkg")
    counts = {name: pyogrio.read_info(path, layer=name)["features"] for name, _ in pyogrio.list_layers(path)}
    city = analysis.city
    assert counts.pop("demand_points") <= len(analysis.demand)
    assert counts == {
        "communities": 8,
        "facilities": 12,
        "isochrones": 36,
        "isochrones_merged": 9,
        "streets": city.network.n_edges,
        "gaps": 32,
        "about": 6,
    }
    assert [found.name for found in tmp_path.iterdir()] == ["circle15.gpkg"]


def test_geopackage_layers_say_the_same(analysis, tmp_path):
    path = geopackage(analysis, tmp_path / "circle15.gpkg")
    places = pyogrio.read_dataframe(path, layer="communities").set_index("community_id")
    assert places.crs == analysis.city.area.crs
    for community in places.index:
        expected = analysis.city.communities.frame.geometry[community]
        assert places.geometry[community].equals(type(places.geometry[community])([expected]))
        share = analysis.gaps.frame.loc[(community, "clinic"), "share"]
        assert places.loc[community, "share_clinic"] == pytest.approx(share, abs=1e-4)
    sites = pyogrio.read_dataframe(path, layer="facilities").set_index("facility_id")
    assert sites.loc["f04", "service_keys"] == "meal_point;shop"
    assert set(sites["position"]) == {"ok"}
    assert sites.geometry["f04"].distance(analysis.city.facilities.frame.geometry["f04"]) == 0
    streets = pyogrio.read_dataframe(path, layer="streets")
    np.testing.assert_allclose(streets["length_m"], streets.length, atol=0.001)
    assert streets["bridge"].sum() == 2
    circles = pyogrio.read_dataframe(path, layer="isochrones").set_index(["facility_id", "cutoff_min"])
    assert circles.geometry["f01", 5.0].area < circles.geometry["f01", 15.0].area


def test_streets_of_the_geopackage_come_back_as_a_network(analysis, tmp_path):
    # A wall, a private locked gate and a signal at three junctions, and a road beside a path that is not mapped.
    city = analysis.city
    marks, flags = city.network.node_flags.copy(), city.network.flags.copy()
    marks[[0, 1, 2]] = [NodeFlag.BARRED, NodeFlag.GATE | NodeFlag.PRIVATE | NodeFlag.LOCKED, NodeFlag.SIGNAL]
    flags[3] |= np.uint16(EdgeFlag.SIDEPATH)
    network = canonical(part_barred(dataclasses.replace(city.network, node_flags=marks, flags=flags)))
    marked = dataclasses.replace(analysis, city=dataclasses.replace(city, network=network))
    path = geopackage(marked, tmp_path / "circle15.gpkg")
    streets, nodes = (pyogrio.read_dataframe(path, layer=layer) for layer in ("streets", "street_nodes"))
    assert len(nodes) == (network.node_flags > 0).sum()
    assert (streets["sidepath"].sum(), nodes["locked"].sum()) == (1, 1)
    back = from_geopandas(streets, nodes=nodes)
    ends = EdgeFlag.GATE_AT_U | EdgeFlag.GATE_AT_V | EdgeFlag.SIGNAL_AT_U | EdgeFlag.SIGNAL_AT_V
    assert back.node_flags.tolist() == network.node_flags.tolist()
    assert back.length_mm.tolist() == network.length_mm.tolist()
    assert back.way_class.tolist() == network.way_class.tolist()
    assert (back.flags & ~np.uint16(ends)).tolist() == (network.flags & ~np.uint16(ends)).tolist()
    assert len(back.component_km) == len(network.component_km)


def test_people_in_the_geopackage_are_gathered_and_few_are_not_told(analysis, tmp_path):
    cells = pyogrio.read_dataframe(geopackage(analysis, tmp_path / "circle15.gpkg"), layer="demand_points")
    told = cells["pop_60plus"].dropna()
    assert ((told == 0) | (told >= 10)).all()
    assert (told == told.round()).all()
    assert cells["points"].sum() == len(analysis.demand)
    assert cells.loc[cells["community_id"] == "c6", "pop_60plus"].isna().all()  # seven elders live there
    offset = np.mod([cells.geometry.x, cells.geometry.y], 100.0)
    assert (offset == 50.0).all()  # the cell's middle, nobody's door


def test_geopackage_survives_hostile_names(hostile, tmp_path):
    sites = pyogrio.read_dataframe(geopackage(hostile, tmp_path / "circle15.gpkg"), layer="facilities")
    assert sites["name"].tolist() == [name.replace("\x00", "\ufffd") for name in HOSTILE]


def test_a_disk_that_gdal_cannot_write_to(analysis, tmp_path):
    (tmp_path / "build").write_text("")
    with pytest.raises(OutputError, match="--out"):
        geopackage(analysis, tmp_path / "build" / "circle15.gpkg")


def test_the_fixed_date_is_taken_back(analysis, tmp_path):
    geopackage(analysis, tmp_path / "circle15.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


# -- run.json and all together --------------------------------------------------------------------


def test_the_record_is_plain_json(analysis, tmp_path):
    record = {"seed": np.int64(7), "speed": np.float32(0.5), "nan": np.nan, "ids": {"b", "a"}, "n": np.arange(2)}
    text = run_json(dataclasses.replace(analysis, record=record), tmp_path / "run.json").read_text(encoding="utf-8")
    back = json.loads(text)
    assert (back["seed"], back["speed"], back["nan"], back["ids"], back["n"]) == (7, 0.5, None, ["a", "b"], [0, 1])
    assert back["synthetic"] is True
    assert back["findings"][0]["code"] == "unlisted-service"
    assert list(back) == sorted(back)
    assert "小城" in record_text({"a": "小城"})


def test_a_record_with_something_else_in_it_is_refused():
    with pytest.raises(TypeError, match="object"):
        record_text({"a": object()})


WRITERS = [gaps_csv, gaps_xlsx, geopackage, run_json]


@pytest.fixture(scope="module")
def before(analysis, tmp_path_factory):
    """What each writer wrote more than two seconds ago: a zip archive counts in steps of two seconds."""
    folder = tmp_path_factory.mktemp("first")
    first = {write: write(analysis, folder / write.__name__ / "a.gpkg").read_bytes() for write in WRITERS}
    time.sleep(2.1)
    return first


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_same_analysis_same_bytes(analysis, before, tmp_path, write):
    assert write(analysis, tmp_path / "second" / "a.gpkg").read_bytes() == before[write]


def test_save_writes_the_set_and_no_more(analysis, tmp_path):
    folder = save(analysis, tmp_path / "build" / "town")
    names = sorted(found.name for found in folder.iterdir())
    assert names == ["circle15.gpkg", "gaps.csv", "gaps.xlsx", "map.html", "run.json"]


def test_importing_render_is_cheap():
    program = (
        "import sys, circle15.render; "
        "print([m for m in ('folium', 'xlsxwriter', 'pyogrio', 'geopandas', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
