"""SMOTE, looked at before one trains on it: what its rows are like, and whether they help the rare class.

`python examples/smote_audit.py` takes seconds.
"""

from __future__ import annotations

from functools import partial

import pandas as pd
from sklearn.datasets import load_breast_cancer

import auditkit as ak
from auditkit.ablation import smote


def rare(seed: int = 0) -> ak.Dataset:
    """The tumours of scikit-learn, with one malignant one to eight benign ones."""
    data = load_breast_cancer(as_frame=True)
    table: pd.DataFrame = data.data.iloc[:, :8].assign(tumour=data.target.map({0: "malignant", 1: "benign"}))
    malignant = table[table["tumour"] == "malignant"].sample(45, random_state=seed)
    return ak.load(pd.concat([table[table["tumour"] == "benign"], malignant], ignore_index=True), label="tumour")


def main() -> None:
    """Audit the rows that SMOTE adds, and train with and without them."""
    train, holdout, test = rare().split(holdout=0.25, test=0.25, seed=0)
    made = ak.generators.create("smote", modality="tabular").fit(train, seed=0).sample(200, seed=1)
    audit = ak.audit(real=train, synthetic=made, holdout=holdout, seed=0)
    for name in ("precision", "coverage", "authenticity", "copy_excess"):
        print(audit.scores[name])
    arms = {"smote": partial(smote, equal=True)}  # drawn anew in every repeat, from what it trains on
    found = ak.ablate(real=train, test=test, arms=arms, models=("logistic",), measures=["minority_f1"], repeats=5)
    print(found)


if __name__ == "__main__":
    main()
