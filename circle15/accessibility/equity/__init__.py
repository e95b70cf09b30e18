"""How evenly people aged 60 and over are served: indices, access by service, groups of communities."""

from circle15.accessibility.equity.groups import groups_of
from circle15.accessibility.equity.indices import concentration_index, gini, lorenz, p90_p10, palma
from circle15.accessibility.equity.spread import access, curve, equity

__all__ = ["access", "concentration_index", "curve", "equity", "gini", "groups_of", "lorenz", "p90_p10", "palma"]
