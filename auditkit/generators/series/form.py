"""The form of series: scales of the channels, and what every training series has in common and a sample must keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.series import SeriesSamples

__all__ = ["SeriesForm"]

MAX_DECIMALS = 6
_ALIKE = 1e-4
_SERIES_TO_TELL = 5
_STEPS_TO_TELL = 3
_HEAP = 0.01
_NONE = -1


@dataclass(frozen=True, eq=False)
class SeriesForm:
    """Scales, and what is put back after generating.

    Attributes
    ----------
    mean, deviation : ndarray of shape (channels,)
        Over all steps of the training series; a channel that never changes has the deviation 1.
    level, size : ndarray of shape (channels,)
        Mean that each single series has, where all have the same, and the standard deviation where all have the same
        as well (as after z-normalising); else NaN.
    low, high : ndarray of shape (channels,)
        Limits where values heap: at least 1 % of the steps lie on it. Infinite where there is none.
    decimals : ndarray of int64, shape (channels,)
        Decimals that all values have, -1 for more than 6.
    names : tuple of str
        Names of the channels.
    """

    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]
    level: NDArray[np.float64]
    size: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    decimals: NDArray[np.int64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, series: Sequence[NDArray[np.float64]], names: tuple[str, ...]) -> SeriesForm:
        """Form of series, each of shape (t, channels)."""
        steps = np.concatenate(list(series))
        mean, deviation = steps.mean(axis=0), steps.std(axis=0)
        still = deviation <= np.finfo(np.float64).eps * np.abs(steps).max(axis=0)
        deviation = np.where(still, 1.0, deviation)
        level, size = _common(series, deviation)
        low, high = (_heap(steps, edge) for edge in (steps.min(axis=0), steps.max(axis=0)))
        return cls(
            mean,
            deviation,
            level,
            size,
            np.where(np.isnan(low), -np.inf, low),
            np.where(np.isnan(high), np.inf, high),
            _decimals(steps),
            names,
        )

    def standardised(self, series: NDArray[Any]) -> NDArray[np.float64]:
        """Values of shape (..., channels) with mean 0 and deviation 1 over the training series."""
        return np.asarray((series - self.mean) / self.deviation)

    def natural(self, series: NDArray[Any]) -> NDArray[np.float64]:
        """A standardised series (t, channels) on the scales of the training series, in their form."""
        values = np.asarray(series * self.deviation + self.mean)
        values = np.where(np.isnan(self.level), values, values - values.mean(axis=0) + self.level)
        spread = values.std(axis=0)
        fixed = ~np.isnan(self.size) & (spread > 0)
        centre = values.mean(axis=0)
        scaled = (values - centre) * np.where(fixed, self.size / np.where(fixed, spread, 1.0), 1.0) + centre
        limited = np.clip(np.where(fixed, scaled, values), self.low, self.high)
        for channel in np.flatnonzero(self.decimals != _NONE):
            limited[:, channel] = np.round(limited[:, channel], int(self.decimals[channel]))
        return np.ascontiguousarray(limited)

    def samples(self, series: Sequence[NDArray[Any]]) -> SeriesSamples:
        """Standardised series as samples in the form of the training series."""
        return SeriesSamples.of([self.natural(item) for item in series], names=self.names, source="the sample")

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_saved` makes the form from, beside the names."""
        held = ("mean", "deviation", "level", "size", "low", "high", "decimals")
        return {f"form.{name}": getattr(self, name) for name in held}

    @classmethod
    def from_saved(cls, arrays: Mapping[str, NDArray[Any]], names: Sequence[str]) -> SeriesForm:
        """Form from what `arrays` gave."""
        held = {name.removeprefix("form."): value for name, value in arrays.items() if name.startswith("form.")}
        return cls(**held, names=tuple(names))


def _common(
    series: Sequence[NDArray[np.float64]], deviation: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean that all series share, and deviation where they share that too; NaN where they differ."""
    unknown = np.full(len(deviation), np.nan)
    if len(series) < _SERIES_TO_TELL or min(len(item) for item in series) < _STEPS_TO_TELL:
        return unknown, unknown
    found = []
    for each in (np.array([item.mean(axis=0) for item in series]), np.array([item.std(axis=0) for item in series])):
        alike = np.ptp(each, axis=0) <= _ALIKE * deviation
        found.append(np.where(alike, each.mean(axis=0), np.nan))
    return found[0], np.where(np.isnan(found[0]), np.nan, found[1])


def _heap(steps: NDArray[np.float64], edge: NDArray[np.float64]) -> NDArray[np.float64]:
    """An edge of the values where enough of them lie on it, else NaN."""
    return np.where((steps == edge).mean(axis=0) >= _HEAP, edge, np.nan)


def _decimals(steps: NDArray[np.float64]) -> NDArray[np.int64]:
    found = np.full(steps.shape[1], _NONE, dtype=np.int64)
    for decimals in range(MAX_DECIMALS, -1, -1):
        exact = (np.round(steps, decimals) == steps).all(axis=0)
        found[exact] = decimals
    return found
