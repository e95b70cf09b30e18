"""Display layers of OpenStreetMap in a pack: file records, torn coasts, buildings that are not used."""

from __future__ import annotations

import pytest

from circle15.sources.pack.city_pack import read_pack
from circle15.study.loading import check_city
from tests.towns.findings import finding_of
from tests.towns.pack_files import TOWN_NODES, TOWN_WAYS, osm_xml

WATER = '[[context]]\nlayer = "water"\nosm = true\n'
HOUSES = '[[context]]\nlayer = "buildings"\nosm = true\n'
# A coast east of the town, land on its left: 0.001 degrees are 111 m up. The file reaches from 31.300 to 31.321.
BOX = '<bounds minlat="31.300" minlon="120.610" maxlat="31.321" maxlon="120.632"/>'


def town(south: float, north: float, *, houses: int = 0) -> str:
    """The town's streets, a coast between two latitudes, and houses."""
    nodes = TOWN_NODES | {50: (120.625, south), 51: (120.625, 31.31), 52: (120.625, north)}
    ways = TOWN_WAYS | {50: ([50, 51, 52], {"natural": "coastline"})}
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
        (31.3036, 31.3174, 2, 0),  # 400 m short
        (31.302, 31.3174, 1, 0),
    ],
)
def test_a_torn_coast_is_closed_or_told(make_pack, south: float, north: float, torn: int, sea: int) -> None:
    read = read_pack("tryton", data=make_pack(streets=town(south, north), more=WATER))
    assert (read.context["water"]["kind"] == "sea").sum() == sea if sea else "water" not in read.context
    told = [finding for finding in read.findings if finding.code == "coast-torn"]
    assert [finding.count for finding in told] == [torn] * bool(torn)
    for finding in told:
        assert (finding.severity, finding.file) == ("warning", "streets.osm")
        assert finding.examples[-1] == "120.62500, 31.31740"
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
