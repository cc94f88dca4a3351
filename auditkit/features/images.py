"""Images into the principal components of their pixels: needs no download and no pretrained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import single_threaded, split_blocks
from auditkit.errors import AuditkitError, DataError, ShapeError

if TYPE_CHECKING:
    from auditkit.data import Dataset, Samples

__all__ = ["MAX_COMPONENTS", "MAX_PIXELS", "PixelEmbedder"]

MAX_COMPONENTS = 64
MAX_PIXELS = 3072
"""Larger images (height times width times channels) are averaged over squares until they have at most these values."""

_BLOCK = 1024


class PixelEmbedder:
    """Principal components of the pixels: the default embedder of images.

    Pixels / 255 - 0.5, averaged over squares where an image has more than 3,072 values, projected on the (at most 64)
    principal components of the training images. Sees shapes and colours, not meaning: a shifted image is far away.
    """

    name = "pixels"

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._shape: tuple[int, ...] = ()
        self._factor = 1
        self._mean: NDArray[np.float64] | None = None
        self._components: NDArray[np.float64] = np.empty((0, 0))

    def fit(self, train: Dataset, *, seed: int) -> Self:
        """Learn the components of the training images, in one pass over them.

        Parameters
        ----------
        train : Dataset
            Images.
        seed : int
            Not needed: nothing here is random.

        Raises
        ------
        DataError
            When the data are no images, or none at all.
        """
        del seed
        samples = _images(train)
        if not len(samples):
            message = f"embedder 'pixels' needs at least one image to be fitted on, {train.source!r} has none."
            raise DataError(message)
        self._shape = tuple(samples.shape)
        self._factor = _factor(self._shape)
        self.notes = ["Features are principal components of pixels: shapes and colours, not meaning."]
        if self._factor > 1:
            self.notes.append(f"Images were averaged over squares of {self._factor} pixels before embedding.")
        with single_threaded():
            self._mean, covariance = self._moments(samples)
            self._components = _components(covariance, n=len(train))
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of images of the same shape.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        ShapeError
            When the images have another shape than those of the training data.
        """
        if self._mean is None:
            message = "embedder 'pixels' must be fitted before it transforms: call fit(train, seed=0)."
            raise AuditkitError(message)
        samples = _images(dataset)
        if tuple(samples.shape) != self._shape:
            message = (
                f"embedder 'pixels' was fitted on images of shape {self._shape}, {dataset.source!r} has "
                f"{tuple(samples.shape)}: resize them first."
            )
            raise ShapeError(message)
        out = np.empty((len(dataset), self._components.shape[1]), dtype=np.float32)
        with single_threaded():
            for block in split_blocks(len(dataset), _BLOCK):
                out[block] = (self._read(samples, block) - self._mean) @ self._components
        return out

    def _read(self, samples: Samples, block: slice) -> NDArray[np.float64]:
        pixels = samples.take(np.arange(block.start, block.stop)).astype(np.float64) / 255.0 - 0.5
        return _shrink(pixels, self._factor).reshape(len(pixels), -1)

    def _moments(self, samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        n, p = len(samples), self._read(samples, slice(0, 1)).shape[1]
        total, square = np.zeros(p), np.zeros((p, p))
        for block in split_blocks(n, _BLOCK):
            rows = self._read(samples, block)
            total += rows.sum(axis=0)
            square += rows.T @ rows
        mean = total / n
        return mean, square / n - np.outer(mean, mean)


def _images(dataset: Dataset) -> Samples:
    if dataset.modality != "image" or dataset.samples is None:
        message = f"embedder 'pixels' needs images, got {dataset.modality} in {dataset.source!r}."
        raise DataError(message)
    return dataset.samples


def _factor(shape: tuple[int, ...]) -> int:
    """Side of the squares that are averaged."""
    height, width, channels = shape
    factor = 1
    while -(-height // factor) * -(-width // factor) * channels > MAX_PIXELS:
        factor += 1
    return factor


def _shrink(pixels: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    """Means over squares; squares at the right and lower edge may be smaller."""
    if factor == 1:
        return pixels
    _, height, width, _ = pixels.shape
    rows, columns = np.arange(0, height, factor), np.arange(0, width, factor)
    sums = np.add.reduceat(np.add.reduceat(pixels, rows, axis=1), columns, axis=2)
    area = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    shrunk: NDArray[np.float64] = sums / area[:, :, None]
    return shrunk


def _components(covariance: NDArray[np.float64], *, n: int) -> NDArray[np.float64]:
    """Leading eigenvectors as columns, largest first, each with its largest entry positive."""
    from scipy.linalg import eigh  # noqa: PLC0415 - only fitting needs it

    p = len(covariance)
    k = max(1, min(MAX_COMPONENTS, p, n - 1))
    vectors = eigh(covariance, subset_by_index=(p - k, p - 1))[1][:, ::-1]
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(k)]
    turned: NDArray[np.float64] = np.ascontiguousarray(vectors * np.where(largest < 0, -1.0, 1.0))
    return turned
