"""A new pack: written whole, never over another, and usable once the planner has filled it in."""

from __future__ import annotations

import tomllib

import openpyxl
import pytest

from circle15.catalog.typed_toml import checked
from circle15.errors import OutputError
from circle15.render.new_pack import write_new_pack
from circle15.sources.city_config import CityConfig
from circle15.sources.facilities.table import read_facilities
from circle15.sources.pack.city_pack import read_pack
from tests.towns.city_tables import facilities_table
from tests.towns.findings import unpacked
from tests.towns.pack_files import TOWN_NODES, TOWN_WAYS, geojson, osm_xml, town_communities


def test_the_templates_obey_the_rules_of_a_pack(tmp_path):
    folder = write_new_pack(tmp_path / "kunshan", title="昆山")
    assert sorted(path.name for path in folder.iterdir()) == ["city.toml", "facilities.csv", "facilities.xlsx"]
    written = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
    config = checked(CityConfig, written, file=folder / "city.toml")
    assert (config.name, config.name_en, config.crs) == ("昆山", "Kunshan", "EPSG:4549")


def test_the_service_of_the_template_can_be_used_as_it_stands(tmp_path):
    text = (write_new_pack(tmp_path / "kunshan") / "city.toml").read_text(encoding="utf-8")
    start = text.index("# [[services]]")
    lines = [line.removeprefix("# ") for line in text[start : text.index("[communities]")].splitlines()]
    config = checked(CityConfig, tomllib.loads(text + "\n" + "\n".join(lines)), file="city.toml")
    assert [service.key for service in config.pack_services] == ["pharmacy"]


@pytest.mark.parametrize("name", ["facilities.xlsx", "facilities.csv"])
def test_empty_templates_are_empty_lists_with_every_header_understood(tmp_path, name):
    folder = write_new_pack(tmp_path / "kunshan")
    frame, findings = unpacked(read_facilities(folder / name, facilities_table()))
    assert len(frame) == 0
    assert not [told for told in findings if told.severity != "note"]
    assert {
        "name",
        "services",
        "tier",
        "capacity",
        "floor_area_m2",
        "opening_hours",
        "state",
        "address",
        "source",
    } <= set(frame)


def test_a_planner_fills_it_in_and_it_reads(tmp_path):
    folder = write_new_pack(tmp_path / "tryton", title="试城")
    book = openpyxl.load_workbook(folder / "facilities.xlsx")
    for row in (
        ["", "邻里食堂", "助餐点；日间照料中心", "120.62", "31.31"],
        ["M2", "卫生站", "社区卫生服务站", 120.622, 31.311],
    ):
        sheet = book["设施"]
        place = 2 if sheet["B2"].value is None else 3
        for column, value in enumerate(row, start=1):
            sheet.cell(place, column).value = value
    book.save(folder / "facilities.xlsx")
    (folder / "communities.geojson").write_text(geojson(town_communities()), encoding="utf-8")
    (folder / "streets.osm").write_text(osm_xml(TOWN_NODES, TOWN_WAYS), encoding="utf-8")
    toml = (folder / "city.toml").read_text(encoding="utf-8")
    toml = toml.replace("streets.osm.pbf", "streets.osm").replace("communities.gpkg", "communities.geojson")
    (folder / "city.toml").write_text(toml, encoding="utf-8")
    pack = read_pack("tryton", data=tmp_path)
    offered = pack.facilities.frame["services"].to_dict()
    assert offered == {"facilities-2": ("meal_point", "day_care"), "M2": ("clinic",)}
    assert pack.facilities.listed == {"meal_point", "day_care", "clinic"}


def test_nothing_is_ever_written_over(tmp_path):
    (tmp_path / "kunshan").mkdir()
    with pytest.raises(OutputError, match="not touched"):
        write_new_pack(tmp_path / "kunshan")
    assert not list((tmp_path / "kunshan").iterdir())


def test_a_title_cannot_break_the_toml(tmp_path):
    folder = write_new_pack(tmp_path / "x", title='a" \\ b\n[evil]\ncrs = "EPSG:1"')
    config = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
    assert config["crs"] == "EPSG:4549"
    assert "evil" not in config


def test_the_list_to_fill_in_is_typed_as_text_and_explained(tmp_path):
    folder = write_new_pack(tmp_path / "kunshan")
    book = openpyxl.load_workbook(folder / "facilities.xlsx")
    assert book.sheetnames == ["设施", "说明"]
    listed, notes = book["设施"], book["说明"]
    assert listed.freeze_panes == "A2"
    assert {cell.number_format for row in listed.iter_rows(min_row=2) for cell in row} == {"@"}
    assert listed.max_row == 201
    assert [cell.value for cell in notes["A"][1:]] == [cell.value for cell in listed[1]]
    assert all(cell.value for row in notes.iter_rows() for cell in row)
    again = write_new_pack(tmp_path / "again" / "kunshan")
    assert (again / "facilities.xlsx").read_bytes() == (folder / "facilities.xlsx").read_bytes()
