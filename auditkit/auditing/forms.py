"""How a sample is shown: as a small picture, as words, as cells."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.pictures import line_picture, png, shrunk, wave_picture

if TYPE_CHECKING:
    from auditkit.auditing.guarding import Guard

__all__ = ["MOST_COLUMNS", "cut_text", "picture", "shown_samples", "thumbnail"]

SIDE = 96
MOST_COLUMNS = 24
_LONGEST = 280
_LIGHT = 6_000
_COLOURS = 64


def shown_samples(guard: Guard, rows: Sequence[int]) -> list[dict[str, Any]]:
    """What a page shows of synthetic samples.

    Parameters
    ----------
    guard : Guard
    rows : sequence of int
        Places in the synthetic set.

    Returns
    -------
    list of dict
        Each with `id`, with `caption` where there is a label, and with one of `png_base64`, `text`, `cells` (column,
        and value or None where it is not told) or `hidden` (why it is not shown).
    """
    synthetic = guard.synthetic
    labels = synthetic.label_values
    items: list[dict[str, Any]] = [
        {"id": str(synthetic.ids[row])} | ({} if labels is None else {"caption": str(labels[row])}) for row in rows
    ]
    reasons = guard.why_hidden(rows)
    free = [place for place, why in enumerate(reasons) if not why]
    for item, why in zip(items, reasons, strict=True):
        if why:
            item.pop("caption", None)
            item["hidden"] = why
    forms = _forms(guard, [int(rows[place]) for place in free]) if free else []
    for place, form in zip(free, forms, strict=True):
        items[place] |= form
    return items


def _forms(guard: Guard, rows: list[int]) -> list[dict[str, Any]]:
    synthetic = guard.synthetic
    if synthetic.samples is None:
        if synthetic.key is not None:
            return [{"hidden": "it has several rows"} for _ in rows]
        columns = [str(name) for name in synthetic.table.columns][:MOST_COLUMNS]
        return [
            {
                "cells": [{"column": name, "value": value} for name, value in zip(columns, told, strict=True)],
                "n_columns": synthetic.table.shape[1],
            }
            for told in guard.cells(rows, columns)
        ]
    taken = synthetic.samples.take(np.array(rows))
    if synthetic.modality == "text":
        return [{"text": cut_text(str(text))} for text in taken]
    return [{"png_base64": thumbnail(picture(sample, synthetic.modality))} for sample in taken]


def picture(sample: NDArray[Any], modality: str, *, real: bool = False) -> NDArray[np.uint8]:
    """Pixels of a small picture of an image, a recording or a series."""
    if modality == "audio":
        return wave_picture(sample, real=real)
    if modality == "series":
        return line_picture([sample])
    return shrunk(sample, SIDE)


def thumbnail(pixels: NDArray[np.uint8]) -> str:
    """PNG of a small picture in base64; one that is heavy is cut to 64 colours, for a page shows a hundred of them."""
    whole = png(pixels)
    if len(whole) <= _LIGHT or pixels.ndim != 3 or pixels.shape[2] != 3:  # noqa: PLR2004 - only colours can be cut
        return whole
    from PIL import Image  # noqa: PLC0415 - only pictures need it

    buffer = io.BytesIO()
    Image.fromarray(pixels).quantize(_COLOURS).save(buffer, format="PNG", optimize=True)
    light = base64.b64encode(buffer.getvalue()).decode()
    return light if len(light) < len(whole) else whole


def cut_text(text: str) -> str:
    """A text, cut where it is long."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
