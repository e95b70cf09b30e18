"""A report as ``report.pdf``, set by typst: every word goes in as JSON, none as markup."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path

from circle15.catalog.palette import colours
from circle15.errors import OutputError
from circle15.refusals import refusal
from circle15.render.report.blocks import Block, Report
from circle15.render.report.fonts import page_fonts

__all__ = ["pdf_bytes"]


def pdf_bytes(report: Report, pictures: Mapping[str, bytes]) -> bytes:
    """Set a report; the same report gives the same bytes.

    Parameters
    ----------
    report
        What to set.
    pictures
        PNG by the stem of its name.

    Raises
    ------
    OutputError
        If no Chinese font is installed, or typst fails.
    """
    import typst

    serif, sans = page_fonts()
    content = {
        "colours": {**colours("house"), "sand": colours("notice")["ground"]},
        "serif": serif,
        "sans": sans,
        "title": asdict(report.title),
        "subtitle": asdict(report.subtitle),
        "verdict": [asdict(words) for words in report.verdict],
        "cover": [[asdict(words), value] for words, value in report.cover],
        "banner": None if report.banner is None else asdict(report.banner),
        "mark": None if report.mark is None else asdict(report.mark),
        "terms": asdict(report.terms),
        "blocks": [_plain(block) for block in report.blocks],
    }
    template = files("circle15.render.report").joinpath("report.typ").read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "report.typ").write_bytes(template)
        (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        for stem, picture in pictures.items():
            (folder / f"{stem}.png").write_bytes(picture)
        try:
            return typst.compile(folder / "report.typ", root=folder, timestamp=0)
        except typst.TypstError as error:
            raise refusal("report_typst", error=OutputError, file="report.pdf", why=error.message) from error


def _plain(block: Block) -> dict[str, object]:
    return {"kind": type(block).__name__, **asdict(block)}
