"""What the generators that train a torch model share: layers, a budget for the trainer, its report, saved weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from numpy.typing import NDArray

from auditkit.generators.interface import Budget, FitReport, Progress
from auditkit.training import Loss, Player, Trainer, Training

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["hidden_layers", "report_training", "restore_weights", "train_within", "weight_arrays"]

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)
_PREFIX = "model."


def train_within(
    budget: Budget | None,
    trainer: Trainer,
    model: ModuleT,
    loss: Loss[ModuleT] | Sequence[Player[ModuleT]],
    *,
    n: int,
    seed: int,
    progress: Progress | None,
) -> Training:
    """Train a model, or its players in turns, within a budget; a limit that the budget leaves open is the trainer's.

    Parameters
    ----------
    budget : Budget or None
    trainer : Trainer
        The generator's own settings.
    model : torch.nn.Module
        Trained in place.
    loss : callable, or sequence of Player
        See `Trainer.train` and `Trainer.train_players`.
    n : int
        Rows to train on.
    seed : int
    progress : callable or None
        Called with steps done, steps planned and the loss in words.

    Returns
    -------
    Training
    """
    if budget is not None and budget.steps is not None:
        trainer = replace(trainer, steps=budget.steps, cap_steps=True)
    if budget is not None and budget.seconds is not None:
        trainer = replace(trainer, seconds=budget.seconds)
    if callable(loss):
        return trainer.train(model, loss, n=n, seed=seed, progress=progress)
    return trainer.train_players(model, loss, n=n, seed=seed, progress=progress)


def report_training(training: Training, dataset: Dataset, *, notes: tuple[str, ...] = ()) -> FitReport:
    """Fit report of a training run, with the validation losses where there are any.

    Parameters
    ----------
    training : Training
    dataset : Dataset
        What was trained on.
    notes : tuple of str
        Sentences beside those of the training.

    Returns
    -------
    FitReport
    """
    curve = ((point.step, point.train if point.valid is None else point.valid) for point in training.curve)
    return FitReport(
        steps=training.steps,
        seconds=training.seconds,
        stopped_by=training.stopped_by.replace("_", " "),
        n_train=len(dataset),
        data_hash=dataset.hash,
        curve=tuple(curve),
        notes=(*training.notes, *notes),
    )


def hidden_layers(n_in: int, hidden: int, n_out: int) -> torch.nn.Sequential:
    """Two hidden layers of one width between an input and an output."""
    return torch.nn.Sequential(
        torch.nn.Linear(n_in, hidden),
        torch.nn.SiLU(),
        torch.nn.Linear(hidden, hidden),
        torch.nn.SiLU(),
        torch.nn.Linear(hidden, n_out),
    )


def weight_arrays(model: torch.nn.Module) -> dict[str, NDArray[Any]]:
    """Weights and buffers of a model by name, as arrays to save."""
    return {_PREFIX + name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}


def restore_weights(model: ModuleT, arrays: Mapping[str, NDArray[Any]]) -> ModuleT:
    """Put saved weights into a model, and return it ready to draw from."""
    found = {name.removeprefix(_PREFIX): value for name, value in arrays.items() if name.startswith(_PREFIX)}
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in found.items()})
    return model.eval()
