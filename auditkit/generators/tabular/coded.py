"""Generators of tables that draw places in pools of observed values: what they share beside their model."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.blocks import single_threaded
from auditkit.data import Column, Dataset
from auditkit.errors import DataError
from auditkit.generators.conditions import Request, check_size, draw_until, plan_conditions, say_shortfall
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.outline import Outline, check_trainable, need_fitted
from auditkit.generators.persistence import Saved, read_generator, refuse_damage, write_generator
from auditkit.generators.remembering import remembered
from auditkit.generators.snapping import first_new_name, new_names
from auditkit.generators.tabular.pools import Pool
from auditkit.whole_numbers import check_seed

__all__ = ["CodedGenerator", "Codes", "Learnt", "is_number", "joined", "length", "role_columns"]

Codes = dict[str, NDArray[Any]]
"""Rows as one array per column: positions in the column's pool, -1 where missing; or what `_cells` makes cells of."""


@dataclass(frozen=True)
class Learnt:
    """What `_learn` tells of a fit.

    Attributes
    ----------
    steps : int
        Columns or passes done.
    notes : tuple of str
        Sentences a reader should know.
    """

    steps: int
    notes: tuple[str, ...] = ()


class CodedGenerator(ABC):
    """Tables as positions in pools of observed values; a method adds what it learns and how it draws.

    Names of records are numbered anew. Whole texts are drawn. Values come from the pools, so types, levels, decimals
    and ranges are those of the training data.
    """

    info: ClassVar[GeneratorInfo]
    seen_conditions: ClassVar[bool] = False
    """Whether numbers may be conditions too, by an observed value."""

    def __init__(self) -> None:
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._pools: dict[str, Pool] = {}
        self._first_ids: dict[str, int] = {}

    @abstractmethod
    def _learn(self, codes: Codes, dataset: Dataset, *, seed: int, progress: Progress | None) -> Learnt:
        """Learn from coded rows; the pools are there already."""

    @abstractmethod
    def _exact(self, asked: Sequence[str]) -> Sequence[str]:
        """Those of the columns with conditions that `_draw` meets itself; the others are met by rejection."""

    @abstractmethod
    def _draw(self, start: int, count: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> Codes:
        """Rows start to start + count of one endless sequence with fixed cells; none where those cannot be."""

    @abstractmethod
    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """What was learnt, as json and as arrays."""

    @abstractmethod
    def _restore(self, saved: Saved) -> None:
        """Take back what `_state` gave."""

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn from a table with one row per unit.

        Parameters
        ----------
        dataset : Dataset
        seed : int, default 0
        budget : Budget, optional
            Not needed: it takes seconds. A note in the report says so when one is given.
        progress : callable, optional
            Called with columns done, columns in all, and the column.

        Returns
        -------
        Generator
            Itself, with `fit_report`.

        Raises
        ------
        DataError
            When the data are no table, have nothing but ids, or several rows belong to one unit.
        SampleSizeError
            For an empty set.
        """
        check_seed(seed)
        check_trainable(dataset, self.info)
        began = time.perf_counter()
        outline = Outline.of(dataset, seed=seed)
        names = [column.name for column in dataset.schema.columns if column.kind != "id"]
        if not names:
            message = f"generator {self.info.name!r} needs a column that is no id, {dataset.source!r} has none."
            raise DataError(message)
        codes: Codes = {}
        self._pools = {}
        for name in names:
            self._pools[name], places = Pool.of(dataset.table[name], dataset.schema[name])
            codes[name] = places.astype(np.int32)
        with single_threaded():
            learnt = self._learn(codes, dataset, seed=seed, progress=progress)
        self._outline, self.shortfall = outline, None
        self._first_ids = {
            column.name: first_new_name(dataset.table[column.name].dropna(), column)
            for column in dataset.schema.columns
            if column.kind == "id"
        }
        self.fit_report = FitReport(
            steps=learnt.steps,
            seconds=time.perf_counter() - began,
            stopped_by="done",
            n_train=len(dataset),
            data_hash=dataset.hash,
            notes=(*learnt.notes, *_notes(dataset, budget, self._pools)),
        )
        return self

    @remembered
    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw rows.

        Parameters
        ----------
        n : int
        conditions : mapping or DataFrame, optional
            `{"sex": "Female"}`, `{"income": {">50K": 10, "<=50K": 5}}`, or a frame of n rows of fixed cells. What the
            model cannot meet itself is met by drawing, at most 200 rows per row asked for.
        seed : int, default 0

        Returns
        -------
        Dataset
            Rows with the schema of the training data; fewer than n only with a `ShortfallWarning`.

        Raises
        ------
        NotFittedError, UnknownNameError, SampleSizeError, AuditkitError
        """
        outline = need_fitted(self._outline, self.info)
        check_size(n)
        usable = {name: pool for name, pool in self._pools.items() if self.seen_conditions or not is_number(pool)}
        levels = {name: pool.levels for name, pool in usable.items()}
        requests = plan_conditions(n, conditions, outline=outline, levels=levels)
        parts, n_drawn = [self._draw(0, 0, {}, seed=seed, stage="sample 0")], 0
        with single_threaded():
            for number, request in enumerate(requests):
                rows, drawn = self._meet(request, seed=seed, stage=f"sample {number}")
                parts.append(rows)
                n_drawn += drawn
        rows = joined(parts)
        got = length(rows)
        self.shortfall = say_shortfall(
            requested=n, got=got, accept_rate=got / n_drawn if n_drawn else 0.0, conditions=conditions
        )
        columns = {
            column.name: new_names(column, got, first=self._first_ids[column.name])
            if column.name in self._first_ids
            else self._cells(column, rows[column.name], seed=seed)
            for column in outline.schema.columns
        }
        return outline.dataset(pd.DataFrame(columns, index=pd.RangeIndex(got)), name=self.info.name)

    def save(self, folder: str | Path) -> None:
        """Write what was learnt into a folder. The files hold values of real records.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        extra, arrays = self._state()
        for number, pool in enumerate(self._pools.values()):
            arrays |= pool.arrays(f"pool.{number}")
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra={**extra, "pools": [pool.to_json() for pool in self._pools.values()], "first_ids": self._first_ids},
            arrays=arrays,
        )

    @classmethod
    @refuse_damage
    def load(cls, folder: str | Path) -> Self:
        """Generator from a folder that `save` wrote.

        Raises
        ------
        DataError
            When the folder holds something else.
        """
        saved = read_generator(folder, info=cls.info)
        made = cls(**saved.params)
        made._outline, made.fit_report = saved.outline, saved.report
        for number, part in enumerate(saved.extra["pools"]):
            pool = Pool.from_saved(part, f"pool.{number}", saved.arrays)
            made._pools[pool.column.name] = pool
        made._first_ids = dict(saved.extra["first_ids"])
        made._restore(saved)
        return made

    def _cells(self, column: Column, codes: NDArray[Any], *, seed: int) -> pd.Series:
        """Cells of a column from what `_draw` gave for it."""
        del seed
        return self._pools[column.name].cells(codes.astype(np.int64))

    def _meet(self, request: Request, *, seed: int, stage: str) -> tuple[Codes, int]:
        """Rows of one request, and how many were drawn for it."""
        fixed = {name: self._pools[name].levels.index(level) for name, level in request.fixed.items()}
        exact = {name: fixed[name] for name in self._exact(tuple(fixed))}
        others = {name: code for name, code in fixed.items() if name not in exact}

        def draw(start: int, count: int) -> Codes:
            return self._draw(start, count, exact, seed=seed, stage=stage)

        if not others:
            return draw(0, request.n), request.n

        def accept(rows: Codes) -> NDArray[np.bool_]:
            met: NDArray[np.bool_] = np.logical_and.reduce([rows[name] == code for name, code in others.items()])
            return met

        kept, _, drawn = draw_until(draw, accept=accept, n=request.n)
        parts = [{name: cells[places] for name, cells in rows.items()} for rows, places in kept]
        return joined([draw(0, 0), *parts]), drawn


def joined(parts: Iterable[Codes]) -> Codes:
    """Rows of all parts behind each other."""
    rows = list(parts)
    return {name: np.concatenate([part[name] for part in rows]) for name in rows[0]}


def length(rows: Codes) -> int:
    """Number of rows."""
    return len(next(iter(rows.values())))


def is_number(pool: Pool) -> bool:
    """Whether a column's values lie on a line: numbers and moments."""
    return pool.column.kind in {"numeric", "integer", "datetime"}


def role_columns(dataset: Dataset, pools: Mapping[str, Pool]) -> tuple[str, ...]:
    """Label and groups that have levels, each once, the label first."""
    roles = [name for name in (dataset.label, *dataset.groups) if name is not None]
    return tuple(dict.fromkeys(name for name in roles if name in pools and not is_number(pools[name])))


def _notes(dataset: Dataset, budget: Budget | None, pools: Mapping[str, Pool]) -> list[str]:
    notes = ["The generator keeps values of real records and draws from them."]
    schema = dataset.schema
    notes += [f"Column {name!r} holds names of records: they are numbered anew." for name in schema.of_kind("id")]
    notes += [f"Column {name!r} holds free text: whole texts are drawn." for name in schema.of_kind("text")]
    alone = {name: int((pool.counts == 1).sum()) for name, pool in pools.items() if pool.column.kind == "category"}
    told = [f"{name!r} ({count})" for name, count in alone.items() if count]
    if told:
        notes.append(f"Levels that a single record has are drawn as they stand: {', '.join(told)}.")
    if budget is not None:
        notes.append("It takes no budget: it is fitted in one pass over the columns.")
    return notes
