"""What each series of a side is like, as numbers: built once for all metrics of series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.dataset import Dataset
from auditkit.data.series import SeriesSamples
from auditkit.errors import DataError, SampleSizeError, ShapeError, UndefinedError
from auditkit.metrics.products import product
from auditkit.metrics.raw_samples import RawSamples, measure
from auditkit.metrics.side import Role, Side

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["BANDS", "LAGS", "MAX_PAIRED", "SeriesTraits", "series_sides", "traits_of_series"]

LAGS = (1, 2, 4, 8)

BANDS = (0.0, 0.05, 0.125, 0.25, 0.5)
"""Edges of the bands, in cycles per step."""

MAX_PAIRED = 12
"""Correlations are taken between the first so many channels."""

_BLOCK = 256
_LEAST_STEPS = 4
_LEAST_FREQUENCIES = 64
_STILL = 1e-12


@dataclass(frozen=True, eq=False)
class SeriesTraits:
    """Numbers of n series with c channels.

    Attributes
    ----------
    steps : ndarray of shape (n,)
    changes : ndarray of shape (n, c)
        Root mean square of the differences between neighbouring steps; NaN for series of one step.
    bends : ndarray of shape (n, c)
        Root mean square of the differences of these differences; NaN for series of one or two steps.
    autocorrelations : ndarray of shape (n, c, lags)
        At 1, 2, 4 and 8 steps; NaN where a series is too short or still.
    bands : ndarray of shape (n, c, bands)
        Shares of the power, level left out; NaN where a series is shorter than four steps or still.
    correlations : ndarray of shape (n, pairs)
        Between each two of the first twelve channels; NaN where one is still.
    channels : tuple of str
    """

    steps: NDArray[np.float64]
    changes: NDArray[np.float64]
    bends: NDArray[np.float64]
    autocorrelations: NDArray[np.float64]
    bands: NDArray[np.float64]
    correlations: NDArray[np.float64]
    channels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.steps)


@product(sides=("real",))
def traits_of_series(real: Side) -> SeriesTraits:
    """Traits of the series of a side.

    Parameters
    ----------
    real : Side

    Returns
    -------
    SeriesTraits

    Raises
    ------
    UndefinedError
        If the series are not at hand.
    """
    if real.samples is None or real.samples.samples.modality != "series":
        raise UndefinedError("only an audit with the series at hand can follow them from step to step.")
    table, channels = real.samples.numbers(_measured), real.samples.samples.channels
    n, c = len(table), len(channels)
    widths = np.cumsum([1, c, c, c * len(LAGS), c * (len(BANDS) - 1)])
    steps, changes, bends, lags, bands, pairs = np.split(table, widths, axis=1)
    return SeriesTraits(steps[:, 0], changes, bends, lags.reshape(n, c, -1), bands.reshape(n, c, -1), pairs, channels)


def series_sides(real: Any, synthetic: Any) -> dict[Role, Side]:
    """Sides of two sets of series.

    Parameters
    ----------
    real, synthetic : Dataset, Samples or sequence of array_like
        Series; arrays of shape (t,) or (t, channels).

    Returns
    -------
    dict of role to Side

    Raises
    ------
    DataError
        If a set holds no series.
    SampleSizeError
        If a set is empty.
    ShapeError
        If the sets have different channels.
    """
    given: dict[Role, Any] = {"real": real, "synthetic": synthetic}
    samples = {role: _samples(item, role) for role, item in given.items()}
    channels = {role: item.samples.channels for role, item in samples.items()}
    if len(channels["real"]) != len(channels["synthetic"]):
        message = (
            f"`real` has {len(channels['real'])} channels and `synthetic` {len(channels['synthetic'])}: give the same."
        )
        raise ShapeError(message)
    return {role: Side(np.zeros((len(item), 0)), samples=item, name=role) for role, item in samples.items()}


def _samples(given: Any, name: str) -> RawSamples:
    if isinstance(given, Dataset):
        given = given.samples
    if getattr(given, "modality", None) == "series":
        found = RawSamples(given)
    elif getattr(given, "modality", None) is not None or isinstance(given, str) or given is None:
        raise DataError(f"`{name}` holds no series: give a Dataset of series, or arrays of shape (steps, channels).")
    else:
        found = RawSamples(SeriesSamples.of(given, source=f"`{name}`"))
    if not len(found):
        raise SampleSizeError(f"`{name}` has no series: give at least one.")
    return found


@measure("series")
def _measured(samples: Samples) -> NDArray[np.float64]:
    """Numbers of all series, a few of which are held at once."""

    def measured(block: slice) -> NDArray[np.float64]:
        return np.array([_numbers(series) for series in samples.take(np.arange(block.start, block.stop))])

    c = len(samples.channels)
    pairs = min(c, MAX_PAIRED)
    width = 1 + c * (2 + len(LAGS) + len(BANDS) - 1) + pairs * (pairs - 1) // 2
    parts = run_blocks(measured, split_blocks(len(samples), _BLOCK))
    return np.concatenate([np.empty((0, width)), *parts])


def _numbers(series: NDArray[np.float64]) -> NDArray[np.float64]:
    t, c = series.shape
    size = np.abs(series).max(axis=0)
    scaled = series / np.where(size > 0, size, 1.0)
    changes, bends = (
        np.sqrt(np.square(np.diff(scaled, n=order, axis=0)).mean(axis=0)) * size if t > order else np.full(c, np.nan)
        for order in (1, 2)
    )
    centred = scaled - scaled.mean(axis=0)
    power = np.square(centred).sum(axis=0)
    power[power <= _STILL**2 * t] = np.nan
    lags = np.full((c, len(LAGS)), np.nan)
    for place, lag in enumerate(LAGS):
        if t > lag + 1:
            lags[:, place] = (centred[lag:] * centred[:-lag]).sum(axis=0) / power
    return np.concatenate(
        [[t], changes, bends, lags.ravel(), _band_shares(centred, power).ravel(), _pairs(centred, power)]
    )


def _band_shares(centred: NDArray[np.float64], power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of each band in each channel; padding gives short series enough frequencies to tell the bands apart."""
    t, c = centred.shape
    shares = np.full((c, len(BANDS) - 1), np.nan)
    if t < _LEAST_STEPS:
        return shares
    length = max(t, _LEAST_FREQUENCIES)
    spectrum = np.square(np.abs(np.fft.rfft(centred, n=length, axis=0)))
    band = np.clip(np.searchsorted(BANDS, np.fft.rfftfreq(length), side="left") - 1, 0, len(BANDS) - 2)
    total = np.where(np.isnan(power), np.nan, spectrum.sum(axis=0))
    for place in range(len(BANDS) - 1):
        shares[:, place] = spectrum[band == place].sum(axis=0) / total
    return shares


def _pairs(centred: NDArray[np.float64], power: NDArray[np.float64]) -> NDArray[np.float64]:
    paired, known = centred[:, :MAX_PAIRED], power[:MAX_PAIRED]
    first, second = np.triu_indices(paired.shape[1], k=1)
    if len(centred) <= 2:  # noqa: PLR2004 - two steps lie on a line
        return np.full(len(first), np.nan)
    return (paired.T @ paired)[first, second] / np.sqrt(known[first] * known[second])
