"""Classical augmentation of time series: each sample is a changed training series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.series.barycentre import barycentre
from auditkit.generators.series.remembered import RememberedSeries, Sources
from auditkit.generators.series.warps import WARPS, read_at

__all__ = ["SeriesAugment"]

OPERATIONS = (*WARPS, "barycentre")
_MAX_ALIGNED = 500
_NEIGHBOURS = 5
_AVERAGED = 3


class SeriesAugment(RememberedSeries):
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
    stage: ClassVar[str] = "series changes"

    def __init__(
        self, *, operations: Sequence[str] | None = None, n_operations: int = 1, strength: float = 0.5
    ) -> None:
        super().__init__()
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

    def _notes(self, sources: Sources) -> tuple[str, ...]:
        notes = ["each sample is a changed training series: it lies near to that one."]
        if "barycentre" in self.operations and int(sources.kept.lengths.max()) > _MAX_ALIGNED:
            notes.append(f"series of more than {_MAX_ALIGNED} steps are averaged step by step, not aligned.")
        return tuple(notes)

    def _one(self, sources: Sources, donor: int, rng: np.random.Generator) -> NDArray[np.float64]:
        series = sources.series[donor]
        chosen = rng.permutation(len(self.operations))[: self.n_operations]
        for name in (self.operations[place] for place in chosen):
            if name == "barycentre":
                series = self._between(series, donor, sources, rng)
            else:
                series = WARPS[name](series, self.strength, rng)
        return series

    def _between(
        self, series: NDArray[np.float64], donor: int, sources: Sources, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Mean of a series and some of its nearest ones with its label and groups; the weights are random."""
        alike = sources.alike(donor)
        alike = alike[alike != donor]
        if not len(alike):
            return series
        others = [_stretched(sources.series[place], len(series)) for place in alike]
        distances = np.array([float(np.square(other - series).sum()) for other in others])
        nearest = np.argsort(distances, kind="stable")[:_NEIGHBOURS]
        picked = rng.permutation(nearest)[: _AVERAGED - 1]
        weights = np.concatenate([[1.0], 2 * self.strength * rng.random(len(picked)) + 1e-6])
        if len(series) > _MAX_ALIGNED:
            stacked = np.stack([series, *(others[place] for place in picked)])
            return np.asarray(np.average(stacked, axis=0, weights=weights))
        return barycentre([series, *(sources.series[alike[place]] for place in picked)], weights)


def _stretched(series: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    return series if len(series) == length else read_at(series, np.linspace(0, len(series) - 1, length))
