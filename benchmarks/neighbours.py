"""Time of the neighbour passes as a ratio to one plain float32 product of the same shape, in the same process.

Run `python benchmarks/neighbours.py`, or with `--small` for a minute's worth less. The product is computed in strips
on the same threads and thrown away, so a ratio of 1 would mean that finding neighbours costs nothing; the pass of a
set with itself needs half the products and may go below.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from auditkit.blocks import run_blocks, split_blocks, thread_count
from auditkit.metrics.crossing import crossing
from auditkit.metrics.neighbours import COLUMNS, STRIP, TileBuffer, merge_rows, neighbours

SHAPES = ((5_000, 16), (5_000, 64), (5_000, 128), (3_000, 2048), (10_000, 64), (24_000, 16), (24_000, 100))
K = 5


def seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Least wall time of a few runs: what the machine can do when others leave it alone."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def product(left: np.ndarray, right: np.ndarray) -> None:
    def strip(block: slice) -> None:
        buffer = TileBuffer()
        for start in range(0, len(right), COLUMNS):
            buffer.products(left[block], right[start : start + COLUMNS])

    run_blocks(strip, split_blocks(len(left), STRIP))


def measure(n: int, d: int) -> str:
    rng = np.random.default_rng(0)
    left, right = (rng.standard_normal((n, d), dtype=np.float32) for _ in range(2))
    real, synthetic = merge_rows(left), merge_rows(right)
    near = neighbours(real, k=K), neighbours(synthetic, k=K)

    def cross() -> object:
        return crossing(real, synthetic, real_neighbours=near[0], synthetic_neighbours=near[1], k=K)

    floor = seconds(lambda: product(left, right))
    own, met = seconds(lambda: neighbours(real, k=K)), seconds(cross)
    speed = 2e-9 * n * n * d / floor
    return f"{n:>7,} {d:>5} {floor:>9.3f} {speed:>6.0f} {own:>9.3f} {own / floor:>6.2f} {met:>9.3f} {met / floor:>6.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="leave out the shapes beyond 10,000 rows")
    small = parser.parse_args().small
    warm = merge_rows(np.random.default_rng(0).random((20, 2), dtype=np.float32))
    start = time.perf_counter()
    near = neighbours(warm, k=K)
    crossing(warm, warm, real_neighbours=near, synthetic_neighbours=near, k=K)
    print(f"{thread_count()} threads, k={K}; first call {time.perf_counter() - start:.2f} s")
    print("   rows     d product s   GF/s    self s  ratio  cross s  ratio")
    for n, d in SHAPES:
        if not (small and n > 10_000):
            print(measure(n, d), flush=True)


if __name__ == "__main__":
    main()
