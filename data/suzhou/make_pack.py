"""Make the synthetic layers of this pack: ``communities.geojson`` and ``facilities.csv``.

Run ``python data/suzhou/make_pack.py`` to write both again; the same seed gives the same bytes. Ranges,
names and where they come from stand in ``make_pack.toml``. Communities end at the main streets, canals
and the moat of the water town (``circle15.sources.town.plan``), whose figures are hand-drawn; nothing is
taken from OpenStreetMap or any register, and no community or facility here exists.
"""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from circle15.catalog import way_classes
from circle15.model import EdgeFlag, Streets
from circle15.sources.town.plan import Frame, TownPlan, read_plan
from circle15.sources.town.quarters import make_blocks, quarters
from circle15.sources.town.synthetic import water_town

HERE = Path(__file__).parent
COLUMNS = (
    *("facility_id", "name", "name_en", "services", "site_kind", "lon", "lat", "tier", "capacity", "floor_area_m2"),
    *("opening_hours", "source", "source_date"),
)
PEOPLE = ("households", "population", "pop_60plus", "pop_65plus", "pop_80plus")


def draw(rng: np.random.Generator, span: Sequence[float]) -> float:
    """A figure from a range, every value as likely."""
    return float(span[0] + (span[1] - span[0]) * rng.random())


# -- Communities ------------------------------------------------------------------------------------------------


def zone_of(middle: NDArray[np.float64], plan: TownPlan) -> int:
    """Position of the subdistrict that a place belongs to (order of ``make_pack.toml``)."""
    east, north = middle
    inside = shapely.Polygon(next(a.line for a in plan.axes if a.kind == "moat")).contains(shapely.Point(middle))
    road = shapely.get_coordinates(next(a.line for a in plan.axes if a.name == "干将路"))
    if inside and north < np.interp(east, road[:, 0], road[:, 1]):
        return 2
    if inside:
        return 0 if east > -575 else 1
    if north > 2200 and -1850 < east < 1990:
        return 4
    if north < -2150 and east < 1680:
        return 6
    return 3 if east < 0 else 5


def make_communities(plan: TownPlan, settings: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[BaseGeometry]]:
    """Rows and shapes (on the town's axes) of all communities, subdistrict after subdistrict."""
    ground = settings["ground"]
    blocks = make_blocks(
        plan,
        shapely.Polygon(ground["outline"]),
        size_m=ground["block_m"],
        barrier=ground["barrier"],
        seed=settings["seed"],
    )
    zone = blocks.settle(np.array([zone_of(point, plan) for point in blocks.middle]))
    rng = np.random.Generator(np.random.PCG64([settings["seed"], 2]))
    names = {kind: iter(entries) for kind, entries in settings["names"].items()}
    rows: list[dict[str, Any]] = []
    shapes: list[BaseGeometry] = []
    for position, subdistrict in enumerate(settings["subdistrict"]):
        groups = quarters(
            blocks, np.flatnonzero(zone == position), subdistrict["target_km2"], exclaves=subdistrict.get("exclaves", 0)
        )
        for number, group in enumerate(groups, start=1):
            shape = shapely.union_all(blocks.shape[group])
            counted = people(position, shape, plan, settings, rng)
            name, name_en = next(names[counted["community_type"]])
            rows.append(
                {
                    "community_id": f"syn-{subdistrict['key']}-{number:02d}",
                    "name": f"{name}社区",
                    "name_en": f"{name_en} Community",
                    "subdistrict": subdistrict["name"],
                    "subdistrict_en": subdistrict["name_en"],
                    "rural": "城市",
                    **counted,
                    "source": "synthetic",
                }
            )
            shapes.append(shape)
    return rows, shapes


def people(
    zone: int, shape: BaseGeometry, plan: TownPlan, settings: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, Any]:
    """Type and people of one community: land area x density, shares by age, whole persons."""
    east = shape.centroid.x
    edge = shape.centroid.distance(shapely.Point(-100, 0)) > 2750
    chance = rng.random()
    if zone <= 2:
        kind = "老城区" if chance < 0.9 else "商品房"
    elif zone == 3 and east > -2400 and shape.centroid.y > 900:
        kind = "老城区"
    else:
        kind = "农夹居" if edge and chance < 0.22 else ("动迁安置" if chance < 0.38 else "商品房")
    rule = settings["type"][kind]
    land_km2 = shape.difference(plan.water).area / 1e6
    low, high = settings["people"]["population"]
    population = int(np.clip(round(land_km2 * draw(rng, rule["density"])), low + 60, high - 60))
    old60 = round(population * draw(rng, rule["share60"]))
    old65 = round(old60 * draw(rng, rule["share65"]))
    counted = (round(population / draw(rng, rule["household"])), population, old60, old65)
    return {
        "community_type": kind,
        **dict(zip(PEOPLE, (*counted, round(old65 * draw(rng, rule["share80"]))), strict=True)),
    }


# -- Facilities -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Doors:
    """Places by the side of public streets where a facility may stand (degrees), and how main the street is."""

    place: NDArray[np.float64]
    rank: NDArray[np.int64]


def make_doors(streets: Streets, quiet: Sequence[str]) -> Doors:
    """Nodes of public, dry, level streets; for each the highest rank of a street there (quiet ones: 1)."""
    rank = np.array([entry.rank for entry in way_classes()])[streets.way_class]
    rank = np.where(np.isin(np.array(streets.names)[streets.way_name], quiet), 1, rank)
    shut = EdgeFlag.PRIVATE | EdgeFlag.BRIDGE | EdgeFlag.STEPS
    count = np.diff(streets.way_start)
    best = np.full(len(streets.node_id), -1)
    barred = np.zeros(len(streets.node_id), dtype=bool)
    np.maximum.at(best, streets.way_node, np.repeat(rank, count))
    barred[streets.way_node[np.repeat((streets.way_flags & np.uint16(shut)) != 0, count)]] = True
    fit = (best >= 1) & ~barred
    return Doors(place=np.column_stack([streets.lon, streets.lat])[fit], rank=best[fit])


@dataclass(frozen=True, kw_only=True)
class Quarter:
    """What siting needs to know of one community."""

    row: Mapping[str, Any]
    supply: float
    place: NDArray[np.float64]
    weight: NDArray[np.float64]


def make_quarters(
    rows: Sequence[Mapping[str, Any]], shapes: Sequence[BaseGeometry], doors: Doors, settings: Mapping[str, Any]
) -> list[Quarter]:
    """Doors of each community; outside the moat only those on main streets, which real maps know too."""
    supply = {entry["name"]: entry["supply"] for entry in settings["subdistrict"]}
    quarters = []
    points = shapely.points(doors.place)
    for row, shape in zip(rows, shapes, strict=True):
        old = row["community_id"].split("-")[1] in {"zh", "yc", "ws"}
        fit = np.flatnonzero(shapely.contains(shape, points) & (doors.rank >= (1 if old else 3)))
        place = doors.place[fit]
        heart = np.array(shape.representative_point().coords[0])
        away_m = np.hypot(*((place - heart) * (95107.0, 110900.0)).T)
        quarters.append(Quarter(row=row, supply=supply[row["subdistrict"]], place=place, weight=1.0 / (120.0 + away_m)))
    return quarters


def stand(quarter: Quarter, rng: np.random.Generator, *, central: bool) -> tuple[float, float]:
    """A place some metres off a door, nearer the middle when ``central``."""
    weight = quarter.weight ** (3.0 if central else 0.6)
    at = int(np.searchsorted(np.cumsum(weight) / weight.sum(), rng.random()))
    off = (2 * rng.random(2) - 1) * 3.5 / (95107.0, 110900.0)
    lon, lat = quarter.place[min(at, len(weight) - 1)] + off
    return round(float(lon), 6), round(float(lat), 6)


def site(
    owner: tuple[str, str], rule: Mapping[str, Any], word: tuple[str, str], rng: np.random.Generator, **fields: Any
) -> dict[str, Any]:
    """One row of ``facilities.csv`` but for its id."""
    hours = rule["hours"]
    return {
        "name": owner[0] + word[0],
        "name_en": f"{owner[1]} {word[1]}",
        "capacity": round(draw(rng, rule["capacity"])) if "capacity" in rule else "",
        "floor_area_m2": round(draw(rng, rule["floor_m2"]) / 5) * 5,
        "opening_hours": hours if isinstance(hours, str) else hours[int(rng.random() * len(hours))],
        **fields,
    }


def local_sites(quarter: Quarter, settings: Mapping[str, Any], rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Sites of one community; a community centre may house further services."""
    rules = settings["service"]
    owner = (quarter.row["name"].removesuffix("社区"), quarter.row["name_en"].removesuffix(" Community"))
    housed: set[str] = set()
    for service, rule in rules.items():
        mean = rule["rate"] * (quarter.supply if service != "community_centre" else 0.78 + 0.22 * quarter.supply)
        if service not in {"community_centre", "clinic"}:
            mean *= 0.35 + 1.3 * rng.random()  # luck and neglect: communities of one subdistrict differ
        count = int(mean) + int(rng.random() < mean % 1)
        for number in range(count - (service in housed and count > 0)):
            words = rule["words"]
            word = words[int(rng.random() * len(words))] + ("" if number == 0 else f"（{number + 1}）")
            word_en = rule["word_en"] + ("" if number == 0 else f" {number + 1}")
            lon, lat = stand(quarter, rng, central=service == "community_centre")
            offered = [service]
            extra: dict[str, Any] = {}
            if service == "community_centre":
                chance = {key: entry["with"] * quarter.supply for key, entry in rules.items() if "with" in entry}
                housed = {key for key, value in chance.items() if rng.random() < value}
                offered += [key for key in rules if key in housed]
                seats = [rules[key]["capacity"] for key in offered if "capacity" in rules[key]]
                extra = {"capacity": round(draw(rng, seats[0]))} if seats else {}
                extra["site_kind"] = "".join(rules[key]["site_kind"] for key in offered if "site_kind" in rules[key])
            tier = "station" if service in {"clinic", "culture"} else "community"
            row = site(owner, rule, (word, word_en), rng, services=offered, lon=lon, lat=lat, tier=tier)
            yield {**row, **extra}


def make_facilities(quarters: Sequence[Quarter], settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Sites of all communities, then the upper tier of each subdistrict."""
    rng = np.random.Generator(np.random.PCG64([settings["seed"], 3]))
    rows = [row for quarter in quarters for row in local_sites(quarter, settings, rng)]
    for subdistrict in settings["subdistrict"]:
        own = [quarter for quarter in quarters if quarter.row["subdistrict"] == subdistrict["name"]]
        owner = (subdistrict["name"].removesuffix("街道"), subdistrict["name_en"].removesuffix(" Subdistrict"))
        for upper in settings["upper"]:
            lon, lat = stand(own[int(rng.random() * len(own))], rng, central=True)
            word = (upper["word"], upper["word_en"])
            said = {key: upper[key] for key in ("services", "tier", "site_kind") if key in upper}
            rows.append(site(owner, upper, word, rng, lon=lon, lat=lat, **said))
    shared = {"source": "synthetic", "source_date": settings["source_date"]}
    return [
        {**row, **shared, "facility_id": f"syn-f-{number:04d}", "services": ";".join(row["services"])}
        for number, row in enumerate(rows, start=1)
    ]


# -- Files ------------------------------------------------------------------------------------------------------


def geojson_bytes(rows: Sequence[Mapping[str, Any]], shapes: Sequence[BaseGeometry]) -> bytes:
    """Communities as GeoJSON in UTF-8: one feature a line, six decimals of a degree (about 10 cm)."""
    lines = []
    for row, shape in zip(rows, shapes, strict=True):
        geometry = json.loads(shapely.to_geojson(shape))
        feature = {"type": "Feature", "properties": row, "geometry": geometry}
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    head = '{"type":"FeatureCollection","name":"communities (synthetic)","features":[\n'
    return (head + ",\n".join(lines) + "\n]}\n").encode()


def csv_bytes(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Facilities as CSV in UTF-8, one line a site, newline LF."""
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return sheet.getvalue().encode()


def six_decimals(frame: Frame, shape: BaseGeometry) -> BaseGeometry:
    """A shape in degrees, rounded, rings wound as RFC 7946 wants them (outer anticlockwise)."""
    degrees = frame.geometry(shape, step_m=90.0)
    return shapely.normalize(shapely.transform(degrees, lambda points: np.round(points, 6))).reverse()


def make_pack(settings: Mapping[str, Any]) -> dict[str, bytes]:
    """All files that this script writes: name -> content."""
    plan = read_plan(seed=settings["town_seed"])
    rows, ground = make_communities(plan, settings)
    shapes = [six_decimals(plan.frame, shape) for shape in ground]
    doors = make_doors(water_town(seed=settings["town_seed"]).streets, settings["doors"]["quiet"])
    quarters = make_quarters(rows, shapes, doors, settings)
    return {
        "communities.geojson": geojson_bytes(rows, shapes),
        "facilities.csv": csv_bytes(make_facilities(quarters, settings)),
    }


def read_settings() -> Mapping[str, Any]:
    """``make_pack.toml``."""
    return tomllib.loads((HERE / "make_pack.toml").read_text(encoding="utf-8"))


def main() -> None:
    """Write the files beside this script."""
    for name, content in make_pack(read_settings()).items():
        (HERE / name).write_bytes(content)


if __name__ == "__main__":
    main()
