"""Devices by name, and the same training wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from auditkit.errors import AuditkitError
from auditkit.training import Trainer, find_device, move_tensors

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an accelerator")


@dataclass(frozen=True)
class Rows:
    x: torch.Tensor
    name: str

    def loss(self, model, rows, rng):
        noise = torch.randn((len(rows), 1), generator=rng, device=rng.device)
        return ((model(self.x[rows]) - self.x[rows] + 0.01 * noise) ** 2).mean()


ROWS = Rows(torch.linspace(-1, 1, 100).reshape(-1, 1), "line")


def test_names_of_devices():
    assert find_device("cpu") == torch.device("cpu")
    assert find_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.parametrize("name", ["gpu", "cpu:0", "cuda:x", ""])
def test_other_names_are_refused(name):
    with pytest.raises(AuditkitError, match='"cpu", "cuda" or "auto"'):
        find_device(name)


def test_a_device_that_is_not_there_is_refused_before_training():
    with pytest.raises(AuditkitError, match='use device="cpu"'):
        Trainer(device="cuda:99").train(torch.nn.Linear(1, 1), ROWS.loss, n=100)


def test_tensors_of_a_dataclass_move_and_the_rest_stays():
    moved = move_tensors(ROWS, "meta")
    assert moved.x.device.type == "meta"
    assert moved.name == "line"
    assert ROWS.x.device.type == "cpu"


def test_only_dataclasses_are_moved():
    with pytest.raises(TypeError, match="got dict"):
        move_tensors({}, "cpu")


@needs_cuda
def test_a_model_trained_on_cuda_comes_back_to_the_cpu():
    model = torch.nn.Linear(1, 1)
    training = Trainer(steps=400, device="cuda").train(model, move_tensors(ROWS, "cuda").loss, n=100)
    assert model.weight.device.type == "cpu"
    assert float(model.weight.detach()) == pytest.approx(1.0, abs=0.1)
    assert any("cuda" in note for note in training.notes)
