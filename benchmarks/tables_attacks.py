"""Attacks on tables: the numbers of sdmetrics and anonymeter, how much sooner, and on all rows instead of 500.

Both sides read the same files in processes of their own; encoding from the pandas frames is part of our time, loading
what is compiled is not. What is compared is CPU seconds, all threads together.

    make build/peers-tables
    python benchmarks/tables_attacks.py
    python benchmarks/tables_attacks.py --parts disclosure
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
from measuring import said, timed

from auditkit.metrics import attribute_disclosure, membership_inference, singling_out_risk, smallest_cells

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "pairs_adult"
PEER = ROOT / "build" / "peers-tables" / "bin" / "python"
ASKED = {"known": ["age", "sex", "education"], "sensitive": ["income"]}
ROWS, LEAST_RATIO, MOST_DIFFERENCE = 10_000, 100.0, 1e-9
FEW, ALL, MOST_SECONDS, PEER_ATTACKS = 1_500, 32_000, 10.0, 100


def peer(*words: object) -> dict[str, Any]:
    command = [str(PEER), str(ROOT / "benchmarks" / "peer_attacks.py"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    return dict(json.loads(done.stdout))


def disclosure(data: Path, _folder: Path) -> list[bool]:
    """SDMetrics' numbers in all variants, and the time of the plain one."""
    paths = [data / f"{name}.csv.gz" for name in ("real_trn", "syn_2024_mostlyai")]
    met = []
    for rows, variant in ((FEW, "zero_cap"), (FEW, "generalized_cap"), (ROWS, "cap")):
        real, synthetic = (pd.read_csv(path, nrows=rows) for path in paths)
        theirs = peer("disclosure", *paths, rows, variant)
        mine, _, processor = timed(
            lambda real=real, synthetic=synthetic, variant=variant: attribute_disclosure(
                real=real, synthetic=synthetic, variant=variant, compatible="sdmetrics", **ASKED
            )
        )
        away = max(
            abs(mine.protection - theirs["score"]),
            abs(1 - mine.attribution - theirs["cap_protection"]),
            abs(mine.baseline - theirs["baseline_protection"]),
        )
        ratio = theirs["processor"] / processor
        print(f"{variant}, {rows} rows: ours {processor * 1e3:.1f} ms CPU, sdmetrics {theirs['processor']:.2f} s")
        met.append(said(f"{variant}: same numbers", f"largest difference {away:.1g}", met=away <= MOST_DIFFERENCE))
    met.append(
        said(f"{ROWS} rows, 3 keys: at least {LEAST_RATIO:g}x faster", f"{ratio:.0f}x", met=ratio >= LEAST_RATIO)
    )
    return met


def singling(data: Path, folder: Path) -> list[bool]:
    """anonymeter's counts where all its claims can be had, and both modes on all rows."""
    train, fresh, made = (pd.read_csv(data / f"{name}.csv.gz") for name in ("real_trn", "real_hol", "syn_2021_flip30"))
    sets = {"real": train.head(ROWS), "synthetic": made.head(ROWS), "holdout": fresh.head(ROWS)}
    mine = singling_out_risk(**sets, mode="univariate", compatible="anonymeter")
    theirs = peer("singling", *write(sets, folder), "univariate", mine.n_attacks)
    away = abs(mine.n_full[0] - theirs["successes"])
    print(f"{ROWS} rows, one column: {mine.n_attacks} claims, {mine.n_full[0]} true; anonymeter {theirs['successes']}")
    met = [said("univariate: anonymeter's true claims", f"difference {away}", met=away == 0)]
    # Train and control are cut from one pool, so there is nothing to be found, and the control is half as large.
    real = pd.concat([train, fresh]).sample(frac=1, random_state=0)
    sets = {"real": real.head(ALL), "synthetic": made.head(ALL), "holdout": real.iloc[ALL:]}
    paths, total = write(sets, folder), 0.0
    for mode in ("univariate", "multivariate"):
        found, wall, processor = timed(lambda mode=mode: singling_out_risk(**sets, mode=mode), 1)
        total += wall
        print(
            f"{ALL} rows, {mode}, no risk by construction: {found.n_attacks} claims, risk {found.value:.4f}"
            f" ({found.low:.4f} to {found.high:.4f}), {processor:.2f} s CPU"
        )
        theirs = peer("singling", *paths, mode, PEER_ATTACKS)
        print(
            f"  anonymeter, {PEER_ATTACKS} claims: risk {theirs['risk']:.4f} ({theirs['low']:.4f} to"
            f" {theirs['high']:.4f}), {theirs['processor']:.2f} s CPU"
        )
    return [
        *met,
        said(f"both modes on {ALL} rows: at most {MOST_SECONDS:g} s", f"{total:.1f} s wall", met=total <= MOST_SECONDS),
    ]


def write(sets: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    paths = [folder / f"{role}.csv" for role in sets]
    for path, frame in zip(paths, sets.values(), strict=True):
        frame.to_csv(path, index=False)
    return paths


def others(data: Path, _folder: Path) -> list[bool]:
    """What no peer has, on all rows: membership inference and small cells, a leaking and an honest set."""
    train, fresh = (pd.read_csv(data / f"{name}.csv.gz") for name in ("real_trn", "real_hol"))
    for name in ("syn_2021_flip30", "syn_2024_mostlyai"):
        sets = {"real": train, "synthetic": pd.read_csv(data / f"{name}.csv.gz"), "holdout": fresh}
        area, wall, _ = timed(lambda sets=sets: membership_inference(**sets, space="mixed"), 1)
        print(f"{name}: membership inference {area:.4f} in {wall:.1f} s")
        cells, wall, _ = timed(lambda sets=sets: smallest_cells(**sets), 1)
        print(f"{name}: {len(cells.found)} of {len(cells.sets)} sets of columns point at people, in {wall:.1f} s")
    return []


PARTS = {"disclosure": disclosure, "singling": singling, "others": others}


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--data", type=Path, default=DATA)
    words.add_argument("--parts", nargs="*", default=[*PARTS], choices=[*PARTS])
    asked = words.parse_args()
    if not asked.data.is_dir() or not PEER.exists():
        print(f"(not measured: needs the sets of Adult in {asked.data} and `make build/peers-tables`)")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        met = [held for part in asked.parts for held in PARTS[part](asked.data, Path(folder))]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
