"""Texts that repeat themselves: few different runs of words, the same runs in many texts.

Both depend on how many texts there are and how long they are: compare equal sizes with a yardstick.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from auditkit.intervals import normal_interval
from auditkit.metrics.parameters import whole
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.texts.wording import Wording, ngrams_of, text_sides

__all__ = ["distinct_n", "self_repetition"]


def _distinct_n(real_wording: Wording, synthetic_wording: Wording, *, n: int) -> Reading:
    n = whole("n", n, 1, give=2)
    sizes = (len(real_wording), len(synthetic_wording))
    runs, owners = ngrams_of(synthetic_wording, n)
    size = min(len(runs), len(ngrams_of(real_wording, n)[0]))
    if not size:
        which = "synthetic" if not len(runs) else "real"
        return Reading(None, sizes, f"no {which} text has {n} words.")
    kinds, places, counts = np.unique(runs, return_inverse=True, return_counts=True)
    value = min(float(_expected_kinds(counts, len(runs), size) / size), 1.0)
    # Leaving out a text takes the kinds that stand in no other text, and all its runs.
    places = places.reshape(-1)
    pairs = np.unique(np.stack([places, owners], axis=1), axis=0)
    alone = np.bincount(pairs[:, 0], minlength=len(kinds))[pairs[:, 0]] == 1
    own = np.bincount(pairs[alone, 1], minlength=sizes[1]) - value * np.bincount(owners, minlength=sizes[1])
    error = float(np.sqrt(sizes[1] * own.var()) / len(runs))
    details = {"kinds": len(kinds), "runs": len(runs), "at_runs": size, "n": n}
    interval = normal_interval(value, error, bounds=(0.0, 1.0))
    return Reading(value, sizes, interval=interval, method="jackknife", details=details)


def _expected_kinds(counts: NDArray[np.int64], total: int, size: int) -> float:
    """Kinds among `size` of all runs drawn without replacement, on average (Hurlbert 1971)."""
    repeats, times = np.unique(counts, return_counts=True)
    rest = total - repeats
    possible = rest >= size
    # The chance that none of a kind's runs is drawn: C(total - count, size) / C(total, size).
    logs = gammaln(rest[possible] + 1) - gammaln(rest[possible] - size + 1) - gammaln(total + 1)
    missed = np.zeros(len(repeats))
    missed[possible] = np.exp(logs + gammaln(total - size + 1))
    return float(((1.0 - missed) * times).sum())


def _self_repetition(synthetic_wording: Wording, *, n: int) -> Reading:
    n = whole("n", n, 1, give=4)
    sizes = (len(synthetic_wording), len(synthetic_wording))
    runs, owners = ngrams_of(synthetic_wording, n)
    pairs = np.unique(np.stack([np.unique(runs, return_inverse=True)[1].reshape(-1), owners], axis=1), axis=0)
    shared = np.bincount(pairs[:, 0])[pairs[:, 0]] > 1 if len(pairs) else np.zeros(0, dtype=np.bool_)
    hits = np.zeros(sizes[1])
    hits[pairs[shared, 1]] = 1.0
    return Reading(float(hits.mean()), sizes, contributions=hits, details={"n": n})


@metric(
    reads=_distinct_n,
    family="variety",
    modalities=("text",),
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    source="Li et al. 2016, distinct-n, section 5.2; rarefied to equal sizes as Hurlbert 1971, equation 17",
    meaning="How many of the pairs of words in synthetic texts differ, at as many pairs as the real texts have.",
    misleads="Random words are the most varied texts: read ngram_novelty beside it. Real texts repeat themselves too.",
    advice="Raise the temperature or the share of nucleus sampling, vary the prompts, and drop near duplicates.",
)
def distinct_n(*, real: Any, synthetic: Any, n: int = 2) -> float:
    """Share of runs of n words that differ, among as many runs as the smaller set has.

    E[distinct runs among T] / T, where T runs are drawn without replacement from the synthetic texts' runs, and T is
    the smaller number of runs of the two sets.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str
        Real texts say only how many runs are compared.
    n : int, default 2
        Words of a run.

    Returns
    -------
    float in [0, 1]; higher is better, up to that of real texts.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    AuditkitError
        If `n` is no whole number from 1 on.
    UndefinedError
        If no text has n words.

    Notes
    -----
    O(words log words). Words have no case and no punctuation. Without rarefaction, as in most code, the share falls
    with every word added: twice as many texts then look less varied. The interval leaves out one text at a time.

    References
    ----------
    Li et al. 2016, "A diversity-promoting objective function for neural conversation models", NAACL; Hurlbert 1971,
    "The nonconcept of species diversity", Ecology 52(4), equation 17.

    Examples
    --------
    >>> distinct_n(real=["a b c", "d e f"], synthetic=["a b c", "a b c"], n=3)
    0.5
    """
    return value_of(_distinct_n, text_sides(real=real, synthetic=synthetic), n=n)


@metric(
    reads=_self_repetition,
    family="variety",
    modalities=("text",),
    direction="lower",
    bounds=(0.0, 1.0),
    unit="share",
    source="Salkar et al. 2022, self-repetition of runs of four words, here as a share of texts",
    meaning="The share of synthetic texts that have four words in a row with another synthetic text in common.",
    misleads=(
        "It rises with the number and the length of texts, and set phrases that belong there count: read it beside the "
        "yardstick."
    ),
    advice="Look at the phrases that many texts share: vary the prompts, or penalise repetition when sampling.",
)
def self_repetition(*, synthetic: Any, n: int = 4) -> float:
    """Share of synthetic texts that share a run of n words with another synthetic text.

    mean over texts of 1[some run of n words stands in another text too].

    Parameters
    ----------
    synthetic : Dataset or sequence of str
    n : int, default 4

    Returns
    -------
    float in [0, 1]; lower is better, down to that of real texts.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    AuditkitError
        If `n` is no whole number from 1 on.

    Notes
    -----
    O(words log words). Rises with the number of texts and with their length. Salkar et al. add up logarithms of counts.

    References
    ----------
    Salkar et al. 2022, "Self-repetition in abstractive neural summarizers", AACL, section 3.

    Examples
    --------
    >>> self_repetition(synthetic=["so it goes on", "And so it goes on.", "no"])
    0.6666666666666666
    """
    return value_of(_self_repetition, text_sides(synthetic=synthetic), n=n)
