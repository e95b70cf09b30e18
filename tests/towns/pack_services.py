"""Services that a pack adds, as tables of ``city.toml`` and as values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from circle15.catalog import Service
from circle15.catalog.service_faults import free_tones

PHARMACY: Mapping[str, Any] = {
    "key": "pharmacy", "title_zh": "药店", "title_en": "Pharmacy", "noun_en": "a pharmacy", "glyph": "药",
    "words": ["药店", "药房"], "osm": ["amenity=pharmacy"],
}  # fmt: skip
PARCELS: Mapping[str, Any] = {
    "key": "parcel_point", "title_zh": "快递点", "title_en": "Parcel point", "noun_en": "a parcel point", "glyph": "递",
    "tone": "#336633", "words": ["快递"], "osm": ["amenity=parcel_locker", "amenity=post_office"], "delivered": True,
}  # fmt: skip


def services_toml(*entries: Mapping[str, Any]) -> str:
    """``[[services]]`` tables as they stand in a file."""
    return "".join(
        "\n[[services]]\n"
        + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in entry.items())
        for entry in entries
    )


def service(**changes: Any) -> Service:
    """The pharmacy as a value, some of it otherwise."""
    entry = {"tone": "#332288"} | dict(PHARMACY) | changes
    return Service(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})


def eight() -> tuple[Service, ...]:
    """As many services as a pack may add, one with titles as long as may be and words that cannot be broken."""
    named = [
        ("childcare", "关爱之家", "Childcare", "托"), ("recovery_station", "康复驿站", "Recovery station", "康"),
        ("pharmacy", "药店", "Pharmacy", "药"), ("parcel_point", "快递点", "Parcel point", "递"),
        ("aed", "自动体外除颤器", "AED", "心"), ("toilet", "公共厕所", "Public toilet", "厕"),
        ("school", "小学", "Primary school", "学"),
        ("longest", "社区老年大学教学点与长者书画歌舞戏曲活动室及其附属无障碍设施和室外场地一并计入处",
         "Rehabilitation-and-telemedicine-counters", "长"),
    ]  # fmt: skip
    tones = free_tones([])
    return tuple(
        Service(key=key, title_zh=zh, title_en=en, noun_en=en.lower(), glyph=glyph, tone=next(tones))
        for key, zh, en, glyph in named
    )
