"""Display layers of OpenStreetMap in a pack: file records, torn coasts, buildings that are not used."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from circle15.model import Positions
from circle15.network.snap import snap
from circle15.sources.pack.city_pack import read_pack
from circle15.study.loading import check_city, load_city
from tests.towns.findings import finding_of
from tests.towns.pack_files import TOWN_NODES, TOWN_WAYS, osm_xml

WATER = '[[context]]\nlayer = "water"\nosm = true\n'
HOUSES = '[[context]]\nlayer = "buildings"\nosm = true\n'
# A coast east of the town, land on its left: 0.001 degrees are 111 m up. The file reaches from 31.300 to 31.321.
BOX = '<bounds minlat="31.300" minlon="120.610" maxlat="31.321" maxlon="120.632"/>'


def town(south: float, north: float, *, houses: int = 0, quay: bool = False) -> str:
    """The town's streets, a coast between two latitudes, houses, and a quay of another shore beyond the coast."""
    nodes = TOWN_NODES | {50: (120.625, south), 51: (120.625, 31.31), 52: (120.625, north)}
    ways = TOWN_WAYS | {50: ([50, 51, 52], {"natural": "coastline"})}
    if quay:  # 62 m east of the place that the tests look at, along the coast
        nodes |= {60: (120.62515, 31.309), 61: (120.62515, 31.312)}
        ways[60] = ([60, 61], {"highway": "footway"})
    for house in range(houses):
        west, corner = 120.6201 + 0.0002 * house, 100 + 4 * house
        east = round(west + 0.0001, 7)
        ring = [(west, 31.3103), (east, 31.3103), (east, 31.3104), (west, 31.3104)]
        nodes |= {corner + k: spot for k, spot in enumerate(ring)}
        ways[100 + house] = ([corner, corner + 1, corner + 2, corner + 3, corner], {"building": "house"})
    return osm_xml(nodes, ways).replace('<osm version="0.6">', f'<osm version="0.6">{BOX}')


@pytest.mark.parametrize(
    ("south", "north", "torn", "sea"),
    [
        (31.290, 31.330, 0, 1),  # out of the box at both ends
        (31.302, 31.319, 0, 1),  # 222 m short of it at both ends: drawn on
        (31.3036, 31.3174, 0, 1),  # 400 m short, in a box of 2,092 m by 2,338 m: joined straight to the border
        (31.306, 31.3150, 2, 0),  # 668 m short, more than a quarter of the box: they ended for another reason
        (31.302, 31.3150, 1, 0),
    ],
)
def test_a_torn_coast_is_closed_or_told(make_pack, south: float, north: float, torn: int, sea: int) -> None:
    read = read_pack("tryton", data=make_pack(streets=town(south, north), more=WATER))
    assert (read.context["water"]["kind"] == "sea").sum() == sea if sea else "water" not in read.context
    told = [finding for finding in read.findings if finding.code == "coast-torn"]
    assert [finding.count for finding in told] == [torn] * bool(torn)
    for finding in told:
        assert (finding.severity, finding.file) == ("warning", "streets.osm")
        assert finding.examples[-1] == "120.62500, 31.31500"
        assert "海岸线" in finding.message_zh


def test_layers_of_openstreetmap_have_records(make_pack) -> None:
    root = make_pack(streets=town(31.29, 31.33, houses=3), more=WATER + HOUSES)
    records = {record.part: record for record in read_pack("tryton", data=root).files if record.role == "context"}
    assert set(records) == {"water", "buildings"}
    assert (records["buildings"].rows_read, records["buildings"].rows_used) == (3, 3)
    assert records["buildings"].form == "OpenStreetMap"
    assert (records["water"].rows_read, records["water"].rows_used) == (0, 0)  # the sea is made of the coast


def test_buildings_that_the_pack_does_not_use_are_told_with_their_number(make_pack) -> None:
    root = make_pack(streets=town(31.29, 31.33, houses=3), more=WATER)
    told = finding_of(check_city("tryton", data=root).findings, "buildings-unused")
    assert (told.severity, told.count) == ("note", 3)
    assert "3个建筑" in told.message_zh
    assert 'layer = "buildings"' in told.remedy_zh


@pytest.mark.parametrize(("houses", "more"), [(0, WATER), (3, HOUSES)])
def test_nothing_is_told_where_there_are_none_or_they_are_used(make_pack, houses: int, more: str) -> None:
    root = make_pack(streets=town(31.29, 31.33, houses=houses), more=more)
    assert "buildings-unused" not in {finding.code for finding in check_city("tryton", data=root).findings}


def legs(city, lon: float, lat: float, metres: float) -> tuple[int, float]:
    """Status of a place and the length of its leg."""
    place = gpd.GeoSeries([shapely.Point(lon, lat)], crs="EPSG:4326", index=["p"]).to_crs(city.network.crs)
    found = snap(city.network, place, max_snap_m=metres, barriers=city.barriers)
    return int(found.status[0]), float(found.nearest_m[0])


@pytest.mark.parametrize(("south", "north"), [(31.290, 31.330), (31.3036, 31.3174)])
def test_no_leg_crosses_the_sea_of_a_whole_or_closed_coast(make_pack, south: float, north: float) -> None:
    city = load_city("tryton", data=make_pack(streets=town(south, north, quay=True), more=WATER))
    # 0.0001 degrees of longitude are 9.5 m. The place is 62 m from the quay across the water, 238 m from the town.
    assert legs(city, 120.6245, 31.3105, 300) == (Positions.OK, pytest.approx(238, abs=1))
    assert legs(city, 120.6245, 31.3105, 150)[0] == Positions.FAR


def test_where_the_coast_is_torn_nothing_bars_the_leg(make_pack) -> None:
    city = load_city("tryton", data=make_pack(streets=town(31.3060, 31.3150, quay=True), more=WATER))
    assert legs(city, 120.6245, 31.3105, 300) == (Positions.ISLAND, pytest.approx(62, abs=1))


def test_no_leg_crosses_the_bank_of_water_that_the_file_does_not_hold_whole(make_pack) -> None:
    text = town(31.29, 31.33, quay=True).replace('v="coastline"', 'v="nothing"')
    lake = (
        '<relation id="70"><member type="way" ref="50" role="outer"/><member type="way" ref="71" role="outer"/>'
        '<tag k="type" v="multipolygon"/><tag k="natural" v="water"/><tag k="name" v="大湖"/></relation></osm>'
    )
    root = make_pack(streets=text.replace("</osm>", lake), more=WATER)
    told = finding_of(check_city("tryton", data=root).findings, "water-broken")
    assert (told.severity, told.count, told.examples) == ("note", 1, ("relation-70 大湖",))
    city = load_city("tryton", data=root)
    assert legs(city, 120.6245, 31.3105, 300) == (Positions.OK, pytest.approx(238, abs=1))


@pytest.mark.parametrize(
    ("south", "north", "code"),
    [(31.3036, 31.3174, "coast-closed"), (31.306, 31.315, "coast-torn"), (31.29, 31.33, None)],
)
def test_what_was_done_to_a_coast_is_told_with_its_places(make_pack, south: float, north: float, code) -> None:
    findings = check_city("tryton", data=make_pack(streets=town(south, north), more=WATER)).findings
    told = [finding for finding in findings if finding.code.startswith("coast-")]
    assert [finding.code for finding in told] == [code] * bool(code)
    assert all(finding.examples == (f"120.62500, {south:.5f}", f"120.62500, {north:.5f}") for finding in told)


def test_coasts_that_run_against_each_other_are_told(make_pack) -> None:
    # A second coast runs north as well, 95 m to the east: between them is sea of the one and land of the other.
    text = town(31.29, 31.33).replace(
        "</osm>",
        '<node id="60" lon="120.626" lat="31.29"/><node id="61" lon="120.626" lat="31.33"/>'
        '<way id="60"><nd ref="60"/><nd ref="61"/><tag k="natural" v="coastline"/></way></osm>',
    )
    told = finding_of(check_city("tryton", data=make_pack(streets=text, more=WATER)).findings, "coast-contrary")
    assert (told.severity, told.count, told.examples) == ("warning", 1, ("120.62500, 31.31000",))
