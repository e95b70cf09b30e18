"""A city under study: every stage as a typed value, computed when it is first asked for, from the ones before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import pandas as pd

from circle15 import catalog
from circle15.accessibility.capacity.served import capacity_of, seats_by_service
from circle15.accessibility.coverage import coverage
from circle15.accessibility.equity import equity
from circle15.accessibility.gaps import gaps
from circle15.accessibility.subdistricts import by_subdistrict
from circle15.catalog.norm_books import all_checklists, all_rules, norm_book
from circle15.demand.estates import city_points
from circle15.hours.opening import hours_table, open_facilities
from circle15.model.actions import Actions
from circle15.model.capacity import Capacity
from circle15.model.estates import Estates
from circle15.model.norms import Ledger, NormBook, Rule
from circle15.model.placed import PlacedDemand, PlacedFacilities
from circle15.model.places import PEOPLE, DemandPoints
from circle15.model.provenance import Finding
from circle15.model.results import City, Coverage, Gaps, Isochrones, NearestTimes, ReachTable, Settings, Subdistricts
from circle15.model.streets import EdgeFlag
from circle15.model.verdicts import Attribution, Equity, Robustness, Routes, Stability, Typology
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.network.gates import estates_of
from circle15.network.graph import WalkGraph, walk_graph
from circle15.network.snap import place_demand, place_facilities
from circle15.norms.function_words import function_findings
from circle15.norms.ground import Ground, ResidentialLand
from circle15.norms.ledger import judge
from circle15.planning.actions import GainsDrawn, Seating, ranked_actions, with_clauses
from circle15.planning.attribution import attribution
from circle15.quality.findings import (
    border_findings,
    facility_findings,
    few_findings,
    metric_findings,
    path_findings,
    people_findings,
)
from circle15.quality.street_tags import moment_findings, tag_findings
from circle15.quality.streets import circle_cut, street_file_findings
from circle15.render.published.people import homes_as_told, places_as_told
from circle15.routing.isochrones import draw_isochrones
from circle15.routing.nearest import nearest_times
from circle15.routing.reach import reach_table
from circle15.routing.routes import routes
from circle15.typology import typology
from circle15.typology.features import features
from circle15.uncertainty.draws import Stage, dropout_risk
from circle15.uncertainty.field_checks import field_checks
from circle15.uncertainty.robustness import existence, robustness
from circle15.uncertainty.stability import stability

__all__ = ["STAGES", "Study"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Study:
    """What is computed of a city with certain settings.

    Attributes are computed once, when they are first asked for; ``circle15.analyse`` asks for all of them in the
    order of :data:`STAGES`.
    """

    city: City
    walker: WalkProfile
    settings: Settings

    # -- where people live, and where everything stands on the streets --------------------------------

    @cached_property
    def network(self) -> WalkNetwork:
        """The streets at the moment of the settings: what is shut then is closed."""
        return self.city.network.at(self.settings.open_at)

    @cached_property
    def estates(self) -> Estates:
        """The private gates of the streets, and whose they are."""
        return estates_of(self.city.network)

    @cached_property
    def graph(self) -> WalkGraph:
        """The network as the walker walks it."""
        return walk_graph(self.network, self.walker)

    @cached_property
    def anytime(self) -> WalkGraph:
        """The same with everything open that ever opens."""
        return self.graph if self.network is self.city.network else walk_graph(self.city.network, self.walker)

    @cached_property
    def barriers(self) -> gpd.GeoSeries | None:
        """What an access leg must not cross."""
        return self.city.barriers

    @cached_property
    def points(self) -> DemandPoints:
        """Where people start to walk."""
        return city_points(self.city)

    @cached_property
    def demand(self) -> PlacedDemand:
        """Demand points on the streets."""
        limit_m = self.settings.max_snap_m
        return place_demand(self.network, self.points, max_snap_m=limit_m, barriers=self.barriers)

    @cached_property
    def facilities(self) -> PlacedFacilities:
        """All facilities on the streets, whatever is open."""
        limit_m = self.settings.max_snap_m
        return place_facilities(self.network, self.city.facilities, max_snap_m=limit_m, barriers=self.barriers)

    @cached_property
    def standing(self) -> PlacedFacilities:
        """Those that no field survey denied, whatever is open."""
        return self.facilities.of(self.city.facilities.in_service())

    @cached_property
    def serving(self) -> PlacedFacilities:
        """Those that serve: in service, and open at the moment of the settings."""
        return self.facilities.of(open_facilities(self.city.facilities, self.settings.open_at).in_service())

    # -- who walks how long, and who is served ---------------------------------------------------------

    @cached_property
    def reach(self) -> ReachTable:
        """Walking times within the circle."""
        places = self.demand.positions, self.facilities.positions
        return reach_table(self.graph, *places, cutoff_min=self.settings.circle_min)

    @cached_property
    def nearest(self) -> NearestTimes:
        """Walking times to the nearest facility at any distance."""
        return nearest_times(self.graph, self.demand, self.serving)

    @cached_property
    def isochrones(self) -> Isochrones:
        """Drawings of walking time."""
        offers = self.serving.facilities.offers()
        return draw_isochrones(
            self.graph, self.facilities.positions, minutes=self.settings.cutoffs_min, services=offers
        )

    @cached_property
    def coverage(self) -> Coverage:
        """Who reaches what."""
        return coverage(
            self.reach,
            self.points,
            self.serving.facilities,
            cutoffs_min=self.settings.cutoffs_min,
            nearest=self.nearest,
        )

    @cached_property
    def gaps(self) -> Gaps:
        """Who is left out, by community and service."""
        return gaps(
            self.coverage,
            self.city.communities,
            cutoff_min=self.settings.circle_min,
            weights=self.settings.weights,
            open_at=self.settings.open_at,
        )

    @cached_property
    def subdistricts(self) -> Subdistricts:
        """Coverage summed by subdistrict."""
        settings, communities = self.settings, self.city.communities
        return by_subdistrict(self.coverage, communities, cutoff_min=settings.circle_min, weights=self.gaps.weights)

    @cached_property
    def capacity(self) -> Capacity:
        """Who gets a seat, by service, and the same of bundles of ten."""
        return replace(capacity_of(self.seating.seats), told=capacity_of(self.seating.told))

    @cached_property
    def seating(self) -> Seating:
        """Seats and who asks for them, by service, and the same of bundles of ten."""
        exact, told = (
            seats_by_service(self.reach, homes, self.serving.facilities, rules=self.city.capacity_rules or None)
            for homes in (self.points, self.homes)
        )
        return Seating(seats=exact, told=told)

    # -- what verdicts rest on -------------------------------------------------------------------------

    @cached_property
    def books(self) -> tuple[NormBook, ...]:
        """Books to judge by: those read with the city, else those of the catalogue that the settings name."""
        return self.city.books or tuple(norm_book(key) for key in self.settings.norms)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of the books."""
        return tuple(all_rules(self.books))

    @cached_property
    def routes(self) -> Routes:
        """The typical walk of each community to each service that a list speaks of.

        Half of the bundles of ten have arrived by it, of all people in communities too small for these: it is told.
        """
        bundles = self.homes.frame
        sums = bundles.groupby("community_id")[list(PEOPLE)].transform("sum")
        people = {column: bundles[column].where((sums > 0).any(axis=1), self.points.frame[column]) for column in PEOPLE}
        homes = replace(self.homes, frame=bundles.assign(**people))
        return routes(self.graph, PlacedDemand(points=homes, positions=self.demand.positions), self.serving)

    @cached_property
    def ground(self) -> Ground:
        """What clauses are judged on: all that serve, whatever is open."""
        land = ResidentialLand(
            frame=self.city.context.get("residential"), walls=self.barriers, max_snap_m=self.settings.max_snap_m
        )
        return Ground.of(
            self.city.communities,
            self.standing,
            self.demand,
            graph=self.anytime,
            residential=land,
            checklists=all_checklists(self.books),
        )

    @cached_property
    def ledger(self) -> Ledger:
        """Every clause of the books, judged by all that serve: a clause does not ask what is open now."""
        walks = self.routes
        if self.settings.open_at is not None:  # those lead to what is open then
            walks = routes(self.anytime, self.demand, self.standing)
        return judge(self.ground, self.rules, routes=walks)

    @cached_property
    def attribution(self) -> Attribution:
        """Missing facility or missing path, for each gap of the circle."""
        return attribution(self.graph, self.city, self.demand, self.serving, settings=self.settings)

    @cached_property
    def ranked(self) -> Actions:
        """The changes that would help most, and how many people lack how much."""
        ranked = ranked_actions(
            self.graph,
            replace(self.city, settings=self.settings),
            self.demand,
            self.standing,
            reach=self.reach,
            attributed=self.attribution,
            seating=self.seating,
        )
        return with_clauses(ranked, self.city, self.ledger, self.ground, settings=self.settings)

    @cached_property
    def gains_drawn(self) -> GainsDrawn:
        """What these gain in the random draws, once :attr:`robustness` has made them."""
        return GainsDrawn.of(
            self.ranked,
            self.stage,
            people=self.homes.weight(),
            draws=self.settings.draws,
            barriers=self.barriers,
        )

    @cached_property
    def actions(self) -> Actions:
        """The same with how sure each is."""
        if not len(self.ranked) or not len(self.robustness):
            return self.ranked
        return replace(self.ranked, frame=self.ranked.frame.assign(certainty=self.gains_drawn.share()))

    @cached_property
    def stage(self) -> Stage:
        """The city laid out for random draws."""
        return Stage.of(
            self.graph,
            self.demand,
            self.serving,
            services=self.coverage.services,
            cutoff_min=self.settings.circle_min,
            max_snap_m=self.settings.max_snap_m,
            barriers=self.barriers,
            communities=self.city.communities,
        )

    @cached_property
    def robustness(self) -> Robustness:
        """What random draws make of the verdicts, and what to look at in the field."""
        communities = self.city.communities
        watch = self.gains_drawn if len(self.ranked) else None
        drawn = robustness(
            self.stage, communities, scored=self.gaps, settings=self.settings, rules=self.rules, watch=watch
        )
        if not len(drawn):
            return drawn
        checks, lost = self._field_checks(drawn)
        return replace(drawn, checks=checks, lost=lost)

    def _field_checks(self, drawn: Robustness) -> tuple[pd.DataFrame, pd.Series]:
        doubt, network, stage = catalog.uncertainty(), self.network, self.stage
        required = drawn.frame["required"].unstack("service").reindex(index=stage.communities, columns=stage.services)
        absent = 1 - existence(self.serving.facilities, doubt).to_numpy(dtype=float)
        return field_checks(
            stage,
            stage.graph(stage.profile, network.has(EdgeFlag.CLOSED)),
            reach=self.reach,
            required=required.to_numpy(dtype=float),
            chances=(absent, dropout_risk(network, doubt)),
            most=doubt.streets,
        )

    @cached_property
    def homes(self) -> DemandPoints:
        """Where bundles of ten people live: whatever rests on homes and is passed on is made of these."""
        return homes_as_told(self.points, self.city.communities)

    @cached_property
    def stability(self) -> Stability:
        """What random weights make of the ranking; nothing where no draws are asked for."""
        return stability(self.gaps, seed=self.settings.seed) if self.settings.draws else Stability()

    @cached_property
    def equity(self) -> Equity:
        """How evenly access is spread over people aged 60+, and the same of bundles of ten."""
        communities = self.city.communities
        exact, told = (
            equity(
                self.reach,
                homes,
                self.serving.facilities,
                places,
                covered=self.coverage,
                nearest=self.nearest,
                circle_min=self.settings.circle_min,
            )
            for homes, places in ((self.points, communities), (self.homes, places_as_told(communities)))
        )
        return replace(exact, told=told)

    @cached_property
    def typology(self) -> Typology:
        """What kinds of communities there are."""
        communities = places_as_told(self.city.communities)
        described = features(
            communities,
            self.homes,
            self.standing.facilities,
            self.city.network,
            nearest=self.nearest,
            services=self.coverage.services,
        )
        return typology(communities, described, seed=self.settings.seed)

    # -- what is to be told of all this ----------------------------------------------------------------

    @cached_property
    def circle_cut(self) -> pd.DataFrame:
        """People whose circle leaves the street file."""
        return circle_cut(self.city, self.walker, self.settings, self.points)

    @cached_property
    def hours(self) -> pd.DataFrame:
        """What is known of opening hours."""
        return hours_table(self.city.facilities, self.settings.open_at)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong in the data, those of reading first."""
        return (
            *self.city.findings,
            *metric_findings(self.city.area),
            *street_file_findings(self.city, self.walker, self.settings, cut=self.circle_cut),
            *facility_findings(self.facilities, self.settings),
            *few_findings(self.city.facilities, self.city.communities),
            *function_findings(self.city.communities, all_checklists(self.books)),
            *people_findings(self.city, self.demand, self.gaps, self.settings),
            *border_findings(self.city, self.walker, self.settings),
            *path_findings(self.coverage, self.city.pack_services),
            *tag_findings(self.city, self.demand, self.settings),
            *moment_findings(self.city, self.demand, self.settings),
        )


STAGES: Mapping[str, Callable[[Study], object]] = {
    "demand": lambda study: study.points,
    "snap": lambda study: (study.demand, study.facilities),
    "reach": lambda study: study.reach,
    "nearest": lambda study: study.nearest,
    "isochrones": lambda study: study.isochrones,
    "coverage": lambda study: study.coverage,
    "gaps": lambda study: study.gaps,
    "routes": lambda study: study.routes,
    "capacity": lambda study: study.capacity,
    "ledger": lambda study: study.ledger,
    "attribution": lambda study: study.attribution,
    "actions": lambda study: study.ranked,
    "robustness": lambda study: (study.robustness, study.stability, study.actions),
    "equity": lambda study: (study.equity, study.typology),
}
"""What an analysis computes, in this order."""
