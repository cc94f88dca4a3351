"""What embedders share that learn from the training data: their samples, their checks, and their coarse form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.results import MIN_CELL

if TYPE_CHECKING:
    from auditkit.data import Dataset, Samples

__all__ = ["CarriedEmbedder", "check_shape", "need_fit", "need_samples", "some_rows"]

T = TypeVar("T")

_WORDS = {"image": "images", "text": "texts", "audio": "recordings", "series": "series"}


class CarriedEmbedder:
    """An embedder of directions; its coarse form leaves out those that single units make up.

    Parameters
    ----------
    carriers : int, optional
        Leave out directions of whose variance a single training unit makes up more than 1 / carriers.
    """

    name: str

    def __init__(self, *, carriers: int | None = None) -> None:
        kind = type(self).name
        if carriers is not None and (isinstance(carriers, bool) or not isinstance(carriers, int) or carriers < 1):
            message = f"embedder {kind!r} needs a whole number of carriers from 1 on, got {carriers!r}: give 5, say."
            raise AuditkitError(message)
        self._carriers = carriers
        self.name = kind if carriers is None else f"{kind}[carriers={carriers}]"
        self.notes: list[str] = []

    def coarse(self) -> Self:
        """The embedder whose directions no single unit makes up."""
        return self if self._carriers is not None else type(self)(carriers=MIN_CELL)


def need_fit(learnt: T | None, name: str, *, what: str = "transforms") -> T:
    """What a fitted embedder holds.

    Raises
    ------
    AuditkitError
        When there is none yet.
    """
    if learnt is None:
        message = f"embedder {name!r} must be fitted before it {what}: call fit(train, seed=0)."
        raise AuditkitError(message)
    return learnt


def need_samples(dataset: Dataset, modality: str, name: str, *, least: int = 0) -> Samples:
    """Samples of a dataset of the embedder's modality, at least so many.

    Raises
    ------
    DataError
        For other data, and for too few.
    """
    if dataset.modality != modality or dataset.samples is None:
        message = f"embedder {name!r} needs {_WORDS[modality]}, got {dataset.modality} in {dataset.source!r}."
        raise DataError(message)
    if len(dataset) < least:
        message = f"embedder {name!r} needs at least one unit to be fitted on, {dataset.source!r} has none."
        raise DataError(message)
    return dataset.samples


def check_shape(dataset: Dataset, shape: tuple[int, ...], name: str) -> None:
    """Refuse images of another shape than those of the training data.

    Raises
    ------
    ShapeError
    """
    if dataset.samples is not None and tuple(dataset.samples.shape) != shape:
        message = (
            f"embedder {name!r} was fitted on images of shape {shape}, {dataset.source!r} has "
            f"{tuple(dataset.samples.shape)}: resize them first."
        )
        raise ShapeError(message)


def some_rows(n: int, most: int, *, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of all n rows, or of as many as are read at most, chosen by `rng`, in order."""
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))
