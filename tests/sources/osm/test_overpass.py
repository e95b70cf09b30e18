"""Fetching streets, against a server of our own on the loopback: nothing here asks the real network."""

from __future__ import annotations

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import osmium
import pytest
import shapely

from circle15.errors import FetchError, OutputError, SettingError
from circle15.sources.osm.overpass import WALKABLE, Servers, fetch_streets
from circle15.sources.osm.streets import read_streets

TOWN = shapely.box(120.62, 31.31, 120.63, 31.32)
HOSTILE = '"><node id="9"/>&lt;{{7*7}}${x}`</script>\n]]>'

# Two ways that share node 2; the gate stands on it.   1 --- 2(gate) --- 3
#                                                             |
#                                                             4
ELEMENTS = [
    {"type": "way", "id": 11, "nodes": [2, 4], "tags": {"highway": "steps"}},
    {"type": "way", "id": 10, "nodes": [1, 2, 3], "tags": {"highway": "residential", "name": "平江路"}},
    {"type": "node", "id": 3, "lat": 31.315, "lon": 120.627},
    {"type": "node", "id": 1, "lat": 31.315, "lon": 120.625},
    {"type": "node", "id": 2, "lat": 31.315, "lon": 120.626, "tags": {"barrier": "gate"}},
    {"type": "node", "id": 4, "lat": 31.314, "lon": 120.626},
]


def answer(elements=ELEMENTS, **more):
    base = {"osm3s": {"timestamp_osm_base": "2024-05-01T00:00:00Z"}, "elements": elements}
    return 200, {}, json.dumps(base | more).encode()


@dataclass
class Overpass:
    """Gives its replies in turn, the last one for ever, and remembers what was asked."""

    replies: list[tuple[int, dict[str, str], bytes]]
    asked: list[str] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        script = self.server.script
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        script.asked.append(parse_qs(body)["data"][0])
        self._reply(*script.replies[min(len(script.asked), len(script.replies)) - 1])

    def do_GET(self):
        found = [
            {
                "boundingbox": ["31.31", "31.32", "120.62", "120.63"],
                "importance": 0.5,
                "lat": "31.315",
                "lon": "120.625",
                "geojson": shapely.geometry.mapping(TOWN),
            }
        ]
        self._reply(200, {}, json.dumps(found if "Gusu" in self.path else []).encode())

    def _reply(self, status, headers, content):
        self.send_response(status)
        for key, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def overpass():
    """A server whose replies the test sets."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.script = Overpass(replies=[answer()], url=f"http://127.0.0.1:{server.server_port}/api")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.script
    server.shutdown()
    server.server_close()
    thread.join()


def ask(overpass, to, area=TOWN, **more):
    servers = Servers(
        overpass_url=overpass.url, nominatim_url=overpass.url + "/", attempts=2, pause_s=0.01, timeout_s=5
    )
    return fetch_streets(area, buffer_m=100.0, to=to, servers=servers, **more)


def written(path):
    """Everything in an OSM file: {id: (coordinates, tags)} and {id: (refs, tags)}."""
    nodes, ways = {}, {}
    for thing in osmium.FileProcessor(str(path)):
        tags = {tag.k: tag.v for tag in thing.tags}
        if thing.is_node():
            nodes[thing.id] = ((thing.lon, thing.lat), tags)
        else:
            ways[thing.id] = ([ref.ref for ref in thing.nodes], tags)
    return nodes, ways


@pytest.mark.parametrize("name", ["streets.osm", "streets.osm.gz", "streets.osm.bz2", "streets.osm.pbf"])
def test_a_good_answer_becomes_a_file_that_holds_all_of_it(overpass, tmp_path, name):
    path = ask(overpass, tmp_path / "pack" / name)
    nodes, ways = written(path)
    assert nodes[2] == ((120.626, 31.315), {"barrier": "gate"})
    assert ways == {10: ([1, 2, 3], {"highway": "residential", "name": "平江路"}), 11: ([2, 4], {"highway": "steps"})}
    assert sorted(found.name for found in path.parent.iterdir()) == [name, f"{name}.source.json"]


def test_the_reader_of_streets_reads_it(overpass, tmp_path):
    streets = read_streets(ask(overpass, tmp_path / "streets.osm.gz"))
    assert streets.n_ways == 2
    assert "平江路" in streets.names
    assert (streets.node_flags != 0).sum() == 1  # the gate


def test_the_record_tells_what_was_asked_and_when(overpass, tmp_path):
    path = ask(overpass, tmp_path / "streets.osm")
    record = json.loads(path.with_name("streets.osm.source.json").read_text(encoding="utf-8"))
    assert record["osm_date"] == "2024-05-01T00:00:00Z"
    assert record["endpoint"] == overpass.url
    assert record["queries"] == overpass.asked
    assert (record["ways"], record["nodes"]) == (2, 4)
    assert record["fetched"][:2] == "20"
    assert [clause for clause, query in zip(WALKABLE, overpass.asked, strict=True) if clause in query] == list(WALKABLE)


def test_the_query_reaches_beyond_the_area_by_the_buffer(overpass, tmp_path):
    ask(overpass, tmp_path / "streets.osm")
    corners = overpass.asked[0].split("poly:'")[1].split("'")[0].split()
    south, west = min(map(float, corners[::2])), min(map(float, corners[1::2]))
    # 100 m are 0.0009 degrees of latitude and 0.00105 of longitude there; OSMnx adds 500 m more.
    assert south < 31.31 - 0.0009
    assert west < 120.62 - 0.00105
    assert south > 31.31 - 0.01


def test_a_place_is_looked_up_by_its_name(overpass, tmp_path):
    path = ask(overpass, tmp_path / "streets.osm", "Gusu, Suzhou")
    assert json.loads((tmp_path / "streets.osm.source.json").read_text(encoding="utf-8"))["place"] == "Gusu, Suzhou"
    assert written(path)[1]
    with pytest.raises(FetchError, match=r"Nowhere.*city\.toml"):
        ask(overpass, tmp_path / "other.osm", "Nowhere")


def test_the_same_way_in_two_answers_is_written_once(overpass, tmp_path):
    ask(overpass, tmp_path / "streets.osm")
    assert len(overpass.asked) == len(WALKABLE)  # three answers, each with both ways
    assert len(written(tmp_path / "streets.osm")[1]) == 2


REFUSED = {
    "remark": (answer(remark="runtime error: Query timed out"), "partial answer.*timed out"),
    "remark, late": (answer(elements=[], remark="rate"), "partial"),
    "empty": (answer(elements=[]), "no street"),
    "nodes only": (answer(elements=ELEMENTS[2:]), "no street"),
    "cut short": ((200, {}, json.dumps({"elements": ELEMENTS}).encode()[:150]), "cut short or no JSON"),
    "fewer bytes than promised": ((200, {"Content-Length": "9999"}, b'{"elements": []}'), "no complete answer"),
    "a web page": ((200, {}, b"<html>login</html>"), "<html>"),
    "a list": ((200, {}, b"[]"), "not an object"),
    "nested too deep": ((200, {}, b"[" * 200_000), "cut short or no JSON"),
    "no elements": ((200, {}, b"{}"), "no list of elements"),
    "an element without id": (answer(elements=[{"type": "way"}]), "without an id"),
    "a missing node": (answer(elements=ELEMENTS[:3]), "way 10 lacks 2 of its nodes"),
    "a way of nothing": (answer(elements=[{"type": "way", "id": 1}]), "lacks all of its nodes"),
    "off the globe": (
        answer(elements=[*ELEMENTS, {"type": "node", "id": 5, "lat": 3466000.0, "lon": 0}]),
        "not on the",
    ),
    "not a number": (
        answer(elements=[*ELEMENTS, {"type": "node", "id": 5, "lat": float("nan"), "lon": 0}]),
        "not on the",
    ),
    "forbidden": ((403, {}, b"go away"), "403"),
    "too many requests": ((429, {}, b""), "busy 2 times in a row.*429"),
    "gateway timeout": ((504, {"Retry-After": "0"}, b""), "busy 2 times in a row.*504"),
}


@pytest.mark.parametrize(("reply", "says"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_whole_is_refused_and_nothing_is_written(overpass, tmp_path, reply, says):
    overpass.replies[:] = [reply]
    (tmp_path / "streets.osm").write_text("yesterday's")
    with pytest.raises(FetchError, match=says) as caught:
        ask(overpass, tmp_path / "streets.osm")
    assert ".osm.pbf" in str(caught.value)  # the way that needs no network
    assert [found.name for found in tmp_path.iterdir()] == ["streets.osm"]
    assert (tmp_path / "streets.osm").read_text() == "yesterday's"


def test_a_remark_in_the_last_of_several_answers_spoils_all(overpass, tmp_path):
    overpass.replies[:] = [answer(), answer(), answer(remark="out of memory")]
    with pytest.raises(FetchError, match="out of memory"):
        ask(overpass, tmp_path / "streets.osm")
    assert not list(tmp_path.iterdir())


def test_a_busy_server_is_asked_again(overpass, tmp_path):
    overpass.replies[:] = [(429, {"Retry-After": "0"}, b""), answer()]
    assert written(ask(overpass, tmp_path / "streets.osm"))[1]
    assert len(overpass.asked) == 1 + len(WALKABLE)


def test_no_server_at_all(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = Servers(overpass_url=f"http://127.0.0.1:{port}/api", attempts=1)
    with pytest.raises(FetchError, match="no complete answer") as caught:
        fetch_streets(TOWN, buffer_m=0.0, to=tmp_path / "streets.osm", servers=servers)
    assert isinstance(caught.value, ConnectionError)


def test_hostile_tags_stay_tags(overpass, tmp_path):
    tags = {"highway": "footway", "name": HOSTILE, "a\x00\ud800b": "\x1b[31m", "long": "长" * 5000, "number": 7}
    overpass.replies[:] = [answer([{**ELEMENTS[0], "tags": tags}, *ELEMENTS[1:]])]
    for name in ("streets.osm", "streets.osm.pbf"):
        nodes, ways = written(ask(overpass, tmp_path / name))
        assert sorted(nodes) == [1, 2, 3, 4]  # no node 9 was smuggled in
        assert ways[11][1] == {
            "highway": "footway",
            "name": HOSTILE,
            "a\ufffd\ufffdb": "\ufffd[31m",
            "long": "长" * 255,
            "number": "7",
        }


def test_osmnx_is_left_as_it_was(overpass, tmp_path):
    import osmnx as ox

    before = {key: value for key, value in vars(ox.settings).items() if not key.startswith("_")}
    resolver = socket.getaddrinfo
    ask(overpass, tmp_path / "streets.osm")
    overpass.replies[:] = [answer(remark="no")]
    with pytest.raises(FetchError):
        ask(overpass, tmp_path / "streets.osm")
    assert {key: value for key, value in vars(ox.settings).items() if not key.startswith("_")} == before
    assert socket.getaddrinfo is resolver


@pytest.mark.parametrize(
    ("area", "more", "says"),
    [
        (TOWN, {"network_filter": ['["highway"];out;']}, "way filter"),
        (TOWN, {"network_filter": []}, "list of Overpass"),
        (TOWN, {"network_filter": '["highway"]'}, "way filter"),
        (shapely.box(557_000, 3_466_000, 558_000, 3_467_000), {}, "not degrees"),
        (shapely.Point(120, 31), {}, "no valid polygon"),
        (shapely.box(100, 20, 120, 40), {}, "use an extract"),
    ],
)
def test_what_cannot_be_asked_is_not_asked(overpass, tmp_path, area, more, says):
    with pytest.raises(SettingError, match=says):
        ask(overpass, tmp_path / "streets.osm", area, **more)
    assert not overpass.asked


@pytest.mark.parametrize("buffer_m", [-1.0, float("nan"), float("inf"), 1e6])
def test_a_buffer_is_a_number_of_metres(tmp_path, buffer_m):
    with pytest.raises(SettingError, match="buffer_m"):
        fetch_streets(TOWN, buffer_m=buffer_m, to=tmp_path / "streets.osm")


def test_the_file_must_be_of_a_kind_that_can_be_read_again(tmp_path):
    with pytest.raises(SettingError, match=r"\.osm\.gz"):
        fetch_streets(TOWN, buffer_m=0.0, to=tmp_path / "streets.json")


def test_a_file_in_the_way_of_the_folder(overpass, tmp_path):
    (tmp_path / "pack").write_text("I am a file")
    with pytest.raises(OutputError, match="could not be written"):
        ask(overpass, tmp_path / "pack" / "streets.osm")
