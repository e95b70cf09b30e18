"""A scenario as one file of JSON, the same from a page, a notebook and the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from circle15.model.changes import Change
from circle15.model.scenario import SavedScenario
from circle15.render.atomic import write_text

__all__ = ["scenario_file"]

FORMAT = "circle15-scenario-1"


def scenario_file(saved: SavedScenario, path: str | Path) -> Path:
    """Write a scenario, whole or not at all; :func:`circle15.sources.scenario_files.read_scenario` reads it back.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    scenario = saved.scenario
    record = {
        "format": FORMAT,
        "city": saved.city,
        "inputs": saved.inputs,
        "name": scenario.name,
        "parent": scenario.parent,
        "settings": _plain(saved.settings),
        "changes": [_entry(change) for change in scenario.changes],
        "seen": _plain(saved.seen),
    }
    return write_text(path, json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def _entry(change: Change) -> dict[str, Any]:
    return {"kind": change.kind, **_plain(change)}


def _plain(value: Any) -> Any:
    """Values as JSON has them; what is not said is left out."""
    if is_dataclass(value) and not isinstance(value, type):
        cells = {field.name: getattr(value, field.name) for field in fields(value)}
        return {key: _plain(cell) for key, cell in cells.items() if cell is not None and cell not in ("", ())}
    if isinstance(value, Mapping):
        return {str(key): _plain(cell) for key, cell in value.items() if cell is not None}
    return [_plain(cell) for cell in value] if isinstance(value, tuple | list) else value
