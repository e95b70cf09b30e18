"""Read communities, a layer or a table: outlines or points with people, mended and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog import column_synonyms, column_title, finding, refusal
from circle15.model.metric import lonlat_bounds
from circle15.model.places import PEOPLE, counts_heads
from circle15.model.provenance import FileRecord, Finding
from circle15.sources.city_config import CommunityFile, MappedColumn, PeopleTable
from circle15.sources.coded_cells import coded_findings, written_words
from circle15.sources.communities.parts import unite_parts
from circle15.sources.communities.people import (
    WITH_HOLES,
    checked_people,
    count_of_people,
    join_people,
    without_empty,
)
from circle15.sources.communities.points import layer_in_wgs84, table_points
from circle15.sources.facilities.columns import OurColumns, our_columns
from circle15.sources.facilities.decimals import layer_steps, tell_rounded, with_steps
from circle15.sources.facilities.said_datum import check_said_datum, undeclared_datum
from circle15.sources.facilities.table import cell_text, point_columns
from circle15.sources.layers.layer import read_layer
from circle15.sources.reading import ROW, Reading, Tally
from circle15.sources.tables.sheets import SPREADSHEETS, TEXT_TABLES, read_sheet

__all__ = ["read_communities"]

_WORDS = ("subdistrict", "community_type", "priority_flag", "rural", "functions")
_NEEDED = {
    "community_id": "a unique id",
    "name": "what people call it",
    "population": "residents",
    "pop_60plus": "residents aged 60 and over",
}
_MADE = ("outline", "parts", "people_basis")
_POLYGONS = ("Polygon", "MultiPolygon")
_SHAPES = {"Point": "点", "LineString": "线", "Polygon": "面积为零的面"}


def read_communities(
    path: Path,
    columns: Mapping[str, MappedColumn],
    people: tuple[Path, PeopleTable] | None = None,
    *,
    entry: CommunityFile | None = None,
    counted: bool = False,
) -> Reading:
    """Read communities with people: polygons, or points that outlines will be grown from.

    Parameters
    ----------
    path
        A layer; or, with ``grow``, a table with coordinates in degrees.
    columns
        Our name -> the file's columns that it is made of. Other columns are understood by their headers.
    people
        A table with the people, and its ``[communities.people]``.
    entry
        What ``[communities]`` says of the file: ``grow`` (points stand for outlines, and of polygons an inner point),
        ``parts`` and ``parts_people`` (rows with one id are estates of one community), ``people_basis``,
        ``datum`` of the coordinates, ``sheet`` and ``header_row`` of a table, ``layer`` and ``crs`` of a layer,
        ``encoding`` of either.
    counted
        True where a population grid counts the people: the layer then needs no people columns.

    Returns
    -------
    Reading
        On ``community_id``, with ``outline`` (``drawn``, ``estates``, ``grown``), in the file's reference
        system, or in WGS 84 where a datum is given; a record of the file, and one of the table of people.

    Raises
    ------
    PackError
        If the id, the name or a people column cannot be found; if a row has no polygon (or point), no id or,
        without ``parts``, one that another row has too; if people are negative or no number. NaN: people not known.
    """
    entry = entry or CommunityFile()
    layer, record, findings = _rows(path, columns, entry)
    findings += coded_findings(layer, path.name, layer.index.to_series())
    layer = without_empty(_without_made(layer, path, findings), path.name, findings)
    files = [record]
    shapes_of = _points if entry.grow else _polygons
    if entry.parts:
        _need(layer, path, ("community_id",))
        layer = _numbered(_with_ids(layer, path, parts=True), path, findings)
        layer = layer.set_geometry(shapes_of(layer, path, findings), crs=layer.crs)
        layer, of_parts = unite_parts(layer, file=path.name, people=entry.parts_people)
        findings += of_parts
    if people is not None:
        joined = join_people(layer, path.name, *people)
        layer = joined.frame
        findings += joined.findings
        files += joined.files
    layer = _with_basis(layer, path, entry.people_basis, findings)
    _need(layer, path, (column for column in _NEEDED if not (counted and column in PEOPLE)))
    if layer.empty:
        raise refusal("communities_empty", file=path.name)
    layer = _numbered(_with_words(_with_ids(layer, path)), path, findings)
    if not entry.parts:
        layer = layer.set_geometry(shapes_of(layer, path, findings), crs=layer.crs)
    if {*PEOPLE} <= set(layer.columns):
        _tell_of_elders(layer, path, findings)
    _tell_of_areas(layer, path, findings)
    files[0] = replace(files[0], bounds=lonlat_bounds(layer.geometry))
    layer["outline"] = "grown" if entry.grow else "estates" if entry.parts else "drawn"
    return Reading(frame=layer.set_index("community_id"), files=tuple(files), findings=tuple(findings))


# -- rows and columns -----------------------------------------------------------------------------


def _rows(
    path: Path, columns: Mapping[str, MappedColumn], entry: CommunityFile
) -> tuple[gpd.GeoDataFrame, FileRecord, list[Finding]]:
    """The rows under our names, numbered as a reader sees them, with a geometry where they have one."""
    if path.suffix.lower() in (*TEXT_TABLES, *SPREADSHEETS):
        return _table_rows(path, columns, entry)
    read = read_layer(path, layer=entry.layer, encoding=entry.encoding, crs=entry.crs)
    if read.frame.empty:
        raise refusal("layer_no_rows" if columns else "communities_empty", file=path.name)
    frame = read.frame.set_index(pd.RangeIndex(1, len(read.frame) + 1))
    cut = read.encoding if path.suffix.lower() == ".shp" else ""
    understood = _understood(
        pd.DataFrame(frame.drop(columns=frame.geometry.name)), path, columns, points=False, cut=cut
    )
    attributes = understood.frame.drop(columns="geometry", errors="ignore")
    geometry = frame.geometry
    findings = [*read.notes, *understood.findings]
    tally = Tally(file=path.name, findings=findings)
    check_said_datum(understood.frame.assign(**{ROW: understood.frame.index}), entry.datum, tally)
    if entry.grow:
        written = pd.DataFrame({"lon": shapely.get_x(geometry), "lat": shapely.get_y(geometry), ROW: frame.index})
        steps = layer_steps(geometry)
        tell_rounded(written, steps, tally, code="community-rounded")
        attributes = with_steps(attributes, steps)
    datum = entry.datum.lower()
    if datum != "wgs84":
        geometry = layer_in_wgs84(geometry, datum, path)
        findings.append(finding("datum-converted", "note", count=len(frame), file=path.name, datum=datum))
    layer = gpd.GeoDataFrame(attributes, geometry=geometry)
    return layer, _described(read.record("communities"), understood, columns), findings


def _without_made(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoDataFrame:
    """The rows without columns that reading makes itself: a file that circle15 wrote may have them."""
    made = [column for column in _MADE if column in layer]
    if made:
        names = ", ".join(made)
        findings.append(finding("community-columns-made", "note", count=len(made), file=path.name, value=names))
    return layer.drop(columns=made)


def _table_rows(
    path: Path, columns: Mapping[str, MappedColumn], entry: CommunityFile
) -> tuple[gpd.GeoDataFrame, FileRecord, list[Finding]]:
    if not entry.grow:
        raise refusal("communities_table", file=path.name)
    known = [*column_synonyms("communities"), *_named(columns)]
    sheet = read_sheet(path, known=known, sheet=entry.sheet, header_row=entry.header_row, encoding=entry.encoding)
    understood = _understood(sheet.frame, path, columns, points=True)
    tally = Tally(file=path.name, findings=[*sheet.notes, *understood.findings])
    _need(understood.frame, path, ("lon", "lat"), meaning="degrees, such as 经度 and 纬度")
    declared = check_said_datum(understood.frame.assign(**{ROW: understood.frame.index}), entry.datum, tally)
    point, steps = table_points(understood.frame, entry.datum, tally, point_columns(understood))
    layer = gpd.GeoDataFrame(with_steps(understood.frame.drop(columns=["lon", "lat"]), steps), geometry=point)
    if not declared and "datum" not in entry.given:
        tally.findings += undeclared_datum(point.x, point.y, path.name)
    record = replace(sheet.record("communities"), crs=entry.datum)
    return layer, _described(record, understood, columns), tally.findings


def _understood(
    frame: pd.DataFrame, path: Path, columns: Mapping[str, MappedColumn], *, points: bool, cut: str = ""
) -> OurColumns:
    """The file's columns with the mapped ones beside them, under our names; none about persons."""
    mapped = {name: _mapped(frame, path, name, mapping) for name, mapping in columns.items()}
    return our_columns(frame.assign(**mapped), path.name, {}, points=points, kind="communities", cut=cut)


def _named(columns: Mapping[str, MappedColumn]) -> list[str]:
    """The file's columns that a mapping names."""
    return [name for column in columns.values() for name in column.of]


def _described(record: FileRecord, table: OurColumns, columns: Mapping[str, MappedColumn]) -> FileRecord:
    """The record with the file's columns that are ours, by the mapping or by their header."""
    mapped = {column.of[0]: name for name, column in columns.items() if column.whole}
    meaning = {header: name for header, name in table.understood if name not in columns} | mapped
    left = [header for header in record.unknown if header not in table.personal]
    return replace(
        record,
        understood=tuple((header, meaning[header]) for header in left if header in meaning),
        unknown=tuple(header for header in left if header not in meaning),
        personal=table.personal,
    )


def _mapped(layer: pd.DataFrame, path: Path, name: str, mapping: MappedColumn) -> pd.Series:
    """One of our columns, from one of the file's, from a sum of several, or as a share of one."""
    absent = [column for column in mapping.of if column not in layer]
    if absent:
        headers = ", ".join(str(c) for c in layer.columns)
        raise refusal(
            "communities_mapped", file=path.name, ours=name, absent=", ".join(map(repr, absent)), found=headers
        )
    if mapping.whole:
        return layer[mapping.of[0]]
    cells = layer[list(mapping.of)]
    numbers = cells.apply(pd.to_numeric, errors="coerce")
    total = numbers.sum(axis=1, skipna=False) * (1.0 if mapping.share is None else mapping.share)
    words = numbers.isna() & cells.apply(lambda column: column.map(cell_text).str.strip() != "")
    if words.to_numpy().any():  # a word stays one, and is refused with its row; an empty cell is not known
        rows = words.any(axis=1)
        total = total.astype(object).mask(rows, cells.where(words).bfill(axis=1).iloc[:, 0])
    return cast("pd.Series", total)


def _need(layer: pd.DataFrame, path: Path, columns: Iterable[str], *, meaning: str = "") -> None:
    for column in columns:
        if column not in layer:
            headers = ", ".join(str(c)[:40] for c in layer.columns if c not in {"geometry", "outline"})
            registered_only = column == "population" and "population_registered" in layer
            code = "communities_registered" if registered_only else "communities_people"
            raise refusal(
                code if column in PEOPLE else "communities_column", file=path.name, column=column, found=headers,
                named=(column_title(column), meaning or _NEEDED[column]),
            )  # fmt: skip


def _with_ids(layer: gpd.GeoDataFrame, path: Path, *, parts: bool = False) -> gpd.GeoDataFrame:
    """Ids and names as text; every id once, but for the parts of one community."""
    ids = layer["community_id"].map(cell_text).str.strip()
    faults = [(ids == "", "community_id_empty"), (ids.duplicated() & (not parts), "community_id_twice")]
    for bad, code in faults:
        if bad.any():
            raise refusal(code, file=path.name, row=layer.index[bad][0], value=ids[bad].iloc[0], count=int(bad.sum()))
    if "name" not in layer:  # the name of a part may come with its community's people
        return layer.assign(community_id=ids)
    names = layer["name"].map(cell_text)
    return layer.assign(community_id=ids, name=names.where(names.str.strip() != "", ids))


def _with_words(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns of words as text: codes in a column with a hole came as fractions (``320508001.0``)."""
    return layer.assign(**{column: layer[column].map(cell_text) for column in _WORDS if column in layer})


# -- people ---------------------------------------------------------------------------------------


def _numbered(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoDataFrame:
    """People as numbers, NaN where a cell is empty; a word among the households is told."""
    made: dict[str, pd.Series] = {}
    for column in [c for c in layer.columns if counts_heads(c) and c not in WITH_HOLES]:
        made[column] = checked_people(layer[column], path.name)
    for column in [c for c in WITH_HOLES if c in layer and not pd.api.types.is_float_dtype(layer[c])]:
        numbers = count_of_people(layer[column])
        usable = np.isfinite(numbers) & (numbers >= 0)
        odd = ~usable & (layer[column].map(cell_text).str.strip() != "")
        if odd.any():
            ids = layer.loc[odd, "community_id"]
            findings.append(
                finding(
                    "community-bad-number", "warning", count=int(odd.sum()), file=path.name, column=column,
                    row=int(layer.index[odd][0]), value=str(layer.loc[odd, column].iloc[0]), examples=ids,
                    named=(column_title(column), column),
                )
            )  # fmt: skip
        made[column] = numbers.where(usable)
    return layer.assign(**made)


def _with_basis(layer: gpd.GeoDataFrame, path: Path, basis: str | None, findings: list[Finding]) -> gpd.GeoDataFrame:
    """Registered people in place of residents, where the pack says so."""
    if basis != "registered":
        return layer
    if "population" in layer or "population_registered" not in layer:
        raise refusal("registered_unneeded" if "population" in layer else "registered_missing", file=path.name)
    holes = int(layer["population_registered"].isna().sum())
    findings.append(finding("people-registered", "warning", count=len(layer) - holes, file=path.name))
    return layer.assign(population=layer["population_registered"], people_basis="registered")


def _tell_of_elders(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> None:
    elders = layer["pop_60plus"] > layer["population"]
    if elders.any():
        row = elders.to_numpy().argmax()
        figures = f"{layer['pop_60plus'].iloc[row]:g} > {layer['population'].iloc[row]:g}"
        findings.append(
            finding(
                "community-elders", "warning", count=int(elders.sum()), file=path.name, row=int(layer.index[row]),
                column="pop_60plus", value=figures, examples=layer.loc[elders, "community_id"],
            )
        )  # fmt: skip


def _tell_of_areas(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> None:
    """Words that say neither town nor country are told where they are read; here those who say nothing."""
    silent = written_words(layer["rural"]) == "" if "rural" in layer else pd.Series(data=True, index=layer.index)
    if silent.any():
        ids = layer.loc[silent, "community_id"]
        findings.append(
            finding("community-area-unsaid", "note", count=len(ids), file=path.name, column="rural", examples=ids)
        )


# -- geometry -------------------------------------------------------------------------------------


def _polygons(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoSeries:
    """The outlines, mended where they cross themselves."""
    shapes = layer.geometry.copy()
    broken = ~shapes.is_valid & shapes.geom_type.isin(_POLYGONS)
    if broken.any():
        shapes[broken] = shapely.make_valid(shapes[broken].to_numpy(), method="structure")
        ids = layer.loc[broken, "community_id"]
        findings.append(finding("community-mended", "warning", count=int(broken.sum()), file=path.name, examples=ids))
    unusable = ~(shapes.geom_type.isin(_POLYGONS) & (shapely.area(shapes.to_numpy()) > 0))
    if unusable.any():
        row = int(np.flatnonzero(unusable)[0])
        shape = layer.geometry.iloc[row]
        kind = "" if shape is None else shape.geom_type
        raise refusal(
            "communities_points" if "Point" in kind else "communities_shapeless", file=path.name,
            row=layer.index[row], community=layer["community_id"].iloc[row], count=int(unusable.sum()),
            kind=(_SHAPES.get(kind.removeprefix("Multi"), kind or "没有图形"), kind or "nothing"),
        )  # fmt: skip
    return shapes


def _points(layer: gpd.GeoDataFrame, path: Path, findings: list[Finding]) -> gpd.GeoSeries:
    """A point per row to grow from; an inner one of a polygon. Of a community's parts some may have none."""
    shapes = layer.geometry.to_numpy()
    inner = shapely.point_on_surface(np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes)))
    pointed = shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT
    seed = gpd.GeoSeries(np.where(pointed, shapes, inner), index=layer.index, crs=layer.crs)
    seed[shapely.is_empty(seed.to_numpy())] = None
    lost = seed.isna()
    if lost.any():
        ids = layer["community_id"]
        bare = lost & ~ids.isin(ids[~lost])
        if bare.any():
            raise refusal(
                "communities_pointless", file=path.name, row=layer.index[bare][0], community=ids[bare].iloc[0],
                count=int(bare.sum()),
            )  # fmt: skip
        row = int(layer.index[lost][0])
        findings.append(
            finding(
                "parts-without-point", "warning", count=int(lost.sum()), file=path.name, row=row, examples=ids[lost]
            )
        )
    return seed
