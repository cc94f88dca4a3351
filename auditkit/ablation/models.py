"""The models that an ablation trains: one recipe for every arm, fitted on the arm's own rows and on nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from auditkit.ablation.designs import (
    Array,
    Design,
    Features,
    as_components,
    as_design,
    as_pixels,
    as_seen_levels,
    as_words,
)
from auditkit.ablation.given import (
    Called,
    ModelLike,
    check_classes,
    check_values,
    fit_given,
    seeded_clone,
    title_of,
)
from auditkit.ablation.measures import Outcome, Task
from auditkit.errors import DataError, UnknownNameError
from auditkit.lazy import unmoved_random

__all__ = ["MODELS", "Features", "Fitted", "Model", "Predictor", "fit_model", "model_name", "plan_models"]

Predictor: TypeAlias = Callable[[Features, Array], Outcome]
Build: TypeAlias = Callable[[Features, Task, int], tuple[Any, Design]]

_TEXT_C = 10.0


@dataclass(frozen=True, eq=False)
class Model:
    """A way to fit.

    Attributes
    ----------
    name : str
    build : callable
        `(training features, task, seed)` to an estimator that is not fitted yet, and the rows as it reads them.
    own : bool
        Whether it is one of ours, whose class is the one of highest probability.
    torch : bool
        Whether it computes with torch.
    """

    name: str
    build: Build
    own: bool = True
    torch: bool = False


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model: call it with features and truth of any set to test on.

    Attributes
    ----------
    predict : callable
        `(rows as the model reads them, truth of shape (n,)) -> Outcome`.
    design : Design or None
        None where the training rows had one value only, which is then predicted.
    gradient : callable or None
        `(rows, truth) -> array` of the shape of the rows: the loss's gradient in them, where the model has one.
    """

    predict: Callable[[Array, Array], Outcome]
    design: Design | None = None
    gradient: Callable[[Array, Array], Array] | None = None

    def __call__(self, features: Features, truth: Array) -> Outcome:
        """What the model says about these units."""
        return self.predict(features.values if self.design is None else self.design.encode(features), truth)

    def attacked(self, features: Features, truth: Array, *, strength: float) -> Outcome | None:
        """The same with every number moved by `strength` the way that harms most (FGSM); None without a gradient.

        References
        ----------
        Goodfellow, Shlens and Szegedy 2015, "Explaining and Harnessing Adversarial Examples", section 4.
        """
        if self.gradient is None or self.design is None:
            return None
        values = self.design.encode(features)
        moved = values + strength * np.sign(self.gradient(values, truth)) * self.design.numbers
        low, high = self.design.bounds
        return self.predict(moved if low is None else np.clip(moved, low, high), truth)


def plan_models(
    models: Sequence[ModelLike] | Mapping[str, ModelLike], *, pixels: bool, embedded: bool = False
) -> tuple[Model, ...]:
    """Models that a request stands for, each once, with names that tell them apart.

    Parameters
    ----------
    models : sequence or mapping of str
        One model, or several: names, scikit-learn estimators, callables; a mapping gives them names of its own.
    pixels : bool
        Whether they are to read pixels.
    embedded : bool, default False
        Whether they are to read features of an embedder.

    Returns
    -------
    tuple of Model

    Raises
    ------
    UnknownNameError
        If there is no such model.
    DataError
        If there is none, one cannot be fitted, or convolutions are asked for where there are no pixels.
    """
    if isinstance(models, str):
        raise DataError(f"models are given as a sequence, got the text {models!r}: pass models=({models!r},).")
    if hasattr(models, "fit") or callable(models):
        models = [models]
    named = dict(models) if isinstance(models, Mapping) else None
    wanted = [*named.values()] if named is not None else [*models]
    if not wanted:
        raise DataError("ablation needs at least one model: pass models=('boosting',).")
    planned: dict[str, Model] = {}
    for place, item in enumerate(wanted):
        if isinstance(item, str):
            name = model_name(item, pixels=pixels, embedded=embedded)
            planned.setdefault(name, _named(name))
            continue
        asked = list(named)[place] if named is not None else title_of(item)
        taken = [name for name in planned if name == asked or name.startswith(f"{asked} #")]
        name = f"{asked} #{len(taken) + 1}" if taken else asked
        planned[name] = _given(name, item)
    return tuple(planned.values())


def model_name(name: str, *, pixels: bool, embedded: bool = False) -> str:
    """Name of the model that a request stands for: on pixels and features, `"boosting"` gives the linear model.

    Raises
    ------
    UnknownNameError
        If there is no such model.
    DataError
        If it reads pixels and there are none.
    """
    if name not in MODELS:
        raise UnknownNameError.of("ablation model", name, MODELS)
    if name == "convolution" and not pixels:
        raise DataError("the model 'convolution' reads pixels, and these data have none: ask for 'network'.")
    return "logistic" if (pixels or embedded) and name == "boosting" else name


def fit_model(
    model: str | Model,
    *,
    train: Features,
    target: Array,
    n_classes: int,
    seed: int,
    weights: Array | None = None,
) -> Fitted:
    """Fit one model on one arm's rows.

    Parameters
    ----------
    model : str or Model
    train : Features
    target : ndarray of shape (n_train,)
        Class numbers, or values when `n_classes` is 0.
    n_classes : int
        Classes of the task; 0 for regression. Classes that the arm lacks get probability 0.
    seed : int
    weights : ndarray of shape (n_train,), optional
        How much each row counts.

    Returns
    -------
    Fitted
        `(features, truth of shape (n_test,)) -> Outcome`, for any number of sets to test on.

    Raises
    ------
    AuditkitError
        If a given model cannot be fitted.
    """
    chosen = _named(model) if isinstance(model, str) else model
    task: Task = "classification" if n_classes else "regression"
    known = np.unique(target)
    if len(known) == 1:
        return Fitted(lambda _, truth: _constant(known[0], truth, n_classes))
    estimator, design = chosen.build(train, task, seed)
    asked = {} if weights is None else {"sample_weight": weights}
    if chosen.own:
        estimator.fit(design.values, target, **asked)
    else:
        estimator = fit_given(chosen.name, estimator, design.values, target, seed, asked)
    gradient = getattr(estimator, "gradient", None) if chosen.own else None

    def predict(rows: Array, truth: Array) -> Outcome:
        if task == "regression":
            values = np.asarray(estimator.predict(rows), dtype=np.float64)
            if not chosen.own:
                check_values(chosen.name, values, len(truth))
            return Outcome(truth, values, np.empty((len(truth), 0)))
        stated = estimator.predict_proba(rows) if hasattr(estimator, "predict_proba") else None
        seen = np.asarray(getattr(estimator, "classes_", known), dtype=np.intp)
        if not chosen.own:
            check_classes(chosen.name, estimator.predict(rows), stated, classes=seen, n=len(truth))
        probabilities = np.full((len(truth), n_classes), np.nan if stated is None else 0.0)
        if stated is not None:
            probabilities[:, seen] = stated
        said = probabilities.argmax(axis=1) if chosen.own else np.asarray(estimator.predict(rows))
        return Outcome(truth, said.astype(np.float64), probabilities)

    return Fitted(predict, design, gradient)


def _constant(value: float, truth: Array, n_classes: int) -> Outcome:
    probabilities = np.zeros((len(truth), n_classes))
    if n_classes:
        probabilities[:, int(value)] = 1.0
    return Outcome(truth, np.full(len(truth), value), probabilities)


def _boosting(train: Features, task: Task, seed: int) -> tuple[Any, Design]:
    with unmoved_random():
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor  # noqa: PLC0415

    kind = HistGradientBoostingClassifier if task == "classification" else HistGradientBoostingRegressor
    # Without early stopping: it would hold out rows of large arms only, and fails on a class with a single row.
    model = kind(categorical_features=train.categorical, early_stopping=False, random_state=seed)
    return model, as_seen_levels(train)


def _linear(train: Features, task: Task, seed: int) -> tuple[Any, Design]:
    with unmoved_random():
        from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415

    if train.words is not None:
        # Rows of length 1: with the usual penalty a rare class is not named at all.
        linear = LogisticRegression(C=_TEXT_C, max_iter=2000) if task == "classification" else Ridge()
        return linear, as_words(train)
    design = as_components(train, seed) if train.pixels else as_design(train)
    return (LogisticRegression(max_iter=2000) if task == "classification" else Ridge()), design


def _layers(train: Features, task: Task, seed: int) -> tuple[Any, Design]:
    from auditkit.ablation.networks import Network  # noqa: PLC0415 - torch

    return Network("layers", task, seed), _plain(train)


def _plain(train: Features) -> Design:
    return as_pixels(train) if train.pixels or train.words is not None else as_design(train)


def _convolutions(train: Features, task: Task, seed: int) -> tuple[Any, Design]:
    from auditkit.ablation.networks import Network  # noqa: PLC0415 - torch

    return Network("convolutions", task, seed, train.shape), as_pixels(train)


MODELS: Mapping[str, Build] = {
    "boosting": _boosting,
    "logistic": _linear,
    "network": _layers,
    "convolution": _convolutions,
}


def _named(name: str) -> Model:
    return Model(name, MODELS[name], torch=name in {"network", "convolution"})


def _given(name: str, model: ModelLike) -> Model:
    """A model that the user brings: an estimator, cloned for every fit, or a callable."""
    if isinstance(model, type):
        raise DataError(f"the model {name!r} is a class: give an instance, as {name}().")
    if not hasattr(model, "fit") and not callable(model):
        raise DataError(
            f"the model {name!r} can be neither fitted nor called: give a name ({', '.join(MODELS)}), a scikit-learn "
            "estimator, or a callable (values, target, seed) -> predict."
        )

    def build(train: Features, _task: Task, seed: int) -> tuple[Any, Design]:
        design = _plain(train)
        return (seeded_clone(model, seed) if hasattr(model, "fit") else Called(model)), design

    return Model(name, build, own=False)
