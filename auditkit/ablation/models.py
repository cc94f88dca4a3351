"""The models that an ablation trains: one recipe for every arm, fitted on the arm's own rows and on nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.measures import Outcome, Task
from auditkit.errors import UnknownNameError

__all__ = ["MODELS", "Features", "fit_and_predict", "model_name"]

Array = NDArray[np.float64]
# HistGradientBoosting bins a categorical column in at most 255 levels.
_LEVELS = 255
_COMPONENTS = 50


@dataclass(frozen=True, eq=False)
class Features:
    """What models see of one set, a row per unit; the columns mean the same in every set of an ablation.

    Attributes
    ----------
    values : ndarray of shape (n, d)
        Numbers and category codes, NaN = missing.
    categorical : ndarray of bool, shape (d,)
        Which columns hold codes.
    pixels : bool
        Whether the columns are pixels, which are put through principal components first.
    """

    values: Array
    categorical: NDArray[np.bool_]
    pixels: bool = False

    def take(self, index: NDArray[np.intp]) -> Features:
        """Features of the chosen units."""
        return Features(self.values[index], self.categorical, self.pixels)

    @classmethod
    def join(cls, parts: list[Features]) -> Features:
        """Units of several sets, one after the other."""
        return cls(np.concatenate([part.values for part in parts]), parts[0].categorical, parts[0].pixels)


def model_name(name: str, *, pixels: bool) -> str:
    """Name of the model that a request stands for: pixels are always judged by the linear model.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    """
    if name not in MODELS:
        raise UnknownNameError.of("ablation model", name, MODELS)
    return "logistic" if pixels else name


def fit_and_predict(
    model: str, *, train: Features, target: Array, test: Features, truth: Array, n_classes: int, seed: int
) -> Outcome:
    """Fit one model on one arm's rows and predict the test units.

    Parameters
    ----------
    model : {"boosting", "logistic"}
    train, test : Features
    target, truth : ndarray of shape (n_train,) and (n_test,)
        Class numbers, or values when `n_classes` is 0.
    n_classes : int
        Classes of the task; 0 for regression. Classes that the arm lacks get probability 0.
    seed : int

    Returns
    -------
    Outcome
    """
    task: Task = "classification" if n_classes else "regression"
    known = np.unique(target)
    if len(known) == 1:
        return _constant(known[0], truth, n_classes)
    estimator, fitted, asked = MODELS[model](train, test, task, seed)
    estimator.fit(fitted, target)
    if task == "regression":
        return Outcome(truth, np.asarray(estimator.predict(asked), dtype=np.float64), np.empty((len(truth), 0)))
    probabilities = np.zeros((len(truth), n_classes))
    probabilities[:, known.astype(np.intp)] = estimator.predict_proba(asked)
    return Outcome(truth, probabilities.argmax(axis=1).astype(np.float64), probabilities)


def _constant(value: float, truth: Array, n_classes: int) -> Outcome:
    probabilities = np.zeros((len(truth), n_classes))
    if n_classes:
        probabilities[:, int(value)] = 1.0
    return Outcome(truth, np.full(len(truth), value), probabilities)


def _boosting(train: Features, test: Features, task: Task, seed: int) -> tuple[Any, Array, Array]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

    fitted, asked = _seen_levels(train, test)
    kind = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    # Without early stopping: it would hold out rows of large arms only, and fails on a class with a single row.
    return kind(categorical_features=train.categorical, early_stopping=False, random_state=seed), fitted, asked


def _linear(train: Features, test: Features, task: Task, seed: int) -> tuple[Any, Array, Array]:
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415

    fitted, asked = _components(train, test, seed) if train.pixels else _design(train, test)
    return (LogisticRegression(max_iter=2000) if task == "classification" else Ridge()), fitted, asked


MODELS: Mapping[str, Callable[[Features, Features, Task, int], tuple[Any, Array, Array]]] = {
    "boosting": _boosting,
    "logistic": _linear,
}


def _seen_levels(train: Features, test: Features) -> tuple[Array, Array]:
    """Codes renumbered by the levels of the training rows; levels that these lack, or rare ones, are missing.

    A column without a cell in the training rows, which scikit-learn cannot bin, is constant there.
    """
    fitted, asked = train.values.copy(), test.values.copy()
    for column in np.flatnonzero(train.categorical):
        levels = _commonest(fitted[:, column])
        fitted[:, column] = _renumber(fitted[:, column], levels)
        asked[:, column] = _renumber(asked[:, column], levels)
    fitted[:, np.isnan(fitted).all(axis=0)] = 0.0
    return fitted, asked


def _commonest(codes: Array) -> Array:
    levels, counts = np.unique(codes[~np.isnan(codes)], return_counts=True)
    return np.sort(levels[np.argsort(-counts, kind="stable")[:_LEVELS]])


def _renumber(codes: Array, levels: Array) -> Array:
    if not len(levels):
        return np.full(len(codes), np.nan)
    place = np.clip(np.searchsorted(levels, codes), 0, len(levels) - 1)
    return np.where(levels[place] == codes, place.astype(np.float64), np.nan)


def _design(train: Features, test: Features) -> tuple[Array, Array]:
    """Standardised numbers with the median in the place of missing ones, and an indicator per category level."""
    fitted: list[Array] = []
    asked: list[Array] = []
    for column, is_code in enumerate(train.categorical):
        a, b = train.values[:, column], test.values[:, column]
        left, right = _indicators(a, b) if is_code else _standard(a, b)
        fitted.append(left)
        asked.append(right)
    return np.concatenate(fitted, axis=1), np.concatenate(asked, axis=1)


def _indicators(train: Array, test: Array) -> tuple[Array, Array]:
    levels = _commonest(train)
    return (train[:, None] == levels).astype(np.float64), (test[:, None] == levels).astype(np.float64)


def _standard(train: Array, test: Array) -> tuple[Array, Array]:
    missing = np.isnan(train)
    centre = float(np.median(train[~missing])) if (~missing).any() else 0.0
    filled = np.where(missing, centre, train)
    mean, scale = filled.mean(), filled.std() or 1.0
    left = ((filled - mean) / scale)[:, None]
    right = ((np.where(np.isnan(test), centre, test) - mean) / scale)[:, None]
    if not missing.any():
        return left, right
    return np.c_[left, missing], np.c_[right, np.isnan(test)]


def _components(train: Features, test: Features, seed: int) -> tuple[Array, Array]:
    from sklearn.decomposition import PCA  # noqa: PLC0415

    n, d = train.values.shape
    size = min(_COMPONENTS, n - 1, d)
    pca = PCA(size, svd_solver="covariance_eigh", random_state=seed).fit(train.values)
    # Scaled by the first component alone: whitening would blow up the noise of the last ones.
    scale = float(np.sqrt(pca.explained_variance_[0])) or 1.0
    return pca.transform(train.values) / scale, pca.transform(test.values) / scale
