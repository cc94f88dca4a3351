"""Which scores move, and what does an audit say, when a set has one planted fault?

    python benchmarks/failure_patterns.py
    python benchmarks/failure_patterns.py --only collapse shuffled

Rows of Adult: 2,000 to train on, 2,000 held out, and sets of 2,000 that are fresh rows but for one fault. Each is
audited by all defaults and judged by the preset, with an ablation of two repeats. The page on reading a report shows
the table. A fault is met where its finding is among those of the check, and fresh rows where there is no error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import said, table
from pandas import DataFrame as Frame

from auditkit import Audit, Dataset, Verdict, ablate, audit
from auditkit.generators import create

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "pairs_adult"
N = 2_000
SCORES = {
    "precision": "precision",
    "density": "density",
    "coverage": "coverage",
    "repeats": "duplicate_share",
    "copies": "copy_excess",
    "to train": "holdout_share",
    "told apart": "classifier_two_sample",
}
UNSEEN = "any"
"""Of a fault that may go unseen at this size: told, and no claim."""
Fault = tuple[str, Callable[[Frame, Frame, np.random.Generator], Frame]]


def leaked(train: Frame, fresh: Frame, _rng: np.random.Generator) -> Frame:
    """A tenth are training rows."""
    return pd.concat([fresh.iloc[N // 10 :], train.sample(N // 10, random_state=1)])


def all_but_a_cell(train: Frame, _fresh: Frame, rng: np.random.Generator) -> Frame:
    """Training rows, one column of them drawn anew."""
    return train.assign(fnlwgt=rng.permutation(train["fnlwgt"]))


def between(train: Frame, _fresh: Frame, _rng: np.random.Generator) -> Frame:
    """SMOTE of the training rows."""
    return create("smote", modality="tabular").fit(loaded(train), seed=0).sample(N, seed=1).table


def collapsed(_train: Frame, fresh: Frame, rng: np.random.Generator) -> Frame:
    """Fifty rows again and again."""
    return fresh.iloc[rng.integers(0, 50, N)]


def typical(_train: Frame, fresh: Frame, _rng: np.random.Generator) -> Frame:
    """What a generator draws that was told to be sure of itself (a temperature of 0.1)."""
    return pd.read_csv(DATA / "syn_2021_mostly_temp01.csv.gz").sample(N, random_state=1)[fresh.columns]


def shuffled(_train: Frame, fresh: Frame, rng: np.random.Generator) -> Frame:
    """Every column by itself."""
    return pd.DataFrame({name: rng.permutation(fresh[name]) for name in fresh})


def blurred(_train: Frame, fresh: Frame, rng: np.random.Generator) -> Frame:
    """Half a standard deviation of noise on every number, rounded."""
    numbers = fresh.select_dtypes("number").columns
    noise = {name: (fresh[name] + rng.normal(0, fresh[name].std() / 2, N)).round().astype(int) for name in numbers}
    return fresh.assign(**noise)


def decimals(_train: Frame, fresh: Frame, rng: np.random.Generator) -> Frame:
    """Ages with fractions of a year."""
    return fresh.assign(age=(fresh["age"] + rng.uniform(-0.4, 0.4, N)).round(2))


def another_unit(_train: Frame, fresh: Frame, _rng: np.random.Generator) -> Frame:
    """Hours of a week in minutes of a day."""
    return fresh.assign(**{"hours-per-week": (fresh["hours-per-week"] * 60 / 7).round().astype(int)})


def without_a_group(_train: Frame, fresh: Frame, _rng: np.random.Generator) -> Frame:
    """Nobody of one race."""
    return fresh[fresh["race"] != "Asian-Pac-Islander"]


def fewer_women(_train: Frame, fresh: Frame, rng: np.random.Generator) -> Frame:
    """Half of the women are men."""
    other = (fresh["sex"] == "Female") & (rng.random(N) < 0.5)
    return fresh.assign(sex=fresh["sex"].mask(other, "Male"))


def other_labels(_train: Frame, fresh: Frame, rng: np.random.Generator) -> Frame:
    """All labels drawn anew."""
    return fresh.assign(income=rng.permutation(fresh["income"]))


def some_labels(_train: Frame, fresh: Frame, rng: np.random.Generator) -> Frame:
    """A third of the labels drawn anew."""
    lot = rng.random(N) < 1 / 3
    return fresh.assign(income=fresh["income"].mask(lot, pd.Series(rng.permutation(fresh["income"]), fresh.index)))


FAULTS: dict[str, Fault] = {
    "fresh real rows": ("", lambda _train, fresh, _rng: fresh),
    "leaked": ("copying", leaked),
    "all but a cell": ("copying", all_but_a_cell),
    "between": ("interpolation", between),
    "collapse": ("collapse", collapsed),
    "typical": ("collapse", typical),
    "shuffled": ("relation", shuffled),
    "blurred": ("realism", blurred),
    "decimals": ("realism", decimals),
    "another unit": ("shape", another_unit),
    "without a group": ("missing_group", without_a_group),
    "fewer women": ("group_share", fewer_women),
    "other labels": ("relation", other_labels),
    "some labels": (UNSEEN, some_labels),
}


def loaded(rows: Frame) -> Dataset:
    return Dataset.of_table(rows.reset_index(drop=True), label="income", groups=["sex", "race"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=list(FAULTS), default=list(FAULTS))
    args = parser.parse_args()
    rows = pd.concat([pd.read_csv(DATA / f"real_{part}.csv.gz") for part in ("trn", "hol")])
    parts = rows.sample(4 * N, random_state=0).reset_index(drop=True)
    train, holdout, fresh, test = (parts.iloc[k * N : (k + 1) * N].reset_index(drop=True) for k in range(4))
    lines, met = [], []
    for name in args.only:
        wanted, make = FAULTS[name]
        made = loaded(make(train, fresh, np.random.default_rng(0)))
        found = audit(real=loaded(train), synthetic=made, holdout=loaded(holdout), seed=0)
        trained = ablate(
            real=loaded(train), test=loaded(test), arms={"all": made}, repeats=2, include=["synthetic"], slices=False
        )
        verdict = found.check(ablation=trained)
        lines.append([name, *row(found, verdict)])
        met.append(said(name, kinds(verdict) or "nothing", met=is_met(wanted, verdict)))
    table(lines, ["", *SCORES, "exit", "findings"])
    return 0 if all(met) else 1


def row(found: Audit, verdict: Verdict) -> list[object]:
    """Scores of the whole set with their yardsticks, the exit code, and kinds of findings."""
    cells: list[object] = []
    for name in SCORES.values():
        score = found.scores[name]
        beside = "" if score.yardstick is None else f" ({score.yardstick:.2f})"
        cells.append("-" if score.value is None else f"{score.value:.2f}{beside}")
    return [*cells, verdict.exit_code, kinds(verdict)]


def kinds(verdict: Verdict) -> str:
    return ", ".join(f"{item.kind}{'' if item.severity == 'error' else '*'}" for item in verdict.findings)


def is_met(wanted: str, verdict: Verdict) -> bool:
    if not wanted:
        return verdict.exit_code == 0
    return wanted == UNSEEN or wanted in {item.kind for item in verdict.findings}


if __name__ == "__main__":
    sys.exit(main())
