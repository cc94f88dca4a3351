"""Attacked images: within eps, misleading, targeted, judged by a second network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from auditkit.data import load
from auditkit.errors import AuditkitError, DataError
from auditkit.generators.image.adversarial import ImageAdversarial
from auditkit.generators.image.attacks import Attack

IMAGES = torch.rand(6, 1, 3, 3, generator=torch.Generator().manual_seed(0)) / 2 + 0.25
NOISE = 2 * torch.rand(6, 1, 3, 3, generator=torch.Generator().manual_seed(1)) - 1
CLASSES = torch.tensor([0, 1, 0, 1, 0, 1])


def brightness(images):
    """Class 1 for bright images, with a known gradient: 1 for class 1 on all pixels."""
    total = images.sum(dim=(1, 2, 3))
    return torch.stack([-total, total], dim=1)


@pytest.mark.parametrize("steps", [1, 10])
def test_the_largest_norm_is_reached_along_the_sign_of_the_gradient(steps):
    changed = Attack(0.1, "inf", steps, targeted=False).change(brightness, IMAGES, CLASSES, NOISE)
    expected = IMAGES + 0.1 * torch.where(CLASSES == 0, 1.0, -1.0)[:, None, None, None]
    torch.testing.assert_close(changed, expected)


@pytest.mark.parametrize("steps", [1, 10])
def test_the_mean_square_norm_moves_all_pixels_alike(steps):
    changed = Attack(0.1, "2", steps, targeted=False).change(brightness, IMAGES, CLASSES, 0 * NOISE)
    torch.testing.assert_close((changed - IMAGES).abs(), torch.full_like(IMAGES, 0.1))


def test_targets_turn_the_direction():
    free, aimed = (
        Attack(0.1, "inf", 1, targeted=targeted).change(brightness, IMAGES, CLASSES, NOISE) for targeted in (0, 1)
    )
    torch.testing.assert_close(free - IMAGES, IMAGES - aimed)


@pytest.fixture(scope="module")
def fitted(barred):
    return ImageAdversarial(training_steps=60, eps=0.7, steps=5).fit(barred)


def share_read_right(generator, dataset, network):
    shares = generator._canvas.shares(dataset.arrays())
    with torch.no_grad():
        read = network(shares).argmax(dim=1).numpy()
    return (np.array(generator.classes)[read] == dataset.label_values).mean()


def test_the_attacked_network_errs_on_samples_and_not_on_real_images(fitted, barred):
    attacked = fitted._model.attacked
    assert share_read_right(fitted, barred, attacked) == 1
    assert share_read_right(fitted, fitted.sample(60, seed=1), attacked) < 0.3


def test_changes_stay_within_eps_and_half_a_level(barred):
    generator = ImageAdversarial(training_steps=20, eps=0.05).fit(barred)
    made = generator.sample(30, seed=1).arrays().astype(float).reshape(30, 1, -1)
    real = barred.arrays().astype(float).reshape(1, len(barred), -1)
    nearest = np.abs(made - real).max(axis=2).min(axis=1)
    assert nearest.max() <= 0.05 * 208 + 88


def test_a_second_network_judges_labels(fitted, barred):
    assert fitted.judge(barred).all()
    turned = fitted._outline.dataset(barred.table, name="turned", samples=barred.samples)
    flipped = turned.take(np.arange(len(turned)))
    assert fitted.judge(flipped).dtype == np.bool_
    assert fitted.judge(fitted.sample(0)).shape == (0,)


def test_a_model_of_ones_own_is_attacked_and_not_saved(barred, tmp_path):
    seen = []

    def own(images):
        seen.append(images.shape[1:])
        half = images.shape[2] // 2
        lead = images[:, :, :half].sum(dim=(1, 2, 3)) - images[:, :, half:].sum(dim=(1, 2, 3))
        return torch.stack([-lead, lead], dim=1)

    generator = ImageAdversarial(model=own, training_steps=5, eps=1.0, steps=1).fit(barred)
    assert generator.classes == ("bottom", "top")
    made = generator.sample(20, conditions={"where": "top"}, seed=1).arrays()
    assert (made[:, :4].mean(axis=(1, 2, 3)) < made[:, 4:].mean(axis=(1, 2, 3))).all()
    assert seen[0] == (1, 8, 8)
    with pytest.raises(AuditkitError, match="cannot be saved"):
        generator.save(tmp_path)


def test_one_label_leaves_images_as_they_are(barred):
    only = barred.take(np.flatnonzero(barred.label_values == "top"))
    generator = ImageAdversarial(training_steps=3).fit(only)
    assert "one label only" in generator.fit_report.notes[-1]
    real = {image.tobytes() for image in only.arrays()}
    assert {image.tobytes() for image in generator.sample(10, seed=1).arrays()} <= real


def test_images_without_label_and_wrong_settings_are_refused():
    with pytest.raises(DataError, match="needs a label to attack"):
        ImageAdversarial().fit(load(np.zeros((3, 4, 4, 1), dtype=np.uint8), modality="image"))
    with pytest.raises(AuditkitError, match="eps must lie"):
        ImageAdversarial(eps=0)
    with pytest.raises(AuditkitError, match="norm must be"):
        ImageAdversarial(norm="1")
    with pytest.raises(AuditkitError, match="steps and training_steps"):
        ImageAdversarial(steps=0)
