"""Packs whose communities have no outlines, from the planner's table to every file that is written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

import circle15 as c15
from circle15.demand.growing import grow_communities
from circle15.demand.points import demand_points
from circle15.errors import PackError
from circle15.model import CommunitySeeds, Origin
from circle15.network.build import build_network
from circle15.quality.findings import seed_datum_findings
from circle15.sources.datum import from_wgs84
from circle15.sources.osm.streets import read_streets
from circle15.study import check_city
from tests.towns.findings import finding_of
from tests.towns.lattice import grid, points
from tests.towns.offices import CITY, HEADER, OFFICES, grown_pack, quietly
from tests.towns.pack_files import community, feature, geojson, rectangle, write_csv


def test_a_city_of_offices_is_loaded_grown_and_analysed(make_pack):
    city = c15.load_city("tryton", data=grown_pack(make_pack))
    frame = city.communities.frame
    assert frame["outline"].tolist() == ["grown", "grown"]
    assert "居委会（按路网距离推定的边界，近似）" in {origin.label_zh for origin in city.origins}
    assert finding_of(city.findings, "communities-grown").count == 2
    assert shapely.area(shapely.intersection(*frame.geometry)) == 0
    # B and E stand half way between both offices: 0.001 degrees each side.
    border = shapely.intersection(*shapely.buffer(frame.geometry.to_numpy(), 0.01))
    middle = gpd.GeoSeries([shapely.Point(120.621, 31.3105)], crs=4326).to_crs(frame.crs).iloc[0]
    assert abs(border.centroid.x - middle.x) < 1.5
    assert city.area.boundary.equals(shapely.union_all(frame.geometry.to_numpy()))
    result = quietly(c15.analyse, city)
    people = result.demand.frame.groupby("community_id")[["population", "pop_60plus"]].sum()
    assert people.loc["west"].tolist() == [1000.0, 200.0]
    assert people.loc["east"].tolist() == [600.0, 150.0]
    assert set(result.demand.frame["method"]) == {"street"}
    home = frame.geometry.reindex(result.demand.frame["community_id"]).to_numpy()
    assert shapely.covers(shapely.buffer(home, 0.01), result.demand.frame.geometry.to_numpy()).all()


def test_every_file_says_that_outlines_are_approximate(make_pack, tmp_path):
    result = quietly(c15.analyse, c15.load_city("tryton", data=grown_pack(make_pack)))
    out = result.save(tmp_path / "out")
    assert "按路网距离推定的边界" in (out / "map.html").read_text(encoding="utf-8")
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert record["counts"]["outlines"] == {"grown": 2}
    assert "communities-grown" in {one["code"] for one in record["findings"]}
    assert {*pd.read_csv(out / "gaps.csv")["outline"]} == {"grown"}
    book = openpyxl.load_workbook(out / "gaps.xlsx", read_only=True)
    cells = {str(cell) for row in book["社区 Communities"].iter_rows(values_only=True) for cell in row}
    assert any("grown" in cell for cell in cells)
    layer = pyogrio.read_dataframe(out / "circle15.gpkg", layer="communities")
    assert layer["outline"].tolist() == ["grown", "grown"]


def test_a_check_grows_too_and_counts_its_rows(make_pack):
    check = check_city("tryton", data=grown_pack(make_pack))
    assert finding_of(check.findings, "communities-grown").file == "offices.csv"
    (record,) = [one for one in check.files if one.role == "communities"]
    assert (record.rows_read, record.rows_used) == (2, 2)


def test_the_order_of_offices_changes_nothing(make_pack):
    one = c15.load_city("tryton", data=grown_pack(make_pack))
    other = c15.load_city("tryton", data=make_again(make_pack))
    shapes = other.communities.frame.geometry.reindex(one.communities.frame.index)
    assert shapely.equals_exact(shapes.to_numpy(), one.communities.frame.geometry.to_numpy(), 0.0).all()


def make_again(make_pack):
    root = make_pack(root="again", toml=CITY.format(more="grow_m = 150"))
    write_csv(root / "tryton" / "offices.csv", OFFICES[::-1], HEADER)
    return root


def test_an_office_far_from_the_streets_is_left_out_and_its_people_are_told(make_pack):
    far = ("far", "远社区", "平江街道", "90", "30", "121.5", "31.31")
    city = c15.load_city("tryton", data=grown_pack(make_pack, offices=(*OFFICES, far)))
    assert city.communities.frame.index.tolist() == ["east", "west"]  # in the order of their ids
    found = finding_of(city.findings, "community-outside-streets")
    assert (found.count, found.examples) == (1, ("far",))
    assert "90" in found.message_en
    (record,) = [one for one in city.files if one.role == "communities"]
    assert (record.rows_used, record.dropped) == (2, (("community-outside-streets", 1),))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("grow_m = 0", "grow_m = 0"),
        ("grow_m = true", "grow_m = True"),
        ('parts_people = "once"', "says nothing without parts = true"),
        ('people_basis = "huji"', r"people_basis = \'huji\' in \[communities\] \(known: resident, registered\)"),
        ("growth = 3", "did you mean 'grow"),
    ],
)
def test_keys_that_cannot_be_meant(make_pack, more, says):
    with pytest.raises((PackError, c15.errors.SettingError), match=says):
        c15.load_city("tryton", data=grown_pack(make_pack, more=more))


def test_growing_without_the_key_is_refused(make_pack):
    root = make_pack(toml=CITY.format(more="grow_m = 150").replace("grow = true", ""))
    with pytest.raises(PackError, match=r"grow_m in .communities. says nothing without grow = true"):
        c15.load_city("tryton", data=root)


def test_offices_in_another_datum_than_declared_are_suspected():
    net = grid(20, 20, step_m=700.0)
    draw = np.random.default_rng(3)
    along, across = draw.uniform(1000, 12000, 40), 700.0 * draw.integers(2, 17, 40)
    true = points(list(zip(along, across, strict=True)), name="community_id").to_crs(4326).geometry
    shifted = gpd.GeoSeries.from_xy(*from_wgs84(true.x, true.y, datum="gcj02"), crs=4326).to_crs(net.crs)
    for spots, count in ((shifted, 1), (true.to_crs(net.crs), 0)):
        columns = {"name": "n", "population": 1.0, "pop_60plus": 0.0}
        frame = gpd.GeoDataFrame(columns, index=true.index, geometry=spots.to_numpy(), crs=net.crs)
        origin = Origin(label_zh="测", label_en="t", file="offices.csv")
        found = seed_datum_findings(CommunitySeeds(frame=frame, grow_m=500, origin=origin), net)
        assert len(found) == count
        assert all((one.file, one.value, one.count) == ("offices.csv", "wgs84", 40) for one in found)


ESTATES = """\
name = "试城"
name_en = "Tryton"
crs = "EPSG:4549"

[network]
files = ["streets.osm"]

[[facilities]]
file = "facilities.csv"
datum = "wgs84"
services = ["meal_point", "clinic"]

[communities]
file = "communities.geojson"
parts = true
"""


def test_people_of_estates_stay_inside_their_estates(make_pack):
    # Two estates at either end of one community; the street between them runs past another one's.
    one = community("c", 120.6199, 120.6204, 300, 60)
    other = community("c", 120.6216, 120.6221, 500, 100)
    between = community("d", 120.6204, 120.6216, 40, 8)
    city = c15.load_city("tryton", data=make_pack(toml=ESTATES, communities=[one, between, other]))
    assert city.communities.frame.loc["c", ["parts", "outline", "population"]].tolist() == [2, "estates", 800.0]
    homes = demand_points(city.communities, network=city.network).frame
    mine = homes[homes["community_id"] == "c"]
    assert mine["population"].sum() == 800.0
    assert shapely.covers(city.communities.frame.geometry["c"], mine.geometry.to_numpy()).all()
    assert len(mine) >= 2


@pytest.mark.real
def test_offices_in_suzhou_grow_to_what_a_planner_would_draw():
    extract = Path(os.environ.get("CIRCLE15_DATA", "")) / "suzhou" / "suzhou-gusu-roads.osm.pbf"
    if not extract.is_file():
        pytest.skip("no data root with Suzhou's real streets")
    network = build_network(read_streets(extract), crs="EPSG:4549")
    pack = Path(__file__).parents[2] / "data" / "suzhou" / "communities.geojson"
    known = gpd.read_file(pack).to_crs(network.crs).set_index("community_id")
    seeds = known.set_geometry(known.representative_point())
    grown, findings = grow_communities(
        network, CommunitySeeds(frame=seeds, grow_m=500, origin=Origin(label_zh="示", label_en="try"))
    )
    shapes = grown.frame.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.covers(shapely.buffer(shapes, 0.01), seeds.geometry.to_numpy()).all()
    one, other = grown.frame.sindex.query(shapes, predicate="intersects")
    pairs = one < other
    assert shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]])).max() < 0.01
    hectares = shapely.area(shapes) / 1e4
    # GB 50180 2.0.3 has 32-50 ha for a circle of 500 m; neighbours and the moat leave less.
    assert 15 < np.median(hectares) < 50
    assert hectares.max() < np.pi * 500**2 / 1e4
    assert {one.code for one in findings} <= {"communities-grown", "seeds-far", "seeds-island"}
    assert np.mean(shapely.get_num_geometries(shapes) == 1) > 0.9


# -- and a population grid ------------------------------------------------------------------------

# 600 and 200 people around the west office, 300 and 100 around the east one.
CELLS = ((120.6190, 120.6200, 600), (120.6200, 120.6210, 200), (120.6210, 120.6220, 300), (120.6220, 120.6230, 100))


def gridded_pack(make_pack, *, use):
    more = f'grow_m = 150\n[population]\nfile = "grid.geojson"\ncolumn = "people"\nuse = "{use}"'
    root = grown_pack(make_pack, more=more)
    cells = [feature(rectangle(west, 31.309, east, 31.312), people=people) for west, east, people in CELLS]
    (root / "tryton" / "grid.geojson").write_text(geojson(cells), encoding="utf-8")
    return root


def test_a_grid_spreads_the_people_of_grown_communities(make_pack):
    root = gridded_pack(make_pack, use="spread")
    city = c15.load_city("tryton", data=root)
    west = city.communities.frame.geometry["west"]
    shares = city.population.parts.set_index(["community_id", "cell_id"])["share"]
    inside = shapely.area(shapely.intersection(west, city.population.cells.geometry[0]))
    assert shares["west", 0] == pytest.approx(inside / city.population.cells.geometry[0].area)
    # The border lies half way, at 120.621, where the cells meet: nobody is counted twice.
    assert city.population.people_of(city.communities.frame.index).sum() < 1200
    assert finding_of(city.findings, "population-differs").count == 2
    assert check_city("tryton", data=root).findings[: len(city.findings)] == city.findings
    result = quietly(c15.analyse, city)
    assert set(result.demand.frame["method"]) == {"grid"}
    assert result.demand.points.by_community["people"].to_dict() == {"east": 600.0, "west": 1000.0}


def test_a_grid_counts_nobody_without_outlines(make_pack):
    with pytest.raises(PackError, match=r"sums people within outlines, .* grow = true have none yet") as why:
        c15.load_city("tryton", data=gridded_pack(make_pack, use="count"))
    assert why.value.zh.startswith("grid.geojson：")
