"""What every model of images keeps: levels, labels, threads, odd shapes, few images, nothing global."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.data import load
from auditkit.data.dataset import Dataset
from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError, ShapeError, UnknownNameError
from auditkit.generators.image.adversarial import ImageAdversarial
from auditkit.generators.image.diffusion import ImageDiffusion
from auditkit.generators.image.gan import ImageGan
from auditkit.generators.image.gaussian import ImageGaussian
from auditkit.generators.image.smote import ImageSmote
from auditkit.generators.image.vae import ImageVae
from auditkit.generators.interface import NotFittedError

MODELS = {
    "vae": lambda: ImageVae(steps=3, hidden=16, latent=2),
    "gan": lambda: ImageGan(steps=3, hidden=32, latent=3, batch=16),
    "diffusion": lambda: ImageDiffusion(steps=3, width=8, sampling_steps=2, batch=16),
    "gaussian": lambda: ImageGaussian(components=6),
    "smote": lambda: ImageSmote(k=2),
    "adversarial": lambda: ImageAdversarial(training_steps=3),
}
LATENT = [name for name, made in MODELS.items() if made().info.latent]


@pytest.fixture(params=MODELS)
def made(request):
    return MODELS[request.param]


def upper_brighter(dataset):
    images = dataset.arrays()
    half = images.shape[1] // 2
    return images[:, :half].mean(axis=(1, 2, 3)) > images[:, half:].mean(axis=(1, 2, 3))


def test_threads_and_global_random_states_play_no_part(made, barred):
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    try:
        drawn = []
        for count in (1, 2):
            torch.set_num_threads(count)
            drawn.append(made().fit(barred).sample(10, seed=1).arrays())
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert torch.equal(state, torch.random.get_rng_state())


def test_levels_label_and_groups_are_those_of_the_training_images(made, barred):
    sample = made().fit(barred).sample(40, seed=1)
    assert set(np.unique(sample.arrays())) <= set(np.unique(barred.arrays()))
    assert sample.schema == barred.schema
    assert set(sample.label_values) <= {"top", "bottom"}


def test_colour_images_larger_than_sixteen_pixels_work_and_are_saved(made, large_barred, tmp_path):
    fitted = made().fit(large_barred)
    sample = fitted.sample(5, seed=1)
    assert sample.arrays().shape == (5, 20, 20, 3)
    fitted.save(tmp_path)
    np.testing.assert_array_equal(type(fitted).load(tmp_path).sample(5, seed=1).arrays(), sample.arrays())


@pytest.mark.parametrize(("height", "width", "channels"), [(5, 9, 1), (18, 23, 3), (1, 1, 1)])
def test_odd_shapes_without_label_work(made, height, width, channels):
    if made().info.needs_label:
        pytest.skip("needs a label")
    pixels = np.random.default_rng(0).integers(0, 256, (12, height, width, channels), dtype=np.uint8)
    sample = made().fit(load(pixels, modality="image")).sample(3)
    assert sample.arrays().shape == (3, height, width, channels)
    assert sample.label is None


def test_one_constant_image_of_one_class_works(made):
    table = pd.DataFrame({"y": ["a"]})
    data = Dataset.of_table(table, label="y", samples=ArraySamples(np.full((1, 4, 4, 1), 7, dtype=np.uint8)))
    sample = made().fit(data).sample(3)
    assert (sample.arrays() == 7).all()
    assert list(sample.label_values) == ["a"] * 3


def test_missing_labels_are_a_level_of_their_own(made, barred):
    table = barred.table.assign(where=barred.table["where"].where(np.arange(len(barred)) % 4 > 0))
    data = Dataset.of_table(table, label="where", groups=["sex"], samples=ArraySamples(barred.arrays()))
    sample = made().fit(data).sample(60, seed=1)
    assert 0 < sample.table["where"].isna().sum() < 60


def test_tables_and_unfitted_samples_are_refused(made):
    with pytest.raises(DataError, match="needs image data, got tabular"):
        made().fit(load(pd.DataFrame({"x": [1.0, 2.0]})))
    with pytest.raises(NotFittedError, match="call fit"):
        made().sample(1)
    with pytest.raises(NotFittedError, match="call fit"):
        made().save("nowhere")


@pytest.mark.parametrize("name", LATENT)
def test_places_are_found_and_made_into_images(name, barred):
    fitted = MODELS[name]().fit(barred)
    places = fitted.encode(barred.take(np.arange(9)), seed=1)
    assert (places.shape, places.dtype) == ((9, fitted.latent), np.float32)
    np.testing.assert_array_equal(places, fitted.encode(barred.take(np.arange(9)), seed=1))
    made = fitted.decode(places, conditions={"label": "top", "sex": "f"})
    assert set(made.label_values) == {"top"}
    assert made.arrays().shape == (9, 8, 8, 1)
    assert len(fitted.decode(places[:0])) == 0
    assert fitted.encode(barred.take([])).shape == (0, fitted.latent)


@pytest.mark.parametrize("name", LATENT)
def test_places_of_another_width_and_strange_images_are_refused(name, barred, large_barred):
    fitted = MODELS[name]().fit(barred)
    with pytest.raises(DataError, match="expected images of shape"):
        fitted.encode(large_barred)
    with pytest.raises(ShapeError, match="finite numbers of shape"):
        fitted.decode(np.zeros((2, fitted.latent + 1)))
    with pytest.raises(UnknownNameError, match="did you mean 'top'"):
        fitted.decode(np.zeros((2, fitted.latent)), conditions={"where": "topp"})
    only = fitted.fit(barred.take(np.flatnonzero(barred.label_values == "top")))
    with pytest.raises(DataError, match="no training unit has"):
        only.encode(barred)
