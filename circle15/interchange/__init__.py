"""Walking networks from and to networkx (OSMnx) graphs and GeoDataFrames.

:class:`~circle15.model.WalkNetwork` has these as methods; they stand here because they apply the walking
rules and bring the result into canonical order.
"""

from circle15.interchange.frames import from_geopandas, to_geopandas
from circle15.interchange.graphs import from_networkx, to_networkx

__all__ = ["from_geopandas", "from_networkx", "to_geopandas", "to_networkx"]
