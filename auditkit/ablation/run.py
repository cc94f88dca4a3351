"""Train the same model on every arm, test all of them on the same unseen units, and say what the difference is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.arms import SHARE, Arm, draw, plan_arms
from auditkit.ablation.contamination import refuse_seen_test_rows
from auditkit.ablation.measures import Measure, Outcome, default_measures, measure_of
from auditkit.ablation.models import Features, Predictor, fit_model, model_name
from auditkit.ablation.paired import bootstrap_weights
from auditkit.ablation.problem import Prepared, Problem, prepare
from auditkit.ablation.result import MARGIN, Ablation
from auditkit.ablation.scoring import Cell, Grid, Part, score_grid
from auditkit.ablation.transfer import Tested, choose_tested, transfer_scores
from auditkit.blocks import Progress, run_blocks
from auditkit.errors import DataError
from auditkit.results import Scores

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["ablate"]

_BOOTSTRAP = 0xB007


def ablate(
    *,
    real: Dataset,
    test: Dataset,
    arms: Mapping[str, Dataset],
    repeats: int = 5,
    models: Sequence[str] = ("boosting",),
    measures: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    include: Sequence[str] | None = None,
) -> Ablation:
    """What training on synthetic data does to a model, measured on real units that nothing has seen.

    A repeat draws 80 % of every set (classes keep their shares), trains one model per arm and tests all of them on the
    same units. Intervals combine the corrected resampled t over repeats with a paired bootstrap of the test units.
    The real arm's models are also tested on each synthetic set (at most 10,000 of its units).

    Parameters
    ----------
    real : Dataset
        Training part of the real data, with a label.
    test : Dataset
        Test part that neither generator nor filter has seen.
    arms : mapping of str to Dataset
        Sets to try: `"all"` gives the arms `"synthetic"` and `"real+synthetic"`, any other key K gives K and
        `"real+K"`. The arm `"real"` is always there. A set may be empty: its arms are then not measured, with a reason.
    repeats : int, default 5
        At least 1; a single repeat gives no interval.
    models : sequence of {"boosting", "logistic"}, default ("boosting",)
        Histogram gradient boosting, or logistic regression (ridge for numbers). Images are always judged by logistic
        regression on principal components of their pixels.
    measures : sequence of str, optional
        The first is the main one. Default: balanced_accuracy, macro_f1, auroc; minority_f1 and average_precision too
        where one class is three times as frequent as another; for a numeric label of more than 20 values r2 and mae.
        Others: accuracy, brier, calibration_error, log_loss; rmse.
    seed : int, default 0
    progress : callable, optional
        Called with fits done, fits in all, and the arm of the fit that is done.
    include : sequence of str, optional
        Names of the arms to run; default all.

    Returns
    -------
    Ablation

    Raises
    ------
    AuditkitError
        If the real data have no label, or one of a single class.
    DataError
        If sets do not fit each other, or test units occur in another set more often than duplicates explain.
    UnknownNameError
        If a model, measure or arm is not known.

    Notes
    -----
    Names that others use: the arm `"real"` is train on real, test on real (TRTR), `"synthetic"` train on synthetic,
    test on real (TSTR), `"real+synthetic"` the augmented set; `ablation_transfer` is train on real, test on synthetic
    (TRTS). Each set that an arm uses has one beside the same models on real test units: far below them, the synthetic
    labels do not follow from the features as real ones do (with a good TSTR: labels are noisy); far above, the
    synthetic units are easier than real ones, as when a generator falls into typical cases or repeats training units.

    References
    ----------
    Nadeau and Bengio 2003, "Inference for the Generalization Error", Machine Learning 52.
    Esteban, Hyland and Ratsch 2017, "Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs",
    section 4.1 (TSTR and TRTS).
    """
    started = time.perf_counter()
    if repeats < 1:
        raise DataError(f"ablation needs at least 1 repeat, got {repeats}: ask for 5.")
    if not models:
        raise DataError("ablation needs at least one model: pass models=('boosting',).")
    planned = plan_arms(arms, include)
    problem = prepare({"real": real, "test": test, **arms})
    shared = refuse_seen_test_rows(real=real, test=test, arms=arms)
    setup = _setup(problem, planned, models, measures, repeats, seed)
    cells = _run_all(setup, progress)
    about = _about(setup, problem, str(real.label), real, shared)
    grid = Grid(cells, setup.parts, planned, setup.models, repeats, seed, about)
    scores, verdicts = score_grid(grid)
    scores = Scores.of([*scores, *transfer_scores(grid, setup.tested)])
    seconds = time.perf_counter() - started
    return Ablation(scores, verdicts, about, {"seconds": seconds, "fits": len(setup.jobs)})


@dataclass(frozen=True)
class _Job:
    arm: Arm
    model: str
    repeat: int


@dataclass(frozen=True, eq=False)
class _Setup:
    problem: Problem
    test: Prepared
    arms: list[Arm]
    models: tuple[str, ...]
    measures: tuple[Measure, ...]
    parts: tuple[Part, ...]
    weights: NDArray[np.float64]
    tested: tuple[Tested, ...]
    jobs: list[_Job]
    repeats: int
    seed: int


def _setup(
    problem: Problem,
    arms: list[Arm],
    models: Sequence[str],
    measures: Sequence[str] | None,
    repeats: int,
    seed: int,
) -> _Setup:
    test = problem.sets["test"]
    if test is None:
        raise DataError("ablation needs test units with a label: give it some.")
    usual = default_measures(problem.task, imbalanced=problem.imbalanced)
    names = tuple(dict.fromkeys(model_name(name, pixels=test.features.pixels) for name in models))
    chosen = tuple(measure_of(name, problem.task) for name in dict.fromkeys(measures or usual))
    rng = np.random.default_rng(np.random.SeedSequence([seed, _BOOTSTRAP]))
    filled = [arm for arm in arms if all(problem.sets[part] is not None for part in arm.parts)]
    jobs = [_Job(arm, model, repeat) for arm in filled for model in names for repeat in range(repeats)]
    parts = tuple(_parts(problem, test, chosen))
    weights, tested = bootstrap_weights(len(test), rng), choose_tested(problem, arms, seed=seed)
    return _Setup(problem, test, arms, names, chosen, parts, weights, tested, jobs, repeats, seed)


def _parts(problem: Problem, test: Prepared, measures: Sequence[Measure]) -> Iterator[Part]:
    """What is measured: every measure on the whole test part, and the accuracies and rates of each declared group."""
    everyone = np.ones(len(test), dtype=bool)
    yield from (Part(measure, {}, everyone) for measure in measures)
    by_group = _group_measures(problem)
    for name, values in test.groups.items():
        for level in sorted({str(value) for value in values}):
            members = np.asarray(values == level)
            yield from (Part(measure, {name: level}, members) for measure in by_group)


def _group_measures(problem: Problem) -> list[Measure]:
    if problem.task == "regression":
        return [measure_of("mae", "regression")]
    accuracy = measure_of("accuracy", "classification")
    if problem.positive is None:
        return [accuracy]
    positive = float(problem.positive)

    def rate(outcome: Outcome, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        # The share of rightly predicted units, when everybody's truth is the positive class.
        return accuracy.compute(replace(outcome, truth=np.full(len(outcome.truth), positive)), weights)

    return [accuracy, replace(accuracy, name="selection_rate", direction="none", compute=rate)]


def _run_all(setup: _Setup, progress: Progress | None) -> dict[tuple[str, str], list[Cell]]:
    lock = threading.Lock()
    done = 0

    def task(job: _Job) -> Cell:
        nonlocal done
        cell = _run(setup, job)
        with lock:
            done += 1
            if progress is not None:
                progress(done, len(setup.jobs), job.arm.name)
        return cell

    cells: dict[tuple[str, str], list[Cell]] = {}
    for job, cell in zip(setup.jobs, run_blocks(task, setup.jobs), strict=True):
        cells.setdefault((job.arm.name, job.model), []).append(cell)
    return cells


def _run(setup: _Setup, job: _Job) -> Cell:
    """One fit: every part's value, plain and on each resample of the test units; real fits also on synthetic units."""
    n_classes = len(setup.problem.classes)
    sets = {name: item for name, item in setup.problem.sets.items() if item is not None}
    drawn = draw(job.arm, sets, repeat=job.repeat, seed=setup.seed, stratify=n_classes > 0)
    predict = fit_model(
        job.model,
        train=Features.join([sets[name].features.take(index) for name, index in drawn.items()]),
        target=np.concatenate([sets[name].target[index] for name, index in drawn.items()]),
        n_classes=n_classes,
        seed=int(np.random.SeedSequence([setup.seed, job.repeat]).generate_state(1)[0]),
    )
    outcome = replace(predict(setup.test.features, setup.test.target), rarest=setup.problem.rarest)
    values = [part.measure.compute(outcome.take(part.members), setup.weights[:, part.members]) for part in setup.parts]
    n_real = len(drawn.get("real", ()))
    transfer = _transfer(setup, predict) if job.arm.name == "real" else {}
    return Cell(np.asarray(values), (n_real, sum(len(index) for index in drawn.values()) - n_real), transfer)


def _transfer(setup: _Setup, predict: Predictor) -> dict[str, NDArray[np.float64]]:
    """Every measure of one fit on each synthetic set, plain and on each resample of its units."""
    rarest = setup.problem.rarest
    found = {
        item.name: (replace(predict(item.features, item.truth), rarest=rarest), item.weights)
        for item in setup.tested
        if len(item)
    }
    return {
        name: np.asarray([measure.compute(outcome, weights) for measure in setup.measures])
        for name, (outcome, weights) in found.items()
    }


def _about(setup: _Setup, problem: Problem, label: str, real: Dataset, shared: list[str]) -> dict[str, object]:
    notes = [*problem.notes, *shared]
    if setup.test.features.pixels:
        notes.append("images are judged by logistic regression on principal components of their pixels.")
    empty = [name for name, item in problem.sets.items() if item is None]
    notes += [f"the set `{name}` has no units with a label, so its arms are not measured." for name in empty]
    return {
        "task": problem.task,
        "label": label,
        "classes": list(problem.classes),
        "positive": None if problem.positive is None else problem.classes[problem.positive],
        "groups": list(real.groups),
        "arms": {arm.name: _units(problem, arm) for arm in setup.arms},
        "transfer": {item.name: len(item) for item in setup.tested},
        "models": list(setup.models),
        "measures": [measure.name for measure in setup.measures],
        "repeats": setup.repeats,
        "share": SHARE,
        "seed": setup.seed,
        "margin": MARGIN,
        "n_test": len(setup.test),
        "notes": notes,
    }


def _units(problem: Problem, arm: Arm) -> dict[str, int]:
    sizes = {part: len(item) if (item := problem.sets[part]) is not None else 0 for part in arm.parts}
    return {"real": sizes.get("real", 0), "synthetic": sum(n for part, n in sizes.items() if part != "real")}
