"""Images with places in a space: which label and groups go with them, and images made from places."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.data.samples import ArraySamples
from auditkit.errors import DataError
from auditkit.generators.conditioned import need_samples
from auditkit.generators.image.learnt import LearntImages, ModelT
from auditkit.generators.latent_samples import LatentSamples
from auditkit.generators.noise import CHUNK
from auditkit.generators.outline import need_fitted
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["LatentImages"]


class LatentImages(LearntImages[ModelT], LatentSamples[ModelT]):
    """A model of images that is a `Latent`: autoencoders and adversarial networks."""

    @abstractmethod
    def _place(self, images: torch.Tensor, members: torch.Tensor, *, start: int, seed: int) -> torch.Tensor:
        """Places of a chunk of images given as shares of the pixel range."""

    @abstractmethod
    def _images_at(self, places: torch.Tensor, members: torch.Tensor) -> torch.Tensor:
        """A chunk of images at places, as shares of the pixel range."""

    def _places(self, model: ModelT, dataset: Dataset, members: NDArray[np.int64], *, seed: int) -> NDArray[np.float32]:
        del model
        with one_thread():
            found = [
                self._place(images, told, start=start, seed=seed).float().numpy()
                for start, images, told in self._chunks(dataset, members)
            ]
        return np.concatenate(found)

    def _draw_at(
        self, model: ModelT, places: NDArray[np.float32], donors: NDArray[np.int64], *, seed: int
    ) -> ArraySamples:
        del model, seed
        roles, canvas = need_fitted(self._roles, self.info), need_fitted(self._canvas, self.info)
        at, members = torch.from_numpy(places), torch.from_numpy(roles.members[donors])
        with one_thread(), torch.no_grad():
            parts = [canvas.pixels(self._images_at(at[part], members[part])) for part in split_blocks(len(at), CHUNK)]
        return ArraySamples(np.concatenate(parts))

    def _chunks(self, dataset: Dataset, members: NDArray[np.int64]) -> list[tuple[int, torch.Tensor, torch.Tensor]]:
        """First position, images as shares of the pixel range and combinations of each chunk of a dataset."""
        canvas = need_fitted(self._canvas, self.info)
        shape = need_samples(dataset, self.info).shape
        if shape != canvas.shape:
            raise DataError(f"expected images of shape {canvas.shape} as in training, got {shape}: resize them.")
        images, told = dataset.arrays(), torch.from_numpy(members)
        parts = split_blocks(len(dataset), CHUNK)
        return [(part.start, canvas.shares(images[part]), told[part]) for part in parts]
