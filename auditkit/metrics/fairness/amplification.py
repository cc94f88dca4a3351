"""Is what was unfair made worse? Associations between a protected attribute and a label, stronger or weaker than real.

The synthetic data themselves stand in the place of predictions; a model's predictions may too. A mean over levels is
decided by the smallest of them unless they are left out, and what goes from the label to the attribute also moves with
the shares of the levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from auditkit.errors import UndefinedError
from auditkit.metrics.fairness.amplified import MEASURES, AmplificationReport, Way, amplification_of
from auditkit.metrics.fairness.association import Association, associations_of_tables
from auditkit.metrics.fairness.attributes import associations, worst_of
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.parameters import check_seed, one_of, whole
from auditkit.metrics.registry import Part, Reading, metric

__all__ = ["AmplificationReport", "amplification_report", "bias_amplification"]

Definition = Literal["directional", "zhao"]
Direction = Literal["attribute_to_label", "label_to_attribute", "label_to_attribute_raw"]
MIN_SUPPORT = 10
_WAYS: dict[Way, str] = {"attribute_to_label": "attribute to label", "label_to_attribute": "label to attribute"}


def _bias_amplification(
    real_occupancy: Occupancy, synthetic_occupancy: Occupancy, *, definition: Definition, min_support: int
) -> Reading:
    real, synthetic = real_occupancy, synthetic_occupancy
    one_of("definition", definition, Definition)
    least = whole("min_support", min_support, 1, give=MIN_SUPPORT)
    parts = tuple(part for found in associations(real, synthetic) for part in _parts(found, definition, least))
    return worst_of(parts, (real.n, synthetic.n), parts[0].reading.reason if parts else "no label was declared.")


def _parts(found: Association, definition: Definition, min_support: int) -> list[Part]:
    """Both ways of the directional definition, the raw figure beside that which moves with shares; or Zhao's."""
    report = amplification_of(found, min_support=min_support, seed=0)
    if definition == "zhao":
        return [Part({"attribute": found.attribute}, _reading(report, "zhao"))]
    return [Part({"attribute": found.attribute, "way": words}, _reading(report, way)) for way, words in _WAYS.items()]


def _reading(report: AmplificationReport, way: Way) -> Reading:
    found = report.measures[way]
    details: dict[str, Any] = {"levels": len(report.levels), "left_out": len(report.dropped)}
    if way == "label_to_attribute":
        details["raw"] = report.measures["label_to_attribute_raw"].value
    if found.value is None or found.low is None or found.high is None:
        return Reading(None, report.n, found.reason, details=details)
    return Reading(
        found.value,
        report.n,
        interval=(found.low, found.high),
        method="multinomial resampling",
        spread={"kind": "normal", "se": found.error},
        details=details,
    )


@metric(
    reads=_bias_amplification,
    family="fairness",
    direction="match",
    target=0.0,
    bounds=(-1.0, 1.0),
    unit="share",
    interval="reading",
    by_group=False,
    asks=("label", "groups"),
    embedded=False,
    source="Wang and Russakovsky 2021, equations 1 to 3; Zhao et al. 2017, equation 2",
    meaning="How much stronger a group and a label go together in the synthetic data than in the real data.",
    misleads=(
        "A mean over levels: opposite changes cancel, and small groups decide it. The direction from label to "
        "attribute also moves with the shares of the groups."
    ),
    advice="Condition the generator on group and label together, or reweigh the synthetic samples before training.",
)
def bias_amplification(
    *,
    real: Any,
    synthetic: Any = None,
    attribute: str | Sequence[str],
    label: str,
    definition: Definition = "directional",
    way: Direction = "attribute_to_label",
    predictions: Any = None,
    train: Any = None,
    min_support: int = MIN_SUPPORT,
) -> float:
    """How much stronger an attribute and a label go together than in the real data.

    Directional: (1 / |A| |T|) sum_{a,t} s_at d_at, with s_at = sign(P(a, t) - P(a) P(t)) in the real data and d_at the
    change from real to synthetic of P(t | a) (`"attribute_to_label"`) or of P(a | t) (`"label_to_attribute"`). Zhao:
    (1 / |T|) sum_a sum_{t: P(a | t) > 1 / |A|} d_at, with P(a | t) and its change.

    Parameters
    ----------
    real : table
        Dataset, frame or mapping of columns.
    synthetic : table, optional
        With the same columns. It stands where the papers have predictions.
    attribute : str or sequence of str
        Column of the protected attribute; several stand for their intersection.
    label : str
        Column of the label; all its classes count. Amounts, numbers of more than 20 values, are cut into four at the
        real quartiles.
    definition : {"directional", "zhao"}, default "directional"
    way : {"attribute_to_label", "label_to_attribute", "label_to_attribute_raw"}, default "attribute_to_label"
        Of the directional definition. From label to attribute, the levels of the attribute are given their real shares
        first; `"label_to_attribute_raw"` takes the data as they are.
    predictions : array_like, optional
        Predicted classes: one per row of `synthetic`, in the place of its label; or one per row of `real`, with no
        `synthetic`, as the papers have it.
    train : table, optional
        Where it is read which levels and classes go together; `real` by default.
    min_support : int, default 10
        Levels, and classes that are conditioned on, with fewer samples in either set are left out.

    Returns
    -------
    float in [-1, 1]; 0 is best: above it the association is amplified, below it weakened.

    Raises
    ------
    AuditkitError
        If there is nothing to compare with.
    DataError, SampleSizeError, ShapeError, UnknownNameError
        If a set is no table, is empty or lacks a column, or there is not one prediction per row.
    UndefinedError
        If fewer than two levels have enough samples.

    Notes
    -----
    A product of counts: O(n) to count, O(|A| |T|) beyond. With `min_support=1` and raw rates it is what the authors'
    loops give, which count a cell that is independent in the real data as 0. On COMPAS (race and sex) three groups of
    2, 9 and 2 turn +0.051 into -0.031, so small ones are left out by default. An association that lies within chance in
    the real data has an arbitrary sign and shrinks on average: read `amplification_report` for limits.

    Zhao's definition asks who is above an even share of a class, whatever the shares in all: a generator that adds men
    everywhere amplifies by it.

    References
    ----------
    Wang and Russakovsky 2021, "Directional Bias Amplification", ICML, equations 1 to 3.
    Zhao et al. 2017, "Men Also Like Shopping", EMNLP, equation 2.

    Examples
    --------
    >>> real = {"sex": list("mmmmmmffffff"), "hired": list("yyynnnyynnnn")}
    >>> synthetic = {"sex": list("mmmmmmffffff"), "hired": list("yyyynnynnnnn")}
    >>> round(bias_amplification(real=real, synthetic=synthetic, attribute="sex", label="hired", min_support=1), 4)
    0.1667
    """
    one_of("definition", definition, Definition)
    measure: Way = "zhao" if definition == "zhao" else one_of("way", way, Direction)
    found = associations_of_tables(
        real=real, synthetic=synthetic, attribute=attribute, label=label, predictions=predictions, train=train
    )
    least = whole("min_support", min_support, 1, give=MIN_SUPPORT)
    told = amplification_of(found, min_support=least, seed=0, measures=(measure,)).measures[measure]
    if told.value is None:
        raise UndefinedError(told.reason)
    return told.value


def amplification_report(
    *,
    real: Any,
    synthetic: Any = None,
    attribute: str | Sequence[str],
    label: str,
    predictions: Any = None,
    train: Any = None,
    min_support: int = MIN_SUPPORT,
    seed: int = 0,
) -> AmplificationReport:
    """All measures of `bias_amplification` at once, with 95 % limits and what they rest on.

    Parameters
    ----------
    real, synthetic, attribute, label, predictions, train, min_support
        As for `bias_amplification`.
    seed : int, default 0
        Of the resamples behind the limits.

    Returns
    -------
    AmplificationReport
        `.measures`, `.frame()`, `.cells()`; printed, a line for each measure.

    Raises
    ------
    AuditkitError, DataError, SampleSizeError, ShapeError, UnknownNameError
        As for `bias_amplification`.

    Notes
    -----
    Limits are the value and 1.96 standard deviations over 1,000 resamples of the counts of both sets, each drawn from
    its own multinomial distribution; predictions of the rows of `real` are drawn together with their true classes.
    Which cells go together stays as it was read; that it was read from the same counts makes a weak association look
    weaker still in any other sample, for which the upper limit allows.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> sex = rng.choice(["f", "m"], 4000)
    >>> real, synthetic = (
    ...     {"sex": sex, "hired": rng.random(4000) < np.where(sex == "m", high, 0.2)} for high in (0.3, 0.4)
    ... )
    >>> found = amplification_report(real=real, synthetic=synthetic, attribute="sex", label="hired")
    >>> found.measures["attribute_to_label"].low > 0.03
    True
    """
    found = associations_of_tables(
        real=real, synthetic=synthetic, attribute=attribute, label=label, predictions=predictions, train=train
    )
    least = whole("min_support", min_support, 1, give=MIN_SUPPORT)
    return amplification_of(found, min_support=least, seed=check_seed(seed), measures=MEASURES)
