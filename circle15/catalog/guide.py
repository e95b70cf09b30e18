"""The guides that come with circle15, as text: what a planner reads who has no checkout beside the program."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from circle15.errors import SettingError
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean

__all__ = ["GUIDES", "guide"]

GUIDES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "data": {"zh": "your-data.md", "en": "your-data.en.md"},
        "norms": {"zh": "norms.md", "en": "norms.md"},
        "deciding": {"zh": "deciding.md", "en": "deciding.en.md"},
        "page": {"zh": "page-format.md", "en": "page-format.md"},
    }
)
"""Files by topic and language; norms are told in both languages at once, the format of the page in English."""

_LINK = re.compile(r"\[([^\]]+)\]\(([\w.-]+\.md)\)")
_COMMANDS = {
    name: " ".join(["circle15 guide", *([] if topic == "data" else [topic]), *(["--en"] if ".en." in name else [])])
    for topic, words in GUIDES.items()
    for name in words.values()
}


def guide(topic: str = "data", language: str = "zh") -> str:
    """Text of a guide in Markdown; its links to other guides are the commands that print those.

    Parameters
    ----------
    topic
        ``"data"``: how to prepare a city pack; ``"norms"``: books and measures; ``"deciding"``: from a gap to a
        scenario; ``"page"``: what ``map.html`` holds.
    language
        ``"zh"`` or ``"en"``.

    Returns
    -------
    str
        The guide as it stands in ``docs/``.

    Raises
    ------
    SettingError
        If there is no such topic.

    Examples
    --------
    >>> guide("data", "en").splitlines()[:3]
    ['# Preparing your data', '', '中文: `circle15 guide`']
    """
    if topic not in GUIDES:
        raise refusal(
            "guide_unknown", error=SettingError, topic=topic, known=", ".join(GUIDES), hint=did_you_mean(topic, GUIDES)
        )
    return _LINK.sub(_command, _read(GUIDES[topic][language]))


def _read(name: str) -> str:
    """A guide's file: inside the package where it was installed from a wheel, in ``docs/`` of a checkout."""
    shipped = Path(__file__).with_name("guides") / name
    return (shipped if shipped.is_file() else Path(__file__).parents[2] / "docs" / name).read_text(encoding="utf-8")


def _command(link: re.Match[str]) -> str:
    label, name = link.groups()
    return f"`{_COMMANDS[name]}`" if label == name else f"{label}: `{_COMMANDS[name]}`"
