"""Moving blocks of training series, joined: as near to real series as a generator that learns nothing can be."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import stage_rng
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.series.rows import SeriesRows, training_series

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["BlockBootstrap"]

_BLOCKS = 4


class BlockBootstrap:
    """Blocks of training series of the same label and groups, joined one after the other.

    Each block is drawn from a series of its own, about where it stands in the new one, and taken as it is: within
    blocks everything is real, at the joints series jump. Saved generators hold all training series.

    Parameters
    ----------
    block : int, optional
        Steps of a block; a quarter of the series, 2 at least, by default.
    aligned : bool, default True
        Take blocks from about the place that they get; False takes them from anywhere, as for series without a shape.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> steps = [np.arange(8.0) + 10 * i for i in range(3)]
    >>> data = Dataset.of_table(pd.DataFrame({"kind": ["a"] * 3}), label="kind", samples=SeriesSamples.of(steps))
    >>> made = BlockBootstrap(block=4).fit(data).sample(2, seed=0).arrays()
    >>> [sorted(set(np.diff(item[:4, 0]))) == [1.0] for item in made]
    [True, True]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="block_bootstrap",
        modality="series",
        family="bootstrap",
        summary="Blocks of training series of one label and group, joined; every value is real, joints jump.",
        params={
            "block": "steps of a block (a quarter of the series)",
            "aligned": "take blocks from about the place that they get (true)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"aligned": (False,)},
        citation="Kunsch 1989, The jackknife and the bootstrap for general stationary observations",
    )

    def __init__(self, *, block: int | None = None, aligned: bool = True) -> None:
        if block is not None and block < 1:
            raise AuditkitError(
                f"generator 'block_bootstrap' needs a block of at least 1 step, got {block}: give 5, say."
            )
        self.block = block
        self.aligned = aligned
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
        BlockBootstrap

        Raises
        ------
        DataError, SampleSizeError
            For other data, and for an empty set.
        """
        del seed, budget
        started = time.perf_counter()
        self._series, self._rows = training_series(dataset, self.info)
        self._outline = Outline.of(dataset)
        self.fit_report = FitReport(
            steps=0,
            seconds=time.perf_counter() - started,
            stopped_by="done",
            n_train=len(dataset),
            data_hash=dataset.hash,
            notes=("samples are pieces of training series: whoever knows a piece finds its series.",),
        )
        if progress is not None:
            progress(1, 1, "training series remembered")
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Join n series; conditions on label and groups are met exactly.

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
        members = rows.roles.members
        series = [
            self._joined(
                np.flatnonzero(members == members[donor]),
                int(rows.lengths[donor]),
                stage_rng(seed, "series blocks", place),
            )
            for place, donor in enumerate(donors)
        ]
        return rows.dataset(series, donors, outline=outline, name=self.info.name)

    def _joined(self, alike: NDArray[np.intp], length: int, rng: np.random.Generator) -> NDArray[np.float64]:
        size = min(self.block or max(2, length // _BLOCKS), length)
        parts: list[NDArray[np.float64]] = []
        offset = int(rng.integers(size))
        for start in range(-offset, length, size):
            source = self._series[alike[rng.integers(len(alike))]]
            first, wanted = max(start, 0), min(start + size, length) - max(start, 0)
            kept = min(wanted, len(source))
            spare = len(source) - kept
            place = round(first / max(length - wanted, 1) * spare) if self.aligned else int(rng.integers(spare + 1))
            block = source[place : place + kept]
            parts.append(np.concatenate([block, np.repeat(block[-1:], wanted - kept, axis=0)]))
        return np.concatenate(parts)

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
