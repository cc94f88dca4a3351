"""The augmenting generator: labels kept, each operation does what it says, same seed same bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import load
from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.generators.image.augment import ImageAugment
from auditkit.generators.image.operations import DEFAULTS, OPERATIONS, apply_operations
from auditkit.generators.interface import NotFittedError


def shades(n=40, shape=(9, 12, 1), seed=0):
    """Images whose mean shade tells their label."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    pixels = (y * 80)[:, None, None, None] + rng.integers(0, 40, (n, *shape))
    table = pd.DataFrame({"y": np.array(["dark", "grey", "light"])[y], "file": [f"{i}.png" for i in range(n)]})
    return Dataset.of_table(
        table, label="y", columns={"file": "id"}, samples=ArraySamples(pixels.astype(np.uint8)), source="shades"
    )


def changed(image, name, *draw):
    noise = torch.randn(image[None].shape, generator=torch.Generator().manual_seed(0))
    partner = torch.full_like(image, 0.9)
    return apply_operations(image[None], [[name]], np.array([[draw]], dtype=float), noise, partner[None])[0]


def ramp(height=8, width=8):
    return torch.linspace(0.2, 0.8, height * width).reshape(1, height, width)


def test_flip_mirrors_left_and_right():
    torch.testing.assert_close(changed(ramp(), "flip", 0, 0, 0), ramp().flip(2))


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name not in {"flip", "erase", "cutmix"}])
def test_strength_zero_changes_nothing(name):
    torch.testing.assert_close(changed(ramp(), name, 0.0, 0.5, 0.5), ramp())


@pytest.mark.parametrize("name", OPERATIONS)
def test_full_strength_changes_something_and_stays_in_range(name):
    bright = ramp() * torch.tensor([1.0, 0.5, 0.8])[:, None, None]
    image = changed(bright, name, 1.0, 0.5, 0.5)
    assert not torch.equal(image, bright)
    assert 0 <= float(image.min()) <= float(image.max()) <= 1


def test_translation_moves_by_a_share_of_the_side():
    image = torch.zeros(1, 25, 25)
    image[0, 12, 12] = 1.0
    moved = changed(image, "translate", 1.0, 1.0, 0.0)
    assert (moved[0] == moved.max()).nonzero().tolist() == [[12, 10]]


def test_rotation_keeps_lengths_in_images_that_are_not_square():
    image = torch.zeros(1, 21, 61)
    image[0, 10, 20:41] = 1.0
    turned = changed(image, "rotate", 3.0, 0.0, 0.0)
    rows, columns = (turned[0] > 0.3).nonzero(as_tuple=True)
    rise, run = int(rows.max() - rows.min()), int(columns.max() - columns.min())
    assert np.degrees(np.arctan2(rise, run)) == pytest.approx(30, abs=5)
    assert np.hypot(rise, run) == pytest.approx(20, abs=2.5)


def test_erasing_fills_one_rectangle_with_the_mean():
    image = changed(ramp(8, 8), "erase", 1.0, -1.0, -1.0)
    assert (image != ramp(8, 8)).nonzero().tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 1]]
    assert float(image[0, 0, 0]) == pytest.approx(0.5)


def test_colour_changes_saturation_and_leaves_grey_images():
    red = ramp() * torch.tensor([1.0, 0.5, 0.5])[:, None, None]
    stronger = changed(red, "colour", 1.0, 0.0, 0.0)
    spread = red[0] - red[1]
    torch.testing.assert_close(stronger[0] - stronger[1], 1.4 * spread)
    torch.testing.assert_close(stronger.mean(dim=0), red.mean(dim=0))
    torch.testing.assert_close(changed(ramp(), "colour", 1.0, 1.0, 1.0), ramp())


def test_blur_spreads_a_point_evenly_and_keeps_its_light():
    image = torch.zeros(1, 25, 25)
    image[0, 12, 12] = 1.0
    blurred = changed(image, "blur", 1.0, 0.0, 0.0)
    assert float(blurred.sum()) == pytest.approx(1.0, abs=1e-5)
    torch.testing.assert_close(blurred, blurred.transpose(1, 2))
    assert float(blurred[0, 12, 13] / blurred[0, 12, 12]) == pytest.approx(np.exp(-1 / 2), abs=1e-5)


def test_mixup_takes_half_of_the_partner_at_most():
    torch.testing.assert_close(changed(ramp(), "mixup", 1.0, 0.0, 0.0), (ramp() + 0.9) / 2)
    torch.testing.assert_close(changed(ramp(), "mixup", 0.2, 0.0, 0.0), 0.9 * ramp() + 0.09)


def test_cutmix_pastes_one_rectangle_of_the_partner():
    image = changed(ramp(8, 8), "cutmix", 0.5, 1.0, 1.0)
    assert (image != ramp(8, 8)).nonzero().tolist() == [[0, 6, 6], [0, 6, 7], [0, 7, 6], [0, 7, 7]]
    assert (image[0, 6:, 6:] == 0.9).all()


def test_noise_has_the_spread_of_its_strength():
    image = torch.full((1, 80, 80), 0.5)
    assert float(changed(image, "noise", 1.0, 0.0, 0.0).std()) == pytest.approx(0.04, rel=0.05)


def test_crop_and_scale_enlarge_or_shrink_about_their_place():
    image = torch.zeros(1, 40, 40)
    image[0, 10:30, 10:30] = 1.0
    assert float(changed(image, "crop", 1.0, 0.0, 0.0).sum()) == pytest.approx(400 / 0.8**2, rel=0.06)
    assert float(changed(image, "scale", 1.0, 0.0, 0.0).sum()) == pytest.approx(400 / 1.1**2, rel=0.06)


def test_light_and_contrast_are_factors():
    torch.testing.assert_close(changed(ramp(), "brightness", 0.5, 0.0, 0.0), 1.1 * ramp())
    torch.testing.assert_close(changed(ramp(), "contrast", -1.0, 0.0, 0.0), 0.5 + 0.8 * (ramp() - 0.5))


def test_mixing_stays_within_a_label():
    data = shades()
    made = ImageAugment(operations=["mixup", "cutmix"]).fit(data).sample(80, seed=1)
    shade = made.arrays().mean(axis=(1, 2, 3))
    for place, name in enumerate(("dark", "grey", "light")):
        assert (np.abs(shade[made.label_values == name] - 80 * place - 20) < 20).all()


def test_trivial_draws_one_of_all_operations_on_a_single_image():
    trivial = ImageAugment(operations="trivial")
    assert set(OPERATIONS) - set(trivial.operations) == {"mixup", "cutmix"}
    assert trivial.n_operations == 1
    assert len(trivial.fit(shades()).sample(30)) == 30
    assert ImageAugment(operations="flip").operations == ["flip"]


def test_samples_keep_schema_labels_and_levels_and_get_new_ids():
    data = shades()
    made = ImageAugment(n_operations=2).fit(data).sample(60, seed=1)
    assert made.schema == data.schema
    shade = made.arrays().mean(axis=(1, 2, 3))
    assert (
        np.argsort([shade[made.label_values == name].mean() for name in ("dark", "grey", "light")]) == [0, 1, 2]
    ).all()
    assert not set(made.table["file"]) & set(data.table["file"])
    assert made.table["file"].is_unique


def test_defaults_leave_out_what_may_change_a_digit():
    assert not {"flip", "crop", "erase"} & set(DEFAULTS)
    assert ImageAugment().operations == list(DEFAULTS)


def test_few_pixel_levels_survive():
    pixels = np.random.default_rng(0).choice([0, 15, 240], size=(30, 8, 8, 1)).astype(np.uint8)
    made = ImageAugment().fit(load(pixels, modality="image")).sample(50)
    assert set(np.unique(made.arrays())) <= {0, 15, 240}


def test_same_seeds_same_bytes_prefixes_threads_and_global_states():
    augment = ImageAugment(operations=OPERATIONS, n_operations=3).fit(shades())
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    first = augment.sample(300, seed=4)
    try:
        torch.set_num_threads(2)
        second = augment.sample(300, seed=4)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(first.arrays(), second.arrays())
    np.testing.assert_array_equal(first.arrays()[:25], augment.sample(25, seed=4).arrays())
    assert not np.array_equal(first.arrays(), augment.sample(300, seed=5).arrays())
    assert torch.equal(state, torch.random.get_rng_state())


def test_conditions_are_exact():
    augment = ImageAugment().fit(shades())
    assert set(augment.sample(10, conditions={"y": "grey"}).label_values) == {"grey"}
    assert list(augment.sample(3, conditions={"label": {"light": 1, "dark": 2}}).label_values) == [
        "light",
        "dark",
        "dark",
    ]
    with pytest.raises(UnknownNameError, match="did you mean 'grey'"):
        augment.sample(1, conditions={"y": "gray"})
    with pytest.raises(AuditkitError, match="'file'"):
        augment.sample(1, conditions={"file": "0.png"})


def test_a_saved_generator_gives_the_same_samples(tmp_path):
    augment = ImageAugment(operations=["rotate", "erase"], strength=0.5).fit(shades())
    augment.save(tmp_path)
    loaded = ImageAugment.load(tmp_path)
    np.testing.assert_array_equal(loaded.sample(20, seed=1).arrays(), augment.sample(20, seed=1).arrays())
    pd.testing.assert_frame_equal(loaded.sample(20, seed=1).table, augment.sample(20, seed=1).table)


@pytest.mark.parametrize("channels", [1, 3])
def test_one_image_zero_samples_and_channels(channels):
    augment = ImageAugment(operations=OPERATIONS, n_operations=len(OPERATIONS), strength=3.0)
    augment.fit(load(np.full((1, 4, 5, channels), 9, dtype=np.uint8), modality="image"))
    assert (augment.sample(4).arrays() == 9).all()
    assert len(augment.sample(0)) == 0


def test_wrong_settings_and_data_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'rotate'"):
        ImageAugment(operations=["rotat"])
    with pytest.raises(AuditkitError, match="n_operations must be 1 to 1"):
        ImageAugment(operations=["flip"], n_operations=2)
    with pytest.raises(AuditkitError, match="strength must lie"):
        ImageAugment(strength=0)
    with pytest.raises(DataError, match="needs image data"):
        ImageAugment().fit(load(pd.DataFrame({"x": [1.0, 2.0]})))
    with pytest.raises(NotFittedError, match="call fit"):
        ImageAugment().sample(1)
    with pytest.raises(NotFittedError, match="fitted"):
        ImageAugment().save("nowhere")
