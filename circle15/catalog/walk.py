"""How people walk, on which ways, and what a network of streets is made of: ``walking.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts
from circle15.errors import SettingError
from circle15.model.walk_network import WalkProfile
from circle15.refusals import refusal

__all__ = ["WayClass", "profile", "profiles", "walking", "way_classes"]


@dataclass(frozen=True, kw_only=True)
class WayClass:
    """One class of way; see ``walking.toml``."""

    name: str
    walk: bool
    rank: int
    home: bool


@cache
def walking() -> Mapping[str, Any]:
    """``walking.toml`` as it stands."""
    return MappingProxyType(read_facts("walking.toml"))


@cache
def way_classes() -> tuple[WayClass, ...]:
    """Way classes; a network's ``way_class`` holds positions in this tuple."""
    return tuple(WayClass(**entry) for entry in walking()["way_class"])


@cache
def profiles() -> Mapping[str, WalkProfile]:
    """The walking profiles by name."""
    return MappingProxyType({name: WalkProfile(name=name, **rule) for name, rule in walking()["profile"].items()})


def profile(name: str | WalkProfile) -> WalkProfile:
    """Return a walking profile by its name; a profile of your own passes through.

    Raises
    ------
    SettingError
        If there is no profile of that name.

    Examples
    --------
    >>> profile("elderly").reach_m(15)  # 0.9 m/s x 900 s
    810.0
    """
    if isinstance(name, WalkProfile):
        return name
    known = profiles()
    if name not in known:
        raise refusal("profile_unknown", error=SettingError, name=name, known=", ".join(known))
    return known[name]
