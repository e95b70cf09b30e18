"""The one door for refusals: a code and its values become an error in Chinese and English."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeGuard

from circle15.errors import Circle15Error, DataQualityWarning, PackError
from circle15.refusals.filling import filled

__all__ = ["advice", "hint", "in_both", "refusal", "refusal_words", "warn_of"]


@cache
def refusal_words() -> Mapping[str, Mapping[str, Any]]:
    """All codes with their words, from every TOML file beside this module.

    Raises
    ------
    KeyError
        If a code stands in two files: a fault in the code, found by the tests.
    """
    words: dict[str, Mapping[str, Any]] = {}
    for entry in sorted(files("circle15.refusals").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".toml"):
            read = tomllib.loads(entry.read_text(encoding="utf-8"))
            twice = words.keys() & read.keys()
            if twice:
                raise KeyError(f"{entry.name}: {sorted(twice)} stand in another file too")
            words |= read
    return MappingProxyType(words)


def _is_pair(value: object) -> TypeGuard[tuple[str, str]]:
    """Chinese and English; other tuples, such as cut-offs, are values like any other."""
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(words, str) for words in value)


def in_both(values: Mapping[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """Values as the Chinese and as the English message names them; a pair is the word of each.

    Examples
    --------
    >>> in_both({"count": 2, "what": ("设施", "facilities")})
    ({'count': 2, 'what': '设施'}, {'count': 2, 'what': 'facilities'})
    """
    zh, en = ({key: value[side] if _is_pair(value) else value for key, value in values.items()} for side in (0, 1))
    return zh, en


def hint(code: str, /, **values: object) -> tuple[str, str]:
    """The words of a code, in Chinese and in English; as a value they are a part of another message.

    Parameters
    ----------
    code
        Key of one of the TOML files. Where its entry names a ``remedy``, that code's words stand for ``{remedy}``.
    **values
        What the message names; a pair is the Chinese and the English word.

    Examples
    --------
    >>> hint("pack_meant", name="streets.osm")
    ('是不是“streets.osm”？', "did you mean 'streets.osm'?")
    """
    words = refusal_words()[code]
    if "remedy" in words:
        values["remedy"] = hint(words["remedy"], **values)
    zh, en = in_both(values)
    return filled(str(words["zh"]), zh), filled(str(words["en"]), en)


def refusal(code: str, /, *, error: type[Circle15Error] = PackError, **values: object) -> Circle15Error:
    """The error that refuses something: English as its text, Chinese beside it.

    Parameters
    ----------
    code
        As :func:`hint`.
    error
        Its class.
    **values
        As :func:`hint`; where there is a file, it is named first.

    Examples
    --------
    >>> broken = refusal("shp_part", file="town.shp", part="town.dbf")
    >>> str(broken).split(":")[0], broken.zh[9:15]
    ('town.shp', '缺少同名文件')
    """
    zh, en = hint(code, **values)
    return error(en, zh=zh)


def warn_of(code: str, /, *, stacklevel: int = 1, **values: object) -> None:
    """Warn whoever calls the library of faults in the input that do not stop the work, in both languages.

    Parameters
    ----------
    code
        As :func:`hint`.
    stacklevel
        1 is the caller of this function, as of :func:`warnings.warn`.
    **values
        As :func:`hint`.

    Warns
    -----
    DataQualityWarning
        English first.
    """
    zh, en = hint(code, **values)
    warnings.warn(f"{en}\n{zh}", DataQualityWarning, stacklevel=stacklevel + 1)


def advice(suffix: str) -> tuple[str, str]:
    """What to do with a file of a kind that is not read, in Chinese and in English; empty if there is nothing to say.

    Examples
    --------
    >>> advice(".zip")[1][:24], advice(".xyz")
    ('it is an archive: unpack', ('', ''))
    """
    for key, words in refusal_words().items():
        if key.startswith("advice_") and suffix in words["suffixes"]:
            return str(words["zh"]), str(words["en"])
    return "", ""
