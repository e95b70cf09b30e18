"""The pack's town with offices instead of outlines: communities are grown from points."""

from __future__ import annotations

import warnings

from circle15.errors import DataQualityWarning
from tests.towns.pack_files import quick, write_csv

CITY = """\
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
file = "offices.csv"
datum = "wgs84"
label_zh = "居委会"
label_en = "Offices"
grow = true
{more}
"""
HEADER = ("社区编号", "社区名称", "街道", "常住人口", "60岁以上", "经度", "纬度")
OFFICES = (
    ("west", "西社区", "平江街道", "1000", "200", "120.6200", "31.3105"),
    ("east", "东社区", "", "600", "150", "120.6220", "31.3105"),
)


def grown_pack(make_pack, *, more="grow_m = 150", offices=OFFICES):
    root = make_pack(toml=quick(CITY.format(more=more)))
    write_csv(root / "tryton" / "offices.csv", offices, HEADER)
    return root


def quietly(function, *args, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return function(*args, **options)
