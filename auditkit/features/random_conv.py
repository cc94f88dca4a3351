"""Images into the responses of a convolutional network with random weights: no download, no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d, conv2d, pad, relu

from auditkit.errors import DataError
from auditkit.features.fitted import check_shape, need_fit, some_rows
from auditkit.features.image_tensors import image_tensors
from auditkit.features.registry import EmbedderState, check_version
from auditkit.features.scaled import ScaledComponents
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["RandomConvEmbedder"]

VERSION = 1
"""Raised whenever the same data get other features."""

MAX_FITTED = 5_000
_SIDE = 64
"""Larger images are averaged down to this side."""
_WIDTHS = (32, 64, 128)
_KERNEL = 3
_WEIGHTS_SEED = 20_160_101
_SMALLEST_MAP = 4
_SMALLEST_STD = 1e-4


class RandomConvEmbedder:
    """Means and spreads of the maps of three convolutions with random orthogonal filters, then principal components.

    The filters are drawn once and for all and never trained; every layer is brought to mean 0 and variance 1 on the
    training images, without which the responses of a random network hardly differ. They see edges, textures and
    colours wherever they stand, so a shifted image stays near, which `pixels` puts far away; they do not see meaning.

    Notes
    -----
    Random features separate images surprisingly well without any training [1]_.

    References
    ----------
    .. [1] Saxe et al. 2011, "On random weights and unsupervised feature learning", ICML.
    """

    name = "random_conv"

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._shape: tuple[int, ...] = ()
        self._scales: list[NDArray[np.float64]] = []
        self._components: ScaledComponents | None = None

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Learn the scales of the layers and the components of their responses.

        Parameters
        ----------
        train : Dataset
            Images; at most 5,000 of them are looked at.
        seed : int
            Chooses the images where there are more.

        Raises
        ------
        DataError
            When the data are no images, or none at all.
        """
        if not len(train):
            message = f"embedder 'random_conv' needs at least one image to be fitted on, {train.source!r} has none."
            raise DataError(message)
        self.notes = ["Features are responses of a network with random weights: shapes and textures, not meaning."]
        part, rng = train, np.random.default_rng(seed)
        if len(train) > MAX_FITTED:
            part = train.take(some_rows(len(train), MAX_FITTED, rng=rng))
            self.notes.append(f"The scales were learnt from {MAX_FITTED:,} of {len(train):,} training images.")
        self._shape = tuple(train.schema.shape or ())
        self._scales = []
        with one_thread():
            maps = [_shrunk(images) for _, images in image_tensors(part, name=self.name)]
            for weight in _weights(maps[0].shape[1]):
                maps, scale = _normalized(maps)
                self._scales.append(scale)
                maps = [_convolved(item, weight) for item in maps]
            self._scales.append(_normalized(maps)[1])
            self._components = ScaledComponents.learnt(self._responses(part), rng=rng)
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of images of the same shape.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32
            At most 64 components.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        ShapeError
            When the images have another shape than those of the training data.
        """
        components = need_fit(self._components, "random_conv")
        check_shape(dataset, self._shape, "random_conv")
        with one_thread():
            return components.project(self._responses(dataset))

    def coarse(self) -> Self | None:
        """None: the components are learnt from single images."""
        return None

    def state(self) -> EmbedderState:
        """Scales and components of the fitted embedder.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        components = need_fit(self._components, "random_conv")
        scales = {f"scale{place}": scale for place, scale in enumerate(self._scales)}
        about = {"version": VERSION, "notes": list(self.notes), "shape": list(self._shape)}
        return EmbedderState(about, components.arrays() | scales)

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
        self._scales = [state.arrays[f"scale{place}"] for place in range(len(_WIDTHS) + 1)]
        self._components = ScaledComponents.of_arrays(state.arrays)
        return self

    def _responses(self, dataset: Dataset) -> NDArray[np.float32]:
        rows = []
        for _, images in image_tensors(dataset, name=self.name):
            found, maps = [], _shrunk(images)
            for scale, weight in zip(self._scales, [*_weights(maps.shape[1]), None], strict=True):
                maps = _scaled(maps, scale)
                if weight is not None:
                    maps = _convolved(maps, weight)
                    found += [maps.mean(dim=(2, 3)), maps.std(dim=(2, 3), correction=0)]
            found.append(adaptive_avg_pool2d(maps, 2).flatten(1))
            rows.append(torch.cat(found, dim=1).numpy())
        n_features = sum(_WIDTHS) * 2 + _WIDTHS[-1] * 4
        return np.concatenate(rows) if rows else np.empty((0, n_features), dtype=np.float32)


def _shrunk(images: torch.Tensor) -> torch.Tensor:
    side = max(images.shape[2:])
    return images if side <= _SIDE else avg_pool2d(images, -(-side // _SIDE), ceil_mode=True, count_include_pad=False)


def _weights(n_channels: int) -> list[torch.Tensor]:
    """Filters of the three layers, orthogonal rows scaled for rectified maps."""
    rng = np.random.default_rng(_WEIGHTS_SEED)
    made = []
    for width in _WIDTHS:
        size = n_channels * _KERNEL**2
        blocks = [np.linalg.qr(rng.standard_normal((size, size)))[0] for _ in range(-(-width // size))]
        rows = np.concatenate(blocks)[:width] * np.sqrt(2.0)
        made.append(torch.from_numpy(rows.reshape(width, n_channels, _KERNEL, _KERNEL).astype(np.float32)))
        n_channels = width
    return made


def _convolved(maps: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    made = relu(conv2d(pad(maps, (1, 1, 1, 1), mode="replicate"), weight))
    return avg_pool2d(made, 2) if min(made.shape[2:]) >= _SMALLEST_MAP else made


def _normalized(maps: list[torch.Tensor]) -> tuple[list[torch.Tensor], NDArray[np.float64]]:
    """Maps with mean 0 and variance 1 per channel, and the means and standard deviations that do it."""
    n = sum(item.shape[0] * item.shape[2] * item.shape[3] for item in maps)
    mean = np.sum([item.double().sum(dim=(0, 2, 3)).numpy() for item in maps], axis=0) / n
    square = np.sum([item.double().square().sum(dim=(0, 2, 3)).numpy() for item in maps], axis=0) / n
    scale = np.stack([mean, np.maximum(np.sqrt(np.maximum(square - mean**2, 0.0)), _SMALLEST_STD)])
    return [_scaled(item, scale) for item in maps], scale


def _scaled(maps: torch.Tensor, scale: NDArray[np.float64]) -> torch.Tensor:
    mean, std = torch.from_numpy(scale.astype(np.float32))[:, :, None, None].unbind()
    return (maps - mean) / std
