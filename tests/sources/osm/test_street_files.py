"""What a street file says twice, takes back or says of an impossible place: left out and counted, or refused."""

from __future__ import annotations

import gzip
import itertools
import subprocess
import sys

import osmium
import pytest

from circle15.errors import StreetsError
from circle15.model import Moment, NodeFlag
from circle15.sources.osm.facilities import read_osm_facilities
from circle15.sources.osm.places import read_context
from circle15.sources.osm.streets import read_streets
from tests.towns.pack_files import TOWN_NODES, TOWN_WAYS, osm_xml

STREET = {"highway": "residential"}
TOWN = osm_xml(TOWN_NODES, TOWN_WAYS)
CLINIC = '<tag k="amenity" v="clinic"/>'
SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf")


def refs(streets):
    ids = streets.node_id[streets.way_node].tolist()
    return [ids[a:b] for a, b in zip(streets.way_start[:-1], streets.way_start[1:], strict=True)]


@pytest.fixture
def street_file(tmp_path):
    """Write a text as a street file; packed by osmium where it is not plain."""

    def write(text, name="streets.osm"):
        plain = tmp_path / "plain.osm"
        plain.write_text(text, encoding="utf-8")
        if name.endswith(".osm"):
            return plain.rename(tmp_path / name)
        with osmium.SimpleWriter(str(tmp_path / name)) as writer:
            osmium.apply(osmium.io.Reader(str(plain)), writer)
        plain.unlink()
        return tmp_path / name

    return write


def added(*lines):
    return TOWN.replace("</osm>", "\n".join([*lines, "</osm>"]))


def way(number, nodes, attributes="", tags='<tag k="highway" v="residential"/>'):
    inside = "".join(f'<nd ref="{node}"/>' for node in nodes)
    return f'<way id="{number}" {attributes}>{inside}{tags}</way>'


# -- Places that are none --------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("lon", "lat"), [(120.62, 95.0), (120.62, -90.5), (200.0, 31.31), (-180.1, 31.31)])
def test_a_node_off_the_globe_is_a_refusal_that_names_it(osm_file, suffix, lon, lat):
    nodes = TOWN_NODES | {5: (lon, lat)}
    path = osm_file(nodes, node_tags={5: {"amenity": "clinic"}}, name=f"s{suffix}")
    for read in (read_streets, lambda path: read_osm_facilities(path, ["clinic"])):
        with pytest.raises(
            StreetsError, match=rf"s{suffix}: node 5 lies at lon {lon:g}, lat {lat:g}.*globe.*JOSM"
        ) as told:
            read(path)
        assert "节点 5" in told.value.zh


def test_a_process_outlives_a_node_off_the_globe(osm_file):
    code = (
        "import sys; from circle15.sources.osm.streets import read_streets\n"
        "try: read_streets(sys.argv[1])\n"
        "except ValueError as error: print('told:', error)"
    )
    path = osm_file(TOWN_NODES | {5: (120.62, 95.0)})
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("told: streets.osm: node 5 lies at")


def test_a_node_of_no_street_may_lie_where_it_will(osm_file):
    assert read_streets(osm_file(TOWN_NODES | {50: (120.62, 95.0)})).n_ways == len(TOWN_WAYS)


@pytest.mark.parametrize("value", ["x", "3466000", "31,31", ""])
def test_a_coordinate_that_is_no_number_of_degrees_names_its_node(street_file, value):
    path = street_file(added(f'<node id="77" lat="{value}" lon="120.6"/>'))
    with pytest.raises(
        StreetsError, match=rf"streets.osm: node 77: the coordinate '{value}' is no longitude.*degrees"
    ) as told:
        read_streets(path)
    assert "节点 77" in told.value.zh


def test_bounds_that_are_no_number_are_named(street_file):
    text = TOWN.replace('<osm version="0.6">', f'<osm version="0.6">{BOUNDS.format("?", 120.6, 31.4, 120.7)}')
    with pytest.raises(StreetsError, match=r"the header's bounds: the coordinate '\?' is no longitude"):
        read_streets(street_file(text))


def test_a_way_that_places_its_own_node_off_the_globe_names_it(street_file):
    text = added('<way id="77"><nd ref="1"/><nd ref="78" lat="95" lon="120.6"/><tag k="highway" v="path"/></way>')
    with pytest.raises(StreetsError, match=r"node 78 lies at lon 120\.6, lat 95"):
        read_streets(street_file(text))


@pytest.mark.parametrize("read", [read_streets, lambda path: read_osm_facilities(path, ["clinic"])])
def test_a_tag_longer_than_allowed_is_no_damage(street_file, read):
    path = street_file(added(way(77, [1, 2], tags='<tag k="name" v="{}"/>'.format("路" * 400))))
    with pytest.raises(StreetsError, match=r"way 77 has a tag that is longer.*not damaged, shorten the tag") as told:
        read(path)
    assert "文件没有损坏" in told.value.zh


# -- What stands twice -----------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_objects_that_stand_twice_alike_count_once(street_file, suffix):
    lines = [line for line in TOWN.splitlines() if line.startswith(("<node", "<way"))]
    streets = read_streets(street_file(added(*lines), f"s{suffix}"))
    once = read_streets(street_file(TOWN, f"once{suffix}"))
    assert refs(streets) == refs(once)
    counts = streets.counts
    assert (counts["nodes that stand twice"], counts["ways that stand twice"]) == (6, 5)
    assert counts["ways read"] == 10
    assert counts["dropped: stands twice"] == 5


def test_a_way_thrice(street_file):
    streets = read_streets(street_file(added(way(90, [1, 5]), way(90, [1, 5], 'version="3"'), way(90, [1, 5]))))
    assert streets.counts["ways that stand twice"] == 2
    assert refs(streets).count([1, 5]) == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            '<node id="5" lon="120.7" lat="31.4"/>',
            r"node 5 lies at two places \(lon 120\.621, 31\.311 and 120\.7, 31\.4",
        ),
        (way(12, [1, 5], tags='<tag k="highway" v="footway"/>'), "way 12 stands twice with different contents"),
        (way(12, [1, 4], tags='<tag k="highway" v="steps"/>'), "way 12 stands twice with different contents"),
        ('<node id="5" lon="120.621" lat="31.311"><tag k="barrier" v="gate"/></node>', "node 5 stands twice with diff"),
    ],
)
def test_one_id_for_two_things_is_refused(street_file, line, says):
    for suffix in SUFFIXES:
        with pytest.raises(StreetsError, match=rf"s{suffix}: {says}.*keep the right one") as told:
            read_streets(street_file(added(line), f"s{suffix}"))
        assert "请只保留正确的一个" in told.value.zh


@pytest.mark.parametrize("later", ["", 'visible="false"', 'visible="true"'])
@pytest.mark.parametrize("kind", ["way", "node"])
def test_two_versions_of_one_id_are_refused_by_every_reader(street_file, kind, later):
    first, second = (
        (way(90, [1, 5], 'version="1"'), f'<way id="90" version="2" {later}/>')
        if kind == "way"
        else (
            f'<node id="90" lon="120.62" lat="31.31" version="1">{CLINIC}</node>',
            f'<node id="90" lon="120.62" lat="31.31" version="2" {later}/>',
        )
    )
    path = street_file(added(first, second))
    for read in (read_streets, read_context, lambda path: read_osm_facilities(path, ["clinic"])):
        with pytest.raises(StreetsError, match=rf"{kind} 90 stands in several versions \(1, 2\).*time-filter") as told:
            read(path)
        assert "多个版本" in told.value.zh


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_street_under_two_ids_counts_once_whatever_the_order(osm_file, order):
    """Way 11 lies on a part of way 10, turned round, and has the name; way 12 is another class and stays."""
    ways = {10: ([1, 2, 3], STREET), 11: ([3, 2], STREET | {"name": "平江路"})}
    ways = {key: ways[key] for key in (list(ways)[k] for k in order)} | {12: ([1, 2], {"highway": "footway"})}
    streets = read_streets(osm_file(ways=ways))
    named = {tuple(sorted(r)): streets.names[k] for r, k in zip(refs(streets), streets.way_name, strict=True)}
    assert sorted(map(sorted, refs(streets))) == [[1, 2], [1, 2], [2, 3]]
    assert named[2, 3] == "平江路"
    assert streets.counts["stretches that stand twice"] == 1
    assert streets.counts["metres that stand twice"] == 95  # 0.001 degrees across at 31.31 degrees north


def test_two_moving_stairs_side_by_side_are_two(osm_file):
    stairs = {"highway": "steps", "conveying": "forward"}
    streets = read_streets(osm_file(ways={10: ([1, 2], stairs), 11: ([2, 1], stairs), 12: ([1, 2], stairs)}))
    assert sorted(refs(streets)) == [[1, 2], [2, 1]]


def test_the_edge_between_two_squares_is_one_and_no_fault(osm_file):
    square = {"highway": "pedestrian", "area": "yes"}
    streets = read_streets(osm_file(ways={10: ([1, 2, 5, 4, 1], square), 11: ([2, 3, 6, 5, 2], square)}))
    steps = [frozenset(pair) for r in refs(streets) for pair in itertools.pairwise(r)]
    assert len(steps) == len(set(steps)) == 7
    assert streets.counts["stretches that stand twice"] == 0


# -- What was taken back ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark", ['action="delete"', "action='delete' visible='true' version='3'", 'visible="false" version="4"']
)
@pytest.mark.parametrize("suffix", [".osm", ".osm.gz"])
def test_deleted_objects_are_left_out_and_counted(tmp_path, mark, suffix):
    text = added(way(20, [1, 5], mark), f'<node id="90" lon="120.62" lat="31.31" {mark}>{CLINIC}</node>')
    path = tmp_path / f"s{suffix}"
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    streets = read_streets(path)
    assert [1, 5] not in refs(streets)
    assert streets.counts["dropped: deleted"] == 1
    assert streets.counts["ways read"] == len(TOWN_WAYS) + 1
    assert list(read_osm_facilities(path, ["clinic"]).index) == []


def test_a_deleted_gate_is_none_and_a_deleted_node_parts_its_street(street_file):
    text = TOWN.replace(
        '<node id="2" lon="120.621" lat="31.31">',
        '<node id="2" lon="120.621" lat="31.31" action="delete"><tag k="barrier" v="gate"/>',
    )
    streets = read_streets(street_file(text))
    assert [1, 2, 3] not in refs(streets)
    assert not (streets.node_flags & NodeFlag.GATE).any()
    assert streets.counts["ways parted at missing nodes"] == 1


def test_deleted_buildings_and_their_areas_are_left_out(street_file):
    house = way(90, [1, 2, 5, 4, 1], "{}", tags='<tag k="building" v="yes"/>')
    for mark in ('action="delete"', 'visible="false"'):
        frames = read_context(street_file(added(house.format(mark))), layers=["buildings"])
        assert len(frames["buildings"]) == 0
    assert len(read_context(street_file(added(house.format(""))), layers=["buildings"])["buildings"]) == 1


def test_an_action_in_a_tag_or_another_action_deletes_nothing(street_file):
    text = added(
        way(20, [1, 5], 'action="modify"', tags='<tag k="highway" v="path"/><tag k="note" v="action=delete"/>')
    )
    assert [1, 5] in refs(read_streets(street_file(text)))


@pytest.mark.parametrize("mark", ['action="delete"', 'visible="false"'])
def test_a_file_of_deleted_ways_only_is_a_refusal_of_its_own(street_file, mark):
    text = TOWN.replace("<way ", f"<way {mark} ")
    with pytest.raises(StreetsError, match=r"all of its 5 ways are marked as deleted.*undo the deletion") as told:
        read_streets(street_file(text))
    assert "都已标记为删除" in told.value.zh


# -- Coordinates on ways, new nodes ----------------------------------------------------------------


def test_a_pbf_with_coordinates_on_its_ways_alone_is_read(osm_file, tmp_path):
    target = tmp_path / "low.osm.pbf"
    writer = osmium.SimpleWriter(osmium.io.File(str(target), "pbf,locations_on_ways=true"))
    index = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    plain = osm_file()
    ways = osmium.filter.EntityFilter(osmium.osm.WAY)
    osmium.apply(osmium.io.Reader(str(plain), osmium.osm.NODE | osmium.osm.WAY), index, ways, writer)
    writer.close()
    low, usual = read_streets(target), read_streets(plain)
    assert refs(low) == refs(usual)
    assert (low.lon.tolist(), low.lat.tolist()) == (usual.lon.tolist(), usual.lat.tolist())


def test_an_xml_file_with_coordinates_on_its_ways_is_read(street_file):
    line = '<way id="1"><nd ref="8" lat="31.31" lon="120.62"/><nd ref="9" lat="31.32" lon="120.62"/>{}</way>'
    text = '<osm version="0.6">{}</osm>'.format(line.format('<tag k="highway" v="path"/>'))
    streets = read_streets(street_file(text))
    assert (refs(streets), streets.lat.tolist()) == ([[8, 9]], [31.31, 31.32])


def test_ways_that_place_one_node_differently_are_refused(street_file):
    line = '<way id="{}"><nd ref="8" lat="{}" lon="120.62"/><nd ref="9" lat="31.32" lon="120.62"/>'
    line += '<tag k="highway" v="path"/></way>'
    text = f'<osm version="0.6">{line.format(1, 31.31)}{line.format(2, 31.35)}</osm>'
    with pytest.raises(StreetsError, match=r"node 8 lies at two places"):
        read_streets(street_file(text))


def test_a_new_way_joins_an_old_one_at_a_new_node(osm_file):
    """Drawn in JOSM and not uploaded: way -20 from 1 to -9, a new node on way 11 between 4 and 5."""
    nodes = TOWN_NODES | {-9: (120.6205, 31.311)}
    ways = {11: ([4, -9, 5, 6], STREET), -20: ([1, -9], {"highway": "footway"})}
    streets = read_streets(osm_file(nodes, ways))
    assert refs(streets) == [[4, -9, 5, 6], [1, -9]]


# -- Joints mapped twice ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "joined"),
    [
        ({}, True),
        ({"bridge": "yes"}, False),
        ({"tunnel": "yes"}, False),
        ({"layer": "1"}, False),
        ({"level": "2"}, False),
        ({"level": "0;1"}, True),
        ({"bridge": "no"}, True),
    ],
)
def test_two_nodes_at_one_place_are_one_joint_unless_on_two_storeys(osm_file, tags, joined):
    nodes = TOWN_NODES | {22: TOWN_NODES[2]}
    streets = read_streets(
        osm_file(nodes, {10: ([1, 2, 3], STREET), 11: ([22, 5], STREET | tags)}, node_tags={22: {"barrier": "gate"}})
    )
    assert refs(streets) == [[1, 2, 3], [2 if joined else 22, 5]]
    assert streets.counts["joints joined"] == joined
    assert (
        dict(zip(streets.node_id.tolist(), streets.node_flags.tolist(), strict=True))[2 if joined else 22]
        == NodeFlag.GATE
    )


def test_three_nodes_at_one_place_are_one_and_a_ten_millionth_apart_are_two(osm_file):
    lon, lat = TOWN_NODES[2]
    nodes = TOWN_NODES | {22: (lon, lat), 23: (lon, lat), 24: (lon + 1e-7, lat)}
    ways = {10: ([1, 2], STREET), 11: ([22, 5], STREET), 12: ([23, 3], STREET), 13: ([24, 6], STREET)}
    streets = read_streets(osm_file(nodes, ways))
    assert refs(streets) == [[1, 2], [2, 5], [2, 3], [24, 6]]
    assert streets.counts["joints joined"] == 2


# -- The header's box ------------------------------------------------------------------------------

BOUNDS = '<bounds minlat="{}" minlon="{}" maxlat="{}" maxlon="{}"/>'


@pytest.mark.parametrize(
    ("bounds", "box"),
    [
        ("", None),
        (BOUNDS.format(31.3, 120.6, 31.4, 120.7), (120.6, 31.3, 120.7, 31.4)),
        (BOUNDS.format(31.4, 120.6, 31.3, 120.7), None),
        (BOUNDS.format(31.3, 120.7, 31.4, 120.6), None),
        (BOUNDS.format(31.3, 120.6, 91, 120.7), None),
        (
            BOUNDS.format(31.3, 120.6, 31.31, 120.7) + BOUNDS.format(31.31, 120.61, 31.4, 120.8),
            (120.6, 31.3, 120.8, 31.4),
        ),
    ],
)
def test_the_box_of_the_header(street_file, bounds, box):
    text = TOWN.replace('<osm version="0.6">', f'<osm version="0.6">{bounds}')
    assert read_streets(street_file(text)).bounds == box


def test_a_pbf_has_its_box_in_the_header(street_file):
    text = TOWN.replace('<osm version="0.6">', f'<osm version="0.6">{BOUNDS.format(31.3, 120.6, 31.4, 120.7)}')
    path = street_file(text)
    target = path.with_suffix(".osm.pbf")
    header = osmium.io.Header()
    header.add_box(osmium.osm.Box(osmium.osm.Location(120.6, 31.3), osmium.osm.Location(120.7, 31.4)))
    with osmium.SimpleWriter(str(target), 4 << 20, header) as writer:
        osmium.apply(osmium.io.Reader(str(path)), writer)
    assert read_streets(target).bounds == (120.6, 31.3, 120.7, 31.4)


def test_a_box_smaller_than_the_data_is_not_used_and_counted(street_file):
    bounds = BOUNDS.format(31.305, 120.615, 31.3105, 120.6205)  # holds node 1 alone: ways 10 and 12
    streets = read_streets(street_file(TOWN.replace('<osm version="0.6">', f'<osm version="0.6">{bounds}')))
    assert streets.bounds is None
    assert streets.counts["ways outside the header's box"] == 3


# -- Hours, bars and squares of such files ---------------------------------------------------------

NIGHTS = "no @ (22:00-06:00)"
SHUT_AT = Moment(weekday=0, minute=23 * 60)


def shut_refs(streets):
    """The node ids of each stretch that is shut at night, and the nodes that are."""
    ways, nodes = streets.hours.shut(SHUT_AT)
    return [refs(streets)[way] for way in ways.tolist()], streets.node_id[nodes].tolist()


def test_both_parts_of_a_way_keep_its_hours(osm_file):
    ways = {9: ([1, 4], STREET), 10: ([1, 2, 99, 3, 6], STREET | {"foot:conditional": NIGHTS}), 11: ([5, 6], STREET)}
    streets = read_streets(osm_file(ways=ways))
    assert refs(streets) == [[1, 4], [1, 2], [3, 6], [5, 6]]
    assert shut_refs(streets) == ([[1, 2], [3, 6]], [])
    assert streets.counts["further parts of ways"] == 1


def test_hours_follow_their_way_when_doubles_are_dropped(osm_file):
    timed = STREET | {"foot:conditional": NIGHTS}
    ways = {9: ([1, 2], STREET), 10: ([1, 2], STREET), 11: ([2, 3], timed), 12: ([2, 3], timed), 13: ([3, 6], timed)}
    streets = read_streets(osm_file(ways=ways))
    assert refs(streets) == [[1, 2], [2, 3], [3, 6]]
    assert shut_refs(streets) == ([[2, 3], [3, 6]], [])


@pytest.mark.parametrize("order", [1, -1])
def test_ways_alike_but_for_their_hours_are_two(osm_file, order):
    some = [STREET, STREET | {"foot:conditional": NIGHTS}][::order]
    streets = read_streets(osm_file(ways={9: ([1, 2], some[0]), 10: ([1, 2], some[1])}))
    assert streets.n_ways == 2
    assert shut_refs(streets) == ([[1, 2]], [])


def test_two_nodes_of_one_joint_are_open_when_both_are(osm_file):
    nodes = TOWN_NODES | {22: TOWN_NODES[2]}
    gates = {
        2: {"barrier": "gate", "foot:conditional": NIGHTS},
        22: {"barrier": "gate", "opening_hours": "08:00-23:30"},
    }
    streets = read_streets(osm_file(nodes, {9: ([1, 2], STREET), 10: ([22, 3], STREET)}, node_tags=gates))
    assert refs(streets) == [[1, 2], [2, 3]]
    open_at = [not streets.hours.shut(Moment(weekday=2, minute=60 * hour))[1].size for hour in (5, 7, 8, 21, 22, 23)]
    assert open_at == [False, False, True, True, False, False]


@pytest.mark.parametrize("barred", [2, 22])
def test_a_joint_is_barred_by_either_of_its_nodes(osm_file, barred):
    nodes = TOWN_NODES | {22: TOWN_NODES[2]}
    ways = {9: ([1, 2], STREET), 10: ([22, 3], STREET)}
    streets = read_streets(osm_file(nodes, ways, node_tags={barred: {"barrier": "gate", "foot": "no"}}))
    assert (streets.node_flags[streets.node_id == 2] & NodeFlag.BARRED).tolist() == [NodeFlag.BARRED]
    assert streets.counts["nodes barred: foot=no"] == 1


def test_a_parted_road_with_a_path_beside_counts_once(osm_file):
    # A path runs beside the part from 1 to 2, which goes; none runs beside 3 to 6: the way itself is kept.
    road = STREET | {"foot": "use_sidepath"}
    near = {
        **TOWN_NODES,
        21: (TOWN_NODES[1][0], TOWN_NODES[1][1] + 1e-4),
        22: (TOWN_NODES[2][0], TOWN_NODES[2][1] + 1e-4),
    }
    path = {"highway": "footway"}
    ways = {9: ([1, 2, 99, 3, 6], road), 10: ([1, 21, 22, 2], path), 11: ([1, 4], STREET)}
    streets = read_streets(osm_file(near, ways))
    assert refs(streets) == [[3, 6], [1, 21, 22, 2], [1, 4]]
    counts = streets.counts
    assert (counts["ways read"], counts["ways kept"], counts["further parts of ways"]) == (3, 3, 0)
    assert counts["dropped: foot=use_sidepath"] == 0
    assert counts["metres beside: foot=use_sidepath"] > 0


SQUARE = {31: (0.0, 0.0), 32: (0.001, 0.0), 33: (0.001, 0.001), 34: (0.0, 0.001)}
POND = {41: (0.0004, 0.0004), 42: (0.0006, 0.0004), 43: (0.0005, 0.0006)}


@pytest.mark.parametrize("order", ["nwr", "wnr"])
def test_the_pond_of_a_square_is_joined_in_files_of_every_order(street_file, order):
    members = '<member type="way" ref="51" role="outer"/><member type="way" ref="52" role="inner"/>'
    tags = '<tag k="type" v="multipolygon"/><tag k="highway" v="pedestrian"/>'
    blocks = {
        "n": "".join(f'<node id="{-n}" lon="{lon}" lat="{lat}"/>' for n, (lon, lat) in (SQUARE | POND).items()),
        "w": way(51, [-31, -32, -33, -34, -31], tags="") + way(52, [-41, -42, -43, -41], tags=""),
        "r": f'<relation id="61">{members}{tags}</relation>',
    }
    streets = read_streets(street_file('<osm version="0.6">' + "".join(blocks[kind] for kind in order) + "</osm>"))
    # The nearest corners are 0.0004 degrees apart both ways: 41 and 31.
    assert [sorted(line) for line in refs(streets) if len(line) == 2] == [[-41, -31]]
    assert streets.counts["joints across squares"] == 1
