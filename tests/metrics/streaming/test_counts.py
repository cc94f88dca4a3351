"""Classes and groups as names, positions or scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from auditkit.errors import AuditkitError, ShapeError, UnknownNameError
from auditkit.metrics.streaming import (
    ModeCoverage,
)


def test_classes_may_come_as_names_positions_scores_or_from_a_classifier():
    codes = {"real": np.array([0, 1, 2, 2, 3]), "synthetic": np.array([0, 0, 3, 1])}
    names = np.array(["a", "b", "c", "d"])
    for make in (
        lambda item: names[item].tolist(),
        torch.from_numpy,
        lambda item: torch.eye(4)[item] - 0.5,
        lambda item: torch.eye(4, dtype=torch.bfloat16)[item],
    ):
        metric = ModeCoverage(classes=names.tolist())
        for role, item in codes.items():
            metric.update(make(item), real=role == "real")
        assert metric.compute().item() == 0.75
    metric = ModeCoverage(classes=4, feature=nn.Softmax(dim=1))
    for role, item in codes.items():
        metric.update(torch.eye(4)[item], real=role == "real")
    assert metric.compute().item() == 0.75


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        (["a", "x"], UnknownNameError, "unknown class 'x'; known: a, b, c."),
        ([0, 3], ShapeError, "`synthetic` has positions from 0 to 3, and those of a class run from 0 to 2."),
        ([-1, 2], ShapeError, "`synthetic` has positions from -1 to 2, and those of a class run from 0 to 2."),
        ([0.5, 1.0], ShapeError, "`synthetic` must hold names or positions of a class, got an array of float64."),
        ([[0.5, 1.0]], ShapeError, "`synthetic` has 2 scores per sample, and there are 3 to choose a class."),
        ([[0.5, 1.0, math.nan]], ShapeError, "`synthetic` has 1 of 1 rows with NaN scores: repair or drop them first."),
        ([[1, 2, 3]], ShapeError, "`synthetic` must hold one class per sample, got shape (1, 3)."),
    ],
)
def test_impossible_classes_are_one_sentence(given, error, sentence):
    with pytest.raises(error) as raised:
        ModeCoverage(classes=["a", "b", "c"]).update(given, real=False)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("levels", [[], ["a", "a"], 0, "abc"])
def test_levels_must_be_there_and_distinct(levels):
    with pytest.raises(AuditkitError, match="ModeCoverage needs one distinct name per class"):
        ModeCoverage(classes=levels)
