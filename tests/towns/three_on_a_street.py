"""Three communities on one street, one house each; of some of them nobody knows how many people live there."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import shapely

from circle15.model import City, Communities, Facilities, Settings, StudyArea, WalkProfile
from tests.towns.lattice import CRS, X0, Y0, network, points
from tests.towns.street_and_village import HERE, QUICK

FLAT = WalkProfile(name="flat", title_zh="平", title_en="flat", speed_mps=1.0, stairs_mps=1.0)
"""One metre a second: 900 m in 15 minutes."""
PEOPLE = {"a": (100.0, 40.0), "b": (80.0, 20.0), "c": (60.0, 30.0)}
"""People, and people aged 60+."""
UNKNOWN = np.nan


def three_on_a_street(people: Mapping[str, tuple[float, float]], **settings) -> City:
    """A street of 3 km, a house in the middle of each kilometre, a clinic before the first, a shop before the last.

    ::

        y = 20      h a                 h b                 h c
        y = 0   ----+-------------------+-------------------+------
                    clinic (500 m)                          shop (2,500 m)

    Every house stands 20 m off the street. From a the clinic is 20 m away and the shop 2,020; from c the other way
    round; from b both are 1,020 m: too far. Subdistrict 东 holds a and b, 西 holds c. ``people`` says which communities
    there are.
    """
    ids, at = list(people), {"a": 500, "b": 1500, "c": 2500}
    frame = gpd.GeoDataFrame(
        {
            "name": [f"{key}社区" for key in ids],
            "subdistrict": ["西" if key == "c" else "东" for key in ids],
            "households": [30.0] * len(ids),
            "population": [people[key][0] for key in ids],
            "pop_60plus": [people[key][1] for key in ids],
        },
        geometry=[shapely.box(X0 + at[key] - 500, Y0 - 50, X0 + at[key] + 500, Y0 + 50) for key in ids],
        crs=CRS,
        index=ids,
    ).rename_axis("community_id")
    houses = gpd.GeoDataFrame(
        {"levels": [9.0] * 3, "residential": [True] * 3},
        geometry=[shapely.box(X0 + x - 5, Y0 + 15, X0 + x + 5, Y0 + 25) for x in at.values()],
        crs=CRS,
    )
    sites = points([(500, 0), (2500, 0)], name="facility_id", prefix="f")
    sites["name"], sites["services"] = ["诊所", "商店"], [("clinic",), ("shop",)]
    return City(
        key="three", title_zh="三", title_en="Three",
        area=StudyArea(boundary=shapely.union_all(frame.geometry.to_numpy()), crs=CRS, buffer_m=2000.0),
        network=network([(0, 0), (3000, 0)], [(0, 1)]),
        facilities=Facilities(frame=sites, listed=frozenset({"clinic", "shop"})),
        communities=Communities(frame=frame, origin=HERE),
        context={"buildings": houses},
        settings=Settings(**{**QUICK, **settings}),
    )  # fmt: skip
