"""Changes of people and communities, one function each: new estates, communities merged and split."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.ops import split

from circle15.catalog.facts import read_facts
from circle15.demand.estates import city_points, estate_homes
from circle15.demand.points import apportion
from circle15.errors import InputError
from circle15.model.changes import AddPeople, MergeCommunities, SplitCommunity
from circle15.model.places import Communities, counts_heads
from circle15.model.results import City
from circle15.model.settled_homes import SettledHomes
from circle15.planning.scenario.rows import with_row
from circle15.planning.scenario.spots import in_reach, point_of
from circle15.refusals import refusal
from circle15.refusals.spelling import did_you_mean

__all__ = ["add_people", "merge_communities", "split_community"]


def _known(city: City, key: str) -> str:
    ids = city.communities.frame.index
    if key not in ids:
        raise refusal("community_unknown", error=InputError, community=key, hint=did_you_mean(key, map(str, ids)))
    return key


def _new(city: City, key: str, besides: tuple[str, ...] = ()) -> None:
    """Refuse the id of another community for a new one."""
    if key in city.communities.frame.index and key not in besides:
        raise refusal("community_there", error=InputError, community=key)


def _with(city: City, frame: gpd.GeoDataFrame, homes: SettledHomes) -> City:
    """A city with other communities; a population grid is laid over them anew."""
    communities = replace(city.communities, frame=frame)
    grid = city.population
    return replace(
        city,
        communities=communities,
        settled_homes=homes,
        population=None if grid is None else grid.over(communities.frame),
    )


def _settled(
    city: City, frame: gpd.GeoDataFrame, whole: frozenset[str], *, instead_of: tuple[str, ...] = ()
) -> SettledHomes:
    """The homes that are settled by now and some more, those of some communities left out."""
    if city.settled_homes is None:
        return SettledHomes(frame=frame, whole=whole)
    return city.settled_homes.without(instead_of).with_homes(frame, whole=whole)


def _homes_of(city: City, communities: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Every home of some communities, settled or standing: as :class:`SettledHomes` has them."""
    known = city.communities.frame
    only = replace(
        city,
        communities=replace(city.communities, frame=known.loc[[*communities]]),
        settled_homes=None if city.settled_homes is None else city.settled_homes.among(communities),
    )
    return city_points(only).frame


# -- New estates -------------------------------------------------------------------------------------


def add_people(city: City, change: AddPeople) -> City:
    """An estate more, with its people: of a community that there is, or as a new one."""
    communities, homes = city.communities, city.settled_homes
    ground = _ground(city, change)
    missing = [column for column in communities.people if column not in change.people]
    if missing:
        raise refusal("estate_lacks", error=InputError, estate=change.estate_id, columns=", ".join(missing))
    if homes is not None and homes.frame.index.str.contains(f"/+{change.estate_id}/", regex=False).any():
        raise refusal("estate_there", error=InputError, estate=change.estate_id)
    if change.community_id:
        key, whole = _known(city, change.community_id), frozenset[str]()
        frame = _more_people(communities, key, change.people)
    else:
        key, whole = change.estate_id, frozenset({change.estate_id})
        _new(city, key)
        frame = with_row(communities.frame, key, _row(city, change, ground))
    return _with(city, frame, _settled(city, estate_homes(city, change, ground, key), whole))


def _ground(city: City, change: AddPeople) -> shapely.Polygon:
    """Where an estate will stand, within the study area."""
    if change.at is not None:
        point = in_reach(city, change.at, inside=True)
        return point.buffer(float(read_facts("scenario.toml")["estate"]["radius_m"]))
    ground = shapely.Polygon([in_reach(city, spot, inside=True) for spot in change.outline])
    if not ground.is_valid or ground.area == 0:
        raise refusal("estate_outline", error=InputError, estate=change.estate_id)
    return ground


def _more_people(communities: Communities, key: str, people: Mapping[str, float]) -> gpd.GeoDataFrame:
    """People of a community and of its new estate; a count that the estate does not tell is unknown from then on."""
    frame = communities.frame
    sums = {}
    for column in (column for column in frame.columns if counts_heads(column)):
        sums[column] = frame[column].astype(float)
        sums[column].loc[key] += people.get(column, math.nan)
    return frame.assign(**sums)


def _row(city: City, change: AddPeople, ground: shapely.Polygon) -> dict[str, Any]:
    """A new community; it lies in the subdistrict, and in town or country, of the ground that it takes."""
    frame = city.communities.frame
    row: dict[str, Any] = {"name": change.name, frame.geometry.name: ground}
    row |= {column: float(value) for column, value in change.people.items() if column in frame}
    around = frame[frame.geometry.contains(ground.centroid)]
    for column in (column for column in ("subdistrict", "subdistrict_en", "rural") if column in frame and len(around)):
        row[column] = around[column].iloc[0]
    return row | ({"outline": "drawn"} if "outline" in frame else {})


# -- Merging -----------------------------------------------------------------------------------------


def merge_communities(city: City, change: MergeCommunities) -> City:
    """Communities that are one; nobody moves, people add up, and are unknown where those of one are."""
    ids = tuple(_known(city, key) for key in change.community_ids)
    _new(city, change.into, ids)
    frame = city.communities.frame
    rows = frame.loc[[*ids]]
    _check_touching(rows)
    row = {column: _common(column, rows[column]) for column in frame.columns if column != frame.geometry.name}
    row |= {"name": change.name, frame.geometry.name: shapely.union_all(rows.geometry.to_numpy())}
    homes = _homes_of(city, ids).assign(community_id=change.into)
    settled = _settled(city, homes, frozenset({change.into}), instead_of=ids)
    return _with(city, with_row(frame.drop(index=[*ids]), change.into, row), settled)


def _common(column: str, cells: pd.Series) -> Any:
    """What holds for several communities: a sum of heads, or what all of them have in common."""
    if counts_heads(column):
        return math.fsum(cells) if cells.notna().all() else math.nan
    if len(cells.drop_duplicates()) == 1:
        return cells.iloc[0]
    if cells.dtype == bool:
        return bool(cells.any())
    return math.nan if pd.api.types.is_numeric_dtype(cells.dtype) else ""


def _check_touching(rows: gpd.GeoDataFrame) -> None:
    """Refuse communities of which some touch none of the others."""
    from scipy.sparse.csgraph import connected_components

    shapes, touch_m = rows.geometry.to_numpy(), float(read_facts("scenario.toml")["communities"]["touch_m"])
    near = shapely.dwithin(shapes[:, None], shapes[None, :], touch_m)
    count, piece = connected_components(near, directed=False)
    if count > 1:
        apart = rows.index[piece != piece[0]][0]
        raise refusal("merge_apart", error=InputError, community=rows.index[0], other=apart)


# -- Splitting ---------------------------------------------------------------------------------------


def split_community(city: City, change: SplitCommunity) -> City:
    """A community cut into parts; nobody moves: people are of the part that their home lies in."""
    key = _known(city, change.community_id)
    for part in change.parts:
        _new(city, part.community_id, (key,))
    pieces = _pieces(city, change)
    homes = _homes_of(city, (key,))
    piece = _nearest_piece(homes.geometry.to_numpy(), pieces)
    homes = homes.assign(community_id=np.array([part.community_id for part in change.parts], dtype=object)[piece])
    people = _shared(city, key, homes, piece, pieces)
    frame = city.communities.frame
    old, left = frame.loc[key].to_dict(), frame.drop(index=key)
    for number, part in enumerate(change.parts):
        row = old | {column: float(values[number]) for column, values in people.items()}
        left = with_row(left, part.community_id, row | {"name": part.name, frame.geometry.name: pieces[number]})
    lived_in = frozenset(homes["community_id"])
    return _with(city, left, _settled(city, homes, lived_in, instead_of=(key,)))


def _pieces(city: City, change: SplitCommunity) -> list[Any]:
    """The shapes that the line cuts a community into, in the order of the parts; each holds the place of one part."""
    shape = city.communities.frame.geometry.loc[change.community_id]
    line = shapely.LineString([point_of(city, spot) for spot in change.line])
    places = [point_of(city, part.at) for part in change.parts]
    pieces = list(split(shape, line).geoms) if line.is_simple and line.length > 0 else [shape]
    held = [[number for number, piece in enumerate(pieces) if piece.covers(place)] for place in places]
    chosen = [numbers[0] for numbers in held if len(numbers) == 1]
    if len(pieces) != len(change.parts) or sorted(chosen) != list(range(len(pieces))):
        raise refusal(
            "split_pieces", error=InputError, community=change.community_id, pieces=len(pieces), parts=len(change.parts)
        )
    return [pieces[number] for number in chosen]


def _nearest_piece(points: NDArray[Any], pieces: list[Any]) -> NDArray[np.int64]:
    """``int64[p]``: the piece that each point lies in, or is nearest to."""
    return np.argmin(shapely.distance(points[:, None], np.array(pieces, dtype=object)[None, :]), axis=1)


def _shared(
    city: City, key: str, homes: gpd.GeoDataFrame, piece: NDArray[np.int64], pieces: list[Any]
) -> dict[str, NDArray[np.float64]]:
    """Every count of heads of a community by piece: people where they live, all else in proportion to them."""
    row = city.communities.frame.loc[key]
    people: dict[str, NDArray[np.float64]] = {
        column: np.bincount(piece, weights=homes[column].to_numpy(dtype=float), minlength=len(pieces)).astype(float)
        for column in city.communities.people
    }
    known = np.nan_to_num(people["population"])
    weight = known if known.sum() > 0 else np.array([part.area for part in pieces])
    owner = np.zeros(len(pieces), dtype=np.int64)
    for column in (column for column in row.index if counts_heads(column) and column not in people):
        people[column] = apportion(np.array([float(row[column])]), owner, weight)
    return people
