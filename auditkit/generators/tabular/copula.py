"""A Gaussian copula for mixed columns: every column has its own distribution, one correlation matrix joins them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from auditkit.data import Dataset
from auditkit.generators.interface import GeneratorInfo, Progress
from auditkit.generators.noise import CHUNK, normal_noise, uniform_noise
from auditkit.generators.persistence import Saved
from auditkit.generators.tabular.coded import CodedGenerator, Codes, Learnt, is_number
from auditkit.generators.tabular.normal_margins import Margin, latent_correlations

__all__ = ["CopulaGenerator"]


class CopulaGenerator(CodedGenerator):
    """Gaussian copula: a normal deviate per column, cut at the shares of its observed values.

    A number is cut at its distribution; a category at the shares of its levels, which are ordered by how often they go
    with the label (without one, by the first component of the numbers); a gap in a column of numbers has a deviate of
    its own. The correlation of two deviates is that at which their cut versions have the covariance of the training
    rows, so atoms, ties and rare levels do not weaken it.

    Notes
    -----
    One condition is exact: the deviate of its column is drawn between its two cuts, the others given it. Further ones
    are met by drawing among those rows. Numbers may be conditions by an observed value. What no correlation can say
    (a number that is large in the middle of another's range) is lost: expect a boosted classifier to tell most rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> data = load(pd.DataFrame({"x": [1.5, 2.5, 2.5, 4.0], "y": ["a", "b", "b", "a"]}), label="y")
    >>> CopulaGenerator().fit(data).sample(2, conditions={"y": "a"}).label_values.tolist()
    ['a', 'a']
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="copula",
        modality="tabular",
        family="copula",
        summary="Gaussian copula: each column's own distribution, joined by one correlation matrix.",
        conditional="exact",
        stores_real_values=True,
        citation="Sklar 1959; Nelsen 2006, An Introduction to Copulas; Olsson 1979 on polychoric correlation",
    )
    seen_conditions: ClassVar[bool] = True

    def __init__(self) -> None:
        super().__init__()
        self._margins: tuple[Margin, ...] = ()
        self._texts: tuple[str, ...] = ()
        self._correlation: NDArray[np.float64] = np.empty((0, 0))
        self._root: NDArray[np.float64] = np.empty((0, 0))

    def _learn(self, codes: Codes, dataset: Dataset, *, seed: int, progress: Progress | None) -> Learnt:
        del seed
        self._texts = tuple(name for name, pool in self._pools.items() if pool.column.kind == "text")
        learnt = {name: pool for name, pool in self._pools.items() if name not in self._texts}
        self._margins = Margin.of_columns(learnt, codes, label=dataset.label)
        self._set(latent_correlations(self._margins, codes))
        if progress is not None:
            progress(len(codes), len(codes), "columns")
        return Learnt(len(self._margins))

    def _set(self, correlation: NDArray[np.float64]) -> None:
        self._correlation = correlation
        self._root = np.asarray(np.linalg.cholesky(correlation), dtype=np.float64)

    def _exact(self, asked: Sequence[str]) -> Sequence[str]:
        able = [name for name in asked if name not in self._texts and not self._has_gap(name)]
        return able[:1]

    def _has_gap(self, name: str) -> bool:
        return is_number(self._pools[name]) and self._pools[name].n_missing > 0

    def _draw(self, start: int, count: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> Codes:
        # Whole chunks, so that a row's digits never depend on how many rows were asked for.
        first, last = start // CHUNK, -(-(start + count) // CHUNK)
        chunks = [self._deviates(chunk * CHUNK, fixed, seed=seed, stage=stage) for chunk in range(first, last)]
        blank = np.empty((0, len(self._margins)))
        shares = ndtr(np.concatenate([blank, *chunks])[start - first * CHUNK :][:count])
        rows: Codes = {}
        for place, margin in enumerate(self._margins):
            if not margin.is_gap:
                rows[margin.name] = margin.codes_of(shares[:, place])
        for place, margin in enumerate(self._margins):
            if margin.is_gap:
                rows[margin.name] = np.where(
                    margin.codes_of(shares[:, place]) < 0, -1, rows.get(margin.name, -1)
                ).astype(np.int32)
        noise = uniform_noise(count, len(self._texts), seed=seed, stage=f"{stage} texts", start=start)
        for place, name in enumerate(self._texts):
            rows[name] = self._pools[name].codes_of_shares(noise[:, place]).astype(np.int32)
        for name, code in fixed.items():  # the way through the normal distribution can round onto the next value
            rows[name] = np.full(count, code, dtype=np.int32)
        return rows

    def _deviates(self, start: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> NDArray[np.float64]:
        """Normal deviates of one chunk of rows, given that the fixed column's lies between the cuts of its cell."""
        free = normal_noise(CHUNK, len(self._margins), seed=seed, stage=stage, start=start)
        drawn: NDArray[np.float64] = free @ self._root.T
        for name, code in fixed.items():
            place = next(at for at, margin in enumerate(self._margins) if margin.name == name)
            low, high = self._margins[place].limits(code)
            uniform = uniform_noise(CHUNK, 1, seed=seed, stage=f"{stage} fixed", start=start)[:, 0]
            wanted = ndtri(low + (high - low) * (0.5 * 2**-53 + uniform))
            drawn = drawn + np.outer(wanted - drawn[:, place], self._correlation[place])
        return drawn

    def _state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        arrays: dict[str, NDArray[Any]] = {"correlation": self._correlation}
        for place, margin in enumerate(self._margins):
            arrays |= {f"margin.{place}.codes": margin.codes, f"margin.{place}.edges": margin.edges}
        names = [[margin.name, margin.is_gap] for margin in self._margins]
        return {"margins": names, "texts": list(self._texts)}, arrays

    def _restore(self, saved: Saved) -> None:
        self._texts = tuple(saved.extra["texts"])
        self._margins = tuple(
            Margin(name, saved.arrays[f"margin.{place}.codes"], saved.arrays[f"margin.{place}.edges"], is_gap)
            for place, (name, is_gap) in enumerate(saved.extra["margins"])
        )
        self._set(saved.arrays["correlation"])
