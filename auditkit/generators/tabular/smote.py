"""SMOTE for tables with and without categories: new rows between a row and one of its nearest of the same class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data import Column, Dataset
from auditkit.errors import AuditkitError
from auditkit.generators.interface import GeneratorInfo, Progress
from auditkit.generators.noise import uniform_noise
from auditkit.generators.persistence import Saved
from auditkit.generators.snapping import Grid
from auditkit.generators.tabular.coded import CodedGenerator, Codes, Learnt, is_number, length, role_columns
from auditkit.generators.tabular.interpolation import hot_levels, majority, nearest_of_class

__all__ = ["SmoteGenerator"]


class SmoteGenerator(CodedGenerator):
    """Synthetic minority over-sampling, with categories (SMOTE-NC) where there are some.

    A row is drawn, then one of its k nearest of the same class, then a place on the segment between them: that gives
    the numbers. A category is the one that most of the k neighbours have; label and groups stay those of the row, so
    their shares do not move. Distances take each number in units of its standard deviation, and 1 for each category
    that differs, squared. Only new rows are given, never the real ones beside them.

    Parameters
    ----------
    k : int, default 5
        Neighbours; fewer in classes with fewer rows. The only row of a class is given as it is.

    Notes
    -----
    Every new row lies between two training rows and says a lot about both: do not take it for anonymous. Votes of
    neighbours make rare levels rarer. A missing number stays missing where the drawn row lacks it.

    References
    ----------
    Chawla et al. 2002, "SMOTE: Synthetic minority over-sampling technique", JAIR 16, sections 4.2 and 6.1.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> made = SmoteGenerator().fit(data).sample(9, conditions={"y": "a"})
    >>> bool(made.table["x"].between(1.5, 4.0).all())
    True
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="smote",
        modality="tabular",
        family="interpolation",
        summary="New rows between a row and one of its nearest of the same class; categories by vote of the nearest.",
        params={"k": "neighbours (5)"},
        conditional="exact",
        stores_real_values=True,
        tries={"k": (3, 10)},
        citation="Chawla et al. 2002, JAIR 16",
    )

    def __init__(self, *, k: int = 5) -> None:
        if k < 1:
            message = f"generator 'smote' needs k of at least 1, got {k!r}."
            raise AuditkitError(message)
        super().__init__()
        self.k = k
        self._roles: tuple[str, ...] = ()
        self._grids: dict[str, Grid] = {}
        self._rows: Codes = {}
        self._votes: Codes = {}
        self._neighbours: NDArray[np.int32] = np.empty((0, 0), dtype=np.int32)

    def _learn(self, codes: Codes, dataset: Dataset, *, seed: int, progress: Progress | None) -> Learnt:
        del seed
        self._roles = role_columns(dataset, self._pools)
        numbers = {name: _numbers(dataset.table[name]) for name, pool in self._pools.items() if is_number(pool)}
        self._grids = {name: Grid.of(values, self._pools[name].column) for name, values in numbers.items()}
        self._rows = {name: numbers.get(name, cells) for name, cells in codes.items()}
        classes = codes[self._roles[0]] if self._roles[:1] == (dataset.label,) else np.zeros(len(dataset), np.int32)
        texts = dataset.schema.of_kind("text")
        levels = [cells for name, cells in codes.items() if name not in numbers and name not in texts]
        places = np.column_stack([*(_scaled(values) for values in numbers.values()), *map(hot_levels, levels)])
        self._neighbours = nearest_of_class(places.astype(np.float32), classes, k=self.k, progress=progress)
        asked = [name for name in codes if name not in numbers and name not in texts and name not in self._roles]
        self._votes = {name: majority(codes[name][self._neighbours]) for name in asked}
        return Learnt(len(np.unique(classes)), _warnings(classes, dataset))

    def _exact(self, asked: Sequence[str]) -> Sequence[str]:
        return [name for name in asked if name in self._roles]

    def _draw(self, start: int, count: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> Codes:
        allowed = np.ones(length(self._rows), dtype=np.bool_)
        for name, code in fixed.items():
            allowed &= self._rows[name] == code
        bases = np.flatnonzero(allowed)
        noise = uniform_noise(count if len(bases) else 0, 3, seed=seed, stage=stage, start=start)
        base = bases[(noise[:, 0] * len(bases)).astype(np.intp)]
        chosen = (noise[:, 1] * self._neighbours.shape[1]).astype(np.intp)
        neighbour = self._neighbours[base, chosen]
        rows: Codes = {}
        for name, values in self._rows.items():
            if name in self._grids:
                ends = values[base], values[neighbour]
                step = np.where(np.isnan(ends[1]), 0.0, noise[:, 2] * (ends[1] - ends[0]))
                rows[name] = self._grids[name].snap(ends[0] + np.where(np.isnan(step), 0.0, step))
            else:
                rows[name] = self._votes.get(name, values)[base]
        return rows

    def _cells(self, column: Column, codes: NDArray[Any], *, seed: int) -> pd.Series:
        grid = self._grids.get(column.name)
        return super()._cells(column, codes, seed=seed) if grid is None else grid.cells(codes)

    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays: dict[str, NDArray[Any]] = {"neighbours": self._neighbours}
        for place, (name, cells) in enumerate(self._rows.items()):
            arrays[f"rows.{place}"] = cells
            if name in self._votes:
                arrays[f"votes.{place}"] = self._votes[name]
        return {"roles": list(self._roles), "numbers": list(self._grids)}, arrays

    def _restore(self, saved: Saved) -> None:
        self._roles = tuple(saved.extra["roles"])
        self._neighbours = saved.arrays["neighbours"]
        for place, name in enumerate(self._pools):
            self._rows[name] = saved.arrays[f"rows.{place}"]
            if f"votes.{place}" in saved.arrays:
                self._votes[name] = saved.arrays[f"votes.{place}"]
        numbers = saved.extra["numbers"]
        self._grids = {name: Grid.of(self._rows[name], self._pools[name].column) for name in numbers}


def _numbers(cells: pd.Series) -> NDArray[np.float64]:
    """Cells as numbers, moments in microseconds since 1970-01-01; NaN where missing."""
    if cells.dtype.kind != "M":
        numbers: NDArray[np.float64] = cells.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers
    moments = cells.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64).astype(np.float64))


def _scaled(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers in standard deviations from their mean, missing ones at the mean; and whether they are missing."""
    missing = np.isnan(values)
    if missing.all():
        return np.zeros((len(values), 0))
    centred = np.where(missing, 0.0, values - np.nanmean(values))
    deviation = np.sqrt((centred**2).sum() / (~missing).sum())
    scaled = centred / deviation if deviation > 0 else centred * 0
    return np.column_stack([scaled, missing]) if missing.any() else scaled[:, None]


def _warnings(classes: NDArray[np.int32], dataset: Dataset) -> tuple[str, ...]:
    notes = ["Every row lies between two training rows: it is no more private than they are."]
    alone = int((np.unique(classes, return_counts=True)[1] == 1).sum())
    if alone:
        notes.append(f"{alone} class(es) of {dataset.label!r} have a single row, which is given as it is.")
    return tuple(notes)
