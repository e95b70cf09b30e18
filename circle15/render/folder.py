"""Everything an analysis has to say, written into one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from circle15.model import Analysis

__all__ = ["save"]


def save(analysis: Analysis, folder: str | Path, *, base: Analysis | None = None) -> Path:
    """Write everything an analysis has to say into a folder, all of them or none.

    ``map.html``, ``gaps.csv``, ``subdistricts.csv`` (where communities name theirs), ``capacity.csv`` (who gets a seat,
    where a list has such a service), ``ledger.csv`` (where clauses were judged), ``actions.csv`` (what would help most,
    where somebody lacks something), ``field-checks.csv`` (what to look at in the field), ``gaps.xlsx``,
    ``circle15.gpkg`` and, last, ``run.json``: a folder with an older ``run.json`` than its map tells of an interrupted
    run.

    Parameters
    ----------
    analysis
        What :func:`circle15.analyse` returned.
    folder
        Made when missing; other files in it are left alone.
    base
        The city as it is, where the analysis is of a scenario of it: ``map.html`` then shows both.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    OutputError
        If a file cannot be written; names it and a remedy, and leaves no part of it behind.
    """
    from circle15.render.atomic import all_together, write_text
    from circle15.render.map.folium_map import draw_map, page_html
    from circle15.render.published.told import publish
    from circle15.render.run_record import run_json
    from circle15.render.tables.files import (
        actions_csv,
        capacity_csv,
        field_checks_csv,
        gaps_csv,
        gaps_xlsx,
        geopackage,
        ledger_csv,
        subdistricts_csv,
    )

    published = publish(analysis)
    with all_together(Path(folder)) as made:
        write_text(made / "map.html", page_html(draw_map(published, base=base)))
        gaps_csv(analysis, made / "gaps.csv")
        if len(analysis.subdistricts):
            subdistricts_csv(analysis, made / "subdistricts.csv")
        if len(analysis.ledger):
            ledger_csv(analysis, made / "ledger.csv")
        if len(analysis.capacity):
            capacity_csv(analysis, made / "capacity.csv")
        if len(analysis.actions):
            actions_csv(analysis, made / "actions.csv")
        if len(analysis.robustness.checks):
            field_checks_csv(published, made / "field-checks.csv")
        gaps_xlsx(published, made / "gaps.xlsx")
        geopackage(analysis, made / "circle15.gpkg")
        run_json(analysis, made / "run.json")
    return Path(folder)
