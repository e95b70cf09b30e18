"""Tables of TOML as typed, frozen values: pydantic checks them, and what it finds is said as our refusals.

A table is a subclass of :class:`TomlTable`; :func:`checked` makes one of what ``tomllib`` has read. Strict: ``true`` is
no number, ``"1"`` is no number, ``1`` is no text, and a key that is not known is refused at every level. Fields are
texts, numbers, true or false, tables, lists (:data:`Rows`) and mappings of these, each perhaps None: no other unions.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, TypeVar, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainValidator,
    Strict,
    ValidationError,
)
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from circle15.errors import InputError, PackError
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean

__all__ = ["Day", "Number", "OneOf", "Rows", "TomlTable", "Wanted", "checked", "fault", "is_number", "unknown_word"]

_T = TypeVar("_T")
_Pair: TypeAlias = tuple[str, str]
_Path: TypeAlias = tuple[str | int, ...]
_Marks: TypeAlias = tuple[Any, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class TomlTable(BaseModel):
    """A table whose keys are fields: none that is unknown, each of its kind, unchanged once it is made."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    noun: ClassVar[_Pair | None] = None
    """What an entry of an array of such tables is called, in Chinese and English, before its ``id``."""

    @property
    def given(self) -> dict[str, Any]:
        """The keys that stand in the file, with their values."""
        return {key: getattr(self, key) for key in self.model_fields_set}


_Table = TypeVar("_Table", bound=TomlTable)


@dataclass(frozen=True)
class Wanted:
    """Words for what a value must be, where its type does not tell."""

    zh: str
    en: str


@dataclass(frozen=True)
class OneOf:
    """One of some words that stand in a file of the catalogue; ``code`` is the refusal of any other."""

    known: Callable[[], Collection[str]]
    code: str = "key_choice"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, word: str) -> str:
        if word not in self.known():
            raise fault(self.code, **unknown_word(word, self.known()))
        return word


def is_number(value: object) -> bool:
    """Whether a value of TOML is a number: ``true`` is an int to Python, and none to people."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float:
    """The number as it is written: 15 is told as 15, not as 15.0."""
    if not is_number(value):
        raise PydanticCustomError("float_type", "no number")
    number: float = value
    return number


def _day(value: Any) -> Any:
    return str(value) if isinstance(value, dt.date) else value


Number: TypeAlias = Annotated[float, PlainValidator(_number)]
"""A number, whole or not."""

Day: TypeAlias = Annotated[str, BeforeValidator(_day), Wanted("日期或加英文引号的文字", "a date or text in quotes")]
"""A date of TOML or text, as text."""

Rows: TypeAlias = Annotated[tuple[_T, ...], Strict(strict=False)]
"""A list of TOML, as a tuple; its items are as strict as anything else."""


def fault(code: str, /, **values: object) -> PydanticCustomError:
    """What a validator raises: the refusal ``code``, with the values that only the validator knows.

    ``file``, ``table``, ``key`` and ``value`` are filled in by :func:`checked` unless given here.
    """
    return PydanticCustomError("refusal", "refused", {"code": code, "values": values})


def checked(
    model: type[_Table],
    written: Mapping[str, Any],
    *,
    file: object,
    error: type[InputError] = PackError,
    context: object = None,
) -> _Table:
    """A table made of what stands in a TOML file.

    Parameters
    ----------
    model
        What may stand there.
    written
        What does, as ``tomllib`` reads it.
    file
        Its name, for the message.
    error
        Class of the refusal.
    context
        What validators of the tables find in their ``ValidationInfo``.

    Raises
    ------
    InputError
        Of the class ``error``, with file, table, key, value and remedy: of several faults an unknown key first,
        then a value of a wrong kind, then a missing key, then what does not go together.
    """
    try:
        return model.model_validate(dict(written), context=context)
    except ValidationError as faults:
        code, values = _refused(model, written, min(faults.errors(include_url=False), key=_rank))
        raise refusal(code, error=error, file=file, **values) from faults


def _rank(details: ErrorDetails) -> int:
    """A misspelled key is the cause of one that is missing, so it comes first."""
    return {"extra_forbidden": 0, "missing": 2, "refusal": 3}.get(details["type"], 1)


def _refused(model: type[TomlTable], written: Mapping[str, Any], details: ErrorDetails) -> tuple[str, dict[str, Any]]:
    """Code and values of the refusal of one fault."""
    kind, path, value = details["type"], details["loc"], details["input"]
    if kind == "refusal" and _is_table(_type_at(model, path)[0]):
        table, key = path, ""  # keys of the table that do not go together
    else:
        while isinstance(path[-1], int):  # an item of a list: the key is the list's
            path = path[:-1]
        table, key = path[:-1], str(path[-1])
    values: dict[str, Any] = {"table": _title(model, written, table), "key": key, "value": value}
    if kind == "refusal":
        return details["ctx"]["code"], values | details["ctx"]["values"]
    if kind == "extra_forbidden":
        return "key_unknown", values | {"hint": did_you_mean(key, _type_at(model, table)[0].model_fields)}
    if kind == "literal_error":
        return "key_choice", values | unknown_word(value, get_args(_type_at(model, details["loc"])[0]))
    values["wanted"] = _wanted(*_type_at(model, path), path)
    if kind == "missing":
        return "key_missing", values
    return "key_kind", values | {"value": _value_at(written, path)}


def unknown_word(word: object, known: Iterable[str]) -> dict[str, Any]:
    """What ``key_choice`` says of a word that is none of those that are known: ``known`` and ``hint``."""
    words = list(known)
    return {"known": ", ".join(words), "hint": did_you_mean(str(word), words)}


# -- Where it stands ---------------------------------------------------------------------------------


def _title(model: type[TomlTable], written: Mapping[str, Any], path: _Path) -> _Pair:
    """What a reader calls the table at a path: ``[settings]``, ``[[facilities]] 2``, or by noun and id."""
    if not path:
        return "最上面", "the top level"
    number = next((place for place, part in enumerate(path) if isinstance(part, int)), None)
    if number is None:
        return (f"[{_dotted(path)}]",) * 2
    entry = path[: number + 1]
    inside = f", {_dotted(path[number + 1 :])}" if path[number + 1 :] else ""
    noun, key = _type_at(model, entry)[0].noun, _value_at(written, entry).get("id")
    if noun and isinstance(key, str):
        return f"{noun[0]} {key!r}{inside}", f"{noun[1]} {key!r}{inside}"
    return (f"[[{_dotted(path[:number])}]] {int(path[number]) + 1}{inside}",) * 2


def _dotted(path: _Path) -> str:
    """Keys as they stand in a header of TOML; ``""`` is a level that a validator adds."""
    return ".".join(
        str(part) if _BARE.fullmatch(str(part)) else json.dumps(part, ensure_ascii=False) for part in path if part != ""
    )


def _value_at(written: Any, path: _Path) -> Any:
    value = written
    for part in path:
        value = value if part == "" else value[part]
    return value


# -- What must stand there ---------------------------------------------------------------------------


def _is_table(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, TomlTable)


def _peeled(kind: Any) -> tuple[Any, _Marks]:
    """A type without annotations and without the None of a key that may be left out; and its annotations."""
    marks: _Marks = ()
    while True:
        if get_origin(kind) is Annotated:
            kind, *more = get_args(kind)
            marks += tuple(more)
        elif NoneType in get_args(kind):
            (kind,) = (member for member in get_args(kind) if member is not NoneType)
        else:
            return kind, marks


def _type_at(model: type[TomlTable], path: _Path) -> tuple[Any, _Marks]:
    """The type of what stands at a path, and its annotations: tables, lists and mappings are walked through."""
    kind: Any = model
    marks: _Marks = ()
    for part in path:
        if _is_table(kind):
            field = kind.model_fields[part]
            kind, marks = _peeled(field.annotation)
            marks = (*field.metadata, *marks)
        else:
            members = get_args(kind)
            kind, marks = _peeled(members[0] if get_origin(kind) is tuple else members[-1])
    return kind, marks


def _wanted(kind: Any, marks: _Marks, path: _Path) -> _Pair:
    """Words for a type, in Chinese and English."""
    for mark in marks:
        if isinstance(mark, Wanted):
            return mark.zh, mark.en
        if isinstance(mark, OneOf):
            return _among(mark.known())
    if get_origin(kind) is Literal:
        return _among(get_args(kind))
    if get_origin(kind) is tuple:
        item = _peeled(get_args(kind)[0])
        zh, en = _wanted(*item, ())
        return _with_header(f"列表，每一项是{zh}", f"a list, each item {en}", f"[[{_dotted(path)}]]", item[0])
    zh, en = _WORDS.get(kind, ("表", "a table"))
    return _with_header(zh, en, f"[{_dotted(path)}]", kind if path else None)


def _with_header(zh: str, en: str, header: str, kind: Any) -> _Pair:
    return (f"{zh}（写作 {header}）", f"{en} (write {header})") if _is_table(kind) else (zh, en)


def _among(words: Iterable[str]) -> _Pair:
    listed = ", ".join(words)
    return f"下列之一：{listed}", f"one of {listed}"


_WORDS = {
    str: ("加英文引号的文字", "text in quotes"),
    bool: ("true 或 false", "true or false"),
    int: ("整数", "a whole number"),
    float: ("数字", "a number"),
}
