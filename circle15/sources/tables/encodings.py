"""Names of text encodings as people and files write them."""

from __future__ import annotations

import codecs
import re

__all__ = ["text_encoding"]


def text_encoding(name: str) -> str:
    """Python's name of an encoding; GBK and GB 2312 are read as GB18030, which holds them. ``""`` if unknown.

    Examples
    --------
    >>> text_encoding("GBK"), text_encoding("936"), text_encoding("UTF-8"), text_encoding("hex")
    ('gb18030', 'gb18030', 'utf-8', '')
    """
    word = name.strip().strip("\0").lower()
    word = {"ansi 936": "gbk", "cp936": "gbk", "oem 936": "gbk", "65001": "utf-8"}.get(word, word)
    word = f"cp{word}" if re.fullmatch(r"\d{3,4}", word) else word
    word = re.sub(r"^8859[-_ ]?(\d+)$", r"iso8859-\1", word)
    try:
        codec = codecs.lookup(word)
    except (LookupError, ValueError):
        return ""
    if not getattr(codec, "_is_text_encoding", True):
        return ""
    return "gb18030" if codec.name in {"gbk", "gb2312", "cp936"} else codec.name
