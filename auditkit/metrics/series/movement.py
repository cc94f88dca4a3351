"""How series move: as far from step to step, as long, in such rhythms and together as real ones do.

Each looks at a few numbers per series and forgets what is shown: series that run backwards are perfect here. Models
that average over what they do not know draw beautiful shapes that hardly move, and no embedding of whole series says so
by name: read `volatility_ratio` first. The similarities depend on both sizes and fall short of 1 on fresh real series
too: compare equal sizes with a yardstick.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.series.traits import BANDS, LAGS, MAX_PAIRED, SeriesTraits, series_sides
from auditkit.metrics.similarity import ks_similarity

__all__ = [
    "autocorrelation_similarity",
    "channel_correlation_similarity",
    "roughness_ratio",
    "series_length_similarity",
    "spectrum_similarity",
    "volatility_ratio",
]


def _volatility_ratio(real_traits: SeriesTraits, synthetic_traits: SeriesTraits) -> Reading:
    return _ratio(real_traits.changes, synthetic_traits.changes, real_traits.channels, "two")


def _roughness_ratio(real_traits: SeriesTraits, synthetic_traits: SeriesTraits) -> Reading:
    return _ratio(real_traits.bends, synthetic_traits.bends, real_traits.channels, "three")


def _ratio(
    real_each: NDArray[np.float64], synthetic_each: NDArray[np.float64], channels: tuple[str, ...], least: str
) -> Reading:
    n = (len(real_each), len(synthetic_each))
    real, synthetic = _spread(real_each), _spread(synthetic_each)
    moving = real > 0
    if not moving.any():
        return Reading(None, n, "no real series moves from one step to the next.")
    if np.isnan(synthetic).any():
        return Reading(None, n, f"no synthetic series has {least} steps.")
    each = synthetic[moving] / real[moving]
    names = np.array(channels)[moving]
    with np.errstate(divide="ignore"):
        value = float(np.exp(np.log(each).mean()))
        worst = int(np.abs(np.log(each)).argmax())
    return Reading(value, n, details={"worst_channel": str(names[worst]), "worst": float(each[worst])})


def _spread(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean square of the differences of each channel over the series that have some, each as important."""
    known = changes[~np.isnan(changes).any(axis=1)]
    size = np.abs(known).max(axis=0, initial=0.0)
    if not len(known):
        return np.full(changes.shape[1], np.nan)
    unit = np.where(size > 0, size, 1.0)
    return np.asarray(np.sqrt(np.square(known / unit).mean(axis=0)) * unit)


def _autocorrelation_similarity(real_traits: SeriesTraits, synthetic_traits: SeriesTraits) -> Reading:
    parts = [f"{channel} at {_steps(lag)}" for channel in real_traits.channels for lag in LAGS]
    return _compared(real_traits.autocorrelations, synthetic_traits.autocorrelations, parts, "autocorrelation")


def _spectrum_similarity(real_traits: SeriesTraits, synthetic_traits: SeriesTraits) -> Reading:
    bands = [f"{low:g} to {high:g} cycles per step" for low, high in pairwise(BANDS)]
    parts = [f"{channel}, {band}" for channel in real_traits.channels for band in bands]
    return _compared(real_traits.bands, synthetic_traits.bands, parts, "spectrum")


def _channel_correlation_similarity(real_traits: SeriesTraits, synthetic_traits: SeriesTraits) -> Reading:
    names = real_traits.channels[:MAX_PAIRED]
    if len(names) < 2:  # noqa: PLR2004 - a pair
        n = (len(real_traits), len(synthetic_traits))
        return Reading(None, n, "series of one channel have no pair of channels.")
    first, second = np.triu_indices(len(names), k=1)
    parts = [f"{names[one]} and {names[other]}" for one, other in zip(first, second, strict=True)]
    return _compared(real_traits.correlations, synthetic_traits.correlations, parts, "correlation of channels")


def _series_length_similarity(real_traits: SeriesTraits, synthetic_traits: SeriesTraits) -> Reading:
    real, synthetic = real_traits.steps, synthetic_traits.steps
    medians = {"real_median": float(np.median(real)), "synthetic_median": float(np.median(synthetic)), "unit": "steps"}
    return Reading(ks_similarity(real, synthetic), (len(real), len(synthetic)), details=medians)


def _steps(lag: int) -> str:
    return "1 step" if lag == 1 else f"{lag} steps"


def _compared(real: NDArray[np.float64], synthetic: NDArray[np.float64], parts: list[str], what: str) -> Reading:
    """Mean similarity over parts; one that no real series has is left out, one that only real series have scores 0."""
    n = (len(real), len(synthetic))
    real, synthetic = real.reshape(n[0], -1), synthetic.reshape(n[1], -1)
    found: dict[str, float] = {}
    for place, part in enumerate(parts):
        one, other = (side[:, place][~np.isnan(side[:, place])] for side in (real, synthetic))
        if len(one):
            found[part] = ks_similarity(one, other) if len(other) else 0.0
    if not found:
        return Reading(None, n, f"no real series is long and lively enough to have a {what}.")
    worst = min(found, key=lambda part: found[part])
    return Reading(float(np.mean(list(found.values()))), n, details={"worst_part": worst, "worst": found[worst]})


@metric(
    reads=_volatility_ratio,
    family="realism",
    modalities=("series",),
    direction="match",
    bounds=(0.0, None),
    unit="ratio",
    source="Ratio of root mean squares of differences, the realised volatility of Andersen and Bollerslev 1998",
    meaning="How far synthetic series move from step to step, as a multiple of how far real ones do.",
    misleads="One wild series moves it; means that follow a shape common to all series score near 1.",
    advice="Below 1: draw noise as the model learnt it instead of means, or model differences. Above 1: smooth less.",
)
def volatility_ratio(*, real: Any, synthetic: Any) -> float:
    """Spread of the differences between neighbouring steps, synthetic over real.

    v = exp mean_c log( rms_c(synthetic) / rms_c(real) ), rms_c^2 the mean over the series, and within each over its
    steps, of the squared difference in channel c.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Series of shape (t,) or (t, channels); lengths may differ.

    Returns
    -------
    float of at least 0; 1 is best. 1 on identical sets, 0 where synthetic series never move.

    Raises
    ------
    UndefinedError
        If no real series moves, or no synthetic one has two steps.
    DataError, ShapeError, SampleSizeError
        If a set holds no series, has other channels, or is empty.

    Notes
    -----
    O(total length). Over-smoothed series (a decoder's means) lie far below 1 (dead volatility), jittered ones above.
    Channels that real series do not move in are left out; the channel that is farthest off is in the details. One wild
    series moves the ratio: large differences count by their squares.

    References
    ----------
    Andersen and Bollerslev 1998, "Answering the Skeptics: Yes, Standard Volatility Models Do Provide Accurate
    Forecasts", International Economic Review 39.

    Examples
    --------
    >>> rough = [np.array([0.0, 2.0, 0.0, 2.0])]
    >>> volatility_ratio(real=rough, synthetic=[series / 4 for series in rough])
    0.25
    """
    return value_of(_volatility_ratio, series_sides(real, synthetic))


@metric(
    reads=_roughness_ratio,
    family="realism",
    modalities=("series",),
    direction="match",
    bounds=(0.0, None),
    unit="ratio",
    source="Ratio of root mean squares of second differences; the roughness of Whittaker 1923",
    meaning="How much synthetic series change their course from step to step, as a multiple of what real ones do.",
    misleads="One wild series moves it: differences count by their squares, those of measuring noise too.",
    advice="Below 1: draw noise as the model learnt it instead of means. Above 1: add less noise, mend joints.",
)
def roughness_ratio(*, real: Any, synthetic: Any) -> float:
    """Spread of the second differences, synthetic over real: what no common shape of the series explains.

    As `volatility_ratio`, of x_(t+2) - 2 x_(t+1) + x_t.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Series of shape (t,) or (t, channels); lengths may differ.

    Returns
    -------
    float of at least 0; 1 is best. 1 on identical sets, 0 where synthetic series are straight lines.

    Raises
    ------
    UndefinedError
        If no real series bends, or no synthetic one has three steps.
    DataError, ShapeError, SampleSizeError
        As for `volatility_ratio`.

    Notes
    -----
    O(total length). Where all series share a shape, as the course of a day, a decoder's means go up and down with it
    and have a `volatility_ratio` near 1; their roughness is that of the shape.

    References
    ----------
    Whittaker 1923, "On a New Method of Graduation", Proceedings of the Edinburgh Mathematical Society 41.

    Examples
    --------
    >>> rough = [np.array([0.0, 2.0, 0.0, 2.0])]
    >>> roughness_ratio(real=rough, synthetic=[series / 4 for series in rough])
    0.25
    """
    return value_of(_roughness_ratio, series_sides(real, synthetic))


@metric(
    reads=_autocorrelation_similarity,
    family="realism",
    modalities=("series",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="Mean over channels and lags of 1 - Kolmogorov-Smirnov distance of autocorrelations; Smirnov 1948",
    meaning="How like the memory of synthetic series, over 1, 2, 4 and 8 steps, is distributed to that of real ones.",
    misleads="Longer memory is not seen, and series that run backwards are perfect.",
    advice="Look at the channel and lag that differ most: a model with too short a memory, noise, or smoothing.",
)
def autocorrelation_similarity(*, real: Any, synthetic: Any) -> float:
    """Mean over channels and lags of one less the Kolmogorov-Smirnov distance of the series' autocorrelations.

    r_l = sum_t (x_t - m)(x_(t+l) - m) / sum_t (x_t - m)^2 for l = 1, 2, 4, 8, of each series on its own.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Series of shape (t,) or (t, channels); lengths may differ.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    UndefinedError
        If no real series has three steps and moves.
    DataError, ShapeError, SampleSizeError
        As for `volatility_ratio`.

    Notes
    -----
    O(total length). Series that are still, or too short for a lag, are left out of it.

    Examples
    --------
    >>> slow, quick = [np.arange(12.0)] * 4, [np.tile([0.0, 1.0], 6)] * 4
    >>> autocorrelation_similarity(real=slow, synthetic=slow)
    1.0
    >>> autocorrelation_similarity(real=slow, synthetic=quick)
    0.0
    """
    return value_of(_autocorrelation_similarity, series_sides(real, synthetic))


@metric(
    reads=_spectrum_similarity,
    family="realism",
    modalities=("series",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="Mean over channels and bands of 1 - Kolmogorov-Smirnov distance of shares of power; Smirnov 1948",
    meaning="How like the balance of slow and quick movement in synthetic series is distributed to that of real ones.",
    misleads="Series that run backwards are perfect, and short ones blur the bands.",
    advice="Look at the band that differs most: quick movement that is missing was smoothed away, too much is noise.",
)
def spectrum_similarity(*, real: Any, synthetic: Any) -> float:
    """Mean over channels and bands of one less the Kolmogorov-Smirnov distance of the bands' shares of the power.

    The bands lie below 1/20, 1/8, 1/4 and 1/2 cycles per step; the level of a series is left out.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Series of shape (t,) or (t, channels); lengths may differ.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    UndefinedError
        If no real series has four steps and moves.
    DataError, ShapeError, SampleSizeError
        As for `volatility_ratio`.

    Notes
    -----
    O(total length, times its logarithm). Series of fewer than 64 steps are padded with zeros.

    Examples
    --------
    >>> slow, quick = [np.arange(12.0)] * 4, [np.tile([0.0, 1.0], 6)] * 4
    >>> spectrum_similarity(real=slow, synthetic=slow)
    1.0
    >>> spectrum_similarity(real=slow, synthetic=quick)
    0.0
    """
    return value_of(_spectrum_similarity, series_sides(real, synthetic))


@metric(
    reads=_channel_correlation_similarity,
    family="realism",
    modalities=("series",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="Mean over pairs of channels of 1 - Kolmogorov-Smirnov distance of correlations; Smirnov 1948",
    meaning="How like the correlations between channels of synthetic series are distributed to those of real ones.",
    misleads="A channel that follows another with a delay looks unrelated.",
    advice="Generate all channels together, and look at the pair that differs most.",
)
def channel_correlation_similarity(*, real: Any, synthetic: Any) -> float:
    """Mean over pairs of channels of one less the Kolmogorov-Smirnov distance of the series' correlations.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Series of shape (t, channels); lengths may differ. The first twelve channels are paired.

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    UndefinedError
        For series of one channel, and if no real series moves in two.
    DataError, ShapeError, SampleSizeError
        As for `volatility_ratio`.

    Notes
    -----
    O(total length times channels). Series of which a channel is still, or of two steps, are left out of its pairs.

    Examples
    --------
    >>> steps = np.arange(9.0)
    >>> together, apart = [np.column_stack([steps, steps])], [np.column_stack([steps, -steps])]
    >>> channel_correlation_similarity(real=together, synthetic=apart)
    0.0
    """
    return value_of(_channel_correlation_similarity, series_sides(real, synthetic))


@metric(
    reads=_series_length_similarity,
    family="realism",
    modalities=("series",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of lengths; Smirnov 1948",
    meaning="How like the lengths of synthetic series are distributed to those of real ones.",
    misleads="Real series of one length all, missed by a single step, give 0; what the series hold is not seen.",
    advice="Draw lengths from the real ones, and check that nothing afterwards pads or cuts to one length.",
)
def series_length_similarity(*, real: Any, synthetic: Any) -> float:
    """One less the Kolmogorov-Smirnov distance of the series' lengths in steps.

    1 - max over x of |P(length of real <= x) - P(length of synthetic <= x)|.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of array_like
        Series of shape (t,) or (t, channels).

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, ShapeError, SampleSizeError
        As for `volatility_ratio`.

    Notes
    -----
    O(n log n). Real series that all have one length, and synthetic ones that miss it by a step, score 0.

    Examples
    --------
    >>> series = [np.arange(float(n)) for n in (5, 6, 7, 8)]
    >>> series_length_similarity(real=series, synthetic=series[:2])
    0.5
    """
    return value_of(_series_length_similarity, series_sides(real, synthetic))
