"""Coordinates of a list: in which form they are written, whether x and y stand in their places, and in which datum.

What has one meaning only is understood and told (120°37′12″). What may be wrong is never put right by
itself: axes that are swapped and metres that claim to be degrees are told with figures and remedy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyproj
from numpy.typing import NDArray

from circle15.catalog import finding, hint, refusal
from circle15.errors import Circle15Error, CrsError
from circle15.model.metric import transformer
from circle15.sources.datum import DATUMS, to_wgs84
from circle15.sources.facilities.decimals import rounded_steps, tell_rounded, with_steps
from circle15.sources.reading import ROW, Tally

__all__ = [
    "PointColumns",
    "fitting_systems",
    "metric_datum",
    "plain_degrees",
    "refuse_no_degrees",
    "written_degrees",
    "written_minutes",
    "written_points",
]

Box: TypeAlias = tuple[float, float, float, float]
_MOSTLY = 0.5
"""Share of the rows with numbers beyond which a fault is the list's, not a row's."""
_METRES = 1000.0
"""Both numbers of a position in metres are larger than this, and one is no degree."""
_ANGLE = re.compile(
    r"""(?P<before>[NSEW东西南北]?)(?:经|纬)?\s*
        (?P<degrees>\d{1,3}(?:\.\d+)?)\s*(?:[°º˚oO度]\s*|(?=[NSEW东西南北]?$)(?<=\d))
        (?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*['′’‘分]\s*)?
        (?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:["″”“秒]|['′’]{2})\s*)?
        (?P<after>[NSEW东西南北]?)""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(\.\d+)?")
_COMMA = re.compile(r"[+-]?\d{1,3},\d+")


@dataclass(frozen=True, kw_only=True)
class PointColumns:
    """What a list's own headers of longitude and latitude are; ``""`` where both stand in one cell."""

    lon: str = "lon"
    lat: str = "lat"


def written_degrees(text: str) -> float:
    """Decimal degrees of an angle with signs or letters, in minutes and seconds or not; NaN if it is none.

    Examples
    --------
    >>> round(written_degrees("120°37′12″"), 6), written_degrees("南纬31度30分"), written_degrees("120°75′")
    (120.62, -31.5, nan)
    """
    match = _ANGLE.fullmatch(text.strip())
    if match is None or (match["before"] and match["after"]) or _NUMBER.fullmatch(text.strip()):
        return float("nan")
    minutes, seconds = float(match["minutes"] or 0), float(match["seconds"] or 0)
    if minutes >= 60 or seconds >= 60 or ("." in match["degrees"] and (match["minutes"] or match["seconds"])):
        return float("nan")
    size = float(match["degrees"]) + minutes / 60 + seconds / 3600
    return -size if (match["before"] or match["after"]).upper() in {"S", "W", "西", "南"} else size


def written_points(
    frame: pd.DataFrame, datum: str, tally: Tally, *, columns: PointColumns, home: pyproj.CRS | None = None
) -> pd.DataFrame:
    """Bring ``lon`` and ``lat`` to WGS 84 degrees; rows whose position cannot be meant are left out and counted.

    Parameters
    ----------
    frame
        With ``lon``, ``lat`` (as they are written) and the number of each row.
    datum
        The declared one.
    tally
        Takes counts and findings.
    columns
        The list's own headers, for the remedies.
    home
        The city's reference system; its area of use is where the points are expected.

    Returns
    -------
    pandas.DataFrame
        ``lon``, ``lat`` as ``float64``, every row on the globe.

    Raises
    ------
    PackError
        If more than half of the rows have x and y exchanged, metres for degrees or degrees for metres, or
        the datum is not known or does not fit.
    """
    projected = metric_datum(datum, tally.file)
    minutes = written_minutes(frame)
    if projected is None:
        frame = plain_degrees(frame, tally)
    x, y = (pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan) for column in _XY)
    x, y = np.where(np.isfinite(x), x, np.nan), np.where(np.isfinite(y), y, np.nan)
    if projected is None:
        frame, x, y = _degrees_only(frame, x, y, tally, columns=columns, home=home)
    else:
        _metres_only(frame, x, y, tally, columns=columns, datum=datum, system=projected)
    usable = np.isfinite(x) & np.isfinite(y)
    if projected is None:
        usable &= (np.abs(x) <= 180) & (np.abs(y) <= 90)
    frame = tally.drop(frame, pd.Series(~usable, index=frame.index), "facility-without-point", _XY)
    x, y = x[usable], y[usable]
    steps = rounded_steps(x, y, degrees=projected is None, minutes=minutes[frame.index].to_numpy())
    tell_rounded(frame, steps, tally, code="facility-rounded")
    frame = with_steps(frame, steps)
    if datum.lower() != "wgs84":
        try:
            x, y = to_wgs84(x, y, datum=datum)
        except CrsError as error:
            raise refusal("file_refused", file=tally.file, why=(error.zh, str(error))) from error
        tally.findings.append(finding("datum-converted", "note", count=len(frame), file=tally.file, datum=datum))
    frame = frame.assign(lon=x, lat=y)
    off = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
    return tally.drop(frame, pd.Series(off, index=frame.index), "facility-without-point", _XY)


_XY = ("lon", "lat")
_Numbers: TypeAlias = NDArray[np.float64]


def metric_datum(datum: str, file: str) -> pyproj.CRS | None:
    """The system of a declared datum that counts in metres; None for degrees.

    Raises
    ------
    PackError
        If the datum is not known.
    """
    if datum.lower() in DATUMS:
        return None
    try:
        system = pyproj.CRS.from_user_input(datum)
    except pyproj.exceptions.CRSError:
        raise refusal("list_datum", file=file, datum=datum, known=", ".join(DATUMS)) from None
    return None if system.is_geographic else system


def plain_degrees(frame: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """Angles in degrees, minutes and seconds, and decimal commas, as numbers; both told."""
    made = frame
    written: dict[str, NDArray[np.bool_]] = {}
    for column in _XY:
        cells = made[column]
        odd = np.flatnonzero(pd.to_numeric(cells, errors="coerce").isna().to_numpy() & cells.notna().to_numpy())
        read: dict[str, tuple[str, float]] = {}
        for text in dict.fromkeys(str(cells.iloc[place]).strip() for place in odd):
            if _COMMA.fullmatch(text):
                read[text] = ("facility-decimal-comma", float(text.replace(",", ".")))
            elif np.isfinite(angle := written_degrees(text)):
                read[text] = ("facility-dms", angle)
        if not read:
            continue
        fresh = cells.astype(object).to_numpy(copy=True)
        for place in odd:
            code, number = read.get(str(fresh[place]).strip(), ("", 0.0))
            if code:
                fresh[place] = number
                written.setdefault(code, np.zeros(len(frame), dtype=bool))[place] = True
        made = made.assign(**{column: pd.Series(fresh, index=made.index, dtype=object)})
    for code, rows in written.items():
        tally.tell(frame[rows], code, "note", _XY)
    return made


def written_minutes(frame: pd.DataFrame) -> pd.Series:
    """To what positions in minutes or seconds are written, in degrees: ``float64`` by row, NaN of all others.

    The finest sign that is written counts: 120°37′12″ says one second, 120°37.2′ a tenth of a minute, whatever its
    digits are.
    """
    steps = pd.Series(np.nan, index=frame.index)
    for column in _XY:
        cells = frame[column]
        for text in {str(cell).strip() for cell in cells[cells.map(lambda cell: isinstance(cell, str))]}:
            match = _ANGLE.fullmatch(text)
            if match is not None and match["minutes"]:
                unit, digits = (3600, match["seconds"]) if match["seconds"] else (60, match["minutes"])
                step = 10.0 ** -len(digits.partition(".")[2]) / unit
                rows = cells.map(lambda cell, text=text: isinstance(cell, str) and cell.strip() == text)
                steps[rows] = np.fmax(steps[rows], step)
    return steps


def _degrees_only(
    frame: pd.DataFrame, x: _Numbers, y: _Numbers, tally: Tally, *, columns: PointColumns, home: pyproj.CRS | None
) -> tuple[pd.DataFrame, _Numbers, _Numbers]:
    """Leave out what cannot be degrees in this order; refuse a list where that is most of it."""
    swapped, metres = refuse_no_degrees(frame, x, y, tally, columns=columns, home=home)
    frame = tally.drop(frame, pd.Series(swapped, index=frame.index), "facility-swapped", _XY)
    frame = tally.drop(frame, pd.Series(metres[~swapped], index=frame.index), "facility-metres", _XY)
    keep = ~(swapped | metres)
    return frame, x[keep], y[keep]


def refuse_no_degrees(
    frame: pd.DataFrame, x: _Numbers, y: _Numbers, tally: Tally, *, columns: PointColumns, home: pyproj.CRS | None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows have x and y exchanged, and which have metres for degrees.

    Raises
    ------
    PackError
        If that is most of the rows with numbers.
    """
    numbers = int((np.isfinite(x) & np.isfinite(y)).sum())
    swapped = (np.abs(x) <= 90) & (np.abs(y) > 90) & (np.abs(y) <= 180)
    metres = (np.abs(x) > _METRES) & (np.abs(y) > _METRES)
    if swapped.sum() > _MOSTLY * numbers:
        raise _swapped(frame, swapped, x, y, tally, columns=columns, ground=hint("ground_globe"))
    if metres.sum() > _MOSTLY * numbers:
        raise refusal(
            "list_metres", **_first(frame, metres, x, y, tally), count=int(metres.sum()), rows=numbers,
            hint=_advice(float(np.median(x[metres])), float(np.median(y[metres])), home),
        )  # fmt: skip
    return swapped, metres


def _metres_only(
    frame: pd.DataFrame,
    x: _Numbers,
    y: _Numbers,
    tally: Tally,
    *,
    columns: PointColumns,
    datum: str,
    system: pyproj.CRS,
) -> None:
    """Refuse a list whose datum counts in metres while most of it is degrees, or has easting and northing exchanged."""
    finite = np.isfinite(x) & np.isfinite(y)
    degrees = finite & (np.abs(x) <= 180) & (np.abs(y) <= 180)
    if degrees.sum() > _MOSTLY * finite.sum():
        raise refusal("list_degrees", **_first(frame, degrees, x, y, tally), datum=datum)
    box = _area(system)
    if box is None:
        return
    swapped = finite & ~_inside(system, x, y, box) & _inside(system, y, x, box)
    if swapped.sum() > _MOSTLY * finite.sum():
        raise _swapped(frame, swapped, x, y, tally, columns=columns, ground=hint("ground_datum", datum=datum))


def _first(frame: pd.DataFrame, bad: NDArray[np.bool_], x: _Numbers, y: _Numbers, tally: Tally) -> dict[str, Any]:
    place = int(np.flatnonzero(bad)[0])
    return {"file": tally.file, "row": int(frame[ROW].iloc[place]), "x": f"{x[place]:.10g}", "y": f"{y[place]:.10g}"}


def _swapped(
    frame: pd.DataFrame, bad: NDArray[np.bool_], x: _Numbers, y: _Numbers, tally: Tally, *, columns: PointColumns,
    ground: tuple[str, str],
) -> Circle15Error:  # fmt: skip
    numbers = int((np.isfinite(x) & np.isfinite(y)).sum())
    remedy = hint("swap_columns", lon=columns.lat, lat=columns.lon) if columns.lon else hint("swap_location")
    return refusal(
        "list_swapped",
        **_first(frame, bad, x, y, tally),
        count=int(bad.sum()),
        rows=numbers,
        ground=ground,
        hint=remedy,
    )


# -- Which system could it be? -----------------------------------------------------------------------


def _area(system: pyproj.CRS | None) -> Box | None:
    """The area of use in degrees, west to east."""
    area = None if system is None else system.area_of_use
    if area is None or area.west > area.east:
        return None
    return float(area.west), float(area.south), float(area.east), float(area.north)


def _inside(system: pyproj.CRS, x: _Numbers, y: _Numbers, box: Box) -> NDArray[np.bool_]:
    lon, lat = transformer(system, "EPSG:4326").transform(x, y)
    lon, lat = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    return (lon >= box[0]) & (lon <= box[2]) & (lat >= box[1]) & (lat <= box[3])


def _codes(home: pyproj.CRS, box: Box) -> Iterable[str]:
    """The city's own system, the national grid's zones around it, UTM, and the web's."""
    if home.to_epsg():
        yield f"EPSG:{home.to_epsg()}"
    middle = (box[0] + box[2]) / 2
    meridian = 3 * round(middle / 3)
    if 75 <= meridian <= 135:
        yield f"EPSG:{4534 + (meridian - 75) // 3}"  # CGCS2000, 3 degrees, named by its meridian
        yield f"EPSG:{4513 + (meridian - 75) // 3}"  # the same, named by its zone: 8 digits of easting
        sixth = int(middle // 6)
        yield f"EPSG:{4502 + sixth - 12}"  # 6 degrees by meridian
        yield f"EPSG:{4491 + sixth - 12}"  # 6 degrees by zone
    yield f"EPSG:{(32600 if box[3] > 0 else 32700) + int((middle + 180) // 6) + 1}"
    yield "EPSG:3857"


def fitting_systems(x: float, y: float, home: pyproj.CRS) -> list[tuple[str, bool]]:
    """Systems in metres that put a position into the area where a city's own system is used.

    Returns
    -------
    list of (str, bool)
        EPSG codes, the city's own first; True where x and y have to be exchanged.

    Examples
    --------
    >>> fitting_systems(560000, 3465000, pyproj.CRS("EPSG:4549"))[0]
    ('EPSG:4549', False)
    """
    box = _area(home)
    if box is None:
        return []
    both = np.array([x, y]), np.array([y, x])
    within = {code: _inside(pyproj.CRS(code), *both, box) for code in dict.fromkeys(_codes(home, box))}
    fits = [
        (code, exchanged) for exchanged in (False, True) for code, inside in within.items() if inside[int(exchanged)]
    ]
    return [(code, exchanged) for code, exchanged in fits if not (exchanged and within[code][0])]


def _advice(x: float, y: float, home: pyproj.CRS | None) -> tuple[str, str]:
    if home is None or _area(home) is None:
        return hint("list_metres_ask")
    fits = fitting_systems(x, y, home)
    if not fits:
        return hint("list_metres_none")
    zh, en = (
        [hint("list_metres_exchanged", crs=code)[place] if turned else code for code, turned in fits]
        for place in (0, 1)
    )
    first = fits[0][0]
    return (
        hint("list_metres_fits", fits="、".join(zh), first=first)[0],
        hint("list_metres_fits", fits=", ".join(en), first=first)[1],
    )
