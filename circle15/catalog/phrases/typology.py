"""Types of communities in words: their names by what stands out, and what has to be said of the method."""

from __future__ import annotations

import pandas as pd

from circle15.catalog.facts import read_facts
from circle15.catalog.words import text
from circle15.model.verdicts import Note, Typology

__all__ = ["said_type", "type_names", "type_notes"]


def said_type(word: str, language: str) -> str:
    """What a list says of a community's kind, in a language as far as the word is known.

    Examples
    --------
    >>> said_type("动迁安置", "en"), said_type("动迁安置", "zh"), said_type("别的", "en")
    ('resettlement housing', '动迁安置', '别的')
    """
    known = read_facts("community_types.toml")["english"]
    return str(known.get(word.strip().removesuffix("社区"), word)) if language == "en" else word


def type_names(kinds: Typology, language: str) -> pd.Series:
    """What each type is called, on ``type_id``.

    Parameters
    ----------
    kinds
        From :func:`~circle15.typology.typology`.
    language
        ``"zh"`` or ``"en"``.
    """
    words = {
        f"{name}_{side}": feature[f"{side}_{language}"]
        for name, feature in read_facts("community_types.toml")["feature"].items()
        for side in ("high", "low")
    }
    between = "·" if language == "zh" else ", "
    names = [
        (between.join(words[trait] for trait in row["traits"]) or text("types_average", language))
        + (f" {row['number']}" if row["number"] else "")
        for row in kinds.types.to_dict("records")
    ]
    return pd.Series(names, index=kinds.types.index, dtype=object)


def type_notes(kinds: Typology) -> dict[str, dict[str, str]]:
    """What has to be said of the method, by name, in ``"zh"`` and ``"en"``."""
    return {
        name: {language: _sentence(note, language) for language in ("zh", "en")} for name, note in kinds.notes.items()
    }


def _sentence(note: Note, language: str) -> str:
    values = {key: ", ".join(value) if isinstance(value, tuple) else value for key, value in note.values.items()}
    return text(f"types_{note.code}", language, **values)
