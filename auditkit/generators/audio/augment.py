"""Augmented recordings: training recordings, changed a little, with their labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data import RecordingSamples
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.audio.operations import DEFAULTS, OPERATIONS, Scene, change
from auditkit.generators.audio.waves import Levels, pack, unpack
from auditkit.generators.conditioned import ConditionedGenerator, Learnt, State, Task
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.noise import stage_rng

if TYPE_CHECKING:
    from auditkit.data import Samples
    from auditkit.generators.persistence import Saved
    from auditkit.generators.roles import Roles

__all__ = ["AudioAugment"]

_BLOCK = 32
_NOTE = "each sample is a changed training recording: it stays near its source, and an audit says so."


@dataclass(frozen=True)
class _Sources:
    """Training recordings, read when samples are drawn."""

    samples: Samples
    members: NDArray[np.int64]
    levels: Levels

    @property
    def rate(self) -> int:
        return int(self.samples.rate or 1)

    def wave(self, at: int) -> NDArray[np.float64]:
        found: NDArray[np.float64] = self.samples.take([at])[0].astype(np.float64)
        return found


class AudioAugment(ConditionedGenerator[_Sources]):
    """Training recordings changed by random operations of random strength, labels kept.

    Each sample takes a training recording that meets the conditions and applies `n_operations` of `operations`, drawn
    without return. A recording that grows louder than full scale is made quieter as a whole, and samples return to the
    bit depth of the training recordings. Only `stretch` changes a length.

    Parameters
    ----------
    operations : sequence of str, optional
        Among noise (white, pink or brown, at a ratio of 45 to 15 dB), babble (three other recordings, the same ratios),
        stretch (up to a fifth), pitch (up to 2 semitones), shift (up to a tenth of the length), gain (up to 6 dB),
        polarity, filter (a band-pass), clip, reverb, mask (a stretch of time and a band silenced) and mixup (with
        another recording of the same label and groups). By default those that leave speech what it is: noise, stretch,
        pitch, shift, gain, filter, reverb.
    n_operations : int, default 2
        Operations per recording.
    strength : float, default 1.0
        Factor of all reaches, in (0, 3].

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset
    >>> waves = RecordingSamples.of([np.sin(np.arange(800.0) / step) for step in (3, 5, 7)], rate=8000)
    >>> data = Dataset.of_table(pd.DataFrame({"word": ["a", "b", "a"]}), label="word", samples=waves)
    >>> augment = AudioAugment(operations=["pitch", "noise"]).fit(data)
    >>> [wave.shape for wave in augment.sample(2, seed=1).arrays()]
    [(800, 1), (800, 1)]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="augment",
        modality="audio",
        family="augmentation",
        summary="Training recordings changed by noise, stretching, pitch, filters, rooms and the like, labels kept.",
        params={
            "operations": f"any of {', '.join(OPERATIONS)} ({', '.join(DEFAULTS)})",
            "n_operations": "operations per recording (2)",
            "strength": "factor of all reaches, in (0, 3] (1.0)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"n_operations": (1, 3), "strength": (0.5,)},
        citation=(
            "Verhelst and Roelands 1993, WSOLA, for stretching; Park et al. 2019, SpecAugment, for masks; Zhang et al. "
            "2018, mixup"
        ),
    )
    donors_stage: ClassVar[str] = "augment donors"

    def __init__(
        self, *, operations: Sequence[str] | None = None, n_operations: int = 2, strength: float = 1.0
    ) -> None:
        super().__init__()
        self.operations = list(DEFAULTS if operations is None else operations)
        for name in self.operations:
            if name not in OPERATIONS:
                raise UnknownNameError.of("operation of 'augment'", name, OPERATIONS)
        if not 1 <= n_operations <= max(len(self.operations), 1):
            raise AuditkitError(
                f"n_operations must be 1 to {len(self.operations)}, the number of operations, got {n_operations!r}."
            )
        if not self.operations:
            raise AuditkitError("`operations` must name at least one operation, got none: leave it out for the usual.")
        if not 0 < strength <= 3:  # noqa: PLR2004 - beyond, nothing of most recordings is left
            raise AuditkitError(f"strength must lie in (0, 3], got {strength!r}.")
        self.n_operations = n_operations
        self.strength = strength

    def _learn(self, task: Task) -> Learnt[_Sources]:
        return Learnt(_Sources(task.samples, task.roles.members, Levels.of(task.samples)), notes=(_NOTE,))

    def _draw(self, model: _Sources, donors: NDArray[np.int64], *, seed: int) -> Samples:
        def changed(block: slice) -> list[NDArray[np.float32]]:
            return [self._changed(model, int(donors[at]), at, seed=seed) for at in range(block.start, block.stop)]

        waves = [wave for part in run_blocks(changed, split_blocks(len(donors), _BLOCK)) for wave in part]
        held = np.empty(len(donors), dtype=object)
        held[:] = waves
        return RecordingSamples(held, model.rate, int(model.samples.shape[0]))

    def _changed(self, model: _Sources, donor: int, at: int, *, seed: int) -> NDArray[np.float32]:
        # All that a sample draws comes from its own generator: it is the same however many are asked for.
        rng = stage_rng(seed, "augment recording", at)
        alike = np.flatnonzero(model.members == model.members[donor])
        scene = Scene(
            rate=model.rate,
            rng=rng,
            strength=self.strength,
            anyone=lambda: model.wave(int(rng.integers(len(model.samples)))),
            alike=lambda: model.wave(int(rng.choice(alike))),
        )
        chosen = rng.permutation(len(self.operations))[: self.n_operations]
        return model.levels.snap(change(model.wave(donor), [self.operations[one] for one in chosen], scene))

    def _state(self, model: _Sources) -> State:
        samples, levels = model.samples, model.levels
        extra = {"rate": samples.rate, "grid": levels.grid, "peak": levels.peak}
        return extra, pack(samples.take(np.arange(len(samples))), channels=int(samples.shape[0]))

    def _restore(self, saved: Saved, roles: Roles) -> _Sources:
        samples = unpack(saved.arrays, rate=int(saved.extra["rate"]))
        return _Sources(samples, roles.members, Levels(int(saved.extra["grid"]), float(saved.extra["peak"])))
