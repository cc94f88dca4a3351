"""Parts of a model that are trained in turns, each with its own loss, rate and momentum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch

__all__ = ["Loss", "Player"]

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)
Loss = Callable[[ModuleT, torch.Tensor, torch.Generator], torch.Tensor]
"""`loss(model, rows, rng)`: mean loss over the rows, whose noise comes from `rng` alone."""


@dataclass(frozen=True)
class Player(Generic[ModuleT]):
    """A part of a model with what it wants; see `Trainer.train_players`.

    Parameters
    ----------
    part : str
        Attribute of the model that holds the part's weights, as `"discriminator"`; `""` is the whole model.
    loss : callable
        `loss(model, rows, rng)` -> scalar tensor; it sees the whole model, but only the part's weights move.
    learning_rate : float, optional
        Peak (or constant) rate; the trainer's by default.
    betas : tuple of (float, float), default (0.9, 0.999)
        Of Adam; (0, 0.99) for players that chase each other.
    turns : int, default 1
        Batches per step.
    """

    part: str
    loss: Loss[ModuleT]
    learning_rate: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    turns: int = 1
