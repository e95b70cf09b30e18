"""Where people may live: floor space of dwellings, and homes within the cells of a grid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from circle15.demand.dwellings import building_homes, dwelling_m2, grid_homes, street_homes
from circle15.errors import CrsError, InputError
from circle15.model import Communities, PopulationGrid
from tests.towns.grids import ORIGIN, cells, zones
from tests.towns.lattice import CRS, X0, Y0, network


def houses(*boxes, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.box(X0 + w, Y0 + s, X0 + e, Y0 + n) for w, s, e, n in boxes]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def communities(*boxes) -> Communities:
    frame = zones(*boxes, name=[f"c{k}" for k in range(len(boxes))], population=1000.0, pop_60plus=200.0)
    return Communities(frame=frame, origin=ORIGIN)


def grid(people, parts, **options) -> PopulationGrid:
    """The cells of :func:`tests.grids.cells`, numbered row by row; parts as (community, cell, share)."""
    table = pd.DataFrame(parts, columns=["community_id", "cell_id", "share"])
    return PopulationGrid(cells=cells(people).rename_axis("cell_id"), parts=table, origin=ORIGIN, **options)


def at(homes, community: int = 0) -> dict[tuple[float, float], float]:
    """Weight by place, in metres from the corner."""
    mine = homes.community == community
    return {
        (round(point.x - X0, 6), round(point.y - Y0, 6)): round(float(weight), 9)
        for point, weight in zip(homes.point[mine], homes.weight[mine], strict=True)
    }


@pytest.mark.parametrize(
    ("columns", "floor_m2"),
    [
        ({}, 200),
        ({"levels": 6}, 1200),
        ({"levels": "6"}, 1200),
        ({"levels": 0}, 200),
        ({"levels": -9999}, 200),
        ({"levels": np.inf}, 200),
        ({"levels": 9999}, 200),
        ({"levels": "many"}, 200),
        ({"levels": None}, 200),
        ({"levels": 6, "residential_share": 0.25}, 300),
        ({"residential_share": 0.0}, 0),
        ({"residential_share": -1}, 200),
        ({"residential_share": 60}, 200),
        ({"residential_share": np.nan, "residential": False}, 0),
        ({"residential_share": 0.5, "residential": False}, 100),
        ({"residential": False}, 0),
        ({"residential": None}, 200),
        ({"levels": 6, "floor_area_m2": 900}, 900),
        ({"levels": 6, "floor_area_m2": 0}, 0),
        ({"levels": 6, "floor_area_m2": -9999}, 1200),
        ({"levels": 6, "floor_area_m2": np.nan}, 1200),
        ({"levels": 6, "floor_area_m2": np.inf}, 1200),
        ({"floor_area_m2": 900, "residential_share": 0.5}, 450),
    ],
)
def test_floor_space_of_dwellings(columns, floor_m2):
    house = houses((0, 0, 10, 20), **{key: [value] for key, value in columns.items()})
    assert dwelling_m2(house).tolist() == [floor_m2]


def test_a_building_without_dwellings_is_no_home():
    two = houses((0, 0, 10, 10), (20, 0, 30, 10), residential_share=[0.0, 0.5])
    assert at(building_homes(communities((0, 0, 100, 100)), two)) == {(25.0, 5.0): 50.0}


def test_people_of_a_cell_stand_along_its_streets():
    # One street of 200 m through both cells; of the right cell only half lies in the community.
    street = network([(0, 50), (200, 50)], [(0, 1)])
    town = communities((0, 0, 150, 100))
    offer = street_homes(town, street, 50.0)
    homes = grid_homes(town, grid([[300.0, 80.0]], [("z0", 0, 1.0), ("z0", 1, 0.5)]), [offer])
    # Points in the middle of stretches of 50 m, two in the left cell and one in the right one's half.
    assert at(homes) == {(25.0, 50.0): 150.0, (75.0, 50.0): 150.0, (125.0, 50.0): 40.0}


@pytest.mark.parametrize("people", [0.25, 1.0, 1.5])
def test_few_people_of_a_cell_are_people_too(people):
    # A coarse grid cut by borders has parts of a fraction of a person; two stretches of 50 m share them.
    street = network([(0, 50), (100, 50)], [(0, 1)])
    town = communities((0, 0, 100, 100))
    homes = grid_homes(town, grid([[people]], [("z0", 0, 1.0)]), [street_homes(town, street, 50.0)])
    assert at(homes) == {(25.0, 50.0): people / 2, (75.0, 50.0): people / 2}
    inner = at(grid_homes(town, grid([[people]], [("z0", 0, 1.0)]), []))
    assert sum(inner.values()) == people


def test_a_short_street_serves_a_cell_too():
    # 0.8 m of street are all that the cell has: people stand there, not at an inner point.
    town = communities((0, 0, 100, 100))
    offer = street_homes(town, network([(50, 50), (50.8, 50)], [(0, 1)]), 50.0)
    assert at(grid_homes(town, grid([[10.0]], [("z0", 0, 1.0)]), [offer])) == {(50.4, 50.0): 10.0}


def test_a_candidate_on_the_border_of_cells_takes_from_both():
    street = network([(50, 50), (150, 50)], [(0, 1)])
    town = communities((0, 0, 200, 100))
    offer = street_homes(town, street, 100.0)
    homes = grid_homes(town, grid([[300.0, 80.0]], [("z0", 0, 1.0), ("z0", 1, 1.0)]), [offer])
    assert at(homes) == {(100.0, 50.0): 380.0}


def test_a_cell_without_streets_has_a_lattice_and_one_without_people_nothing():
    # Cells of 250 m: nine points of the 100 m lattice (X0, Y0 are multiples of 100) lie in the left one.
    town = communities((0, 0, 750, 250))
    counted = PopulationGrid(
        cells=cells([[90.0, 0.0, 20.0]], step_m=250.0).rename_axis("cell_id"),
        parts=pd.DataFrame({"community_id": "z0", "cell_id": [0, 1, 2], "share": 1.0}), origin=ORIGIN,
    )  # fmt: skip
    points = at(grid_homes(town, counted, []))
    assert {place: weight for place, weight in points.items() if place[0] <= 250} == {
        (x, y): 10.0 for x in (0.0, 100.0, 200.0) for y in (0.0, 100.0, 200.0)
    }
    assert all(x >= 500 for x, _ in points if x > 250)
    assert sum(points.values()) == pytest.approx(110)


def test_small_parts_get_one_inner_point_each():
    town = communities((10, 10, 20, 90))
    homes = grid_homes(town, grid([[10.0, 90.0]], [("z0", 0, 0.08)]), [])
    ((place, weight),) = at(homes).items()
    assert weight == 0.8
    assert shapely.box(10, 10, 20, 90).contains(shapely.Point(place))


def test_a_part_that_is_no_land_after_all_gets_nobody():
    town = communities((0, 0, 100, 100))  # the second cell does not touch it, whatever the part says
    homes = grid_homes(town, grid([[10.0, 90.0]], [("z0", 0, 1.0), ("z0", 1, 1e-8)]), [])
    assert list(at(homes).values()) == [10.0]


def test_people_of_a_cell_stand_in_their_own_community():
    street = network([(0, 50), (100, 50)], [(0, 1)])
    two = communities((0, 0, 50, 100), (50, 0, 100, 100))
    offer = street_homes(two, street, 50.0)
    homes = grid_homes(two, grid([[100.0]], [("z0", 0, 0.5), ("z1", 0, 0.5)]), [offer])
    assert (at(homes, 0), at(homes, 1)) == ({(25.0, 50.0): 50.0}, {(75.0, 50.0): 50.0})


def test_buildings_of_a_cell_need_five_square_metres_a_person():
    # 400 m2 in the left cell for 60 people, 400 m2 in the right cell for 100: there the street it is.
    town = communities((0, 0, 200, 100))
    homes = houses((10, 10, 30, 30), (110, 10, 130, 30))
    street = street_homes(town, network([(0, 50), (200, 50)], [(0, 1)]), 100.0)
    placed = grid_homes(
        town, grid([[60.0, 100.0]], [("z0", 0, 1.0), ("z0", 1, 1.0)]), [building_homes(town, homes), street]
    )
    assert at(placed) == {(20.0, 20.0): 60.0, (150.0, 50.0): 100.0}


def test_a_grid_checks_itself():
    with pytest.raises(InputError, match="share"):
        grid([[1.0]], [("z0", 0, 1.5)])
    with pytest.raises(InputError, match="not there"):
        grid([[1.0]], [("z0", 7, 1.0)])
    with pytest.raises(InputError, match="zero or more"):
        grid([[-1.0]], [("z0", 0, 1.0)])
    with pytest.raises(InputError, match=r"lack the column\(s\) share"):
        PopulationGrid(
            cells=cells([[1.0]]).rename_axis("cell_id"),
            parts=pd.DataFrame({"community_id": ["z0"], "cell_id": [0]}), origin=ORIGIN,
        )  # fmt: skip
    with pytest.raises(CrsError, match="metric"):
        PopulationGrid(
            cells=cells([[1.0]]).rename_axis("cell_id").to_crs(4326),
            parts=pd.DataFrame({"community_id": ["z0"], "cell_id": [0], "share": [1.0]}), origin=ORIGIN,
        )  # fmt: skip
    with pytest.raises(InputError, match="cell_id"):
        PopulationGrid(
            cells=cells([[1.0]]), parts=pd.DataFrame(columns=["community_id", "cell_id", "share"]), origin=ORIGIN
        )


def test_a_grid_of_ones_own_frames():
    town = communities((0, 0, 150, 100), (150, 0, 200, 100))
    own = PopulationGrid.from_cells(cells([[300.0, 80.0]]).to_crs(4326), town.frame, origin=ORIGIN)
    assert own.people_of(town.frame.index).tolist() == pytest.approx([340, 40], abs=1e-3)
    assert own.reaches(town.frame.geometry).all()
    turned = PopulationGrid.from_cells(cells([[300.0, 80.0]]).iloc[::-1].to_crs(4326), town.frame, origin=ORIGIN)
    assert turned.cells.equals(own.cells)
    assert turned.parts.equals(own.parts)
    with pytest.raises(CrsError, match="set_crs first"):
        PopulationGrid.from_cells(cells([[1.0]]).set_crs(None, allow_override=True), town.frame, origin=ORIGIN)
    with pytest.raises(InputError, match="zero or more"):
        PopulationGrid.from_cells(cells([[-1.0]]), town.frame, origin=ORIGIN)


def test_a_grid_tells_of_itself():
    assert repr(grid([[300.0, 80.0]], [("z0", 0, 1.0)])) == "<PopulationGrid: 2 cells of about 100 m, 380 people>"
    assert len(grid([[300.0, 80.0]], [("z0", 0, 1.0)])) == 2
