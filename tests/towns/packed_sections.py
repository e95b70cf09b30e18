"""A page's packed sections read back, one byte at a time."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from typing import Any

import numpy as np


def unvarint(raw: bytes) -> list[int]:
    """The format once more, one byte at a time."""
    out, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            out.append(value)
            value, shift = 0, 0
    return out


def section(packed: dict, name: str) -> np.ndarray:
    """Values of one section of a payload."""
    raw = b64decode(packed["text"])
    raw = gzip.decompress(raw) if packed["encoding"] == "gzip+base64" else raw
    about = packed["sections"][name]
    values = np.array(unvarint(raw[about["start"] :])[: about["values"]], dtype=np.int64)
    if about["code"] == "u":
        return values
    signed = np.where(values % 2, -(values + 1) // 2, values // 2)
    return np.cumsum(signed) if about["code"] == "d" else signed


def verdict_parts(content: dict[str, Any]) -> dict[str, Any]:
    """The packed part of a page."""
    packed = content["verdicts"]
    raw = b64decode(packed["text"])
    raw = gzip.decompress(raw) if packed["encoding"] == "gzip+base64" else raw
    assert len(raw) == packed["bytes"]
    parts: dict[str, Any] = json.loads(raw)
    return parts
