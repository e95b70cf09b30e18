"""Who lives within delivery: a straight line around a facility, a layer apart from what can be walked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.catalog import services as known_services
from circle15.model.places import DemandPoints, Facilities
from circle15.model.service import Service

__all__ = ["delivered", "delivery_radii"]


def delivery_radii(facilities: Facilities) -> pd.Series:
    """Metres within which each facility delivers, on ``facility_id``; 0 where it does not, or nothing is said."""
    if "delivery_radius_m" not in facilities.frame:
        return pd.Series(0.0, index=facilities.frame.index)
    given = pd.to_numeric(facilities.frame["delivery_radius_m"], errors="coerce")
    return given.fillna(0.0).astype(float)


def _sent(offered: Sequence[str], known: Mapping[str, Service]) -> Sequence[str]:
    """Services of a site that delivers which it may deliver."""
    if len(set(offered)) < 2:
        return offered
    return [key for key in offered if key in known and known[key].delivered] or offered


def delivered(demand: DemandPoints, facilities: Facilities, services: Sequence[str]) -> Mapping[str, NDArray[np.bool_]]:
    """Which demand points lie within the delivery radius of a facility, for each service that is delivered.

    Parameters
    ----------
    demand, facilities
        In one metric reference system. ``distance <= delivery_radius_m`` counts; streets, water and opening
        hours play no part.
    services
        Keys to look at; those that no facility delivers are left out of the result. A site of several services
        delivers those that can be delivered (``Service.delivered``: meals, not a reading room), or all of them where
        none can.

    Returns
    -------
    mapping
        Service -> ``bool[p]`` in the order of the demand frame.
    """
    radius = delivery_radii(facilities)
    sending = radius.index[radius > 0]
    if sending.empty:
        return {}
    sites = facilities.frame.loc[sending]
    tree = shapely.STRtree(demand.frame.geometry.to_numpy())
    site, point = tree.query(sites.geometry.to_numpy(), predicate="dwithin", distance=radius[sending].to_numpy())
    areas: dict[str, NDArray[np.bool_]] = {}
    known = known_services(facilities.pack_services)
    sent = [_sent(offered, known) for offered in sites["services"]]
    for service in services:
        senders = np.array([service in offered for offered in sent], dtype=bool)
        if senders.any():
            areas[service] = np.zeros(len(demand), dtype=bool)
            areas[service][point[senders[site]]] = True
    return areas
