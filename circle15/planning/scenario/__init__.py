"""Scenarios: what a planner would change, laid over a city."""

from __future__ import annotations

from circle15.planning.scenario.application import STREET_CHANGES, apply

__all__ = ["STREET_CHANGES", "apply"]
