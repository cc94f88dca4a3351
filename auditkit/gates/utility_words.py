"""First halves of the sentences about models that were trained with and without the synthetic data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.gates.digits import PLAIN
from auditkit.gates.limit_words import own_number
from auditkit.gates.outcome import GateResult

__all__ = ["UTILITY_LEADS"]


def _difference(result: GateResult) -> str:
    loss = result.excess if result.excess is not None else result.value or 0.0
    # A loss is more of what is better low, and less of anything else.
    more = loss >= 0 if result.direction == "lower" else loss < 0
    said = f"reaches {PLAIN.show(abs(loss))} {'more' if more else 'less'} {_measure(result)}"
    lead = f"a model trained on {_arm(result)} {said}{_where(result)} than one trained on real data"
    return f"{lead}{_word(result)}"


def _word(result: GateResult) -> str:
    """Whether the arm helps or hurts, where its interval leaves no doubt."""
    if "group" in result.where or result.excess_low is None or result.excess_high is None:
        return ""
    if result.excess_low > 0:
        return ", so it hurts"
    return ", so it helps" if result.excess_high < 0 else ""


def _transfer(result: GateResult) -> str:
    name = result.where.get("arm", "")
    on = "the synthetic data" if name == "synthetic" else f"the set {name!r}"
    said = f"a model trained on real data has {_measure(result)} {own_number(result, PLAIN)} on {on}"
    return said if result.yardstick is None else f"{said} ({PLAIN.show(result.yardstick)} on real test data)"


def _drop(result: GateResult) -> str:
    said = f"a model trained on {_arm(result)} loses {own_number(result, PLAIN)} {_measure(result)}"
    return f"{said} from the test data to {result.where.get('test', 'others')!r}"


def _train_gap(result: GateResult) -> str:
    said = f"a model trained on {_arm(result)} is better by {own_number(result, PLAIN)} {_measure(result)}"
    return f"{said} on the records that it was trained on than on test data"


def _score(result: GateResult) -> str:
    said = f"a model trained on {_arm(result)} has {_measure(result)} {own_number(result, PLAIN)}"
    return f"{said}{_where(result)} on real test data"


def _curve(result: GateResult) -> str:
    share = result.where.get("amount", "")
    said = f"a model trained on {_arm(result)}, with {share} of its synthetic records,"
    return f"{said} has {_measure(result)} {own_number(result, PLAIN)} on real test data"


def _arm(result: GateResult) -> str:
    name = result.where.get("arm", "")
    return {"synthetic": "the synthetic data alone", "real": "real data"}.get(name, f"arm {name!r}")


def _measure(result: GateResult) -> str:
    return result.where.get("measure", "score").replace("_", " ")


def _where(result: GateResult) -> str:
    between = f" between the groups of {result.where['group']!r}" if "group" in result.where else ""
    return between + (f" on {result.where['test']!r}" if "test" in result.where else "")


UTILITY_LEADS: Mapping[str, Callable[[GateResult], str]] = MappingProxyType(
    {
        "ablation_curve": _curve,
        "ablation_difference": _difference,
        "ablation_drop": _drop,
        "ablation_score": _score,
        "ablation_train_gap": _train_gap,
        "ablation_transfer": _transfer,
    }
)
"""By metric."""
