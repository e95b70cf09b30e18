"""People go to homes; totals are kept exactly."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from circle15.demand.points import apportion, demand_points
from circle15.errors import CrsError
from circle15.model import Communities, DemandPoints, Origin, PopulationGrid
from tests.towns.lattice import CRS, X0, Y0, grid, network

ORIGIN = Origin(label_zh="测试", label_en="test")


def communities(*boxes: tuple[float, float, float, float], people=(1000,), elders=(200,)) -> Communities:
    shapes = [shapely.box(X0 + w, Y0 + s, X0 + e, Y0 + n) for w, s, e, n in boxes]
    count = len(shapes)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"社区{k}" for k in range(count)],
            "population": np.resize(people, count).astype(float),
            "pop_60plus": np.resize(elders, count).astype(float),
        },
        geometry=shapes,
        crs=CRS,
        index=[f"c{k}" for k in range(count)],
    )
    return Communities(frame=frame.rename_axis("community_id"), origin=ORIGIN)


def buildings(*boxes, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.box(X0 + w, Y0 + s, X0 + e, Y0 + n) for w, s, e, n in boxes]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def test_people_go_to_homes_by_floor_area():
    # 20 x 20 m on 6 floors, 20 x 20 m on 2 floors, an office, and one in the next field
    homes = buildings(
        (0, 0, 20, 20), (50, 0, 70, 20), (0, 50, 90, 90), (900, 0, 990, 90),
        levels=[6.0, 2.0, 9.0, 9.0], residential=[True, True, False, True],
    )  # fmt: skip
    made = demand_points(communities((-10, -10, 100, 100), people=(400,), elders=(100,)), buildings=homes).frame
    assert made["method"].tolist() == ["building", "building"]
    assert made["population"].tolist() == [300, 100]
    assert made["pop_60plus"].tolist() == [75, 25]
    assert made.index.tolist() == ["c0/00000", "c0/00001"]
    assert made.geometry.iloc[0].equals(shapely.Point(X0 + 10, Y0 + 10))


def test_too_few_known_buildings_give_way_to_streets():
    # 400 m2 of floor for 1,000 people: below 5 m2 each, the buildings are incomplete.
    homes = buildings((0, 0, 20, 20), levels=[1.0], residential=[True])
    made = demand_points(communities((-10, -10, 210, 10)), buildings=homes, network=grid(3, 1)).frame
    assert set(made["method"]) == {"street"}


def test_residential_land_comes_before_streets_and_each_community_has_its_own_method():
    land = buildings((0, 0, 100, 100))
    two = communities((0, 0, 200, 200), (200, 0, 400, 200))
    made = demand_points(two, residential=land, network=grid(5, 3)).frame
    methods = made.groupby("community_id")["method"].unique().map(list).to_dict()
    assert methods == {"c0": ["residential_land"], "c1": ["street"]}
    assert made.loc[made["method"] == "residential_land"].within(land.geometry.iloc[0].buffer(1e-6)).all()


def test_street_homes_stand_in_the_middle_of_equal_stretches():
    # One street of 200 m in the community: 4 points, 25, 75, 125, 175 m along it, 250 people each.
    made = demand_points(communities((-10, -10, 210, 10)), network=network([(0, 0), (200, 0)], [(0, 1)])).frame
    assert (made.geometry.x - X0).round(6).tolist() == [25, 75, 125, 175]
    assert made["population"].tolist() == [250] * 4


def test_nobody_lives_on_a_trunk_road_or_a_park_island():
    roads = network([(0, 0), (200, 0)], [(0, 1)], way_class="trunk")
    made = demand_points(communities((-10, -10, 210, 10)), network=roads).frame
    assert set(made["method"]) == {"polygon"}


def test_without_anything_known_people_stand_on_a_lattice_inside_the_polygon():
    made = demand_points(communities((0, 0, 1000, 300))).frame
    assert set(made["method"]) == {"polygon"}
    assert made.within(shapely.box(X0, Y0, X0 + 1000, Y0 + 300).buffer(1e-6)).all()
    assert made["population"].sum() == 1000


def test_a_tiny_polygon_still_gets_its_people():
    made = demand_points(communities((3, 3, 4, 4), people=(7,), elders=(7,))).frame
    assert made["population"].tolist() == [7]


def test_further_people_columns_are_carried():
    given_people = communities((0, 0, 300, 300))
    wider = Communities(frame=given_people.frame.assign(pop_80plus=33.0), origin=ORIGIN)
    made = demand_points(wider, network=grid(4, 4))
    assert made.people == ("population", "pop_60plus", "pop_80plus")
    assert made.frame["pop_80plus"].sum() == 33


def test_order_of_communities_and_buildings_changes_nothing():
    rng = np.random.default_rng(1)
    corner = rng.uniform(0, 380, (40, 2))
    homes = buildings(*[(x, y, x + 20, y + 20) for x, y in corner], levels=rng.integers(1, 9, 40).astype(float))
    two = communities((0, 0, 200, 400), (200, 0, 400, 400), people=(900, 1100), elders=(301, 77))
    turned = Communities(frame=two.frame.iloc[::-1], origin=ORIGIN)
    a = demand_points(two, buildings=homes).frame.sort_index()
    b = demand_points(turned, buildings=homes.iloc[::-1]).frame.sort_index()
    assert_geodataframe_equal(a, b)


@given(
    st.lists(st.integers(0, 5_000_000), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.floats(1e-6, 1e6)), min_size=1, max_size=60),
    st.randoms(),
)
def test_apportioned_people_add_up_exactly_in_any_order(totals, rows, random):
    groups = len(totals)
    owner = np.array([*range(groups), *(g % groups for g, _ in rows)])
    weight = np.array([1.0] * groups + [w for _, w in rows])
    dealt = apportion(np.array(totals, dtype=float), owner, weight)
    assert (dealt >= 0).all()
    for group, total in enumerate(totals):
        mine = dealt[owner == group].tolist()
        random.shuffle(mine)
        assert sum(mine) == total  # floating point, and still exact
        quota = total * weight[owner == group] / weight[owner == group].sum()
        assert np.abs(np.sort(dealt[owner == group]) - np.sort(quota)).max() <= 2 / 1024 + 1e-9 * total


@pytest.mark.parametrize("people", [0.0, 0.4, 1.0])
def test_small_totals_stay_small(people):
    assert apportion(np.array([people]), np.zeros(3, int), np.ones(3)).sum() == np.rint(people * 1024) / 1024


def test_levels_as_text_count_and_an_unknown_use_may_be_a_home():
    homes = buildings((0, 0, 20, 20), (50, 0, 70, 20), levels=["6", "two"], residential=[True, None])
    made = demand_points(communities((-10, -10, 100, 100), people=(70,), elders=(7,)), buildings=homes).frame
    assert made["population"].tolist() == [60, 10]


def test_only_age_groups_are_people():
    odd = communities((0, 0, 300, 300)).frame.assign(pop_density=12_000.0, pop_source="census", pop_80plus=30.0)
    assert Communities(frame=odd, origin=ORIGIN).people == ("population", "pop_60plus", "pop_80plus")


def test_a_network_in_another_system_is_refused():
    far = communities((0, 0, 300, 300)).frame.to_crs("EPSG:32651")
    with pytest.raises(CrsError, match="to_crs"):
        demand_points(Communities(frame=far, origin=ORIGIN), network=grid(3, 3))


def cell_grid(*people: float, before_buildings: bool = False) -> PopulationGrid:
    """Cells of 100 m in a row from the corner; cell k lies wholly in community ``c0``."""
    shapes = [shapely.box(X0 + 100 * k, Y0, X0 + 100 * k + 100, Y0 + 100) for k in range(len(people))]
    cells = gpd.GeoDataFrame({"people": people}, geometry=shapes, crs=CRS).rename_axis("cell_id")
    parts = pd.DataFrame({"community_id": "c0", "cell_id": range(len(people)), "share": 1.0})
    return PopulationGrid(cells=cells, parts=parts, origin=ORIGIN, before_buildings=before_buildings)


def test_a_grid_says_where_people_live_and_not_how_many():
    street = network([(0, 50), (200, 50)], [(0, 1)])
    town = communities((0, 0, 200, 100), people=(1000,), elders=(100,))
    made = demand_points(town, network=street, grid=cell_grid(300.0, 900.0))
    # 300 and 900 counted: a quarter and three quarters of the 1,000, at two points in each cell.
    assert made.frame["population"].tolist() == [125, 125, 375, 375]
    assert made.frame["pop_60plus"].tolist() == [12.5, 12.5, 37.5, 37.5]
    assert made.by_community.loc["c0"].tolist() == ["grid", 4, 1000]


def test_land_comes_before_the_grid_and_the_grid_before_streets():
    two = communities((0, 0, 200, 100), (200, 0, 400, 100), people=(60, 60), elders=(6, 6))
    street, counted = network([(0, 50), (400, 50)], [(0, 1)]), cell_grid(30.0, 90.0)
    made = demand_points(two, network=street, grid=counted)
    assert made.by_community["method"].to_dict() == {"c0": "grid", "c1": "street"}
    homes = buildings((0, 0, 20, 20), (250, 0, 270, 20))
    land = buildings((0, 0, 50, 50))
    by_land = demand_points(two, network=street, grid=counted, residential=land)
    assert by_land.by_community["method"].to_dict() == {"c0": "residential_land", "c1": "street"}
    by_building = demand_points(two, network=street, grid=counted, residential=land, buildings=homes)
    assert by_building.by_community["method"].to_dict() == {"c0": "building", "c1": "building"}


def test_a_trusted_grid_comes_first_and_its_people_go_to_buildings():
    town = communities((0, 0, 200, 100), people=(120,), elders=(12,))
    homes = buildings((10, 10, 30, 30), (50, 10, 70, 30), (110, 10, 130, 30), levels=[1, 2, 9])
    made = demand_points(town, buildings=homes, grid=cell_grid(30.0, 90.0, before_buildings=True)).frame
    assert made["method"].tolist() == ["grid"] * 3
    assert made["population"].tolist() == [10, 20, 90]


def test_a_grid_that_ends_inside_a_community_gives_way():
    # The grid knows 19 of 100 people: the rest lives where it says nothing.
    town = communities((0, 0, 200, 100), people=(100,), elders=(10,))
    street = network([(0, 50), (200, 50)], [(0, 1)])
    assert set(demand_points(town, network=street, grid=cell_grid(19.0)).frame["method"]) == {"street"}
    assert set(demand_points(town, network=street, grid=cell_grid(20.0)).frame["method"]) == {"grid"}


@settings(deadline=None)  # the first call imports
@given(st.lists(st.integers(0, 3000), min_size=3, max_size=3), st.integers(0, 100_000), st.booleans())
def test_totals_are_kept_whatever_the_grid_says(people, total, first):
    town = communities((0, 0, 300, 100), people=(total,), elders=(total // 3,))
    street = network([(0, 50), (130, 50)], [(0, 1)])
    homes = buildings((10, 10, 30, 30), (210, 10, 230, 30))
    made = demand_points(town, network=street, buildings=homes, grid=cell_grid(*people, before_buildings=first)).frame
    assert made["population"].sum() == total
    assert made["pop_60plus"].sum() == total // 3


def test_a_grid_in_another_system_is_refused():
    far = communities((0, 0, 300, 300)).frame.to_crs("EPSG:32651")
    with pytest.raises(CrsError, match="population grid"):
        demand_points(Communities(frame=far, origin=ORIGIN), grid=cell_grid(1.0))


def test_an_empty_grid_says_nothing():
    nobody = PopulationGrid(cells=cell_grid(1.0).cells, parts=cell_grid(1.0).parts.iloc[:0], origin=ORIGIN)
    made = demand_points(communities((0, 0, 300, 300)), network=grid(4, 4), grid=nobody)
    assert set(made.frame["method"]) == {"street"}


def test_points_of_several_methods_are_named_together():
    frame = demand_points(communities((0, 0, 200, 100))).frame
    frame.iloc[0, frame.columns.get_loc("method")] = "building"
    assert DemandPoints(frame=frame).by_community["method"].to_dict() == {"c0": "building+polygon"}


def test_distant_communities_cost_no_lattice_between_them():
    two = communities((0, 0, 300, 300), (900_000, 900_000, 900_300, 900_300))
    made = demand_points(two).frame
    assert made.groupby("community_id").size().to_dict() == {"c0": 16, "c1": 16}
