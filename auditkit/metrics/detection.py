"""Can a classifier tell synthetic from real? Two discriminators side by side, out of fold.

A linear one is blind to relations between columns; a boosted one also sees formatting. Folds are grouped by identical
row, for a copy in two folds would give itself away.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from auditkit.blocks import run_blocks
from auditkit.lazy import unmoved_random
from auditkit.metrics.arrays import feature_sides
from auditkit.metrics.out_of_fold import FOLDS, MAX_TRAINING_ROWS, OutOfFold, out_of_fold
from auditkit.metrics.products import Side, product
from auditkit.metrics.ranks import area_interval, area_under_curve, null_error
from auditkit.metrics.records import records_of
from auditkit.metrics.registry import Part, Reading, metric, value_of

__all__ = ["classifier_two_sample"]

MAX_LEVELS = 250
ROUNDS = 60
LEAST_ROUNDS = 5
MOST_TREES = 1800
LEAST_OF_GROUP = 30
_SUREST = 20.0
_ONE_AT_A_TIME = threading.Lock()
"""scikit-learn resets the filters of warnings of the whole process while it fits a logistic regression."""


@dataclass(frozen=True, eq=False)
class Discriminator:
    """Out-of-fold answers of two classifiers, asked whether a row is synthetic.

    Attributes
    ----------
    boosted, linear : ndarray of shape (n + m,)
        Probability of being synthetic, real rows first.
    synthetic : ndarray of shape (n + m,), bool
    fold : ndarray of shape (n + m,), int64
    told : mapping of str to OutOfFold
        The classifiers, `boosted` and `linear`, which other rows may be asked of.
    """

    boosted: NDArray[np.float64]
    linear: NDArray[np.float64]
    synthetic: NDArray[np.bool_]
    fold: NDArray[np.int64]
    told: Mapping[str, OutOfFold] = field(default_factory=dict)


@product(sides=("real", "synthetic"))
def discriminator(real: Side, synthetic: Side, *, rng: np.random.Generator) -> Discriminator:
    """Train both classifiers out of fold on the rows of two sides."""
    load_models()
    columns, categorical = pooled_columns(real, synthetic)
    features = np.concatenate([real.features, synthetic.features])
    is_synthetic = np.arange(len(columns)) >= len(real)
    fold = grouped_folds(np.concatenate(records_of(real, synthetic)), rng)
    seeds = [int(seed) for seed in rng.integers(2**31, size=FOLDS)]

    def boosted(rows: NDArray[np.float64], labels: NDArray[np.bool_], seed: int) -> Any:
        return boosted_classifier(categorical, seed).fit(binnable(rows), labels)

    def linear(rows: NDArray[np.float64], labels: NDArray[np.bool_], _: int) -> Any:
        return fit_linear(rows, labels)

    told = out_of_fold({"boosted": (columns, boosted), "linear": (features, linear)}, fold, is_synthetic, seeds)
    return Discriminator(told["boosted"].answers, told["linear"].answers, is_synthetic, fold, told)


@dataclass(frozen=True, eq=False)
class LabelAgreement:
    """Probability that a classifier trained on real samples gives to each synthetic sample's own label.

    Attributes
    ----------
    probability : ndarray of shape (m,)
        NaN where the label does not occur in the real data.
    highest : ndarray of shape (m,)
        What it gives to the label that it finds likeliest.
    """

    probability: NDArray[np.float64]
    highest: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelClassifier:
    """A classifier of the label that learnt from real samples.

    Attributes
    ----------
    model : classifier, or None
        None where there is no label, or a single one.
    categorical : tuple of bool
    """

    model: Any
    categorical: tuple[bool, ...] = ()


@product(sides=("real",))
def label_classifier(real: Side, *, rng: np.random.Generator) -> LabelClassifier:
    """Train a classifier of the label on real rows; one for synthetic and fresh rows, so that equal rows tie."""
    load_models()
    labels = real.labels
    if labels is None:
        return LabelClassifier(None)
    train = rng.permutation(len(real))[: 2 * MAX_TRAINING_ROWS]
    if len(np.unique(labels[train])) < 2:  # noqa: PLR2004 - needs two classes
        return LabelClassifier(None)
    columns, categorical = pooled_columns(real, drop=real.target)
    if not columns.shape[1]:
        return LabelClassifier(None)
    # Each round grows a tree per class.
    rounds = min(ROUNDS, max(LEAST_ROUNDS, MOST_TREES // len(np.unique(labels[train]))))
    model = boosted_classifier(categorical, int(rng.integers(2**31)), rounds=rounds)
    (fitted,) = run_blocks(lambda _: model.fit(binnable(columns[train]), labels[train]), [None])
    return LabelClassifier(fitted, categorical)


@product(sides=("real", "synthetic"))
def label_agreement(real: Side, synthetic: Side, real_classifier: LabelClassifier) -> LabelAgreement:
    """Ask the classifier of the real labels about the synthetic rows."""
    model, labels = real_classifier.model, synthetic.labels
    if model is None or labels is None:
        return LabelAgreement(*(np.full(len(synthetic), np.nan) for _ in range(2)))
    columns, _ = pooled_columns(synthetic, drop=real.target)
    asked = known_levels(columns, real_classifier.categorical)
    (probability,) = run_blocks(lambda _: np.asarray(model.predict_proba(asked), np.float64), [None])
    position = np.full(len(real.label_levels), -1)
    position[model.classes_] = np.arange(len(model.classes_))
    column = position[labels]
    own = probability[np.arange(len(column)), np.maximum(column, 0)]
    return LabelAgreement(np.where(column >= 0, own, np.nan), probability.max(axis=1))


def _classifier_two_sample(discriminator: Discriminator, real: Side, synthetic: Side) -> Reading:
    whole = told_apart(discriminator)
    if whole.value is None:
        return whole
    contributions = discriminator.boosted[discriminator.synthetic]
    return replace(whole, contributions=contributions, parts=_group_parts(discriminator, real, synthetic))


def told_apart(discriminator: Discriminator) -> Reading:
    """Area, its interval, and what else two classifiers' answers tell, of all rows that they are about."""
    n = (int((~discriminator.synthetic).sum()), int(discriminator.synthetic.sum()))
    boosted, linear = (_fold_auc(discriminator, scores) for scores in (discriminator.boosted, discriminator.linear))
    if boosted is None:
        reason = (
            f"a discriminator needs distinct samples of both sets in each of its {FOLDS} folds, and these {n[0]} real "
            f"and {n[1]} synthetic samples are too few or repeat each other too often."
        )
        return Reading(None, n, reason)
    value, error = boosted
    return Reading(
        value,
        n,
        interval=area_interval(value, error, min(n)),
        method="folds",
        details={
            "boosted": value,
            "linear": None if linear is None else linear[0],
            "p": _p_value(discriminator, discriminator.boosted),
            "p_linear": None if linear is None else _p_value(discriminator, discriminator.linear),
            "balanced_accuracy": _balanced_accuracy(discriminator, discriminator.boosted),
            "balanced_accuracy_linear": _balanced_accuracy(discriminator, discriminator.linear),
        },
    )


def _group_parts(answers: Discriminator, real: Side, synthetic: Side) -> tuple[Part, ...]:
    """How well the whole set's classifiers tell the rows of each declared group."""
    parts = []
    for name, levels in real.group_levels.items():
        codes = np.concatenate([real.groups[name], synthetic.groups[name]])
        for code, level in enumerate(levels):
            held = codes == code
            if min(held[answers.synthetic].sum(), held[~answers.synthetic].sum()) < LEAST_OF_GROUP:
                continue
            within = Discriminator(
                answers.boosted[held], answers.linear[held], answers.synthetic[held], answers.fold[held]
            )
            reading = told_apart(within)
            if reading.value is not None:
                parts.append(Part({name: level}, reading))
    return tuple(parts)


@metric(
    reads=_classifier_two_sample,
    family="detection",
    direction="lower",
    bounds=(0.0, 1.0),
    null=0.5,
    interval="reading",
    by_group=False,
    source="Lopez-Paz and Oquab 2017, section 3; DeLong, DeLong and Clarke-Pearson 1988",
    meaning="How well a classifier tells synthetic from real samples: 0.5 not at all, 1 always.",
    misleads=(
        "Formatting gives samples away: a value near 1 that vanishes after snapping numbers to the schema's grid is no "
        "fault of the distribution. Copies score 0.5."
    ),
    advice="Look at what gives the samples away; a format (decimals, ranges) is repaired by snapping to the schema.",
)
def classifier_two_sample(*, real: ArrayLike, synthetic: ArrayLike, seed: int = 0) -> float:
    """Area under the ROC curve of a boosted classifier that tells synthetic from real, out of fold.

    a(real, synthetic) = mean over folds of mean_{ij} ( 1[p(s_j) > p(r_i)] + 1[p(s_j) = p(r_i)] / 2 ), with p the
    probability of being synthetic that a classifier says which was trained on the other folds.

    Parameters
    ----------
    real : array_like of shape (n, d)
    synthetic : array_like of shape (m, d)
    seed : int, default 0
        Seed of folds and trees.

    Returns
    -------
    float in [0, 1]; lower is better, 0.5 is chance.

    Raises
    ------
    UndefinedError
        If a fold lacks one of the sets.

    Notes
    -----
    Mean over 3 folds grouped by identical row. Trains on at most 10,000 rows a fold and asks about all rows. A reading
    also holds the areas within each declared group of what the same classifiers say (one trained on a group alone
    would learn it by heart and cost more than the rest of an audit), the area of a linear classifier, both balanced
    accuracies, and both p-values: labels are permuted
    within each fold given the scores, and the mean of the folds' z is judged as one, because folds that train each
    other's classifiers are not independent. That errs on the safe side: 5 % is 1 to 3 %. No global random state is
    read or written, but for scikit-learn, whose first import draws from Python's own generator.

    References
    ----------
    Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests", ICLR.
    Nadeau and Bengio 2003, "Inference for the Generalization Error", Machine Learning 52, section 3.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> classifier_two_sample(real=x, synthetic=x + 10.0) > 0.95
    True
    """
    return value_of(_classifier_two_sample, feature_sides(real, synthetic), seed=seed)


def load_models() -> None:
    """Load the classifiers' OpenMP before blocks run: what is loaded later escapes the limit of one thread."""
    with unmoved_random():
        import sklearn.ensemble  # noqa: PLC0415 - costs half a second
        import sklearn.linear_model  # noqa: F401, PLC0415


def boosted_classifier(categorical: tuple[bool, ...], seed: int, *, rounds: int = ROUNDS) -> Any:
    """Gradient boosting with native categories and missing values, regularised for tables of any size."""
    with unmoved_random():
        from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 - costs half a second

    return HistGradientBoostingClassifier(
        max_iter=rounds,
        learning_rate=0.15,
        max_leaf_nodes=15,
        min_samples_leaf=10,
        l2_regularization=1.0,
        early_stopping=False,
        categorical_features=np.array(categorical, bool) if any(categorical) else None,
        random_state=seed,
    )


def binnable(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows that are the caller's own; columns without a cell, which scikit-learn cannot bin, become constant."""
    rows[:, np.isnan(rows).all(axis=0)] = 0.0
    return rows


def log_odds(probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """log(p / (1 - p)), 20 at most."""
    with np.errstate(divide="ignore"):
        found = np.log(probability) - np.log1p(-probability)
    return np.asarray(np.clip(found, -_SUREST, _SUREST), np.float64)


def linear_classifier() -> Any:
    """Logistic regression on standardised columns, regularised."""
    with unmoved_random():
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    # A loose tolerance: the question is an AUC to two digits, and some columns separate the sets perfectly.
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, tol=1e-3, max_iter=1000))


def fit_linear(rows: NDArray[np.float64], labels: NDArray[np.bool_]) -> Any:
    """A linear classifier of these rows."""
    with _ONE_AT_A_TIME:
        return linear_classifier().fit(rows, labels)


def pooled_columns(*sides: Side, drop: int | None = None) -> tuple[NDArray[np.float64], tuple[bool, ...]]:
    """Columns of all sides, in their order; categories with too many levels are read as numbers."""
    tables = [side.columns for side in sides if side.columns is not None]
    if len(tables) < len(sides):
        pooled = np.concatenate([side.features for side in sides]).astype(np.float64)
        return pooled, (False,) * pooled.shape[1]
    pooled = np.concatenate(tables)
    kept = [number for number in range(pooled.shape[1]) if number != drop]
    few = pooled.max(axis=0, initial=-1.0, where=~np.isnan(pooled)) < MAX_LEVELS
    return pooled[:, kept], tuple(bool(sides[0].categorical[number] and few[number]) for number in kept)


def known_levels(columns: NDArray[np.float64], categorical: tuple[bool, ...]) -> NDArray[np.float64]:
    """Columns for a boosted classifier that saw other rows: of levels that it cannot number none is told."""
    return np.where(np.array(categorical, bool) & (columns >= MAX_LEVELS), np.nan, columns)


def grouped_folds(records: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Fold of each row; identical rows share one."""
    _, inverse = np.unique(records, return_inverse=True)
    return (rng.permutation(int(inverse.max()) + 1) % FOLDS)[inverse]


def _fold_auc(answers: Discriminator, scores: NDArray[np.float64]) -> tuple[float, float] | None:
    """Mean AUC over folds and its standard error: from DeLong's of each fold or from their spread, whichever is larger.

    Folds that train each other's classifiers are not independent of each other, so the variance of a fold's area
    counts 1 / K + 1 / (K - 1) times instead of 1 / K (Nadeau and Bengio 2003): 1 / K alone covers 86 to 91 %.
    """
    folds = [area_under_curve(scores[mask], answers.synthetic[mask]) for mask in _fold_masks(answers.fold)]
    known = [item for item in folds if item is not None]
    if len(known) < FOLDS:
        return None
    areas, errors = np.array(known).T
    within = float(np.sqrt((1 / FOLDS + 1 / (FOLDS - 1)) * (errors**2).mean()))
    return float(areas.mean()), max(within, float(areas.std(ddof=1)) / FOLDS**0.5)


def _p_value(answers: Discriminator, scores: NDArray[np.float64]) -> float:
    """Chance of an area as large where labels are permuted within each fold, one-sided.

    A fold's classifier has not seen the fold's labels, so given its scores they permute: each fold has a
    Mann-Whitney z. The folds train each other's classifiers, so these move together (r from 0.2 to 0.5 between two
    samples of one distribution); their mean has a variance of at most 1 however they do.
    """
    z = []
    for mask in _fold_masks(answers.fold):
        found = area_under_curve(scores[mask], answers.synthetic[mask])
        error = null_error(scores[mask], answers.synthetic[mask])
        z.append((found[0] - 0.5) / error if found is not None and error > 0 else 0.0)
    return float(ndtr(-np.mean(z)))


def _balanced_accuracy(answers: Discriminator, scores: NDArray[np.float64]) -> float | None:
    """Mean over both sets of the share of rows told rightly, cut where the classifier leans to neither set."""
    if np.isnan(scores).any():
        return None
    sizes = [int(answers.synthetic.sum()), int((~answers.synthetic).sum())]
    first, second = (min(size * (FOLDS - 1) / FOLDS, MAX_TRAINING_ROWS) for size in sizes)
    right = (scores > first / (first + second)) == answers.synthetic
    return float((right[answers.synthetic].mean() + right[~answers.synthetic].mean()) / 2)


def _fold_masks(fold: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    return [fold == number for number in range(FOLDS)]
