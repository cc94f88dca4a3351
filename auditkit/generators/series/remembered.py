"""What generators share that learn nothing and make series from the training series."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.noise import stage_rng
from auditkit.generators.series.rows import SeriesRows, series_of

if TYPE_CHECKING:
    from auditkit.data import SeriesSamples
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["RememberedSeries", "Sources"]


@dataclass(frozen=True, eq=False)
class Sources:
    """Standardised training series, and what is kept beside them."""

    series: list[NDArray[np.float64]]
    kept: SeriesRows

    def alike(self, donor: int) -> NDArray[np.intp]:
        """Training series with the label and groups of one, itself among them."""
        members = self.kept.roles.members
        return np.flatnonzero(members == members[donor])


class RememberedSeries(ConditionedGenerator[Sources]):
    """A generator of series that holds all training series, and makes each sample from one of them and its like."""

    donors_stage: ClassVar[str] = "series donors"
    stage: ClassVar[str]
    """Name of the noise that samples are made with."""

    @abstractmethod
    def _one(self, sources: Sources, donor: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """A standardised series with the label and groups of a training series."""

    @abstractmethod
    def _notes(self, sources: Sources) -> tuple[str, ...]:
        """Sentences of the report."""

    def _learn(self, task: Task) -> Learnt[Sources]:
        sources = Sources(*series_of(task))
        return Learnt(sources, notes=self._notes(sources))

    def _draw(self, model: Sources, donors: NDArray[np.int64], *, seed: int) -> SeriesSamples:
        made = [self._one(model, int(donor), stage_rng(seed, self.stage, place)) for place, donor in enumerate(donors)]
        return model.kept.form.samples(made)

    def _state(self, model: Sources) -> State:
        extra, arrays = model.kept.state()
        return extra, arrays | {"steps": np.concatenate(model.series)}

    def _restore(self, saved: Saved, roles: Roles) -> Sources:
        kept = SeriesRows.restored(saved, roles)
        return Sources(np.split(saved.arrays["steps"], np.cumsum(kept.lengths)[:-1]), kept)
