"""Table generators with a latent space: from places in it to the rows that they most likely stand for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.generators.conditions import plan_conditions
from auditkit.generators.noise import uniform_noise
from auditkit.generators.outline import need_fitted
from auditkit.generators.tabular.columns import Columns
from auditkit.generators.tabular.mixed_coding import Layout
from auditkit.generators.tabular.neural import NeuralTable
from auditkit.training import one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["LatentTable"]

NetworkT = TypeVar("NetworkT", bound=torch.nn.Module)


class LatentTable(NeuralTable[NetworkT]):
    """A table generator whose rows have places in a space."""

    latent: int

    @abstractmethod
    def _layout(self, columns: Columns) -> Layout:
        """Which columns the network sees as numbers."""

    @abstractmethod
    def _expected(
        self, network: NetworkT, places: torch.Tensor, conditions: torch.Tensor
    ) -> tuple[torch.Tensor, Sequence[torch.Tensor]]:
        """Normal deviates of the numbers and logits of each head at places (n, latent)."""

    def decode(
        self, places: NDArray[np.floating[Any]], *, conditions: Mapping[str, str] | None = None, seed: int = 0
    ) -> Dataset:
        """Rows that codes most likely stand for: the median of each number, the likeliest level of each category.

        Parameters
        ----------
        places : ndarray of shape (n, latent)
            Standard normal ones are what samples are drawn from.
        conditions : mapping of str to str, optional
            Levels of label and groups; those left out are drawn, as often as in the training data.
        seed : int, default 0
            Of that draw, of texts, and of the moves that `smoothing` makes.

        Returns
        -------
        Dataset

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        ShapeError
            For places of another width.
        AuditkitError
            For conditions on other columns, or on a combination that no training row has.
        """
        network = need_fitted(self._network, self.info)
        codes = self._rows_at(places, self.latent, conditions, seed=seed)
        layout = self._layout(need_fitted(self._columns, self.info))
        told, at = torch.from_numpy(layout.columns.conditions(codes)), torch.from_numpy(np.array(places, np.float32))
        with one_thread(), torch.no_grad():
            numbers, heads = self._expected(network, at, told)
        likeliest = [logits.argmax(dim=1).numpy() for logits in heads]
        uniform = uniform_noise(len(codes), len(layout.widths), seed=seed, stage="decode")
        layout.fill(codes, numbers.double().numpy(), likeliest, uniform)
        return self._told(codes, seed=seed)

    def _rows_at(
        self, places: NDArray[Any], width: int, conditions: Mapping[str, str] | None, *, seed: int
    ) -> NDArray[np.int64]:
        """Rows for places in a latent space: leading columns and texts are there, the others are not yet."""
        outline, columns = need_fitted(self._outline, self.info), need_fitted(self._columns, self.info)
        if np.ndim(places) != 2 or np.shape(places)[1] != width:  # noqa: PLR2004 - rows of places
            raise ShapeError(
                f"decode of generator {self.info.name!r} needs `places` of shape (n, {width}), got {np.shape(places)}."
            )
        n, names = len(places), columns.block.names
        levels = {pool.column.name: pool.levels for pool in columns.pools}
        request, *others = plan_conditions(n, conditions, outline=outline, levels=levels)
        if others:
            raise AuditkitError("conditions of decode fix one level per column, got counts of several: decode each.")
        for name in request.fixed:
            if name not in names:
                known = ", ".join(names) or "none"
                raise AuditkitError(
                    f"conditions of decode need the label or a group, got {name!r}: use one of {known}."
                )
        fixed = {name: levels[name].index(level) for name, level in request.fixed.items()}
        uniform = uniform_noise(n, 1 + len(columns.texts), seed=seed, stage="decode leading")
        codes = columns.lead(uniform, fixed)
        if len(codes) < n:
            raise DataError(
                f"no training row has {dict(request.fixed)!r} together: ask for levels that occur together."
            )
        return codes
