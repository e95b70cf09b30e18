"""What the source documents state, clause by clause, and what is made of it: rules, a column, a reason, or context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts

__all__ = ["SourceDocument", "Statement", "source_documents"]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A norm or a number in the words of a document.

    Exactly one answer stands: ``rules`` that compute it; the ``column`` of the tables that carries what it speaks of;
    ``why_zh`` and ``why_en``, why nothing can compute it; or ``context``, a figure that asks nothing of a city.
    """

    place: str
    quote: str
    rules: tuple[str, ...] = ()
    column: str = ""
    why_zh: str = ""
    why_en: str = ""
    context: bool = False


@dataclass(frozen=True, kw_only=True)
class SourceDocument:
    """One of the five documents that norms were taken from; ``file`` is the number that its file begins with."""

    title_zh: str
    title_en: str
    file: str
    statements: tuple[Statement, ...]


@cache
def source_documents() -> Mapping[str, SourceDocument]:
    """The documents by key with their statements, as ``statements.toml`` has them."""
    read = read_facts("statements.toml")
    reasons = {key: {"why_zh": reason["zh"], "why_en": reason["en"]} for key, reason in read["why"].items()}
    documents: dict[str, SourceDocument] = {}
    for key, entry in read["document"].items():
        statements = tuple(
            Statement(**{name: value for name, value in statement.items() if name not in {"rules", "why"}},
                      rules=tuple(statement.get("rules", ())), **reasons.get(statement.get("why", ""), {}))
            for statement in entry["statements"]
        )  # fmt: skip
        documents[key] = SourceDocument(**entry | {"statements": statements})
    return MappingProxyType(documents)
