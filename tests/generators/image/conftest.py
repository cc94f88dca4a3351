"""Small seeded images that generators are fitted on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples


def bars(n=160, side=8, channels=1, seed=0) -> Dataset:
    """Images with a bright upper half ("top") or lower half ("bottom"), at four levels."""
    rng = np.random.default_rng(seed)
    top = rng.random(n) < 0.6
    pixels = rng.integers(0, 2, size=(n, side, side, channels)) * 16
    pixels[top, : side // 2] += 192
    pixels[~top, side // 2 :] += 192
    table = pd.DataFrame({"where": np.where(top, "top", "bottom"), "sex": rng.choice(["f", "m"], n)})
    return Dataset.of_table(
        table, label="where", groups=["sex"], samples=ArraySamples(pixels.astype(np.uint8)), source="bars"
    )


@pytest.fixture(scope="session")
def barred() -> Dataset:
    """160 images of 8 x 8 in two classes and two groups."""
    return bars()


@pytest.fixture(scope="session")
def large_barred() -> Dataset:
    """60 colour images of 20 x 20 in two classes and two groups."""
    return bars(60, 20, 3, seed=1)
