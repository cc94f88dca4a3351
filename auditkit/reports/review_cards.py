"""A sample as a person can judge it: picture, cells, words, sound with its wave, or lines; plain data, no markup."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.auditing.pictures import png, shrunk
from auditkit.data.wave_files import wave_bytes
from auditkit.reports.words import spelt

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["LINE_HEIGHT", "LINE_WIDTH", "WAVE_HEIGHT", "WAVE_WIDTH", "cards_of", "seen"]

_MOST_PIXELS = 768
_SMALL = 160
_LONGEST_TEXT = 20_000
_LONGEST_NAME = 120
_MOST_ROWS = 60
_MOST_SECONDS = 60.0
_MOST_CHANNELS = 8
_COLUMNS = 400
WAVE_WIDTH, WAVE_HEIGHT = _COLUMNS, 100
LINE_WIDTH, LINE_HEIGHT = 600, 120
_EDGE = 4.0
_SHOWN_CONTROLS = frozenset("\n\t")


def cards_of(dataset: Dataset, places: Sequence[int]) -> list[dict[str, Any]]:
    """What a page shows of the samples at these places.

    Parameters
    ----------
    dataset : Dataset
    places : sequence of int

    Returns
    -------
    list of dict
        Each with `kind` ("row", "rows", "picture", "text", "sound" or "series"), what that kind needs, and `about`:
        the label, groups and other columns of a sample that is no row.
    """
    index = np.asarray(places, dtype=np.intp)
    if dataset.samples is None:
        return [_table(dataset, int(place)) for place in index]
    build = _BUILDERS[dataset.modality]
    rows = dataset.table.iloc[dataset.rows_of(index)]
    cells = [_cells(dataset, row) for _, row in rows.iterrows()] if len(rows) == len(index) else [[] for _ in index]
    taken = dataset.samples.take(index)
    return [build(dataset, sample) | {"about": about} for sample, about in zip(taken, cells, strict=True)]


def seen(text: object, *, limit: int = _LONGEST_TEXT) -> str:
    r"""Text as it is, with signs that cannot be seen, or turn others around, written out, and cut where it is endless.

    Examples
    --------
    >>> seen("a\u202eb\x00\nc")
    'a⟨U+202E⟩b⟨U+0000⟩\nc'
    """
    whole = str(text).replace("\r\n", "\n")
    kept = "".join(char if char in _SHOWN_CONTROLS else spelt(char) for char in whole[:limit])
    return kept if len(whole) <= limit else f"{kept}… ({len(whole) - limit:,} more signs)"


def _cell(value: Any) -> str | None:
    """A cell as people read it, None where it is missing."""
    if value is None or (np.isscalar(value) and bool(pd.isna(value))) or value is pd.NaT:
        return None
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.10g}"
    return seen(value)


def _cells(dataset: Dataset, row: pd.Series[Any]) -> list[dict[str, Any]]:
    roles = {dataset.label: "label"} | {name: "group" for name in dataset.groups if name != dataset.label}
    return [
        {"name": seen(name, limit=_LONGEST_NAME), "value": _cell(value), "role": roles.get(str(name), "")}
        for name, value in row.items()
        if name != dataset.key
    ]


def _table(dataset: Dataset, place: int) -> dict[str, Any]:
    rows = dataset.table.iloc[dataset.rows_of([place])]
    if dataset.unit_of_row is None:
        return {"kind": "row", "cells": _cells(dataset, rows.iloc[0]), "about": []}
    constant = {dataset.label, *dataset.groups}
    moving = [name for name in rows.columns if name != dataset.key and name not in constant]
    about = [cell for cell in _cells(dataset, rows.iloc[0]) if cell["role"]]
    return {
        "kind": "rows",
        "columns": [seen(name, limit=_LONGEST_NAME) for name in moving],
        "rows": [[_cell(value) for value in row] for row in rows[moving].head(_MOST_ROWS).itertuples(index=False)],
        "n": len(rows),
        "about": about,
    }


def _picture(_: Dataset, sample: NDArray[np.uint8]) -> dict[str, Any]:
    height, width = sample.shape[:2]
    shown = shrunk(sample, _MOST_PIXELS)
    told = f"{width} x {height} pixels"
    if shown.shape[:2] != (height, width):
        told += f", shown at {shown.shape[1]} x {shown.shape[0]}"
    return {"kind": "picture", "png": png(shown), "small": max(width, height) <= _SMALL, "told": told}


def _text(_: Dataset, sample: str) -> dict[str, Any]:
    return {"kind": "text", "text": seen(sample), "n": len(sample), "long": len(sample) > 280}  # noqa: PLR2004


def _sound(dataset: Dataset, sample: NDArray[np.float32]) -> dict[str, Any]:
    rate = int(dataset.schema.rate or 1)
    seconds = len(sample) / rate
    heard = sample[: int(_MOST_SECONDS * rate)]
    told = f"{seconds:.2f} s at {rate:,} Hz"
    if len(heard) < len(sample):
        told += f", the first {_MOST_SECONDS:.0f} s here"
    wav = base64.b64encode(wave_bytes(heard, rate, pcm=True)).decode() if len(heard) else ""
    return {"kind": "sound", "wav": wav, "wave": _wave(heard), "told": told}


def _wave(sample: NDArray[np.float32]) -> str:
    """SVG path of the lowest and highest value in each of 400 columns."""
    mono = np.asarray(sample, dtype=np.float64).mean(axis=1) if len(sample) else np.zeros(1)
    edges = np.linspace(0, len(mono), min(_COLUMNS, len(mono)) + 1).astype(np.intp)
    step, middle = _COLUMNS / (len(edges) - 1), WAVE_HEIGHT / 2
    parts = []
    for column, (start, end) in enumerate(pairwise(edges)):
        part = np.clip(mono[start:end], -1.0, 1.0)
        high, low = (middle - float(value) * (middle - 2) for value in (part.max(), part.min()))
        parts.append(f"M{column * step + step / 2:.5g} {high - 0.5:.1f}V{low + 0.5:.1f}")
    return "".join(parts)


def _series(dataset: Dataset, sample: NDArray[np.float64]) -> dict[str, Any]:
    names = dataset.schema.channels or tuple(f"x{place}" for place in range(sample.shape[1]))
    shown = min(_MOST_CHANNELS, sample.shape[1])
    told = f"{len(sample):,} steps"
    if shown < sample.shape[1]:
        told += f", {shown} of {sample.shape[1]} channels"
    lines = [_line(sample[:, place]) | {"name": seen(names[place], limit=_LONGEST_NAME)} for place in range(shown)]
    return {"kind": "series", "lines": lines, "n": len(sample), "told": told}


def _line(values: NDArray[np.float64]) -> dict[str, Any]:
    """SVG path of one channel, thinned to the extremes of each column where it is long, and its range."""
    low, high = float(values.min()), float(values.max())
    x = np.arange(len(values), dtype=np.float64)
    if len(values) > 2 * _COLUMNS:
        edges = np.linspace(0, len(values), _COLUMNS + 1).astype(np.intp)
        ends = [
            sorted((start + int(values[start:end].argmin()), start + int(values[start:end].argmax())))
            for start, end in pairwise(edges)
        ]
        x = np.unique(np.array([0, *np.ravel(ends), len(values) - 1])).astype(np.float64)
    y = values[x.astype(np.intp)]
    share = (y - low) / (high - low) if high > low else np.full(len(y), 0.5)
    across = _EDGE + x / max(len(values) - 1, 1) * (LINE_WIDTH - 2 * _EDGE)
    down = _EDGE + (1.0 - share) * (LINE_HEIGHT - 2 * _EDGE)
    points = [f"{left:.1f} {top:.1f}" for left, top in zip(across, down, strict=True)]
    path = f"M{'L'.join(points)}" if len(points) > 1 else f"M{points[0]}h1"
    return {"path": path, "low": f"{low:.4g}", "high": f"{high:.4g}"}


_BUILDERS: Mapping[str, Callable[[Dataset, Any], dict[str, Any]]] = {
    "image": _picture,
    "text": _text,
    "audio": _sound,
    "series": _series,
}
