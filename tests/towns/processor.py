"""Processor time of the programs that a test starts: what they need, however busy the machine is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

HANGS_S = 900
"""A program that has not ended after so long waits for something that never comes."""


def processor_s() -> float:
    """Seconds that ended children have computed, and their children that they waited for; 0 on Windows."""
    used = os.times()
    return used.children_user + used.children_system


@contextmanager
def within_s(limit: float) -> Iterator[None]:
    """What ends within the block may compute so many seconds."""
    began = processor_s()
    yield
    assert processor_s() - began < limit
