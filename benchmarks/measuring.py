"""What every benchmark measures with: CPU seconds, a floor in the same process, memory, and the peers.

Machines are noisy, so a claim is a ratio of CPU seconds within one process: to the *floor*, one float32 product of
n x n x d in one thread, or to a peer on the same arrays. `make bench` installs the peers of `peers.txt` into
`build/peers`, without their dependencies, and nothing but a benchmark ever sees them.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from auditkit.blocks import single_threaded

PEERS = Path(__file__).parent.parent / "build" / "peers"
ROWS_PER_STRIP = 512
SECONDS_BETWEEN_LOOKS = 0.005
PAGE = 4096


def cpu_seconds(task: Callable[[], object], repeats: int = 3) -> float:
    """Least CPU time of a few runs, all threads of this process together; the first warms the caches."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times)


def product(left: np.ndarray, right: np.ndarray) -> None:
    """One float32 product of all rows with all rows, in strips that are thrown away."""
    out = np.empty((ROWS_PER_STRIP, len(right)), dtype=np.float32)
    for start in range(0, len(left), ROWS_PER_STRIP):
        strip = left[start : start + ROWS_PER_STRIP]
        np.matmul(strip, right.T, out=out[: len(strip)])


@cache
def floor(n: int, d: int, repeats: int = 3) -> float:
    """CPU seconds of one float32 product of shape n x n x d in one thread."""
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((n, d), dtype=np.float32) for _ in range(2))
    with single_threaded():
        return cpu_seconds(lambda: product(left, right), repeats)


def ratio(task: Callable[[], object], n: int, d: int, repeats: int = 3) -> float:
    """CPU seconds of a task over the floor."""
    return cpu_seconds(task, repeats) / floor(n, d)


def peak_memory(task: Callable[[], object]) -> float:
    """Rise of the process's resident memory while a task runs, in MB of 10^6 bytes."""
    before = highest = resident()
    stop = threading.Event()

    def watch() -> None:
        nonlocal highest
        while not stop.wait(SECONDS_BETWEEN_LOOKS):
            highest = max(highest, resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        task()
        highest = max(highest, resident())
    finally:
        stop.set()
        watcher.join()
    return (highest - before) / 1e6


def resident() -> int:
    """Resident memory of this process in bytes; 0 where the system does not tell."""
    with contextlib.suppress(OSError):
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE
    return 0


@cache
def peer(name: str) -> types.ModuleType | None:
    """A peer's module, as `"torch_fidelity.metric_prc"`, or None with a line that says how to get it."""
    # torchmetrics looks for torch_fidelity and fails on a half of it, so it is loaded before the path is there.
    with contextlib.suppress(ImportError):
        importlib.import_module("torchmetrics.image")
    with _silent(), _without_images():
        if str(PEERS) not in sys.path:
            sys.path.append(str(PEERS))
        try:
            return importlib.import_module(name)
        except ImportError as error:
            reason = str(error)
    print(f"({name} is not compared with: {reason}; `make bench` installs the peers)", flush=True)
    return None


@contextlib.contextmanager
def _without_images() -> Iterator[None]:
    """Let torch_fidelity be imported where torchvision is not: what it computes from features never touches it."""
    names = ("torchvision", "torchvision.datasets", "torchvision.transforms", "torchvision.transforms.functional")
    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        placeholder = types.ModuleType(name)
        for attribute in ("CIFAR10", "CIFAR100", "STL10"):
            setattr(placeholder, attribute, type(attribute, (), {}))
        sys.modules[name] = placeholder
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def table(rows: Sequence[Sequence[object]], head: Sequence[str]) -> None:
    """Print rows under a head, numbers to the right."""
    cells = [[_said(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(head), *cells]) for column in range(len(head))]
    for line in [list(head), *cells]:
        first = line[0].ljust(widths[0])
        rest = "  ".join(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))
        print(f"{first}  {rest}", flush=True)


def claim(name: str, value: float, limit: float) -> bool:
    """Print one claim with its figure and whether it is met: the value must not exceed the limit."""
    met = value <= limit
    print(f"{'MET' if met else 'NOT MET':<8} {name}: {_said(value)} (limit {_said(limit)})", flush=True)
    return met


def said(claim: str, found: str, *, met: bool) -> bool:
    """Print whether a claim is met, with what was found; whether it is."""
    print(f"{'MET' if met else 'NOT MET':<8} {claim}: {found}", flush=True)
    return met


def timed(task: Callable[[], Any], repeats: int = 3) -> tuple[Any, float, float]:
    """What it gives, least wall seconds, least CPU seconds; the first of the runs only loads."""
    wall, processor, found = [], [], None
    for _ in range(repeats + 1):
        start = time.perf_counter(), time.process_time()
        found = task()
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    return found, min(wall[1:]), min(processor[1:])


def _said(cell: object) -> str:
    if cell is None:
        return "-"
    return f"{cell:.3g}" if isinstance(cell, float) else str(cell)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
