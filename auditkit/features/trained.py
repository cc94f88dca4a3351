"""Images into the last layer of a small network that learnt the real labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from auditkit.errors import AuditkitError, DataError
from auditkit.features.fitted import check_shape, need_fit
from auditkit.features.image_tensors import image_tensors
from auditkit.features.registry import EmbedderState, check_version
from auditkit.training import Trainer, build_module, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["TrainedEmbedder"]

VERSION = 1
"""Raised whenever the same data get other features."""

DIMENSIONS = 64
_MAX_SIDE = 64
_CHANNELS = (24, 48, 96)
_SMALLEST_MAP = 4
_FEWEST_CLASSES = 2


class TrainedEmbedder:
    """The 64 features before the last layer of a small convolutional network, trained to tell the real labels.

    They see what tells the classes apart and little else: a fault that no label depends on may go unseen, so read
    their scores beside those of `pixels` or `random_conv`. Larger images than 64 pixels are resized (antialiased).

    Parameters
    ----------
    steps : int, default 600
        Optimiser steps of 128 images.
    """

    def __init__(self, *, steps: int = 600) -> None:
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            message = f"embedder 'trained' needs a whole number of steps above 0, got {steps!r}."
            raise AuditkitError(message)
        self.name = "trained" if steps == 600 else f"trained[steps={steps}]"  # noqa: PLR2004 - the default
        self.notes: list[str] = []
        self._steps = steps
        self._shape: tuple[int, ...] = ()
        self._n_classes = 0
        self._network: _Network | None = None

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Train the network on the labels of the training images.

        Parameters
        ----------
        train : Dataset
            Images with a label of at least two classes.
        seed : int
            Of the weights, the batches and the validation rows.

        Raises
        ------
        DataError
            When the data are no images, or have no label of two classes.
        """
        labels = train.label_values
        levels, codes = np.unique(np.empty(0) if labels is None else labels.astype(str), return_inverse=True)
        if len(levels) < _FEWEST_CLASSES:
            message = (
                f"embedder 'trained' learns from a label of two classes at least, {train.source!r} has {len(levels)}: "
                "use 'random_conv' or 'pixels'."
            )
            raise DataError(message)
        images = self._read(train)
        self._shape, self._n_classes = tuple(train.schema.shape or ()), len(levels)
        targets = torch.from_numpy(codes.astype(np.int64))

        def loss(network: _Network, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            del rng
            return cross_entropy(network.last(network(images[rows])), targets[rows], label_smoothing=0.05)

        self._network = build_module(lambda: _Network(images.shape[1:], self._n_classes), seed=seed)
        trainer = Trainer(steps=self._steps, batch=128, learning_rate=2e-3, ema=0.98, check_every=50, patience=6)
        done = trainer.train(self._network, loss, n=len(images), seed=seed)
        source = "Features come from a network that was trained on the labels of the real training set"
        sight = f"they see what tells the {len(levels)} classes of {train.label!r} apart"
        self.notes = [f"{source} ({done.steps} steps): {sight}."]
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of images of the same shape.

        Parameters
        ----------
        dataset : Dataset
            Labels are not looked at.

        Returns
        -------
        ndarray of shape (n_units, 64), float32

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        ShapeError
            When the images have another shape than those of the training data.
        """
        network = need_fit(self._network, self.name)
        check_shape(dataset, self._shape, self.name)
        out = np.empty((len(dataset), DIMENSIONS), dtype=np.float32)
        with one_thread(), torch.no_grad():
            for block, images in image_tensors(dataset, side=self._side(), name=self.name):
                out[block] = network(images).numpy()
        return out

    def coarse(self) -> Self | None:
        """None: weights may tell of single images."""
        return None

    def state(self) -> EmbedderState:
        """Weights of the fitted network.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        weights = {
            name: value.detach().numpy() for name, value in need_fit(self._network, self.name).state_dict().items()
        }
        about = {
            "version": VERSION,
            "notes": list(self.notes),
            "shape": list(self._shape),
            "classes": self._n_classes,
        }
        return EmbedderState(about, weights)

    def restore(self, state: EmbedderState) -> Self:
        """Become the fitted embedder that gave this state.

        Raises
        ------
        AuditkitError
            If the state is of another version.
        """
        check_version(self.name, state, VERSION)
        self.notes = list(state.about["notes"])
        self._shape = tuple(int(size) for size in state.about["shape"])
        self._n_classes = int(state.about["classes"])
        height, width, channels = self._shape
        side = self._side()
        size = torch.Size((channels, side or height, side or width))
        network = build_module(lambda: _Network(size, self._n_classes), seed=0)
        network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in state.arrays.items()})
        self._network = network.eval()
        return self

    def _side(self) -> int | None:
        """Side that large images are brought to; None leaves them."""
        return _MAX_SIDE if max(self._shape[:2], default=0) > _MAX_SIDE else None

    def _read(self, train: Dataset) -> torch.Tensor:
        self._shape = tuple(train.schema.shape or ())
        return torch.cat([images for _, images in image_tensors(train, side=self._side(), name=self.name)])


class _Network(torch.nn.Module):
    """Three convolutions, each halving the image, and two layers; `last` reads the classes off the features."""

    def __init__(self, size: torch.Size, n_classes: int) -> None:
        super().__init__()
        n_channels, height, width = size
        layers: list[torch.nn.Module] = []
        for n_maps in _CHANNELS:
            layers += [torch.nn.Conv2d(n_channels, n_maps, 3, padding=1), torch.nn.GroupNorm(8, n_maps)]
            layers.append(torch.nn.SiLU())
            if min(height, width) >= _SMALLEST_MAP:
                layers.append(torch.nn.AvgPool2d(2))
                height, width = height // 2, width // 2
            n_channels = n_maps
        self.maps = torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(min(3, height, width)))
        self.dense = torch.nn.Linear(n_channels * min(3, height, width) ** 2, DIMENSIONS)
        self.last = torch.nn.Linear(DIMENSIONS, n_classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Features of images of shape (n, C, H, W)."""
        made: torch.Tensor = torch.nn.functional.silu(self.dense(self.maps(images - 0.5).flatten(1)))
        return made
