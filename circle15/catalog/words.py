"""What the project says to people: phrases and findings, Chinese first and English beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import without_numbers_of_persons
from circle15.model.provenance import Finding, Severity
from circle15.refusals import filled, in_both

__all__ = ["finding", "phrase", "reason", "text"]


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(read_facts("text.toml"))


def phrase(key: str, /) -> Mapping[str, str]:
    """One phrase of ``text.toml`` as it stands, by language; its ``{names}`` are not filled in.

    Raises
    ------
    KeyError
        As for :func:`text`.
    """
    return _phrases()[key]


def text(key: str, language: str, /, **values: object) -> str:
    """One phrase of ``text.toml`` in ``"zh"`` or ``"en"``, with its values filled in.

    Raises
    ------
    KeyError
        If the phrase does not exist: a fault in the code, found by the tests.
    """
    return filled(phrase(key)[language], values)


def reason(code: str, language: str, /) -> str:
    """Why rows of a file were left out, in a few words: ``reason_<code>`` of ``text.toml``, else the code itself.

    Parameters
    ----------
    code
        As in ``dropped`` of a :class:`~circle15.model.provenance.FileRecord`: a finding's code, or a short text.
    language
        ``"zh"`` or ``"en"``.

    Examples
    --------
    >>> reason("facility-id-twice", "en"), reason("highway=proposed", "en")
    ('id stands twice', 'highway=proposed')
    """
    key = "reason_" + code.replace("-", "_").replace(" ", "_")
    return text(key, language) if key in _phrases() else code


def finding(code: str, severity: Severity, /, *, examples: Iterable[object] = (), **values: Any) -> Finding:
    """A finding whose message and remedy stand in ``text.toml`` under ``finding_<code>``.

    Parameters
    ----------
    code, severity
        See :class:`~circle15.model.provenance.Finding`.
    examples
        Ids; the first five are kept.
    **values
        What the message names; ``count``, ``file``, ``row``, ``column`` and ``value`` become the finding's own.
        Of others a pair is the Chinese and the English word. Telephone and identity numbers in them are left out.
    """
    values = {
        field: without_numbers_of_persons(value) if isinstance(value, str) and field != "file" else value
        for field, value in values.items()
    }
    key = "finding_" + code.replace("-", "_")
    zh, en = in_both(values)
    fields = {field: values[field] for field in ("count", "file", "row", "column", "value") if field in values}
    return Finding(
        code=code,
        severity=severity,
        message_zh=text(key, "zh", **zh),
        message_en=text(key, "en", **en),
        remedy_zh=text(key, "remedy_zh", **zh),
        remedy_en=text(key, "remedy_en", **en),
        examples=tuple(without_numbers_of_persons(str(example)) for example in islice(examples, 5)),
        **fields,
    )
