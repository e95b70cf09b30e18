"""A new city pack: a commented ``city.toml`` and empty lists with Chinese headers and a note per column."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

from circle15.catalog import services
from circle15.errors import OutputError
from circle15.refusals import refusal
from circle15.render.atomic import write_text, write_whole

__all__ = ["write_new_pack"]

_FONT, _HEAD = "Microsoft YaHei", PatternFill("solid", fgColor="F1EADD")
_EMPTY_ROWS = 200


def write_new_pack(folder: Path, *, title: str = "", crs: str = "EPSG:4549") -> Path:
    """Write the templates of a city pack into a folder that does not exist yet.

    ``city.toml``, ``facilities.xlsx`` (headers, and a sheet of notes) and ``facilities.csv`` (headers alone).

    Parameters
    ----------
    folder
        ``<data>/<city>``; its name is the city's key.
    title
        Name of the city on the map; the key when empty.
    crs
        Metric reference system.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If the folder is there already, or cannot be written.
    """
    if folder.exists():
        raise refusal("folder_taken", error=OutputError, folder=folder)
    template = tomllib.loads(files("circle15.render").joinpath("pack_template.toml").read_text(encoding="utf-8"))
    known = ", ".join(f"{key} {service.title_zh}" for key, service in services().items())
    config = template["city_toml"]["text"].format(
        key=folder.name,
        title=_quoted(title or folder.name),
        title_en=folder.name.replace("_", " ").replace("-", " ").title(),
        crs=crs,
        services=known,
    )
    write_text(folder / "city.toml", config.lstrip("\n"))
    headers = ",".join(column["header"] for column in template["column"])
    write_text(folder / "facilities.csv", headers + "\n", encoding="utf-8-sig")
    write_whole(folder / "facilities.xlsx", lambda part: part.write_bytes(_sheets(template["column"])))
    return folder


def _quoted(title: str) -> str:
    """A name as it may stand between quotes in TOML."""
    return "".join(letter for letter in title if letter >= " " and letter not in '"\\')


def _sheets(columns: list[dict[str, Any]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    listed = book.create_sheet("设施")
    notes = book.create_sheet("说明")
    for place, column in enumerate(columns, start=1):
        _head(listed.cell(1, place), column["header"])
        listed.column_dimensions[listed.cell(1, place).column_letter].width = max(12, 2 * len(column["example"]) + 2)
        for row in range(2, _EMPTY_ROWS + 2):
            listed.cell(row, place).number_format = "@"  # text: 120.10 keeps its zero, a date stays a date
    listed.freeze_panes = "A2"
    for place, word in enumerate(("这一列", "怎么填", "How to fill it in", "例如"), start=1):
        _head(notes.cell(1, place), word)
    for row, column in enumerate(columns, start=2):
        for place, key in enumerate(("header", "zh", "en", "example"), start=1):
            cell = notes.cell(row, place, column[key])
            cell.font, cell.alignment = Font(name=_FONT, size=10), Alignment(wrap_text=True, vertical="top")
    for letter, width in (("A", 12), ("B", 52), ("C", 46), ("D", 26)):
        notes.column_dimensions[letter].width = width
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def _head(cell: Any, word: str) -> None:
    cell.value, cell.font, cell.fill = word, Font(name=_FONT, size=10, bold=True), _HEAD
