"""Two folders of results -> what changed between them."""

from __future__ import annotations

from pathlib import Path

from circle15.model.runs import Comparison
from circle15.sources.saved_runs import read_run
from circle15.study.comparison import compare

__all__ = ["compare_runs"]


def compare_runs(before: str | Path, after: str | Path) -> Comparison:
    """What changed between two saved runs: years, schemes, settings.

    Parameters
    ----------
    before, after
        Folders that :func:`circle15.render.folder.save` wrote.

    Returns
    -------
    Comparison
        Settings that differ, inputs that changed, people covered and uncovered, ranks, verdicts.

    Raises
    ------
    InputError
        If a folder holds no finished run, or one of another version.
    """
    return compare(read_run(before), read_run(after))
