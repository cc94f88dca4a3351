"""Train and test members of an archive as one: how benchmark archives keep what was split before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.data.arrays import LABEL_KEYS
from auditkit.errors import ShapeError

__all__ = ["SPLIT", "pool_members"]

SPLIT = "split"
"""Column that says which part a sample was in."""

_PARTS = ("train", "test")
_LEADS = ("X", "x", "images", "features", "data")
_WIDE = 3


def pool_members(members: Mapping[str, NDArray[Any]], *, source: str) -> dict[str, NDArray[Any]]:
    """Members with those of a train and a test part behind each other, train first.

    `X_train` and `X_test` become `X`, `y_train` and `y_test` become `y`, likewise for any other name and for
    `train_X`, and a member `split` says where each sample was. Archives without such names stay as they are. Series
    whose arrays differ in length are padded with NaN at their end.

    Parameters
    ----------
    members : mapping of str to ndarray
    source : str
        Name of the set, for messages.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    ShapeError
        If the parts differ in shape, the label of a part has not one value per sample, the values of one part would
        come to stand beside samples of the other, or there is a member of the name that the parts get.
    """
    found = {name: _stem_and_part(name) for name in members}
    held = {(stem, part): members[name] for name, (stem, part) in found.items() if part}
    lead = next((name for name in _LEADS if (name, "train") in held), None)
    if lead is None:
        return dict(members)
    if len(held) < sum(bool(part) for _, part in found.values()):
        message = f"{source} writes a part in two ways, as X_train and train_X: leave one of them out."
        raise ShapeError(message)
    parts = [part for part in _PARTS if (lead, part) in held]
    if any(held[lead, part].ndim == 0 for part in parts):
        message = f"{lead!r} of {source} is a single number in one part: give an array with one sample per row."
        raise ShapeError(message)
    sizes = [len(held[lead, part]) for part in parts]
    pooled = {name: array for name, array in members.items() if not found[name][1]}
    for stem in dict.fromkeys(stem for stem, _ in held):
        arrays = [held[stem, part] for part in parts if (stem, part) in held]
        if stem in pooled:
            message = f"{source} holds {stem!r} and the same by part: leave one of them out."
            raise ShapeError(message)
        _check_sizes(arrays, sizes, stem, source)
        if len(arrays) == len(parts) and all(array.ndim for array in arrays):
            pooled[stem] = _joined(arrays, stem, source)
    return {SPLIT: np.repeat(np.array(parts), sizes), **pooled}


def _stem_and_part(name: str) -> tuple[str, str]:
    """Name without its part, and the part: `X_train` and `train_X` alike; no part where there is none."""
    first, _, rest = name.partition("_")
    if first in _PARTS and rest:
        return rest, first
    stem, _, last = name.rpartition("_")
    return (stem, last) if last in _PARTS and stem else (name, "")


def _check_sizes(arrays: list[NDArray[Any]], sizes: list[int], stem: str, source: str) -> None:
    """Refuse labels that a part lacks, and values that would slide to the samples of the other part."""
    found = [array.shape[:1] for array in arrays]
    expected = [(size,) for size in sizes]
    slides = len(found) == len(expected) and sum(length for (length,) in filter(None, found)) == sum(sizes)
    unfit = stem in LABEL_KEYS and any(array.ndim != 1 for array in arrays)
    if unfit or (found != expected and (slides or stem in LABEL_KEYS)):
        shapes = " and ".join(str(array.shape) for array in arrays) or "no shape"
        wanted = " and ".join(str(shape) for shape in expected)
        message = (
            f"{stem!r} of {source} has {shapes} in the parts with samples, expected {wanted}: give one per sample."
        )
        raise ShapeError(message)


def _joined(arrays: list[NDArray[Any]], stem: str, source: str) -> NDArray[Any]:
    if arrays[0].ndim == _WIDE and arrays[0].dtype.kind == "f":
        longest = max(array.shape[-1] for array in arrays)
        arrays = [_padded(array, longest) for array in arrays]
    if len({array.shape[1:] for array in arrays}) > 1:
        shapes = " and ".join(str(array.shape) for array in arrays)
        message = f"the parts of {stem!r} in {source} have the shapes {shapes}: give both parts the same."
        raise ShapeError(message)
    return np.concatenate(arrays)


def _padded(array: NDArray[Any], length: int) -> NDArray[Any]:
    wide = np.full((*array.shape[:-1], length), np.nan, dtype=array.dtype)
    wide[..., : array.shape[-1]] = array
    return wide
