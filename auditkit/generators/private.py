"""Differentially private training: each row's gradient is clipped, and noise hides any single one (DP-SGD).

The weights are then about as likely without any one row, within a factor of e^epsilon, but for a chance of delta.
"""

from __future__ import annotations

import copy
import importlib
import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeVar

import torch

from auditkit.errors import AuditkitError, MissingDependencyError
from auditkit.generators.interface import Budget, Progress
from auditkit.training import Trainer, Training, find_device, one_thread, torch_rng

__all__ = ["Privacy", "RowLosses", "train_privately"]

ModuleT = TypeVar("ModuleT", bound=torch.nn.Module)
RowLosses = Callable[[ModuleT, torch.Tensor, torch.Generator], torch.Tensor]
"""`losses(model, rows, rng)`: one loss per row, each from that row alone."""

_SAMPLING, _LOSS, _GRADIENTS = range(100, 103)
_PROGRESS_EVERY = 50


@dataclass(frozen=True)
class Privacy:
    """What a training run may give away about any one row.

    Attributes
    ----------
    epsilon : float
        Above 0; smaller is more private.
    delta : float, default 1e-5
        Between 0 and 1, well below one over the number of rows.
    max_grad_norm : float, default 1.0
        Norm that each row's gradient is clipped to.
    """

    epsilon: float
    delta: float = 1e-5
    max_grad_norm: float = 1.0

    @classmethod
    def read(cls, dp: Mapping[str, float] | None, *, name: str) -> Privacy | None:
        """Privacy from what a user wrote for generator `name`; None for None.

        Raises
        ------
        AuditkitError
            For other keys, and numbers out of their range.
        """
        if dp is None:
            return None
        if not isinstance(dp, Mapping):
            raise AuditkitError(f"`dp` of generator {name!r} must be a mapping as {{'epsilon': 3.0}}, got {dp!r}.")
        known = ("epsilon", "delta", "max_grad_norm")
        unknown = sorted(set(dp) - set(known))
        if unknown or "epsilon" not in dp:
            wrong = f"has {unknown[0]!r}" if unknown else "lacks 'epsilon'"
            raise AuditkitError(f"`dp` of generator {name!r} {wrong}: give epsilon, and if need be delta and the norm.")
        values: list[Any] = list(dp.values())
        plain = all(isinstance(value, Real) and not isinstance(value, bool) for value in values)
        privacy = cls(**{key: float(value) for key, value in dp.items()}) if plain else None
        if privacy is None or not (
            0 < privacy.epsilon < math.inf and 0 < privacy.delta < 1 and 0 < privacy.max_grad_norm < math.inf
        ):
            raise AuditkitError(
                f"`dp` of generator {name!r} needs epsilon and max_grad_norm above 0 and delta between 0 and 1, got "
                f"{dict(dp)!r}."
            )
        return privacy


def train_privately(
    budget: Budget | None,
    trainer: Trainer,
    model: ModuleT,
    losses: RowLosses[ModuleT],
    *,
    privacy: Privacy,
    n: int,
    seed: int,
    progress: Progress | None,
) -> tuple[Training, float]:
    """Train a model in place with DP-SGD; it ends with the moving average of its weights.

    Parameters
    ----------
    budget : Budget or None
        In steps.
    trainer : Trainer
        Its steps, batch (the mean size), learning rate, average and device; the rate stays as it is, and no rows are
        kept for validation, whose losses would have to be paid for too.
    model : torch.nn.Module
        Of layers that opacus knows; no batch normalisation.
    losses : callable
        See `RowLosses`.
    privacy : Privacy
    n : int
        Rows to train on.
    seed : int
        Rows and noise are drawn from it: who knows it can take the noise away.
    progress : callable or None

    Returns
    -------
    Training
        Without a curve, which would tell of the rows.
    float
        Epsilon spent, at most the one asked for.

    Raises
    ------
    MissingDependencyError
        Without opacus.
    AuditkitError
        For a budget in seconds: the noise must be known before the first step.

    References
    ----------
    Abadi et al. 2016, "Deep Learning with Differential Privacy", algorithm 1.
    Mironov, Talwar and Zhang 2019, "Renyi Differential Privacy of the Sampled Gaussian Mechanism", for what is spent.
    """
    if budget is not None and budget.seconds is not None:
        raise AuditkitError("`dp` needs a budget in steps, got seconds: what is spent depends on the number of steps.")
    steps = trainer.steps if budget is None or budget.steps is None else budget.steps
    began, rate = time.perf_counter(), min(1.0, trainer.batch / n)
    noise, spent = _noise_and_spent(privacy, rate, steps)
    with one_thread(), warnings.catch_warnings():
        # Hooks on first layers, whose inputs need no gradient, are what is wanted here.
        warnings.filterwarnings("ignore", message="Full backward hook is firing")
        _descend(trainer, model, losses, privacy, n=n, rate=rate, steps=steps, noise=noise, seed=seed, said=progress)
    note = (
        f"trained with differential privacy: epsilon {spent:.4g} spent of {privacy.epsilon:g} at delta "
        f"{privacy.delta:g}, for the weights; observed values and the shares of label and groups are not covered, and "
        "the seed must stay secret."
    )
    return Training(steps, steps, steps, time.perf_counter() - began, "steps", (), (note,)), spent


def _noise_and_spent(privacy: Privacy, rate: float, steps: int) -> tuple[float, float]:
    opacus = _opacus()
    with warnings.catch_warnings():
        # Orders beyond those that are tried could only make the bound tighter: what is said stays true.
        warnings.filterwarnings("ignore", message="Optimal order is the")
        try:
            noise = opacus.accountants.utils.get_noise_multiplier(
                target_epsilon=privacy.epsilon,
                target_delta=privacy.delta,
                sample_rate=rate,
                steps=steps,
                accountant="rdp",
                epsilon_tolerance=0.01 * privacy.epsilon,
            )
        except ValueError as error:
            raise AuditkitError(
                f"`dp` cannot keep epsilon {privacy.epsilon:g} at delta {privacy.delta:g} over {steps} steps, whatever "
                "the noise: give a larger epsilon, or fewer steps."
            ) from error
        accountant = opacus.accountants.RDPAccountant()
        accountant.history = [(noise, rate, steps)]
        return float(noise), float(accountant.get_epsilon(privacy.delta))


def _descend(
    trainer: Trainer,
    model: ModuleT,
    losses: RowLosses[ModuleT],
    privacy: Privacy,
    *,
    n: int,
    rate: float,
    steps: int,
    noise: float,
    seed: int,
    said: Progress | None,
) -> None:
    opacus, device = _opacus(), find_device(trainer.device)
    wrapped = opacus.GradSampleModule(model.to(device).train())
    optimizer = opacus.optimizers.DPOptimizer(
        torch.optim.Adam(model.parameters(), lr=trainer.learning_rate, foreach=False),
        noise_multiplier=noise,
        max_grad_norm=privacy.max_grad_norm,
        expected_batch_size=max(1, round(rate * n)),
        generator=torch_rng(seed, _GRADIENTS, device=device),
    )
    chosen_by, drawn_by = torch_rng(seed, _SAMPLING), torch_rng(seed, _LOSS, device=device)
    average = copy.deepcopy(dict(model.named_parameters()))
    for step in range(1, steps + 1):
        rows = (torch.rand(n, generator=chosen_by) < rate).nonzero()[:, 0].to(device)
        optimizer.zero_grad(set_to_none=True)
        if len(rows):
            losses(model, rows, drawn_by).mean().backward()  # type: ignore[no-untyped-call]
        else:
            for weight in model.parameters():
                weight.grad_sample = torch.zeros((0, *weight.shape), device=device)  # type: ignore[attr-defined]
        optimizer.step()
        _follow(average, model, min(trainer.ema, (1 + step) / (10 + step)))
        if said is not None and (step % _PROGRESS_EVERY == 0 or step == steps):
            said(step, steps, "private training")
    wrapped.to_standard_module()
    model.load_state_dict(average, strict=False)
    model.to("cpu").eval()


@torch.no_grad()
def _follow(average: Mapping[str, torch.Tensor], model: torch.nn.Module, decay: float) -> None:
    for name, weight in model.named_parameters():
        average[name].lerp_(weight, 1 - decay)


def _opacus() -> Any:
    try:
        for part in ("accountants.utils", "optimizers"):
            importlib.import_module(f"opacus.{part}")
        return importlib.import_module("opacus")
    except ImportError as error:
        message = "differentially private training (`dp`) needs opacus: install the extra, as pip install '.[dp]'."
        raise MissingDependencyError(message) from error
