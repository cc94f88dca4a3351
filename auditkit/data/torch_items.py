"""Sets of torch (`torch.utils.data`), item by item: images, features, series, recordings, texts, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.arrays import LABEL, array_of, array_parts
from auditkit.data.content import Content
from auditkit.data.decoding import is_grey, pixels_of
from auditkit.data.encoded_cells import images_of_pixels
from auditkit.data.recordings import RecordingSamples
from auditkit.data.samples import Samples
from auditkit.data.schema import Schema
from auditkit.data.series import SeriesSamples
from auditkit.data.text_sets import TEXT
from auditkit.data.texts import TextSamples
from auditkit.errors import DataError, ShapeError
from auditkit.kinds import Modality

__all__ = ["Items", "is_items", "read_items"]

_HOME = "torch.utils.data"
_X = "x"
_CHANNELS = (1, 3)
_AXES = 3
_PLAIN = (str, bytes, list, tuple, dict, set, range, Mapping)


class Items(Protocol):
    """A set of samples, one per place, as torch and Hugging Face have them."""

    def __getitem__(self, index: Any, /) -> Any:
        """One item."""


def is_items(source: object) -> bool:
    """Whether something is a set of torch: by its class, or because it can be asked for its length and for an item."""
    if any(base.__module__.startswith(_HOME) for base in type(source).__mro__):
        return True
    asked = all(hasattr(type(source), name) for name in ("__getitem__", "__len__"))
    return asked and not isinstance(source, _PLAIN) and not hasattr(source, "__array__")


def read_items(
    source: Any,
    *,
    title: str,
    label: str | None = None,
    modality: Modality | None = None,
    rate: int | None = None,
    schema: Schema | None = None,
    limit: int | None = None,
) -> Content:
    """Columns and samples of a set.

    An item is a mapping of names to parts; a tuple, whose first part is the sample, whose second is the label, and
    whose others are the columns `part2`, `part3`, ... or as a named tuple calls them; or the sample alone. Images have
    shape (H, W), (C, H, W) as torch has them, or (H, W, C), or are those of pillow; series and recordings (time,) or
    (channels, time); features (d,). Where the set has `classes`, whole numbers of the label are places in them.

    Parameters
    ----------
    source : torch.utils.data.Dataset or torch.utils.data.IterableDataset
    title : str
        What messages call it.
    label : str, optional
        Part that is the label, where it is not the second.
    modality : str, optional
        What the samples are; by their shape images or features by default.
    rate : int, optional
        Samples per second of recordings.
    schema : Schema, optional
        Of the real set.
    limit : int, optional
        Items to read, from the first; a stream needs one.

    Returns
    -------
    Content

    Raises
    ------
    DataError
        If a loader is given, a stream without a limit, a set without items, or items that hold nothing to audit.
    ShapeError
        If items differ in their parts, or samples in shape.
    """
    columns, first = _columns(_items(source, title, limit), title)
    if label is None or label not in columns:
        label = first[1] if len(first) > 1 else LABEL
    sample = _sample_part(columns, first[:1], modality, title)
    beside = {name: _column(cells, name, title) for name, cells in columns.items() if name != sample}
    classes = _classes(source)
    if label in beside and classes is not None:
        beside[label] = _named(beside[label], classes, title)
    frame = pd.DataFrame(beside, index=pd.RangeIndex(len(next(iter(columns.values())))))
    if sample is None:
        return Content(frame, label=label)
    cells, where = columns[sample], f"part {sample!r} of {title}"
    if any(type(cell) is not type(cells[0]) for cell in cells):
        raise ShapeError(f"{where} holds an array in some items and none in others: give every item the same.")
    if isinstance(cells[0], str):
        if modality == "tabular":
            return Content(frame.assign(**{sample: cells}), label=label)
        return Content(frame, TextSamples.of(cells, source=where), label=label, taken=(sample,))
    if _is_vector(cells) and modality in (None, "tabular"):
        rows = array_parts(_stacked(cells, where), {name: frame[name].to_numpy() for name in frame}, source=where)
        return Content(rows.frame, label=label, taken=(sample,))
    return Content(frame, _samples(cells, where, modality, rate, schema), label=label, taken=(sample,))


def _items(source: Any, title: str, limit: int | None) -> list[Any]:
    if hasattr(source, "batch_sampler") and hasattr(source, "dataset"):
        raise DataError(f"{title} is a DataLoader, which gives batches in an order of its own: load its `.dataset`.")
    if hasattr(type(source), "__getitem__") and hasattr(source, "__len__"):
        return [source[place] for place in range(len(source) if limit is None else min(limit, len(source)))]
    if limit is None:
        raise DataError(f"{title} is a stream, whose end is not known: say how many samples to read, as limit=10_000.")
    return list(islice(source, limit))


def _columns(items: Sequence[Any], title: str) -> tuple[dict[str, list[Any]], tuple[str, ...]]:
    """Parts by name, and the names of those that say by their place what they are: the sample, then the label."""
    if not items:
        raise DataError(f"{title} has no items: give at least one sample.")
    names, by_place = _names(items[0]), not isinstance(items[0], Mapping)
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for place, item in enumerate(items):
        if _names(item) != names:
            message = (
                f"item {place} of {title} has the parts {', '.join(_names(item))}, the first has {', '.join(names)}: "
                "give every item the same."
            )
            raise ShapeError(message)
        for name, part in zip(names, item.values() if isinstance(item, Mapping) else _parts(item), strict=True):
            columns[name].append(_plain(part))
    return columns, names[:2] if by_place else ()


def _names(item: Any) -> tuple[str, ...]:
    if isinstance(item, Mapping):
        return tuple(map(str, item))
    fields = getattr(item, "_fields", None)
    if fields is not None:
        return tuple(fields)
    return (_X, LABEL, *(f"part{place}" for place in range(2, len(_parts(item)))))[: len(_parts(item))]


def _parts(item: Any) -> tuple[Any, ...]:
    return tuple(item) if isinstance(item, (tuple, list)) else (item,)


def _plain(part: Any) -> Any:
    """Part as a number, a text, an array with channels last, or None."""
    if part is None or isinstance(part, (str, bool, int, float)):
        return part
    if hasattr(part, "getbands") and hasattr(part, "convert"):
        return pixels_of(part, 1 if is_grey(part) else 3)
    is_tensor = hasattr(part, "detach")
    values = array_of(part)
    if values.ndim == 0:
        return values.item()
    return np.moveaxis(values, 0, -1) if _channels_first(values, is_tensor=is_tensor) else values


def _channels_first(values: NDArray[Any], *, is_tensor: bool) -> bool:
    if values.ndim != _AXES or values.shape[0] not in _CHANNELS:
        return False
    return is_tensor or values.shape[-1] not in _CHANNELS


def _sample_part(
    columns: Mapping[str, list[Any]], first: tuple[str, ...], modality: Modality | None, title: str
) -> str | None:
    """Name of the part that is the sample; None where each item is a row."""
    wide = [name for name, cells in columns.items() if isinstance(cells[0], np.ndarray)]
    if len(wide) > 1:
        message = (
            f"items of {title} hold arrays in {len(wide)} parts ({', '.join(map(repr, wide))}): give items with one "
            "array, which is the sample."
        )
        raise ShapeError(message)
    if wide and first and wide[0] != first[0]:
        message = f"part {wide[0]!r} of {title} holds an array: the sample comes first, and one label after it."
        raise ShapeError(message)
    if wide:
        return wide[0]
    if first and isinstance(columns[first[0]][0], str):
        return first[0]
    texts = [name for name, cells in columns.items() if name == TEXT and isinstance(cells[0], str)]
    return texts[0] if modality == "text" and texts else None


def _column(cells: Sequence[Any], name: str, title: str) -> pd.Series:
    if any(isinstance(cell, np.ndarray) for cell in cells):
        raise ShapeError(f"part {name!r} of {title} holds arrays in some items only: give every item the same.")
    values = pd.Series(cells, dtype=object)
    return values if values.isna().all() else values.infer_objects()


def _classes(source: Any) -> list[str] | None:
    """Names of the classes, of a part of a set those of the whole."""
    while source is not None and not hasattr(source, "classes"):
        source = getattr(source, "dataset", None)
    names = getattr(source, "classes", None)
    listed = isinstance(names, (list, tuple)) and bool(names) and all(isinstance(name, str) for name in names)
    return list(names) if listed and names is not None else None


def _named(values: pd.Series, classes: Sequence[str], title: str) -> pd.Series:
    if values.dtype.kind not in "iu":
        return values
    if values.min() < -1 or values.max() >= len(classes):
        odd = values.min() if values.min() < -1 else values.max()
        raise DataError(f"{title} has the label {odd}, its `classes` name {len(classes)}: correct one of them.")
    levels = pd.Series(list(classes), dtype="str")
    return levels.reindex(np.where(values < 0, len(classes), values)).reset_index(drop=True)


def _is_vector(cells: Sequence[NDArray[Any]]) -> bool:
    return all(cell.ndim == 1 for cell in cells)


def _stacked(cells: Sequence[NDArray[Any]], where: str) -> NDArray[Any]:
    odd = next((place for place, cell in enumerate(cells) if cell.shape != cells[0].shape), None)
    if odd is not None:
        message = (
            f"{where} has shape {cells[odd].shape} in item {odd} and {cells[0].shape} in the first: give one shape."
        )
        raise ShapeError(message)
    return np.stack(list(cells))


def _samples(
    cells: Sequence[NDArray[Any]], where: str, modality: Modality | None, rate: int | None, schema: Schema | None
) -> Samples:
    if modality == "series":
        names = None if schema is None or not schema.channels else schema.channels
        return SeriesSamples.of([_steps_first(cell) for cell in cells], names=names, source=where)
    if modality == "audio":
        wanted = rate if rate is not None or schema is None else schema.rate
        if wanted is None:
            raise DataError(f"{where} holds recordings without their rate: say it, as rate=16_000.")
        return RecordingSamples.of([_steps_first(cell) for cell in cells], rate=wanted, source=where)
    if modality == "text":
        raise DataError(f"{where} holds arrays, modality 'text' was asked for: give items with a text.")
    if cells[0].dtype == np.uint8 and all(cell.ndim == _AXES and cell.shape[2] in _CHANNELS for cell in cells):
        return images_of_pixels(cells, schema=schema, source=where)
    samples = array_parts(_stacked(cells, where), source=where).samples
    if samples is None:
        raise ShapeError(f"{where} has shape {cells[0].shape}: expected images, or say modality='series'.")
    return samples


def _steps_first(cell: NDArray[Any]) -> NDArray[Any]:
    return cell.T if cell.ndim == 2 else cell  # noqa: PLR2004 - channels and time, as torch has them
