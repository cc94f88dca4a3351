"""Train the same model on every arm, test all of them on the same unseen units, and say what the difference is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditkit.ablation.arms import SHARE, Arm, plan_arms
from auditkit.ablation.asked import check_asked
from auditkit.ablation.contamination import refuse_seen_test_rows
from auditkit.ablation.curves import curve_scores
from auditkit.ablation.error_slices import UnitErrors, errors_of
from auditkit.ablation.examined import examined_sets, shifted_key
from auditkit.ablation.fitting import run_jobs
from auditkit.ablation.grid import Cell, Grid
from auditkit.ablation.harmed import worst_slices
from auditkit.ablation.lacking import lacking_classes
from auditkit.ablation.mitigation import group_names, objective_notes
from auditkit.ablation.models import plan_models
from auditkit.ablation.plan import Plan, jobs_of, measures_for, parts_of
from auditkit.ablation.problem import Prepared, Problem, prepare
from auditkit.ablation.recipes import make_sets, repeat_key, split_arms
from auditkit.ablation.result import MARGIN, Ablation
from auditkit.ablation.robustness import drop_scores, train_gap_scores
from auditkit.ablation.scoring import score_grid
from auditkit.ablation.transfer import choose_tested, transfer_scores
from auditkit.data import record_digests
from auditkit.data.checks import check_dataset
from auditkit.errors import DataError
from auditkit.results import Scores

if TYPE_CHECKING:
    from auditkit.ablation.given import ModelLike
    from auditkit.ablation.recipes import ArmSource
    from auditkit.blocks import Progress
    from auditkit.data import Dataset

__all__ = ["ablate"]

_COPIES = 0.95


def ablate(  # noqa: PLR0913 - what is trained, how often, and what is asked of it
    *,
    real: Dataset,
    test: Dataset,
    arms: Mapping[str, ArmSource],
    repeats: int = 5,
    models: Sequence[ModelLike] | Mapping[str, ModelLike] = ("boosting",),
    measures: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    include: Sequence[str] | None = None,
    ratios: Sequence[float] = (),
    curve: Sequence[float] = (),
    mitigations: Sequence[str] = (),
    perturb: Sequence[str] = (),
    shifted: Mapping[str, Dataset] | None = None,
    margin: float = MARGIN,
    slices: bool = True,
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
    arms : mapping of str to Dataset, generator or callable
        Sets to try: `"all"` gives the arms `"synthetic"` and `"real+synthetic"`, any other key K gives K and
        `"real+K"`. The arm `"real"` is always there. A set may be empty: its arms are then not measured, with a reason.
        A generator, or a callable `(train, seed) -> Dataset`, makes the set inside each repeat from the real units
        that the repeat draws, and from nothing else: augmentation, resampling, a generator fitted anew.
    repeats : int, default 5
        At least 1; a single repeat gives no interval.
    models : sequence or mapping of str, default ("boosting",)
        `"boosting"` (histogram gradient boosting), `"logistic"` (ridge for numbers), `"network"` (two layers of 64),
        `"convolution"` (on pixels), any scikit-learn estimator, cloned and seeded for every fit, or a callable
        `(values, target, seed) -> predict`; the keys of a mapping are their names. Given models read standardised
        numbers and an indicator per level, or pixels in [0, 1]. On pixels `"boosting"` gives logistic regression on
        principal components.
    measures : sequence of str, optional
        The first is the main one. Default: balanced_accuracy, macro_f1, auroc; minority_f1 and average_precision too
        where one class is three times as frequent as another; for a label that is an amount r2 and mae.
        Others: accuracy, brier, expected_calibration_error, log_loss; rmse.
    seed : int, default 0
    progress : callable, optional
        Called with fits done, fits in all, and the arm of the fit that is done.
    include : sequence of str, optional
        Names of the arms to run, each with its variants; default all.
    ratios : sequence of float
        Synthetic units per real one, at most: each gives an arm such as `"real+synthetic[ratio=0.5]"`.
    curve : sequence of float
        Shares of the synthetic units, as (0, 0.1, 0.25, 0.5, 1), that are added for a learning curve: see `curve()`.
    mitigations : sequence of str
        What is done about groups, as `"reweighing"`, `"exponentiated_gradient"`, `"threshold_optimizer"` or
        `"correlation_remover"`: each gives arms such as `"real[mitigation=reweighing]"`. Needs groups. The second and
        third take a constraint and what they keep high, as `"threshold_optimizer=equalized_odds:balanced_accuracy"`;
        accuracy by default. An estimator that takes no weights has no result where a mitigation needs them.
    perturb : sequence of str
        Disturbances of the test part, each with a strength if wanted: `"noise=0.1"` (standard deviations of a column,
        or parts of the pixels' range), `"blur=1"` (pixels), `"fgsm=0.05"` (an attack on networks, in units of noise).
    shifted : mapping of str to Dataset, optional
        Other real units to test on, as `{"2015": later}`.
    margin : float, default 0.01
        A difference whose interval lies inside plus or minus this is none.
    slices : bool, default True
        Whether to look for the slices of the test units on which each arm is worst against the real set alone: see
        `worst_slices`.

    Returns
    -------
    Ablation

    Raises
    ------
    AuditkitError
        If the real data have no label, or one of a single class, or a given model cannot be fitted.
    DataError
        If sets do not fit each other, or test units occur in another set more often than duplicates explain.
    UnknownNameError
        If a model, measure, arm or disturbance is not known.

    Notes
    -----
    Names that others use: the arm `"real"` is train on real, test on real (TRTR), `"synthetic"` train on synthetic,
    test on real (TSTR; its accuracy is the classification accuracy score, CAS), `"real+synthetic"` the augmented set;
    `ablation_transfer` is train on real, test on synthetic (TRTS). Each set that an arm uses has one beside the same
    models on real test units: far below them, the synthetic labels do not follow from the features as real ones do
    (with a good TSTR: labels are noisy); far above, the synthetic units are easier than real ones, as when a generator
    falls into typical cases or repeats training units.

    A synthetic unit that equals a real one is drawn where that is drawn, so that copies bring an arm nothing that the
    repeat left out. Sets that were made from all real units may still carry traces of those left out.

    References
    ----------
    Nadeau and Bengio 2003, "Inference for the Generalization Error", Machine Learning 52.
    Esteban, Hyland and Ratsch 2017, "Real-valued (Medical) Time Series Generation with Recurrent Conditional GANs",
    section 4.1 (TSTR and TRTS).
    Ravuri and Vinyals 2019, "Classification Accuracy Score for Conditional Generative Models" (CAS).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> def made(seed, flip=False):
    ...     x = np.random.default_rng(seed).normal(size=(200, 2)).round(3)
    ...     y = np.where((x[:, 0] > 0) ^ flip, "a", "b")
    ...     return load(pd.DataFrame({"x": x[:, 0], "z": x[:, 1], "y": y}), label="y")
    >>> arms = {"all": made(2, flip=True)}
    >>> found = ablate(real=made(0), test=made(1), arms=arms, models=("logistic",), include=["synthetic"])
    >>> [(item.arm, item.word) for item in found.verdicts]
    [('synthetic', 'hurts')]
    """
    started = time.perf_counter()
    asked = {"measures": measures, "include": include, "ratios": ratios, "curve": curve}
    _check_sequences({**asked, "mitigations": mitigations, "perturb": perturb})
    amounts = {"ratios": ratios, "curve": curve}
    check_asked(arms, include, shifted, repeats=repeats, margin=margin, seed=seed, amounts=amounts)
    elsewhere = dict(shifted or {})
    for role, item in (("real", real), ("test", test), *((f"shifted ({name})", elsewhere[name]) for name in elsewhere)):
        check_dataset(role, item)
    given, recipes = split_arms(arms)
    planned = plan_arms(arms, include, ratios=ratios, curve=curve, mitigations=mitigations)
    used = {part for arm in planned for part in arm.parts}
    recipes = {name: recipe for name, recipe in recipes.items() if name in used}
    base = {"real": real, "test": test, **given, **{shifted_key(name): item for name, item in elsewhere.items()}}
    problem = prepare(base)
    most = max((1.0, *ratios))
    made = make_sets(recipes, real=real, problem=problem, repeats=repeats, most=most, seed=seed, progress=progress)
    if made:
        problem = prepare({**base, **made})
    first = {name: made[repeat_key(name, 0)] for name in recipes}
    shared = refuse_seen_test_rows(real=real, test=test, arms={**given, **first})
    for name, item in elsewhere.items():
        shared += refuse_seen_test_rows(real=real, test=item, arms={**given, **first}, name=f"the set `{name}`")
    if mitigations:
        group_names({name: real.group_values(name) for name in real.groups}, len(real))
    examined = examined_sets(problem.sets, perturb=perturb, shifted=elsewhere, seed=seed)
    plan = _plan(problem, planned, examined, models, measures, frozenset(recipes), repeats, seed)
    fits = run_jobs(plan, progress)
    cells = fits.cells
    copying = _copying(problem, given)
    shared += [
        f"the set `{name}` brings only copies of real units (weights change, not information)."
        for name in sorted(copying)
    ]
    shared += [f"the arm {arm!r} has no result with this model: {why}" for (arm, _), why in fits.failed.items()]
    shared += lacking_classes(problem, planned, plan.made, repeats)
    shared += objective_notes(mitigations, main=plan.measures[0].name)
    shared += _odd_requests(arms, measures, mitigations, perturb, plan)
    shared += [f"the shifted set `{name}` equals the test part." for name in elsewhere if _same(elsewhere[name], test)]
    about = _about(plan, str(real.label), real, shared, margin, elsewhere)
    names = tuple(model.name for model in plan.models)
    grid = Grid(cells, plan.parts, planned, names, repeats, seed, about, margin, copying, fits.failed)
    scores, verdicts = score_grid(grid)
    more = [*transfer_scores(grid, plan.tested), *train_gap_scores(grid), *drop_scores(grid)]
    scores = Scores.of([*scores, *more, *curve_scores(grid, curve)])
    errors = _errors(cells, problem, test, seed)
    worst = worst_slices(errors, arms=about["arms"], models=names) if slices and errors is not None else ()
    cost = _cost(cells, time.perf_counter() - started)
    return Ablation(scores, verdicts, about, cost, errors, worst)


def _errors(
    cells: Mapping[tuple[str, str], list[Cell]], problem: Problem, test: Dataset, seed: int
) -> UnitErrors | None:
    prepared = problem.sets["test"]
    return None if prepared is None else errors_of(cells, test=test, prepared=prepared, seed=seed)


def _copying(problem: Problem, given: Mapping[str, Dataset]) -> frozenset[str]:
    """Sets of which at least 95 % of the units are copies of real ones; recipes mean to change weights."""
    found = {name: problem.sets.get(name) for name in given}
    return frozenset(
        name for name, item in found.items() if item is not None and _copied(item, problem.sets["real"]) >= _COPIES
    )


def _copied(item: Prepared, real: Prepared | None) -> float:
    """Share of units that equal a real one, label included: the record of an image is its pixels alone."""
    if real is None:
        return 0.0
    return float(((item.twin >= 0) & (item.target == real.target[item.twin])).mean())


def _odd_requests(
    arms: Mapping[str, Any],
    measures: Sequence[str] | None,
    mitigations: Sequence[str],
    perturb: Sequence[str],
    plan: Plan,
) -> list[str]:
    notes = []
    if not arms and not mitigations:
        notes.append("no arm but `real` was given, so nothing is compared.")
    if measures is not None and not measures:
        notes.append("no measure was named, so the usual ones are taken.")
    blind = [model.name for model in plan.models if not model.torch]
    if blind and any(name.startswith("fgsm") for name in perturb):
        notes.append(f"fgsm needs a gradient, which only networks have: it says nothing about {', '.join(blind)}.")
    return notes


def _same(one: Dataset, other: Dataset) -> bool:
    same = len(one) == len(other)
    return same and bool((record_digests(one, schema=other.schema) == record_digests(other, schema=other.schema)).all())


def _check_sequences(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if isinstance(value, str | int | float):
            raise DataError(f"`{name}` takes a sequence, got {value!r}: pass {name}=({value!r},).")


def _plan(
    problem: Problem,
    arms: list[Arm],
    examined: Mapping[str, Any],
    models: Sequence[ModelLike] | Mapping[str, ModelLike],
    measures: Sequence[str] | None,
    made: frozenset[str],
    repeats: int,
    seed: int,
) -> Plan:
    test = problem.sets["test"]
    if test is None:
        raise DataError("ablation needs test units with a label: give it some.")
    chosen = plan_models(models, pixels=test.features.pixels, embedded=bool(test.features.embedder))
    asked = measures_for(problem, measures)
    return Plan(
        problem=problem,
        arms=arms,
        models=chosen,
        measures=asked,
        parts=tuple(parts_of(problem, test, asked, examined)),
        examined=examined,
        tested=choose_tested(problem, arms, seed=seed, made=made),
        made=made,
        jobs=jobs_of(problem, arms, chosen, made=made, repeats=repeats),
        repeats=repeats,
        seed=seed,
    )


def _cost(cells: Mapping[tuple[str, str], list[Cell]], seconds: float) -> dict[str, Any]:
    """What the fits took, by arm and model: of this machine, never part of the results."""
    each = {
        f"{arm} ({model})": {"fits": len(items), "seconds": sum(item.seconds for item in items)}
        for (arm, model), items in cells.items()
    }
    return {"seconds": seconds, "fits": sum(len(items) for items in cells.values()), "arms": each}


def _about(
    plan: Plan, label: str, real: Dataset, shared: list[str], margin: float, shifted: Mapping[str, Dataset]
) -> dict[str, Any]:
    problem, test = plan.problem, plan.examined[""]
    notes = [*problem.notes, *shared]
    if test.features.pixels and any(model.name == "logistic" for model in plan.models):
        notes.append("images are judged by logistic regression on principal components of their pixels.")
    empty = [name for name, item in problem.sets.items() if item is None]
    notes += [f"the set `{name}` has no units with a label, so its arms are not measured." for name in empty]
    notes += [
        f"the arm {arm.name!r} asks for more units than there are and takes all."
        for arm in plan.arms
        if arm.ratio is not None and (n := _units(plan, arm))["synthetic"] < round(arm.ratio * n["real"])
    ]
    weighted = [name for name, item in problem.sets.items() if item is not None and item.weights is not None]
    if weighted and any(arm.mitigation for arm in plan.arms):
        notes.append(f"arms with a mitigation do not use the weights of {', '.join(f'`{name}`' for name in weighted)}.")
    about: dict[str, Any] = {
        "task": problem.task,
        "label": label,
        "classes": list(problem.classes),
        "positive": None if problem.positive is None else problem.classes[problem.positive],
        "groups": list(real.groups),
        "arms": {arm.name: _units(plan, arm) for arm in plan.arms if arm.amount is None},
        "transfer": {item.name: len(item) for item in plan.tested},
        "models": [model.name for model in plan.models],
        "measures": [measure.name for measure in plan.measures],
        "repeats": plan.repeats,
        "share": SHARE,
        "seed": plan.seed,
        "margin": margin,
        "n_test": len(test),
        "notes": notes,
    }
    return about | {
        "tests": {name: len(item) for name, item in plan.examined.items() if name},
        "shifted": list(shifted),
    }


def _units(plan: Plan, arm: Arm) -> dict[str, int]:
    sets = plan.problem.sets
    keys = {part: repeat_key(part, 0) if part in plan.made else part for part in arm.parts}
    sizes = {part: len(item) if (item := sets[key]) is not None else 0 for part, key in keys.items()}
    n_real = sizes.get("real", 0)
    n_synthetic = sum(n for part, n in sizes.items() if part != "real")
    if arm.ratio is not None:
        n_synthetic = min(n_synthetic, round(arm.ratio * n_real))
    return {"real": n_real, "synthetic": n_synthetic}
