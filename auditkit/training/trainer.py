"""Settings of a training run, and the two ways to carry it out: one model, or players that take turns."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import torch

from auditkit.blocks import Progress
from auditkit.errors import SampleSizeError
from auditkit.training.devices import find_device
from auditkit.training.outcome import Training
from auditkit.training.players import Loss, Player
from auditkit.training.run import Run
from auditkit.training.seeds import one_thread

__all__ = ["Trainer"]

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)
_CALIBRATION_STEPS = 20


@dataclass(frozen=True)
class Trainer:
    """Settings of a training run; `train` and `train_players` carry it out.

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
        Peak of the schedule of Adam.
    schedule : {"one_cycle", "constant"}, default "one_cycle"
        Whether the rate rises and falls once, or stays.
    ema : float, default 0.995
        Decay of the moving average of the weights; the average is what is kept.
    clip : float, default 1.0
        Largest norm of a player's gradient; `math.inf` for none.
    check_every : int, default 100
        Steps between checks on the validation rows.
    patience : int, default 8
        Checks without a better validation loss before training stops.
    valid : float, default 0.1
        Share of the rows kept for validation; none with fewer than 50 rows, and 2,000 at most.
    device : str, default "cpu"
        Where the model trains: "cpu", "cuda" or "auto"; its weights come back to the CPU.
    """

    steps: int = 2000
    seconds: float | None = None
    cap_steps: bool = False
    batch: int = 256
    learning_rate: float = 2e-3
    schedule: Literal["one_cycle", "constant"] = "one_cycle"
    ema: float = 0.995
    clip: float = 1.0
    check_every: int = 100
    patience: int = 8
    valid: float = 0.1
    device: str = "cpu"

    def train(
        self, model: ModuleT, loss: Loss[ModuleT], *, n: int, seed: int = 0, progress: Progress | None = None
    ) -> Training:
        """Train a model in place; it ends with the averaged weights of the best check.

        Parameters
        ----------
        model : torch.nn.Module
            On the CPU. Changed in place and left there in evaluation mode.
        loss : callable
            `loss(model, rows, rng)` -> scalar tensor, the mean loss over `rows` (int64 indices below `n`); its noise
            comes from `rng` alone. Model, rows and rng lie on the trainer's device (`rng.device`): tensors that the
            loss holds must lie there too, see `move_tensors`.
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
        return _carry_out(self, model, (Player("", loss),), n=n, seed=seed, progress=progress)

    def train_players(
        self,
        model: ModuleT,
        players: Sequence[Player[ModuleT]],
        *,
        n: int,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Training:
        """Train parts of a model in turns, as a discriminator and a generator; it ends with averaged weights.

        Parameters
        ----------
        model : torch.nn.Module
            Holds the parts. On the CPU; changed in place and left there in evaluation mode.
        players : sequence of Player
            In the order of their turns in each step; every turn has its own batch. The last one's loss is the
            curve's.
        n : int
            Rows to train on. No rows are kept for validation: losses of players who chase each other say nothing
            about quality.
        seed : int, default 0
        progress : callable, optional

        Returns
        -------
        Training

        Raises
        ------
        SampleSizeError, TrainingError
            As `train`.
        """
        unheld = replace(self, valid=0.0)
        return _carry_out(unheld, model, tuple(players), n=n, seed=seed, progress=progress)


def _carry_out(
    trainer: Trainer,
    model: ModuleT,
    players: tuple[Player[ModuleT], ...],
    *,
    n: int,
    seed: int,
    progress: Progress | None,
) -> Training:
    if n < 1:
        raise SampleSizeError(f"training needs at least 1 row, got {n}: give data with rows.")
    started = time.perf_counter()
    device = find_device(trainer.device)
    with one_thread():
        try:
            model.to(device)
            planned = _plan_steps(trainer, model, players, n=n, seed=seed, device=device)
            run = Run(trainer, model, players, n=n, seed=seed, planned=planned, device=device)
            run.run(progress)
        finally:
            model.to("cpu")
    return run.report(seconds=time.perf_counter() - started)


def _plan_steps(
    trainer: Trainer,
    model: ModuleT,
    players: tuple[Player[ModuleT], ...],
    *,
    n: int,
    seed: int,
    device: torch.device,
) -> int:
    if trainer.seconds is None:
        return trainer.steps
    trial = Run(trainer, copy.deepcopy(model), players, n=n, seed=seed, planned=_CALIBRATION_STEPS, device=device)
    started = time.perf_counter()
    trial.run(None)
    pace = max((time.perf_counter() - started) / _CALIBRATION_STEPS, 1e-6)
    affordable = max(1, int((trainer.seconds - pace * _CALIBRATION_STEPS) / pace))
    return min(trainer.steps, affordable) if trainer.cap_steps else affordable
