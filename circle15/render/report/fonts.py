"""A Chinese font among those that are installed, for figures and for the PDF."""

from __future__ import annotations

from collections.abc import Iterable

from circle15.errors import OutputError
from circle15.refusals import refusal

__all__ = ["SANS", "SERIF", "chart_font", "page_fonts"]

SANS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC", "Microsoft YaHei", "PingFang SC",
    "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "SimHei", "DengXian", "Noto Sans CJK JP",
)  # fmt: skip
SERIF = (
    "Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN", "Noto Serif SC", "SimSun", "Songti SC", "STSong",
    "AR PL UMing CN", "Noto Serif CJK JP",
)  # fmt: skip


def pick(installed: Iterable[str], *wishes: str) -> str:
    """The first of the wished families that is installed.

    Raises
    ------
    OutputError
        If none is; says what to install.

    Examples
    --------
    >>> pick(["DejaVu Sans", "SimHei", "SimSun"], *SANS)
    'SimHei'
    """
    present = {name.casefold(): name for name in installed}
    for wish in wishes:
        if wish.casefold() in present:
            return present[wish.casefold()]
    raise refusal("report_font", error=OutputError)


def chart_font() -> str:
    """The family that figures are lettered in.

    Raises
    ------
    OutputError
        If no Chinese font is installed.
    """
    from matplotlib import font_manager

    known = font_manager.fontManager
    try:
        return pick((entry.name for entry in known.ttflist), *SANS, *SERIF)
    except OutputError:  # matplotlib's own list may be older than the font
        listed = {entry.fname for entry in known.ttflist}
        for path in sorted(set(font_manager.findSystemFonts()) - listed):
            known.addfont(path)
    return pick((entry.name for entry in known.ttflist), *SANS, *SERIF)


def page_fonts() -> tuple[str, str]:
    """Families of the PDF: for text, and for headings and tables.

    Raises
    ------
    OutputError
        If no Chinese font is installed.
    """
    import typst

    families = typst.Fonts().families()
    return pick(families, *SERIF, *SANS), pick(families, *SANS, *SERIF)
