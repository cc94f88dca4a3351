"""What a metric read: a value with its parts and limits, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Part", "Reading"]


@dataclass(frozen=True)
class Reading:
    """What a metric read from its products.

    Attributes
    ----------
    value : float or None
        None where undefined; then `reason` says why.
    n : tuple of (int, int)
        Real and synthetic rows that it was read on.
    reason : str
        Why there is no value, one sentence; empty where there is one.
    failed : bool
        Whether there is no value because reading it failed.
    contributions : ndarray of shape (n_synthetic,), optional
        Each synthetic sample's share in the value.
    parts : tuple of Part
        Values by group, class or column that one pass gives.
    interval : tuple of (float, float), optional
        95 % limits, where the reading knows them itself.
    limits : callable, optional
        Finds the interval where that costs more than the value: only an audit that shows it calls this.
    method : str
        How the interval was made.
    null : float, optional
        What a set with no defect scores, where that is known without a yardstick; the metric's where it is constant.
    spread : mapping, optional
        How the excess over `null` is distributed (see `auditkit.spreads`).
    scale : float
        What the distance from `null` is multiplied by to be the excess.
    details : mapping
        Further plain numbers for pages and findings.
    """

    value: float | None
    n: tuple[int, int]
    reason: str = ""
    contributions: NDArray[np.float64] | None = field(default=None, compare=False)
    parts: tuple[Part, ...] = ()
    interval: tuple[float, float] | None = None
    limits: Callable[[], tuple[float, float]] | None = field(default=None, compare=False)
    method: str = ""
    null: float | None = None
    spread: Mapping[str, Any] | None = None
    scale: float = 1.0
    failed: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)

    def beside(self, null: float | None) -> Reading:
        """The same reading, and its parts, with what a set with no defect scores, unless they say so themselves."""
        if null is None:
            return self
        parts = tuple(replace(part, reading=part.reading.beside(null)) for part in self.parts)
        return replace(self, null=null if self.null is None else self.null, parts=parts)

    def of_part(self, where: Mapping[str, str]) -> Reading | None:
        """Reading of one of the parts, None where it has no such part."""
        return self._by_part.get(frozenset(where.items()))

    @cached_property
    def _by_part(self) -> dict[frozenset[tuple[str, str]], Reading]:
        # A wide table has tens of thousands of pairs, and each is asked for by itself. Of twins the first counts.
        return {frozenset(part.where.items()): part.reading for part in reversed(self.parts)}

    def settled(self, *, shown: bool) -> Reading:
        """The same reading that holds no callable: with its interval where it is shown, without it elsewhere."""
        if self.limits is None:
            return self
        return replace(self, interval=self.limits() if shown else self.interval, limits=None)


@dataclass(frozen=True)
class Part:
    """A reading on one part of the data."""

    where: Mapping[str, str]
    reading: Reading
