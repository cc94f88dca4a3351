"""Images with places in a space: which label and groups go with them, and images made from places."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError, ShapeError
from auditkit.generators.conditioned import need_samples
from auditkit.generators.image.learnt import LearntImages, ModelT
from auditkit.generators.noise import CHUNK
from auditkit.generators.outline import need_fitted
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["LatentImages"]


class LatentImages(LearntImages[ModelT]):
    """A model of images that is a `Latent`: autoencoders and adversarial networks."""

    latent: int

    @abstractmethod
    def _place(self, images: torch.Tensor, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """Places of a chunk of images given as shares of the pixel range."""

    @abstractmethod
    def _draw_at(self, places: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        """A chunk of images at places, as shares of the pixel range."""

    def encode(self, dataset: Dataset, *, seed: int = 0) -> NDArray[np.float32]:
        """Places of images in the space that `decode` draws from.

        Parameters
        ----------
        dataset : Dataset
            Images of the shape of the training images, with the same label and groups.
        seed : int, default 0

        Returns
        -------
        ndarray of shape (n, latent), float32

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For other images, and for label and groups that no training image has.
        """
        found = [np.zeros((0, self.latent), dtype=np.float32)]
        with one_thread():
            for start, images, members in self._chunks(dataset):
                found.append(self._place(images, members, start=start, seed=seed).float().numpy())
        return np.concatenate(found)

    def decode(
        self, places: NDArray[np.floating[Any]], *, conditions: Mapping[str, str] | None = None, seed: int = 0
    ) -> Dataset:
        """Images at places, all with the levels that the conditions fix.

        Parameters
        ----------
        places : ndarray of shape (n, latent)
        conditions : mapping of str to str, optional
            Label and groups of all; the others are drawn as often as in training.
        seed : int, default 0
            Of what the conditions leave open.

        Returns
        -------
        Dataset

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        ShapeError
            For places of another width, or that are not finite.
        UnknownNameError, DataError
            As `sample`.
        """
        at = np.asarray(places, dtype=np.float32)
        if at.ndim != 2 or at.shape[1] != self.latent or not np.isfinite(at).all():  # noqa: PLR2004 - rows and columns
            raise ShapeError(f"`places` must be finite numbers of shape (n, {self.latent}), got {at.shape}.")

        def drawn(model: ModelT, donors: NDArray[np.int64]) -> ArraySamples:
            del model
            roles, canvas = need_fitted(self._roles, self.info), need_fitted(self._canvas, self.info)
            members = torch.from_numpy(roles.members[donors])
            with one_thread(), torch.no_grad():
                parts = [
                    canvas.pixels(self._draw_at(torch.from_numpy(at[part]), members[part]))
                    for part in split_blocks(len(at), CHUNK)
                ]
            return ArraySamples(np.concatenate(parts))

        return self._made(len(at), conditions, drawn, seed=seed)

    def _chunks(self, dataset: Dataset) -> list[tuple[int, torch.Tensor, torch.Tensor]]:
        """First position, images as shares of the pixel range and combinations of each chunk of a dataset."""
        roles, canvas = need_fitted(self._roles, self.info), need_fitted(self._canvas, self.info)
        shape = need_samples(dataset, self.info).shape if len(dataset) else canvas.shape
        if shape != canvas.shape:
            raise DataError(f"expected images of shape {canvas.shape} as in training, got {shape}: resize them.")
        members = torch.from_numpy(roles.members_of(dataset))
        images = dataset.arrays()
        parts = split_blocks(len(dataset), CHUNK)
        return [(part.start, canvas.shares(images[part]), members[part]) for part in parts]
