"""Risk of an attack: its success beyond that of the same attack on people who are not in the data.

What an attack learns about the population it would learn had nobody given their data. So its rate is compared with
the rate on a holdout, and the difference is what the synthetic set gives away of its training records.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from auditkit.errors import UndefinedError
from auditkit.intervals import NORMAL_95, wilson
from auditkit.metrics.tables.peers import Anonymeter
from auditkit.metrics.tables.shown import Shown, cell_text, estimate_cells, short_text
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rate", "Risk", "peer_risk", "risk_of"]


@dataclass(frozen=True)
class Rate:
    """Share of attacks that succeed.

    Attributes
    ----------
    value : float
        In [0, 1].
    n : int
        Attacks.
    effective : float
        Independent attacks that would be as sure; at most `n`.
    """

    value: float
    n: int
    effective: float

    @property
    def limits(self) -> tuple[float, float]:
        """Wilson's 95 % limits at the effective number of attacks."""
        return wilson(self.value * self.effective, self.effective)

    def estimate(self) -> Estimate:
        """The rate with its interval."""
        low, high = self.limits
        return Estimate(self.value, low, high, "wilson", (self.n, self.n))


@dataclass(frozen=True, kw_only=True, repr=False)
class Risk(Shown):
    """What an attack gains from people having been in the training data.

    Attributes
    ----------
    risk : Estimate or None
        (a - c) / (1 - c) with a the rate on the training records and c that on the holdout: the share of what failed
        on fresh people that succeeds on members. Without a holdout, a itself. Negative where fresh people were
        attacked with more success. None with the `reason` where it is undefined.
    attack : Estimate or None
        Rate on training records.
    control : Estimate or None
        Rate on as many fresh records.
    n_attacks : int
    reason : str
    """

    risk: Estimate | None
    attack: Estimate | None
    control: Estimate | None
    n_attacks: int
    reason: str = ""

    @classmethod
    def of(cls, attack: Rate, control: Rate | None, compatible: Anonymeter | None, *, always: str, **more: Any) -> Self:
        """Risk of an attack with these rates.

        Parameters
        ----------
        attack : Rate
            Of attacks on training records.
        control : Rate or None
            Of as many on fresh ones.
        compatible : {"anonymeter"} or None
            Value and limits are those of anonymeter.
        always : str
            What the attack does where it always succeeds on fresh records, so that its risk is undefined.
        **more
            What this kind of risk has beside.
        """
        risk = risk_of(attack, control)
        if compatible and risk is not None:
            fresh = (None, None) if control is None else (control.value * control.n, control.n)
            risk = peer_risk(attack.n, attack.value * attack.n, fresh[0], n_control_attacks=fresh[1])
        return cls(
            risk=risk,
            attack=attack.estimate(),
            control=None if control is None else control.estimate(),
            n_attacks=attack.n,
            reason="" if risk else f"{always}, so there is nothing to be gained.",
            **more,
        )

    def __float__(self) -> float:
        return self.value

    @property
    def value(self) -> float:
        """The risk as a number.

        Raises
        ------
        UndefinedError
            If it is undefined, with the reason.
        """
        if self.risk is None:
            raise UndefinedError(self.reason)
        return self.risk.value

    @property
    def low(self) -> float | None:
        """Lower 95 % limit of the risk."""
        return None if self.risk is None else self.risk.low

    @property
    def high(self) -> float | None:
        """Upper 95 % limit of the risk."""
        return None if self.risk is None else self.risk.high

    def frame(self) -> pd.DataFrame:
        """A row each for risk, attack and control; missing where there is none."""
        import pandas as pd  # noqa: PLC0415 - only for who wants a frame

        items = {"risk": self.risk, "attack": self.attack, "control": self.control}
        rows = {name: estimate_cells("value", item) for name, item in items.items()}
        return pd.DataFrame.from_dict(rows, orient="index", dtype="Float64")

    def __str__(self) -> str:
        values = self.frame().astype(float).reset_index().to_numpy().tolist()
        name = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(self).__name__).lower()
        said = self.reason or f"risk {cell_text(self.risk)}"
        return short_text(f"{name}: {said} from {self.n_attacks} attacks", ("", "value", "low", "high"), values)


def risk_of(attack: Rate, control: Rate | None) -> Estimate | None:
    """Risk with its limits; None where the control always succeeds, for then nothing is left to gain.

    Parameters
    ----------
    attack, control : Rate

    Returns
    -------
    Estimate or None
        1 - (1 - a) / (1 - c), at most 1.

    Notes
    -----
    The limits join Wilson's limits of both failure rates to limits of their ratio. The two are taken as independent;
    attacks that are hard on members are hard on strangers, so the interval is too wide rather than too narrow.

    References
    ----------
    Giomi et al. 2023, "A Unified Framework for Quantifying Privacy Risk in Synthetic Data", PoPETs, equation 4.
    Donner and Zou 2012, "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    Statistical Methods in Medical Research 21, equation 9 (MOVER-R).

    Examples
    --------
    >>> found = risk_of(Rate(0.5, 100, 100), Rate(0.2, 100, 100))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.375, 0.227, 0.502)
    """
    n = (attack.n, attack.n)
    if control is None:
        return attack.estimate()
    if control.value >= 1:
        return None
    low, high = _ratio(1 - attack.value, _flipped(attack), 1 - control.value, _flipped(control))
    return Estimate(1 - (1 - attack.value) / (1 - control.value), 1 - high, 1 - low, "mover of wilson", n)


def _flipped(rate: Rate) -> tuple[float, float]:
    low, high = rate.limits
    return 1 - high, 1 - low


def _ratio(a: float, of_a: tuple[float, float], c: float, of_c: tuple[float, float]) -> tuple[float, float]:
    """Limits of a / c from the limits of both; open upwards where c may be 0."""
    product = a * c
    (a_low, a_high), (c_low, c_high) = of_a, of_c
    up, down = a_low * (2 * a - a_low), c_high * (2 * c - c_high)
    bottom = product + math.sqrt(max(product**2 - up * down, 0.0))
    low = up / bottom if bottom > 0 else 0.0
    up, down = a_high * (2 * a - a_high), c_low * (2 * c - c_low)
    high = (product + math.sqrt(max(product**2 - up * down, 0.0))) / down if down > 0 else math.inf
    return max(0.0, low), high


def peer_risk(
    n_attacks: int, n_success: float, n_control: float | None, *, n_control_attacks: int | None = None
) -> Estimate:
    """Risk as anonymeter 1.1 gives it: centres of Wilson's intervals, half-widths added in quadrature, all cut to 0..1.

    Parameters
    ----------
    n_attacks : int
    n_success, n_control : float
        Attacks that succeeded on training records, and on the control.
    n_control_attacks : int, optional
        Attacks on the control, `n_attacks` by default.

    Returns
    -------
    Estimate

    Examples
    --------
    >>> found = peer_risk(100, 50, 20)
    >>> round(found.value, 6), round(found.low, 6), round(found.high, 6)
    (0.366208, 0.229241, 0.503174)
    """
    value, error = _centre(n_success, n_attacks)
    if n_control is not None:
        control, control_error = _centre(n_control, n_attacks if n_control_attacks is None else n_control_attacks)
        error = math.hypot(error / (1 - control), control_error * (value - 1) / (1 - control) ** 2)
        value = (value - control) / (1 - control)
    value_cut, low, high = (min(max(number, 0.0), 1.0) for number in (value, value - error, value + error))
    return Estimate(value_cut, low, high, "anonymeter", (n_attacks, n_attacks))


def _centre(successes: float, n: int) -> tuple[float, float]:
    square = NORMAL_95**2
    half = NORMAL_95 / (n + square) * math.sqrt(successes * (n - successes) / n + square / 4)
    return (successes + square / 2) / (n + square), half
