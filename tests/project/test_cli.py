"""The command line: what it says, where, with which exit code; no traceback and nothing half-written, ever."""

from __future__ import annotations

import errno
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from circle15 import __version__, cli, study
from circle15.cli import leaving as cli_leaving
from circle15.cli.progress import STAGES, Interrupt, progress
from circle15.errors import Circle15Error, CityError, FetchError, InputError, OutputError, SettingError
from circle15.render import atomic
from circle15.sources.osm import overpass
from circle15.sources.pack import city_pack, streets
from tests.towns.pack_files import SITES, community, town_communities
from tests.towns.processor import HANGS_S, within_s
from tests.towns.real_cities import SHIPPED_TOWNS

OUTPUTS = [
    "capacity.csv", "circle15.gpkg", "field-checks.csv", "gaps.csv", "gaps.xlsx", "ledger.csv", "map.html", "run.json",
]  # fmt: skip


def heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def start(*words: object, **options) -> subprocess.Popen:
    environment = {k: v for k, v in os.environ.items() if k != "CIRCLE15_DATA"} | options.pop("env", {})
    if os.name == "posix":  # a shell starts what runs behind it with Ctrl-C ignored, and children inherit that
        options.setdefault("preexec_fn", heed_interrupts)
    return subprocess.Popen(
        [sys.executable, "-m", "circle15", *map(str, words)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment,
        cwd=Path(__file__).parents[2], **options,
    )  # fmt: skip


def finish(process: subprocess.Popen) -> tuple[int, str, str]:
    with within_s(60):
        out, err = process.communicate(timeout=HANGS_S)
    return process.returncode, out, err


# -- What works ------------------------------------------------------------------------------------


def test_map_writes_its_files_and_says_where(run, make_pack, tmp_path):
    code, out, err = run("map", "tryton", "--data", make_pack(whole=True), "--out", tmp_path / "out")
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == OUTPUTS
    assert out.splitlines()[-1].startswith(str(tmp_path / "out" / "map.html"))
    assert err == ""  # nothing was found wrong, no progress in a pipe


@pytest.mark.usefixtures("unpainted")
def test_report_writes_what_map_writes_and_the_report(run, make_pack, tmp_path):
    code, out, err = run("report", "tryton", "--data", make_pack(), "--out", tmp_path / "out", "--draws", "3")
    assert (code, err) == (0, "")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written >= {*OUTPUTS, "report.docx", "report.pdf", "figures"}
    assert out.splitlines()[-1].startswith(str(tmp_path / "out" / "report.pdf"))


def test_report_without_its_libraries_fails_before_the_work(run, make_pack, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "load_city", None)
    monkeypatch.setattr("circle15.render.report.files.find_spec", lambda _name: None)
    code, _, err = run("report", "tryton", "--data", make_pack(), "--out", tmp_path / "out")
    assert code == 4
    assert err == (
        "circle15: 报告还需要 matplotlib, python-docx, typst：请运行 pip install 'circle15[report]'\n"
        "  the report needs matplotlib, python-docx, typst as well: run pip install 'circle15[report]'\n"
    )
    assert not (tmp_path / "out").exists()


def test_compare_tells_settings_first_and_writes_where_told(run, make_pack, tmp_path):
    root, runs = make_pack(), [tmp_path / "2025", tmp_path / "2026"]
    for profile, folder in zip(("elderly", "adult"), runs, strict=True):
        assert run("map", "tryton", "--data", root, "--out", folder, "--profile", profile, "--draws", "0")[0] == 0
        assert not (folder / "field-checks.csv").exists()
    code, out, err = run("compare", *runs)
    assert (code, err) == (0, "")
    assert "不能直接比较" in out.splitlines()[1]
    assert "profile: elderly → adult" in out
    assert run("compare", *runs, "--out", tmp_path / "c")[0] == 0
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == [
        "compare-verdicts.csv",
        "compare.csv",
        "compare.xlsx",
    ]


def test_compare_refuses_a_folder_that_is_no_run(run, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = run("compare", tmp_path / "empty", tmp_path / "empty")
    assert code == 3
    assert "不是一次完整的运行结果" in err
    assert "holds no finished run" in err


def test_without_out_the_files_go_to_build(run, make_pack, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("map", "tryton", "--data", make_pack())[0] == 0
    assert sorted(path.name for path in (tmp_path / "build" / "tryton").iterdir()) == OUTPUTS


@pytest.mark.usefixtures("recorded")
def test_flags_win_over_the_pack_and_are_recorded(run, make_pack, tmp_path):
    root = make_pack(settings='[settings]\nprofile = "frail"\ncutoffs_min = [4]\n')
    code, _, _ = run("map", "tryton", "--data", root, "--out", tmp_path, "--profile", "adult", "--cutoffs", "2， 7.5")
    record = (tmp_path / "run.json").read_text(encoding="utf-8")
    assert code == 0
    assert '"profile": "adult"' in record
    assert re.search(r'"cutoffs_min": \[\s*2\.0,\s*7\.5\s*\]', record)


@pytest.mark.usefixtures("recorded")
def test_draws_can_be_chosen_and_left_out(run, make_pack, tmp_path):
    root = make_pack(settings="[settings]\ndraws = 30\nseed = 4\n")
    for flag, draws in ((), 30), (("--draws", "7"), 7), (("--draws", "0"), 0):
        assert run("map", "tryton", "--data", root, "--out", tmp_path / str(draws), *flag)[0] == 0
        record = json.loads((tmp_path / str(draws) / "run.json").read_text(encoding="utf-8"))
        assert (record["robustness"]["draws"], record["robustness"]["seed"]) == (draws, 4)
    code, _, err = run("map", "tryton", "--data", root, "--out", tmp_path, "--draws", "-1")
    assert code == 3
    assert "draws = -1" in err


@pytest.mark.usefixtures("recorded")
def test_a_moment_wins_over_the_pack_and_is_told(run, make_pack, tmp_path):
    root = make_pack(settings='[settings]\nopen_at = "8:00"\n')
    code, out, err = run("map", "tryton", "--data", root, "--out", tmp_path / "a", "--open-at", "周二 11:30")
    assert code == 0
    assert '"open_at": "Tu 11:30"' in (tmp_path / "a" / "run.json").read_text(encoding="utf-8")
    assert "2处设施中有2处11:30（周二）是否开放不详" in err
    assert "At Tu 11:30: " in out
    assert run("map", "tryton", "--data", root, "--out", tmp_path / "b")[0] == 0
    assert '"open_at": "We 08:00"' in (tmp_path / "b" / "run.json").read_text(encoding="utf-8")
    assert "at We 08:00 is not known" in run("check", "tryton", "--data", root)[1]
    assert run("map", "tryton", "--data", root, "--out", tmp_path / "c", "--open-at", "any")[0] == 0
    assert '"open_at": null' in (tmp_path / "c" / "run.json").read_text(encoding="utf-8")


def test_check_tells_everything_and_computes_nothing(run, make_pack, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "analyse", None)
    sites = [*SITES, ("f3", "x", "clinic", "east", "31.31")]
    code, out, err = run("check", "tryton", "--data", make_pack(sites=sites), "--out", tmp_path / "out")
    assert code == 0
    assert err == ""
    told = out.splitlines()
    assert told[2] == "可以分析；请先核对1条注意事项 Can be analysed; warnings to look at first: 1"
    assert "2个社区，2,000人（60岁以上400人）；2处设施；步行路网0.7千米" in out
    assert "  ! facilities.csv · 第4行 row 4 · 列 column lon, lat · 值 value east, 31.31" in told
    assert "    1条设施记录没有可用的经纬度，未采用" in told
    assert "undetermined, not gaps" in out  # notes too
    written = (tmp_path / "out" / "check.html").read_text(encoding="utf-8")
    assert "第4行 row 4 · 列 column lon, lat · 值 value east, 31.31" in written
    files = ["check.html", "check.json", "check.xlsx"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == files
    assert [Path(line).name for line in told[-3:]] == ["check.html", "check.xlsx", "check.json"]


@pytest.mark.usefixtures("recorded")
def test_map_tells_warnings_and_leaves_notes_to_check(run, make_pack, tmp_path):
    sites = [*SITES, ("f3", "x", "clinic", "east", "31.31")]
    _, _, err = run("map", "tryton", "--data", make_pack(sites=sites), "--out", tmp_path / "out")
    assert err.count("! ") == 1
    assert "row 4" in err
    assert "undetermined" not in err


def test_cities_lists_one_a_line(run, make_pack):
    root = make_pack()
    code, out, err = run("cities", "--data", root)
    assert (code, err) == (0, "")
    lines = {line.split("\t")[0]: line.split("\t")[1:] for line in out.splitlines()}
    assert lines["tryton"] == [str(root / "tryton"), "elderly", "5,10,15"]
    assert {"helsinki", "suzhou"} <= set(lines)


def test_cities_takes_flags_in_earnest(run, make_pack, tmp_path):
    root = make_pack()
    code, out, _ = run("cities", "--data", root, "--profile", "frail", "--cutoffs", "7", "--out", tmp_path / "o")
    assert (code, "frail\t7" in out) == (0, True)
    assert "tryton" in (tmp_path / "o" / "cities.tsv").read_text(encoding="utf-8")
    assert run("cities", "--data", root, "--profile", "cat")[0] == 3
    assert run("cities", "--data", root, "--cutoffs", "-5")[0] == 3


def test_a_broken_pack_hides_no_other(run, make_pack):
    root = make_pack(toml="name = [broken")
    code, out, err = run("cities", "--data", root)
    assert code == 0
    assert {"tryton", "helsinki", "suzhou"} <= {line.split("\t")[0] for line in out.splitlines()}
    assert re.match(r"! .*city\.toml：不是 UTF-8 编码的 TOML 文件.*\n  .*city\.toml: not a TOML file", err)


def test_synthetic_layers_are_named_on_the_screen(run, monkeypatch):
    monkeypatch.setattr(streets, "TOWNS", SHIPPED_TOWNS)
    code, _, err = run("check", "suzhou")
    assert code == 0
    assert "※ 含合成的示例数据：" in err
    assert "Synthetic layers: " in err


def test_fetch_asks_for_the_communities_and_writes_into_the_pack(run, make_pack, monkeypatch):
    asked = {}

    def fetch_streets(area, *, buffer_m, to):
        asked.update(bounds=area.bounds, buffer_m=buffer_m, to=to)
        return to

    monkeypatch.setattr(overpass, "fetch_streets", fetch_streets)
    root = make_pack(streets="")
    code, out, err = run("fetch", "tryton", "--data", root, "--cutoffs", "10")
    assert (code, err) == (0, "")
    assert asked["to"] == root / "tryton" / city_pack.FETCHED
    assert asked["buffer_m"] == 10 * 60 * 1.25 + 150
    assert asked["bounds"] == pytest.approx((120.6199, 31.3099, 120.6221, 31.3111))
    assert str(asked["to"]) in out


def test_help_and_every_command_s_help(run):
    for flag in ("--help", "-h"):
        code, out, _ = run(flag)
        assert code == 0
        assert all(command in out for command in ("map", "report", "compare", "fetch", "check", "new", "cities"))
        assert "--version" in out
    for command in ("compare", "new"):
        assert run(command, "-h") == run(command, "--help")
    for command in ("map", "report", "fetch", "check", "cities"):
        code, out, _ = run(command, "--help")
        assert (code, out, "") == run(command, "-h")
        assert code == 0
        assert all(option in out for option in ("--data", "--out", "--profile", "--cutoffs"))
        assert ("--open-at" in out) == (command in {"map", "report", "check"})


def test_version(run):
    assert run("--version") == (0, f"circle15 {__version__}\n", "")
    assert run("--version", "map", "suzhou") == (0, f"circle15 {__version__}\n", "")


@pytest.mark.usefixtures("recorded")
@pytest.mark.parametrize("city", ["试城", "Tryton"])
def test_a_city_by_the_name_it_bears_goes_into_the_folder_of_its_pack(run, make_pack, tmp_path, monkeypatch, city):
    root = make_pack()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    code, out, _ = run("map", city, "--data", root, "--draws", "0")
    assert code == 0
    assert [path.name for path in (tmp_path / "here" / "build").iterdir()] == ["tryton"]
    assert out.splitlines()[-1].startswith(str(Path("build", "tryton", "map.html")))
    code, out, _ = run("check", city, "--data", root)
    assert code == 0
    (root / "tryton" / "streets.osm").unlink()
    code, out, err = run("check", city, "--data", root)
    assert code == 3
    assert "改正后再运行：circle15 check tryton" in out
    assert err.startswith("circle15: tryton: 数据还不能用")
    code, _, err = run("map", city, "--data", root)
    assert code == 3
    assert "circle15 fetch tryton" in err


def test_a_name_that_a_pack_bears_is_never_a_path(run, make_pack, tmp_path, monkeypatch):
    evil = "../../$(touch CANARY)"
    root = make_pack()
    toml = root / "tryton" / "city.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('"试城"', f'"{evil}"'), encoding="utf-8")
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    assert run("map", evil, "--data", root, "--draws", "0")[0] == 0
    written = {path.relative_to(tmp_path).parts[:4] for path in tmp_path.rglob("map.html")}
    assert written == {("a", "b", "build", "tryton")}
    assert not list(tmp_path.rglob("*CANARY*"))


def test_fetch_and_report_know_the_names_that_packs_bear(run, make_pack, tmp_path, monkeypatch):
    monkeypatch.setattr(overpass, "fetch_streets", lambda _area, **given: given["to"])
    root = make_pack(streets="")
    code, out, _ = run("fetch", "试城", "--data", root)
    assert (code, str(root / "tryton" / city_pack.FETCHED) in out) == (0, True)
    code, _, err = run("report", "试城", "--data", root, "--out", tmp_path / "out")
    assert (code, "circle15 fetch tryton" in err) == (3, True)


# -- Exit codes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [[], ["nope"], ["map", "--nope"], ["map", "a", "b"], ["map", "--cutoffs"]])
def test_wrong_usage_is_two(run, words):
    code, out, err = run(*words)
    assert code == 2
    assert re.search("^(Usage|Error): ", out + err, flags=re.MULTILINE)
    assert err.startswith("circle15: 命令写法不对，请按下面的提示改正；用法见 circle15 -h\n") == bool(words)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["map", "suzho"], "did you mean 'suzhou'"),
        (["map", "../../etc"], "is not a city name"),
        (["map", "$(touch x)"], "is not a city name"),
        (["check", "a;b"], "is not a city name"),
        (["fetch", "nowhere"], "no city pack 'nowhere'"),
        (["cities", "--data", "/nowhere"], "no such folder"),
        (["map", "suzhou", "--data", "/nowhere"], "no such folder"),
        (["map", "suzhou", "--cutoffs", "0"], "cut-off 0 is not usable"),
        (["map", "suzhou", "--cutoffs", "-5,10"], "cut-off -5"),
        (["map", "suzhou", "--cutoffs", "nan"], "cut-off nan"),
        (["map", "suzhou", "--cutoffs", "1e400"], "cut-off inf"),
        (["map", "suzhou", "--cutoffs", "999999"], "cut-off 999999"),
        (["map", "suzhou", "--cutoffs", "15,10"], "must rise"),
        (["map", "suzhou", "--open-at", "noonish"], "write a time of day such as '11:30'"),
        (["check", "suzhou", "--open-at", "25:00"], "open_at = '25:00' is no moment"),
        (["map", "suzhou", "--cutoffs", ""], "--cutoffs ''"),
        (["map", "suzhou", "--cutoffs", "5,,10"], "--cutoffs '5,,10': give minutes with commas between"),
        (["map", "suzhou", "--cutoffs", "five"], "--cutoffs 'five'"),
        (["check", "suzhou", "--profile", "swimmer"], "choose one of adult, elderly, frail"),
    ],
)
def test_input_that_cannot_be_used_is_three(run, tmp_path, monkeypatch, words, says):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words)
    assert (code, out) == (3, "")
    assert err.startswith("circle15: ")
    assert says in err
    assert re.match(r"circle15: .*[\u4e00-\u9fff].*\n  \S", err)  # Chinese, and English below it
    assert list(tmp_path.iterdir()) == []


def test_bad_layers_are_three_and_write_nothing(run, make_pack, tmp_path):
    root = make_pack(communities=[community("a", 120.6199, 120.621, -5)])
    code, _, err = run("map", "tryton", "--data", root, "--out", tmp_path / "out")
    assert code == 3
    assert "communities.geojson: row 1, column 'population', value -5" in err
    (root / "tryton" / "streets.osm").write_bytes(b"\x89PNG")
    (root / "tryton" / "communities.geojson").write_text("nonsense")
    code, _, err = run("map", "tryton", "--data", root, "--out", tmp_path / "out")
    assert code == 3
    assert "circle15: communities.geojson：图层读不出来" in err  # Chinese first, English below it
    assert "\n  communities.geojson: the layer cannot be read" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CityError("what to do", zh="怎么办"), cli.ExitCode.INPUT),
        (InputError("what to do", zh="怎么办"), cli.ExitCode.INPUT),
        (SettingError("what to do", zh="怎么办"), cli.ExitCode.INPUT),
        (Circle15Error("what to do", zh="怎么办"), cli.ExitCode.INPUT),
        (OutputError("what to do", zh="怎么办"), cli.ExitCode.OUTPUT),
        (FetchError("what to do", zh="怎么办"), cli.ExitCode.FETCH),
        (KeyboardInterrupt(), cli.ExitCode.INTERRUPTED),
        (OSError(errno.ENOSPC, "No space left on device"), cli.ExitCode.OUTPUT),
        (PermissionError(errno.EACCES, "Permission denied", "/some/file"), cli.ExitCode.INPUT),
    ],
)
def test_every_kind_of_failure_has_its_code(run, monkeypatch, error, code):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(cli_leaving, "hush", lambda _stream: None)  # keep pytest's own output
    monkeypatch.setattr(study, "load_city", fail)
    left, out, err = run("map", "suzhou")
    assert (left, out) == (code, "")
    if isinstance(error, Circle15Error):
        assert err == "circle15: 怎么办\n  what to do\n"  # Chinese first, English below it
    assert re.search(r"^circle15: \S", err, flags=re.MULTILINE)
    if isinstance(error, PermissionError):
        assert err == (
            "circle15: /some/file：打不开（Permission denied）；请检查文件是否存在、是否有权限\n"
            "  /some/file: Permission denied; check that it is there and may be read\n"
        )


def test_the_codes_stand_in_the_docstring():
    told = {
        int(number) for number in re.findall(r"\b(\d+) (?:done|wrong|input|output|download|interrupted)", cli.__doc__)
    }
    assert told == {int(code) for code in cli.ExitCode}


def test_a_fault_of_the_program_is_not_hidden(monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(study, "load_city", fail)
    monkeypatch.setattr(sys, "argv", ["circle15", "map", "suzhou"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


# -- Output that cannot be written -----------------------------------------------------------------


def test_an_output_folder_below_a_file(run, make_pack, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr(study, "analyse", None)  # it fails before the long work
    code, _, err = run("map", "tryton", "--data", make_pack(), "--out", tmp_path / "file" / "out")
    assert code == 4
    assert "a file stands where a folder is needed" in err
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_output_folder(run, make_pack, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    code, _, err = run("map", "tryton", "--data", make_pack(), "--out", tmp_path / "out")
    assert code == 4
    assert "no permission" in err


def test_a_read_only_disk_fails_before_the_long_work(run, make_pack, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    root = make_pack()
    monkeypatch.setattr(study, "analyse", None)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    code, _, err = run("map", "tryton", "--data", root, "--out", tmp_path / "out")
    assert code == 4
    assert "the disk is read-only; choose another folder with --out" in err


def test_a_full_disk_leaves_yesterday_s_files_and_nothing_half_written(run, make_pack, tmp_path, monkeypatch):
    out = tmp_path / "out"
    assert run("map", "tryton", "--data", make_pack(), "--out", out)[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    flush, calls = os.fsync, []

    def full(handle):
        calls.append(handle)
        if len(calls) > 4:  # the probe and its folder, the map and its folder; the disk is full at gaps.csv
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(handle)

    monkeypatch.setattr(os, "fsync", full)
    root = make_pack(root="other", sites=[SITES[0], ("f9", "远处", "clinic", "120.6219", "31.3109")])
    code, _, err = run("map", "tryton", "--data", root, "--out", out)
    assert code == 4
    assert "gaps.csv: could not be written (No space left on device); the disk is full" in err
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert sorted(after) == OUTPUTS
    assert after == before  # the new map waits for the other files, and goes with them


def _small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))


def test_a_disk_that_fills_up_in_earnest(make_pack, tmp_path):
    """The kernel itself refuses to write more than 50 kB into a file: the map is larger."""
    process = start("map", "tryton", "--data", make_pack(), "--out", tmp_path / "out", preexec_fn=_small_files)
    code, _, err = finish(process)
    assert code == 4
    assert "map.html: could not be written (File too large)" in err
    assert "Traceback" not in err
    assert list((tmp_path / "out").iterdir()) == []


# -- Interrupted -----------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="sends a signal as POSIX does")
def test_ctrl_c_leaves_nothing_half_written(tmp_path):
    out = tmp_path / "out"
    process = start("map", "helsinki", "--out", out)
    deadline = time.monotonic() + HANGS_S
    while not out.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)  # the folder appears when the city is loaded and the long work begins
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    code, said, err = finish(process)
    assert code == 130, err
    assert "circle15: 已中断，没有留下写了一半的文件 / interrupted; no half-written file is left" in err
    assert "Traceback" not in err
    assert "map.html" not in said
    assert list(out.iterdir()) == []


def test_ctrl_c_that_a_callback_swallowed_is_not_lost():
    ours = Interrupt()
    before = signal.signal(signal.SIGINT, ours)
    try:
        with progress() as begin:
            begin("load")  # nobody has pressed anything
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                begin("demand")
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_the_folder_is_tried_leaves_it_empty(run, make_pack, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        write(tmp_path / "out" / ".circle15-probe", "")
        raise KeyboardInterrupt

    write = atomic.write_text
    monkeypatch.setattr(atomic, "write_text", interrupt)
    assert run("map", "tryton", "--data", make_pack(), "--out", tmp_path / "out")[0] == 130
    assert list((tmp_path / "out").iterdir()) == []


def test_ctrl_c_between_two_files_leaves_none_of_them(run, make_pack, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("circle15.render.tables.files.gaps_xlsx", interrupt)
    code, _, err = run("map", "tryton", "--data", make_pack(), "--out", tmp_path / "out")
    assert code == 130
    assert "interrupted" in err
    assert list((tmp_path / "out").iterdir()) == []


# -- Pipes, consoles, hostile names ----------------------------------------------------------------


def test_a_reader_that_leaves_early_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "circle15", "cities"], stdout=writing, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_behind_standard_output():
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "circle15", "cities"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert ran.returncode == 4
    assert ran.stderr == (
        "circle15: 写不出来（No space left on device）；请腾出空间\n  No space left on device; free some space\n"
    )


def test_a_console_without_chinese_shows_question_marks(make_pack):
    # As a console of Windows in western Europe; the page set of a file name or sentence must not end the work.
    latin = {"PYTHONIOENCODING": "latin-1"}
    code, out, _ = finish(start("check", "tryton", "--data", make_pack(), env=latin, errors="replace"))
    assert code == 0
    assert re.search(r"^\?{2,} Ready to be analysed", out, flags=re.MULTILINE)
    assert "undetermined, not gaps" in out


@pytest.mark.usefixtures("recorded")
def test_names_do_not_steer_the_terminal(run, make_pack, tmp_path, monkeypatch):
    evil = "\x1b[31m\x07\u202e\x9b2J"
    layer = town_communities()
    for one in layer:
        one["properties"]["name"] = evil
    sites = [("f1", evil, "meal_point", "120.62", "31.31"), (evil, evil, evil, "120.62", "31.31")]
    code, out, err = run("map", "tryton", "--data", make_pack(communities=layer, sites=sites), "--out", tmp_path)
    assert code == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", (out + err).replace("\r\n", "\n"))
    assert "\ufffd[31m" in out
    code, out, err = run("check", "tryton", "--data", tmp_path / "roots")
    assert code == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", (out + err).replace("\r\n", "\n"))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    code, out, _ = run("check", "tryton", "--data", tmp_path / "roots")
    assert set(re.findall(r"\x1b\[[0-9;]*m", out)) <= {"\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[36m", "\x1b[0m"}


def test_a_check_that_fails_says_so_first_and_last(run, make_pack):
    code, out, err = run("check", "tryton", "--data", make_pack(streets=""))
    assert code == 3
    assert out.splitlines()[2] == "还不能用；请先改正1个错误 Not usable yet; errors to mend first: 1"
    assert "改正后再运行：circle15 check tryton" in out
    assert err.startswith("circle15: tryton: 数据还不能用")


def test_progress_stands_on_a_terminal_only(monkeypatch, capsys):
    with progress() as begin:
        for stage in ("load", *study.STAGES, "save"):
            begin(stage)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as begin:
        for stage in ("load", *study.STAGES, "save"):
            begin(stage)
    out, _ = capsys.readouterr()
    assert out == ""


def test_every_stage_has_words_for_the_progress_bar():
    assert list(STAGES) == ["load", *study.STAGES, "siting", "save", "report"]


def test_new_makes_a_pack_and_refuses_a_bad_name(run, tmp_path):
    code, out, _ = run("new", "kunshan", "--data", tmp_path, "--title", "昆山")
    assert code == 0
    assert "facilities.xlsx" in out
    code, _, err = run("new", "kunshan", "--data", tmp_path)
    assert (code, "not touched" in err) == (4, True)
    for name in ("../evil", "苏州"):
        code, _, err = run("new", name, "--data", tmp_path)
        assert (code, "is not a city name" in err) == (3, True)
        assert "中文名称请写 --title" in err
    assert [path.name for path in tmp_path.iterdir()] == ["kunshan"]
