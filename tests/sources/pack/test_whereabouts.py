"""Which input is out of place: what most inputs agree on is right, and the odd one is named with figure and remedy."""

from __future__ import annotations

import re

import geopandas as gpd
import pyproj
import pytest

from circle15.errors import PackError, StreetsError
from circle15.sources.pack.city_pack import read_pack
from circle15.sources.pack.whereabouts import InputPlace, out_of_place
from circle15.study import check_city
from tests.towns.pack_files import (
    CITY_TOML,
    SITES,
    TOWN_NODES,
    TOWN_WAYS,
    feature,
    osm_xml,
    rectangle,
    town_communities,
    write_layer,
)

TOML = CITY_TOML.format(settings="", more="")
LAYER = TOML.replace("communities.geojson", "communities.gpkg")


def moved_streets(by):
    return osm_xml({n: (lon + by, lat) for n, (lon, lat) in TOWN_NODES.items()}, TOWN_WAYS)


def moved_sites(by):
    return [(*row[:3], f"{float(row[3]) + by:.4f}", row[4]) for row in SITES]


def moved_communities(by):
    layer = town_communities()
    for one in layer:
        one["geometry"]["coordinates"] = [[[x + by, y] for x, y in one["geometry"]["coordinates"][0]]]
    return layer


def as_layer(root, *, crs, label=None):
    """The communities as a GeoPackage in ``crs`` that says it is in ``label``."""
    frame = gpd.GeoDataFrame.from_features(town_communities(), crs=4326).to_crs(crs)
    frame.set_crs(label or crs, allow_override=True).to_file(root / "tryton" / "communities.gpkg")
    return root


# -- A table of cases ------------------------------------------------------------------------------
# A degree of longitude is 95 km at the town. EPSG:4547 is the zone of 114 E: its label puts the town six degrees west.


@pytest.mark.parametrize(
    ("crs", "label", "km", "advice"),
    [
        ("EPSG:4549", "EPSG:4547", r"57\d", r'read as EPSG:4549 they lie there; write crs = "EPSG:4549"'),
        ("EPSG:4549", "EPSG:4548", r"28\d", r'write crs = "EPSG:4549"'),
        ("EPSG:4549", "EPSG:32650", r"\d{2,3}", r'write crs = "EPSG:4549"'),
        ("EPSG:32651", "EPSG:4549", r"28\d", r'write crs = "EPSG:32651"'),
        ("EPSG:4326", "EPSG:4549", r"[\d,]+", r'look like degrees \(120\.62, 31\.31\); write crs = "EPSG:4326"'),
    ],
)  # fmt: skip
def test_communities_under_a_wrong_label(make_pack, crs, label, km, advice):
    root = as_layer(make_pack(toml=LAYER), crs=crs, label=label)
    with pytest.raises(PackError) as told:
        read_pack("tryton", data=root)
    message = str(told.value)
    assert message.startswith("communities.gpkg: the communities lie elsewhere")
    assert "from streets.osm and facilities.csv (120.621, 31.3" in message
    assert re.search(rf"some {km} km from", message)
    assert re.search(advice, message)
    assert told.value.zh.startswith("communities.gpkg：社区在别处")


@pytest.mark.parametrize("by", [1.0, 5.0, -30.0])
def test_communities_of_another_city(make_pack, by):
    with pytest.raises(
        PackError, match=r"^communities\.geojson: the communities lie elsewhere.*see whether it is this"
    ):
        read_pack("tryton", data=make_pack(communities=moved_communities(by)))


@pytest.mark.parametrize(("by", "km"), [(1.0, "95"), (2.0, "190")])
def test_streets_of_another_city(make_pack, by, km):
    with pytest.raises(StreetsError, match=rf"^streets\.osm: the streets lie elsewhere.*some {km} km from communities"):
        read_pack("tryton", data=make_pack(streets=moved_streets(by)))


def test_facilities_of_another_city(make_pack):
    with pytest.raises(
        PackError, match=r"^facilities\.csv: none of its 2 facilities lies in the study area.* 9\d\.\d km"
    ):
        read_pack("tryton", data=make_pack(sites=moved_sites(1.0)))


def european(swap):
    """The town's pack 96 degrees west and 29 degrees north of its place: there both axes are degrees either way."""
    toml = TOML.replace("EPSG:4549", "EPSG:32635")
    nodes = {n: (lon - 96, lat + 29) for n, (lon, lat) in TOWN_NODES.items()}
    rows = [(*row[:3], f"{float(row[3]) - 96:.4f}", f"{float(row[4]) + 29:.4f}") for row in SITES]
    layer = town_communities()
    for one in layer:
        ring = [(x - 96, y + 29) for x, y in one["geometry"]["coordinates"][0]]
        one["geometry"]["coordinates"] = [[(y, x) if swap == "communities" else (x, y) for x, y in ring]]
    if swap == "facilities":
        rows = [(*row[:3], row[4], row[3]) for row in rows]
    return {"toml": toml, "communities": layer, "sites": rows,
            "streets": osm_xml(nodes, TOWN_WAYS)}  # fmt: skip


@pytest.mark.parametrize(
    ("swap", "says"),
    [
        ("communities", r"^communities\.geojson: the communities lie elsewhere.*longitude and latitude are exchanged"),
        ("facilities", r"^facilities\.csv: none of its 2 .* with longitude and latitude exchanged they do"),
    ],
)
def test_axes_exchanged_where_both_are_degrees(make_pack, swap, says):
    with pytest.raises(PackError, match=says):
        read_pack("tryton", data=make_pack(**european(swap)))
    assert read_pack("whole", data=make_pack("whole", root="good", **european(""))).streets.n_ways == 5


@pytest.mark.parametrize("by", [0.0, 5.0])
def test_a_population_grid_is_blamed_only_where_the_communities_are_right(make_pack, by):
    more = '[population]\nfile = "grid.geojson"\ncolumn = "people"\n'
    root = make_pack(communities=moved_communities(by), more=more)
    cell = feature(rectangle(120.6199 + 5.0 - by, 31.3099, 120.6221 + 5.0 - by, 31.3111), people=100)
    write_layer(root / "tryton" / "grid.geojson", [cell])
    odd = "communities" if by else "grid"
    with pytest.raises(PackError, match=rf"^{odd}\.geojson: "):
        read_pack("tryton", data=root)


# -- Two against each other ------------------------------------------------------------------------

CRS = pyproj.CRS("EPSG:4549")


def place(kind, lon, lat=31.31):
    return InputPlace(kind=kind, file=f"{kind}.x", box=(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01))


@pytest.mark.parametrize(
    ("lons", "says"),
    [
        ((120.6, 116.4), "streets.x: the streets lie elsewhere"),  # the city's system measures at the communities
        ((116.4, 120.6), "communities.x: the communities lie elsewhere"),
        ((120.6, 119.6), "communities.x: the communities .* does not tell which is right"),
        ((113.0, 116.4), "communities.x: the communities .* does not tell which is right"),
        ((120.6, 120.7), None),
    ],
)
def test_without_a_list_the_city_s_system_decides(lons, says):
    told = out_of_place([place("communities", lons[0]), place("streets", lons[1])], CRS)
    if says is None:
        assert told is None
    else:
        with pytest.raises(type(told), match=says):
            raise told


def test_one_list_against_streets_and_communities_is_not_told_here():
    places = [place("communities", 120.6), place("streets", 120.6), place("facilities", 116.4)]
    assert out_of_place(places, CRS) is None
    assert out_of_place([place("communities", 120.6), place("facilities", 116.4)], CRS) is None
    assert out_of_place([], CRS) is None


def test_the_order_of_inputs_changes_nothing():
    places = [place("facilities", 120.6), place("streets", 120.62), place("communities", 114.6)]
    told = {str(out_of_place(list(order), CRS)).split(" (")[0] for order in (places, places[::-1])}
    assert {text.split(" km")[0] for text in told} == {
        "communities.x: the communities lie elsewhere: at longitude, latitude 114.600, 31.310, some 568"
    }


def test_the_check_blames_the_communities_alone(make_pack):
    checked = check_city("tryton", data=as_layer(make_pack(toml=LAYER), crs="EPSG:4549", label="EPSG:4547"))
    errors = [one for one in checked.findings if one.severity == "error"]
    assert [one.file for one in errors] == ["communities.gpkg"]
