"""Does the Vendi score give the numbers of the vendi-score package, and at what share of its time?

Run `python benchmarks/vendi.py`, with `--small` for seconds instead of a minute. Times are CPU seconds in one process;
the package's `score_X` works with all n x n similarities and always takes order 1, `score_dual` with d x d products.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

import numpy as np
from measuring import claim, cpu_seconds, floor, peer, table

from auditkit.blocks import single_threaded
from auditkit.metrics import vendi_score

SHAPES = ((5_000, 64), (5_000, 512), (2_000, 2048))
SMALL = ((1_000, 64), (500, 1024))
ORDERS = (0.5, 1, 2, math.inf)
# Times of milliseconds differ by so much from run to run.
SLACK = 1.5
MOST_DIFFERENCE = 1e-6


def timed(n: int, d: int) -> list[bool]:
    """Times and values at one shape."""
    features = np.random.default_rng(0).standard_normal((n, d)) * 0.97 ** np.arange(d)
    package = peer("vendi_score.vendi")
    tasks: dict[str, Callable[[], object]] = {
        "vendi_score, q = 1": lambda: vendi_score(features=features),
        "vendi_score, q = 2": lambda: vendi_score(features=features, q=2),
    }
    if package:
        tasks["vendi-score, score_dual"] = lambda: package.score_dual(features)
        tasks["vendi-score, score_X"] = lambda: package.score_X(features)
    seconds = {name: cpu_seconds(task, 1 if name.endswith("score_X") else 3) for name, task in tasks.items()}
    print(f"\n{n:,} rows, {d} features; the float32 product n x n x d takes {floor(n, d):.3g} s")
    table([[name, spent, spent / floor(n, d)] for name, spent in seconds.items()], ["", "CPU s", "x product"])
    if not package:
        return []
    fastest = min(seconds[name] for name in tasks if name.startswith("vendi-score"))
    return [claim("q = 1 over the faster of the package's two ways", seconds["vendi_score, q = 1"] / fastest, SLACK)]


def same_numbers(n: int, d: int) -> list[bool]:
    """Whether both agree, order by order, in the form that the package does right."""
    package = peer("vendi_score.vendi")
    if not package:
        return []
    features = np.random.default_rng(1).standard_normal((n, d)) * 0.9 ** np.arange(d)
    rows = []
    for q in ORDERS:
        theirs = package.score_dual(features, q="inf" if math.isinf(q) else q)
        rows.append([f"q = {q:g}", vendi_score(features=features, q=q), theirs, package.score_X(features, q=q)])
    print(f"\n{n:,} rows, {d} features")
    table([[name, *(f"{value:.9f}" for value in values)] for name, *values in rows], ["", "ours", "dual", "score_X"])
    away = max(abs(ours / theirs - 1) for _, ours, theirs, _ in rows)
    return [claim("largest difference to score_dual, relative", away, MOST_DIFFERENCE)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="smaller sets; the times prove little then")
    small = parser.parse_args().small
    met = []
    with single_threaded():
        for n, d in SMALL if small else SHAPES:
            of_times = timed(n, d)
            met += [] if small else of_times
        met += same_numbers(400, 30)
    raise SystemExit(not all(met))


if __name__ == "__main__":
    main()
