"""Fetch streets from the Overpass service through OSMnx, whole or not at all.

The only part of circle15 that asks the network for something, and only when called. OSMnx writes the
queries, cuts large areas and finds places; its answers are looked at here before anybody uses them:
a server that ran out of time answers "200 OK" with a ``remark`` and half a city.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard
from urllib.parse import parse_qs

import geopandas as gpd
import numpy as np
import shapely

from circle15.errors import FetchError, OutputError, SettingError
from circle15.model.metric import utm_crs
from circle15.refusals import refusal
from circle15.sources.osm.streets import OSM_SUFFIXES

if TYPE_CHECKING:
    import requests

Area: TypeAlias = shapely.Polygon | shapely.MultiPolygon

__all__ = ["WALKABLE", "Servers", "fetch_streets"]

WALKABLE = ('["highway"]', '["railway"="platform"]', '["public_transport"="platform"]', '["man_made"="pier"]')
"""Ways a walker may use: which of them are walkable is decided by ``walking.toml`` when they are read.

Their nodes come along with all tags, so gates, barriers and signals are there.
"""

_FILTER = re.compile(r"(\[[^\[\]();]+\])+")
_BUSY = frozenset({429, 502, 503, 504})
_LARGEST_KM2 = 5_000.0
_LARGEST_BYTES = 2_000_000_000
_SLACK_M = 10.0
_TAG_LENGTH = 255  # OpenStreetMap's own limit
# What XML cannot hold.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Whom to ask, and how patiently.

    ``pause_s`` is waited before a second attempt when the server is busy, and doubled after that; a
    server's own ``Retry-After`` of up to ten minutes wins.
    """

    overpass_url: str = "https://overpass-api.de/api"
    nominatim_url: str = "https://nominatim.openstreetmap.org/"
    timeout_s: float = 180.0
    attempts: int = 3
    pause_s: float = 30.0


class _BusyError(Exception):
    """The server asks to come back later."""

    def __init__(self, status: int, retry_after: str) -> None:
        super().__init__(status)
        self.status = status
        self.wait_s = min(float(retry_after), 600.0) if retry_after.isdigit() else None


@dataclass
class _Answers:
    """What the server has said so far; OSMnx calls ``look`` with every response."""

    elements: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    osm_date: str = ""

    def look(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Refuse what is late, partial or garbled; keep the rest."""
        try:
            self._judge(response)
        except BaseException:
            response.close()  # a refused answer is not read to its end, and its connection must not stay open
            raise

    def _judge(self, response: requests.Response) -> None:
        if response.is_redirect:
            return
        if response.status_code in _BUSY:
            raise _BusyError(response.status_code, response.headers.get("Retry-After", ""))
        if not response.ok:
            raise refusal(
                "fetch_status", error=FetchError, url=response.url, status=response.status_code, reason=response.reason
            )
        if int(response.headers.get("Content-Length") or 0) > _LARGEST_BYTES:
            raise refusal("fetch_size", error=FetchError, url=response.url)
        if not str(response.url).rstrip("/").endswith("/interpreter"):
            return
        self._take(_parsed(response))
        body = response.request.body or b""
        form = parse_qs(body.decode() if isinstance(body, bytes) else str(body))
        self.queries.append(form.get("data", [""])[0])

    def _take(self, answer: Mapping[str, Any]) -> None:
        if answer.get("remark"):
            remark = _clean(answer["remark"])
            raise refusal("fetch_partial", error=FetchError, remark=remark)
        elements = answer.get("elements")
        if not isinstance(elements, list):
            raise refusal("fetch_no_list", error=FetchError)
        for element in elements:
            self.elements[_key(element)] = element
        base = answer.get("osm3s")
        if isinstance(base, Mapping):
            self.osm_date = max(self.osm_date, _clean(base.get("timestamp_osm_base", "")))


def fetch_streets(
    place_or_polygon: str | Area,
    *,
    buffer_m: float,
    network_filter: Sequence[str] = WALKABLE,
    to: str | Path,
    servers: Servers | None = None,
) -> Path:
    """Download the walkable ways of a study area into a file that ``read_streets`` reads.

    Beside the file, ``<file>.source.json`` records place, day, query, server and content hash.

    Parameters
    ----------
    place_or_polygon
        A place name that Nominatim knows, or a (multi)polygon in degrees, WGS 84.
    buffer_m
        Metres around it, at least the distance of the farthest cut-off: the border must cut no route.
    network_filter
        Overpass way filters; their union is fetched.
    to
        File to write: ``.osm.gz`` (small), ``.osm``, ``.osm.bz2`` or ``.osm.pbf``.
    servers
        Whom to ask; the public servers when None.

    Returns
    -------
    Path
        ``to``. It appears whole or not at all.

    Raises
    ------
    SettingError
        If the area, the buffer, a filter or the file's suffix is not usable.
    FetchError
        If there is no network, the server is busy, the answer is partial (a ``remark``), garbled or
        without streets, or the place is not known.
    OutputError
        If the file cannot be written.
    """
    to, servers = Path(to), servers or Servers()
    _check_asked(to, buffer_m, network_filter)
    area = _place(place_or_polygon, servers) if isinstance(place_or_polygon, str) else place_or_polygon
    reach = _buffered(area, buffer_m)
    answers = _ask_ways(reach, network_filter, servers)
    nodes, ways = _sorted_out(answers.elements)
    source = {
        "place": place_or_polygon if isinstance(place_or_polygon, str) else "polygon",
        "buffer_m": buffer_m,
        "fetched": dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        "osm_date": answers.osm_date,
        "endpoint": servers.overpass_url,
        "queries": answers.queries,
        "ways": len(ways),
        "nodes": len(nodes),
        "attribution": "© OpenStreetMap contributors",
        "licence": "ODbL",
        "osmnx": version("osmnx"),
    }
    _put_in_place(to, nodes, ways, source)
    return to


# -- what is asked --------------------------------------------------------------------------------


def _check_asked(to: Path, buffer_m: float, network_filter: Sequence[str]) -> None:
    if not to.name.endswith(OSM_SUFFIXES):
        raise refusal("fetch_suffix", error=SettingError, file=to, known=", ".join(OSM_SUFFIXES))
    if not (np.isfinite(buffer_m) and 0 <= buffer_m <= 20_000):
        raise refusal("fetch_buffer", error=SettingError, value=buffer_m)
    for clause in network_filter:
        if not _FILTER.fullmatch(clause):
            raise refusal("fetch_filter", error=SettingError, clause=clause)
    if not network_filter or isinstance(network_filter, str):
        raise refusal("fetch_filters", error=SettingError)


def _buffered(area: Area, buffer_m: float) -> Area:
    """Buffer in metres and drop needless corners, outwards, to keep the query short."""
    if area.geom_type not in {"Polygon", "MultiPolygon"} or area.is_empty or not area.is_valid:
        raise refusal("fetch_area", error=SettingError, kind=area.geom_type)
    west, south, east, north = area.bounds
    if not (west >= -180 and east <= 180 and south >= -85 and north <= 85):
        raise refusal("fetch_bounds", error=SettingError, bounds=area.bounds)
    degrees = gpd.GeoSeries([area], crs=4326)
    metric = degrees.to_crs(utm_crs(degrees))
    grown = metric.buffer(buffer_m + _SLACK_M).simplify(_SLACK_M)
    if grown.area.iloc[0] > _LARGEST_KM2 * 1e6:
        raise refusal("fetch_large", error=SettingError, size=grown.area.iloc[0] / 1e6, most=_LARGEST_KM2)
    return grown.to_crs(4326).iloc[0]


# -- asking ---------------------------------------------------------------------------------------


def _place(name: str, servers: Servers) -> Area:
    """Return the outline of a place by its name, as Nominatim knows it."""
    import osmnx as ox

    def ask(_: _Answers) -> Area:
        try:
            return ox.geocode_to_gdf(name).geometry.iloc[0]
        except (ValueError, TypeError, KeyError) as error:
            raise refusal("fetch_place", error=FetchError, place=name) from error

    return _patiently(ask, servers)


def _ask_ways(area: Area, network_filter: Sequence[str], servers: Servers) -> _Answers:
    import osmnx as ox

    def ask(answers: _Answers) -> _Answers:
        try:
            ox.graph_from_polygon(area, retain_all=True, simplify=False, custom_filter=list(network_filter))
        except ox._errors.CacheOnlyInterruptError:  # noqa: SLF001 - what OSMnx raises by contract in this mode
            return answers
        except ValueError as error:
            raise refusal("fetch_unusable", error=FetchError, why=_clean(error)) from error
        raise refusal("fetch_graph", error=FetchError, version=ox.__version__)

    return _patiently(ask, servers)


def _patiently(ask: Any, servers: Servers) -> Any:
    """Ask again while the server is busy, a bounded number of times."""
    import requests

    for attempt in range(servers.attempts):
        answers = _Answers()
        try:
            with _osmnx_settings(servers, answers):
                return ask(answers)
        except _BusyError as busy:
            if attempt + 1 == servers.attempts:
                raise refusal(
                    "fetch_busy",
                    error=FetchError,
                    url=servers.overpass_url,
                    attempts=servers.attempts,
                    status=busy.status,
                ) from busy
            time.sleep(servers.pause_s * 2**attempt if busy.wait_s is None else busy.wait_s)
        except requests.exceptions.RequestException as error:
            raise refusal(
                "fetch_broken_off", error=FetchError, url=servers.overpass_url, why=type(error).__name__
            ) from error
    raise refusal("fetch_attempts", error=SettingError, attempts=servers.attempts)


@contextmanager
def _osmnx_settings(servers: Servers, answers: _Answers) -> Iterator[None]:
    """Lend OSMnx our settings; they and its change of name resolution are taken back afterwards."""
    import osmnx as ox

    lent: dict[str, Any] = {
        "overpass_url": servers.overpass_url,
        "nominatim_url": servers.nominatim_url,
        "requests_timeout": servers.timeout_s,
        "requests_kwargs": {"hooks": {"response": answers.look}},
        "overpass_rate_limit": False,  # its waits have no bound; "busy" answers are waited out above
        "doh_url_template": None,  # no third party is asked for names
        "use_cache": False,  # yesterday's streets are not today's
        "cache_only_mode": True,  # the answers, not a graph
        "http_user_agent": f"circle15 (OSMnx {ox.__version__})",
    }
    before, resolver = {key: getattr(ox.settings, key) for key in lent}, socket.getaddrinfo
    try:
        for key, value in lent.items():
            setattr(ox.settings, key, value)
        yield
    finally:
        for key, value in before.items():
            setattr(ox.settings, key, value)
        socket.getaddrinfo = resolver


# -- what came ------------------------------------------------------------------------------------


def _parsed(response: requests.Response) -> Mapping[str, Any]:
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError) as error:
        start = _clean(response.content[:80].decode("utf-8", "replace"))
        raise refusal("fetch_no_json", error=FetchError, start=start) from error
    if not isinstance(answer, Mapping):
        raise refusal("fetch_kind", error=FetchError, kind=type(answer).__name__)
    return answer


def _key(element: Any) -> tuple[str, int]:
    if isinstance(element, Mapping) and isinstance(element.get("id"), int) and abs(element["id"]) < 2**62:
        return str(element.get("type")), element["id"]
    raise refusal("fetch_no_id", error=FetchError, element=_clean(element))


def _sorted_out(
    elements: Mapping[tuple[str, int], Mapping[str, Any]],
) -> tuple[dict[int, Mapping[str, Any]], dict[int, Mapping[str, Any]]]:
    """Nodes and ways by rising id, complete: every node that a way names is there, on the globe."""
    nodes = {number: element for (kind, number), element in sorted(elements.items()) if kind == "node"}
    ways = {number: element for (kind, number), element in sorted(elements.items()) if kind == "way"}
    if not ways:
        raise refusal("fetch_no_streets", error=FetchError)
    for number, node in nodes.items():
        lon, lat = node.get("lon"), node.get("lat")
        if not (_is_number(lon) and _is_number(lat) and abs(lon) <= 180 and abs(lat) <= 90):
            raise refusal("fetch_globe", error=FetchError, node=number, lon=lon, lat=lat)
    for number, way in ways.items():
        missing = [ref for ref in _refs(way) if ref not in nodes]
        if missing or not _refs(way):
            raise refusal(
                "fetch_incomplete",
                error=FetchError,
                way=number,
                count=len(missing) or ("全部", "all"),
                first=missing[0] if missing else ("没有列出", "none listed"),
            )
    return nodes, ways


def _refs(way: Mapping[str, Any]) -> Sequence[Any]:
    refs = way.get("nodes")
    return refs if isinstance(refs, list) else []


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _clean(value: Any) -> str:
    """Text from outside as XML and a terminal can hold it."""
    return _UNWRITABLE.sub("\ufffd", str(value))[:_TAG_LENGTH]


def _tags(element: Mapping[str, Any]) -> dict[str, str]:
    tags = element.get("tags")
    return {_clean(key): _clean(tag) for key, tag in tags.items()} if isinstance(tags, Mapping) else {}


# -- writing --------------------------------------------------------------------------------------


def _put_in_place(
    to: Path, nodes: Mapping[int, Mapping[str, Any]], ways: Mapping[int, Mapping[str, Any]], source: dict[str, Any]
) -> None:
    """Write file and record in a folder beside the target, then move both into place."""
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=to.parent, prefix=".fetch-") as name:
            streets, record = Path(name, to.name), Path(name, f"{to.name}.source.json")
            _write_osm(streets, nodes, ways)
            with streets.open("rb+") as stream:
                source["sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
                os.fsync(stream.fileno())
            record.write_text(json.dumps(source, ensure_ascii=False, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            streets.replace(to)
            record.replace(to.with_name(record.name))
    except (OSError, RuntimeError) as error:  # osmium reports a full disk as RuntimeError
        raise refusal("fetch_unwritten", error=OutputError, file=to, why=error) from error


def _write_osm(path: Path, nodes: Mapping[int, Mapping[str, Any]], ways: Mapping[int, Mapping[str, Any]]) -> None:
    """OSM file through osmium, which does the escaping."""
    import osmium

    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for number, node in nodes.items():
            at = (float(node["lon"]), float(node["lat"]))
            writer.add_node(osmium.osm.mutable.Node(id=number, location=at, tags=_tags(node), version=1))
        for number, way in ways.items():
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=_refs(way), tags=_tags(way), version=1))
