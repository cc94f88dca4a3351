"""How often an audit accuses real data, and how often it notices pasted training rows.

Real rows are pooled and split again into equal train, holdout and fresh parts, once per seed. `fresh` is audited as if
it were synthetic: a failed check is a false alarm. Then some rows of `fresh` are replaced by rows of train: a check
that does not fail has missed a leak.

Run in slices side by side, then sum them up:

    python benchmarks/false_alarms.py --table adult --start 0 --seeds 50 --out a.jsonl
    python benchmarks/false_alarms.py --table adult --start 50 --seeds 50 --out b.jsonl
    python benchmarks/false_alarms.py --summarise a.jsonl b.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import auditkit as ak
from auditkit.data.dataset import Dataset
from auditkit.intervals import wilson

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
MOST_FALSE_ALARMS = 0.03
FEWEST_FOUND = 0.90


@dataclass(frozen=True)
class Table:
    """Real rows to split again and again: rows per part, and the share of fresh ones that a leak replaces.

    `dropped` are columns that number rows.
    """

    files: tuple[str, ...]
    label: str
    groups: tuple[str, ...]
    n: int
    pasted: float
    dropped: tuple[str, ...] = ()


TABLES = {
    "adult": Table(
        ("pairs_adult/real_trn.csv.gz", "pairs_adult/real_hol.csv.gz"), "income", ("sex", "race"), 3000, 0.05
    ),
    "german_credit": Table(("tabular_german_credit/german_credit.csv.gz",), "class-label", ("sex",), 333, 0.10),
    "compas": Table(
        ("tabular_compas/compas_two_years.csv.gz",), "two_year_recid", ("sex", "race"), 2400, 0.05, dropped=("id",)
    ),
    "oulad": Table(("tabular_oulad/oulad.csv.gz",), "final_result", ("gender", "disability", "age_band"), 3000, 0.05),
}


def pool(table: Table, folder: Path) -> Dataset:
    """All real rows of a table."""
    frame = pd.concat([pd.read_csv(folder / name) for name in table.files], ignore_index=True)
    return ak.load(frame.drop(columns=list(table.dropped)), label=table.label, groups=list(table.groups))


def parts(pooled: Dataset, sizes: Sequence[int], seed: int) -> list[Dataset]:
    """Train, holdout and fresh."""
    order = np.random.default_rng(seed).permutation(len(pooled))[: sum(sizes)]
    return [pooled.take(index) for index in np.split(order, np.cumsum(sizes)[:-1])]


def paste(fresh: Dataset, train: Dataset, share: float, seed: int) -> Dataset:
    """Fresh rows with a share of them replaced by rows of train."""
    rng = np.random.default_rng([seed, 1])
    n = round(share * len(fresh))
    kept = fresh.take(np.sort(rng.choice(len(fresh), len(fresh) - n, replace=False)))
    return kept.concat(train.take(np.sort(rng.choice(len(train), n, replace=False))))


def judged(
    train: Dataset, synthetic: Dataset, holdout: Dataset, seed: int, metrics: str | Sequence[str] = "default"
) -> dict[str, Any]:
    """Exit code, failed error-level gates and seconds of one audit."""
    started = time.perf_counter()
    verdict = ak.audit(real=train, synthetic=synthetic, holdout=holdout, metrics=metrics, seed=seed).check()
    failed = [f"{item.gate} {dict(item.where)}" for item in verdict.failed if item.level == "error"]
    unmeasured = [f"{item.gate} {dict(item.where)}" for item in verdict.unmeasured if item.level == "error"]
    return {
        "exit_code": verdict.exit_code,
        "failed": failed,
        "unmeasured": unmeasured,
        "seconds": time.perf_counter() - started,
        "gates": [
            {"gate": item.gate, "where": dict(item.where), "excess": item.excess, "verdict": item.verdict}
            for item in verdict.results
        ],
    }


def run_slice(
    name: str,
    pooled: Dataset,
    seeds: range,
    *,
    sizes: Sequence[int],
    kinds: Sequence[str],
    metrics: str | Sequence[str],
    out: Path | None,
) -> list[dict[str, Any]]:
    """Audit every seed of a slice, honest and with rows pasted."""
    table, done = TABLES[name], []
    for seed in seeds:
        train, holdout, fresh = parts(pooled, sizes, seed)
        for kind in kinds:
            synthetic = fresh if kind == "honest" else paste(fresh, train, table.pasted, seed)
            done.append(
                {"table": name, "kind": kind, "seed": seed, "sizes": list(sizes)}
                | judged(train, synthetic, holdout, seed, metrics)
            )
            if out is not None:
                with out.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(done[-1]) + "\n")
    return done


def summarise(done: list[dict[str, Any]]) -> bool:
    """Print a rate with its Wilson interval for every table, honest and with rows pasted; whether all are met."""
    met = True
    for name, kind, sizes in sorted({(item["table"], item["kind"], tuple(item["sizes"])) for item in done}):
        asked = {"table": name, "kind": kind, "sizes": list(sizes)}
        met &= _print_rate(name, kind, sizes, [item for item in done if asked.items() <= item.items()])
    return met


def _print_rate(name: str, kind: str, sizes: Sequence[int], audits: list[dict[str, Any]]) -> bool:
    failed = sum(item["exit_code"] == 1 for item in audits)
    low, high = wilson(failed, len(audits))
    rate = failed / len(audits)
    met = rate <= MOST_FALSE_ALARMS if kind == "honest" else rate >= FEWEST_FOUND
    what = "false alarms" if kind == "honest" else f"{TABLES[name].pasted:.0%} pasted, found"
    seconds = sum(item["seconds"] for item in audits) / len(audits)
    print(
        f"{name} {' / '.join(map(str, sizes))} {what}: {failed} of {len(audits)} = {rate:.1%} "
        f"(Wilson {low:.1%} to {high:.1%}) {'MET' if met else 'NOT MET'}; {seconds:.1f} s per audit"
    )
    codes = Counter(item["exit_code"] for item in audits)
    print(f"  exit codes: {', '.join(f'{code}: {count}' for code, count in sorted(codes.items()))}")
    for gate, count in Counter(gate for item in audits for gate in item["failed"]).most_common():
        print(f"  failed {count:4d} x {gate}")
    for gate, count in Counter(gate for item in audits for gate in item["unmeasured"]).most_common():
        print(f"  not measured {count:4d} x {gate}")
    return met


def main() -> int:
    """Run a slice, or sum up slices; 1 if a rate is not met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the real tables")
    parser.add_argument("--table", choices=[*TABLES, "all"], default="all")
    parser.add_argument("--kind", choices=["honest", "pasted", "both"], default="both")
    parser.add_argument("--seeds", type=int, default=20, help="number of seeds")
    parser.add_argument("--sizes", type=int, nargs=3, metavar=("TRAIN", "HOLDOUT", "FRESH"), help="rows per part")
    parser.add_argument("--start", type=int, default=0, help="first seed")
    parser.add_argument("--metrics", nargs="+", default="default", help="these alone; other gates lack evidence then")
    parser.add_argument("--out", type=Path, help="append a JSON line per audit to this file")
    parser.add_argument("--summarise", type=Path, nargs="+", help="sum up such files instead of running")
    asked = parser.parse_args()
    if asked.summarise:
        lines = [line for path in asked.summarise for line in path.read_text(encoding="utf-8").splitlines()]
        return 0 if summarise([json.loads(line) for line in lines]) else 1
    kinds = ["honest", "pasted"] if asked.kind == "both" else [asked.kind]
    seeds, met = range(asked.start, asked.start + asked.seeds), True
    for name in TABLES if asked.table == "all" else [asked.table]:
        pooled = pool(TABLES[name], asked.data)
        sizes = asked.sizes or [TABLES[name].n] * 3
        met &= summarise(run_slice(name, pooled, seeds, sizes=sizes, kinds=kinds, metrics=asked.metrics, out=asked.out))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
