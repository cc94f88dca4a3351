"""What a generator of series keeps beside its model: form, label and groups, lengths; and samples made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.series.form import SeriesForm

if TYPE_CHECKING:
    from auditkit.generators.conditioned import State, Task
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["SeriesRows", "pad_series", "series_of"]


@dataclass(frozen=True, eq=False)
class SeriesRows:
    """Form, rows beside the series, and lengths.

    Attributes
    ----------
    form : SeriesForm
    roles : Roles
    lengths : ndarray of int64, shape (n,)
    """

    form: SeriesForm
    roles: Roles
    lengths: NDArray[np.int64]

    @property
    def n_told(self) -> int:
        """Width of `told`."""
        return sum(self.roles.widths) + 1

    def told(self, donors: NDArray[np.int64]) -> torch.Tensor:
        """What a model is told of these rows: levels as one-hot, and the length's logarithm, 0 if all are alike."""
        return self.told_of(self.roles.members[donors], self.lengths[donors])

    def told_of(self, members: NDArray[np.int64], lengths: Sequence[int] | NDArray[np.int64]) -> torch.Tensor:
        """What a model is told of series of some combinations of label and groups, and lengths."""
        logs = np.log(self.lengths)
        deviation = float(logs.std())
        scaled = (np.log(lengths) - logs.mean()) / (deviation if deviation > 0 else 1.0)
        return torch.from_numpy(np.column_stack([self.roles.one_hot()[members], scaled]).astype(np.float32))

    def state(self) -> State:
        """What is saved beside label and groups."""
        return {"channels": list(self.form.names)}, self.form.arrays() | {"lengths": self.lengths}

    @classmethod
    def restored(cls, saved: Saved, roles: Roles) -> SeriesRows:
        """Rows from what `state` gave."""
        form = SeriesForm.from_saved(saved.arrays, saved.extra["channels"])
        return cls(form, roles, saved.arrays["lengths"])


def series_of(task: Task) -> tuple[list[NDArray[np.float64]], SeriesRows]:
    """Standardised series that a fit is asked to learn from, and what is kept beside them."""
    found = list(task.dataset.arrays())
    form = SeriesForm.of(found, task.dataset.schema.channels)
    lengths = np.array([len(item) for item in found], dtype=np.int64)
    return [form.standardised(item) for item in found], SeriesRows(form, task.roles, lengths)


def pad_series(series: Sequence[NDArray[np.float64]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Series side by side, shape (n, steps, channels), and which steps they have, shape (n, steps)."""
    steps = max(len(item) for item in series)
    values = np.zeros((len(series), steps, series[0].shape[1]), dtype=np.float32)
    there = np.zeros((len(series), steps), dtype=np.float32)
    for place, item in enumerate(series):
        values[place, : len(item)] = item
        there[place, : len(item)] = 1
    return torch.from_numpy(values), torch.from_numpy(there)
