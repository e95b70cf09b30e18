"""The one composition: load a city, analyse it, and let the result draw and save itself."""

from __future__ import annotations

from circle15.study.analysis import STAGES, Result, analyse
from circle15.study.comparing import compare_runs
from circle15.study.loading import check_city, check_places, load_city

__all__ = ["STAGES", "Result", "analyse", "check_city", "check_places", "compare_runs", "load_city"]
