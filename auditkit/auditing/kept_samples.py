"""What metrics measured on the samples of a set, kept in a reference in the place of the samples themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.data.schema import Modality, Schema
from auditkit.errors import UndefinedError
from auditkit.metrics.raw_samples import Measured, RawSamples, measures_of

__all__ = ["measured_arrays", "restored_samples"]

_PLAIN, _RAGGED, _STARTS = "plain.", "ragged.", "starts."


@dataclass(frozen=True)
class _Form:
    """Samples that are not at hand: how many there are, and of what form."""

    n: int
    modality: Modality
    shape: tuple[int, ...]
    rate: int | None
    channels: tuple[str, ...]

    def __len__(self) -> int:
        return self.n

    def take(self, index: ArrayLike) -> NDArray[Any]:
        """Refused: a reference holds no samples."""
        del index
        raise UndefinedError("a reference holds no samples, only what was measured on them when it was built.")

    def select(self, index: ArrayLike) -> _Form:
        """The form of some of them."""
        return _Form(len(np.asarray(index)), self.modality, self.shape, self.rate, self.channels)


def measured_arrays(samples: RawSamples) -> dict[str, NDArray[Any]]:
    """Everything that metrics of the modality measure on samples, as arrays by name.

    Rows of unequal lengths become one array and the places where each begins.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for name, measure in measures_of(samples.samples.modality).items():
        rows = samples.numbers(measure)
        if rows.dtype != object:
            arrays[_PLAIN + name] = rows
            continue
        arrays[_RAGGED + name] = np.concatenate([np.empty(0, np.uint64), *rows]).astype(np.uint64)
        arrays[_STARTS + name] = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return arrays


def restored_samples(arrays: Mapping[str, NDArray[Any]], *, n: int, modality: Modality, schema: Schema) -> RawSamples:
    """Samples that metrics can ask what was measured on them.

    Raises
    ------
    ValueError
        If arrays do not fit n samples.
    """
    found = {}
    for name, measure in measures_of(modality).items():
        if _PLAIN + name in arrays:
            found[measure] = arrays[_PLAIN + name]
        elif _RAGGED + name in arrays:
            found[measure] = _split(arrays[_RAGGED + name], arrays[_STARTS + name])
    if any(len(rows) != n for rows in found.values()):
        raise ValueError("measured")
    form = _Form(n, modality, schema.shape or (), schema.rate, schema.channels)
    return RawSamples(form, measured=Measured(found))


def _split(values: NDArray[Any], starts: NDArray[Any]) -> NDArray[np.object_]:
    fits = starts.dtype.str == "<i8" and starts[0] == 0 and starts[-1] == len(values) and (np.diff(starts) >= 0).all()
    if not fits or values.dtype.str != "<u8":
        raise ValueError("measured")
    rows = np.empty(len(starts) - 1, dtype=object)
    for place in range(len(rows)):
        rows[place] = values[starts[place] : starts[place + 1]]
    return rows
