"""Accuracy and coherence of tables: the numbers of mostlyai-qa and how much sooner, and what a million rows cost.

Both sides read the same tables; encoding from the pandas frames is part of our time. The peer starts processes of its
own, so that ratios are of times by the clock; what large tables cost us is told in CPU seconds, all threads together.

    python -m venv build/peers-mostly
    build/peers-mostly/bin/python -m pip install torch==2.13.0 mostlyai-qa==1.10.11
    python benchmarks/tables_accuracy.py

Without that environment, or another one by `--peer`, the times are held against those measured with it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import peak_memory, said

from auditkit.blocks import thread_count
from auditkit.metrics import accuracy_report, sequence_report
from auditkit.metrics.tables.mostly_coherence import mostly_coherence
from auditkit.metrics.tables.unit_sides import unit_sides

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "pairs_adult"
PEER = ROOT / "build" / "peers-mostly" / "bin" / "python"
MEASURED = {"accuracy": 8.2, "coherence": 0.66}
LEAST_RATIO = {"accuracy": 20.0, "coherence": 5.0}
MOST_DIFFERENCE = 1e-9
MOST_SECONDS = {"32,000 rows, ceiling and floor": 5.0, "1,000,000 rows, ceiling and floor": 20.0}
MOST_GIGABYTES = 4.0
REPEATS = 3
ROWS, MILLION = 32_000, 1_000_000
Figures = dict[str, dict[str, list[float]]]


def best(task: Callable[[], Any]) -> float:
    """Least seconds of a few runs; the first one also loads what is compiled."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def adult(data: Path, name: str, n: int, seed: int) -> pd.DataFrame:
    table = pd.read_csv(data / f"{name}.csv.gz")
    return table.sample(n, replace=n > len(table), random_state=seed).reset_index(drop=True)


def visits(n_units: int, seed: int) -> pd.DataFrame:
    """Units of two rows and levels of unequal shares, so that the peer draws nothing: the digits can be compared."""
    rng = np.random.default_rng(seed)
    states, shares = np.array([f"s{i:02d}" for i in range(20)]), np.arange(20.0, 0.0, -1.0) ** 2
    drawn = rng.choice(states, (2, 2 * n_units), p=shares / shares.sum())
    home, away = np.repeat(drawn[0, :n_units], 2), drawn[1]
    frame = pd.DataFrame({"who": np.repeat(np.arange(n_units), 2)})
    frame["state"] = np.where(rng.random(2 * n_units) < 0.2, away, home)
    frame["x"] = rng.normal(size=2 * n_units).round(3)
    frame["k"] = rng.integers(0, 30, 2 * n_units)
    return frame


def peers(peer: Path, real: pd.DataFrame, synthetic: pd.DataFrame, *key: str) -> dict[str, Any] | None:
    if not peer.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{role}.csv" for role in ("real", "synthetic")]
        for table, path in zip((real, synthetic), paths, strict=True):
            table.to_csv(path, index=False)
        command = [str(peer), str(ROOT / "benchmarks" / "peer_mostly.py"), *paths, *key]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    return dict(json.loads(done.stdout))


def our_accuracy(real: pd.DataFrame, synthetic: pd.DataFrame) -> Figures:
    report = accuracy_report(real=real, synthetic=synthetic, compatible="mostlyai")
    return {
        name: {
            "|".join(columns): [value, expected]
            for columns, value, expected in zip(part.columns, part.value, part.expected_maximum, strict=True)
        }
        for name, part in report.parts.items()
    }


def our_coherence(real: pd.DataFrame, synthetic: pd.DataFrame) -> Figures:
    sets = unit_sides({"real": real, "synthetic": synthetic}, key="who", order=None)
    found: Figures = {}
    for (measure, column), figures in mostly_coherence(
        sets["real"], sets["synthetic"], rng=np.random.default_rng(0)
    ).items():
        found.setdefault(measure, {})[column] = list(figures)
    return found


def difference(mine: Figures, theirs: Figures) -> float:
    """Largest difference; infinite where the columns are not the same."""
    if {name: set(part) for name, part in mine.items()} != {name: set(part) for name, part in theirs.items()}:
        return float("inf")
    return max(
        abs(a - b)
        for name, part in mine.items()
        for key in part
        for a, b in zip(part[key], theirs[name][key], strict=True)
    )


def race(name: str, real: pd.DataFrame, synthetic: pd.DataFrame, peer: Path, *key: str) -> bool:
    task = our_coherence if key else our_accuracy
    seconds, theirs = best(lambda: task(real, synthetic)), peers(peer, real, synthetic, *key)
    their_seconds, where = (MEASURED[name], "measured before") if theirs is None else (min(theirs["wall"]), "now")
    print(f"{name}: ours {seconds:.3f} s, mostlyai-qa {their_seconds:.2f} s ({where})", flush=True)
    ratio = their_seconds / seconds
    met = said(f"{name} at least {LEAST_RATIO[name]:g}x faster", f"{ratio:.0f}x", met=ratio >= LEAST_RATIO[name])
    if theirs is not None:
        most = difference(task(real, synthetic), theirs["found"])
        met &= said(f"{name} same digits", f"largest difference {most:.1g}", met=most <= MOST_DIFFERENCE)
    return met


def sizes(data: Path) -> bool:
    met = True
    for (claim, limit), n in zip(MOST_SECONDS.items(), (ROWS, MILLION), strict=True):
        sets = {
            "real": adult(data, "real_trn", n, 0),
            "synthetic": adult(data, "syn_2024_mostlyai", n, 1),
            "holdout": adult(data, "real_hol", n // 4, 2),
        }
        start = time.perf_counter(), time.process_time()
        memory = peak_memory(lambda sets=sets: accuracy_report(**sets)) / 1e3
        wall, seconds = time.perf_counter() - start[0], time.process_time() - start[1]
        took = f"{seconds:.1f} s CPU of {limit:g} ({wall:.1f} s wall)"
        met &= said(f"{claim}: 15 columns, 105 pairs, 455 triples", took, met=seconds <= limit)
        met &= said(f"{claim}: memory", f"{memory:.2f} GB of {MOST_GIGABYTES:g}", met=memory <= MOST_GIGABYTES)
    return met


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--data", type=Path, default=DATA)
    words.add_argument("--peer", type=Path, default=PEER, help="the Python that has mostlyai-qa 1.10.11")
    asked = words.parse_args()
    print(f"{thread_count()} threads", flush=True)
    accuracy_report(real={"x": [1, 2], "y": [1, 2], "z": [1, 2]}, synthetic={"x": [1, 2], "y": [1, 2], "z": [1, 2]})
    real, synthetic = (adult(asked.data, name, 24_421, 0) for name in ("real_trn", "syn_2024_mostlyai"))
    met = race("accuracy", real, synthetic, asked.peer)
    one, two = visits(5_000, 0), visits(4_000, 1)
    met &= race("coherence", one, two, asked.peer, "who")
    seconds = best(lambda: sequence_report(real=one, synthetic=two, key="who"))
    print(f"sequence report of 5,000 and 4,000 units with ceiling and floor: {seconds:.2f} s", flush=True)
    met &= sizes(asked.data)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
