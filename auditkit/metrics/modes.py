"""Is it varied? Which modes (classes) of the real data the synthetic data reach, and with which shares.

They mislead when the sets are small: some modes are then missed and shares differ by chance, so what chance alone gives
stands beside each value.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from auditkit.intervals import normal_interval
from auditkit.metrics.level_sides import joint_codes, label_sides
from auditkit.metrics.occupancy import Occupancy
from auditkit.metrics.parameters import number
from auditkit.metrics.registry import Reading, metric, value_of
from auditkit.metrics.shares import absences

__all__ = ["missing_classes", "mode_coverage", "reverse_kl"]


def _mode_coverage(real_occupancy: Occupancy, synthetic_occupancy: Occupancy) -> Reading:
    real, synthetic = real_occupancy.labels, synthetic_occupancy.labels
    n = (real_occupancy.n, synthetic_occupancy.n)
    if real is None or synthetic is None:
        return Reading(None, n, "no label was declared, so there are no classes to cover.")
    modes = real > 0
    shares = real[modes] / real.sum()
    reached = synthetic[modes] > 0
    # Some modes are missed by chance alone: with m draws, class c is seen with 1 - (1 - p_c)^m.
    expected = float(np.mean(1.0 - (1.0 - shares) ** synthetic.sum()))
    missed = [real_occupancy.label_levels[code] for code in np.flatnonzero(modes & (synthetic == 0))]
    return Reading(float(reached.mean()), n, null=expected, details={"missed": missed})


def _missing_classes(real_occupancy: Occupancy, synthetic_occupancy: Occupancy) -> Reading:
    real, synthetic = real_occupancy.labels, synthetic_occupancy.labels
    n = (real_occupancy.n, synthetic_occupancy.n)
    if real is None or synthetic is None:
        return Reading(None, n, "no label was declared, so no class can be missing.")
    names = real_occupancy.label_levels
    return absences(zip(names, map(int, real), map(int, synthetic), strict=True), n)


def _reverse_kl(real_occupancy: Occupancy, synthetic_occupancy: Occupancy, *, pseudocount: float) -> Reading:
    pseudocount = number("pseudocount", pseudocount, least=0, give=0.5)
    real, synthetic = real_occupancy.labels, synthetic_occupancy.labels
    n = (real_occupancy.n, synthetic_occupancy.n)
    if real is None or synthetic is None:
        return Reading(None, n, "no label was declared, so there are no shares of classes to compare.")
    unknown = (real == 0) & (synthetic > 0)
    if unknown.any() and not pseudocount:
        return Reading(None, n, _infinite(int(unknown.sum()), int(synthetic[unknown].sum()), n[1]))
    modes = (real > 0) | (synthetic > 0)
    counts = np.stack([real[modes], synthetic[modes]]).astype(np.float64) + pseudocount
    return _divergence(counts[0], counts[1], n)


def _infinite(classes: int, samples: int, m: int) -> str:
    which = "1 class of the synthetic data does" if classes == 1 else f"{classes} classes of the synthetic data do"
    return (
        f"{which} not occur in the real data ({samples} of {m} samples), where the divergence is infinite: "
        "drop those samples, or give pseudocount=0.5."
    )


def _divergence(real: NDArray[np.float64], synthetic: NDArray[np.float64], n: tuple[int, int]) -> Reading:
    """Divergence of positive counts, with its error by the delta method, the second order included."""
    q, p = real / real.sum(), synthetic / synthetic.sum()
    log_ratio = np.log(p / q, out=np.zeros_like(p), where=p > 0)
    value = max(float(p @ log_ratio), 0.0)
    # Where the shares are equal the first order vanishes and the value is chi-squared with K - 1 degrees of freedom.
    freedom, unit = len(q) - 1, 1.0 / n[1] + 1.0 / n[0]
    first = float(p @ log_ratio**2) - value**2
    second = float((p**2 / q).sum()) - 1.0
    error = math.sqrt(max(first, 0.0) / n[1] + max(second, 0.0) / n[0] + freedom * unit**2 / 2.0)
    return Reading(
        value,
        n,
        interval=normal_interval(value, error, bounds=(0.0, None)),
        method="delta",
        null=freedom * unit / 2.0,
        details={"classes": len(q)},
    )


@metric(
    reads=_missing_classes,
    family="variety",
    direction="lower",
    target=0.0,
    bounds=(0.0, None),
    unit="count",
    null=0.0,
    interval="none",
    by_group=False,
    asks=("label",),
    embedded=False,
    source="Fisher 1935: exact chance of absence given the counts, corrected for the number of classes",
    meaning="Classes of the real data that are absent from the synthetic data beyond what chance explains.",
    misleads=(
        "A class that is left with a single sample is not missing, however bad it is; classes of few real samples "
        "cannot be judged."
    ),
    advice="Condition the generator on the class, or oversample the missed classes when training it.",
)
def missing_classes(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Number of real classes that no synthetic sample belongs to, where chance cannot explain it.

    #{ c : m_c = 0 and (n / (n + m))^{n_c} < 0.005 / C }, with n_c and m_c the counts of class c, one of C.

    Parameters
    ----------
    real : array_like of shape (n,)
        Classes of the real samples.
    synthetic : array_like of shape (m,)
        Classes of the synthetic samples, given or predicted.

    Returns
    -------
    float, a whole number; 0 is best.

    Raises
    ------
    ShapeError
        If an array has another number of axes, is empty or has missing names.

    Notes
    -----
    A rare class that is lost moves no rate by much: this sees it where its k real samples could not all have fallen
    on the real side by chance, (n / (n + m))^k below 0.005 over the number of classes. Where more classes are
    absent than chance leaves out, by half of 1 % as well, all that are absent count.

    References
    ----------
    Fisher 1935, "The Logic of Inductive Inference", Journal of the Royal Statistical Society 98.

    Examples
    --------
    >>> missing_classes(real=["ok"] * 980 + ["fraud"] * 20, synthetic=["ok"] * 1000)
    1.0
    """
    first, second, levels = joint_codes(real, synthetic)
    return value_of(_missing_classes, label_sides(first, second, levels))


@metric(
    reads=_mode_coverage,
    family="variety",
    direction="higher",
    bounds=(0.0, 1.0),
    unit="share",
    by_group=False,
    asks=("label",),
    embedded=False,
    source="Srivastava et al. 2017 (VEEGAN); Lin et al. 2018 (PacGAN)",
    meaning="The share of real classes that occur in the synthetic data at all.",
    misleads=(
        "One sample per class is enough, whatever it looks like; and few samples miss rare classes by chance, which "
        "the value of fresh data beside it shows."
    ),
    advice="Condition the generator on the class, or oversample the missed classes when training it.",
)
def mode_coverage(*, real: ArrayLike, synthetic: ArrayLike) -> float:
    """Share of the real classes that at least one synthetic sample belongs to.

    v(real, synthetic) = #{ c : n_c > 0 and m_c > 0 } / #{ c : n_c > 0 }, with n_c and m_c the counts of class c.

    Parameters
    ----------
    real : array_like of shape (n,)
        Classes of the real samples.
    synthetic : array_like of shape (m,)
        Classes of the synthetic samples, given or predicted.

    Returns
    -------
    float in [0, 1]; higher is better.

    Raises
    ------
    ShapeError
        If an array has another number of axes, is empty or has missing names.

    Notes
    -----
    An audit shows beside it what m draws with the real shares reach: the mean of 1 - (1 - p_c)^m.

    References
    ----------
    Lin et al. 2018, "PacGAN: The Power of Two Samples in Generative Adversarial Networks", NeurIPS.

    Examples
    --------
    >>> mode_coverage(real=["a", "b", "c", "d"], synthetic=["a", "b", "b", "c"])
    0.75
    """
    first, second, levels = joint_codes(real, synthetic)
    return value_of(_mode_coverage, label_sides(first, second, levels))


@metric(
    reads=_reverse_kl,
    family="variety",
    direction="lower",
    bounds=(0.0, None),
    unit="nats",
    interval="reading",
    by_group=False,
    asks=("label",),
    default=False,
    embedded=False,
    source="Srivastava et al. 2017 (VEEGAN), section 4; null (K - 1) / 2 (1/m + 1/n) of the G statistic",
    meaning="How far the synthetic shares of classes are from the real ones; 0 where they are equal.",
    misleads=(
        "A class without synthetic samples adds nothing, and few samples score above 0 by chance: read mode_coverage "
        "beside it."
    ),
    advice="Condition the generator on the class, or draw each class with its real share.",
)
def reverse_kl(*, real: ArrayLike, synthetic: ArrayLike, pseudocount: float = 0.0) -> float:
    """Kullback-Leibler divergence of the synthetic class shares from the real ones.

    KL(p || q) = sum_c p_c log(p_c / q_c), p the synthetic and q the real shares.

    Parameters
    ----------
    real : array_like of shape (n,)
        Classes of the real samples.
    synthetic : array_like of shape (m,)
        Classes of the synthetic samples, given or predicted.
    pseudocount : float, default 0
        Added to the count of every class of both sets, so that classes that the real data lack count finitely.

    Returns
    -------
    float in [0, inf), in nats; lower is better.

    Raises
    ------
    ShapeError
    AuditkitError
        If `pseudocount` is negative or no number.
    UndefinedError
        If a synthetic sample is of a class that the real data lack: the divergence is infinite.

    Notes
    -----
    A real class without synthetic samples adds nothing: read `mode_coverage` beside it. Two samples of one distribution
    score (K - 1) / 2 (1/m + 1/n) in the mean, K the number of classes, which an audit shows beside the value. Others
    compare with uniform shares, which is the same only where the real classes are equally frequent.

    References
    ----------
    Srivastava et al. 2017, "VEEGAN: Reducing Mode Collapse in GANs using Implicit Variational Learning", NeurIPS.
    Lin et al. 2018, "PacGAN: The Power of Two Samples in Generative Adversarial Networks", NeurIPS.

    Examples
    --------
    >>> round(reverse_kl(real=["a", "b"] * 50, synthetic=["a"] * 100), 4)
    0.6931
    """
    first, second, levels = joint_codes(real, synthetic)
    return value_of(_reverse_kl, label_sides(first, second, levels), pseudocount=pseudocount)
