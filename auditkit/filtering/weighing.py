"""How much each unit of a merged training set counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.data import Dataset
from auditkit.errors import DataError, ShapeError, UnknownNameError

__all__ = ["Weights", "check_weights", "weigh", "weigh_as_real"]

Weights: TypeAlias = 'float | Literal["real"] | Mapping[str, float] | ArrayLike | None'
"""One weight, one per class, one per unit, those that give classes the real shares, or none said."""


def check_weights(weights: Weights, *sets: Dataset) -> None:
    """Refuse weights per class where there is no label, or of a class that no set has, before anything is computed.

    Raises
    ------
    DataError
        If the data have no label.
    UnknownNameError
        If a class is weighed that does not occur.
    """
    if not isinstance(weights, (str, Mapping)):
        return
    levels = [item.label_values for item in sets]
    if any(values is None for values in levels):
        raise DataError("weights per class need a label: name one with label=, or give one number.")
    known = sorted({str(level) for values in levels if values is not None for level in values})
    for level in weights if isinstance(weights, Mapping) else ():
        if str(level) not in known:
            raise UnknownNameError.of("class", str(level), known, f"of {sets[0].label!r} in weights")


def weigh(synthetic: Dataset, weights: Weights) -> Dataset:
    """Synthetic units with the weights that are told; `"real"` and None change nothing here.

    Raises
    ------
    DataError
        If a weight is negative or no number.
    ShapeError
        If there is not one per unit.
    """
    if weights is None or (isinstance(weights, str) and weights == "real"):
        return synthetic
    if isinstance(weights, str):
        message = f'weights must be numbers, one per class, or "real", got {weights!r}: correct them.'
        raise DataError(message)
    given = _by_class(synthetic, weights) if isinstance(weights, Mapping) else _numbers(weights)
    if given.ndim and given.shape != (len(synthetic),):
        raise ShapeError(
            f"weights need one number per synthetic unit, {len(synthetic)}, got shape {given.shape}: pass one number "
            f"or one per unit."
        )
    if not np.isfinite(given).all() or (given < 0).any():
        raise DataError("weights must be finite and not negative: correct them, or leave the samples out.")
    return replace(synthetic, weights=np.broadcast_to(given, (len(synthetic),)).copy())


def weigh_as_real(drawn: Dataset, real: Dataset) -> Dataset:
    """Synthetic units weighed so that their classes have the shares of the real ones; their sum stays their number.

    Raises
    ------
    DataError
        If no drawn unit has a class that real units have.
    """
    there, wanted = np.asarray(drawn.label_values), np.asarray(real.label_values)
    shares = {level: float(np.mean(wanted == level)) for level in sorted(set(wanted))}
    counts = {level: int(np.sum(there == level)) for level in shares}
    reached = sum(share for level, share in shares.items() if counts[level])
    if not reached:
        raise DataError("no drawn synthetic unit has a class of the real ones, so none can weigh: check the label.")
    each = {level: share / reached * len(drawn) / counts[level] for level, share in shares.items() if counts[level]}
    return replace(drawn, weights=np.array([each.get(level, 0.0) for level in there], dtype=np.float64))


def _by_class(synthetic: Dataset, weights: Mapping[str, float]) -> NDArray[np.float64]:
    told = {str(level): float(_numbers(weight)) for level, weight in weights.items()}
    return np.array([told.get(level, 1.0) for level in np.asarray(synthetic.label_values)], dtype=np.float64)


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        message = f"weights must be numbers, got {values!r}: correct them."
        raise DataError(message) from None
