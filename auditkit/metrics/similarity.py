"""How like the distributions of one number per sample are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ks_similarity"]


def ks_similarity(real: NDArray[Any], synthetic: NDArray[Any]) -> float:
    """One less the largest gap between two empirical distribution functions (1 - Kolmogorov-Smirnov distance).

    Parameters
    ----------
    real, synthetic : ndarray of shapes (n,) and (m,)
        Finite, at least one each.

    Returns
    -------
    float in [0, 1]

    Examples
    --------
    >>> ks_similarity(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    0.5
    """
    values = np.sort(np.concatenate([real, synthetic]))
    gaps = [np.searchsorted(np.sort(side), values, side="right") / len(side) for side in (real, synthetic)]
    return 1.0 - float(np.abs(gaps[0] - gaps[1]).max())
