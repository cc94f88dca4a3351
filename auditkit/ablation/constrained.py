"""Models under constraints on groups, by fairlearn: a mixture that meets them, or thresholds per group that do."""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.designs import Array, Features
from auditkit.ablation.measures import Outcome
from auditkit.ablation.mitigated import GroupNames, Mitigated, MitigationTask
from auditkit.errors import DataError, UnknownNameError
from auditkit.lazy import unmoved_random

__all__ = ["CONSTRAINTS", "OBJECTIVES", "constraint_of", "exponentiated_gradient", "threshold_optimizer"]

CONSTRAINTS = ("demographic_parity", "equalized_odds")
OBJECTIVES = ("accuracy", "balanced_accuracy")
"""What is kept as high as a constraint allows."""
_FOLDS = 3
_LEAST = 10
_BOUND = 0.01
_TOLERANCE = 0.5
_OTHER = "(other)"
_QUIET = threading.Lock()


def exponentiated_gradient(task: MitigationTask) -> Mitigated:
    """A mixture of models whose rates differ little between each group and all units of the training rows."""
    from fairlearn.reductions import DemographicParity, EqualizedOdds, ErrorRate, ExponentiatedGradient  # noqa: PLC0415 - heavy

    _two_classes(task, "exponentiated_gradient")
    if len(np.unique(task.target)) < 2:  # noqa: PLR2004 - nothing to constrain
        return _unchanged(task)
    constraint, objective = constraint_of(task.option)
    kind = DemographicParity if constraint == "demographic_parity" else EqualizedOdds
    estimator = _Weighted(task)
    rows = np.arange(len(task.target))[:, None]
    # fairlearn's own tolerance is made from the training errors, and is 0 for a model without any: it never ends.
    tolerance = _TOLERANCE * float(task.target.std()) / math.sqrt(len(task.target))
    mixture = ExponentiatedGradient(
        estimator, kind(difference_bound=_BOUND), objective=ErrorRate(costs=_costs(task, objective)), nu=tolerance
    )
    # Filters of warnings belong to the process, so that fits beside this one must not set them at once.
    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of pandas, about how fairlearn writes to its series
        mixture.fit(rows, task.target.astype(np.intp), sensitive_features=task.groups.astype(str))
    kept = [(float(weight), mixture.predictors_[place]) for place, weight in mixture.weights_.items() if weight > 0]

    def predict(features: Features, truth: Array, _: GroupNames) -> Outcome:
        said = [(weight, _said(predictor, features, truth)) for weight, predictor in kept]
        positive = np.sum([weight * (outcome.predicted == 1) for weight, outcome in said], axis=0)
        probabilities = np.sum([weight * outcome.probabilities for weight, outcome in said], axis=0)
        lot = np.random.default_rng(np.random.SeedSequence([task.seed, len(truth)])).random(len(truth))
        return Outcome(truth, (positive > lot).astype(np.float64), probabilities)

    return Mitigated(predict)


def threshold_optimizer(task: MitigationTask) -> Mitigated:
    """One model, and thresholds per group that make rates equal at the least cost in what is optimised."""
    from fairlearn.postprocessing import ThresholdOptimizer  # noqa: PLC0415 - heavy

    _two_classes(task, "threshold_optimizer")
    pool = _pooled(task.groups, task.target)
    if len(np.unique(task.target)) < 2 or pool is None:  # noqa: PLR2004 - no threshold to choose
        return _unchanged(task)
    scores = _out_of_fold(task)
    fitted = task.fit()
    constraint, objective = constraint_of(task.option)
    optimizer = ThresholdOptimizer(
        estimator=_as_estimator(_Scores),
        constraints=constraint,
        objective=f"{objective}_score",
        predict_method="predict",
    )
    optimizer.fit(scores[:, None], task.target.astype(np.intp), sensitive_features=pool(task.groups))

    def predict(features: Features, truth: Array, groups: GroupNames) -> Outcome:
        plain = fitted(features, truth)
        said = optimizer.predict(
            plain.probabilities[:, 1:], sensitive_features=pool(groups), random_state=task.seed % 2**32
        )
        return replace(plain, predicted=np.asarray(said, dtype=np.float64))

    return Mitigated(predict)


def constraint_of(option: str) -> tuple[str, str]:
    """Constraint and objective of an option, as `"equalized_odds:balanced_accuracy"`; accuracy where none is named.

    Raises
    ------
    UnknownNameError
        If there is no such constraint or objective.
    """
    constraint, _, objective = option.partition(":")
    if constraint not in CONSTRAINTS:
        raise UnknownNameError.of("constraint", constraint, CONSTRAINTS)
    if objective and objective not in OBJECTIVES:
        raise UnknownNameError.of("objective", objective, OBJECTIVES)
    return constraint, objective or OBJECTIVES[0]


def _costs(task: MitigationTask, objective: str) -> dict[str, float]:
    """Cost of a false positive and of a false negative: equal for accuracy, else each class costs the same in all."""
    if objective == "accuracy":
        return {"fp": 1.0, "fn": 1.0}
    share = float((task.target == 1).mean())
    return {"fp": 0.5 / (1.0 - share), "fn": 0.5 / share}


class _Scores:
    """Stands for a model in fairlearn: its rows are the probabilities already."""

    def fit(self, _rows: Array, _target: Array) -> _Scores:
        """Nothing to learn."""
        return self

    def predict(self, rows: Array) -> Array:
        """The probabilities."""
        return rows[:, 0]

    def __sklearn_is_fitted__(self) -> bool:
        return True


def _as_estimator(kind: type) -> Any:
    """An instance that scikit-learn takes for one of its own."""
    with unmoved_random():
        from sklearn.base import BaseEstimator  # noqa: PLC0415 - heavy

    return type(kind.__name__, (kind, BaseEstimator), {})()


class _Weighted:
    """A model of an ablation as fairlearn's reductions ask for it; rows are numbers of training rows."""

    def __init__(self, task: MitigationTask) -> None:
        self._task = task

    def __sklearn_clone__(self) -> _Weighted:
        """Without a copy of the training rows."""
        return _Weighted(self._task)

    def fit(self, _rows: NDArray[np.intp], target: Any, *, sample_weight: Any) -> _Weighted:
        """Fit on the labels and weights that the reduction asks for."""
        asked = replace(self._task, target=np.asarray(target, dtype=np.float64))
        self.fitted = asked.fit(weights=np.asarray(sample_weight, dtype=np.float64))
        return self

    def predict(self, rows: Any) -> NDArray[np.intp]:
        """Classes of training rows."""
        features = self._task.train.take(np.asarray(rows, dtype=np.intp)[:, 0])
        return self.fitted(features, np.zeros(len(rows))).predicted.astype(np.intp)


def _said(predictor: Any, features: Features, truth: Array) -> Outcome:
    """What one model of a mixture says; fairlearn puts a constant where the reduction asks for one class only."""
    if isinstance(predictor, _Weighted):
        return predictor.fitted(features, truth)
    constant = np.asarray(predictor.predict(np.zeros((len(truth), 1))), dtype=np.intp)
    return Outcome(truth, constant.astype(np.float64), np.eye(2)[constant])


def _out_of_fold(task: MitigationTask) -> Array:
    """Probability of the second class, by models that have not seen the unit."""
    rng = np.random.default_rng(np.random.SeedSequence([task.seed, _FOLDS]))
    fold = np.empty(len(task.target), dtype=np.intp)
    for value in np.unique(task.target):
        members = rng.permutation(np.flatnonzero(task.target == value))
        fold[members] = np.arange(len(members)) % _FOLDS
    scores = np.empty(len(task.target))
    for number in range(_FOLDS):
        own = np.flatnonzero(fold == number)
        if len(own):
            fitted = task.fit(np.flatnonzero(fold != number))
            scores[own] = fitted(task.train.take(own), task.target[own]).probabilities[:, 1]
    return scores


def _pooled(groups: GroupNames, target: Array) -> Callable[[GroupNames], GroupNames] | None:
    """Groups with small and unknown ones as one; None where not even that has both classes."""
    names, codes = np.unique(groups.astype(str), return_inverse=True)
    counts = np.stack([np.bincount(codes[target == value], minlength=len(names)) for value in (0.0, 1.0)], axis=1)
    if not counts.sum(axis=0).all():
        return None
    large = counts.min(axis=1) >= _LEAST
    other = _OTHER
    if counts[~large].sum(axis=0).min() < _LEAST:
        # Too few to be a group: they go with the largest.
        other = str(names[large][counts[large].sum(axis=1).argmax()]) if large.any() else _OTHER
    known = dict.fromkeys(names[large].tolist())

    def pool(levels: GroupNames) -> GroupNames:
        return np.array([level if level in known else other for level in levels.astype(str)], dtype=object)

    return pool


def _unchanged(task: MitigationTask) -> Mitigated:
    fitted = task.fit()
    return Mitigated(lambda features, truth, _: fitted(features, truth))


def _two_classes(task: MitigationTask, name: str) -> None:
    if task.n_classes != 2:  # noqa: PLR2004 - what fairlearn's constraints are made for
        found = f"{task.n_classes} classes" if task.n_classes else "a number"
        raise DataError(
            f"the mitigation {name!r} needs a label of 2 classes, and this one is {found}: ask for "
            f"{('reweighing' if task.n_classes else 'correlation_remover')!r}."
        )
