"""The samples of a set themselves, for metrics of what features miss: texts, recordings, series, images."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["Measured", "RawSamples"]


class Measured:
    """What functions said of the samples of one set."""

    def __init__(self) -> None:
        self._found: dict[Callable[[Samples], NDArray[Any]], NDArray[Any]] = {}
        self._lock = threading.Lock()

    def of(self, measure: Callable[[Samples], NDArray[Any]], samples: Samples) -> NDArray[Any]:
        """Rows of all samples; made on first asking."""
        with self._lock:
            if measure not in self._found:
                self._found[measure] = measure(samples)
            return self._found[measure]


@dataclass(frozen=True, eq=False)
class RawSamples:
    """Samples of a set, some of them or all; they are read when `values` is called and not before.

    Attributes
    ----------
    samples : Samples
    places : ndarray of shape (n,), or None
        Which of them, in order; None means all.
    measured : Measured
        What was measured on all of them, shared by all parts.

    Examples
    --------
    >>> from auditkit.data import TextSamples
    >>> RawSamples(TextSamples.of(["one", "two", "three"])).take(np.array([2, 0])).values().tolist()
    ['three', 'one']
    """

    samples: Samples
    places: NDArray[np.intp] | None = None
    measured: Measured = field(default_factory=Measured, repr=False)

    def __len__(self) -> int:
        return len(self.samples) if self.places is None else len(self.places)

    def take(self, index: NDArray[np.intp]) -> RawSamples:
        """Some of these."""
        places = np.asarray(index, np.intp) if self.places is None else self.places[index]
        return RawSamples(self.samples, places, self.measured)

    def values(self) -> NDArray[Any]:
        """An object array of texts, waves or series, or an array of pixels, as the modality gives them."""
        return self.samples.take(np.arange(len(self.samples)) if self.places is None else self.places)

    def numbers(self, measure: Callable[[Samples], NDArray[Any]]) -> NDArray[Any]:
        """What a function says of each of these samples, one row per sample.

        Parameters
        ----------
        measure : callable
            Of all samples of the set, never of a part: it is called once, whatever parts are looked at. A sample's row
            must not depend on the others.

        Returns
        -------
        ndarray of shape (n, ...)
        """
        found = self.measured.of(measure, self.samples)
        return found if self.places is None else found[self.places]
