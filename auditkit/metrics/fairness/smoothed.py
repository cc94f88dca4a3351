"""Differential fairness of counts: the largest log-ratio of smoothed rates, and the groups and class behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import UndefinedError
from auditkit.metrics.parameters import number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DifferentialFairness", "epsilon_of", "fairness_of_counts"]

FloatArray = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DifferentialFairness:
    """Differential fairness of one set, with what is behind it.

    Attributes
    ----------
    epsilon : float
        Largest absolute log-ratio of a class's smoothed rates in two groups; 0 is fair.
    pair : tuple of (str, str)
        The group with the higher rate, and the one with the lower.
    level : str
        The class.
    groups, classes : tuple of str
        Those that were compared.
    counts : ndarray of shape (n_groups, n_classes)
    rates : ndarray of shape (n_groups, n_classes)
        Smoothed.
    left_out : tuple of str
        Groups with too few samples.
    """

    epsilon: float
    pair: tuple[str, str]
    level: str
    groups: tuple[str, ...]
    classes: tuple[str, ...]
    counts: Counts
    rates: FloatArray
    left_out: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.epsilon

    def __str__(self) -> str:
        if not self.epsilon:
            same = (
                "all samples are of one class" if len(self.classes) == 1 else "every class has one rate in all groups"
            )
            return f"differential fairness {self.epsilon:.4f}: {same}"
        first, second = (self.rates[self.groups.index(name), self.classes.index(self.level)] for name in self.pair)
        return (
            f"differential fairness {self.epsilon:.4f}: {self.level!r} has a rate of {100 * first:.1f} % in "
            f"{self.pair[0]} and {100 * second:.1f} % in {self.pair[1]}"
        )

    def frame(self) -> pd.DataFrame:
        """Smoothed rate of each class (columns) in each group (index), beside its samples, `n_samples`."""
        import pandas as pd  # noqa: PLC0415 - costs a third of a second

        rates = pd.DataFrame(self.rates, index=pd.Index(self.groups, name="group"), columns=list(self.classes))
        rates.insert(0, "n_samples", self.counts.sum(axis=1), allow_duplicates=True)
        return rates


def fairness_of_counts(
    counts: Counts, groups: Sequence[str], classes: Sequence[str], *, concentration: float = 1.0, min_support: int = 1
) -> DifferentialFairness:
    """The same of counts, shape (n_groups, n_classes).

    Raises
    ------
    AuditkitError
        If `concentration` is not above 0.
    UndefinedError
        If fewer than two groups are left.
    """
    weight = number("concentration", concentration, give=1.0, above=0.0)
    kept = counts.sum(axis=1) >= min_support
    if kept.sum() < 2:  # noqa: PLR2004 - a pair
        message = f"fewer than two groups have {min_support} samples: there is no pair of groups to compare."
        raise UndefinedError(message)
    names = tuple(name for name, stays in zip(groups, kept, strict=True) if stays)
    rates = _smoothed(counts[kept], weight)
    high, low = rates.argmax(axis=0), rates.argmin(axis=0)
    apart = np.log(rates.max(axis=0) / rates.min(axis=0))
    worst = int(apart.argmax())
    return DifferentialFairness(
        epsilon=float(apart[worst]),
        pair=(names[int(high[worst])], names[int(low[worst])]),
        level=classes[worst],
        groups=names,
        classes=tuple(classes),
        counts=counts[kept],
        rates=rates,
        left_out=tuple(name for name, stays in zip(groups, kept, strict=True) if not stays),
    )


def epsilon_of(counts: NDArray[Any], concentration: float = 1.0) -> FloatArray:
    """Differential fairness of counts, shape (..., n_groups, n_classes), without names."""
    rates = _smoothed(counts, concentration)
    apart = np.log(rates.max(axis=-2)) - np.log(rates.min(axis=-2))
    return np.asarray(apart.max(axis=-1), np.float64)


def _smoothed(counts: NDArray[Any], concentration: float) -> FloatArray:
    """Rate of each class within each group, with a prior that is even over the classes."""
    prior = concentration / counts.shape[-1]
    return np.asarray((counts + prior) / (counts.sum(axis=-1, keepdims=True) + concentration), np.float64)
