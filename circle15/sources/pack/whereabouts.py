"""Which input of a pack is out of place: where communities, lists of facilities and streets lie, by what most say.

Asked only where a study area cannot be made of them. Then one of them is another city's, or in another reference system
than it says; whichever was read last would be blamed otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import geopandas as gpd
import numpy as np
import pyproj
from numpy.typing import NDArray

from circle15.catalog import adequacy, hint, refusal
from circle15.errors import Circle15Error, InputError, StreetsError
from circle15.model.limits import SCALE_TOLD
from circle15.model.metric import EARTH_M, metric_fit, transformer
from circle15.sources.facilities.points import fitting_systems
from circle15.sources.osm.contents import header_box
from circle15.sources.osm.streets import read_streets
from circle15.sources.pack.facilities import FacilityList
from circle15.sources.pack.streets import streets_box

__all__ = ["InputPlace", "Whereabouts", "lists_places", "out_of_place", "place_of", "streets_place"]

_T = TypeVar("_T")
_OUTLYING = 0.05
"""Share of the points on either side that decides nothing."""


@dataclass(frozen=True, kw_only=True)
class InputPlace:
    """Where an input lies: ``box`` (west, south, east, north) in degrees of all but outlying points.

    ``written`` is the middle of its coordinates as they stand in the file, where these count in metres.
    """

    kind: Literal["communities", "facilities", "streets"]
    file: str
    box: tuple[float, float, float, float]
    written: tuple[float, float] | None = None

    @property
    def middle(self) -> tuple[float, float]:
        """Longitude and latitude."""
        west, south, east, north = self.box
        return (west + east) / 2, (south + north) / 2

    @property
    def shown(self) -> str:
        """The middle, as messages show it."""
        return "{:.3f}, {:.3f}".format(*self.middle)


def place_of(kind: Literal["communities", "facilities"], file: str, frame: gpd.GeoDataFrame) -> InputPlace | None:
    """Where a frame's shapes lie; None where no degrees can be made of them."""
    corners = frame.geometry.bounds.to_numpy()
    middles = (corners[:, :2] + corners[:, 2:]) / 2
    with np.errstate(invalid="ignore"):
        lonlat = gpd.GeoSeries(gpd.points_from_xy(*middles.T), crs=frame.crs).to_crs("EPSG:4326")
    lon, lat = (axis[np.isfinite(axis)] for axis in (lonlat.x.to_numpy(), lonlat.y.to_numpy()))
    if len(lon) == 0 or len(lat) == 0:
        return None
    ends = [np.quantile(axis, (_OUTLYING, 1 - _OUTLYING)) for axis in (lon, lat)]
    (west, east), (south, north) = ends
    written = None if frame.crs.is_geographic else tuple(np.nanmedian(middles, axis=0).tolist())
    return InputPlace(kind=kind, file=file, box=(float(west), float(south), float(east), float(north)), written=written)


def lists_places(lists: Sequence[FacilityList]) -> list[InputPlace]:
    """Where the lists of facilities lie that are files of their own."""
    read = [(entry.path, entry.frame) for entry in lists if entry.path is not None and entry.frame is not None]
    places = [place_of("facilities", path.name, frame) for path, frame in read if len(frame)]
    return [place for place in places if place is not None]


def streets_place(path: Path | None) -> InputPlace | None:
    """Where a street file lies, by its header or else by its streets; None where neither can be read."""
    if path is None:
        return None
    # Asked amid another error, which is raised; a file that cannot be read (of a broken header osmium says
    # RuntimeError) is told by whoever reads it.
    with suppress(InputError, StreetsError, RuntimeError):
        box = header_box(path)
        if box is None:
            box = streets_box(read_streets(path))
        return InputPlace(kind="streets", file=path.name, box=box)
    return None


@dataclass(kw_only=True)
class Whereabouts:
    """What is known, while a pack is read, of where its inputs lie; asked only where reading fails.

    ``crs`` is the city's reference system, ``streets`` gives the street file, None if there is none.
    """

    crs: pyproj.CRS
    lists: Sequence[FacilityList]
    streets: Callable[[], Path | None]
    communities: InputPlace | None = None

    def see(self, file: str, frame: gpd.GeoDataFrame) -> None:
        """Keep where the communities of a file lie."""
        self.communities = place_of("communities", file, frame)

    def named(self, read: Callable[[], _T]) -> _T:
        """What ``read`` returns; where it fails because an input is out of place, the error names that input.

        Raises
        ------
        InputError
            That of :func:`out_of_place`, else what ``read`` raises.
        """
        try:
            return read()
        except InputError as error:
            places = (self.communities, streets_place(self.streets()), *lists_places(self.lists))
            fault = out_of_place([place for place in places if place is not None], self.crs)
            if fault is None:
                raise
            raise fault from error


def out_of_place(places: Sequence[InputPlace], crs: pyproj.CRS) -> Circle15Error | None:
    """The refusal that names the communities or the streets where these lie apart from each other.

    Inputs nearer than ``apart_km`` (``adequacy.toml``) agree. What most inputs agree on is right; of as many on either
    side, what lies where the city's ``crs`` measures. Where that decides nothing both are named.

    Parameters
    ----------
    places
        Of all inputs that are known.
    crs
        The city's reference system.

    Returns
    -------
    Circle15Error or None
        None where communities and streets agree, or one of them is not there; a list of facilities that lies elsewhere
        has a message of its own.
    """
    home = next((place for place in places if place.kind == "communities"), None)
    if home is None or len(places) < 2:
        return None
    group = _groups(places)
    apart = [k for k, place in enumerate(places) if group[k] != group[places.index(home)]]
    streets = [k for k, place in enumerate(places) if place.kind == "streets"]
    if not apart or (streets and streets[0] not in apart) or (not streets and len(apart) < 2):
        return None
    rank = {
        key: _rank([place for k, place in enumerate(places) if group[k] == key], crs)
        for key in np.unique(group).tolist()
    }
    best = max(rank, key=lambda key: rank[key])
    decided = sorted(rank.values())[-2:][0] < rank[best]
    others = [place for k, place in enumerate(places) if group[k] == best]
    if not decided:
        return _either(home, places[apart[0]], crs)
    if best == group[places.index(home)]:
        return _named(places[streets[0]], others, hint("apart_streets")) if streets else None
    return _named(home, others, _advice(home, others, crs))


def _groups(places: Sequence[InputPlace]) -> NDArray[np.int64]:
    """``int64[n]``: inputs that agree, one with another, have one number."""
    group = np.arange(len(places))
    for number in range(len(places)):
        for other in range(number):
            if _km(places[number].box, places[other].box) <= adequacy().apart_km:
                group[group == group[number]] = group[other]
    return group


def _rank(places: Sequence[InputPlace], crs: pyproj.CRS) -> tuple[int, bool]:
    """How many inputs agree, and whether the city's reference system is made for where they lie."""
    return len(places), any(_measures(crs, place) for place in places)


def _measures(crs: pyproj.CRS, place: InputPlace) -> bool:
    lon, lat = place.middle
    use = crs.area_of_use
    if use is not None and not (use.west <= lon <= use.east and use.south <= lat <= use.north):
        return False
    fit = metric_fit(crs, np.array(transformer("EPSG:4326", crs).transform(lon, lat)))
    return fit is not None and fit.error <= SCALE_TOLD


def _km(start: Sequence[float], end: Sequence[float]) -> float:
    """Kilometres between two boxes in degrees, along the globe; 0 where they overlap."""
    ends: list[tuple[float, float]] = []
    for axis in (0, 1):
        low, high = max(start[axis], end[axis]), min(start[axis + 2], end[axis + 2])
        ends.append((high, low) if high < low else (low, low))
    (lon, lon_to), (lat, lat_to) = (np.radians(pair) for pair in ends)
    half = np.sin((lat_to - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat_to) * np.sin((lon_to - lon) / 2) ** 2
    return float(2 * EARTH_M / 1000 * np.arcsin(np.sqrt(min(1.0, half))))


def _named(odd: InputPlace, others: Sequence[InputPlace], advice: tuple[str, str]) -> Circle15Error:
    names = [place.file for place in others]
    values: dict[str, Any] = {
        "file": odd.file, "at": odd.shown, "km": f"{min(_km(odd.box, place.box) for place in others):,.0f}",
        "others": ("、".join(names), " and ".join(names)), "there": others[0].shown, "advice": advice,
    }  # fmt: skip
    if odd.kind == "streets":
        return refusal("streets_out_of_place", error=StreetsError, **values)
    return refusal("communities_out_of_place", **values)


def _either(home: InputPlace, other: InputPlace, crs: pyproj.CRS) -> Circle15Error:
    return refusal(
        "inputs_apart", file=home.file, at=home.shown, other=other.file, there=other.shown, crs=crs.name,
        km=f"{_km(home.box, other.box):,.0f}",
    )  # fmt: skip


def _advice(home: InputPlace, others: Sequence[InputPlace], crs: pyproj.CRS) -> tuple[str, str]:
    """What may have been meant: axes exchanged, degrees called metres, another system that leads to the others."""
    lon, lat = home.middle
    if abs(lon) <= 90 and _least_km((lat, lon), others) <= adequacy().apart_km:
        return hint("apart_swapped")
    if home.written is not None:
        x, y = home.written
        if abs(x) <= 180 and abs(y) <= 90:
            return hint("apart_degrees", written=f"{x:.5g}, {y:.5g}")
        fits = [
            (_least_km(_lonlat(code, x, y, turned=turned), others), code, turned)
            for code, turned in fitting_systems(x, y, crs)
        ]
        away, code, turned = min(fits, key=lambda fit: fit[0], default=(np.inf, "", False))
        if away <= adequacy().apart_km:
            return hint("apart_crs_turned" if turned else "apart_crs", code=code)
    return hint("apart_communities")


def _lonlat(code: str, x: float, y: float, *, turned: bool) -> tuple[float, float]:
    pair = (y, x) if turned else (x, y)
    lon, lat = transformer(code, "EPSG:4326").transform(*pair)
    return float(lon), float(lat)


def _least_km(lonlat: tuple[float, float], others: Sequence[InputPlace]) -> float:
    return min(_km((*lonlat, *lonlat), place.box) for place in others)
