"""Small pictures of recordings and series: the wave above its spectrogram, lines on one pair of axes."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["line_picture", "png", "shrunk", "wave_picture"]

WIDTH, HEIGHT = 240, 120
_BACK, _GREY = 255, 228
_COLOURS = ((0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2))
"""Synthetic is vermillion and real is blue, as in all charts."""

_FINE = 2
_RANGE = 60.0
"""Decibels below the loudest that a spectrogram shows."""

_LEAST = 1e-9
_CHANNELS = 4


def png(pixels: NDArray[np.uint8]) -> str:
    """PNG of pixels of shape (H, W) or (H, W, 3), in base64."""
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def shrunk(sample: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Pixels of an image, no side of it longer than this."""
    from auditkit.data.decoding import image_of  # noqa: PLC0415 - only images need pillow

    image = image_of(sample)
    image.thumbnail((side, side))
    return np.asarray(image, dtype=np.uint8)


def wave_picture(wave: NDArray[np.float32], *, real: bool = False) -> NDArray[np.uint8]:
    """Wave and spectrogram of a recording, the mean of its channels.

    Parameters
    ----------
    wave : ndarray of shape (t, channels)
    real : bool, default False
        Whether it is a real one, which is blue.

    Returns
    -------
    ndarray of uint8, shape (120, 240, 3)
    """
    mono = np.asarray(wave, dtype=np.float64).mean(axis=1) if len(wave) else np.zeros(1)
    upper = np.full((HEIGHT // 2, WIDTH, 3), _BACK, dtype=np.uint8)
    middle = HEIGHT // 4
    upper[middle] = _GREY
    edges = np.linspace(0, len(mono), WIDTH + 1).astype(np.intp)
    for column, (start, end) in enumerate(pairwise(edges)):
        part = np.clip(mono[start : max(end, start + 1)], -1.0, 1.0)
        if len(part):
            low, high = (middle - round(float(value) * (middle - 1)) for value in (part.max(), part.min()))
            upper[low : high + 1, column] = _COLOURS[int(real)]
    return np.concatenate([upper, _spectrogram(mono)])


def _spectrogram(mono: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Decibels over time, dark where it is loud; high notes above."""
    size = 1 << max(5, min(9, int(np.log2(max(len(mono), 2))) - 3))
    starts = np.linspace(0, max(len(mono) - size, 0), WIDTH).astype(np.intp)
    padded = np.pad(mono, (0, max(0, size - len(mono))))
    frames = padded[starts[:, None] + np.arange(size)] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    level = 10.0 * np.log10(power + _LEAST)
    shade = np.clip((level - level.max()) / _RANGE + 1.0, 0.0, 1.0) if power.max() > _LEAST else np.zeros_like(level)
    rows = np.linspace(shade.shape[1] - 1, 0, HEIGHT // 2).round().astype(np.intp)
    grey = (_BACK * (1.0 - shade.T[rows])).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def line_picture(groups: Sequence[NDArray[np.float64]]) -> NDArray[np.uint8]:
    """Series as lines, at most four channels of each: the first of the groups vermillion, the second blue.

    Parameters
    ----------
    groups : sequence of ndarray of shape (t, channels)
        Laid over each other, each channel with its own range.

    Returns
    -------
    ndarray of uint8, shape (120, 240, 3)
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only pictures need it

    n_shown = min(_CHANNELS, groups[0].shape[1])
    image = Image.new("RGB", (WIDTH * _FINE, HEIGHT * _FINE), (_BACK,) * 3)
    pen = ImageDraw.Draw(image)
    band = HEIGHT * _FINE / n_shown
    longest = max(len(item) for item in groups)
    for channel in range(n_shown):
        values = [item[:, channel] for item in groups]
        low, high = min(float(item.min()) for item in values), max(float(item.max()) for item in values)
        for item, colour in reversed([*zip(values, _COLOURS, strict=False)]):
            share = (item - low) / (high - low) if high > low else np.full(len(item), 0.5)
            x = np.arange(len(item)) / max(longest - 1, 1) * (WIDTH * _FINE - 5) + 2
            y = band * channel + 3 + (1.0 - share) * (band - 7)
            points = [*zip(x.tolist(), y.tolist(), strict=True)]
            pen.line(points if len(points) > 1 else [*points, (points[0][0] + 3, points[0][1])], fill=colour, width=3)
    small = image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.uint8)
