"""``run.json``: what went in and what was assumed, the same bytes for the same inputs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, is_dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from circle15.model import Analysis
from circle15.render.atomic import write_text

__all__ = ["record_text", "run_json"]


def run_json(analysis: Analysis, path: str | Path) -> Path:
    """Write ``analysis.record`` with the findings as ``run.json``.

    No wall-clock time and no folder of this machine goes in: two runs over the same inputs give
    the same bytes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    record: dict[str, Any] = dict(analysis.record)
    record.setdefault("findings", [asdict(finding) for finding in analysis.findings])
    record.setdefault("sources", [asdict(origin) for origin in analysis.city.origins])
    record.setdefault("synthetic", analysis.city.synthetic)
    return write_text(path, record_text(record))


def record_text(record: Mapping[str, Any]) -> str:
    """JSON with sorted keys; numbers that JSON lacks become null, paths keep their last part only.

    Examples
    --------
    >>> print(record_text({"b": float("nan"), "a": Path("/home/li/streets.osm.pbf")}), end="")
    {
      "a": "streets.osm.pbf",
      "b": null
    }
    """
    return json.dumps(_plain(record), ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True) + "\n"


def _plain(value: Any) -> Any:
    """Turn arrays, paths, sets, dataclasses and numpy scalars into what JSON knows."""
    plain: Any
    match value:
        case np.generic() | np.ndarray():
            plain = _plain(value.tolist())
        case float():
            plain = value if math.isfinite(value) else None
        case None | str() | int():
            plain = value
        case PurePath():
            plain = value.name
        case Mapping():
            plain = {str(key): _plain(entry) for key, entry in value.items()}
        case AbstractSet():
            plain = sorted((_plain(entry) for entry in value), key=str)
        case Sequence():
            plain = [_plain(entry) for entry in value]
        case _ if is_dataclass(value) and not isinstance(value, type):
            plain = _plain(asdict(value))
        case _:
            raise TypeError(f"run record: {type(value).__name__} has no place in JSON")
    return plain
