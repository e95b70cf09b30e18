"""The one composition: load a city, analyse it, and let the result draw and save itself."""

from __future__ import annotations

from circle15.study.analysis import Result, analyse
from circle15.study.comparing import compare, compare_runs, compare_schemes
from circle15.study.loading import check_city, check_places, load_city
from circle15.study.siting import frontier, site
from circle15.study.study import STAGES, Study

__all__ = [
    "STAGES",
    "Result",
    "Study",
    "analyse",
    "check_city",
    "check_places",
    "compare",
    "compare_runs",
    "compare_schemes",
    "frontier",
    "load_city",
    "site",
]
