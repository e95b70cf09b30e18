"""One small pack for each kind of fault that a planner can make: `check` tells it once, with what to do."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from circle15.render.check.terminal import check_lines
from circle15.study.loading import check_city
from tests.towns.pack_files import (
    CITY_TOML,
    HEADER,
    SITES,
    TOWN_NODES,
    TOWN_WAYS,
    community,
    feature,
    geojson,
    osm_xml,
    town_communities,
    write_csv,
)

ALWAYS = {"undetermined-service", "streets-end-early", "table-columns"}
"""What is told of the sound town too: five services without a list, streets of two hundred metres, headers read."""
WRONG_ZONE = '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}, "features"'
METRES = {"type": "Polygon", "coordinates": [[[5e5, 3465e3], [5e5 + 200, 3465e3], [5e5, 3465e3 + 200], [5e5, 3465e3]]]}
OTHER_WAY = '<way id="11"><nd ref="4"/><nd ref="6"/><tag k="highway" v="path"/></way>'
VILLAGE = [feature(METRES, community_id="w", name="w", population=1000, pop_60plus=200, rural="村")]
HALF_ROUNDED = [
    (
        f"f{k}",
        f"食堂{k}",
        "meal_point;clinic",
        "120.62" if k % 2 else f"120.6212{k}",
        "31.31" if k % 2 else f"31.3101{k}",
    )
    for k in range(1, 7)
]


def town(node: dict[str, str] | None = None, **way: str) -> str:
    """The town's streets, node 2 with some tags, and way 11 with others."""
    ways = {key: (refs, tags | (way if key == 11 else {})) for key, (refs, tags) in TOWN_WAYS.items()}
    return osm_xml(TOWN_NODES, ways, node_tags={2: node or {}})


def boxed(bounds: str) -> str:
    """The town's streets with a box in the header."""
    return town().replace('<osm version="0.6">', f'<osm version="0.6"><bounds {bounds}/>')


def more(header: str, *cells: str) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The two facilities with one more column."""
    return [(*site, cell) for site, cell in zip(SITES, cells, strict=True)], (*HEADER, header)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A fault: what of the pack is other than in the sound town, and what is told of it."""

    name: str
    codes: tuple[str, ...]
    streets: str = ""
    sites: Any = None
    communities: Any = None
    toml: str = ""
    words: str = ""
    usable: bool = True


STREETS = [
    Kind(
        name="locked gate that closes nothing",
        streets=town({"barrier": "gate", "locked": "yes"}),
        codes=("gates-unclear",),
    ),
    Kind(name="wall over a node", streets=town({"barrier": "wall"}), codes=("nodes-barred",), words="barrier=wall"),
    Kind(name="foot=no at a node", streets=town({"barrier": "bollard", "foot": "no"}), codes=("nodes-barred",)),
    Kind(name="foot=no along a way", streets=town(foot="no"), codes=("ways-denied",), words="0.190千米"),
    Kind(
        name="way being built", streets=town(construction="yes"), codes=("ways-not-in-use",), words="construction=yes"
    ),
    Kind(name="footway beside that nobody drew", streets=town(foot="use_sidepath"), codes=("ways-sidepath",)),
    Kind(
        name="condition that nobody can read",
        streets=town(**{"foot:conditional": "no @ (when it rains)"}),
        codes=("ways-condition-unread",),
        words="when it rains",
    ),
    Kind(
        name="every node barred",
        streets=osm_xml(TOWN_NODES, TOWN_WAYS, node_tags={key: {"barrier": "wall"} for key in TOWN_NODES}),
        codes=("unusable-input",),
        words="6个节点全部按标签不让人通过",
        usable=False,
    ),
    Kind(
        name="deleted objects alone",
        streets=town().replace("<way id", '<way action="delete" id'),
        codes=("unusable-input",),
        words="5条道路都已标记为删除",
        usable=False,
    ),
    Kind(
        name="box of the header smaller than the data",
        streets=boxed('minlat="31.3095" minlon="120.6195" maxlat="31.3105" maxlon="120.6205"'),
        codes=("header-box-small",),
        words="有3条道路完全在其外",
    ),
    Kind(
        name="box of the header turned round",
        streets=boxed('minlat="31.32" minlon="120.63" maxlat="31.30" maxlon="120.61"'),
        codes=("header-box-unusable",),
    ),
    Kind(name="no box in the header", streets=town(), codes=()),
    Kind(
        name="two contents of one way",
        streets=town().replace("</osm>", f"{OTHER_WAY}</osm>"),
        codes=("unusable-input",),
        words="11出现两次而内容不同",
        usable=False,
    ),
]
LISTS = [
    Kind(
        name="closed facility",
        sites=more("运营状态", "已停业", "在用"),
        codes=("facility-not-in-use",),
        words="已关闭1处",
    ),
    Kind(
        name="state that nobody knows",
        sites=more("运营状态", "甲等", "在用"),
        codes=("coded-words-unknown",),
        words="“甲等”1行",
    ),
    Kind(name="tier that nobody knows", sites=more("级别", "超级", "社区级"), codes=("coded-words-unknown",)),
    Kind(
        name="column of reference systems that contradicts",
        sites=more("坐标系", "GCJ-02", "GCJ-02"),
        codes=("unusable-input",),
        words='datum = "gcj02"',
        usable=False,
    ),
    Kind(
        name="reference system that nobody knows", sites=more("坐标系", "城建坐标", ""), codes=("coded-words-unknown",)
    ),
    Kind(
        name="no datum in mainland China", toml=CITY_TOML.replace('datum = "wgs84"\n', ""), codes=("datum-undeclared",)
    ),
    # The three at the rounded point are no doubles: that they stand there is told as rounding.
    Kind(
        name="half of the coordinates rounded", sites=(HALF_ROUNDED, HEADER), codes=("facility-rounded",), words="3行"
    ),
    Kind(
        name="longitude and latitude exchanged",
        sites=([(*s[:3], s[4], s[3]) for s in SITES], HEADER),
        codes=("unusable-input",),
        words="写反了",
        usable=False,
    ),
    Kind(
        name="one row exchanged",
        sites=([SITES[0], (*SITES[1][:3], SITES[1][4], SITES[1][3])], HEADER),
        codes=("facility-swapped", "listed-but-empty"),
        words="第3行",
    ),
    Kind(
        name="list of another city",
        codes=("unusable-input",),
        words="没有一处在研究范围内",
        usable=False,
        sites=(
            [("f1", "甲", "clinic", "120.90123", "31.50123"), ("f2", "乙", "meal_point", "120.91234", "31.51234")],
            HEADER,
        ),
    ),
    Kind(name="two columns under one header", sites=more("lat", "31.4", "31.4"), codes=("table-column-twice",)),
]
PEOPLE = [
    Kind(
        name="people unknown",
        communities=geojson([community("west", 120.6199, 120.621, None, None), town_communities()[1]]),
        codes=("people-unknown",),
        words="[communities.people]",
    ),
    Kind(
        name="elders unknown",
        communities=geojson([community("west", 120.6199, 120.621, 1000, None), town_communities()[1]]),
        codes=("people-unknown",),
        words="share = 0.2",
    ),
    Kind(
        name="communities in the wrong zone",
        communities=geojson(VILLAGE).replace('"features"', WRONG_ZONE),
        codes=("unusable-input",),
        words="社区在别处",
        usable=False,
    ),
    Kind(
        name="communities in metres that say nothing",
        communities=geojson(VILLAGE),
        codes=("unusable-input",),
        words="没有说明坐标系",
        usable=False,
    ),
    Kind(name="city in the next zone", toml=CITY_TOML.replace("EPSG:4549", "EPSG:4547"), codes=("crs-stretches",)),
]


@pytest.mark.filterwarnings(  # which one kind is about
    "ignore:CGCS2000 / 3-degree Gauss-Kruger CM 114E does not fit here:circle15.errors.DataQualityWarning"
)
@pytest.mark.parametrize("kind", [*STREETS, *LISTS, *PEOPLE], ids=lambda kind: kind.name)
def test_each_kind_of_fault_is_told_once_with_what_to_do(make_pack, kind):
    toml = kind.toml.format(settings="", more="") if kind.toml else None
    root = make_pack(streets=kind.streets or None, toml=toml)
    if kind.sites:
        rows, header = kind.sites
        write_csv(root / "tryton" / "facilities.csv", rows, header)
    if kind.communities:
        (root / "tryton" / "communities.geojson").write_text(kind.communities, encoding="utf-8")
    check = check_city("tryton", data=root)
    told = Counter(found.code for found in check.findings if found.code not in ALWAYS)
    assert told == dict.fromkeys(kind.codes, 1)
    assert (check.city is not None) == kind.usable
    assert all(found.remedy_zh and found.remedy_en for found in check.findings)
    page = "".join(line.text.strip() for line in check_lines(check, width=4000))
    assert kind.words in page
    assert not re.search(r"有0处|共0|\b0个|[一-鿿]row \d", page.replace("缺总人口0个", "").replace("row 3", ""))
