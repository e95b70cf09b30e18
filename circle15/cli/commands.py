"""The commands and their options. Imports that take time happen inside of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from circle15._version import __version__
from circle15.cli.console import (
    in_both,
    say,
    tell_check,
    tell_findings,
    tell_plan,
    tell_replay,
    tell_result,
    tell_synthetic,
)
from circle15.cli.leaving import ExitCode, leave
from circle15.cli.progress import progress
from circle15.errors import InputError, SettingError
from circle15.refusals import refusal

__all__ = ["app"]


app = typer.Typer(
    name="circle15",
    help="十五分钟生活圈：谁走不到哪项服务。\n\nFifteen-minute life circles: who cannot walk to which service.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
"""All commands."""

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


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # typer hands a flag's value over so
    if wanted:
        say(f"circle15 {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[  # its callback has answered by then
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="显示版本 / show the version")
    ] = False,
) -> None:
    """What can be asked of the program itself."""


@app.command("map")
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
    with progress() as begin:
        result, folder = _mapped(begin, out, city, data=data, **_overrides(profile, cutoffs, open_at), draws=draws)
    tell_result(result)
    say(f"{folder / 'map.html'}    用浏览器打开 / open it in a browser")


@app.command("report")
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

    with progress() as begin:
        check_report_tools()
        result, folder = _mapped(begin, out, city, data=data, **_overrides(profile, cutoffs, open_at), draws=draws)
        begin("report")
        result.report(folder)
    tell_result(result)
    say(f"{folder / 'report.docx'}    可编辑的报告 / the report, to be edited")
    say(f"{folder / 'report.pdf'}    同一报告，供打印 / the same, to be printed")


@app.command("compare")
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

    comparison = study.compare_runs(run_a, run_b)
    for line in comparison_lines(comparison):
        say(line)
    if out is not None:
        save_comparison(comparison, out)
        for name in ("compare.xlsx", "compare.csv", "compare-verdicts.csv"):
            say(str(out / name))


@app.command("scenario")
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

    with progress() as begin:
        check_report_tools()
        begin("load")
        loaded = study.load_city(city, data=data)
        folder = out or Path("build") / loaded.key / "scenarios" / (plans[0].stem if len(plans) == 1 else "")
        _check_writable(folder)
        replays, schemes = replay(loaded, plans, place_again=place_again, draws=draws, on_stage=begin)
        homes = save_replays(replays, schemes, folder, on_stage=begin)
    tell_synthetic(loaded)
    for made, home in zip(replays, homes, strict=True):
        tell_replay(made)
        say(f"{home / 'map.html'}    一张地图看现状、方案和变化 / today, the scheme and what changes on one map")
        say(f"{home / 'compare.xlsx'}    与现状的比较 / compared with the city as it is")
    if len(homes) > 1:
        say(f"{folder / 'schemes.xlsx'}    方案并列 / all schemes side by side")


@app.command("site")
def site_city(
    city: CityName,
    service: Annotated[str, typer.Option("--service", help="服务，如 meal_point / a service, such as meal_point")],
    new: Annotated[int | None, typer.Option("--new", help="最多再设几处 / how many facilities more at most")] = None,
    budget: Annotated[
        int | None, typer.Option("--budget", help="总费用上限，按 [costs] 计 / what they may cost, by [costs]")
    ] = None,
    objective: Annotated[
        str,
        typer.Option("--objective", help="most_people 让最多人走到 / everybody 以最少的处数让所有人走到"),
    ] = "most_people",
    share: Annotated[
        float, typer.Option("--share", help="everybody 只要求这么大比例的人 / of all people, for everybody: 0.95")
    ] = 1.0,
    places: Annotated[
        str, typer.Option("--places", help="house 现有设施, crossing 路口, list 自备清单 / where a service may go")
    ] = "",
    candidates: Annotated[
        Path | None,
        typer.Option("--candidates", help="自备候选地点的表或图层 / table or layer of places of your own"),
    ] = None,
    locked: Annotated[
        list[str] | None, typer.Option("--lock", help="必选的候选编号 / id of a candidate to have")
    ] = None,
    excluded: Annotated[
        list[str] | None, typer.Option("--exclude", help="不选的候选编号 / id of a candidate not to have")
    ] = None,
    closed: Annotated[
        list[str] | None, typer.Option("--close", help="先关闭的设施编号 / id of a facility that closes before")
    ] = None,
    closing: Annotated[
        int, typer.Option("--closing", help="由方案选几处停办 / so many stop offering it, at the plan's choice")
    ] = 0,
    per_subdistrict: Annotated[
        int | None, typer.Option("--per-subdistrict", help="每个街道最多几处 / at most so many in a subdistrict")
    ] = None,
    frontier: Annotated[
        int, typer.Option("--frontier", help="再列出1至几处各能让多少人走到 / also what 1, 2, ... so many would serve")
    ] = 0,
    *,
    by_cost: Annotated[
        bool, typer.Option("--by-cost", help="everybody 改求费用最低 / for everybody: at the least cost")
    ] = False,
    data: DataDir = None,
    out: OutDir = None,
    profile: Profile = None,
    cutoffs: Cutoffs = None,
) -> None:
    """选址：某项服务再设几处最好设在哪里，并证明 / Where a service should go, with proof."""
    _check_city(city, data)
    from circle15 import study
    from circle15.model.plans import SitingRules
    from circle15.planning.siting.question import check_service
    from circle15.study.siting import read_places, save_plan

    with progress() as begin:
        begin("load")
        loaded = study.load_city(city, data=data, **_overrides(profile, cutoffs))
        check_service(service, loaded.facilities)  # before it names a folder
        listed, findings = (None, ()) if candidates is None else read_places(candidates, loaded, service)
        tell_findings(findings)
        rules = SitingRules(
            places=tuple(part.strip() for part in places.replace("，", ",").split(",") if part.strip()),
            listed=listed,
            locked=tuple(locked or ()),
            excluded=tuple(excluded or ()),
            closed=tuple(closed or ()),
            closing=closing,
            per_subdistrict=per_subdistrict,
            by_cost=by_cost,
        )
        folder = out or Path("build") / loaded.key / "plans" / service
        _check_writable(folder)
        begin("siting")
        plan = study.site(loaded, service, new=new, budget=budget, objective=objective, share=share, rules=rules)
        sizes = study.frontier(loaded, service, most=frontier, rules=rules) if frontier else None
        save_plan(plan, loaded, folder, frontier=sizes)
    tell_synthetic(loaded)
    tell_plan(plan, loaded, sizes)
    say(f"{folder / 'plan.json'}    方案文件 / the scenario")
    say(f'circle15 scenario {loaded.key} "{folder / "plan.json"}"    画出现状与方案 / draws today and the plan')


@app.command("fetch")
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

    with progress() as begin:
        begin("load")
        pack = city_pack.find_pack(city, data)
        area, buffer_m = city_pack.fetch_area(pack, _overrides(profile, cutoffs))
        target = overpass.fetch_streets(area, buffer_m=buffer_m, to=(out or pack.home) / city_pack.FETCHED)
    say(f"{target}    已下载 / downloaded")


@app.command("check")
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

    with progress() as begin:
        begin("load")
        checked = study.check_city(city, data=data, **_overrides(profile, cutoffs, open_at))
    tell_check(checked, saved=out is not None, options=_data_option(data))
    if checked.city is not None:
        tell_synthetic(checked.city)
    if out is not None:
        from circle15.render.check.files import save_quality

        for path in save_quality(checked, out):
            say(str(path))
    if checked.city is None:
        words = "数据还不能用，请先改正上面的错误 / not usable yet; mend the errors above"
        leave(f"{checked.key}: {words}", ExitCode.INPUT)


@app.command("new")
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
        say(str(path))
    say(f"填好后运行 / when filled in: circle15 check {city} {_data_option(data)}".rstrip())
    say("怎样准备数据 / how to prepare the data: circle15 guide, circle15 guide --en")


@app.command("guide")
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
        say(content.rstrip("\n"))
        return
    from circle15.render.atomic import write_text

    say(str(write_text(out, content)))


@app.command("cities")
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
            say(f"! {in_both(error)}", err=True)
            lines.append(f"{name}\t{folder}\t?\t?")
            continue
        minutes = ",".join(f"{cutoff:g}" for cutoff in settings.cutoffs_min)
        lines.append(f"{name}\t{folder}\t{settings.profile}\t{minutes}")
    for line in lines:
        say(line)
    if out is not None:
        from circle15.render.atomic import write_text

        say(str(write_text(out / "cities.tsv", "\n".join(["city\tfolder\tprofile\tcutoffs_min", *lines]) + "\n")))


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


def _data_option(data: Path | None) -> str:
    """The option as the next command needs it; in quotes where a shell would part it."""
    if data is None:
        return ""
    return f'--data "{data}"' if " " in str(data) else f"--data {data}"
