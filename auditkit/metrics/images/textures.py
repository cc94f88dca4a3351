"""What noise, blur and compression leave in an image, whatever it shows: energies of the finest details."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.metrics.images.sides import luminance
from auditkit.metrics.raw_samples import measure

if TYPE_CHECKING:
    from auditkit.data.samples import Samples

__all__ = ["texture"]

_BLOCK = 128
_BANDS = 6
_FAINTEST = 1e-5
# The three waves of a cosine transform of three values: mean, slope, bend.
_WAVES = tuple(np.array(wave) / np.linalg.norm(wave) for wave in ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (1.0, -2.0, 1.0)))
_N_NUMBERS = 3 * 8 + _BANDS + 5


@measure("image")
def texture(samples: Samples) -> NDArray[np.float64]:
    """Numbers of all images, shape (n, 35), a few images of which are held at once.

    Of the luminance: logarithms of the mean square, mean absolute value and mean root of what each of the eight
    waves of 3 x 3 pixels finds (the last two tell noise everywhere from edges somewhere); logarithms of the shares of
    the spectrum's energy in six rings; the shares of pixels at the darkest and the brightest value; mean and spread.
    Last the logarithm of how many values the pixels have.

    Parameters
    ----------
    samples : Samples
        Images.

    Returns
    -------
    ndarray of shape (n, 35)
    """

    def measured(block: slice) -> NDArray[np.float64]:
        pixels = samples.take(np.arange(block.start, block.stop))
        return np.column_stack([_numbers(luminance(pixels)), _log_values(pixels)])

    return np.concatenate([np.empty((0, _N_NUMBERS)), *run_blocks(measured, split_blocks(len(samples), _BLOCK))])


def _numbers(light: NDArray[np.float64]) -> NDArray[np.float64]:
    wide = np.pad(light, ((0, 0), (1, 1), (1, 1)), mode="edge")
    found: list[NDArray[np.float64]] = []
    for number, first in enumerate(_WAVES):
        across = _seen_through(wide, first, axis=2)
        for second in _WAVES[1 if number == 0 else 0 :]:
            size = np.abs(_seen_through(across, second, axis=1))
            found += [
                0.5 * np.log(_mean(size**2) + _FAINTEST**2),
                np.log(_mean(size) + _FAINTEST),
                2.0 * np.log(_mean(np.sqrt(size)) + _FAINTEST**0.5),
            ]
    flat = light.reshape(len(light), -1)
    ends = [flat <= flat.min(axis=1, keepdims=True), flat >= flat.max(axis=1, keepdims=True)]
    found += [*_rings(light), *(end.mean(axis=1) for end in ends), flat.mean(axis=1), flat.std(axis=1)]
    return np.column_stack(found)


def _seen_through(wide: NDArray[np.float64], wave: NDArray[np.float64], *, axis: int) -> NDArray[np.float64]:
    """What a wave of three values finds along an axis, at two places fewer than there are."""
    length = wide.shape[axis] - 2
    whole: tuple[slice, ...] = (slice(None),) * axis
    found = np.zeros_like(wide[(*whole, slice(length))])
    for place, weight in enumerate(wave):
        found += weight * wide[(*whole, slice(place, place + length))]
    return found


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values.reshape(len(values), -1).mean(axis=1), np.float64)


def _log_values(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Logarithm of the number of different values in each image."""
    ordered = np.sort(pixels.reshape(len(pixels), -1), axis=1, kind="stable")
    return np.asarray(np.log(1.0 + (np.diff(ordered, axis=1) > 0).sum(axis=1)), np.float64)


def _rings(light: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Logarithm of the share of energy in each ring of frequencies up to the corner; the mean left out."""
    energy = np.abs(np.fft.rfft2(light - light.mean(axis=(1, 2), keepdims=True))) ** 2
    rows, columns = np.fft.fftfreq(light.shape[1])[:, None], np.fft.rfftfreq(light.shape[2])[None]
    ring = np.minimum((np.hypot(rows, columns) / 0.5**0.5 * _BANDS).astype(int), _BANDS - 1)
    whole = energy.sum(axis=(1, 2)) + _FAINTEST
    return [np.log(energy[:, ring == number].sum(axis=1) / whole + _FAINTEST) for number in range(_BANDS)]
