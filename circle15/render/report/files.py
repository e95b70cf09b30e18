"""Reports that a planner hands over: ``report.docx``, ``report.pdf`` and the figures in them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from circle15.errors import OutputError
from circle15.refusals import refusal

if TYPE_CHECKING:
    from circle15.model import Analysis, Comparison
    from circle15.render.published.told import Published

__all__ = ["check_report_tools", "save_report"]

_LIBRARIES = {"matplotlib": "matplotlib", "docx": "python-docx", "typst": "typst"}


def check_report_tools() -> None:
    """Fail before the long work where a library or a Chinese font is missing.

    Raises
    ------
    OutputError
        Names what to install.
    """
    missing = [name for module, name in _LIBRARIES.items() if find_spec(module) is None]
    if missing:
        raise refusal("report_libraries", error=OutputError, missing=", ".join(missing))
    from circle15.render.report.fonts import chart_font, page_fonts

    chart_font()
    page_fonts()


def save_report(analysis: Analysis | Published, folder: str | Path, *, comparison: Comparison | None = None) -> Path:
    """Write ``report.docx``, ``report.pdf`` and ``figures/``; each file whole or not at all.

    Parameters
    ----------
    analysis
        What :func:`circle15.analyse` returned, or what of it may be told.
    folder
        Made when missing; other files in it are left alone.
    comparison
        With the city as it is, where the analysis is of a scenario.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If a library or a Chinese font is missing, or a file cannot be written.
    """
    check_report_tools()
    from circle15.render.atomic import write_whole
    from circle15.render.published.told import publish
    from circle15.render.report.content import report_of
    from circle15.render.report.facts import Facts
    from circle15.render.report.pdf_file import pdf_bytes
    from circle15.render.report.word_file import word_bytes

    folder = Path(folder)
    published = publish(analysis)
    figures = _figures(published)
    pictures = {stem: files["png"] for stem, files in figures.items()}
    report = report_of(Facts(published=published, figures=frozenset(figures), comparison=comparison))
    contents = {f"figures/{stem}.{form}": made for stem, files in figures.items() for form, made in files.items()}
    contents |= {"report.docx": word_bytes(report, pictures), "report.pdf": pdf_bytes(report, pictures)}
    for name, content in contents.items():
        write_whole(folder / name, _writer(content))
    return folder


def _writer(content: bytes) -> Callable[[Path], object]:
    return lambda part: part.write_bytes(content)


def _figures(published: Published) -> dict[str, dict[str, bytes]]:
    """Every figure that there is something to draw in, as PNG and SVG by its stem."""
    from circle15.render.report import charts, maps
    from circle15.render.report.ink import figure_files, lettering

    analysis = published.analysis
    drawings: dict[str, Callable[[], Any]] = {
        "gap_index": lambda: charts.gap_bars(analysis, published),
        "coverage_by_minutes": lambda: charts.coverage_curve(analysis, published),
        "lorenz": lambda: charts.lorenz_curve(analysis),
        "map_index": lambda: maps.index_map(analysis, published),
        "map_services": lambda: maps.service_maps(analysis, published),
        "map_robust": lambda: maps.robust_map(analysis, published),
        "map_causes": lambda: maps.cause_map(analysis, published),
        "map_actions": lambda: maps.action_map(analysis, published),
    }
    made = {}
    with lettering():
        for stem, draw in drawings.items():
            figure = draw()
            if figure is not None:
                made[stem] = figure_files(figure)
    return made
