"""A report on one page: the whole loop from Python, from real data to report.html.

`python examples/report.py` takes seconds.
"""

from __future__ import annotations

from importlib.resources import files

import pandas as pd

import auditkit as ak

CREDIT = str(files("auditkit.demo") / "german_credit.csv.gz")
COLUMNS = ["duration", "credit-amount", "age", "purpose", "sex", "class-label"]


def main() -> None:
    """Generate, audit, filter, ablate, judge; then one page that shows all of it."""
    real = ak.load(pd.read_csv(CREDIT)[COLUMNS], label="class-label", groups=["sex"])
    train, holdout, test = real.split(holdout=0.3, test=0.3, seed=0)
    synthetic = ak.generators.create("cart", modality="tabular").fit(train, seed=0).sample(len(train), seed=1)
    audit = ak.audit(real=train, synthetic=synthetic, holdout=holdout, seed=0)
    selection = ak.filter(synthetic, audit)
    arms = {"all": synthetic, "kept": selection.kept}
    ablation = ak.ablate(real=train, test=test, arms=arms, models=("logistic",), repeats=2)
    verdict = audit.check(ablation=ablation)
    print(verdict.headline())
    print("page:", audit.report("report.html", verdict=verdict, selection=selection, ablation=ablation))


if __name__ == "__main__":
    main()
