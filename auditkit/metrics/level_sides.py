"""Lists of names, of groups or classes, as sides of a comparison: joint codes, and levels that both sets share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.errors import ShapeError
from auditkit.metrics.arrays import as_array
from auditkit.metrics.products import Role, Side

__all__ = ["group_sides", "joint_codes", "label_sides", "with_groups"]


def joint_codes(real: ArrayLike, synthetic: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64], tuple[str, ...]]:
    """Joint codes of two lists of names."""
    first, second = _names(real, "real"), _names(synthetic, "synthetic")
    if not {first.dtype.kind, second.dtype.kind} <= set("fiub"):
        first, second = first.astype(str), second.astype(str)
    levels, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    codes = codes.astype(np.int64)
    return codes[: len(first)], codes[len(first) :], tuple(map(str, levels))


def _names(values: ArrayLike, name: str) -> NDArray[Any]:
    """Array of names, one per sample, none of them missing."""
    from pandas import isna  # noqa: PLC0415 - it alone knows None, NaN, NaT and NA

    array = as_array(values, name)
    if array.ndim != 1 or not len(array):
        message = f"`{name}` must be a list of names, one per sample, got shape {array.shape}."
        raise ShapeError(message)
    missing = int(np.count_nonzero(isna(array)))
    if missing:
        message = f"`{name}` has {missing} of {len(array)} names missing: give them a name, '(missing)' say."
        raise ShapeError(message)
    return array


def with_groups(labels: Side, groups: Side, name: str) -> Side:
    """Side with the labels of one and the groups of the other."""
    if len(labels) != len(groups):
        message = f"`{name}` has {len(labels)} labels and {len(groups)} groups: give one of each per sample."
        raise ShapeError(message)
    return replace(labels, groups=groups.groups, group_levels=groups.group_levels)


def _bare(n: int) -> NDArray[np.float64]:
    return np.zeros((n, 0))


def group_sides(real: ArrayLike, synthetic: ArrayLike) -> dict[Role, Side]:
    """Sides of two lists of names of groups."""
    first, second, levels = joint_codes(real, synthetic)
    return {
        "real": Side(_bare(len(first)), groups={"group": first}, group_levels={"group": levels}),
        "synthetic": Side(_bare(len(second)), groups={"group": second}, group_levels={"group": levels}),
    }


def label_sides(first: NDArray[np.int64], second: NDArray[np.int64], levels: tuple[str, ...]) -> dict[Role, Side]:
    """Sides of two lists of label codes, which `joint_codes` made."""
    return {
        "real": Side(_bare(len(first)), labels=first, label_levels=levels),
        "synthetic": Side(_bare(len(second)), labels=second, label_levels=levels),
    }
