"""The section of a report on clauses: how many comply, what the whole city is asked, what has to be supplied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from circle15.catalog.norm_books import norm_books
from circle15.catalog.norm_words import lacks_words, mark_words, unit_words, verdict_words
from circle15.model.norms import Ledger, Rule
from circle15.render.published.clauses import EXPOSURE
from circle15.render.published.privacy import NEARLY_ALL, NEARLY_NONE
from circle15.render.report.blocks import Block, Heading, Paragraph, Table, Words, clean, field, listed, say
from circle15.render.report.facts import Facts, number

__all__ = ["clauses", "measured", "required"]

_SIDES = {"pass": ("≥", "≤"), "fail": ("<", ">")}
_STRICT = {"pass": ">", "fail": "≤"}
"""On which side of a lowest and of a highest value a verdict says that a figure is."""


def clauses(facts: Facts) -> list[Block]:
    """Verdicts by clause, book after book; figures of the whole city; what undetermined clauses need."""
    ledger = facts.analysis.ledger
    out: list[Block] = [Heading(level=1, words=say("clauses"))]
    if not len(ledger):
        return [*out, Paragraph(words=say("clauses_none"))]
    out.append(Paragraph(words=say("clauses_lead")))
    counts: Any = Ledger(frame=facts.verdicts, rules=ledger.rules).counts().sort_index(kind="stable")
    hidden: Any = (facts.verdicts["verdict"] == "hidden").groupby(level=["level", "clause_id"]).sum()
    counts["hidden"] = hidden.reindex(counts.index)
    books = dict.fromkeys(rule.book for rule in ledger.rules)
    known = {**norm_books(), **{book.key: book for book in facts.analysis.city.books}}
    for key in books:
        rules = [rule for rule in ledger.rules if rule.book == key]
        named = (clean(known[key].title_zh), clean(known[key].title_en)) if key in known else (clean(key), clean(key))
        out.append(_book(named, rules, counts))
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
    marks = {rule.mark for rule, _ in rows}
    alike = marks.pop() if len(marks) == 1 else ""
    withheld = any(row["hidden"] for _, row in rows)
    heads = {"pass": "h_pass", "fail": "h_fail", "undetermined": "h_open"} | (
        {"hidden": "verdict_hidden"} if withheld else {}
    )
    fields = (field("h_clause", 5.2 - withheld), field("h_level", 0.9), field("h_required", 2.4),
              *(field(head, 1.4 if head == "h_open" else 1.2, "right") for head in heads.values()),
              field("h_standing", 2.6))  # fmt: skip
    notes = [
        (clean(rule.title_zh), say(f"level_{rule.level}").zh, required(rule),
         *(f"{int(row[verdict]):,}" for verdict in heads), _standing(rule, alike))
        for rule, row in rows
    ]  # fmt: skip
    shown = sum(1 for _, row in local if row["shown"] and not (row["pass"] or row["fail"]))
    left = {"open": len(local) - len(rows) - shown, "city": len(known) - len(local), "shown": shown}
    parts = listed([say(f"clauses_left_{key}", count=count) for key, count in left.items() if count])
    return Table(
        words=say(f"clauses_book_{alike}" if alike else "clauses_book", book=named),
        fields=fields,
        rows=tuple(notes),
        note=say("clauses_left", parts=(parts.zh, parts.en)) if parts.zh else None,
    )


def _standing(rule: Rule, alike: str) -> str:
    """Where a clause stands, and its mark unless all clauses of the table have that one."""
    mark = f"，{mark_words(rule.mark, 'zh')}" if rule.mark and rule.mark != alike else ""
    return clean(f"{rule.clause}（{rule.year}{mark}）")


def required(rule: Rule) -> str:
    """What a clause asks for, with its unit; a dash where it only shows a figure."""
    unit = unit_words(rule.unit, "zh")
    if rule.least is not None and rule.at_most is not None:
        return f"{rule.least:g}–{rule.at_most:g}{unit}"
    if rule.more_than is not None:
        return f">{rule.more_than:g}{unit}"
    if rule.at_least is not None:
        if rule.unit == "yes":
            return say("should_be").zh
        return "100%" if rule.unit == "%" and rule.at_least == 100 else f"≥{rule.at_least:g}{unit}"
    return "—" if rule.at_most is None else f"≤{rule.at_most:g}{unit}"


def measured(rule: Rule, row: Any) -> str:
    """A published figure with its unit, or the range that is known of it.

    Parameters
    ----------
    rule
        The clause.
    row
        Of :func:`~circle15.render.published.clauses.public_verdicts`: ``observed``, in the clause's unit,
        ``observed_low``, ``observed_high``, each NaN where none is told, and ``verdict``. Where a rounded figure would
        contradict it, the verdict's side of the limit is told.

    Returns
    -------
    str
        A figure that is made of people in tens is marked as about so much; a dash where nothing is told.
    """
    low, high = row["observed_low"], row["observed_high"]
    if not math.isnan(row["observed"]):
        return _figure(rule, row["observed"], row["verdict"])
    if math.isnan(low):
        return "—"
    if math.isnan(high):
        return f"≥{_figure(rule, low, '')}"
    first, last = _figure(rule, low, ""), _figure(rule, high, "")
    if first == last:
        return first
    if min(low, high) < 0:
        return say("between", low=first, high=last).zh
    about = say("people_rough", people="").zh
    return f"{first.removesuffix(unit_words(rule.unit, 'zh'))}–{last.removeprefix(about)}"


def _figure(rule: Rule, value: float, verdict: str) -> str:
    """One figure with its unit."""
    if rule.unit == "yes":
        return say("is_there" if value else "is_not_there").zh
    exposure = EXPOSURE.get(rule.measure)
    if exposure in {"people", "households"} and value in {NEARLY_NONE, NEARLY_ALL}:
        return say("nearly_none" if value == NEARLY_NONE else "nearly_all").zh
    exact = exposure in {"plain", "staff"} or value == 0 or (rule.unit == "%" and value == 100)
    one_sided = (rule.least is None) != (rule.at_most is None)
    if not exact and one_sided and verdict in _SIDES and rule.passes(value) != (verdict == "pass"):
        least, most = _SIDES[verdict]
        least = least if rule.more_than is None else _STRICT[verdict]
        return (
            f"{least}{rule.least:g}{unit_words(rule.unit, 'zh')}"
            if rule.at_most is None
            else f"{most}{rule.at_most:g}{unit_words(rule.unit, 'zh')}"
        )
    shown = f"{number(value, 0 if value >= 100 else 1).removesuffix('.0')}{unit_words(rule.unit, 'zh')}"
    return shown if exact else say("people_rough", people=shown).zh


def _rates(facts: Facts) -> Block:
    ledger, verdicts = facts.analysis.ledger, facts.verdicts
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
        verdict, observed = say("verdict_hidden").zh, measured(rule, row)
        if row["verdict"] != "hidden":
            verdict = verdict_words(row["verdict"], "zh", mark=rule.mark)
        if row["partly"]:
            observed, partly = observed.replace("—", say("observed_partly").zh), True
        rows.append((clean(rule.title_zh), required(rule), observed, verdict))
    notes = [*([say("clauses_rates_partly")] if partly else []),
            *([say("clauses_rates_open", count=undecided)] if undecided else [])]  # fmt: skip
    note = Words(zh="".join(part.zh for part in notes), en=" ".join(part.en for part in notes)) if notes else None
    if not rows:
        return Paragraph(words=note or say("clauses_no_rates"))
    return Table(words=say("clauses_rate_table"), fields=fields, rows=tuple(rows), note=note)


def _lacks(facts: Facts) -> Block:
    ledger = facts.analysis.ledger
    undetermined = ledger.frame[ledger.frame["verdict"] == "undetermined"]
    titles = {rule.clause_id: rule.title_zh for rule in ledger.rules}
    needs: dict[str, dict[str, int]] = {}
    for clause, lacks in zip(undetermined.index.get_level_values("clause_id"), undetermined["lacks"], strict=True):
        for lack in str(lacks).split(", "):
            counts = needs.setdefault(lack, {})
            counts[clause] = counts.get(clause, 0) + 1
    if not needs:
        return Paragraph(words=say("clauses_no_lacks"))
    fields = (field("h_lacks", 3.4), field("h_clauses", 5), field("h_open", 1.2, "right"))
    rows = []
    for lack, counts in sorted(needs.items(), key=lambda entry: (-sum(entry[1].values()), entry[0])):
        named = "；".join(clean(titles.get(clause, clause)) for clause in counts)
        rows.append(
            (
                clean(lacks_words(lack, "zh", pack_services=facts.analysis.city.pack_services)) or "—",
                named,
                f"{sum(counts.values()):,}",
            )
        )
    return Table(words=say("clauses_lack_table"), fields=fields, rows=tuple(rows))
