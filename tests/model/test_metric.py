"""A reference system against the place: scale by geodesics, every door, and where the limits lie."""

from __future__ import annotations

import math
import warnings

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely

import circle15 as c15
from circle15.errors import CrsError, DataQualityWarning
from circle15.model.limits import SCALE_REFUSED, SCALE_TOLD
from circle15.model.metric import fitting_codes, metric_fit

GEOD = pyproj.Geod(ellps="WGS84")
SUZHOU, URUMQI, HARBIN, HELSINKI = (120.614, 31.303), (87.6, 43.8), (126.6, 45.75), (24.94, 60.17)
FITTING = [
    (SUZHOU, "EPSG:4549"), (SUZHOU, "EPSG:32651"), (HELSINKI, "EPSG:3879"), (HELSINKI, "EPSG:3067"),
    ((-8.61, 41.15), "EPSG:3763"), ((2.35, 48.86), "EPSG:2154"), ((14.42, 50.09), "EPSG:5514"),
    ((-0.13, 51.51), "EPSG:27700"), ((-0.13, 51.51), "EPSG:7405"),
]  # fmt: skip
UNFIT = [
    (SUZHOU, "EPSG:4543", "EPSG:4549 or EPSG:32651"),  # another three-degree zone
    (SUZHOU, "EPSG:4513", "EPSG:4549 or EPSG:32651"),  # the same with its number before the easting
    (SUZHOU, "EPSG:32631", "EPSG:4549 or EPSG:32651"),  # a zone of Europe
    (SUZHOU, "ESRI:102025", "EPSG:4549 or EPSG:32651"),  # true to area
    (SUZHOU, "EPSG:4087", "EPSG:4549 or EPSG:32651"),  # true along meridians alone
    (SUZHOU, "EPSG:3035", "EPSG:4549 or EPSG:32651"),  # true to area, for Europe
    (HARBIN, "EPSG:6933", "EPSG:4551 or EPSG:32652"),  # true to area
    (URUMQI, "EPSG:4549", "EPSG:4538 or EPSG:32645"),  # copied from another city
    (HELSINKI, "EPSG:32651", "EPSG:32635"),
]  # fmt: skip


def plane(place: tuple[float, float], crs: str) -> np.ndarray:
    """A place in a system, as ``(1, 2)``."""
    return np.array([pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*place)[:2]])


def street(place: tuple[float, float], azimuth: float = 0.0) -> gpd.GeoDataFrame:
    """A street of 1,000 m from a place."""
    line = shapely.LineString([place, GEOD.fwd(*place, azimuth, 1000)[:2]])
    return gpd.GeoDataFrame({"highway": ["residential"]}, geometry=[line], crs="EPSG:4326")


def worst_scale(place: tuple[float, float], crs: str) -> float:
    """The scale farthest from one, by geodesics of 100 m in 180 directions: an oracle of its own."""
    azimuth = np.arange(0.0, 180.0)
    half = [GEOD.fwd(*(np.full(180, c) for c in place), azimuth + turn, np.full(180, 50.0))[:2] for turn in (0, 180)]
    ends = [pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*end) for end in half]
    scale = np.hypot(*(np.subtract(a, b) for a, b in zip(*ends, strict=True))) / 100
    return float(scale[np.abs(scale - 1).argmax()])


@pytest.mark.parametrize(("place", "crs"), [*FITTING[:-1], *((place, crs) for place, crs, _ in UNFIT)])
def test_scale_is_the_worst_that_geodesics_find(place: tuple[float, float], crs: str) -> None:
    fit = metric_fit(pyproj.CRS(crs), plane(place, crs))
    assert fit is not None
    # PROJ reckons the equidistant cylindrical on the sphere, 0.1 % from the ellipsoid; all others as they are.
    assert fit.scale == pytest.approx(worst_scale(place, crs), abs=2e-3 if crs == "EPSG:4087" else 2e-4)


def test_scale_of_a_far_zone_is_that_of_the_formula() -> None:
    # On the sphere k = 1 / sqrt(1 - (cos lat sin dlon)^2): 32.4 degrees off at 43.8 degrees north, 1.0844.
    beside = math.cos(math.radians(43.8)) * math.sin(math.radians(32.4))
    fit = metric_fit(pyproj.CRS("EPSG:4549"), plane(URUMQI, "EPSG:4549"))
    assert fit is not None
    assert fit.scale == pytest.approx(1 / math.sqrt(1 - beside**2), abs=1e-3)
    assert (fit.lon, fit.lat) == pytest.approx(URUMQI)


@pytest.mark.parametrize(("place", "crs"), FITTING)
def test_systems_of_the_place_are_taken_without_a_word(place: tuple[float, float], crs: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert c15.from_geopandas(street(place), crs=crs).length_m[0] == pytest.approx(1000, rel=SCALE_TOLD)


@pytest.mark.parametrize(("place", "crs", "codes"), UNFIT)
def test_every_door_refuses_a_system_of_elsewhere(place: tuple[float, float], crs: str, codes: str) -> None:
    lines = street(place)
    here = shapely.Point(*plane(place, crs)[0]).buffer(500)
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    (x0, y0), (x1, y1) = lines.geometry.iloc[0].coords
    graph.add_nodes_from([(1, {"x": x0, "y": y0}), (2, {"x": x1, "y": y1})])
    graph.add_edge(1, 2, highway="residential", length=1000.0)
    good = c15.from_geopandas(lines)
    frame = c15.to_geopandas(good)[1].to_crs(crs)
    for door in (
        lambda: c15.from_geopandas(lines, crs=crs),
        lambda: c15.from_geopandas(frame),  # in the frame's own system
        lambda: c15.from_osmnx(graph, crs=crs),
        lambda: c15.StudyArea(boundary=here, crs=pyproj.CRS(crs), buffer_m=900),
    ):
        with pytest.raises(CrsError, match=r"does not fit here.*% off") as refused:
            door()
        assert str(refused.value).endswith(f"use {codes}")
        assert "误差" in refused.value.zh
        assert codes.replace(" or ", " 或 ") in refused.value.zh


def test_streets_of_a_file_are_compared_with_their_place(osm_file) -> None:
    streets = c15.read_streets(osm_file())
    for crs in ("EPSG:4543", "EPSG:6933"):
        with pytest.raises(CrsError, match="use EPSG:4549 or EPSG:32651"):
            c15.build_network(streets, crs=crs)


def east_of_meridian(scale: float) -> tuple[float, float]:
    """A place on the equator where Gauss-Krüger of 120 degrees east has a scale: k = 1 / cos(dlon) on the sphere."""
    return 120 + math.degrees(math.acos(1 / scale)), 0.0


@pytest.mark.parametrize(("scale", "warned"), [(1.0027, 0), (1.0033, 1), (1.009, 1)])
def test_between_the_limits_a_door_warns(scale: float, warned: int) -> None:
    with warnings.catch_warnings(record=True) as spoken:
        warnings.simplefilter("always")
        c15.from_geopandas(street(east_of_meridian(scale)), crs="EPSG:4549")
    assert [entry.category for entry in spoken] == [DataQualityWarning] * warned
    assert all("% off" in str(entry.message) and "EPSG:326" in str(entry.message) for entry in spoken)


def test_beyond_one_percent_is_refused() -> None:
    with pytest.raises(CrsError, match=r"1\.1% off"):
        c15.from_geopandas(street(east_of_meridian(1 + SCALE_REFUSED + 1e-3)), crs="EPSG:4549")


def test_a_few_points_far_out_do_not_decide() -> None:
    xy = np.repeat(plane(SUZHOU, "EPSG:4549"), 100, axis=0)
    xy[:4] = plane(URUMQI, "EPSG:4549")
    xy[4] = np.nan
    fit = metric_fit(pyproj.CRS("EPSG:4549"), xy)
    assert fit is not None
    assert fit.error < 1e-3
    assert metric_fit(pyproj.CRS("EPSG:4549"), np.full((3, 2), np.nan)) is None


def test_codes_are_those_of_the_zone() -> None:
    assert fitting_codes(*SUZHOU) == ("EPSG:4549", "EPSG:32651")
    assert fitting_codes(*URUMQI) == ("EPSG:4538", "EPSG:32645")
    assert fitting_codes(-70.6, -33.4) == ("EPSG:32719",)
    assert fitting_codes([75.0, 133.0], [40.0, 45.0]) == ()  # a country is no city


@pytest.mark.parametrize("crs", ["EPSG:4543", "ESRI:102025", "EPSG:32631"])
def test_a_pack_with_a_system_of_elsewhere_is_refused(make_pack, crs: str) -> None:
    root = make_pack()
    config = root / "tryton" / "city.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("EPSG:4549", crs), encoding="utf-8")
    pattern = f"city.toml: crs = '{crs}'.*communities.geojson.*write EPSG:4549 or EPSG:32651 as crs"
    with pytest.raises(c15.errors.PackError, match=pattern):
        c15.load_city("tryton", data=root)
    from circle15.study import check_city

    (refused,) = [told for told in check_city("tryton", data=root).findings if told.severity == "error"]
    assert "请改写 crs 为 EPSG:4549 或 EPSG:32651" in refused.message_zh


def test_a_pack_with_a_system_a_little_off_is_warned_once(make_pack) -> None:
    root = make_pack()
    config = root / "tryton" / "city.toml"
    # Three zones on at 31.3 degrees north: 1 / sqrt(1 - (cos 31.31 sin 5.379)^2) = 1.0032.
    config.write_text(config.read_text(encoding="utf-8").replace("EPSG:4549", "EPSG:4551"), encoding="utf-8")
    from circle15.study import check_city

    with pytest.warns(DataQualityWarning, match="EPSG:4549"):
        findings = check_city("tryton", data=root).findings
    (told,) = [finding for finding in findings if finding.code == "crs-stretches"]
    assert told.severity == "warning"
    assert "1,003 m of 1,000 m" in told.message_en
    assert told.remedy_zh == "把 crs 改为 EPSG:4549 或 EPSG:32651"
