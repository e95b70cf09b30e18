"""A corpus of broken files: every kind that a planner's folder may hold, made by this script, always alike.

    python -m tests.towns.broken_files FOLDER

writes them all, each into a folder of its own, with a list of what the readers must say. Each entry is
either refused with a message that names the file, the place and what to do, or read with the findings
that it states.
"""

from __future__ import annotations

import io
import json
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import pyogrio

from tests.towns.pack_files import feature, geojson, rectangle
from tests.towns.table_files import numbered, old_workbook, save_shapefile, workbook

Make = Callable[[Path], object]
Role = Literal["facilities", "communities"]
HEAD = "名称,服务,经度,纬度\n"
ROW = "食堂,助餐点,120.62,31.31\n"
GOOD = HEAD + ROW + "卫生站,社区卫生服务站,120.63,31.32\n"
ROWS = numbered([(f"f{k}", "食堂", "助餐点", f"120.{k}", "31.3", k, "", "") for k in range(1, 9)])
POINT = {"type": "Point", "coordinates": [120.6213, 31.3124]}
SITE = {"name": "食堂", "services": "meal_point"}
SITES = gpd.GeoDataFrame(
    {"name": ["食堂", "卫生站"], "services": ["meal_point", "clinic"]},
    geometry=gpd.points_from_xy([120.6213, 120.6331], [31.3124, 31.3242]), crs="EPSG:4326",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Broken:
    """One broken file: who reads it, what its message must name, or which findings it is read with."""

    name: str
    file: str
    make: Make
    says: str = ""
    codes: tuple[str, ...] = ()
    role: Role = "facilities"
    entry: Mapping[str, Any] = field(default_factory=dict)


def _one(name: str, file: str, make: Make, **more: Any) -> Broken:
    return Broken(name=name, file=file, make=make, **more)


def _put(content: bytes | str) -> Make:
    raw = content.encode("utf-8") if isinstance(content, str) else content
    return lambda path: path.write_bytes(raw)


def _json(*features: Any, **members: Any) -> Make:
    return _put(json.dumps({"type": "FeatureCollection", **members, "features": features}, ensure_ascii=False))


def _half(make: Make) -> Make:
    """What ``make`` writes, cut in the middle."""

    def write(path: Path) -> None:
        make(path)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])

    return write


def _book(path: Path) -> None:
    workbook(path.name)(path.parent, ROWS)


def _sheet_xml(change: Callable[[bytes], bytes]) -> Make:
    """A workbook with the XML of its sheet changed."""

    def write(path: Path) -> None:
        _book(path)
        with zipfile.ZipFile(path) as old:
            parts = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for name, part in parts.items():
                new.writestr(name, change(part) if name == "xl/worksheets/sheet1.xml" else part)

    return write


def _before_end(more: bytes) -> Make:
    return _sheet_xml(lambda xml: xml.replace(b"</sheetData>", more + b"</sheetData>"))


def _entities(xml: bytes) -> bytes:
    lines = "".join(f'<!ENTITY b{k} "{f"&b{k - 1};" * 10}">' for k in range(1, 10))
    laugh = f'<!DOCTYPE worksheet [<!ENTITY b0 "ha">{lines}]>'.encode()
    return xml.replace(b"<worksheet", laugh + b"<worksheet", 1).replace(b"<t>", b"<t>&b9;", 1)


def _layers(*names: str) -> Make:
    def write(path: Path) -> None:
        for name in names:
            SITES.to_file(path, layer=name)

    return write


def _base(*statements: str, first: Make | None = None) -> Make:
    """A database file, by itself or changed after ``first`` has written it."""

    def write(path: Path) -> None:
        if first is not None:
            first(path)
        base = sqlite3.connect(path)
        for statement in statements:
            base.execute(statement)
        base.commit()
        base.close()

    return write


def _shape(*, without: str = "", frame: gpd.GeoDataFrame = SITES, cpg: str = "", cut: str = "") -> Make:
    """A shapefile in GB18030 that lacks a part, claims another encoding, or has a part cut short."""

    def write(path: Path) -> None:
        save_shapefile(frame, path, encoding="GB18030")
        if without:
            path.with_suffix(without).unlink()
        if cpg:
            path.with_suffix(".cpg").write_text(cpg, encoding="ascii")
        if cut:
            part = path.with_suffix(cut)
            part.write_bytes(part.read_bytes()[:40])

    return write


def _parquet(frame: pd.DataFrame) -> Make:
    return frame.to_parquet


def _attributes(path: Path) -> None:
    pyogrio.write_dataframe(pd.DataFrame({"name": ["食堂"]}), path, layer="notes", driver="GPKG")


def _community(shape: Any = None, **more: Any) -> dict[str, Any]:
    about = {"community_id": "a", "name": "甲", "population": 1000, "pop_60plus": 200}
    return feature(rectangle(120, 31, 120.01, 31.01) if shape is None else shape, **(about | more))


def _ring(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}


BOW_TIE = _ring((120, 31), (120.01, 31.01), (120.01, 31), (120, 31.01))
_VIEW = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT x AS fid, x AS geom FROM t"
_OPEN = r"open it in QGIS and save it again"
_EMPTY = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".geojson", ".json", ".gpkg", ".shp", ".parquet"}


def _tables() -> list[Broken]:
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    gbk, utf = ROW.encode("gbk"), ROW.encode("utf-8")
    many = [f"食堂{k},助餐点,120.{k % 900 + 100},31.3\n" for k in range(10_000)]
    many[7_000] = "食堂7000,助餐点,120.５x,31.3\n"
    return [
        *(_one(f"zero bytes {end}", f"list{end}", _put(b""), says=r"(empty|0 bytes).*(again|copy)")
          for end in sorted(_EMPTY)),
        _one("half a workbook", "list.xlsx", _half(_book), says="broken or cut short .*save it as"),
        _one("half an old workbook", "list.xls", _half(lambda p: old_workbook(p.parent, ROWS)),
               says="broken or cut short .*save it as"),
        _one("zip bomb", "list.xlsx", _before_end(b" " * 70_000_000), says="unpack to 70.*150 times"),
        _one("a cell far out", "list.xlsx", _before_end(far), says="16,384 columns.*delete stray cells"),
        _one("a billion laughs", "list.xlsx", _sheet_xml(_entities), says=".*save it"),
        _one("a workbook that is a page", "list.xlsx", _put("<html><table><tr><td>x</td></table>"),
               says="by its content it is a web page.*save it as .xlsx"),
        _one("a page named .xls", "list.xls", _put("\ufeff<table><tr><td>x</td></tr></table>"),
               says="by its content it is a web page.*save it as .xlsx"),
        _one("a workbook named .csv", "list.csv", _put(b"PK\x03\x04rest"), says="name it .xlsx"),
        _one("NUL in a text", "list.csv", _put(GOOD + "a\0b,助餐点,120.6,31.3\n"),
               says="row 4 holds a NUL character.*delete these characters"),
        _one("two encodings in one file", "list.csv", _put(HEAD.encode() + utf * 9 + gbk),
               says="broken place.*line 11.*Save it again"),
        _one("a quotation mark left open", "list.csv", _put(HEAD + '"食堂,助餐点,120.6,31.3\n' + ROW),
               says="quotation mark in row 2 is never closed; double it"),
        _one("UTF-7", "list.csv", _put((GOOD * 2).encode("utf-7")), says="UTF-7.*save it as 'CSV UTF-8'"),
        _one("a cell of ten million characters", "list.csv", _put(HEAD + "堂" * 10_000_000 + ",助餐点,1,2\n"),
               says="row 2 has a cell of more than 131,072 characters, the limit is 32,767.*shorten it"),
        _one("more columns than a sheet has", "list.csv", _put(",".join("名" * 16_385) + "\n" + ROW),
               says="16,385 columns, the limit is 2,000.*split the table"),
        _one("a header and nothing else", "list.csv", _put(HEAD), codes=("table-columns",)),
        _one("no header", "list.csv", _put(ROW * 3), says="column.s. name, lon, lat are missing.*header_row"),
        _one("a header twice", "list.csv", _put("名称,经度,经度,纬度\n食堂,1,2,3\n"),
               says="several columns may be lon: 经度, 经度 .2.; say which"),
        _one("rows with more cells than the header", "list.csv", _put(GOOD + ROW[:-1] + ",x\n"),
               says="row 4: its rows have more cells.*extra commas"),
        _one("ids twice", "list.csv", _put("设施编号," + GOOD.replace("食", "a,食").replace("卫生站,", "a,卫生站,")),
               codes=("facility-id-twice",)),
        _one("one bad row of ten thousand", "list.csv", _put(HEAD + "".join(many)),
               codes=("facility-without-point",)),
        _one("longitude and latitude swapped", "list.csv", _put("名称,服务,纬度,经度\n" + ROW * 4),
               says='swapped: 4 of 4 rows.*row 2, 31.31, 120.62.*lon = "纬度", lat = "经度"'),
        _one("one row swapped", "list.csv", _put(GOOD + "站,助餐点,31.3,120.6\n"), codes=("facility-swapped",)),
        _one("metres for degrees", "list.csv", _put(HEAD + "食堂,助餐点,560000,3465000\n" * 3),
               says="metres, no degrees: 3 of 3 rows.*row 2, 560000, 3465000.*datum"),
        _one("degrees, minutes, seconds", "list.csv", _put(HEAD + "食堂,助餐点,120°37′12″E,北纬31度18分36秒\n"),
               codes=("facility-dms",)),
        _one("a decimal comma", "list.csv", _put("名称;服务;经度;纬度\n食堂;助餐点;120,62;31,31\n"),
               codes=("facility-decimal-comma",)),
        _one("degrees and a datum in metres", "list.csv", _put(GOOD), entry={"datum": "EPSG:4549"},
               says="EPSG:4549.*counts in metres.*degrees.*correct datum"),
        _one("a datum that is none", "list.csv", _put(GOOD), entry={"datum": "gcj-02"},
               says="datum 'gcj-02' is not known; give one of wgs84"),
        _one("an encoding that is not the file's", "list.csv", _put(GOOD.encode("gbk")),
               entry={"encoding": "utf-8"}, says="not utf-8.*from line 1 on.*correct encoding"),
        *(_one(f"a kind that is not read {file}", file, _put(b"PK\x03\x04rest"), says=says)
          for file, says in {"roads.zip": "archive: unpack", "list.ods": "save it as .xlsx",
                             "list.et": "save it as .xlsx",
                             "a.kml": "GeoPackage", "a.gdb": "GeoPackage", "a.pdf": "put its table into an .xlsx",
                             "list.docx": "put its table into an .xlsx", "list": "give a table"}.items()),
    ]  # fmt: skip


def _vector_layers() -> list[Broken]:
    link = {"type": "link", "properties": {"href": "http://127.0.0.1:9/crs", "type": "proj4"}}
    local = {"type": "name", "properties": {"name": "苏州独立坐标系"}}
    virtual = '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/http://127.0.0.1:9/x</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    site = feature(POINT, **SITE)
    evil = "'; DROP TABLE sites; --"
    endless = f"CREATE VIEW evil AS {_VIEW}"
    view = _base(endless, "INSERT INTO gpkg_contents(table_name, data_type) VALUES ('evil', 'features')",
                 "DELETE FROM gpkg_contents WHERE table_name = 'sites'", first=_layers("sites"))  # fmt: skip
    register = _base("ALTER TABLE gpkg_geometry_columns RENAME TO hidden",
                     "CREATE VIEW gpkg_geometry_columns AS SELECT * FROM hidden", first=_layers("sites"))  # fmt: skip
    computed = _base("ALTER TABLE sites ADD COLUMN x BLOB AS (zeroblob(999999999))", first=_layers("sites"))
    trigger = _base("CREATE TRIGGER hit AFTER INSERT ON sites BEGIN DELETE FROM sites; END", endless,
                    first=_layers("sites"))  # fmt: skip
    several = {"type": "GeometryCollection", "geometries": [POINT, POINT]}
    nowhere = [feature({"type": "Point", "coordinates": []}, **SITE), feature(None, **SITE), site]
    return [
        _one("half a GeoJSON", "a.geojson", _half(_json(site, site)), says="line 1 is no whole JSON.*Open it in QGIS"),
        _one("half a GeoPackage", "a.gpkg", _half(_layers("sites")), says=_OPEN),
        _one("half a GeoParquet", "a.parquet", _half(_parquet(SITES)), says=_OPEN),
        _one("a shapefile cut short", "a.shp", _shape(cut=".shp"), says=_OPEN),
        _one("a shapefile's table cut short", "a.shp", _shape(cut=".dbf"), says=_OPEN),
        _one("text for a GeoPackage", "a.gpkg", _put("nonsense"), says="by its content it is no GeoPackage"),
        _one("a virtual dataset named .geojson", "a.geojson", _put(virtual), says="line 1 is no whole JSON"),
        _one("a virtual dataset named .gpkg", "a.gpkg", _put(virtual), says="by its content it is no GeoPackage"),
        _one("a crs that is a link", "a.geojson", _json(site, crs=link), says="its crs member.*EPSG code"),
        _one("a crs nobody knows", "a.geojson", _json(site, crs=local), says="its crs member.*EPSG code"),
        _one("a crs that is said to be unknown", "a.geojson", _json(site, crs=None),
               says="does not say in which reference system.*crs = "),
        _one("a feature that is nothing", "a.geojson", _json(site, None), says="row 2 is no Feature, 1 such"),
        _one("TopoJSON", "a.json", _put('{"type": "Topology", "objects": {}, "arcs": []}'),
               says="by its content it is no GeoJSON"),
        _one("a list for a GeoJSON", "a.geojson", _put("[1, 2]"), says="by its content it is no GeoJSON"),
        _one("brackets without end", "a.geojson", _put("[" * 300_000), says=_OPEN),
        _one("GeoJSON in GBK", "a.geojson", _put(geojson([site]).encode("gbk")), says="not UTF-8, from byte"),
        _one("metres in a GeoJSON", "a.geojson", says="row 2, coordinates 560000, 3465000 are no degrees.*crs = ",
               make=_json(site, feature({"type": "Point", "coordinates": [560000, 3465000]}, **SITE))),
        _one("a swapped GeoJSON", "a.geojson", says="row 1.*no degrees.*swapped",
               make=_json(feature({"type": "Point", "coordinates": [31.31, 120.62]}, **SITE))),
        _one("points without numbers", "a.geojson", _json(*nowhere), codes=("facility-without-point",)),
        _one("numbers that are text", "a.geojson", codes=("facility-without-point",),
               make=_json(site, feature({"type": "Point", "coordinates": ["120.62", "31.31"]}, **SITE))),
        _one("a collection for a point", "a.geojson", _json(feature(several, **SITE)), codes=("",)),
        _one("a key twice", "a.geojson", codes=("layer-keys-twice",),
               make=_put(geojson([site]).replace('"name"', '"name": "x", "name"'))),
        _one("a mark before the GeoJSON", "a.geojson", _put("\ufeff" + geojson([site])), codes=("",)),
        _one("several layers", "a.gpkg", _layers("sites", "old"),
               says='holds 2 layers .sites, old.; say which.*layer = "sites"'),
        _one("a layer that is not there", "a.gpkg", _layers("sites"), entry={"layer": "homes"},
               says="no layer 'homes' in it; it has sites"),
        _one("a layer named like SQL", "a.gpkg", _layers("sites", "old"), entry={"layer": evil},
               says="no layer \"'; DROP TABLE sites; --\" in it; it has sites, old"),
        _one("a layer that is a view", "a.gpkg", view, says="'evil' is a view.*save it as a layer of its own"),
        _one("a layer with a computed column", "a.gpkg", computed, says="'sites' is a view or a virtual table"),
        _one("a trigger and a view beside the layer", "a.gpkg", trigger, codes=("",)),
        _one("a database that is no GeoPackage", "a.gpkg", _base("CREATE TABLE sites (a)"),
               says="by its content it is no GeoPackage"),
        _one("a GeoPackage whose register is a view", "a.gpkg", register, says="'gpkg_geometry_columns' is a view"),
        _one("tables without shapes", "a.gpkg", _attributes, says="there are only tables .notes."),
        _one("a shapefile without .shx", "a.shp", _shape(without=".shx"), says="a.shx is missing.*copy them all"),
        _one("a shapefile without .dbf", "a.shp", _shape(without=".dbf"), says="a.dbf is missing.*copy them all"),
        _one("a shapefile without .prj", "a.shp", _shape(without=".prj"), says="a.prj is missing.*crs = "),
        _one("a shapefile that lies about its encoding", "a.shp", _shape(cpg="UTF-8"),
               says="not UTF-8 ..cpg; row 1, column 'name'.; give encoding"),
        _one("a shapefile without .cpg", "a.shp", _shape(without=".cpg"), codes=("layer-encoding",)),
        _one("Parquet without coordinates", "a.parquet", _parquet(pd.DataFrame({"名称": ["食堂"]})),
               says="lon, lat are missing"),
        _one("a Parquet bomb", "a.parquet", _parquet(pd.DataFrame({"名称": ["堂" * 20_000] * 20_000})),
             says="MB, the limit is 500.0 MB"),
        _one("GeoParquet without a system", "a.parquet", _parquet(SITES.set_crs(None, allow_override=True)),
               says="does not say in which reference system.*crs = "),
        _one("two systems for one layer", "a.gpkg", _layers("sites"), entry={"crs": "EPSG:4549"},
               says="names EPSG:4326, city.toml names EPSG:4549"),
    ]  # fmt: skip


def _communities() -> list[Broken]:
    def place(name: str, says: str = "", codes: tuple[str, ...] = (), **more: Any) -> Broken:
        features = [_community(community_id="ok"), _community(**more)]
        return _one(name, file="c.geojson", make=_json(*features), says=says, codes=codes, role="communities")

    line = {"type": "LineString", "coordinates": [[120, 31], [121, 31]]}
    bare = "row 2, community 'a' has no polygon"
    pair = {"type": "GeometryCollection", "geometries": [POINT, line]}
    flat = _ring((120, 31), (121, 31), (120, 31))
    people = "row 2, column 'population', value .* is no number of people .1 such rows.; correct it"
    return [
        place("a bow tie", codes=("community-mended",), shape=BOW_TIE),
        place("negative people", says=people, population=-1),
        place("people that are words", says=people, population="很多"),
        place("people without end", says=people, population=float("inf")),
        place("an id twice", says="row 2, column 'community_id', value 'ok' stands in an earlier", community_id="ok"),
        place("no id", says="row 2, column 'community_id' is empty", community_id=None),
        place("a line for an outline", says=f"{bare} with an area .found: LineString", shape=line),
        place("an outline without ground", says=bare, shape=flat),
        place("a collection for an outline", says=f"{bare}.*found: GeometryCollection", shape=pair),
        place("an empty outline", says=bare, shape={"type": "Polygon", "coordinates": []}),
        place("more elders than people", codes=("community-elders",), pop_60plus=2000),
        _one("a layer of nothing", "c.geojson", _json(), says="0 rows", role="communities"),
    ]  # fmt: skip


CORPUS: tuple[Broken, ...] = (*_tables(), *_vector_layers(), *_communities())

BAD_PATHS = (
    "../facilities.csv", "a/../../facilities.csv", "/etc/passwd", "/dev/zero", "https://example.org/list.csv",
    "file:///etc/passwd", "/vsicurl/https://example.org/list.geojson", "a\0b.csv", "x" * 5000,
)  # fmt: skip
"""What no pack may name as its file."""


def write_all(folder: Path) -> None:
    """Write the whole corpus, each file into a folder of its own."""
    listed = io.StringIO()
    for number, broken in enumerate(CORPUS, 1):
        home = folder / f"{number:03d}"
        home.mkdir(parents=True, exist_ok=True)
        broken.make(home / broken.file)
        listed.write(f"{number:03d}\t{broken.role}\t{broken.file}\t{broken.name}\t{broken.says or broken.codes}\n")
    (folder / "contents.tsv").write_text(listed.getvalue(), encoding="utf-8")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
