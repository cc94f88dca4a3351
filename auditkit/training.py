"""One trainer for every torch model: a budget in steps, one-cycle rate, moving average, early stopping, recovery.

Nothing here reads or sets a global seed, and torch computes on one thread while a model trains: the same seed and the
same number of steps give the same weights, bit for bit, on one thread and on many.
"""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

import numpy as np
import torch

from auditkit.blocks import Progress, single_threaded
from auditkit.errors import AuditkitError, SampleSizeError
from auditkit.learning_rate import one_cycle

__all__ = [
    "CurvePoint",
    "Loss",
    "Trainer",
    "Training",
    "TrainingError",
    "build_module",
    "derive_seed",
    "one_cycle",
    "one_thread",
    "torch_rng",
]

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)
Loss = Callable[[ModuleT, torch.Tensor, torch.Generator], torch.Tensor]
StoppedBy = Literal["steps", "seconds", "early_stopping"]

_INIT, _SPLIT, _BATCHES, _NOISE, _VALIDATION = range(5)
_MAX_RECOVERIES = 3
_CALIBRATION_STEPS = 20
_MIN_ROWS_TO_SPLIT = 50
_MAX_VALIDATION = 2000


class TrainingError(AuditkitError):
    """A model could not be trained: its loss did not stay finite."""


@dataclass(frozen=True)
class CurvePoint:
    """Losses at one check of a training run.

    Attributes
    ----------
    step : int
        Steps done.
    train : float
        Mean loss of the batches since the last check.
    valid : float or None
        Loss of the averaged weights on the validation rows; None without such rows.
    """

    step: int
    train: float
    valid: float | None


@dataclass(frozen=True)
class Training:
    """What a training run did.

    Attributes
    ----------
    steps : int
        Steps done.
    planned_steps : int
        Steps that the learning rate was laid out for; the same data, seed and `steps=planned_steps` repeat the run.
    best_step : int
        Step whose averaged weights were kept.
    seconds : float
        Time on the wall.
    stopped_by : {"steps", "seconds", "early_stopping"}
    curve : tuple of CurvePoint
    notes : tuple of str
        What a reader should know: recoveries, a budget in seconds, no validation rows.
    """

    steps: int
    planned_steps: int
    best_step: int
    seconds: float
    stopped_by: StoppedBy
    curve: tuple[CurvePoint, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Trainer:
    """Settings of a training run; `train` carries it out.

    Parameters
    ----------
    steps : int, default 2000
        Batches to train on. Steps are the reproducible budget.
    seconds : float, optional
        Time budget: the step time is measured first, on a copy, and the number of steps is fixed from it, `steps` at
        most when `cap_steps` is true. Another machine gives another number, so the result does not repeat.
    cap_steps : bool, default False
        Whether `steps` limits a budget in seconds.
    batch : int, default 256
        Rows per step; all rows where there are fewer.
    learning_rate : float, default 2e-3
        Peak of the one-cycle schedule of Adam.
    ema : float, default 0.995
        Decay of the moving average of the weights; the average is what is kept.
    clip : float, default 1.0
        Largest norm of the gradient.
    check_every : int, default 100
        Steps between checks on the validation rows.
    patience : int, default 8
        Checks without a better validation loss before training stops.
    valid : float, default 0.1
        Share of the rows kept for validation; none with fewer than 50 rows, and 2,000 at most.
    """

    steps: int = 2000
    seconds: float | None = None
    cap_steps: bool = False
    batch: int = 256
    learning_rate: float = 2e-3
    ema: float = 0.995
    clip: float = 1.0
    check_every: int = 100
    patience: int = 8
    valid: float = 0.1

    def train(
        self, model: ModuleT, loss: Loss[ModuleT], *, n: int, seed: int = 0, progress: Progress | None = None
    ) -> Training:
        """Train a model in place; it ends with the averaged weights of the best check.

        Parameters
        ----------
        model : torch.nn.Module
            On the CPU. Changed in place and left in evaluation mode.
        loss : callable
            `loss(model, rows, rng)` -> scalar tensor, the mean loss over `rows` (int64 indices below `n`); its noise
            comes from `rng` alone.
        n : int
            Rows to train on.
        seed : int, default 0
        progress : callable, optional
            Called at every check with steps done, steps planned and the loss in words.

        Returns
        -------
        Training

        Raises
        ------
        SampleSizeError
            If `n` is 0.
        TrainingError
            If the loss stops being finite four times; each of the first three restores the last good weights and
            halves the learning rate.
        """
        if n < 1:
            raise SampleSizeError(f"training needs at least 1 row, got {n}: give data with rows.")
        started = time.perf_counter()
        with one_thread():
            planned = self._plan_steps(model, loss, n=n, seed=seed)
            run = _Run(self, model, loss, n=n, seed=seed, planned=planned)
            run.run(progress)
        return run.report(seconds=time.perf_counter() - started)

    def _plan_steps(self, model: ModuleT, loss: Loss[ModuleT], *, n: int, seed: int) -> int:
        if self.seconds is None:
            return self.steps
        pace = _seconds_per_step(self, model, loss, n=n, seed=seed)
        left = self.seconds - pace * _CALIBRATION_STEPS
        affordable = max(1, int(left / pace))
        return min(self.steps, affordable) if self.cap_steps else affordable


def derive_seed(*path: int) -> int:
    """Seed for one stage, drawn from the path of seeds and stage numbers that leads to it."""
    return int(np.random.SeedSequence(path).generate_state(1, np.uint64)[0])


def torch_rng(*path: int) -> torch.Generator:
    """Local torch generator for one stage; see `derive_seed`."""
    return torch.Generator().manual_seed(derive_seed(*path))


def build_module(build: Callable[[], ModuleT], *, seed: int) -> ModuleT:
    """Module whose initial weights follow from the seed; torch's global generator is left as it was."""
    with one_thread(), torch.random.fork_rng(devices=[]):
        # torch.manual_seed would also reach the accelerators' generators, which the fork does not restore.
        torch.default_generator.manual_seed(derive_seed(seed, _INIT))
        return build()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch, BLAS and OpenMP at one thread while the block runs, then restore what was set."""
    before = torch.get_num_threads()
    with single_threaded():
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


class _Batches:
    """Endless shuffled batches of equal size."""

    def __init__(self, rows: torch.Tensor, size: int, rng: torch.Generator) -> None:
        self._rows, self._size, self._rng = rows, min(size, len(rows)), rng
        self._order, self._at = rows, len(rows)

    def take(self) -> torch.Tensor:
        if self._at + self._size > len(self._order):
            self._order = self._rows[torch.randperm(len(self._rows), generator=self._rng)]
            self._at = 0
        self._at += self._size
        return self._order[self._at - self._size : self._at]


@dataclass
class _Record:
    """What changes while a model trains, apart from its weights."""

    step: int = 0
    best: float = math.inf
    best_step: int = 0
    stale: int = 0
    recoveries: int = 0
    curve: list[CurvePoint] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    recent: list[float] = field(default_factory=list)
    stopped_by: StoppedBy = "steps"


class _Run(Generic[ModuleT]):
    """One training run."""

    def __init__(
        self, trainer: Trainer, model: ModuleT, loss: Loss[ModuleT], *, n: int, seed: int, planned: int
    ) -> None:
        self.trainer, self.model, self.loss, self.planned, self.seed = trainer, model, loss, planned, seed
        train_rows, self.valid_rows = _split_rows(n, trainer.valid, torch_rng(seed, _SPLIT))
        self.batches = _Batches(train_rows, trainer.batch, torch_rng(seed, _BATCHES))
        self.noise = torch_rng(seed, _NOISE)
        self.average = copy.deepcopy(model).requires_grad_(requires_grad=False).eval()
        self.good = _weights(model)
        self.best_weights: dict[str, torch.Tensor] | None = None
        self.optimizer = self._new_optimizer()
        self.record = _Record()
        if trainer.seconds is not None:
            self.record.notes.append(
                f"the budget of {trainer.seconds:g} s was turned into {planned} steps on this machine: "
                f"repeat the run with a budget of {planned} steps."
            )
        if len(self.valid_rows) == 0:
            self.record.notes.append(f"{n} rows are too few for validation rows: no early stopping.")

    def run(self, progress: Progress | None) -> None:
        record = self.record
        self.model.train()
        while record.step < self.planned:
            self._step()
            if record.step % self.trainer.check_every == 0 or record.step == self.planned:
                self._check()
                if progress is not None and record.curve:
                    progress(record.step, self.planned, f"loss {record.curve[-1].train:.4g}")
                if record.stale >= self.trainer.patience:
                    record.stopped_by = "early_stopping"
                    break
        self._keep()

    def report(self, *, seconds: float) -> Training:
        record = self.record
        by_time = self.trainer.seconds is not None and record.stopped_by == "steps"
        return Training(
            steps=record.step,
            planned_steps=self.planned,
            best_step=record.best_step,
            seconds=seconds,
            stopped_by="seconds" if by_time else record.stopped_by,
            curve=tuple(record.curve),
            notes=tuple(record.notes),
        )

    def _step(self) -> None:
        rate = self.trainer.learning_rate * one_cycle(self.record.step / self.planned) / 2**self.record.recoveries
        self.record.step += 1
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss(self.model, self.batches.take(), self.noise)
        value = float(loss.detach())
        if not math.isfinite(value):
            self._recover(f"a loss of {value}")
            return
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.trainer.clip))
        if not math.isfinite(norm):
            self._recover(f"a gradient of norm {norm}")
            return
        self.optimizer.step()
        self._update_average()
        self.record.recent.append(value)

    def _recover(self, what: str) -> None:
        record = self.record
        if record.recoveries == _MAX_RECOVERIES:
            raise TrainingError(
                f"training met {what} at step {record.step}, after {_MAX_RECOVERIES} restarts at a halved learning "
                "rate: look for extreme values in the data or lower learning_rate."
            )
        record.recoveries += 1
        record.notes.append(
            f"step {record.step} met {what}: the last good weights were restored and the learning rate was halved."
        )
        self.model.load_state_dict(self.good)
        self.average.load_state_dict(self.good)
        self.optimizer = self._new_optimizer()
        record.recent.clear()

    def _check(self) -> None:
        record = self.record
        valid = self._validate() if len(self.valid_rows) else None
        train = float(np.mean(record.recent)) if record.recent else math.nan
        record.recent.clear()
        if not math.isfinite(train) or (valid is not None and not math.isfinite(valid)):
            return
        record.curve.append(CurvePoint(record.step, train, valid))
        self.good = _weights(self.average)
        if valid is None:
            record.best_step = record.step
        elif valid < record.best:
            record.best, record.best_step, record.stale = valid, record.step, 0
            self.best_weights = self.good
        else:
            record.stale += 1

    def _validate(self) -> float:
        # The same noise at every check, so that two checks differ by their weights only.
        noise = torch_rng(self.seed, _VALIDATION)
        with torch.no_grad():
            return float(self.loss(self.average, self.valid_rows, noise))

    def _update_average(self) -> None:
        step = self.record.step
        decay = min(self.trainer.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.model.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
            for held, current in zip(self.average.buffers(), self.model.buffers(), strict=True):
                held.copy_(current)

    def _keep(self) -> None:
        self.model.load_state_dict(self.best_weights or self.good)
        self.model.eval()

    def _new_optimizer(self) -> torch.optim.Optimizer:
        # The loop over single parameters is as fast on one thread and adds in a fixed order.
        return torch.optim.Adam(self.model.parameters(), lr=self.trainer.learning_rate, foreach=False)


def _split_rows(n: int, share: float, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    order = torch.randperm(n, generator=rng)
    n_valid = min(int(n * share), _MAX_VALIDATION) if n >= _MIN_ROWS_TO_SPLIT else 0
    return order[n_valid:], order[:n_valid]


def _weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _seconds_per_step(trainer: Trainer, model: ModuleT, loss: Loss[ModuleT], *, n: int, seed: int) -> float:
    trial = _Run(trainer, copy.deepcopy(model), loss, n=n, seed=seed, planned=_CALIBRATION_STEPS)
    started = time.perf_counter()
    trial.run(None)
    return max((time.perf_counter() - started) / _CALIBRATION_STEPS, 1e-6)
