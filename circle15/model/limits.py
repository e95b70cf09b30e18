"""Limits that more than one room keeps."""

from __future__ import annotations

__all__ = ["FEWEST", "SCALE_REFUSED", "SCALE_TOLD"]

FEWEST = 10
"""The smallest number of people that is told outside; one to nine are told as fewer than this."""

SCALE_TOLD = 0.003
"""Scale error of a reference system from which on it is told.

National grids keep lengths within 0.1 % (UTM: 0.9996 on the meridian, 1.0010 at the edge of a zone); beyond three times
that a place lies in another zone. A walk of 15 minutes at 0.9 m/s, 810 m, is then wrong by 2.4 m.
"""
SCALE_REFUSED = 0.01
"""Scale error from which on nothing is computed: 8 m in 810, as much as the leg from many a door to its street."""
