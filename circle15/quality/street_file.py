"""What a street file tells of faults in itself: what was lost, left out, counted once, or joined."""

from __future__ import annotations

from typing import Any

from circle15.catalog import finding
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
        is another file's.
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
    deleted: dict[str, Any] = {kind: counts.get(key, 0) for kind, key in left_out.items()}
    if any(deleted.values()):
        findings.append(finding("osm-deleted", "note", count=sum(deleted.values()), file=file, **deleted))
    copies: dict[str, Any] = {
        kind: counts.get(f"{kind} that stand twice", 0) for kind in ("nodes", "ways", "relations")
    }
    if any(copies.values()):
        findings.append(finding("osm-objects-twice", "note", count=sum(copies.values()), file=file, **copies))
    if again := counts.get("stretches that stand twice", 0):
        metres = f"{counts['metres that stand twice']:,}"
        findings.append(finding("streets-twice", "note", count=again, file=file, metres=metres))
    if joints := counts.get("joints joined", 0):
        findings.append(finding("joints-joined", "note", count=joints, file=file))
    if outside := counts.get("stretches outside the header's box", 0):
        findings.append(finding("header-box-small", "warning", count=outside, file=file, ways=f"{streets.n_ways:,}"))
    return findings
