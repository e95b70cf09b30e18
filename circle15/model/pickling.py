"""Values that travel between processes, and into caches: of their fields alone, checked again when they arrive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from circle15._version import __version__
from circle15.errors import InputError
from circle15.refusals import refusal

__all__ = ["ReadOnly", "Travelling"]


class ReadOnly(Mapping[str, Any]):
    """A mapping that nobody can change, and that travels: ``types.MappingProxyType`` does not.

    Examples
    --------
    >>> ReadOnly({"a": 1})
    ReadOnly({'a': 1})
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"ReadOnly({self._items!r})"


class Travelling:
    """Base of frozen dataclasses that are pickled and deep-copied.

    What was derived and cached stays behind, ``__post_init__`` runs again, and a value of another version of
    circle15 says so instead of failing somewhere later.
    """

    def __getstate__(self) -> dict[str, Any]:
        kept = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]  # a dataclass
        return {"version": __version__, "fields": kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        name, names = type(self).__name__, {field.name for field in fields(self)}  # type: ignore[arg-type]  # a dataclass
        version, kept = state.get("version"), state.get("fields", {})
        if version != __version__ or set(kept) != names:
            raise refusal(
                "saved_elsewhere",
                error=InputError,
                name=name,
                version=version or ("其他版本", "of another version"),
                present=__version__,
            )
        for key, value in kept.items():
            object.__setattr__(self, key, value)
        check = getattr(self, "__post_init__", None)
        if check is not None:
            check()
