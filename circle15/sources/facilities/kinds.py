"""Which kind of site each facility is: as its list says, else its name, else its word for the service."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.kind import has_kinds, joined_kinds, kind_is_open, kind_keys, kinds

__all__ = ["of_kinds", "with_kinds"]


def with_kinds(frame: pd.DataFrame, written: pd.Series | None = None) -> pd.DataFrame:
    """Keys of ``kinds.toml`` in ``site_kind_key`` for facilities of a service with kinds; ``""`` where none is said.

    Parameters
    ----------
    frame
        With ``services`` (tuples) and ``name``; ``site_kind``, the list's own word, where there is one.
    written
        What the list writes of the services; keys of services say nothing of a kind.

    Returns
    -------
    pandas.DataFrame
        Unchanged where no facility is of such a service. A word that leaves the kind open ends the search.
    """
    wanting = _asked(frame)
    if not wanting.any():
        return frame
    words = [frame[column] for column in ("site_kind", "name") if column in frame]
    if written is not None:
        keys = rf"\b({'|'.join(sorted({kind.service for kind in kinds().values()}))})\b"
        words.append(written.reindex(frame.index).str.replace(keys, "", regex=True))
    kind_words = pd.Series("", index=frame.index, dtype=object)
    open_ = pd.Series(~wanting, index=frame.index)
    for column in words:
        texts = column.where(column.notna(), "").astype(str)
        named = _of_each(texts, lambda word: joined_kinds(kind_keys(word)))
        kind_words = kind_words.mask((kind_words == "") & ~open_, named)
        open_ |= _of_each(texts, kind_is_open).astype(bool)
    return frame.assign(site_kind_key=kind_words)


def of_kinds(frame: pd.DataFrame) -> pd.DataFrame:
    """A list without what it says of the kind of facilities that norms tell no kinds of."""
    if "site_kind" not in frame:
        return frame
    return frame.assign(site_kind=frame["site_kind"].where(_asked(frame), ""))


def _asked(frame: pd.DataFrame) -> NDArray[np.bool_]:
    return np.array([any(map(has_kinds, row)) for row in frame["services"]], dtype=bool)


def _of_each(texts: pd.Series, understood: Callable[[str], object]) -> pd.Series:
    return texts.map({text: understood(text) for text in texts.unique()})
