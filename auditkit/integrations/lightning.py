"""A callback for Lightning that audits what a module generates while it is being trained."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from auditkit.auditing.result import Audit
from auditkit.auditing.run import audit as run_audit
from auditkit.data.dataset import Dataset
from auditkit.errors import DataError, MissingDependencyError, UnknownNameError
from auditkit.integrations.drawn_samples import comparable, set_of_samples, without_numbers
from auditkit.pipeline.sets import quick_sample
from auditkit.results import Score

try:
    from lightning.pytorch import Callback, LightningModule, Trainer
    from lightning.pytorch.utilities import rank_zero_info
    from lightning.pytorch.utilities.seed import isolate_rng
except ImportError as error:
    raise MissingDependencyError(
        "auditkit.integrations.lightning needs lightning: install the extra, as pip install '.[lightning]'."
    ) from error

if TYPE_CHECKING:
    from auditkit.config import Config
    from auditkit.features.registry import AnyEmbedder
    from auditkit.gates import Verdict

__all__ = ["QUICK_METRICS", "AuditCallback"]

QUICK_METRICS = ("frechet_distance", "precision", "coverage", "holdout_share")
"""What a callback without gates reads; `holdout_share` only with a holdout."""

_STOPS = {"fail": 1.0, "pass": 0.0}
_NOT_MEASURED = 3.0
Sampler = Callable[[LightningModule, int, int], Any]


class AuditCallback(Callback):
    """Draw samples from the module every few epochs or steps, audit them, and log the scores.

    `<prefix>coverage`, `<prefix>coverage.yardstick` and `<prefix>coverage.excess` are logged for each metric, and with
    gates `<prefix>passed` (1 or 0) and `<prefix>exit_code`. Every logger gets them, and `ModelCheckpoint` and
    `EarlyStopping` may monitor them.

    Parameters
    ----------
    real : Dataset
        What the module is trained on.
    holdout : Dataset, optional
        Real samples that it never sees: the yardstick, without which copying cannot be judged.
    sampler : callable, optional
        Called with the module, the number of samples and a seed; gives a Dataset, a frame, images or other arrays, or a
        pair of these and labels (see `auditkit.integrations.drawn_samples.set_of_samples`). By default the module's own
        method `sample(n)`.
    n : int, default 1000
        Samples to draw.
    every_n_epochs : int, default 1
        Audit after every so many epochs.
    every_n_steps : int, optional
        Audit after every so many optimizer steps instead.
    metrics : "default", "all" or sequence of str, optional
        Metrics to read; few quick ones by default, with gates those of a default audit.
    gates : path, Config or "recommended", optional
        Judge each audit by them.
    stop_on : {"fail", "pass"}, optional
        End the training after an audit that fails the gates, or passes them.
    embedder : str, function or torch module, optional
        As for `auditkit.audit`.
    seed : int, default 0
        Of samples and audit. Every audit draws with the same seed, so that what changes is the module.
    prefix : str, default "audit/"
    folder : path, optional
        Keep each audit in a folder below it, named `step-<step>`, for `auditkit history`.

    Attributes
    ----------
    audit : Audit or None
        The last one, on the process of rank 0.
    verdict : Verdict or None
    reason : str
        Why the last samples could not be audited; empty where they were.
    history : list of dict
        Epoch, step and what was logged, audit by audit; kept in checkpoints.

    Raises
    ------
    DataError
        If a number is below 1, or `stop_on` is given without gates.

    Notes
    -----
    The module draws in evaluation mode and without gradients, and is put back into its modes; torch is seeded for it,
    and the random states of torch, numpy and Python are put back after it. At most 5,000 real and holdout samples are
    looked at. Columns that the samples lack (a label, groups) are left out of the real sets.

    Samples without numbers (NaN, infinite), as of a module that diverged, end no training: each number is logged as
    NaN, `passed` as 0 and `exit_code` as 3, and `reason` tells why. `EarlyStopping` ends at such a score by itself.

    With several processes that of rank 0 draws and audits while the others wait, and all log its numbers. So sampling
    must not communicate: a module that is sharded over processes needs another way.

    Where there is a validation loop at the end of the epoch, the audit runs in it, so that `ModelCheckpoint` sees its
    scores; with `every_n_epochs=2` say the same to `ModelCheckpoint`, or it takes a score for a later epoch's.
    """

    def __init__(  # noqa: PLR0913 - one for each thing that a user decides
        self,
        real: Dataset,
        holdout: Dataset | None = None,
        *,
        sampler: Sampler | None = None,
        n: int = 1000,
        every_n_epochs: int = 1,
        every_n_steps: int | None = None,
        metrics: str | Sequence[str] | None = None,
        gates: str | PathLike[str] | Config | None = None,
        stop_on: Literal["fail", "pass"] | None = None,
        embedder: AnyEmbedder | None = None,
        seed: int = 0,
        prefix: str = "audit/",
        folder: str | PathLike[str] | None = None,
    ) -> None:
        for name, number in (("n", n), ("every_n_epochs", every_n_epochs), ("every_n_steps", every_n_steps)):
            if number is not None and number < 1:
                raise DataError(f"{name} must be at least 1, got {number}.")
        if stop_on not in (None, "fail", "pass"):
            raise UnknownNameError.of("stop_on", str(stop_on), ["fail", "pass"])
        if stop_on is not None and gates is None:
            raise DataError(f'stop_on="{stop_on}" needs gates to judge by: give gates="recommended" or a config.')
        self._real = quick_sample(real, seed=seed)
        self._holdout = None if holdout is None else quick_sample(holdout, seed=seed)
        self._sampler, self._n, self._seed = sampler, n, seed
        self._every_n_epochs, self._every_n_steps = every_n_epochs, every_n_steps
        quick = [name for name in QUICK_METRICS if holdout is not None or name != "holdout_share"]
        self._metrics = metrics if metrics is not None else quick if gates is None else "default"
        self._gates, self._stop_on, self._embedder = gates, stop_on, embedder
        self._prefix, self._folder = prefix, None if folder is None else Path(folder)
        self._last = (-1, -1)
        self.audit: Audit | None = None
        self.verdict: Verdict | None = None
        self.reason = ""
        self.history: list[dict[str, float]] = []

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,  # noqa: ARG002 - the hook's own arguments
        batch: Any,  # noqa: ARG002
        batch_idx: int,  # noqa: ARG002
    ) -> None:
        """Audit after every so many steps."""
        every, step = self._every_n_steps, trainer.global_step
        # With accumulated gradients several batches make a step.
        if every is not None and step and step % every == 0 and self._last[1] != step:
            self._audit(trainer, pl_module, on_step=True)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Audit within the validation at the end of an epoch, before checkpoints are written."""
        if trainer.state.fn == "fit" and not trainer.sanity_checking and trainer.is_last_batch:
            self._audit_epoch(trainer, pl_module)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Audit at the end of an epoch without validation."""
        self._audit_epoch(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        """What was logged so far."""
        return {"history": self.history}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on with what a checkpoint holds."""
        self.history = [dict(item) for item in state_dict["history"]]

    def _audit_epoch(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch
        if self._every_n_steps is None and (epoch + 1) % self._every_n_epochs == 0 and self._last[0] != epoch:
            self._audit(trainer, pl_module, on_step=False)

    def _audit(self, trainer: Trainer, pl_module: LightningModule, *, on_step: bool) -> None:
        self._last = (trainer.current_epoch, trainer.global_step)
        found: dict[str, float] | Exception | None = None
        if trainer.is_global_zero:
            try:
                found = self._numbers(pl_module, trainer.global_step)
            except Exception as error:  # noqa: BLE001 - the other processes wait for an answer
                found = error
        found = trainer.strategy.broadcast(found, src=0)
        if isinstance(found, Exception):
            raise found
        numbers = {self._prefix + name: value for name, value in (found or {}).items()}
        self.history.append({"epoch": self._last[0], "step": self._last[1], **numbers})
        # All processes have the same numbers, whose mean is what they are; Lightning warns where it is not taken.
        pl_module.log_dict(numbers, on_step=on_step, on_epoch=not on_step, sync_dist=trainer.world_size > 1)
        told = ", ".join(f"{name} {value:.4g}" for name, value in (found or {}).items() if "." not in name)
        rank_zero_info(f"audit after epoch {self._last[0]}, step {self._last[1]}: {self.reason or told}")
        if self._stop_on is not None and (found or {}).get("exit_code") == _STOPS[self._stop_on]:
            rank_zero_info(f"training ends: the samples {self._stop_on} the gates")
            trainer.should_stop = True

    def _numbers(self, pl_module: LightningModule, step: int) -> dict[str, float]:
        with _quietly(pl_module), isolate_rng(), torch.no_grad():
            torch.manual_seed(self._seed)
            made = self._draw(pl_module)
        self.reason, synthetic = _set_or_reason(made, self._real)
        if synthetic is None:
            self.audit = self.verdict = None
            return self._unknown()
        columns = synthetic.table.columns
        # Validation forbids gradients, which an embedder may need to be fitted.
        with torch.inference_mode(mode=False), torch.enable_grad():
            self.audit = run_audit(
                real=comparable(self._real, columns),
                synthetic=synthetic,
                holdout=None if self._holdout is None else comparable(self._holdout, columns),
                metrics=self._metrics,
                embedder=self._embedder,
                seed=self._seed,
            )
        if self._folder is not None:
            self.audit.save(self._folder / f"step-{step:08d}")
        numbers = dict(_logged(self.audit))
        if self._gates is not None:
            self.verdict = self.audit.check(None if self._gates == "recommended" else self._gates)
            numbers |= {"passed": float(self.verdict.passed), "exit_code": float(self.verdict.exit_code)}
        return numbers

    def _unknown(self) -> dict[str, float]:
        """What is logged of samples that are none: every number that was logged before, as NaN."""
        start = len(self._prefix)
        before = {name[start:] for item in self.history for name in item if name.startswith(self._prefix)}
        asked = () if isinstance(self._metrics, str) else self._metrics
        numbers = dict.fromkeys(sorted({*before, *asked}), math.nan)
        return numbers | ({} if self._gates is None else {"passed": 0.0, "exit_code": _NOT_MEASURED})

    def _draw(self, pl_module: LightningModule) -> Any:
        if self._sampler is not None:
            return self._sampler(pl_module, self._n, self._seed)
        own = getattr(pl_module, "sample", None)
        if not callable(own):
            message = (
                f"{type(pl_module).__name__} has no method sample(n): give sampler=, a function of the module, the "
                "number of samples and a seed."
            )
            raise DataError(message)
        return own(self._n, seed=self._seed) if "seed" in inspect.signature(own).parameters else own(self._n)


def _set_or_reason(made: Any, real: Dataset) -> tuple[str, Dataset | None]:
    """The samples as a set, or why they are none: nothing is wrong with the call where numbers are not finite."""
    odd, total = without_numbers(made)
    told = f"the samples were not audited: {odd:,} of their {total:,} numbers are NaN or infinite."
    if odd and odd == total:
        return told, None
    try:
        return "", set_of_samples(made, real=real)
    except DataError:
        if odd:
            return told, None
        raise


def _logged(audit: Audit) -> Iterator[tuple[str, float]]:
    """Numbers of the whole set; a score that could not be measured has none."""
    for name, score in audit.scores.items():
        for part, value in _parts(score).items():
            if value is not None:
                yield f"{name}{part}", value
        if score.value is None:
            rank_zero_info(f"{name} was not measured: {score.reason}")


def _parts(score: Score) -> Mapping[str, float | None]:
    excess = None if score.excess is None else score.excess.value
    return {"": score.value, ".yardstick": score.yardstick, ".excess": excess}


@contextmanager
def _quietly(module: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode, after which each part of the module is in the mode that it was in."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for part, training in modes:
            part.training = training
