"""What a training run did, and the error of one that could not be carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from auditkit.errors import AuditkitError

__all__ = ["CurvePoint", "StoppedBy", "Training", "TrainingError"]

StoppedBy = Literal["steps", "seconds", "early_stopping"]


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
        Mean loss of the batches since the last check; the last player's where several take turns.
    valid : float or None
        Loss of the averaged weights on the validation rows; None without such rows.
    opponents : tuple of float
        Mean losses of the other players, in the order of their turns.
    """

    step: int
    train: float
    valid: float | None
    opponents: tuple[float, ...] = ()


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
