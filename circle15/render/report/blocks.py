"""What a report is made of, whatever file it becomes: headings, paragraphs, tables, pictures, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

from circle15.catalog.facts import read_facts
from circle15.catalog.words import phrase
from circle15.model.limits import FEWEST
from circle15.refusals import filled
from circle15.render.words import Words, plain_text

__all__ = [
    "Block",
    "Bullets",
    "Field",
    "Heading",
    "NewPage",
    "Paragraph",
    "Picture",
    "Report",
    "Table",
    "Words",
    "clean",
    "field",
    "listed",
    "say",
]

Align = Literal["left", "right", "center"]
Look = Literal["body", "lead", "note", "warning"]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A heading of level 1 to 3, with its number (``""`` without)."""

    level: int
    words: Words
    number: str = ""


@dataclass(frozen=True, kw_only=True)
class Paragraph:
    """A paragraph: Chinese, and English beneath it in small type (``""``: the Chinese alone)."""

    words: Words
    look: Look = "body"


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list."""

    items: tuple[Words, ...]


@dataclass(frozen=True, kw_only=True)
class Field:
    """A column of a table: its head in both languages, its share of the width, how it is set."""

    words: Words
    width: float
    align: Align = "left"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table with a caption above it; without a head (empty words) the first column is set in bold.

    A short one is kept on one page unless it ``splits``.
    """

    words: Words
    fields: tuple[Field, ...]
    rows: tuple[tuple[str, ...], ...]
    note: Words | None = None
    number: int = 0
    splits: bool = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure of the folder ``figures`` by its stem, with a caption below it."""

    stem: str
    words: Words
    number: int = 0
    width: float = 1.0


@dataclass(frozen=True, kw_only=True)
class NewPage:
    """The next block begins a page."""


Block = Heading | Paragraph | Bullets | Table | Picture | NewPage


@dataclass(frozen=True, kw_only=True)
class Report:
    """A whole report: what its cover says, its verdict first, and its blocks; ``mark`` stands on every page."""

    title: Words
    subtitle: Words
    verdict: tuple[Words, ...]
    cover: tuple[tuple[Words, str], ...]
    banner: Words | None
    mark: Words | None
    terms: Words
    blocks: tuple[Block, ...]


_PRIVACY = {"fewest": FEWEST, "most_hidden": FEWEST - 1}
"""The privacy rule, as phrases may name it."""


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(read_facts("report.toml"))


def say(key: str, /, **values: object) -> Words:
    """A phrase of ``report.toml`` in both languages; of a pair the Chinese and the English word is filled in.

    What ``report.toml`` lacks is a phrase of ``text.toml``, which other outputs say too.

    Examples
    --------
    >>> str(say("summary"))
    '摘要 Summary'
    """
    zh, en = (
        {name: value[place] if isinstance(value, tuple) else value for name, value in values.items()}
        for place in (0, 1)
    )
    entry = _phrases().get(key) or phrase(key)
    return Words(zh=filled(entry["zh"], {**_PRIVACY, **zh}), en=filled(entry["en"], {**_PRIVACY, **en}))


def field(key: str, width: float, align: Align = "left") -> Field:
    """A column of a table headed by a phrase of ``report.toml``."""
    return Field(words=say(key), width=width, align=align)


def clean(value: object) -> str:
    r"""Text from outside, as a document may hold it: one line, no control characters.

    Examples
    --------
    >>> clean("a\n b\x00")
    'a b�'
    """
    return " ".join(plain_text(str(value)).split())


def listed(words: Sequence[Words]) -> Words:
    """Words one after the other: 、 between the Chinese, commas between the English."""
    return Words(zh="、".join(word.zh for word in words), en=", ".join(word.en for word in words))
