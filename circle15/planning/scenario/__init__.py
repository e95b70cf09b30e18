"""Scenarios: what a planner would change, laid over a city."""

from __future__ import annotations

from circle15.planning.scenario.application import apply

__all__ = ["apply"]
