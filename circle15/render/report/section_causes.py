"""The section of a report on what is missing: a facility or a path, and which change would close each gap."""

from __future__ import annotations

from typing import Any

import geopandas as gpd

from circle15.render.published.counts import few, tens
from circle15.render.report.blocks import Block, Field, Heading, Paragraph, Picture, Table, field, say
from circle15.render.report.facts import Facts
from circle15.render.report.section_summary import SHORT_M, crossing

__all__ = ["causes", "remedy"]

_CAUSES = ("gate", "link", "paths", "facility", "mixed")
_POLICIES = ("resident", "open", "visitor", "closed")
_MOST_LINKS, _MOST_REMEDIES = 10, 10
_WORLD_HEADS = {
    "uncovered": "h_today",
    "uncovered_gates": "h_gates",
    "uncovered_link": "h_link",
    "uncovered_straight": "h_straight",
}
_WORLDS = tuple(_WORLD_HEADS)


def causes(facts: Facts) -> list[Block]:
    """Gaps by cause, the links that would serve most, the remedies of the largest gaps."""
    links = facts.analysis.attribution.links
    out: list[Block] = [Heading(level=1, words=say("causes"))]
    if not len(facts.missing):
        return [*out, Paragraph(words=say("causes_none"))]
    out += [Paragraph(words=say("causes_lead")), _by_cause(facts), _by_service(facts)]
    if "map_causes" in facts.figures:
        out.append(Picture(stem="map_causes", words=say("causes_map"), width=0.86))
    out.append(Heading(level=2, words=say("causes_links")))
    out.append(_links(facts, links) if len(links) else Paragraph(words=say("links_none")))
    return [*out, _remedies(facts), *_gates(facts)]


def _by_cause(facts: Facts) -> Table:
    frame = facts.missing
    gates = bool((frame["uncovered"] != frame["uncovered_gates"]).any())
    worlds = [world for world in _WORLDS if gates or world != "uncovered_gates"]
    fields = (field("h_cause", 2.2), field("h_gaps", 1, "right"),
              *(field(_WORLD_HEADS[world], 1.35, "right") for world in worlds))  # fmt: skip
    rows = []
    for cause in _CAUSES:
        gaps = frame[frame["cause"] == cause]
        if len(gaps):
            people = [few(facts.published.summed(world, gaps.index)) for world in worlds]
            rows.append((str(say(f"cause_{cause}")), f"{len(gaps):,}", *people))
    note = None if gates else say("causes_gates_same")
    return Table(words=say("causes_table"), fields=fields, rows=tuple(rows), note=note)


def _by_service(facts: Facts) -> Table:
    frame = facts.missing
    shown = [cause for cause in _CAUSES if (frame["cause"] == cause).any()]
    fields = [
        field("h_service", 2.4),
        *(Field(words=say(f"cause_{cause}"), width=1.2, align="right") for cause in shown),
    ]
    counts: Any = frame.groupby([frame.index.get_level_values("service"), "cause"]).size().unstack(fill_value=0)
    rows = [
        (str(facts.service(key)), *(f"{int(counts.loc[key].get(cause, 0)):,}" for cause in shown))
        for key in facts.known
        if key in counts.index
    ]
    return Table(words=say("causes_service_table"), fields=tuple(fields), rows=tuple(rows))


def _gates(facts: Facts) -> list[Block]:
    """People without each service by who passes gates and private ways; nothing where that makes no difference."""
    policies = facts.analysis.attribution.policies
    if policies.empty or (policies.to_numpy() == policies[["resident"]].to_numpy()).all():
        return []
    fields = (field("h_service", 2.4), *(field(f"h_policy_{policy}", 1.3, "right") for policy in _POLICIES))
    rows = [
        (
            str(facts.service(service)),
            *(few(tens(people[policy])) for policy in _POLICIES),
        )
        for service, people in policies.groupby(level="service", sort=False).sum().iterrows()
    ]
    table = Table(words=say("gates_table"), fields=fields, rows=tuple(rows), note=say("gates_note"))
    return [Heading(level=2, words=say("gates")), Paragraph(words=say("gates_lead")), table]


def _links(facts: Facts, links: gpd.GeoDataFrame) -> Table:
    fields = (field("h_number", 0.7, "right"), field("h_length", 1.1, "right"), field("h_crosses", 1.6),
              field("h_serves", 1.3, "right"), field("h_where", 2.4))  # fmt: skip
    best = links.head(_MOST_LINKS)
    middle = best.geometry.interpolate(0.5, normalized=True).to_crs(4326)
    rows = [
        (str(rank), f"{length:,.0f}", crossing(crosses).zh, few(serves), f"{at.x:.5f}, {at.y:.5f}")
        for rank, (length, crosses, serves, at) in enumerate(
            zip(best["length_m"], best["crosses"], facts.published.serves.reindex(best.index), middle, strict=True),
            start=1,
        )
    ]
    note = say("links_note", metres=f"{SHORT_M:g}")
    return Table(words=say("links_table"), fields=fields, rows=tuple(rows), note=note)


def _remedies(facts: Facts) -> Table:
    frame = facts.missing
    lost = facts.published.left["uncovered"].reindex(frame.index)
    largest = frame.loc[lost.sort_values(ascending=False, kind="stable").index]
    fields = (field("h_community", 2), field("h_service", 1.8), field("h_out", 1.1, "right"),
              field("h_cause", 1.5), field("h_remedy", 5))  # fmt: skip
    rows = [
        (facts.name(community), facts.service(service).zh, _left(facts, row, "uncovered"),
         say(f"cause_{row['cause']}").zh, remedy(facts, row))
        for (community, service), row in largest.head(_MOST_REMEDIES).iterrows()
    ]  # fmt: skip
    return Table(words=say("remedies_table"), fields=fields, rows=tuple(rows), note=say("remedies_note"))


def remedy(facts: Facts, row: Any) -> str:
    """What would close a gap, with people in tens: the sentences of the analysis tell exact numbers."""
    links = facts.analysis.attribution.links
    cause, best = str(row["cause"]), str(row["link_id"])
    left, linked = facts.published.left.loc[row.name], ""
    if best in links.index and (cause == "link" or (cause != "gate" and left["uncovered_link"] < left["uncovered"])):
        place = int(links.index.get_loc(best)) + 1
        known = place <= _MOST_LINKS
        name = say("link_numbered", number=place).zh if known else say("link_other").zh
        linked = say("remedy_link" if cause == "link" else "remedy_link_some", link=name,
                     length=f"{links.loc[best, 'length_m']:,.0f}", crosses=crossing(links.loc[best, "crosses"]).zh,
                     left=_rest(facts, row, "uncovered_link")).zh  # fmt: skip
    if cause == "link" and linked:
        return linked
    if cause == "link":
        return say("remedy_link_none").zh
    world = "uncovered_gates" if cause == "gate" else "uncovered_straight"
    return say(f"remedy_{cause}", left=_rest(facts, row, world)).zh + linked


def _rest(facts: Facts, row: Any, world: str) -> str:
    """Who is left in a world, in words that stand behind what was changed."""
    people = facts.published.left.loc[row.name, world]
    return say("left_some", people=few(people, rough=True)).zh if people else say("left_none").zh


def _left(facts: Facts, row: Any, world: str) -> str:
    return few(facts.published.left.loc[row.name, world], rough=True)
