"""The one place where files of the catalogue are read."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

__all__ = ["read_facts"]


def read_facts(name: str) -> dict[str, Any]:
    """A TOML file of the catalogue as it stands."""
    return tomllib.loads(files("circle15.catalog").joinpath(name).read_text(encoding="utf-8"))
