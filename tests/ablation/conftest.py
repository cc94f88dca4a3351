"""Small tables whose label follows from their columns, so that arms differ for a reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset

MakeSet = Callable[..., Dataset]


@pytest.fixture(scope="session")
def make_set() -> MakeSet:
    """Maker of sets: n, seed, `wrong` (share of labels turned round), classes."""

    def make(n: int = 150, *, seed: int = 0, wrong: float = 0.0, classes: int = 2, source: str = "made") -> Dataset:
        rng = np.random.default_rng(seed)
        a, b = rng.normal(size=n), rng.normal(size=n)
        colour = rng.choice(["red", "green", "blue"], size=n)
        signal = a + (colour == "red") + rng.normal(scale=0.3, size=n)
        level = np.digitize(signal, np.quantile(signal, np.arange(1, classes) / classes))
        turned = np.where(rng.random(n) < wrong, (level + 1) % classes, level)
        frame = pd.DataFrame(
            {
                "a": a.round(4),
                "b": np.where(rng.random(n) < 0.1, np.nan, b.round(4)),
                "colour": colour,
                "sex": rng.choice(["f", "m"], size=n),
                "y": [f"c{value}" for value in turned],
            }
        )
        return Dataset.of_table(frame, label="y", groups=["sex"], source=source)

    return make


@pytest.fixture(scope="session")
def make_numbers() -> MakeSet:
    """Maker of sets with a numeric label."""

    def make(n: int = 150, *, seed: int = 0) -> Dataset:
        rng = np.random.default_rng(seed)
        a = rng.normal(size=n)
        frame = pd.DataFrame({"a": a, "b": rng.normal(size=n), "price": (20 + 8 * a + 2 * rng.normal(size=n)).round()})
        return Dataset.of_table(frame, label="price")

    return make
