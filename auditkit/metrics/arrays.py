"""Bare arrays as the sides that products are built from, checked once."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import SampleSizeError, ShapeError
from auditkit.metrics.points import LARGEST, SMALLEST
from auditkit.metrics.products import Role, Side

__all__ = ["as_array", "feature_side", "feature_sides"]

# Numbers of tensors that numpy has no type for.
_UNKNOWN_TO_NUMPY = ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2")


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
    if array.dtype.kind == "O":
        array = _nullable_numbers(features, name, array)
    if array.dtype.kind not in "fiub":
        message = f"`{name}` must hold real numbers, got an array of {array.dtype}: embed the samples first."
        raise ShapeError(message)
    if array.ndim != 2:  # noqa: PLR2004 - a table has two axes
        message = f"`{name}` must have shape (n, d), got {array.shape}: give one row of features per sample."
        raise ShapeError(message)
    if not len(array):
        message = f"`{name}` is empty: give at least one sample."
        raise SampleSizeError(message)
    # Sums are taken in the order of memory, and last digits follow it.
    array = np.ascontiguousarray(array, _floating(array.dtype))
    if not array.shape[1]:
        message = f"`{name}` has no features (shape {array.shape}): give at least one column."
        raise ShapeError(message)
    bad = int(np.count_nonzero(~np.isfinite(array).all(axis=1)))
    if bad:
        message = f"`{name}` has {bad} of {len(array)} rows with NaN or infinite features: repair or drop them first."
        raise ShapeError(message)
    largest = max(float(array.max()), -float(array.min()))
    if largest > LARGEST:
        message = f"`{name}` holds values beyond {LARGEST:.0e}, where squares overflow: rescale the features."
        raise ShapeError(message)
    if 0 < largest < SMALLEST:
        message = f"`{name}` holds no value of {SMALLEST:.0e} in size, and squares vanish below: rescale the features."
        raise ShapeError(message)
    if like is not None and array.shape[1] != like.features.shape[1]:
        message = (
            f"`{name}` has {array.shape[1]} features, `real` has {like.features.shape[1]}: use one extractor for both."
        )
        raise ShapeError(message)
    return Side(features=array, name=name)


def _floating(dtype: np.dtype[Any]) -> np.dtype[np.floating[Any]]:
    """Type in which numbers are held: floats as they are, but for byte order and what no loop reads."""
    if dtype.kind == "f" and dtype.itemsize <= 8:  # noqa: PLR2004 - bytes of a float64
        return dtype.newbyteorder("=")
    return np.dtype(np.float64)


def as_array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Array of what was given: tensors are detached and brought to the CPU.

    Raises
    ------
    ShapeError
        If rows differ in length, or values are masked.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        hidden = int(np.count_nonzero(np.ma.getmask(values)))
        message = f"`{name}` has {hidden} of {values.size} values masked: fill them or drop their rows first."
        raise ShapeError(message)
    try:
        return np.asarray(_detached(values))
    except ValueError as error:
        message = f"`{name}` has rows of different lengths: give an array."
        raise ShapeError(message) from error


def _detached(values: Any) -> Any:
    """A tensor that numpy can read, told by its methods so that torch need not be loaded; anything else as it is."""
    if not (hasattr(values, "detach") and hasattr(values, "cpu")):
        return values
    tensor = values.detach().cpu()
    return tensor.float() if str(tensor.dtype) in _UNKNOWN_TO_NUMPY else tensor


def _nullable_numbers(frame: Any, name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Numbers of a frame whose columns could hold missing ones, which numpy reads as objects; others as they are."""
    kinds = {getattr(dtype, "kind", "O") for dtype in getattr(frame, "dtypes", [None])}
    if not kinds <= set("fiub"):
        return array
    rows = int(np.asarray(frame.isna()).any(axis=1).sum())
    if rows:
        message = f"`{name}` has {rows} of {len(array)} rows with missing features: fill or drop them first."
        raise ShapeError(message)
    return np.asarray(frame.to_numpy(dtype=np.float64))


def feature_sides(real: ArrayLike, synthetic: ArrayLike, **others: ArrayLike) -> dict[Role, Side]:
    """Sides of bare feature arrays of one width; `others` are further roles, as `holdout=`."""
    first = feature_side(real, "real")
    sides: dict[Role, Side] = {"real": first}
    for name, features in {"synthetic": synthetic, **others}.items():
        sides[cast("Role", name)] = feature_side(features, name, like=first)
    return sides
