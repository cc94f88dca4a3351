"""The image GAN: labels shown as asked, places found again, scores that tell real images from noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from auditkit.generators.image.adversaries import Adversaries
from auditkit.generators.image.gan import ImageGan
from auditkit.generators.image.grids import grids
from auditkit.generators.interface import Budget, Latent, Scored
from auditkit.training import build_module


@pytest.fixture(scope="module")
def gan(barred):
    return ImageGan(steps=300, batch=64, hidden=64, latent=4, learning_rate=1e-3, ema=0.98).fit(barred)


def test_it_can_do_what_it_says(gan):
    assert isinstance(gan, Latent)
    assert isinstance(gan, Scored)
    assert gan.info.latent
    assert gan.info.scores


def test_images_show_their_labels(gan):
    made = gan.sample(100, seed=1)
    images = made.arrays()
    upper = images[:, :4].mean(axis=(1, 2, 3)) > images[:, 4:].mean(axis=(1, 2, 3))
    assert (upper == (made.label_values == "top")).mean() > 0.95


def test_images_are_found_again_at_their_places(gan):
    made = gan.sample(20, conditions={"where": "top", "sex": "f"}, seed=3)
    again = gan.decode(gan.encode(made, seed=0), conditions={"where": "top", "sex": "f"})
    wrong = np.abs(made.arrays().astype(float) - again.arrays()).mean()
    other = np.abs(made.arrays().astype(float) - again.arrays()[::-1]).mean()
    assert wrong < other / 2


def test_a_discriminator_that_is_ahead_scores_real_images_above_drawn_ones(barred):
    gan = ImageGan(steps=60, batch=64, hidden=64, latent=4, learning_rate=1e-4, ema=0.9).fit(barred)
    real, drawn = gan.score(barred), gan.score(gan.sample(160, seed=1))
    assert (real.shape, real.dtype) == ((160,), np.float64)
    assert np.quantile(real, 0.1) > np.quantile(drawn, 0.9)
    assert gan.score(barred.take([])).shape == (0,)


def test_two_losses_are_reported_and_a_budget_in_steps_is_kept(barred):
    gan = ImageGan(hidden=16, batch=16).fit(barred, budget=Budget(steps=7))
    assert gan.fit_report.steps == 7
    assert gan.fit_report.notes == ()


def test_spectral_norms_hold_the_layers_at_one():
    networks = build_module(lambda: Adversaries((8, 8, 1), 2, latent=4, hidden=32), seed=0)
    layer = networks.discriminator.layers[0]
    for _ in range(50):
        layer.normed()
    largest = torch.linalg.matrix_norm(layer.normed().detach(), 2)
    assert float(largest) == pytest.approx(1.0, abs=1e-3)


def test_grids_halve_down_to_eight():
    assert grids(64, 20) == [(64, 20), (32, 10), (16, 5), (8, 3)]


def test_the_moving_average_of_convolutions_has_norms_of_its_own(large_barred):
    gan = ImageGan(steps=30, hidden=32, batch=16).fit(large_barred)
    networks = gan._model.networks
    made = networks.generator.body.first.running_var
    assert torch.isfinite(made).all()
    assert networks.generator.body.first.num_batches_tracked == 20
