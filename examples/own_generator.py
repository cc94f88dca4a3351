"""A generator of one's own: samples of a function, drawn, audited and ablated like those of any other.

`python examples/own_generator.py` takes seconds. A file, an object or a command works alike: see docs/generators.md.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import auditkit as ak

TOO_DAMP = 4.0


def readings(n: int, seed: int) -> pd.DataFrame:
    """Temperature and humidity of rooms, and whether there is mould: where air is too damp for its warmth."""
    rng = np.random.default_rng(seed)
    warm, excess = rng.normal(18, 4, n), rng.normal(0, 5, n)
    mould = np.where(excess + rng.normal(0, 1, n) > TOO_DAMP, "yes", "no")
    return pd.DataFrame({"warm": warm.round(1), "damp": (95 - 2 * warm + excess).round(1), "mould": mould})


def simulated(n: int, seed: int) -> pd.DataFrame:
    """A simulator that forgot that warm air is dry."""
    made = readings(n, seed + 1000)
    made["damp"] = np.random.default_rng(seed).permutation(made["damp"])
    return made


def main() -> None:
    """Say what is wrong with the simulator, and whether a model minds."""
    real = ak.load(readings(900, 0), label="mould")
    train, holdout, test = real.split(holdout=0.3, test=0.3, seed=0)
    generator = ak.generators.create("external", function=simulated).fit(train)
    audit = ak.audit(real=train, synthetic=generator.sample(400, seed=1), holdout=holdout, seed=0)
    for result in audit.check().failed:
        print(f"{result.name}: {result.sentence}")
    ablation = ak.ablate(real=train, test=test, arms={"all": generator}, models=("logistic",), repeats=3)
    print({item.arm: item.word for item in ablation.verdicts})


if __name__ == "__main__":
    main()
