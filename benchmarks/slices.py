"""Seconds of slice finding, how often it accuses real data, and how often it finds a planted slice.

python benchmarks/slices.py                                  seconds at 30,000 rows x 15 columns, depth 1 to 3
python benchmarks/slices.py --table compas --seeds 100       real data split again into three: any slice is wrong
python benchmarks/slices.py --table adult --seeds 50 --planted 0.3   a random slice loses all but that part
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import cpu_seconds

from auditkit.data.joint import encode_frames
from auditkit.metrics import blind_spots, find_slices
from auditkit.metrics.slices.conditions import Axis, axes_of_cells

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
TABLES = {
    "adult": (("pairs_adult/real_trn.csv.gz", "pairs_adult/real_hol.csv.gz"), 1500),
    "bank": (("pairs_bank_marketing/real_trn.csv.gz", "pairs_bank_marketing/real_hol.csv.gz"), 1500),
    "compas": (("tabular_compas/compas_two_years.csv.gz",), 1500),
    "german_credit": (("tabular_german_credit/german_credit.csv.gz",), 333),
    "oulad": (("tabular_oulad/oulad.csv.gz",), 1500),
}


def plain_table(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Nine columns of eight levels and six of numbers, all independent."""
    levels = {f"level{place}": rng.choice(list("abcdefgh"), n) for place in range(9)}
    return pd.DataFrame(levels | {f"number{place}": rng.normal(size=n) for place in range(6)})


def seconds() -> None:
    """CPU seconds of searches for large scores."""
    rng = np.random.default_rng(0)
    frame = plain_table(30_000, rng)
    scores = rng.random(30_000) + 0.5 * ((frame["level0"] == "a") & (frame["level1"] == "b"))
    for depth in (1, 2, 3):
        found = find_slices(data=frame, scores=scores, depth=depth)
        spent = cpu_seconds(lambda depth=depth: find_slices(data=frame, scores=scores, depth=depth))
        told = f"{found.n_looked_at:,} slices, found {len(found)}"
        print(f"find_slices, 30,000 x 15, depth {depth}: {spent:.2f} CPU s, {told}")


def planted(axes: tuple[Axis, ...], codes: np.ndarray, rng: np.random.Generator, rows: int) -> np.ndarray | None:
    """Rows of a random conjunction of two conditions that holds for 3 to 15 % of the rows."""
    for _ in range(1000):
        first, second = rng.choice(len(axes), 2, replace=False)
        held = np.ones(codes.shape[1], np.bool_)
        for axis in (first, second):
            held &= axes[axis].holds(int(rng.integers(len(axes[axis].words))), codes[axis])
        if 0.03 * rows <= held.sum() <= 0.15 * rows:
            return held
    return None


def alarms(name: str, start: int, seeds: int, kept: float | None) -> None:
    """Split a real table into train, synthetic and holdout, plant a slice or none, and count what is found."""
    files, rows = TABLES[name]
    frame = pd.concat([pd.read_csv(DATA / file) for file in files], ignore_index=True)
    found, begun = 0, time.perf_counter()
    for seed in range(start, start + seeds):
        rng = np.random.default_rng(seed)
        real, made, fresh = (frame.iloc[part] for part in np.array_split(rng.permutation(len(frame))[: 3 * rows], 3))
        mask = None
        if kept is not None:
            axes, (codes,) = axes_of_cells([encode_frames({"made": made})["made"]], least=30)
            mask = planted(axes, codes, rng, rows)
            if mask is None:
                continue
            made = made[~mask | (rng.random(rows) < kept)]
        spots = blind_spots(real=real, synthetic=made, holdout=fresh, seed=seed)
        found += bool(spots.slices)
        if not spots.slices:
            continue
        print(f"seed {seed}: {spots.slices[0].kind}: {spots.slices[0].sentence}")
    spent = (time.perf_counter() - begun) / seeds
    print(f"{name}, {rows} rows a part: {found} of {seeds} with a slice, {spent:.2f} s each")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", choices=TABLES)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--planted", type=float, help="part of a random slice that stays in the synthetic rows")
    given = parser.parse_args()
    if given.table is None:
        seconds()
    else:
        alarms(given.table, given.start, given.seeds, given.planted)


if __name__ == "__main__":
    main()
