"""The embedded pack: counts against the extract, the estimate by hand, labels, and that it can be made again."""

import hashlib
import importlib.util
import os
import sys
import tomllib
from collections import Counter
from pathlib import Path

import geopandas as gpd
import osmium
import pytest
import shapely

from circle15.catalog import services
from circle15.demand.points import demand_points
from circle15.sources.osm.places import read_context, read_osm_facilities
from circle15.sources.pack.city_pack import read_pack
from tests.towns.findings import finding_of

PACK = Path(__file__).parents[2] / "data" / "helsinki"
PBF = PACK / "helsinki.osm.pbf"
BOX = shapely.box(24.9351762, 60.1641550, 24.9534145, 60.1791130)
METRIC = "EPSG:3879"
GRID = next(
    (
        path
        for root in os.environ.get("CIRCLE15_DATA", "").split(os.pathsep)
        if (path := Path(root) / "helsinki" / "helsinki_population_grid_2020.gpkg").is_file()
    ),
    None,
)


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("helsinki_make_pack", PACK / "make_pack.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.fixture(scope="module")
def config():
    return tomllib.loads((PACK / "city.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def communities():
    return gpd.read_file(PACK / "communities.geojson").set_index("community_id")


def test_the_extract_is_the_one_that_the_readme_describes():
    assert hashlib.sha256(PBF.read_bytes()).hexdigest() in (PACK / "README.md").read_text(encoding="utf-8")


def test_raw_counts_of_the_extract():
    seen = Counter()
    for thing in osmium.FileProcessor(str(PBF)):
        seen["building"] += "building" in thing.tags
        seen[thing.tags.get("amenity")] += 1
    # 433 ways, 67 multipolygons, 36 nodes (33 of them entrances)
    assert seen["building"] == 536
    assert [seen[tag] for tag in ("clinic", "doctors", "community_centre", "social_facility")] == [3, 3, 3, 2]


def test_layers_of_the_extract():
    frames = read_context(PBF)
    counts = {name: frame.attrs["counts"] for name, frame in frames.items()}
    # 500 outlines less an entrance, an underpass entrance and a ship; 54 are cut by the border.
    assert counts["buildings"] == {"read": 497, "used": 443, "cut": 54, "outside": 0, "assumed": 326}
    assert counts["water"] == {"read": 7, "used": 6, "cut": 1, "outside": 0, "covered": 0, "sea": 3}
    assert counts["rail"]["read"] == 144
    bay, square = shapely.Point(24.9435, 60.178), shapely.Point(24.9440, 60.1712)
    water = frames["water"].union_all()
    assert water.contains(bay)
    assert not water.contains(square)
    assert shapely.box(*frames["water"].total_bounds).within(BOX.buffer(1e-9))


def test_facilities_of_the_extract(config):
    frame = read_osm_facilities(PBF, config["facilities"][0]["services"])
    offers = frame["services"].explode().value_counts().to_dict()
    # Clinics: 3 clinics, 3 doctors, a healthcare=clinic, less a plastic surgeon and a hypnotist.
    assert offers == {"culture": 33, "shop": 17, "fitness": 17, "clinic": 5, "community_centre": 3}
    assert "osm-node-5011281376" not in frame.index  # plastic surgery
    # The National Library is mapped as a node and as a building.
    assert (frame["name"] == "Kansalliskirjasto").sum() == 1
    assert frame.attrs["counts"]["merged"] == 1
    assert frame.within(BOX).all()


def test_unlisted_services_stay_undetermined(config):
    listed = {service for entry in config["facilities"] for service in entry["services"]}
    assert set(services()) - listed == {"meal_point", "day_care"}
    # The extract's two social facilities are for children and for the sick.
    assert read_osm_facilities(PBF, ["meal_point", "day_care"]).empty


def test_communities_are_shapes_inside_the_extract(communities):
    metric = communities.to_crs(METRIC)
    assert len(communities) == 10
    assert communities.index.is_unique
    assert communities["name"].is_unique
    assert communities.is_valid.all()
    assert (communities.geom_type == "Polygon").all()
    assert communities.within(BOX.buffer(1e-5)).all()
    assert (metric.area > 10_000).all()
    assert metric.area.sum() - metric.union_all().area < 10  # no overlaps
    boxlike = metric.area / metric.envelope.area
    assert (boxlike < 0.97).all()
    sea = read_context(PBF, layers=("water",))["water"].query("kind == 'sea'").to_crs(METRIC).union_all()
    assert metric.union_all().intersection(sea).area < 100
    # The extract is covered: districts and sea leave nothing but piers.
    box = gpd.GeoSeries([BOX], crs=4326).to_crs(METRIC).iloc[0]
    assert box.difference(metric.union_all()).difference(sea).area < 0.01 * box.area


def test_people_are_an_estimate_and_say_so(communities, config):
    assert communities["population"].sum() == 5684
    assert communities["pop_60plus"].sum() == 1250
    assert (communities["pop_60plus"] - 0.22 * communities["population"]).abs().max() < 1
    assert communities["people_method"].unique().tolist() == ["estimate from OSM building floor space, not a census"]
    about = config["communities"]
    assert about["estimated"] is True
    assert about["synthetic"] is False
    assert "估算" in about["label_zh"]
    assert "estimated" in about["label_en"]


def test_every_layer_names_its_source(config):
    layers = [config["network"], *config["facilities"], config["communities"], config["population"]]
    assert all(layer["attribution"] and layer["licence"] and layer["date"] for layer in layers)


def test_estimate_by_hand(maker):
    """Houses of 10 m x 60 m: 600 m2 a floor, that is ten people a floor where all of it is dwelling."""
    houses = gpd.GeoDataFrame(
        {
            "residential": [True, True, True, True, False],
            "residential_known": [True, False, False, False, True],
            "levels": [3.0, 2.0, 5.0, float("nan"), 9.0],
        },
        geometry=[shapely.box(x, 0, x + 10, 60) for x in (0, 100, 200, 300, 400)],
        crs=METRIC,
    )
    places = gpd.GeoDataFrame(
        index=["all", "none"], geometry=[shapely.box(-1, -1, 500, 99), shapely.box(900, 0, 999, 9)], crs=METRIC
    )
    places.index.name = "community_id"
    residential_land, work_land = shapely.box(90, -1, 120, 99), shapely.box(190, -1, 220, 99)
    counted = maker.estimate_people(places, houses, residential_land, work_land)
    # 30 known + 20 on residential land + 2 % of 50 on work land + 10 % of 5 storeys x 10 elsewhere = 56
    assert counted["population"].tolist() == [56, 0]
    assert counted["pop_60plus"].tolist() == [12, 0]  # 12.32


def test_the_pack_can_be_made_again(maker, communities, tmp_path):
    text = maker.build()
    assert maker.build() == text
    again = tmp_path / "again.geojson"
    again.write_text(text, encoding="utf-8")
    made = gpd.read_file(again).set_index("community_id")
    # Other releases of GEOS may set a vertex a centimetre off; the content is the same.
    assert made.drop(columns="geometry").equals(communities.drop(columns="geometry"))
    apart = made.to_crs(METRIC).symmetric_difference(communities.to_crs(METRIC)).area
    assert (apart < 1).all()


def test_without_a_data_root_the_estimate_stands():
    pack = read_pack("helsinki")
    assert pack.population is None
    assert pack.communities.frame["population"].sum() == 5684
    assert "estimated-people" in {found.code for found in pack.findings}


@pytest.mark.real
@pytest.mark.skipif(GRID is None, reason="no data root with Helsinki's population grid")
def test_with_the_grid_neighbourhoods_have_the_people_that_it_counts():
    pack = read_pack("helsinki")
    cells = gpd.read_file(GRID).to_crs(METRIC)
    assert cells["population"].sum() == 71_724
    # The overlay written out: each cell's people by the part of it that lies in each neighbourhood.
    # The grid's extract ends south of Siltasaari: there the estimate stands.
    assert finding_of(pack.findings, "population-beyond").examples == ("hel-11-1",)
    people = pack.communities.frame["population"].drop("hel-11-1")
    for key, shape in pack.communities.frame.geometry.drop("hel-11-1").items():
        by_hand = (cells["population"] * cells.intersection(shape).area / cells.area).sum()
        assert people[key] == pytest.approx(by_hand, abs=1 / 2048 + 1e-6)
    assert people.sum() == pytest.approx(4261, abs=1)
    assert (pack.communities.frame["pop_60plus"] - 0.22 * people).dropna().abs().max() <= 1 / 1024
    codes = {found.code for found in pack.findings}
    assert {"population-counted", "population-outside", "estimated-people"} <= codes
    compared = finding_of(pack.findings, "population-compared").message_en
    assert "4,261 people inside the communities, which say 4,655" in compared
    assert pack.population.origin.licence == "CC BY 4.0"


@pytest.mark.real
@pytest.mark.skipif(GRID is None, reason="no data root with Helsinki's population grid")
def test_people_stand_in_the_cells_that_count_them():
    pack = read_pack("helsinki")
    made = demand_points(pack.communities, buildings=pack.context["buildings"], grid=pack.population)
    counted = pack.population.part_people.groupby(pack.population.parts["cell_id"]).sum()
    cells = pack.population.cells[["geometry"]].loc[counted.index]
    placed = gpd.sjoin(made.frame, cells).groupby("cell_id")["population"].sum()
    assert (placed.reindex(counted.index, fill_value=0) - counted).abs().max() < 0.1
    assert made.by_community["method"].drop("hel-11-1").eq("grid").all()
