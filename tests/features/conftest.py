"""Small seeded datasets that embedders are fitted on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import ArraySamples, Dataset


@pytest.fixture
def table() -> Dataset:
    """Numbers with gaps, a category, a date, and columns that say nothing."""
    frame = pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(8)],
            "height": [1.5, 2.5, 2.5, np.nan, 4.5, 5.5, 6.5, 7.5],
            "age": [10, 20, 30, 40, 50, 60, 70, 80],
            "sex": ["f", "m", "f", "m", "f", "m", "f", "m"],
            "born": pd.date_range("2000-01-01", periods=8),
            "planet": "Earth",
        }
    )
    kinds = {"id": "id", "born": "datetime", "age": "integer", "height": "numeric", "sex": "category"}
    return Dataset.of_table(frame, columns=kinds)


def images(n: int, shape: tuple[int, ...], seed: int = 0) -> Dataset:
    """Random images with a few strong directions."""
    rng = np.random.default_rng(seed)
    p = int(np.prod(shape))
    pixels = 128 + rng.standard_normal((n, 6)) @ rng.standard_normal((6, p)) * np.linspace(12, 2, 6).mean()
    pixels = np.clip(pixels, 0, 255).astype(np.uint8).reshape(n, *shape)
    table = pd.DataFrame({"label": rng.choice(["a", "b"], size=n)})
    return Dataset.of_table(table, label="label", samples=ArraySamples(pixels))


@pytest.fixture
def make_images():
    """Maker of random image sets."""
    return images
