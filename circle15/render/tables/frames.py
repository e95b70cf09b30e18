"""An analysis as plain tables: what gaps.csv, gaps.xlsx and circle15.gpkg have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog import services, text
from circle15.catalog.phrases import (
    check_communities,
    check_questions,
    community_sentences,
    gap_sentences,
    remedy_sentences,
    type_names,
)
from circle15.model import Analysis, City, Communities
from circle15.model.limits import FEWEST
from circle15.model.places import ELDERS_IN_NEED, PEOPLE
from circle15.render.published.privacy import SUPPRESSED, public_tens
from circle15.render.tables.columns import columns, rounded
from circle15.render.words import both

__all__ = [
    "check_table",
    "community_table",
    "gap_table",
    "service_table",
    "service_titles",
    "source_table",
    "subdistrict_gap_table",
    "subdistrict_table",
    "synthetic_layers",
]


_PLACE = (
    "name",
    "name_en",
    "subdistrict",
    "subdistrict_en",
    "community_type",
    "priority_flag",
    "outline",
    "people_basis",
)
_COUNTED = ("parts", "households", "households_registered", "population_registered", *ELDERS_IN_NEED)
_COVERAGE = (
    "population",
    "population_covered",
    "population_uncovered",
    "population_unplaced",
    "population_undetermined",
    "population_share",
    "pop_60plus",
    "pop_60plus_covered",
    "pop_60plus_unplaced",
    "pop_60plus_undetermined",
    "choices",
)
_SERVICE = (
    "service_zh",
    "service_en",
    "status",
    "facilities",
    "share",
    "uncovered",
    "pop_60plus_covered",
    "pop_60plus_unplaced",
    "pop_60plus_undetermined",
    "worst_community",
)
_MISSING = (
    "cause", "uncovered_gates", "uncovered_link", "uncovered_direct", "uncovered_straight",
    "uncovered_visitor", "uncovered_closed", "link_id", "remedy_zh", "remedy_en",
)  # fmt: skip
_DRAWN = ("required", "share_low", "share_high", "p_below")
_NOBODY_KNOWS = "people_unknown"
"""Status of a determined service where nobody knows how many people aged 60+ live."""
_SUBDISTRICT = (
    "subdistrict", "service", "service_zh", "service_en", "profile", "cutoff_min",
    "pop_60plus", "pop_60plus_covered", "uncovered", "pop_60plus_unplaced", "pop_60plus_undetermined", "share",
    "population", "population_covered", "population_uncovered", "population_unplaced", "population_undetermined",
    "population_share", "synthetic",
)  # fmt: skip
_CHECKS = (
    "check_id", "rank", "kind", "name", "question_zh", "question_en", "answer", "author", "date", "note", "flips",
    "people", "communities", "services", "lon", "lat", "synthetic",
)  # fmt: skip


def synthetic_layers(city: City) -> tuple[str, ...]:
    """Which layers describe no real place: of streets, communities, facilities, context."""
    made = {
        "streets": city.network.origin.synthetic,
        "communities": city.communities.origin.synthetic
        or (city.population is not None and city.population.origin.synthetic),
        "facilities": any(origin.synthetic for origin in city.facilities.origins),
        "context": any(origin.synthetic for origin in city.context_origins),
    }
    return tuple(layer for layer, synthetic in made.items() if synthetic)


def gap_table(analysis: Analysis) -> pd.DataFrame:
    """One row per community and service, in the order of the communities' rank.

    Undetermined services have rows too, with ``status`` saying so and every figure blank: no data is
    not no service. So have communities whose people aged 60+ nobody knows.

    Returns
    -------
    pd.DataFrame
        Plain columns as in ``columns.toml``: people in persons, ``share`` and ``population_share``
        between 0 and 1, ``intensity_pct`` in percent, ``mean_min`` and ``p90_min`` in minutes. Where there are gaps,
        ``cause`` and what follows it as in :class:`~circle15.model.Attribution`, blank beside what is no gap.
    """
    rows = _pairs(analysis)
    place, rank = _places(analysis), _ranked(analysis)
    figures = _at_circle(analysis).reindex(rows)
    gaps, nearest = analysis.gaps.frame.reindex(rows), analysis.coverage.nearest.reindex(rows)
    of_community, of_service = rows.get_level_values("community_id"), rows.get_level_values("service")
    table = pd.DataFrame({"community_id": of_community})
    for column in place.columns:
        table[column] = place[column].reindex(of_community).to_numpy()
    table["service"] = of_service
    known = services(analysis.city.pack_services)
    table["service_zh"] = [known[key].title_zh for key in of_service]
    table["service_en"] = [known[key].title_en for key in of_service]
    table["status"] = _statuses(analysis, rows)
    table["profile"], table["cutoff_min"] = analysis.profile.name, analysis.settings.circle_min
    if analysis.settings.open_at is not None:
        table["open_at"] = analysis.settings.open_at.en
    for column in _COVERAGE:
        table[column] = figures[column].to_numpy()
    for column in ("uncovered", "intensity_pct", "share", "mean_min", "p90_min", "rank"):
        table[column] = gaps[column].to_numpy()
    table = table.assign(**_in_need(analysis, rows, table["share"].to_numpy(dtype=float)))
    table["rank"] = table["rank"].astype("Int64")
    table["unreachable"] = nearest["unreachable"].to_numpy()
    if len(analysis.coverage.delivery):
        delivery = analysis.coverage.delivery.reindex(rows)
        for column in ("pop_60plus_delivered", "pop_60plus_either"):
            table[column] = delivery[column].to_numpy()
    table = table.assign(**_what_is_missing(analysis, rows))
    table["weight"] = [analysis.gaps.weights.get(key, np.nan) for key in of_service]
    for column in ("rank_index", "index", "index_additive", "index_worst"):
        table[column] = rank[column].reindex(of_community).to_numpy()
    for column, drawn in _drawn(analysis, rows).items():
        table[column] = drawn
    for language in ("zh", "en"):
        sentences = gap_sentences(analysis.gaps, language, pack_services=analysis.city.pack_services).reindex(rows)
        table[f"sentence_{language}"] = sentences.fillna(text("no_list", language)).to_numpy()
    table["synthetic"] = "+".join(synthetic_layers(analysis.city))
    return rounded(table)


def _in_need(analysis: Analysis, rows: pd.MultiIndex, share: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Elders of each need whom a service does not cover, as if they lived spread like all who are aged 60+."""
    frame, ids = analysis.city.communities.frame, rows.get_level_values("community_id")
    return {
        f"{need}_uncovered": frame[need].reindex(ids).to_numpy(dtype=float) * (1.0 - share)
        for need in ELDERS_IN_NEED
        if need in frame
    }


def _statuses(analysis: Analysis, rows: pd.MultiIndex) -> NDArray[np.object_]:
    """``determined``, ``undetermined`` (no list) or ``people_unknown`` of every community and service."""
    elders = analysis.city.communities.frame["pop_60plus"].reindex(rows.get_level_values("community_id"))
    listed = rows.get_level_values("service").isin(analysis.coverage.services)
    known = np.where(elders.isna(), _NOBODY_KNOWS, "determined")
    return np.where(listed, known, "undetermined").astype(object)


def _what_is_missing(analysis: Analysis, rows: pd.MultiIndex) -> dict[str, Any]:
    """Columns on missing facilities and paths, by name; blank beside what is no gap, none where nothing is."""
    if not len(analysis.attribution):
        return {}
    attribution, places = analysis.attribution, analysis.city.communities
    remedies = {
        f"remedy_{language}": remedy_sentences(attribution, places, language, pack_services=analysis.city.pack_services)
        for language in ("zh", "en")
    }
    missing = attribution.frame.assign(**remedies).reindex(rows)
    words = [column for column in _MISSING if not column.startswith("uncovered")]
    missing[words] = missing[words].astype(object).fillna("")
    return {column: missing[column].to_numpy() for column in _MISSING}


def community_table(analysis: Analysis) -> pd.DataFrame:
    """One row per community, largest gap first: people, index with its variants, worst service, sentence."""
    ranked, place = _ranked(analysis), _places(analysis)
    table = pd.DataFrame({"rank_index": ranked["rank_index"], **place.reindex(ranked.index)})
    table = table.join(_heads(analysis).reindex(ranked.index))
    for column in ("index", "index_additive", "index_worst", "rank_additive", "rank_worst", "rank_people"):
        table[column] = ranked[column]
    if len(analysis.robustness):
        for column in ("index_low", "index_high", "rank_low", "rank_high", "robust_gaps"):
            table[column] = analysis.robustness.by_community[column]
    if len(analysis.stability):
        weighted = analysis.stability.frame
        table["rank_weights_low"], table["rank_weights_high"] = weighted["rank_low"], weighted["rank_high"]
    table["uncovered_total"], table["uncovered_worst"] = ranked["uncovered"], ranked["uncovered_worst"]
    # A community that lacks nothing has no worst service.
    known = services(analysis.city.pack_services)
    worst = [
        known.get(key) if short > 0 else None
        for key, short in zip(ranked["worst_service"], ranked["uncovered_worst"], strict=True)
    ]
    table["worst_service_zh"] = [service.title_zh if service else "" for service in worst]
    table["worst_service_en"] = [service.title_en if service else "" for service in worst]
    for language in ("zh", "en"):
        table[f"sentence_{language}"] = community_sentences(
            analysis.gaps, language, pack_services=analysis.city.pack_services
        )
    if "type_id" in analysis.typology.frame:
        table["type_id"] = analysis.typology.frame["type_id"].reindex(ranked.index).fillna("")
        for language in ("zh", "en"):
            names = type_names(analysis.typology, language).to_dict()
            table[f"type_{language}"] = [names.get(key, "") for key in table["type_id"]]
    made = analysis.demand.points.by_community["method"].reindex(ranked.index)
    table["demand_method"] = ["" if pd.isna(method) else method_words(method) for method in made]
    return rounded(table.reset_index())


def _heads(analysis: Analysis) -> pd.DataFrame:
    """Numbers of people and households of each community, which of them nobody knows, and whom the street file cuts."""
    frame = analysis.city.communities.frame
    counted = [c for c in (*_COUNTED, *_people(analysis.city.communities)) if c in frame.columns]
    return pd.DataFrame(frame[counted]).assign(**_people_states(frame)).join(analysis.circle_cut)


def _people_states(frame: pd.DataFrame) -> dict[str, pd.Series]:
    """Which people nobody knows, in both languages; no column where all are known."""
    population, elders = (frame[column].isna() for column in PEOPLE)
    if not (population | elders).any():
        return {}
    words = {key: f"{text(key, 'zh')} {text(key, 'en')}" for key in ("people_state_all", "people_state_elders")}
    unknown = np.where(population, words["people_state_all"], np.where(elders, words["people_state_elders"], ""))
    return {"people_state": pd.Series(unknown, index=frame.index, dtype=object)}


def method_words(method: str) -> str:
    """How people were placed, Chinese before English.

    Examples
    --------
    >>> method_words("street")
    '居住街道 streets'
    """
    keys = [f"demand_{part.rpartition('_')[2]}" for part in method.split("+")]
    return " + ".join(f"{text(key, 'zh')} {text(key, 'en')}" for key in keys)


def service_table(analysis: Analysis) -> pd.DataFrame:
    """One row per service of the catalogue for the whole city: facilities, people covered, worst community."""
    offers = analysis.city.facilities.in_service().offers()["service"].value_counts()
    circle = _at_circle(analysis)
    rows = []
    for key, service in services(analysis.city.pack_services).items():
        row: dict[str, Any] = {"service_zh": service.title_zh, "service_en": service.title_en, "status": "undetermined"}
        if key in analysis.coverage.services:
            people = circle.xs(key, level="service")
            gaps = analysis.gaps.frame.xs(key, level="service")["uncovered"]
            covered, uncovered = people["pop_60plus_covered"].sum(), people["pop_60plus_uncovered"].sum()
            worst = str(gaps.idxmax()) if gaps.max() > 0 else ""
            row |= {
                "status": "determined",
                "facilities": int(offers.get(key, 0)),
                "pop_60plus_covered": covered,
                "uncovered": uncovered,
                "pop_60plus_unplaced": people["pop_60plus_unplaced"].sum(),
                "pop_60plus_undetermined": people["pop_60plus_undetermined"].sum(),
                "share": covered / (covered + uncovered) if covered + uncovered else np.nan,
                "worst_community": analysis.city.communities.frame["name"].get(worst, ""),
            }
        rows.append(row)
    parts = ("covered", "unplaced", "undetermined")
    numbers = ("facilities", "share", "uncovered", *(f"pop_60plus_{part}" for part in parts))
    blank = {**dict.fromkeys(numbers, np.nan), "worst_community": ""}
    return rounded(pd.DataFrame([blank | row for row in rows])[[*_SERVICE]])


def subdistrict_table(analysis: Analysis) -> pd.DataFrame:
    """One row per subdistrict, largest gap first: communities, people, index of the summed shares, worst service."""
    scored = analysis.subdistricts.by_subdistrict
    people = [column for column in _people(analysis.city.communities) if column in scored]
    english = [column for column in ("subdistrict_en",) if column in scored]
    unknown = ["people_unknown"] if scored["people_unknown"].any() else []
    table = scored.rename(columns={"rank": "rank_index", "uncovered": "uncovered_total"})
    known = services(analysis.city.pack_services)
    worst = [known.get(key) for key in table["worst_service"]]
    table["worst_service_zh"] = [service.title_zh if service else "" for service in worst]
    table["worst_service_en"] = [service.title_en if service else "" for service in worst]
    kept = ["rank_index", "subdistrict", *english, "communities", *unknown, *people, "index", "uncovered_total"]
    return rounded(table.reset_index()[[*kept, "worst_service_zh", "worst_service_en"]])


def subdistrict_gap_table(analysis: Analysis) -> pd.DataFrame:
    """One row per subdistrict, service and cut-off: people covered, uncovered, unplaced, and shares; plain columns."""
    frame = analysis.subdistricts.frame
    place = {key: position for position, key in enumerate(analysis.subdistricts.by_subdistrict.index)}
    known = services(analysis.city.pack_services)
    order = {key: position for position, key in enumerate(known)}
    table = frame.rename(columns={"pop_60plus_uncovered": "uncovered", "pop_60plus_share": "share"}).reset_index()
    rows = np.lexsort((table["cutoff_min"], table["service"].map(order), table["subdistrict"].map(place)))
    table = table.iloc[rows].reset_index(drop=True)
    table["service_zh"] = [known[key].title_zh for key in table["service"]]
    table["service_en"] = [known[key].title_en for key in table["service"]]
    table["profile"] = analysis.profile.name
    table["synthetic"] = "+".join(synthetic_layers(analysis.city))
    return rounded(table[[*_SUBDISTRICT]])


def check_table(analysis: Analysis) -> pd.DataFrame:
    """One row per field check, the most telling first, with empty columns for the answer, its author and date.

    People are in tens, and none where they are fewer than ten: the list goes out of the house.
    """
    checks = analysis.robustness.checks
    questions = {
        f"question_{language}": check_questions(checks, language, pack_services=analysis.city.pack_services)
        for language in ("zh", "en")
    }
    named = check_communities(checks, analysis.city.communities, "zh")
    table = checks.assign(**questions, communities=named).reset_index()
    table["kind"] = [str(both(f"to_check_{kind}")) for kind in table["kind"]]
    titles = service_titles(analysis)
    table["services"] = ["; ".join(titles[key] for key in row) for row in table["services"]]
    tens = public_tens(table["people"].to_numpy(dtype=float))
    table["people"] = [str(count) if count != SUPPRESSED else f"<{FEWEST}" for count in tens]
    for column in ("answer", "author", "date", "note"):
        table[column] = ""
    table["synthetic"] = "+".join(synthetic_layers(analysis.city))
    return rounded(table[[*_CHECKS]])


def source_table(city: City) -> pd.DataFrame:
    """One row per layer: what it is, its date, attribution and licence, and whether it is synthetic."""
    keys = ("label_zh", "label_en", "date", "attribution", "licence", "file")
    table = pd.DataFrame([{k: getattr(origin, k) for k in keys} for origin in city.origins], columns=list(keys))
    table["synthetic"] = [str(both("made_up")) if origin.synthetic else "" for origin in city.origins]
    return table


def service_titles(analysis: Analysis) -> dict[str, str]:
    """Key of a service -> its titles in both languages."""
    known = services(analysis.city.pack_services)
    return {key: f"{service.title_zh} {service.title_en}" for key, service in known.items()}


# -- parts ----------------------------------------------------------------------------------------


def _people(communities: Communities) -> tuple[str, ...]:
    return tuple(column for column in communities.people if column in columns())


def _drawn(analysis: Analysis, rows: pd.MultiIndex) -> dict[str, Any]:
    """What random draws make of each row: shares, how sure the verdict is, the rank of the community."""
    robust = analysis.robustness
    if not len(robust):
        return {}
    pairs = robust.frame.reindex(rows)
    ranks = robust.by_community.reindex(rows.get_level_values("community_id"))
    return {
        **{column: pairs[column].to_numpy() for column in _DRAWN},
        "robust_verdict": pairs["verdict"].astype(object).fillna("undetermined").to_numpy(),
        **{column: ranks[column].astype("Int64").array for column in ("rank_low", "rank_high")},
    }


def _at_circle(analysis: Analysis) -> pd.DataFrame:
    frame = analysis.coverage.frame
    if frame.empty:  # no list of facilities: nothing is determined
        return frame.droplevel("cutoff_min")
    return pd.DataFrame(frame.xs(analysis.settings.circle_min, level="cutoff_min"))


def _pairs(analysis: Analysis) -> pd.MultiIndex:
    """Every community with every service, determined ones first, both in a fixed order."""
    keys = [*analysis.coverage.services, *analysis.coverage.undetermined]
    ids = _ranked(analysis).index
    return pd.MultiIndex.from_product([ids, keys], names=["community_id", "service"])


def _places(analysis: Analysis) -> pd.DataFrame:
    frame = analysis.city.communities.frame
    return pd.DataFrame(frame[[column for column in _PLACE if column in frame.columns]])


def _ranked(analysis: Analysis) -> pd.DataFrame:
    """Communities by rank then id, so that the order of input rows changes nothing."""
    table = analysis.gaps.by_community.rename(columns={"rank": "rank_index"})
    return table.sort_index(kind="stable").sort_values("rank_index", kind="stable")
