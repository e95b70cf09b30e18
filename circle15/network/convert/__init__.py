"""Walking networks from and to networkx (OSMnx) graphs and GeoDataFrames.

They apply the walking rules and bring the result into canonical order.
"""

from circle15.network.convert.frames import from_geopandas, to_geopandas
from circle15.network.convert.graphs import from_osmnx, to_osmnx

__all__ = ["from_geopandas", "from_osmnx", "to_geopandas", "to_osmnx"]
