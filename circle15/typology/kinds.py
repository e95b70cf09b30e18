"""Kinds of communities: clusters where there are enough of them, else quadrants of need and access; and their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from circle15.catalog import text
from circle15.catalog.facts import read_facts
from circle15.kernels.ragged import rank_by_id
from circle15.model.places import Communities
from circle15.model.verdicts import Typology
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
        return _none(table, notes | {"method": _said("types_few", count=int(complete.sum()), fewest=rule["fewest"])})
    if not complete.all():
        notes["missing"] = _said("types_missing", count=int((~complete).sum()))
    raw = _in_order(table.loc[complete, used])
    if method == "kmeans":
        found = _clustered(raw, facts, seed, notes)
    elif walks and "elder_share" in used:
        found = _quadrants(raw, walks, count, rule, notes)
    else:
        return _none(table, notes | {"method": _said("types_no_service" if not walks else "types_alike")})
    if found is None:
        return _none(table, notes | {"method": _said("types_alike")})
    return _told(method, found, communities, table, facts, notes)


def _said(key: str, **values: object) -> dict[str, str]:
    return {language: text(key, language, **values) for language in ("zh", "en")}


def _usable(table: pd.DataFrame, rule: Mapping[str, Any]) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Features that enough communities have and that differ; what has to be said of the others."""
    known = table.notna().mean() >= rule["known_share"] if len(table) else table.any()
    differ = (table.max() - table.min()) > 1e-9
    columns = [str(column) for column in table]
    used = [column for column in columns if known[column] and (differ[column] or column.startswith(_WALK))]
    notes = {"describe": _said("types_describe"), "centre": _said("types_centre"), "ways": _said("types_ways")}
    left = [column for column in columns if column not in used or not differ[column]]
    if left:
        percent = f"{100 * rule['known_share']:g}"
        notes["left_out"] = _said("types_left_out", columns=", ".join(left), percent=percent)
    if any(column.startswith(_WALK) for column in used):
        notes["capped"] = _said("types_capped", cap=rule["cap_min"])
    return used, notes


def _in_order(raw: pd.DataFrame) -> pd.DataFrame:
    """Rows by their features, then by id: an order that hangs on neither the file's rows nor, but for twins, on ids."""
    return raw.iloc[np.lexsort((rank_by_id(raw.index), *raw.round(9).to_numpy().T[::-1]))]


def _none(table: pd.DataFrame, notes: Mapping[str, Mapping[str, str]]) -> Typology:
    frame = table.assign(type_id="", type_zh="", type_en="", medoid=False, silhouette=np.nan, outlier=False)
    return Typology(method="none", frame=frame[[*_OWN, *table.columns]].sort_index(), notes=dict(notes))


_OWN = ("type_id", "type_zh", "type_en", "medoid", "silhouette", "outlier")


def _logged(raw: pd.DataFrame, facts: Mapping[str, Any]) -> pd.DataFrame:
    logged = {feature["column"] for feature in facts["feature"].values() if feature.get("log")}
    return raw.assign(**{column: np.log10(raw[column]) for column in sorted(logged) if column in raw})


def _clustered(
    raw: pd.DataFrame, facts: Mapping[str, Any], seed: int, notes: dict[str, dict[str, str]]
) -> tuple[_Sorted, pd.DataFrame] | None:
    rule = facts["rule"]
    points = scaled(_logged(raw, facts), clip=rule["clip"])
    if points.empty or len(points.drop_duplicates()) < 3:
        return None
    found = partition(points.to_numpy(), seed=seed, rule=rule)
    said = {"clip": rule["clip"], "resamples": rule["resamples"], "ari": rule["stable_ari"]}
    notes["method"] = _said("types_method", **said, smallest=rule["smallest"])
    at = found.fits[found.fits["chosen"]].iloc[0]
    figures = {"silhouette": f"{at['silhouette']:.2f}", "ari": f"{at['ari']:.2f}"}
    notes["firmness"] = _said("types_firmness", **figures)
    if not found.stable:
        notes["unstable"] = _said("types_unstable")
    if found.small:
        notes["small"] = _said("types_small", smallest=rule["smallest"])
    if found.noise is None:
        notes["outliers"] = _said("types_outliers")
    noise = np.zeros(len(raw), dtype=bool) if found.noise is None else found.noise
    return _Sorted(raw=raw, points=points, label=found.label, silhouette=found.silhouette, noise=noise), found.fits


def _quadrants(
    raw: pd.DataFrame, walks: list[str], count: int, rule: Mapping[str, Any], notes: dict[str, dict[str, str]]
) -> tuple[_Sorted, pd.DataFrame] | None:
    """Four kinds by the medians of need and of the mean walk; who is at the median counts as low."""
    two = pd.DataFrame({"elder_share": raw["elder_share"], _WALK: raw[walks].mean(axis=1).round(9)})
    above = two > two.median()
    points = scaled(two, clip=rule["clip"])
    if not above.any(axis=None):
        return None
    notes["method"] = _said("types_quadrants", count=count, fewest=rule["fewest_clustered"])
    label = np.unique(2 * above["elder_share"].to_numpy() + above[_WALK].to_numpy(), return_inverse=True)[1]
    nothing = np.full(len(raw), np.nan)
    found = _Sorted(
        raw=raw, points=points, label=label.astype(np.int64), silhouette=nothing, noise=np.zeros(len(raw), dtype=bool)
    )
    fits = pd.DataFrame(
        {"silhouette": np.nan, "ari": np.nan, "bic": np.nan, "smallest": int(np.bincount(label).min()), "chosen": True},
        index=pd.MultiIndex.from_tuples([("quadrants", int(label.max()) + 1)], names=["method", "k"]),
    )
    return found, fits


# -- what is told of types --------------------------------------------------------------------------


def _told(
    method: str,
    sorted_fits: tuple[_Sorted, pd.DataFrame],
    communities: Communities,
    table: pd.DataFrame,
    facts: Mapping[str, Any],
    notes: Mapping[str, Mapping[str, str]],
) -> Typology:
    found, fits = sorted_fits
    frame, elders = communities.frame, communities.frame["pop_60plus"]
    members = [found.raw.index[found.label == one] for one in range(found.label.max() + 1)]
    place = [found.points.loc[ids].median().tolist() for ids in members]
    order = sorted(range(len(members)), key=lambda one: (-len(members[one]), -elders[members[one]].sum(), place[one]))
    position = np.argsort(order)[found.label]
    keys = np.array([f"T{number + 1}" for number in range(len(members))], dtype=object)
    quadrants = method == "quadrants"
    names = _names(_against(found.points, position, others=not quadrants), facts, quadrants=quadrants)
    medoids = [_medoid(found.points.loc[members[one]]) for one in order]
    rows = []
    for number, one in enumerate(order):
        ids = members[one]
        kunshan, share = _reference(frame.loc[ids], facts["kunshan"]["types"])
        told = {"type_zh": names[number][0], "type_en": names[number][1], "communities": len(ids)}
        told |= {"pop_60plus": float(elders[ids].sum()), "medoid_id": medoids[number]}
        rows.append(told | {"kunshan": kunshan, "kunshan_share": share, **found.raw.loc[ids].median()})
    types = pd.DataFrame(rows, index=pd.Index(keys, name="type_id"))
    typed = pd.DataFrame(
        {
            "type_id": keys[position], "type_zh": types["type_zh"].to_numpy()[position],
            "type_en": types["type_en"].to_numpy()[position], "medoid": found.raw.index.isin(medoids),
            "silhouette": found.silhouette, "outlier": found.noise,
        },
        index=found.raw.index,
    )  # fmt: skip
    own = typed.reindex(table.index)
    for column in ("type_id", "type_zh", "type_en"):
        own[column] = own[column].fillna("")
    for column in ("medoid", "outlier"):
        own[column] = own.index.isin(typed.index[typed[column]])
    whole = own.join(table).rename_axis("community_id").sort_index()
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
    for one in range(int(position.max()) + 1):
        mine = position == one
        rows.append(points[mine].median() - (points[~mine].median() if others and not mine.all() else 0.0))
    return pd.DataFrame(rows)


def _names(middles: pd.DataFrame, facts: Mapping[str, Any], *, quadrants: bool) -> list[tuple[str, str]]:
    """A name for each type, of what stands out in it; more words, and at last a number, where two would be alike."""
    rule = facts["rule"]
    groups = {
        feature["column"]: [column for column in map(str, middles) if _of(column, feature["column"])]
        for feature in facts["feature"].values()
    }
    away = pd.DataFrame({key: middles[columns].mean(axis=1) for key, columns in groups.items() if columns})
    least = -np.inf if quadrants else rule["stands_out"]
    few = min(rule["names_most"], len(away.columns))
    for most in range(few, len(away.columns) + 1):
        names = [_name(row, facts, most=most, least=least) for _, row in away.iterrows()]
        if len(set(names)) == len(names):
            return names
    names = [_name(row, facts, most=few, least=least) for _, row in away.iterrows()]
    twice = {name for name in names if names.count(name) > 1}
    return [(f"{zh} {n + 1}", f"{en} {n + 1}") if (zh, en) in twice else (zh, en) for n, (zh, en) in enumerate(names)]


def _of(column: str, key: str) -> bool:
    return column.startswith(key) if key == _WALK else column == key


def _name(away: pd.Series, facts: Mapping[str, Any], *, most: int, least: float) -> tuple[str, str]:
    striking = set(away.abs().round(9).sort_values(ascending=False, kind="stable").index[:most])
    words = []
    for feature in facts["feature"].values():
        key = feature["column"]
        if key in striking and abs(away[key]) >= least:
            side = "high" if away[key] > 0 else "low"
            words.append((feature[f"{side}_zh"], feature[f"{side}_en"]))
    if not words:
        return text("types_average", "zh"), text("types_average", "en")
    return "·".join(zh for zh, _ in words), ", ".join(en for _, en in words)
