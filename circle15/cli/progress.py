"""Progress on a terminal, and Ctrl-C between two stages."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["STAGES", "Interrupt", "progress"]


STAGES = {
    "load": "读取数据 / reading",
    "demand": "居民点 / demand points",
    "snap": "接入路网 / placing on streets",
    "reach": "步行时间 / walking times",
    "nearest": "最近设施 / nearest facilities",
    "isochrones": "等时圈 / isochrones",
    "coverage": "覆盖 / coverage",
    "gaps": "缺口 / gaps",
    "routes": "路线 / routes",
    "capacity": "容量 / capacity",
    "ledger": "条文 / clauses",
    "attribution": "缺设施还是缺通道 / what is missing",
    "actions": "最见效的改变 / what would help most",
    "robustness": "稳健性 / robustness",
    "equity": "公平与类型 / equity and types",
    "siting": "选址 / siting",
    "save": "写出 / writing",
    "report": "排版报告 / setting the report",
}


class Interrupt:
    """Ctrl-C, remembered: Python drops what is raised inside a callback, and the work would go on to its end."""

    def __init__(self) -> None:
        self.pressed = False

    def __call__(self, *_: object) -> None:
        """Remember Ctrl-C, and raise it."""
        self.pressed = True
        raise KeyboardInterrupt

    @staticmethod
    def check() -> None:
        """Interrupt now, if Ctrl-C was pressed and got lost."""
        handler = signal.getsignal(signal.SIGINT)
        if isinstance(handler, Interrupt) and handler.pressed:
            raise KeyboardInterrupt


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Progress on a terminal, silence in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _stage: Interrupt.check()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(STAGES))
        names = list(STAGES)

        def begin(stage: str) -> None:
            Interrupt.check()
            bar.update(task, description=STAGES[stage], completed=names.index(stage))

        yield begin
