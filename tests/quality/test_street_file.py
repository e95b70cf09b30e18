"""What is told of a street file: each count of the reader in words, with what to do; nothing where nothing is wrong."""

from __future__ import annotations

import pytest

import circle15 as c15
from circle15.quality.street_file import street_fault_findings
from circle15.sources.osm.streets import read_streets
from tests.towns.findings import finding_of
from tests.towns.pack_files import TOWN_NODES, TOWN_WAYS, osm_xml

TOWN = osm_xml(TOWN_NODES, TOWN_WAYS)
HIGHWAY = '<tag k="highway" v="residential"/>'
TWICE = f'<way id="21"><nd ref="2"/><nd ref="1"/>{HIGHWAY}</way>'
DELETED = f'<way id="22" action="delete"><nd ref="1"/><nd ref="5"/>{HIGHWAY}</way>'
GAP = f'<way id="23"><nd ref="4"/><nd ref="1"/><nd ref="99"/><nd ref="3"/><nd ref="6"/>{HIGHWAY}</way>'
JOINT = f'<node id="55" lon="120.621" lat="31.311"/><way id="24"><nd ref="55"/><nd ref="6"/>{HIGHWAY}</way>'
BOX = '<bounds minlat="31.3" minlon="120.5" maxlat="31.4" maxlon="120.6"/>'


def told(tmp_path, text):
    path = tmp_path / "s.osm"
    path.write_text(text, encoding="utf-8")
    return street_fault_findings(read_streets(path))


def test_a_sound_file_says_nothing(tmp_path):
    assert told(tmp_path, TOWN) == []


@pytest.mark.parametrize(
    ("extra", "code", "severity", "count", "words"),
    [
        (TWICE, "streets-twice", "note", 1, ("95 m", "95米")),
        (DELETED, "osm-deleted", "note", 1, ("1 way", "1条道路")),
        (GAP, "ways-parted", "warning", 1, ("190 m", "190米")),
        (GAP.replace('<nd ref="3"/><nd ref="6"/>', ""), "lost-way-nodes", "note", 1, ("1 node", "1处")),
        (JOINT, "joints-joined", "note", 1, ("two nodes at one place", "两个节点")),
        ('<node id="1" lon="120.620" lat="31.310"/>', "osm-objects-twice", "note", 1, ("1 node", "1个节点")),
    ],
)
def test_each_fault_is_told_once_in_both_languages(tmp_path, extra, code, severity, count, words):
    findings = told(tmp_path, TOWN.replace("</osm>", extra + "</osm>"))
    assert [finding.code for finding in findings if finding.code != "streets-twice" or code == "streets-twice"] == [
        code
    ]
    found = finding_of(findings, code)
    assert (found.severity, found.count, found.file) == (severity, count, "s.osm")
    assert words[0] in found.message_en
    assert words[1] in found.message_zh
    assert found.remedy_zh
    assert found.remedy_en


def test_a_header_of_another_file_is_told(tmp_path):
    found = finding_of(
        told(tmp_path, TOWN.replace('<osm version="0.6">', f'<osm version="0.6">{BOX}')), "header-box-small"
    )
    assert (found.severity, found.count) == ("warning", len(TOWN_WAYS))


def test_findings_of_the_street_file_stand_among_those_of_the_city(make_pack):
    streets = TOWN.replace("</osm>", f"{TWICE}{DELETED}</osm>")
    city = c15.load_city("tryton", data=make_pack(streets=streets))
    assert {"streets-twice", "osm-deleted"} <= {finding.code for finding in city.findings}
    record = next(record for record in city.files if record.role == "streets")
    assert dict(record.dropped) == {"deleted": 1, "stands twice": 1}
