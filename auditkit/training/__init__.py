"""One trainer for every torch model: budgets, one-cycle rate, moving average, early stopping, recovery, two players.

Nothing here reads or sets a global seed, and torch computes on one thread while a model trains: the same seed and the
same number of steps give the same weights, bit for bit, on one thread and on many.
"""

from auditkit.learning_rate import one_cycle
from auditkit.training.devices import find_device, move_tensors
from auditkit.training.outcome import CurvePoint, StoppedBy, Training, TrainingError
from auditkit.training.players import Loss, Player
from auditkit.training.seeds import build_module, derive_seed, one_thread, torch_rng
from auditkit.training.trainer import Trainer

__all__ = [
    "CurvePoint",
    "Loss",
    "Player",
    "StoppedBy",
    "Trainer",
    "Training",
    "TrainingError",
    "build_module",
    "derive_seed",
    "find_device",
    "move_tensors",
    "one_cycle",
    "one_thread",
    "torch_rng",
]
