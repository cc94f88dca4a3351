"""Bare arrays as the sides that products are built from, checked once."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import SampleSizeError, ShapeError
from auditkit.metrics.neighbours import LARGEST
from auditkit.metrics.products import Role, Side

__all__ = ["as_array", "feature_side", "feature_sides"]


def feature_side(features: ArrayLike, name: str, *, like: Side | None = None) -> Side:
    """Side of a bare feature array, checked once: type, shape, range.

    Parameters
    ----------
    features : array_like of shape (n, d)
    name : str
        How messages call the set.
    like : Side, optional
        A side whose number of features this one must share.

    Returns
    -------
    Side

    Raises
    ------
    ShapeError
        If it is not a table of finite real numbers, or the number of features differs.
    SampleSizeError
        If it is empty.
    """
    array = as_array(features, name)
    if array.dtype.kind not in "fiub":
        message = f"`{name}` must hold real numbers, got an array of {array.dtype}: embed the samples first."
        raise ShapeError(message)
    if array.ndim != 2:  # noqa: PLR2004 - a table has two axes
        message = f"`{name}` must have shape (n, d), got {array.shape}: give one row of features per sample."
        raise ShapeError(message)
    if not len(array):
        message = f"`{name}` is empty: give at least one sample."
        raise SampleSizeError(message)
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    if not array.shape[1]:
        message = f"`{name}` has no features (shape {array.shape}): give at least one column."
        raise ShapeError(message)
    bad = int(np.count_nonzero(~np.isfinite(array).all(axis=1)))
    if bad:
        message = f"`{name}` has {bad} of {len(array)} rows with NaN or infinite features: repair or drop them first."
        raise ShapeError(message)
    if max(float(array.max()), -float(array.min())) > LARGEST:
        message = f"`{name}` holds values beyond {LARGEST:.0e}, where squares overflow: rescale the features."
        raise ShapeError(message)
    if like is not None and array.shape[1] != like.features.shape[1]:
        message = (
            f"`{name}` has {array.shape[1]} features, `real` has {like.features.shape[1]}: use one extractor for both."
        )
        raise ShapeError(message)
    return Side(features=array, name=name)


def as_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Array of what was given; rows that differ in length are a ShapeError."""
    try:
        return np.asarray(values)
    except ValueError as error:
        message = f"`{name}` has rows of different lengths: give an array."
        raise ShapeError(message) from error


def feature_sides(real: ArrayLike, synthetic: ArrayLike, **others: ArrayLike) -> dict[Role, Side]:
    """Sides of bare feature arrays of one width; `others` are further roles, as `holdout=`."""
    first = feature_side(real, "real")
    sides: dict[Role, Side] = {"real": first}
    for name, features in {"synthetic": synthetic, **others}.items():
        sides[cast("Role", name)] = feature_side(features, name, like=first)
    return sides
