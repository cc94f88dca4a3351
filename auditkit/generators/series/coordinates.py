"""Series of any length as a few numbers, and back: cosines, their principal components, and the size of the rest.

A series becomes the coefficients of its cosines (DCT-II) divided by the root of its length, so that long and short
series of one shape have the same ones; nothing is resampled, and as many coefficients as steps give the series back
exactly. What the components leave over is noise: its size per channel is one more number of a series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, idct

__all__ = ["Coordinates"]

MAX_COMPONENTS = 64
MAX_VALUES = 4096
"""Coefficients of all channels together that the components look at; those of faster cosines count as rest."""

_SERIES_PER_COMPONENT = 5
_LEAST_COMPONENTS = 4
_LEAST_SHARE = 1e-9
_SMALLEST = 1e-6
_REST_SCALE = 0.3


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Principal components of the training series' cosines.

    Attributes
    ----------
    centre : ndarray of shape (cosines, channels)
        Mean coefficients.
    components : ndarray of shape (k, cosines * channels)
        Orthonormal rows.
    scale : float
        Root mean square of the training series along the components: what these are divided by.
    rest : ndarray of shape (steps, channels)
        Shape of the noise: deviation of each coefficient beyond the components, per unit of a series' rest.
    rest_mean, rest_deviation : ndarray of shape (channels,)
        Of the logarithm of the series' rests; the deviation is 0 where nothing is left over.
    """

    centre: NDArray[np.float64]
    components: NDArray[np.float64]
    scale: float
    rest: NDArray[np.float64]
    rest_mean: NDArray[np.float64]
    rest_deviation: NDArray[np.float64]

    @classmethod
    def of(cls, series: Sequence[NDArray[np.float64]]) -> tuple[Coordinates, NDArray[np.float64]]:
        """Coordinates learnt from standardised series, and those of the series: shape (n, width)."""
        n, channels = len(series), series[0].shape[1]
        steps = max(len(item) for item in series)
        cosines = min(steps, max(_LEAST_COMPONENTS, MAX_VALUES // channels))
        rows = np.stack([_coefficients(item, cosines) for item in series]).reshape(n, -1)
        centre = rows.mean(axis=0)
        rows -= centre
        components = _components(rows)
        places = rows @ components.T
        scale = float(np.sqrt(np.square(places).mean())) or 1.0
        left = (rows - places @ components).reshape(n, cosines, channels)
        own, rest = _rests(series, left, steps)
        known = (own > _SMALLEST).any(axis=0)
        logs = np.log(np.maximum(own, _SMALLEST))
        mean, deviation = logs.mean(axis=0), np.where(known, logs.std(axis=0), 0.0)
        made = cls(centre.reshape(cosines, channels), components, scale, rest * known, mean, deviation)
        width = np.where(deviation > 0, deviation, 1.0)
        return made, np.concatenate([places / scale, _REST_SCALE * (logs - mean) / width * (deviation > 0)], axis=1)

    @property
    def width(self) -> int:
        """Numbers of a series."""
        return len(self.components) + int(self.rest.shape[1])

    def series(
        self, places: NDArray[np.float64], lengths: NDArray[np.int64], noise: NDArray[np.float64]
    ) -> list[NDArray[np.float64]]:
        """Standardised series at places.

        Parameters
        ----------
        places : ndarray of shape (n, width)
        lengths : ndarray of shape (n,)
        noise : ndarray of shape (n, steps * channels)
            Standard normal: what the rest is made of.
        """
        k = len(self.components)
        shape = self.centre.shape
        rows = (places[:, :k] * self.scale) @ self.components
        logs = np.clip(places[:, k:] / _REST_SCALE, -3, 3) * self.rest_deviation + self.rest_mean
        found = []
        for row, size, length, rough in zip(rows, np.exp(logs), lengths, noise, strict=True):
            full = np.zeros((int(length), shape[1]))
            kept = min(int(length), shape[0])
            full[:kept] = (row.reshape(shape) + self.centre)[:kept] * np.sqrt(length)
            full += (rough.reshape(-1, shape[1]) * self.rest)[: int(length)] * size
            found.append(idct(full, type=2, norm="ortho", axis=0))
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_saved` makes the coordinates from."""
        held = ("centre", "components", "rest", "rest_mean", "rest_deviation")
        return {f"coordinates.{name}": getattr(self, name) for name in held} | {
            "coordinates.scale": np.array([self.scale])
        }

    @classmethod
    def from_saved(cls, arrays: Mapping[str, NDArray[Any]]) -> Coordinates:
        """Coordinates from what `arrays` gave."""
        start = "coordinates."
        held: dict[str, Any] = {
            name.removeprefix(start): value for name, value in arrays.items() if name.startswith(start)
        }
        return cls(**held | {"scale": float(held["scale"][0])})


def _coefficients(series: NDArray[np.float64], cosines: int) -> NDArray[np.float64]:
    """The slowest cosines of a series, 0 where it is shorter."""
    found = np.zeros((cosines, series.shape[1]))
    own = dct(series, type=2, norm="ortho", axis=0)[:cosines] / np.sqrt(len(series))
    found[: len(own)] = own
    return found


def _components(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leading principal directions of centred rows, one for five series at most, as rows."""
    n, width = rows.shape
    k = min(MAX_COMPONENTS, width, max(_LEAST_COMPONENTS, n // _SERIES_PER_COMPONENT), max(n - 1, 1))
    if width <= n:
        values, vectors = np.linalg.eigh(rows.T @ rows)
        found = vectors[:, ::-1][:, :k].T
    else:
        values, sides = np.linalg.eigh(rows @ rows.T)
        found = (rows.T @ sides[:, ::-1][:, :k]).T
    kept = values[::-1][:k] > _LEAST_SHARE * max(float(values[-1]), 1e-30)
    kept[0] = True
    found = found[kept]
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    unit = found / np.where(lengths > 0, lengths, 1.0)
    largest = unit[np.arange(len(unit)), np.abs(unit).argmax(axis=1)]
    return np.ascontiguousarray(unit * np.where(largest < 0, -1.0, 1.0)[:, None])


def _rests(
    series: Sequence[NDArray[np.float64]], left: NDArray[np.float64], steps: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What the components leave over: root mean square of each series and channel, and the shape over the cosines."""
    n, cosines, channels = left.shape
    own = np.empty((n, channels))
    total, count = np.zeros((steps, channels)), np.zeros((steps, 1))
    beyond = []
    for place, item in enumerate(series):
        length = len(item)
        rest = np.zeros((length, channels))
        kept = min(length, cosines)
        rest[:kept] = left[place, :kept] * np.sqrt(length)
        if length > cosines:
            rest[cosines:] = dct(item, type=2, norm="ortho", axis=0)[cosines:]
        own[place] = np.sqrt(np.square(rest).mean(axis=0))
        beyond.append(rest)
    for rest, size in zip(beyond, own, strict=True):
        total[: len(rest)] += np.square(rest / np.maximum(size, _SMALLEST))
        count[: len(rest)] += 1
    return own, np.sqrt(total / np.maximum(count, 1))
