"""Indices of access by floating catchments, and how worth falls with the walk: ``floating.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts

__all__ = ["Decay", "FloatingForm", "floating_forms"]


@dataclass(frozen=True, kw_only=True)
class Decay:
    """How worth falls with the walk, with its ``source``.

    ``kind``: ``zones``, with ``borders`` as shares of the circle and their ``weights``, or ``gaussian``.
    """

    kind: str
    source: str
    borders: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FloatingForm:
    """One index: its titles, its ``steps`` (``two``, ``squared``, ``three``, ``three_wide``) and its decay."""

    key: str
    title_zh: str
    title_en: str
    steps: str
    decay: Decay


@cache
def floating_forms() -> Mapping[str, FloatingForm]:
    """All indices by key, read once."""
    facts = read_facts("floating.toml")
    decays = {
        key: Decay(**entry | {name: tuple(entry.get(name, ())) for name in ("borders", "weights")})
        for key, entry in facts["decay"].items()
    }
    forms = {
        key: FloatingForm(key=key, **entry | {"decay": decays[entry["decay"]]}) for key, entry in facts["form"].items()
    }
    return MappingProxyType(forms)
