"""Features brought to one scale and reduced to their principal components, learnt from the training data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import single_threaded
from auditkit.features.components import principal_components

__all__ = ["ScaledComponents"]

_SMALLEST = 1e-6
"""Features that vary less than this share of the one that varies most carry nothing but rounding."""


@dataclass(frozen=True, eq=False)
class ScaledComponents:
    """Mean, scale and principal directions of features.

    Attributes
    ----------
    mean, scale : ndarray of float64, shape (d,)
        The scale of a feature that does not vary is infinite.
    directions : ndarray of float64, shape (d, k)
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    directions: NDArray[np.float64]

    @classmethod
    def learnt(cls, features: NDArray[np.floating[Any]], *, rng: np.random.Generator) -> ScaledComponents:
        """Scales and directions of features of shape (n, d)."""
        rows = features.astype(np.float64)
        with single_threaded():
            mean, spread = rows.mean(axis=0), rows.std(axis=0)
            scale = np.where(spread > _SMALLEST * spread.max(initial=0.0), spread, np.inf)
            return cls(mean, scale, principal_components((rows - mean) / scale, rng=rng))

    def project(self, features: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Coordinates of features of shape (n, d), float32 of shape (n, k)."""
        with single_threaded():
            made = ((features.astype(np.float64) - self.mean) / self.scale) @ self.directions
        return made.astype(np.float32)

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """Arrays that `of_arrays` makes it from."""
        return {"mean": self.mean, "scale": self.scale, "directions": self.directions}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> ScaledComponents:
        """The same from what `arrays` gave."""
        return cls(arrays["mean"], arrays["scale"], arrays["directions"])
