"""Samples of a modality without a single one, for sets that hold a form and no units."""

from __future__ import annotations

import numpy as np

from auditkit.data.recordings import RecordingSamples
from auditkit.data.samples import ArraySamples, Samples
from auditkit.data.schema import Modality, Schema
from auditkit.data.series import SeriesSamples
from auditkit.data.texts import TextSamples

__all__ = ["empty_samples"]


def empty_samples(modality: Modality, schema: Schema) -> Samples | None:
    """No samples of the form that a schema describes; None for tables.

    Examples
    --------
    >>> len(empty_samples("text", Schema((), shape=())))
    0
    """
    shape, none = schema.shape or (), np.empty(0, dtype=object)
    match modality:
        case "tabular":
            return None
        case "image":
            return ArraySamples(np.empty((0, *shape), dtype=np.uint8))
        case "text":
            return TextSamples(none)
        case "audio":
            return RecordingSamples(none, schema.rate or 1, shape[0])
        case "series":
            return SeriesSamples(none, schema.channels)
