"""Facts, not code: services, walking rules, headers of tables and the words the project says to people.

Every function reads its TOML file once and returns read-only values.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from types import MappingProxyType
from typing import Any, Literal

from circle15.errors import InputError, PackError, SettingError
from circle15.model.provenance import Finding, Severity
from circle15.model.walk_network import WalkProfile

__all__ = [
    "PersonalColumns",
    "SamePlaceRule",
    "Service",
    "Tier",
    "WayClass",
    "advice",
    "column_synonyms",
    "column_title",
    "finding",
    "fold_header",
    "hint",
    "name_rules",
    "numeric_columns",
    "opening_words",
    "personal_columns",
    "profile",
    "profiles",
    "reason",
    "refusal",
    "same_place_names",
    "same_place_rule",
    "services",
    "text",
    "tier_key",
    "tiers",
    "walking",
    "way_classes",
    "without_numbers_of_persons",
]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the circle; see ``services.toml`` for the meaning of its fields."""

    key: str
    title_zh: str
    title_en: str
    noun_en: str
    domain: str
    glyph: str
    tone: str
    words: tuple[str, ...]
    osm: tuple[str, ...]
    delivered: bool = False


@dataclass(frozen=True, kw_only=True)
class WayClass:
    """One class of way; see ``walking.toml``."""

    name: str
    walk: bool
    rank: int
    home: bool


@dataclass(frozen=True, kw_only=True)
class PersonalColumns:
    """How columns about persons are told: by a folded header (search), else by their cells (full match).

    ``shown`` (search) is what a message does not repeat when it is not known whether a cell is a header.
    """

    headers: re.Pattern[str]
    cells: re.Pattern[str]
    shown: re.Pattern[str]


@dataclass(frozen=True, kw_only=True)
class Tier:
    """How large an area a facility serves; see ``tiers.toml``."""

    key: str
    title_zh: str
    title_en: str
    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SamePlaceRule:
    """When rows of two facility lists are one place, in metres; see ``same_place.toml`` for its fields."""

    within_m: float
    alike_m: float
    nameless_m: float
    beside_m: float
    far_m: float
    double_m: float
    likeness: float
    own: tuple[str, ...]
    compared: tuple[str, ...]


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))


@cache
def services() -> Mapping[str, Service]:
    """All services, in the order in which they are shown."""
    return MappingProxyType(
        {
            key: Service(key=key, **entry | {"words": tuple(entry["words"]), "osm": tuple(entry["osm"])})
            for key, entry in _read("services.toml").items()
        }
    )


@cache
def walking() -> Mapping[str, Any]:
    """``walking.toml`` as it stands."""
    return MappingProxyType(_read("walking.toml"))


@cache
def way_classes() -> tuple[WayClass, ...]:
    """Way classes; a network's ``way_class`` holds positions in this tuple."""
    return tuple(WayClass(**entry) for entry in walking()["way_class"])


@cache
def profiles() -> Mapping[str, WalkProfile]:
    """The walking profiles by name."""
    return MappingProxyType({name: WalkProfile(name=name, **rule) for name, rule in walking()["profile"].items()})


def profile(name: str | WalkProfile) -> WalkProfile:
    """Return a walking profile by its name; a profile of your own passes through.

    Raises
    ------
    SettingError
        If there is no profile of that name.

    Examples
    --------
    >>> profile("elderly").reach_m(15)  # 0.9 m/s x 900 s
    810.0
    """
    if isinstance(name, WalkProfile):
        return name
    known = profiles()
    if name not in known:
        raise SettingError(f"no walking profile {name!r}; choose one of {', '.join(known)}")
    return known[name]


@cache
def name_rules() -> Mapping[str, Any]:
    """``names.toml`` as it stands: how names of communities are told apart."""
    return MappingProxyType(_read("names.toml"))


@cache
def opening_words() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """``opening.toml``: words in which people write opening hours, by table and meaning."""
    return MappingProxyType(
        {
            name: MappingProxyType({meaning: tuple(words) for meaning, words in table.items()})
            for name, table in _read("opening.toml").items()
        }
    )


@cache
def tiers() -> Mapping[str, Tier]:
    """Tiers of facilities by their key, from the largest area served to the smallest."""
    return MappingProxyType(
        {key: Tier(key=key, **entry | {"words": tuple(entry["words"])}) for key, entry in _read("tiers.toml").items()}
    )


@cache
def _tier_words() -> Mapping[str, str]:
    named = {
        fold_header(word): tier.key for tier in tiers().values() for word in (tier.key, tier.title_en, *tier.words)
    }
    return MappingProxyType(named)


def tier_key(word: str) -> str:
    """The key of a tier in a list's own word, ``""`` where the word is not known.

    Examples
    --------
    >>> tier_key("街道级"), tier_key("社区"), tier_key("三星级")
    ('subdistrict', 'community', '')
    """
    return _tier_words().get(fold_header(word), "")


@cache
def _same_place() -> Mapping[str, Any]:
    return MappingProxyType(_read("same_place.toml"))


@cache
def same_place_rule() -> SamePlaceRule:
    """The distances, the likeness of names and the columns by which facilities of several lists are merged."""
    rule = _same_place()["rule"]
    return SamePlaceRule(**rule | {"own": tuple(rule["own"]), "compared": tuple(rule["compared"])})


@cache
def same_place_names() -> Mapping[str, Any]:
    """How names of facilities are read: ``[names]`` of ``same_place.toml`` as it stands."""
    return MappingProxyType(_same_place()["names"])


@cache
def _columns() -> Mapping[str, Any]:
    return MappingProxyType(_read("columns.toml"))


@cache
def _units() -> frozenset[str]:
    return frozenset(_columns()["units"]["words"])


def fold_header(header: str) -> str:
    r"""A header as it is compared: NFKC, small letters, without spaces, ``_ - : *`` and units in brackets.

    Examples
    --------
    >>> fold_header("建筑面积\n（㎡）"), fold_header(" Floor_Area "), fold_header("人口（60岁以上）")
    ('建筑面积', 'floorarea', '人口(60岁以上)')
    """
    plain = re.sub(r"[\s_:*\-\u200b-\u200f\ufeff]+", "", unicodedata.normalize("NFKC", header).casefold())
    plain = plain.replace("【", "[").replace("】", "]")
    bare = re.sub(r"[(\[]([^()\[\]]*)[)\]]", lambda found: "" if found[1] in _units() else found[0], plain)
    return bare or plain


@cache
def column_synonyms(kind: Literal["facilities", "communities"] = "facilities") -> Mapping[str, str]:
    """Folded header -> our column, from ``columns.toml``; our own names are among them.

    Parameters
    ----------
    kind
        What a row of the table is: 社区 is where a facility stands, and the name of a community.
    """
    named = {fold_header(ours): ours for ours in _columns()["column"]}
    for ours, entry in _columns()["column"].items():
        named |= {fold_header(header): ours for header in entry["headers"]}
    if kind == "communities":
        for ours, entry in _columns()["column"].items():
            named |= {fold_header(header): ours for header in entry.get("communities", ())}
    return MappingProxyType(named)


def column_title(ours: str) -> str:
    """What one of our columns is called in Chinese: the first of its headers in ``columns.toml``, else its own name.

    Examples
    --------
    >>> column_title("lon"), column_title("pop_60plus"), column_title("list_file")
    ('经度', '60岁以上', 'list_file')
    """
    headers = _columns()["column"].get(ours, {}).get("headers", ())
    return str(headers[0]) if headers else ours


@cache
def numeric_columns() -> frozenset[str]:
    """Our columns that hold numbers."""
    return frozenset(ours for ours, entry in _columns()["column"].items() if entry.get("numeric"))


@cache
def personal_columns() -> PersonalColumns:
    """How columns about persons are recognised."""
    entry = _columns()["personal"]
    return PersonalColumns(**{part: re.compile("|".join(entry[part])) for part in ("headers", "cells", "shown")})


@cache
def _numbers_of_persons() -> re.Pattern[str]:
    # An id such as osm-node-13012345678 is no telephone number.
    return re.compile(rf"(?<![0-9A-Za-z-])(?:{personal_columns().cells.pattern})(?![0-9A-Za-z])")


def without_numbers_of_persons(text: str) -> str:
    """A text without the mobile telephone and identity numbers in it.

    Examples
    --------
    >>> without_numbers_of_persons("8:00-17:00，电话13812345678"), without_numbers_of_persons("osm-node-13812345678")
    ('8:00-17:00，电话…', 'osm-node-13812345678')
    """
    return _numbers_of_persons().sub("…", text) if any(map(str.isdigit, text)) else text


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(_read("text.toml"))


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
        Of :attr:`~circle15.model.provenance.FileRecord.dropped`: a finding's code, or a short text.
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
    return MappingProxyType(_read("refusals.toml"))


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
