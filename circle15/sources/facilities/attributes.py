"""What a list says of a site beside its place and services: hours, tier, capacity, delivery, where it is from.

Cells are understood where that leaves no doubt; what is not understood is told and kept as text, or left empty
where only a number is of use.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from circle15.catalog import finding, services, supply_route_key, tier_key, without_numbers_of_persons
from circle15.catalog.capacity import capacity_words
from circle15.hours.opening import understand
from circle15.model.provenance import Finding
from circle15.model.service import Service
from circle15.sources.coded_cells import NOTHING, coded_findings
from circle15.sources.facilities.columns import services_of_word
from circle15.sources.facilities.in_use import state_columns, with_states
from circle15.sources.facilities.kinds import of_kinds, with_kinds
from circle15.sources.reading import ROW, Tally

__all__ = ["hours_findings", "iso_date", "site_attributes"]

_AREAS = dict.fromkeys(("", "m2", "平方米", "平米", "平方"), 1.0)
_METRES = {"": 1.0, "m": 1.0, "米": 1.0, "km": 1000.0, "公里": 1000.0, "千米": 1000.0}
_QUANTITY = re.compile(r"(?:约)?(\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+)\s*([^\d\s.,]*2?)")
_OF_SERVICE = re.compile(r"(.*[^\W\d_][)\]]?)\s*[:=]?\s*(\d+(?:\.\d+)?)\s*([^\d\s.:=]*)")
_BETWEEN = re.compile(r"[;,、，；/|\n]+")
_DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月)?(?:[ T]00:00(?::00(?:\.0+)?)?)?|(\d{4})年?|(\d{4})(\d\d)(\d\d)"
)
_CODED = ("tier", "site_kind", "supply_route", "standardised")
_KEYS = {"tier": tier_key, "supply_route": supply_route_key}
_SHOWN = (
    "name", "name_en", "address", "tier", "site_kind", "supply_route", "opening_hours", "source", "source_date",
    "source_url",
)  # fmt: skip
"""Texts that stand in outputs as a list writes them."""

_DELIVERY_M = (20.0, 50_000.0)
"""A radius below is most likely in kilometres, one above no delivery of anybody."""


def site_attributes(
    frame: pd.DataFrame,
    tally: Tally,
    *,
    written: pd.Series | None = None,
    pack_services: tuple[Service, ...] = (),
) -> pd.DataFrame:
    """Understand the optional columns of a facility list.

    Parameters
    ----------
    frame
        Our columns, ``services`` as tuples, and the column ``ROW``.
    tally
        Takes the findings.
    written
        What the list writes of the services, where it does.
    pack_services
        Those of the pack, beside the catalogue's.

    Returns
    -------
    pandas.DataFrame
        With ``tier_key`` beside ``tier`` and ``supply_route_key`` beside ``supply_route``, ``site_kind_key`` where a
        service has kinds, keys of ``life_cycle.toml`` in
        ``state`` where a column, or hours that are closed all week, say so, numbers in ``capacity``,
        ``floor_area_m2`` and ``delivery_radius_m`` (NaN where unknown), ``capacity_by_service`` where some cell gives
        capacities by service, ``capacity_unit`` where some says what it counts (``meals``, or
        ``meal_point:meals;day_care:beds``), and ISO dates in ``source_date`` where they were understood.
    """
    frame = _without_persons(frame, tally)
    if "opening_hours" in frame:
        frame["opening_hours"] = _texts(frame["opening_hours"])
        tally.findings += hours_findings(frame["opening_hours"], tally.file, frame[ROW])
    coded = [*state_columns(frame), *(column for column in _CODED if column in frame)]
    frame = frame.assign(**{column: _texts(frame[column]) for column in coded})
    tally.findings += coded_findings(of_kinds(frame), tally.file, frame[ROW])
    frame = with_kinds(with_states(frame, tally), written)
    for column, key_of in _KEYS.items():
        if column in frame:
            frame[f"{column}_key"] = frame[column].map({word: key_of(word) for word in frame[column].unique()})
    if "capacity" in frame:
        frame = _capacities(frame, tally, services(pack_services))
    if "floor_area_m2" in frame:
        frame["floor_area_m2"] = _quantities(frame, "floor_area_m2", _AREAS, tally)
    frame = _deliveries(frame, tally)
    if "source_date" in frame:
        dates = _once(frame["source_date"], _date_text)
        read = dates.map({text: iso_date(text) for text in dates.unique()})
        frame["source_date"] = read.where(read != "", dates)
        tally.tell(frame[(read == "") & (dates != "")], "facility-date-unknown", "note", ("source_date",))
    if "source_url" in frame:
        frame["source_url"] = _texts(frame["source_url"])
        strange = (frame["source_url"] != "") & ~frame["source_url"].str.match(r"https?://[^\s/]+", case=False)
        tally.tell(frame[strange], "facility-url-unsafe", "warning", ("source_url",))
    return frame


def _text(cell: Any) -> str:
    if cell is None or (pd.api.types.is_scalar(cell) and pd.isna(cell)):
        return ""
    text = without_numbers_of_persons(str(cell).strip())
    return "" if NOTHING.fullmatch(text) else text


def _once(column: pd.Series, understood: Callable[[Any], str]) -> pd.Series:
    """What a function makes of every cell, worked out once for each distinct one."""
    code, cells = pd.factorize(column.astype(object), use_na_sentinel=False)
    return pd.Series([understood(cell) for cell in cells], name=column.name).take(code).set_axis(column.index)


def _texts(column: pd.Series) -> pd.Series:
    return _once(column, _text)


def _folded(cell: Any) -> str:
    return unicodedata.normalize("NFKC", _text(cell)).strip()


def _without_persons(frame: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Telephone and identity numbers left out of the columns that are shown, and told."""
    made = frame.copy()
    for column in (column for column in _SHOWN if column in frame):
        texts = {cell for cell in frame[column] if isinstance(cell, str)}
        masked = {text: plain for text in texts if (plain := without_numbers_of_persons(text)) != text}
        if masked:
            hit = frame[column].isin(masked)
            made[column] = frame[column].astype(object).where(~hit, frame[column].map(masked))
            tally.tell(made[hit], "facility-personal-number", "warning", (column,))
    return made


# -- hours ------------------------------------------------------------------------------------------


def hours_findings(hours: pd.Series, file: str, rows: pd.Series | None = None) -> list[Finding]:
    """Tell of opening hours that are given and not understood: they are unknown, not closed.

    Parameters
    ----------
    hours
        Texts; empty ones are not told here.
    file
        The file's name.
    rows
        The number that a spreadsheet gives each row; without it the index is shown.
    """
    texts = _texts(hours)
    unclear = {text for text in texts.unique() if text and understand(text) is None}
    bad = texts[texts.isin(unclear)]
    if bad.empty:
        return []
    named = map(str, bad.index) if rows is None else (f"row {row}" for row in rows[bad.index])
    first = ~bad.duplicated().to_numpy()
    examples = [f"{place}: {text[:40]}" for place, text, new in zip(named, bad, first, strict=True) if new]
    place = {} if rows is None else {"row": int(rows[bad.index[0]])}
    value = str(bad.iloc[0])[:80]
    return [
        finding(
            "facility-hours-unknown", "warning", count=len(bad), file=file, column="opening_hours", value=value,
            texts=len(unclear), examples=examples, **place,
        )
    ]  # fmt: skip


# -- numbers ----------------------------------------------------------------------------------------


def _quantity(text: str, units: Mapping[str, float]) -> float:
    """A number with or without one of the units; NaN where it is none, or below zero."""
    match = _QUANTITY.fullmatch(text.casefold())
    if match is None or match[2] not in units:
        try:
            plain = float(text)
        except ValueError:
            return np.nan
        return plain * units[""] if np.isfinite(plain) and plain >= 0 else np.nan
    return float(match[1].replace(",", "")) * units[match[2]]


def _quantities(
    frame: pd.DataFrame, column: str, units: Mapping[str, float], tally: Tally, code: str = "facility-bad-number"
) -> pd.Series:
    texts = _once(frame[column], _folded)
    numbers = texts.map({text: _quantity(text, units) for text in texts.unique()}).astype(float)
    tally.tell(frame[numbers.isna() & (texts != "")], code, "warning", (column,))
    return numbers


def _capacities(frame: pd.DataFrame, tally: Tally, known: Mapping[str, Service]) -> pd.DataFrame:
    """Site totals in ``capacity``, and capacities by service where a cell names services."""
    texts, places = _once(frame["capacity"], _folded), dict.fromkeys(capacity_words(), 1.0)
    numbers = texts.map({text: _quantity(text, places) for text in texts.unique()}).astype(float)
    several = frame["services"].map(len) > 1
    tally.tell(frame[numbers.notna() & several], "facility-capacity-shared", "note", ("capacity",))
    worded = numbers.isna() & (texts != "")
    stated = {
        key: _by_service(*key, known)
        for key in dict.fromkeys(zip(texts[worded], frame.loc[worded, "services"], strict=True))
    }
    read = [stated[key] or (None, {}) for key in zip(texts[worded], frame.loc[worded, "services"], strict=True)]
    by_service = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    by_service[worded] = pd.Series([numbered for numbered, _ in read], index=frame.index[worded], dtype=object)
    units = texts.map({text: _unit(text) for text in texts.unique()}).astype(object)
    units[worded] = [";".join(f"{key}:{unit}" for key, unit in named.items() if unit) for _, named in read]
    unread = worded & by_service.map(lambda cell: not cell)
    by_words = texts.map({text: bool(_OF_SERVICE.search(text)) for text in texts.unique()}).astype(bool)
    tally.tell(frame[unread & ~by_words], "facility-bad-number", "warning", ("capacity",))
    tally.tell(frame[unread & by_words], "facility-capacity-unknown", "warning", ("capacity",))
    complete = pd.Series(
        [bool(cell) and set(cell) == set(offered) for cell, offered in zip(by_service, frame["services"], strict=True)],
        index=frame.index,
    )
    sums = by_service[complete].map(lambda cell: sum(cell.values())).astype(float)
    frame["capacity"] = numbers.where(~complete, sums.reindex(frame.index))
    if (units != "").any():
        frame["capacity_unit"] = units
    if worded.any():
        frame["capacity_by_service"] = by_service.where(~unread, None)
    return frame


def _unit(text: str) -> str:
    """What a number counts by its word: a unit of ``capacity.toml``, ``""`` where it leaves that open."""
    match = _QUANTITY.fullmatch(text.casefold())
    return capacity_words().get(match[2], "") if match else ""


def _by_service(
    text: str, offered: tuple[str, ...], known: Mapping[str, Service]
) -> tuple[dict[str, float], dict[str, str]] | None:
    """``助餐点:80份; 日间照料中心:30`` as mappings to numbers and to units.

    None where a word is no service of the site, or one stands twice.
    """
    capacities: dict[str, float] = {}
    units: dict[str, str] = {}
    for part in filter(None, map(str.strip, _BETWEEN.split(text))):
        match = _OF_SERVICE.fullmatch(part)
        meant = [key for key in services_of_word(match[1].strip(), known) if key in offered] if match else []
        if match is None or len(meant) != 1 or meant[0] in capacities or match[3] not in capacity_words():
            return None
        capacities[meant[0]] = float(match[2])
        units[meant[0]] = capacity_words()[match[3]]
    return (capacities, units) if capacities else None


def _deliveries(frame: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Metres in ``delivery_radius_m``, from it or from ``delivery_radius_km``."""
    radius = None
    for column, plain in (("delivery_radius_m", 1.0), ("delivery_radius_km", 1000.0)):
        if column in frame:
            metres = _quantities(frame, column, _METRES | {"": plain}, tally, "facility-bad-delivery")
            least, most = _DELIVERY_M
            doubtful = (metres > most) | ((metres > 0) & (metres < least))
            tally.tell(frame[doubtful], "facility-bad-delivery", "warning", (column,))
            metres = metres.where(~doubtful)
            radius = metres if radius is None else radius.fillna(metres)
    if radius is None:
        return frame
    return frame.drop(columns=["delivery_radius_km"], errors="ignore").assign(delivery_radius_m=radius)


# -- dates ------------------------------------------------------------------------------------------


def _date_text(cell: Any) -> str:
    return cell.strftime("%Y-%m-%d") if isinstance(cell, dt.date) and not pd.isna(cell) else _text(cell)


def iso_date(text: str) -> str:
    """A day, a month or a year in ISO 8601; ``""`` where the text is none of them without doubt.

    Examples
    --------
    >>> iso_date("2024/3/5"), iso_date("2024年3月"), iso_date("2024"), iso_date("20240305"), iso_date("3/5/2024")
    ('2024-03-05', '2024-03', '2024', '2024-03-05', '')
    """
    match = _DAY.fullmatch(_folded(text))
    if match is None:
        return ""
    year, month, day = match[1] or match[4] or match[5], match[2] or match[6], match[3] or match[7]
    try:
        dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return "-".join([year, *(f"{int(part):02d}" for part in (month, day) if part)])
