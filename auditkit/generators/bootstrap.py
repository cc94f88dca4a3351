"""The training units again, drawn with replacement, of any modality: a reference that an audit must fail on copies."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data import Column, Dataset, Samples
from auditkit.data.recordings import RecordingSamples
from auditkit.data.samples import ArraySamples
from auditkit.data.schema import Modality, Schema
from auditkit.data.series import SeriesSamples
from auditkit.data.texts import TextSamples
from auditkit.errors import DataError
from auditkit.generators.conditions import Request, check_size, plan_conditions, say_shortfall
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import uniform_noise
from auditkit.generators.outline import Outline, check_trainable, need_fitted
from auditkit.generators.persistence import read_generator, refuse_damage, write_generator
from auditkit.generators.remembering import remembered
from auditkit.generators.snapping import first_new_name, new_names
from auditkit.generators.tabular.pools import Pool
from auditkit.whole_numbers import check_seed

__all__ = ["BootstrapGenerator"]


@dataclass(frozen=True)
class _Memory:
    """Every training unit: cells as positions among each column's values, and the samples."""

    n: int
    pools: dict[str, Pool]
    codes: dict[str, NDArray[np.int32]]
    samples: Samples | None


class BootstrapGenerator:
    """Training units drawn with replacement. Bad on purpose: every unit is a copy, and nothing else is wrong.

    A reference for audits: realism, variety and usefulness are those of real data, so whatever does not fail it cannot
    tell a generator that memorises. Columns of ids are numbered anew. For every modality.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> sorted(set(BootstrapGenerator().fit(data).sample(9, conditions={"y": "a"}).table["x"]))
    [1.5, 4.0]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="bootstrap",
        modality="any",
        family="reference",
        summary="Training units drawn with replacement: a reference that an audit must fail on copies.",
        conditional="exact",
        stores_real_values=True,
        reference=True,
        citation="Efron 1979, Annals of Statistics 7",
    )

    def __init__(self) -> None:
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._memory: _Memory | None = None
        self._first_ids: dict[str, int] = {}

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Remember every unit; nothing is learnt, so the other arguments change nothing.

        Raises
        ------
        DataError
            When several rows belong to one unit.
        SampleSizeError
            For an empty set.
        """
        check_seed(seed)
        del budget, progress
        began = time.perf_counter()
        check_trainable(dataset, self.info)
        if dataset.key is not None:
            message = (
                f"generator 'bootstrap' needs one row per unit, {dataset.source!r} has several rows per "
                f"{dataset.key!r}: load one row per unit without key=."
            )
            raise DataError(message)
        columns = dataset.schema.columns
        coded = {column.name: _coded(dataset.table[column.name], column) for column in columns if column.kind != "id"}
        self._memory = _Memory(
            len(dataset),
            {name: pool for name, (pool, _) in coded.items()},
            {name: codes for name, (_, codes) in coded.items()},
            dataset.samples,
        )
        self._first_ids = {
            column.name: first_new_name(dataset.table[column.name].dropna(), column)
            for column in columns
            if column.kind == "id"
        }
        self._outline, self.shortfall = Outline.of(dataset, seed=seed), None
        self.fit_report = FitReport(
            steps=0,
            seconds=time.perf_counter() - began,
            stopped_by="done",
            n_train=len(dataset),
            data_hash=dataset.hash,
            notes=("It gives the training units themselves: a reference, not data to share or to train on.",),
        )
        return self

    @remembered
    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw training units with replacement.

        Parameters
        ----------
        n : int
        conditions : mapping or DataFrame, optional
            Exact for every column with levels.
        seed : int, default 0

        Returns
        -------
        Dataset
            Fewer than n units only with a `ShortfallWarning`: where no training unit meets the conditions.

        Raises
        ------
        NotFittedError, UnknownNameError, SampleSizeError, AuditkitError
        """
        outline, memory = need_fitted(self._outline, self.info), need_fitted(self._memory, self.info)
        check_size(n)
        levels = {name: pool.levels for name, pool in memory.pools.items() if pool.column.levels}
        requests = plan_conditions(n, conditions, outline=outline, levels=levels)
        parts = [_drawn(memory, request, seed=seed, stage=f"sample {place}") for place, request in enumerate(requests)]
        rows = np.concatenate([np.empty(0, dtype=np.intp), *parts])
        asked = sum(request.n for request in requests)
        self.shortfall = say_shortfall(
            requested=n, got=len(rows), accept_rate=len(rows) / max(asked, 1), conditions=conditions
        )
        columns = {
            column.name: new_names(column, len(rows), first=self._first_ids[column.name])
            if column.name in self._first_ids
            else memory.pools[column.name].cells(memory.codes[column.name][rows].astype(np.int64))
            for column in outline.schema.columns
        }
        table = pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))
        samples = memory.samples.select(rows) if memory.samples is not None else None
        return outline.dataset(table, name=self.info.name, samples=samples)

    def save(self, folder: str | Path) -> None:
        """Write all units into a folder: it is as confidential as the training data.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        memory = need_fitted(self._memory, self.info)
        arrays: dict[str, NDArray[Any]] = {}
        for place, (name, pool) in enumerate(memory.pools.items()):
            arrays |= {**pool.arrays(f"pool.{place}"), f"codes.{place}": memory.codes[name]}
        texts, packed = _packed(memory.samples)
        write_generator(
            folder,
            info=self.info,
            params={},
            outline=self._outline,
            report=self.fit_report,
            extra={
                "n": memory.n,
                "pools": [pool.to_json() for pool in memory.pools.values()],
                "first_ids": self._first_ids,
                "texts": texts,
            },
            arrays={**arrays, **packed},
        )

    @classmethod
    @refuse_damage
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        made = cls(**saved.params)
        made._outline, made.fit_report = saved.outline, saved.report
        made._first_ids = dict(saved.extra["first_ids"])
        pools = [
            Pool.from_saved(part, f"pool.{place}", saved.arrays) for place, part in enumerate(saved.extra["pools"])
        ]
        made._memory = _Memory(
            int(saved.extra["n"]),
            {pool.column.name: pool for pool in pools},
            {pool.column.name: saved.arrays[f"codes.{place}"] for place, pool in enumerate(pools)},
            _unpacked(saved.outline.modality, saved.outline.schema, saved.extra["texts"], saved.arrays),
        )
        return made


def _coded(cells: pd.Series, column: Column) -> tuple[Pool, NDArray[np.int32]]:
    """All values of a column, however many, and the position of each cell among them; -1 where missing."""
    codes, found = pd.factorize(cells, sort=True, use_na_sentinel=True)
    values = np.asarray(found, dtype=object if column.dtype == "str" else column.dtype)
    counts = np.bincount(codes[codes >= 0], minlength=len(values)).astype(np.int64)
    return Pool(column, values, counts, int((codes < 0).sum())), codes.astype(np.int32)


def _drawn(memory: _Memory, request: Request, *, seed: int, stage: str) -> NDArray[np.intp]:
    """Places of the units of one request; none where no training unit meets it."""
    allowed = np.ones(memory.n, dtype=np.bool_)
    for name, level in request.fixed.items():
        allowed &= memory.codes[name] == memory.pools[name].levels.index(level)
    places = np.flatnonzero(allowed)
    uniform = uniform_noise(request.n if len(places) else 0, 1, seed=seed, stage=stage)[:, 0]
    drawn: NDArray[np.intp] = places[(uniform * len(places)).astype(np.intp)]
    return drawn


def _packed(samples: Samples | None) -> tuple[list[str] | None, dict[str, NDArray[Any]]]:
    """Samples as texts and arrays: those of unequal lengths behind each other, with their lengths."""
    if samples is None:
        return None, {}
    taken = samples.take(np.arange(len(samples)))
    if samples.modality == "text":
        return [str(text) for text in taken], {}
    if samples.modality == "image":
        return None, {"samples": taken}
    lengths = np.array([len(item) for item in taken], dtype=np.int64)
    return None, {"samples": np.concatenate(list(taken)), "lengths": lengths}


def _unpacked(
    modality: Modality, schema: Schema, texts: Sequence[str] | None, arrays: Mapping[str, NDArray[Any]]
) -> Samples | None:
    if modality == "tabular":
        return None
    if modality == "text":
        return TextSamples.of(texts or ())
    if modality == "image":
        return ArraySamples(arrays["samples"])
    items = np.split(arrays["samples"], np.cumsum(arrays["lengths"])[:-1])
    if modality == "audio":
        return RecordingSamples.of(items, rate=schema.rate or 1)
    return SeriesSamples.of(items, names=schema.channels)
