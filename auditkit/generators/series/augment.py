"""Classical augmentation of time series: each sample is a changed training series."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import stage_rng
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.series.barycentre import barycentre
from auditkit.generators.series.rows import SeriesRows, training_series
from auditkit.generators.series.warps import WARPS, read_at

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["SeriesAugment"]

OPERATIONS = (*WARPS, "barycentre")
_MAX_ALIGNED = 500
_NEIGHBOURS = 5
_AVERAGED = 3


class SeriesAugment:
    """Training series with one or more random changes that leave the label what it was.

    `jitter` (noise), `scaling`, `magnitude_warp` (sizes along a spline), `time_warp` (pace along a monotone curve),
    `window_slice` (a window, stretched), `window_warp` (a window at another pace) and `barycentre` (between the series
    and some of its nearest with the same label and groups, under dynamic time warping). Saved generators hold all
    training series.

    Parameters
    ----------
    operations : sequence of str, optional
        Changes to choose from; all by default.
    n_operations : int, default 1
        Different changes of a sample, one after the other.
    strength : float, default 0.5
        From 0, nothing, to 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> waves = [np.sin(np.arange(12) / 2 + i) for i in range(6)]
    >>> data = Dataset.of_table(pd.DataFrame({"kind": ["a", "b"] * 3}), label="kind", samples=SeriesSamples.of(waves))
    >>> made = SeriesAugment(operations=["time_warp"]).fit(data).sample(3, conditions={"kind": "a"}, seed=1)
    >>> [item.shape for item in made.arrays()]
    [(12, 1), (12, 1), (12, 1)]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="augment",
        modality="series",
        family="augmentation",
        summary="Training series with noise, other sizes, another pace, windows, or between two of them.",
        params={
            "operations": "changes to choose from (all)",
            "n_operations": "changes of a sample (1)",
            "strength": "from 0, nothing, to 1 (0.5)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"n_operations": (2,), "strength": (0.25, 0.8)},
        citation=(
            "Um et al. 2017 (warps), Le Guennec et al. 2016 (windows), Forestier et al. 2017 (barycentres), Iwana and "
            "Uchida 2021 for a comparison"
        ),
    )

    def __init__(
        self, *, operations: Sequence[str] | None = None, n_operations: int = 1, strength: float = 0.5
    ) -> None:
        self.operations = list(OPERATIONS if operations is None else operations)
        for name in self.operations:
            if name not in OPERATIONS:
                raise UnknownNameError.of("operation on series", name, OPERATIONS)
        if not 1 <= n_operations <= len(self.operations):
            raise AuditkitError(
                f"generator 'augment' needs n_operations from 1 to the number of operations, got {n_operations} of "
                f"{len(self.operations)}: give 1, say."
            )
        if not 0 <= strength <= 1:
            raise AuditkitError(f"generator 'augment' needs a strength from 0 to 1, got {strength}: give 0.5, say.")
        self.n_operations = n_operations
        self.strength = strength
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._rows: SeriesRows | None = None
        self._series: list[NDArray[np.float64]] = []

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Remember the training series; nothing is learnt.

        Parameters
        ----------
        dataset : Dataset
            Series; lengths may differ.
        seed, budget
            Have no effect: there is nothing to train.
        progress : callable, optional

        Returns
        -------
        SeriesAugment

        Raises
        ------
        DataError, SampleSizeError
            For other data, and for an empty set.
        """
        del seed, budget
        started = time.perf_counter()
        self._series, self._rows = training_series(dataset, self.info)
        self._outline = Outline.of(dataset)
        notes = ["each sample is a changed training series: it lies near to that one."]
        if "barycentre" in self.operations and int(self._rows.lengths.max()) > _MAX_ALIGNED:
            notes.append(f"series of more than {_MAX_ALIGNED} steps are averaged step by step, not aligned.")
        self.fit_report = FitReport(
            steps=0,
            seconds=time.perf_counter() - started,
            stopped_by="done",
            n_train=len(dataset),
            data_hash=dataset.hash,
            notes=tuple(notes),
        )
        if progress is not None:
            progress(1, 1, "training series remembered")
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n changed training series; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "3"}`, or counts that add up to n: `{"label": {"3": 10, "8": 5}}`.
        seed : int, default 0

        Returns
        -------
        Dataset
            With the schema of the training data.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        UnknownNameError
            For a condition on a level that was not in the training data.
        DataError
            For a combination of levels that no training series has.
        """
        outline, rows = need_fitted(self._outline, self.info), need_fitted(self._rows, self.info)
        donors = rows.donors(n, conditions, outline=outline, seed=seed)
        self.shortfall = None
        series = [
            self._changed(int(donor), rows, stage_rng(seed, "series changes", place))
            for place, donor in enumerate(donors)
        ]
        return rows.dataset(series, donors, outline=outline, name=self.info.name)

    def _changed(self, donor: int, rows: SeriesRows, rng: np.random.Generator) -> NDArray[np.float64]:
        series = self._series[donor]
        chosen = rng.permutation(len(self.operations))[: self.n_operations]
        for name in (self.operations[place] for place in chosen):
            if name == "barycentre":
                series = self._between(series, donor, rows, rng)
            else:
                series = WARPS[name](series, self.strength, rng)
        return series

    def _between(
        self, series: NDArray[np.float64], donor: int, rows: SeriesRows, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Mean of a series and some of its nearest ones with its label and groups; the weights are random."""
        alike = np.flatnonzero(rows.roles.members == rows.roles.members[donor])
        alike = alike[alike != donor]
        if not len(alike):
            return series
        others = [_stretched(self._series[place], len(series)) for place in alike]
        distances = np.array([float(np.square(other - series).sum()) for other in others])
        nearest = np.argsort(distances, kind="stable")[:_NEIGHBOURS]
        picked = rng.permutation(nearest)[: _AVERAGED - 1]
        weights = np.concatenate([[1.0], 2 * self.strength * rng.random(len(picked)) + 1e-6])
        if len(series) > _MAX_ALIGNED:
            stacked = np.stack([series, *(others[place] for place in picked)])
            return np.asarray(np.average(stacked, axis=0, weights=weights))
        return barycentre([series, *(self._series[alike[place]] for place in picked)], weights)

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the training series.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        rows = self._rows
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra=rows.to_json() if rows else {},
            arrays=rows.arrays() | {"steps": np.concatenate(self._series)} if rows else {},
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        generator._rows = rows = SeriesRows.from_saved(saved.extra, saved.arrays)
        generator._series = np.split(saved.arrays["steps"], np.cumsum(rows.lengths)[:-1])
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


def _stretched(series: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    return series if len(series) == length else read_at(series, np.linspace(0, len(series) - 1, length))
