"""What the project says to people: phrases, findings and refusals, Chinese first and English beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from types import MappingProxyType
from typing import Any

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import without_numbers_of_persons
from circle15.errors import InputError, PackError
from circle15.model.provenance import Finding, Severity

__all__ = ["advice", "finding", "hint", "reason", "refusal", "text"]


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(read_facts("text.toml"))


def text(key: str, language: str, /, **values: object) -> str:
    """One phrase of ``text.toml`` in ``"zh"`` or ``"en"``, with its values filled in.

    Raises
    ------
    KeyError
        If the phrase does not exist: a fault in the code, found by the tests.
    """
    return _phrases()[key][language].format(**values)


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


def _in_both(values: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Values as the Chinese and as the English message names them; a pair is the word of each."""
    zh, en = (
        {key: value[place] if isinstance(value, tuple) else value for key, value in values.items()} for place in (0, 1)
    )
    return zh, en


@cache
def _refusals() -> Mapping[str, Mapping[str, Any]]:
    return MappingProxyType(read_facts("refusals.toml"))


def refusal(code: str, /, *, error: type[InputError] = PackError, **values: object) -> InputError:
    """The error that refuses an input, its words from ``refusals.toml``: English as text, Chinese beside it.

    Parameters
    ----------
    code
        Key of ``refusals.toml``.
    error
        Its class.
    **values
        What the message names: the file first of all; a pair is the Chinese and the English word.

    Examples
    --------
    >>> told = refusal("shp_part", file="town.shp", part="town.dbf")
    >>> str(told).split(":")[0], told.zh[9:15]
    ('town.shp', '缺少同名文件')
    """
    words = _refusals()[code]
    zh, en = _in_both(values)
    return error(words["en"].format(**en), zh=words["zh"].format(**zh))


def advice(suffix: str) -> tuple[str, str]:
    """What to do with a file of a kind that is not read, in Chinese and in English; empty if there is nothing to say.

    Examples
    --------
    >>> advice(".zip")[1][:24], advice(".xyz")
    ('it is an archive: unpack', ('', ''))
    """
    for key, words in _refusals().items():
        if key.startswith("advice_") and suffix in words["suffixes"]:
            return str(words["zh"]), str(words["en"])
    return "", ""


def hint(code: str, /, **values: object) -> tuple[str, str]:
    """A part of a refusal, in Chinese and in English."""
    words = _refusals()[code]
    return str(words["zh"]).format(**values), str(words["en"]).format(**values)


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
    zh, en = _in_both(values)
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
