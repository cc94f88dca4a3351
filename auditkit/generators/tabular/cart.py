"""Sequential trees: each column drawn from a tree on the columns before it. The default generator of tables."""

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
from auditkit.generators.tabular.coded import CodedGenerator, Codes, Learnt, is_number, role_columns
from auditkit.generators.tabular.leading import LeadingBlock
from auditkit.generators.tabular.sequential import SequentialTrees, leaf_size
from auditkit.generators.tabular.smoothing import smoothed_cells
from auditkit.generators.tabular.trees import DonorTree

__all__ = ["CartGenerator"]


class CartGenerator(CodedGenerator):
    """Sequential synthesis with classification and regression trees.

    Label and groups come first and are drawn together with the frequencies of the training data (as long as their
    combinations stay below a fifth of the rows); then the other columns, those with the most distinct values first,
    each from a tree on all columns before it, by drawing a value of a training row in the same leaf. On 10,000 rows
    of the Adult census this order gave as good a detection score as others with the fewest copies. Missing cells are
    values like any other. Names of records are numbered anew; free text is drawn whole.

    Parameters
    ----------
    min_samples_leaf : int, optional
        Training rows in a leaf at least; by default 30, less below 180 rows: a sixth of them, at least 5. Smaller
        leaves stay nearer to single records: with 500 rows of German credit, leaves of 10 put 59 % of the samples
        nearer to training than to held-out rows, leaves of 20 put 55 %; with 89 rows of wine, leaves of 7 put 75 and
        67 %, leaves of 15 put 56 and 67 %; a classifier tells them apart from real rows equally well. Where rows of few
        values would come back whole, by trees on one half of the rows, leaves are doubled, three times at most.
    smoothing : bool, default True
        Move numbers and moments that only one or two training rows have to a random place between their neighbours,
        on the grid of the column. Without it every cell is verbatim that of a training row: on Adult all values of the
        column of weights, with it 12 % of them, and fresh rows 27 %; the detection score is the same to .01.

    Notes
    -----
    Levels and texts that a single row has are drawn as they stand: leave out columns that name somebody, or call them
    ids.

    References
    ----------
    Reiter 2005, "Using CART to generate partially synthetic public use microdata", Journal of Official Statistics 21.
    Nowok, Raab, Dibben 2016, "synthpop: Bespoke creation of synthetic data in R", Journal of Statistical Software 74.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> CartGenerator().fit(data).sample(2, conditions={"y": "a"}).label_values.tolist()
    ['a', 'a']
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="cart",
        modality="tabular",
        family="tree",
        summary="Sequential trees: each column is drawn from a tree on the columns before it.",
        params={
            "min_samples_leaf": "training rows in a leaf at least (30, less on small data)",
            "smoothing": "move numbers of one or two records between their neighbours (true)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"min_samples_leaf": (5, 15, 60)},
        citation="Reiter 2005, Journal of Official Statistics 21; Nowok et al. 2016, J. of Statistical Software 74",
    )

    def __init__(self, *, min_samples_leaf: int | None = None, smoothing: bool = True) -> None:
        if min_samples_leaf is not None and min_samples_leaf < 1:
            message = f"generator 'cart' needs min_samples_leaf of at least 1, got {min_samples_leaf!r}."
            raise AuditkitError(message)
        super().__init__()
        self.min_samples_leaf = min_samples_leaf
        self.smoothing = smoothing
        nothing = LeadingBlock((), np.empty((0, 0), dtype=np.int32), np.empty(0, dtype=np.int64))
        self._model = SequentialTrees(nothing, {})

    def _learn(self, codes: Codes, dataset: Dataset, *, seed: int, progress: Progress | None) -> Learnt:
        candidates = role_columns(dataset, self._pools)
        if not candidates:
            candidates = (max(self._pools, key=lambda name: len(self._pools[name].values)),)
        leaf = self.min_samples_leaf
        notes: tuple[str, ...] = ()
        if leaf is None:
            leaf, notes = leaf_size(codes, self._pools, candidates, smoothing=self.smoothing, seed=seed)
        self._model = SequentialTrees.of(codes, self._pools, candidates, leaf=leaf, seed=seed, progress=progress)
        return Learnt(len(self._model.trees), notes)

    def _exact(self, asked: Sequence[str]) -> Sequence[str]:
        return [name for name in asked if name in self._model.leading.names]

    def _draw(self, start: int, count: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> Codes:
        noise = uniform_noise(count, self._model.width, seed=seed, stage=stage, start=start)
        return self._model.draw(noise, fixed)

    def _cells(self, column: Column, codes: NDArray[Any], *, seed: int) -> pd.Series:
        pool = self._pools[column.name]
        if not self.smoothing or not is_number(pool) or not len(pool.values):
            return super()._cells(column, codes, seed=seed)
        place = list(self._pools).index(column.name)
        jitter = uniform_noise(len(codes), 1, seed=seed, stage=f"smoothing {place}")[:, 0]
        return smoothed_cells(pool, codes, jitter)

    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        leading, trees = self._model.leading, self._model.trees
        arrays: dict[str, NDArray[Any]] = {"leading.cells": leading.cells, "leading.counts": leading.counts}
        for number, tree in enumerate(trees.values()):
            arrays |= {f"tree.{number}.{part}": array for part, array in tree.arrays().items()}
        return {"leading": list(leading.names), "order": list(trees)}, arrays

    def _restore(self, saved: Saved) -> None:
        trees = {}
        for number, name in enumerate(saved.extra["order"]):
            prefix = f"tree.{number}."
            parts = {key.removeprefix(prefix): array for key, array in saved.arrays.items() if key.startswith(prefix)}
            trees[name] = DonorTree.from_arrays(parts)
        names = tuple(saved.extra["leading"])
        leading = LeadingBlock(names, saved.arrays["leading.cells"], saved.arrays["leading.counts"])
        self._model = SequentialTrees(leading, trees)
