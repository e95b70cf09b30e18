"""Squares along one street, for tests of norms: a home in the middle of each, facilities where a test wants them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
import shapely.affinity

from circle15.catalog.norm_books import all_rules, norm_books
from circle15.model import Communities, DemandPoints, Facilities, Origin
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.norms.ground import Ground, ResidentialLand
from tests.towns.lattice import BY, CRS, X0, Y0, network, points

# Squares of 1 km along one street, x from 0 m; a home in the middle of each, 500 m from the corners.
STREET = network([(0, 0), (8000, 0)], [(0, 1)])
MADE = Origin(label_zh="测试", label_en="test")


def communities(**columns):
    count = len(next(iter(columns.values())))
    frame = gpd.GeoDataFrame(
        {"name": [f"社区{k}" for k in range(count)], "population": 1000.0, "pop_60plus": 200.0, "rural": "城市"}
        | columns,
        geometry=[shapely.box(X0 + 1000 * k, Y0 - 500, X0 + 1000 * (k + 1), Y0 + 500) for k in range(count)],
        crs=CRS,
        index=pd.Index([f"c{k}" for k in range(count)], name="community_id"),
    )
    return Communities(frame=frame, origin=MADE)


def ground(places, sites=(), listed=(), *, streets=STREET, land=None, checklists=None, **columns):
    """``sites``: (metres along the street, services); ``land``: shapes in metres; ``columns`` of the facilities."""
    frame = points([(x, 0) for x, _ in sites], name="facility_id", prefix="f")
    frame["name"], frame["services"] = frame.index, [tuple(services.split()) for _, services in sites]
    for column, values in columns.items():
        frame[column] = values
    offered = {service for row in frame["services"] for service in row}
    facilities = Facilities(frame=frame, listed=frozenset(offered | set(listed)))
    homes = points([(1000 * k + 500, 0) for k in range(len(places))])
    homes["community_id"] = places.frame.index
    for column in places.people:
        homes[column] = places.frame[column].to_numpy()
    homes["method"] = "street"
    demand = DemandPoints(frame=homes)
    graph = walk_graph(streets, BY["flat"])
    shapes = None if land is None else [shapely.affinity.translate(one, X0, Y0) for one in land]
    residential = None if shapes is None else gpd.GeoDataFrame(geometry=shapes, crs=CRS)
    return Ground.of(
        places,
        place_facilities(streets, facilities),
        place_demand(streets, demand),
        graph=graph,
        residential=ResidentialLand(frame=residential),
        checklists=checklists,
    )


def rules_of(*ids):
    known = {rule.clause_id: rule for rule in all_rules(norm_books().values())}
    return [known[one] for one in ids]


def row(ledger, clause, unit="c0", level="community"):
    return ledger.frame.loc[(level, unit, clause)]
