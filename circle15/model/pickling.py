"""Values that travel between processes, and into caches: of their fields alone, checked again when they arrive."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from circle15._version import __version__
from circle15.errors import InputError

__all__ = ["Travelling"]


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
            raise InputError(
                f"this {name} was saved by circle15 {version or 'of another version'}, this is {__version__}; "
                "make it anew",
                zh=f"这个 {name} 由 circle15 {version or '其他版本'} 保存，当前版本是 {__version__}；请重新生成",
            )
        for key, value in kept.items():
            object.__setattr__(self, key, value)
        check = getattr(self, "__post_init__", None)
        if check is not None:
            check()
