"""What the page shows of facilities, as plain values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog import states, tiers
from circle15.catalog.kind import kinds, split_kinds
from circle15.model import Analysis

__all__ = ["plain", "short", "sites", "words"]

_SITE_TEXTS = ("name_en", "tier", "site_kind", "opening_hours", "address", "source", "source_date")
_WEB = re.compile(r"https?://[^\s<>\"'`{}|\\^]{1,500}", re.IGNORECASE)
"""Web addresses that are shown; whatever else stands in the column is not."""


def plain(value: Any, digits: int | None = None) -> Any:
    """A value that JSON knows: text, a finite number, or ``None``."""
    if value is None or value is pd.NA:  # a community that could not be judged has no rank
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    number = float(value)
    if not math.isfinite(number):
        return None
    return number if digits is None else round(number, digits)


def short(value: Any, digits: int = 0) -> Any:
    """A number for packed text: rounded, and whole where it is whole; ``None`` where there is none."""
    number = plain(value, digits)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def words(row: pd.Series, columns: Iterable[str]) -> dict[str, str]:
    """Cells of a row as text, ``""`` where there is nothing."""
    return {name: "" if pd.isna(row.get(name)) else str(row.get(name)) for name in columns}


def sites(analysis: Analysis, lonlat: NDArray[np.float64]) -> list[dict[str, Any]]:
    """What the page shows of every facility, in the order of the frame; ``lonlat`` ``float64[f, 2]`` in degrees."""
    frame = analysis.city.facilities.frame
    extra = [name for name in _SITE_TEXTS if name in frame]
    numbers = [name for name in ("capacity", "floor_area_m2", "delivery_radius_m") if name in frame]
    nothing = [None] * len(frame)
    states = analysis.hours["open"].reindex(frame.index) if "open" in analysis.hours else nothing
    syntax = analysis.hours["osm"].reindex(frame.index) if "osm" in analysis.hours else nothing
    return [
        {
            "id": str(key),
            "name": "" if pd.isna(row["name"]) else str(row["name"]),
            "services": list(row["services"]),
            "lon": round(float(lon), 6),
            "lat": round(float(lat), 6),
            "status": int(status),
            **words(row, extra),
            **{name: plain(pd.to_numeric(row[name], errors="coerce"), 1) for name in numbers},
            **({"opening_hours_osm": str(osm)} if osm and osm != row.get("opening_hours") else {}),
            **_optional(row, state, timed=analysis.settings.open_at is not None),
        }
        for (key, row), (lon, lat), status, state, osm in zip(
            frame.iterrows(), lonlat, analysis.facilities.positions.status, states, syntax, strict=True
        )
    ]


def _optional(row: pd.Series, state: Any, *, timed: bool) -> dict[str, Any]:
    """What only some facilities have: open at the moment, denied, a state, capacities, an address, a tier, kinds."""
    fields: dict[str, Any] = {"open": None if state is None or pd.isna(state) else bool(state)} if timed else {}
    if row.get("survey_answer") == "denied":
        fields["denied"] = True
    gone = states().get(str(row.get("state")))
    if gone is not None and not gone.serves and row.get("survey_answer") != "confirmed":
        fields |= {"state": gone.key, "state_zh": gone.title_zh, "state_en": gone.title_en}
    capacities, url = row.get("capacity_by_service"), row.get("source_url")
    tier = tiers().get(str(row.get("tier_key")))
    if tier is not None:
        fields |= {"tier_zh": tier.title_zh, "tier_en": tier.title_en}
    if named := [kinds()[key] for key in split_kinds(row.get("site_kind_key", ""))]:
        fields["site_kind_zh"] = "、".join(kind.title_zh for kind in named)
        fields["site_kind_en"] = ", ".join(kind.title_en for kind in named)
    if isinstance(capacities, Mapping):
        fields["capacity_by_service"] = {str(key): plain(value, 1) for key, value in capacities.items()}
    if isinstance(url, str) and _WEB.fullmatch(url):
        fields["source_url"] = url
    return fields
