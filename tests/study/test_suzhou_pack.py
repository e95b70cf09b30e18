"""The Suzhou pack: committed files are what the script makes, and what it makes is plausible."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import os
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pytest
import shapely

from circle15.catalog import services
from circle15.sources.town.synthetic import water_town
from tests.towns.real_cities import shipped_town

PACK = Path(__file__).parents[2] / "data" / "suzhou"
METRIC = "EPSG:4549"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("suzhou_make_pack", PACK / "make_pack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    assert module.water_town is water_town
    module.water_town = shipped_town  # the same, made once
    return module


@pytest.fixture(scope="module")
def communities() -> gpd.GeoDataFrame:
    return gpd.read_file(PACK / "communities.geojson").set_index("community_id").to_crs(METRIC)


@pytest.fixture(scope="module")
def sites() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((PACK / "facilities.csv").read_text(encoding="utf-8"))))


def points(sites: list[dict[str, str]]) -> gpd.GeoSeries:
    return gpd.GeoSeries(
        gpd.points_from_xy([float(s["lon"]) for s in sites], [float(s["lat"]) for s in sites]), crs="EPSG:4326"
    ).to_crs(METRIC)


def test_committed_files_are_what_the_script_makes(script: ModuleType) -> None:
    made = script.make_pack(script.read_settings())
    assert set(made) == {"communities.geojson", "facilities.csv"}
    for name, content in made.items():
        assert (PACK / name).read_bytes() == content, f"run data/suzhou/make_pack.py: {name} differs"


def test_another_seed_makes_other_facilities(script: ModuleType) -> None:
    settings = {**script.read_settings(), "seed": 1}
    assert script.make_pack(settings)["facilities.csv"] != (PACK / "facilities.csv").read_bytes()


def test_everything_says_that_it_is_synthetic(communities: gpd.GeoDataFrame, sites: list[dict[str, str]]) -> None:
    assert (communities["source"] == "synthetic").all()
    assert {site["source"] for site in sites} == {"synthetic"}
    assert communities.index.str.startswith("syn-").all()
    config = tomllib.loads((PACK / "city.toml").read_text(encoding="utf-8"))
    assert config["communities"]["synthetic"]
    assert all(entry["synthetic"] for entry in config["facilities"])
    assert "合成" in config["communities"]["label_zh"]


def test_communities_tile_the_study_area(communities: gpd.GeoDataFrame) -> None:
    shapes = communities.geometry.to_numpy()
    assert 40 <= len(shapes) <= 60
    assert shapely.is_valid(shapes).all()
    one, other = communities.sindex.query(shapes, predicate="intersects")
    pairs = one < other
    overlap = shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]]))
    assert overlap.max() < 1e-3
    whole = shapely.union_all(shapes)
    assert isinstance(whole, shapely.Polygon), "no gap parts them"
    assert not whole.interiors, "no hole between them"
    assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-9)


def test_communities_look_like_neighbourhoods(communities: gpd.GeoDataFrame) -> None:
    area = communities.area.to_numpy()
    assert area.min() > 0.2e6
    assert area.max() < 1.0e6
    roundness = 4 * np.pi * area / communities.length.to_numpy() ** 2
    assert roundness.min() > 0.2, "no slivers"
    corners = shapely.get_num_coordinates(communities.geometry.to_numpy())
    assert corners.min() > 12, "no squares"
    parts = shapely.get_num_geometries(communities.geometry.to_numpy())
    assert parts.max() == 2
    assert (parts == 2).sum() == 1
    assert (communities.buffer(-40).area > 0.2 * area).all()


def test_people_are_consistent(communities: gpd.GeoDataFrame) -> None:
    frame = communities
    counted = frame[["households", "population", "pop_60plus", "pop_65plus", "pop_80plus"]]
    assert all(np.issubdtype(kind, np.integer) for kind in counted.dtypes)
    assert (frame["population"] >= frame["pop_60plus"]).all()
    assert (frame["pop_60plus"] >= frame["pop_65plus"]).all()
    assert (frame["pop_65plus"] >= frame["pop_80plus"]).all()
    assert frame["population"].between(3000, 12000).all()
    assert (frame["population"] / frame["households"]).between(2.295, 2.805).all()
    share = frame["pop_60plus"] / frame["population"]
    old = frame["community_type"] == "老城区"
    assert share[old].between(0.2795, 0.3805).all()
    assert share[~old].between(0.1395, 0.2405).all()
    assert set(frame["community_type"]) == {"老城区", "商品房", "动迁安置", "农夹居"}


def test_names_and_subdistricts(communities: gpd.GeoDataFrame) -> None:
    assert communities["name"].is_unique
    assert communities["name_en"].is_unique
    assert communities.index.is_unique
    assert communities["name"].str.endswith("社区").all()
    by = communities.groupby("subdistrict")["subdistrict_en"].nunique()
    assert 5 <= len(by) <= 7
    assert (by == 1).all()
    for shape in communities.dissolve("subdistrict").geometry:
        assert max(part.area for part in shapely.get_parts(shape)) > 0.9 * shape.area


def test_every_service_has_sites(sites: list[dict[str, str]], communities: gpd.GeoDataFrame) -> None:
    offered = [service for site in sites for service in site["services"].split(";")]
    assert set(offered) == set(services())
    count = {service: offered.count(service) for service in services()}
    assert count["meal_point"] < len(communities)
    assert count["day_care"] < 0.8 * len(communities)
    assert count["shop"] > len(communities)
    assert sum(";" in site["services"] for site in sites) >= 20, "one site, many services"
    assert {"centre", "station", "community", "subdistrict"} == {site["tier"] for site in sites}
    assert len({site["facility_id"] for site in sites}) == len(sites)


def test_supply_is_uneven(sites: list[dict[str, str]], communities: gpd.GeoDataFrame) -> None:
    meals = points([site for site in sites if "meal_point" in site["services"].split(";")])
    has = communities.geometry.apply(lambda shape: bool(meals.within(shape).any()))
    assert 10 <= (~has).sum() <= 45
    walled = communities.index.str.contains("-(?:zh|yc|ws)-")
    assert has[walled].mean() > has[~walled].mean()


def test_figures_of_sites_are_plausible(sites: list[dict[str, str]]) -> None:
    for site in sites:
        offered = site["services"].split(";")
        if site["capacity"]:
            assert {"meal_point", "day_care"} & set(offered)
            assert 10 <= int(site["capacity"]) <= 240
        elif site["tier"] == "community":
            assert not {"meal_point", "day_care"} & set(offered)
        if offered == ["clinic"]:
            low, high = (1700, 2000) if site["tier"] == "centre" else (120, 270)
            assert low <= int(site["floor_area_m2"]) <= high
        assert site["opening_hours"]
        assert site["source_date"] == "2026-01-01"


def test_sites_stand_in_communities_near_lanes_and_not_in_water(
    sites: list[dict[str, str]], communities: gpd.GeoDataFrame
) -> None:
    town = shipped_town()
    places = points(sites)
    assert places.distance(communities.union_all()).max() < 10
    assert not places.within(town.water.to_crs(METRIC).union_all()).any()
    streets = town.streets
    nodes = gpd.GeoSeries(gpd.points_from_xy(streets.lon, streets.lat), crs="EPSG:4326").to_crs(METRIC)
    _, away = nodes.sindex.nearest(places, return_distance=True, return_all=False)
    assert away.max() < 10


@pytest.mark.real
def test_sites_are_near_real_streets_too(sites: list[dict[str, str]]) -> None:
    roots = [Path(root) for root in os.environ.get("CIRCLE15_DATA", "").split(os.pathsep) if root]
    found = [root / "suzhou" / "suzhou-gusu-roads.osm.pbf" for root in roots]
    real = next((path for path in found if path.is_file()), None)
    if real is None:
        pytest.skip("no data root holds the street extract of Suzhou")
    from circle15.sources.osm.streets import read_streets

    streets = read_streets(real)
    owner = np.repeat(np.arange(streets.n_ways), np.diff(streets.way_start))
    places = np.column_stack([streets.lon, streets.lat])[streets.way_node]
    lines = gpd.GeoSeries(shapely.linestrings(places, indices=owner), crs="EPSG:4326").to_crs(METRIC)
    _, away = lines.sindex.nearest(points(sites), return_distance=True, return_all=False)
    assert away.max() < 150


def test_no_cell_is_a_formula_or_markup(sites: list[dict[str, str]]) -> None:
    cells = [cell for site in sites for cell in site.values()]
    cells += [
        str(value)
        for feature in json.loads((PACK / "communities.geojson").read_text(encoding="utf-8"))["features"]
        for value in feature["properties"].values()
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not [cell for cell in cells if set(cell) & set('<>{}`$\\"')]
