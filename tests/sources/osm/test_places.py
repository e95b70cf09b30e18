"""Layers and facilities from tiny OSM files written here, one rule at a time."""

import gzip
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from circle15.catalog import services
from circle15.errors import SettingError, StreetsError
from circle15.sources.osm.objects import count_tagged
from circle15.sources.osm.places import CONTEXT_LAYERS, read_context, read_osm_facilities
from circle15.sources.osm.tags import ServiceRule, TagRule, home_rule, layer_rules

HELSINKI = Path(__file__).parents[3] / "data" / "helsinki" / "helsinki.osm.pbf"
ALL = tuple(services())


class Osm:
    """Writes OSM XML: nodes, ways by coordinates, multipolygons by way."""

    def __init__(self, bounds=None):
        self.nodes, self.ways, self.relations, self.bounds = [], [], [], bounds
        self.at = {}

    def node(self, lon, lat, **tags):
        key = len(self.nodes) + 1
        self.nodes.append(f'<node id="{key}" lat="{lat:.7f}" lon="{lon:.7f}">{_tags(tags)}</node>')
        return key

    def way(self, points, *, lost=0, **tags):
        """A way over points; ``lost`` further references lead to nodes that are not in the file."""
        refs = [self.at[p] if p in self.at else self.at.setdefault(p, self.node(*p)) for p in points]
        key = len(self.ways) + 1
        if lost:
            refs[-1:-1] = [900_000 + key * 100 + i for i in range(lost)]
        nds = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        self.ways.append(f'<way id="{key}">{nds}{_tags(tags)}</way>')
        return key

    def square(self, west, south, side=0.001, **tags):
        east, north = round(west + side, 7), round(south + side, 7)
        ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        return self.way(ring, **tags)

    def multipolygon(self, outer, inner, **tags):
        key = len(self.relations) + 1
        members = "".join(
            f'<member type="way" ref="{ref}" role="{role}"/>' for ref, role in ((outer, "outer"), (inner, "inner"))
        )
        self.relations.append(f'<relation id="{key}">{members}{_tags({"type": "multipolygon"} | tags)}</relation>')
        return key

    def save(self, folder, name="town.osm"):
        bounds = ""
        if self.bounds:
            west, south, east, north = self.bounds
            bounds = f'<bounds minlat="{south}" minlon="{west}" maxlat="{north}" maxlon="{east}"/>'
        body = "".join([bounds, *self.nodes, *self.ways, *self.relations])
        path = folder / name
        path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
        return path


def _tags(tags):
    return "".join(f'<tag k="{key.replace("__", ":")}" v="{value}"/>' for key, value in tags.items())


def _one(path, layer):
    return read_context(path, layers=(layer,))[layer]


# -- Layers ---------------------------------------------------------------------------------------


def test_multipolygon_keeps_its_hole(tmp_path):
    osm = Osm()
    outer, inner = osm.square(0, 0, 0.003), osm.square(0.001, 0.001, 0.001)
    osm.multipolygon(outer, inner, building="apartments", building__levels="4", name="Hof")
    frame = _one(osm.save(tmp_path), "buildings")
    assert frame.index.tolist() == ["relation-1"]
    assert frame.index.name == "osm_id"
    assert frame.crs.to_epsg() == 4326
    house = frame.iloc[0]
    assert (house["name"], house["kind"], house["levels"]) == ("Hof", "apartments", 4.0)
    assert len(house.geometry.interiors) == 1
    assert house.geometry.area == pytest.approx(0.003**2 - 0.001**2)


@pytest.mark.parametrize(
    ("tags", "residential", "known"),
    [
        ({"building": "apartments"}, True, True),
        ({"building": "terrace"}, True, True),
        ({"building": "dormitory"}, True, True),
        ({"building": "apartments", "amenity": "pharmacy"}, True, True),
        ({"building": "yes"}, True, False),
        ({"building": "yes", "amenity": "school"}, False, True),
        ({"building": "yes", "office": "company"}, False, True),
        ({"building": "yes", "office": "no"}, True, False),
        ({"building": "yes", "shop": "bakery"}, True, False),
        ({"building": "yes", "shop": "mall"}, False, True),
        ({"building": "office"}, False, True),
        ({"building": "roof"}, False, True),
    ],
)
def test_who_lives_in_a_building(tmp_path, tags, residential, known):
    osm = Osm()
    osm.square(0, 0, **tags)
    frame = _one(osm.save(tmp_path), "buildings")
    assert frame["residential"].tolist() == [residential]
    assert frame["residential_known"].tolist() == [known]
    assert frame["kind"].tolist() == [tags["building"]]
    assert frame.attrs["counts"]["assumed"] == int(residential and not known)


@pytest.mark.parametrize(
    ("written", "levels"), [("3", 3.0), ("2.5", 2.5), ("five", np.nan), ("3;4", np.nan), ("0", np.nan), ("900", np.nan)]
)
def test_levels_are_numbers_or_unknown(tmp_path, written, levels):
    osm = Osm()
    osm.square(0, 0, building="house", building__levels=written)
    np.testing.assert_equal(_one(osm.save(tmp_path), "buildings")["levels"].tolist(), [levels])


@pytest.mark.parametrize(
    "tags",
    [{"building": "no"}, {"building": "entrance"}, {"building": "yes", "location": "underground"}, {"amenity": "x"}],
)
def test_no_building(tmp_path, tags):
    osm = Osm()
    osm.square(0, 0, **tags)
    frame = _one(osm.save(tmp_path), "buildings")
    assert frame.empty
    assert {"kind", "levels", "residential", "residential_known"} <= set(frame.columns)


@pytest.mark.parametrize(
    ("layer", "tags", "kind"),
    [
        ("water", {"natural": "water"}, "water"),
        ("water", {"waterway": "riverbank"}, "riverbank"),
        ("water", {"natural": "water", "tunnel": "culvert"}, None),
        ("water", {"natural": "water", "tunnel": "no"}, "water"),
        ("water", {"landuse": "basin"}, None),
        ("green", {"leisure": "park"}, "park"),
        ("green", {"landuse": "grass"}, "grass"),
        ("green", {"landuse": "recreation_ground"}, "recreation_ground"),
        ("green", {"natural": "wood"}, "wood"),
        ("green", {"leisure": "garden", "location": "roof"}, None),
        ("green", {"natural": "water"}, None),
        ("residential", {"landuse": "residential"}, "residential"),
        ("residential", {"landuse": "commercial"}, None),
    ],
)
def test_tags_of_area_layers(tmp_path, layer, tags, kind):
    osm = Osm()
    osm.square(0, 0, **tags)
    assert _one(osm.save(tmp_path), layer)["kind"].tolist() == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ({"railway": "rail"}, True),
        ({"railway": "light_rail"}, True),
        ({"railway": "subway", "tunnel": "no"}, True),
        ({"railway": "subway", "tunnel": "yes"}, False),
        ({"railway": "rail", "tunnel": "building_passage"}, False),
        ({"railway": "rail", "location": "underground"}, False),
        ({"railway": "tram"}, False),
        ({"railway": "abandoned"}, False),
    ],
)
def test_rail_is_what_lies_on_the_surface(tmp_path, tags, kept):
    osm = Osm()
    osm.way([(0, 0), (0.001, 0)], **tags)
    frame = _one(osm.save(tmp_path), "rail")
    assert len(frame) == int(kept)
    assert not kept or frame.geometry.iloc[0].geom_type == "LineString"


def test_river_lines_stay_only_where_no_area_covers_them(tmp_path):
    """::

    river  0 ----- 1 [= lake =] 2 ----- 4      one third of the line lies in the lake
    canal            [ -------- ]              wholly inside
    """
    osm = Osm()
    osm.square(0.001, -0.0005, natural="water")
    osm.way([(0, 0), (0.004, 0)], waterway="river", name="Hu")
    osm.way([(0.0012, 0.0001), (0.0018, 0.0001)], waterway="canal")
    osm.way([(0, 0.01), (0.001, 0.01)], waterway="stream")
    frame = _one(osm.save(tmp_path), "water")
    assert frame.index.tolist() == ["way-1", "way-2"]
    assert frame.loc["way-2", "kind"] == "river"
    assert frame.loc["way-2", "geometry"].length == pytest.approx(0.003)
    assert frame.attrs["counts"] == {"read": 3, "used": 2, "cut": 0, "outside": 0, "covered": 1, "sea": 0}


def test_what_the_border_cuts_is_counted(tmp_path):
    osm = Osm()
    osm.square(0, 0, building="house")
    osm.square(0.01, 0, building="house", lost=2)
    osm.way([(0, 0.02), (0.001, 0.02), (0.002, 0.02)], lost=1, railway="rail")
    frames = read_context(osm.save(tmp_path), layers=("buildings", "rail"))
    assert frames["buildings"].index.tolist() == ["way-1"]
    assert frames["buildings"].attrs["counts"] == {"read": 2, "used": 1, "cut": 1, "outside": 0, "assumed": 0}
    assert shapely.get_num_points(frames["rail"].geometry.iloc[0]) == 2


def test_box_leaves_out_and_counts(tmp_path):
    osm = Osm()
    osm.square(0, 0, building="house")
    osm.square(0.5, 0.5, building="yes")
    frame = read_context(osm.save(tmp_path), layers=("buildings",), bbox=(-0.1, -0.1, 0.1, 0.1))["buildings"]
    assert frame.index.tolist() == ["way-1"]
    assert frame.attrs["counts"] == {"read": 2, "used": 1, "cut": 0, "outside": 1, "assumed": 0}


def test_layers_asked_for_are_layers_given(tmp_path):
    osm = Osm()
    osm.square(0, 0, building="house")
    path = osm.save(tmp_path)
    assert list(read_context(path)) == list(CONTEXT_LAYERS)
    assert all(len(frame) == (name == "buildings") for name, frame in read_context(path).items())
    assert list(read_context(path, layers=("rail", "water"))) == ["rail", "water"]
    with pytest.raises(SettingError, match=r"lava.*water, green, buildings"):
        read_context(path, layers=("lava",))


# -- Sea ------------------------------------------------------------------------------------------

BOX = (0.0, 0.0, 0.02, 0.02)


def test_sea_joins_the_water_layer(tmp_path):
    osm = Osm(bounds=BOX)
    osm.way([(0.001, 0.01), (0.01, 0.01), (0.019, 0.01)], natural="coastline")
    osm.way([(0.005, 0.005), (0.005, 0.015)], waterway="river")
    frame = _one(osm.save(tmp_path), "water")
    assert frame["kind"].tolist() == ["sea", "river"]
    assert frame.index.tolist() == ["coast-1", "way-2"]
    assert frame.geometry.iloc[0].area == pytest.approx(0.02 * 0.01)
    assert frame.geometry.iloc[1].bounds == pytest.approx((0.005, 0.01, 0.005, 0.015))


# -- Files ----------------------------------------------------------------------------------------

BAD = {
    "empty.osm.pbf": b"",
    "text.osm.pbf": b"hello, this is no map",
    "cut.osm": b'<osm version="0.6"><node id="1" lat="1"',
    "page.osm": b"<html><body>404</body></html>",
    "none.osm": b'<osm version="0.6"></osm>',
    "plain.osm.gz": b'{"a": 1}',
    "sheet.xlsx": b"PK\x03\x04",
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("read", [read_context, lambda path: read_osm_facilities(path, ALL)], ids=["layers", "places"])
def test_bad_files_are_named_with_a_remedy(tmp_path, name, read):
    path = tmp_path / name
    path.write_bytes(BAD[name])
    with pytest.raises(StreetsError, match=rf"{name}.*(download|give)"):
        read(path)


def test_missing_files_folders_and_truncated_extracts(tmp_path):
    with pytest.raises(StreetsError, match=r"nowhere\.osm\.pbf"):
        read_context(tmp_path / "nowhere.osm.pbf")
    (tmp_path / "folder.osm").mkdir()
    with pytest.raises(StreetsError, match="not a file"):
        read_context(tmp_path / "folder.osm")
    whole = HELSINKI.read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StreetsError, match=r"cut\.osm\.pbf.*cut short.*download"):
        read_context(cut)
    with pytest.raises(StreetsError, match=r"cut\.osm\.pbf.*cut short.*download"):
        read_osm_facilities(cut, ALL)


def test_packed_xml_is_read_too(tmp_path):
    osm = Osm()
    osm.square(0, 0, building="house")
    path = osm.save(tmp_path)
    packed = tmp_path / "town.osm.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert _one(packed, "buildings").geometry.equals(_one(path, "buildings").geometry)


# -- Facilities -----------------------------------------------------------------------------------


def _counts_add_up(frame):
    counts = frame.attrs["counts"]
    lost = sum(counts[reason] for reason in ("private", "merged", "nowhere", "outside"))
    return counts["read"] == counts["used"] + lost and counts["used"] == len(frame)


def test_a_clinic_and_what_is_known_of_it(tmp_path):
    osm = Osm()
    tags = {"name": "Neustadt", "name__en": "New Town", "opening_hours": "24/7", "wheelchair": "yes"}
    osm.node(1, 2, amenity="clinic", addr__street="Hauptstrasse", addr__housenumber="7", **tags)
    frame = read_osm_facilities(osm.save(tmp_path), ["clinic"])
    assert frame.index.tolist() == ["osm-node-1"]
    assert frame.index.name == "facility_id"
    assert frame.crs.to_epsg() == 4326
    site = frame.iloc[0]
    assert site["services"] == ("clinic",)
    assert (site.geometry.x, site.geometry.y) == (1, 2)
    assert site[["name", "name_en", "address"]].tolist() == ["Neustadt", "New Town", "Hauptstrasse 7"]
    assert site[["opening_hours", "wheelchair", "source"]].tolist() == ["24/7", "yes", "OpenStreetMap"]


def test_unnamed_places_get_the_title_and_the_street(tmp_path):
    osm = Osm()
    osm.node(1, 2, shop="supermarket", addr__street="平江路")
    osm.node(3, 4, amenity="library")
    frame = read_osm_facilities(osm.save(tmp_path), ALL)
    assert frame["name"].tolist() == [f"{services()['shop'].title_zh} · 平江路", services()["culture"].title_zh]
    assert frame["name_en"].tolist() == ["Daily shop · 平江路", "Culture"]
    assert frame["address"].tolist() == ["平江路", ""]


def test_one_site_offers_every_service_that_matches_in_the_catalogues_order(tmp_path):
    osm = Osm()
    osm.node(0, 0, amenity="community_centre;library", leisure="fitness_centre", name="All")
    osm.node(0, 1, amenity="bench")
    path = osm.save(tmp_path)
    assert read_osm_facilities(path, ALL[::-1])["services"].tolist() == [("culture", "fitness", "community_centre")]
    assert read_osm_facilities(path, ["fitness"])["services"].tolist() == [("fitness",)]
    nothing = read_osm_facilities(path, ["meal_point"])
    assert nothing.empty
    assert _counts_add_up(nothing)


def test_both_tags_of_a_rule_are_needed(tmp_path):
    osm = Osm()
    osm.node(0, 0, amenity="social_facility", social_facility="soup_kitchen")
    osm.node(0, 1, social_facility="soup_kitchen")
    assert read_osm_facilities(osm.save(tmp_path), ["meal_point"]).index.tolist() == ["osm-node-1"]


@pytest.mark.parametrize(
    ("service", "tags"),
    [
        ("day_care", {"amenity": "social_facility", "social_facility": "day_care", "social_facility__for": "child"}),
        ("day_care", {"amenity": "social_facility", "social_facility": "outreach"}),
        ("clinic", {"amenity": "clinic", "healthcare__speciality": "plastic_surgery"}),
        ("clinic", {"healthcare": "clinic", "healthcare__speciality": "hypnosis; herbalism"}),
    ],
)
def test_namesakes_are_not_the_service(tmp_path, service, tags):
    osm = Osm()
    osm.node(0, 0, **tags)
    assert read_osm_facilities(osm.save(tmp_path), [service]).empty


def test_private_and_shut_places_are_counted_not_used(tmp_path):
    osm = Osm()
    osm.node(0, 0, leisure="pitch", access="private")
    osm.node(0, 1, leisure="pitch", access="no")
    osm.node(0, 2, leisure="pitch", opening_hours="closed")
    osm.node(0, 3, leisure="pitch", access="customers")
    osm.square(1, 1, leisure="pitch", access="private")
    frame = read_osm_facilities(osm.save(tmp_path), ["fitness"])
    # What is shut stays, marked; what is not public is left out.
    assert frame["state"].to_dict() == {"osm-node-3": "closed", "osm-node-4": ""}
    assert (frame.attrs["counts"]["private"], frame.attrs["counts"]["closed"]) == (3, 1)
    assert _counts_add_up(frame)


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ("amenity=clinic demolished=yes", "closed"),
        ("amenity=clinic razed=yes", "closed"),
        ("amenity=clinic construction=yes", "building"),
        ("amenity=clinic building=construction", "building"),
        ("amenity=clinic proposed=yes", "planned"),
        ("amenity=clinic operational_status=closed", "closed"),
        ("amenity=clinic status=inactive", "closed"),
        ("amenity=clinic opening_hours=Mo-Su~off", "closed"),
        ("amenity=clinic opening_hours=off", "closed"),
        ("amenity=clinic opening_hours=closed", "closed"),
        ("amenity=clinic end_date=2020", "closed"),
        ("amenity=clinic opening_date=2035-01-01", "planned"),
        ("healthcare=clinic disused:amenity=clinic", "closed"),
        ("healthcare=clinic abandoned:amenity=clinic", "closed"),
        ("healthcare=clinic proposed:amenity=clinic", "planned"),
        ("amenity=clinic disused=yes", "closed"),
        ("amenity=clinic", ""),
        ("amenity=clinic opening_hours=Mo~off", ""),
        ("amenity=clinic disused:shop=supermarket", ""),
        ("amenity=clinic construction=minor", ""),
    ],
)
def test_what_is_gone_or_not_there_yet_is_marked(tmp_path, tags, state):
    osm = Osm()
    pairs = (pair.split("=", 1) for pair in tags.split())
    osm.node(0, 0, **{key.replace(":", "__"): value.replace("~", " ") for key, value in pairs})
    frame = read_osm_facilities(osm.save(tmp_path), ["clinic"])
    assert frame["state"].tolist() == [state]
    assert frame.attrs["counts"]["closed"] == int(state != "")
    assert _counts_add_up(frame)


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ("disused:amenity=clinic", "closed"),
        ("abandoned:amenity=clinic building=yes", "closed"),
        ("was:healthcare=clinic", "closed"),
        ("demolished:amenity=doctors", "closed"),
        ("construction:amenity=clinic building=construction", "building"),
        ("planned:amenity=clinic", "planned"),
        ("proposed:healthcare=centre", "planned"),
        ("disused:amenity=clinic proposed:amenity=clinic", "closed"),  # the first state of the table
        ("disused:amenity=clinic;pharmacy", "closed"),
        ("disused:amenity=clinic shop=vacant", "closed"),
    ],
)
def test_what_only_a_prefix_makes_a_place_is_marked(tmp_path, tags, state):
    osm = Osm()
    pairs = dict(pair.split("=", 1) for pair in tags.split())
    osm.node(0, 0, **{key.replace(":", "__"): value for key, value in pairs.items()})
    osm.node(0, 1, amenity="clinic")
    frame = read_osm_facilities(osm.save(tmp_path), ["clinic"])
    assert frame["state"].tolist() == [state, ""]
    assert frame["services"].tolist() == [("clinic",)] * 2
    assert frame.attrs["counts"]["closed"] == 1
    assert _counts_add_up(frame)


@pytest.mark.parametrize(
    "tags",
    [
        "shop=supermarket disused:amenity=clinic",  # another use today
        "amenity=restaurant was:amenity=clinic",
        "office=company planned:amenity=clinic",
        "disused:amenity=no",
        "disused:amenity=school",
        "disused:highway=residential",
        "amenity:disused=clinic",
        "not:amenity=clinic",
        "disused:healthcare=clinic disused:healthcare:speciality=plastic_surgery",  # a namesake, as in use
    ],
)
def test_what_cannot_be_a_service_stays_out(tmp_path, tags):
    osm = Osm()
    osm.node(0, 0, **{key.replace(":", "__"): value for key, value in (pair.split("=", 1) for pair in tags.split())})
    osm.node(0, 1, amenity="clinic")
    frame = read_osm_facilities(osm.save(tmp_path), ["clinic"])
    assert frame["state"].tolist() == [""]
    assert frame.attrs["counts"]["read"] == 1


def test_a_closed_outline_and_a_part_of_a_service_s_tags_under_a_prefix(tmp_path):
    osm = Osm()
    osm.square(0, 0, building="yes", disused__amenity="social_facility", disused__social_facility="day_care")
    osm.square(1, 0, disused__amenity="social_facility", social_facility="day_care", name="日间照料")
    osm.square(2, 0, disused__amenity="social_facility", was__name="旧日间照料")
    osm.square(3, 0, was__amenity="social_facility", was__social_facility="day_care", was__name="旧日间照料")
    frame = read_osm_facilities(osm.save(tmp_path), ["day_care"])
    assert frame["state"].tolist() == ["closed"] * 3
    assert frame["name"].tolist()[1:] == ["日间照料", "旧日间照料"]


def test_a_closed_place_and_one_in_use_of_its_name_are_two(tmp_path):
    osm = Osm()
    osm.node(0, 0, amenity="clinic", name="New")
    osm.node(0, 0.0001, amenity="clinic", name="New", disused="yes")
    frame = read_osm_facilities(osm.save(tmp_path), ["clinic"])
    assert frame["state"].tolist() == ["", "closed"]


def test_an_area_stands_at_a_point_inside_it(tmp_path):
    """A U-shaped library: its centre of gravity lies in the yard, its point must not."""
    osm = Osm()
    ring = [(0, 0), (3, 0), (3, 3), (2.9, 3), (2.9, 0.1), (0.1, 0.1), (0.1, 3), (0, 3), (0, 0)]
    osm.way([(x / 1000, y / 1000) for x, y in ring], amenity="library")
    frame = read_osm_facilities(osm.save(tmp_path), ["culture"])
    house = shapely.Polygon([(x / 1000, y / 1000) for x, y in ring])
    assert frame.index.tolist() == ["osm-way-1"]
    assert house.contains(frame.geometry.iloc[0])
    assert not house.contains(house.centroid)
    assert frame.attrs["counts"]["approximate"] == 0


def test_a_place_that_the_border_cuts_stands_at_the_middle_of_what_is_there(tmp_path):
    osm = Osm()
    osm.way([(0, 0), (0.002, 0), (0.002, 0.002), (0, 0)], lost=3, amenity="marketplace")
    frame = read_osm_facilities(osm.save(tmp_path), ["shop"])
    assert (frame.geometry.x.iloc[0], frame.geometry.y.iloc[0]) == pytest.approx((0.004 / 3, 0.002 / 3))
    assert frame.attrs["counts"]["approximate"] == 1
    assert _counts_add_up(frame)


METRE = 1 / 111_320


@pytest.mark.parametrize(
    ("apart_m", "one", "other", "left"),
    [
        (40, {"amenity": "library", "name": "Stadt"}, {"amenity": "library", "name": "stadt"}, 1),
        (60, {"amenity": "library", "name": "Stadt"}, {"amenity": "library", "name": "Stadt"}, 2),
        (40, {"amenity": "library", "name": "Stadt"}, {"amenity": "library", "name": "Land"}, 2),
        (40, {"amenity": "library", "name": "Stadt"}, {"amenity": "clinic", "name": "Stadt"}, 2),
        (40, {"amenity": "library"}, {"amenity": "library"}, 2),
    ],
)
def test_doubles_share_name_and_service_within_50_m(tmp_path, apart_m, one, other, left):
    osm = Osm()
    osm.node(0, 0, **one)
    osm.node(apart_m * METRE, 0, **other)
    frame = read_osm_facilities(osm.save(tmp_path), ALL)
    assert len(frame) == left
    assert frame.attrs["counts"]["merged"] == 2 - left
    assert _counts_add_up(frame)


def test_a_merged_place_keeps_the_node_and_all_that_is_known(tmp_path):
    osm = Osm()
    osm.square(0, 0, 0.0002, amenity="library", leisure="fitness_centre", name="Stadt", opening_hours="24/7")
    door = osm.node(0.0001, 0, amenity="library", name="Stadt", wheelchair="yes")
    frame = read_osm_facilities(osm.save(tmp_path), ALL)
    assert frame.index.tolist() == [f"osm-node-{door}"]
    assert frame["services"].tolist() == [("culture", "fitness")]
    assert frame[["opening_hours", "wheelchair"]].to_numpy().tolist() == [["24/7", "yes"]]
    assert frame.geometry.y.iloc[0] == 0


def test_places_outside_the_box_are_counted(tmp_path):
    osm = Osm()
    osm.node(0, 0, amenity="library")
    osm.node(5, 5, amenity="library")
    frame = read_osm_facilities(osm.save(tmp_path), ["culture"], bbox=(-1, -1, 1, 1))
    assert frame.index.tolist() == ["osm-node-1"]
    assert frame.attrs["counts"]["outside"] == 1
    assert _counts_add_up(frame)


def test_unknown_services_are_named(tmp_path):
    osm = Osm()
    osm.node(0, 0, amenity="library")
    with pytest.raises(SettingError, match=r"barber.*meal_point"):
        read_osm_facilities(osm.save(tmp_path), ["barber"])


# -- Rules ----------------------------------------------------------------------------------------


def test_every_rule_of_the_catalogue_can_be_read():
    assert set(layer_rules()) == set(CONTEXT_LAYERS)
    assert home_rule().home.isdisjoint(home_rule().unknown)
    for service in services().values():
        assert ServiceRule.of(service).any_of


@pytest.mark.parametrize("wrong", ["", "amenity", "amenity=", "=clinic", "amenity=clinic&"])
def test_a_rule_needs_key_and_value(wrong):
    with pytest.raises(ValueError, match="not a tag rule"):
        TagRule.parse(wrong)


def test_frames_are_alike_in_every_run():
    first, second = (read_context(HELSINKI) for _ in range(2))
    for name, frame in first.items():
        assert frame.index.is_unique
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.to_json() == second[name].to_json()


# -- Torn coasts and what the pack says of them -----------------------------------------------------


def test_torn_coast_stands_with_the_water_layer(tmp_path):
    osm = Osm(bounds=BOX)
    osm.way([(0.006, 0.01), (0.01, 0.01), (0.016, 0.01)], natural="coastline")
    water = read_context(osm.save(tmp_path), layers=("water",))["water"]
    assert water.empty
    assert water.attrs["torn"] == [(0.006, 0.01)]  # 668 m inside a box of 2,226 m; the other end only 445 m


def test_coast_that_was_closed_over_more_than_a_little_stands_with_the_water_layer(tmp_path):
    osm = Osm(bounds=BOX)
    osm.way([(0.004, 0.01), (0.01, 0.01), (0.019, 0.01)], natural="coastline")
    water = read_context(osm.save(tmp_path), layers=("water",))["water"]
    assert water["kind"].tolist() == ["sea"]
    assert (water.attrs["torn"], water.attrs["closed"]) == ([], [(0.004, 0.01)])


def test_a_file_without_a_box_has_no_border_to_draw_a_coast_to(tmp_path):
    osm = Osm()
    # The coast's own bounds reach from 0 to 0.02; its end at 0.0164 lies 400 m inside them.
    osm.way([(0.0, 0.02), (0.0, 0.01), (0.0164, 0.01)], natural="coastline")
    osm.way([(0.01, 0.0), (0.02, 0.0), (0.02, 0.001), (0.01, 0.0)], natural="coastline")
    water = read_context(osm.save(tmp_path), layers=("water",))["water"]
    assert water.attrs["torn"] == [(0.0164, 0.01)]


def test_buildings_are_counted(tmp_path):
    osm = Osm(bounds=BOX)
    osm.square(0, 0, building="house")
    osm.square(0.001, 0, building="yes")
    osm.square(0.002, 0, natural="water")
    assert count_tagged(osm.save(tmp_path), "building") == 2
