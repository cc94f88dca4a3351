"""Metrics that embed what they take: modules and functions, left as they were."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from auditkit.errors import AuditkitError, ShapeError
from auditkit.metrics.streaming import (
    FrechetDistance,
)
from tests.metrics.streaming.streams import (
    ALL,
    batches,
    close,
    computed,
    each_on_features,
    expected,
    feed,
    make_sets,
)


class Embedder(nn.Module):
    """Has parts that differ between training and evaluation, and a part that its owner froze."""

    def __init__(self, seed=0):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.linear = nn.Linear(5, 3)
        with torch.no_grad():
            self.linear.weight.copy_(torch.randn(3, 5, generator=generator))
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.frozen = nn.BatchNorm1d(3).eval()

    def forward(self, samples):
        return self.drop(self.frozen(self.norm(self.linear(samples))))


@each_on_features
@pytest.mark.parametrize("training", [True, False])
def test_a_module_embeds_in_evaluation_mode_and_is_left_as_it_was(kind, training):
    sets = make_sets(kind, dtype=np.float32)
    module = Embedder().train(training)
    module.frozen.eval()
    module.linear.weight.grad = torch.ones_like(module.linear.weight)
    flags = [part.training for part in module.modules()]
    state = copy.deepcopy(module.state_dict())
    metric = feed(ALL[kind](feature=module), batches(sets))
    found = computed(metric)
    assert [part.training for part in module.modules()] == flags
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    assert torch.equal(module.linear.weight.grad, torch.ones_like(module.linear.weight))
    assert module.linear.weight.requires_grad
    with torch.no_grad():
        quiet = copy.deepcopy(module).eval()
        embedded = {role: quiet(torch.from_numpy(rows)).numpy() for role, rows in sets.items()}
    # float32 products of other batch sizes round otherwise.
    assert found == pytest.approx(expected(kind, embedded), rel=1e-4, abs=1e-5)


def test_a_function_may_embed_anything_and_stays_out_of_the_parameters():
    sets = make_sets("frechet")
    module = nn.Linear(5, 2, dtype=torch.float64)
    metric = FrechetDistance(feature=lambda samples: module(torch.tensor(samples["pixels"], dtype=torch.float64)))
    for role in ("real", "synthetic"):
        metric.update({"pixels": sets[role].tolist()}, real=role == "real")
    with torch.no_grad():
        made = {role: module(torch.from_numpy(sets[role])).numpy() for role in ("real", "synthetic")}
    assert computed(metric) == close(expected("frechet", made))
    assert list(metric.parameters()) == []


def test_an_embedder_moves_and_is_saved_with_the_metric():
    module = Embedder()
    metric = FrechetDistance(feature=module)
    assert dict(metric.named_modules())["feature"] is module


def test_a_feature_must_keep_the_samples_apart_and_be_callable():
    with pytest.raises(ShapeError, match=r"`feature` made shape \(1, 6\) of 3 `real` samples"):
        FrechetDistance(feature=lambda samples: samples.reshape(1, -1)).update(torch.zeros(3, 2), real=True)
    with pytest.raises(AuditkitError, match="`feature` must be a module, a function or None, got int"):
        FrechetDistance(feature=2048)
