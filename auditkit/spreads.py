"""How an excess is distributed, as plain data that a score keeps, and what follows for a limit on it.

- `{"kind": "normal", "se": x}` and `{"kind": "t", "se": x, "df": v}`: around the value; `"se_up"`, where given, is the
  standard error upwards, and `"se"` that downwards;
- `{"kind": "sign", "train": a, "holdout": b, "scale": s, "effective": e, "upper": u}`: the excess is s (2 p - 1) with
  p the chance that a record hit is of train, a and b the distinct records hit; s is itself a rate, known from e
  records (a + b where not given); `u` is the excess's upper limit where none was hit; `"largest"`, where given, is what
  no excess goes beyond;
- `{"kind": "ratio", "top": a, "bottom": b, "top_se": [l, u], "bottom_se": [l, u]}`: minus the ratio a / b of two
  numbers that are not negative, each with its standard error downwards and upwards;
- `{"kind": "exact"}`: no chance in it.

Any may hold `"looks"`: the number of values of which this one was picked for being the worst (Bonferroni's correction).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

from scipy import special

from auditkit.errors import AuditkitError

__all__ = ["beta_limits", "limits", "p_above", "smallest_detectable"]

_NORMAL = NormalDist()
_KINDS = ("normal", "t", "sign", "ratio", "exact")


def limits(value: float, spread: Mapping[str, Any], *, alpha: float) -> tuple[float, float]:
    """One-sided limits of an excess, each wrong with chance alpha at most.

    Parameters
    ----------
    value : float
        The excess.
    spread : mapping
        How it is distributed (see the module).
    alpha : float
        In (0, 0.5].

    Returns
    -------
    tuple of (float, float)
        The lower limit at alpha and the upper limit at alpha; together an interval of level 1 - 2 alpha.

    Raises
    ------
    AuditkitError
        If the spread is of an unknown kind.

    Examples
    --------
    >>> limits(0.1, {"kind": "exact"}, alpha=0.05)
    (0.1, 0.1)
    >>> low, high = limits(0.0, {"kind": "sign", "train": 0, "holdout": 0, "scale": 0.0, "upper": 0.01}, alpha=0.05)
    >>> low, high
    (0.0, 0.01)
    """
    kind, alpha = _kind(spread), alpha / _looks(spread)
    if kind == "sign":
        return _sign_limits(spread, alpha)
    if kind == "ratio":
        return _ratio_limits(spread, _NORMAL.inv_cdf(1 - alpha))
    if kind == "exact":
        return value, value
    reach = -_quantile(spread, alpha)
    return value - reach * float(spread["se"]), value + reach * _upwards(spread)


def p_above(value: float, spread: Mapping[str, Any], *, margin: float) -> float:
    """p-value of the hypothesis that the excess is at most the margin.

    Parameters
    ----------
    value : float
        The excess.
    spread : mapping
        How it is distributed (see the module).
    margin : float

    Returns
    -------
    float in [0, 1]
        Below alpha where the lower limit at alpha (see `limits`) is above the margin.

    Raises
    ------
    AuditkitError
        If the spread is of an unknown kind.

    Examples
    --------
    >>> round(p_above(0.1, {"kind": "normal", "se": 0.05}, margin=0.0), 4)
    0.0228
    >>> p_above(0.3, {"kind": "sign", "train": 5, "holdout": 0, "scale": 0.3}, margin=0.0)
    0.03125
    """
    return min(1.0, _looks(spread) * _p_of_one(value, spread, margin))


def smallest_detectable(spread: Mapping[str, Any], *, alpha: float, power: float = 0.8) -> float:
    """Smallest distance beyond a margin that data like these would show with the given power.

    Parameters
    ----------
    spread : mapping
        How the excess is distributed (see the module).
    alpha : float
        Level of the test.
    power : float, default 0.8

    Returns
    -------
    float
        At least 0; infinity where no outcome of these data could show anything.

    Raises
    ------
    AuditkitError
        If the spread is of an unknown kind.

    Notes
    -----
    For a sign spread the margin is taken as 0, where the test is at its weakest.

    Examples
    --------
    >>> round(smallest_detectable({"kind": "normal", "se": 0.1}, alpha=0.05), 4)
    0.2486
    """
    kind, alpha = _kind(spread), alpha / _looks(spread)
    if kind == "sign":
        return _sign_detectable(spread, alpha, power)
    if kind == "exact":
        return 0.0
    if kind == "ratio":
        reach = _NORMAL.inv_cdf(1 - alpha) + _NORMAL.inv_cdf(power)
        return reach * _ratio_error(spread, float(spread["top"]) / float(spread["bottom"])) / float(spread["bottom"])
    return (_quantile(spread, 1 - alpha) + _quantile(spread, power)) * max(float(spread["se"]), _upwards(spread))


def beta_limits(successes: float, n: float, *, tail: float) -> tuple[float, float]:
    """Clopper-Pearson limits of a rate, each wrong with chance `tail` at most.

    Parameters
    ----------
    successes, n : float
        0 <= successes <= n; they need not be whole.
    tail : float
        In (0, 0.5].

    Returns
    -------
    tuple of (float, float)
        In [0, 1].
    """
    failures = n - successes
    low = 0.0 if successes <= 0 else float(special.betaincinv(successes, failures + 1, tail))
    high = 1.0 if failures <= 0 else float(special.betaincinv(successes + 1, failures, 1 - tail))
    return low, high


def _kind(spread: Mapping[str, Any]) -> str:
    kind = str(spread.get("kind"))
    if kind not in _KINDS:
        raise AuditkitError(f"expected a spread of kind {', '.join(_KINDS)}, got {kind!r}.")
    return kind


def _looks(spread: Mapping[str, Any]) -> int:
    return int(spread.get("looks", 1))


def _p_of_one(value: float, spread: Mapping[str, Any], margin: float) -> float:
    kind = _kind(spread)
    if kind == "sign":
        return _sign_p(spread, margin)
    if kind == "ratio":
        return _ratio_p(spread, margin)
    error = 0.0 if kind == "exact" else float(spread["se"]) if value > margin else _upwards(spread)
    if error <= 0:
        return 0.0 if value > margin else 1.0
    distance = (margin - value) / error
    return float(special.ndtr(distance) if kind == "normal" else special.stdtr(float(spread["df"]), distance))


def _upwards(spread: Mapping[str, Any]) -> float:
    return float(spread.get("se_up", spread["se"]))


def _quantile(spread: Mapping[str, Any], p: float) -> float:
    return _NORMAL.inv_cdf(p) if spread["kind"] == "normal" else float(special.stdtrit(float(spread["df"]), p))


def _sign_limits(spread: Mapping[str, Any], alpha: float) -> tuple[float, float]:
    hits = spread["train"] + spread["holdout"]
    if hits <= 0:
        # Nothing was copied from either side, so nothing speaks for copying; shares end at 1.
        return 0.0, float(spread.get("upper", 1.0))
    low, high = beta_limits(spread["train"], hits, tail=alpha)
    value, scale, effective = _sign_value(spread), float(spread["scale"]), _effective(spread)
    # Were the scale taken as known, hits of train alone would leave no doubt about the excess at all.
    below = -_NORMAL.inv_cdf(alpha) * scale / math.sqrt(effective)
    above = scale * (float(special.gammaincinv(effective + 1, 1 - alpha)) / effective - 1)
    largest = float(spread.get("largest", math.inf))
    limits = min(scale * (2 * low - 1), value - below), max(scale * (2 * high - 1), value + above)
    return max(limits[0], -largest), min(limits[1], largest)


def _sign_value(spread: Mapping[str, Any]) -> float:
    hits = spread["train"] + spread["holdout"]
    return float(spread["scale"] * (spread["train"] - spread["holdout"]) / hits)


def _effective(spread: Mapping[str, Any]) -> float:
    """Records that the scale is known from."""
    return float(spread.get("effective") or spread["train"] + spread["holdout"])


def _sign_p(spread: Mapping[str, Any], margin: float) -> float:
    scale, hits = float(spread["scale"]), spread["train"] + spread["holdout"]
    if hits <= 0 or scale <= 0:
        return 0.0 if margin < 0 else 1.0
    chance = min(max((margin / scale + 1) / 2, 0.0), 1.0)
    of_train = 1.0
    if spread["train"] > 0:
        of_train = float(special.betainc(spread["train"], spread["holdout"] + 1, chance))
    of_scale = float(special.ndtr((margin - _sign_value(spread)) / scale * math.sqrt(_effective(spread))))
    return max(of_train, of_scale)


def _sign_detectable(spread: Mapping[str, Any], alpha: float, power: float) -> float:
    hits = round(spread["train"] + spread["holdout"])
    rejecting = (count for count in range(1, hits + 1) if special.betainc(count, hits - count + 1, 0.5) <= alpha)
    fewest = next(rejecting, None)
    if fewest is None:
        return math.inf
    chance = float(special.betaincinv(fewest, hits - fewest + 1, power))
    return max(0.0, float(spread["scale"]) * (2 * chance - 1))


def _ratio_limits(spread: Mapping[str, Any], z: float) -> tuple[float, float]:
    """Minus the largest and minus the smallest ratio r for which the limits of a - r b, by MOVER, hold 0.

    Donner and Zou 2012, "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    Statistical Methods in Medical Research 21, eq. 9.
    """
    top, bottom = float(spread["top"]), float(spread["bottom"])
    (top_down, top_up), (bottom_down, bottom_up) = ([z * float(e) for e in spread[k]] for k in ("top_se", "bottom_se"))
    top_down, bottom_down = min(top_down, top), min(bottom_down, bottom)
    both = top * bottom
    smallest = (top**2 - top_down**2) / max(
        both + math.sqrt(max(both**2 - (bottom**2 - bottom_up**2) * (top**2 - top_down**2), 0.0)), 1e-300
    )
    left = bottom**2 - bottom_down**2
    largest = (both + math.sqrt(max(both**2 - left * (top**2 - top_up**2), 0.0))) / left if left > 0 else math.inf
    return -largest, -smallest


def _ratio_error(spread: Mapping[str, Any], ratio: float) -> float:
    """Standard error of a - ratio b upwards."""
    return math.hypot(float(spread["top_se"][1]), ratio * float(spread["bottom_se"][0]))


def _ratio_p(spread: Mapping[str, Any], margin: float) -> float:
    error, distance = _ratio_error(spread, -margin), -margin * float(spread["bottom"]) - float(spread["top"])
    if error <= 0:
        return 0.0 if distance > 0 else 1.0
    return float(special.ndtr(-distance / error))
