"""Whether a facility is in use, in the words of lists: ``life_cycle.toml``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from circle15.catalog.facts import read_facts
from circle15.catalog.headers import fold_header

__all__ = ["State", "state_key", "states"]

_REMARK = re.compile(r"[(\[【][^()\[\]【】]*[)\]】]$")


@dataclass(frozen=True, kw_only=True)
class State:
    """One state of a facility; see ``life_cycle.toml``."""

    key: str
    title_zh: str
    title_en: str
    serves: bool
    words: tuple[str, ...]


@cache
def states() -> Mapping[str, State]:
    """States of facilities by their key."""
    return MappingProxyType(
        {
            key: State(key=key, **entry | {"words": tuple(entry["words"])})
            for key, entry in read_facts("life_cycle.toml")["list"].items()
        }
    )


@cache
def _state_words() -> Mapping[str, str]:
    named = {
        fold_header(word): state.key
        for state in states().values()
        for word in (state.key, state.title_zh, state.title_en, *state.words)
    }
    return MappingProxyType(named)


def state_key(word: str) -> str:
    """The state that a list's own word means; ``""`` where the word is empty or not known.

    Examples
    --------
    >>> state_key("已停业（2023年）"), state_key("Under Construction"), state_key("正常"), state_key("待定")
    ('closed', 'building', 'in_use', '')
    """
    plain = unicodedata.normalize("NFKC", word).strip()
    return _state_words().get(fold_header(plain)) or _state_words().get(fold_header(_REMARK.sub("", plain)), "")
