"""Times of small audits with their checks, the best of two runs; sizes are small enough for a laptop."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import auditkit as ak


def best(task: Callable[[], object], repeats: int) -> float:
    """Shortest time in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def people(n: int, seed: int) -> pd.DataFrame:
    """Mixed table: numbers that depend on categories, a group and a label."""
    rng = np.random.default_rng(seed)
    sex, job = rng.choice(["f", "m"], n, p=[0.4, 0.6]), rng.choice(list("abcdefgh"), n)
    age = rng.integers(18, 80, n)
    pay = np.exp(7 + 0.01 * age + 0.2 * (sex == "m") + 0.3 * rng.standard_normal(n))
    rich = np.where(pay * rng.uniform(0.7, 1.3, n) > np.quantile(pay, 0.7), "yes", "no")
    return pd.DataFrame({"age": age, "pay": pay.round(2), "sex": sex, "job": job, "rich": rich})


def loop(n: int) -> None:
    """Audit and check one honest synthetic set of n rows."""
    real = ak.load(people(2 * n, 0), label="rich", groups=["sex"])
    synthetic = ak.load(people(n, 1), label="rich", groups=["sex"])
    train, holdout = real.split(holdout=0.5, test=0.0, seed=0)
    ak.audit(real=train, synthetic=synthetic, holdout=holdout, seed=0).check()


def wide(columns: int, n: int = 400) -> None:
    """Audit n rows of normal columns that five factors join, a third of them cut into four levels."""
    mixing = np.random.default_rng(0).normal(size=(5, columns))

    def rows(seed: int) -> ak.Dataset:
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(n, 5)) @ mixing + rng.normal(size=(n, columns))
        frame = pd.DataFrame(values, columns=[f"c{place}" for place in range(columns)])
        for name in frame.columns[::3]:
            frame[name] = pd.cut(frame[name], [-np.inf, -2, 0, 2, np.inf], labels=list("abcd")).astype(str)
        return ak.load(frame)

    ak.audit(real=rows(1), synthetic=rows(2), holdout=rows(3), seed=0)


def main() -> None:
    """Print a row per benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 4000], help="rows per set of the audits")
    parser.add_argument("--columns", type=int, nargs="*", default=[20, 80, 150], help="columns of audits of 400 rows")
    options = parser.parse_args()
    loop(200)  # compiled kernels are not part of the time
    for n in options.sizes:
        seconds = best(lambda n=n: loop(n), 2)
        print(f"audit and check {n:<8}{seconds:8.3f} s   {1e3 * seconds / n:.2f} ms per row")
    for columns in options.columns:
        start = time.process_time()
        wide(columns)
        print(f"audit of {columns} columns{time.process_time() - start:8.1f} s of CPU")


if __name__ == "__main__":
    main()
