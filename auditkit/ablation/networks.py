"""Small networks with the face of a scikit-learn estimator: layers on any features, convolutions on pixels.

Every arm gets the same number of steps, however many units it has, and none of them is held out: what differs between
arms is what they were trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy
from torch.nn.utils import skip_init

from auditkit.ablation.measures import Task
from auditkit.training import Trainer, one_thread, torch_rng

__all__ = ["Network"]

Array = NDArray[np.float64]
Kind = Literal["layers", "convolutions"]
_WIDE, _CHANNELS = 64, (16, 32)
_STEPS = {"layers": 400, "convolutions": 300}
_BATCH = 64
_AT_ONCE = 2048
_INIT = 0x1217


@dataclass(eq=False)
class Network:
    """A small network.

    Parameters
    ----------
    kind : {"layers", "convolutions"}
        Two hidden layers of 64, or two convolutions (16 and 32 channels, 3 x 3), each halved by maxima.
    task : {"classification", "regression"}
    seed : int
        Of the first weights and of the batches.
    shape : tuple of (int, int, int), optional
        Height, width and channels; needed for convolutions.
    """

    kind: Kind
    task: Task
    seed: int
    shape: tuple[int, int, int] | None = None

    def fit(self, values: Array, target: Array, sample_weight: Array | None = None) -> Self:
        """Train from the start.

        Parameters
        ----------
        values : ndarray of shape (n, p)
        target : ndarray of shape (n,)
        sample_weight : ndarray of shape (n,), optional

        Returns
        -------
        Network
        """
        self.classes_ = np.unique(target)
        self._centre, self._scale = float(target.mean()), float(target.std()) or 1.0
        regression = self.task == "regression"
        wanted = (target - self._centre) / self._scale if regression else np.searchsorted(self.classes_, target)
        inputs, truth = _tensor(values), torch.from_numpy(np.asarray(wanted, dtype=None if regression else np.int64))
        truth = truth.float() if regression else truth
        weights = torch.ones(len(target)) if sample_weight is None else _tensor(sample_weight / sample_weight.mean())

        def loss(model: torch.nn.Module, rows: torch.Tensor, _rng: torch.Generator) -> torch.Tensor:
            each = self._loss(model(inputs[rows]), truth[rows])
            return (each * weights[rows]).sum() / weights[rows].sum().clamp_min(1e-12)

        with one_thread():
            self._model = self._build(values.shape[1], 1 if regression else len(self.classes_))
            steps = _STEPS[self.kind]
            trainer = Trainer(steps=steps, batch=_BATCH, learning_rate=5e-3, ema=0.99, valid=0.0, check_every=steps)
            trainer.train(self._model, loss, n=len(target), seed=self.seed)
        return self

    def predict_proba(self, values: Array) -> Array:
        """Probabilities of shape (n, n_classes_seen)."""
        return np.asarray(torch.softmax(self._outputs(values).double(), dim=1).numpy())

    def predict(self, values: Array) -> Array:
        """Classes, or values for regression."""
        outputs = self._outputs(values)
        if self.task == "regression":
            return np.asarray(outputs[:, 0].double().numpy() * self._scale + self._centre)
        return np.asarray(self.classes_[outputs.argmax(dim=1).numpy()])

    def gradient(self, values: Array, target: Array) -> Array:
        """Gradient of each unit's loss in its inputs, of shape (n, p); 0 for units of a class never seen."""
        known = np.isin(target, self.classes_) if self.task == "classification" else np.ones(len(target), dtype=bool)
        result = np.zeros(values.shape)
        for part in np.array_split(np.flatnonzero(known), max(1, -(-len(values) // _AT_ONCE))):
            inputs = _tensor(values[part]).requires_grad_()
            truth = (
                _tensor((target[part] - self._centre) / self._scale)
                if self.task == "regression"
                else torch.from_numpy(np.searchsorted(self.classes_, target[part]).astype(np.int64))
            )
            with one_thread():
                (slope,) = torch.autograd.grad(self._loss(self._model(inputs), truth).sum(), inputs)
            result[part] = slope.double().numpy()
        return result

    def _loss(self, outputs: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        if self.task == "regression":
            return (outputs[:, 0] - truth) ** 2
        return cross_entropy(outputs, truth, reduction="none")

    def _outputs(self, values: Array) -> torch.Tensor:
        blocks = [values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE)] or [values]
        with one_thread(), torch.no_grad():
            return torch.cat([self._model(_tensor(block)) for block in blocks])

    def _build(self, width: int, n_outputs: int) -> torch.nn.Module:
        plain = self.kind == "layers" or self.shape is None
        layers = _layers(width, n_outputs) if plain else _convolutions(self.shape or (1, 1, width), n_outputs)
        return _seeded(torch.nn.Sequential(*layers), torch_rng(self.seed, _INIT))


def _layers(width: int, n_outputs: int) -> list[torch.nn.Module]:
    return [
        _linear(width, _WIDE),
        torch.nn.ReLU(),
        _linear(_WIDE, _WIDE),
        torch.nn.ReLU(),
        _linear(_WIDE, n_outputs),
    ]


def _convolutions(shape: tuple[int, int, int], n_outputs: int) -> list[torch.nn.Module]:
    height, width, channels = shape
    first, second = _CHANNELS
    halved = [torch.nn.MaxPool2d(2, ceil_mode=True) for _ in range(2)]
    flat = second * -(-height // 4) * -(-width // 4)
    return [
        torch.nn.Unflatten(1, (height, width, channels)),
        _ChannelsFirst(),
        _convolution(channels, first),
        torch.nn.ReLU(),
        halved[0],
        _convolution(first, second),
        torch.nn.ReLU(),
        halved[1],
        torch.nn.Flatten(),
        _linear(flat, n_outputs),
    ]


def _linear(n_inputs: int, n_outputs: int) -> torch.nn.Module:
    layer: torch.nn.Module = skip_init(torch.nn.Linear, n_inputs, n_outputs)  # type: ignore[no-untyped-call]
    return layer


def _convolution(n_inputs: int, n_outputs: int) -> torch.nn.Module:
    layer: torch.nn.Module = skip_init(torch.nn.Conv2d, n_inputs, n_outputs, 3, padding=1)  # type: ignore[no-untyped-call]
    return layer


class _ChannelsFirst(torch.nn.Module):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.permute(0, 3, 1, 2) - 0.5


def _seeded(model: torch.nn.Module, rng: torch.Generator) -> torch.nn.Module:
    """First weights from a generator of our own: torch's global one is never read, and threads do not meet there."""
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
                bound = float(layer.weight[0].numel()) ** -0.5
                layer.weight.uniform_(-bound, bound, generator=rng)
                if layer.bias is not None:
                    layer.bias.uniform_(-bound, bound, generator=rng)
    return model


def _tensor(values: Array) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))
