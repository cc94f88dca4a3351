"""A model that is fitted with something done about groups: what goes in, what comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.designs import Array, Features
from auditkit.ablation.measures import Outcome
from auditkit.ablation.models import Fitted, Model, fit_model

__all__ = ["GroupNames", "Mitigated", "MitigationTask"]

GroupNames: TypeAlias = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Mitigated:
    """A model fitted with a mitigation.

    Attributes
    ----------
    predict : callable
        `(features, truth of shape (n,), groups of shape (n,)) -> Outcome`.
    """

    predict: Callable[[Features, Array, GroupNames], Outcome]

    def __call__(self, features: Features, truth: Array, groups: GroupNames) -> Outcome:
        """What the model says about these units, of which the group is known."""
        return self.predict(features, truth, groups)


@dataclass(frozen=True, eq=False)
class MitigationTask:
    """What is fitted.

    Attributes
    ----------
    model : str or Model
    train : Features
    target : ndarray of shape (n_train,)
    groups : ndarray of object, shape (n_train,)
    n_classes : int
    seed : int
    option : str
        What stands after the mitigation's name.
    """

    model: str | Model
    train: Features
    target: Array
    groups: GroupNames
    n_classes: int
    seed: int
    option: str

    def fit(self, rows: NDArray[np.intp] | None = None, weights: Array | None = None) -> Fitted:
        """The plain model, on all rows or some."""
        kept = np.arange(len(self.target)) if rows is None else rows
        return fit_model(
            self.model,
            train=self.train.take(kept),
            target=self.target[kept],
            n_classes=self.n_classes,
            seed=self.seed,
            weights=weights,
        )
