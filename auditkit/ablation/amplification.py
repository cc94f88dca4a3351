"""Do predictions tie groups to classes more than the truth does? Bias amplification of each arm's model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.grid import Part
from auditkit.ablation.group_gaps import MIN_SUPPORT
from auditkit.ablation.measures import Measure, Outcome, Task
from auditkit.ablation.weighted_cells import sums_at
from auditkit.metrics.fairness.directional import attribute_to_label, signs_of
from auditkit.metrics.fairness.group_codes import read_groups

__all__ = ["amplification_parts"]

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


def amplification_parts(
    groups: Mapping[str, NDArray[np.object_]], *, task: Task, min_support: int = MIN_SUPPORT
) -> Iterator[Part]:
    """Amplification for every declared group column, over all test units.

    Parameters
    ----------
    groups : mapping of str to ndarray of object, shape (n_test,)
        Level of each test unit.
    task : {"classification", "regression"}
        Amounts have no classes, and no amplification.
    min_support : int
        Groups of fewer test units take no part.

    Yields
    ------
    Part
        With `where = {"group": column}` and the measure `bias_amplification`: the directional definition, from group
        to class, with predictions beside the truth of the same units. Above 0 the model amplifies, below 0 it levels;
        lower counts as better.
    """
    if task != "classification":
        return
    for name, levels in groups.items():
        found = read_groups(levels, n=len(levels))
        measure = Measure(
            "bias_amplification", task, "lower", (-1.0, 1.0), _amplification(found.codes, len(found), min_support),
            f"fewer than two groups have {min_support} test units",
        )  # fmt: skip
        yield Part(measure, {"group": name}, np.ones(len(levels), dtype=bool))


def _amplification(codes: Codes, n_groups: int, min_support: int) -> Callable[[Outcome, Array], Array]:
    kept = np.bincount(codes, minlength=n_groups) >= min_support

    def compute(outcome: Outcome, weights: Array) -> Array:
        if kept.sum() < 2:  # noqa: PLR2004 - nothing can go with one group only
            return np.full(len(weights), np.nan)
        shape = (n_groups, outcome.n_classes)
        truth, predicted = (
            codes * outcome.n_classes + values.astype(np.intp) for values in (outcome.truth, outcome.predicted)
        )
        # Which group goes with which class is read from the units as they are, whatever their weights.
        signs = signs_of(sums_at(np.ones((1, len(codes))), truth, shape)[0])[kept]
        ours, theirs = (sums_at(weights, cells, shape)[:, kept] for cells in (truth, predicted))
        return attribute_to_label(signs, ours, theirs)

    return compute
