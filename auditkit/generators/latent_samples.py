"""Generators of samples with a latent space: places of samples, and samples at places."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import ShapeError
from auditkit.generators.conditioned import ConditionedGenerator, need_samples
from auditkit.generators.outline import need_fitted

if TYPE_CHECKING:
    from auditkit.data import Dataset, Samples

__all__ = ["LatentSamples"]

ModelT = TypeVar("ModelT")


class LatentSamples(ConditionedGenerator[ModelT]):
    """A generator of samples that is a `Latent`."""

    latent: int

    @abstractmethod
    def _places(self, model: ModelT, dataset: Dataset, members: NDArray[np.int64], *, seed: int) -> NDArray[np.float32]:
        """Places (n, latent) of samples, at least one, with their combinations of label and groups.

        Raises
        ------
        DataError
            For samples of another form than those of training.
        """

    @abstractmethod
    def _draw_at(self, model: ModelT, places: NDArray[np.float32], donors: NDArray[np.int64], *, seed: int) -> Samples:
        """Samples at places, at least one, with the labels and groups of training rows."""

    def encode(self, dataset: Dataset, *, seed: int = 0) -> NDArray[np.float32]:
        """Places of samples in the space that `decode` draws from.

        Parameters
        ----------
        dataset : Dataset
            Samples of the form of the training samples, with the same label and groups.
        seed : int, default 0
            Of a search for places; the most likely ones of an autoencoder need none.

        Returns
        -------
        ndarray of shape (n, latent), float32

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        DataError
            For samples of another form, and for label and groups that no training unit has.
        """
        model, roles = need_fitted(self._model, self.info), need_fitted(self._roles, self.info)
        if not len(dataset):
            return np.zeros((0, self.latent), dtype=np.float32)
        need_samples(dataset, self.info)
        return self._places(model, dataset, roles.members_of(dataset), seed=seed)

    def decode(
        self, places: NDArray[np.floating[Any]], *, conditions: Mapping[str, str] | None = None, seed: int = 0
    ) -> Dataset:
        """Samples at places, all with the levels that the conditions fix.

        Parameters
        ----------
        places : ndarray of shape (n, latent)
        conditions : mapping of str to str, optional
            Label and groups of all; the others are drawn as often as in training.
        seed : int, default 0
            Of what places and conditions leave open.

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

        def drawn(model: ModelT, donors: NDArray[np.int64]) -> Samples:
            return self._draw_at(model, at, donors, seed=seed)

        return self._made(len(at), conditions, drawn, seed=seed)
