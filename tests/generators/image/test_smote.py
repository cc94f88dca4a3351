"""SMOTE of images: on segments between neighbours of one label."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples
from auditkit.errors import AuditkitError
from auditkit.generators.image.smote import ImageSmote


def shades(values, labels):
    pixels = np.repeat(np.array(values, dtype=np.uint8), 4).reshape(-1, 2, 2, 1)
    return Dataset.of_table(pd.DataFrame({"y": labels}), label="y", samples=ArraySamples(pixels))


def test_samples_lie_between_images_of_their_label():
    data = shades([0, 10, 20, 200, 210, 250], ["dark"] * 3 + ["light"] * 3)
    made = ImageSmote(k=2).fit(data).sample(200, seed=1)
    shade = made.arrays().reshape(200, -1)
    assert (shade == shade[:, :1]).all()
    dark = made.label_values == "dark"
    assert shade[dark].max() <= 20
    assert shade[~dark].min() >= 200


def test_only_the_nearest_neighbours_are_blended():
    data = shades([0, 4, 100, 104], ["a"] * 4)
    shade = ImageSmote(k=1).fit(data).sample(200, seed=1).arrays()[:, 0, 0, 0]
    assert not ((shade > 4) & (shade < 100)).any()


def test_an_image_alone_in_its_class_is_copied_and_that_is_said():
    smote = ImageSmote().fit(shades([0, 9, 77], ["a", "a", "b"]))
    assert (smote.sample(5, conditions={"y": "b"}).arrays() == 77).all()
    assert "1 combinations" in smote.fit_report.notes[1]


def test_k_below_one_is_refused():
    with pytest.raises(AuditkitError, match="k must be at least 1"):
        ImageSmote(k=0)
