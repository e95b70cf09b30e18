"""The section of a report on clauses: how many comply, what the whole city is asked, what has to be supplied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from circle15.catalog.norm_books import norm_books
from circle15.catalog.norm_words import lacks_words, unit_words, verdict_words
from circle15.model.norms import Rule
from circle15.render.report.blocks import Block, Heading, Paragraph, Table, Words, clean, field, say
from circle15.render.report.facts import Facts, number
from circle15.render.report.published import rounded_percent, tens

__all__ = ["clauses", "measured", "required"]


def clauses(facts: Facts) -> list[Block]:
    """Verdicts by clause, book after book; figures of the whole city; what undetermined clauses need."""
    ledger = facts.analysis.ledger
    out: list[Block] = [Heading(level=1, words=say("clauses"))]
    if not len(ledger):
        return [*out, Paragraph(words=say("clauses_none"))]
    out.append(Paragraph(words=say("clauses_lead")))
    counts: Any = ledger.counts().sort_index(kind="stable")
    books = dict.fromkeys(rule.book for rule in ledger.rules)
    known = {**norm_books(), **{book.key: book for book in facts.analysis.city.books}}
    for key in books:
        mine = [rule for rule in ledger.rules if rule.book == key]
        named = (clean(known[key].title_zh), clean(known[key].title_en)) if key in known else (clean(key), clean(key))
        out.append(_book(named, mine, counts))
    out += [Heading(level=2, words=say("clauses_rates")), _rates(facts)]
    return [*out, Heading(level=2, words=say("clauses_lacks")), _lacks(facts)]


def _book(named: tuple[str, str], rules: Sequence[Rule], counts: Any) -> Block:
    """The clauses of a book that were decided somewhere; of the others only how many they are."""
    known = [
        (rule, counts.loc[(rule.level, rule.clause_id)])
        for rule in rules
        if (rule.level, rule.clause_id) in counts.index
    ]
    local = [(rule, row) for rule, row in known if rule.level != "city"]
    rows = [(rule, row) for rule, row in local if row["pass"] or row["fail"]]
    if not rows:
        return Paragraph(words=say("clauses_book_none", book=named, count=len(known)))
    loose = not any(rule.verified for rule, _ in rows)
    fields = (field("h_clause", 5.6), field("h_level", 0.9), field("h_required", 2.4), field("h_pass", 0.9, "right"),
              field("h_fail", 1.1, "right"), field("h_open", 1.4, "right"), field("h_standing", 2.6))  # fmt: skip
    told = [
        (clean(rule.title_zh), say(f"level_{rule.level}").zh, required(rule),
         *(f"{int(row[verdict]):,}" for verdict in ("pass", "fail", "undetermined")), _standing(rule, told=loose))
        for rule, row in rows
    ]  # fmt: skip
    shown = sum(1 for _, row in local if row["shown"] and not (row["pass"] or row["fail"]))
    left = {"city": len(known) - len(local), "shown": shown, "open": len(local) - len(rows) - shown}
    return Table(
        words=say("clauses_book_indicative" if loose else "clauses_book", book=named),
        fields=fields,
        rows=tuple(told),
        note=say("clauses_left", **left) if any(left.values()) else None,
    )


def _standing(rule: Rule, *, told: bool) -> str:
    """Where a clause stands, and whether it was verified unless that is ``told`` of the whole table."""
    mark = "" if rule.verified or told else f"，{say('indicative').zh}"
    return clean(f"{rule.clause}（{rule.year}{mark}）")


def required(rule: Rule) -> str:
    """What a clause asks for, with its unit; a dash where it only shows a figure."""
    unit = _unit(rule.unit)
    if rule.at_least is not None and rule.at_most is not None:
        return f"{rule.at_least:g}–{rule.at_most:g}{unit}"
    if rule.at_least is not None:
        if rule.unit == "yes":
            return say("should_be").zh
        return "100%" if rule.unit == "%" and rule.at_least == 100 else f"≥{rule.at_least:g}{unit}"
    return "—" if rule.at_most is None else f"≤{rule.at_most:g}{unit}"


def _unit(unit: str) -> str:
    words = unit_words(unit, "zh")
    return words if words == "%" else f" {words}"


def measured(rule: Rule, observed: float, people: float) -> str:
    """An observed value with its unit; of people no finer than ten of them.

    Parameters
    ----------
    rule
        The clause.
    observed
        In the clause's unit.
    people
        How many people the value is about.
    """
    if math.isnan(observed):
        return "—"
    if rule.unit == "yes":
        return say("is_there" if observed else "is_not_there").zh
    if rule.unit == "%" and rule.measure.startswith(("people_", "registered_")):
        return rounded_percent(observed, people)
    if rule.unit == "people" and rule.measure.startswith("people_"):
        return f"约{max(tens(observed), 0):,}{_unit(rule.unit)}"
    return f"{number(observed, 0 if observed >= 100 else 1).removesuffix('.0')}{_unit(rule.unit)}"


def _rates(facts: Facts) -> Block:
    ledger, verdicts = facts.analysis.ledger, facts.verdicts
    elders = float(facts.analysis.city.communities.frame["pop_60plus"].sum())
    fields = (field("h_clause", 5), field("h_required", 1.8), field("h_observed", 1.6), field("h_verdict", 1.6))
    rows, undecided, partly = [], 0, False
    for rule in ledger.rules:
        place = ("city", "city", rule.clause_id)
        if rule.level != "city" or place not in verdicts.index:
            continue
        row = verdicts.loc[place]
        if row["verdict"] == "undetermined":
            undecided += 1
            continue
        verdict = verdict_words(row["verdict"], "zh", indicative=bool(row["indicative"]))
        observed = measured(rule, row["observed"], elders)
        if math.isnan(row["observed"]) and row["verdict"] in {"pass", "fail"}:
            observed, partly = say("observed_partly").zh, True
        rows.append((clean(rule.title_zh), required(rule), observed, verdict))
    told = [*([say("clauses_rates_partly")] if partly else []),
            *([say("clauses_rates_open", count=undecided)] if undecided else [])]  # fmt: skip
    note = Words(zh="".join(one.zh for one in told), en=" ".join(one.en for one in told)) if told else None
    if not rows:
        return Paragraph(words=note or say("clauses_no_rates"))
    return Table(words=say("clauses_rate_table"), fields=fields, rows=tuple(rows), note=note)


def _lacks(facts: Facts) -> Block:
    ledger = facts.analysis.ledger
    undetermined = ledger.frame[ledger.frame["verdict"] == "undetermined"]
    titles = {rule.clause_id: rule.title_zh for rule in ledger.rules}
    needs: dict[str, dict[str, int]] = {}
    for clause, lacks in zip(undetermined.index.get_level_values("clause_id"), undetermined["lacks"], strict=True):
        for one in str(lacks).split(", "):
            found = needs.setdefault(one, {})
            found[clause] = found.get(clause, 0) + 1
    if not needs:
        return Paragraph(words=say("clauses_no_lacks"))
    fields = (field("h_lacks", 3.4), field("h_clauses", 5), field("h_open", 1.2, "right"))
    rows = []
    for one, found in sorted(needs.items(), key=lambda entry: (-sum(entry[1].values()), entry[0])):
        named = "；".join(clean(titles.get(clause, clause)) for clause in found)
        rows.append((clean(lacks_words(one, "zh")) or "—", named, f"{sum(found.values()):,}"))
    return Table(words=say("clauses_lack_table"), fields=fields, rows=tuple(rows))
