"""How columns of tables are headed, formatted and explained, and how many digits they have."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import pandas as pd

__all__ = ["Column", "columns", "rounded"]

_DECIMALS = {"share": 4, "share_low": 4, "share_high": 4, "required": 4, "weight": 6, "lon": 6, "lat": 6}


@dataclass(frozen=True, kw_only=True)
class Column:
    """How one column is headed, formatted and explained; see ``columns.toml``."""

    zh: str
    en: str
    unit_zh: str = ""
    unit_en: str = ""
    format: str = "General"
    width: int = 12
    note_zh: str = ""
    note_en: str = ""

    @property
    def header(self) -> str:
        """Chinese over English, each with its unit."""
        zh = f"{self.zh}（{self.unit_zh}）" if self.unit_zh else self.zh
        en = f"{self.en} ({self.unit_en})" if self.unit_en else self.en
        return f"{zh}\n{en}"


@cache
def columns() -> Mapping[str, Column]:
    """All columns by their key."""
    raw = tomllib.loads(files("circle15.render.tables").joinpath("columns.toml").read_text(encoding="utf-8"))
    return MappingProxyType({key: Column(**entry) for key, entry in raw.items()})


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """People to thousandths and minutes to hundredths: finer digits would only pretend."""
    decimals = {}
    for column in table.columns[[kind.kind == "f" for kind in table.dtypes]]:
        suffix = str(column).rpartition("_")[2]
        decimals[column] = _DECIMALS.get(str(column), _DECIMALS.get(suffix, 2 if suffix == "min" else 3))
    return table.round(decimals)
