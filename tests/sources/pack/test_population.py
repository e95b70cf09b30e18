"""A population grid in a city pack: read, compared, counted, labelled, and carried into every output."""

from __future__ import annotations

import json
import warnings

import pytest
import shapely

import circle15 as c15
from circle15.errors import DataQualityWarning, PackError
from circle15.render.map.payload import payload
from circle15.render.run_record import run_json
from circle15.render.tables.frames import community_table, source_table, synthetic_layers
from circle15.sources.pack.city_pack import fetch_area, find_pack, read_pack
from circle15.sources.reading import ReadingLog
from tests.towns.findings import finding_of
from tests.towns.pack_files import community, feature, geojson, rectangle

# Four cells, two in each community of the town: 600 and 200 people in the west, 300 and 100 in the east.
CELLS = ((120.6199, 120.6205, 600), (120.6205, 120.6210, 200), (120.6210, 120.6216, 300), (120.6216, 120.6221, 100))
ABOUT = 'label_zh = "格网"\nlabel_en = "Grid"\nattribution = "NSO"\nlicence = "CC BY 4.0"\ndate = "2020"\n'


@pytest.fixture
def with_grid(make_pack):
    """A pack whose ``[population]`` has these lines, and a grid beside it."""

    def write(lines: str, *, cells=CELLS, communities=None, file: str = "grid.geojson"):
        root = make_pack(more=f'[population]\nfile = "{file}"\n{ABOUT}{lines}', communities=communities)
        shapes = [feature(rectangle(west, 31.3099, east, 31.3111), people=n) for west, east, n in cells]
        (root / "tryton" / "grid.geojson").write_text(geojson(shapes), encoding="utf-8")
        return root

    return write


def unpeopled(**more):
    """The town's communities without any people column."""
    made = [community("west", 120.6199, 120.621), community("east", 120.621, 120.6221)]
    for one in made:
        del one["properties"]["population"], one["properties"]["pop_60plus"]
        one["properties"] |= more
    return made


def analysed(city):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(city)


def test_a_grid_spreads_the_communities_own_people(with_grid):
    city = c15.load_city("tryton", data=with_grid('column = "people"'))
    assert city.communities.frame["population"].tolist() == [1000, 1000]
    found = finding_of(city.findings, "population-differs")
    assert "1,200 people inside the communities, which say 2,000 themselves: a ratio of 0.60" in found.message_en
    assert found.examples == ("east ×0.40", "west ×0.80")
    result = analysed(city)
    assert result.demand.points.by_community["method"].to_dict() == {"east": "grid", "west": "grid"}
    assert result.demand.points.by_community["people"].tolist() == [1000, 1000]
    left = city.population.cells.geometry.iloc[0]
    west = result.demand.frame[result.demand.frame["community_id"] == "west"]
    assert west.loc[west.intersects(left), "population"].sum() == 750  # 600 of the 800 counted there


def test_a_grid_counts_communities_that_have_no_people(with_grid):
    root = with_grid('column = "people"\nuse = "count"\nshares = { pop_60plus = 0.2 }', communities=unpeopled())
    city = c15.load_city("tryton", data=root)
    assert city.communities.frame["population"].to_dict() == pytest.approx({"west": 800, "east": 400}, abs=1e-2)
    assert city.communities.frame["pop_60plus"].to_dict() == pytest.approx({"west": 160, "east": 80}, abs=1e-2)
    assert finding_of(city.findings, "population-counted").severity == "warning"
    assert city.population.before_buildings
    assert analysed(city).demand.frame["population"].sum() == city.communities.frame["population"].sum()


def test_more_elders_in_the_layer_than_people_in_the_grid_are_told(with_grid):
    root = with_grid('column = "people"\nuse = "count"', communities=unpeopled(pop_60plus=500))
    city = c15.load_city("tryton", data=root)
    assert city.communities.frame["population"].to_dict() == pytest.approx({"west": 800, "east": 400}, abs=1e-2)
    found = finding_of(city.findings, "community-elders")
    assert (found.severity, found.count, found.examples) == ("warning", 1, ("east",))


def test_people_are_counted_or_registered_not_both(with_grid):
    some = unpeopled(population_registered=900, pop_60plus=100)
    lines = 'column = "people"\nuse = "count"'
    root = with_grid(lines, communities=some)
    path = root / "tryton" / "city.toml"
    basis = 'file = "communities.geojson"\npeople_basis = "registered"'
    said = path.read_text(encoding="utf-8").replace('file = "communities.geojson"', basis)
    path.write_text(said, encoding="utf-8")
    with pytest.raises(PackError, match="registered ones, and only one can be"):
        read_pack("tryton", data=root)
    path.write_text(said.replace("count", "spread"), encoding="utf-8")
    assert read_pack("tryton", data=root).communities.frame["population"].tolist() == [900, 900]


def test_counted_people_without_ages_are_refused(with_grid):
    root = with_grid('column = "people"\nuse = "count"', communities=unpeopled())
    with pytest.raises(PackError, match="state a share you can defend"):
        read_pack("tryton", data=root)
    read_pack("tryton", data=with_grid_elders(root))


def with_grid_elders(root):
    """The same pack, and the communities' own elders."""
    (root / "tryton" / "communities.geojson").write_text(geojson(unpeopled(pop_60plus=30)), encoding="utf-8")
    return root


def test_counted_people_win_over_the_layers_and_are_compared(with_grid):
    root = with_grid('column = "people"\nuse = "count"\nshares = { pop_60plus = 0.2 }')
    pack = read_pack("tryton", data=root)
    assert pack.communities.frame["population"].sum() == pytest.approx(1200, abs=1e-2)
    assert "which say 2,000 themselves" in finding_of(pack.findings, "population-differs").message_en


def test_an_optional_grid_may_be_absent(with_grid):
    lines = 'column = "people"\nuse = "count"\noptional = true\nshares = { pop_60plus = 0.2 }'
    pack = read_pack("tryton", data=with_grid(lines, file="not-there.gpkg"))
    assert pack.population is None
    assert pack.communities.frame["population"].tolist() == [1000, 1000]
    assert pack.findings == ()


def test_a_needed_grid_may_not(with_grid):
    with pytest.raises(PackError, match=r"names 'not-there\.gpkg'"):
        read_pack("tryton", data=with_grid("", file="not-there.gpkg"))


def test_what_to_fetch_needs_no_people(with_grid):
    root = with_grid('column = "people"\nuse = "count"', communities=unpeopled())
    area, _ = fetch_area(find_pack("tryton", root))
    assert shapely.area(area) > 0


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('use = "sum"', "use = 'sum' in .population.; \"spread\" says where"),
        ("shares = { pop_60plus = 0.2 }", 'shares in .population. go with use = "count"'),
        ('use = "count"\nshares = { pop_60plus = 22 }', "pop_60plus = 22 .*0 to 1"),
        ('use = "count"\nshares = { pop_60plus = true }', "pop_60plus = True"),
        ('use = "count"\nshares = { elders = 0.2 }', "name an age group such as pop_60plus"),
        ('band = "1"', "band = '1' in .population.: give a whole number"),
        ("band = 1", "band = 1 in .population. does not go with 'grid.geojson'; column goes with polygons"),
        ('nodata = "-1"', "give a number"),
        ("colum = 3", "unknown key 'colum' in .population.; did you mean 'column'"),
    ],
)
def test_keys_are_checked(with_grid, lines, message):
    with pytest.raises(PackError, match=message):
        read_pack("tryton", data=with_grid(lines))


def test_a_grid_without_a_file_is_refused(make_pack):
    with pytest.raises(PackError, match=r'\[population\] names no grid; give file = "population.tif"'):
        read_pack("tryton", data=make_pack(more='[population]\ncolumn = "people"'))


def test_a_broken_grid_is_told_beside_other_faults(with_grid):
    log = ReadingLog(patient=True)
    root = with_grid('column = "no such column"')
    with pytest.raises(PackError, match="1 inputs cannot be used"):
        read_pack("tryton", data=root, log=log)
    (found,) = log.failed
    assert "there is no column 'no such column'" in found.message_en


def test_the_grid_is_named_in_every_output(with_grid, tmp_path):
    city = c15.load_city("tryton", data=with_grid('column = "people"\nsynthetic = true\nestimated = true'))
    assert city.synthetic
    assert synthetic_layers(city) == ("communities",)
    assert finding_of(city.findings, "synthetic-population").file == "grid.geojson"
    assert finding_of(city.findings, "population-estimated").severity == "note"
    (record,) = [one for one in city.files if one.role == "population"]
    assert (record.file, record.rows_read, record.rows_used) == ("grid.geojson", 4, 4)
    sources = source_table(city).set_index("label_en")
    assert sources.loc["Grid", ["attribution", "licence", "date"]].tolist() == ["NSO", "CC BY 4.0", "2020"]

    result = analysed(city)
    assert community_table(result)["demand_method"].tolist() == ["人口格网 population grid"] * 2
    assert {one["placed"] for one in payload(result)["communities"]} == {"grid"}
    run = json.loads(run_json(result, tmp_path / "run.json").read_text(encoding="utf-8"))
    assert run["counts"]["demand_methods"] == {"grid": 2}
    assert run["counts"]["demand_points"] == {"grid": len(result.demand)}
    assert "grid.geojson" in {one["file"] for one in run["inputs"]}


def test_numbers_of_buildings_are_checked(make_pack):
    root = make_pack(more='[[context]]\nlayer = "buildings"\nfile = "houses.geojson"')
    shape = rectangle(120.6201, 31.3101, 120.6203, 31.3103)
    houses = [feature(shape, levels=6, residential_share=0.5), feature(shape, levels=-1, residential_share=40)]
    (root / "tryton" / "houses.geojson").write_text(geojson(houses), encoding="utf-8")
    found = [one for one in read_pack("tryton", data=root).findings if one.code == "building-number"]
    assert [(one.column, one.row, one.value) for one in found] == [("levels", 2, "-1"), ("residential_share", 2, "40")]
