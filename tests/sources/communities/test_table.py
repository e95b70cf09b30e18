"""Community layers: polygons with people, mended and counted, or told with row, column, value and remedy."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from circle15.errors import PackError
from circle15.sources.communities.table import read_communities
from tests.towns.city_tables import mapped_columns
from tests.towns.findings import finding_of, unpacked
from tests.towns.pack_files import community, feature, rectangle, write_layer


def communities(tmp_path, features, columns=None):
    return unpacked(
        read_communities(write_layer(tmp_path / "communities.geojson", features), mapped_columns(columns or {}))
    )


def test_good_communities(tmp_path):
    frame, findings = communities(
        tmp_path, [community("a", 120.61, 120.62, 5, 5), community("b", 120.62, 120.63, 0, 0)]
    )
    assert findings == []
    assert frame.index.tolist() == ["a", "b"]
    assert frame["population"].tolist() == [5.0, 0.0]


@pytest.mark.parametrize("column", ["population", "pop_60plus", "pop_80plus"])
@pytest.mark.parametrize("value", [-1, "many", "-0.5"])
def test_people_below_zero_or_none(tmp_path, column, value):
    features = [community("a", 120.61, 120.62, pop_80plus=1), community("b", 120.62, 120.63, pop_80plus=1)]
    features[1]["properties"][column] = value
    with pytest.raises(PackError, match=rf"row 2, column '{column}', value .* is no number of people \(1 such rows\)"):
        communities(tmp_path, features)


@pytest.mark.parametrize("column", ["population", "pop_60plus"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_people_that_are_left_empty_are_not_known(tmp_path, column, value):
    features = [community("a", 120.61, 120.62), community("b", 120.62, 120.63)]
    features[1]["properties"][column] = value
    frame, _ = communities(tmp_path, features)
    assert frame[column].isna().tolist() == [False, True]


def test_a_further_age_group_may_be_unknown_too(tmp_path):
    features = [community("a", 120.61, 120.62, pop_80plus=1), community("b", 120.62, 120.63, pop_80plus=None)]
    frame, _ = communities(tmp_path, features)
    assert frame["pop_80plus"].isna().tolist() == [False, True]


def test_more_elders_than_people_are_told(tmp_path):
    _, findings = communities(tmp_path, [community("a", 120.61, 120.62), community("b", 120.62, 120.63, 100, 101)])
    found = finding_of(findings, "community-elders")
    assert (found.row, found.value, found.count, found.examples) == (2, "101 > 100", 1, ("b",))


@pytest.mark.parametrize("missing", ["community_id", "name", "population", "pop_60plus"])
def test_a_column_that_is_missing(tmp_path, missing):
    one = community("a", 120.61, 120.62)
    del one["properties"][missing]
    with pytest.raises(PackError, match=rf"column {missing} \(.*\) is missing.*\[communities.columns\]; it has"):
        communities(tmp_path, [one])


@pytest.mark.parametrize(
    ("key", "says"), [("a", "stands in an earlier row too"), (None, "is empty"), (" ", "is empty")]
)
def test_ids_that_are_no_ids(tmp_path, key, says):
    features = [community("a", 120.61, 120.62), community("b", 120.62, 120.63)]
    features[1]["properties"]["community_id"] = key
    with pytest.raises(PackError, match=rf"row 2, column 'community_id'.* {says} \(1 such rows\)"):
        communities(tmp_path, features)


@pytest.mark.parametrize(("name", "shown"), [("NA", "NA"), ("None", "None"), (None, "a"), ("", "a")])
def test_names_of_communities(tmp_path, name, shown):
    frame, _ = communities(tmp_path, [community("a", 120.61, 120.62, name=name)])
    assert frame["name"].tolist() == [shown]


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        (None, "nothing"),
        ({"type": "Point", "coordinates": [120.6, 31.3]}, "Point"),
        ({"type": "LineString", "coordinates": [[120.6, 31.3], [120.7, 31.3]]}, "LineString"),
        ({"type": "Polygon", "coordinates": [[[120.6, 31.3], [120.7, 31.3], [120.6, 31.3], [120.6, 31.3]]]}, "Polygon"),
    ],
)
def test_a_community_without_ground(tmp_path, shape, found):
    features = [community("a", 120.61, 120.62), community("b", 120.62, 120.63) | {"geometry": shape}]
    with pytest.raises(PackError, match=rf"row 2, community 'b' has no polygon with an area \(found: {found}; 1 such"):
        communities(tmp_path, features)


def test_an_outline_that_crosses_itself_is_mended_and_told(tmp_path):
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    frame, findings = communities(tmp_path, [community("a", 120.61, 120.62) | {"geometry": bow}])
    assert frame.geometry.is_valid.all()
    assert shapely.area(frame.geometry.to_numpy()).tolist() == [0.5]
    assert finding_of(findings, "community-mended").examples == ("a",)


def test_a_layer_without_communities(tmp_path):
    columns = {"community_id": ["a"], "name": ["a"], "population": [1], "pop_60plus": [1]}
    one = gpd.GeoDataFrame(columns, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    one.iloc[:0].to_file(tmp_path / "none.gpkg")
    with pytest.raises(PackError, match=r"none\.gpkg: there is no community in it"):
        read_communities(tmp_path / "none.gpkg", {})


def test_columns_of_the_file_s_own_names(tmp_path):
    features = [feature(rectangle(120, 31, 121, 32), name="7", id="第一", m=30, f=34, old=[0], people=64)]
    columns = {
        "community_id": "name",  # both named crosswise: each is taken from the file, not from the other
        "name": "id",
        "population": ["m", "f"],
        "pop_60plus": {"of": "people", "share": 0.25},
    }
    frame, _ = communities(tmp_path, features, columns)
    assert frame.index.tolist() == ["7"]
    assert frame.iloc[0][["name", "population", "pop_60plus"]].tolist() == ["第一", 64.0, 16.0]


NO_COLUMN = r"pop_60plus = .* in \[communities.columns\]: give a column's name, a list of names to add up, or { of ="


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        ("nope", r"\[communities.columns\] pop_60plus names 'nope'; the file has"),
        (["population", "nope"], r"\[communities.columns\] pop_60plus names 'nope'"),
        ({"of": "nope", "share": 0.2}, r"\[communities.columns\] pop_60plus names 'nope'"),
        ({"share": 0.2}, NO_COLUMN),
        ({"of": "population", "share": "20%"}, NO_COLUMN),
        ({"of": "population", "share": True}, NO_COLUMN),
        ({"of": "population", "shares": 0.2}, NO_COLUMN),
        ([], NO_COLUMN),
        (["population", 5], NO_COLUMN),
        (5, NO_COLUMN),
    ],
)
def test_columns_that_lead_nowhere(tmp_path, theirs, says):
    with pytest.raises(PackError, match=says):
        communities(tmp_path, [community("a", 120.61, 120.62)], {"pop_60plus": theirs})


def test_the_sum_of_a_bad_cell_is_not_zero(tmp_path):
    features = [feature(rectangle(120, 31, 121, 32), community_id="a", name="a", m=1, f="x", pop_60plus=0)]
    with pytest.raises(PackError, match="row 1, column 'population', value 'x' is no number"):
        communities(tmp_path, features, {"population": ["m", "f"]})
    features[0]["properties"]["f"] = None
    frame, _ = communities(tmp_path, features, {"population": ["m", "f"]})
    assert frame["population"].isna().tolist() == [True]  # one part is not known, so the sum is not


def test_codes_in_a_column_with_a_hole_stay_codes(tmp_path):
    # GeoJSON numbers beside a null come as fractions; 320508001.0 is no name of a subdistrict, 1.0 no word for rural.
    features = [
        community("a", 120.61, 120.62, subdistrict=320508001, rural=1, priority_flag=2),
        community("b", 120.62, 120.63, subdistrict=None, rural=None, priority_flag=None),
    ]
    frame, _ = communities(tmp_path, features)
    assert frame["subdistrict"].tolist() == ["320508001", ""]
    assert frame["rural"].tolist() == ["1", ""]
    assert frame["priority_flag"].tolist() == ["2", ""]
