"""What figures have in common: colours, letters, and files that are the same bytes for the same drawing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from circle15.catalog.palette import colours
from circle15.render.report.fonts import chart_font

__all__ = ["class_of", "figure_files", "lettering", "tint"]

_DPI = 200


def tint(name: str) -> str:
    """A colour of the house by its name, such as ``ink``."""
    return colours("house")[name]


def class_of(value: float, ends: tuple[float, ...], *, falling: bool = False) -> int:
    """Class of a value, 0 the best: the first whose upper end is not passed (falling: whose lower end is reached).

    Examples
    --------
    >>> class_of(15, (5, 15, 30)), class_of(0.3, (0.95, 0.8, 0.6), falling=True)
    (1, 3)
    """
    for place, end in enumerate(ends):
        if value >= end if falling else value <= end:
            return place
    return len(ends)


@contextmanager
def lettering() -> Iterator[None]:
    """Draw with a Chinese font; text is text and never a formula; a letter that no font has is no reason to stop."""
    import matplotlib as mpl

    style: Any = {
        "font.family": [chart_font(), "DejaVu Sans"],
        "font.size": 8.5,
        "text.parse_math": False,
        "text.color": tint("ink"),
        "axes.labelcolor": tint("ink"),
        "axes.edgecolor": tint("rule"),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.unicode_minus": False,
        "axes.linewidth": 0.8,
        "xtick.color": tint("quiet"),
        "ytick.color": tint("quiet"),
        "svg.fonttype": "path",
        "svg.hashsalt": "circle15",
        "path.simplify": True,
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def figure_files(figure: Any) -> dict[str, bytes]:
    """A figure as ``png`` and ``svg``: no date, no version, fixed ids."""
    files = {}
    for form, metadata in (("png", {"Software": None}), ("svg", {"Date": None, "Creator": None})):
        stream = BytesIO()
        figure.savefig(stream, format=form, dpi=_DPI, metadata=metadata)
        files[form] = stream.getvalue()
    return files
