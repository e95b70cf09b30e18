"""What tests ask of findings and readings."""

from __future__ import annotations

from typing import Any


def finding_of(findings: Any, code: str) -> Any:
    """The one finding of that code."""
    (found,) = [one for one in findings if one.code == code]
    return found


def unpacked(reading):
    """A reading's frame and findings; that its records add up is the record's own law."""
    return reading.frame, list(reading.findings)
