"""Where an action is: its point or line, the facility or gate, the nearest streets that have names, the community."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from circle15.model.changes import AddFacility, Change, OpenGate
from circle15.model.results import City
from circle15.model.verdicts import Attribution
from circle15.model.walk_network import WalkNetwork
from circle15.planning.actions.candidates import AT_CROSSING
from circle15.planning.actions.listing import Entry
from circle15.planning.street_names import NamedStreets

__all__ = ["Place", "Whereabouts"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Place:
    """A place as people tell it; ``""`` where there is no such thing. ``to_street`` is at a link's other end."""

    target_id: str
    name: str
    name_en: str
    street: str
    to_street: str
    community_id: str
    shape: shapely.Geometry


@dataclass(frozen=True, kw_only=True, eq=False)
class Whereabouts:
    """What places are told by: streets that have names, communities, facilities, links."""

    city: City
    network: WalkNetwork
    attributed: Attribution
    streets: NamedStreets

    @classmethod
    def of(cls, city: City, network: WalkNetwork, attributed: Attribution) -> Whereabouts:
        """Of a city, on the streets that were walked."""
        return cls(city=city, network=network, attributed=attributed, streets=NamedStreets.of(network))

    def place(self, entry: Entry) -> Place:
        """Where an entry is."""
        target, names, shape = self._thing(entry.change, entry.target_id)
        ends = np.array([shapely.Point(end) for end in shapely.get_coordinates(shape)], dtype=object)
        streets = self.streets.near(ends)
        return Place(
            target_id=target,
            name=names[0],
            name_en=names[1],
            street=streets[0],
            to_street=streets[-1] if len(streets) > 1 else "",
            community_id=self._community(shapely.centroid(shape)),
            shape=shape,
        )

    def _thing(self, change: Change, target_id: str) -> tuple[str, tuple[str, str], shapely.Geometry]:
        """Id, names (the English one second) and shape of what is changed."""
        if isinstance(change, AddFacility):
            named = "" if change.facility_id.startswith(AT_CROSSING) else change.name
            return "", (named, ""), shapely.Point(change.at.metres or ())
        if target_id in self.attributed.links.index:
            return target_id, ("", ""), self.attributed.links.geometry[target_id]
        if isinstance(change, OpenGate):
            node = int(np.flatnonzero(self.network.node_id == int(target_id.partition(":")[2]))[0])
            return target_id, ("", ""), shapely.Point(self.network.x[node], self.network.y[node])
        row = self.city.facilities.frame.loc[getattr(change, "facility_id")]  # noqa: B009
        english = row["name_en"] if "name_en" in row and isinstance(row["name_en"], str) else ""
        return str(row.name), (str(row["name"]), english), row.geometry

    def _community(self, point: shapely.Geometry) -> str:
        frame = self.city.communities.frame
        inside = frame.index[frame.geometry.covers(point)]
        return str(min(inside)) if len(inside) else ""
