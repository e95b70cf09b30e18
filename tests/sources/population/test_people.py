"""People counted by a grid, and set beside what the communities say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from circle15.errors import PackError
from circle15.model import PopulationGrid
from circle15.sources.population.people import compare_people, count_people
from tests.towns.findings import finding_of
from tests.towns.grids import ORIGIN, cells, zones
from tests.towns.lattice import X0, Y0

# Two communities of one cell each: the grid counts 400 in z0 and 100 in z1.
BOXES = (0, 0, 100, 100), (100, 0, 200, 100)


def grid(*people: float) -> PopulationGrid:
    counts = people or (400.0, 100.0)
    parts = pd.DataFrame({"community_id": [f"z{k}" for k in range(len(counts))], "cell_id": range(len(counts))})
    return PopulationGrid(
        cells=cells([counts]).rename_axis("cell_id"), parts=parts.assign(share=1.0), origin=ORIGIN, counts=True
    )


def test_communities_without_people_get_them_from_the_grid():
    frame, findings = count_people(zones(*BOXES), grid(), shares={"pop_60plus": 0.2, "pop_80plus": 0.1}, file="g.tif")
    assert frame["population"].tolist() == [400, 100]
    assert frame["pop_60plus"].tolist() == [80, 20]
    assert frame["pop_80plus"].tolist() == [40, 10]
    found = finding_of(findings, "population-counted")
    assert (found.severity, found.count, len(findings)) == ("warning", 2, 1)
    assert "500 people, an estimate" in found.message_en


def test_shares_are_kept_in_parts_of_a_person():
    frame, _ = count_people(zones(*BOXES), grid(), shares={"pop_60plus": 0.333}, file="g.tif")
    assert ((frame["pop_60plus"] * 1024) % 1 == 0).all()
    assert (frame["pop_60plus"] - [133.2, 33.3]).abs().max() <= 1 / 2048


def test_the_communities_own_elders_go_with_counted_people():
    frame, _ = count_people(zones(*BOXES, pop_60plus=[90.0, 30.0]), grid(), shares={}, file="g.tif")
    assert frame["pop_60plus"].tolist() == [90, 30]


def test_beyond_the_grid_communities_keep_their_own_people():
    """The third box lies for 60 % beyond the grid, which ends at 240 m: that no cell is there says nothing."""
    boxes = (*BOXES, (200, 0, 300, 100))
    known = replace(grid(), extent=shapely.box(X0, Y0, X0 + 240, Y0 + 100))
    own = zones(*boxes, population=[500.0, 90.0, 70.0], pop_60plus=[90.0, 30.0, 20.0])
    frame, findings = count_people(own, known, shares={"pop_60plus": 0.2}, file="g.tif")
    assert frame["population"].tolist() == [400, 100, 70]
    assert frame["pop_60plus"].tolist() == [80, 20, 20]
    found = finding_of(findings, "population-beyond")
    assert (found.count, found.examples) == (1, ("z2",))
    assert "1 of them keep their own people" in found.message_en
    assert finding_of(findings, "population-counted").count == 2


def test_beyond_the_grid_people_are_unknown_and_told():
    known = replace(grid(), extent=shapely.box(X0, Y0, X0 + 200, Y0 + 100))
    frame, findings = count_people(zones(*BOXES, (200, 0, 300, 100)), known, shares={"pop_60plus": 0.2}, file="g.tif")
    assert frame["population"].fillna(-1).tolist() == [400, 100, -1]
    assert frame["pop_60plus"].fillna(-1).tolist() == [80, 20, -1]
    assert finding_of(findings, "population-counted").count == 2
    assert "0 of them keep" in finding_of(findings, "population-beyond").message_en


@pytest.mark.parametrize(("own", "people"), [(70.0, 70.0), (np.nan, -1.0)])
def test_where_the_grid_is_silent_nobody_is_made_of_it(own, people):
    """All cells of the second community are nodata: its own people stay where it has them, else they are unknown."""
    silent = replace(grid(400.0), silent=("z1",))
    given = zones(*BOXES, population=[500.0, own], pop_60plus=[90.0, own / 7])
    frame, findings = count_people(given, silent, shares={"pop_60plus": 0.2}, file="g.tif")
    assert frame["population"].fillna(-1).tolist() == [400, people]
    assert frame["pop_60plus"].fillna(-1).tolist() == [80, -1 if people < 0 else 10]
    assert finding_of(findings, "population-beyond").examples == ("z1",)
    assert finding_of(findings, "population-counted").count == 1
    (compared,) = compare_people(given.assign(name=["a", "b"]), silent, file="g.tif")
    assert (compared.count, compared.examples) == (1, ("a ×0.80",))


def test_half_within_the_grid_is_within():
    known = replace(grid(), extent=shapely.box(X0, Y0, X0 + 150, Y0 + 100))
    _, findings = count_people(zones(*BOXES), known, shares={"pop_60plus": 0.2}, file="g.tif")
    assert [one.code for one in findings] == ["population-counted"]


def test_ages_are_never_guessed():
    with pytest.raises(PackError, match=r"g\.tif: it counts people but not their ages.*shares = "):
        count_people(zones(*BOXES), grid(), shares={}, file="g.tif")


def test_ages_of_replaced_people_do_not_stay():
    own = zones(*BOXES, population=[500.0, 90.0], pop_60plus=[90.0, 30.0], pop_80plus=[20.0, 5.0])
    with pytest.raises(PackError, match="no pop_60plus that goes with its counts"):
        count_people(own, grid(), shares={}, file="g.tif")
    frame, findings = count_people(own, grid(), shares={"pop_60plus": 0.2}, file="g.tif")
    assert frame["population"].tolist() == [400, 100]
    assert "pop_80plus" not in frame
    assert finding_of(findings, "population-ages-dropped").column == "pop_80plus"
    assert finding_of(findings, "population-compared").severity == "note"  # 500 against 590


@pytest.mark.parametrize(
    ("own", "code", "ratio"),
    [
        ((400.0, 100.0), "population-compared", "1.00"),
        ((320.0, 80.0), "population-compared", "1.25"),
        ((319.0, 80.0), "population-differs", "1.25"),
        ((500.0, 125.0), "population-compared", "0.80"),
        ((500.0, 126.0), "population-differs", "0.80"),
        ((5.0, 1.0), "population-differs", "83.33"),
        ((0.0, 0.0), "population-differs", "inf"),
    ],
)
def test_totals_are_compared(own, code, ratio):
    (found,) = compare_people(zones(*BOXES, population=own, name=["a", "b"]), grid(), file="g.tif")
    assert found.code == code
    assert f"a ratio of {ratio}" in found.message_en
    assert found.severity == ("note" if code == "population-compared" else "warning")


def test_communities_beyond_the_grid_are_not_compared():
    known = replace(grid(), extent=shapely.box(X0, Y0, X0 + 100, Y0 + 100))
    (found,) = compare_people(zones(*BOXES, population=[400.0, 9000.0], name=["a", "b"]), known, file="g.tif")
    assert (found.code, found.count, found.examples) == ("population-compared", 1, ("a ×1.00",))


def test_the_five_worst_communities_are_named_and_small_ones_not():
    counts = (100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 9.0)
    own = [100.0, 100.0, 100.0, 1600.0, 480.0, 600.0, 99.0]
    boxes = [(100 * k, 0, 100 * k + 100, 100) for k in range(7)]
    frame = zones(*boxes, population=own, name=list("abcdefg"))
    (found,) = compare_people(frame, grid(*counts), file="g.tif")
    # 1/4, 3, 2, and then 500/480; a and f agree, g has too few people to be told.
    assert found.examples == ("d ×0.25", "c ×3.00", "b ×2.00", "e ×1.04", "a ×1.00")
