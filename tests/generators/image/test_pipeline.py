"""Pretrained pipelines, on a tiny one that the test makes; skipped without diffusers."""

from __future__ import annotations

import sys
import types
import warnings

import numpy as np
import pytest
import torch

from auditkit import generators
from auditkit.errors import AuditkitError, DataError, MissingDependencyError
from auditkit.generators.image.pipeline import ImagePipeline
from auditkit.generators.image.pixel_levels import observed_levels
from auditkit.testing import check_generator


def unlabelled(dataset):
    from auditkit.data import Dataset

    return Dataset.of_table(dataset.table[[]].assign(n=range(len(dataset))), samples=dataset.samples)


@pytest.fixture
def saved(tmp_path):
    """An untrained denoiser of 8 x 8 colours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        diffusers = pytest.importorskip("diffusers", reason="the extra [diffusers] is not installed")
    network = diffusers.UNet2DModel(
        sample_size=8, block_out_channels=(8, 8), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    diffusers.DDPMPipeline(network, diffusers.DDPMScheduler()).save_pretrained(tmp_path / "tiny")
    return str(tmp_path / "tiny")


def test_a_local_pipeline_keeps_the_rules_of_generators(saved, stripes):
    check_generator(lambda: ImagePipeline(path=saved, steps=2), unlabelled(stripes).take(np.arange(20)))


def test_images_have_the_shape_and_levels_of_the_real_ones(saved, stripes):
    data = unlabelled(stripes)
    made = ImagePipeline(path=saved, steps=2).fit(data).sample(11, seed=3)
    assert made.schema.shape == data.schema.shape
    assert set(np.unique(made.arrays())) <= set(observed_levels(data.samples))
    assert len(np.unique(made.arrays().reshape(11, -1), axis=0)) == 11


class Prompted:
    """Stands in for a pipeline that takes text: the shade of an image is the length of its prompt."""

    def set_progress_bar_config(self, **_):
        pass

    def to(self, _):
        return self

    def __call__(self, *, prompt, generator, num_inference_steps, output_type, guidance_scale=None):
        del num_inference_steps, output_type, guidance_scale
        noise = [torch.rand((4, 4, 3), generator=rng).numpy() / 500 for rng in generator]
        return types.SimpleNamespace(images=np.stack([n + len(p) / 100 for n, p in zip(noise, prompt, strict=True)]))


@pytest.fixture
def prompted(monkeypatch, tmp_path):
    opened = types.SimpleNamespace(from_pretrained=lambda *_, **__: Prompted())
    monkeypatch.setitem(sys.modules, "diffusers", types.SimpleNamespace(DiffusionPipeline=opened))
    return str(tmp_path)


def test_label_and_groups_are_put_into_the_prompt(prompted, stripes, tmp_path):
    label = stripes.label
    levels = stripes.schema[label].levels
    made = ImagePipeline(path=prompted, prompt=f"{{{label}}}" + "x" * 40).fit(stripes)
    found = made.sample(20, conditions={label: levels[0]}, seed=1)
    assert set(found.label_values) == {levels[0]}
    assert made.sample(7, seed=1).arrays().tolist() == made.sample(9, seed=1).take(np.arange(7)).arrays().tolist()
    made.save(tmp_path / "kept")
    again = generators.load(tmp_path / "kept")
    assert again.sample(5, seed=2).arrays().tolist() == made.sample(5, seed=2).arrays().tolist()


def test_a_prompt_that_does_not_fit_the_data_is_refused(prompted, stripes):
    with pytest.raises(DataError, match="the pipeline is not told of it"):
        ImagePipeline(path=prompted).fit(stripes)
    with pytest.raises(DataError, match="asks for 'colour'"):
        ImagePipeline(path=prompted, prompt="a {colour} thing").fit(stripes)
    with pytest.raises(AuditkitError, match="at least 1 step"):
        ImagePipeline(path=prompted, steps=0)


def test_a_folder_without_a_pipeline_and_a_missing_package_are_told(stripes, tmp_path, monkeypatch):
    data = unlabelled(stripes)
    with pytest.raises(DataError, match="no folder of a pipeline"):
        ImagePipeline(path=str(tmp_path / "nothing")).fit(data)
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(MissingDependencyError, match=r"extra \[diffusers\]"):
        ImagePipeline(path=str(tmp_path)).fit(data)
