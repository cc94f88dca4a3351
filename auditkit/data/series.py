"""Time series in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import DataError, ShapeError
from auditkit.kinds import Modality

__all__ = ["SeriesSamples"]

_AXES = 2


@dataclass(frozen=True, eq=False)
class SeriesSamples:
    """Time series in memory with the same channels; their lengths may differ. Make them with `of`.

    Parameters
    ----------
    values : ndarray of object, shape (n,)
        Each float64 of shape (t, channels), finite.
    names : tuple of str
        Names of the channels.
    """

    values: NDArray[np.object_]
    names: tuple[str, ...]

    @classmethod
    def of(
        cls, series: Iterable[ArrayLike], *, names: Sequence[str] | None = None, source: str = "the series"
    ) -> SeriesSamples:
        """Samples of series, each of shape (t,) or (t, channels).

        Parameters
        ----------
        series : iterable of array_like
        names : sequence of str, optional
            Names of the channels; `x0`, `x1`, ... by default.
        source : str
            Name of the set, for messages.

        Raises
        ------
        DataError
            If a value is missing or not finite, or channels share a name.
        ShapeError
            If series differ in channels, or one is no series.

        Examples
        --------
        >>> made = SeriesSamples.of([[1.0, 2.0], [3.0]])
        >>> made.channels, [item.shape for item in made.take([0, 1])]
        (('x0',), [(2, 1), (1, 1)])
        """
        items = [_series(item, place, source) for place, item in enumerate(series)]
        sizes = {item.shape[1] for item in items}
        wanted = len(names) if names is not None else min(sizes, default=1)
        odd = next((place for place, item in enumerate(items) if item.shape[1] != wanted), None)
        if odd is not None:
            message = f"series {odd} of {source} has {items[odd].shape[1]} channels, expected {wanted}: give all alike."
            raise ShapeError(message)
        if names is not None and len(set(names)) < len(names):
            message = f"{source} has {len(names)} channels and {len(set(names))} names: give each its own name."
            raise DataError(message)
        held = np.empty(len(items), dtype=object)
        for place, item in enumerate(items):
            held[place] = item
        return cls(held, tuple(names) if names is not None else tuple(f"x{place}" for place in range(wanted)))

    @property
    def modality(self) -> Modality:
        """`"series"`."""
        return "series"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of channels."""
        return (len(self.names),)

    @property
    def rate(self) -> int | None:
        """None: steps of series have no rate."""
        return None

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""
        return self.names

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: ArrayLike) -> NDArray[np.object_]:
        """Series at these places, each float64 of shape (t, channels), in an object array of shape (n,)."""
        return self.values[np.asarray(index, dtype=np.intp)]

    def select(self, index: ArrayLike) -> SeriesSamples:
        """The samples at these places."""
        return SeriesSamples(self.take(index), self.names)


def _series(item: ArrayLike, place: int, source: str) -> NDArray[np.float64]:
    values = np.asarray(item)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != _AXES or not all(values.shape) or values.dtype.kind not in "fiub":
        message = (
            f"series {place} of {source} has shape {np.shape(item)} and type {values.dtype}: give numbers of shape "
            "(steps,) or (steps, channels), one step at least."
        )
        raise ShapeError(message)
    numbers = np.ascontiguousarray(values, dtype=np.float64)
    if not np.isfinite(numbers).all():
        message = f"series {place} of {source} has missing or infinite values: fill them or drop the series."
        raise DataError(message)
    return numbers
