"""Functions of communities that no checklist names: what was misspelt counts for nobody, and must be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from circle15.catalog import finding
from circle15.model.places import Communities
from circle15.model.provenance import Finding
from circle15.norms.ground import fold_name, split_names
from circle15.refusals.spelling import closest, did_you_mean

__all__ = ["function_findings"]

_SHOWN = 5


def function_findings(communities: Communities, checklists: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """Names in the column ``functions`` that no checklist of the chosen books has.

    Parameters
    ----------
    communities
        With or without the column.
    checklists
        The functions that books ask for, by name; empty slots name nothing.

    Returns
    -------
    list of Finding
        A warning of names that are spelled much like one of a checklist, and a note of the others: a community may have
        more than any list asks for. None where no list names anything.
    """
    listed = {fold_name(name): name for names in checklists.values() for name in names if name}
    if "functions" not in communities.frame or not listed:
        return []
    strange = Counter(
        name for cell in communities.frame["functions"] for name in split_names(cell) if name not in listed
    )
    file, findings = communities.origin.file, []
    near = {name: count for name, count in strange.most_common() if closest(name, listed)}
    if near:
        first = next(iter(near))
        findings.append(
            finding("community-functions-misspelt", "warning", count=sum(near.values()), file=file, column="functions",
                    value=first, words=_words(near), hint=did_you_mean(first, listed), examples=list(near))
        )  # fmt: skip
    other = {name: count for name, count in strange.most_common() if name not in near}
    if other:
        findings.append(
            finding("community-functions-unlisted", "note", count=sum(other.values()), file=file, column="functions",
                    value=next(iter(other)), words=_words(other), examples=list(other))
        )  # fmt: skip
    return findings


def _words(counts: Mapping[str, int]) -> tuple[str, str]:
    """The most frequent names with their numbers, in Chinese and English."""
    shown, more = list(counts.items())[:_SHOWN], len(counts) > _SHOWN
    zh = "、".join(f"“{name}”{count}处" for name, count in shown) + "等" * more
    return zh, ", ".join(f"{name!r} {count}" for name, count in shown) + ", ..." * more
