"""What do synthetic rows bring a model beside more real rows, other weights, and SMOTE? No claims.

    python benchmarks/worth_it.py
    python benchmarks/worth_it.py --sets german cancer --repeats 5

Half of the training rows are taken to be all there are; the other half is the arm `more`, which nothing that is made of
the first half can beat for long. Rows are those of German credit (which comes along), of the breast cancer set of
scikit-learn, and of Adult (`../shared/data`). The page on choosing a generator shows the table.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Hashable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from measuring import table
from sklearn.datasets import load_breast_cancer

from auditkit import Dataset, ablate, load
from auditkit.ablation import conditional, smote
from auditkit.generators import create

ADULT = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "pairs_adult" / "real_trn.csv.gz"


def german() -> Dataset:
    return load(str(files("auditkit.demo") / "german_credit.csv.gz"), label="class-label", groups=["sex"])


def cancer() -> Dataset:
    held = load_breast_cancer(as_frame=True)
    rows = held.data.round(4).assign(kind=held.target.map({0: "malignant", 1: "benign"}))
    return Dataset.of_table(rows, label="kind")


def adult() -> Dataset:
    rows = pd.read_csv(ADULT).sample(4_000, random_state=0).reset_index(drop=True)
    return Dataset.of_table(rows, label="income", groups=["sex"])


SETS: dict[str, Callable[[], Dataset]] = {"german": german, "cancer": cancer, "adult": adult}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="*", choices=list(SETS), default=list(SETS))
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--model", default="boosting")
    args = parser.parse_args()
    for name in args.sets:
        rest, test = SETS[name]().split(holdout=0.0, test=0.4, seed=0)
        have, more = rest.split(holdout=0.5, test=0.0, seed=0)
        label = str(have.label)
        found = ablate(
            real=have,
            test=test,
            arms={
                "more": more,
                "cart": create("cart"),
                "copula": create("copula"),
                "smote": smote,
                "equal classes": conditional(by=label, target="equal", generator="cart"),
            },
            include=["real", "real+more", "cart", "real+cart", "real+copula", "real+smote", "real+equal classes"],
            mitigations=("reweighing",) if have.groups else (),
            models=(args.model,),
            repeats=args.repeats,
            slices=False,
        )
        frame = found.frame()
        print(f"\n{name}: {len(have):,} rows to train on, {len(test):,} to test on, {args.model}")
        main_measure = found.verdicts[0].measure
        lines = [
            [line["arm"], f"{line['value']:.3f}", difference(line), line["verdict"]]
            for line in frame[frame["measure"] == main_measure].to_dict("records")
            if "mitigation" not in line["arm"] or line["arm"].startswith("real[")
        ]
        table(lines, ["trained on", main_measure, "difference to real", "in a word"])


def difference(line: dict[Hashable, Any]) -> str:
    value, low, high = (line[name] for name in ("difference", "difference_low", "difference_high"))
    return "" if pd.isna(value) else f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


if __name__ == "__main__":
    main()
