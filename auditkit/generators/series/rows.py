"""What a generator of series keeps beside its model: form, label and groups, lengths; and samples made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.noise import uniform_noise
from auditkit.generators.outline import check_trainable
from auditkit.generators.roles import Roles
from auditkit.generators.series.form import SeriesForm

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.generators.conditioned import State, Task
    from auditkit.generators.interface import Conditions, GeneratorInfo
    from auditkit.generators.outline import Outline
    from auditkit.generators.persistence import Saved

__all__ = ["SeriesRows", "pad_series", "series_of", "training_series"]


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

    def donors(self, n: int, conditions: Conditions | None, *, outline: Outline, seed: int) -> NDArray[np.int64]:
        """A training row for each sample, whose label, groups and length it takes over."""
        check_size(n)
        requests = plan_conditions(n, conditions, outline=outline, levels=self.roles.levels)
        return self.roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="series donors")[:, 0])

    def dataset(
        self, series: Sequence[NDArray[Any]], donors: NDArray[np.int64], *, outline: Outline, name: str
    ) -> Dataset:
        """Synthetic dataset of standardised series beside the rows of their donors."""
        if not len(donors):
            return outline.empty(name)
        return outline.dataset(self.roles.table(donors), name=name, samples=self.form.samples(series))

    def state(self) -> State:
        """What is saved beside label and groups."""
        return {"channels": list(self.form.names)}, self.form.arrays() | {"lengths": self.lengths}

    @classmethod
    def restored(cls, saved: Saved, roles: Roles) -> SeriesRows:
        """Rows from what `state` gave."""
        form = SeriesForm.from_saved(saved.arrays, saved.extra["channels"])
        return cls(form, roles, saved.arrays["lengths"])

    def to_json(self) -> dict[str, Any]:
        """The part that is saved as json; `arrays` is the other."""
        return {"roles": self.roles.to_json(), "channels": list(self.form.names)}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The part that is saved as arrays."""
        return self.form.arrays() | self.roles.arrays() | {"lengths": self.lengths}

    @classmethod
    def from_saved(cls, data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> SeriesRows:
        """Rows from what `to_json` and `arrays` gave."""
        form = SeriesForm.from_saved(arrays, data["channels"])
        return cls(form, Roles.from_saved(data["roles"], arrays), arrays["lengths"])


def training_series(dataset: Dataset, info: GeneratorInfo) -> tuple[list[NDArray[np.float64]], SeriesRows]:
    """Standardised series of a dataset, and what is kept beside them.

    Raises
    ------
    DataError
        For other data.
    SampleSizeError
        For an empty set.
    """
    check_trainable(dataset, info)
    return _standardised(dataset, Roles.of(dataset))


def series_of(task: Task) -> tuple[list[NDArray[np.float64]], SeriesRows]:
    """Standardised series that a fit is asked to learn from, and what is kept beside them."""
    return _standardised(task.dataset, task.roles)


def _standardised(dataset: Dataset, roles: Roles) -> tuple[list[NDArray[np.float64]], SeriesRows]:
    found = list(dataset.arrays())
    form = SeriesForm.of(found, dataset.schema.channels)
    lengths = np.array([len(item) for item in found], dtype=np.int64)
    return [form.standardised(item) for item in found], SeriesRows(form, roles, lengths)


def pad_series(series: Sequence[NDArray[np.float64]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Series side by side, shape (n, steps, channels), and which steps they have, shape (n, steps)."""
    steps = max(len(item) for item in series)
    values = np.zeros((len(series), steps, series[0].shape[1]), dtype=np.float32)
    there = np.zeros((len(series), steps), dtype=np.float32)
    for place, item in enumerate(series):
        values[place, : len(item)] = item
        there[place, : len(item)] = 1
    return torch.from_numpy(values), torch.from_numpy(there)
