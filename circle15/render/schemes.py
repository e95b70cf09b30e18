"""Schemes side by side: ``schemes.xlsx`` with one table by scheme and one by service, and one chart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from circle15.catalog import services
from circle15.model.runs import Schemes
from circle15.render.atomic import write_whole
from circle15.render.report.ink import figure_files, lettering
from circle15.render.report.schemes_chart import scheme_bars
from circle15.render.tables.book import Book
from circle15.render.tables.frames import rounded
from circle15.render.tables.style import table_sheet
from circle15.render.words import both

__all__ = ["save_schemes"]


def save_schemes(schemes: Schemes, folder: str | Path) -> Path:
    """Write ``schemes.xlsx``, ``schemes.png`` and ``schemes.svg`` into a folder, each whole or not at all.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    folder = Path(folder)
    book = Book()
    heading = str(both("schemes_heading"))
    table_sheet(book, None, "方案 Schemes", heading, _scheme_table(schemes))
    table_sheet(book, None, "服务 Services", heading, _service_table(schemes))
    contents = {"schemes.xlsx": book.to_bytes(heading)}
    titles = {key: pair for comparison in schemes.comparisons.values() for key, pair in comparison.titles.items()}
    with lettering():
        figure = scheme_bars(schemes, titles)
        if figure is not None:
            contents |= {f"schemes.{form}": content for form, content in figure_files(figure).items()}
    for name, content in contents.items():
        write_whole(folder / name, _writer(content))
    return folder


def _writer(content: bytes) -> Callable[[Path], object]:
    return lambda part: part.write_bytes(content)


def _scheme_table(schemes: Schemes) -> pd.DataFrame:
    names = {"uncovered": "person_services", "uncovered_change": "person_services_change"}
    table = schemes.schemes.rename(columns=names).reset_index()
    return rounded(table[["scheme", "parent", "changes", *names.values(), "turned_pass", "turned_fail"]])


def _service_table(schemes: Schemes) -> pd.DataFrame:
    table = schemes.frame.reset_index()
    known = {key: (service.title_zh, service.title_en) for key, service in services().items()}
    for comparison in schemes.comparisons.values():
        known = {**comparison.titles, **known}
    for side, language in enumerate(("zh", "en")):
        titles = {key: pair[side] for key, pair in known.items()}
        table[f"service_{language}"] = table["service"].map(titles).fillna(table["service"])
    return rounded(table[["scheme", "service_zh", "service_en", "share", "uncovered", "uncovered_change"]])
