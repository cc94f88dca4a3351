"""Augmented recordings: training recordings, changed a little, with their labels."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data import RecordingSamples
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.generators.audio.operations import DEFAULTS, OPERATIONS, Scene, change
from auditkit.generators.audio.waves import Levels, check_recordings, pack, unpack
from auditkit.generators.conditions import check_size, plan_conditions
from auditkit.generators.interface import (
    Budget,
    Conditions,
    FitReport,
    GeneratorInfo,
    Progress,
    Shortfall,
)
from auditkit.generators.noise import stage_rng, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, write_generator
from auditkit.generators.roles import Roles

if TYPE_CHECKING:
    from auditkit.data import Dataset, Samples

__all__ = ["AudioAugment"]

_BLOCK = 32


class AudioAugment:
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
        citation=(
            "Verhelst and Roelands 1993, WSOLA, for stretching; Park et al. 2019, SpecAugment, for masks; Zhang et al. "
            "2018, mixup"
        ),
    )

    def __init__(
        self, *, operations: Sequence[str] | None = None, n_operations: int = 2, strength: float = 1.0
    ) -> None:
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
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._roles: Roles | None = None
        self._samples: Samples | None = None
        self._levels = Levels()

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Remember the training recordings; nothing is learnt.

        Parameters
        ----------
        dataset : Dataset
            Recordings. They are read when samples are drawn.
        seed, budget
            Have no effect: there is nothing to train.
        progress : callable, optional

        Returns
        -------
        AudioAugment

        Raises
        ------
        DataError
            For data that are not recordings, or none.
        """
        del seed, budget
        started = time.perf_counter()
        self._samples = check_recordings(dataset, self.info.name)
        self._roles = Roles.of(dataset)
        self._levels = Levels.of(self._samples)
        self._outline = Outline.of(dataset)
        self.fit_report = FitReport(
            steps=0,
            seconds=time.perf_counter() - started,
            stopped_by="done",
            n_train=len(dataset),
            data_hash=dataset.hash,
            notes=("each sample is a changed training recording: it stays near its source, and an audit says so.",),
        )
        if progress is not None:
            progress(1, 1, "training recordings remembered")
        return self

    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n changed training recordings; conditions on label and groups are met exactly.

        Parameters
        ----------
        n : int
        conditions : mapping, optional
            `{"label": "yes"}`, or counts that add up to n: `{"label": {"yes": 10, "no": 5}}`.
        seed : int, default 0

        Returns
        -------
        Dataset
            With the schema of the training data.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        UnknownNameError
            For a condition on a level that was not in the training data.
        DataError
            For a combination of levels that no training recording has.
        """
        check_size(n)
        outline, roles = need_fitted(self._outline, self.info), need_fitted(self._roles, self.info)
        samples = need_fitted(self._samples, self.info)
        requests = plan_conditions(n, conditions, outline=outline, levels=roles.levels)
        donors = roles.donors(requests, uniform_noise(n, 1, seed=seed, stage="augment donors")[:, 0])
        self.shortfall = None

        def changed(block: slice) -> list[NDArray[np.float32]]:
            return [self._changed(int(donors[at]), at, seed=seed) for at in range(block.start, block.stop)]

        waves = [wave for part in run_blocks(changed, split_blocks(n, _BLOCK)) for wave in part]
        held = np.empty(n, dtype=object)
        held[:] = waves
        made = RecordingSamples(held, int(samples.rate or 1), int(samples.shape[0]))
        return outline.dataset(roles.table(donors), name=self.info.name, samples=made)

    def _changed(self, donor: int, at: int, *, seed: int) -> NDArray[np.float32]:
        samples, roles = need_fitted(self._samples, self.info), need_fitted(self._roles, self.info)
        # All that a sample draws comes from its own generator: it is the same however many are asked for.
        rng = stage_rng(seed, "augment recording", at)
        alike = np.flatnonzero(roles.members == roles.members[donor])
        scene = Scene(
            rate=int(samples.rate or 1),
            rng=rng,
            strength=self.strength,
            anyone=lambda: self._wave(int(rng.integers(len(samples)))),
            alike=lambda: self._wave(int(rng.choice(alike))),
        )
        chosen = rng.permutation(len(self.operations))[: self.n_operations]
        return self._levels.snap(change(self._wave(donor), [self.operations[one] for one in chosen], scene))

    def _wave(self, at: int) -> NDArray[np.float64]:
        wave: NDArray[np.float64] = need_fitted(self._samples, self.info).take([at])[0].astype(np.float64)
        return wave

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold the training recordings.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        extra: dict[str, Any] = {}
        arrays: dict[str, NDArray[Any]] = {}
        if self._samples is not None and self._roles is not None:
            samples, roles = self._samples, self._roles
            extra = {
                "roles": roles.to_json(),
                "rate": samples.rate,
                "grid": self._levels.grid,
                "peak": self._levels.peak,
            }
            arrays = roles.arrays() | pack(samples.take(np.arange(len(samples))), channels=int(samples.shape[0]))
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra=extra,
            arrays=arrays,
        )

    @classmethod
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        generator = cls(**saved.params)
        extra: Mapping[str, Any] = saved.extra
        generator._roles = Roles.from_saved(extra["roles"], saved.arrays)
        generator._samples = unpack(saved.arrays, rate=int(extra["rate"]))
        generator._levels = Levels(int(extra["grid"]), float(extra["peak"]))
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator
