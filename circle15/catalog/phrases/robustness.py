"""Robustness in words: every distribution that the random draws were made from, with the figures of the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from circle15.catalog.service import services as known_services
from circle15.catalog.words import text
from circle15.model.norms import Rule
from circle15.model.service import Service
from circle15.model.uncertainty import Assumptions
from circle15.model.verdicts import Robustness

__all__ = ["assumption_notes"]


def assumption_notes(
    robust: Robustness, rules: Sequence[Rule], *, pack_services: tuple[Service, ...] = ()
) -> dict[str, dict[str, str]]:
    """Every distribution of the draws by name, in ``"zh"`` and ``"en"``; nothing where there were no draws.

    Parameters
    ----------
    robust
        From :func:`~circle15.uncertainty.robustness.robustness`.
    rules
        Clauses, for the titles of those that required shares are taken from; without its clause an id is said.
    pack_services
        Those of the city, beside the catalogue's.
    """
    if robust.assumptions is None:
        return {}
    assumed = robust.assumptions
    notes = {
        name: {language: text(f"robust_{name}", language, **values) for language in ("zh", "en")}
        for name, values in _figures(assumed).items()
    }
    named = {rule.clause_id: rule for rule in rules}
    known = known_services(pack_services)
    titles = {
        language: {key: str(getattr(known[key], f"title_{language}")) for key in assumed.clauses}
        for language in ("zh", "en")
    }
    least = robust.frame["required"].groupby(level="service").max()
    notes["required"] = {
        language: text(
            "robust_required",
            language,
            minutes=f"{assumed.cutoff_min:g}",
            clauses=_required(assumed.clauses, least, named, titles[language], language),
        )
        for language in ("zh", "en")
    }
    return notes


def _figures(assumed: Assumptions) -> dict[str, dict[str, object]]:
    """What each phrase names, by the name of the distribution."""
    doubt, pace = assumed.uncertain, assumed.speed_mps
    return {
        "speed": {
            "mean": f"{pace:g}", "sd": f"{pace * doubt.speed_sd:.2g}", "low": f"{pace * doubt.speed_low:.2g}",
            "high": f"{pace * doubt.speed_high:.2g}",
        },
        "streets": {"most": f"{100 * doubt.dropout_most:g}"},
        "facilities": {
            "unverified": f"{doubt.unverified:g}", "recent": f"{doubt.recent:g}", "confirmed": f"{doubt.confirmed:g}",
            "days": doubt.recent_days, "count": assumed.facilities, "sure": assumed.confirmed,
        },
        "snapping": {
            "low": f"{doubt.leg_low:g}", "high": f"{doubt.leg_high:g}",
            "limit_low": f"{doubt.limit_low * assumed.max_snap_m:.0f}",
            "limit_high": f"{doubt.limit_high * assumed.max_snap_m:.0f}",
        },
        **_off("places", assumed.rounded, assumed.rounded_m),
        **_off("homes", assumed.communities_rounded, assumed.communities_rounded_m),
        "people": {"spread": f"{100 * doubt.people_spread:g}"},
        "bias": {},
    }  # fmt: skip


def _off(name: str, count: int, metres: float) -> dict[str, dict[str, object]]:
    """How many places have rounded coordinates, if there are any, and how far they may be off."""
    return {name: {"count": count, "metres": f"{metres:,.0f}"}} if count else {}


def _required(
    clauses: Mapping[str, tuple[str, ...]],
    least: pd.Series,
    named: Mapping[str, Rule],
    services: Mapping[str, str],
    language: str,
) -> str:
    """The largest share that is asked of any community, service by service, and the titles of its clauses."""
    comma, stop = ("、", "；") if language == "zh" else (", ", "; ")
    parts = []
    for service, keys in clauses.items():
        named_services = (str(getattr(named[key], f"title_{language}")) if key in named else key for key in keys)
        titles = comma.join(dict.fromkeys(named_services)) or text("robust_default", language)
        shape = "{}{:g}%（{}）" if language == "zh" else "{} {:g}% ({})"
        parts.append(shape.format(services[service], 100 * least[service], titles))
    return stop.join(parts)
