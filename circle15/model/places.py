"""Places and people: the study area, facilities, communities, demand points."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pandas.api.types import is_object_dtype
from pyproj import CRS

from circle15.errors import CrsError, InputError, SettingError
from circle15.model.frame_checks import check_finite, plain_frame, with_services
from circle15.model.metric import refuse_stretched, why_unfit
from circle15.model.provenance import Origin
from circle15.model.service import Service
from circle15.refusals import hint, refusal

__all__ = [
    "AGE_GROUP",
    "CONFLICT_COLUMNS",
    "ELDERS_IN_NEED",
    "MATCH_COLUMNS",
    "OSM_SOURCE",
    "PEOPLE",
    "ROUNDED",
    "STATES",
    "Communities",
    "CommunitySeeds",
    "DemandPoints",
    "Facilities",
    "StudyArea",
    "counts_heads",
    "people_columns",
]

PEOPLE = ("population", "pop_60plus")
"""The people columns that every stage carries; further ``pop_<age>plus`` columns are carried when there."""

AGE_GROUP = re.compile(r"pop_(\d+)plus")
"""Names of columns that count people from an age up, which is the group."""

ELDERS_IN_NEED = ("elders_empty_nest", "elders_alone", "elders_disabled", "elders_low_income")
"""Columns of communities that count elders of some need among those aged 60+: one person may stand in several."""

MATCH_COLUMNS = (
    "facility_id", "name", "list_file", "other_id", "other_name", "other_file", "distance_m", "by", "likeness",
    "filled", "services_added",
)  # fmt: skip
"""One row per facility that was found in another list too and merged into ``facility_id``."""
CONFLICT_COLUMNS = (
    "kind", "services", "facility_id", "name", "list_file", "column", "value", "other_id", "other_name", "other_file",
    "other_value", "distance_m",
)  # fmt: skip
"""One row per doubt about two facilities of different lists; ``column`` is what they differ in, if it is that."""

STATES = ("in_use", "closed", "suspended", "building", "planned")
"""What a facility's ``state`` may be, beside ``""`` where nobody says; all but the first cover nobody."""

ROUNDED = ("rounded_east_m", "rounded_north_m")
"""Columns of facilities, and of communities known by points: the step, in metres, that their coordinates were
rounded to; NaN or 0 where precise."""

OSM_SOURCE = "OpenStreetMap"
"""``source`` of a facility that OpenStreetMap alone speaks of."""

FACILITY_NUMBERS = ("capacity", "floor_area_m2", *ROUNDED)
"""Columns of facilities that hold numbers, NaN where unknown."""

MOST_GROWTH_M = 5000.0


@dataclass(frozen=True, kw_only=True)
class StudyArea:
    """Where the study is, in metres, and how far around it streets and facilities must be known.

    ``buffer_m`` is at least the distance of the farthest cut-off, so that the border cuts no route.

    Raises
    ------
    CrsError
        If the system is not metric, or more than 1 % untrue to length there.
    InputError
        If the boundary is empty or crosses itself.
    """

    boundary: shapely.Polygon | shapely.MultiPolygon
    crs: CRS
    buffer_m: float

    def __post_init__(self) -> None:
        unfit = why_unfit(self.crs)
        if unfit:
            raise refusal("area_crs", error=CrsError, crs=self.crs.name, why=unfit)
        if self.boundary.is_empty or not self.boundary.is_valid:
            raise refusal("area_boundary", error=InputError)
        refuse_stretched(self.crs, self.outline)

    @property
    def outline(self) -> NDArray[np.float64]:
        """``float64[n, 2]`` vertices of the boundary in metres."""
        return np.asarray(shapely.get_coordinates(self.boundary), dtype=np.float64)

    @property
    def reach(self) -> shapely.Polygon | shapely.MultiPolygon:
        """The boundary with its buffer."""
        return shapely.buffer(self.boundary, self.buffer_m)

    @property
    def area_km2(self) -> float:
        """Area inside the boundary in square kilometres."""
        return float(self.boundary.area) / 1e6


def people_columns(frame: pd.DataFrame) -> tuple[str, ...]:
    """Names of a frame's people columns: ``population``, ``pop_60plus``, and others such as ``pop_80plus``."""
    extra = sorted(str(c) for c in frame.columns if AGE_GROUP.fullmatch(str(c)) and c not in PEOPLE)
    return (*PEOPLE, *extra)


def counts_heads(column: object) -> bool:
    """Whether a column counts people or households and may be added up; ``population_year`` does not.

    Examples
    --------
    >>> [counts_heads(name) for name in ("population", "pop_80plus", "households", "population_year", "pop_note")]
    [True, True, True, False, False]
    """
    name = str(column)
    counted = {*PEOPLE, *ELDERS_IN_NEED, "households", "households_registered", "population_registered"}
    return name in counted or AGE_GROUP.fullmatch(name) is not None


def _counts(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame.columns if counts_heads(column) or column in ROUNDED]


def _check_ids(frame: gpd.GeoDataFrame, name: str) -> None:
    if frame.index.name != name:
        raise refusal("frame_index", error=InputError, name=name, given=frame.index.name)
    if not frame.index.is_unique:
        doubled = frame.index[frame.index.duplicated()].unique()
        raise refusal("frame_ids", error=InputError, name=name, count=len(doubled), first=doubled[0])


def _check_metric(frame: gpd.GeoDataFrame, what: str) -> None:
    if frame.crs is None or why_unfit(frame.crs):
        raise refusal("frame_crs", error=CrsError, what=hint(f"what_{what}"), crs=frame.crs)


def _check_shapes(frame: gpd.GeoDataFrame, code: str, kinds: Sequence[str], **words: Any) -> None:
    """Refuse shapes of other kinds, missing and empty ones."""
    shapes = frame.geometry.to_numpy()
    fit = np.isin(shapely.get_type_id(shapes), [shapely.GeometryType[kind.upper()] for kind in kinds])
    if not (fit & ~shapely.is_empty(shapes)).all():
        found = sorted(set(frame.geometry.geom_type.dropna().unique()) - set(kinds))
        raise refusal(code, error=InputError, found=found or hint("shape_missing"), **words)


def _check_points(frame: gpd.GeoDataFrame, what: str) -> None:
    _check_shapes(frame, "frame_points", ["Point"], what=hint(f"what_{what}"))


MOST_LEG_M = 1000.0
"""No home lies farther from the point that stands for it."""


def _check_people(frame: pd.DataFrame, what: str, columns: Sequence[str]) -> None:
    """Refuse what is no number of people; NaN is one that nobody knows."""
    for column in columns:
        values = frame[column].to_numpy(dtype=float)
        bad = ~((np.isfinite(values) & (values >= 0)) | np.isnan(values))
        if bad.any():
            first = frame.index[bad][0]
            raise refusal(
                "frame_people",
                error=InputError,
                what=hint(f"what_{what}"),
                count=int(bad.sum()),
                column=column,
                first=first,
                value=frame.loc[first, column],
            )


def _check_some_known(communities: pd.DataFrame) -> None:
    """Refuse communities of none of which both people and those aged 60+ are known."""
    population, elders = (communities[column].to_numpy(dtype=float) for column in PEOPLE)
    if len(communities) and np.isnan(population + elders).all():
        raise refusal("frame_people_unknown", error=InputError, what=hint("what_communities"), count=len(communities))


def _check_states(frame: pd.DataFrame) -> None:
    if "state" in frame:
        odd = frame.index[frame["state"].notna() & ~frame["state"].isin(("", *STATES))]
        if len(odd):
            value, known = frame.loc[odd[0], "state"], ", ".join(STATES)
            raise refusal("facility_state", error=InputError, facility=odd[0], value=value, known=known)


def _check_rounded(frame: pd.DataFrame) -> None:
    for column in (column for column in ROUNDED if column in frame):
        bad = frame.index[(frame[column] < 0) | np.isinf(frame[column])]
        if len(bad):
            raise refusal(
                "place_rounded", error=InputError, place=bad[0], column=column, value=frame.loc[bad[0], column]
            )


def _steps_m(frame: pd.DataFrame) -> NDArray[np.float64]:
    """``float64[n, 2]``: steps that coordinates were rounded to (:data:`ROUNDED`), 0 where nothing is said."""
    steps = np.zeros((len(frame), 2))
    for axis, column in enumerate(ROUNDED):
        if column in frame:
            steps[:, axis] = np.nan_to_num(frame[column].to_numpy(dtype=float))
    return steps


@dataclass(frozen=True, kw_only=True, eq=False)
class Facilities:
    """Facilities as points; one site may offer many services.

    ``frame``: GeoDataFrame on ``facility_id`` (str) with ``name`` (str), ``services`` (tuple of
    service keys), metric points; optional ``tier`` (its list's own word) and ``tier_key``, ``supply_route`` and
    ``supply_route_key`` likewise, ``site_kind`` and ``site_kind_key`` (keys of ``kinds.toml`` joined by ``;``),
    ``state`` (of :data:`STATES`, or ``""``), ``capacity`` (of the site), ``capacity_by_service`` (mappings from service
    to capacity), ``floor_area_m2``, ``opening_hours`` (as its list writes them), ``delivery_radius_m`` (straight line),
    ``source``, ``source_date``, ``source_url``, ``address``, ``rounded_east_m`` and ``rounded_north_m`` (of rounded
    coordinates); further columns are kept.
    ``listed`` names the services that some list speaks of: a listed service without a facility is a
    gap, an unlisted one is undetermined. ``pack_services`` are those that there are beside the catalogue's: what a
    pack's ``[[services]]`` add, or a :class:`~circle15.model.service.Service` of your own. ``unseen`` are those
    unlisted that OpenStreetMap was asked for and has no object of. ``matches`` and ``conflicts``: what was merged and
    what is doubtful between lists (:func:`circle15.sources.facilities.same_place.same_places`), with the columns of
    :data:`MATCH_COLUMNS` and :data:`CONFLICT_COLUMNS`; empty for one list.
    """

    frame: gpd.GeoDataFrame
    listed: frozenset[str]
    pack_services: tuple[Service, ...] = ()
    unseen: frozenset[str] = frozenset()
    origins: tuple[Origin, ...] = ()
    matches: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(MATCH_COLUMNS)))
    conflicts: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CONFLICT_COLUMNS)))

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", plain_frame(self.frame, "facilities", FACILITY_NUMBERS))
        _check_ids(self.frame, "facility_id")
        _check_metric(self.frame, "facilities")
        _check_points(self.frame, "facilities")
        check_finite(self.frame, "facilities")
        for column in ("name", "services"):
            if column not in self.frame.columns:
                raise refusal("frame_column", error=InputError, what=hint("what_facilities"), column=column)
        object.__setattr__(self, "frame", with_services(self.frame))
        if "delivery_radius_m" in self.frame:
            radius = pd.to_numeric(self.frame["delivery_radius_m"], errors="coerce")
            bad = self.frame.index[
                (radius.isna() & self.frame["delivery_radius_m"].notna()) | (radius < 0) | np.isinf(radius)
            ]
            if len(bad):
                raise refusal("delivery_radius", error=InputError, facility=bad[0])
        _check_states(self.frame)
        _check_rounded(self.frame)
        unlisted = {service for row in self.frame["services"] for service in row} - self.listed
        if unlisted:
            raise refusal("services_unlisted", error=InputError, services=sorted(unlisted))

    def __len__(self) -> int:
        return len(self.frame)

    def offer_matrix(self, services: Sequence[str]) -> NDArray[np.bool_]:
        """``bool[f, s]``: which facility offers which of the services."""
        rows = [[service in offered for service in services] for offered in self.frame["services"]]
        return np.array(rows, dtype=bool).reshape(len(self), len(services))

    def in_service(self) -> Facilities:
        """Without those that are closed, being built or planned (column ``state``), or that a field survey denied.

        A field survey counts first: what it confirmed serves, what it found not to serve (``denied``) does not. What
        lists speak of stays: a service without any facility in service is a gap, not undetermined.
        """
        if "survey_answer" not in self.frame and "state" not in self.frame:
            return self
        return replace(self, frame=self.frame[self.serves])

    @property
    def serves(self) -> NDArray[np.bool_]:
        """``bool[f]``: which facilities are in service; see :meth:`in_service`."""
        blank = pd.Series("", index=self.frame.index)
        answer, state = (self.frame.get(column, blank) for column in ("survey_answer", "state"))
        shut = state.isin(STATES[1:]) & (answer != "confirmed")
        return np.asarray(~shut & (answer != "denied"), dtype=bool)

    @property
    def rounded_m(self) -> NDArray[np.float64]:
        """``float64[f, 2]``: the steps east and north that coordinates were rounded to, in metres; 0 where precise."""
        return _steps_m(self.frame)

    def offers(self) -> pd.DataFrame:
        """One row per (facility, service): columns ``facility_id``, ``service``, ``capacity``; in id order.

        ``capacity`` is that of the service there: from ``capacity_by_service``, else the site's where it offers one
        service only. NaN where it is not known; a site's total is never shared out.
        """
        offered = zip(self.frame.index, self.frame["services"], strict=True)
        ordered = sorted({(facility, service) for facility, services in offered for service in services})
        kind = self.frame.index.dtype
        ids = pd.Index(
            [facility for facility, _ in ordered], dtype="str" if ordered and is_object_dtype(kind) else kind
        )
        names = pd.Index([service for _, service in ordered], dtype="str" if ordered else object)
        pairs = pd.DataFrame({"facility_id": ids, "service": names})
        return pairs.assign(capacity=self._capacities(pairs))

    def _capacities(self, pairs: pd.DataFrame) -> pd.Series:
        """Capacity of each (facility, service)."""
        amounts = pd.Series(np.nan, index=pairs.index)
        if "capacity" in self.frame:
            total = pd.to_numeric(self.frame["capacity"], errors="coerce").reindex(pairs["facility_id"]).to_numpy(float)
            single = ~pairs["facility_id"].duplicated(keep=False)
            amounts = amounts.where(~single, pd.Series(total, index=pairs.index))
        if "capacity_by_service" in self.frame:
            given = self.frame["capacity_by_service"]
            stated = {
                (facility, service): float(capacity)
                for facility, by_service in given[[isinstance(cell, Mapping) for cell in given]].items()
                for service, capacity in by_service.items()
            }
            keys = pd.MultiIndex.from_frame(pairs[["facility_id", "service"]])
            amounts = pd.Series([stated.get(key, np.nan) for key in keys], index=pairs.index, dtype=float).fillna(
                amounts
            )
        return amounts

    def __repr__(self) -> str:
        offers = self.offers()["service"].value_counts().sort_index()
        counted = ", ".join(f"{service} {count}" for service, count in offers.items())
        return f"<Facilities: {len(self):,} sites ({counted})>"

    def _repr_html_(self) -> str:
        return self.frame.drop(columns="geometry").to_html(max_rows=12)


@dataclass(frozen=True, kw_only=True, eq=False)
class Communities:
    """Communities as polygons with people.

    ``frame``: GeoDataFrame on ``community_id`` (str) with ``name``, ``population``, ``pop_60plus``,
    metric (multi)polygons; optional ``name_en``, ``subdistrict``, ``community_type``, ``households``,
    ``pop_65plus``, ``pop_80plus``; further columns are kept. People are NaN where nobody knows them: such a community
    stays, undetermined, and is in no total and no rank.
    """

    frame: gpd.GeoDataFrame
    origin: Origin

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", plain_frame(self.frame, "communities", _counts(self.frame)))
        _check_ids(self.frame, "community_id")
        _check_metric(self.frame, "communities")
        check_finite(self.frame, "communities")
        for column in ("name", *PEOPLE):
            if column not in self.frame.columns:
                raise refusal("frame_column", error=InputError, what=hint("what_communities"), column=column)
        _check_people(self.frame, "communities", self.people)
        _check_some_known(self.frame)
        _check_shapes(self.frame, "communities_polygons", ["Polygon", "MultiPolygon"])
        invalid = self.frame.index[~shapely.is_valid(self.frame.geometry.to_numpy())]
        if len(invalid):
            raise refusal("communities_invalid", error=InputError, count=len(invalid), first=invalid[0])
        _check_rounded(self.frame)

    @property
    def people(self) -> tuple[str, ...]:
        """The people columns that are there: ``population``, ``pop_60plus`` and further ``pop_<age>plus``."""
        return people_columns(self.frame)

    @property
    def people_unknown(self) -> pd.Series:
        """Of which communities the people, or those aged 60+, are not known: ``bool`` on ``community_id``."""
        return pd.Series(self.frame[list(PEOPLE)].isna().any(axis=1), name="people_unknown")

    @property
    def rounded_m(self) -> NDArray[np.float64]:
        """``float64[c, 2]``: the steps east and north that the points of grown outlines were rounded to, in metres.

        0 where they are precise, and where the outline was drawn.
        """
        grown = self.frame.get("outline", pd.Series("", index=self.frame.index)) == "grown"
        return np.where(grown.to_numpy(dtype=bool)[:, np.newaxis], _steps_m(self.frame), 0.0)

    @property
    def subdistricts(self) -> pd.Series:
        """The subdistrict of each community, ``""`` where it names none: ``str`` on ``community_id``."""
        if "subdistrict" not in self.frame:
            return pd.Series("", index=self.frame.index, dtype=object)
        named = self.frame["subdistrict"].astype(object)
        return named.where(named.notna(), "").astype(str).str.strip()

    @property
    def subdistricts_en(self) -> pd.Series:
        """English names of subdistricts, of each the first by ``community_id``: ``str`` on the names of some."""
        if "subdistrict_en" not in self.frame:
            return pd.Series(dtype=object)
        english = self.frame["subdistrict_en"].sort_index().dropna().loc[lambda names: names != ""]
        return english.groupby(self.subdistricts.reindex(english.index)).first()

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        people, elders = self.frame["population"].sum(), self.frame["pop_60plus"].sum()
        kind = "synthetic, " if self.origin.synthetic else ""
        unknown = int(self.people_unknown.sum())
        beside = f", of {unknown:,} unknown" if unknown else ""
        return f"<Communities: {kind}{len(self):,} polygons, {people:,.0f} people, {elders:,.0f} aged 60+{beside}>"

    def _repr_html_(self) -> str:
        return self.frame.drop(columns="geometry").to_html(max_rows=12)


@dataclass(frozen=True, kw_only=True, eq=False)
class CommunitySeeds:
    """Communities known by points only: an office, a centre, the middles of their estates.

    ``frame`` as in :class:`Communities`, with metric (multi)points; ``grow_m`` is how far along the
    streets a community goes when its outline is grown from them, ``datum`` what its points were declared in.
    """

    frame: gpd.GeoDataFrame
    grow_m: float
    origin: Origin
    datum: str = "wgs84"

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", plain_frame(self.frame, "community_seeds", _counts(self.frame)))
        _check_ids(self.frame, "community_id")
        _check_metric(self.frame, "community_seeds")
        check_finite(self.frame, "community_seeds")
        for column in ("name", *PEOPLE):
            if column not in self.frame.columns:
                raise refusal("frame_column", error=InputError, what=hint("what_community_seeds"), column=column)
        _check_people(self.frame, "community_seeds", people_columns(self.frame))
        _check_shapes(self.frame, "frame_points", ["Point", "MultiPoint"], what=hint("what_community_seeds"))
        if not (math.isfinite(self.grow_m) and 0 < self.grow_m <= MOST_GROWTH_M):
            raise refusal("grow_range", error=SettingError, value=self.grow_m, most=MOST_GROWTH_M)

    @property
    def surroundings(self) -> gpd.GeoSeries:
        """Circles that no outline can leave: a way along streets is never shorter than the straight line."""
        return self.frame.geometry.buffer(self.grow_m)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<CommunitySeeds: {len(self):,} communities without outlines, to be grown {self.grow_m:g} m>"


@dataclass(frozen=True, kw_only=True, eq=False)
class DemandPoints:
    """Where people start to walk.

    ``frame``: GeoDataFrame on ``point_id`` (str) with ``community_id``, the people columns (multiples
    of 1/1024 person, so that sums are exact in floating point; NaN where the community's are not known), ``method``
    (``building``, ``residential_land``, ``grid``, ``street`` or ``polygon``) and metric points; where they stand for
    homes that lie some way off, ``leg_m`` are the metres from the homes to the point (0 to 1,000).
    """

    frame: gpd.GeoDataFrame

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", plain_frame(self.frame, "demand_points", _counts(self.frame)))
        _check_ids(self.frame, "point_id")
        _check_metric(self.frame, "demand_points")
        check_finite(self.frame, "demand_points")
        _check_points(self.frame, "demand_points")
        for column in ("community_id", *PEOPLE):
            if column not in self.frame.columns:
                raise refusal("frame_column", error=InputError, what=hint("what_demand_points"), column=column)
        _check_people(self.frame, "demand_points", self.people)
        if "leg_m" in self.frame.columns:
            leg_m = pd.to_numeric(self.frame["leg_m"], errors="coerce")
            bad = ~leg_m.between(0, MOST_LEG_M)
            if bad.any():
                first = self.frame.index[bad][0]
                raise refusal(
                    "home_leg", error=InputError, count=int(bad.sum()), first=first,
                    value=self.frame.loc[first, "leg_m"], most=f"{MOST_LEG_M:g}",
                )  # fmt: skip

    @property
    def people(self) -> tuple[str, ...]:
        """The people columns that are there."""
        return people_columns(self.frame)

    @property
    def leg_mm(self) -> NDArray[np.int64]:
        """``int64[p]``: whole millimetres from the homes to the point, 0 where nothing is said."""
        if "leg_m" not in self.frame:
            return np.zeros(len(self.frame), dtype=np.int64)
        return np.rint(self.frame["leg_m"].to_numpy(dtype=float) * 1000).astype(np.int64)

    @property
    def communities(self) -> pd.Index:
        """``community_id`` of all that have points, sorted."""
        return self._owners[1]

    @property
    def community(self) -> NDArray[np.int64]:
        """``int64[p]``: the community of each point, a position in ``communities``."""
        return self._owners[0]

    @cached_property
    def _owners(self) -> tuple[NDArray[np.int64], pd.Index]:
        code, ids = pd.factorize(self.frame["community_id"], sort=True)
        return code.astype(np.int64), pd.Index(ids, name="community_id")

    def people_in(self, column: str) -> NDArray[np.float64]:
        """``float64[p]``: people of a column, such as ``pop_60plus``; NaN where the community's are not known."""
        return self.frame[column].to_numpy(dtype=float)

    def known_in(self, column: str) -> NDArray[np.float64]:
        """``float64[p]``: people of a column for what is summed over the city: nobody where they are not known."""
        return np.nan_to_num(self.people_in(column), nan=0.0)

    def weight(self, counted: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """``float64[p]``: people aged 60 and over, or everyone in communities where nobody is; 0 where not counted.

        0 too where the community's people are not known: they weigh nothing, and means of them are undetermined.

        Parameters
        ----------
        counted
            ``bool[p]``: the points that count; by default all.
        """
        elders, everyone = (
            self.people_in(column) if counted is None else self.people_in(column) * counted
            for column in ("pop_60plus", "population")
        )
        nobody = self.community_sums(elders) == 0
        return np.nan_to_num(np.where(nobody[self.community], everyone, elders), nan=0.0)

    def community_sums(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """``float64[c]``: values of points ``[p]`` summed by community."""
        return np.bincount(self.community, weights=values, minlength=len(self.communities)).astype(float)

    @property
    def by_community(self) -> pd.DataFrame:
        """How the people of each community were placed: ``method``, ``points`` and ``people`` on ``community_id``.

        The method is one word, as in ``frame``; where points of your own mix several, they are joined by ``+``.
        """
        groups = self.frame.groupby("community_id", sort=True)
        return pd.DataFrame(
            {
                "method": groups["method"].agg(lambda made: "+".join(sorted(set(made)))),
                "points": groups.size(),
                "people": pd.Series(self.community_sums(self.people_in("population")), self.communities),
            }
        )

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        methods = self.frame["method"].value_counts().sort_index() if "method" in self.frame else {}
        made = ", ".join(f"{method} {count:,}" for method, count in methods.items())
        return f"<DemandPoints: {len(self):,} ({made}), {self.frame['population'].sum():,.0f} people>"
