"""Colours by what they mean, for every output alike."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts

__all__ = ["colours", "css_colours", "steps"]


@cache
def _palette() -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType(read_facts("palette.toml"))


def colours(group: str) -> Mapping[str, str]:
    """The colours of a group of ``palette.toml`` by their names.

    Raises
    ------
    KeyError
        If there is no such group: a fault in the code, found by the tests.

    Examples
    --------
    >>> colours("verdict")["fail"]
    '#5e3c99'
    """
    return MappingProxyType(_palette()[group])


def steps(group: str) -> tuple[str, ...]:
    """The colours of a group that are an order: ``ramp`` from best to worst, ``kind`` by the names of kinds.

    Raises
    ------
    KeyError
        As for :func:`colours`.

    Examples
    --------
    >>> len(steps("ramp"))
    6
    """
    return tuple(_palette()[group]["steps"])


@cache
def css_colours() -> str:
    """Every named colour as a custom property of a style sheet, such as ``--verdict-fail``."""
    named = [
        f"--{group}-{name.replace('_', '-')}:{tone}"
        for group, entry in _palette().items()
        for name, tone in entry.items()
        if isinstance(tone, str)
    ]
    return f":root{{{';'.join(named)}}}"
