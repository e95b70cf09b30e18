"""Units of a level: the ledger and the page number them alike."""

import numpy as np

from circle15.model.units import units_of
from tests.towns.norm_fixture import communities


def test_communities_are_their_own_units():
    units = units_of(communities(population=[5, 6, 7]), "community")
    assert units.ids.tolist() == ["c0", "c1", "c2"]
    assert units.code.tolist() == [0, 1, 2]


def test_subdistricts_are_sorted_and_who_names_none_belongs_to_none():
    units = units_of(communities(population=[5, 6, 7, 8], subdistrict=["b", None, "a ", "b"]), "subdistrict")
    assert units.ids.tolist() == ["a", "b"]
    assert units.code.tolist() == [1, -1, 0, 1]
    assert units.total([5, 6, 7, 8]).tolist() == [7, 13]


def test_a_total_with_an_unknown_part_is_unknown():
    units = units_of(communities(population=[5, 6]), "city")
    assert units.ids.tolist() == ["city"]
    assert units.total([5, 6]).tolist() == [11]
    assert np.isnan(units.total([5, np.nan])).tolist() == [True]
