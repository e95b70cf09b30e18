"""Towns of one, two and four communities whose people aged 60+ are given home by home: all stages run on them.

::

    y = 700       u                 one home that no street is near: nobody can place its people
    y = 300       ===               two homes on streets that nothing joins to the rest
    y = 20    h h h h | h h h h     eight homes by the street of 1,600 m, the last two behind a private gate
    y = 0     c-------c-------m     c clinics at 0 m and at 800 m, m eight meals a day at 1,600 m, of each community

Communities lie one beside the other, 1,600 m apart, and their streets are joined.
"""

from __future__ import annotations

import base64
import gzip
import json
import warnings
from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from circle15.errors import DataQualityWarning
from circle15.model import City, Communities, Facilities, Origin, Settings, StudyArea
from circle15.model.capacity import CapacityRule
from circle15.model.streets import NodeFlag
from circle15.render.map.payload import payload
from circle15.render.published.told import publish
from circle15.render.report.content import report_of
from circle15.render.report.facts import Facts
from circle15.render.tables.workbook import workbook_bytes
from circle15.study.analysis import Result, analyse
from circle15.study.study import Study
from tests.towns.lattice import CRS, X0, Y0, network, points

HERE = Origin(label_zh="测试", label_en="test")
WIDE = 1600.0
HOMES = ((100, 20), (300, 20), (500, 20), (700, 20), (950, 20), (1150, 20), (1350, 20), (1550, 20),
         (300, 300), (500, 300), (300, 700))  # fmt: skip
"""Where homes of a community stand, in metres from its corner: eight by the street, two adrift, one far from any."""
EVERYBODY = CapacityRule(service="meal_point", people="pop_60plus", rate=1.0, unit="meals")
DUST = 1e-7
"""Floor area of a home of nobody: it stays on the map, and nobody is dealt out to it."""


def secret_town(heads: Sequence[Sequence[int]], **settings: object) -> City:
    """A city whose communities have so many people aged 60+ at each of :data:`HOMES`, and thrice as many in all."""
    nodes, edges, flags = [], [], []
    for place in range(len(heads)):
        at = place * WIDE
        first = len(nodes)
        nodes += [(at, 0), (at + 800, 0), (at + 1250, 0), (at + WIDE, 0), (at + 200, 300), (at + 600, 300)]
        flags += [0, 0, int(NodeFlag.GATE | NodeFlag.PRIVATE), 0, 0, 0]
        edges += [(first, first + 1), (first + 1, first + 2), (first + 2, first + 3), (first + 4, first + 5)]
        edges += [(first - 3, first)] if place else []
    names = [f"c{place}" for place in range(len(heads))]
    spots = [(place * WIDE + x, y) for place in range(len(heads)) for x, y in HOMES]
    many = np.array([max(one, DUST) for row in heads for one in row], dtype=float)
    homes = gpd.GeoDataFrame(
        {"floor_area_m2": 1000 * many, "residential": True},
        geometry=[shapely.box(X0 + x - 5, Y0 + y - 5, X0 + x + 5, Y0 + y + 5) for x, y in spots], crs=CRS,
    )  # fmt: skip
    elders = np.array([sum(row) for row in heads], dtype=float)
    people = gpd.GeoDataFrame(
        {
            "name": [f"{name}社区" for name in names], "population": 3 * elders, "pop_60plus": elders,
            "households": elders, "subdistrict": (["东街道", "西街道"] * 2)[: len(heads)],
            "community_type": (["老城区", "农村"] * 2)[: len(heads)],
        },
        geometry=[shapely.box(X0 + k * WIDE, Y0 - 50, X0 + (k + 1) * WIDE, Y0 + 750) for k in range(len(heads))],
        crs=CRS, index=names,
    ).rename_axis("community_id")  # fmt: skip
    doors = [(k * WIDE + x, 0) for k in range(len(heads)) for x in (0, 800, WIDE)]
    sites = points(doors, name="facility_id", prefix="f")
    sites["name"] = "点"
    sites["services"] = [("clinic",), ("clinic",), ("meal_point",)] * len(heads)
    sites["capacity"] = [np.nan, np.nan, 8.0] * len(heads)
    return City(
        key="secret", title_zh="密", title_en="Secret",
        area=StudyArea(boundary=shapely.union_all(people.geometry.to_numpy()), crs=CRS, buffer_m=1500.0),
        network=network(nodes, edges, node_flags=flags),
        facilities=Facilities(frame=sites, listed=frozenset({"clinic", "meal_point"})),
        communities=Communities(frame=people, origin=HERE), context={"buildings": homes},
        settings=Settings(draws=20, **settings), capacity_rules={"meal_point": EVERYBODY},
    )  # fmt: skip


def studied(heads: Sequence[Sequence[int]]) -> Result:
    """The whole analysis."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataQualityWarning)
        return analyse(secret_town(heads))


def tell(found: Result) -> Iterator[str | bytes]:
    """Page, report and workbook; of the report every word."""
    published = publish(found)
    content = payload(published)
    behind = gzip.decompress(base64.b64decode(content["verdicts"]["text"]))
    yield json.dumps(content | {"verdicts": json.loads(behind)}, ensure_ascii=False)
    yield repr(report_of(Facts(published=published, figures=frozenset())))
    yield workbook_bytes(published)


def same_told(first: Result, second: Result) -> bool:
    """Whether page, report and workbook of two towns are the same; what differs first is the answer."""
    return all(one == other for one, other in zip(tell(first), tell(second), strict=True))


def withheld(found: Result) -> dict[str, NDArray[np.bool_]]:
    """Sets of homes that everybody can tell apart by the streets, of each community: ``bool[p]`` by what they are.

    Reached and not reached within each cut-off, between two, by one service and not by the other; not placed, and
    undetermined.
    """
    study = Study(city=found.city, walker=found.profile, settings=found.settings)
    owner = found.demand.frame["community_id"].to_numpy()
    far, adrift = (found.demand.positions.status == status for status in (1, 2))
    on = ~far & ~adrift
    sets: dict[str, NDArray[np.bool_]] = {"far": far, "adrift": adrift}
    out = {}
    for service in found.coverage.services:
        minutes = study.nearest.ms(service) / 60_000
        steps = [on & (minutes > cutoff) for cutoff in found.settings.cutoffs_min]
        out[service] = steps[-1]
        sets |= {f"{service} beyond {k}": beyond for k, beyond in enumerate(steps)}
        sets |= {f"{service} within {k}": on & ~beyond for k, beyond in enumerate(steps)}
        sets |= {f"{service} between {k}": steps[k] & ~steps[k + 1] for k in range(len(steps) - 1)}
    sets |= {f"{a}, not {b}": out[a] & ~out[b] for a in out for b in out if a != b}
    return {
        f"{name} {key}": mask & (owner == name)
        for key, mask in sets.items()
        for name in found.city.communities.frame.index
    }
