"""Models that the user brings: scikit-learn estimators, cloned and seeded for every fit, and callables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.designs import Array
from auditkit.errors import AuditkitError
from auditkit.lazy import unmoved_random

__all__ = [
    "Called",
    "ModelLike",
    "UnweightedModelError",
    "check_classes",
    "check_values",
    "fit_given",
    "seeded_clone",
    "title_of",
]

ModelLike: TypeAlias = Any
"""A name, a scikit-learn estimator, or a callable `(values, target, seed) -> predict`."""


class UnweightedModelError(AuditkitError):
    """A model takes no weights, which an arm needs; the other arms can do without."""


class Called:
    """A callable with the face of an estimator.

    Parameters
    ----------
    train : callable
        `(values, target, seed)` to a function of rows that gives a class number or value per row, or for classes a
        row of probabilities, one per class of the training rows in ascending order.
    """

    def __init__(self, train: Callable[[Array, Array, int], Callable[[Array], Any]]) -> None:
        self._train = train

    def fit(self, values: Array, target: Array, *, seed: int = 0) -> Called:
        """Train on copies, so that nothing of ours can be changed."""
        self.classes_ = np.unique(target)
        self._answer = self._train(values.copy(), target.copy(), seed)
        return self

    def predict(self, rows: Array) -> Array:
        """Class numbers, or values."""
        answer = self._numbers(rows)
        return np.asarray(self.classes_[answer.argmax(axis=1)]) if answer.ndim > 1 else answer

    def predict_proba(self, rows: Array) -> Array | None:
        """Probabilities, or None where the callable names classes only."""
        answer = self._numbers(rows)
        return answer if answer.ndim > 1 else None

    def _numbers(self, rows: Array) -> Array:
        said = np.asarray(self._answer(rows.copy()))
        try:
            return said.astype(np.float64)
        except (TypeError, ValueError):
            raise AuditkitError(
                f"a model that is called must answer numbers, got {said.ravel()[0]!r}: give class numbers (0, 1, ...), "
                "probabilities, or values."
            ) from None


def seeded_clone(estimator: Any, seed: int) -> Any:
    """A fresh estimator of the same settings, in which every `random_state` follows the repeat."""
    with unmoved_random():
        from sklearn.base import clone  # noqa: PLC0415

    copied = clone(estimator, safe=False)
    if hasattr(copied, "get_params"):
        found = [key for key in copied.get_params() if key == "random_state" or key.endswith("__random_state")]
        copied.set_params(**dict.fromkeys(found, seed % 2**32))
    return copied


def fit_given(name: str, estimator: Any, values: Array, target: Array, seed: int, weights: Mapping[str, Array]) -> Any:
    """Fit an estimator of the user's.

    Raises
    ------
    UnweightedModelError
        If there are weights and it takes none.
    AuditkitError
        With its own first line, whatever else it raises.
    """
    unweighted = (
        f"the model {name!r} takes no sample_weight, which mitigations that weigh units and sets with weights need: "
        "ask for another model, or leave them out."
    )
    if weights and isinstance(estimator, Called):
        raise UnweightedModelError(unweighted)
    try:
        if isinstance(estimator, Called):
            return estimator.fit(values, target, seed=seed)
        return estimator.fit(values, target, **_for_last_step(estimator, weights))
    except Exception as error:
        if weights and isinstance(error, TypeError | ValueError) and "sample_weight" in str(error):
            raise UnweightedModelError(unweighted) from error
        said = str(error).strip().splitlines()
        reason = said[0].rstrip(".") if said else type(error).__name__
        raise AuditkitError(f"the model {name!r} could not be fitted: {reason}.") from error


def _for_last_step(estimator: Any, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Weights as a pipeline takes them: for the step that predicts."""
    steps = getattr(estimator, "steps", None)
    return dict(weights) if not steps else {f"{steps[-1][0]}__{key}": value for key, value in weights.items()}


def check_values(name: str, values: Array, n: int) -> None:
    """Refuse predictions that are no number per row.

    Raises
    ------
    AuditkitError
    """
    if values.shape != (n,) or not np.isfinite(values).all():
        raise AuditkitError(
            f"the model {name!r} must predict {n} finite numbers, one per row, got "
            f"{'values that are not finite' if values.shape == (n,) else f'the shape {values.shape}'}."
        )


def check_classes(name: str, said: Any, stated: Any, *, classes: NDArray[np.intp], n: int) -> None:
    """Refuse predictions that are no class per row, and probabilities that are not one per class.

    Raises
    ------
    AuditkitError
    """
    named = np.asarray(said)
    if named.shape != (n,) or not np.isin(named, classes).all():
        strange: list[Any] = named[~np.isin(named, classes)].tolist() if named.shape == (n,) else []
        got = f"{strange[0]!r}" if len(strange) else f"the shape {named.shape}"
        raise AuditkitError(
            f"the model {name!r} must predict one of the class numbers {classes.tolist()} per row, got {got}."
        )
    if stated is not None:
        shape = np.shape(stated)
        if shape != (n, len(classes)) or not np.isfinite(np.asarray(stated, dtype=np.float64)).all():
            raise AuditkitError(
                f"the model {name!r} must state finite probabilities of the shape {(n, len(classes))}, got {shape}."
            )


def title_of(model: ModelLike) -> str:
    """Name of a model that has none: its class, the steps of a pipeline, or the function's name."""
    if hasattr(model, "steps"):
        return " + ".join(type(step).__name__ for _, step in model.steps)
    if hasattr(model, "fit"):
        return type(model).__name__
    return str(getattr(model, "__name__", type(model).__name__)).strip("<>")
