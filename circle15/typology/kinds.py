"""Kinds of communities: clusters where there are enough, else quadrants of need and access; what stands out in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog.facts import read_facts
from circle15.kernels.ragged import rank_by_id
from circle15.model.places import Communities
from circle15.model.verdicts import Note, Typology
from circle15.typology.clusters import partition, scaled

__all__ = ["typology"]

_WALK = "min_"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sorted:
    """Communities divided: raw and scaled features of those that have a type, and everything said of them."""

    raw: pd.DataFrame
    points: pd.DataFrame
    label: NDArray[np.int64]
    silhouette: NDArray[np.float64]
    noise: NDArray[np.bool_]


def typology(communities: Communities, described: pd.DataFrame, *, seed: int = 15) -> Typology:
    """Divide communities into kinds by their features.

    Parameters
    ----------
    communities
        Whose people and own ``community_type`` describe the types.
    described
        From :func:`circle15.typology.features`, on ``community_id``.
    seed
        Of all randomness.

    Returns
    -------
    Typology
        KMeans from 30 communities with all features, quadrants from five with need and access, else none; ``notes``
        say which and why. ``types`` has ``kunshan_share`` beside ``kunshan``: the share of a type's communities whose
        own type it is.
    """
    facts = read_facts("community_types.toml")
    rule: Mapping[str, Any] = facts["rule"]
    table = described.reindex(communities.frame.index)
    used, notes = _usable(table, rule)
    walks = [column for column in used if column.startswith(_WALK)]
    complete = table[used].notna().all(axis=1) & (len(used) > 0)
    count = int(complete.sum())
    method = "kmeans" if count >= rule["fewest_clustered"] else "quadrants"
    if method == "quadrants":  # need and access are enough
        complete = table[["elder_share", *walks]].notna().all(axis=1)
    if complete.sum() < rule["fewest"]:
        return _none(table, notes | {"method": Note("few", {"count": int(complete.sum()), "fewest": rule["fewest"]})})
    if not complete.all():
        notes["missing"] = Note("missing", {"count": int((~complete).sum())})
    raw = _in_order(table.loc[complete, used])
    if method == "kmeans":
        sorted_places = _clustered(raw, facts, seed, notes)
    elif walks and "elder_share" in used:
        sorted_places = _quadrants(raw, walks, count, rule, notes)
    else:
        return _none(table, notes | {"method": Note("no_service" if not walks else "alike")})
    if sorted_places is None:
        return _none(table, notes | {"method": Note("alike")})
    return _told(method, sorted_places, communities, table, facts, notes)


def _usable(table: pd.DataFrame, rule: Mapping[str, Any]) -> tuple[list[str], dict[str, Note]]:
    """Features that enough communities have and that differ; what has to be said of the others."""
    known = table.notna().mean() >= rule["known_share"] if len(table) else table.any()
    differ = (table.max() - table.min()) > 1e-9
    columns = [str(column) for column in table]
    used = [column for column in columns if known[column] and (differ[column] or column.startswith(_WALK))]
    notes = {"describe": Note("describe"), "centre": Note("centre"), "ways": Note("ways")}
    left = [column for column in columns if column not in used or not differ[column]]
    if left:
        notes["left_out"] = Note("left_out", {"columns": tuple(left), "percent": 100 * rule["known_share"]})
    if any(column.startswith(_WALK) for column in used):
        notes["capped"] = Note("capped", {"cap": rule["cap_min"]})
    return used, notes


def _in_order(raw: pd.DataFrame) -> pd.DataFrame:
    """Rows by their features, then by id: an order that hangs on neither the file's rows nor, but for twins, on ids."""
    return raw.iloc[np.lexsort((rank_by_id(raw.index), *raw.round(9).to_numpy().T[::-1]))]


def _none(table: pd.DataFrame, notes: Mapping[str, Note]) -> Typology:
    frame = table.assign(type_id="", medoid=False, silhouette=np.nan, outlier=False)
    return Typology(method="none", frame=frame[[*_OWN, *table.columns]].sort_index(), notes=dict(notes))


_OWN = ("type_id", "medoid", "silhouette", "outlier")


def _logged(raw: pd.DataFrame, facts: Mapping[str, Any]) -> pd.DataFrame:
    logged = {feature["column"] for feature in facts["feature"].values() if feature.get("log")}
    return raw.assign(**{column: np.log10(raw[column]) for column in sorted(logged) if column in raw})


def _clustered(
    raw: pd.DataFrame, facts: Mapping[str, Any], seed: int, notes: dict[str, Note]
) -> tuple[_Sorted, pd.DataFrame] | None:
    rule = facts["rule"]
    points = scaled(_logged(raw, facts), clip=rule["clip"])
    if points.empty or len(points.drop_duplicates()) < 3:
        return None
    clusters = partition(points.to_numpy(), seed=seed, rule=rule)
    limits = {"clip": rule["clip"], "resamples": rule["resamples"], "ari": rule["stable_ari"]}
    notes["method"] = Note("method", limits | {"smallest": rule["smallest"]})
    at = clusters.fits[clusters.fits["chosen"]].iloc[0]
    notes["firmness"] = Note("firmness", {"silhouette": float(at["silhouette"]), "ari": float(at["ari"])})
    if not clusters.stable:
        notes["unstable"] = Note("unstable")
    if clusters.small:
        notes["small"] = Note("small", {"smallest": rule["smallest"]})
    if clusters.noise is None:
        notes["outliers"] = Note("outliers")
    noise = np.zeros(len(raw), dtype=bool) if clusters.noise is None else clusters.noise
    return _Sorted(
        raw=raw, points=points, label=clusters.label, silhouette=clusters.silhouette, noise=noise
    ), clusters.fits


def _quadrants(
    raw: pd.DataFrame, walks: list[str], count: int, rule: Mapping[str, Any], notes: dict[str, Note]
) -> tuple[_Sorted, pd.DataFrame] | None:
    """Four kinds by the medians of need and of the mean walk; who is at the median counts as low."""
    two = pd.DataFrame({"elder_share": raw["elder_share"], _WALK: raw[walks].mean(axis=1).round(9)})
    above = two > two.median()
    points = scaled(two, clip=rule["clip"])
    if not above.any(axis=None):
        return None
    notes["method"] = Note("quadrants", {"count": count, "fewest": rule["fewest_clustered"]})
    label = np.unique(2 * above["elder_share"].to_numpy() + above[_WALK].to_numpy(), return_inverse=True)[1]
    nothing = np.full(len(raw), np.nan)
    sorted_places = _Sorted(
        raw=raw, points=points, label=label.astype(np.int64), silhouette=nothing, noise=np.zeros(len(raw), dtype=bool)
    )
    fits = pd.DataFrame(
        {"silhouette": np.nan, "ari": np.nan, "bic": np.nan, "smallest": int(np.bincount(label).min()), "chosen": True},
        index=pd.MultiIndex.from_tuples([("quadrants", int(label.max()) + 1)], names=["method", "k"]),
    )
    return sorted_places, fits


# -- what is told of types --------------------------------------------------------------------------


def _told(
    method: str,
    sorted_fits: tuple[_Sorted, pd.DataFrame],
    communities: Communities,
    table: pd.DataFrame,
    facts: Mapping[str, Any],
    notes: Mapping[str, Note],
) -> Typology:
    sorted_places, fits = sorted_fits
    frame, elders = communities.frame, communities.frame["pop_60plus"]
    members = [
        sorted_places.raw.index[sorted_places.label == cluster] for cluster in range(sorted_places.label.max() + 1)
    ]
    place = [sorted_places.points.loc[ids].median().tolist() for ids in members]
    order = sorted(
        range(len(members)),
        key=lambda cluster: (-len(members[cluster]), -elders[members[cluster]].sum(), place[cluster]),
    )
    position = np.argsort(order)[sorted_places.label]
    keys = np.array([f"T{number + 1}" for number in range(len(members))], dtype=object)
    quadrants = method == "quadrants"
    traits, numbers = _traits(
        _against(sorted_places.points, position, others=not quadrants), facts, quadrants=quadrants
    )
    medoids = [_medoid(sorted_places.points.loc[members[cluster]]) for cluster in order]
    rows = []
    for number, cluster in enumerate(order):
        ids = members[cluster]
        kunshan, share = _reference(frame.loc[ids], facts["kunshan"]["types"])
        entry = {"traits": traits[number], "number": numbers[number], "communities": len(ids)}
        entry |= {"pop_60plus": float(elders[ids].sum()), "medoid_id": medoids[number]}
        rows.append(entry | {"kunshan": kunshan, "kunshan_share": share, **sorted_places.raw.loc[ids].median()})
    types = pd.DataFrame(rows, index=pd.Index(keys, name="type_id"))
    typed = pd.DataFrame(
        {
            "type_id": keys[position], "medoid": sorted_places.raw.index.isin(medoids),
            "silhouette": sorted_places.silhouette, "outlier": sorted_places.noise,
        },
        index=sorted_places.raw.index,
    )  # fmt: skip
    features = typed.reindex(table.index)
    features["type_id"] = features["type_id"].fillna("")
    for column in ("medoid", "outlier"):
        features[column] = features.index.isin(typed.index[typed[column]])
    whole = features.join(table).rename_axis("community_id").sort_index()
    return Typology(method=method, frame=whole, types=types, fits=fits, notes=dict(notes))


def _medoid(points: pd.DataFrame) -> str:
    """The community with the smallest sum of distances to those of its type; of twins the first id."""
    rows = points.to_numpy()
    totals = [float(np.sqrt(((rows - row) ** 2).sum(axis=1)).sum()) for row in rows]
    return str(points.index[int(np.argmin(np.round(totals, 9)))])


def _reference(members: pd.DataFrame, known: list[str]) -> tuple[str, float]:
    """The reference type that most members say they are, and their share; none at a tie or where nobody says."""
    if "community_type" not in members:
        return "", float("nan")
    words = members["community_type"].map(lambda cell: str(cell).strip().removesuffix("社区"))
    counts = words[words.isin(known)].value_counts()
    if counts.empty or (counts == counts.iloc[0]).sum() > 1:
        return "", float("nan")
    return str(counts.index[0]), float(counts.iloc[0] / len(members))


def _against(points: pd.DataFrame, position: NDArray[np.int64], *, others: bool) -> pd.DataFrame:
    """Medians of each type, less those of all others or, for quadrants, of the whole city: 0."""
    rows = []
    for cluster in range(int(position.max()) + 1):
        members = position == cluster
        rows.append(points[members].median() - (points[~members].median() if others and not members.all() else 0.0))
    return pd.DataFrame(rows)


def _traits(
    middles: pd.DataFrame, facts: Mapping[str, Any], *, quadrants: bool
) -> tuple[list[tuple[str, ...]], list[int]]:
    """What stands out in each type; more of it, and at last a number from 1, where two would be alike (else 0)."""
    rule = facts["rule"]
    groups = {
        feature["column"]: [column for column in map(str, middles) if _of(column, feature["column"])]
        for feature in facts["feature"].values()
    }
    away = pd.DataFrame({key: middles[columns].mean(axis=1) for key, columns in groups.items() if columns})
    least = -np.inf if quadrants else rule["stands_out"]
    few = min(rule["names_most"], len(away.columns))
    for most in range(few, len(away.columns) + 1):
        traits = [_striking(row, facts, most=most, least=least) for _, row in away.iterrows()]
        if len(set(traits)) == len(traits):
            return traits, [0] * len(traits)
    traits = [_striking(row, facts, most=few, least=least) for _, row in away.iterrows()]
    return traits, [n + 1 if traits.count(trait) > 1 else 0 for n, trait in enumerate(traits)]


def _of(column: str, key: str) -> bool:
    return column.startswith(key) if key == _WALK else column == key


def _striking(away: pd.Series, facts: Mapping[str, Any], *, most: int, least: float) -> tuple[str, ...]:
    """Features farthest from the others, in the catalogue's order, each as ``<feature>_high`` or ``<feature>_low``."""
    striking = set(away.abs().round(9).sort_values(ascending=False, kind="stable").index[:most])
    return tuple(
        f"{name}_{'high' if away[feature['column']] > 0 else 'low'}"
        for name, feature in facts["feature"].items()
        if feature["column"] in striking and abs(away[feature["column"]]) >= least
    )
