"""The models that an ablation trains: one recipe for every arm, fitted on the arm's own rows and on nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.measures import Outcome, Task
from auditkit.errors import UnknownNameError

__all__ = ["MODELS", "Features", "Predictor", "fit_model", "model_name"]

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


Predictor: TypeAlias = Callable[[Features, Array], Outcome]
Encode: TypeAlias = Callable[[Features], Array]


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


def fit_model(model: str, *, train: Features, target: Array, n_classes: int, seed: int) -> Predictor:
    """Fit one model on one arm's rows.

    Parameters
    ----------
    model : {"boosting", "logistic"}
    train : Features
    target : ndarray of shape (n_train,)
        Class numbers, or values when `n_classes` is 0.
    n_classes : int
        Classes of the task; 0 for regression. Classes that the arm lacks get probability 0.
    seed : int

    Returns
    -------
    callable
        `(features, truth of shape (n_test,)) -> Outcome`, for any number of sets to test on.
    """
    task: Task = "classification" if n_classes else "regression"
    known = np.unique(target)
    if len(known) == 1:
        return lambda _, truth: _constant(known[0], truth, n_classes)
    estimator, fitted, encode = MODELS[model](train, task, seed)
    estimator.fit(fitted, target)

    def predict(test: Features, truth: Array) -> Outcome:
        asked = encode(test)
        if task == "regression":
            return Outcome(truth, np.asarray(estimator.predict(asked), dtype=np.float64), np.empty((len(truth), 0)))
        probabilities = np.zeros((len(truth), n_classes))
        probabilities[:, known.astype(np.intp)] = estimator.predict_proba(asked)
        return Outcome(truth, probabilities.argmax(axis=1).astype(np.float64), probabilities)

    return predict


def _constant(value: float, truth: Array, n_classes: int) -> Outcome:
    probabilities = np.zeros((len(truth), n_classes))
    if n_classes:
        probabilities[:, int(value)] = 1.0
    return Outcome(truth, np.full(len(truth), value), probabilities)


def _boosting(train: Features, task: Task, seed: int) -> tuple[Any, Array, Encode]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

    fitted, encode = _seen_levels(train)
    kind = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    # Without early stopping: it would hold out rows of large arms only, and fails on a class with a single row.
    return kind(categorical_features=train.categorical, early_stopping=False, random_state=seed), fitted, encode


def _linear(train: Features, task: Task, seed: int) -> tuple[Any, Array, Encode]:
    from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415

    fitted, encode = _components(train, seed) if train.pixels else _design(train)
    return (LogisticRegression(max_iter=2000) if task == "classification" else Ridge()), fitted, encode


MODELS: Mapping[str, Callable[[Features, Task, int], tuple[Any, Array, Encode]]] = {
    "boosting": _boosting,
    "logistic": _linear,
}


def _seen_levels(train: Features) -> tuple[Array, Encode]:
    """Codes renumbered by the levels of the training rows; levels that these lack, or rare ones, are missing.

    A column without a cell in the training rows, which scikit-learn cannot bin, is constant there.
    """
    levels = {column: _commonest(train.values[:, column]) for column in np.flatnonzero(train.categorical)}

    def encode(features: Features) -> Array:
        values = features.values.copy()
        for column, known in levels.items():
            values[:, column] = _renumber(values[:, column], known)
        return values

    fitted = encode(train)
    fitted[:, np.isnan(fitted).all(axis=0)] = 0.0
    return fitted, encode


def _commonest(codes: Array) -> Array:
    levels, counts = np.unique(codes[~np.isnan(codes)], return_counts=True)
    return np.sort(levels[np.argsort(-counts, kind="stable")[:_LEVELS]])


def _renumber(codes: Array, levels: Array) -> Array:
    if not len(levels):
        return np.full(len(codes), np.nan)
    place = np.clip(np.searchsorted(levels, codes), 0, len(levels) - 1)
    return np.where(levels[place] == codes, place.astype(np.float64), np.nan)


def _design(train: Features) -> tuple[Array, Encode]:
    """Standardised numbers with the median in the place of missing ones, and an indicator per category level."""
    encoders = [
        _indicators(train.values[:, column]) if is_code else _standard(train.values[:, column])
        for column, is_code in enumerate(train.categorical)
    ]

    def encode(features: Features) -> Array:
        columns = [encoder(features.values[:, place]) for place, encoder in enumerate(encoders)]
        return np.concatenate(columns, axis=1)

    return encode(train), encode


def _indicators(train: Array) -> Callable[[Array], Array]:
    levels = _commonest(train)
    return lambda values: np.asarray(values[:, None] == levels, dtype=np.float64)


def _standard(train: Array) -> Callable[[Array], Array]:
    missing = np.isnan(train)
    centre = float(np.median(train[~missing])) if (~missing).any() else 0.0
    filled = np.where(missing, centre, train)
    mean, scale = filled.mean(), filled.std() or 1.0

    def encode(values: Array) -> Array:
        gaps = np.isnan(values)
        scaled = ((np.where(gaps, centre, values) - mean) / scale)[:, None]
        return np.concatenate([scaled, gaps[:, None]], axis=1) if missing.any() else scaled

    return encode


def _components(train: Features, seed: int) -> tuple[Array, Encode]:
    from sklearn.decomposition import PCA  # noqa: PLC0415

    n, d = train.values.shape
    size = min(_COMPONENTS, n - 1, d)
    pca = PCA(size, svd_solver="covariance_eigh", random_state=seed).fit(train.values)
    # Scaled by the first component alone: whitening would blow up the noise of the last ones.
    scale = float(np.sqrt(pca.explained_variance_[0])) or 1.0

    def encode(features: Features) -> Array:
        return np.asarray(pca.transform(features.values) / scale)

    return encode(train), encode
