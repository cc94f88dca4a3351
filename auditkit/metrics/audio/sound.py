"""How recordings sound: as loud, as long, with such pauses, in such a balance as real ones; cut off, or silent.

Each looks at one number per recording and forgets what is said: reversed waves are perfect here. The similarities
depend on both sizes and fall short of 1 on fresh real recordings too: compare equal sizes with a yardstick.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import wilson
from auditkit.metrics.audio.traits import WaveTraits, band_names, wave_sides
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.similarity import ks_similarity

__all__ = [
    "clipped_share",
    "duration_similarity",
    "loudness_similarity",
    "pause_similarity",
    "silent_share",
    "spectral_balance_similarity",
]


def _compared(real: NDArray[np.float64], synthetic: NDArray[np.float64], unit: str) -> Reading:
    medians = {"real_median": float(np.median(real)), "synthetic_median": float(np.median(synthetic)), "unit": unit}
    return Reading(ks_similarity(real, synthetic), (len(real), len(synthetic)), details=medians)


def _loudness_similarity(real_traits: WaveTraits, synthetic_traits: WaveTraits) -> Reading:
    return _compared(real_traits.loudness, synthetic_traits.loudness, "dB")


def _duration_similarity(real_traits: WaveTraits, synthetic_traits: WaveTraits) -> Reading:
    return _compared(real_traits.seconds, synthetic_traits.seconds, "s")


def _pause_similarity(real_traits: WaveTraits, synthetic_traits: WaveTraits) -> Reading:
    return _compared(real_traits.quiet, synthetic_traits.quiet, "share")


def _spectral_balance_similarity(real_traits: WaveTraits, synthetic_traits: WaveTraits) -> Reading:
    n = (len(real_traits), len(synthetic_traits))
    real, synthetic = (side.bands[~side.silent] for side in (real_traits, synthetic_traits))
    if not len(real) or not len(synthetic):
        which = "real" if not len(real) else "synthetic"
        return Reading(None, n, f"no {which} recording has a sound.")
    found = [ks_similarity(real[:, band], synthetic[:, band]) for band in range(real.shape[1])]
    worst = int(np.argmin(found))
    louder = float(np.median(synthetic[:, worst]) - np.median(real[:, worst]))
    details = {"worst_band": band_names(real_traits.rate)[worst], "worst": found[worst], "louder_by_db": louder}
    return Reading(float(np.mean(found)), n, details=details)


def _share(hit: NDArray[np.bool_], n_real: int) -> Reading:
    found = int(np.count_nonzero(hit))
    return Reading(
        found / len(hit),
        (n_real, len(hit)),
        contributions=hit.astype(np.float64),
        interval=wilson(found, len(hit)),
        method="wilson",
    )


def _clipped_share(synthetic_traits: WaveTraits) -> Reading:
    return _share(synthetic_traits.clipped, 0)


def _silent_share(synthetic_traits: WaveTraits) -> Reading:
    return _share(synthetic_traits.silent, 0)


@metric(
    reads=_loudness_similarity,
    family="realism",
    modalities=("audio",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of root mean squares; Smirnov 1948",
    meaning="How like the loudness of synthetic recordings is distributed to that of real ones.",
    misleads=(
        "One number per recording: what is said or played is not heard. It is the loudness of samples, not of the ear."
    ),
    advice="Compare levels: a normalisation that one set only went through, or a gain that was drawn too widely.",
)
def loudness_similarity(*, real: Any, synthetic: Any, rate: int | None = None) -> float:
    """One less the Kolmogorov-Smirnov distance of the recordings' loudness, 20 log10 of the root mean square.

    1 - max over x of |P(loudness of real <= x) - P(loudness of synthetic <= x)|.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Recordings; waves of shape (t,) or (t, channels), full scale at -1 and 1.
    rate : int, optional
        Samples per second of waves that are no Dataset.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        If a set holds no recordings, has no rate or another one, or is empty.

    Notes
    -----
    O(total length). Silence counts as -100 dB. Loudness is that of the samples, not of the ear: no weighting, no gate.

    Examples
    --------
    >>> waves = [np.full(80, level) for level in (0.1, 0.2, 0.3, 0.4)]
    >>> loudness_similarity(real=waves, synthetic=[wave * 2 for wave in waves], rate=8000)
    0.5
    """
    return value_of(_loudness_similarity, wave_sides(real, synthetic, rate=rate))


@metric(
    reads=_duration_similarity,
    family="realism",
    modalities=("audio",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of lengths; Smirnov 1948",
    meaning="How like the lengths of synthetic recordings are distributed to those of real ones.",
    misleads="One number per recording. Where real ones all have one length, missing it by a single sample scores 0.",
    advice="Draw lengths from the real ones, and check that nothing afterwards pads, trims or cuts to one length.",
)
def duration_similarity(*, real: Any, synthetic: Any, rate: int | None = None) -> float:
    """One less the Kolmogorov-Smirnov distance of the recordings' lengths in seconds.

    1 - max over x of |P(length of real <= x) - P(length of synthetic <= x)|.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Recordings; waves of shape (t,) or (t, channels).
    rate : int, optional
        Samples per second of waves that are no Dataset.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        As for `loudness_similarity`.

    Notes
    -----
    O(n log n). Real recordings that all have one length, and synthetic ones that miss it by a sample, score 0.

    Examples
    --------
    >>> waves = [np.zeros(n) for n in (10, 20, 30, 40)]
    >>> duration_similarity(real=waves, synthetic=waves[:2], rate=8000)
    0.5
    """
    return value_of(_duration_similarity, wave_sides(real, synthetic, rate=rate))


@metric(
    reads=_pause_similarity,
    family="realism",
    modalities=("audio",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of shares of quiet frames; Smirnov 1948",
    meaning="How like the share of time that recordings pause is distributed to that of real ones.",
    misleads="One number per recording: when the pauses come is not heard, and steady noise fills them all.",
    advice="Look for noise that fills pauses, for padding with zeros, and for trimming that only one set went through.",
)
def pause_similarity(*, real: Any, synthetic: Any, rate: int | None = None) -> float:
    """One less the Kolmogorov-Smirnov distance of the share of each recording that is silence.

    Silence is a frame of 20 ms that lies 40 dB below the recording's loudest, or below -60 dB of full scale.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Recordings; waves of shape (t,) or (t, channels), full scale at -1 and 1.
    rate : int, optional
        Samples per second of waves that are no Dataset.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        As for `loudness_similarity`.

    Notes
    -----
    O(total length). Noise 40 dB below the loudest frame fills pauses: this is what tells augmented recordings apart.

    Examples
    --------
    >>> spoken, paused = np.full(800, 0.5), np.repeat([0.5, 0.0], 400)
    >>> pause_similarity(real=[spoken, paused], synthetic=[spoken, spoken], rate=8000)
    0.5
    """
    return value_of(_pause_similarity, wave_sides(real, synthetic, rate=rate))


@metric(
    reads=_spectral_balance_similarity,
    family="realism",
    modalities=("audio",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="Mean over eight mel bands of 1 - Kolmogorov-Smirnov distance of their relative levels; Smirnov 1948",
    meaning="How like the balance of low and high sounds is distributed to that of real recordings, band by band.",
    misleads=(
        "The mean over time of eight bands: recordings played backwards are perfect, and silent ones are left out."
    ),
    advice="Look at the band that differs most: a filter, a resampling or a vocoder that dulls the top, or noise.",
)
def spectral_balance_similarity(*, real: Any, synthetic: Any, rate: int | None = None) -> float:
    """Mean over eight bands of one less the Kolmogorov-Smirnov distance of the bands' levels.

    A band's level is its share of a recording's power in dB, -60 at least; bands are even to the ear, from 20 Hz to
    half the rate.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Recordings; waves of shape (t,) or (t, channels), full scale at -1 and 1.
    rate : int, optional
        Samples per second of waves that are no Dataset.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    UndefinedError
        If all recordings of a set are silent.
    DataError, ShapeError, SampleSizeError
        As for `loudness_similarity`.

    Notes
    -----
    O(total length). Silent recordings have no balance and are left out; `silent_share` counts them.

    Examples
    --------
    >>> times = np.arange(800) / 8000
    >>> low, high = np.sin(2 * np.pi * 200 * times), np.sin(2 * np.pi * 3000 * times)
    >>> spectral_balance_similarity(real=[low, high], synthetic=[low, high], rate=8000)
    1.0
    """
    return value_of(_spectral_balance_similarity, wave_sides(real, synthetic, rate=rate))


@metric(
    reads=_clipped_share,
    family="realism",
    modalities=("audio",),
    direction="match",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    sized_by=(),
    source="Share of recordings with runs of equal samples at their largest magnitude; Wilson 1927 for the limits",
    meaning="The share of synthetic recordings whose tops are cut off.",
    misleads=(
        "What was filtered, resampled or compressed after it was cut off is not found; some real recordings clip too."
    ),
    advice="Lower the gain before samples are written, and let the generator or its vocoder stay below full scale.",
)
def clipped_share(*, synthetic: Any, real: Any = None, rate: int | None = None) -> float:
    """Share of synthetic recordings that are cut off: runs of equal samples at the largest magnitude, left steeply.

    Parameters
    ----------
    synthetic : Dataset or sequence of array_like
        Recordings; waves of shape (t,) or (t, channels), full scale at -1 and 1.
    real : Dataset or sequence of array_like, optional
        Not looked at; accepted so that it can be called with the sets of a comparison.
    rate : int, optional
        Samples per second of waves that are no Dataset.

    Returns
    -------
    float in [0, 1]; nearest to the share in as many fresh real recordings is best.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        As for `loudness_similarity`.

    Notes
    -----
    O(total length). What was filtered, resampled or compressed after it was cut off is not found. Recordings whose
    largest magnitude is below 0.01 are left out.

    References
    ----------
    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22.

    Examples
    --------
    >>> tone = np.sin(np.arange(800) / 9)
    >>> clipped_share(synthetic=[tone, np.clip(tone, -0.5, 0.5)], rate=8000)
    0.5
    """
    return value_of(_clipped_share, wave_sides(synthetic if real is None else real, synthetic, rate=rate))


@metric(
    reads=_silent_share,
    family="realism",
    modalities=("audio",),
    direction="match",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    sized_by=(),
    source="Share of recordings below -60 dB of full scale; Wilson 1927 for the limits",
    meaning="The share of synthetic recordings without a sound.",
    misleads="Very quiet recordings are called silent, and noise is not; real sets may hold silence on purpose.",
    advice="Look for a mode of the generator that falls silent, and for lengths that leave nothing but padding.",
)
def silent_share(*, synthetic: Any, real: Any = None, rate: int | None = None) -> float:
    """Share of synthetic recordings whose root mean square is below -60 dB of full scale.

    Parameters
    ----------
    synthetic : Dataset or sequence of array_like
        Recordings; waves of shape (t,) or (t, channels), full scale at -1 and 1.
    real : Dataset or sequence of array_like, optional
        Not looked at; accepted so that it can be called with the sets of a comparison.
    rate : int, optional
        Samples per second of waves that are no Dataset.

    Returns
    -------
    float in [0, 1]; nearest to the share in as many fresh real recordings is best.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        As for `loudness_similarity`.

    Notes
    -----
    O(total length). Recordings without a sample are silent.

    References
    ----------
    Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22.

    Examples
    --------
    >>> silent_share(synthetic=[np.zeros(80), np.ones(80), np.zeros(0)], rate=8000) == 2 / 3
    True
    """
    return value_of(_silent_share, wave_sides(synthetic if real is None else real, synthetic, rate=rate))
