"""Flow matching of images: labels as asked, guidance that exaggerates them, velocities of the asked shape."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from auditkit.generators.image.diffusion import ImageDiffusion
from auditkit.generators.image.velocities import ImageVelocities
from auditkit.generators.interface import Budget


@pytest.fixture(scope="module")
def diffusion(barred):
    return ImageDiffusion(steps=300, batch=64, width=64, sampling_steps=8, learning_rate=5e-3).fit(barred)


def top_share(images):
    return (images[:, :4].mean(axis=(1, 2, 3)) > images[:, 4:].mean(axis=(1, 2, 3))).mean()


def test_images_show_their_labels(diffusion):
    assert top_share(diffusion.sample(60, conditions={"label": "top"}, seed=1).arrays()) > 0.9
    assert top_share(diffusion.sample(60, conditions={"label": "bottom"}, seed=1).arrays()) < 0.1


def test_without_guidance_labels_are_ignored(diffusion, tmp_path):
    diffusion.save(tmp_path)
    ignoring = ImageDiffusion.load(tmp_path)
    assert ignoring.sampling_steps == 8
    free = ImageDiffusion(steps=300, batch=64, width=64, sampling_steps=8, learning_rate=5e-3, guidance=0.0)
    free._model = free._restore_images(dict(diffusion._model.arrays()), diffusion._roles, diffusion._canvas)
    free._outline, free._roles, free._canvas = diffusion._outline, diffusion._roles, diffusion._canvas
    top, bottom = (
        free.sample(60, conditions={"where": level, "sex": "f"}, seed=1).arrays() for level in ("top", "bottom")
    )
    np.testing.assert_array_equal(top, bottom)


def test_velocities_have_the_shape_of_their_images():
    network = ImageVelocities((20, 23, 3), 2, width=8)
    given = torch.zeros(4, 20 * 23 * 3), torch.rand(4)
    assert network(*given, torch.ones(4, 2)).shape == (4, 20 * 23 * 3)
    assert network(*given).shape == (4, 20 * 23 * 3)
    hidden = network(*given, torch.ones(4, 2), torch.tensor([True, False, True, False]))
    torch.testing.assert_close(hidden[1], network(*given)[1])
    assert not torch.allclose(hidden[0], network(*given)[0])


def test_a_budget_in_steps_is_kept(barred):
    assert ImageDiffusion(width=16).fit(barred, budget=Budget(steps=4)).fit_report.steps == 4
