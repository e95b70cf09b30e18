"""Where a service should go in a city: questions of siting asked of what was read, or of what was analysed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd

from circle15.catalog import services as known_services
from circle15.catalog import text
from circle15.errors import InputError
from circle15.model.changes import CloseFacility
from circle15.model.plans import Plan, SitingRules
from circle15.model.provenance import Finding
from circle15.model.results import Analysis, City
from circle15.model.scenario import Scenario
from circle15.planning.scenario import apply
from circle15.planning.scenario.matching import saved_scenario
from circle15.planning.siting import answer
from circle15.planning.siting.question import Question, asked
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean
from circle15.render.scenario_file import scenario_file
from circle15.render.tables.siting import frontier_csv, plan_csv
from circle15.sources.city_config import FacilitiesTable
from circle15.sources.facilities.table import read_facilities
from circle15.study.analysis import walker_of
from circle15.study.study import Study

__all__ = ["frontier", "read_places", "save_plan", "site"]


def site(
    city: City | Analysis,
    service: str,
    *,
    new: int | None = None,
    budget: int | None = None,
    objective: str = "most_people",
    share: float = 1.0,
    rules: SitingRules | None = None,
    name: str = "",
) -> Plan:
    """Where a service should go, beside the facilities that stand, with proof.

    Parameters
    ----------
    city
        From :func:`~circle15.study.loading.load_city` or :func:`~circle15.study.analysis.analyse`; with its settings.
    service
        Key of the catalogue or of the pack, such as ``"meal_point"``.
    new, budget
        How many facilities more at most, and what they may cost together in whole units of the currency of ``[costs]``
        in ``city.toml``; for ``most_people``, one of them or both.
    objective
        ``most_people`` within the circle, or ``everybody`` with as few facilities as can be.
    share
        For ``everybody``: of all people, those included who reach the service today.
    rules
        Which candidates the plan may have, and how much is done to find it. Ctrl-C ends the work too: then the best
        plan so far is told, with what is proven of it.
    name
        Of the scenario; by default made of the service.

    Returns
    -------
    Plan
        Facilities in the order of building, whom they serve, the certificate, and the scenario that makes them.

    Raises
    ------
    SettingError, InputError
        Where the question cannot be asked: why, and what to do.
    """
    rules = rules or SitingRules()
    question = _question(city, service, rules, priced=rules.by_cost or budget is not None)
    name = name or _name(question)
    plan = answer.answered(
        question, name=name, objective=objective, number=new, budget=budget, share=share, limits=rules.limits
    )
    return replace(plan, scenario=Scenario(name=name, changes=(*_closes(rules), *plan.scenario.changes)))


def frontier(city: City | Analysis, service: str, *, most: int = 10, rules: SitingRules | None = None) -> pd.DataFrame:
    """How many people one facility more serves, two more, and so on.

    Parameters
    ----------
    city, service
        As of :func:`site`.
    most
        Up to so many.
    rules
        As of :func:`site`.

    Returns
    -------
    pandas.DataFrame
        On ``number``; see :func:`circle15.planning.siting.answer.frontier`.

    Raises
    ------
    SettingError, InputError
        As :func:`site`; also if ``most`` is no whole number, 1 or more.
    """
    rules = rules or SitingRules()
    return answer.frontier(_question(city, service, rules), most, limits=rules.limits)


def read_places(path: str | Path, city: City, service: str) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Read a planner's own list of candidates, a table with coordinates or a point layer, as lists of facilities are.

    Parameters
    ----------
    path
        CSV, workbook or layer; its headers are understood in Chinese and English.
    city
        Where its points are expected.
    service
        That is to go there.

    Returns
    -------
    (GeoDataFrame, findings)
        WGS 84 points on ``facility_id`` with ``name``, for :class:`~circle15.model.SitingRules`; and what was found.

    Raises
    ------
    InputError
        If the file cannot be read, or most positions are not what they claim to be.
    """
    path = Path(path)
    entry = FacilitiesTable(file=path.name, service=service)
    reading = read_facilities(path, entry, home=city.area.crs, pack_services=city.pack_services)
    return reading.frame, reading.findings


def save_plan(plan: Plan, city: City, folder: str | Path, *, frontier: pd.DataFrame | None = None) -> Path:
    """Write ``plan.json`` (a scenario), ``plan.csv`` and, where there is one, ``frontier.csv``, each whole.

    Parameters
    ----------
    plan
        From :func:`site`.
    city
        That it was asked of.
    folder
        Where to.
    frontier
        From :func:`frontier`.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    folder = Path(folder)
    plan_csv(plan, city, folder / "plan.csv")
    if frontier is not None:
        frontier_csv(frontier, folder / "frontier.csv")
    return scenario_file(saved_scenario(city, plan.scenario), folder / "plan.json")


def _closes(rules: SitingRules) -> tuple[CloseFacility, ...]:
    return tuple(CloseFacility(facility_id=key) for key in dict.fromkeys(rules.closed))


def _question(city: City | Analysis, service: str, rules: SitingRules, *, priced: bool = False) -> Question:
    if isinstance(city, Analysis):
        study = Study(city=city.city, walker=city.profile, settings=city.settings)
    else:
        study = Study(city=city, walker=walker_of(city.settings), settings=city.settings)
    if rules.closed:
        known = study.city.facilities.frame.index
        for key in rules.closed:
            if key not in known:
                raise refusal("siting_closed", error=InputError, value=key, hint=did_you_mean(key, known))
        study = replace(study, city=apply(study.city, Scenario(name="-", changes=_closes(rules))))
    city = replace(study.city, settings=study.settings)
    return asked(
        study.graph, city, study.demand, study.standing, reach=study.reach, service=service, rules=rules, priced=priced
    )


def _name(question: Question) -> str:
    service = known_services(question.trial.city.pack_services)[question.service]
    return text("siting_name", "zh", service=service.title_zh)
