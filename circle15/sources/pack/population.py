"""The population grid of a pack: where within its communities people live, or how many they are."""

from __future__ import annotations

from dataclasses import replace

from circle15.catalog import finding, refusal
from circle15.model.population import PopulationGrid
from circle15.sources.pack.communities import PackCommunities
from circle15.sources.pack.folder import Pack
from circle15.sources.pack.layers import layer_origin, population_file
from circle15.sources.population.grid import read_population
from circle15.sources.population.people import compare_people, count_people
from circle15.sources.reading import ReadingLog

__all__ = ["pack_population"]


def pack_population(
    pack: Pack, people: PackCommunities, log: ReadingLog
) -> tuple[PackCommunities, PopulationGrid | None]:
    """Read the grid of a pack; with ``use = "count"`` the communities get their people from it.

    For communities without outlines it is read as far as these may come to go, and compared when they are grown.

    Raises
    ------
    PackError
        If the grid cannot be used; see :func:`~circle15.sources.population.grid.read_population`; or is to count
        the people of communities without outlines, or of those whose registered people are to stand in.
    """
    path, entry = population_file(pack), pack.config.population
    if path is None or entry is None:
        return people, None
    origin = layer_origin(entry, path, label=("人口格网", "Population grid"))
    growing = people.grow_m is not None
    if entry.counts and (growing or "people_basis" in people.frame):
        raise refusal("population_of_grown" if growing else "population_of_registered", file=path.name)
    grid, record, findings = read_population(path, entry, people.land, origin=origin, around=growing)
    log.files.append(record)
    log.findings.extend(findings)
    if origin.synthetic:
        log.findings.append(finding("synthetic-population", "note", file=path.name))
    if entry.estimated:
        log.findings.append(finding("population-estimated", "note", file=path.name))
    if not grid.counts:
        log.findings.extend([] if growing else compare_people(people.frame, grid, file=path.name))
        return people, grid
    frame, notes = count_people(people.frame, grid, shares=entry.shares, file=path.name)
    log.findings.extend(notes)
    if people.estimated and not grid.reaches(frame.geometry).all():
        log.findings.append(finding("estimated-people", "warning", file=people.origin.file))
    return replace(people, frame=frame), grid
