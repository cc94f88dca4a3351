"""Texts that are training texts, or one another, but for a few words or letters.

Real texts repeat themselves too (greetings, headers, templates): what counts is how far a share exceeds the holdout's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.intervals import wilson
from auditkit.metrics.parameters import number
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.texts.min_hash import highest_similarities
from auditkit.metrics.texts.wording import Shingles, text_sides

__all__ = ["near_copy_share", "near_repeat_share"]


def _near_copy_share(real_shingles: Shingles, synthetic_shingles: Shingles, *, threshold: float) -> Reading:
    threshold = number("threshold", threshold, give=0.6, above=0.0, most=1.0)
    highest = highest_similarities(real_shingles, synthetic_shingles)
    return _share(highest >= threshold, len(real_shingles), threshold)


def _near_repeat_share(synthetic_shingles: Shingles, *, threshold: float) -> Reading:
    threshold = number("threshold", threshold, give=0.6, above=0.0, most=1.0)
    highest = highest_similarities(synthetic_shingles, synthetic_shingles, within=True)
    return _share(highest >= threshold, len(synthetic_shingles), threshold)


def _share(hits: NDArray[np.bool_], n_real: int, threshold: float) -> Reading:
    found = int(np.count_nonzero(hits))
    return Reading(
        found / len(hits),
        (n_real, len(hits)),
        contributions=hits.astype(np.float64),
        interval=wilson(found, len(hits)),
        method="wilson",
        details={"threshold": threshold},
    )


@metric(
    reads=_near_copy_share,
    family="copying",
    modalities=("text",),
    direction="lower",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    sized_by=("real",),
    source="Broder 1997, resemblance of shingles; candidates by MinHash with banding",
    meaning="The share of synthetic texts that are a training text but for a few words or letters.",
    misleads=(
        "Greetings, headers and templates repeat in fresh real texts too: what counts is the excess over them. "
        "Paraphrases and translations are not found."
    ),
    advice="Drop these texts; a generator that edits training texts should change more, or be used for training only.",
)
def near_copy_share(*, real: Any, synthetic: Any, threshold: float = 0.6) -> float:
    """Share of synthetic texts whose shingles are mostly those of one training text.

    mean over synthetic texts of 1[max over real texts of |A and B| / |A or B| >= threshold], where A and B are the sets
    of runs of five characters.

    Parameters
    ----------
    real, synthetic : Dataset or sequence of str
    threshold : float, default 0.6
        In (0, 1]. One word of ten exchanged leaves about 0.7.

    Returns
    -------
    float in [0, 1]; lower is better, down to what fresh real texts have.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    AuditkitError
        If the threshold is not in (0, 1].

    Notes
    -----
    Case and the number of spaces do not count. Pairs are found by MinHash of 60 numbers in 20 bands, which misses one
    pair in a hundred at a similarity of 0.6 and fewer above, and are then compared exactly; of texts with more than
    1,000 shingles the 1,000 with the smallest numbers are compared. O(characters) and 60 products for each.

    References
    ----------
    Broder 1997, "On the resemblance and containment of documents", Compression and Complexity of Sequences; Lee et al.
    2022, "Deduplicating training data makes language models better", ACL.

    Examples
    --------
    >>> real = ["the plot of the film is thin but the actors are great"]
    >>> near_copy_share(real=real, synthetic=["the plot of the film is thin but the actors are good", "a dull day"])
    0.5
    """
    return value_of(_near_copy_share, text_sides(real=real, synthetic=synthetic), threshold=threshold)


@metric(
    reads=_near_repeat_share,
    family="variety",
    modalities=("text",),
    direction="lower",
    bounds=(0.0, 1.0),
    unit="share",
    interval="reading",
    default=False,
    source="Broder 1997, resemblance of shingles; candidates by MinHash with banding",
    meaning="The share of synthetic texts that are another synthetic text but for a few words or letters.",
    misleads="It rises with the number of texts, and templates repeat in real data too: read it beside the yardstick.",
    advice="Keep one text of each cluster, and vary the prompts or the temperature.",
)
def near_repeat_share(*, synthetic: Any, threshold: float = 0.6) -> float:
    """Share of synthetic texts whose shingles are mostly those of another synthetic text.

    Parameters
    ----------
    synthetic : Dataset or sequence of str
    threshold : float, default 0.6
        In (0, 1].

    Returns
    -------
    float in [0, 1]; lower is better, down to that of real texts.

    Raises
    ------
    DataError, SampleSizeError
        If a set holds no texts, or none.
    AuditkitError
        If the threshold is not in (0, 1].

    Notes
    -----
    As `near_copy_share`. Rises with the number of texts. `near_duplicate_share` asks the same of features.

    References
    ----------
    Broder 1997, "On the resemblance and containment of documents", Compression and Complexity of Sequences.

    Examples
    --------
    >>> near_repeat_share(synthetic=["so it goes on and on", "So it goes on and on.", "no"], threshold=0.8)
    0.6666666666666666
    """
    return value_of(_near_repeat_share, text_sides(synthetic=synthetic), threshold=threshold)
