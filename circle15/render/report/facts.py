"""What every section of a report draws on, and how figures are put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from circle15.catalog import Service, services
from circle15.catalog.phrases import people_words
from circle15.model import Analysis, Comparison
from circle15.render.published.privacy import SUPPRESSED
from circle15.render.published.told import Published
from circle15.render.report.blocks import Words, clean

__all__ = ["Facts", "about", "minutes", "number"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Facts:
    """What may be told of an analysis, and the figures that could be drawn (stems of their names).

    ``comparison`` is with the city as it is, where the analysis is of a scenario.

    Frames are typed as Any: by pandas' own types a cell may be everything at once.
    """

    published: Published
    figures: frozenset[str]
    comparison: Comparison | None = None

    @property
    def analysis(self) -> Analysis:
        """The analysis with what may be told in place of its own."""
        return self.published.analysis

    @cached_property
    def missing(self) -> Any:
        """``attribution.frame``, sorted."""
        return self.analysis.attribution.frame.sort_index(kind="stable")

    @cached_property
    def drawn(self) -> Any:
        """``published.draws``, sorted."""
        return self.published.draws.sort_index(kind="stable")

    @cached_property
    def walks(self) -> Any:
        """``routes.frame``, sorted."""
        return pd.DataFrame(self.analysis.routes.frame).sort_index(kind="stable")

    @cached_property
    def verdicts(self) -> Any:
        """``ledger.frame`` (:func:`~circle15.render.published.clauses.public_verdicts`), sorted."""
        return self.analysis.ledger.frame.sort_index(kind="stable")

    def name(self, community: Any) -> str:
        """A community's name, its id where it has none."""
        names = self.analysis.city.communities.frame["name"]
        return clean(names.get(community, community))

    def names(self, community: Any) -> tuple[str, str]:
        """A community's name, and its English one where it has such."""
        frame, name = self.analysis.city.communities.frame, self.name(community)
        english = frame["name_en"].get(community) if "name_en" in frame else None
        return name, clean(english) if isinstance(english, str) and english.strip() else name

    def subdistrict(self, community: Any) -> str:
        """The subdistrict that a community names, ``""`` if none."""
        frame = self.analysis.city.communities.frame
        named = frame["subdistrict"].get(community) if "subdistrict" in frame else None
        return clean(named) if isinstance(named, str) else ""

    @property
    def determined(self) -> list[str]:
        """Services that could be judged, in the order in which they are shown."""
        return list(self.analysis.coverage.services)

    @property
    def known(self) -> Mapping[str, Service]:
        """Services by key, in the order in which they are shown: the catalogue's, then the pack's."""
        return services(self.analysis.city.pack_services)

    def service(self, key: Any) -> Words:
        """A service's titles."""
        service = self.known[str(key)]
        return Words(zh=service.title_zh, en=service.title_en)

    @property
    def ranked(self) -> Any:
        """``published.ranking`` by rank then id, of communities that have an index."""
        table = self.published.ranking
        if table.empty:
            return table
        return table[table["index"].notna()].sort_index(kind="stable").sort_values("rank", kind="stable")


def about(people: float) -> tuple[str, str]:
    """A published count of people in tens, Chinese and English, for a sentence.

    Examples
    --------
    >>> about(1230), about(-1), about(0)
    (('约1,230', 'about 1,230'), ('不足10', 'fewer than 10'), ('0', '0'))
    """
    return people_words(1 if people == SUPPRESSED else people)


def number(value: Any, digits: int = 1) -> str:
    """A number as text, a dash where there is none.

    Examples
    --------
    >>> number(1234.5678), number(float("nan")), number(2.0, 0)
    ('1,234.6', '—', '2')
    """
    return "—" if not isinstance(value, int | float) or pd.isna(value) else f"{value:,.{digits}f}"


def minutes(value: Any) -> str:
    """Minutes to a tenth, a dash where nobody gets there."""
    return number(value, 1)
