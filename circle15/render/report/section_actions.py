"""The section of a report on the changes that would help most."""

from __future__ import annotations

from circle15.catalog.phrases import action_notes, action_titles
from circle15.catalog.words import text
from circle15.render.published.counts import few, tens
from circle15.render.report.blocks import Block, Heading, Paragraph, Picture, Table, clean, field, say
from circle15.render.report.facts import Facts
from circle15.render.words import Words

__all__ = ["actions"]


def actions(facts: Facts) -> list[Block]:
    """One list over all kinds of change, whom each serves alone and in sequence, and where they are."""
    ranked = facts.analysis.actions
    out: list[Block] = [Heading(level=1, words=say("actions"))]
    if not len(ranked):
        return [*out, Paragraph(words=say("actions_none"))]
    tried = {str(kind): f"{count:,}" for kind, count in ranked.tried.items()}
    out += [Paragraph(words=say("actions_lead", minutes=f"{ranked.cutoff_min:g}", **tried)), _list(facts)]
    if "map_actions" in facts.figures:
        out.append(Picture(stem="map_actions", words=say("actions_map"), width=0.86))
    return out


def _list(facts: Facts) -> Table:
    """People in tens; verdicts that turn only of clauses that do not speak of people."""
    ranked, city = facts.analysis.actions, facts.analysis.city
    titles = action_titles(ranked, city.communities, "zh", pack_services=city.pack_services)
    notes, turned = action_notes(ranked, "zh"), ranked.turned
    numbers = {key: str(number) for number, key in enumerate(ranked.frame.index, start=1)}
    fields = [field("h_number", 0.7, "right"), field("h_action", 5.4), field("h_gain", 1.3, "right"),
              field("h_step", 0.8, "right"), field("h_added", 1.3, "right")]  # fmt: skip
    if turned is not None:
        fields.append(field("h_turned", 1.1, "right"))
    rows = []
    for key, row in ranked.frame.iterrows():
        same = row["same_people"]
        what = clean(titles[key]) + (say("actions_same", number=numbers[same]).zh if same else "")
        what += say("actions_words", words=notes[key]).zh if notes[key] else ""
        line = [numbers[key], what, few(tens(row["gain"])), str(row["step"]), few(tens(row["added"]))]
        rows.append(tuple(line if turned is None else [*line, f"{(turned['action_id'] == key).sum():,}"]))
    parts = [say("actions_note" if turned is None else "actions_note_turned")]
    if ranked.frame["certainty"].notna().any():
        parts.append(say("actions_note_sure"))
    source = _both("capacity_assumption") if city.costs.source == "assumption" else city.costs.source
    parts.append(say("actions_note_costs", source=source) if city.costs else say("actions_note_no_costs"))
    return Table(words=say("actions_table"), fields=tuple(fields), rows=tuple(rows), note=_joined(parts))


def _both(key: str) -> tuple[str, str]:
    return text(key, "zh"), text(key, "en")


def _joined(parts: list[Words]) -> Words:
    """Sentences one after another."""
    return Words(zh="".join(part.zh for part in parts), en=" ".join(part.en for part in parts))
