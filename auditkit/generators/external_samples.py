"""Images, texts, recordings and series that a function or an object from outside gives, as a set like the real one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from auditkit.data import ArraySamples, Dataset, RecordingSamples, Samples, SeriesSamples, TextSamples, load
from auditkit.errors import DataError
from auditkit.generators.outline import Outline

__all__ = ["held_in_memory", "samples_dataset"]

_SOURCE = "external"
_WHAT = {
    "image": "(pixels, labels)",
    "text": "(texts, labels) or a frame with a column text",
    "audio": "(waves, labels)",
    "series": "(series, labels) or a long frame with the columns series and step",
}


def samples_dataset(result: Any, outline: Outline) -> Dataset:
    """Set of what came from outside.

    Parameters
    ----------
    result : Dataset, frame, sequence or (sequence, labels)
        Images as uint8 of shape (n, H, W, C), texts, waves at the rate of the real ones, or series.
    outline : Outline
        Of the real data.

    Returns
    -------
    Dataset

    Raises
    ------
    DataError
        If it is none of these, the labels are missing, or they are not as many as the samples.
    """
    if isinstance(result, Dataset):
        return result
    if isinstance(result, pd.DataFrame) and outline.modality in ("text", "series"):
        return load(
            result,
            label=outline.label,
            groups=outline.groups,
            modality=outline.modality,
            schema=outline.schema,
            name=_SOURCE,
        )
    if isinstance(result, tuple) and len(result) != 2:  # noqa: PLR2004 - samples and labels
        message = f"expected {_WHAT[outline.modality]} from outside, got a tuple of {len(result)}."
        raise DataError(message)
    items, labels = result if isinstance(result, tuple) else (result, None)
    if outline.label is not None and labels is None:
        what = _WHAT[outline.modality]
        message = f"the real data have the label {outline.label!r}: give {what} from outside."
        raise DataError(message)
    samples = _samples(items, outline)
    table = outline.no_rows().reindex(range(len(samples)))
    if outline.label is not None:
        told = np.asarray(labels)
        if told.ndim != 1 or len(told) != len(samples):
            found = f"{len(told)} labels" if told.ndim == 1 else f"labels of shape {told.shape}"
            message = f"expected one label per sample from outside, got {len(samples)} samples and {found}."
            raise DataError(message)
        table[outline.label] = list(told)
    return Dataset.of_table(
        table,
        label=outline.label,
        groups=outline.groups,
        schema=outline.schema,
        samples=samples,
        source=_SOURCE,
    )


def _samples(items: Any, outline: Outline) -> Samples:
    if isinstance(items, str) or not (hasattr(items, "__len__") or hasattr(items, "__iter__")):
        message = f"expected {_WHAT[outline.modality]} from outside, got {type(items).__name__}."
        raise DataError(message)
    if outline.modality == "text":
        return TextSamples.of(items, source="the texts from outside")
    if outline.modality == "audio":
        return RecordingSamples.of(items, rate=outline.schema.rate or 1, source="the recordings from outside")
    if outline.modality == "series":
        return SeriesSamples.of(items, names=outline.schema.channels, source="the series from outside")
    array = np.asarray(items)
    if array.ndim == 3:  # noqa: PLR2004 - images without a channel axis
        array = array[..., None]
    if array.ndim != 4 or array.dtype != np.uint8:  # noqa: PLR2004 - n, H, W, C
        message = f"expected images as uint8 of shape (n, H, W, C), got {array.dtype} of shape {array.shape}."
        raise DataError(message)
    return ArraySamples(array)


def held_in_memory(dataset: Dataset) -> Dataset:
    """The same samples read now, before the folder they lie in is gone; tables as they are."""
    if dataset.modality == "image":
        return replace(dataset, samples=ArraySamples(dataset.arrays()))
    if dataset.modality == "audio":
        rate = dataset.schema.rate if dataset.samples is None else dataset.samples.rate
        return replace(dataset, samples=RecordingSamples.of(dataset.arrays(), rate=rate or 1, source=dataset.source))
    return dataset
