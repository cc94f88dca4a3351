"""Mistakes are one sentence that names the set, and change nothing."""

from __future__ import annotations

import math

import pytest
import torch

from auditkit.errors import AuditkitError, SampleSizeError
from tests.metrics.streaming.streams import (
    ALL,
    close,
    computed,
    each,
    each_on_features,
    expected,
    feed,
    make_sets,
)

MISTAKES = [
    (lambda m: m.update(torch.full((3, 2), math.nan), real=False), "`synthetic` has 3 of 3 rows with NaN or infinite"),
    (lambda m: m.update(torch.tensor([[1.0, math.inf]]), real=True), "`real` has 1 of 1 rows with NaN or infinite"),
    (lambda m: m.update(torch.zeros(3, 2, 4), real=True), r"`real` must have shape \(n, d\), got \(3, 2, 4\)"),
    (lambda m: m.update(torch.zeros(3), real=True), r"`real` must have shape \(n, d\), got \(3,\)"),
    (lambda m: m.update(torch.zeros(3, 0), real=True), "`real` has no features"),
    (lambda m: m.update(torch.zeros(3, 2, dtype=torch.complex64), real=True), "`real` must hold real numbers"),
    (lambda m: m.update([["a"]], real=True), "`real` must hold real numbers"),
    (lambda m: m.update([[1.0], [1.0, 2.0]], real=True), "`real` has rows of different lengths"),
    (lambda m: m.update(torch.zeros(3, 2), torch.ones(3, 2)), "`real` must be True or False, got Tensor"),
    (lambda m: m.update(torch.zeros(3, 2), real=1), "`real` must be True or False, got int"),
    (lambda m: m.update(torch.zeros(3, 2), real=False, holdout=True), "a holdout holds real samples"),
    (lambda m: m.update(torch.zeros(3, 3), real=True), "`real` has 3 features, its earlier batches have 4"),
    (lambda m: m.update(torch.zeros(0, 3), real=False), "`synthetic` has 3 features, `real` has 4: use one extractor"),
    (lambda m: m.update(torch.full((2, 4), 1e200, dtype=torch.float64), real=True), "`real` holds values beyond"),
]


@each_on_features
@pytest.mark.parametrize("number", range(len(MISTAKES)))
def test_mistakes_are_one_sentence_that_names_the_set_and_change_nothing(kind, number):
    mistake, sentence = MISTAKES[number]
    sets = make_sets(kind, d=4)
    metric = feed(ALL[kind](), [("real", sets["real"])])
    with pytest.raises(AuditkitError, match=sentence) as raised:
        mistake(metric)
    assert str(raised.value).endswith(".")
    rest = [(role, rows) for role, rows in sets.items() if role != "real"]
    assert computed(feed(metric, rest)) == close(expected(kind, sets))


@each
@pytest.mark.parametrize("role", ["real", "synthetic"])
def test_a_missing_set_is_named(kind, role):
    sets = make_sets(kind)
    other = "synthetic" if role == "real" else "real"
    metric = feed(ALL[kind](), [(other, sets[other])])
    with pytest.raises(SampleSizeError, match=f"`{role}` is empty|{role}=0"):
        metric.compute()
