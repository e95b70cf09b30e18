"""Every broken file is refused with file, place and remedy, or read with the findings that it states; none hangs."""

from __future__ import annotations

import os
import re
import signal
import time
import tracemalloc
from pathlib import Path

import pytest

from circle15.errors import Circle15Error, InputError
from circle15.sources.communities.table import read_communities
from circle15.sources.facilities.table import read_facilities
from circle15.sources.layers.layer import LayerLimits, read_layer
from circle15.sources.pack.city_pack import find_pack
from tests.towns.broken_files import BAD_PATHS, CORPUS, SITES, write_all
from tests.towns.city_tables import communities_table, facilities_table
from tests.towns.table_files import save_shapefile

SECONDS = 20
MEMORY = 400_000_000
REFUSED = [broken for broken in CORPUS if broken.says]
READ = [broken for broken in CORPUS if not broken.says]


def name(broken):
    return broken.name


@pytest.fixture
def _in_time():
    """End a reader that hangs; where the system has no alarm the test's own clock has to do."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def late(*_):
        raise AssertionError(f"not done after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def read(broken, folder, *, make=True):
    path = folder / broken.file
    if make:
        broken.make(path)
    if broken.role == "communities":
        return read_communities(path, {}, entry=communities_table(broken.entry))
    return read_facilities(path, facilities_table(broken.entry))


@pytest.mark.usefixtures("_in_time")
@pytest.mark.parametrize("broken", REFUSED, ids=name)
def test_it_is_refused_with_file_place_and_remedy(tmp_path, broken):
    path = tmp_path / broken.file
    broken.make(path)
    before = sorted(one.name for one in tmp_path.iterdir())
    tracemalloc.start()
    try:
        with pytest.raises(Circle15Error) as caught:
            read(broken, tmp_path, make=False)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    told = str(caught.value)
    assert told.startswith(broken.file)
    assert re.search(broken.says, told), told
    assert str(tmp_path) not in told
    assert len(told) < 1500
    assert sorted(one.name for one in tmp_path.iterdir()) == before
    assert peak < MEMORY


@pytest.mark.parametrize("broken", [one for one in REFUSED if one.role == "facilities"], ids=name)
def test_it_is_refused_in_chinese_too(tmp_path, broken):
    with pytest.raises(InputError) as caught:
        read(broken, tmp_path)
    told = caught.value.zh
    assert told.startswith(broken.file)
    assert "请" in told
    # The figures and names of both are the same.
    assert [n for n in re.findall(r"\d[\d,.]*\d", str(caught.value)) if n not in told] == []


@pytest.mark.usefixtures("_in_time")
@pytest.mark.parametrize("broken", READ, ids=name)
def test_it_is_read_and_told(tmp_path, broken):
    reading = read(broken, tmp_path)
    codes = {told.code for told in reading.findings}
    assert set(filter(None, broken.codes)) <= codes
    if not any(broken.codes):
        assert len(reading.frame) > 0
        assert not {told.severity for told in reading.findings} & {"warning", "error"}
    (record,) = reading.files
    assert record.rows_read == record.rows_used + sum(count for _, count in record.dropped)


def test_one_bad_row_is_found_at_once_with_its_number(tmp_path):
    (broken,) = [one for one in CORPUS if one.name == "one bad row of ten thousand"]
    began = time.monotonic()
    reading = read(broken, tmp_path)
    assert time.monotonic() - began < 5
    (found,) = [told for told in reading.findings if told.code == "facility-without-point"]
    assert (found.count, found.row, found.value) == (1, 7_002, "120.5x, 31.3")
    assert len(reading.frame) == 9_999


def test_the_corpus_is_always_the_same(tmp_path):
    for turn in ("a", "b"):
        write_all(tmp_path / turn)
    for path in sorted((tmp_path / "a").rglob("*.csv")):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
    assert len({broken.name for broken in CORPUS}) == len(CORPUS)
    assert (tmp_path / "a" / "contents.tsv").read_text(encoding="utf-8").count("\n") == len(CORPUS)


# -- Names that lead elsewhere ---------------------------------------------------------------------


@pytest.mark.parametrize("named", BAD_PATHS, ids=range(len(BAD_PATHS)))
def test_a_file_is_inside_the_pack(make_pack, tmp_path, named):
    (tmp_path / "roots" / "facilities.csv").parent.mkdir(exist_ok=True)
    (tmp_path / "roots" / "facilities.csv").write_text("secret", encoding="utf-8")
    pack = find_pack("tryton", make_pack())
    with pytest.raises(Circle15Error, match=r"city\.toml of tryton.*(copy it there|cannot be a file)"):
        pack.need(named)


def test_a_file_that_is_not_there_names_the_one_that_is(make_pack):
    pack = find_pack("tryton", make_pack())
    with pytest.raises(
        InputError, match=r"names 'facilities\.xlsx', which is not in .*mean 'facilities\.csv'"
    ) as caught:
        pack.need("facilities.xlsx")
    assert "是不是“facilities.csv”？" in caught.value.zh
    with pytest.raises(InputError, match=r"which is not in .*; copy it there, or correct its name"):
        pack.need("水面.gpkg")


def test_links_and_pipes_are_no_files_of_the_pack(make_pack, tmp_path):
    (tmp_path / "secret.csv").write_text("secret", encoding="utf-8")
    root = make_pack()
    home = root / "tryton"
    (home / "out.csv").symlink_to(tmp_path / "secret.csv")
    (home / "zero.csv").symlink_to("/dev/zero")
    os.mkfifo(home / "pipe.csv")
    pack = find_pack("tryton", root)
    for named in ("out.csv", "zero.csv", "pipe.csv"):
        with pytest.raises(Circle15Error, match=f"names '{named}', which is not in"):
            pack.need(named)


def test_a_part_of_a_shapefile_does_not_lead_elsewhere(tmp_path):
    (tmp_path / "in").mkdir()
    save_shapefile(SITES, tmp_path / "out.shp", encoding="UTF-8")
    path = save_shapefile(SITES, tmp_path / "in" / "a.shp", encoding="UTF-8")
    path.with_suffix(".dbf").unlink()
    path.with_suffix(".dbf").symlink_to(tmp_path / "out.dbf")
    with pytest.raises(InputError, match=r"a\.shp: its part a\.dbf is missing"):
        read_layer(path)


@pytest.mark.parametrize(
    "address", ["https://x.org/a.geojson", "/vsicurl/https://x.org/a.gpkg", "vsizip/a.zip/a.shp", "/VSIMEM/a.gpkg"]
)
def test_an_address_is_no_layer(address):
    with pytest.raises(InputError, match="an address, not a file; download it"):
        read_layer(Path(address))


@pytest.mark.parametrize(("limit", "says"), [
    ({"file_bytes": 100}, r"0\.\d MB, the limit is 0\.0 MB"), ({"features": 1}, "2 features, the limit is 1"),
    ({"columns": 1}, "2 columns, the limit is 1"), ({"vertices": 1}, "2 vertices, the limit is 1"),
])  # fmt: skip
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson", ".parquet"])
def test_how_much_is_read_is_bounded(tmp_path, suffix, limit, says):
    path = tmp_path / f"a{suffix}"
    SITES.to_parquet(path) if suffix == ".parquet" else SITES.to_file(path)
    if "columns" in limit and suffix == ".parquet":
        says = "3 columns"
    with pytest.raises(InputError, match=rf"a{suffix}: .*{says}.*clip it") as caught:
        read_layer(path, limits=LayerLimits(**limit))
    assert "上限" in caught.value.zh
