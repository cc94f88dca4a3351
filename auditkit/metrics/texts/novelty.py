"""Do words follow each other as in real texts? Fresh real texts bring new pairs too: the holdout says how many."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit.metrics.parameters import whole
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.texts.wording import Wording, ngrams_of, text_sides

__all__ = ["ngram_novelty"]


def _ngram_novelty(real_wording: Wording, synthetic_wording: Wording, *, n: int = 2) -> Reading:
    n = whole("n", n, 1, give=2)
    sizes = (len(real_wording), len(synthetic_wording))
    runs, owners = ngrams_of(synthetic_wording, n)
    if not len(runs):
        return Reading(None, sizes, f"no synthetic text has {n} words.")
    new = ~np.isin(runs, ngrams_of(real_wording, n)[0])
    held = np.bincount(owners, minlength=sizes[1])
    shares = np.bincount(owners, weights=new, minlength=sizes[1]) / np.maximum(held, 1)
    contributions = np.where(held > 0, shares, np.nan)
    return Reading(float(new.mean()), sizes, contributions=contributions, details={"n": n})


@metric(
    reads=_ngram_novelty,
    family="realism",
    modalities=("text",),
    direction="lower",
    bounds=(0.0, 1.0),
    unit="share",
    source="Share of n-grams that occur in no training text (n-gram novelty); McCoy et al. 2023, section 4.1",
    meaning="The share of the pairs of neighbouring words in synthetic texts that no training text has.",
    misleads=(
        "Copies score best, and good texts on new subjects bring new pairs: fresh real texts say how many. It falls "
        "with the number of training texts."
    ),
    advice="Read a few texts aloud: words in no order, another topic or language, broken characters bring new pairs.",
)
def ngram_novelty(*, real: Any, synthetic: Any, n: int = 2) -> float:
    """Share of the synthetic texts' runs of n words that stand in no real text.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str
    n : int, default 2
        Words in a run.

    Returns
    -------
    float in [0, 1]; no more than for fresh real texts is best, and less than they have is no fault here.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    UndefinedError
        If no synthetic text has n words.

    Notes
    -----
    O(words log words). Counts occurrences, not kinds. Falls with the number of real texts, so compare equal sizes with
    a yardstick. The right words in a random order pass every comparison of words and fail here.

    References
    ----------
    McCoy et al. 2023, "How much do language models copy from their training data? Evaluating linguistic novelty in
    text generation using RAVEN", TACL 11.

    Examples
    --------
    >>> ngram_novelty(real=["the cat sat"], synthetic=["the cat ran", "sat the"])
    0.6666666666666666
    """
    return value_of(_ngram_novelty, text_sides(real=real, synthetic=synthetic), n=n)
