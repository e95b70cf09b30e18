"""City packs: found in the right place, read whole or refused with a reason, every loss counted."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from circle15.catalog.typed_toml import checked
from circle15.errors import CityError, CrsError, PackError, SettingError, StreetsError
from circle15.model import Positions
from circle15.sources.city_config import LAYERS, CityConfig
from circle15.sources.pack.city_pack import data_roots, fetch_area, find_pack, list_cities, read_pack
from circle15.study import analyse, check_city, check_places, load_city
from tests.towns.findings import finding_of
from tests.towns.pack_files import SITES, TOWN_NODES, TOWN_WAYS, community, osm_xml, town_communities

DATA = Path(__file__).parents[3] / "data"


# -- A pack that is whole --------------------------------------------------------------------------


def test_a_whole_pack(make_pack):
    pack = read_pack("tryton", data=make_pack())
    assert (pack.key, pack.title_zh, pack.title_en) == ("tryton", "试城", "Tryton")
    assert pack.streets.n_ways == 5
    assert pack.streets.origin.file == "streets.osm"
    assert pack.streets.origin.attribution == "© OpenStreetMap contributors"
    assert not pack.streets.origin.synthetic
    assert pack.communities.frame.index.tolist() == ["west", "east"]
    assert pack.facilities.frame.index.tolist() == ["f1", "f2"]
    assert pack.facilities.listed == {"meal_point", "clinic"}
    assert pack.area.crs.to_epsg() == 4549
    assert pack.findings == ()
    # 15 min at 1.25 m/s, the fastest profile, and the farthest access leg.
    assert pack.area.buffer_m == 15 * 60 * 1.25 + 150


def test_the_committed_packs_obey_their_own_rules():
    for city in ("helsinki", "suzhou"):
        pack = find_pack(city, DATA)
        assert pack.home == DATA / city
        area, buffer_m = fetch_area(pack)
        assert not isinstance(area, str)
        assert area.is_valid
        assert buffer_m == 15 * 60 * 1.25 + 150


# -- Where packs are looked for --------------------------------------------------------------------


def test_data_roots_in_their_order(make_pack, monkeypatch, tmp_path):
    roots = [make_pack("tryton", root=name) for name in ("given", "first", "second", "data")]
    monkeypatch.setenv("CIRCLE15_DATA", os.pathsep.join(["", str(roots[1]), str(tmp_path / "gone"), str(roots[2]), ""]))
    monkeypatch.chdir(tmp_path)
    assert data_roots(roots[0]) == (*roots, DATA)
    assert data_roots() == (*roots[1:], DATA)
    assert find_pack("tryton", roots[0]).home == roots[0] / "tryton"
    assert find_pack("tryton").home == roots[1] / "tryton"
    assert find_pack("tryton", roots[0]).folders == tuple(root / "tryton" for root in roots)


def test_a_root_named_twice_counts_once(make_pack, monkeypatch):
    root = make_pack()
    monkeypatch.setenv("CIRCLE15_DATA", f"{root}{os.pathsep}{root}/../roots")
    assert data_roots(root) == (root, DATA)


def test_a_file_comes_from_the_first_root_that_has_it_and_the_toml_from_the_first_of_all(make_pack, monkeypatch):
    first = make_pack(root="first", streets="")
    second = make_pack(root="second", toml="name = [broken")
    monkeypatch.setenv("CIRCLE15_DATA", str(second))
    pack = find_pack("tryton", first)
    assert pack.find("streets.osm", anywhere=True) == second / "tryton" / "streets.osm"
    assert pack.need("facilities.csv") == first / "tryton" / "facilities.csv"
    assert read_pack("tryton", data=first).streets.n_ways == 5


def test_no_pack_is_filled_up_with_anothers_facilities(make_pack, monkeypatch):
    """A pack named suzhou without lists of its own must not show the shipped synthetic ones as its own."""
    first, second = make_pack(root="first"), make_pack(root="second")
    (first / "tryton" / "facilities.csv").unlink()
    monkeypatch.setenv("CIRCLE15_DATA", str(second))
    with pytest.raises(PackError, match=r"names 'facilities\.csv', which is not in"):
        read_pack("tryton", data=first)
    # A root named before the pack's own may supply what the pack asks for: the user has put it there.
    (second / "tryton" / "city.toml").unlink()
    (second / "tryton" / "communities.geojson").rename(first / "tryton" / "wanted.geojson")
    monkeypatch.setenv("CIRCLE15_DATA", str(first))
    assert find_pack("tryton", second).find("wanted.geojson") == first / "tryton" / "wanted.geojson"


def test_a_root_that_only_holds_files_gives_no_city(make_pack, tmp_path):
    root = make_pack()
    (tmp_path / "roots" / "other").mkdir()
    (tmp_path / "roots" / "Upper").mkdir()
    (tmp_path / "roots" / "Upper" / "city.toml").write_text("")
    assert list(list_cities(root)) == ["helsinki", "suzhou", "tryton"]


@pytest.mark.parametrize("data", ["nowhere", "file.txt", ""])
def test_a_data_folder_that_is_none(tmp_path, monkeypatch, data):
    (tmp_path / "file.txt").touch()
    monkeypatch.chdir(tmp_path)
    if data:
        with pytest.raises(CityError, match=rf"--data '{data}': there is no such folder"):
            find_pack("suzhou", data)
    else:
        assert find_pack("suzhou", data).key == "suzhou"  # Path("") is here


# -- City names ------------------------------------------------------------------------------------

NO_NAMES = [
    "", " ", ".", "..", "../suzhou", "/etc", "suzhou/", "a/b", "a\\b", "C:\\x", "~", "$HOME", "$(touch x)", "`id`",
    "a;b", "a|b", "a&b", "suzhou\n", "suzhou\x00", "-suzhou", "_suzhou", "--help", "苏洲", "苏 州", "Suzhou ", "sū",
    "a" * 65, "a b", "*", "%2e%2e", "http://x.test/a", "suzhou.", "con:",
]  # fmt: skip


@pytest.mark.parametrize("city", NO_NAMES)
def test_what_is_no_city_name(city):
    with pytest.raises(CityError, match="is not a city name: use small letters") as caught:
        find_pack(city)
    assert repr(city[:80]) in str(caught.value)
    assert "known: helsinki, suzhou" in str(caught.value)
    assert isinstance(caught.value, LookupError)


@pytest.mark.parametrize(
    ("city", "meant"),
    [
        ("suzho", "suzhou"),
        ("shuzou", "suzhou"),
        ("helsinky", "helsinki"),
        ("Suzho", "suzhou"),
        ("HELSINKI ", "helsinki"),
        ("苏 州", "苏州"),
        ("赫尔幸基", "赫尔辛基"),
    ],
)
def test_did_you_mean(city, meant):
    with pytest.raises(CityError, match=rf"did you mean '{meant}'\?"):
        find_pack(city)


def test_a_city_like_no_other():
    with pytest.raises(
        CityError, match=r"no city pack 'quito' \(known: helsinki, suzhou; looked in /.*data\)"
    ) as caught:
        find_pack("quito")
    assert "did you mean" not in str(caught.value)


@pytest.mark.parametrize(
    ("city", "key"),
    [
        ("苏州", "suzhou"),
        ("Suzhou", "suzhou"),
        ("SUZHOU", "suzhou"),
        ("赫尔辛基", "helsinki"),
        ("Helsinki", "helsinki"),
        ("试城", "tryton"),
        ("tRYTON", "tryton"),
    ],
)
def test_a_city_is_found_by_the_name_it_bears(make_pack, city, key):
    pack = find_pack(city, make_pack())
    assert (pack.key, pack.home.name) == (key, key)


def test_a_city_is_loaded_and_checked_by_the_name_it_bears(make_pack):
    root = make_pack()
    assert load_city("试城", data=root).key == "tryton"
    assert check_city("TRYTON", data=root).key == "tryton"
    (root / "tryton" / "streets.osm").unlink()
    assert check_city("试城", data=root).key == "tryton"  # where it cannot be used too


@pytest.mark.parametrize(
    "broken", ["name = [broken", "", "name = 5", 'name = ""', b"\xff\xfe", "a = " + "[" * 5_000, "a = " + "9" * 5_000]
)
def test_a_pack_that_cannot_be_read_hides_no_other(make_pack, broken):
    root = make_pack("aaa", toml="")
    content = broken if isinstance(broken, bytes) else broken.encode()
    (root / "aaa" / "city.toml").write_bytes(content)
    assert find_pack("苏州", root).key == "suzhou"
    with pytest.raises(CityError, match=r"'京州' is not a city name.*\(known: aaa, helsinki, suzhou;"):
        find_pack("京州", root)
    with pytest.raises(CityError, match="'' is not a city name"):
        find_pack("", root)
    with pytest.raises(PackError, match=r"aaa.city\.toml: "):
        find_pack("aaa", root)


def test_two_packs_of_one_name_are_both_told(make_pack):
    root = make_pack("old")
    make_pack("new")
    with pytest.raises(CityError) as caught:
        find_pack("试城", root)
    folders = [f"{key} ({root / key})" for key in ("new", "old")]
    assert str(caught.value) == (
        f"2 city packs are called '试城': {folders[0]}, {folders[1]}; give the name of the folder, such as new"
    )
    assert caught.value.zh == f"有2个城市包都叫“试城”：{folders[0]}、{folders[1]}；请改用文件夹名，如 new"
    assert find_pack("old", root).key == "old"


def test_a_folder_s_name_goes_before_the_name_that_another_pack_bears(make_pack):
    root = make_pack("suzhou-2025", toml=GOOD.replace('"x"', '"suzhou"'))
    assert find_pack("suzhou", root).key == "suzhou"
    with pytest.raises(CityError, match=r"2 city packs are called 'SUZHOU': suzhou .*, suzhou-2025 "):
        find_pack("SUZHOU", root)  # this one is borne by both


def test_one_city_below_two_roots_is_one_city(make_pack, monkeypatch):
    first, second = make_pack(root="first"), make_pack(root="second")
    monkeypatch.setenv("CIRCLE15_DATA", str(second))
    assert find_pack("试城", first).home == first / "tryton"


def test_an_unknown_city_is_told_what_there_is_in_both_languages(make_pack):
    with pytest.raises(CityError) as caught:
        find_pack("赫尔幸基", make_pack())
    assert "，是否想写 '赫尔辛基'；现有：helsinki 赫尔辛基、suzhou 苏州、tryton 试城（在 " in caught.value.zh


# -- city.toml -------------------------------------------------------------------------------------

GOOD = 'name = "x"\ncrs = "EPSG:4549"\n[communities]\nfile = "communities.geojson"\n'


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("name = ", "not a TOML file"),
        ("", "'name' is missing"),
        ('name = "x"', "'crs' is missing"),
        ('name = "x"\ncrs = "EPSG:4549"', "'communities' is missing"),
        ('nmae = "x"\n' + GOOD, r"unknown key 'nmae' in the top level; did you mean 'name'\?"),
        ("zzz = 1\n" + GOOD, r"unknown key 'zzz' in the top level \(all keys: circle15 guide --en\)\n"),
        (GOOD + "colums = {}", r"unknown key 'colums' in \[communities\]; did you mean 'columns'\?"),
        (
            GOOD + "[settings]\ncutoff_min = [5]",
            r"unknown key 'cutoff_min' in \[settings\]; did you mean 'cutoffs_min'",
        ),
        (GOOD + '[network]\nfile = "a.osm"', r"unknown key 'file' in \[network\]; did you mean 'files'"),
        (GOOD + '[[facilities]]\nfile = "a"\nservics = []', r"\[\[facilities\]\] 1; did you mean 'services'"),
        (GOOD + '[[context]]\nlayers = "water"', r"\[\[context\]\] 1; did you mean 'layer'"),
        (GOOD + "[network]\nfiles = 'a.osm'", r"files = 'a.osm' in \[network\]: give a list, each item text"),
        (GOOD + "[network]\nfiles = [1]", "files = .1. in .network.: give a list, each item text"),
        (GOOD + "[network]\nsynthetic = true", r"synthetic = True in \[network\]: give text"),
        (
            GOOD + "[facilities]\nfile = 'a'",
            r"facilities = .* give a list, each item a table \(write \[\[facilities\]\]\)",
        ),
        (GOOD + "[[network]]\nfiles = []", r"network = \[.*\] in the top level: give a table"),
        (GOOD + "[settings]\ncutoffs_min = 15", r"cutoffs_min = 15 in \[settings\]: give a list, each item a number"),
        (GOOD + "[settings]\ncutoffs_min = [5, '10']", "give a list, each item a number"),
        (GOOD + "[settings]\ncutoffs_min = [true]", "give a list, each item a number"),
        (GOOD + "[settings]\nmax_snap_m = '150'", r"max_snap_m = '150' in \[settings\]: give a number"),
        (GOOD + "[[facilities]]\nservices = ['clinic']", r"\[\[facilities\]\] 1 names no source; give file"),
        (GOOD + "[[facilities]]\nosm = false", r"\[\[facilities\]\] 1 names no source"),
        (GOOD + "[[context]]\nlayer = 'water'", r"\[\[context\]\] 1 names no source"),
        (GOOD + "[[context]]\nosm = true", r"'layer' is missing in \[\[context\]\] 1; give one of water, green"),
        (GOOD + "[[context]]\nosm = true\nlayer = 'sky'", r"layer = 'sky' in \[\[context\]\] 1 \(known: water"),
        ('name = 5\ncrs = "EPSG:4549"\ncommunities = {}', "name = 5 in the top level: give text"),
        ('name = "x"\ncrs = "EPSG:4549"\ncommunities = {}', r"\[communities\] names no layer"),
    ],
)
def test_a_city_toml_that_is_wrong(make_pack, toml, says):
    with pytest.raises(PackError, match=says) as caught:
        find_pack("tryton", make_pack(toml=toml))
    assert "city.toml: " in str(caught.value)
    assert re.search(r"city\.toml：.*[\u4e00-\u9fff]", caught.value.zh)


def test_a_city_toml_of_other_bytes(make_pack):
    root = make_pack()
    (root / "tryton" / "city.toml").write_bytes('name = "苏州"'.encode("gb18030"))
    with pytest.raises(PackError, match="not a TOML file in UTF-8"):
        find_pack("tryton", root)


def test_a_byte_order_mark_before_city_toml_is_no_fault(make_pack):
    root = make_pack()
    path = root / "tryton" / "city.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert find_pack("tryton", root).config.name == "试城"


def test_every_key_may_stand_there(tmp_path):
    about = dict.fromkeys(("label_zh", "label_en", "attribution", "licence", "url", "date"), "")
    config = {
        **dict.fromkeys(("name", "name_en", "crs", "review_number"), "x"),
        "norms": ["a"],
        "notes": {"any": "thing"},
        "settings": {"profile": "frail", "cutoffs_min": [5, 7.5], "max_snap_m": 100, "weights": {"clinic": 2}},
        "network": {**about, "files": ["a"], "place": "x", "synthetic": "water-town"},
        "facilities": [
            {**about, "file": "a", "datum": "wgs84", "services": ["clinic"], "synthetic": True, "merge": False},
            {"osm": True},
        ],
        "communities": {**about, "files": ["a"], "columns": {}, "about": {}, "estimated": True, "synthetic": False},
        "context": [{**about, "layer": layer, "osm": True, "optional": True} for layer in LAYERS],
    }
    checked(CityConfig, config, file=tmp_path)


@pytest.mark.parametrize(
    ("crs", "says"),
    [
        ("EPSG:4326", "counts in degrees"),
        ("EPSG:2263", "does not count in metres"),  # US feet
        ("EPSG:3857", "stretches lengths"),
        ("nonsense", "is no reference system; give one in metres such as EPSG:4549"),
        ("EPSG:999999", "is no reference system"),
    ],
)
def test_a_reference_system_that_cannot_measure(make_pack, crs, says):
    toml = (make_pack("ok") / "ok" / "city.toml").read_text(encoding="utf-8").replace("EPSG:4549", crs)
    root = make_pack(toml=toml)
    with pytest.raises(PackError, match=rf"city\.toml: crs = '{crs}' .*{says}"):
        read_pack("tryton", data=root)


# -- Settings --------------------------------------------------------------------------------------

SETTINGS = '[settings]\nprofile = "frail"\ncutoffs_min = [4, 8]\nmax_snap_m = 100\nweights = { clinic = 2 }\n'


def test_the_pack_s_settings_and_the_caller_s_over_them(make_pack):
    root = make_pack(settings=SETTINGS)
    own = read_pack("tryton", data=root).settings
    assert (own.profile, own.cutoffs_min, own.max_snap_m, own.weights) == ("frail", (4.0, 8.0), 100, {"clinic": 2})
    over = read_pack("tryton", data=root, overrides={"profile": "adult", "cutoffs_min": (3, 6, 9), "max_snap_m": None})
    assert (over.settings.profile, over.settings.cutoffs_min, over.settings.max_snap_m) == (
        "adult",
        (3.0, 6.0, 9.0),
        100,
    )
    assert over.area.buffer_m == 9 * 60 * 1.25 + 100
    assert load_city("tryton", data=root, cutoffs_min=[2]).settings.cutoffs_min == (2.0,)


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"cutoffs_min": (0,)}, "cut-off 0 is not usable: give minutes above 0 and up to 120"),
        ({"cutoffs_min": (-5, 5)}, "cut-off -5 is not usable"),
        ({"cutoffs_min": (float("nan"),)}, "cut-off nan is not usable"),
        ({"cutoffs_min": (5, float("inf"))}, "cut-off inf is not usable"),
        ({"cutoffs_min": (1e9,)}, r"cut-off 1e\+09 is not usable"),
        ({"cutoffs_min": ()}, "give at least one"),
        ({"cutoffs_min": (15, 10, 5)}, "must rise without repeating"),
        ({"cutoffs_min": (5, 5)}, "must rise without repeating"),
        ({"cutoffs_min": "15"}, "cutoffs_min = '15': give a list of minutes"),
        ({"cutoffs_min": "abc"}, "cutoffs_min = 'abc': give a list of minutes"),
        ({"cutoffs_min": [None]}, "give a list of minutes"),
        ({"profile": "swimmer"}, "no walking profile 'swimmer'; choose one of adult, elderly, frail"),
        ({"max_snap_m": 0}, "max_snap_m = 0 is not usable"),
        ({"max_snap_m": float("nan")}, "max_snap_m = nan"),
        ({"weights": {"clinik": 1}}, r"there is no service 'clinik'; did you mean 'clinic'\?"),
        ({"weights": {"clinic": -1}}, "weight of service 'clinic' = -1"),
        ({"weights": {"clinic": "2"}}, "weight of service 'clinic' = '2': give a number"),
        ({"cutoff_min": (5,)}, r"no setting 'cutoff_min'; did you mean 'cutoffs_min'\?"),
    ],
)
def test_settings_out_of_their_range(make_pack, overrides, says):
    with pytest.raises(SettingError, match=says):
        read_pack("tryton", data=make_pack(), overrides=overrides)


def test_settings_of_the_pack_are_checked_as_well(make_pack):
    with pytest.raises(SettingError, match="no walking profile 'swimmer'"):
        read_pack("tryton", data=make_pack(settings='[settings]\nprofile = "swimmer"\n'))


# -- Files of a pack -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../streets.osm", "a/../../b", "/etc/passwd", "http://x.test/a.csv", "file:///etc/passwd", "s3://b/k", "a\x00b"],
)
def test_a_file_that_leaves_the_pack(make_pack, name):
    pack = find_pack("tryton", make_pack())
    for find in (pack.find, pack.need):
        with pytest.raises(PackError, match=r"city\.toml of tryton: .* is not a file inside the pack; copy it there"):
            find(name)


def test_a_link_out_of_the_pack_is_not_followed(make_pack, tmp_path):
    root = make_pack()
    (tmp_path / "secret.csv").write_text("x")
    (root / "tryton" / "link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "tryton" / "inner.csv").symlink_to(root / "tryton" / "facilities.csv")
    pack = find_pack("tryton", root)
    assert pack.find("link.csv") is None
    assert pack.find("inner.csv") == root / "tryton" / "facilities.csv"


def test_a_file_that_is_not_there_and_one_that_cannot_be(make_pack):
    pack = find_pack("tryton", make_pack())
    assert pack.find("other.csv") is None
    assert pack.find("") is None
    with pytest.raises(PackError, match=r"city\.toml of tryton names 'other\.csv', which is not in .*tryton"):
        pack.need("other.csv")
    with pytest.raises(PackError, match=r"cannot be a file \(File name too long\)"):
        pack.need("x" * 300)


def test_a_facility_file_outside_is_refused_when_the_pack_is_read(make_pack):
    toml = (
        (make_pack("ok") / "ok" / "city.toml")
        .read_text(encoding="utf-8")
        .replace("facilities.csv", "../ok/facilities.csv")
    )
    with pytest.raises(PackError, match="not a file inside the pack"):
        read_pack("tryton", data=make_pack(toml=toml))


# -- Streets ---------------------------------------------------------------------------------------


def test_a_pack_without_streets(make_pack):
    with pytest.raises(StreetsError, match=r"no street file is there \(streets\.osm\).*circle15 fetch tryton"):
        read_pack("tryton", data=make_pack(streets=""))


def test_what_was_fetched_stands_in_for_a_listed_file_that_is_not_there(make_pack):
    root = make_pack(streets="")
    with gzip.open(root / "tryton" / "fetched.osm.gz", "wt", encoding="utf-8") as stream:
        stream.write(osm_xml(TOWN_NODES, TOWN_WAYS))
    toml = root / "tryton" / "city.toml"
    listed = '[network]\nlabel_en = "the listed extract"\ndate = "2019-01-01"\n'
    toml.write_text(toml.read_text(encoding="utf-8").replace("[network]\n", listed), encoding="utf-8")
    origin = read_pack("tryton", data=root).streets.origin
    # Neither the label nor the date of the file that is not there.
    assert (origin.file, origin.label_en, origin.date) == ("fetched.osm.gz", "OpenStreetMap streets", "")
    record = root / "tryton" / "fetched.osm.gz.source.json"
    record.write_text('{"osm_date": "2026-11-20T08:00:00Z", "fetched": "2026-11-21T09:00:00+00:00"}', encoding="utf-8")
    assert read_pack("tryton", data=root).streets.origin.date == "2026-11-20"
    record.write_text('{"osm_date": ', encoding="utf-8")
    with pytest.raises(PackError, match=r"fetched\.osm\.gz\.source\.json: cannot be read"):
        read_pack("tryton", data=root)


def test_streets_in_a_folder_of_the_pack_serve_facilities_and_layers_too(make_pack):
    toml = (make_pack("ok") / "ok" / "city.toml").read_text(encoding="utf-8")
    toml = toml.replace('"streets.osm"', '"osm/town.osm"').replace('file = "facilities.csv"', "osm = true")
    toml = toml.replace('"meal_point", ', "") + '[[context]]\nlayer = "water"\nosm = true\n'
    tags = {2: {"amenity": "clinic", "name": "站"}}
    root = make_pack(toml=toml, streets="")
    (root / "tryton" / "osm").mkdir()
    ways = TOWN_WAYS | {20: ([1, 2, 5, 4, 1], {"natural": "water"})}
    (root / "tryton" / "osm" / "town.osm").write_text(osm_xml(TOWN_NODES, ways, node_tags=tags), encoding="utf-8")
    pack = read_pack("tryton", data=root)
    assert pack.facilities.frame["name"].tolist() == ["站"]
    assert list(pack.context) == ["water"]


def test_osm_facilities_without_an_osm_file_are_undetermined_not_a_gap(make_pack):
    toml = (make_pack("ok") / "ok" / "city.toml").read_text(encoding="utf-8")
    toml = toml.replace('files = ["streets.osm"]', 'synthetic = "water-town"').replace(
        'file = "facilities.csv"', "osm = true"
    )
    suzhou = (DATA / "suzhou" / "communities.geojson").read_text(encoding="utf-8")
    root = make_pack(toml=toml)
    (root / "tryton" / "communities.geojson").write_text(suzhou, encoding="utf-8")
    pack = read_pack("tryton", data=root)
    assert pack.streets.origin.synthetic
    assert finding_of(pack.findings, "synthetic-streets").severity == "note"
    assert pack.facilities.listed == frozenset()
    assert len(pack.facilities) == 0


def test_an_unknown_made_town(make_pack):
    toml = (make_pack("ok") / "ok" / "city.toml").read_text(encoding="utf-8")
    root = make_pack(toml=toml.replace('files = ["streets.osm"]', 'synthetic = "atlantis"'))
    with pytest.raises(PackError, match="synthetic = 'atlantis'; known are water-town"):
        read_pack("tryton", data=root)


def test_a_study_area_without_streets(make_pack):
    far = {n: (lon - 1, lat) for n, (lon, lat) in TOWN_NODES.items()}
    # A degree of longitude is 95 km here; communities and facilities agree, so that the streets are out of place.
    with pytest.raises(StreetsError, match=r"streets\.osm: the streets lie elsewhere: at .* 119\.621, .* some 95 km"):
        read_pack("tryton", data=make_pack(streets=osm_xml(far, TOWN_WAYS)))


def test_streets_that_cover_no_community(make_pack):
    near = {n: (lon + 0.01, lat) for n, (lon, lat) in TOWN_NODES.items()}
    with pytest.raises(StreetsError, match=r"streets\.osm: the streets cover none of the 2 communities"):
        read_pack("tryton", data=make_pack(streets=osm_xml(near, TOWN_WAYS)))


# -- Communities -----------------------------------------------------------------------------------


def test_communities_outside_the_streets_are_left_out_and_counted(make_pack):
    layer = [*town_communities(), community("far", 120.630, 120.632, 300, 50)]
    pack = read_pack("tryton", data=make_pack(communities=layer))
    found = finding_of(pack.findings, "community-outside-streets")
    assert (found.count, found.examples, found.severity) == (1, ("far",), "warning")
    assert "300 people" in found.message_en
    assert pack.communities.frame.index.tolist() == ["west", "east"]


def test_communities_with_zero_people_stay_and_are_told(make_pack):
    layer = [*town_communities(), community("empty", 120.620, 120.6205, 0, 0)]
    city = load_city("tryton", data=make_pack(communities=layer))
    with pytest.warns(UserWarning, match="data-quality findings"):
        result = analyse(city)
    assert finding_of(result.findings, "no-people").examples == ("empty",)
    rows = result.coverage.frame.loc["empty"]
    assert (rows["population"] == 0).all()
    assert result.demand.frame["population"].sum() == 2000


@pytest.mark.parametrize("people", [-5, "many"])
def test_communities_with_impossible_people(make_pack, people):
    layer = [*town_communities(), community("bad", 120.620, 120.6205, people)]
    with pytest.raises(
        PackError,
        match=r"communities\.geojson: row 3, column 'population', value .* leave it empty where it is not known",
    ):
        read_pack("tryton", data=make_pack(communities=layer))


def test_communities_with_swapped_axes(make_pack):
    layer = town_communities()
    layer[0]["geometry"]["coordinates"] = [[[y, x] for x, y in layer[0]["geometry"]["coordinates"][0]]]
    with pytest.raises(PackError, match=r"row 1, coordinates .* are x and y swapped"):
        read_pack("tryton", data=make_pack(communities=layer))


def test_no_community_layer_and_a_place_for_fetch(make_pack):
    root = make_pack()
    (root / "tryton" / "communities.geojson").unlink()
    with pytest.raises(PackError, match=r"none of the community layers \(communities.geojson\) is there"):
        read_pack("tryton", data=root)
    with pytest.raises(PackError, match=r"no \[network\] place is given"):
        fetch_area(find_pack("tryton", root))
    toml = root / "tryton" / "city.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8").replace("[network]", '[network]\nplace = "试城"'), encoding="utf-8"
    )
    assert fetch_area(find_pack("tryton", root), {"cutoffs_min": (10,)}) == ("试城", 10 * 60 * 1.25 + 150)


# -- Facilities ------------------------------------------------------------------------------------

YARD = {21: (120.6205, 31.3104), 22: (120.6207, 31.3104)}  # 19 m of path, 44 m from a street and joined to nothing
ISLAND = {23: (120.6205, 31.3125), 24: (120.6207, 31.3125)}  # the same, 166 m from any street


def test_a_facility_far_from_streets_and_one_on_an_island(make_pack):
    # 0.004 degrees north of D--F: some 440 m from any street, within the study area's surroundings.
    sites = [
        *SITES,
        ("far", "远", "clinic", "120.621", "31.315"),
        ("isle", "岛", "clinic", "120.6206", "31.3125"),
        ("yard", "院", "clinic", "120.6206", "31.3104"),
        ("out", "外", "clinic", "121.5", "31.31"),
        ("farther", "别处", "clinic", "-60", "-31"),
    ]
    # With this long road the town is the mainland and the yard an island.
    nodes = TOWN_NODES | YARD | ISLAND | {30: (120.622, 31.299)}
    scraps = {40: ([21, 22], {"highway": "footway"}), 42: ([23, 24], {"highway": "footway"})}
    ways = TOWN_WAYS | scraps | {41: ([3, 30], {"highway": "residential"})}
    root = make_pack(sites=sites, streets=osm_xml(nodes, ways))
    city = load_city("tryton", data=root)
    assert city.facilities.frame.index.tolist() == ["f1", "f2", "far", "isle", "yard"]
    outside = finding_of(city.findings, "facility-outside")
    # 0.878 degrees of longitude east of the town's border at 31.31 N: 83.6 km.
    assert (outside.count, outside.examples[1]) == (2, "row 7: out (83.6 km)")
    assert outside.examples[0].startswith("row 8: farther (")
    assert (outside.file, "离边界83.6至" in outside.message_zh) == ("facilities.csv", True)
    places = check_places(city)
    assert finding_of(places, "facility-far").examples == ("far",)
    assert finding_of(places, "facility-island").examples == ("isle",)
    assert finding_of(places, "facility-moved").examples == ("yard",)
    assert "150" in finding_of(places, "facility-far").message_en
    with pytest.warns(UserWarning, match="data-quality findings"):
        result = analyse(city)
    assert result.facilities.positions.status.tolist() == [0, 0, Positions.FAR, Positions.ISLAND, Positions.MOVED]
    reached = {result.reach.facility_ids[k] for k in result.reach.facility}
    assert {"f1", "f2", "yard"} <= reached
    assert "far" not in reached
    assert "isle" not in reached


def test_bad_rows_of_a_list_are_told_and_the_others_used(make_pack):
    sites = [*SITES, ("f3", "x", "clinic", "east", "31.31"), ("f4", "y", "sauna", "120.62", "31.31")]
    pack = read_pack("tryton", data=make_pack(sites=sites))
    assert pack.facilities.frame.index.tolist() == ["f1", "f2"]
    point = finding_of(pack.findings, "facility-without-point")
    assert (point.file, point.row, point.column, point.value) == ("facilities.csv", 4, "lon, lat", "east, 31.31")
    assert finding_of(pack.findings, "facility-without-service").row == 5


def test_services_that_no_list_speaks_of_are_told(make_pack):
    sites = [*SITES, ("f3", "x", "shop", "120.62", "31.31"), ("f4", "y", "clinic;culture", "120.62", "31.31")]
    pack = read_pack("tryton", data=make_pack(sites=sites))
    found = finding_of(pack.findings, "service-not-listed")
    assert (found.count, found.examples) == (2, ("f3", "f4"))
    assert "culture, shop" in found.message_en
    assert pack.facilities.frame.index.tolist() == ["f1", "f2", "f4"]
    assert pack.facilities.frame.loc["f4", "services"] == ("clinic",)


def test_a_service_listed_without_a_usable_facility(make_pack):
    city = load_city("tryton", data=make_pack(sites=[("f1", "a", "meal_point", "120.62", "31.31")]))
    found = finding_of(check_places(city), "listed-but-empty")
    assert (found.severity, found.count) == ("warning", 1)
    assert "社区卫生服务站" in found.message_zh
    unlisted = finding_of(check_places(city), "undetermined-service")
    assert unlisted.count == 5  # of the seven services two have a list
    assert '["day_care", "culture", "fitness", "shop", "community_centre"]' in unlisted.remedy_zh


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            '["meal_point", "clinic"]',
            '["meal_point", "clinik"]',
            r"speaks of clinik; did you mean 'clinic'\? \(known: ",
        ),
        ('services = ["meal_point", "clinic"]', "", "does not say which services it speaks of; give services ="),
        ('services = ["meal_point", "clinic"]', "services = []", "does not say which services"),
        ('services = ["meal_point", "clinic"]', 'service = "clinik"', "speaks of clinik"),
    ],
)
def test_lists_that_do_not_say_what_they_list(make_pack, old, new, says):
    toml = (make_pack("ok") / "ok" / "city.toml").read_text(encoding="utf-8").replace(old, new)
    with pytest.raises(PackError, match=says):
        read_pack("tryton", data=make_pack(toml=toml))


def test_an_id_in_two_lists(make_pack):
    root = make_pack(more='[[facilities]]\nfile = "more.csv"\ndatum = "wgs84"\nservices = ["shop"]\n')
    (root / "tryton" / "more.csv").write_text("facility_id,name,services,lon,lat\nf2,x,shop,120.62,31.31\n")
    with pytest.raises(
        PackError, match=r"facilities\.csv and more\.csv: facility_id 'f2' stands in more than one list"
    ):
        read_pack("tryton", data=root)


def test_a_pack_without_facility_lists(make_pack):
    root = make_pack(toml=GOOD.replace("[comm", '[network]\nfiles = ["streets.osm"]\n[comm'))
    pack = read_pack("tryton", data=root)
    assert (len(pack.facilities), pack.facilities.listed) == (0, frozenset())


# -- Display layers --------------------------------------------------------------------------------


def test_a_layer_that_must_be_there_and_one_that_may(make_pack):
    entry = '[[context]]\nlayer = "moat"\nfile = "moat.geojson"\n'
    with pytest.raises(PackError, match=r"names 'moat\.geojson', which is not in"):
        read_pack("tryton", data=make_pack(more=entry))
    pack = read_pack("tryton", data=make_pack(root="other", more=entry + "optional = true\n"))
    assert pack.context == {}


def test_errors_tell_no_more_than_the_root(make_pack):
    """A message names the folders it looked in, and nothing of the environment."""
    with pytest.raises(CityError) as caught:
        find_pack("nowhere", make_pack())
    assert not re.search("HOME|PATH=|USER", str(caught.value))
    assert not isinstance(caught.value, CrsError)


def test_a_share_of_a_column_is_a_mapping_and_no_table_of_a_file(make_pack):
    root = make_pack()
    toml = root / "tryton" / "city.toml"
    text = toml.read_text(encoding="utf-8")
    assert "columns" not in text
    before = read_pack("tryton", data=root).communities.frame
    mapped = text.replace(
        "[communities]\n", '[communities]\ncolumns = { pop_60plus = { of = "population", share = 0.5 } }\n'
    )
    toml.write_text(mapped, encoding="utf-8")
    after = read_pack("tryton", data=root).communities.frame
    assert (after["pop_60plus"] == before["population"] / 2).all()


def test_every_display_layer_keeps_its_origin(make_pack):
    layer = (
        '[[context]]\nlayer = "{}"\nfile = "communities.geojson"\nlabel_en = "{}"\n'
        'attribution = "© {}"\nsynthetic = {}\n'
    )
    more = layer.format("green", "parks", "A", "false") + layer.format("water", "made canals", "B", "true")
    pack = read_pack("tryton", data=make_pack(more=more))
    assert [(o.label_en, o.attribution, o.synthetic) for o in pack.context_origins] == [
        ("parks", "© A", False), ("made canals", "© B", True),
    ]  # fmt: skip


def test_a_list_of_which_nothing_lies_in_the_study_area_is_refused(make_pack):
    sites = [("f1", "甲", "clinic", "116.4", "39.9"), ("f2", "乙", "clinic", "116.3", "39.9")]
    root = make_pack(sites=sites)
    with pytest.raises(PackError, match="none of its 2 facilities lies in the study area") as error:
        load_city("tryton", data=root)
    assert "f1 在 116.40000, 39.90000" in error.value.zh
    (broken,) = [told for told in check_city("tryton", data=root).findings if told.severity == "error"]
    assert (broken.code, broken.file) == ("unusable-input", "facilities.csv")


# -- messages that say what is wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    "toml", ['name = "a"\nname = "b"\n', 'name = "a"\n[network]\nfiles = ["a"]\n[network]\nfiles = ["b"]\n']
)
def test_a_key_that_stands_twice_is_said_so(make_pack, toml):
    root = make_pack()
    (root / "tryton" / "city.toml").write_text(toml, encoding="utf-8")
    with pytest.raises(PackError, match="stands twice") as error:
        find_pack("tryton", root)
    assert "UTF-8" not in error.value.zh


def test_a_folder_under_a_file_s_name_is_said_so(make_pack):
    root = make_pack()
    (root / "tryton" / "facilities.csv").unlink()
    (root / "tryton" / "facilities.csv").mkdir()
    with pytest.raises(PackError, match="which is a folder and no file"):
        load_city("tryton", data=root)


def test_a_data_root_that_nobody_named_may_be_closed(make_pack, monkeypatch, tmp_path):
    root = make_pack()
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    inside = Path.iterdir

    def closed(folder):
        if folder == tmp_path / "data":
            raise PermissionError(13, "Permission denied")
        return inside(folder)

    monkeypatch.setattr(Path, "iterdir", closed)
    assert "tryton" in list_cities(root)
    with pytest.raises(CityError, match="cannot be read"):
        list_cities(tmp_path / "data")


@pytest.mark.parametrize("columns", ["", 'columns = { community_id = "id" }\n'])
def test_a_layer_without_a_feature_is_said_so(make_pack, columns):
    root = make_pack(communities=[], more=columns)
    with pytest.raises(PackError, match="0 rows"):
        load_city("tryton", data=root)


# -- Communities whose people are not known ---------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "elders"), [(None, 200), (1000, None), (None, None), ("", 200), (1000, " "), ("", "")]
)
def test_people_that_are_not_known_are_not_nobody(make_pack, people, elders):
    places = [community("west", 120.6199, 120.621), community("east", 120.621, 120.6221, people, elders)]
    pack = read_pack("tryton", data=make_pack(communities=places))
    assert pack.communities.frame.index.tolist() == ["west", "east"]
    assert pack.communities.people_unknown.tolist() == [False, True]
    row = pack.communities.frame.loc["east", ["population", "pop_60plus"]]
    assert [figure for figure in row if pd.notna(figure)] == [
        figure for figure in (people, elders) if figure in {200, 1000}
    ]
    told = finding_of(pack.findings, "people-unknown")
    assert (told.severity, told.count, told.examples, told.file) == ("warning", 1, ("east",), "communities.geojson")
    for named in ("share", "[communities.people]", "[population]"):
        assert named in told.remedy_zh
        assert named in told.remedy_en
    assert "填0" not in told.remedy_zh
    (record,) = [one for one in pack.files if one.role == "communities"]
    assert (record.rows_read, record.rows_used, record.dropped) == (2, 2, ())


def test_people_that_are_known_of_nobody_are_refused_with_three_ways_out(make_pack):
    places = [community(key, west, west + 0.001, None, 5) for key, west in (("a", 120.62), ("b", 120.621))]
    with pytest.raises(PackError, match=r"known of none of 2 .*people.*population.*share = 0\.2") as refused:
        read_pack("tryton", data=make_pack(communities=places))
    assert "人口格网" in refused.value.zh


def test_nobody_is_nobody(make_pack):
    places = [community("west", 120.6199, 120.621), community("east", 120.621, 120.6221, 0, 0)]
    pack = read_pack("tryton", data=make_pack(communities=places))
    assert pack.communities.frame["population"].to_dict() == {"west": 1000, "east": 0}
    assert "people-unknown" not in {told.code for told in pack.findings}
