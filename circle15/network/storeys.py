"""Which storey a way is on: ways above each other do not meet, though they may have vertices at one place."""

from __future__ import annotations

from collections.abc import Mapping

from circle15.catalog import walking

__all__ = ["storeys"]


def storeys(tags: Mapping[str, str]) -> tuple[str, ...]:
    """The storeys that a way is on, by ``level``, else ``layer``, else whether it is a bridge or a tunnel.

    Examples
    --------
    >>> storeys({}), storeys({"bridge": "yes"}), storeys({"level": "0;1"})
    (('0',), ('1',), ('0', '1'))
    """
    rule = walking()["joints"]
    for key in rule["storey_keys"]:
        if tags.get(key):
            return tuple(sorted({part.strip() for part in tags[key].split(";")}))
    for key, storey in rule["storey_of"].items():
        if tags.get(key, "no") != "no":
            return (str(storey),)
    return ("0",)
