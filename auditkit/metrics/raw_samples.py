"""The samples of a set themselves, for metrics of what features miss: texts, recordings, series, images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.kinds import Modality

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["Measured", "RawSamples", "measure", "measures_of"]

Measure = Callable[["Samples"], NDArray[Any]]
_MEASURES: dict[Modality, dict[str, Measure]] = {}


def measure(modality: Modality) -> Callable[[Measure], Measure]:
    """Register a function of all samples of a set, which a reference keeps the result of.

    It gives one row per sample that does not depend on the others: a row of numbers, or an array of uint64 of any
    length.
    """

    def kept(function: Measure) -> Measure:
        _MEASURES.setdefault(modality, {})[f"{function.__module__}.{function.__qualname__}"] = function
        return function

    return kept


def measures_of(modality: Modality) -> Mapping[str, Measure]:
    """Registered functions of a modality by name; those of modules that are imported."""
    return dict(sorted(_MEASURES.get(modality, {}).items()))


class Measured:
    """What functions said of the samples of one set."""

    def __init__(self, found: Mapping[Measure, NDArray[Any]] | None = None) -> None:
        self._found: dict[Measure, NDArray[Any]] = dict(found or {})
        self._lock = threading.Lock()

    def of(self, measure: Measure, samples: Samples) -> NDArray[Any]:
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

    def numbers(self, measure: Measure) -> NDArray[Any]:
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
