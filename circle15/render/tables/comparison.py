"""What changed between two runs: a few lines for a terminal, ``compare.xlsx`` and exact tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from circle15.catalog import services
from circle15.catalog.norm_words import verdict_words
from circle15.model.runs import EQUITY_FIGURES, VERDICT_FIGURES, Comparison
from circle15.render.atomic import write_whole
from circle15.render.tables.book import Book
from circle15.render.tables.columns import columns, rounded
from circle15.render.tables.files import write_csv
from circle15.render.tables.ledger import level_words
from circle15.render.tables.style import table_sheet
from circle15.render.words import both

__all__ = ["comparison_lines", "save_comparison"]

_MOST = 5
_HEADINGS = {"communities": "compared_communities", "gaps": "compared_gaps", "equity": "compared_equity"}
"""Sheets that ``gaps.xlsx`` has too, under other headings."""


def save_comparison(comparison: Comparison, folder: str | Path) -> Path:
    """Write ``compare.xlsx``, ``compare.csv`` (community x service) and ``compare-verdicts.csv``, each whole.

    The workbook tells the published figures, as ``gaps.xlsx`` does, and no verdicts on shares of people; the other two
    are exact and not to be passed on.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    folder = Path(folder)
    content = _workbook(comparison.told or comparison)
    write_whole(folder / "compare.xlsx", lambda part: part.write_bytes(content))
    write_csv(_gap_table(comparison), folder / "compare.csv")
    write_csv(_verdict_table(comparison), folder / "compare-verdicts.csv")
    return folder


def _workbook(comparison: Comparison) -> bytes:
    book = Book()
    pair = f"{comparison.before} → {comparison.after}"
    compared = [pair] if comparison.comparable else [pair, _say("compare_not_comparable")]
    made = [_say("compare_synthetic")] if comparison.synthetic else []
    for key, said, table in (
        ("settings", compared, _setting_table(comparison)),
        ("inputs", [], _input_table(comparison)),
        ("city", compared, _total_table(comparison)),
        ("communities", compared, _community_table(comparison)),
        ("gaps", compared, _gap_table(comparison)),
        ("clauses", [pair], _clause_table(comparison)),
        ("equity", compared, _equity_table(comparison)),
        ("verdicts", [pair], _verdict_table(comparison)),
        ("only", [], _only_table(comparison)),
    ):
        none = [] if len(table) else [_say("compare_none")]
        below = " · ".join([*said, *none, *made])
        table_sheet(book, None, key, table, heading=_HEADINGS.get(key, ""), below=below)
    return book.to_bytes(f"{comparison.title_zh} {comparison.title_en} {pair}")


# -- tables ----------------------------------------------------------------------------------------


def _setting_table(comparison: Comparison) -> pd.DataFrame:
    table = comparison.settings.rename(columns={"before": "setting_before", "after": "setting_after"})
    return table.assign(decides=table["decides"].map({True: _say("said_yes"), False: ""}))


def _input_table(comparison: Comparison) -> pd.DataFrame:
    return comparison.inputs.assign(change=[_say(f"change_{change}") for change in comparison.inputs["change"]])


def _services(comparison: Comparison, table: pd.DataFrame) -> pd.DataFrame:
    """A table with a column ``service`` in the catalogue's order, those of packs last, their titles beside it."""
    known = {key: (service.title_zh, service.title_en) for key, service in services().items()}
    known = known | {key: titles for key, titles in comparison.titles.items() if key not in known}
    order = {key: place for place, key in enumerate(known)}
    place = table["service"].map(order).fillna(len(order))
    table = table.iloc[place.argsort(kind="stable")].reset_index(drop=True)
    for side, language in enumerate(("zh", "en")):
        titles = {key: both[side] for key, both in known.items()}
        table[f"service_{language}"] = table["service"].map(titles).fillna(table["service"])
    return table


def _total_table(comparison: Comparison) -> pd.DataFrame:
    table = _services(comparison, comparison.totals.reset_index())
    figures = [f"{part}_{when}" for part in ("share", "uncovered") for when in ("before", "after", "change")]
    return rounded(table[["service_zh", "service_en", *figures]])


def _community_table(comparison: Comparison) -> pd.DataFrame:
    kept = ["community_id", "name", "index_before", "index_after", "index_change", "rank_before", "rank_after"]
    return rounded(comparison.communities.reset_index()[kept])


def _gap_table(comparison: Comparison) -> pd.DataFrame:
    table = comparison.gaps.reset_index()
    for when in ("before", "after"):
        table[f"status_{when}"] = [_state(status) for status in table[f"status_{when}"]]
    table = _services(comparison, table).sort_values("community_id", kind="stable")
    figures = [f"{part}_{when}" for part in ("share", "uncovered") for when in ("before", "after", "change")]
    others = [f"{part}_{when}" for part in ("mean_min", "elders", "status") for when in ("before", "after")]
    return rounded(table[["community_id", "name", "service_zh", "service_en", *figures, *others]])


def _verdict_table(comparison: Comparison) -> pd.DataFrame:
    figures = [f"{part}_{when}" for when in ("before", "after") for part in VERDICT_FIGURES]
    kept = ["level", "unit_name", "clause_zh", "clause_en", "was", "became", *figures]
    if not len(comparison.verdicts):
        return pd.DataFrame(columns=kept)
    table = comparison.verdicts.reset_index()
    table["level"] = level_words(table["level"])
    for column, source in (("was", "verdict_before"), ("became", "verdict_after")):
        table[column] = [_verdict(word) for word in table[source]]
    return rounded(table[kept])


def _clause_table(comparison: Comparison) -> pd.DataFrame:
    kept = ["clause_id", "clause_zh", "clause_en", "pass_before", "pass_after", "fail_before", "fail_after"]
    if not len(comparison.clauses):
        return pd.DataFrame(columns=kept)
    return comparison.clauses.reset_index()[kept]


def _equity_table(comparison: Comparison) -> pd.DataFrame:
    kept = ["service_zh", "service_en", "figure", "figure_before", "figure_after", "figure_change"]
    if not len(comparison.equity):
        return pd.DataFrame(columns=kept)
    table = _services(comparison, comparison.equity.reset_index())
    headed = {figure: f"{columns()[figure].zh} {columns()[figure].en}" for figure in EQUITY_FIGURES}
    table["figure"] = table["figure"].map(headed)
    return table.rename(columns={part: f"figure_{part}" for part in ("before", "after", "change")})[kept]


def _verdict(word: str) -> str:
    known = word in {"pass", "fail", "undetermined", "shown"}
    return f"{verdict_words(word, 'zh')} {verdict_words(word, 'en')}" if known else word


def _state(status: str) -> str:
    return _say(f"state_{status}" if status else "state_absent")


def _only_table(comparison: Comparison) -> pd.DataFrame:
    rows = [
        {"run": run, "community_id": key, "name": name}
        for run, communities in ((comparison.before, comparison.only_before), (comparison.after, comparison.only_after))
        for key, name in communities.items()
    ]
    return pd.DataFrame(rows, columns=["run", "community_id", "name"])


# -- lines -----------------------------------------------------------------------------------------


def comparison_lines(comparison: Comparison) -> list[str]:
    """What ``circle15 compare`` prints: first what makes figures incomparable, then what changed."""
    city = " ".join(dict.fromkeys((comparison.title_zh, comparison.title_en)))
    lines = [f"{city}: {comparison.before} → {comparison.after}"]
    if comparison.synthetic:
        lines.append("※ " + _say("compare_synthetic"))
    lines += _setting_lines(comparison)
    lines += _input_lines(comparison)
    lines += _total_lines(comparison)
    lines += _community_lines(comparison)
    lines += _verdict_lines(comparison)
    for run, communities in ((comparison.before, comparison.only_before), (comparison.after, comparison.only_after)):
        if communities:
            lines.append(_say("compare_only", run=run, count=len(communities), names=_few(communities)))
    return lines


def _say(key: str, **values: object) -> str:
    return str(both(key, **values))


def _few(names: Mapping[str, str]) -> str:
    shown = ", ".join(list(names.values())[:_MOST])
    return f"{shown} …" if len(names) > _MOST else shown


def _setting_lines(comparison: Comparison) -> Iterator[str]:
    if not len(comparison.settings):
        yield _say("compare_same_settings")
        return
    if not comparison.comparable:
        yield "! " + _say("compare_not_comparable") + ":"
    rows: Any = comparison.settings.itertuples()
    for row in rows:
        yield f"  {'!' if row.decides else '·'} {row.setting}: {row.before or '—'} → {row.after or '—'}"


def _input_lines(comparison: Comparison) -> Iterator[str]:
    if not len(comparison.inputs):
        yield _say("compare_same_inputs")
        return
    yield _say("compare_inputs", count=len(comparison.inputs))
    rows: Any = comparison.inputs.itertuples()
    for row in rows:
        yield f"  · {_say(f'change_{row.change}')}: {row.file or row.label_zh}"


def _total_lines(comparison: Comparison) -> Iterator[str]:
    table: Any = _total_table(comparison)
    if not len(table):
        yield _say("compare_nothing_known")
        return
    yield _say("compare_totals")
    for row in table.itertuples():
        name = " ".join(dict.fromkeys((row.service_zh, row.service_en)))
        yield (
            f"  {name}: {row.share_before:.1%} → {row.share_after:.1%} ({row.share_change * 100:+.1f}), "
            f"{row.uncovered_before:,.0f} → {row.uncovered_after:,.0f} ({row.uncovered_change:+,.0f})"
        )


def _community_lines(comparison: Comparison) -> Iterator[str]:
    table: Any = comparison.communities
    for key, rows in (
        ("compare_worse", table[table["index_change"] > 0].head(_MOST)),
        ("compare_better", table[table["index_change"] < 0].iloc[::-1].head(_MOST)),
    ):
        if len(rows):
            yield _say(key)
        for row in rows.itertuples():
            yield f"  {row.name}: {row.index_before:.1f} → {row.index_after:.1f} ({row.index_change:+.1f})"


def _verdict_lines(comparison: Comparison) -> Iterator[str]:
    if not len(comparison.verdicts):
        yield _say("compare_same_verdicts")
        return
    yield _say("compare_verdicts", count=len(comparison.verdicts))
    counts: Any = comparison.verdicts.groupby(["verdict_before", "verdict_after"]).size()
    for (was, became), count in counts.items():
        yield f"  {_verdict(str(was))} → {_verdict(str(became))}: {count:,}"
