"""What an arm gains in the main measure, beside what it does to the gaps between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditkit.ablation.group_gaps import AGAINST
from auditkit.results import Score, Scores

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["trade_frame"]

_COLUMNS = (
    *(
        "arm",
        "model",
        "group",
        "gap",
        "value",
        "low",
        "high",
        "chance",
        "difference",
        "difference_low",
        "difference_high",
    ),
    *("measure", "measure_value", "measure_difference", "reason"),
)


def trade_frame(scores: Scores, *, main: str) -> pd.DataFrame:
    """Table with a row per arm, model, group column and gap.

    Parameters
    ----------
    scores : Scores
        Of an ablation.
    main : str
        The measure that stands beside the gaps.

    Returns
    -------
    pandas.DataFrame
        See `Ablation.trade`.
    """
    import pandas as pd  # noqa: PLC0415 - heavy, and only needed here

    values = {_place(item): item for item in scores if item.metric == "ablation_score"}
    differences = {_place(item): item for item in scores if item.metric == "ablation_difference"}
    rows = [
        _row(score, differences.get(place), values.get(beside), differences.get(beside), main)
        for place, score in values.items()
        if "group" in score.where and AGAINST not in score.where and score.where["measure"].endswith("_difference")
        for beside in [(place[0], place[1], main, "")]
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _place(score: Score) -> tuple[str, str, str, str]:
    """Arm, model, measure, and what else is said of the place."""
    rest = sorted(f"{name}={level}" for name, level in score.where.items() if name not in {"arm", "measure", "model"})
    return score.where["arm"], str(score.parameters["model"]), score.where["measure"], ", ".join(rest)


def _row(score: Score, difference: Score | None, main: Score | None, gained: Score | None, name: str) -> dict[str, Any]:
    return {
        "arm": score.where["arm"],
        "model": str(score.parameters["model"]),
        "group": score.where["group"],
        "gap": score.where["measure"],
        "value": score.value,
        "low": score.low,
        "high": score.high,
        "chance": None if (chance := score.references.get("chance")) is None else chance.value,
        "difference": None if difference is None else difference.value,
        "difference_low": None if difference is None else difference.low,
        "difference_high": None if difference is None else difference.high,
        "measure": name,
        "measure_value": None if main is None else main.value,
        "measure_difference": None if gained is None else gained.value,
        "reason": score.reason,
    }
