"""A service: what people walk to."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Service"]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the circle: of the catalogue (``services.toml``), or one that a pack adds.

    Attributes
    ----------
    key
        Its name in files and columns: small letters, digits and ``_``.
    title_zh, title_en, noun_en
        Its name on maps and in tables, and in an English sentence ("a meal point").
    glyph, tone
        The character and the colour (``#RRGGBB``) of its markers.
    words
        Plain words for its facilities; a word of a list that holds one of them means the service.
    patterns
        Regular expressions for the same, of the catalogue's services alone.
    osm
        Tags under which OpenStreetMap knows it: ``key=value``, joined by ``&``.
    delivered
        Whether it can be brought to people's doors.
    """

    key: str
    title_zh: str
    title_en: str
    noun_en: str
    glyph: str
    tone: str
    words: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    osm: tuple[str, ...] = ()
    delivered: bool = False
