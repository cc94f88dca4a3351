"""A Bayesian network: each column drawn given at most two others, which were chosen greedily by mutual information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.data import Dataset
from auditkit.errors import AuditkitError
from auditkit.generators.interface import GeneratorInfo, Progress
from auditkit.generators.noise import uniform_noise
from auditkit.generators.persistence import Saved
from auditkit.generators.tabular.bins import Bins
from auditkit.generators.tabular.coded import CodedGenerator, Codes, Learnt, length, role_columns
from auditkit.generators.tabular.conditional_table import ConditionalTable
from auditkit.generators.tabular.leading import LeadingBlock
from auditkit.generators.tabular.structure import Structure, learn_structure

__all__ = ["BayesNetGenerator"]

_LEADING = 3
"""Roles that lead at most: drawn together they are a network in which none has more than two parents."""


class BayesNetGenerator(CodedGenerator):
    """Bayesian network over binned columns with at most two parents each.

    The label and up to two groups come first, with the frequencies of the training data. Then, one after the other,
    the column and the parents with the most mutual information between them, less what chance gives to tables of
    their size. Numbers are binned by their distribution; a value is drawn from its bin as often as it was seen. Where
    few training rows have the parents' values, the first parent's rows and then all rows help out.

    Parameters
    ----------
    parents : int, default 2
        Parents of a column at most, 1 or 2.
    bins : int, default 20
        Bins of a number, of about equal counts; values that are frequent have a bin of their own.

    Notes
    -----
    Conditions on the leading columns are exact: nothing before them is left out. Others are met by rejection.

    References
    ----------
    Chow, Liu 1968, "Approximating discrete probability distributions with dependence trees", IEEE Trans. Inf. Theory.
    Zhang et al. 2017, "PrivBayes: Private data release via Bayesian networks", ACM TODS 42, algorithm 2, without noise.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> BayesNetGenerator().fit(data).sample(2, conditions={"y": "a"}).label_values.tolist()
    ['a', 'a']
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="bayes_net",
        modality="tabular",
        family="network of columns",
        summary="Bayesian network with at most two parents a column, chosen greedily by mutual information.",
        params={"parents": "parents of a column at most (2)", "bins": "bins of a number (20)"},
        conditional="exact",
        stores_real_values=True,
        tries={"parents": (1,), "bins": (10, 40)},
        citation="Chow and Liu 1968; Zhang et al. 2017, ACM TODS 42",
    )

    def __init__(self, *, parents: int = 2, bins: int = 20) -> None:
        if parents not in {1, 2}:
            message = f"generator 'bayes_net' needs parents of 1 or 2, got {parents!r}."
            raise AuditkitError(message)
        if bins < 2:  # noqa: PLR2004 - one bin says nothing
            message = f"generator 'bayes_net' needs bins of at least 2, got {bins!r}."
            raise AuditkitError(message)
        super().__init__()
        self.parents, self.bins = parents, bins
        self._bins: dict[str, Bins] = {}
        self._leading = LeadingBlock((), np.empty((0, 0), dtype=np.int32), np.empty(0, dtype=np.int64))
        self._structure: Structure = {}
        self._tables: dict[str, tuple[ConditionalTable, ...]] = {}

    @property
    def structure(self) -> dict[str, tuple[str, ...]]:
        """Parents of each column, in the order in which columns are drawn; the first ones are drawn together."""
        return {**dict.fromkeys(self._leading.names, ()), **self._structure}

    def _learn(self, codes: Codes, dataset: Dataset, *, seed: int, progress: Progress | None) -> Learnt:
        del seed
        self._bins = {name: Bins.of(pool, codes[name], n_bins=self.bins) for name, pool in self._pools.items()}
        binned = {name: bins.of_codes(codes[name]) for name, bins in self._bins.items()}
        sizes = {name: bins.n_bins for name, bins in self._bins.items()}
        candidates = role_columns(dataset, self._pools)[:_LEADING] or (max(sizes, key=lambda name: sizes[name]),)
        self._leading = LeadingBlock.of(codes, candidates[: self.parents + 1], max_cells=max(length(codes) // 5, 1))
        self._structure = learn_structure(
            binned, sizes, first=self._leading.names, n_parents=self.parents, progress=progress
        )
        self._tables = {
            name: tuple(
                ConditionalTable.of(_configuration(binned, parents[:depth], sizes), binned[name])
                for depth in range(len(parents), -1, -1)
            )
            for name, parents in self._structure.items()
        }
        return Learnt(len(self._structure))

    def _exact(self, asked: Sequence[str]) -> Sequence[str]:
        return [name for name in asked if name in self._leading.names]

    def _draw(self, start: int, count: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> Codes:
        noise = uniform_noise(count, 1 + 2 * len(self._tables), seed=seed, stage=stage, start=start)
        cells = self._leading.draw(noise[:, 0], fixed)
        noise = noise[: len(cells)]
        rows: Codes = {name: cells[:, place] for place, name in enumerate(self._leading.names)}
        binned = {name: self._bins[name].of_codes(column) for name, column in rows.items()}
        sizes = {name: bins.n_bins for name, bins in self._bins.items()}
        for place, (name, parents) in enumerate(self._structure.items()):
            configurations = [
                _configuration(binned, parents[:depth], sizes, n=len(cells)) for depth in range(len(parents), -1, -1)
            ]
            binned[name] = _drawn(self._tables[name], configurations, noise[:, 1 + 2 * place])
            rows[name] = self._bins[name].draw(binned[name], noise[:, 2 + 2 * place])
        return rows

    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays: dict[str, NDArray[Any]] = {"leading.cells": self._leading.cells, "leading.counts": self._leading.counts}
        for number, (name, bins) in enumerate(self._bins.items()):
            arrays |= bins.arrays(f"bins.{number}")
            for depth, table in enumerate(self._tables.get(name, ())):
                arrays |= table.arrays(f"table.{number}.{depth}")
        structure = [[name, list(parents)] for name, parents in self._structure.items()]
        return {"leading": list(self._leading.names), "structure": structure, "columns": list(self._bins)}, arrays

    def _restore(self, saved: Saved) -> None:
        names = tuple(saved.extra["leading"])
        self._leading = LeadingBlock(names, saved.arrays["leading.cells"], saved.arrays["leading.counts"])
        self._structure = {name: tuple(parents) for name, parents in saved.extra["structure"]}
        numbers = {name: number for number, name in enumerate(saved.extra["columns"])}
        self._bins = {name: Bins.from_arrays(f"bins.{number}", saved.arrays) for name, number in numbers.items()}
        self._tables = {
            name: tuple(
                ConditionalTable.from_arrays(f"table.{numbers[name]}.{depth}", saved.arrays)
                for depth in range(len(parents) + 1)
            )
            for name, parents in self._structure.items()
        }


def _configuration(
    binned: Mapping[str, NDArray[np.int64]], parents: tuple[str, ...], sizes: Mapping[str, int], *, n: int | None = None
) -> NDArray[np.int64]:
    """The parents' values of each row as one number."""
    size = len(next(iter(binned.values()))) if n is None else n
    found = np.zeros(size, dtype=np.int64)
    for name in parents:
        found = found * sizes[name] + binned[name]
    return found


def _drawn(
    tables: Sequence[ConditionalTable], configurations: Sequence[NDArray[np.int64]], uniform: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Bins drawn from the first table where it has rows enough, else from the next; the last one has all rows."""
    left = uniform
    drawn = np.empty(len(uniform), dtype=np.int64)
    waiting = np.arange(len(uniform))
    for table, configuration in zip(tables, configurations, strict=True):
        trust = table.trust(configuration[waiting]) if table is not tables[-1] else np.ones(len(waiting))
        here = left < trust
        chosen = waiting[here]
        drawn[chosen] = table.draw(configuration[chosen], left[here] / trust[here])
        left = (left[~here] - trust[~here]) / (1 - trust[~here])
        waiting = waiting[~here]
    return drawn
