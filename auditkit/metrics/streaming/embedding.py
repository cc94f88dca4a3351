"""From a batch to checked rows of features, or to checked positions of classes, whatever embeds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from auditkit.errors import AuditkitError, ShapeError, UnknownNameError
from auditkit.metrics.arrays import as_array, feature_side

__all__ = ["Feature", "as_codes", "as_rows", "checked_feature", "embedded"]

Feature: TypeAlias = Callable[[Any], Any]


def checked_feature(feature: Any) -> Feature | None:
    """Embedder, if it can be called.

    Raises
    ------
    AuditkitError
        If it cannot.
    """
    if feature is None or callable(feature):
        return cast("Feature | None", feature)
    message = f"`feature` must be a module, a function or None, got {type(feature).__name__}: wrap it in a function."
    raise AuditkitError(message)


def embedded(feature: Feature | None, samples: Any, name: str) -> NDArray[Any]:
    """What `feature` makes of a batch, as an array; a module runs in evaluation mode and is left as it was.

    Raises
    ------
    ShapeError
        If it does not give one row per sample.
    """
    if feature is None:
        return _array(samples, name)
    with torch.no_grad(), _evaluating(feature):
        made = _array(feature(samples), name)
    if isinstance(samples, Tensor | np.ndarray) and (not made.ndim or len(made) != len(samples)):
        message = f"`feature` made shape {made.shape} of {len(samples)} `{name}` samples: return one row per sample."
        raise ShapeError(message)
    return made


def as_rows(values: NDArray[Any], name: str) -> Tensor:
    """Float rows of shape (n, d), copied and checked; an empty batch has none.

    Raises
    ------
    ShapeError
        If they are no table of finite real numbers.
    """
    empty = values.ndim == 2 and not len(values) and values.shape[1] > 0  # noqa: PLR2004 - a table has two axes
    features = values if empty else feature_side(values, name).features
    return torch.from_numpy(np.array(features, np.float32 if features.dtype.itemsize <= 4 else np.float64))  # noqa: PLR2004


def as_codes(values: NDArray[Any], levels: Sequence[str], name: str, *, kind: str) -> NDArray[np.int64]:
    """Positions among `levels`, of names, positions or one row of scores per sample.

    Raises
    ------
    ShapeError, UnknownNameError
        If it is none of these, or a position or name does not exist.
    """
    if values.ndim == 2 and values.dtype.kind == "f":  # noqa: PLR2004 - a table has two axes
        return _largest(values, levels, name, kind)
    if values.ndim != 1:
        message = f"`{name}` must hold one {kind} per sample, got shape {values.shape}."
        raise ShapeError(message)
    if values.dtype.kind in "UO":
        return _positions(values, levels, kind)
    if values.dtype.kind not in "iub" and len(values):
        message = f"`{name}` must hold names or positions of a {kind}, got an array of {values.dtype}."
        raise ShapeError(message)
    codes = values.astype(np.int64)
    if len(codes) and not 0 <= codes.min() <= codes.max() < len(levels):
        found = f"{codes.min()} to {codes.max()}"
        message = f"`{name}` has positions from {found}, and those of a {kind} run from 0 to {len(levels) - 1}."
        raise ShapeError(message)
    return codes


def _largest(scores: NDArray[Any], levels: Sequence[str], name: str, kind: str) -> NDArray[np.int64]:
    if scores.shape[1] != len(levels):
        message = f"`{name}` has {scores.shape[1]} scores per sample, and there are {len(levels)} to choose a {kind}."
        raise ShapeError(message)
    bad = int(np.count_nonzero(np.isnan(scores).any(axis=1)))
    if bad:
        message = f"`{name}` has {bad} of {len(scores)} rows with NaN scores: repair or drop them first."
        raise ShapeError(message)
    return scores.argmax(axis=1).astype(np.int64) if len(scores) else np.zeros(0, np.int64)


def _positions(names: NDArray[Any], levels: Sequence[str], kind: str) -> NDArray[np.int64]:
    position = {level: code for code, level in enumerate(levels)}
    unknown = next((item for item in names if str(item) not in position), None)
    if unknown is not None:
        raise UnknownNameError.of(kind, str(unknown), levels)
    return np.array([position[str(item)] for item in names], np.int64)


def _array(values: Any, name: str) -> NDArray[Any]:
    if not isinstance(values, Tensor):
        return as_array(values, name)
    values = values.detach()
    return np.asarray((values.float() if values.dtype is torch.bfloat16 else values).cpu())


@contextmanager
def _evaluating(feature: Feature) -> Iterator[None]:
    """Evaluation mode for a while; each part of a module gets its own flag back."""
    if not isinstance(feature, nn.Module):
        yield
        return
    flags = [(part, part.training) for part in feature.modules()]
    feature.eval()
    try:
        yield
    finally:
        for part, flag in flags:
            part.training = flag
