"""Series in the shape embedders read them: grouped by length, on the scale of the training channels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import split_blocks
from auditkit.errors import DataError, SampleSizeError, ShapeError

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["ChannelScale", "check_series", "equal_lengths"]

_LARGEST = 1e6
"""Standardised values are cut here, so that one wild value leaves all features finite."""


@dataclass(frozen=True, eq=False)
class ChannelScale:
    """Mean and standard deviation of each channel over all steps of the training series.

    Attributes
    ----------
    mean, deviation : ndarray of shape (channels,)
        A channel that never changes has the deviation 1.
    names : tuple of str
        The channels.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, series: Sequence[NDArray[Any]], names: tuple[str, ...]) -> ChannelScale:
        """Scale of these series, each of shape (t, channels)."""
        steps = np.concatenate(list(series))
        mean = steps.mean(axis=0)
        deviation = steps.std(axis=0)
        still = deviation <= np.finfo(np.float64).eps * np.abs(steps).max(axis=0)
        return cls(mean, np.where(still, 1.0, deviation), names)

    def standardised(self, series: NDArray[Any]) -> NDArray[np.float64]:
        """Values of shape (..., channels) on the scale of the training channels, cut at one million."""
        with np.errstate(over="ignore"):
            scaled: NDArray[np.float64] = (series - self.mean) / self.deviation
        return np.clip(scaled, -_LARGEST, _LARGEST)

    def check_channels(self, dataset: Dataset, embedder: str) -> None:
        """Refuse series with other channels than those of the training data.

        Raises
        ------
        ShapeError
            With both.
        """
        if dataset.schema.channels != self.names:
            message = (
                f"embedder {embedder!r} was fitted on series with the channels {', '.join(self.names)}, "
                f"{dataset.source!r} has {', '.join(dataset.schema.channels)}: give the same channels in one order."
            )
            raise ShapeError(message)


def check_series(dataset: Dataset, embedder: str) -> None:
    """Refuse data that are no series, or no data at all to be fitted on.

    Raises
    ------
    DataError
        For another modality.
    SampleSizeError
        For an empty set.
    """
    if dataset.modality != "series" or dataset.samples is None:
        message = f"embedder {embedder!r} needs series, got {dataset.modality} in {dataset.source!r}."
        raise DataError(message)
    if not len(dataset):
        message = f"embedder {embedder!r} needs at least one series to be fitted on, {dataset.source!r} has none."
        raise SampleSizeError(message)


def equal_lengths(series: Sequence[NDArray[Any]], *, values: int) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
    """Blocks of series of one length, shortest first.

    Parameters
    ----------
    series : sequence of ndarray of shape (t, channels)
    values : int
        Values that a block holds at most, one series at least.

    Yields
    ------
    tuple
        Places of the series, and the series as one array of shape (n_block, t, channels).
    """
    lengths = np.array([len(item) for item in series], dtype=np.int64)
    for length in np.unique(lengths):
        places = np.flatnonzero(lengths == length)
        size = max(1, values // series[places[0]].size)
        for block in split_blocks(len(places), size):
            yield places[block], np.stack([series[place] for place in places[block]])
