"""A city drawn by hand: one long street, and a village that nothing joins to it."""

from __future__ import annotations

import geopandas as gpd
import shapely

from circle15.model import City, Communities, Facilities, Origin, Settings, StudyArea
from tests.towns.lattice import CRS, X0, Y0, network, points

HERE = Origin(label_zh="测试", label_en="test")
QUICK = {"norms": ("project-defaults",), "draws": 3}
"""Settings with one small book and few draws: most tests are about neither."""


def street_and_village(
    *, canal: bool = False, buffer_m: float = 2000.0, hours: list[str] | None = None, **settings
) -> City:
    """A street of 4 km, a village street of 600 m that nothing joins, and perhaps a canal beside the street.

    ::

        y = 500        ======            village: an island
        y = 20      h                    homes of the town stand 20 m off the street
        y = 10      ~~~~~~~~~~~          canal
        y = 0   ------------------------------- street, clinic at 0 m, shop at 4,000 m
    """
    net = network([(0, 0), (4000, 0), (0, 500), (600, 500)], [(0, 1), (2, 3)])
    homes = gpd.GeoDataFrame(
        {"levels": [1.0, 1.0], "residential": [True, True]},
        geometry=[shapely.box(X0 + x - 5, Y0 + y - 5, X0 + x + 5, Y0 + y + 5) for x, y in ((500, 20), (300, 500))],
        crs=CRS,
    )
    people = gpd.GeoDataFrame(
        {"name": ["镇", "村"], "population": [20.0, 20.0], "pop_60plus": [12.0, 16.0]},
        geometry=[shapely.box(X0, Y0 - 50, X0 + 4000, Y0 + 50), shapely.box(X0, Y0 + 450, X0 + 600, Y0 + 550)],
        crs=CRS,
        index=["town", "village"],
    ).rename_axis("community_id")
    sites = points([(0, 0), (4000, 0)], name="facility_id", prefix="f")
    sites["name"], sites["services"] = ["诊所", "商店"], [("clinic",), ("shop",)]
    if hours is not None:
        sites["opening_hours"] = hours
    water = gpd.GeoDataFrame(geometry=[shapely.box(X0 - 99, Y0 + 8, X0 + 4099, Y0 + 12)], crs=CRS)
    area = shapely.union_all(people.geometry.to_numpy())
    return City(
        key="hand", title_zh="手", title_en="Hand",
        area=StudyArea(boundary=area, crs=CRS, buffer_m=buffer_m),
        network=net,
        facilities=Facilities(frame=sites, listed=frozenset({"clinic", "shop"})),
        communities=Communities(frame=people, origin=HERE),
        context={"buildings": homes, **({"water": water} if canal else {})},
        settings=Settings(**{**QUICK, **settings}),
    )  # fmt: skip
