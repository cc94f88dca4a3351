from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest


def people(n: int, seed: int) -> pd.DataFrame:
    """Mixed table: numbers, a group, and a label that depends on them."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    age = rng.integers(18, 80, n)
    pay = np.exp(7 + 0.01 * age + 0.3 * rng.standard_normal(n)).round(2)
    return pd.DataFrame({"age": age, "pay": pay, "sex": sex, "rich": np.where(pay > 1700, "yes", "no")})


def write_sets(folder: Path) -> None:
    """Four sets of people as files."""
    for seed, name in enumerate(("real", "holdout", "synthetic", "test")):
        people(120, seed).to_csv(folder / f"{name}.csv", index=False)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Folder with four sets, in which the test runs."""
    write_sets(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


FAST = """
[audit]
metrics = ["coverage", "copy_excess"]
[ablation]
repeats = 2
arms = ["real", "synthetic"]
models = ["logistic"]
"""


@pytest.fixture
def config(folder) -> Callable[..., Path]:
    """`config('[data]...')` writes a config with quick settings for the rest."""

    def write(text: str, rest: str = FAST) -> Path:
        (folder / "auditkit.toml").write_text(text + rest, encoding="utf-8")
        return folder / "auditkit.toml"

    return write
