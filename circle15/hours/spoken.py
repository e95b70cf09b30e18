"""Opening hours as people write them -> OpenStreetMap's ``opening_hours`` syntax, or nothing where doubtful.

A text is cut into words (``opening.toml``) and clock times; together they must use up all of it. What the words
say is put together from three elements, a group of days ``D``, times ``S`` and "closed" ``O``, in one of the orders
that leave no doubt. Everything else is not understood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from circle15.catalog import opening_words

__all__ = ["folded_hours", "in_osm_syntax", "spoken_moment"]

_DASHES = re.compile(r"[\u2010-\u2015\u2212\u2013\u2014\u301c\uff5e\u02dc~]+|-{2,}")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.](?P<colon>\d{2})(?!\d)"
    r"|(?:点|點|时)(?:钟|鐘)?(?:(?P<minute>\d{1,2})分?|(?P<half>半)|(?P<quarter>一刻)|(?P<quarters>三刻))?"
    r"|(?P<bare>)(?!\d))"
)
_DAY, _NOON = 1440, 720
_WORKDAYS = "Mo-Fr,"
_ORDERS = re.compile(
    r"(?P<one>[SO])|(?P<days>D)|(?P<late>(?:DO)+S)|(?P<forward>S?(?:D[SO])+)|(?P<trailing>(?:SD)+(?:D[SO])*)"
)


@dataclass(frozen=True)
class _Token:
    kind: str
    value: str = ""
    minute: int = -1  # of a clock time
    bare: bool = False  # a number without 点 or minutes: an hour only beside a full time


@dataclass(frozen=True)
class _Element:
    kind: str  # D, S or O
    text: str
    members: int = 1
    commas: bool = False


def folded_hours(text: str) -> str:
    """A text as its words are compared: NFKC, every dash as ``-``, no invisible marks, nothing blank around it.

    Examples
    --------
    >>> folded_hours("8：00 — 17：00")
    '8:00 - 17:00'
    """
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return _DASHES.sub("-", plain).strip()


def in_osm_syntax(text: str) -> str:
    """A text in ``opening_hours`` syntax, ``""`` where it is not understood without doubt.

    Examples
    --------
    >>> in_osm_syntax("上午8:00-11:30 下午1:30-5:00")
    '08:00-11:30,13:30-17:00'
    >>> in_osm_syntax("周一至周五 8点-17点，周末休息"), in_osm_syntax("夏季8:00-18:00")
    ('Mo-Fr 08:00-17:00; Sa-Su off', '')
    """
    tokens = _tokens(folded_hours(text).casefold())
    elements = _elements(tokens) if tokens else None
    return _ruled(elements) if elements else ""


def spoken_moment(text: str) -> tuple[int | None, int] | None:
    """Weekday (None where not said) and minute of a text such as ``周二 11:30``; None where it is not one moment."""
    tokens = [token for token in _tokens(folded_hours(text).casefold()) or [] if token.kind != "comma"]
    day = None
    if tokens and tokens[0].kind == "day":
        day = tuple(opening_words()["day"]).index(tokens.pop(0).value)
    if not tokens or any(token.kind not in {"part", "time"} for token in tokens):
        return None
    read = _time(tokens, 0)
    if read is None or read[1] != len(tokens) or tokens[-1].bare or not 0 <= read[0].minute < _DAY:
        return None
    return day, read[0].minute


# -- words ------------------------------------------------------------------------------------------


@cache
def _vocabulary() -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """One pattern for all words, the longest first, and the kind and meaning of each."""
    tables = opening_words()
    meaning = {
        word: (kind, value)
        for kind in ("day", "days", "part")
        for value, words in tables[kind].items()
        for word in words
    }
    plain = ("to", "list", "comma", "always", "closed", "still", "filler")
    meaning |= {word: (kind, kind) for kind in plain for word in tables["meaning"][kind]}
    meaning |= {word: ("short", value) for value, words in tables["short"].items() for word in words}
    ordered = sorted(meaning, key=lambda word: (-len(word), word))
    # A Latin word must end where it ends: "mon" is not in "month".
    ended = [re.escape(word) + (r"(?![a-z])" if word[-1].isascii() and word[-1].isalpha() else "") for word in ordered]
    return re.compile(f"(?P<word>{'|'.join(ended)})|{_CLOCK}"), meaning


def _tokens(text: str) -> list[_Token] | None:
    """Words and times in their order, fillers left out; None where something is left over."""
    pattern, meaning = _vocabulary()
    tokens: list[_Token] = []
    place = 0
    while place < len(text):
        match = pattern.match(text, place)
        if match is None:
            return None
        place = match.end()
        if match["word"] is None:
            token = _clock_token(match)
            if token is None:
                return None
            tokens.append(token)
        elif meaning[match["word"]][0] != "filler":
            tokens.append(_Token(*meaning[match["word"]]))
    return tokens


def _clock_token(match: re.Match[str]) -> _Token | None:
    hour = int(match["hour"])
    minute = int(match["colon"] or match["minute"] or 0)
    minute += 30 * bool(match["half"]) + 15 * bool(match["quarter"]) + 45 * bool(match["quarters"])
    if minute > 59 or hour * 60 + minute > _DAY:
        return None
    return _Token("time", minute=hour * 60 + minute, bare=match["bare"] is not None)


# -- elements ---------------------------------------------------------------------------------------


def _elements(tokens: Sequence[_Token]) -> list[_Element] | None:
    """Groups of days, times and "closed" in their order; None where a word stands where it means nothing."""
    elements: list[_Element] = []
    place: int | None = 0
    while place is not None and place < len(tokens):
        kind = tokens[place].kind
        if kind in {"day", "days"}:
            element, place = _days(tokens, place)
            elements.append(element)
        elif kind in {"time", "part", "always"}:
            place = _add_span(elements, tokens, place)
        elif kind == "closed":
            elements.append(_Element("O", "off"))
            place += 1
        elif kind == "still" and _no_exception(elements):
            place += 1
        else:
            place = place + 1 if kind in {"comma", "list"} and elements else None
    return None if place is None else elements


def _add_span(elements: list[_Element], tokens: Sequence[_Token], place: int) -> int | None:
    """Add a span to the times before it, else as times of its own; where it ends, or None if it is none."""
    span = _span(tokens, place)
    if span is None:
        return None
    before = f"{elements.pop().text}," if elements and elements[-1].kind == "S" else ""
    elements.append(_Element("S", before + span[0]))
    return span[1]


def _no_exception(elements: list[_Element]) -> bool:
    """``8:00-17:00, also on holidays``: take back the days that are no exception; False where that is no sense."""
    if elements and elements[-1].kind == "D":
        elements.pop()
    return [element.kind for element in elements] == ["S"]


def _days(tokens: Sequence[_Token], place: int) -> tuple[_Element, int]:
    """Read one group: ``周一至周五、周日`` as ``Mo-Fr,Su``."""
    parts: list[str] = []
    commas = False
    while True:
        first, place = tokens[place], place + 1
        part = first.value
        if first.kind != "days" and _kinds(tokens, place) in {("to", "day"), ("to", "short")}:
            part, place = f"{part}-{tokens[place + 1].value}", place + 2
        parts.append(part)
        joint, follower = _kinds(tokens, place)
        if joint == "list" and follower in {"day", "days", "short"}:
            place += 1
        elif joint == "comma" and follower in {"day", "days"}:
            commas, place = True, place + 1
        else:
            return _Element("D", ",".join(parts), members=len(parts), commas=commas), place


def _kinds(tokens: Sequence[_Token], place: int) -> tuple[str, str]:
    following = [token.kind for token in tokens[place : place + 2]]
    return following[0] if following else "", following[1] if len(following) > 1 else ""


@dataclass(frozen=True)
class _Time:
    minute: int
    part: str
    bare: bool


def _time(tokens: Sequence[_Token], place: int) -> tuple[_Time, int] | None:
    """One clock time with the part of the day before or (5 pm) after it."""
    part = ""
    while place < len(tokens) and tokens[place].kind == "part":
        if part and part != "next_day":
            return None
        part, place = tokens[place].value, place + 1
    if place >= len(tokens) or tokens[place].kind != "time":
        return None
    time, place = tokens[place], place + 1
    behind = place < len(tokens) and tokens[place].kind == "part" and tokens[place].value in {"am", "pm"}
    # "8:00am-5:00pm": the part stands behind where a dash or the end follows it.
    if behind and not part and (place + 1 == len(tokens) or tokens[place + 1].kind != "time"):
        part, place = tokens[place].value, place + 1
    minute = _of_day(time.minute, part)
    return None if minute is None else (_Time(minute, part, time.bare and not part), place)


def _of_day(minute: int, part: str) -> int | None:
    """Minute of the day that a clock shows in a part of the day; None where that cannot be."""
    match part:
        case "pm":
            return minute if minute >= _NOON else minute + _NOON
        case "evening":
            late = minute if minute >= _NOON + 60 else minute + _NOON
            return late if late <= _DAY else None
        case "noon":
            near = minute if minute >= 600 else minute + _NOON
            return near if near <= 900 else None
        case "am":
            return minute if minute < _NOON else None
        case _:
            return minute


def _span(tokens: Sequence[_Token], place: int) -> tuple[str, int] | None:
    """From one time to another, ``08:00-17:00``, and where it ends."""
    if tokens[place].kind == "always":
        return "00:00-24:00", place + 1
    begin = _time(tokens, place)
    if begin is None or _kinds(tokens, begin[1])[0] != "to":
        return None
    end = _time(tokens, begin[1] + 1)
    if end is None or (begin[0].bare and end[0].bare):
        return None
    first, last, place = begin[0].minute, end[0].minute, end[1]
    late = begin[0].part in {"pm", "evening", "noon"} and not end[0].part
    if late and last <= _NOON and last + _NOON > first:
        last += _NOON  # 下午1:30-5:00
    if first == _DAY or (end[0].part == "next_day" and last >= first):
        return None
    return f"{first // 60:02d}:{first % 60:02d}-{last // 60:02d}:{last % 60:02d}", place


# -- rules ------------------------------------------------------------------------------------------


def _ruled(elements: Sequence[_Element]) -> str:
    """Elements as rules, the general one first and exceptions last; ``""`` where their order leaves doubt."""
    order = _ORDERS.fullmatch("".join(element.kind for element in elements))
    if order is None:
        return ""
    if order["one"]:
        return elements[0].text
    if order["days"]:
        return f"{elements[0].text} unknown"  # open on these days, nobody says when
    if order["late"]:
        elements = [elements[-1], *elements[:-1]]
    if order["trailing"]:
        doubtful = len(elements) > 2 and any(element.commas for element in elements)
        return "" if doubtful else _joined(_pairs(elements))
    return _joined(_pairs(elements)) if elements[0].kind == "D" else _with_exceptions(elements[0].text, elements[1:])


def _with_exceptions(times: str, others: Sequence[_Element]) -> str:
    """Times first, then days with times of their own or closed ones."""
    first = others[0]
    if first.commas and first.members == 2 and first.text.startswith(_WORKDAYS):
        # 8:00-17:00 周一至周五，周末休息: nobody means that it is shut from Monday to Friday too.
        workdays, rest = first.text.split(",")
        return _joined([(workdays, times), *_pairs([_Element("D", rest), *others[1:]])])
    return _joined([("", times), *_pairs(others)]) if _plain_exceptions(others) else ""


def _pairs(elements: Sequence[_Element]) -> list[tuple[str, str]]:
    """Days and what is said of them, whichever stands first."""
    couples = zip(elements[::2], elements[1::2], strict=True)
    return [(first.text, two.text) if first.kind == "D" else (two.text, first.text) for first, two in couples]


def _joined(pairs: Sequence[tuple[str, str]]) -> str:
    """Rules in the order in which later ones may undo earlier ones; what is said twice of some days is joined."""
    said_of: dict[str, list[str]] = {}
    for days, hours in sorted(pairs, key=lambda pair: (pair[1] == "off", pair[0] == "PH")):
        said_of.setdefault(days, []).append(hours)
    contrary = any("off" in hours and len(hours) > 1 for hours in said_of.values())
    if contrary or all(hours == ["off"] for hours in said_of.values()):
        return ""  # "closed on Mondays" does not say when it is open
    return "; ".join(f"{days} {','.join(hours)}".strip() for days, hours in said_of.items())


def _plain_exceptions(elements: Sequence[_Element]) -> bool:
    """Whether days behind times of every day can only be exceptions from them.

    ``8:00-17:00，周六 9:00-12:00`` can; in ``8:00-17:00 周一至周五，周六 9:00-12:00`` the first days belong
    to the times before them.
    """
    days, times = elements[::2], elements[1::2]
    single = all(group.members == 1 for group in days)
    weekend = {"Sa", "Su", "Sa-Su", "PH"}
    return single and all(time.kind == "O" or group.text in weekend for group, time in zip(days, times, strict=True))
