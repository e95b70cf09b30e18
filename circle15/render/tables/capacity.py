"""Who gets a seat as plain tables: by community, service, policy and facility; and where seats are short."""

from __future__ import annotations

import pandas as pd

from circle15.catalog import services
from circle15.catalog.palette import colours
from circle15.catalog.phrases import capacity_assumptions, floating_sentences, shortage_sentences
from circle15.model import Analysis
from circle15.model.limits import FEWEST
from circle15.render.tables.book import Book, Sheet
from circle15.render.tables.columns import rounded
from circle15.render.tables.frames import synthetic_layers
from circle15.render.tables.style import block, head, line, page, table_sheet
from circle15.render.words import both

__all__ = ["capacity_sheets", "capacity_table", "load_table", "policy_table", "seat_table", "shortage_table"]

_SERVICE = ("service_zh", "service_en")
_PARTS = {
    "demand": "capacity_demand", "served": "capacity_served", "full_in_reach": "capacity_full",
    "out_of_reach": "capacity_out", "unknown": "capacity_unknown", "walk_min": "capacity_walk_min",
    "floating": "capacity_floating",
}  # fmt: skip
_TOTALS = {
    **{key: column for key, column in _PARTS.items() if key not in ("walk_min", "floating")},
    "served_high": "capacity_served_high", "seats": "capacity_seats", "idle": "capacity_idle",
    "floating_used": "capacity_floating_used", "facilities": "capacity_sites",
    "facilities_unknown": "capacity_sites_unknown",
}  # fmt: skip
_POLICIES = {"served": "capacity_served", "walk_min": "capacity_walk_min", "least_share": "capacity_least_share"}
_LOADS = {
    "seats": "capacity_seats", "used": "capacity_used", "idle": "capacity_idle", "in_reach": "capacity_in_reach",
    "one_more": "capacity_one_more", "used_nearest": "capacity_used_nearest", "walk_min": "capacity_walk_min",
}  # fmt: skip
_QUIET = colours("house")["quiet"]
_WIDTHS = (18, 18, *(14,) * 11)


def capacity_table(analysis: Analysis) -> pd.DataFrame:
    """One row per community and service with seats: who comes on a day, is served, finds all full, reaches nothing."""
    table = _named(analysis, analysis.capacity.frame.rename(columns=_PARTS)).reset_index()
    names = analysis.city.communities.frame["name"]
    table["name"] = names.reindex(table["community_id"]).to_numpy()
    table["synthetic"] = "+".join(synthetic_layers(analysis.city))
    return rounded(table[["community_id", "name", *_SERVICE, *_PARTS.values(), "synthetic"]])


def seat_table(analysis: Analysis) -> pd.DataFrame:
    """One row per service with seats: the sums, most that could be served, seats, and facilities that do not say."""
    table = _named(analysis, analysis.capacity.totals.rename(columns=_TOTALS))
    return rounded(table[[*_SERVICE, *_TOTALS.values()]].reset_index(drop=True))


def policy_table(analysis: Analysis) -> pd.DataFrame:
    """One row per service and policy of sharing out: who is served, walk, least share of a community."""
    table = _named(analysis, analysis.capacity.policies.rename(columns=_POLICIES))
    table["capacity_policy"] = [str(both(f"policy_{key}")) for key in table.index.get_level_values("policy")]
    return rounded(table[[*_SERVICE, "capacity_policy", *_POLICIES.values()]].reset_index(drop=True))


def load_table(analysis: Analysis) -> pd.DataFrame:
    """One row per facility and service: seats, those taken and idle, who can walk there, whether one more helps."""
    table = _named(analysis, analysis.capacity.loads.rename(columns=_LOADS)).reset_index()
    table["name"] = analysis.city.facilities.frame["name"].reindex(table["facility_id"]).to_numpy()
    said = {True: str(both("said_yes")), False: str(both("said_no"))}
    table["capacity_one_more"] = ["" if pd.isna(more) else said[bool(more)] for more in table["capacity_one_more"]]
    return rounded(table[["facility_id", "name", *_SERVICE, *_LOADS.values()]])


def shortage_table(analysis: Analysis) -> pd.DataFrame:
    """A sentence for each group of communities that is short of seats for ten people or more, the largest first."""
    found = analysis.capacity
    kept = found.shortages.index[found.shortages["short"] >= FEWEST]
    pack = analysis.city.pack_services
    told = {f"shortage_{tongue}": shortage_sentences(found, tongue, pack_services=pack) for tongue in ("zh", "en")}
    return pd.DataFrame(told).loc[kept].reset_index(drop=True)


def _named(analysis: Analysis, table: pd.DataFrame) -> pd.DataFrame:
    """With titles of the services of its index."""
    known = services(analysis.city.pack_services)
    keys = table.index.get_level_values("service")
    titles = {f"service_{tongue}": [getattr(known[key], f"title_{tongue}") for key in keys] for tongue in ("zh", "en")}
    return table.assign(**titles)


def capacity_sheets(book: Book, analysis: Analysis) -> None:
    """Two sheets: the city with what was assumed, policies, shortages and facilities; and communities."""
    found, city = analysis.capacity, analysis.city
    if not len(found):
        return
    sheet = book.sheet(str(both("sheet_capacity")))
    row = head(sheet, city, both("heading_capacity").heading, 8)
    for tongue in ("zh", "en"):
        pack = {"pack_services": city.pack_services}
        for said in (*capacity_assumptions(found, tongue, **pack), *floating_sentences(found, tongue, **pack)):
            row = line(sheet, row, said, _WIDTHS[:8], color=_QUIET)
    for key, table in (
        ("seats", seat_table(analysis)),
        ("policies", policy_table(analysis)),
        ("loads", load_table(analysis)),
    ):
        if len(table):
            row = block(sheet, row + 1, str(both(f"part_{key}")), table, _WIDTHS)
        if key == "policies":
            row = _shortages(sheet, row, shortage_table(analysis))
    for place, width in enumerate(_WIDTHS):
        sheet.width(place, width)
    page(sheet, header_row=None)
    table_sheet(book, city, "capacity_communities", capacity_table(analysis).drop(columns="synthetic"))


def _shortages(sheet: Sheet, row: int, table: pd.DataFrame) -> int:
    """Sentences over the width of the sheet, Chinese and below it English; return the row below them."""
    if not len(table):
        return row
    row = line(sheet, row + 1, str(both("part_shortages")), _WIDTHS[:8], bold=True, size=12)
    for zh, en in zip(table["shortage_zh"], table["shortage_en"], strict=True):
        row = line(sheet, row, zh, _WIDTHS[:8])
        row = line(sheet, row, en, _WIDTHS[:8], color=_QUIET)
    return row
