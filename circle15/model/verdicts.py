"""What stands behind a verdict: the walk it rests on, what is missing, how sure it is, and who it concerns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from circle15.model.moment import Moment
from circle15.model.uncertainty import Assumptions

__all__ = ["Attribution", "Equity", "Note", "Robustness", "Routes", "Stability", "Typology"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Routes:
    """The typical walk of each community to each service: the evidence that a verdict shows.

    ``frame`` on (``community_id``, ``service``): ``point_id`` of the home that is the median by ``pop_60plus`` of the
    times to the nearest facility (by ``population`` where nobody is 60+), ``facility_id``, ``minutes``, ``metres``
    along the streets with both legs, ``straight_m``, ``edges`` (a tuple of edge numbers in walking order) and the
    line from street to street in the network's metric system. No row where nobody can walk there.
    """

    frame: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<Routes: {len(self):,}>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Attribution:
    """Missing facility or missing path, for each gap.

    ``frame`` on (``community_id``, ``service``), gaps of the circle only (some aged 60+ not covered): ``uncovered``
    people aged 60+ today, and how many would be left uncovered with the ``uncovered_gates`` open, with one added
    link ``uncovered_link``, on ways as direct as a street grid's ``uncovered_direct``, if all walked in a straight
    line ``uncovered_straight``; and how many would be uncovered if nobody passed a private gate, one's own included,
    ``uncovered_visitor``, or if strangers walked no private way ``uncovered_closed``. ``cause`` (``gate``, ``link``,
    ``paths`` where only many new paths would do, ``facility``, ``mixed``); ``link_id`` of the best link, ``""`` if none
    helps; ``from_street`` and ``to_street``, the streets near homes and near a facility between which the many paths
    are missing, ``""`` where that is not the cause or they have no names.

    ``links`` on ``link_id``: ``length_m``, ``crosses`` (``water``, ``rail``, ``private``, ``open`` ground, in catalogue
    order joined by ``+``), ``serves`` (60+ person-services that it newly covers in the whole city), its ends' nodes
    ``u`` and ``v``, and the line in the network's metric system; the most serving first.

    ``served`` on (``link_id``, ``community_id``, ``service``): of whom ``serves`` is the sum.

    ``policies`` on (``community_id``, ``service``): people aged 60+ who lack it under each policy of gates
    (:class:`~circle15.model.walk_network.WalkProfile`): ``resident`` as in the analysis, ``open``, ``visitor`` and
    ``closed``.

    ``cutoff_min`` (NaN where there are no gaps) and ``open_at`` are the circle and the moment that the gaps are of. In
    words: ``remedy_sentences`` of ``circle15.catalog.phrases``.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    links: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    served: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    policies: pd.DataFrame = field(default_factory=pd.DataFrame)
    cutoff_min: float = float("nan")
    open_at: Moment | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        causes = self.frame["cause"].value_counts() if len(self) else pd.Series(dtype=int)
        return f"<Attribution: {', '.join(f'{n:,} {cause}' for cause, n in causes.items()) or 'no gaps'}>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Robustness:
    """What many seeded draws of the uncertain inputs make of every verdict.

    ``frame`` on (``community_id``, ``service``): covered ``share`` of 60+ as computed, ``share_low`` and
    ``share_high`` (5th and 95th percentile over draws), ``required`` share, ``p_below`` (share of draws below it),
    ``verdict``: ``robust_gap`` (below in at least 90 % of draws), ``likely_gap`` (50 to 90), ``doubtful`` (10 to 50),
    ``robust_pass`` (below in less than 10 %), ``undetermined`` (nobody could be placed).

    ``by_community`` on ``community_id``: ``index``, ``index_low``, ``index_high``, ``rank``, ``rank_low``,
    ``rank_high`` (5th and 95th percentile), ``robust_gaps`` (how many services; NA where people aged 60+ are unknown).

    ``checks`` on ``check_id`` (``facility:<id>``, ``street:<node>-<node>`` or ``join:<node>``, the same from run to
    run), the most telling first: what to look at in the field. ``kind`` (``facility``: does it stand and serve;
    ``path``: can one walk through; ``gate``: is it open to all; ``join``: is there a way to streets that the map cuts
    off, whose people are undetermined), ``target_id`` (facility id, or street edge number), ``name``, ``p_no``
    (probability of "no"), ``flips`` (verdicts that change if the answer is no), ``people`` (60+ person-services that
    change sides, or are undetermined), ``communities`` (ids, those with most people first) and ``services`` (keys)
    concerned; ``name_en`` (``name`` where there is no English one) and ``offers`` (keys of all its services) of a
    facility, ``length_m`` of a street or gap, else ``""``, ``()`` and NaN; ``lon``, ``lat``, ``rank``.

    ``lost`` on (``check_id``, ``community_id``, ``service``): of whom ``people`` is the sum.

    ``draws`` and ``seed`` say how it was done, ``assumptions`` every distribution; None without draws. In words:
    ``assumption_notes``, ``check_questions`` and ``check_communities`` of ``circle15.catalog.phrases``.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_community: pd.DataFrame = field(default_factory=pd.DataFrame)
    checks: pd.DataFrame = field(default_factory=pd.DataFrame)
    lost: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    draws: int = 0
    seed: int = 0
    assumptions: Assumptions | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        robust = int((self.frame["verdict"] == "robust_gap").sum()) if len(self) else 0
        return f"<Robustness: {self.draws} draws, {robust:,} robust gaps, {len(self.checks):,} field checks>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Equity:
    """How evenly access is spread over people aged 60+.

    ``frame`` on ``service``: ``gini``, ``concentration``, ``palma``, ``p90_p10`` (of minutes), ``bottom40_share``,
    ``worst_decile_min``, ``zero_share``; NaN where undefined, and ``why``, a tuple of codes, then says why:
    ``nobody`` could be placed; access is zero for all (``none``), takes ``one_value`` or ``two_values``; the least
    served have none (``palma``); the longest walks have no way (``p90``), the shortest are no walk (``p10``); the tenth
    with the longest walks has no way (``worst``), or some of it (``worst_some``: the figure leaves them out).

    ``groups`` on (``grouping``, ``group``, ``service``): ``communities``, ``pop_60plus``, ``share`` covered,
    ``mean_min``. Groupings: ``community_type``, ``priority_flag``, ``rural``, ``subdistrict``, ``need`` (fifths by
    share of 60+), those that the communities have columns for. Groups are the communities' own words, and codes: ``""``
    (nothing is said), ``no`` (no priority flag), ``rural``, ``urban``, ``1`` (least) to ``5``. ``members``: which
    community is of which, ``community_id``, ``grouping``, ``group``.

    ``lorenz`` on (``service``, ``step``): cumulative ``people`` and ``access``, both from 0 to 1.
    ``curve`` on (``service``, ``minutes``): ``share`` of 60+ in the city who reach the service within that many whole
    minutes. ``told`` is the same of bundles of ten people, which may be passed on: no single home can be worked out of
    it. In words: ``equity_reasons`` and ``named_groups`` of ``circle15.catalog.phrases``.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    members: pd.DataFrame = field(default_factory=pd.DataFrame)
    lorenz: pd.DataFrame = field(default_factory=pd.DataFrame)
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    told: Equity | None = None

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<Equity: {len(self):,} services, {self.groups.index.nunique() if len(self.groups) else 0:,} groups>"


@dataclass(frozen=True)
class Note:
    """A remark as a code and the figures that it names; the words are those of ``circle15.catalog.phrases``."""

    code: str
    values: Mapping[str, int | float | tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Typology:
    """Kinds of communities, described and not judged.

    ``method`` is ``kmeans`` (30 communities or more), ``quadrants`` (fewer: need x access) or ``none``.
    ``frame`` on ``community_id``: ``type_id`` (``T1``, ... by falling number of communities; ``""`` where features are
    missing), ``medoid`` (bool), ``silhouette``, ``outlier`` (bool, by HDBSCAN), and the features in their units.
    ``types`` on ``type_id``: ``traits`` that make its name (a tuple of ``<feature>_high`` and ``<feature>_low``,
    features of ``community_types.toml``; empty where nothing stands out), ``number`` (0, or what tells it from a type
    of the same traits), ``communities``, ``pop_60plus``, ``medoid_id``, ``kunshan`` (the nearest of the four reference
    types of Kunshan's survey), and the medians of features. ``notes``: what has to be said of the method, by name.
    ``fits`` on (``method``, ``k``): ``silhouette``, ``ari`` (mean bootstrap adjusted Rand index), ``bic``, ``chosen``.
    In words: ``type_names`` and ``type_notes`` of ``circle15.catalog.phrases``.
    """

    method: str = "none"
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    types: pd.DataFrame = field(default_factory=pd.DataFrame)
    fits: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: Mapping[str, Note] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<Typology: {self.method}, {len(self.types):,} types of {len(self):,} communities>"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Stability:
    """Whether the ranking hangs on the weights and on the way they are put together.

    ``frame`` on ``community_id``: ``rank`` (geometric), ``rank_additive``, ``rank_worst``, ``rank_low`` and
    ``rank_high`` (5th and 95th percentile under Dirichlet-random weights), ``top_tenth`` (share of draws among the
    worst tenth).
    ``agreement`` on (``variant``, ``other``): Spearman's ``rho`` and Kendall's ``tau`` of two rankings.
    """

    frame: pd.DataFrame = field(default_factory=pd.DataFrame)
    agreement: pd.DataFrame = field(default_factory=pd.DataFrame)
    draws: int = 0
    seed: int = 0

    def __len__(self) -> int:
        return len(self.frame)

    def __repr__(self) -> str:
        return f"<Stability: {len(self):,} communities, {self.draws} random weightings>"
