"""Books of norms that a pack names: keys of the catalogue, or TOML files of its own."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from circle15.catalog import refusal
from circle15.catalog.norm_books import all_checklists, all_rules, norm_book, parse_book
from circle15.errors import NormError
from circle15.model.norms import NormBook
from circle15.model.provenance import FileRecord, Origin
from circle15.sources.pack.folder import Pack
from circle15.sources.reading import ReadingLog

__all__ = ["MOST_BOOK_BYTES", "pack_norms"]

MOST_BOOK_BYTES = 1_000_000
"""A hundred rules take about 40,000 bytes; what is far larger is no book."""


def pack_norms(pack: Pack, names: Sequence[str], log: ReadingLog) -> tuple[NormBook, ...]:
    """The books to judge by, in the order in which they are named.

    Parameters
    ----------
    pack
        Where files are looked for.
    names
        Keys of the catalogue's books, or file names ending in ``.toml``.
    log
        Takes a record of every file.

    Raises
    ------
    NormError
        If a book is not known, cannot be read, or does not go together with the others.
    PackError
        If a file is missing, too large or outside the pack.
    """
    books = tuple(_own(pack, name, log) if name.lower().endswith(".toml") else norm_book(name) for name in names)
    twice = [key for key, count in Counter(book.key for book in books).items() if count > 1]
    if twice:
        raise refusal("norms_twice", error=NormError, file="city.toml", name=twice[0])
    all_rules(books)
    all_checklists(books)
    return books


def _own(pack: Pack, name: str, log: ReadingLog) -> NormBook:
    path = pack.need(name)
    size = path.stat().st_size
    if size > MOST_BOOK_BYTES:
        raise refusal("norms_large", file=path.name, size=f"{size:,}", most=f"{MOST_BOOK_BYTES:,}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refusal("layer_missing", file=path.name, why=error.strerror) from error
    book = parse_book(content, file=path.name, pack_services=pack.config.pack_services)
    origin = Origin(
        label_zh=f"标准条文：{book.title_zh}", label_en=f"Norms: {book.title_en}", file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
    )  # fmt: skip
    rules = len(book.rules)
    log.files.append(FileRecord(file=path.name, role="norms", form=".toml", rows_read=rules, rows_used=rules))
    return replace(book, origin=origin)
