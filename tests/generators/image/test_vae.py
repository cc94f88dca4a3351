"""The image autoencoder: labels as asked, pixels on the observed levels, same seed same bytes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import load
from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError, UnknownNameError
from auditkit.generators.image.vae import ImageVae
from auditkit.generators.interface import Budget, NotFittedError


def bars(n=160, side=8, channels=1, seed=0):
    """Images with a bright upper half ("top") or lower half ("bottom"), at five levels."""
    rng = np.random.default_rng(seed)
    top = rng.random(n) < 0.6
    pixels = rng.integers(0, 2, size=(n, side, side, channels)) * 16
    pixels[top, : side // 2] += 192
    pixels[~top, side // 2 :] += 192
    table = pd.DataFrame({"where": np.where(top, "top", "bottom"), "sex": rng.choice(["f", "m"], n)})
    return Dataset.of_table(
        table, label="where", groups=["sex"], samples=ArraySamples(pixels.astype(np.uint8)), source="bars"
    )


@pytest.fixture(scope="module")
def vae():
    return ImageVae(steps=400, hidden=64, latent=4).fit(bars(), seed=0)


def test_samples_keep_schema_roles_shape_and_pixel_levels(vae):
    data = bars()
    made = vae.sample(50, seed=1)
    assert made.schema == data.schema
    assert (made.label, made.groups, made.modality, len(made)) == ("where", ("sex",), "image", 50)
    assert made.arrays().shape == (50, 8, 8, 1)
    assert set(np.unique(made.arrays())) <= set(np.unique(data.arrays()))


def test_images_show_their_labels(vae):
    made = vae.sample(100, seed=1)
    upper = made.arrays()[:, :4].mean(axis=(1, 2, 3)) > made.arrays()[:, 4:].mean(axis=(1, 2, 3))
    assert (upper == (made.label_values == "top")).mean() > 0.85


def test_labels_come_as_often_as_in_training(vae):
    share = (vae.sample(2000, seed=1).label_values == "top").mean()
    assert share == pytest.approx((bars().label_values == "top").mean(), abs=0.04)


def test_conditions_are_exact(vae):
    assert set(vae.sample(9, conditions={"label": "top", "sex": "f"}).group_values("sex")) == {"f"}
    made = vae.sample(5, conditions={"where": {"top": 2, "bottom": 3}})
    assert list(made.label_values) == ["top"] * 2 + ["bottom"] * 3
    with pytest.raises(UnknownNameError, match="did you mean 'top'"):
        vae.sample(1, conditions={"where": "topp"})


def test_same_seeds_give_the_same_bytes_and_a_sample_begins_with_the_smaller_one(vae):
    again = ImageVae(steps=400, hidden=64, latent=4).fit(bars(), seed=0)
    np.testing.assert_array_equal(vae.sample(300, seed=2).arrays(), again.sample(300, seed=2).arrays())
    np.testing.assert_array_equal(vae.sample(300, seed=2).arrays()[:20], vae.sample(20, seed=2).arrays())
    pd.testing.assert_frame_equal(vae.sample(300, seed=2).table.head(20), vae.sample(20, seed=2).table)
    assert not np.array_equal(vae.sample(20, seed=3).arrays(), vae.sample(20, seed=2).arrays())


def test_a_saved_generator_gives_the_same_samples(vae, tmp_path):
    vae.save(tmp_path)
    loaded = ImageVae.load(tmp_path)
    np.testing.assert_array_equal(loaded.sample(20, seed=2).arrays(), vae.sample(20, seed=2).arrays())
    pd.testing.assert_frame_equal(loaded.sample(20, seed=2).table, vae.sample(20, seed=2).table)
    assert loaded.fit_report.data_hash == bars().hash


def test_pixel_noise_is_an_option_that_changes_samples_only():
    data = bars()
    plain = ImageVae(steps=20, hidden=16, latent=2, noise=False).fit(data).sample(5, seed=1)
    rough = ImageVae(steps=20, hidden=16, latent=2).fit(data).sample(5, seed=1)
    assert not np.array_equal(plain.arrays(), rough.arrays())
    pd.testing.assert_frame_equal(plain.table, rough.table)


def test_budget_report_and_progress():
    seen = []
    vae = ImageVae(hidden=16).fit(bars(), budget=Budget(steps=6), progress=lambda *step: seen.append(step[:2]))
    assert (vae.fit_report.steps, vae.fit_report.n_train) == (6, 160)
    assert seen == [(6, 6)]


def test_tables_large_images_and_unfitted_samples_are_refused():
    with pytest.raises(DataError, match="needs image data, got tabular"):
        ImageVae().fit(load(pd.DataFrame({"x": [1.0, 2.0]})))
    with pytest.raises(DataError, match="up to 64 pixels a side, got 65 x 8"):
        ImageVae().fit(load(np.zeros((3, 65, 8, 1), dtype=np.uint8), modality="image"))
    with pytest.raises(NotFittedError, match="call fit"):
        ImageVae().sample(1)
    with pytest.raises(NotFittedError, match="fitted"):
        ImageVae().save("nowhere")


def test_a_pair_of_levels_that_no_image_has_is_an_error():
    table = pd.DataFrame({"y": ["a", "b"] * 4, "g": ["u", "v"] * 4})
    pixels = np.random.default_rng(0).integers(0, 256, (8, 4, 4, 1), dtype=np.uint8)
    data = Dataset.of_table(table, label="y", groups=["g"], samples=ArraySamples(pixels))
    vae = ImageVae(steps=2, hidden=8).fit(data)
    with pytest.raises(DataError, match="no training unit has"):
        vae.sample(2, conditions={"y": "a", "g": "v"})


def test_images_are_drawn_again_at_their_places(vae):
    data = bars()
    again = vae.decode(vae.encode(data), seed=1)
    near = np.abs(again.arrays().astype(float) - data.arrays()).mean(axis=(1, 2, 3))
    assert near.max() < 20
