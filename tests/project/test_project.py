"""The project around the code: two commands, an uninjectable Makefile, one version, a whole wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import circle15 as c15
from circle15.catalog.guide import GUIDES
from circle15.cli import ExitCode, main

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
TARGETS = ("help", "setup", "map", "report", "test", "lint", "bench", "notebooks", "docs", "clean")

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make on this machine")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


# -- make -----------------------------------------------------------------------------------------


@pytest.fixture
def make(tmp_path):
    """Run make with an environment whose Python notes its arguments, and runs the program when asked to."""
    bin_folder = tmp_path / "venv" / "bin"
    bin_folder.mkdir(parents=True)
    fake = bin_folder / "python"
    fake.write_text(
        f"#!/bin/sh\nprintf '%s\\0' \"$@\" > '{tmp_path}/argv'\n[ -n \"$RUN_IT\" ] || exit 0\n"
        f"cd '{tmp_path}' && PYTHONPATH='{ROOT}' exec '{sys.executable}' \"$@\"\n"
    )
    fake.chmod(0o755)
    (tmp_path / "venv" / ".circle15-ready").write_text("")

    def run(*arguments, **environment):
        command = ["make", "--no-print-directory", "-C", str(ROOT), f"VENV={tmp_path / 'venv'}", *arguments]
        inherited = {k: v for k, v in os.environ.items() if not re.match("MAKE|MFLAGS|CITY|PLAN|CIRCLE15_", k)}
        given = inherited | environment
        return subprocess.run(command, env=given, capture_output=True, text=True, timeout=60, check=False)

    return run


def argv(tmp_path):
    return (tmp_path / "argv").read_text().split("\0")[:-1]


ATTACKS = (
    "$(shell touch CANARY)", "$$(shell touch CANARY)", "${shell touch CANARY}", "$(eval x:=$(shell touch CANARY))",
    "; touch CANARY", "x; touch CANARY #", "`touch CANARY`", "$(touch CANARY)", "$$(touch CANARY)", "&& touch CANARY",
    "| touch CANARY", "'; touch CANARY; '", '"; touch CANARY; "', "x\ntouch CANARY\n", "x\n\ttouch CANARY",
    "$(CITY)", "a b", "", " ", "../..", "/etc", "-h", "--help", "--out=CANARY", "苏 州", "suzhou\\", "#", "a" * 65,
)  # fmt: skip


@needs_make
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize(("by", "target"), [("argument", "map"), ("environment", "map"), ("argument", "report")])
def test_make_passes_a_city_name_on_as_text(make, tmp_path, attack, by, target):
    canary = tmp_path / "canary"
    city = attack.replace("CANARY", str(canary))
    done = make(target, f"CITY={city}") if by == "argument" else make(target, CITY=city)
    assert done.returncode == 0, done.stderr  # nothing but the recorder ran
    assert not canary.exists()
    # GNU make drops the blanks before a value that stands on its command line.
    assert argv(tmp_path) == ["-m", "circle15", target, "--", city.lstrip() if by == "argument" else city]


@needs_make
@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_make_passes_a_file_s_name_on_as_text(make, tmp_path, attack, by):
    canary = tmp_path / "canary"
    plan = attack.replace("CANARY", str(canary))
    done = make("scenario", f"PLAN={plan}") if by == "argument" else make("scenario", PLAN=plan)
    assert done.returncode == 0, done.stderr
    assert not canary.exists()
    named = plan.lstrip() if by == "argument" else plan
    assert argv(tmp_path) == ["-m", "circle15", "scenario", "--", "suzhou", named]


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_program_takes_city_names_only(attack, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["circle15", "map", "--", attack.replace("CANARY", str(tmp_path / "canary"))])
    with pytest.raises(SystemExit) as leaving:
        main()
    assert leaving.value.code in {ExitCode.USAGE, ExitCode.INPUT}
    assert not list(tmp_path.iterdir())
    assert "Traceback" not in capsys.readouterr().err


@needs_make
@pytest.mark.parametrize("attack", ATTACKS[:2])
def test_an_attack_fails_from_end_to_end(make, tmp_path, attack):
    done = make("map", f"CITY={attack.replace('CANARY', str(tmp_path / 'canary'))}", RUN_IT="1")
    assert done.returncode != 0
    assert not (tmp_path / "canary").exists()
    assert "Traceback" not in done.stderr


@needs_make
def test_a_city_s_own_name_goes_from_end_to_end(make, make_pack, tmp_path):
    done = make("map", "CITY=试城", RUN_IT="1", CIRCLE15_DATA=str(make_pack()))
    assert done.returncode == 0, done.stderr
    assert argv(tmp_path) == ["-m", "circle15", "map", "--", "试城"]
    assert (tmp_path / "build" / "tryton" / "map.html").is_file()
    assert [path.name for path in (tmp_path / "build").iterdir()] == ["tryton"]


@needs_make
def test_the_exported_name_cannot_be_used_for_it_either(make, tmp_path):
    canary = tmp_path / "canary"
    make("map", "CITY=no city", f"CIRCLE15_CITY=$(shell touch {canary})")
    assert not canary.exists()
    assert argv(tmp_path)[-1] == "no city"


@needs_make
def test_suzhou_is_the_city_when_none_is_named(make, tmp_path):
    done = make("map")
    assert done.returncode == 0, done.stderr
    assert argv(tmp_path) == ["-m", "circle15", "map", "--", "suzhou"]


@needs_make
def test_help_is_the_default_and_lists_every_target():
    done = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, check=True)
    for target in TARGETS:
        assert re.search(rf"^  {target}\s", done.stdout, re.MULTILINE), target


@needs_make
@pytest.mark.parametrize("set_by_user", [None, "/somewhere/else", ""])
def test_a_data_root_of_the_user_is_never_overridden(tmp_path, set_by_user):
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (tmp_path / "shared" / "data").mkdir(parents=True)
    show = "\nshow:\n\t@printf '%s' \"$$CIRCLE15_DATA\"\n"
    (checkout / "Makefile").write_text(text("Makefile") + show, encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not re.match("MAKE|MFLAGS|CIRCLE15_", k)}
    if set_by_user is not None:
        environment["CIRCLE15_DATA"] = set_by_user
    command = ["make", "--no-print-directory", "-C", str(checkout), "show"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == (str(tmp_path / "shared" / "data") if set_by_user is None else set_by_user)
    shutil.rmtree(tmp_path / "shared")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == (set_by_user or "")


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("readme", READMES)
def test_the_first_screen_has_exactly_two_commands(readme):
    first_block = re.search(r"^```\w*\n(.*?)^```", text(readme), re.MULTILINE | re.DOTALL).group(1)
    commands = [line.split("#")[0].strip() for line in first_block.splitlines() if line.strip()]
    assert commands == ["make map", "make test"]
    assert text(readme)[: text(readme).index(first_block)].count("\n") < 25
    for target in re.findall(r"\bmake ([a-z]+)", text(readme)):
        assert target in TARGETS


@pytest.mark.parametrize("readme", READMES)
def test_every_exit_code_is_documented(readme):
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", text(readme), re.MULTILINE)}
    assert documented == {int(code) for code in ExitCode}


def test_one_version_everywhere():
    assert "version" in tomllib.loads(text("pyproject.toml"))["project"]["dynamic"]  # hatch reads _version.py
    version = c15.__version__
    assert re.search(r"^version: (\S+)$", text("CITATION.cff"), re.MULTILINE).group(1).strip("\"'") == version
    assert re.search(r"^## \[([\d.]+)\]", text("CHANGELOG.md"), re.MULTILINE).group(1) == version


def test_lower_bounds_only_and_each_one_constrained():
    project = tomllib.loads(text("pyproject.toml"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert all(re.fullmatch(r"[\w-]+>=[\d.]+(; sys_platform != 'win32')?", requirement) for requirement in wanted)
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", text("constraints.txt"), re.MULTILINE))
    assert {requirement.split(">=")[0] for requirement in wanted} <= set(pinned)
    assert not re.search(r"https?://|--hash|--index", text("constraints.txt"))


def test_ci_runs_the_readmes_test_command():
    script = text(".ci/run")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert script.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in script
    for target in ("test", "lint", "notebooks", "docs"):
        assert re.search(rf"^make {target}$", script, re.MULTILINE), target
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    # Built by the backend itself: needs no network and no isolated environment.
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if name.startswith("circle15/")}
        licences = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
        archive.extractall(tmp_path / "site")
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "circle15").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    guides = {f"circle15/catalog/guides/{name}" for files in GUIDES.values() for name in files.values()}
    assert inside == expected | guides
    assert "circle15/py.typed" in inside
    assert licences
    for topic, files in GUIDES.items():  # where nothing but the wheel is at hand
        command = [sys.executable, "-m", "circle15", "guide", topic, "--en"]
        done = subprocess.run(command, cwd=tmp_path / "site", check=True, capture_output=True, text=True)
        assert done.stdout.splitlines()[0] == text(f"docs/{files['en']}").splitlines()[0]
