"""A scenario as one file of JSON, the same from a page, a notebook and the command line."""

from __future__ import annotations

import json
from pathlib import Path

from circle15.model.changes import stated
from circle15.model.scenario import SCENARIO_FORMAT, SavedScenario
from circle15.render.atomic import write_text

__all__ = ["scenario_file"]


def scenario_file(saved: SavedScenario, path: str | Path) -> Path:
    """Write a scenario, whole or not at all; :func:`circle15.sources.scenario_files.read_scenario` reads it back.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    scenario = saved.scenario
    record = {
        "format": SCENARIO_FORMAT,
        "city": saved.city,
        "inputs": saved.inputs,
        "name": scenario.name,
        "parent": scenario.parent,
        "settings": dict(saved.settings),
        "changes": [stated(change) for change in scenario.changes],
        "seen": {service: dict(people) for service, people in saved.seen.items()},
    }
    return write_text(path, json.dumps(record, ensure_ascii=False, allow_nan=False, indent=2) + "\n")
