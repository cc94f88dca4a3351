"""Texts as long as real ones, and made of the same words.

A model that only knows the words of its training texts has no new word at all, where fresh real texts bring some.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.parameters import one_of
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.similarity import ks_similarity
from auditkit.metrics.texts.wording import Wording, text_sides

__all__ = ["new_word_share", "text_length_similarity", "vocabulary_coverage"]

Unit = Literal["words", "characters"]


def _text_length_similarity(real_wording: Wording, synthetic_wording: Wording, *, unit: Unit) -> Reading:
    unit = one_of("unit", unit, Unit)
    real, synthetic = (
        side.counts if unit == "words" else side.characters for side in (real_wording, synthetic_wording)
    )
    details = {"real_median": float(np.median(real)), "synthetic_median": float(np.median(synthetic)), "unit": unit}
    return Reading(ks_similarity(real, synthetic), (len(real), len(synthetic)), details=details)


def _new_word_share(real_wording: Wording, synthetic_wording: Wording) -> Reading:
    known = np.isin(synthetic_wording.words, real_wording.words)
    return _share(~known, (len(real_wording), len(synthetic_wording)), "synthetic")


def _vocabulary_coverage(real_wording: Wording, synthetic_wording: Wording) -> Reading:
    used = np.isin(real_wording.words, synthetic_wording.words)
    return _share(used, (len(real_wording), len(synthetic_wording)), "real")


def _share(hits: NDArray[np.bool_], n: tuple[int, int], which: str) -> Reading:
    if not len(hits):
        return Reading(None, n, f"no {which} text has a word.")
    return Reading(float(hits.mean()), n)


@metric(
    reads=_text_length_similarity,
    family="realism",
    modalities=("text",),
    direction="higher",
    bounds=(0.0, 1.0),
    source="1 - Kolmogorov-Smirnov distance of lengths; Smirnov 1948",
    meaning="How like the lengths of synthetic texts are distributed to those of real ones.",
    misleads="It sees lengths only: any words will do. Fresh real texts fall short of 1 too.",
    advice="Let the model end its texts itself, and check that no step cuts, pads or joins them.",
)
def text_length_similarity(*, real: Any, synthetic: Any, unit: Unit = "words") -> float:
    """One less the Kolmogorov-Smirnov distance of the texts' lengths.

    1 - max over x of |P(length of real <= x) - P(length of synthetic <= x)|.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str
    unit : {"words", "characters"}, default "words"

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    UnknownNameError
        If the unit is neither.

    Notes
    -----
    O(n log n). Falls short of 1 on fresh real texts too, the more so the fewer they are.

    References
    ----------
    Smirnov 1948, "Table for estimating the goodness of fit of empirical distributions", Annals of Mathematical
    Statistics 19(2).

    Examples
    --------
    >>> text_length_similarity(real=["a", "a b", "a b c", "a b c d"], synthetic=["a", "a", "a", "a b c"])
    0.5
    """
    return value_of(_text_length_similarity, text_sides(real=real, synthetic=synthetic), unit=unit)


@metric(
    reads=_new_word_share,
    family="realism",
    modalities=("text",),
    direction="match",
    bounds=(0.0, 1.0),
    unit="share",
    default=False,
    source="Share of words out of vocabulary; Jelinek 1997, chapter 4",
    meaning="The share of the words of synthetic texts that no training text has; fresh real texts have some, too.",
    misleads=(
        "Misspellings count like new names, and a model that knows training words only scores 0, which looks tidy and "
        "is not."
    ),
    advice="More than fresh texts: misspellings or another topic; none at all: only training words are known.",
)
def new_word_share(*, real: Any, synthetic: Any) -> float:
    """Share of the synthetic texts' words that stand in no real text.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str

    Returns
    -------
    float in [0, 1]; that of fresh real texts is best.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    UndefinedError
        If no synthetic text has a word.

    Notes
    -----
    O(words log words). Counts occurrences, not kinds. Falls with the number of real texts.

    References
    ----------
    Jelinek 1997, "Statistical methods for speech recognition", MIT Press, chapter 4.

    Examples
    --------
    >>> new_word_share(real=["a b c"], synthetic=["a x", "b y"])
    0.5
    """
    return value_of(_new_word_share, text_sides(real=real, synthetic=synthetic))


@metric(
    reads=_vocabulary_coverage,
    family="variety",
    modalities=("text",),
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    default=False,
    source="Share of running real words that the synthetic texts use; sample coverage, Good 1953, section 2",
    meaning="The share of the real texts' words, as often as they occur, that the synthetic texts use at all.",
    misleads="Rare words weigh little, so lost names hardly show; and it rises with the number of texts.",
    advice="Look at the frequent real words that never occur: topics or names that the generator has lost.",
)
def vocabulary_coverage(*, real: Any, synthetic: Any) -> float:
    """Share of the real texts' words that stand in some synthetic text.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str

    Returns
    -------
    float in [0, 1]; higher is better. 1 on identical sets.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    UndefinedError
        If no real text has a word.

    Notes
    -----
    O(words log words). Counts occurrences, not kinds: rare words weigh little. Rises with the number of texts.

    References
    ----------
    Good 1953, "The population frequencies of species and the estimation of population parameters", Biometrika 40.

    Examples
    --------
    >>> vocabulary_coverage(real=["a a b c"], synthetic=["a", "x"])
    0.5
    """
    return value_of(_vocabulary_coverage, text_sides(real=real, synthetic=synthetic))
