"""Differentially private training: what is spent, what is told of it, and what is refused."""

from __future__ import annotations

import importlib
import importlib.util
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import load
from auditkit.errors import AuditkitError, MissingDependencyError
from auditkit.generators import Budget, create
from auditkit.generators.private import Privacy, train_privately
from auditkit.training import Trainer

needs_opacus = pytest.mark.skipif(
    importlib.util.find_spec("opacus") is None, reason="needs opacus: pip install '.[dp]'"
)
NAMES = ["ar", "vae"]


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    kind = rng.choice(["low", "high"], 300)
    size = np.where(kind == "low", 0.0, 5.0) + rng.normal(0, 0.4, 300)
    frame = {"size": size.round(4), "mark": kind, "spare": rng.choice(list("pqr"), 300), "kind": kind}
    return load(pd.DataFrame(frame), label="kind")


def private(name, epsilon, **params):
    dp = {"epsilon": epsilon, "delta": 1e-3, "max_grad_norm": 1.0}
    return create(name, modality="tabular", hidden=16, batch=32, dp=dp, **params)


def line(n, **settings):
    """A model of one weight whose rows pull it with gradients of -1000 and, one of them, 1000."""
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(model.weight)
    pull = torch.full((n, 1), -1000.0)
    pull[0] = 1000.0
    trainer = Trainer(steps=settings.pop("steps", 1), batch=n, learning_rate=0.1)

    def losses(model, rows, _rng):
        return model(pull[rows])[:, 0]

    return model, trainer, losses


@needs_opacus
@pytest.mark.parametrize("name", NAMES)
def test_what_was_spent_is_told_kept_and_no_more_than_asked(name, data, tmp_path):
    generator = private(name, 2.0).fit(data, seed=1, budget=Budget(steps=12))
    report = generator.fit_report
    assert 1.9 < report.epsilon <= 2.0
    assert f"epsilon {report.epsilon:.4g} spent of 2 at delta 0.001" in report.notes[0]
    assert report.curve == ()
    assert (report.steps, report.stopped_by) == (12, "steps")
    generator.save(tmp_path)
    loaded = type(generator).load(tmp_path)
    assert loaded.fit_report.epsilon == report.epsilon
    assert loaded.dp == generator.dp
    again = private(name, 2.0).fit(data, seed=1, budget=Budget(steps=12))
    assert again.sample(30, seed=2).hash == generator.sample(30, seed=2).hash == loaded.sample(30, seed=2).hash


@needs_opacus
def test_random_states_stay_as_they_are(data):
    before = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    private("ar", 1.0).fit(data, budget=Budget(steps=3))
    assert torch.equal(before[0], torch.random.get_rng_state())
    np.testing.assert_array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


@needs_opacus
def test_epsilon_of_whole_batches_is_that_of_the_gaussian_mechanism():
    model, trainer, losses = line(50, steps=7)
    noises = []
    optimizers = importlib.import_module("opacus.optimizers")

    class Watched(optimizers.DPOptimizer):
        def __init__(self, *args, noise_multiplier, **kwargs):
            noises.append(noise_multiplier)
            super().__init__(*args, noise_multiplier=noise_multiplier, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizers, "DPOptimizer", Watched)
        privacy = Privacy(3.0, 1e-4, 1.0)
        _, spent = train_privately(None, trainer, model, losses, privacy=privacy, n=50, seed=0, progress=None)
    # Renyi divergence of the Gaussian mechanism, turned into epsilon: Mironov 2017; Balle et al. 2020, theorem 21.
    alpha = np.concatenate([np.linspace(1.01, 12, 1100), np.arange(12.0, 64.0)])
    renyi = 7 * alpha / (2 * noises[0] ** 2)
    bound = renyi + np.log1p(-1 / alpha) - np.log(1e-4 * alpha) / (alpha - 1)
    assert spent == pytest.approx(bound.min(), rel=0.01)


@needs_opacus
def test_no_row_pulls_harder_than_the_norm_allows():
    model, trainer, losses = line(20)
    steps = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.Adam, "step", lambda self, *_: steps.append(self.param_groups[0]["params"][0].grad))
        privacy = Privacy(1e6, 1e-4, 2.0)
        train_privately(None, trainer, model, losses, privacy=privacy, n=20, seed=0, progress=None)
    # 19 rows clipped to -2 and one to 2, over 20 rows.
    assert steps[0].item() == pytest.approx((-19 * 2 + 2) / 20, abs=0.05)


@needs_opacus
def test_batches_without_rows_are_steps_too():
    model, trainer, losses = line(30, steps=20)
    seen = []
    training, _ = train_privately(
        Budget(steps=15),
        Trainer(batch=1, learning_rate=trainer.learning_rate),
        model,
        losses,
        privacy=Privacy(5.0),
        n=30,
        seed=0,
        progress=lambda *said: seen.append(said),
    )
    assert training.steps == 15
    assert seen == [(15, 15, "private training")]
    assert torch.isfinite(model.weight).all()


@needs_opacus
def test_a_budget_in_seconds_is_refused(data):
    with pytest.raises(AuditkitError, match="needs a budget in steps, got seconds"):
        private("vae", 1.0).fit(data, budget=Budget(seconds=1))


def test_without_opacus_it_is_refused_in_a_sentence(data, monkeypatch):
    def nothing(name, *_):
        raise ImportError(name)

    monkeypatch.setattr("auditkit.generators.private.importlib", SimpleNamespace(import_module=nothing))
    with pytest.raises(MissingDependencyError, match=r"needs opacus: install the extra, as pip install '\.\[dp\]'"):
        private("ar", 1.0).fit(data)


@pytest.mark.parametrize(
    ("dp", "sentence"),
    [
        ({"delta": 1e-5}, "lacks 'epsilon'"),
        ({"epsilon": 1, "noise": 2}, "has 'noise'"),
        ({"epsilon": 0}, "epsilon and max_grad_norm above 0"),
        ({"epsilon": 1, "delta": 1}, "delta between 0 and 1"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_privacy_is_refused(name, dp, sentence):
    with pytest.raises(AuditkitError, match=sentence):
        create(name, modality="tabular", dp=dp)


@needs_opacus
def test_an_epsilon_that_no_noise_keeps_is_said(people):
    vae = create("vae", modality="tabular", dp={"epsilon": 1e-6})
    with pytest.raises(AuditkitError, match=r"^`dp` cannot keep epsilon 1e-06 .* larger epsilon, or fewer steps\.$"):
        vae.fit(people, budget=Budget(steps=3))
