"""Work in threads, block by block; results in block order whatever the number of threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["in_blocks", "in_workers"]

_T = TypeVar("_T")

_LEAST_BLOCK, _MOST_BLOCK = 16, 256


def in_blocks(task: Callable[[int, int], _T], count: int, *, threads: int | None = None) -> list[_T]:
    """Run ``task(first, last)`` over blocks of ``range(count)`` in threads; results in block order."""
    return in_workers(lambda: task, count, threads=threads)


def in_workers(begin: Callable[[], Callable[[int, int], _T]], count: int, *, threads: int | None = None) -> list[_T]:
    """As :func:`in_blocks`, but each thread gets a task of its own from ``begin()``.

    Such a task may hold arrays that it uses again from block to block. A job of one block starts no thread.
    """
    workers = threads or min(os.cpu_count() or 1, 16)
    size = min(max(-(-count // (workers * 8)), _LEAST_BLOCK), _MOST_BLOCK)
    waiting = deque((first, min(first + size, count)) for first in range(0, count, size))
    done: dict[int, _T] = {}

    def work() -> None:
        task = begin()
        while True:
            try:
                first, last = waiting.popleft()
            except IndexError:
                return
            done[first] = task(first, last)

    workers = min(workers, len(waiting))
    if workers <= 1:
        work()
    else:
        with ThreadPoolExecutor(workers) as pool:
            running = [pool.submit(work) for _ in range(workers)]
            try:
                for worker in running:
                    worker.result()
            finally:
                waiting.clear()  # after a fault or Ctrl-C nobody takes up another block
    return [done[first] for first in sorted(done)]
