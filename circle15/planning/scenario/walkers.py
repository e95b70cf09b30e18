"""Changes of who walks: the settings of a city, and no place in it."""

from __future__ import annotations

from dataclasses import replace

from circle15.catalog import profile
from circle15.model.changes import SetProfile, SetSpeed
from circle15.model.results import City

__all__ = ["set_profile", "set_speed"]


def set_profile(city: City, change: SetProfile) -> City:
    """Another profile of the catalogue, at its own speed."""
    return replace(city, settings=replace(city.settings, profile=profile(change.profile).name, speed_mps=None))


def set_speed(city: City, change: SetSpeed) -> City:
    """Another speed on the flat; one that no walker has is refused by the profile."""
    replace(profile(city.settings.profile), speed_mps=float(change.speed_mps))
    return replace(city, settings=replace(city.settings, speed_mps=float(change.speed_mps)))
