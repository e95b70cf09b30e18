"""A new city pack: a commented ``city.toml`` and empty lists with Chinese headers and a note per column."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from circle15.catalog import services, text
from circle15.catalog.palette import colours
from circle15.errors import OutputError
from circle15.refusals import refusal
from circle15.render.atomic import write_text, write_whole
from circle15.render.tables.book import Book
from circle15.render.words import both

__all__ = ["write_new_pack"]

_FONT = {"font_name": "Microsoft YaHei", "font_size": 10}
_EMPTY_ROWS = 200
_NOTE_WIDTHS = (12, 52, 46, 26)


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
    book = Book()
    listed = book.sheet(text("sheet_facilities", "zh"))
    head = listed.look(**_FONT, bold=True, bg_color=colours("house")["head"])
    typed = listed.look(num_format="@")  # text: 120.10 keeps its zero, a date stays a date
    for place, column in enumerate(columns):
        listed.text(0, place, column["header"], head)
        listed.width(place, max(12, 2 * len(column["example"]) + 2))
        for row in range(1, _EMPTY_ROWS + 1):
            listed.text(row, place, "", typed)
    listed.grid.freeze_panes(1, 0)
    notes = book.sheet(text("pack_notes", "zh"))
    fill = both("pack_fill")
    words = (text("pack_column", "zh"), fill.zh, fill.en, text("pack_example", "zh"))
    for place, (word, width) in enumerate(zip(words, _NOTE_WIDTHS, strict=True)):
        notes.text(0, place, word, head)
        notes.width(place, width)
    wrapped = notes.look(**_FONT, text_wrap=True, valign="top")
    for row, column in enumerate(columns, start=1):
        for place, key in enumerate(("header", "zh", "en", "example")):
            notes.text(row, place, column[key], wrapped)
    return book.to_bytes("facilities")
