"""Towns whose inputs are drawn: homes, sites and streets as :class:`circle15.uncertainty.draws.Stage`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from circle15.model import DemandPoints, Facilities
from circle15.network.graph import walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.uncertainty.draws import Draw, Stage
from tests.towns.lattice import BY, CLASS, grid, network, points

SERVICES = ("clinic", "shop")


def stage(net, homes, sites, offers, *, people=None, cutoff_min=10.0, order=None):
    frame = points(homes)
    frame["community_id"] = [f"c{k % 3}" for k in range(len(frame))]
    frame["population"] = 100.0
    frame["pop_60plus"] = [float(10 + k) for k in range(len(frame))] if people is None else people
    frame["method"] = "street"
    there = points(sites, name="facility_id", prefix="f")
    there["name"], there["services"] = "x", offers
    if order is not None:
        frame, there = frame.iloc[order[0]], there.iloc[order[1]]
    demand = DemandPoints(frame=frame)
    facilities = Facilities(frame=there, listed=frozenset(SERVICES))
    return Stage.of(
        walk_graph(net, BY["flat"]), place_demand(net, demand), place_facilities(net, facilities),
        services=SERVICES, cutoff_min=cutoff_min, max_snap_m=150.0,
    )  # fmt: skip


def scattered_town(**options):
    """A grid of 700 m x 500 m with homes and sites off the streets, in no order."""
    rng = np.random.default_rng(3)
    net = grid(8, 6)
    homes = rng.uniform((0, 0), (700, 500), size=(40, 2))
    sites = rng.uniform((0, 0), (700, 500), size=(6, 2))
    return net, stage(net, homes, sites, [("clinic",), ("shop",), ("clinic", "shop")] * 2, **options)


def plain_draw(made, number=0, **assumed):
    whole = Draw(
        speed=1.0, leg=1.0, limit=1.0, closed=np.zeros(made.network.n_edges, dtype=bool),
        exists=np.ones(len(made.offers), dtype=bool), people=np.ones(len(made.demand)),
    )  # fmt: skip
    return replace(whole, **assumed)


def bridge_town():
    """Two estates west of a canal; the only way to the clinic in the east is a footbridge.

    ::

        p0 (30 elders) -- 0 ---- 1 ==bridge== 2 ---- 3 -- f0 clinic
        p1 (20 elders)    1                          3 -- f1 clinic of the east bank, p2 (10 elders)
    """
    net = network([(0, 0), (200, 0), (300, 0), (500, 0)], [(0, 1), (1, 2), (2, 3)])
    classes = np.array([CLASS["primary"], CLASS["footway"], CLASS["primary"]], dtype=np.uint8)
    net = replace(net, way_class=classes, names=("", "小桥"), name=np.array([0, 1, 0], dtype=np.int32))
    return stage(
        net, [(0, 0), (150, 0), (450, 0)], [(400, 0), (500, 0)], [("clinic",), ("shop",)],
        people=[30.0, 20.0, 10.0], cutoff_min=10.0,
    )  # fmt: skip
