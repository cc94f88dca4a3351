"""Time series into summary statistics that a person can name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import single_threaded
from auditkit.errors import AuditkitError
from auditkit.features.panel import ChannelScale, check_series, equal_lengths
from auditkit.features.registry import EmbedderState, check_version

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["LAGS", "QUANTILES", "StatisticsEmbedder"]

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

LAGS = (1, 2, 4, 8)

BANDS = (0.0, 0.05, 0.125, 0.25, 0.5)
"""Edges of the frequency bands, in cycles per step."""

MAX_PAIRED = 12
"""Correlations are taken between at most so many channels, the first ones."""

VERSION = 1
"""Raised whenever the same data get other features."""

_BLOCK_VALUES = 200_000
_LARGEST = 1e6
_NOTHING = 1e-18


class StatisticsEmbedder:
    """Summary statistics of each channel, standardised over the training series.

    Per channel: mean, standard deviation, the 5, 25, 50, 75 and 95 % quantile, the slope of the straight line through
    it, the standard deviation of the differences between neighbouring steps, the autocorrelation at 1, 2, 4 and 8
    steps and the shares of the spectrum below 1/20, 1/8, 1/4 and 1/2 cycles per step; then the correlation of each two
    of the first twelve channels, and the length. What a series is too short or too still for counts as 0. Blind to
    where in a series something happens, but each feature has a name.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> waves = [np.sin(np.arange(20) / (1 + i % 5)) for i in range(12)]
    >>> data = Dataset.of_table(pd.DataFrame({"y": ["a"] * 12}), samples=SeriesSamples.of(waves))
    >>> StatisticsEmbedder().fit(data, seed=0).transform(data).shape
    (12, 18)
    """

    name = "statistics"

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._scale: ChannelScale | None = None
        self._centre: NDArray[np.float64] = np.empty(0)
        self._spread: NDArray[np.float64] = np.empty(0)

    def fit(self, train: Dataset, *, seed: int) -> Self:  # noqa: ARG002 - nothing is drawn
        """Learn mean and spread of the channels and of their statistics.

        Parameters
        ----------
        train : Dataset
            Series; their lengths may differ.
        seed : int
            Not used: nothing is drawn.

        Raises
        ------
        DataError
            When the data are no series.
        SampleSizeError
            When there is none.
        """
        check_series(train, self.name)
        self.notes = ["Features are summary statistics of series: blind to when something happens."]
        series = list(train.arrays())
        with single_threaded():
            self._scale = ChannelScale.of(series, train.schema.channels)
            rows = _statistics(series, self._scale)
            self._centre, spread = rows.mean(axis=0), rows.std(axis=0)
        self._spread = np.where(spread <= 1e-9 * np.maximum(1.0, np.abs(self._centre)), 1.0, spread)
        return self

    def transform(self, dataset: Dataset) -> NDArray[np.float32]:
        """Features of series with the same channels.

        Parameters
        ----------
        dataset : Dataset

        Returns
        -------
        ndarray of shape (n_units, d), float32

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        ShapeError
            When the series have other channels than those of the training data.
        """
        scale = self._fitted("transforms")
        if not len(dataset):
            return np.empty((0, len(self._centre)), dtype=np.float32)
        check_series(dataset, self.name)
        scale.check_channels(dataset, self.name)
        with single_threaded():
            rows = (_statistics(list(dataset.arrays()), scale) - self._centre) / self._spread
        return np.clip(rows, -_LARGEST, _LARGEST).astype(np.float32)

    def coarse(self) -> Self:
        """The embedder itself: means and spreads over all training series tell of no single one."""
        return self

    def state(self) -> EmbedderState:
        """Means and spreads of the fitted embedder.

        Raises
        ------
        AuditkitError
            When `fit` was not called.
        """
        scale = self._fitted("keeps its state")
        about = {"version": VERSION, "notes": list(self.notes), "channels": list(scale.names)}
        arrays = {"mean": scale.mean, "deviation": scale.deviation, "centre": self._centre, "spread": self._spread}
        return EmbedderState(about, arrays)

    def restore(self, state: EmbedderState) -> Self:
        """Become the fitted embedder that gave this state.

        Raises
        ------
        AuditkitError
            If the state is of another version.
        """
        check_version(self.name, state, VERSION)
        held = state.arrays
        self.notes = list(state.about["notes"])
        self._scale = ChannelScale(held["mean"], held["deviation"], tuple(state.about["channels"]))
        self._centre, self._spread = held["centre"], held["spread"]
        return self

    def _fitted(self, what: str) -> ChannelScale:
        if self._scale is None:
            message = f"embedder 'statistics' must be fitted before it {what}: call fit(train, seed=0)."
            raise AuditkitError(message)
        return self._scale


def _statistics(series: Sequence[NDArray[np.float64]], scale: ChannelScale) -> NDArray[np.float64]:
    """A row per series."""
    parts, order = [], []
    for places, block in equal_lengths(series, values=_BLOCK_VALUES):
        parts.append(_of_block(scale.standardised(block)))
        order.append(places)
    out = np.empty((len(series), parts[0].shape[1]))
    out[np.concatenate(order)] = np.concatenate(parts)
    return out


def _of_block(series: NDArray[np.float64]) -> NDArray[np.float64]:
    """Statistics of series of shape (n, t, channels), channel after channel."""
    n, t, _ = series.shape
    mean = series.mean(axis=1)
    centred = series - mean[:, None]
    time = np.linspace(-1.0, 1.0, t) if t > 1 else np.zeros(1)
    slope = np.einsum("t,ntc->nc", time, centred) / max(1.0, float(time @ time))
    changes = np.diff(series, axis=1).std(axis=1) if t > 1 else np.zeros_like(mean)
    columns = [
        mean,
        centred.std(axis=1),
        *np.quantile(series, QUANTILES, axis=1),
        slope,
        changes,
        *_autocorrelations(centred),
        *_spectral_shares(centred),
    ]
    own = np.stack(columns, axis=2).reshape(n, -1)
    return np.concatenate([own, _correlations(centred), np.full((n, 1), np.log(t))], axis=1)


def _autocorrelations(centred: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    total = np.square(centred).sum(axis=1)
    return [_ratio((centred[:, lag:] * centred[:, :-lag]).sum(axis=1), total) for lag in LAGS]


def _spectral_shares(centred: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Share of each band; a padded transform gives short series enough frequencies to tell the bands apart."""
    t = centred.shape[1]
    power = np.square(np.abs(np.fft.rfft(centred, n=max(t, 64), axis=1)))
    frequency = np.fft.rfftfreq(max(t, 64))
    bands = np.clip(np.searchsorted(BANDS, frequency, side="left") - 1, 0, len(BANDS) - 2)
    total = power.sum(axis=1)
    return [_ratio(power[:, bands == band].sum(axis=1), total) for band in range(len(BANDS) - 1)]


def _correlations(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    paired = centred[:, :, :MAX_PAIRED]
    products = np.einsum("nta,ntb->nab", paired, paired)
    size = np.sqrt(np.einsum("naa->na", products))
    first, second = np.triu_indices(paired.shape[2], k=1)
    return _ratio(products[:, first, second], size[:, first] * size[:, second])


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of a whole, 0 where the whole is nothing but rounding."""
    known = whole > _NOTHING
    return np.where(known, part / np.where(known, whole, 1.0), 0.0)
