"""The fits of an ablation, on our own threads: the same numbers on one thread and on many."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.arms import draw
from auditkit.ablation.designs import Features
from auditkit.ablation.examined import Examined
from auditkit.ablation.measures import Outcome
from auditkit.ablation.models import Fitted, fit_model
from auditkit.ablation.plan import Job, Plan
from auditkit.ablation.scoring import Cell
from auditkit.blocks import Progress, run_blocks

__all__ = ["run_jobs"]


def run_jobs(plan: Plan, progress: Progress | None = None) -> dict[tuple[str, str], list[Cell]]:
    """Run every fit.

    Parameters
    ----------
    plan : Plan
    progress : callable, optional
        Called with fits done, fits in all, and the arm of the fit that is done.

    Returns
    -------
    dict of (str, str) to list of Cell
        By arm and model, a cell per repeat.
    """
    lock = threading.Lock()
    done = 0

    def task(job: Job) -> Cell:
        nonlocal done
        cell = _run(plan, job)
        with lock:
            done += 1
            if progress is not None:
                progress(done, len(plan.jobs), job.arm.name)
        return cell

    cells: dict[tuple[str, str], list[Cell]] = {}
    with _torch_held(plan):
        for job, cell in zip(plan.jobs, run_blocks(task, plan.jobs), strict=True):
            cells.setdefault((job.arm.name, job.model.name), []).append(cell)
    return cells


def _torch_held(plan: Plan) -> contextlib.AbstractContextManager[None]:
    if not any(model.torch for model in plan.models):
        return contextlib.nullcontext()
    from auditkit.training import one_thread  # noqa: PLC0415 - torch

    # Held around all of them: a fit that ends must not give torch its threads back while another one computes.
    return one_thread()


def _run(plan: Plan, job: Job) -> Cell:
    """One fit: every part's value, plain and on each resample of the test units; real fits also on synthetic units."""
    started = time.perf_counter()
    n_classes = len(plan.problem.classes)
    sets = plan.filled(job.repeat)
    whole = plan.whole(job.repeat)
    drawn = draw(job.arm, sets, repeat=job.repeat, seed=plan.seed, stratify=n_classes > 0, whole=whole)
    train = Features.join([sets[name].features.take(index) for name, index in drawn.items()])
    target = np.concatenate([sets[name].target[index] for name, index in drawn.items()])
    seed = int(np.random.SeedSequence([plan.seed, job.repeat]).generate_state(1)[0])
    fitted = fit_model(job.model, train=train, target=target, n_classes=n_classes, seed=seed)
    fitting = time.perf_counter() - started
    outcomes = {name: _examine(plan, fitted, item) for name, item in plan.examined.items()}
    n_real = len(drawn.get("real", ()))
    return Cell(
        values=tuple(
            np.full(len(plan.examined[part.test].weights), np.nan)
            if (outcome := outcomes[part.test]) is None
            else part.measure.compute(outcome.take(part.members), plan.examined[part.test].weights[:, part.members])
            for part in plan.parts
        ),
        n=(n_real, sum(len(index) for index in drawn.values()) - n_real),
        transfer=_transfer(plan, fitted) if job.arm.name == "real" else {},
        train=_own(plan, fitted, train, target),
        seconds=fitting,
        silent=n_classes > 0 and (clean := outcomes[""]) is not None and bool(np.isnan(clean.probabilities).all()),
    )


def _examine(plan: Plan, fitted: Fitted, item: Examined) -> Outcome | None:
    """None where the model cannot be attacked."""
    if not item.attack:
        return replace(fitted(item.features, item.truth), rarest=plan.problem.rarest)
    found = fitted.attacked(item.features, item.truth, strength=item.attack)
    return None if found is None else replace(found, rarest=plan.problem.rarest)


def _own(plan: Plan, fitted: Fitted, train: Features, target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Every measure on the rows that the model was fitted on."""
    outcome, ones = replace(fitted(train, target), rarest=plan.problem.rarest), np.ones((1, len(target)))
    return np.array([measure.compute(outcome, ones)[0] for measure in plan.measures])


def _transfer(plan: Plan, fitted: Fitted) -> dict[str, NDArray[np.float64]]:
    """Every measure of one fit on each synthetic set, plain and on each resample of its units."""
    found = {
        item.name: (replace(fitted(item.features, item.truth), rarest=plan.problem.rarest), item.weights)
        for item in plan.tested
        if len(item)
    }
    return {
        name: np.asarray([measure.compute(outcome, weights) for measure in plan.measures])
        for name, (outcome, weights) in found.items()
    }
