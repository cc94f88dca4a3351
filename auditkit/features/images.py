"""Images into the principal components of their pixels: needs no download and no pretrained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import single_threaded, split_blocks
from auditkit.features.components import (
    MAX_COMPONENTS,
    carried_components,
    principal_components,
    project,
    steady_components,
)
from auditkit.features.fitted import CarriedEmbedder, check_shape, need_fit, need_samples, some_rows
from auditkit.features.registry import EmbedderState, check_version

if TYPE_CHECKING:
    from auditkit.data import Dataset, Samples

__all__ = ["MAX_PIXELS", "PixelEmbedder"]

MAX_PIXELS = 3072
"""Larger images (height times width times channels) are averaged over squares until they have at most these values."""

MAX_FITTED = 20_000
"""Images that the components are learnt from at most, chosen by the seed."""

VERSION = 2
"""Raised whenever the same data get other features."""

_BLOCK = 1024


class PixelEmbedder(CarriedEmbedder):
    """Principal components of the pixels: the default embedder of images.

    Pixels / 255 - 0.5, averaged over squares where an image has more than 3,072 values, projected on the (at most 64)
    principal components of the training images, and one more feature, the distance from the space of the first of
    them (one for every 40 training images, at least 8: more would lie nearer to the training images than to others).
    Noise projects near real images and is far from their space. The components are exact up to 1,024 values per image
    and come from subspace iteration above. Sees shapes and colours, not meaning: a shifted image is far away.

    Parameters
    ----------
    carriers : int, optional
        Leave out components of whose variance a single training image makes up more than 1 / carriers: such a
        component is that image.
    """

    name = "pixels"

    def __init__(self, *, carriers: int | None = None) -> None:
        super().__init__(carriers=carriers)
        self._shape: tuple[int, ...] = ()
        self._factor = 1
        self._mean: NDArray[np.float64] | None = None
        self._components: NDArray[np.float64] = np.empty((0, 0))
        self._steady = 0

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Learn the components of the training images, in one pass over at most 20,000 of them.

        Parameters
        ----------
        train : Dataset
            Images.
        seed : int
            Chooses the images where there are more, and starts the iteration.

        Raises
        ------
        DataError
            When the data are no images, or none at all.
        """
        samples = need_samples(train, "image", "pixels", least=1)
        self._shape = tuple(samples.shape)
        self._factor = _factor(self._shape)
        self.notes = ["Features are principal components of pixels: shapes and colours, not meaning."]
        if self._factor > 1:
            self.notes.append(f"Images were averaged over squares of {self._factor} pixels before embedding.")
        rng = np.random.default_rng(seed)
        chosen = some_rows(len(samples), MAX_FITTED, rng=rng)
        if len(chosen) < len(samples):
            self.notes.append(f"The components were learnt from {MAX_FITTED:,} of {len(samples):,} training images.")
        with single_threaded():
            rows = np.concatenate([self._read(samples, chosen[b]) for b in split_blocks(len(chosen), _BLOCK)])
            self._mean = rows.mean(axis=0, dtype=np.float64)
            rows -= self._mean.astype(np.float32)
            self._components = principal_components(rows, rng=rng)
            if self._carriers is not None:
                self._components = carried_components(rows, self._components, carriers=self._carriers)
            self._steady = steady_components(len(rows), self._components.shape[1])
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of images of the same shape.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32
            The components, then the distance from their space (where they do not span everything).

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        ShapeError
            When the images have another shape than those of the training data.
        """
        mean = need_fit(self._mean, "pixels")
        samples = need_samples(dataset, "image", "pixels")
        check_shape(dataset, self._shape, "pixels")
        k = self._components.shape[1]
        # With fewer components than asked for, these span the training images themselves: no distance to speak of.
        with_rest = (k == MAX_COMPONENTS or self._carriers is not None) and k < len(mean)
        out = np.empty((len(dataset), k + with_rest), dtype=np.float32)
        with single_threaded():
            for block in split_blocks(len(dataset), _BLOCK):
                rows = self._read(samples, np.arange(block.start, block.stop))
                project(rows - mean, self._components, steady=self._steady, out=out[block])
        return out

    def state(self) -> EmbedderState:
        """Mean and components of the fitted embedder.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        mean = need_fit(self._mean, "pixels", what="keeps its state")
        about = {"version": VERSION, "notes": list(self.notes), "shape": list(self._shape), "factor": self._factor}
        about |= {"steady": self._steady}
        return EmbedderState(about, {"mean": mean, "components": self._components})

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
        self._factor, self._steady = int(state.about["factor"]), int(state.about["steady"])
        self._mean, self._components = state.arrays["mean"], state.arrays["components"]
        return self

    def _read(self, samples: Samples, index: NDArray[np.intp]) -> NDArray[np.float32]:
        pixels = samples.take(index).astype(np.float32) / np.float32(255) - np.float32(0.5)
        return _shrink(pixels, self._factor).reshape(len(pixels), -1)


def _factor(shape: tuple[int, ...]) -> int:
    """Side of the squares that are averaged."""
    height, width, channels = shape
    factor = 1
    while -(-height // factor) * -(-width // factor) * channels > MAX_PIXELS:
        factor += 1
    return factor


def _shrink(pixels: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Means over squares; squares at the right and lower edge may be smaller."""
    if factor == 1:
        return pixels
    _, height, width, _ = pixels.shape
    rows, columns = np.arange(0, height, factor), np.arange(0, width, factor)
    sums = np.add.reduceat(np.add.reduceat(pixels, rows, axis=1), columns, axis=2)
    area = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    means: NDArray[np.float32] = (sums / area[:, :, None]).astype(np.float32)
    return means
