"""The samples of a set themselves, for metrics of what features miss: texts, recordings, series, images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["RawSamples"]


@dataclass(frozen=True, eq=False)
class RawSamples:
    """Samples of a set, some of them or all; they are read when `values` is called and not before.

    Attributes
    ----------
    samples : Samples
    places : ndarray of shape (n,), or None
        Which of them, in order; None means all.

    Examples
    --------
    >>> from auditkit.data import TextSamples
    >>> RawSamples(TextSamples.of(["one", "two", "three"])).take(np.array([2, 0])).values().tolist()
    ['three', 'one']
    """

    samples: Samples
    places: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self.samples) if self.places is None else len(self.places)

    def take(self, index: NDArray[np.intp]) -> RawSamples:
        """Some of these."""
        return RawSamples(self.samples, np.asarray(index, np.intp) if self.places is None else self.places[index])

    def values(self) -> NDArray[Any]:
        """An object array of texts, waves or series, or an array of pixels, as the modality gives them."""
        return self.samples.take(np.arange(len(self.samples)) if self.places is None else self.places)
