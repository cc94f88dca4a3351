"""Changes of a series that leave its label what it was: noise, size, pace, windows.

Each takes a standardised series of shape (t, channels), a strength from 0 (nothing) to 1 (strong) and a random
generator, and gives a series of the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "WARPS",
    "Warp",
    "jitter",
    "magnitude_warp",
    "read_at",
    "scaling",
    "time_warp",
    "window_slice",
    "window_warp",
]

Series = NDArray[np.float64]
Warp = Callable[[Series, float, np.random.Generator], Series]

_KNOTS = 4
_LEAST_PACE = 0.05


def jitter(series: Series, strength: float, rng: np.random.Generator) -> Series:
    """Normal noise of each channel, up to half as large as the series' own steps."""
    steps = np.diff(series, axis=0)
    own = np.sqrt(np.square(steps).mean(axis=0)) if len(steps) else np.zeros(series.shape[1])
    return np.asarray(series + 0.5 * strength * own * rng.standard_normal(series.shape))


def scaling(series: Series, strength: float, rng: np.random.Generator) -> Series:
    """Each channel larger or smaller about its mean, up to some 30 %."""
    centre = series.mean(axis=0)
    return np.asarray(centre + (series - centre) * np.exp(0.2 * strength * rng.standard_normal(series.shape[1])))


def magnitude_warp(series: Series, strength: float, rng: np.random.Generator) -> Series:
    """Sizes that change along a smooth curve, a cubic spline through four random knots."""
    from scipy.interpolate import CubicSpline  # noqa: PLC0415 - half a second that listing need not wait for

    knots = np.exp(0.2 * strength * rng.standard_normal((_KNOTS, series.shape[1])))
    curve = CubicSpline(np.linspace(0, 1, _KNOTS), knots)(np.linspace(0, 1, len(series)))
    centre = series.mean(axis=0)
    return np.asarray(centre + (series - centre) * curve)


def time_warp(series: Series, strength: float, rng: np.random.Generator) -> Series:
    """Pace that changes smoothly: time runs along a monotone curve (pchip) through random knots; both ends stay."""
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 - half a second that listing need not wait for

    paces = np.maximum(np.exp(0.6 * strength * rng.standard_normal(_KNOTS)), _LEAST_PACE)
    reached = np.concatenate([[0.0], np.cumsum(paces) / paces.sum()])
    at = PchipInterpolator(np.linspace(0, 1, _KNOTS + 1), reached)(np.linspace(0, 1, len(series)))
    return read_at(series, at * (len(series) - 1))


def window_slice(series: Series, strength: float, rng: np.random.Generator) -> Series:
    """A window of 70 % of the steps or more, stretched to the whole length."""
    share = 1 - 0.3 * strength * rng.random()
    first = rng.random() * (1 - share)
    return read_at(series, np.linspace(first, first + share, len(series)) * (len(series) - 1))


def window_warp(series: Series, strength: float, rng: np.random.Generator) -> Series:
    """A window of a fifth of the steps at up to half or twice the pace, and the rest to match."""
    start = 0.8 * rng.random()
    pace = 2.0 ** (strength * rng.uniform(-1, 1))
    knots, paces = np.array([0.0, start, start + 0.2, 1.0]), np.array([1.0, pace, 1.0])
    reached = np.concatenate([[0.0], np.cumsum(np.diff(knots) / paces)])
    at = np.interp(np.linspace(0, reached[-1], len(series)), reached, knots)
    return read_at(series, at * (len(series) - 1))


def read_at(series: Series, places: NDArray[np.float64]) -> Series:
    """Values between the steps, on straight lines.

    Examples
    --------
    >>> read_at(np.array([[0.0], [2.0]]), np.array([0.0, 0.25])).tolist()
    [[0.0], [0.5]]
    """
    steps = np.arange(len(series))
    return np.column_stack([np.interp(places, steps, channel) for channel in series.T])


WARPS: Mapping[str, Warp] = MappingProxyType(
    {
        "jitter": jitter,
        "scaling": scaling,
        "magnitude_warp": magnitude_warp,
        "time_warp": time_warp,
        "window_slice": window_slice,
        "window_warp": window_warp,
    }
)
"""By name."""
