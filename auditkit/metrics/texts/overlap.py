"""Do synthetic texts hold runs of words of the training texts? Fresh real texts do too: the holdout says how often."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import wilson
from auditkit.metrics.parameters import whole
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.texts.wording import Hashes, Wording, ngrams_of, text_sides

__all__ = ["longest_shared_run", "ngram_overlap"]

LONGEST = 100
"""Longer runs count as this many words."""

_STEP = np.uint64(0x9E3779B97F4A7C15)


def _ngram_overlap(real_wording: Wording, synthetic_wording: Wording, *, n: int) -> Reading:
    n = whole("n", n, 1, give=8)
    sizes = (len(real_wording), len(synthetic_wording))
    runs, owners = ngrams_of(synthetic_wording, n)
    hits = np.zeros(sizes[1])
    hits[owners[np.isin(runs, ngrams_of(real_wording, n)[0])]] = 1.0
    found = int(hits.sum())
    details = {"n": n, "long_enough": int((synthetic_wording.counts >= n).sum())}
    interval = wilson(found, sizes[1])
    return Reading(found / sizes[1], sizes, contributions=hits, interval=interval, method="wilson", details=details)


def _longest_shared_run(real_wording: Wording, synthetic_wording: Wording) -> Reading:
    longest = longest_runs(real_wording, synthetic_wording)
    details = {
        "largest": int(longest.max()),
        "upper_percentile": float(np.quantile(longest, 0.95, method="inverted_cdf")),
    }
    n = (len(real_wording), len(synthetic_wording))
    return Reading(float(longest.mean()), n, contributions=longest.astype(np.float64), details=details)


def longest_runs(real: Wording, synthetic: Wording) -> NDArray[np.int64]:
    """Words of the longest run that each synthetic text shares with any real text, at most 100."""
    longest = np.zeros(len(synthetic), dtype=np.int64)
    (ours, owners, left), (theirs, _, room) = _open(synthetic), _open(real)
    places, others = np.arange(len(ours)), np.arange(len(theirs))
    here, there = ours.copy(), theirs.copy()
    for length in range(1, LONGEST + 1):
        kept, matched = np.isin(here, there), np.isin(there, here)
        places, here = places[kept], here[kept]
        others, there = others[matched], there[matched]
        if not len(places):
            break
        longest[owners[places]] = length
        going, staying = left[places] > length, room[others] > length
        places, here = places[going], here[going]
        others, there = others[staying], there[staying]
        here = here * _STEP + ours[places + length]
        there = there * _STEP + theirs[others + length]
    return longest


def _open(wording: Wording) -> tuple[Hashes, NDArray[np.int64], NDArray[np.int64]]:
    """Words, the text of each, and how many words are left in it from there on."""
    owners = np.repeat(np.arange(len(wording)), wording.counts)
    ends = np.cumsum(wording.counts)
    return wording.words, owners, ends[owners] - np.arange(len(owners))


@metric(
    reads=_ngram_overlap,
    family="copying",
    modalities=("text",),
    direction="lower",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    source="Share of texts with a run of eight training words; Brown et al. 2020, appendix C, of longer runs",
    meaning="The share of synthetic texts that hold eight words in a row of a training text.",
    misleads=(
        "Set phrases, quotations and headers are shared by everybody: what counts is the excess over fresh real texts. "
        "Paraphrases are not found."
    ),
    advice="Lower the order or train for fewer steps, and drop the texts that hold such runs before you share the set.",
)
def ngram_overlap(*, real: Any, synthetic: Any, n: int = 8) -> float:
    """Share of synthetic texts that hold a run of n words of a training text.

    mean over synthetic texts of 1[some run of n words stands in a real text].

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str
    n : int, default 8

    Returns
    -------
    float in [0, 1]; lower is better, down to what fresh real texts have.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    AuditkitError
        If `n` is no whole number from 1 on.

    Notes
    -----
    O(words log words). Words have no case and no punctuation, so neither hides a copy. Set phrases and headers are
    shared by everybody: read it beside the holdout's share, which an audit gives.

    References
    ----------
    Brown et al. 2020, "Language models are few-shot learners", NeurIPS, appendix C, on overlap with runs of words.

    Examples
    --------
    >>> ngram_overlap(real=["one two three four"], synthetic=["Two, three, four!", "four three two"], n=3)
    0.5
    """
    return value_of(_ngram_overlap, text_sides(real=real, synthetic=synthetic), n=n)


@metric(
    reads=_longest_shared_run,
    family="copying",
    modalities=("text",),
    direction="lower",
    bounds=(0.0, None),
    unit="words",
    default=False,
    source="Longest common run of words with the training texts; Carlini et al. 2023, section 3, of model outputs",
    meaning="How many words in a row synthetic texts share with a training text at the longest, on average.",
    misleads="A mean hides few long copies, and longer texts share longer runs by chance.",
    advice="Read the texts with the longest runs beside their sources, and drop them if they give somebody away.",
)
def longest_shared_run(*, real: Any, synthetic: Any) -> float:
    """Mean over synthetic texts of the longest run of words that also stands in a training text.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str

    Returns
    -------
    float from 0 on, in words; lower is better, down to what fresh real texts have.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.

    Notes
    -----
    O(words log words) for each length that any text still shares; runs beyond 100 words count as 100.

    References
    ----------
    Carlini et al. 2023, "Quantifying memorization across neural language models", ICLR, section 3.

    Examples
    --------
    >>> longest_shared_run(real=["one two three four"], synthetic=["two three five", "six"])
    1.0
    """
    return value_of(_longest_shared_run, text_sides(real=real, synthetic=synthetic))
