"""What is missing, and the walks behind it, in tables and layers; from the composition on two banks."""

from __future__ import annotations

import warnings
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

import circle15 as c15
from circle15.catalog.phrases import remedy_sentences
from circle15.errors import DataQualityWarning
from circle15.model import City, Communities, Facilities, Settings, StudyArea
from circle15.network.build import edge_lines
from circle15.render.tables.columns import columns
from circle15.render.tables.files import gaps_csv, gaps_xlsx, geopackage
from circle15.render.tables.frames import gap_table
from tests.towns.banks import FLAT, HERE, banks, canal
from tests.towns.lattice import CRS, X0, Y0, points


@pytest.fixture(scope="module")
def analysis():
    """80 and 40 elders on the south quay, a clinic and a closed shop in the middle of the north one."""
    people = gpd.GeoDataFrame(
        {"name": ["西岸", "东岸"], "population": [200.0, 90.0], "pop_60plus": [80.0, 40.0]},
        geometry=[shapely.box(X0 + x, Y0 - 50, X0 + x + 100, Y0 + 15) for x in (50, 850)],
        crs=CRS,
        index=pd.Index(["west", "east"], name="community_id"),
    )
    sites = points([(500, 120), (500, 120)], name="facility_id", prefix="f")
    sites["name"], sites["services"] = ["诊所", "=商店"], [("clinic",), ("shop",)]
    sites["opening_hours"] = ["24/7", "Mo-Fr 06:00-08:00"]
    city = City(
        key="banks", title_zh="两岸", title_en="Banks", network=banks(),
        area=StudyArea(boundary=shapely.union_all(people.geometry.to_numpy()), crs=CRS, buffer_m=2000.0),
        facilities=Facilities(frame=sites, listed=frozenset({"clinic", "shop"})),
        communities=Communities(frame=people, origin=HERE),
        context={"water": canal()},
        settings=Settings(cutoffs_min=(10.0,)),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return c15.analyse(city, profile=FLAT, open_at="11:30")


def test_a_study_says_what_is_missing_at_its_moment(analysis):
    frame = analysis.attribution.frame
    assert frame["cause"].unstack("service").to_numpy().tolist() == [["link", "facility"], ["link", "facility"]]
    # The bridge at x = 500 serves both banks of the south quay; nothing serves a shop that is closed.
    assert analysis.attribution.links[["u", "serves", "crosses"]].to_numpy().tolist() == [[5, 120, "water"]]
    remedies = remedy_sentences(analysis.attribution, analysis.city.communities, "en")
    assert "open at We 11:30" in remedies[("west", "shop")]
    assert list(analysis.routes.frame.index) == [("east", "clinic"), ("west", "clinic")]
    # People stand along the quay at 75 m and 125 m; half of them have come round by the bridge after 75 m west,
    # 120 m across and 500 m east. From their door to the quay it is a quarter of the land behind each metre of it.
    west = analysis.city.communities.frame.geometry["west"]
    quay_m = sum(map(shapely.length, shapely.intersection(edge_lines(analysis.city.network), west)))
    leg_m = analysis.demand.frame.groupby("community_id")["leg_m"].first()["west"]
    assert leg_m == pytest.approx(west.area / quay_m / 4)
    assert analysis.routes.frame.loc[("west", "clinic"), "metres"] == 695 + round(leg_m, 3)


def test_the_gap_table_says_it_too(analysis):
    table = gap_table(analysis).set_index(["community_id", "service"])
    row = table.loc[("west", "clinic")]
    assert row[["cause", "link_id", "uncovered", "uncovered_link", "uncovered_straight"]].tolist() == [
        "link", "link-1", 80, 0, 0,
    ]  # fmt: skip
    assert row["remedy_zh"] == remedy_sentences(analysis.attribution, analysis.city.communities, "zh")[row.name]
    assert "其中80人可在10分钟内走到，还剩0人" in row["remedy_zh"]
    blank = table.query("status == 'undetermined'")
    assert (blank["cause"] == "").all()
    assert blank["uncovered_link"].isna().all()
    assert set(table.columns) <= set(columns())
    plain = replace(analysis, attribution=type(analysis.attribution)())
    assert "cause" not in gap_table(plain)


def test_csv_and_workbook_are_written_with_it(analysis, tmp_path):
    back = pd.read_csv(gaps_csv(analysis, tmp_path / "gaps.csv"), encoding="utf-8-sig", keep_default_na=False)
    assert back.set_index(["community_id", "service"]).loc[("east", "clinic"), "cause"] == "link"
    book = pd.read_excel(
        gaps_xlsx(analysis, tmp_path / "gaps.xlsx"), sheet_name="缺口 Gaps", header=None, engine="openpyxl"
    )
    assert "缺口原因\nCause of the gap" in book.to_numpy()


def test_walks_and_links_are_layers(analysis, tmp_path):
    path = geopackage(analysis, tmp_path / "circle15.gpkg")
    walks = pyogrio.read_dataframe(path, layer="routes").set_index(["community_id", "service"])
    row = walks.loc[("west", "clinic")]
    assert (row["facility_id"], row["community_name"], row["facility_name"]) == ("f0", "西岸", "诊所")
    assert row["edges"] == "0 20 10 11 12 13 14"
    assert row.geometry.length == pytest.approx(695)  # from street to street, without the leg from the door
    assert "point_id" not in walks
    links = pyogrio.read_dataframe(path, layer="links").set_index("link_id")
    assert links.loc["link-1", ["length_m", "crosses", "serves"]].tolist() == [120, "water", 120]
    assert links.loc["link-1", "best_for"] == "east clinic; west clinic"
    assert links.geometry["link-1"].length == pytest.approx(120)
    few = replace(analysis.attribution, links=analysis.attribution.links.assign(serves=9.0))
    again = geopackage(replace(analysis, attribution=few), tmp_path / "few.gpkg")
    assert pyogrio.read_dataframe(again, layer="links")["serves"].isna().all()
