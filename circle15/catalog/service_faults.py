"""What a service that a pack adds may be: why one is refused, and the colour of one that names none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any, TypeAlias

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header
from circle15.catalog.tag_rule import TagRule
from circle15.model.service import Service

__all__ = ["ServiceFault", "free_tones", "names_service", "service_fault"]

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_TONE = re.compile(r"#[0-9A-Fa-f]{6}")
_TAG_KEY = re.compile(r"[A-Za-z0-9_:.-]+")
_TEXTS = ("title_zh", "title_en", "noun_en")
_SHOWN = 80
"""So many characters of a value are repeated."""
_Fault: TypeAlias = tuple[str, str, str, Mapping[str, object]]
"""Code of the refusal, field, value, and what else the words name."""


@dataclass(frozen=True, kw_only=True)
class ServiceFault:
    """Why a service is refused: the ``code`` of the refusal, which service it is (from 1), and what the words name."""

    code: str
    place: int
    words: Mapping[str, object]


@cache
def _rules() -> Mapping[str, Any]:
    return MappingProxyType(read_facts("pack_services.toml"))


def service_fault(added: Sequence[Service], catalogue: Sequence[Service]) -> ServiceFault | None:
    """The first fault of the services that a pack adds, None where there is none.

    Parameters
    ----------
    added
        The pack's services.
    catalogue
        Those that are there already.
    """
    most = _rules()["limits"]["services"]
    if len(added) > most:
        return _fault(most, "service_many", "key", added[most].key, {"count": len(added), "most": most})
    for place, service in enumerate(added):
        for fault in _form(service):
            return _fault(place, *fault)
    for place, service in enumerate(added):
        others = (*catalogue, *added[:place], *added[place + 1 :])
        earlier = others[: len(catalogue) + place]
        for fault in chain(_alike(service, earlier), _called(service, others), _tagged(service, others)):
            return _fault(place, *fault)
    return None


def _fault(place: int, code: str, key: str, value: str, more: Mapping[str, object]) -> ServiceFault:
    return ServiceFault(code=code, place=place + 1, words={"key": key, "value": value[:_SHOWN], **more})


def free_tones(taken: Sequence[str]) -> Iterator[str]:
    """Colours for services that name none, without those that are taken."""
    used = {tone.upper() for tone in taken}
    return (tone for tone in _rules()["tones"]["free"] if tone not in used)


def names_service(word: str, service: Service) -> bool:
    """Whether a word of a list means a service: it holds one of the service's words, or matches a pattern.

    Examples
    --------
    >>> shop = Service(key="pharmacy", title_zh="药店", title_en="Pharmacy", noun_en="a pharmacy", glyph="药",
    ...                tone="#332288", words=("大药房", "AED"))
    >>> names_service("平江 大药房", shop), names_service("ａｅｄ", shop), names_service("药", shop)
    (True, True, False)
    """
    if any(re.search(pattern, word) for pattern in service.patterns):
        return True
    folded = fold_header(word) if service.words else ""
    return any(fold_header(part) in folded for part in service.words)


# -- What each field may be --------------------------------------------------------------------------


def _form(service: Service) -> Iterator[_Fault]:
    """What is wrong with a service by itself."""
    limits = _rules()["limits"]
    if not _KEY.fullmatch(service.key) or len(service.key) > limits["key"]:
        yield "service_key", "key", service.key, {"most": limits["key"]}
    if service.key in _rules()["reserved"]["keys"]:
        yield "service_reserved", "key", service.key, {}
    for name in _TEXTS:
        title = getattr(service, name)
        if not fold_header(title) or len(title) > limits["title"]:
            yield "service_title", name, title, {"most": limits["title"]}
        if _hidden(title):
            yield "service_hidden", name, title, {}
    if len(service.glyph) != 1 or unicodedata.category(service.glyph)[0] not in "LN":
        yield "service_glyph", "glyph", service.glyph, {}
    if not _TONE.fullmatch(service.tone):
        yield "service_tone", "tone", service.tone, {}
    elif _contrast(service.tone) < _rules()["tones"]["contrast"]:
        yield "service_pale", "tone", service.tone, {}
    if service.patterns:
        yield "service_patterns", "patterns", service.patterns[0], {}
    yield from _lists(service)


def _lists(service: Service) -> Iterator[_Fault]:
    limits = _rules()["limits"]
    least, longest = limits["word"]
    for name, entries, most in (("words", service.words, limits["words"]), ("osm", service.osm, limits["tags"])):
        if len(entries) > most:
            yield "service_list", name, entries[most], {"count": len(entries), "most": most}
    for word in service.words:
        if not least <= len(fold_header(word)) <= len(word) <= longest:
            yield "service_word", "words", word, {"least": least, "most": longest}
        if _hidden(word):
            yield "service_hidden", "words", word, {}
    for text in service.osm:
        if len(text) > limits["tag"] or _hidden(text) or not _is_tag_rule(text):
            yield "service_tag", "osm", text, {"most": limits["tag"]}


def _is_tag_rule(text: str) -> bool:
    try:
        rule = TagRule.parse(text)
    except ValueError:
        return False
    keys = [key for key, _ in rule.pairs]
    return len(set(keys)) == len(keys) and all(
        _TAG_KEY.fullmatch(key) and value == value.strip() for key, value in rule.pairs
    )


def _hidden(text: str) -> bool:
    """Whether a text holds what is not seen: control characters, turned directions, breaks of lines."""
    return any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in text)


def _contrast(tone: str) -> float:
    """Of a colour to white, by WCAG 2.1."""
    parts = (int(tone[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


# -- What it has in common with another --------------------------------------------------------------


def _names(service: Service) -> dict[str, str]:
    """Field -> what a word of a list is compared with."""
    return {name: fold_header(getattr(service, name)) for name in ("key", "title_zh", "title_en")}


def _alike(service: Service, earlier: Sequence[Service]) -> Iterator[_Fault]:
    """What it shares with a service before it: key, title, glyph."""
    for other in earlier:
        taken = _names(other).values()
        for name, title in _names(service).items():
            if title in taken:
                yield "service_named", name, getattr(service, name), _other(other)
        if fold_header(service.glyph) == fold_header(other.glyph):
            yield "service_glyph_taken", "glyph", service.glyph, _other(other)


def _called(service: Service, others: Sequence[Service]) -> Iterator[_Fault]:
    """Words of its own by which a list may mean another service, or that another's words and titles hold."""
    for word in service.words:
        for other in others:
            texts = (*_names(other).values(), *map(fold_header, other.words), *other.patterns)
            if names_service(word, other) or any(fold_header(word) in text for text in texts):
                yield "service_word_taken", "words", word, _other(other)


def _tagged(service: Service, others: Sequence[Service]) -> Iterator[_Fault]:
    """Tags that all objects of another service have too: each of those would be counted as both."""
    for text in service.osm:
        rule = TagRule.parse(text)
        for other in others:
            if any(rule.covers(TagRule.parse(tag)) for tag in other.osm):
                yield "service_tag_taken", "osm", text, _other(other)


def _other(service: Service) -> dict[str, object]:
    return {"other": (f"“{service.title_zh}”（{service.key}）", f"{service.title_en} ({service.key})")}
