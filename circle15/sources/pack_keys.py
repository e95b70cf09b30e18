"""What may stand in a ``city.toml``: its tables, their keys, and what each value must be."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from circle15.errors import PackError
from circle15.sources.osm_places import CONTEXT_LAYERS

__all__ = ["LAYERS", "check_config", "did_you_mean"]

LAYERS = (*CONTEXT_LAYERS, "moat")
"""Display layers that a pack may have."""

_TEXT, _DAY, _YES_NO, _NUMBER, _TABLE = (str,), (str, dt.date), (bool,), (int, float), (dict,)
_WHOLE = (int,)
_ABOUT = {
    **dict.fromkeys(("label_zh", "label_en", "attribution", "licence", "url"), _TEXT),
    "date": _DAY,
    "synthetic": _YES_NO,
}
_KEYS: Mapping[str, Mapping[str, Any]] = {
    "": {
        **dict.fromkeys(("name", "name_en", "crs", "review_number"), _TEXT),
        **dict.fromkeys(("settings", "network", "communities", "notes"), _TABLE),
        "norms": [_TEXT],
        "facilities": [_TABLE],
        "context": [_TABLE],
    },
    "settings": {"profile": _TEXT, "cutoffs_min": [_NUMBER], "max_snap_m": _NUMBER, "weights": _TABLE},
    "network": {**_ABOUT, "files": [_TEXT], "place": _TEXT, "synthetic": _TEXT},
    "facilities": {
        **_ABOUT, "file": _TEXT, "osm": _YES_NO, "datum": _TEXT, "service": _TEXT, "services": [_TEXT],
        "sheet": _TEXT, "header_row": _WHOLE, "columns": _TABLE, "layer": _TEXT, "encoding": _TEXT, "crs": _TEXT,
    },
    "communities": {
        **_ABOUT, "layer": _TEXT, "encoding": _TEXT, "crs": _TEXT,
        "file": _TEXT, "files": [_TEXT], "columns": _TABLE, "about": _TABLE, "estimated": _YES_NO,
        "people": _TABLE,
    },
    "communities.people": {
        "file": _TEXT, "sheet": _TEXT, "header_row": _WHOLE, "columns": _TABLE, "encoding": _TEXT,
    },
    "context": {
        **_ABOUT, "layer": _TEXT, "file": _TEXT, "osm": _YES_NO, "optional": _YES_NO, "file_layer": _TEXT,
        "encoding": _TEXT, "crs": _TEXT,
    },
}  # fmt: skip
_WORDS = {
    _TEXT: "text in quotes", _DAY: "a date or text in quotes", _YES_NO: "true or false", _NUMBER: "a number",
    _TABLE: "a table", _WHOLE: "a whole number",
}  # fmt: skip


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` where a known word is close, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


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
            raise PackError(f"{path}: {needed!r} is missing")
    for name in ("settings", "network", "communities"):
        _check_table(path, name, config.get(name, {}))
    for name in ("facilities", "context"):
        for entry in config.get(name, []):
            _check_table(path, name, entry)
            if not (entry.get("file") or entry.get("osm")):
                raise PackError(f'{path}: a [[{name}]] entry names no source; give file = "..." or osm = true')
    for entry in config.get("context", []):
        if entry.get("layer") not in LAYERS:
            raise PackError(f"{path}: [[context]] layer = {entry.get('layer')!r}; known are {', '.join(LAYERS)}")
    _check_communities(path, config["communities"])


def _check_communities(path: Path, entry: Mapping[str, Any]) -> None:
    if not (entry.get("file") or entry.get("files")):
        raise PackError(f'{path}: [communities] names no layer; give file = "communities.geojson"')
    if "people" in entry:
        _check_table(path, "communities.people", entry["people"])
        if not entry["people"].get("file"):
            raise PackError(f'{path}: [communities.people] names no table; give file = "people.xlsx"')


def _check_table(path: Path, name: str, table: Mapping[str, Any]) -> None:
    title = f"[{name}]" if name else "the top level"
    for key, value in table.items():
        if key not in _KEYS[name]:
            raise PackError(f"{path}: unknown key {key!r} in {title}{did_you_mean(key, _KEYS[name])}")
        kind = _KEYS[name][key]
        many = isinstance(kind, list)
        item = kind[0] if many else kind
        values = value if many and isinstance(value, list) else [value]
        if (many and not isinstance(value, list)) or not all(_is(one, item) for one in values):
            wanted = f"a list, each item {_WORDS[item]}" if many else _WORDS[item]
            hint = f" (write [[{name or key}]])" if item is _TABLE and many else ""
            raise PackError(f"{path}: {key} = {value!r} in {title}: give {wanted}{hint}")


def _is(value: object, kinds: tuple[type, ...]) -> bool:
    # bool is an int to Python, and no number to people.
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
