"""What may stand in a ``city.toml``: its tables, their keys, and what each value must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import PurePath
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from circle15.catalog import services
from circle15.catalog.capacity import overridden
from circle15.catalog.service_faults import free_tones, service_fault
from circle15.catalog.typed_toml import Day, Number, OneOf, Rows, TomlTable, Wanted, fault, is_number
from circle15.errors import SettingError
from circle15.model.capacity import CapacityRule
from circle15.model.costs import Costs
from circle15.model.places import AGE_GROUP
from circle15.model.service import Service
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean
from circle15.sources.osm.places import CONTEXT_LAYERS

__all__ = [
    "LAYERS", "USES", "CapacityTable", "CityConfig", "CommunitiesTable", "CommunityFile", "ContextTable", "CostsTable",
    "FacilitiesTable", "LayerTable", "MappedColumn", "NetworkTable", "PeopleTable", "PopulationTable", "Provenance",
    "ServiceTable", "SettingsTable", "SurveyTable",
]  # fmt: skip

LAYERS = (*CONTEXT_LAYERS, "moat")
"""Display layers that a pack may have."""
USES = ("spread", "count")
"""What a population grid is for: where in a community people live, or also how many they are."""


# -- Values ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class MappedColumn:
    """What one of our columns is made of: the sum of the file's columns ``of``, or a ``share`` of it."""

    of: tuple[str, ...]
    share: float | None = None

    @property
    def whole(self) -> bool:
        """Whether it is one of the file's columns as it stands."""
        return len(self.of) == 1 and self.share is None


def _mapped(written: Any) -> MappedColumn:
    """A column's name, a list of names, or ``{of = ..., share = ...}``."""
    whole = written if isinstance(written, dict) else {"of": written}
    of, share = whole.get("of"), whole.get("share")
    names: Any = [of] if isinstance(of, str) else of
    named = isinstance(names, list) and names and all(isinstance(name, str) for name in names)
    if not named or set(whole) - {"of", "share"} or not (share is None or is_number(share)):
        raise ValueError(written)
    return MappedColumn(of=tuple(names), share=share)


_Columns: TypeAlias = Mapping[
    str,
    Annotated[
        MappedColumn,
        PlainValidator(_mapped),
        Wanted(
            '列名、要相加的几个列名，或 { of = "列名", share = 0.2 }',
            'a column\'s name, a list of names to add up, or { of = "column", share = 0.2 }',
        ),
    ],
]
"""Our name -> what it is made of."""


def _plain(value: Any) -> Any:
    """A note as text, whatever scalar it was."""
    return value if isinstance(value, dict | list) else str(value)


# -- Tables ------------------------------------------------------------------------------------------


class Provenance(TomlTable):
    """Where a layer comes from; what is not said is None."""

    label_zh: str | None = None
    label_en: str | None = None
    attribution: str | None = None
    licence: str | None = None
    url: str = ""
    date: Day = ""


class LayerTable(Provenance):
    """A layer with its provenance; a synthetic one is called so in every output."""

    synthetic: bool = False


class SettingsTable(TomlTable):
    """``[settings]``; what is left out has the defaults of :class:`~circle15.model.results.Settings`."""

    profile: str | None = None
    cutoffs_min: Rows[Number] | None = None
    max_snap_m: Number | None = None
    weights: Mapping[str, Number] | None = None
    open_at: str | None = None
    draws: int | None = None
    seed: int | None = None


class NetworkTable(Provenance):
    """``[network]``: street files, of which the first that is there counts; else a made town."""

    files: Rows[str] = ()
    place: str = ""
    synthetic: str | None = None


class ServiceTable(TomlTable):
    """An entry of ``[[services]]``: a service that the pack adds; see :class:`~circle15.model.service.Service`."""

    key: str
    title_zh: str
    title_en: str
    noun_en: str
    glyph: str
    tone: str | None = None
    words: Rows[str] = ()
    osm: Rows[str] = ()
    delivered: bool = False


class FacilitiesTable(LayerTable):
    """An entry of ``[[facilities]]``: a list, or OpenStreetMap's facilities.

    ``complete = true`` says that OpenStreetMap has all facilities of the services here: no object is then no facility.
    """

    file: str = ""
    osm: bool = False
    complete: bool | None = None
    datum: str = "wgs84"
    service: str | None = None
    services: Rows[str] = ()
    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = Field(default_factory=dict)
    merge: bool = True
    layer: str = ""
    encoding: str = ""
    crs: str = ""

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        _need_source(self.file, osm=self.osm)
        if self.complete is not None and not self.osm:
            raise fault("key_alone", key="complete", needed="osm")
        return self

    @property
    def certain(self) -> bool:
        """Whether a service that it speaks of and has no facility of is known to be absent."""
        return not self.osm or self.complete is True


class PeopleTable(TomlTable):
    """``[communities.people]``: a table with the people."""

    file: str = ""
    sheet: str | None = None
    header_row: int | None = None
    columns: Mapping[str, str] = Field(default_factory=dict)
    encoding: str = ""

    @model_validator(mode="after")
    def _has_file(self) -> Self:
        _need_file(self.file, kind=("人口表", "table"), example="people.xlsx")
        return self


class CommunityFile(LayerTable):
    """What ``[communities]`` says of its file, and ``[communities.about."file"]`` of one among several."""

    estimated: bool = False
    grow: bool = False
    grow_m: Number | None = None
    parts: bool = False
    parts_people: Literal["sum", "once"] | None = None
    people_basis: Literal["resident", "registered"] = "resident"
    datum: str = "wgs84"
    sheet: str | None = None
    header_row: int | None = None
    layer: str = ""
    encoding: str = ""
    crs: str = ""


class CommunitiesTable(CommunityFile):
    """``[communities]``; ``columns`` by the name of the file that they are of, ``""`` for any."""

    file: str = ""
    files: Rows[str] = ()
    about: Mapping[str, CommunityFile] = Field(default_factory=dict)
    columns: Mapping[str, _Columns] = Field(default_factory=dict)
    people: PeopleTable | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The files, of which the first that is there counts."""
        return self.files or (self.file,)

    def of_file(self, name: str) -> CommunityFile:
        """What holds for one of the files."""
        return self.model_copy(update=self.about[name].given) if name in self.about else self

    def columns_of(self, name: str) -> Mapping[str, MappedColumn]:
        """Our name -> what it is made of, in one of the files."""
        return self.columns.get(name, self.columns.get("", {}))

    @model_validator(mode="before")
    @classmethod
    def _columns_by_file(cls, written: Any) -> Any:
        """``columns`` may be of one file: ``columns."a.gpkg" = { name = "NAME" }``."""
        if not (isinstance(written, dict) and isinstance(columns := written.get("columns"), dict)):
            return written
        files = written.get("files")
        named = {
            PurePath(name).name
            for name in (written.get("file"), *(files if isinstance(files, list) else ()))
            if isinstance(name, str)
        }
        return written if named & set(columns) else {**written, "columns": {"": columns}}

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        _need_file(self.file or self.files, kind=("社区文件", "layer"), example="communities.geojson")
        files = [PurePath(name).name for name in (*self.files, self.file) if name]
        for key, table in (("about", self.about), ("columns", self.columns)):
            for name in table:
                if name not in ("", *files):
                    title = f"[communities.{key}]"
                    raise fault("key_unknown", key=name, table=(title, title), hint=did_you_mean(name, files))
        parts: list[CommunityFile] = [self, *map(self.of_file, self.about)]
        for part, (key, needed) in product(parts, (("grow_m", "grow"), ("parts_people", "parts"))):
            if key in part.given and not getattr(part, needed):
                raise fault("key_alone", key=key, needed=needed)
        return self


class PopulationTable(LayerTable):
    """``[population]``: a grid of people, a raster or polygons."""

    file: str = ""
    column: str | None = None
    band: int | None = None
    nodata: Number | None = None
    use: Annotated[str, OneOf(lambda: USES, "key_use")] = "spread"
    shares: Mapping[str, Number] = Field(default_factory=dict)
    before_buildings: bool | None = None
    optional: bool = False
    estimated: bool = False
    layer: str = ""
    encoding: str = ""
    crs: str = ""

    @property
    def counts(self) -> bool:
        """Whether the grid also says how many people there are."""
        return self.use == "count"

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        _need_file(self.file, kind=("人口格网", "grid"), example="population.tif")
        raster = self.file.lower().endswith((".tif", ".tiff"))
        fits = (
            ("栅格请用 band = 1", "band = 1 goes with a raster")
            if raster
            else ("面图层请用 column", "column goes with polygons")
        )
        for key in ("column", "layer") if raster else ("band",):
            if key in self.given:
                raise fault("key_grid", key=key, value=getattr(self, key), grid=self.file, fits=fits)
        if self.shares and not self.counts:
            raise fault("key_shares")
        for group, share in self.shares.items():
            if not (AGE_GROUP.fullmatch(group) and 0 <= share <= 1):
                raise fault("key_share", group=group, share=share)
        return self


class SurveyTable(LayerTable):
    """``[survey]``: returned tables of field checks."""

    file: str = ""
    files: Rows[str] = ()
    encoding: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All tables."""
        return (*self.files, *([self.file] if self.file else []))

    @model_validator(mode="after")
    def _has_file(self) -> Self:
        _need_file(self.names, kind=("核查表", "table"), example="field-checks.csv")
        return self


class CapacityTable(TomlTable):
    """``[capacity.<service>]``: a :class:`~circle15.model.capacity.CapacityRule`; what is left out is the catalogue's.

    ``source`` says where the figures are from; without it they are assumptions.
    """

    people: str | None = None
    rate: Number | None = None
    unit: str | None = None
    sittings: Number | None = None
    each: Number | None = None
    days: Number | None = None
    first: str | None = None
    source: str | None = None


class CostsTable(TomlTable):
    """``[costs]``: the :class:`~circle15.model.costs.Costs` of changes."""

    site: Mapping[str, Number] = Field(default_factory=dict)
    service: Mapping[str, Number] = Field(default_factory=dict)
    seat: Mapping[str, Number] = Field(default_factory=dict)
    gate: Number | None = None
    link_m: Number | None = None
    bridge_m: Number | None = None
    currency: str = "CNY"
    source: str = "assumption"


class ContextTable(LayerTable):
    """An entry of ``[[context]]``: a display layer, from a file or from OpenStreetMap."""

    layer: Annotated[str, OneOf(lambda: LAYERS)]
    file: str = ""
    osm: bool = False
    optional: bool = False
    file_layer: str = ""
    encoding: str = ""
    crs: str = ""

    @model_validator(mode="after")
    def _has_source(self) -> Self:
        _need_source(self.file, osm=self.osm)
        return self


class CityConfig(TomlTable):
    """A whole ``city.toml``. ``notes`` is the one table whose keys are free: each is the title of a text."""

    name: str
    name_en: str | None = None
    crs: str
    review_number: str = ""
    norms: Rows[str] | None = None
    settings: SettingsTable = SettingsTable()
    network: NetworkTable = NetworkTable()
    services: Rows[ServiceTable] = ()
    facilities: Rows[FacilitiesTable] = ()
    communities: CommunitiesTable
    population: PopulationTable | None = None
    survey: SurveyTable | None = None
    capacity: Mapping[str, CapacityTable] = Field(default_factory=dict)
    costs: CostsTable = CostsTable()
    context: Rows[ContextTable] = ()
    notes: Mapping[str, Annotated[str, BeforeValidator(_plain)]] = Field(default_factory=dict)

    @property
    def pack_services(self) -> tuple[Service, ...]:
        """The services that it adds, each with a colour."""
        free = free_tones([entry.tone for entry in self.services if entry.tone is not None])
        return tuple(
            Service(**entry.given | {"tone": next(free, "") if entry.tone is None else entry.tone})
            for entry in self.services
        )

    @property
    def capacity_rules(self) -> Mapping[str, CapacityRule]:
        """The catalogue's rules with what the pack says of them, by service; empty where it says nothing.

        Raises
        ------
        SettingError
            If a service is unknown, a figure out of its range or missing, or two do not go together.
        """
        if not self.capacity:
            return {}
        known = services(self.pack_services)
        for key in self.capacity:
            if key not in known:
                raise refusal("capacity_service", error=SettingError, service=key, hint=did_you_mean(key, known))
        return overridden({key: table.given for key, table in self.capacity.items()})

    @property
    def known_costs(self) -> Costs:
        """What changes cost.

        Raises
        ------
        SettingError
            If a service is unknown, or a figure out of its range.
        """
        known = services(self.pack_services)
        for table in ("site", "service", "seat"):
            for key in getattr(self.costs, table):
                if key not in known:
                    hint = did_you_mean(key, known)
                    raise refusal("cost_service", error=SettingError, table=table, service=key, hint=hint)
        return Costs(**self.costs.given)

    @model_validator(mode="after")
    def _services_apart(self) -> Self:
        refused = service_fault(self.pack_services, tuple(services().values()))
        if refused is not None:
            title = f"[[services]] {refused.place}"
            raise fault(refused.code, table=(title, title), **refused.words)
        return self


def _need_source(file: str, *, osm: bool) -> None:
    if not (file or osm):
        raise fault("key_source")


def _need_file(file: object, *, kind: tuple[str, str], example: str) -> None:
    if not file:
        raise fault("key_file", kind=kind, example=example)
