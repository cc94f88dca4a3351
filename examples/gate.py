"""A gate in a script: audit, check, write what CI servers read, and end with the exit code.

`python examples/gate.py` takes seconds. The set is a copy of training rows, so it ends with 1.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path

import pandas as pd

import auditkit as ak
from auditkit.gates import render

CREDIT = str(files("auditkit.demo") / "german_credit.csv.gz")
COLUMNS = ["duration", "credit-amount", "age", "purpose", "sex", "class-label"]


def main() -> int:
    """Audit resampled training rows, print why they fail, and write JUnit and markdown."""
    real = ak.load(pd.read_csv(CREDIT)[COLUMNS], label="class-label", groups=["sex"])
    train, holdout = real.split(holdout=0.5, test=0.0, seed=0)
    synthetic = ak.generators.create("bootstrap", modality="tabular").fit(train, seed=0).sample(300, seed=1)
    audit = ak.audit(real=train, synthetic=synthetic, holdout=holdout, seed=0)
    verdict = audit.check()
    print(verdict.headline())
    for result in verdict.failed:
        print(f"{result.name}: {result.sentence}")
    for name, path in (("junit", "gates.xml"), ("markdown", "summary.md")):
        Path(path).write_text(render(verdict, name), encoding="utf-8")
    return verdict.exit_code


if __name__ == "__main__":
    sys.exit(main())
