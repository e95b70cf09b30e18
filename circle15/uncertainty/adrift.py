"""Ways that nobody mapped: what to look for beside pieces of the network that nothing joins.

Of people who live on such a piece the map cannot tell what they reach; one look in the field can.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.model.placed import Positions
from circle15.model.results import ReachTable
from circle15.network.build import edge_lines, islands
from circle15.uncertainty.draws import Stage

__all__ = ["MAYBE", "joins_to_look_for"]

MAYBE = 0.5
"""Probability that there is no such way: nothing is known either way."""


def joins_to_look_for(stage: Stage, reach: ReachTable) -> tuple[pd.DataFrame, pd.Series]:
    """One field check for each piece of the network on which somebody is undetermined by the map.

    Parameters
    ----------
    stage
        The city laid out for draws.
    reach
        Walking times of the same points and facilities, as far as the circle at least.

    Returns
    -------
    checks, lost
        The former on ``check_id`` (``join:<lowest node id of the piece>``), with the columns of
        :data:`circle15.uncertainty.field_checks.COLUMNS` but for ``rank``: ``length_m`` is the gap between the piece
        and the nearest street of the mainland, whose ``name`` is told, ``people`` the 60+ person-services that are
        undetermined; the latter these people on (``check_id``, ``community_id``, ``service``).
    """
    positions, network = stage.demand.positions, stage.network
    adrift = np.flatnonzero(positions.status == Positions.ISLAND)
    if len(adrift) == 0:
        return pd.DataFrame(), pd.Series(dtype=float)
    lost = ~_reached(stage, reach)[adrift]
    lacking = lost.any(axis=1) & (stage.elders[adrift] > 0)
    adrift, lost = adrift[lacking], lost[lacking]
    piece = network.component[network.u[positions.edge[positions.start[adrift]]]]
    lines = edge_lines(network)
    mainland = np.flatnonzero(~islands(network)[network.component[network.u]])
    tree = shapely.STRtree(lines[mainland])
    rows = [
        _join(stage, lines, mainland, tree, int(number), adrift[piece == number], lost[piece == number])
        for number in np.unique(piece)
    ]
    if not rows:
        return pd.DataFrame(), pd.Series(dtype=float)
    return pd.DataFrame(rows).set_index("check_id"), _undetermined(stage, rows, piece, adrift, lost)


def _undetermined(
    stage: Stage,
    rows: Sequence[Mapping[str, object]],
    piece: NDArray[np.integer],
    point: NDArray[np.int64],
    lost: NDArray[np.bool_],
) -> pd.Series:
    """People of whom the map tells nothing, on (``check_id``, ``community_id``, ``service``)."""
    _, number = np.unique(piece, return_inverse=True)
    home, column = np.nonzero(lost)
    levels = [
        np.array([row["check_id"] for row in rows], dtype=object)[number[home]],
        np.array(stage.communities, dtype=object)[stage.demand.points.community[point[home]]],
        np.array(stage.services, dtype=object)[column],
    ]
    index = pd.MultiIndex.from_arrays(levels, names=["check_id", "community_id", "service"])
    people = pd.Series(stage.elders[point[home]], index=index, name="lost", dtype=float)
    return people.groupby(level=[0, 1, 2]).sum()


def _reached(stage: Stage, reach: ReachTable) -> NDArray[np.bool_]:
    """``bool[p, s]``: who reaches a facility of a service within the circle."""
    row = stage.facilities.ids.get_indexer(reach.facility_ids)[reach.facility]
    inside = (reach.cost_ms <= stage.limit_ms) & (row >= 0)
    reached = np.zeros((len(stage.demand), len(stage.services)), dtype=bool)
    for column in range(len(stage.services)):
        reached[reach.point[inside][stage.offers[row[inside], column]], column] = True
    return reached


def _join(
    stage: Stage,
    lines: NDArray[np.object_],
    mainland: NDArray[np.int64],
    tree: shapely.STRtree,
    piece: int,
    point: NDArray[np.int64],
    lost: NDArray[np.bool_],
) -> dict[str, object]:
    network = stage.network
    edges = np.flatnonzero(network.component[network.u] == piece)
    shape = shapely.multilinestrings(list(lines[edges]))
    street = int(mainland[tree.nearest(shape)])
    gap = shapely.shortest_line(shape, lines[street])
    middle = gpd.GeoSeries([shapely.line_interpolate_point(gap, 0.5, normalized=True)], crs=network.crs).to_crs(4326)
    elders = stage.elders[point]
    by_community = pd.Series(elders * lost.sum(axis=1)).groupby(stage.demand.points.community[point]).sum()
    most = by_community.index[np.lexsort((by_community.index, -by_community))]
    name = network.names[int(network.name[street])]
    return {
        "check_id": f"join:{int(network.node_id[network.u[edges]].min())}",
        "kind": "join",
        "target_id": str(street),
        "name": name,
        "name_en": name,
        "offers": (),
        "length_m": float(shapely.length(gap)),
        "flips": 0,
        "people": float(by_community.sum()),
        "p_no": MAYBE,
        "communities": tuple(stage.communities[int(place)] for place in most),
        "services": tuple(np.array(stage.services, dtype=object)[lost.any(axis=0)]),
        "lon": float(middle.x.iloc[0]),
        "lat": float(middle.y.iloc[0]),
    }
