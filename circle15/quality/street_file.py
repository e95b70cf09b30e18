"""What a street file tells of faults in itself: what was lost, left out, counted once, or joined."""

from __future__ import annotations

from collections.abc import Mapping

from circle15.catalog import finding, text
from circle15.model.provenance import Finding
from circle15.model.streets import Streets

__all__ = ["street_fault_findings"]


def street_fault_findings(streets: Streets) -> list[Finding]:
    """Findings made of what the reader of a street file counted.

    Parameters
    ----------
    streets
        As :func:`circle15.read_streets` returns them; of others there is nothing to tell.

    Returns
    -------
    list of Finding
        Missing nodes, deleted objects, objects and stretches that stand twice, joined joints, a header that
        is another file's or turned round.
    """
    counts, file = streets.counts, streets.origin.file
    findings = []
    lost, parted = counts.get("node references without coordinates", 0), counts.get("ways parted at missing nodes", 0)
    if parted:
        metres = f"{counts['metres lost at missing nodes']:,}"
        findings.append(finding("ways-parted", "warning", count=parted, file=file, nodes=f"{lost:,}", metres=metres))
    elif lost:
        findings.append(finding("lost-way-nodes", "note", count=lost, file=file))
    left_out = {"nodes": "nodes deleted", "ways": "dropped: deleted", "relations": "squares dropped: deleted"}
    deleted = {kind: counts.get(key, 0) for kind, key in left_out.items()}
    copies = {kind: counts.get(f"{kind} that stand twice", 0) for kind in left_out}
    for code, objects in (("osm-deleted", deleted), ("osm-objects-twice", copies)):
        if any(objects.values()):
            kinds = _kinds_words(objects)
            findings.append(finding(code, "note", count=sum(objects.values()), file=file, kinds=kinds))
    if again := counts.get("stretches that stand twice", 0):
        metres = f"{counts['metres that stand twice']:,}"
        findings.append(finding("streets-twice", "note", count=again, file=file, metres=metres))
    if joints := counts.get("joints joined", 0):
        findings.append(finding("joints-joined", "note", count=joints, file=file))
    if outside := counts.get("ways outside the header's box", 0):
        findings.append(finding("header-box-small", "warning", count=outside, file=file))
    if counts.get("header boxes that cannot be", 0):
        findings.append(finding("header-box-unusable", "note", file=file))
    return findings


def _kinds_words(objects: Mapping[str, int]) -> tuple[str, str]:
    """How many objects of each kind, in Chinese and English; kinds without any are not named."""
    zh, en = (
        [text(f"osm_kind_{kind}", language, count=f"{count:,}") for kind, count in objects.items() if count]
        for language in ("zh", "en")
    )
    return "、".join(zh), ", ".join(en)
