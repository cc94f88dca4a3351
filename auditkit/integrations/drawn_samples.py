"""What a model in training draws, as a set that can stand beside the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data import ArraySamples, Dataset, RecordingSamples, Samples, SeriesSamples, TextSamples, load
from auditkit.data.arrays import array_of
from auditkit.errors import DataError, ShapeError

__all__ = ["comparable", "set_of_samples", "without_numbers"]

_NEAR = 1e-3
_CHANNELS = (1, 3)
_AXES = 4
_PAIR = 2


def set_of_samples(made: Any, *, real: Dataset, source: str = "the samples") -> Dataset:
    """Set of what a sampler gives: a Dataset, whatever `load` takes, or arrays with or without labels.

    Parameters
    ----------
    made : Dataset, frame, mapping of columns, array, tensor, list of texts, or a pair of samples and labels
        Images of shape (n, C, H, W) or (n, H, W, C), floats in [0, 1], which are rounded to 8 bits, or bytes; features
        of shape (n, d) for the columns of `real` in order, with or without its label; series of shape
        (n, channels, time) or (n, time); recordings likewise, or a list of them. Labels are levels, or their places
        in the real set's.
    real : Dataset
        Whose schema and roles hold.
    source : str
        What messages call the set.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError, ShapeError
        If it cannot be such a set.

    Examples
    --------
    >>> real = load({"images": np.zeros((4, 2, 2), dtype=np.uint8), "label": ["cat", "dog"] * 2})
    >>> drawn = set_of_samples((np.full((2, 1, 2, 2), 0.5), [1, 0]), real=real)
    >>> drawn.arrays()[0, 0, 0].tolist(), drawn.label_values.tolist()
    ([128], ['dog', 'cat'])
    """
    if isinstance(made, Dataset):
        return made
    values, labels = made if isinstance(made, tuple) and len(made) == _PAIR else (made, None)
    if not (hasattr(values, "__array__") or _is_list(values)) or isinstance(values, (pd.DataFrame, Mapping)):
        if labels is not None:
            raise DataError(f"{source} are a pair without an array before the labels: give the label as a column.")
        return _loaded(values, real, source)
    if real.label is None and labels is not None:
        raise DataError(f"{source} have labels and {real.source} has none: load it with its label, or draw none.")
    names = None if labels is None else _levels(array_of(labels), real)
    if real.samples is None:
        return _rows(array_of(values), names, real, source)
    samples = _samples(values, real, source)
    frame = pd.DataFrame(index=pd.RangeIndex(len(samples)))
    if real.label is not None and names is not None:
        if len(names) != len(samples):
            raise ShapeError(f"{source} are {len(samples)} with {len(names)} labels: draw one label per sample.")
        frame[real.label] = names
    kept = comparable(real, frame.columns)
    return Dataset.of_table(
        frame, label=kept.label, groups=kept.groups, schema=kept.schema, samples=samples, source=source
    )


def without_numbers(made: Any) -> tuple[int, int]:
    """How many of a sampler's numbers are not finite, of how many; (0, 0) where it gives none.

    Examples
    --------
    >>> without_numbers(([[0.5, np.nan]], ["dog"]))
    (1, 2)
    """
    values = made[0] if isinstance(made, tuple) and len(made) == _PAIR else made
    if isinstance(values, Dataset):
        return 0, 0
    if isinstance(values, (pd.DataFrame, Mapping)):
        cells = [values[name] for name in values]
    else:
        cells = list(values) if _is_list(values) else [values]
    odd = total = 0
    for cell in cells:
        numbers = array_of(cell)
        if numbers.dtype.kind == "f":
            odd += int((~np.isfinite(numbers)).sum())
            total += numbers.size
    return odd, total


def comparable(real: Dataset, columns: Sequence[str] | pd.Index) -> Dataset:
    """The real set with no other columns than these, in its own order; the same set where it has no others."""
    kept = [name for name in real.table.columns if name in columns]
    if len(kept) == len(real.table.columns):
        return real
    return replace(
        real,
        table=real.table[kept].copy(),
        schema=replace(real.schema, columns=tuple(column for column in real.schema.columns if column.name in kept)),
        label=real.label if real.label in kept else None,
        groups=tuple(name for name in real.groups if name in kept),
    )


def _is_list(values: object) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, (str, bytes))


def _loaded(values: Any, real: Dataset, source: str) -> Dataset:
    found = load(
        values,
        key=real.key,
        order=real.order,
        schema=real.schema,
        modality=None if real.modality in {"tabular", "image"} else real.modality,
        name=source,
    )
    roles = comparable(real, found.table.columns)
    return found.with_roles(label=roles.label, groups=roles.groups)


def _levels(labels: NDArray[Any], real: Dataset) -> pd.Series:
    """Labels, of which whole numbers that are no levels themselves are places among these."""
    levels = () if real.label is None else real.schema[real.label].levels
    cells = labels.reshape(-1)
    if not levels or cells.dtype.kind not in "iu" or {str(cell) for cell in cells.tolist()} <= set(levels):
        return pd.Series(cells)
    if len(cells) and not (cells.min() >= 0 and cells.max() < len(levels)):
        odd = cells.min() if cells.min() < 0 else cells.max()
        raise DataError(f"a sample has the label {odd}, {real.source} has {len(levels)} classes: give places from 0.")
    return pd.Series(np.array(levels, dtype=object)[cells], dtype="str")


def _rows(values: NDArray[Any], labels: pd.Series | None, real: Dataset, source: str) -> Dataset:
    names = list(real.schema.names)
    others = [name for name in names if name != real.label]
    columns = others if labels is not None or values.shape[-1:] == (len(others),) else names
    if values.ndim != _PAIR or values.shape[1] != len(columns):
        message = f"{source} have shape {values.shape}, {real.source} has the columns {', '.join(names)}: draw these."
        raise ShapeError(message)
    frame = pd.DataFrame(values, columns=columns)
    if labels is not None and real.label is not None:
        frame[real.label] = labels
    return _loaded(frame, comparable(real, frame.columns), source)


def _samples(values: Any, real: Dataset, source: str) -> Samples:
    match real.modality:
        case "image":
            return ArraySamples(_pixels(array_of(values), source, is_tensor=hasattr(values, "detach")))
        case "text":
            return TextSamples.of(list(values), source=source)
        case "audio":
            waves = [_time_first(array_of(item)) for item in values]
            return RecordingSamples.of(waves, rate=real.schema.rate or 1, source=source)
        case _:
            names = real.schema.channels
            return SeriesSamples.of([_time_first(array_of(item)) for item in values], names=names, source=source)


def _time_first(item: NDArray[Any]) -> NDArray[Any]:
    return item.T if item.ndim == _PAIR else item


def _pixels(values: NDArray[Any], source: str, *, is_tensor: bool) -> NDArray[np.uint8]:
    pixels = values[..., np.newaxis] if values.ndim == _AXES - 1 else values
    if pixels.ndim != _AXES:
        raise ShapeError(f"{source} have shape {values.shape}: expected images of shape (n, channels, height, width).")
    if pixels.shape[1] in _CHANNELS and (is_tensor or pixels.shape[3] not in _CHANNELS):
        pixels = np.moveaxis(pixels, 1, -1)
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if not np.isfinite(pixels).all():
        raise DataError(f"{source} hold {int((~np.isfinite(pixels)).sum())} value(s) that are not finite.")
    low, high = float(pixels.min(initial=0)), float(pixels.max(initial=0))
    if pixels.dtype.kind != "f" or low < -_NEAR or high > 1 + _NEAR:
        message = f"{source} are images from {low:g} to {high:g}: scale them to floats in [0, 1] in the sampler."
        raise DataError(message)
    rounded: NDArray[np.uint8] = np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8)
    return rounded
