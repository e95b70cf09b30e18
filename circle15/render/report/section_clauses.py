"""The section of a report on clauses: how many comply, what the whole city is asked, what has to be supplied."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from circle15.catalog import column_title
from circle15.catalog.norm_books import norm_books
from circle15.model.norms import Rule
from circle15.render.file_words import Words
from circle15.render.report.blocks import Block, Heading, Paragraph, Table, clean, field, say
from circle15.render.report.facts import Facts, number
from circle15.render.report.published import rounded_percent, tens

__all__ = ["clauses", "measured", "required"]

_UNITS = {"%": "percent", "m2": "m2", "m2/100hh": "m2_100hh", "": "yes"}


def clauses(facts: Facts) -> list[Block]:
    """Verdicts by clause, book after book; figures of the whole city; what undetermined clauses need."""
    ledger = facts.analysis.ledger
    out: list[Block] = [Heading(level=1, words=say("clauses"))]
    if not len(ledger):
        return [*out, Paragraph(words=say("clauses_none"))]
    out.append(Paragraph(words=say("clauses_lead")))
    counts = ledger.counts()
    for book in dict.fromkeys(rule.book for rule in ledger.rules):
        out.append(_book(book, [rule for rule in ledger.rules if rule.book == book], counts))
    out += [Heading(level=2, words=say("clauses_rates")), _rates(facts)]
    return [*out, Heading(level=2, words=say("clauses_lacks")), _lacks(facts)]


def _book(key: str, rules: Iterable[Rule], counts: pd.DataFrame) -> Table:
    fields = (field("h_clause", 5.2), field("h_level", 0.9), field("h_required", 1.8), field("h_pass", 0.8, "right"),
              field("h_fail", 0.9, "right"), field("h_open", 1.0, "right"), field("h_shown", 0.9, "right"),
              field("h_standing", 1.5))  # fmt: skip
    rows = []
    for rule in rules:
        place = (rule.level, rule.clause_id)
        row = (
            counts.loc[place] if place in counts.index else dict.fromkeys(("pass", "fail", "undetermined", "shown"), 0)
        )
        told = [f"{int(row[verdict]):,}" for verdict in ("pass", "fail", "undetermined", "shown")]
        standing = f"{rule.clause}（{rule.year}）" + ("" if rule.verified else f" {say('indicative').zh}")
        rows.append((clean(rule.title_zh), say(f"level_{rule.level}").zh, required(rule), *told, clean(standing)))
    book = norm_books().get(key)
    named = ("、".join([book.title_zh]), book.title_en) if book else (clean(key), clean(key))
    return Table(words=say("clauses_book", book=named), fields=fields, rows=tuple(rows))


def required(rule: Rule) -> str:
    """What a clause asks for, with its unit; a dash where it only shows a figure."""
    unit = _unit(rule.unit)
    if rule.at_least is not None and rule.at_most is not None:
        return f"{rule.at_least:g}–{rule.at_most:g} {unit}".strip()
    if rule.at_least is not None:
        return "应有" if rule.unit == "yes" else f"≥{rule.at_least:g} {unit}".strip()
    return "—" if rule.at_most is None else f"≤{rule.at_most:g} {unit}".strip()


def _unit(unit: str) -> str:
    return say(f"unit_{_UNITS.get(unit, unit)}").zh


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
    if pd.isna(observed):
        return "—"
    if rule.unit == "yes":
        return "有" if observed else "无"
    if rule.unit == "%" and rule.measure.startswith(("people_", "registered_")):
        return rounded_percent(observed, people)
    if rule.unit == "people" and rule.measure == "people_per_facility":
        return f"约{max(tens(observed), 0):,} {_unit(rule.unit)}"
    return f"{number(observed, 0 if observed >= 100 else 1).removesuffix('.0')} {_unit(rule.unit)}".strip()


def _rates(facts: Facts) -> Block:
    ledger = facts.analysis.ledger
    elders = float(facts.analysis.city.communities.frame["pop_60plus"].sum())
    fields = (field("h_clause", 5), field("h_required", 1.8), field("h_observed", 1.6), field("h_verdict", 1.4))
    rows = []
    for rule in ledger.rules:
        place = ("city", "city", rule.clause_id)
        if rule.level != "city" or place not in ledger.frame.index:
            continue
        row = ledger.frame.loc[place]
        rows.append((clean(rule.title_zh), required(rule), measured(rule, row["observed"], elders),
                     verdict_words(row).zh))  # fmt: skip
    if not rows:
        return Paragraph(words=say("clauses_no_rates"))
    return Table(words=say("clauses_rate_table"), fields=fields, rows=tuple(rows))


def verdict_words(row: pd.Series) -> Words:
    """A verdict in words, with the mark of indicative ones."""
    known = {"undetermined": "undetermined_verdict"}.get(row["verdict"], row["verdict"])
    words, mark = say(known), say("indicative")
    if not row["indicative"] or row["verdict"] not in {"pass", "fail"}:
        return words
    return Words(zh=f"{words.zh}（{mark.zh}）", en=f"{words.en} ({mark.en})")


def _lacks(facts: Facts) -> Block:
    ledger = facts.analysis.ledger
    open_rows = ledger.frame[ledger.frame["verdict"] == "undetermined"]
    titles = {rule.clause_id: rule.title_zh for rule in ledger.rules}
    needs: dict[str, dict[str, int]] = {}
    for (_, _, clause), lacks in open_rows["lacks"].items():
        for one in (part.strip() for part in str(lacks).split(",")):
            needs.setdefault(one, {}).setdefault(clause, 0)
            needs[one][clause] += 1
    if not needs:
        return Paragraph(words=say("clauses_no_lacks"))
    fields = (field("h_lacks", 2.4), field("h_clauses", 5), field("h_open", 1, "right"))
    rows = []
    for one, found in sorted(needs.items(), key=lambda entry: (-sum(entry[1].values()), entry[0])):
        named = "；".join(clean(titles.get(clause, clause)) for clause in found)
        rows.append((_lack(one), named, f"{sum(found.values()):,}"))
    return Table(words=say("clauses_lack_table"), fields=fields, rows=tuple(rows))


def _lack(code: str) -> str:
    """A missing column as a planner calls it, with our name for it."""
    bare = code.removeprefix("facilities.").removeprefix("communities.")
    title = column_title(bare)
    return clean(code) if title == bare else clean(f"{title}（{code}）")
