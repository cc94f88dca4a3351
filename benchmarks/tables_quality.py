"""Quality report of tables: sdmetrics' numbers and how much sooner, and what a million rows cost without subsampling.

Both sides read the same files in processes of their own, by turns; encoding from the pandas frames is part of our
time. A ratio is that of the medians of CPU seconds, all threads together, so that other work on the machine does not
decide it.

    make build/peers-tables
    python benchmarks/tables_quality.py
    python benchmarks/tables_quality.py --sizes 10000x15
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "pairs_adult"
PEER = ROOT / "build" / "peers-tables" / "bin" / "python"
LIMITS = {"10000x15": 20.0, "32000x15": 15.0, "10000x60": 40.0}
ROUNDS, OURS_REPEATS, PEER_REPEATS = 3, 9, 2
MOST_DIFFERENCE = 1e-9
MILLION, MOST_SECONDS, MOST_BYTES = 1_000_000, 20.0, 4e9


def frames(data: Path) -> tuple[Any, Any]:
    import pandas as pd  # noqa: PLC0415 - a child's peak of memory starts at that of its parent

    real = pd.concat([pd.read_csv(data / f"real_{part}.csv.gz") for part in ("trn", "hol")], ignore_index=True)
    return real, pd.read_csv(data / "syn_2024_mostlyai.csv.gz")


def write_files(data: Path, size: str, folder: Path) -> list[str]:
    """Real and synthetic rows of this size: four times the columns are four tables whose rows are in other orders."""
    import pandas as pd  # noqa: PLC0415

    n, k = (int(part) for part in size.split("x"))
    paths = []
    for role, frame in zip(("real", "synthetic"), frames(data), strict=True):
        parts = []
        for copy in range(k // len(frame.columns)):
            drawn = frame.sample(n, random_state=copy, replace=n > len(frame)).reset_index(drop=True)
            parts.append(drawn if copy == 0 else drawn.add_suffix(f"_{copy}"))
        paths.append(str(folder / f"{role}_{size}.csv"))
        pd.concat(parts, axis=1).to_csv(paths[-1], index=False)
    return paths


def ours(real_path: str, synthetic_path: str, repeats: int, compatible: str | None) -> dict[str, Any]:
    import resource  # noqa: PLC0415 - not on every system

    import pandas as pd  # noqa: PLC0415

    from auditkit.metrics import quality_report  # noqa: PLC0415

    real, synthetic = pd.read_csv(real_path), pd.read_csv(synthetic_path)
    wall, processor = [], []
    for _ in range(repeats):
        start = time.perf_counter(), time.process_time()
        report = quality_report(real=real, synthetic=synthetic, compatible=compatible)
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    found = {"wall": wall, "processor": processor, "score": report.score}
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found["properties"] = report.properties["score"].tolist()
    if compatible:
        found["shapes"] = _listed(report.shapes, ("column", "score"))
        names = ("column_a", "column_b", "score", "correlation_real", "association_real")
        found["pairs"] = _listed(report.pairs, names)
    return found


def _listed(frame: Any, names: tuple[str, ...]) -> list[list[Any]]:
    return [[None if cell != cell else cell for cell in frame[name]] for name in names]  # noqa: PLR0124 - NaN


def child(*command: str) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own scripts
    return dict(json.loads(done.stdout))


def compared(mine: dict[str, Any], theirs: dict[str, Any]) -> float:
    """Largest difference of two reports; infinite where one has a number and the other has none."""
    worst = max(abs(a - b) for a, b in zip(mine["properties"], theirs["properties"], strict=True))
    worst = max(worst, abs(mine["score"] - theirs["score"]))
    for frame in ("shapes", "pairs"):
        for left, right in zip(mine[frame], theirs[frame].values(), strict=True):
            for a, b in zip(left, right, strict=True):
                if isinstance(a, str) or a is None or b is None:
                    worst = max(worst, 0.0 if a == b else float("inf"))
                else:
                    worst = max(worst, abs(a - b))
    return worst


def race(data: Path, size: str, folder: Path) -> bool:
    paths = write_files(data, size, folder)
    mine, theirs = [], []
    for _ in range(ROUNDS):
        mine.append(child(sys.executable, __file__, "--side", *paths, "--repeats", str(OURS_REPEATS)))
        theirs.append(child(str(PEER), str(ROOT / "benchmarks" / "peer_tables.py"), *paths, str(PEER_REPEATS)))
    # The first run of a process also loads what is compiled.
    seconds = [median(t for run in runs for t in run["processor"][1:]) for runs in (mine, theirs)]
    wall = [median(t for run in runs for t in run["wall"][1:]) for runs in (mine, theirs)]
    ratio, difference = seconds[1] / seconds[0], compared(mine[-1], theirs[-1])
    print(
        f"{size}: ours {seconds[0] * 1e3:.1f} ms CPU ({wall[0] * 1e3:.1f} wall),"
        f" sdmetrics {seconds[1] * 1e3:.0f} ms CPU"
        f" ({wall[1] * 1e3:.0f} wall), score {mine[-1]['score']:.6f} and {theirs[-1]['score']:.6f}",
        flush=True,
    )
    fast = said(f"{size} at least {LIMITS[size]:g}x faster", f"{ratio:.1f}x", met=ratio >= LIMITS[size])
    same = said(f"{size} same numbers", f"largest difference {difference:.1g}", met=difference <= MOST_DIFFERENCE)
    return fast and same


def million(data: Path, folder: Path) -> bool:
    paths = write_files(data, f"{MILLION}x15", folder)
    met = True
    for name, words in (("default", ("--default",)), ("as sdmetrics", ())):
        found = child(sys.executable, __file__, "--side", *paths, "--repeats", "1", *words)
        print(f"{MILLION} rows, {name}: {found['processor'][0]:.1f} s CPU, score {found['score']:.4f}", flush=True)
        met &= said(
            f"{MILLION} rows {name}: at most {MOST_SECONDS:g} s",
            f"{found['wall'][0]:.1f} s wall",
            met=found["wall"][0] <= MOST_SECONDS,
        )
        peak = f"{found['peak'] / 1e9:.2f} GB, frames and libraries among them"
        met &= said(f"{MILLION} rows {name}: at most {MOST_BYTES / 1e9:g} GB", peak, met=found["peak"] <= MOST_BYTES)
    return met


def said(claim: str, found: str, *, met: bool) -> bool:
    print(f"{'MET' if met else 'NOT MET':<8} {claim}: {found}", flush=True)
    return met


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--data", type=Path, default=DATA)
    words.add_argument("--sizes", nargs="*", default=[*LIMITS, "million"], choices=[*LIMITS, "million"])
    words.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    words.add_argument("--repeats", type=int, default=1, help=argparse.SUPPRESS)
    words.add_argument("--default", action="store_true", help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.side:
        print(json.dumps(ours(*asked.side, asked.repeats, None if asked.default else "sdmetrics")))
        return 0
    if not asked.data.is_dir() or not PEER.exists():
        print(f"(not measured: needs the sets of Adult in {asked.data} and `make build/peers-tables`)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        met = [
            million(asked.data, Path(folder)) if size == "million" else race(asked.data, size, Path(folder))
            for size in asked.sizes
        ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
