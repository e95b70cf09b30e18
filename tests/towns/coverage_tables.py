"""Tables of coverage written out by hand, with the communities that they are about."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from circle15.catalog import services
from circle15.model import Communities, Coverage, Origin
from tests.towns.lattice import CRS

KEYS = tuple(services())[:3]


def communities(elders: dict[str, float], **columns: object) -> Communities:
    frame = gpd.GeoDataFrame(
        {
            "name": [f"{key}社区" for key in elders],
            "name_en": [f"{key.upper()}" for key in elders],
            "population": [5 * v for v in elders.values()],
            "pop_60plus": list(elders.values()),
            **columns,
        },
        geometry=[shapely.box(k, 0, k + 1, 1) for k in range(len(elders))],
        crs=CRS,
        index=pd.Index(list(elders), name="community_id"),
    )
    return Communities(frame=frame, origin=Origin(label_zh="", label_en=""))


def coverage_table(shares: dict[str, tuple[float, ...]], elders: dict[str, float]) -> Coverage:
    rows = []
    for community, row in shares.items():
        for service, share in zip(KEYS, row, strict=False):
            count = elders[community]
            rows.append(
                {
                    "community_id": community, "service": service, "cutoff_min": 15.0, "choices": 1.0,
                    "pop_60plus": count, "pop_60plus_share": share if count else np.nan,
                    "population_share": share if not count else share / 2,  # others fare worse than elders
                    "pop_60plus_uncovered": 0.0 if np.isnan(share) else count * (1 - share),
                    "pop_60plus_unplaced": count if np.isnan(share) else 0.0,
                    "pop_60plus_undetermined": 0.0,
                }
            )  # fmt: skip
    frame = pd.DataFrame(rows).set_index(["community_id", "service", "cutoff_min"]).sort_index()
    near = frame.reset_index("cutoff_min", drop=True)[[]].assign(mean_min=7.4, p90_min=12.0, unreachable=0.0)
    used = tuple(dict.fromkeys(frame.index.get_level_values("service")))
    order = tuple(key for key in services() if key in used)
    return Coverage(
        frame=frame, nearest=near, services=order, undetermined=tuple(k for k in services() if k not in used)
    )
