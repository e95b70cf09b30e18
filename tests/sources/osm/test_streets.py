"""Streets from OSM files: every kind of file gives the same, every loss is counted, every bad file is told."""

from __future__ import annotations

import gzip
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely

from circle15.catalog import way_classes
from circle15.errors import OutputError, StreetsError
from circle15.model import NodeFlag, Streets
from circle15.sources.osm.streets import OSM_SUFFIXES, check_osm_file, read_streets
from tests.towns.pack_files import TOWN_NODES, TOWN_WAYS, osm_xml

HELSINKI = Path(__file__).parents[3] / "data" / "helsinki" / "helsinki.osm.pbf"
STREET = {"highway": "residential"}


def names(streets: Streets) -> list[str]:
    return [streets.names[k] for k in streets.way_name]


def refs(streets: Streets) -> list[list[int]]:
    """The node ids of each way."""
    ids = streets.node_id[streets.way_node].tolist()
    return [ids[a:b] for a, b in zip(streets.way_start[:-1], streets.way_start[1:], strict=True)]


def classes(streets: Streets) -> list[str]:
    return [way_classes()[k].name for k in streets.way_class]


def assert_add_up(streets: Streets) -> None:
    """Ways read = ways kept + ways dropped, each with a reason."""
    counts = streets.counts
    dropped = sum(count for reason, count in counts.items() if reason.startswith("dropped: "))
    assert counts["ways read"] == counts["ways kept"] + dropped
    assert counts["ways kept"] + counts["further parts of ways"] == streets.n_ways


# -- Files of every kind ---------------------------------------------------------------------------


def test_the_four_kinds_of_file_give_the_same_streets(osm_file):
    read = [read_streets(osm_file(name=f"town{suffix}", node_tags={2: {"barrier": "gate"}})) for suffix in OSM_SUFFIXES]
    for streets in read:
        assert refs(streets) == [[1, 2, 3], [4, 5, 6], [1, 4], [2, 5], [3, 6]]
        assert names(streets) == ["平江路", "", "", "", ""]
        assert streets.node_id.tolist() == [1, 2, 3, 4, 5, 6]
        assert streets.lon.tolist() == [lon for lon, _ in TOWN_NODES.values()]
        assert streets.lat.tolist() == [lat for _, lat in TOWN_NODES.values()]
        assert streets.node_flags.tolist() == [0, NodeFlag.GATE, 0, 0, 0, 0]
        assert streets.counts == read[0].counts
        assert_add_up(streets)
    assert [streets.origin.file for streets in read] == [f"town{suffix}" for suffix in OSM_SUFFIXES]
    assert len({streets.origin.sha256 for streets in read}) == 4


def test_the_file_is_told_by_name_and_content(osm_file):
    origin = read_streets(osm_file()).origin
    assert (origin.file, origin.licence, origin.attribution) == ("streets.osm", "ODbL", "© OpenStreetMap contributors")
    assert re.fullmatch("[0-9a-f]{64}", origin.sha256)


@pytest.mark.parametrize(
    "name",
    [
        "100%20%",
        "%",
        "%41%",
        "a b,c=d@e",
        "干将东路",
        "Straße Ångström",
        "😀🚶",
        "two\nlines",
        "\"<&>'",
        "{{7*7}}${x}`",
    ],
)
def test_names_arrive_as_they_were_written(osm_file, name):
    for suffix in (".osm", ".osm.pbf"):
        path = osm_file(ways={10: ([1, 2], {"highway": "footway", "name": name})}, name=f"t{suffix}")
        assert names(read_streets(path)) == [name]


def test_ids_beyond_32_bits(osm_file):
    nodes = {2: (120.63, 31.31), 12_345_678_901: (120.64, 31.31)}
    tags = {12_345_678_901: {"barrier": "gate"}}
    streets = read_streets(osm_file(nodes, {9_876_543_210: ([2, 12_345_678_901], STREET)}, node_tags=tags))
    assert refs(streets) == [[2, 12_345_678_901]]
    assert streets.node_flags.tolist() == [0, NodeFlag.GATE]


def test_ids_below_zero_are_read_like_others(osm_file):
    # JOSM numbers what is new from -1 downwards.
    nodes = {**TOWN_NODES, -1: (120.62, 31.32), -2: (120.63, 31.32)}
    streets = read_streets(osm_file(nodes, {-10: ([-1, -2], STREET), 11: ([1, -1, 2], STREET)}))
    assert refs(streets) == [[-1, -2], [1, -1, 2]]
    assert streets.counts["node references without coordinates"] == 0
    assert_add_up(streets)


def test_coordinates_keep_all_seven_digits_on_all_quarters_of_the_globe(osm_file):
    nodes = {1: (-0.0000001, 0.0000001), 2: (-179.9999999, -85.1234567), 3: (179.9999999, 0.0)}
    streets = read_streets(osm_file(nodes, {10: ([1, 2, 3], STREET)}))
    assert list(zip(streets.lon.tolist(), streets.lat.tolist(), strict=True)) == list(nodes.values())


# -- What is kept, and what is counted -------------------------------------------------------------


def test_only_ways_with_a_street_key_are_read(osm_file):
    ways = {
        1: ([1, 2], STREET),
        2: ([1, 2], {"barrier": "fence"}),
        3: ([1, 2], {"building": "yes"}),
        4: ([1, 2], {"railway": "tram"}),
        5: ([1, 2], {"railway": "platform"}),
        6: ([2, 3], {"man_made": "pier"}),
        7: ([1, 2], {"highway": "motorway"}),
        8: ([4, 5], {"highway": "residential", "barrier": "kerb"}),
        9: ([1, 2], {"highway": "construction"}),
        10: ([1, 2], {}),
    }
    streets = read_streets(osm_file(ways=ways))
    assert classes(streets) == ["residential", "platform", "platform", "residential"]
    assert streets.counts["ways read"] == 7
    assert streets.counts["dropped: no street"] == 1
    assert streets.counts["dropped: highway=motorway"] == 1
    assert streets.counts["dropped: highway=construction"] == 1
    assert_add_up(streets)


def test_a_way_is_parted_where_the_file_lacks_its_nodes(osm_file):
    """Way 10 runs 1-2-(99)-4-5-(98)-6; from 2 to 4 and from 5 to 6 lie nodes that nobody knows."""
    ways = {
        10: ([1, 2, 99, 4, 5, 98, 6], STREET | {"name": "干将路"}),
        11: ([3, 97], STREET),
        12: ([96, 95], STREET),
        13: ([1, 94, 3], STREET),
    }
    streets = read_streets(osm_file(ways=ways))
    assert refs(streets) == [[1, 2], [4, 5]]
    assert names(streets) == ["干将路"] * 2
    counts = streets.counts
    assert counts["node references without coordinates"] == 2 + 1 + 2 + 1
    assert counts["ways parted at missing nodes"] == 2
    # 0.001 degrees are 111.19 m up and 95.0 m across: from 2 to 4 a diagonal, 5 to 6 and 1 to 3 across.
    assert counts["metres lost at missing nodes"] == pytest.approx(146.3 + 95.0 + 190.0, abs=1)
    assert counts["dropped: fewer than two nodes with coordinates"] == 3
    assert_add_up(streets)


def test_what_is_missing_far_from_the_study_area_concerns_nobody(osm_file):
    nodes = TOWN_NODES | {7: (121.0, 31.0), 8: (121.1, 31.0)}
    box = (120.6, 31.3, 120.7, 31.4)
    streets = read_streets(osm_file(nodes, {10: ([1, 2], STREET), 11: ([7, 99, 8], STREET)}), bbox=box)
    assert streets.counts["node references without coordinates"] == 0
    assert streets.counts["metres lost at missing nodes"] == 0
    assert streets.counts["dropped: outside the study area"] == 1


def test_a_way_without_nodes_is_counted(osm_file):
    streets = read_streets(osm_file(ways={10: ([], STREET), 11: ([1], STREET), 12: ([1, 2], STREET)}))
    assert refs(streets) == [[1, 2]]
    assert_add_up(streets)


def test_a_street_that_names_a_node_twice_running_stays(osm_file):
    assert refs(read_streets(osm_file(ways={10: ([1, 1, 2], STREET)}))) == [[1, 1, 2]]


def test_the_box_keeps_ways_with_a_node_inside_and_counts_the_others(osm_file):
    streets = read_streets(osm_file(), bbox=(120.6195, 31.3095, 120.6205, 31.3105))  # around node 1
    assert refs(streets) == [[1, 2, 3], [1, 4]]
    assert streets.counts["dropped: outside the study area"] == 3
    assert_add_up(streets)


def test_a_node_on_the_edge_of_the_box_is_inside(osm_file):
    assert read_streets(osm_file(), bbox=(120.622, 31.311, 121, 32)).n_ways == 2


def test_one_way_walks_turn_the_nodes_round(osm_file):
    tags = {"highway": "steps", "conveying": "backward"}
    streets = read_streets(osm_file(ways={10: ([1, 2, 3], tags), 11: ([4, 5], STREET | {"oneway": "-1"})}))
    assert refs(streets) == [[3, 2, 1], [4, 5]]


def test_gates_and_signals_stand_on_their_nodes_and_elsewhere_nothing(osm_file):
    tags = {
        1: {"barrier": "lift_gate"},
        2: {"highway": "crossing", "crossing": "traffic_signals"},
        3: {"highway": "traffic_signals"},
        4: {"barrier": "bollard"},
        5: {"amenity": "bench"},
        7: {"barrier": "gate"},
    }
    streets = read_streets(osm_file({**TOWN_NODES, 7: (120.7, 31.4)}, node_tags=tags))
    beam = NodeFlag.GATE | NodeFlag.OPEN
    assert streets.node_flags.tolist() == [beam, NodeFlag.CROSSING | NodeFlag.SIGNAL, NodeFlag.SIGNAL, 0, 0, 0]


# -- Squares mapped as relations -------------------------------------------------------------------

# The outer ring of a square in two ways, 20 and 21, and a fountain 22 in its middle.
SQUARE_WAYS = {
    10: ([1, 2], STREET),
    20: ([1, 2, 5], {}),
    21: ([5, 4, 1], {}),
    22: ([3, 6, 3], {}),
}
RING = [("way", 20, "outer"), ("way", 21, "outer"), ("way", 22, "inner"), ("node", 3, "label")]


def square(**tags: str) -> dict[str, str]:
    return {"type": "multipolygon", "highway": "pedestrian"} | tags


@pytest.mark.parametrize("suffix", OSM_SUFFIXES)
def test_the_outline_of_a_square_is_walked_under_the_square_s_name(osm_file, suffix):
    path = osm_file(ways=SQUARE_WAYS, relations={5: (RING, square(name="观前街"))}, name=f"t{suffix}")
    streets = read_streets(path)
    # The fountain lies outside of this crooked square (3 and 6 are no corner of it), so no line over it joins them.
    # Its ring of two corners runs there and back: once is enough.
    assert refs(streets) == [[1, 2], [1, 2, 5], [5, 4, 1], [3, 6]]
    assert classes(streets) == ["residential", "pedestrian", "pedestrian", "pedestrian"]
    assert names(streets) == ["", "观前街", "观前街", "观前街"]
    counts = streets.counts
    assert (counts["squares read"], counts["squares used"], counts["outlines of squares"]) == (1, 1, 2)
    assert (counts["inner rings of squares"], counts["inner rings of squares not joined"]) == (1, 1)
    assert counts["ways read"] == 4
    assert_add_up(streets)


def test_a_role_left_empty_is_outer(osm_file):
    streets = read_streets(osm_file(ways=SQUARE_WAYS, relations={5: ([("way", 20, "")], square(highway="footway"))}))
    assert classes(streets) == ["residential", "footway"]


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (square(foot="no"), "foot=no"),
        (square(access="no"), "access=no"),
        (square(highway="bridleway"), "highway=bridleway"),
        (square(highway="pedestrian", construction="yes"), "construction=yes"),
        (square(highway="service", disused="yes"), "disused=yes"),
    ],
)
def test_a_square_that_nobody_may_cross_is_counted(osm_file, tags, reason):
    streets = read_streets(osm_file(ways=SQUARE_WAYS, relations={5: (RING, tags)}))
    assert refs(streets) == [[1, 2]]
    assert streets.counts["squares read"] == 1
    assert streets.counts[f"squares dropped: {reason}"] == 1
    assert "squares used" not in streets.counts
    assert_add_up(streets)


@pytest.mark.parametrize("kind", ["route", "site", ""])
def test_relations_of_another_type_are_no_squares(osm_file, kind):
    streets = read_streets(osm_file(ways=SQUARE_WAYS, relations={5: (RING, square(type=kind))}))
    assert refs(streets) == [[1, 2]]
    assert "squares read" not in streets.counts


def test_a_member_with_a_street_tag_of_its_own_is_judged_by_that(osm_file):
    ways = SQUARE_WAYS | {
        20: ([1, 2, 5], {"highway": "steps"}),
        21: ([5, 4, 1], {"highway": "motorway"}),
        22: ([3, 6], {"barrier": "wall"}),
    }
    members = [("way", k, "outer") for k in (20, 21, 22)]
    streets = read_streets(osm_file(ways=ways, relations={5: (members, square())}))
    assert list(zip(refs(streets), classes(streets), strict=True)) == [
        ([1, 2], "residential"),
        ([1, 2, 5], "steps"),
        ([3, 6], "pedestrian"),  # the wall around a square: one walks along it
    ]
    assert_add_up(streets)


def test_two_squares_share_a_way_and_one_lies_outside_the_file(osm_file):
    relations = {
        5: ([("way", 20, "outer"), ("way", 77, "outer")], square(name="a")),
        6: ([("way", 20, "outer"), ("way", 21, "outer")], square(name="b", access="private")),
    }
    streets = read_streets(osm_file(ways=SQUARE_WAYS, relations=relations))
    assert names(streets) == ["", "a", "b"]
    assert streets.counts["outlines of squares not in the file"] == 1
    assert streets.counts["outlines of squares"] == 2
    assert_add_up(streets)


def test_a_square_alone_is_streets_enough(osm_file):
    streets = read_streets(osm_file(ways={20: ([1, 2, 5, 1], {})}, relations={5: ([("way", 20, "outer")], square())}))
    assert refs(streets) == [[1, 2, 5, 1]]


# A square of about 200 m with two fountains (inner rings 22 and 23); 30 begins at the first one.
#   1----------2
#   | 5-6  9-10|
#   | 8-7 12-11|
#   4----------3
PLAZA = {
    1: (120.6200, 31.3120), 2: (120.6220, 31.3120), 3: (120.6220, 31.3100), 4: (120.6200, 31.3100),
    5: (120.6203, 31.3112), 6: (120.6208, 31.3112), 7: (120.6208, 31.3108), 8: (120.6203, 31.3108),
    9: (120.6212, 31.3112), 10: (120.6217, 31.3112), 11: (120.6217, 31.3108), 12: (120.6212, 31.3108),
}  # fmt: skip
PLAZA_WAYS = {
    20: ([1, 2, 3], {}),
    21: ([3, 4, 1], {}),
    22: ([5, 6, 7, 8, 5], {}),
    23: ([9, 10, 11, 12, 9], {}),
    30: ([6, 10], {"highway": "footway"}),
}
PLAZA_RING = [("way", 20, "outer"), ("way", 21, "outer"), ("way", 22, "inner"), ("way", 23, "inner")]


def joints(streets: Streets) -> list[list[int]]:
    """The straight lines that join inner rings, each from low to high."""
    return sorted(sorted(way) for way in refs(streets) if len(way) == 2)


def test_inner_rings_of_a_square_are_walked_and_joined(osm_file):
    ways = {key: way for key, way in PLAZA_WAYS.items() if key != 30}
    streets = read_streets(osm_file(PLAZA, ways, relations={5: (PLAZA_RING, square(name="广场"))}))
    # Corner to corner: 0.0003 degrees of longitude and 0.0008 of latitude to the outline (93 m), 0.0004 degrees of
    # longitude between the fountains (38 m). One fountain is joined to the outline, the other one to that.
    assert len(joints(streets)) == 2
    assert joints(streets)[0] in ([1, 5], [4, 8], [2, 10], [3, 11])
    assert joints(streets)[1] in ([6, 9], [7, 12])
    assert set(names(streets)) == {"广场"}
    assert streets.counts["inner rings of squares"] == 2
    assert streets.counts["joints across squares"] == 2
    assert_add_up(streets)


def test_no_joint_leads_over_a_hole_or_out_of_the_square(osm_file):
    # The first fountain is so long that every corner of the second sees the outline only past it on one side.
    nodes = PLAZA | {5: (120.6201, 31.3119), 6: (120.6211, 31.3119), 7: (120.6211, 31.3101), 8: (120.6201, 31.3101)}
    ways = {key: way for key, way in PLAZA_WAYS.items() if key != 30}
    streets = read_streets(osm_file(nodes, ways, relations={5: (PLAZA_RING, square())}))
    holes = [[nodes[k] for k in ring] for ring in ([5, 6, 7, 8], [9, 10, 11, 12])]
    ground = shapely.Polygon([nodes[k] for k in (1, 2, 3, 4)], holes)
    assert len(joints(streets)) == 2
    assert all(ground.covers(shapely.LineString([nodes[a], nodes[b]])) for a, b in joints(streets))


def test_rings_that_share_a_corner_are_joined_by_it(osm_file):
    ways = PLAZA_WAYS | {22: ([1, 6, 7, 1], {}), 23: ([7, 11, 12, 7], {})}
    streets = read_streets(osm_file(PLAZA, ways, relations={5: (PLAZA_RING, square())}))
    assert streets.counts["joints across squares"] == 0
    assert streets.counts["inner rings of squares"] == 2


def test_an_outline_that_the_file_cuts_joins_nothing_and_says_so(osm_file):
    ring = [*PLAZA_RING, ("way", 99, "outer")]
    ways = {key: way for key, way in PLAZA_WAYS.items() if key != 21}
    streets = read_streets(osm_file(PLAZA, ways, relations={5: (ring, square())}))
    assert streets.counts["inner rings of squares not joined"] == 2
    assert streets.counts["outlines of squares not in the file"] == 2
    assert_add_up(streets)


def test_helsinki_has_its_squares():
    streets = read_streets(HELSINKI)
    # The extract has 16 pedestrian and 9 footway multipolygons and a platform's; 2 service yards and a
    # court, all with foot=no, are none.
    counted = dict.fromkeys(("highway=pedestrian", "highway=footway", "highway=platform"), 0)
    for relation in osmium.FileProcessor(str(HELSINKI), osmium.osm.RELATION):
        tags = dict(relation.tags)
        key = f"highway={tags.get('highway')}"
        if tags.get("type") == "multipolygon" and key in counted:
            counted[key] += 1
    assert counted == {"highway=pedestrian": 16, "highway=footway": 9, "highway=platform": 1}
    counts = streets.counts
    assert counts["squares used"] == 26
    assert counts["squares read"] == 29
    assert counts["squares dropped: foot=no"] == 3
    # One of 26 outer ways is tagged as a platform itself, and walked as that.
    assert counts["outlines of squares"] == 25
    assert_add_up(streets)


# -- Bad files -------------------------------------------------------------------------------------


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(StreetsError, match=r"no such file.*circle15 fetch"):
        read_streets(tmp_path / "none.osm.pbf")
    (tmp_path / "folder.osm.pbf").mkdir()
    with pytest.raises(StreetsError, match="not a file"):
        read_streets(tmp_path / "folder.osm.pbf")
    (tmp_path / "gone.osm").symlink_to(tmp_path / "nowhere")
    with pytest.raises(StreetsError, match="not a file"):
        read_streets(tmp_path / "gone.osm")


@pytest.mark.parametrize("suffix", OSM_SUFFIXES)
def test_an_empty_file(tmp_path, suffix):
    path = tmp_path / f"empty{suffix}"
    path.touch()
    with pytest.raises(StreetsError, match=r"empty\S*: the file is empty \(0 bytes\)"):
        read_streets(path)


@pytest.mark.parametrize("suffix", OSM_SUFFIXES)
@pytest.mark.parametrize("kind", [b"\xff\xd8\xff\xe0 JPEG", b"PK\x03\x04zip", b"\x00" * 100, b'{"type": 1}', b"SQLite"])
def test_a_file_of_another_kind_behind_a_street_file_s_name(tmp_path, suffix, kind):
    path = tmp_path / f"other{suffix}"
    path.write_bytes(kind)
    with pytest.raises(StreetsError, match=re.escape(f"other{suffix}: the content is not {suffix}")) as caught:
        check_osm_file(path)
    assert repr(kind[:12]) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.osm", b"<!DOCTYPE html><html><body>503 Service Unavailable</body></html>"),
        ("track.osm", b'<?xml version="1.0"?><gpx version="1.1"><trk/></gpx>'),
        ("text.osm.gz", gzip.compress(b"name,lon,lat\n", mtime=0)),
        ("old.osm", b'<osm version="0.5"><node id="1" lat="1" lon="2"/></osm>'),
        ("lie.osm.pbf", b"\x00\x00\x00\x0e\x0a\x09OSMHeader\x18\x99\x01" + b"\x00" * 200),
    ],
)
def test_what_begins_right_and_goes_on_wrong(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(StreetsError, match=rf"{name}: .*(read to its end|no walkable way)"):
        read_streets(tmp_path / name)


@pytest.mark.parametrize("name", ["streets.txt", "streets", "osm", "streets.pbf.zip", "streets.shp", "TOWN.OSM"])
def test_a_name_that_no_street_file_has(tmp_path, name):
    (tmp_path / name).write_text("<osm/>")
    with pytest.raises(StreetsError, match=r"not a street file by its name.*\.osm\.pbf"):
        read_streets(tmp_path / name)


@pytest.mark.parametrize("suffix", OSM_SUFFIXES)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_file_cut_short(tmp_path, osm_file, suffix, share):
    nodes = {n: (120 + n / 1e4, 31.0) for n in range(1, 2000)}
    path = osm_file(nodes, {1: (list(nodes), STREET)}, name=f"whole{suffix}")
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(StreetsError, match=rf"cut{suffix}: .*damaged or cut short, download it again"):
        read_streets(cut)


def test_the_real_extract_cut_short(tmp_path):
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(HELSINKI.read_bytes()[:150_000])
    with pytest.raises(StreetsError, match="cut short"):
        read_streets(cut)


def test_no_walkable_way_no_way_and_no_object(osm_file):
    with pytest.raises(StreetsError, match="no walkable way among 1 ways"):
        read_streets(osm_file(ways={10: ([1, 2], {"highway": "motorway"})}))
    with pytest.raises(StreetsError, match="no walkable way among 0 ways"):
        read_streets(osm_file(ways={10: ([1, 2], {"building": "yes"})}))


def test_a_box_without_streets_is_named(osm_file):
    with pytest.raises(StreetsError, match=r"inside the study area \(24\.9, 60\.1, 25\.0, 60\.2\).*right extract"):
        read_streets(osm_file(), bbox=(24.9, 60.1, 25.0, 60.2))


def test_ways_that_come_before_their_nodes_are_read_like_others(tmp_path, osm_file):
    text = osm_xml(TOWN_NODES, TOWN_WAYS)
    head, *rest = text.splitlines()[1:-1]
    ways, nodes = [[line for line in rest if line.startswith(kind)] for kind in ("<way", "<node")]
    (tmp_path / "unsorted.osm").write_text("\n".join([head, *ways, *nodes, "</osm>"]), encoding="utf-8")
    unsorted, usual = read_streets(tmp_path / "unsorted.osm"), read_streets(osm_file())
    assert refs(unsorted) == refs(usual)
    assert unsorted.lon.tolist() == usual.lon.tolist()


def test_ways_without_any_node_of_theirs_are_told_apart_from_a_wrong_extract(osm_file):
    with pytest.raises(StreetsError, match=r"none of its 5 ways has two nodes with coordinates.*complete_ways"):
        read_streets(osm_file({99: (120.6, 31.3)}))


def test_a_file_that_may_not_be_read(osm_file, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    path = osm_file()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StreetsError, match=r"cannot be opened \(Permission denied\)"):
        read_streets(path)


def test_errors_are_what_callers_catch(tmp_path):
    with pytest.raises(ValueError, match="no such file"):
        read_streets(str(tmp_path / "none.osm"))


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


@pytest.mark.skipif(os.name != "posix", reason="limits the size of files as POSIX does")
def test_no_room_for_the_temporary_file():
    code = (
        "import sys; from circle15.sources.osm.streets import read_streets; from circle15.errors import OutputError\n"
        "try: read_streets(sys.argv[1])\n"
        "except OutputError as error: print('told:', error)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(HELSINKI)],
        capture_output=True,
        text=True,
        preexec_fn=_small_files,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.search(r"told: the temporary file .* could not be written .*TMPDIR", ran.stdout)


def test_no_folder_for_the_temporary_file(osm_file, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(OutputError, match=r"no temporary file can be written.*TMPDIR"):
        read_streets(osm_file())


def test_nothing_is_left_behind(osm_file, monkeypatch, tmp_path):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    path = osm_file()
    read_streets(path)
    path.write_text(path.read_text(encoding="utf-8")[:-50], encoding="utf-8")
    with pytest.raises(StreetsError):
        read_streets(path)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_the_order_of_ways_and_nodes_in_the_file_does_not_matter_for_the_nodes(osm_file):
    one = read_streets(osm_file(name="one.osm"))
    nodes = dict(sorted(TOWN_NODES.items(), reverse=True))
    other = read_streets(osm_file(nodes, dict(sorted(TOWN_WAYS.items(), reverse=True)), name="other.osm"))
    assert np.array_equal(one.node_id, other.node_id)
    assert np.array_equal(one.lon, other.lon)
    assert sorted(refs(one)) == sorted(refs(other))
