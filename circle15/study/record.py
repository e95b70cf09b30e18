"""The record of a run: versions, inputs by hash, assumptions, counts, findings."""

from __future__ import annotations

import importlib.metadata
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from circle15._version import __version__
from circle15.catalog import text
from circle15.catalog.norm_books import not_computed
from circle15.catalog.phrases import assumption_notes, equity_reasons, type_names, type_notes
from circle15.model.changes import stated
from circle15.model.norms import Ledger, NormBook, Rule
from circle15.model.placed import Positions
from circle15.model.results import Settings
from circle15.model.runs import EQUITY_FIGURES
from circle15.model.scenario import Scenario
from circle15.model.service import Service
from circle15.model.verdicts import Equity, Robustness, Stability, Typology
from circle15.study.study import Study

__all__ = ["draw_facts", "norm_facts", "record_of", "run_facts", "verdict_facts"]

_LIBRARIES = (
    "geopandas", "shapely", "pyproj", "pandas", "numpy", "scipy", "numba", "contourpy", "osmium", "pyogrio",
    "opening-hours-py", "scikit-learn",
)  # fmt: skip


_SAID = ("zh", "en")
_FIT = ("silhouette", "ari")


def _counted(column: pd.Series | None) -> dict[str, int]:
    return {} if column is None else {str(key): int(n) for key, n in column.value_counts().sort_index().items()}


def draw_facts(
    robustness: Robustness, stability: Stability, rules: Sequence[Rule], *, pack_services: tuple[Service, ...] = ()
) -> dict[str, Any]:
    """What ``run.json`` says of random draws: how many, the seed, every distribution, what became of verdicts."""
    return {
        "robustness": {
            "draws": robustness.draws,
            "seed": robustness.seed,
            "assumptions": assumption_notes(robustness, rules, pack_services=pack_services),
            "verdicts": _counted(robustness.frame.get("verdict")),
            "field_checks": len(robustness.checks),
        },
        "stability": {
            "draws": stability.draws,
            "seed": stability.seed,
            "weights": "Dirichlet(1, ..., 1)",
            "agreement": {
                "-".join(pair): {"rho": row["rho"], "tau": row["tau"]}
                for pair, row in zip(stability.agreement.index, stability.agreement.to_dict("records"), strict=True)
            },
        },
    }


def record_of(study: Study) -> dict[str, Any]:
    """What ``run.json`` holds: versions, inputs by hash, assumptions, counts, findings. No clock, no paths."""
    return {
        **run_facts(study),
        **draw_facts(study.robustness, study.stability, study.ledger.rules, pack_services=study.city.pack_services),
        **verdict_facts(study.settings, study.equity.told, study.typology),
        "norms": norm_facts(study.books, study.ledger),
    }


def _placed_counts(positions: Positions) -> tuple[int, int]:
    """How many are far from every street, and how many on islands."""
    far, island = (int((positions.status == code).sum()) for code in (Positions.FAR, Positions.ISLAND))
    return far, island


def run_facts(study: Study) -> dict[str, Any]:
    """Versions, inputs, settings, counts and findings."""
    city, settings = study.city, study.settings
    demand_far, demand_island = _placed_counts(study.demand.positions)
    facilities_far, facilities_island = _placed_counts(study.facilities.positions)
    return {
        "city": {"key": city.key, "name_zh": city.title_zh, "name_en": city.title_en, "crs": city.area.crs.to_string()},
        "synthetic": city.synthetic,
        "versions": {
            "circle15": __version__,
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _LIBRARIES},
        },
        "inputs": [asdict(origin) for origin in city.origins],
        "files": [asdict(record) for record in city.files],
        "settings": {
            "profile": settings.profile,
            "cutoffs_min": list(settings.cutoffs_min),
            "max_snap_m": settings.max_snap_m,
            "weights": dict(settings.weights),
            "open_at": settings.open_at.en if settings.open_at else None,
            "norms": list(settings.norms),
        },
        "profile": asdict(study.walker),
        "survey": {
            "answers": _counted(city.survey.frame["answer"]),
            "authors": sorted(set(city.survey.frame["author"])),
            "denied": sorted(city.survey.frame.index[city.survey.frame["answer"] == "no"]),
        },
        "counts": {
            "street_km": round(city.network.total_km, 3),
            "nodes": city.network.n_nodes,
            "edges": city.network.n_edges,
            "communities": len(city.communities),
            "outlines": _counted(city.communities.frame.get("outline")),
            "people_unknown": int(city.communities.frame["population"].isna().sum()),
            "people_60plus_unknown": int(city.communities.frame["pop_60plus"].isna().sum()),
            "people": float(city.communities.frame["population"].sum()),
            "people_60plus": float(city.communities.frame["pop_60plus"].sum()),
            "demand_points": study.points.frame["method"].value_counts().sort_index().to_dict(),
            "demand_methods": study.points.by_community["method"].value_counts().sort_index().to_dict(),
            "demand_far": demand_far,
            "demand_island": demand_island,
            "facilities": len(city.facilities),
            "facilities_merged": len(city.facilities.matches),
            "facility_conflicts": len(city.facilities.conflicts),
            "facilities_far": facilities_far,
            "facilities_island": facilities_island,
        },
        "services": {
            "determined": list(study.coverage.services),
            "undetermined": list(study.coverage.undetermined),
            **({"added": [asdict(service) for service in city.pack_services]} if city.pack_services else {}),
        },
        "findings": [asdict(finding) for finding in study.findings],
        **({} if city.scenario is None else {"scenario": _scenario_facts(city.scenario)}),
    }


def _scenario_facts(scenario: Scenario) -> dict[str, Any]:
    """What was changed of the city as it was read."""
    return {"name": scenario.name, "parent": scenario.parent, "changes": [*map(stated, scenario.changes)]}


def norm_facts(books: Sequence[NormBook], ledger: Ledger) -> dict[str, Any]:
    """What ``run.json`` says of norms: the books, what their rules rest on, and verdicts counted by level."""
    frame = ledger.frame
    counts = ledger.counts()
    return {
        "books": [
            {
                "key": book.key,
                "title_zh": book.title_zh,
                "title_en": book.title_en,
                "rules": len(book.rules),
                "standing": dict(Counter(rule.standing for rule in book.rules)),
                "file": book.origin.file if book.origin else "",
                "sha256": book.origin.sha256 if book.origin else "",
            }
            for book in books
        ],
        "verdicts": {
            str(level): {str(verdict): int(count) for verdict, count in row.items()}
            for level, row in (counts.groupby(level="level").sum() if len(counts) else counts).iterrows()
        },
        "standing": {str(key): int(n) for key, n in frame["standing"].value_counts().items()} if len(frame) else {},
        "not_computed": [measure.key for measure in not_computed()],
    }


def _figures(row: pd.Series) -> dict[str, float | None]:
    return {figure: None if pd.isna(row[figure]) else float(row[figure]) for figure in EQUITY_FIGURES}


def verdict_facts(settings: Settings, equity: Equity | None, typology: Typology) -> dict[str, Any]:
    """What ``run.json`` tells of equity and types beside :func:`run_facts`: methods, assumptions, remarks."""
    equity = Equity() if equity is None else equity
    remarked = equity.frame.index[equity.frame["why"].map(len) > 0] if len(equity) else ()
    reasons = {language: equity_reasons(equity, language) for language in _SAID} if len(equity) else {}
    chosen = typology.fits[typology.fits["chosen"]] if len(typology.fits) else typology.fits
    return {
        "equity": {
            "assumptions": {
                language: text("equity_method", language, cutoff=settings.circle_min) for language in _SAID
            },
            "figures": {str(service): _figures(row) for service, row in equity.frame.iterrows()},
            "remarks": {
                str(service): {language: reasons[language][service] for language in _SAID} for service in remarked
            },
        },
        "typology": {
            "method": typology.method,
            "seed": settings.seed,
            "types": {str(key): name for key, name in type_names(typology, "en").items()},
            "chosen": [
                {"method": row["method"], "k": int(row["k"])}
                | {c: None if pd.isna(row[c]) else round(float(row[c]), 6) for c in _FIT}
                for row in chosen.reset_index().to_dict("records")
            ],
            "notes": type_notes(typology),
        },
    }
