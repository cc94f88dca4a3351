"""One training run: batches, turns of the players, checks, recovery."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np
import torch

from auditkit.blocks import Progress
from auditkit.learning_rate import one_cycle
from auditkit.training.outcome import CurvePoint, StoppedBy, Training, TrainingError
from auditkit.training.players import Player
from auditkit.training.seeds import BATCHES, NOISE, SPLIT, VALIDATION, torch_rng

if TYPE_CHECKING:
    from auditkit.training.trainer import Trainer

__all__ = ["Run"]

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)

_MAX_RECOVERIES = 3
_MIN_ROWS_TO_SPLIT = 50
_MAX_VALIDATION = 2000


class _Batches:
    """Endless shuffled batches of equal size."""

    def __init__(self, rows: torch.Tensor, size: int, rng: torch.Generator, device: torch.device) -> None:
        self._rows, self._size, self._rng, self._device = rows, min(size, len(rows)), rng, device
        self._order, self._at = rows, len(rows)

    def take(self) -> torch.Tensor:
        if self._at + self._size > len(self._order):
            self._order = self._rows[torch.randperm(len(self._rows), generator=self._rng)].to(self._device)
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
    recent: list[tuple[float, ...]] = field(default_factory=list)
    stopped_by: StoppedBy = "steps"


class Run(Generic[ModuleT]):
    """A model, its players and its moving average on the way through the planned steps."""

    def __init__(
        self,
        trainer: Trainer,
        model: ModuleT,
        players: tuple[Player[ModuleT], ...],
        *,
        n: int,
        seed: int,
        planned: int,
        device: torch.device,
    ) -> None:
        self.trainer, self.model, self.players, self.planned = trainer, model, players, planned
        self.seed, self.device = seed, device
        train_rows, valid_rows = _split_rows(n, trainer.valid, torch_rng(seed, SPLIT))
        self.valid_rows = valid_rows.to(device)
        self.batches = _Batches(train_rows, trainer.batch, torch_rng(seed, BATCHES), device)
        self.noise = torch_rng(seed, NOISE, device=device)
        self.average = copy.deepcopy(model).requires_grad_(requires_grad=False).eval()
        self.good = _weights(model)
        self.best_weights: dict[str, torch.Tensor] | None = None
        self.weights = [list(model.get_submodule(player.part).parameters()) for player in players]
        self.optimizers = self._new_optimizers()
        self.record = _Record()
        self._note_limits(n)

    def _note_limits(self, n: int) -> None:
        notes, trainer = self.record.notes, self.trainer
        if trainer.seconds is not None:
            notes.append(
                f"the budget of {trainer.seconds:g} s was turned into {self.planned} steps on this machine: "
                f"repeat the run with a budget of {self.planned} steps."
            )
        if len(self.valid_rows) == 0 and trainer.valid > 0:
            notes.append(f"{n} rows are too few for validation rows: no early stopping.")
        if self.device.type != "cpu":
            notes.append(f"trained on {self.device}: other devices give other weights for the same seed.")

    def run(self, progress: Progress | None) -> None:
        """Do the planned steps, or fewer where early stopping ends them, and keep the averaged weights."""
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
        self.model.load_state_dict(self.best_weights or self.good)
        self.model.eval()

    def report(self, *, seconds: float) -> Training:
        """What was done, in this time on the wall."""
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
        share = one_cycle(self.record.step / self.planned) if self.trainer.schedule == "one_cycle" else 1.0
        self.record.step += 1
        losses = [0.0] * len(self.players)
        for at, player in enumerate(self.players):
            for _ in range(player.turns):
                value = self._turn(at, share)
                if value is None:
                    return
                losses[at] = value
        self._update_average()
        self.record.recent.append(tuple(losses))

    def _turn(self, at: int, share: float) -> float | None:
        """One batch of one player; None when it met numbers that are not finite, and weights were restored."""
        player, optimizer, weights = self.players[at], self.optimizers[at], self.weights[at]
        for group in optimizer.param_groups:
            group["lr"] = self._rate(player) * share / 2**self.record.recoveries
        optimizer.zero_grad(set_to_none=True)
        loss = player.loss(self.model, self.batches.take(), self.noise)
        value = float(loss.detach())
        if not math.isfinite(value):
            self._recover(f"a loss of {value}")
            return None
        # Only the player's own weights: gradients of the opponent's would be worked out and thrown away.
        loss.backward(inputs=weights)  # type: ignore[no-untyped-call]
        norm = float(torch.nn.utils.clip_grad_norm_(weights, self.trainer.clip))
        if not math.isfinite(norm):
            self._recover(f"a gradient of norm {norm}")
            return None
        optimizer.step()
        return value

    def _rate(self, player: Player[ModuleT]) -> float:
        return self.trainer.learning_rate if player.learning_rate is None else player.learning_rate

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
        self.optimizers = self._new_optimizers()
        record.recent.clear()

    def _check(self) -> None:
        record = self.record
        valid = self._validate() if len(self.valid_rows) else None
        means = np.mean(record.recent, axis=0).tolist() if record.recent else [math.nan]
        *opponents, train = means
        record.recent.clear()
        if not math.isfinite(train) or (valid is not None and not math.isfinite(valid)):
            return
        record.curve.append(CurvePoint(record.step, train, valid, tuple(opponents)))
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
        noise = torch_rng(self.seed, VALIDATION, device=self.device)
        with torch.no_grad():
            return float(self.players[-1].loss(self.average, self.valid_rows, noise))

    def _update_average(self) -> None:
        step = self.record.step
        decay = min(self.trainer.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.model.parameters(), strict=True):
                kept.lerp_(new, 1 - decay)
            for held, current in zip(self.average.buffers(), self.model.buffers(), strict=True):
                held.copy_(current)

    def _new_optimizers(self) -> list[torch.optim.Optimizer]:
        # The loop over single parameters is as fast on one thread and adds in a fixed order.
        foreach = None if self.device.type != "cpu" else False
        return [
            torch.optim.Adam(weights, lr=self._rate(player), betas=player.betas, foreach=foreach)
            for player, weights in zip(self.players, self.weights, strict=True)
        ]


def _split_rows(n: int, share: float, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    order = torch.randperm(n, generator=rng)
    n_valid = min(int(n * share), _MAX_VALIDATION) if n >= _MIN_ROWS_TO_SPLIT else 0
    return order[n_valid:], order[:n_valid]


def _weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
