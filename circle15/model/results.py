"""What the stages compute: reach, isochrones, coverage, gaps, and the whole analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from circle15.errors import InputError, SettingError
from circle15.kernels.costs import NEVER_MS
from circle15.model.actions import Actions
from circle15.model.capacity import Capacity, CapacityRule
from circle15.model.costs import Costs
from circle15.model.estates import Estates
from circle15.model.moment import Moment
from circle15.model.norms import Ledger, NormBook
from circle15.model.pickling import Travelling
from circle15.model.placed import PlacedDemand, PlacedFacilities, Positions, determined
from circle15.model.places import Communities, Facilities, StudyArea
from circle15.model.population import PopulationGrid
from circle15.model.provenance import FileRecord, Finding, Origin
from circle15.model.scenario import Scenario
from circle15.model.service import Service
from circle15.model.settled_homes import SettledHomes
from circle15.model.survey import Survey
from circle15.model.taken_ways import TakenWays
from circle15.model.verdicts import Attribution, Equity, Robustness, Routes, Stability, Typology
from circle15.model.walk_network import WalkNetwork, WalkProfile
from circle15.refusals import refusal

__all__ = [
    "Analysis",
    "Check",
    "City",
    "Coverage",
    "Gaps",
    "Isochrones",
    "NearestTimes",
    "ReachTable",
    "Settings",
    "Subdistricts",
    "barriers_of",
    "elder_share",
    "minutes_of",
]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an analysis was asked to do. A city pack gives them, command-line flags win.

    Attributes
    ----------
    profile
        Key of a walking profile in ``walking.toml``.
    speed_mps
        Metres a second on the flat in place of the profile's own; None leaves it.
    cutoffs_min
        Rising cut-offs in minutes; the last one is the circle's. ``cost <= cutoff`` counts.
    max_snap_m
        Farther from any street than this, a point is ``far``.
    weights
        Service weights of the index; services not named weigh 1. Normalised over determined services.
    open_at
        A moment of an ordinary week: what is closed then covers nobody. None: walk-in at any time.
    norms
        Books to judge by: keys of ``catalog/norms/``, or TOML files of the pack.
    draws, seed
        How many random draws robustness rests on (0: none), and the seed that makes them the same each time.

    Raises
    ------
    SettingError
        If a cut-off is zero, negative, not a number, doubled or beyond two hours, a limit is not positive, or
        ``draws`` or ``seed`` is no whole number in range.
    """

    profile: str = "elderly"
    cutoffs_min: tuple[float, ...] = (5.0, 10.0, 15.0)
    max_snap_m: float = 150.0
    weights: Mapping[str, float] = field(default_factory=dict)
    open_at: Moment | None = None
    norms: tuple[str, ...] = ("jiangsu-13fyp", "jiangsu-14fyp", "gb50180-2018", "project-defaults")
    draws: int = 200
    seed: int = 15
    speed_mps: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cutoffs_min", _cutoffs(self.cutoffs_min))
        if not self.cutoffs_min:
            raise refusal("cutoffs_none", error=SettingError)
        for cutoff in self.cutoffs_min:
            if not (np.isfinite(cutoff) and 0 < cutoff <= 120):
                raise refusal("cutoff_range", error=SettingError, value=cutoff)
        if list(self.cutoffs_min) != sorted(set(self.cutoffs_min)):
            raise refusal("cutoffs_rise", error=SettingError, cutoffs=self.cutoffs_min)
        if not (np.isfinite(self.max_snap_m) and 0 < self.max_snap_m <= 5000):
            raise refusal("max_snap_m", error=SettingError, value=self.max_snap_m)
        for service, weight in self.weights.items():
            if not (np.isfinite(weight) and weight >= 0):
                raise refusal("weight_range", error=SettingError, service=service, value=weight)
        if not isinstance(self.open_at, Moment | None):
            raise refusal("open_at_moment", error=SettingError, value=self.open_at)
        _whole("draws", self.draws, most=10_000)
        _whole("seed", self.seed, most=2**63 - 1)

    @property
    def circle_min(self) -> float:
        """The farthest cut-off: the circle that gaps are judged by."""
        return self.cutoffs_min[-1]


def _cutoffs(given: Any) -> tuple[float, ...]:
    """Cut-offs in minutes as they were given: a row of numbers, or one. A text would come apart into its digits."""
    numbers = [given] if isinstance(given, int | float) and not isinstance(given, bool) else given
    wrong = refusal("cutoffs_list", error=SettingError, value=given)
    if isinstance(numbers, str | bytes | Mapping):
        raise wrong
    try:
        cutoffs = [cutoff if isinstance(cutoff, str | bool) else float(cutoff) for cutoff in numbers]
    except (TypeError, ValueError):
        raise wrong from None
    if not all(isinstance(cutoff, float) for cutoff in cutoffs):
        raise wrong
    return tuple(map(float, cutoffs))


def _whole(name: str, value: object, *, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise refusal("whole_number", error=SettingError, name=name, value=value, most=most)


def barriers_of(context: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoSeries | None:
    """Water and rail of the context layers: an access leg must not cross them; None where neither is there."""
    layers = [context[name].geometry for name in ("water", "rail") if name in context]
    return gpd.GeoSeries(pd.concat(layers, ignore_index=True)) if layers else None


@dataclass(frozen=True, kw_only=True, eq=False)
class City(Travelling):
    """Everything known of a city before any computation. ``load_city`` makes one from a pack.

    ``context`` holds optional display layers as metric GeoDataFrames: ``water``, ``green``, ``buildings``,
    ``residential``, ``rail``; the reader says which exist. ``files`` tells what became of every input file: columns
    understood and not, rows read, used and dropped. ``population`` is a grid of people, where one was given. ``survey``
    holds the answers of field checks, already applied to ``network`` and ``facilities``. ``books`` are the norm books
    that ``settings.norms`` names, those of the pack's own files among them; empty: those of the catalogue.
    ``capacity_rules`` likewise, by service: who asks for a seat, and what capacities count. ``costs``: what changes
    cost, where the pack knows it. ``street_extent`` is what the street file says that it covers, in the network's
    system; None where it does not say; ``street_counts`` what its reader counted, and ``taken_ways`` the ways that tags
    took from walkers. ``scenario`` is what was changed of the city as it was read, and ``settled_homes`` are the homes
    of its new estates, and of communities that it merged or split; None where there are none.
    """

    key: str
    title_zh: str
    title_en: str
    area: StudyArea
    network: WalkNetwork
    facilities: Facilities
    communities: Communities
    population: PopulationGrid | None = None
    survey: Survey = field(default_factory=Survey)
    context: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    context_origins: tuple[Origin, ...] = ()
    settings: Settings = field(default_factory=Settings)
    books: tuple[NormBook, ...] = ()
    capacity_rules: Mapping[str, CapacityRule] = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)
    files: tuple[FileRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    street_extent: shapely.Geometry | None = None
    street_counts: Mapping[str, int] = field(default_factory=dict)
    taken_ways: TakenWays = field(default_factory=TakenWays)
    review_number: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    settled_homes: SettledHomes | None = None
    scenario: Scenario | None = None

    @property
    def pack_services(self) -> tuple[Service, ...]:
        """Services that there are beside the catalogue's: ``catalog.services(city.pack_services)`` are all."""
        return self.facilities.pack_services

    @property
    def barriers(self) -> gpd.GeoSeries | None:
        """What an access leg must not cross; see :func:`barriers_of`."""
        return barriers_of(self.context)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Provenance of every layer, streets first, each once; then of books of norms that are files."""
        grid = () if self.population is None else (self.population.origin,)
        people = (self.communities.origin, *grid)
        books = [book.origin for book in self.books if book.origin is not None]
        layers = [self.network.origin, *people, *self.facilities.origins, *self.context_origins]
        sources = [*layers, *self.survey.origins, *books]
        return tuple(dict.fromkeys(sources))

    @property
    def synthetic(self) -> bool:
        """True when any layer is synthetic."""
        return any(origin.synthetic for origin in self.origins)

    def __repr__(self) -> str:
        kind = " (with synthetic layers)" if self.synthetic else ""
        return f"<City {self.title_en}{kind}: {self.network!r}, {self.communities!r}, {self.facilities!r}>"


@dataclass(frozen=True, kw_only=True, eq=False)
class Check:
    """What reading a city's pack told, whether or not the city can be analysed.

    ``city`` is None where something could not be used; ``findings`` then has errors, and ``files`` what
    could be read.
    """

    key: str
    city: City | None
    files: tuple[FileRecord, ...]
    findings: tuple[Finding, ...]

    @property
    def title_zh(self) -> str:
        """The city's name, or its key where it could not be loaded."""
        return self.key if self.city is None else self.city.title_zh

    @property
    def title_en(self) -> str:
        """The city's English name, or its key where it could not be loaded."""
        return self.key if self.city is None else self.city.title_en


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ReachTable:
    """Walking times from demand points to facilities, pairs within the cut-off only.

    Sparse: an absent pair is *not within the cut-off*. The full id sets are kept, so that absence
    means something. Pairs are sorted by point, then facility.

    Attributes
    ----------
    point_ids, facility_ids
        All ids, also of those that occur in no pair.
    point, facility
        ``int32[k]`` positions in the id sets.
    cost_ms
        ``int32[k]`` whole milliseconds, both access legs included.
    cutoff_ms
        The cut-off; ``cost <= cutoff`` is in.
    point_status
        ``uint8[p]``, see :class:`~circle15.model.placed.Positions`: whose absence says nothing.
    """

    point_ids: pd.Index
    facility_ids: pd.Index
    point: NDArray[np.int32]
    facility: NDArray[np.int32]
    cost_ms: NDArray[np.int32]
    cutoff_ms: int
    profile: WalkProfile
    point_status: NDArray[np.uint8]

    @property
    def point_placed(self) -> NDArray[np.bool_]:
        """``bool[p]``: near a street."""
        return np.asarray(self.point_status != Positions.FAR)

    def __len__(self) -> int:
        return len(self.cost_ms)

    @property
    def minutes(self) -> pd.Series:
        """``float64`` minutes on (``point_id``, ``facility_id``)."""
        index = pd.MultiIndex.from_arrays(
            [self.point_ids.take(self.point), self.facility_ids.take(self.facility)],
            names=["point_id", "facility_id"],
        )
        return pd.Series(self.cost_ms / 60_000.0, index=index, name="minutes")

    def __repr__(self) -> str:
        return (
            f"<ReachTable: {len(self):,} pairs of {len(self.point_ids):,} points and "
            f"{len(self.facility_ids):,} facilities within {self.cutoff_ms / 60_000:g} min ({self.profile.name})>"
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class NearestTimes:
    """Walking times from demand points to the nearest facility of each service, at any distance.

    Attributes
    ----------
    point_ids
        Of the demand points.
    point_status
        ``uint8[p]``, see :class:`~circle15.model.placed.Positions`: whose "no way" says nothing.
    services
        In the order of the columns.
    cost_ms
        ``int64[p, s]`` whole milliseconds, both access legs included; ``NEVER_MS`` or more where there is no way.
        Beyond what the network and the list of facilities cover the true time may be shorter.

    Raises
    ------
    InputError
        If the table does not have a row for each point and a column for each service.
    """

    point_ids: pd.Index
    point_status: NDArray[np.uint8]
    services: tuple[str, ...]
    cost_ms: NDArray[np.int64]

    def __post_init__(self) -> None:
        wanted = (len(self.point_ids), len(self.services))
        if self.cost_ms.shape != wanted:
            raise refusal(
                "nearest_shape", error=InputError, shape=self.cost_ms.shape, points=wanted[0], services=wanted[1]
            )

    @property
    def point_placed(self) -> NDArray[np.bool_]:
        """``bool[p]``: near a street."""
        return np.asarray(self.point_status != Positions.FAR)

    def determined(self, service: str) -> NDArray[np.bool_]:
        """``bool[p]``: of whom the map tells whether they get there at all; not those adrift on a detached piece."""
        return determined(self.point_status, self.ms(service) < NEVER_MS)

    def ms(self, service: str) -> NDArray[np.int64]:
        """``int64[p]`` milliseconds to the nearest facility of a service; ``NEVER_MS`` or more: no way."""
        return self.cost_ms[:, self.services.index(service)]

    def minutes(self, service: str) -> NDArray[np.float64]:
        """``float64[p]`` minutes, NaN where there is no way."""
        return minutes_of(self.ms(service))

    def __repr__(self) -> str:
        return f"<NearestTimes: {len(self.point_ids):,} points to {len(self.services)} services>"


def minutes_of(cost_ms: NDArray[np.int64]) -> NDArray[np.float64]:
    """Minutes of whole milliseconds, NaN where there is no way."""
    return np.where(cost_ms >= NEVER_MS, np.nan, cost_ms / 60_000.0)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Isochrones:
    """Walking isochrones: drawings of network time, never used to compute coverage.

    ``frame``: (multi)polygons on (``facility_id``, ``cutoff_min``), nested in the cut-off.
    ``merged``: their unions on (``service``, ``cutoff_min``); empty when no services were given.
    """

    frame: gpd.GeoDataFrame
    merged: gpd.GeoDataFrame
    profile: WalkProfile

    def __repr__(self) -> str:
        cutoffs = ", ".join(f"{c:g}" for c in sorted(self.frame.index.get_level_values("cutoff_min").unique()))
        return f"<Isochrones: {self.frame.index.get_level_values(0).nunique():,} origins at {cutoffs} min>"

    def _repr_html_(self) -> str:
        areas = (self.frame.area / 1e4).rename("area_ha").unstack("cutoff_min")
        return areas.to_html(max_rows=12, float_format="{:.1f}".format)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Coverage:
    """Who reaches what.

    ``frame`` on (``community_id``, ``service``, ``cutoff_min``): for each people column *p* ``p``,
    ``p_covered``, ``p_uncovered``, ``p_unplaced`` (people whose demand points lie far from any
    street: the data cannot tell), ``p_undetermined`` (people on a detached piece of the network who do not reach the
    service within the farthest cut-off: the map cannot tell), ``p_share`` = covered / (covered + uncovered), NaN when
    of nobody can be told; and ``choices``, the people-weighted mean number of facilities in reach. Covered +
    uncovered + unplaced + undetermined = people. Where a community's people are not known all of it is NaN.

    ``nearest`` on (``community_id``, ``service``): minutes to the nearest facility at any distance,
    weighted by ``pop_60plus`` (by ``population`` where nobody is 60+): ``mean_min`` over those who
    can get there, ``p90_min`` over all (NaN when the tenth worst cannot), ``unreachable`` 60+ people (NaN
    when times beyond the cut-off were not computed). Beyond the study area's buffer times are upper bounds.
    Undetermined services (no list) have no rows.

    ``delivery`` on (``community_id``, ``service``), a layer apart that no other number is made of; only services of
    which some facility delivers: for each people column ``p``, ``p_delivered`` (within the straight-line radius of
    a facility that delivers), ``p_either`` (these, and those who can walk there within the farthest cut-off),
    ``p_neither``, ``p_unplaced`` (no delivery, and far from any street), ``p_undetermined``. either + neither +
    unplaced + undetermined = people.
    """

    frame: pd.DataFrame
    nearest: pd.DataFrame
    services: tuple[str, ...]
    undetermined: tuple[str, ...]
    delivery: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        return (
            f"<Coverage: {self.frame.index.get_level_values('community_id').nunique():,} communities, "
            f"{len(self.services)} services, undetermined: {', '.join(self.undetermined) or 'none'}>"
        )

    def _repr_html_(self) -> str:
        shares = self.frame["pop_60plus_share"].unstack("service")
        return shares.to_html(max_rows=12, float_format="{:.0%}".format)


def elder_share(sums: pd.DataFrame) -> pd.Series:
    """Covered share of people aged 60+, of all residents where nobody is; ``float64`` on the index of ``sums``.

    NaN where those aged 60+ are not known.

    Parameters
    ----------
    sums
        With ``pop_60plus``, ``pop_60plus_share`` and ``population_share``, as :class:`Coverage` has them.
    """
    return sums["pop_60plus_share"].where(sums["pop_60plus"] != 0, sums["population_share"])


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Gaps:
    """Gap scores at the circle's cut-off, for people aged 60 and over.

    ``frame`` on (``community_id``, ``service``): ``elders`` (people aged 60+), ``uncovered`` (of them, addable),
    ``unplaced``, ``undetermined`` (by the map), ``intensity_pct`` (of the others; of all residents where nobody is
    60+), ``share`` covered,
    ``choices``, ``mean_min``, ``p90_min`` and ``unreachable`` as in :class:`Coverage`, ``reached`` (whether somebody in
    the city can walk to the service, at any distance), ``rank`` (1 = most people uncovered in that service).

    ``by_community`` on ``community_id``: ``name``, ``name_en`` and ``subdistrict`` as far as the communities have
    them, ``elders``, ``uncovered`` (sum over services of 60+ person-services),
    ``uncovered_worst`` and ``worst_service``, ``index`` (geometric, 0-100), ``index_additive``,
    ``index_worst``, ``rank`` (by index), ``rank_additive``, ``rank_worst``, ``rank_people``; sorted by rank.

    ``cutoff_min`` and ``open_at`` are the circle and the moment that all of it is of. In words:
    ``gap_sentences`` and ``community_sentences`` of ``circle15.catalog.phrases``.
    """

    frame: pd.DataFrame
    by_community: pd.DataFrame
    weights: Mapping[str, float]
    cutoff_min: float
    open_at: Moment | None = None

    def __repr__(self) -> str:
        worst = self.by_community.iloc[0] if len(self.by_community) else None
        lead = f"; first: {worst['name']} ({worst['index']:.0f})" if worst is not None else ""
        return f"<Gaps: {len(self.by_community):,} communities x {len(self.weights)} services{lead}>"

    def _repr_html_(self) -> str:
        shown = self.by_community[["rank", "name", "index", "uncovered", "worst_service"]]
        return shown.to_html(max_rows=10, float_format="{:.1f}".format)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Subdistricts:
    """Coverage summed by subdistrict; empty where no community names one.

    ``frame`` on (``subdistrict``, ``service``, ``cutoff_min``): for each people column *p* the exact sums
    ``p``, ``p_covered``, ``p_uncovered``, ``p_unplaced``, ``p_undetermined`` over communities whose people are known
    (NaN where of none are), and ``p_share`` = covered / (covered + uncovered).

    ``by_subdistrict`` on ``subdistrict``: ``communities``, ``people_unknown`` (how many of these are in no sum),
    people, ``uncovered`` (60+ person-services), ``worst_service``, ``index`` (geometric, of the shares above) and
    ``rank``; sorted by rank.

    ``named`` on ``community_id``: the subdistrict that each community counts in.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_subdistrict: pd.DataFrame = field(default_factory=pd.DataFrame)
    named: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))

    def __len__(self) -> int:
        return len(self.by_subdistrict)

    def __repr__(self) -> str:
        return f"<Subdistricts: {len(self)}>"

    def _repr_html_(self) -> str:
        return self.by_subdistrict.to_html(max_rows=12, float_format="{:.1f}".format)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Analysis(Travelling):
    """All results of one run, with what is needed to defend them.

    ``demand`` and ``facilities`` are the demand points and all facilities of the city, with their positions;
    ``record`` is what ``run.json`` holds. ``hours`` on ``facility_id`` is what is known of opening hours
    (:func:`circle15.hours.opening.hours_table`), ``open`` among it: NA without a moment and where unknown;
    ``estates`` are the private gates of the streets and whose they are. The nine
    after ``subdistricts`` are what verdicts rest on; each is empty where it was not asked for or nothing can be said.
    ``circle_cut`` on ``community_id``: people whose circle leaves the street file
    (:func:`circle15.quality.streets.circle_cut`); empty where the file does not say what it covers.
    """

    city: City
    settings: Settings
    profile: WalkProfile
    demand: PlacedDemand
    facilities: PlacedFacilities
    reach: ReachTable
    isochrones: Isochrones
    coverage: Coverage
    gaps: Gaps
    findings: tuple[Finding, ...]
    record: Mapping[str, Any]
    hours: pd.DataFrame = field(default_factory=pd.DataFrame)
    estates: Estates = field(default_factory=Estates)
    subdistricts: Subdistricts = field(default_factory=Subdistricts)
    routes: Routes = field(default_factory=Routes)
    capacity: Capacity = field(default_factory=Capacity)
    ledger: Ledger = field(default_factory=Ledger)
    attribution: Attribution = field(default_factory=Attribution)
    actions: Actions = field(default_factory=Actions)
    robustness: Robustness = field(default_factory=Robustness)
    stability: Stability = field(default_factory=Stability)
    equity: Equity = field(default_factory=Equity)
    typology: Typology = field(default_factory=Typology)
    circle_cut: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def network(self) -> WalkNetwork:
        """The streets as they were walked: what is shut at the moment of the settings is closed."""
        return self.city.network.at(self.settings.open_at)

    def __repr__(self) -> str:
        when = f" at {self.settings.open_at}" if self.settings.open_at else ""
        return f"<Analysis of {self.city.title_en}{when}: {self.coverage!r}, {self.gaps!r}>"
