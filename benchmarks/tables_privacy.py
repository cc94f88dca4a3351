"""Nearest records of tables: the numbers of sdmetrics and anonymeter, how much sooner, and on all rows.

Both sides read the same files in processes of their own; encoding from the pandas frames is part of our time, loading
what is compiled is not. What is compared is CPU seconds, all threads together.

    make build/peers-tables
    python benchmarks/tables_privacy.py
    python benchmarks/tables_privacy.py --parts distances novelty
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import said, timed

from auditkit.metrics import (
    baseline_protection,
    copy_excess,
    distance_to_closest_record,
    holdout_share,
    inference_risk,
    linkability_risk,
    new_row_synthesis,
    overfitting_protection,
)
from auditkit.metrics.tables.closeness import closeness_of
from auditkit.metrics.tables.sides import table_sides

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "pairs_adult"
PEER = ROOT / "build" / "peers-tables" / "bin" / "python"
ROWS, ALL, MADE_UP = 2_000, 32_000, 400
DISTANCE_RATIO, NOVELTY_RATIO, MOST_DIFFERENCE = 300.0, 400.0, 1e-9
MOST_SECONDS, MOST_ATTACK_SECONDS, PEER_ATTACKS = 5.0, 60.0, 500
HALVES = (
    ["age", "education", "marital-status", "occupation", "sex", "native-country", "income"],
    ["workclass", "fnlwgt", "relationship", "race", "capital-gain", "capital-loss", "hours-per-week"],
)
SECRETS = ("income", "marital-status", "age")


def peer(*words: object) -> dict[str, Any]:
    command = [str(PEER), str(ROOT / "benchmarks" / "peer_privacy.py"), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own script
    return dict(json.loads(done.stdout))


def same(claim: str, away: float) -> bool:
    return said(f"{claim}: same numbers", f"largest difference {away:.1g}", met=away <= MOST_DIFFERENCE)


def sooner(claim: str, ours: float, theirs: float, least: float) -> bool:
    print(f"{claim}: ours {ours * 1e3:.1f} ms CPU, sdmetrics {theirs:.2f} s")
    return said(f"{claim}: at least {least:g}x faster", f"{theirs / ours:.0f}x", met=theirs >= least * ours)


def adult(data: Path, *names: str) -> list[pd.DataFrame]:
    return [pd.read_csv(data / f"{name}.csv.gz", keep_default_na=False, na_values=[""]) for name in names]


def made_up(seed: int, n: int, *, ties: bool = True, missing: float = 0.1) -> pd.DataFrame:
    """Numbers, dates and categories, with cells missing; without ties there is one nearest row."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "pay": rng.lognormal(3, 1, n),
            "height": rng.normal(170, 9, n),
            "town": rng.choice(["NA", "Oslo", "Rome"], n),
            "debt": rng.normal(10, 30, n),
        }
    )
    if ties:
        frame["age"] = rng.integers(18, 90, n).astype(float)
        frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
        frame["flat"] = 7
    for name in frame.columns.drop("flat", errors="ignore"):
        frame[name] = frame[name].mask(rng.random(n) < missing)
    return frame


def write(folder: Path, *frames: pd.DataFrame) -> list[Path]:
    paths = [folder / f"{role}.csv" for role in ("real", "synthetic", "holdout")[: len(frames)]]
    for path, frame in zip(paths, frames, strict=True):
        frame.to_csv(path, index=False)
    return paths


def away(real: pd.DataFrame, synthetic: pd.DataFrame, theirs: list[float]) -> float:
    mine = closeness_of(**table_sides({"real": real, "synthetic": synthetic})).distances[:, 0]
    return float(np.abs(mine - np.array(theirs)).max())


def distances(data: Path, folder: Path) -> list[bool]:
    """Distance to the closest record, its two scores of protection, and what all rows cost."""
    sets = adult(data, "real_trn", "syn_2024_mostlyai", "real_hol")
    real, synthetic, holdout = (frame.head(ROWS) for frame in sets)
    theirs = peer("distances", *write(folder, real, synthetic))
    _, _, processor = timed(lambda: distance_to_closest_record(real=real, synthetic=synthetic, space="mixed"), 5)
    met = [
        same(f"distances, Adult, {ROWS} x {ROWS} rows", away(real, synthetic, theirs["distances"])),
        sooner(f"distances, {ROWS} x {ROWS} x {real.shape[1]}", processor, theirs["processor"], DISTANCE_RATIO),
    ]
    theirs = peer("protection", *write(folder, real, synthetic, holdout))
    overfitting = overfitting_protection(real=real, synthetic=synthetic, holdout=holdout, compatible="sdmetrics")
    baseline = baseline_protection(real=real, synthetic=synthetic)
    met.append(same("overfitting protection", abs(float(overfitting) - theirs["overfitting"])))
    met.append(same("baseline protection, seeded", abs(float(baseline) - theirs["baseline"])))
    one, two = made_up(1, MADE_UP), made_up(2, MADE_UP)
    theirs = peer("distances", *write(folder, one, two))
    met.append(same("distances, missing cells, dates, a constant", away(one, two, theirs["distances"])))
    pool = pd.concat([sets[0], sets[2]], ignore_index=True)
    flipped = adult(data, "syn_2021_flip30")[0].head(ALL)
    found, wall, _ = timed(lambda: distance_to_closest_record(real=pool[:ALL], synthetic=flipped, space="mixed"), 1)
    claim = f"distances, {ALL} x {ALL} x {pool.shape[1]}: at most {MOST_SECONDS:g} s"
    met.append(said(claim, f"{wall:.2f} s wall (median distance {found:.4f})", met=wall <= MOST_SECONDS))
    train, fresh = sets[0], sets[2]
    for name in ("syn_2021_flip30", "syn_2024_mostlyai"):
        made = adult(data, name)[0]
        share, wall, _ = timed(
            lambda made=made: holdout_share(real=train, synthetic=made, holdout=fresh, space="mixed"), 1
        )
        excess = copy_excess(real=train, synthetic=made, holdout=fresh, space="mixed")
        print(f"{name}: holdout share {share:.4f} in {wall:.2f} s, copy excess {excess:.4f}")
    return met


def novelty(data: Path, folder: Path) -> list[bool]:
    """New rows."""
    real, synthetic = (frame.head(ROWS) for frame in adult(data, "real_trn", "syn_2021_flip30"))
    theirs = peer("novelty", *write(folder, real, synthetic))
    mine, _, processor = timed(lambda: new_row_synthesis(real=real, synthetic=synthetic, compatible="sdmetrics"), 5)
    met = [
        same(f"new rows, {ROWS} x {ROWS}, share {mine:.4f}", abs(mine - theirs["share"])),
        sooner(f"new rows, {ROWS} x {ROWS}", processor, theirs["processor"], NOVELTY_RATIO),
    ]
    names = ["town", "age", "flat", "day"]
    one, two = made_up(1, MADE_UP)[names], made_up(2, MADE_UP)[names]
    theirs = peer("novelty", *write(folder, one, two))
    mine = new_row_synthesis(real=one, synthetic=two, compatible="sdmetrics")
    met.append(same(f"new rows, missing cells and dates, share {mine:.4f}", abs(mine - theirs["share"])))
    return met


def attacks(data: Path, folder: Path) -> list[bool]:
    """anonymeter's counts where no distances are tied, and both attacks on all rows."""
    real, holdout, made = (made_up(seed, MADE_UP, ties=False, missing=0.0) for seed in (1, 2, 3))
    made.iloc[::3] = real.iloc[::3]
    made["pay"] += 0.001
    sets = {"real": real, "synthetic": made, "holdout": holdout}
    paths = write(folder, real, made, holdout)
    theirs = peer("linkability", *paths, "pay,town", "height,debt", MADE_UP)
    mine = linkability_risk(**sets, known=(["pay", "town"], ["height", "debt"]), compatible="anonymeter")
    met = [same("linkability", differences(mine, theirs))]
    for secret in ("town", "debt"):
        theirs = peer("inference", *paths, secret, MADE_UP)
        mine = inference_risk(**sets, secret=secret, compatible="anonymeter")
        met.append(same(f"inference of {secret!r}", differences(mine, theirs)))
    train, fresh, flipped = adult(data, "real_trn", "real_hol", "syn_2021_flip30")
    pool = pd.concat([train.iloc[: ALL // 2], fresh.iloc[: ALL // 2]], ignore_index=True)
    rest = pd.concat([train.iloc[ALL // 2 :], fresh.iloc[ALL // 2 :]], ignore_index=True)
    print("members and strangers are as many among those attacked as in the holdout, so there is nothing to be found:")
    sets, total = {"real": pool, "synthetic": flipped.head(ALL), "holdout": rest}, 0.0
    paths = write(folder, *sets.values())
    mine, wall, _ = timed(lambda: linkability_risk(**sets, known=HALVES), 1)
    total += wall
    shown("linkability", mine, wall, peer("linkability", *paths, *map(",".join, HALVES), PEER_ATTACKS))
    for secret in SECRETS:
        mine, wall, _ = timed(lambda secret=secret: inference_risk(**sets, secret=secret), 1)
        total += wall
        shown(f"inference of {secret}", mine, wall, peer("inference", *paths, secret, PEER_ATTACKS))
    claim = f"linkability and {len(SECRETS)} inferences on all of {ALL} rows: at most {MOST_ATTACK_SECONDS:g} s"
    met.append(said(claim, f"{total:.1f} s wall", met=total <= MOST_ATTACK_SECONDS))
    return met


def differences(mine: Any, theirs: dict[str, Any]) -> float:
    counts = abs(int(mine.hits.sum()) - theirs["hits"]), abs(int(mine.control_hits.sum()) - theirs["control"])
    ours = (mine.value, mine.low, mine.high)
    pairs = zip(ours, (theirs[name] for name in ("risk", "low", "high")), strict=True)
    return float(max(*counts, *(abs(a - b) for a, b in pairs)))


def shown(name: str, mine: Any, wall: float, theirs: dict[str, Any]) -> None:
    print(
        f"  {name}: risk {mine.value:.4f} ({mine.low:.4f} to {mine.high:.4f}), {mine.n_attacks} attacks, {wall:.2f} s"
    )
    risk = f"{theirs['risk']:.4f} ({theirs['low']:.4f} to {theirs['high']:.4f})"
    print(f"    anonymeter: risk {risk}, {PEER_ATTACKS} attacks, {theirs['wall']:.2f} s", flush=True)


PARTS = {"distances": distances, "novelty": novelty, "attacks": attacks}


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
