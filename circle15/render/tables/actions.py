"""What would help most as a plain table: one row an action, the best first."""

from __future__ import annotations

import pandas as pd

from circle15.catalog import services
from circle15.catalog.phrases import action_sentences
from circle15.model import Actions, Analysis, City
from circle15.model.metric import transformer
from circle15.render.tables.columns import rounded
from circle15.render.tables.frames import synthetic_layers

__all__ = ["action_table", "told_actions"]

_NAMED = 3
"""So many communities are named of those that gain."""
_ACTIONS = (
    "action_id", "action_kind", "action_zh", "action_en", "units", "gain", "gain_by_service", "gain_communities",
    "step", "added", "same_people", "certainty", "cost", "currency", "turned", "target_id", "target_name", "street",
    "to_street", "community_id", "lon", "lat", "profile", "cutoff_min", "synthetic",
)  # fmt: skip


def action_table(analysis: Analysis) -> pd.DataFrame:
    """One row per action of :class:`~circle15.model.Actions`, the best first; plain columns as in ``columns.toml``."""
    table = told_actions(analysis.actions, analysis.city, analysis.profile.name)
    return rounded(table[list(_ACTIONS)]) if len(table) else pd.DataFrame(columns=list(_ACTIONS))


def told_actions(found: Actions, city: City, profile: str) -> pd.DataFrame:
    """Actions in words and numbers, not rounded, one row each."""
    if not len(found):
        return pd.DataFrame()
    frame = found.frame
    table = pd.DataFrame(frame.drop(columns=["geometry", "services", "kind", "name", "name_en", "unit"])).reset_index()
    table["action_kind"], table["target_name"] = frame["kind"].to_numpy(), frame["name"].to_numpy()
    for language in ("zh", "en"):
        sentences = action_sentences(found, city.communities, language, pack_services=city.pack_services)
        table[f"action_{language}"] = sentences.to_numpy()
    known, names = services(city.pack_services), city.communities.frame["name"].astype(str)
    table["gain_by_service"] = _sums(found.gains, "service", {key: known[key].title_zh for key in known}, len(known))
    table["gain_communities"] = _sums(found.gains, "community_id", names.to_dict(), _NAMED)
    table["turned"] = float("nan")
    if found.turned is not None:
        table["turned"] = found.turned["action_id"].value_counts().reindex(frame.index, fill_value=0).to_numpy(float)
    table["currency"] = found.currency
    middle = frame.geometry.centroid
    to_degrees = transformer(city.area.crs, "EPSG:4326")
    table["lon"], table["lat"] = to_degrees.transform(middle.x.to_numpy(), middle.y.to_numpy())
    table["profile"], table["cutoff_min"] = profile, found.cutoff_min
    table["synthetic"] = "+".join(synthetic_layers(city))
    return table


def _sums(gains: pd.Series, level: str, names: dict[str, str], most: int) -> list[str]:
    """For each action the people of each service or community, those with most first, as ``name number``."""
    sums = gains.groupby(level=["action_id", level], sort=False).sum()
    rows = []
    for action in gains.index.get_level_values("action_id").unique():
        first = sums.xs(action, level="action_id").sort_values(ascending=False, kind="stable").head(most)
        rows.append("; ".join(f"{names.get(str(key), str(key))} {people:.0f}" for key, people in first.items()))
    return rows
