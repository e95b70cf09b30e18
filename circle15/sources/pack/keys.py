"""What may stand in a ``city.toml``: its tables, their keys, and what each value must be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from circle15.catalog import refusal
from circle15.catalog.spelling import did_you_mean
from circle15.model.places import AGE_GROUP
from circle15.sources.osm.places import CONTEXT_LAYERS

__all__ = ["LAYERS", "check_config"]

LAYERS = (*CONTEXT_LAYERS, "moat")
"""Display layers that a pack may have."""

_TEXT, _DAY, _YES_NO, _NUMBER, _TABLE = (str,), (str, dt.date), (bool,), (int, float), (dict,)
_WHOLE = (int,)
_USES = ("spread", "count")
_ABOUT = {
    **dict.fromkeys(("label_zh", "label_en", "attribution", "licence", "url"), _TEXT),
    "date": _DAY,
    "synthetic": _YES_NO,
}
_LAYER = dict.fromkeys(("layer", "encoding", "crs"), _TEXT)
_KEYS: Mapping[str, Mapping[str, Any]] = {
    "": {
        **dict.fromkeys(("name", "name_en", "crs", "review_number"), _TEXT),
        **dict.fromkeys(("settings", "network", "communities", "population", "survey", "notes"), _TABLE),
        "norms": [_TEXT],
        "facilities": [_TABLE],
        "context": [_TABLE],
    },
    "settings": {
        "profile": _TEXT, "cutoffs_min": [_NUMBER], "max_snap_m": _NUMBER, "weights": _TABLE, "open_at": _TEXT,
        "draws": _WHOLE, "seed": _WHOLE,
    },
    "network": {**_ABOUT, "files": [_TEXT], "place": _TEXT, "synthetic": _TEXT},
    "facilities": {
        **_ABOUT, "file": _TEXT, "osm": _YES_NO, "datum": _TEXT, "service": _TEXT, "services": [_TEXT],
        "sheet": _TEXT, "header_row": _WHOLE, "columns": _TABLE, "merge": _YES_NO, **_LAYER,
    },
    "communities": {
        **_ABOUT, "file": _TEXT, "files": [_TEXT], "columns": _TABLE, "about": _TABLE, "estimated": _YES_NO,
        "people": _TABLE, "grow": _YES_NO, "grow_m": _NUMBER, "parts": _YES_NO, "parts_people": _TEXT,
        "people_basis": _TEXT, "datum": _TEXT, "sheet": _TEXT, "header_row": _WHOLE, **_LAYER,
    },
    "communities.people": {
        "file": _TEXT, "sheet": _TEXT, "header_row": _WHOLE, "columns": _TABLE, "encoding": _TEXT,
    },
    "population": {
        **_ABOUT, "file": _TEXT, "column": _TEXT, "band": _WHOLE, "nodata": _NUMBER, "use": _TEXT,
        "shares": _TABLE, "before_buildings": _YES_NO, "optional": _YES_NO, "estimated": _YES_NO, **_LAYER,
    },
    "survey": {**_ABOUT, "file": _TEXT, "files": [_TEXT], "encoding": _TEXT},
    "context": {
        **_ABOUT, "layer": _TEXT, "file": _TEXT, "osm": _YES_NO, "optional": _YES_NO, "file_layer": _TEXT,
        "encoding": _TEXT, "crs": _TEXT,
    },
}  # fmt: skip
_CHOICES = {"parts_people": ("sum", "once"), "people_basis": ("resident", "registered")}
_WORDS = {
    _TEXT: ("加英文引号的文字", "text in quotes"), _DAY: ("日期或加英文引号的文字", "a date or text in quotes"),
    _YES_NO: ("true 或 false", "true or false"), _NUMBER: ("数字", "a number"), _TABLE: ("表", "a table"),
    _WHOLE: ("整数", "a whole number"),
}  # fmt: skip


def check_config(path: Path, config: Mapping[str, Any]) -> None:
    """Refuse unknown keys, values of a wrong kind, and tables that lack what they need.

    Raises
    ------
    PackError
        Names the file, the table, the key and the value.
    """
    _check_table(path, "", config)
    for needed in ("name", "crs", "communities"):
        if needed not in config:
            raise refusal("key_missing", file=path, key=needed)
    for name in ("settings", "network", "communities"):
        _check_table(path, name, config.get(name, {}))
    for name in ("facilities", "context"):
        for entry in config.get(name, []):
            _check_table(path, name, entry)
            if not (entry.get("file") or entry.get("osm")):
                raise refusal("key_source", file=path, table=name)
    for entry in config.get("context", []):
        if entry.get("layer") not in LAYERS:
            raise refusal("key_layer", file=path, layer=entry.get("layer"), known=", ".join(LAYERS))
    _check_communities(path, config["communities"])
    _check_survey(path, config.get("survey"))
    if "population" in config:
        _check_population(path, config["population"])


def _check_survey(path: Path, entry: Mapping[str, Any] | None) -> None:
    if entry is None:
        return
    _check_table(path, "survey", entry)
    if not (entry.get("file") or entry.get("files")):
        raise refusal("key_file", file=path, table="survey", kind=("核查表", "table"), example="field-checks.csv")


def _check_communities(path: Path, entry: Mapping[str, Any]) -> None:
    if not (entry.get("file") or entry.get("files")):
        raise refusal(
            "key_file", file=path, table="communities", kind=("社区文件", "layer"), example="communities.geojson"
        )
    for key, known in _CHOICES.items():
        if entry.get(key, known[0]) not in known:
            raise refusal("key_choice", file=path, key=key, value=entry[key], known=", ".join(known))
    for key, needed in (("grow_m", "grow"), ("parts_people", "parts")):
        if key in entry and not entry.get(needed):
            raise refusal("key_alone", file=path, key=key, needed=needed)
    if "people" in entry:
        _check_table(path, "communities.people", entry["people"])
        if not entry["people"].get("file"):
            raise refusal(
                "key_file", file=path, table="communities.people", kind=("人口表", "table"), example="people.xlsx"
            )


def _check_population(path: Path, entry: Mapping[str, Any]) -> None:
    _check_table(path, "population", entry)
    if not entry.get("file"):
        raise refusal("key_file", file=path, table="population", kind=("人口格网", "grid"), example="population.tif")
    is_raster = entry["file"].lower().endswith((".tif", ".tiff"))
    for key in ("column", "layer") if is_raster else ("band",):
        if key in entry:
            fits = (
                ("栅格请用 band = 1", "band = 1 goes with a raster")
                if is_raster
                else ("面图层请用 column", "column goes with polygons")
            )
            raise refusal("key_grid", file=path, key=key, value=entry[key], grid=entry["file"], fits=fits)
    use = entry.get("use", "spread")
    if use not in _USES:
        raise refusal("key_use", file=path, use=use)
    shares = entry.get("shares", {})
    if shares and use != "count":
        raise refusal("key_shares", file=path)
    for group, share in shares.items():
        if not (AGE_GROUP.fullmatch(group) and _is(share, _NUMBER) and 0 <= share <= 1):
            raise refusal("key_share", file=path, group=group, share=share)


def _check_table(path: Path, name: str, table: Mapping[str, Any]) -> None:
    title = (f"[{name}]", f"[{name}]") if name else ("最上面", "the top level")
    for key, value in table.items():
        if key not in _KEYS[name]:
            raise refusal("key_unknown", file=path, key=key, table=title, hint=did_you_mean(key, _KEYS[name]))
        kind = _KEYS[name][key]
        many = isinstance(kind, list)
        item = kind[0] if many else kind
        values = value if many and isinstance(value, list) else [value]
        if (many and not isinstance(value, list)) or not all(_is(one, item) for one in values):
            zh, en = _WORDS[item]
            wanted = (f"列表，每一项是{zh}", f"a list, each item {en}") if many else (zh, en)
            tables = item is _TABLE and many
            hint = (f"（写作 [[{name or key}]]）", f" (write [[{name or key}]])") if tables else ""
            raise refusal("key_kind", file=path, key=key, value=value, table=title, wanted=wanted, hint=hint)


def _is(value: object, kinds: tuple[type, ...]) -> bool:
    # bool is an int to Python, and no number to people.
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
