"""Limits that more than one room keeps."""

from __future__ import annotations

__all__ = ["FEWEST"]

FEWEST = 10
"""The smallest number of people that is told outside; one to nine are told as fewer than this."""
