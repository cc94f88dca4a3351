"""Bad samples found and dropped, each with its reasons; what is left, merged with the real rows.

`python examples/filter_samples.py` takes seconds. The bad samples are planted, so that one sees which are found.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

import auditkit as ak

RICH = 2600


def people(n: int, seed: int) -> pd.DataFrame:
    """Age, pay that rises with it, and whether that is much."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 65, n)
    pay = np.round(900 + 40 * age + rng.normal(0, 250, n))
    return pd.DataFrame(
        {"age": age, "pay": pay, "sex": rng.choice(["f", "m"], n), "rich": np.where(pay > RICH, "y", "n")}
    )


def main() -> None:
    """Filter a set of which 60 rows are bad, say what went why, and save what stays."""
    train = people(400, 0)
    turned = people(30, 3).assign(pay=lambda table: 6000 - table["pay"])
    made = pd.concat([people(300, 2), train.iloc[:30], turned], ignore_index=True)
    roles = {"label": "rich", "groups": ["sex"]}
    real = ak.load(train, **roles)
    holdout, synthetic = (ak.load(table, schema=real.schema, **roles) for table in (people(400, 1), made))

    audit = ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=["copy_excess", "precision"], seed=0)
    selection = ak.filter(synthetic, audit)
    print(selection)
    gone = ~np.isin(synthetic.ids, selection.kept.ids)
    print(f"rejected: {gone[:300].mean():.1%} of the good rows, {gone[300:330].mean():.1%} of the copies, ", end="")
    print(f"{gone[330:].mean():.1%} of those with a pay that is turned around")
    ak.merge(real, selection.kept, ratio=0.5).save("merged.csv")


if __name__ == "__main__":
    main()
