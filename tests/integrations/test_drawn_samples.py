"""What samplers give becomes a set that can stand beside the real one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples, check_compatible, load
from auditkit.errors import DataError, ShapeError
from auditkit.integrations.drawn_samples import comparable, set_of_samples

RNG = np.random.default_rng(0)
TABLE = load(pd.DataFrame({"x": RNG.normal(size=8), "kind": ["a", "b"] * 4, "y": RNG.normal(size=8)}), label="kind")
IMAGES = load({"images": RNG.integers(0, 256, (6, 5, 4, 3)).astype(np.uint8), "label": ["cat", "dog"] * 3})
KINDS = pd.DataFrame({"kind": ["a", "b"] * 2})


def fits(found, real):
    check_compatible(comparable(real, found.table.columns), found, "synthetic")
    return found


@pytest.mark.parametrize(
    "images",
    [
        torch.rand(4, 3, 5, 4),
        torch.rand(4, 3, 5, 4).bfloat16(),
        torch.rand(4, 3, 5, 4, requires_grad=True),
        RNG.random((4, 5, 4, 3)),
        torch.randint(0, 256, (4, 3, 5, 4), dtype=torch.uint8),
    ],
)
def test_images_become_bytes_with_channels_last(images):
    found = fits(set_of_samples(images, real=IMAGES), IMAGES)
    assert found.samples.shape == (5, 4, 3)
    assert (found.label, len(found)) == (None, 4)


@pytest.mark.parametrize("labels", [[0, 1, 1], np.array(["cat", "dog", "dog"]), torch.tensor([0, 1, 1])])
def test_labels_are_levels_or_their_places(labels):
    found = fits(set_of_samples((torch.zeros(3, 3, 5, 4), labels), real=IMAGES), IMAGES)
    assert found.label_values.tolist() == ["cat", "dog", "dog"]


def test_rows_of_numbers_fill_the_columns_in_order():
    rows = RNG.normal(size=(3, 2))
    found = fits(set_of_samples((torch.tensor(rows), [1, 1, 0]), real=TABLE), TABLE)
    assert (found.table[["x", "y"]].to_numpy() == rows).all()
    assert found.label_values.tolist() == ["b", "b", "a"]
    unlabelled = fits(set_of_samples(rows, real=TABLE), TABLE)
    assert (list(unlabelled.table.columns), unlabelled.label) == (["x", "y"], None)


def test_frames_and_sets_come_as_they_are():
    frame = TABLE.to_pandas().head(3)
    assert fits(set_of_samples(frame, real=TABLE), TABLE).label == "kind"
    assert set_of_samples(TABLE, real=TABLE) is TABLE


@pytest.mark.parametrize(
    ("samples", "made"),
    [
        (TextSamples.of(["a", "b", "c", "d"]), ["see you", "win"]),
        (SeriesSamples.of([RNG.normal(size=(5, 2))] * 4), torch.randn(2, 2, 7)),
        (RecordingSamples.of([RNG.normal(size=(9, 1))] * 4, rate=8000), [torch.randn(5), torch.randn(1, 7)]),
    ],
)
def test_texts_series_and_recordings(samples, made):
    real = Dataset.of_table(KINDS, label="kind", samples=samples)
    assert len(fits(set_of_samples(made, real=real), real)) == 2
    assert fits(set_of_samples((made, [1, 0]), real=real), real).label_values.tolist() == ["b", "a"]


@pytest.mark.parametrize(
    ("made", "real", "error", "words"),
    [
        (torch.rand(2, 3, 5, 4) * 2 - 1, IMAGES, DataError, r"images from -0.\d+ to 0.\d+: scale them to floats in"),
        (torch.rand(2, 3, 5), TABLE, ShapeError, "the columns x, kind, y"),
        (torch.rand(2, 5), TABLE, ShapeError, r"have shape \(2, 5\)"),
        (torch.full((1, 3, 5, 4), torch.nan), IMAGES, DataError, "60 value"),
        ((torch.rand(2, 3, 5, 4), [0, 2]), IMAGES, DataError, "has the label 2, .* has 2 classes"),
        ((torch.rand(2, 3, 5, 4), [0]), IMAGES, ShapeError, "are 2 with 1 labels"),
        ((TABLE.to_pandas(), [0]), TABLE, DataError, "give the label as a column"),
        ((torch.rand(2, 2), [0, 1]), load(np.eye(4)[:, :2]), DataError, "have labels and the array has none"),
    ],
)
def test_what_cannot_stand_beside_the_real_set_is_told(made, real, error, words):
    with pytest.raises(error, match=words):
        set_of_samples(made, real=real)
