"""The fits of an ablation, on our own threads: the same numbers on one thread and on many."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.arms import draw
from auditkit.ablation.designs import Array, Features
from auditkit.ablation.examined import Examined
from auditkit.ablation.given import UnweightedModelError
from auditkit.ablation.grid import Cell, Part
from auditkit.ablation.measures import Outcome
from auditkit.ablation.mitigation import fit_mitigated, group_names
from auditkit.ablation.models import fit_model
from auditkit.ablation.plan import Job, Plan
from auditkit.ablation.problem import Prepared
from auditkit.blocks import Progress, run_blocks
from auditkit.metrics.detection import load_models

__all__ = ["Fits", "run_jobs"]

Groups: TypeAlias = Mapping[str, NDArray[np.object_]]
Answer: TypeAlias = Callable[[Features, Array, Groups, float], Outcome | None]


@dataclass(frozen=True, eq=False)
class Fits:
    """What came of the fits.

    Attributes
    ----------
    cells : mapping of (str, str) to list of Cell
        By arm and model, a cell per repeat.
    failed : mapping of (str, str) to str
        Arms and models that do not go together, and why.
    """

    cells: Mapping[tuple[str, str], list[Cell]]
    failed: Mapping[tuple[str, str], str]


def run_jobs(plan: Plan, progress: Progress | None = None) -> Fits:
    """Run every fit.

    Parameters
    ----------
    plan : Plan
    progress : callable, optional
        Called with fits done, fits in all, and the arm of the fit that is done.

    Returns
    -------
    Fits

    Raises
    ------
    UnweightedModelError
        If the real arm needs weights that a model takes none of: nothing could be compared with it.
    """
    lock = threading.Lock()
    done = 0

    def task(job: Job) -> Cell | str:
        nonlocal done
        cell = _tried(plan, job)
        with lock:
            done += 1
            if progress is not None:
                progress(done, len(plan.jobs), job.arm.name)
        return cell

    if not all(model.torch for model in plan.models):
        load_models()
    cells: dict[tuple[str, str], list[Cell]] = {}
    failed: dict[tuple[str, str], str] = {}
    with _torch_held(plan):
        for job, cell in zip(plan.jobs, run_blocks(task, plan.jobs), strict=True):
            if isinstance(cell, str):
                failed[job.arm.name, job.model.name] = cell
            else:
                cells.setdefault((job.arm.name, job.model.name), []).append(cell)
    return Fits({place: found for place, found in cells.items() if place not in failed}, failed)


def _torch_held(plan: Plan) -> contextlib.AbstractContextManager[None]:
    if not any(model.torch for model in plan.models):
        return contextlib.nullcontext()
    from auditkit.training import one_thread  # noqa: PLC0415 - torch

    # Held around all of them: a fit that ends must not give torch its threads back while another one computes.
    return one_thread()


def _tried(plan: Plan, job: Job) -> Cell | str:
    """The fit, or why its model and arm do not go together."""
    try:
        return _run(plan, job)
    except UnweightedModelError as error:
        if job.arm.name == "real":
            raise
        return str(error)


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
    groups = {
        name: np.concatenate([sets[key].groups[name][index] for key, index in drawn.items()])
        for name in sets["real"].groups
    }
    weights = _weights([(sets[key], index) for key, index in drawn.items()])
    fitted = _fit(job, train, target, groups, weights, n_classes=n_classes, seed=seed)
    fitting = time.perf_counter() - started
    outcomes = {name: _examine(plan, fitted, item) for name, item in plan.examined.items()}
    n_real = len(drawn.get("real", ()))
    return Cell(
        values=tuple(_measured(part, outcomes[part.test], plan.examined[part.test].weights) for part in plan.parts),
        n=(n_real, sum(len(index) for index in drawn.values()) - n_real),
        transfer=_transfer(plan, fitted) if job.arm.name == "real" else {},
        train=_own(plan, fitted, train, target, groups),
        chance=_by_chance(plan, outcomes[""]),
        seconds=fitting,
        errors=_errors(outcomes[""]),
        silent=n_classes > 0 and (clean := outcomes[""]) is not None and bool(np.isnan(clean.probabilities).all()),
    )


def _errors(outcome: Outcome | None) -> Array:
    if outcome is None:
        return np.empty(0)
    off = np.abs(outcome.predicted - outcome.truth)
    return (off > 0).astype(np.float64) if outcome.n_classes else off


def _weights(drawn: Sequence[tuple[Prepared, NDArray[np.intp]]]) -> Array | None:
    """How much each unit trained on counts; None where no set says so."""
    if all(item.weights is None for item, _ in drawn):
        return None
    return np.concatenate(
        [np.ones(len(index)) if item.weights is None else item.weights[index] for item, index in drawn]
    )


def _fit(
    job: Job, train: Features, target: Array, groups: Groups, weights: Array | None, *, n_classes: int, seed: int
) -> Answer:
    """What the fitted model says about units of which features, truth and groups are known."""
    if not job.arm.mitigation:
        fitted = fit_model(job.model, train=train, target=target, n_classes=n_classes, seed=seed, weights=weights)

        def plain(features: Features, truth: Array, _: Groups, attack: float) -> Outcome | None:
            return fitted.attacked(features, truth, strength=attack) if attack else fitted(features, truth)

        return plain
    held = fit_mitigated(
        job.arm.mitigation,
        job.model,
        train=train,
        target=target,
        groups=group_names(groups, len(target)),
        n_classes=n_classes,
        seed=seed,
    )

    def mitigated(features: Features, truth: Array, groups: Groups, attack: float) -> Outcome | None:
        return None if attack else held(features, truth, group_names(groups, len(truth)))

    return mitigated


def _by_chance(plan: Plan, outcome: Outcome | None) -> dict[int, Array]:
    """What chance would give, by the place of the part, for those parts that can tell."""
    if outcome is None:
        return {}
    asked = [(place, part.measure.chance) for place, part in enumerate(plan.parts) if not part.test]
    return {place: chance(outcome) for place, chance in asked if chance is not None}


def _measured(part: Part, outcome: Outcome | None, weights: Array) -> Array:
    """A part's value, plain and on each resample; NaN where the model said nothing."""
    if outcome is None:
        return np.full(len(weights), np.nan)
    # A slice of everyone would copy all of the weights.
    own = weights if part.members.all() else weights[:, part.members]
    return part.measure.compute(outcome.take(part.members), own)


def _examine(plan: Plan, fitted: Answer, item: Examined) -> Outcome | None:
    """None where the model cannot be attacked."""
    found = fitted(item.features, item.truth, item.groups, item.attack)
    return None if found is None else replace(found, rarest=plan.problem.rarest)


def _own(plan: Plan, fitted: Answer, train: Features, target: Array, groups: Groups) -> Array:
    """Every measure on the rows that the model was fitted on."""
    found = fitted(train, target, groups, 0.0)
    if found is None:
        return np.full(len(plan.measures), np.nan)
    outcome, ones = replace(found, rarest=plan.problem.rarest), np.ones((1, len(target)))
    return np.array([measure.compute(outcome, ones)[0] for measure in plan.measures])


def _transfer(plan: Plan, fitted: Answer) -> dict[str, Array]:
    """Every measure of one fit on each synthetic set, plain and on each resample of its units."""
    found = {item.name: (fitted(item.features, item.truth, {}, 0.0), item.weights) for item in plan.tested if len(item)}
    return {
        name: np.asarray(
            [measure.compute(replace(outcome, rarest=plan.problem.rarest), weights) for measure in plan.measures]
        )
        for name, (outcome, weights) in found.items()
        if outcome is not None
    }
