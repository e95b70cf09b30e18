"""The command line: argument parsing, progress, exit codes. All work is done by the library.

Exit codes: 0 done; 2 wrong usage; 3 input cannot be used; 4 output cannot be written; 5 download failed;
130 interrupted. Imports that take time happen inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from circle15._version import __version__
from circle15.errors import Circle15Error, DataQualityWarning, FetchError, InputError, OutputError, SettingError
from circle15.refusals import refusal

if TYPE_CHECKING:
    from circle15.model import Analysis, Check, City, Finding
    from circle15.study.scenarios import Replay

__all__ = ["ExitCode", "main"]


class ExitCode(IntEnum):
    """What the process returns."""

    OK = 0
    USAGE = 2
    INPUT = 3
    OUTPUT = 4
    FETCH = 5
    INTERRUPTED = 130


_app = typer.Typer(
    name="circle15",
    help="十五分钟生活圈：谁走不到哪项服务。\n\nFifteen-minute life circles: who cannot walk to which service.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

CityName = Annotated[
    str,
    typer.Argument(help="城市包的文件夹名或城市名，如 suzhou、苏州 / folder or name of the pack: suzhou, 苏州"),
]
NewCity = Annotated[str, typer.Argument(help="新城市包的文件夹名 / folder name of the new city pack, such as kunshan")]
DataDir = Annotated[Path | None, typer.Option("--data", help="城市包所在的文件夹 / folder that holds city packs")]
OutDir = Annotated[Path | None, typer.Option("--out", help="输出文件夹 / output folder [build/<city>]")]
Profile = Annotated[str | None, typer.Option("--profile", help="adult | elderly | frail")]
Cutoffs = Annotated[str | None, typer.Option("--cutoffs", help="分钟，如 5,10,15 / minutes, such as 5,10,15")]
OpenAt = Annotated[
    str | None,
    typer.Option("--open-at", help="只算此时开放的设施，如 11:30（周三）/ count what is open then: 11:30, 'Sa 11:30'"),
]
Draws = Annotated[
    int | None,
    typer.Option("--draws", help="稳健性的随机抽样次数，0 为不算 / random draws for robustness, 0 for none [200]"),
]

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal; names from outside may hold them."""
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}

_LOOKS: dict[str, dict[str, Any]] = {
    "title": {"bold": True},
    "head": {"bold": True},
    "quiet": {"dim": True},
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow"},
    "note": {"fg": "cyan"},
}
"""How lines of a report look on a terminal."""

_STAGES = {
    "load": "读取数据 / reading",
    "demand": "居民点 / demand points",
    "snap": "接入路网 / placing on streets",
    "reach": "步行时间 / walking times",
    "nearest": "最近设施 / nearest facilities",
    "isochrones": "等时圈 / isochrones",
    "coverage": "覆盖 / coverage",
    "gaps": "缺口 / gaps",
    "routes": "路线 / routes",
    "ledger": "条文 / clauses",
    "attribution": "缺设施还是缺通道 / what is missing",
    "actions": "最见效的改变 / what would help most",
    "robustness": "稳健性 / robustness",
    "equity": "公平与类型 / equity and types",
    "save": "写出 / writing",
    "report": "排版报告 / setting the report",
}


def _show_version(asked: bool) -> None:  # noqa: FBT001  # typer hands a flag's value over so
    if asked:
        _say(f"circle15 {__version__}")
        raise typer.Exit


@_app.callback()
def _options(
    *,
    version: Annotated[  # its callback has answered by then
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本 / show the version")
    ] = False,
) -> None:
    """What can be asked of the program itself."""


@_app.command("map")
def map_city(
    city: CityName = "suzhou",
    data: DataDir = None,
    out: OutDir = None,
    profile: Profile = None,
    cutoffs: Cutoffs = None,
    open_at: OpenAt = None,
    draws: Draws = None,
) -> None:
    """生成离线地图与表格 / Draw a city's offline map, with tables and a GeoPackage."""
    with _progress() as begin:
        result, folder = _mapped(begin, out, city, data=data, **_overrides(profile, cutoffs, open_at), draws=draws)
    _tell_result(result)
    _say(f"{folder / 'map.html'}    用浏览器打开 / open it in a browser")


@_app.command("report")
def report_city(
    city: CityName = "suzhou",
    data: DataDir = None,
    out: OutDir = None,
    profile: Profile = None,
    cutoffs: Cutoffs = None,
    open_at: OpenAt = None,
    draws: Draws = None,
) -> None:
    """生成地图、表格和可编辑的报告 / Everything of map, and a report as docx and pdf, with its figures."""
    _check_city(city, data)
    from circle15.render.report.files import check_report_tools

    with _progress() as begin:
        check_report_tools()
        result, folder = _mapped(begin, out, city, data=data, **_overrides(profile, cutoffs, open_at), draws=draws)
        begin("report")
        result.report(folder)
    _tell_result(result)
    _say(f"{folder / 'report.docx'}    可编辑的报告 / the report, to be edited")
    _say(f"{folder / 'report.pdf'}    同一报告，供打印 / the same, to be printed")


@_app.command("compare")
def compare_runs(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="前一次的输出 / folder of the earlier run")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="后一次的输出 / folder of the later run")],
    out: Annotated[
        Path | None, typer.Option("--out", help="写出 compare.xlsx 的文件夹 / folder for compare.xlsx")
    ] = None,
) -> None:
    """比较两次运行：年份之间、方案之间有何变化 / What changed between two runs: years, or schemes."""
    from circle15 import study
    from circle15.render.tables.comparison import comparison_lines, save_comparison

    found = study.compare_runs(run_a, run_b)
    for line in comparison_lines(found):
        _say(line)
    if out is not None:
        save_comparison(found, out)
        for name in ("compare.xlsx", "compare.csv"):
            _say(str(out / name))


@_app.command("scenario")
def scenario_city(
    city: CityName,
    plans: Annotated[
        list[Path],
        typer.Argument(metavar="PLAN...", help="方案文件，可有几个并列 / scenario files, several side by side"),
    ],
    data: DataDir = None,
    out: OutDir = None,
    draws: Draws = None,
    *,
    place_again: Annotated[
        bool,
        typer.Option("--place-again", help="数据已改变时按位置重新寻找 / look for things again where the data changed"),
    ] = False,
) -> None:
    """计算方案：改变后的地图、表格、报告，以及与现状的比较 / What a scenario changes: outputs and a comparison."""
    _check_city(city, data)
    from circle15 import study
    from circle15.render.report.files import check_report_tools
    from circle15.study.scenarios import replay, save_replays

    with _progress() as begin:
        check_report_tools()
        begin("load")
        loaded = study.load_city(city, data=data)
        folder = out or Path("build") / loaded.key / "scenarios" / (plans[0].stem if len(plans) == 1 else "")
        _check_writable(folder)
        replays, schemes = replay(loaded, plans, place_again=place_again, draws=draws, on_stage=begin)
        homes = save_replays(replays, schemes, folder, on_stage=begin)
    _tell_synthetic(loaded)
    for made, home in zip(replays, homes, strict=True):
        _tell_replay(made)
        _say(f"{home / 'map.html'}    改变后的地图 / the map of the changed city")
        _say(f"{home / 'compare.xlsx'}    与现状的比较 / compared with the city as it is")
    if len(homes) > 1:
        _say(f"{folder / 'schemes.xlsx'}    方案并列 / all schemes side by side")


@_app.command("fetch")
def fetch_city(
    city: CityName = "suzhou",
    data: DataDir = None,
    out: OutDir = None,
    profile: Profile = None,
    cutoffs: Cutoffs = None,
) -> None:
    """下载城市道路到城市包（需要网络）/ Download a city's streets into its pack (needs a network)."""
    _check_city(city, data)
    from circle15.sources.osm import overpass
    from circle15.sources.pack import city_pack

    with _progress() as begin:
        begin("load")
        pack = city_pack.find_pack(city, data)
        area, buffer_m = city_pack.fetch_area(pack, _overrides(profile, cutoffs))
        target = overpass.fetch_streets(area, buffer_m=buffer_m, to=(out or pack.home) / city_pack.FETCHED)
    _say(f"{target}    已下载 / downloaded")


@_app.command("check")
def check_city(
    city: CityName = "suzhou",
    data: DataDir = None,
    out: OutDir = None,
    profile: Profile = None,
    cutoffs: Cutoffs = None,
    open_at: OpenAt = None,
) -> None:
    """检查城市包的数据，不作重计算 / Read and check a city's pack; computes nothing heavy."""
    _check_city(city, data)
    from circle15 import study

    with _progress() as begin:
        begin("load")
        checked = study.check_city(city, data=data, **_overrides(profile, cutoffs, open_at))
    _tell_check(checked, saved=out is not None, options=_data_option(data))
    if checked.city is not None:
        _tell_synthetic(checked.city)
    if out is not None:
        from circle15.render.check.files import save_quality

        for path in save_quality(checked, out):
            _say(str(path))
    if checked.city is None:
        words = "数据还不能用，请先改正上面的错误 / not usable yet; mend the errors above"
        _leave(f"{checked.key}: {words}", ExitCode.INPUT)


@_app.command("new")
def new_city(
    city: NewCity,
    data: DataDir = None,
    title: Annotated[str, typer.Option("--title", help="地图上的城市名 / name on the map")] = "",
    crs: Annotated[str, typer.Option("--crs", help="米制坐标系 / metric reference system")] = "EPSG:4549",
) -> None:
    """新建城市包：带说明的 city.toml 和空表 / Make a new city pack with templates."""
    from circle15.render.new_pack import write_new_pack
    from circle15.sources.pack.names import check_name

    check_name(city)
    folder = write_new_pack((data or Path("data")) / city, title=title, crs=crs)
    for path in sorted(folder.iterdir()):
        _say(str(path))
    _say(f"填好后运行 / when filled in: circle15 check {city} {_data_option(data)}".rstrip())
    _say("怎样准备数据 / how to prepare the data: circle15 guide, circle15 guide --en")


@_app.command("guide")
def print_guide(
    topic: Annotated[
        str,
        typer.Argument(help="data 准备数据 | norms 标准与指标 | deciding 方案 | page 地图文件 / about what"),
    ] = "data",
    *,
    english: Annotated[bool, typer.Option("--en", help="英文 / in English")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="写入文件 / write it into a file")] = None,
) -> None:
    """打印指南：怎样准备数据，有哪些标准 / Print a guide: how to prepare data, which norms there are."""
    from circle15.catalog.guide import guide

    content = guide(topic, "en" if english else "zh")
    if out is None:
        _say(content.rstrip("\n"))
        return
    from circle15.render.atomic import write_text

    _say(str(write_text(out, content)))


@_app.command("cities")
def list_cities(
    data: DataDir = None,
    out: OutDir = None,
    profile: Profile = None,
    cutoffs: Cutoffs = None,
) -> None:
    """列出可用的城市包及其设置 / List the city packs that can be found, with the settings they would run with."""
    from circle15.sources.pack import city_pack

    given = _overrides(profile, cutoffs)
    city_pack.settings_of(None, given)  # a flag that cannot be is refused here, not once per pack
    lines = []
    for name, folder in city_pack.list_cities(data).items():
        try:
            settings = city_pack.settings_of(city_pack.find_pack(name, data).config, given)
        except InputError as error:  # a broken pack must not hide the others
            _say(f"! {_in_both(error)}", err=True)
            lines.append(f"{name}\t{folder}\t?\t?")
            continue
        minutes = ",".join(f"{cutoff:g}" for cutoff in settings.cutoffs_min)
        lines.append(f"{name}\t{folder}\t{settings.profile}\t{minutes}")
    for line in lines:
        _say(line)
    if out is not None:
        from circle15.render.atomic import write_text

        _say(str(write_text(out / "cities.tsv", "\n".join(["city\tfolder\tprofile\tcutoffs_min", *lines]) + "\n")))


def _mapped(begin: Callable[[str], None], out: Path | None, city: str, **options: Any) -> tuple[Any, Path]:
    """Load, analyse and save a city; ``options`` as for :func:`circle15.load_city`. Also says where it was saved."""
    _check_city(city, options.get("data"))
    from circle15 import study

    begin("load")
    loaded = study.load_city(city, **options)
    folder = out or Path("build") / loaded.key
    _check_writable(folder)
    result = study.analyse(loaded, on_stage=begin)
    begin("save")
    result.save(folder)
    return result, folder


def _check_city(city: str, data: Path | None) -> None:
    """Refuse a name that no pack bears before anything is imported that takes time."""
    from circle15.sources.pack.names import pack_key

    pack_key(city, data)


def _overrides(profile: str | None, cutoffs: str | None, open_at: str | None = None) -> dict[str, Any]:
    return {"profile": profile, "cutoffs_min": _cutoffs(cutoffs), "open_at": open_at}


def _cutoffs(given: str | None) -> tuple[float, ...] | None:
    if given is None:
        return None
    try:
        return tuple(float(part) for part in given.replace("，", ",").split(","))
    except ValueError:
        raise refusal("cutoffs_flag", error=SettingError, value=given) from None


def _check_writable(folder: Path) -> None:
    """Fail before the long work, not after it."""
    from circle15.render.atomic import write_text

    probe = folder / ".circle15-probe"
    try:
        write_text(probe, "")
    finally:  # Ctrl-C may come right here
        with suppress(OSError):
            probe.unlink(missing_ok=True)


def _say(line: str, *, err: bool = False, clean: bool = True) -> None:
    try:
        typer.echo(_CONTROL.sub("\ufffd", line) if clean else line, err=err)
    except BrokenPipeError:  # the reader has gone, as head does; the work goes on, the talk does not
        _hush(sys.stderr if err else sys.stdout)


def _hush(stream: IO[str]) -> None:
    """Let a stream that cannot be written run into nothing, so that closing it raises no second error."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)


def _data_option(data: Path | None) -> str:
    """The option as the next command needs it; in quotes where a shell would part it."""
    if data is None:
        return ""
    return f'--data "{data}"' if " " in str(data) else f"--data {data}"


def _tell_check(checked: Check, *, saved: bool, options: str) -> None:
    """The data-quality report on standard output; plain and 100 cells wide in a pipe."""
    from circle15.render.check.terminal import check_lines

    shown = sys.stdout.isatty()
    width = min(shutil.get_terminal_size((100, 24)).columns, 120) if shown else 100
    for line in check_lines(checked, width=width, saved=saved, options=options):
        text = _CONTROL.sub("\ufffd", line.text)
        _say(typer.style(text, **_LOOKS[line.style]) if shown and line.style else text, clean=not shown)


def _tell_findings(findings: Sequence[Finding]) -> None:
    for found in findings:
        if found.severity != "note":
            row = f" 第{found.row}行" if found.row is not None else ""
            place = f"{found.file}{row}：" if found.file else ""
            remedy = f"。办法：{found.remedy_zh}" if found.remedy_zh else ""
            _say(f"! {place}{found.message_zh}{remedy}\n  {found}", err=True)


def _tell_result(result: Analysis) -> None:
    """Warnings, what is synthetic, the worst community in one sentence, and what would help most."""
    from circle15.catalog import text
    from circle15.catalog.phrases import community_sentences, headline
    from circle15.render.published.actions import public_actions

    _tell_findings(result.findings)
    _tell_synthetic(result.city)
    if len(result.gaps.by_community):
        for language in ("zh", "en"):
            _say(
                text(
                    "worst_community",
                    language,
                    sentence=community_sentences(result.gaps, language, pack_services=result.city.pack_services).iloc[
                        0
                    ],
                )
            )
    told, city = public_actions(result), result.city
    for language in ("zh", "en"):
        for line in headline(told, city.communities, language, pack_services=city.pack_services):
            _say(line)


def _tell_replay(made: Replay) -> None:
    """What a scenario changes, what was found again elsewhere, what its author saw otherwise, and what it brings."""
    from circle15.render.tables.comparison import comparison_lines
    from circle15.render.tables.scenario import scenario_lines

    for line in scenario_lines(made.result.city, made.moves, made.seen_otherwise):
        _say(line)
    for line in comparison_lines(made.comparison):
        _say(line)


def _tell_synthetic(city: City) -> None:
    layers = [origin for origin in city.origins if origin.synthetic]
    if layers:
        _say("※ 含合成的示例数据：" + "、".join(origin.label_zh for origin in layers), err=True)
        _say("  Synthetic layers: " + "; ".join(origin.label_en for origin in layers), err=True)


class _Interrupt:
    """Ctrl-C, remembered: Python drops what is raised inside a callback, and the work would go on to its end."""

    def __init__(self) -> None:
        self.pressed = False

    def __call__(self, *_: object) -> None:
        self.pressed = True
        raise KeyboardInterrupt

    @staticmethod
    def check() -> None:
        """Interrupt now, if Ctrl-C was pressed and got lost."""
        handler = signal.getsignal(signal.SIGINT)
        if isinstance(handler, _Interrupt) and handler.pressed:
            raise KeyboardInterrupt


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Progress on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _stage: _Interrupt.check()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(_STAGES))
        names = list(_STAGES)

        def begin(stage: str) -> None:
            _Interrupt.check()
            bar.update(task, description=_STAGES[stage], completed=names.index(stage))

        yield begin


def _in_both(error: Circle15Error) -> str:
    """What an error says: Chinese first, English below it."""
    return f"{error.zh}\n  {error}" if error.zh else str(error)


def _code(error: Circle15Error) -> ExitCode:
    if isinstance(error, OutputError):
        return ExitCode.OUTPUT
    return ExitCode.FETCH if isinstance(error, FetchError) else ExitCode.INPUT


def _forgive_consoles() -> None:
    """Print "?" for what a console's encoding lacks, instead of failing on the first Chinese word."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def main() -> None:
    """Run the command line and leave with an exit code of :class:`ExitCode`."""
    import warnings

    # Findings are printed in full by the commands; Python's one-line warning would say it twice.
    warnings.simplefilter("ignore", DataQualityWarning)
    _forgive_consoles()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # unless whoever calls us has one of his own
        signal.signal(signal.SIGINT, _Interrupt())
    try:
        code = _app(standalone_mode=False)
    except Circle15Error as error:
        _leave(_in_both(error), _code(error))
    except (KeyboardInterrupt, typer.Abort):
        code = ExitCode.INTERRUPTED
    except OSError as error:
        _leave_on_system_error(error)
    except Exception as error:
        show = getattr(error, "show", None)  # click's own usage errors know how to print themselves
        if show is None:
            raise
        if sys.argv[1:]:  # without any word the help is shown, which is bilingual
            _say("circle15: 命令写法不对，请按下面的提示改正；用法见 circle15 -h", err=True)
        show()
        sys.exit(getattr(error, "exit_code", ExitCode.USAGE))
    if code == ExitCode.INTERRUPTED:  # typer turns Ctrl-C into this return value, or into Abort, by its version
        _leave("已中断，没有留下写了一半的文件 / interrupted; no half-written file is left", ExitCode.INTERRUPTED)
    sys.exit(code or ExitCode.OK)


def _leave(message: str, code: ExitCode) -> NoReturn:
    _say(f"circle15: {message}", err=True)
    sys.exit(code)


def _leave_on_system_error(error: OSError) -> NoReturn:
    """What the system refused outside of our own readers and writers: no room, no permission."""
    code = ExitCode.OUTPUT if error.errno in _NO_ROOM else ExitCode.INPUT
    if code == ExitCode.OUTPUT and not error.filename:
        _hush(sys.stdout)
    named = (f"{error.filename}：", f"{error.filename}: ") if error.filename else ""
    refused = refusal(
        "system_room" if code == ExitCode.OUTPUT else "system_closed",
        error=OutputError if code == ExitCode.OUTPUT else InputError,
        file=named,
        why=error.strerror or error,
    )
    _leave(_in_both(refused), code)
