"""Warehouses of OR-Library: with the sites open that the published optimum opens, allocation costs what it costs."""

import os
from pathlib import Path

import numpy as np
import pytest

from circle15.accessibility.capacity.allocation import least_walking
from circle15.model.capacity import SeatsInReach

FOLDERS = [Path(root) / "siting" for root in os.environ.get("CIRCLE15_DATA", "").split(os.pathsep) if root]
SCALE = 10**9


@pytest.mark.real
@pytest.mark.parametrize("name", ["cap71", "cap74"])
def test_the_published_cost(name):
    folder = next((folder for folder in FOLDERS if (folder / f"{name}.txt").is_file()), None)
    if folder is None:
        pytest.skip("no data root has siting/")
    numbers = [float(word) for word in (folder / f"{name}.txt").read_text().split()]
    sites, rows = int(numbers[0]), int(numbers[1])
    seats, fixed = np.array(numbers[2 : 2 + 2 * sites]).reshape(sites, 2).T
    asked = np.array(numbers[2 + 2 * sites :]).reshape(rows, 1 + sites)
    people, costs = asked[:, 0].astype(np.int64), asked[:, 1:]  # costs are of all people of a row together
    *chosen, published = (folder / f"{name}.txt.opt").read_text().split()
    opened = np.unique(np.array(chosen, dtype=int))
    each = np.rint(costs[:, opened] / people[:, np.newaxis] * SCALE).astype(np.int64)
    table = SeatsInReach(
        people=people,
        start=np.arange(rows + 1) * len(opened),
        site=np.tile(np.arange(len(opened)), rows),
        cost_ms=each.ravel(),
        seats=seats[opened].astype(np.int64),
    )
    best = least_walking(table)
    assert best.served == people.sum()
    assert best.walking_ms / SCALE + fixed[opened].sum() == pytest.approx(float(published), abs=1e-3)
