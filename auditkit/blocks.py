"""Fixed blocks, a memory budget and our own threads: the seam where another engine could join.

Numpy's GEMM, eigenvalue and regression routines give other last digits with other thread counts. So each task runs
with BLAS and OpenMP at one thread, the threads are ours, and results come back in block order: same bytes for one
and for two threads.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["Progress", "run_blocks", "single_threaded", "split_blocks", "thread_count"]

Progress = Callable[[int, int, str], None]
"""Called with steps done, steps in all, and what is being done."""

_RACE = "`sklearn.utils.parallel.delayed` should be used with"
_state = threading.local()


def thread_count() -> int:
    """Threads to use: the variable AUDITKIT_THREADS, else the cores that this process may run on."""
    asked = os.environ.get("AUDITKIT_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def split_blocks(n: int, size: int) -> list[slice]:
    """Slices that cover `range(n)` in steps of `size`; the last may be shorter."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


@contextlib.contextmanager
def single_threaded() -> Iterator[None]:
    """Hold BLAS and OpenMP at one thread while the block runs; nested use costs nothing."""
    if getattr(_state, "held", False):
        yield
        return
    import scipy.linalg  # noqa: F401, PLC0415 - its BLAS must be loaded before it can be limited

    # A limit of threadpoolctl asks each library for its version too, which audits of few rows would notice.
    known = [(item, item.get_num_threads()) for item in _controller(len(sys.modules)).lib_controllers]
    found = [(item, number) for item, number in known if number not in {None, 1}]
    for item, _ in found:
        item.set_num_threads(1)
    _state.held = True
    try:
        yield
    finally:
        _state.held = False
        for item, number in found:
            item.set_num_threads(number)


def run_blocks(task: Callable[[T], R], blocks: Iterable[T], *, threads: int | None = None) -> list[R]:
    """Run a task over blocks on our own threads, each with BLAS at one thread.

    Parameters
    ----------
    task : callable
        Pure function of one block that releases the GIL in its heavy part. A task that calls `run_blocks` itself
        runs the inner blocks one after the other.
    blocks : iterable
        What the task is called with, in order.
    threads : int, optional
        Threads to use, `thread_count()` by default. The result does not depend on it.

    Returns
    -------
    list
        Results in the order of the blocks.
    """
    items = list(blocks)
    n_threads = min(threads or thread_count(), len(items))
    with single_threaded():
        if n_threads <= 1 or getattr(_state, "worker", False):
            return [task(item) for item in items]
        with _filters_kept(), ThreadPoolExecutor(n_threads, initializer=_enter_worker) as pool:
            return list(pool.map(task, items))


@contextlib.contextmanager
def _filters_kept() -> Iterator[None]:
    """Keep the process's filters of warnings whole while tasks run side by side, and tell their warnings afterwards.

    scikit-learn sets and resets the filters within fits and checks; two tasks at once may meet there, lose them for
    good, and complain.
    """
    with warnings.catch_warnings(record=True) as found:
        yield
    for item in found:
        if _RACE not in str(item.message):
            warnings.warn_explicit(item.message, item.category, item.filename, item.lineno)


def _enter_worker() -> None:
    # OpenMP keeps its limit per thread, so each worker sets its own; BLAS is limited by the caller.
    _controller(len(sys.modules)).limit(limits=1, user_api="openmp")
    _state.worker = True
    _state.held = True


@lru_cache(maxsize=1)
def _controller(_n_modules: int) -> ThreadpoolController:
    """Controller of the libraries loaded so far; searching for them takes milliseconds, so only after an import."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415

    return ThreadpoolController()
