"""What several tests share: an environment without data roots, tiny OSM files, a tiny city pack."""

from __future__ import annotations

import base64
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import osmium
import pytest
from hypothesis import settings

from circle15 import cli
from circle15.model import Analysis
from circle15.render import folder
from circle15.render.report import files, ink
from circle15.render.run_record import run_json
from circle15.study import scenarios
from tests.towns.pack_files import TOWN_NODES, TOWN_WAYS, osm_xml, town_pack

# Tests, and the programs that they start, are compiled once, whatever the environment says.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

WHITE_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
)
"""A picture of one pixel, as PNG."""

# A busy machine is no fault of the code: examples may take their time.
settings.register_profile("circle15", deadline=None)
settings.load_profile("circle15")


def pytest_configure() -> None:
    """Collect the tests without collecting garbage: what they and the libraries are made of stays."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is collected as ever, but never sought among the 800,000 objects that stay."""
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)
    gc.enable()


@pytest.fixture(autouse=True)
def _no_data_roots(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Tests see the committed packs only, unless they say that they read a real extract."""
    if request.node.get_closest_marker("real") is None:
        monkeypatch.delenv("CIRCLE15_DATA", raising=False)


@pytest.fixture
def osm_file(tmp_path: Path) -> Callable[..., Path]:
    """Write an OSM file; any suffix that osmium knows."""

    def write(nodes: Any = None, ways: Any = None, *, name: str = "streets.osm", **more: Any) -> Path:
        path = tmp_path / "streets.plain.osm"
        path.write_text(osm_xml(nodes or TOWN_NODES, ways or TOWN_WAYS, **more), encoding="utf-8")
        target = tmp_path / name
        if name.endswith(".osm"):
            return path.rename(target)
        with osmium.SimpleWriter(str(target)) as writer:
            osmium.apply(osmium.io.Reader(str(path)), writer)
        path.unlink()
        return target

    return write


@pytest.fixture
def make_pack(tmp_path: Path) -> Callable[..., Path]:
    """Write the town's pack below ``tmp_path`` and return the data root; every part can be given otherwise."""

    def write(city: str = "tryton", *, root: str = "roots", **parts: Any) -> Path:
        return town_pack(tmp_path / root, city, **parts)

    return write


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of reports are drawn and laid out, but not painted: for tests that look at everything else."""

    def laid_out(figure: Any) -> dict[str, bytes]:
        figure.draw_without_rendering()
        return {"png": WHITE_DOT, "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"}

    monkeypatch.setattr(ink, "figure_files", laid_out)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saving writes ``run.json`` alone, and a report nothing: for tests of what is said and recorded."""

    def record(analysis: Analysis, to: str | Path, *, base: Analysis | None = None) -> Path:
        del base
        run_json(analysis, Path(to) / "run.json")
        return Path(to)

    monkeypatch.setattr(folder, "save", record)
    for module in (files, scenarios):
        monkeypatch.setattr(module, "save_report", lambda _analysis, to, **_more: Path(to))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line in this process: (exit code, standard output, standard error)."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["circle15", *map(str, words)])
        with pytest.raises(SystemExit) as leaving:
            cli.main()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return int(leaving.value.code or 0), out, err

    return call
