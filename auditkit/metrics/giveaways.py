"""Which columns give a synthetic table away: what a classifier loses without each, and what it sees in each alone.

A column may matter only beside others (relations are wrong), or be enough by itself (its values are wrong). Both are
asked, out of fold, of the boosted classifier of the two-sample test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks
from auditkit.metrics.detection import (
    binnable,
    boosted_classifier,
    grouped_folds,
    load_models,
    pooled_columns,
)
from auditkit.metrics.out_of_fold import FOLDS, positive_probability
from auditkit.metrics.products import Side
from auditkit.metrics.ranks import area_under_curve
from auditkit.metrics.records import records_of

__all__ = ["Giveaway", "giveaways"]

MOST_ROWS = 3000
"""Of each set."""
ROUNDS_ALONE = 25
MOST_COLUMNS = 60


@dataclass(frozen=True)
class Giveaway:
    """What a column tells.

    Attributes
    ----------
    column : str
    lost : float
        By how much the area under the ROC curve of all columns falls when this one is shuffled; near 0 or below: not
        at all.
    alone : float or None
        Area of a classifier that sees this column only, 0.5 is chance; None in tables of more than 60 columns.
    """

    column: str
    lost: float
    alone: float | None


def giveaways(real: Side, synthetic: Side, *, seed: int = 0) -> tuple[Giveaway, ...]:
    """What each column gives away, the most first.

    Parameters
    ----------
    real, synthetic : Side
        With tables; at most 3,000 rows of each are looked at.
    seed : int, default 0

    Returns
    -------
    tuple of Giveaway
        Empty where a set is too small to be told apart out of fold.

    Notes
    -----
    Mean over 3 folds grouped by identical row. O(p) small classifiers.

    References
    ----------
    Breiman 2001, "Random Forests", section 10 (permutation importance).
    """
    if real.cells is None or synthetic.cells is None:
        return ()
    names = [real.cells.names[place] for place in real.cells.matrix_places]
    load_models()
    rng = np.random.default_rng([seed, 11])
    real, synthetic = (side.take(np.sort(rng.permutation(len(side))[:MOST_ROWS])) for side in (real, synthetic))
    columns, categorical = pooled_columns(real, synthetic)
    is_synthetic = np.arange(len(columns)) >= len(real)
    fold = grouped_folds(np.concatenate(records_of(real, synthetic)), rng)
    masks = [fold == number for number in range(FOLDS)]
    if any(len(np.unique(is_synthetic[mask])) < 2 for mask in masks):  # noqa: PLR2004 - needs both sets
        return ()
    seeds = rng.integers(2**31, size=FOLDS).tolist()

    def work(job: tuple[int, int]) -> NDArray[np.float64]:
        number, place = job
        chosen = columns if place < 0 else columns[:, [place]]
        flags = categorical if place < 0 else (categorical[place],)
        mask = masks[number]
        rounds = {} if place < 0 else {"rounds": ROUNDS_ALONE}
        model = boosted_classifier(flags, seeds[number], **rounds).fit(binnable(chosen[~mask]), is_synthetic[~mask])
        asked = chosen[mask]
        found = [_area(positive_probability(model, asked), is_synthetic[mask])]
        if place < 0:
            order = np.random.default_rng(seeds[number]).permutation(len(asked))
            for column in range(columns.shape[1]):
                shuffled = asked.copy()
                shuffled[:, column] = asked[order, column]
                found.append(found[0] - _area(positive_probability(model, shuffled), is_synthetic[mask]))
        return np.array(found)

    n_columns = columns.shape[1]
    n_alone = n_columns if n_columns <= MOST_COLUMNS else 0
    answers = run_blocks(work, [(number, place) for place in range(-1, n_alone) for number in range(FOLDS)])
    lost = np.mean(answers[:FOLDS], axis=0)[1:].tolist()
    alone = np.reshape(answers[FOLDS:], (n_alone, FOLDS)).mean(axis=1).tolist() if n_alone else [None] * n_columns
    found = [Giveaway(*told) for told in zip(names, lost, alone, strict=True)]
    return tuple(sorted(found, key=lambda item: -max(item.lost, (item.alone or 0.5) - 0.5)))


def _area(scores: NDArray[np.float64], is_synthetic: NDArray[np.bool_]) -> float:
    found = area_under_curve(scores, is_synthetic)
    return 0.5 if found is None else found[0]
