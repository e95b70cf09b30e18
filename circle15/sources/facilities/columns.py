"""Turn a planner's columns into ours: headers by synonym, persons left behind, service words understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog import (
    column_synonyms,
    column_title,
    finding,
    fold_header,
    hint,
    map_categories,
    names_service,
    numeric_columns,
    personal_columns,
    refusal,
)
from circle15.catalog import services as known_services
from circle15.catalog.kind import has_kinds
from circle15.model.provenance import FileRecord, Finding
from circle15.model.service import Service
from circle15.refusals.spelling import did_you_mean
from circle15.sources.layers.shapefiles import FIELD_BYTES
from circle15.sources.tables.sheets import plain_numbers

__all__ = ["Kind", "OurColumns", "our_columns", "services_in", "services_of_word", "shown_headers", "without_persons"]

Kind = Literal["facilities", "communities"]
_BETWEEN_SERVICES = re.compile(r"[;；、,，/|\n]+")
_BETWEEN_DEGREES = re.compile(r"[,;\s、]+")
_PLANE = re.compile(r"[xy]")
_POINT = ("lon", "lat", "location")
_WKT = re.compile(r"^(SRID=\d+;)?\s*POINT\s*(?=\()", re.IGNORECASE)
"""What stands before the numbers where a point is written as well-known text."""
_TWICE = re.compile(r" \(\d+\)$")
_MOSTLY = 0.5
"""Share of cells that must look personal before a column without a telling header counts as personal."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OurColumns:
    """A table under our names: ``understood`` holds (theirs, ours), ``unknown`` was kept, ``personal`` was not."""

    frame: pd.DataFrame
    understood: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...]
    personal: tuple[str, ...]
    findings: tuple[Finding, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    """The file's header of each of our columns that has another name there."""

    def described(self, record: FileRecord) -> FileRecord:
        """The record with what is known of the columns."""
        return replace(record, understood=self.understood, unknown=self.unknown, personal=self.personal)


def our_columns(
    frame: pd.DataFrame, file: str, columns: Mapping[str, str], *, one_service: str | None = None, points: bool = True,
    kind: Kind = "facilities", cut: str = "",
) -> OurColumns:  # fmt: skip
    """Rename a table's columns to ours and leave out what is about persons.

    ``columns`` wins; then our own names; then the synonyms of ``columns.toml``. A list of one service takes no
    column for its services but one that is named so; others tell the kind of site, where the service has kinds.
    ``location`` (``"120.6,31.3"``) becomes ``lon`` and ``lat``.

    Parameters
    ----------
    frame
        Cells as they were read, unique headers.
    file
        The file's name.
    columns
        Our name -> theirs, as ``city.toml`` says.
    one_service
        The service that the whole list is of, where ``city.toml`` names it.
    points
        False in a layer, whose points are its geometry: no column is taken for a coordinate.
    kind
        What a row is.
    cut
        Encoding of a shapefile, whose headers end after ten bytes; ``""`` for any other file.

    Returns
    -------
    OurColumns
        The columns that stay, in their order, and what was understood, doubtful or left out.

    Raises
    ------
    PackError
        If ``columns`` names what is not there, or two columns may be the same coordinate.
    """
    findings: list[Finding] = []
    synonyms = column_synonyms(kind)
    given = _given(frame, file, columns, synonyms)
    everything = list(map(str, frame.columns))
    frame = without_persons(frame, file, set(given.values()), findings, synonyms)
    personal = tuple(column for column in everything if column not in set(map(str, frame.columns)))
    renamed = {theirs: ours for ours, theirs in given.items()}
    for ours, candidates in _candidates(frame, synonyms, one_service=one_service, points=points, cut=cut).items():
        free = [column for column in candidates if column not in renamed]
        if ours in given or not free:
            continue
        renamed[free[0]] = ours
        if ours == "state":  # each says something of its own: see in_use
            renamed |= {column: f"state ({number})" for number, column in enumerate(free[1:], 2)}
        elif ours not in free:
            _tell_doubt(ours, free, file, findings)
        elif twice := [column for column in free[1:] if fold_header(_TWICE.sub("", column)) == fold_header(ours)]:
            alike = all(_TWICE.sub("", column) == ours for column in twice)
            findings.append(_twice(ours, 1 + len(twice), file) if alike else _doubt(ours, [ours, *twice], file))
    understood = {theirs: ours for theirs, ours in renamed.items() if theirs != ours}
    # A column that bears our name and is not meant gives way to the one that is.
    frame = frame.drop(columns=[ours for ours in understood.values() if ours in frame and ours not in renamed])
    if understood:
        pairs = [f"{theirs} = {_TWICE.sub('', ours)}" for theirs, ours in understood.items()]
        value, named = ", ".join(pairs), ("、".join(pairs), ", ".join(pairs))
        findings.append(finding("table-columns", "note", file=file, count=len(understood), value=value, named=named))
    frame = frame.rename(columns=renamed)
    for column in numeric_columns().intersection(frame.columns):
        if frame[column].dtype == object or pd.api.types.is_string_dtype(frame[column]):
            empty = frame[column].isna()
            frame[column] = plain_numbers(frame[column].astype(object).where(~empty, ""))
    known = set(synonyms.values())
    meant = {
        theirs: _TWICE.sub("", renamed.get(theirs, theirs if theirs in known else "")) for theirs in everything
    }  # fmt: skip
    return OurColumns(
        frame=_with_point(frame) if points else frame,
        understood=tuple((theirs, ours) for theirs, ours in meant.items() if ours and theirs not in personal),
        unknown=tuple(theirs for theirs, ours in meant.items() if not ours and theirs not in personal),
        personal=personal,
        findings=tuple(findings),
        headers={ours: theirs for theirs, ours in understood.items()},
    )


def _given(frame: pd.DataFrame, file: str, columns: Mapping[str, str], synonyms: Mapping[str, str]) -> dict[str, str]:
    """``columns`` of ``city.toml``, each checked against the table."""
    known = set(synonyms.values())
    given: dict[str, str] = {}
    for ours, theirs in columns.items():
        if ours not in known:
            meant = did_you_mean(ours, known)
            raise refusal("column_unknown", file=file, ours=ours, hint=meant, known=", ".join(sorted(known)))
        exact = [column for column in frame.columns if str(column) == theirs]
        folded = [column for column in frame.columns if fold_header(str(column)) == fold_header(theirs)]
        if len(exact or folded) != 1:
            choice = hint("column_several" if folded else "column_none")
            has = shown_headers(frame.columns)
            raise refusal("column_not_found", file=file, ours=ours, theirs=theirs, found=choice, has=has)
        given[ours] = (exact or folded)[0]
    if len(set(given.values())) < len(given):
        raise refusal("column_twice", file=file)
    return given


def _candidates(
    frame: pd.DataFrame, synonyms: Mapping[str, str], *, one_service: str | None, points: bool, cut: str
) -> dict[str, list[str]]:
    """Our column -> the columns that may be it, the one with our own name first."""
    headers: dict[str, list[str]] = {}
    for column in map(str, frame.columns):
        # A second column under the same header was given a number when it was read.
        ours = _whole_header(_TWICE.sub("", column), synonyms, cut)
        meant = ours is not None and (points or ours not in _POINT)
        if ours == "services" != column and one_service is not None:
            ours = "site_kind" if has_kinds(one_service) else None  # of a list of one service 类别 tells the kind
        if ours is not None and meant:
            headers.setdefault(ours, []).append(column)
    plane = {
        ours: [column for column in headers.get(ours, []) if _PLANE.search(fold_header(column))] for ours in _POINT
    }
    degrees = {ours: [column for column in headers.get(ours, []) if column not in plane[ours]] for ours in _POINT}
    for ours in ("lon", "lat"):
        # x and y are a pair of their own, often metres: neither completes a longitude or latitude.
        if degrees["lon"] or degrees["lat"]:
            headers[ours] = degrees[ours]
    return {ours: sorted(columns, key=lambda column: column != ours) for ours, columns in headers.items()}


def _whole_header(column: str, synonyms: Mapping[str, str], cut: str) -> str | None:
    """Our column under a header; one that ten bytes have cut short counts where it can be only one of ours."""
    folded = fold_header(column)
    known = synonyms.get(folded)
    # An underline at the very end is where the rest was: community_ is no community.
    if not cut or (known is not None and not column.endswith("_")):
        return known
    longest = max(map(len, (letter.encode(cut, "replace") for letter in column)), default=1)
    if len(column.encode(cut, "replace")) <= FIELD_BYTES - longest:
        return known
    meant = {ours for header, ours in synonyms.items() if header.startswith(folded) and header != folded}
    return meant.pop() if len(meant) == 1 else None


def shown_headers(columns: Iterable[object]) -> str:
    """Headers for a message: short, not too many, and none that may be a person's.

    Where no header was recognised these are the cells of the first row, which may tell of somebody.

    Examples
    --------
    >>> shown_headers(["名称", "王小明", "13812345678", "东"])
    '名称, ***, ***, 东'
    """
    rules = personal_columns()
    known = set(column_synonyms()) | set(column_synonyms("communities"))
    shown = []
    for column in list(columns)[:40]:
        header = " ".join(str(column).split())
        harmless = fold_header(header) in known or not (rules.cells.fullmatch(header) or rules.shown.search(header))
        shown.append(header[:40] if harmless else "***")
    return ", ".join(shown)


def _tell_doubt(ours: str, columns: list[str], file: str, findings: list[Finding]) -> None:
    if len(columns) < 2:
        return
    if ours in _POINT:
        raise refusal("column_doubt", file=file, ours=ours, named=", ".join(columns), first=columns[0])
    findings.append(_doubt(ours, columns, file))


def _twice(ours: str, count: int, file: str) -> Finding:
    """The first of several columns under one header is used."""
    return finding("table-column-twice", "warning", file=file, column=ours, count=count)


def _doubt(ours: str, columns: list[str], file: str) -> Finding:
    """The first of several columns that may be one of ours is used."""
    return finding(
        "table-column-doubt", "warning", file=file, column=columns[0], value=", ".join(columns), ours=ours,
        named=("、".join(columns), ", ".join(columns)), title=(column_title(ours), ours),
    )  # fmt: skip


def without_persons(
    frame: pd.DataFrame, file: str, meant: set[str], findings: list[Finding], synonyms: Mapping[str, str]
) -> pd.DataFrame:
    """Leave out columns about persons; what stood in them is told nowhere."""
    personal = personal_columns()
    out = []
    for column in frame.columns:
        folded = fold_header(str(column))
        if column in meant or folded in synonyms:
            continue
        if personal.headers.search(folded) or _looks_personal(frame[column]):
            out.append(column)
    if out:
        findings.append(finding("table-personal", "warning", file=file, count=len(out), value=", ".join(map(str, out))))
    return frame.drop(columns=out)


def _looks_personal(column: pd.Series) -> bool:
    texts = [
        str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
        for cell in column.dropna()
    ]
    filled = [text for text in texts if text]
    cells = personal_columns().cells
    return bool(filled) and sum(cells.fullmatch(text) is not None for text in filled) > _MOSTLY * len(filled)


def _with_point(frame: pd.DataFrame) -> pd.DataFrame:
    """``lon`` and ``lat`` from ``location``, where they have no columns of their own."""
    if "location" not in frame or {"lon", "lat"} <= set(frame.columns):
        return frame
    cells = (_WKT.sub("", cell).strip("()[] ") for cell in plain_numbers(frame["location"]))
    parts = [_BETWEEN_DEGREES.split(cell) for cell in cells]
    lon, lat = ([pair[k] if len(pair) == 2 else "" for pair in parts] for k in (0, 1))
    return frame.drop(columns=["location", *({"lon", "lat"} & set(frame.columns))]).assign(lon=lon, lat=lat)


def services_in(
    cells: pd.Series, rows: pd.Series, file: str, *, pack_services: tuple[Service, ...] = ()
) -> tuple[list[tuple[str, ...]], list[Finding]]:
    """Services that cells name: by key, by title, else by their words.

    Parameters
    ----------
    cells
        Text; several services joined by ``;`` or another mark (``、 , / |``).
    rows
        The number that a spreadsheet gives each row.
    file
        The file's name.
    pack_services
        Those of the pack, beside the catalogue's.

    Returns
    -------
    (list of tuple of str, list of Finding)
        Services row by row; what was understood by words, and what was not understood.
    """
    cell, texts = pd.factorize(cells.astype(object), use_na_sentinel=False)
    known = known_services(pack_services)
    split = [_words_of_cell(str(text), known) for text in texts]
    distinct = list(dict.fromkeys(word for words in split for word in words))
    meaning = {word: services_of_word(word, known) for word in distinct}
    findings: list[Finding] = []
    word, row = _word_by_word(split, distinct, cell)
    exploded = pd.Series(np.array(distinct, dtype=object)[word], index=rows.to_numpy()[row], dtype=object)
    read_as_of = np.array([", ".join(meaning[word]) for word in distinct], dtype=object)[word]
    understood = np.array([bool(meaning[word]) for word in distinct], dtype=bool)[word]
    own_key = np.array([word in known for word in distinct], dtype=bool)[word]
    by_words = understood & ~own_key
    for read_as, words in exploded[by_words].groupby(read_as_of[by_words]):
        counts = words.value_counts()
        findings.append(
            finding(
                "service-by-words", "note", count=len(words), file=file, row=int(words.index[0]), column="services",
                value=", ".join(f"{word} ({count})" for word, count in counts.head(20).items()),
                service=(_titles(str(read_as).split(", "), known), str(read_as)),
            )
        )  # fmt: skip
    strange = exploded[~understood]
    for unknown, words in strange.groupby(strange):
        findings.append(
            finding(
                "unknown-service", "warning", count=len(words), file=file, row=int(words.index[0]), column="services",
                value=str(unknown), known=(_titles(known, known), ", ".join(known)),
                examples=[f"row {row}" for row in words.index],
            )
        )  # fmt: skip
    offered = [tuple(dict.fromkeys(service for word in words for service in meaning[word])) for words in split]
    return [offered[place] for place in cell], findings


def _words_of_cell(text: str, known: Mapping[str, Service]) -> tuple[str, ...]:
    """The words of a cell; of a map service's type (``医疗保健服务;诊所;诊所``) those for a service, else its last."""
    words = tuple(dict.fromkeys(filter(None, map(str.strip, _BETWEEN_SERVICES.split(text)))))
    kinds = map_categories()
    if words and words[0] in kinds and len(words) > 1:
        narrower = tuple(word for word in words if word not in kinds)
        return tuple(word for word in narrower if services_of_word(word, known)) or narrower[-1:] or words[:1]
    return words


def _word_by_word(
    split: Sequence[tuple[str, ...]], distinct: Sequence[str], cell: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every word of every row, as positions in ``distinct`` and of the row: ``split[cell[row]]`` are a row's words."""
    number = {word: place for place, word in enumerate(distinct)}
    flat = np.array([number[word] for words in split for word in words], dtype=np.intp)
    count = np.array([len(words) for words in split], dtype=np.intp)
    first = np.cumsum(count) - count
    row = np.repeat(np.arange(len(cell)), count[cell])
    begins = np.cumsum(count[cell]) - count[cell]
    return flat[first[cell][row] + np.arange(len(row)) - begins[row]], row


def services_of_word(word: str, known: Mapping[str, Service]) -> tuple[str, ...]:
    """The services of one word: its own key, the service of that title, else all whose words it holds."""
    if word in known:
        return (word,)
    folded = fold_header(word)
    titled = [key for key, service in known.items() if folded in _names(service)]
    if titled:
        return tuple(titled)
    return tuple(key for key, service in known.items() if names_service(word, service))


def _titles(keys: Iterable[str], known: Mapping[str, Service]) -> str:
    """Services as a Chinese reader calls them."""
    return "、".join(known[key].title_zh for key in keys)


def _names(service: Service) -> Iterable[str]:
    return map(fold_header, (service.key, service.title_zh, service.title_en))
