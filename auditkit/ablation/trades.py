"""What an arm gains in the main measure, beside what it does to the gaps between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditkit.ablation.group_gaps import AGAINST
from auditkit.ablation.read import Place, limits_of, place_of
from auditkit.results import Score, Scores

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["trade_frame"]

_COLUMNS = (
    *("arm", "model", "group", "gap", "value", "low", "high", "chance"),
    *("difference", "difference_low", "difference_high", "measure", "measure_value", "measure_difference", "reason"),
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

    found = {(item.metric, place_of(item)): item for item in scores}
    rows = [
        _row(
            score,
            found.get(("ablation_difference", place)),
            found.get(("ablation_score", beside)),
            found.get(("ablation_difference", beside)),
            main,
        )
        for (metric, place), score in found.items()
        if metric == "ablation_score" and _is_gap(place)
        for beside in [Place(place.arm, place.model, main)]
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _is_gap(place: Place) -> bool:
    where = dict(place.rest)
    return "group" in where and AGAINST not in where and place.measure.endswith("_difference")


def _row(score: Score, difference: Score | None, main: Score | None, gained: Score | None, name: str) -> dict[str, Any]:
    place, chance = place_of(score), score.references.get("chance")
    values = (
        *(place.arm, place.model, score.where["group"], place.measure, *limits_of(score)),
        *(None if chance is None else chance.value, *limits_of(difference)),
        *(name, limits_of(main)[0], limits_of(gained)[0], score.reason),
    )
    return dict(zip(_COLUMNS, values, strict=True))
