"""The summary of a report, its verdict first; and the section on data and method."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd

from circle15.catalog.phrases import action_sentences, check_questions, headline
from circle15.model.limits import FEWEST
from circle15.render.published.counts import few, percent, tens
from circle15.render.published.privacy import SUPPRESSED
from circle15.render.report.blocks import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Table,
    clean,
    field,
    listed,
    say,
)
from circle15.render.report.facts import Facts, about
from circle15.render.tables.frames import method_words, source_table
from circle15.render.words import Words

__all__ = ["SHORT_M", "method", "summary", "verdict"]

_CHANGES = {"verdict": 2, "help": 5}
"""How many steps of the ranked list the first page and the summary have."""
SHORT_M = 30.0
"""A link shorter than this is as likely a gap in the map as one on the ground."""


def summary(facts: Facts) -> list[Block]:
    """Who cannot reach what, where it is worst, what would help most, how sure that is."""
    out: list[Block] = [Heading(level=1, words=say("summary")), Paragraph(words=_lead(facts), look="lead")]
    at = facts.analysis.settings.open_at
    if at is not None:
        out.append(Paragraph(words=say("at_moment", moment=(at.zh, at.en))))
    lines = service_lines(facts)
    if lines:
        out.append(Bullets(items=tuple(lines)))
    out += [Heading(level=2, words=say("summary_worst")), *_worst(facts)]
    out += [Heading(level=2, words=say("summary_help")), Bullets(items=tuple(_helps(facts, "help")))]
    sure = [*_sure(facts), *_compliance(facts)]
    if sure:
        out.append(Bullets(items=tuple(sure)))
    return [*out, Paragraph(words=say("people_note"), look="note")]


def verdict(facts: Facts) -> list[Words]:
    """What a reader of the first page alone should know; the lead first."""
    lines = [_lead(facts)]
    if len(facts.analysis.actions.needs) and (facts.published.totals["uncovered"] > 0).any():
        lines.append(_largest(facts, "lead_largest"))
    if len(facts.ranked):
        first = [(facts.names(key), f"{row['index']:.0f}") for key, row in facts.ranked.head(3).iterrows()]
        zh = "、".join(f"{name}（{index}）" for (name, _), index in first)
        en = ", ".join(f"{name} ({index})" for (_, name), index in first)
        lines.append(say("verdict_worst", communities=(zh, en)))
    lines += _helps(facts, "verdict")
    if any(finding.code == "estimated-people" for finding in facts.analysis.findings):
        lines.append(say("verdict_estimated"))
    verdicts = facts.drawn
    if facts.analysis.robustness.draws and len(verdicts):
        counts = verdicts["verdict"].value_counts()
        lines.append(say("verdict_sure", all=f"{(verdicts['verdict'] != 'undetermined').sum():,}",
                         robust=counts.get("robust_gap", 0), likely=counts.get("likely_gap", 0),
                         doubtful=counts.get("doubtful", 0), passes=counts.get("robust_pass", 0)))  # fmt: skip
    return lines


def _walker(facts: Facts) -> tuple[str, str]:
    profile = facts.analysis.profile
    return f"“{profile.title_zh}”", profile.title_en


def _city(facts: Facts) -> tuple[str, str]:
    return clean(facts.analysis.city.title_zh), clean(facts.analysis.city.title_en)


def _lead(facts: Facts) -> Words:
    """How many lack how much, where and what; where nothing is known of that, the largest gap."""
    analysis = facts.analysis
    lack = [
        headline(analysis.actions, analysis.city.communities, language, pack_services=analysis.city.pack_services)
        for language in ("zh", "en")
    ]
    if not all(lack):
        return _largest(facts, "lead")
    zh, en = (clean(sentences[0]) for sentences in lack)
    return say("lead_needs", city=_city(facts), walker=_walker(facts), needs=(zh, en))


def _largest(facts: Facts, told_as: Literal["lead", "lead_largest"]) -> Words:
    """The service that most people lack."""
    totals, elders = facts.published.totals, about(facts.published.elders)
    values = {
        "city": _city(facts), "elders": elders, "minutes": f"{facts.analysis.settings.circle_min:g}",
        "walker": _walker(facts),
    }  # fmt: skip
    if not len(totals):
        return say("lead_nothing", **values)
    worst = totals["uncovered"].idxmax()
    row = totals.loc[worst]
    if row["uncovered"] <= 0 and (totals["uncovered"] == 0).all():
        return say("lead_covered", **values)
    share = percent(max(row["uncovered"], 0) / row["placed"]) if row["placed"] > 0 else "—"
    words = facts.service(worst)
    noun = facts.known[str(worst)].noun_en
    return say(told_as, **values, service=(words.zh, noun), people=about(row["uncovered"]), percent=share)


def service_lines(facts: Facts) -> list[Words]:
    """One line a service, most people out of reach first; the undetermined ones last, in one line."""
    totals, cells = facts.published.totals, facts.published.cells
    offers = facts.analysis.city.facilities.in_service().offers()["service"].value_counts()
    lines = []
    for key in totals["uncovered"].sort_values(ascending=False, kind="stable").index if len(totals) else ():
        row = totals.loc[key]
        words, sites = facts.service(key), f"{int(offers.get(key, 0)):,}"
        if row["uncovered"] <= 0:
            kind = "service_line_few" if row["uncovered"] == SUPPRESSED else "service_line_all"
            lines.append(say(kind, service=(words.zh, words.en), sites=sites))
            continue
        here = cells.loc[cells.index.get_level_values("service") == key, "uncovered"].droplevel("service").dropna()
        worst = facts.names(here.idxmax()) if len(here) else ("—", "—")
        share = percent(row["uncovered"] / row["placed"]) if row["placed"] > 0 else "—"
        lines.append(say("service_line", service=(words.zh, words.en), sites=sites, community=worst,
                         people=about(row["uncovered"]), percent=share))  # fmt: skip
    unknown = [facts.service(key) for key in facts.known if key in facts.analysis.coverage.undetermined]
    if unknown:
        named = listed(unknown)
        lines.append(say("undetermined", services=(named.zh, named.en)))
    return lines


def _worst(facts: Facts) -> list[Block]:
    table = ranking(facts, 5)
    if not len(table.rows):
        return [Paragraph(words=say("worst_none"))]
    return [Table(words=say("worst_table"), fields=table.fields, rows=table.rows, note=say("worst_note"))]


def ranking(facts: Facts, most: int) -> Table:
    """Communities by gap index: people, index and interval, what each lacks most and for how many."""
    drawn: Any = facts.published.intervals
    fields = [field("h_rank", 0.8, "right"), field("h_community", 2.4), field("h_subdistrict", 1.6),
              field("h_elders", 1.25, "right"), field("h_index", 0.8, "right")]  # fmt: skip
    if len(drawn):
        fields.append(field("h_interval", 1.35, "center"))
    fields += [field("h_worst", 2.2), field("h_out", 1.3, "right")]
    rows = []
    for key, row in facts.ranked.head(most).iterrows():
        cell = _cell(facts, key, row["worst_service"])
        lacks = row["uncovered_worst"] > 0
        line = [f"{row['rank']:.0f}", facts.name(key), facts.subdistrict(key),
                few(facts.published.places["pop_60plus"][key]), f"{row['index']:.0f}"]  # fmt: skip
        if len(drawn):
            line.append(interval(facts, key))
        line += [facts.service(row["worst_service"]).zh if lacks else say("nothing_lacking").zh,
                 few(cell["uncovered"], rough=True) if lacks and cell is not None else "—"]  # fmt: skip
        rows.append(tuple(line))
    return Table(words=say("gaps_all"), fields=tuple(fields), rows=tuple(rows))


def interval(facts: Facts, community: Any) -> str:
    """The index' interval over random draws, a dash without any."""
    drawn: Any = facts.published.intervals
    if community not in drawn.index or pd.isna(drawn.loc[community, "index_low"]):
        return "—"
    return f"{drawn.loc[community, 'index_low']:.0f}–{drawn.loc[community, 'index_high']:.0f}"


def _cell(facts: Facts, community: Any, service: Any) -> Any:
    cells = facts.published.cells
    return cells.loc[(community, service)] if (community, service) in cells.index else None


def _helps(facts: Facts, told_as: Literal["help", "verdict"]) -> list[Words]:
    """The changes that would help most of all kinds, the best link, and gates, as far as something is known of them.

    The first page has the former alone, where there are any; where there is none the largest gap that lacks a facility.
    """
    attribution, published = facts.analysis.attribution, facts.published
    gaps: Any = published.cells
    circle = f"{facts.analysis.settings.circle_min:g}"
    lines = _best_changes(facts, _CHANGES[told_as])
    if lines and told_as == "verdict":
        return lines
    if len(attribution.links):
        best = attribution.links.iloc[0]
        crosses, serves = crossing(best["crosses"]), int(published.serves[best.name])
        values = {"length": f"{best['length_m']:,.0f}", "crosses": (crosses.zh, crosses.en)}
        lacking = published.summed("uncovered", attribution.frame.index) if len(attribution.frame) else 0
        share = percent(min(1.0, serves / lacking)) if min(serves, lacking) >= FEWEST else "—"
        link = say(f"{told_as}_link", **values, people=about(serves), minutes=circle, percent=share)
        if best["length_m"] < SHORT_M:
            short = say("short_link")
            link = Words(zh=link.zh + short.zh, en=f"{link.en} {short.en}")
        lines.append(link)
    if len(attribution.frame):
        today, opened = (published.summed(world, attribution.frame.index) for world in ("uncovered", "uncovered_gates"))
        if today - max(opened, 0) >= FEWEST:
            lines.append(say(f"{told_as}_gate", people=about(today - max(opened, 0)), minutes=circle))
        gaps = published.left[attribution.frame["cause"].isin(["facility", "mixed"])].sort_index(kind="stable")
    if not len(facts.analysis.actions) and len(gaps) and float(gaps["uncovered"].max()) >= FEWEST:
        community, service = gaps["uncovered"].idxmax()
        words = facts.service(service)
        lines.append(say(f"{told_as}_facility", community=facts.names(community), service=(words.zh, words.en),
                         people=about(float(gaps["uncovered"].max()))))  # fmt: skip
    return lines or [say(f"{told_as}_none")]


def _best_changes(facts: Facts, most: int) -> list[Words]:
    """The first steps of the ranked list, by published numbers of people."""
    actions, city = facts.analysis.actions, facts.analysis.city
    if not len(actions):
        return []
    steps = actions.frame["step"].sort_values().index[:most]
    zh, en = (
        action_sentences(actions, city.communities, language, pack_services=city.pack_services)[steps]
        for language in ("zh", "en")
    )
    return [Words(zh=clean(first), en=clean(second)) for first, second in zip(zh, en, strict=True)]


def crossing(codes: Any) -> Words:
    """What a link crosses, in words."""
    known = ("water", "rail", "private", "open")
    return listed([say(f"crosses_{code}") if code in known else Words(zh=clean(code), en=clean(code))
                   for code in str(codes).split("+")])  # fmt: skip


def _sure(facts: Facts) -> list[Words]:
    robustness = facts.analysis.robustness
    if not robustness.draws or not len(robustness.frame):
        return []
    judged = facts.drawn["verdict"] != "undetermined"
    robust = facts.drawn["verdict"] == "robust_gap"
    return [say("sure_line", draws=robustness.draws, all=f"{judged.sum():,}", robust=f"{robust.sum():,}"),
            *_first_check(facts)]  # fmt: skip


def _first_check(facts: Facts) -> list[Words]:
    checks, pack_services = facts.analysis.robustness.checks, facts.analysis.city.pack_services
    if not len(checks):
        return []
    first = checks.sort_values("rank", kind="stable").head(1)
    zh, en = (clean(check_questions(first, language, pack_services=pack_services).iloc[0]) for language in ("zh", "en"))
    return [say("checks_line", checks=f"{len(checks):,}", question=(zh, en))]


def _compliance(facts: Facts) -> list[Words]:
    ledger = facts.analysis.ledger
    if not len(ledger):
        return []
    frame: Any = facts.verdicts
    marks = {rule.clause_id: rule.mark or "stated" for rule in ledger.rules}
    mark = frame.index.get_level_values("clause_id").map(marks)
    counts = {
        f"{outcome}_{kind}": f"{((frame['verdict'] == verdict) & (mark == kind)).sum():,}"
        for outcome, verdict in (("passed", "pass"), ("failed", "fail"))
        for kind in ("stated", "indicative", "project")
    }
    return [say("ledger_line", books=len({rule.book for rule in ledger.rules}), rules=len(ledger.rules),
                open=f"{(frame['verdict'] == 'undetermined').sum():,}", **counts)]  # fmt: skip


# -- data and method ---------------------------------------------------------------------------------


def method(facts: Facts) -> list[Block]:
    """Where the data come from, and how every number is made."""
    return [
        Heading(level=1, words=say("method")),
        Heading(level=2, words=say("method_sources")),
        _sources(facts),
        Heading(level=2, words=say("method_how")),
        Bullets(items=tuple(_how(facts))),
    ]


def _sources(facts: Facts) -> Table:
    fields = (field("h_layer", 4), field("h_nature", 0.9), field("h_date", 1.2), field("h_licence", 1.2),
              field("h_file", 2.2))  # fmt: skip
    rows = []
    for row in source_table(facts.analysis.city).itertuples():
        origin = clean(f"{row.label_zh} {row.attribution}".strip())
        made = str(say("made_up")) if row.synthetic else ""
        rows.append((origin, made, clean(row.date) or say("no_date").zh, clean(row.licence), clean(row.file)))
    return Table(words=say("sources_table"), fields=fields, rows=tuple(rows))


def _how(facts: Facts) -> list[Words]:
    analysis = facts.analysis
    profile, settings = analysis.profile, analysis.settings
    circle = f"{settings.circle_min:g}"
    used = dict.fromkeys(str(item) for item in analysis.demand.points.by_community["method"].dropna())
    methods = [method_words(item).partition(" ") for item in used]
    named = ("、".join(zh for zh, _, _ in methods), ", ".join(en for _, _, en in methods))
    cutoffs = tuple(comma.join(f"{cutoff:g}" for cutoff in settings.cutoffs_min) for comma in ("、", ", "))
    weights = analysis.gaps.weights
    listed_weights = (
        "，".join(f"{facts.service(key).zh}{weight:.3f}" for key, weight in weights.items()),
        ", ".join(f"{facts.service(key).en} {weight:.3f}" for key, weight in weights.items()),
    )
    frame = analysis.coverage.frame
    lost = frame["pop_60plus_unplaced"].groupby(level="community_id").first().sum() if len(frame) else 0.0
    lines = [
        say("method_covered"),
        say("method_walker", walker=(profile.title_zh, profile.title_en), speed=f"{profile.speed_mps:g}",
            stairs=f"{profile.stairs_mps:g}", signal=f"{profile.signal_s:g}", minutes=circle,
            reach=f"{profile.reach_m(settings.circle_min):,.0f}", citation=profile.citation),
        say("method_cutoffs", cutoffs=cutoffs, minutes=circle),
        say("method_people", methods=named),
        say("method_gap"),
    ]  # fmt: skip
    leg_m = analysis.demand.points.leg_mm[analysis.demand.points.leg_mm > 0] / 1000
    if len(leg_m):
        lines.append(say("method_home_leg", least=f"{leg_m.min():.0f}", most=f"{leg_m.max():.0f}"))
    if len(set(weights.values())) == 1:
        lines.append(say("method_weights_equal", count=len(weights), weight=f"{next(iter(weights.values())):.3f}"))
    elif weights:
        lines.append(say("method_weights", weights=listed_weights))
    if settings.open_at is not None:
        lines.append(say("at_moment", moment=(settings.open_at.zh, settings.open_at.en)))
    adrift = frame["pop_60plus_undetermined"].groupby(level="community_id").max().sum() if len(frame) else 0.0
    if adrift > 0:
        lines.append(say("method_adrift", people=about(tens(float(adrift)))))
    lines.append(say("method_undetermined"))
    return [*lines, say("method_unplaced", unplaced=about(tens(float(lost))))] if lost > 0 else lines
