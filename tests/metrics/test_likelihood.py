"""Feature likelihood divergence against automatic differentiation of its definition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from auditkit.errors import SampleSizeError, UndefinedError
from auditkit.metrics import feature_likelihood_divergence
from auditkit.metrics import likelihood as module
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.registry import evaluate


def mixture_terms(rows, centres, log_variances, shrink=1.0):
    d = centres.shape[1]
    squared = shrink * ((rows[:, None, :] - centres[None, :, :]) ** 2).sum(dim=2)
    return -0.5 * squared / log_variances.exp() - 0.5 * d * (log_variances + np.log(2 * np.pi))


def fitted(centres, rows, rng):
    rows = rows[rng.choice(len(rows), len(rows), replace=False)]
    squared = ((rows[:, None, :] - centres[None, :, :]) ** 2).sum(dim=2)
    widths = ((squared.min(dim=0).values + 1e-3) / rows.shape[1]).log().requires_grad_()
    origin = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([widths, origin], lr=0.5)
    mean = rows.mean(dim=0, keepdim=True)
    losses = []
    for epoch in range(50):
        optimizer.zero_grad()
        own = mixture_terms(rows, centres, widths) - np.log(len(centres))
        rest = mixture_terms(rows, mean, origin, shrink=0.81)
        loss = -torch.logsumexp(torch.cat([own, rest], dim=1), dim=1).mean() / rows.shape[1]
        loss.backward()
        optimizer.step()
        widths.data = widths.data.clamp(-40, 40)
        losses.append(loss.item())
        if epoch > 5 and max(abs(losses[-1] - losses[-j]) for j in range(1, 6)) < 5e-4:
            break
    return widths.detach()


def cost(rows, centres, widths):
    terms = mixture_terms(rows, centres, widths) - np.log(len(centres))
    return -torch.logsumexp(terms, dim=1).mean().item() / rows.shape[1]


def oracle(real, synthetic, holdout, seed):
    rng = np.random.RandomState(seed)
    mean, spread = holdout.mean(axis=0), holdout.std(axis=0, ddof=1)
    train, made, fresh = (torch.from_numpy((item - mean) / spread) for item in (real, synthetic, holdout))
    value = cost(fresh, made, fitted(made, train, rng))
    shuffled = train[rng.choice(len(train), len(train), replace=False)]
    half = min(len(made), len(train) // 2)
    baseline = cost(fresh, shuffled[:half], fitted(shuffled[:half], shuffled[half:], rng))
    return 100 * (value - baseline)


def sets(seed=0, n=90, m=70, d=3):
    rng = np.random.default_rng(seed)
    return {
        "real": rng.normal(size=(n, d)), "synthetic": 0.9 * rng.normal(size=(m, d)) + 0.2,
        "holdout": rng.normal(size=(n // 2, d)) * 2.0 + 5.0 * (seed == 2),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_what_automatic_differentiation_finds(seed):
    given = sets(seed)
    # Distances are kept in float32.
    assert feature_likelihood_divergence(**given, seed=seed) == pytest.approx(oracle(**given, seed=seed), abs=1e-3)


def test_distances_that_are_not_kept_change_nothing_but_rounding(monkeypatch):
    given = sets()
    kept = feature_likelihood_divergence(**given)
    monkeypatch.setattr(module, "CACHED", 0)
    assert feature_likelihood_divergence(**given) == pytest.approx(kept, abs=1e-3)
    assert feature_likelihood_divergence(**given) == pytest.approx(oracle(**given, seed=0), abs=1e-7)


def test_copies_of_train_are_worse_than_fresh_rows_and_their_gap_is_far_below_zero():
    given = sets(n=200, m=100) | {"holdout": np.random.default_rng(5).normal(size=(100, 3))}
    fresh = given | {"synthetic": np.random.default_rng(6).normal(size=(100, 3))}
    copied = given | {"synthetic": given["real"][:100].copy()}
    readings = [
        evaluate(module._feature_likelihood_divergence, feature_sides(one["real"], one["synthetic"],
                 holdout=one["holdout"]), seed=0)
        for one in (fresh, copied)
    ]  # fmt: skip
    assert readings[0].value < readings[1].value
    assert readings[1].details["generalization_gap"] < -100 < readings[0].details["generalization_gap"]


def test_a_feature_that_does_not_vary_makes_it_undefined():
    given = sets()
    given["holdout"][:, 1] = 4.0
    with pytest.raises(UndefinedError, match="1 features do not vary in `holdout`"):
        feature_likelihood_divergence(**given)


def test_too_few_samples_are_a_sentence():
    given = sets()
    with pytest.raises(SampleSizeError, match="at least 4 samples, got real="):
        feature_likelihood_divergence(**given | {"real": given["real"][:3]})


def test_another_seed_takes_another_half():
    given = sets()
    assert feature_likelihood_divergence(**given, seed=1) != feature_likelihood_divergence(**given, seed=2)


def test_a_feature_that_varies_nowhere_is_left_out():
    given = sets()
    wider = {role: np.column_stack([rows, np.full(len(rows), 7.0)]) for role, rows in given.items()}
    assert feature_likelihood_divergence(**wider) == feature_likelihood_divergence(**given)
    flat = {role: np.ones((len(rows), 2)) for role, rows in given.items()}
    with pytest.raises(UndefinedError, match="2 features do not vary"):
        feature_likelihood_divergence(**flat)
