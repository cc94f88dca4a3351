"""What the tabular generators that train a network share: fitting, exact conditions, rows in fixed chunks, saving."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.generators.conditions import Request, check_size, draw_until, plan_conditions, say_shortfall
from auditkit.generators.interface import Budget, Conditions, FitReport, GeneratorInfo, Progress, Shortfall
from auditkit.generators.noise import CHUNK, uniform_noise
from auditkit.generators.outline import Outline, need_fitted
from auditkit.generators.persistence import read_generator, refuse_damage, write_generator
from auditkit.generators.private import Privacy, RowLosses, train_privately
from auditkit.generators.remembering import remembered
from auditkit.generators.tabular.columns import Columns, read_columns
from auditkit.generators.torch_models import report_training, restore_weights, train_within, weight_arrays
from auditkit.training import Trainer, Training, find_device, one_thread

if TYPE_CHECKING:
    from auditkit.data import Dataset, Schema

__all__ = ["NeuralTable", "Plan"]

NetworkT = TypeVar("NetworkT", bound=torch.nn.Module)


_SMALL = 50
_SMALL_STEPS = 100


@dataclass(frozen=True)
class Plan:
    """How a network is to be trained.

    Attributes
    ----------
    trainer : Trainer
    privacy : Privacy or None
    seed : int
    budget : Budget or None
    progress : callable or None
    """

    trainer: Trainer
    privacy: Privacy | None
    seed: int
    budget: Budget | None
    progress: Progress | None

    def train(self, network: NetworkT, losses: RowLosses[NetworkT], *, n: int) -> tuple[Training, float | None]:
        """Train on losses of single rows; also the epsilon that was spent, if it was private."""
        seed, budget, progress = self.seed, self.budget, self.progress
        if self.privacy is not None:
            return train_privately(
                budget, self.trainer, network, losses, privacy=self.privacy, n=n, seed=seed, progress=progress
            )

        def loss(network: NetworkT, rows: torch.Tensor, rng: torch.Generator) -> torch.Tensor:
            return losses(network, rows, rng).mean()

        return train_within(budget, self.trainer, network, loss, n=n, seed=seed, progress=progress), None


class NeuralTable(ABC, Generic[NetworkT]):
    """A table generator with one network, told label and groups, for the columns that are left.

    Label and groups are drawn first, together, as often as in the training data; conditions on them are met exactly,
    those on other columns by bounded rejection. Ids are numbered anew, texts drawn from the observed ones.
    """

    info: ClassVar[GeneratorInfo]
    steps: int

    def __init__(self, *, smoothing: bool, device: str, dp: Mapping[str, float] | None = None, **sizes: float) -> None:
        find_device(device)
        Privacy.read(dp, name=self.info.name)
        for name, size in sizes.items():
            if size <= 0:
                raise AuditkitError(f"generator {self.info.name!r} needs {name} above 0, got {size!r}.")
        self.smoothing = smoothing
        self.device = device
        self.dp = None if dp is None else dict(dp)
        self.fit_report: FitReport | None = None
        self.shortfall: Shortfall | None = None
        self._outline: Outline | None = None
        self._columns: Columns | None = None
        self._network: NetworkT | None = None

    @abstractmethod
    def _build(self, columns: Columns, *, seed: int) -> NetworkT:
        """New network for these columns."""

    @abstractmethod
    def _trainer(self) -> Trainer:
        """Settings of the training run; device and the steps for small data are put in by `fit`."""

    @abstractmethod
    def _train(
        self, network: NetworkT, columns: Columns, codes: NDArray[np.int64], plan: Plan
    ) -> tuple[Training, float | None]:
        """Train the network on rows of positions; also the epsilon that was spent, if it was private."""

    @abstractmethod
    def _fill(
        self, network: NetworkT, columns: Columns, codes: NDArray[np.int64], *, seed: int, stage: str, start: int
    ) -> None:
        """Draw the learnt columns of a chunk of rows whose leading columns are there, in place.

        Noise comes from `seed`, `stage` and the row numbers from `start` on, and from nothing else.
        """

    def fit(
        self, dataset: Dataset, *, seed: int = 0, budget: Budget | None = None, progress: Progress | None = None
    ) -> Self:
        """Learn the joint distribution of the columns.

        Parameters
        ----------
        dataset : Dataset
            A table with one row per unit. Ids are not learnt (samples get new ones); free texts are drawn from the
            observed ones, independently of the other columns.
        seed : int, default 0
        budget : Budget, optional
        progress : callable, optional
            Called with steps done, steps planned and the loss in words.

        Returns
        -------
        The generator itself, with `fit_report`.

        Raises
        ------
        DataError
            For other data than tables, for several rows per unit, and for tables with nothing but ids and texts.
        SampleSizeError
            For no rows.
        TrainingError
            When the loss does not stay finite.
        MissingDependencyError
            For `dp` without opacus.
        """
        columns, codes = read_columns(dataset, self.info)
        trainer, notes = replace(self._trainer(), device=self.device), _notes(dataset.schema)
        if len(codes) < _SMALL and self.steps > _SMALL_STEPS:
            # Without rows to validate on, a network would go on to learn these few by heart.
            trainer = replace(trainer, steps=_SMALL_STEPS)
            notes += (f"{len(codes)} rows: {_SMALL_STEPS} steps instead of {self.steps}, unless a budget says more.",)
        network = self._build(columns, seed=seed)
        plan = Plan(trainer, Privacy.read(self.dp, name=self.info.name), seed, budget, progress)
        training, epsilon = self._train(network, columns, codes, plan)
        self._outline, self._columns, self._network = Outline.of(dataset, seed=seed), columns, network.eval()
        self.shortfall = None
        self.fit_report = replace(report_training(training, dataset, notes=notes), epsilon=epsilon)
        return self

    @remembered
    def sample(self, n: int, *, conditions: Conditions | None = None, seed: int = 0) -> Dataset:
        """Draw n rows; conditions on label and groups are exact, others are met by bounded rejection.

        Parameters
        ----------
        n : int
        conditions : mapping or DataFrame, optional
            `{"sex": "Female"}`, or counts that add up to n: `{"income": {">50K": 10, "<=50K": 5}}`; or a frame of n
            rows of fixed cells, as `balance` makes it.
        seed : int, default 0

        Returns
        -------
        Dataset
            With the schema of the training data. Fewer than n rows only with a ShortfallWarning; `shortfall` then
            holds the numbers.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        UnknownNameError
            For a condition on a column or level that was not in the training data.
        """
        check_size(n)
        outline, columns = need_fitted(self._outline, self.info), need_fitted(self._columns, self.info)
        levels = {pool.column.name: pool.levels for pool in columns.pools if not pool.ordered}
        requests = plan_conditions(n, conditions, outline=outline, levels=levels)
        drawn = [self._meet(request, seed=seed, number=number) for number, request in enumerate(requests)]
        codes = np.concatenate([columns.none, *(rows for rows, _ in drawn)])
        tried = sum(count for _, count in drawn)
        self.shortfall = say_shortfall(
            requested=n, got=len(codes), accept_rate=len(codes) / max(tried, 1), conditions=conditions
        )
        return self._told(codes, seed=seed)

    def _meet(self, request: Request, *, seed: int, number: int) -> tuple[NDArray[np.int64], int]:
        """Rows of one request, and how many were drawn for it."""
        columns = need_fitted(self._columns, self.info)
        names = [pool.column.name for pool in columns.pools]
        fixed = {
            names.index(name): columns.pools[names.index(name)].levels.index(level)
            for name, level in request.fixed.items()
        }
        exact = {names[at]: code for at, code in fixed.items() if at in columns.leading}
        others = {at: code for at, code in fixed.items() if at not in columns.leading}

        def draw(start: int, count: int) -> NDArray[np.int64]:
            return self._draw(start, count, exact, seed=seed, stage=f"sample {number}")

        if not others:
            return draw(0, request.n), request.n

        def accept(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
            met: NDArray[np.bool_] = np.logical_and.reduce([codes[:, at] == code for at, code in others.items()])
            return met

        batches, _, tried = draw_until(draw, accept=accept, n=request.n)
        return np.concatenate([columns.none, *(codes[positions] for codes, positions in batches)]), tried

    def _draw(self, start: int, count: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> NDArray[np.int64]:
        """Rows start to start + count of the endless sequence that belongs to a seed and a stage."""
        columns = need_fitted(self._columns, self.info)
        # Whole chunks, so that a row's digits never depend on how many rows were asked for.
        first, last = start // CHUNK, -(-(start + count) // CHUNK)
        chunks = [self._chunk(chunk * CHUNK, fixed, seed=seed, stage=stage) for chunk in range(first, last)]
        return np.concatenate([columns.none, *chunks])[start - first * CHUNK :][:count]

    def _chunk(self, start: int, fixed: Mapping[str, int], *, seed: int, stage: str) -> NDArray[np.int64]:
        columns, network = need_fitted(self._columns, self.info), need_fitted(self._network, self.info)
        n_texts = len(columns.texts)
        codes = columns.lead(uniform_noise(CHUNK, 1 + n_texts, seed=seed, stage=f"{stage} leading", start=start), fixed)
        if len(codes) == 0:
            return codes
        with one_thread(), torch.no_grad():
            self._fill(network, columns, codes, seed=seed, stage=stage, start=start)
        return codes

    def _told(self, codes: NDArray[np.int64], *, seed: int) -> Dataset:
        """Rows of positions as a synthetic dataset."""
        outline, columns = need_fitted(self._outline, self.info), need_fitted(self._columns, self.info)
        jitter = uniform_noise(*codes.shape, seed=seed, stage="smoothing") if self.smoothing else None
        return outline.dataset(columns.table(codes, jitter), name=self.info.name)

    def save(self, folder: str | Path) -> None:
        """Write generator.json and arrays.safetensors into a folder; they hold observed values, but no records.

        Raises
        ------
        NotFittedError
            Before `fit` or `load`.
        """
        columns, network = self._columns, self._network
        write_generator(
            folder,
            info=self.info,
            params={name: getattr(self, name) for name in self.info.params},
            outline=self._outline,
            report=self.fit_report,
            extra={"columns": columns.to_json() if columns else None},
            arrays={**(columns.arrays() if columns else {}), **(weight_arrays(network) if network else {})},
        )

    @classmethod
    @refuse_damage
    def load(cls, folder: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        DataError
            When the folder holds no such generator.
        """
        saved = read_generator(folder, info=cls.info)
        # Where it was trained need not be here: rows are drawn on the CPU.
        generator = cls(**{**saved.params, "device": "cpu"})
        columns = Columns.from_saved(saved.extra["columns"], saved.arrays)
        generator._columns = columns
        generator._network = restore_weights(generator._build(columns, seed=0), saved.arrays)
        generator._outline, generator.fit_report = saved.outline, saved.report
        return generator


def _notes(schema: Schema) -> tuple[str, ...]:
    notes = []
    if schema.of_kind("text"):
        notes.append(f"texts are drawn from the training rows: {', '.join(schema.of_kind('text'))}.")
    if schema.of_kind("id"):
        notes.append(f"ids are new and not learnt: {', '.join(schema.of_kind('id'))}.")
    return tuple(notes)
