"""Short-time Fourier transforms and back, without a library for audio."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["frame_count", "griffin_lim", "hann", "inverse_stft", "power_frames", "stft"]

_MOMENTUM = 0.99
_TINY = 1e-12


def hann(width: int) -> NDArray[np.float64]:
    """Periodic Hann window, 0.5 - 0.5 cos(2 pi i / width), of shape (width,).

    Examples
    --------
    >>> hann(4).round(6).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    window: NDArray[np.float64] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width)
    return window


def frame_count(length: int, *, hop: int) -> int:
    """Frames of a signal: one at every `hop` samples from the first to the last, and at least one.

    Examples
    --------
    >>> frame_count(1000, hop=100), frame_count(0, hop=100)
    (10, 1)
    """
    return max(1, -(-length // hop))


def power_frames(
    wave: NDArray[np.floating[Any]], *, window: NDArray[np.floating[Any]], hop: int, n_fft: int, start: int, stop: int
) -> NDArray[np.float32]:
    """Power spectra of some frames of a signal; a sine of full scale in the middle of a bin has power 1.

    Parameters
    ----------
    wave : ndarray of shape (t,)
        Zeros surround it.
    window : ndarray of shape (width,)
    hop : int
        Samples between the middles of frames; the first lies on sample 0.
    n_fft : int
        At least the window's width.
    start, stop : int
        Frames wanted, so that long signals need not be held whole.

    Returns
    -------
    ndarray of shape (stop - start, n_fft // 2 + 1), float32
    """
    spectrum = np.fft.rfft(_frames(wave, window, hop, start, stop).astype(np.float32), n_fft, axis=1)
    scale = np.float32(4 / max(float(window.sum()), _TINY) ** 2)
    return ((spectrum.real**2 + spectrum.imag**2) * scale).astype(np.float32, copy=False)


def stft(
    wave: NDArray[np.floating[Any]], *, window: NDArray[np.floating[Any]], hop: int, n_fft: int | None = None
) -> NDArray[np.complex128]:
    """Spectrum around every `hop`-th sample: X[m, k] = sum_i w[i] x[m hop + i - width / 2] exp(-2 pi j i k / n_fft).

    Parameters
    ----------
    wave : ndarray of shape (t,)
        Zeros surround it.
    window : ndarray of shape (width,)
    hop : int
    n_fft : int, optional
        At least the window's width, which is the default.

    Returns
    -------
    ndarray of shape (frames, n_fft // 2 + 1), complex128

    Examples
    --------
    >>> stft(np.ones(8), window=hann(4), hop=2).shape
    (5, 3)
    """
    n_frames = frame_count(len(wave), hop=hop) + 1
    found = np.fft.rfft(_frames(np.asarray(wave, np.float64), window, hop, 0, n_frames), n_fft or len(window), axis=1)
    return found.astype(np.complex128, copy=False)


def inverse_stft(
    spectrum: NDArray[np.complexfloating[Any, Any]], *, window: NDArray[np.floating[Any]], hop: int, length: int
) -> NDArray[np.float64]:
    """Signal whose `stft` is nearest to a spectrum in least squares; exact for the spectrum of a signal.

    Parameters
    ----------
    spectrum : ndarray of shape (frames, n_fft // 2 + 1)
    window : ndarray of shape (width,)
        The window that the spectrum was made with; `hop` at most half its width.
    hop, length : int
        Samples between frames, and samples wanted.

    Returns
    -------
    ndarray of shape (length,), float64

    References
    ----------
    Griffin and Lim 1984, "Signal Estimation from Modified Short-Time Fourier Transform", equation 6.

    Examples
    --------
    >>> wave = np.sin(np.arange(40.0))
    >>> again = inverse_stft(stft(wave, window=hann(16), hop=4), window=hann(16), hop=4, length=40)
    >>> bool(np.allclose(wave, again))
    True
    """
    return _joined(spectrum, window, hop, length, _weights(len(spectrum), window, hop))


def griffin_lim(
    magnitude: NDArray[np.floating[Any]],
    *,
    window: NDArray[np.floating[Any]],
    hop: int,
    length: int,
    rng: np.random.Generator,
    rounds: int = 60,
) -> NDArray[np.float64]:
    """Signal whose spectrum has nearly these magnitudes, its phases found by going back and forth.

    Parameters
    ----------
    magnitude : ndarray of shape (frames, n_fft // 2 + 1)
        Of a `stft` with this window and hop.
    window : ndarray of shape (width,)
    hop, length : int
        Samples between frames, and samples wanted.
    rng : numpy.random.Generator
        Draws the phases that the search starts from.
    rounds : int, default 60

    Returns
    -------
    ndarray of shape (length,), float64

    Notes
    -----
    O(rounds * frames * n_fft log n_fft). Phases are found, not known: speech sounds hollow, and the result has other
    samples than the signal whose magnitudes were given.

    References
    ----------
    Perraudin, Balazs and Sondergaard 2013, "A Fast Griffin-Lim Algorithm", algorithm 2.
    """
    n_fft = 2 * (magnitude.shape[1] - 1)
    phases = np.exp(2j * np.pi * rng.random(magnitude.shape))
    before = np.zeros_like(phases)
    weights = _weights(len(magnitude), window, hop)
    for _ in range(rounds):
        wave = _joined(magnitude * phases, window, hop, length, weights)
        found = stft(wave, window=window, hop=hop, n_fft=n_fft)[: len(magnitude)]
        ahead = found + _MOMENTUM * (found - before)
        phases, before = ahead / np.maximum(np.abs(ahead), _TINY), found
    return _joined(magnitude * phases, window, hop, length, weights)


def _frames(
    wave: NDArray[np.floating[Any]], window: NDArray[np.floating[Any]], hop: int, start: int, stop: int
) -> NDArray[np.floating[Any]]:
    """Windowed frames start to stop, each around its sample; zeros where the signal has ended."""
    width = len(window)
    first = start * hop - width // 2
    needed = (stop - start - 1) * hop + width
    part = np.zeros(needed, dtype=wave.dtype)
    low, high = max(first, 0), min(first + needed, len(wave))
    if high > low:
        part[low - first : high - first] = wave[low:high]
    return np.lib.stride_tricks.sliding_window_view(part, width)[::hop] * window.astype(wave.dtype)


def _overlap(frames: NDArray[np.float64], hop: int, total: int) -> NDArray[np.float64]:
    """Sum of frames, each `hop` samples after the one before."""
    n, width = frames.shape
    pieces = -(-width // hop)
    padded = np.zeros((n, pieces * hop))
    padded[:, :width] = frames
    out = np.zeros((n + pieces) * hop)
    for piece in range(pieces):
        out[piece * hop : (piece + n) * hop] += padded[:, piece * hop : (piece + 1) * hop].ravel()
    return out[:total]


def _weights(n_frames: int, window: NDArray[np.floating[Any]], hop: int) -> NDArray[np.float64]:
    """What overlapping squared windows add up to at each sample."""
    total = (n_frames - 1) * hop + len(window)
    return np.maximum(_overlap(np.tile(np.asarray(window, np.float64) ** 2, (n_frames, 1)), hop, total), _TINY)


def _joined(
    spectrum: NDArray[np.complexfloating[Any, Any]],
    window: NDArray[np.floating[Any]],
    hop: int,
    length: int,
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    width = len(window)
    frames = np.fft.irfft(spectrum, axis=1)[:, :width] * window
    wave = _overlap(frames, hop, len(weights)) / weights
    out = np.zeros(length)
    kept = wave[width // 2 : width // 2 + length]
    out[: len(kept)] = kept
    return out
