"""What can be done about groups while a model is trained: weights, constraints, thresholds, features without the group.

Each is put around any model of an ablation, uses the group levels of the units (of several declared columns their
intersections), and is seeded: two of them answer by lot, and the lot is part of the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.constrained import (
    CONSTRAINTS,
    OBJECTIVES,
    constraint_of,
    exponentiated_gradient,
    threshold_optimizer,
)
from auditkit.ablation.designs import Array, Features, as_design
from auditkit.ablation.mitigated import GroupNames, Mitigated, MitigationTask
from auditkit.ablation.models import Model
from auditkit.errors import DataError, UnknownNameError
from auditkit.metrics.fairness.reweighing import weights_of_codes

__all__ = ["MITIGATIONS", "GroupNames", "Mitigated", "fit_mitigated", "group_names", "mitigation_of", "objective_notes"]


def group_names(groups: Mapping[str, GroupNames], n: int) -> GroupNames:
    """One group per unit: the intersection of all declared columns.

    Parameters
    ----------
    groups : mapping of str to ndarray of object, shape (n,)
        As `Prepared.groups`.
    n : int

    Returns
    -------
    ndarray of object, shape (n,)

    Raises
    ------
    DataError
        If no column is declared.
    """
    if not groups:
        raise DataError("mitigation needs groups, and none are declared: load the data with groups=['column'].")
    columns = list(groups.values())
    if len(columns) == 1:
        return np.asarray(columns[0], dtype=object)
    named: GroupNames = np.empty(n, dtype=object)
    for place, levels in enumerate(zip(*columns, strict=True)):
        named[place] = ", ".join(f"{name}={level}" for name, level in zip(groups, levels, strict=True))
    return named


def mitigation_of(text: str) -> tuple[str, str]:
    """Name of a mitigation and its option, as `"threshold_optimizer=demographic_parity"`.

    Parameters
    ----------
    text : str

    Returns
    -------
    tuple of (str, str)

    Raises
    ------
    UnknownNameError
        If there is no such mitigation, constraint or objective.
    DataError
        If the option does not fit.

    Examples
    --------
    >>> mitigation_of("reweighing"), mitigation_of("threshold_optimizer=demographic_parity")
    (('reweighing', ''), ('threshold_optimizer', 'demographic_parity'))
    """
    name, _, option = text.partition("=")
    if name not in MITIGATIONS:
        raise UnknownNameError.of("mitigation", name, MITIGATIONS)
    usual = _USUAL[name]
    if option and not usual:
        raise DataError(f"the mitigation {name!r} takes no option, got {option!r}: write {name!r} alone.")
    if option and usual not in CONSTRAINTS:
        _share(option)
    if option.startswith(":"):
        option = f"{usual}{option}"
    if usual in CONSTRAINTS:
        constraint_of(option or usual)
    return name, option or usual


def objective_notes(mitigations: Iterable[str], *, main: str) -> list[str]:
    """A sentence per mitigation that optimises another measure than the one that arms are compared by.

    Parameters
    ----------
    mitigations : iterable of str
    main : str
        The first measure of the ablation.

    Returns
    -------
    list of str
    """
    notes = []
    for text in dict.fromkeys(mitigations):
        name, option = mitigation_of(text)
        if _USUAL[name] not in CONSTRAINTS:
            continue
        constraint, objective = constraint_of(option)
        if objective != main:
            other = next((item for item in OBJECTIVES if item == main), "")
            hint = f": ask for '{name}={constraint}:{other}' to have that" if other else ""
            notes.append(
                f"the mitigation {text!r} keeps {_words(objective)} as high as {_words(constraint)} allows, and arms "
                f"are compared by {_words(main)}{hint}."
            )
    return notes


def _words(name: str) -> str:
    return name.replace("_", " ")


def fit_mitigated(
    mitigation: str,
    model: str | Model,
    *,
    train: Features,
    target: Array,
    groups: GroupNames,
    n_classes: int,
    seed: int,
) -> Mitigated:
    """Fit a model on one arm's rows, and do something about groups.

    Parameters
    ----------
    mitigation : str
        `"reweighing"`: rows weigh P(group) P(class) / P(group, class). `"exponentiated_gradient"`: a mixture of models
        under a constraint. `"threshold_optimizer"`: thresholds per group on out-of-fold probabilities.
        `"correlation_remover"`: features without what the group says of them by a linear rule. With an option after
        `=`: the constraint (`demographic_parity`, the default of the first, or `equalized_odds`, that of the second),
        and behind a colon what is kept as high as it allows (`accuracy`, the default, or `balanced_accuracy`), as
        `"threshold_optimizer=equalized_odds:balanced_accuracy"`; or the share of the correlation that is removed (1).
    model : str or Model
        As `fit_model` takes it.
    train : Features
    target : ndarray of shape (n_train,)
    groups : ndarray of object, shape (n_train,)
        Group of each unit.
    n_classes : int
        Classes of the task; 0 for regression.
    seed : int

    Returns
    -------
    Mitigated

    Raises
    ------
    DataError
        If the task has no two classes where two are needed, or is a regression that cannot be weighted.
    UnknownNameError
        If there is no such mitigation.

    Notes
    -----
    The first measure of an ablation is balanced accuracy by default, and these two optimise accuracy unless they are
    told otherwise: of a rare class they may then name less, which costs balanced accuracy and no accuracy.

    `exponentiated_gradient` bounds the difference of each group to all units by 0.01 among the training rows: the
    difference between two groups may be twice as large, and larger on unseen units; a model that is right on all
    training rows meets equalized odds there and is left as it is. It takes twenty fits and more. Both it and
    `threshold_optimizer` answer by lot; the lot is drawn from `seed`. A group with fewer than ten training rows of a
    class has no threshold of its own and shares that of the other small ones; so do groups that training has not seen.
    Thresholds are fitted on probabilities of three folds, where fairlearn's own fit takes those of the training rows,
    which are too sure.

    References
    ----------
    Kamiran and Calders 2012, "Data Preprocessing Techniques for Classification without Discrimination", section 4.3.
    Agarwal et al. 2018, "A Reductions Approach to Fair Classification", ICML.
    Hardt, Price and Srebro 2016, "Equality of Opportunity in Supervised Learning", NeurIPS.
    """
    name, option = mitigation_of(mitigation)
    return MITIGATIONS[name](MitigationTask(model, train, target, groups, n_classes, seed, option))


def _reweighing(task: MitigationTask) -> Mitigated:
    if not task.n_classes:
        raise DataError("reweighing needs classes, and the label is a number: ask for 'correlation_remover'.")
    _, groups = np.unique(task.groups.astype(str), return_inverse=True)
    # Targets are numbers of classes: of many of them none is an amount.
    fitted = task.fit(weights=weights_of_codes(groups, task.target.astype(np.intp)))
    return Mitigated(lambda features, truth, _: fitted(features, truth))


def _correlation_remover(task: MitigationTask) -> Mitigated:
    from fairlearn.preprocessing import CorrelationRemover  # noqa: PLC0415 - heavy

    # Codes have no correlation: every level gets a column of its own.
    encode = (lambda features: features.values) if task.train.pixels else as_design(task.train).encode
    levels = np.unique(task.groups.astype(str))[1:]
    remover = CorrelationRemover(sensitive_feature_ids=list(range(len(levels))), alpha=_share(task.option))
    plain = encode(task.train)
    remover.fit(np.concatenate([_indicators(task.groups, levels), plain], axis=1))

    def transform(features: Features, groups: GroupNames) -> Features:
        values = encode(features)
        left = remover.transform(np.concatenate([_indicators(groups, levels), values], axis=1))
        return Features(
            np.where(gone, 0.0, left), np.zeros(left.shape[1], dtype=bool), task.train.pixels, task.train.shape
        )

    gone = np.zeros(plain.shape[1], dtype=bool)
    spread = transform(task.train, task.groups).values.std(axis=0)
    # What the group determines is gone but for rounding, and a tree would read the group from the rounding.
    gone = spread <= 1e-9 * np.maximum(plain.std(axis=0), 1e-300)
    fitted = replace(task, train=transform(task.train, task.groups)).fit()
    return Mitigated(lambda features, truth, groups: fitted(transform(features, groups), truth))


MITIGATIONS: Mapping[str, Callable[[MitigationTask], Mitigated]] = {
    "reweighing": _reweighing,
    "exponentiated_gradient": exponentiated_gradient,
    "threshold_optimizer": threshold_optimizer,
    "correlation_remover": _correlation_remover,
}
_USUAL = {
    "reweighing": "",
    "exponentiated_gradient": "demographic_parity",
    "threshold_optimizer": "equalized_odds",
    "correlation_remover": "1",
}


def _indicators(groups: GroupNames, levels: NDArray[Any]) -> Array:
    return np.asarray(groups.astype(str)[:, None] == levels, dtype=np.float64)


def _share(option: str) -> float:
    try:
        share = float(option)
    except ValueError:
        share = np.nan
    if not 0 < share <= 1:
        raise DataError(
            f"'correlation_remover' removes a share of the correlation, above 0 and at most 1, got {option!r}: write "
            "correlation_remover=1."
        )
    return share
