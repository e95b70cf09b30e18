"""What a place gains from another list goes together: a tier with its key, a capacity with its service."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from circle15.model.places import Facilities
from circle15.sources.facilities.same_place import PlaceList, same_places

BOTH = frozenset({"clinic", "meal_point"})


def one_list(key, x, **cells):
    row = {"name": "平江卫生站", "services": ("clinic",)} | cells
    frame = gpd.GeoDataFrame(
        {column: pd.Series([cell]) for column, cell in row.items()},
        geometry=gpd.points_from_xy([x], [0]),
        crs="EPSG:4549",
    )
    frame.index = pd.Index([key], name="facility_id")
    return PlaceList(frame=frame, label=f"{key}.csv", speaks_of=BOTH)


def place(own, other):
    made = same_places([one_list("a", 0, **own), one_list("b", 10, **other)])
    assert len(made.matches) == 1
    offers = Facilities(frame=made.frame, listed=BOTH).offers().set_index("service")["capacity"]
    return made.frame.iloc[0], {service: capacity for service, capacity in offers.items() if pd.notna(capacity)}


@pytest.mark.parametrize(
    ("own", "gained"),
    [
        (("旗舰", ""), ("旗舰", "", "")),  # a word of its own that has no key keeps none
        (("", ""), ("街道级", "subdistrict", "tier, tier_key")),
    ],
)
def test_a_tier_and_its_key_are_of_one_list(own, gained):
    tier = lambda word, key: {"tier": word, "tier_key": key}
    found, _ = place(tier(*own), tier("街道级", "subdistrict"))
    assert tuple(found[["tier", "tier_key", "filled_columns"]]) == gained


def test_the_capacity_of_one_service_does_not_become_that_of_several():
    two = {"services": ("clinic", "meal_point")}
    # 50 places are the clinic's: as the earlier row, and as the later one.
    for own, other in (({"capacity": 50.0}, two), (two, {"capacity": 50.0})):
        found, offered = place(own, other)
        assert offered == {"clinic": 50.0}
        assert pd.isna(found["capacity"])
    # A total that the other list has of the whole site stays beside it.
    found, offered = place({"capacity": 50.0}, two | {"capacity": 80.0})
    assert (found["capacity"], offered) == (80.0, {"clinic": 50.0})
    # One service on both sides: the earlier list's number, as ever.
    found, offered = place({"capacity": 50.0}, {"capacity": 80.0})
    assert (found["capacity"], offered) == (50.0, {"clinic": 50.0})
