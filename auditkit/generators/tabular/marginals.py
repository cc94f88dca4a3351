"""Columns drawn one by one, as if none knew of the others: a reference that an audit must tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.data import Dataset
from auditkit.generators.interface import GeneratorInfo, Progress
from auditkit.generators.noise import uniform_noise
from auditkit.generators.persistence import Saved
from auditkit.generators.tabular.coded import CodedGenerator, Codes, Learnt

__all__ = ["MarginalsGenerator"]


class MarginalsGenerator(CodedGenerator):
    """Independent columns: every single column is right, and no two of them belong together.

    A reference for audits, bad on purpose: scores of single columns are perfect, a linear classifier finds nothing
    (.49 on Adult), and only what looks at several columns at once tells (a boosted one: .985).

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> MarginalsGenerator().fit(data).sample(2, conditions={"y": "a"}).label_values.tolist()
    ['a', 'a']
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="marginals",
        modality="tabular",
        family="reference",
        summary="Columns drawn independently of each other: a reference that an audit must fail on realism.",
        conditional="exact",
        stores_real_values=True,
        reference=True,
        citation="Sklar 1959, the independence copula",
    )

    def __init__(self) -> None:
        super().__init__()
        self._ends: dict[str, NDArray[np.int64]] = {}

    def _learn(self, codes: Codes, dataset: Dataset, *, seed: int, progress: Progress | None) -> Learnt:
        del dataset, seed
        self._ends = {
            name: np.cumsum(np.bincount(codes[name] + 1, minlength=len(pool.values) + 1))
            for name, pool in self._pools.items()
        }
        if progress is not None:
            progress(len(codes), len(codes), "columns")
        return Learnt(len(codes), ("The columns are drawn independently: a reference, not data to train on.",))

    def _exact(self, asked: Sequence[str]) -> Sequence[str]:
        return asked

    def _draw(self, start: int, count: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> Codes:
        noise = uniform_noise(count, len(self._ends), seed=seed, stage=stage, start=start)
        rows: Codes = {}
        for place, (name, ends) in enumerate(self._ends.items()):
            drawn = np.searchsorted(ends, np.floor(noise[:, place] * ends[-1]), side="right") - 1
            rows[name] = (np.full(count, fixed[name]) if name in fixed else drawn).astype(np.int32)
        return rows

    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        return {"names": list(self._ends)}, {f"ends.{place}": ends for place, ends in enumerate(self._ends.values())}

    def _restore(self, saved: Saved) -> None:
        self._ends = {name: saved.arrays[f"ends.{place}"] for place, name in enumerate(saved.extra["names"])}
