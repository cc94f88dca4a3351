"""Learning curves: what more synthetic data bring, from none to all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from auditkit.ablation.arms import Arm
from auditkit.ablation.built import build_score, estimate_of
from auditkit.ablation.grid import Grid, Part, summary_of, why_undefined
from auditkit.ablation.read import change_of, limits_of, place_of
from auditkit.results import Score, Scores, Status

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["curve_frame", "curve_scores"]


def curve_scores(grid: Grid, amounts: Sequence[float]) -> Iterator[Score]:
    """`ablation_curve` of every joined arm, model and measure at every amount of synthetic units.

    Parameters
    ----------
    grid : Grid
        Its arms hold the points between none and all; none is the arm `"real"`, all is the joined arm itself.
    amounts : sequence of float
        Shares of the synthetic units that a repeat draws.

    Yields
    ------
    Score
        Where `amount` says the share; the yardstick is the real set alone, the excess what is lost against it.
    """
    joined = [arm for arm in grid.arms if len(arm.parts) > 1 and not arm.base]
    for model in grid.models:
        for arm in joined:
            for amount in sorted(set(amounts)):
                at = _point(grid, arm, amount)
                if at is not None:
                    for place, part in enumerate(grid.parts):
                        if not part.where:
                            yield _score(grid, arm.name, at, model, place, amount)


def _point(grid: Grid, arm: Arm, amount: float) -> str | None:
    """Name of the arm whose fits are this point."""
    if amount in {0.0, 1.0}:
        return "real" if amount == 0.0 else arm.name
    return next((item.name for item in grid.arms if item.base == arm.name and item.amount == amount), None)


def _score(grid: Grid, arm: str, at: str, model: str, place: int, amount: float) -> Score:
    part = grid.parts[place]
    measure, n = part.measure, grid.sizes(at, model)
    own = summary_of(grid, at, model, place, measure.bounds)
    real = summary_of(grid, "real", model, place, measure.bounds)
    return build_score(
        grid,
        "ablation_curve",
        own,
        where=grid.where(arm, measure.name, model) | {"amount": f"{amount:g}"},
        model=model,
        n=n,
        n_test=int(part.members.sum()),
        direction=measure.direction,
        bounds=measure.bounds,
        told=("ok", "") if own is not None else _why_none(grid, arm, at, model, part),
        references={} if real is None or own is None else {"yardstick": estimate_of(real, grid.sizes("real", model))},
        excess=summary_of(grid, at, model, place, (None, None), against="real"),
    )


def _why_none(grid: Grid, arm: str, at: str, model: str, part: Part) -> tuple[Status, str]:
    if (at, model) not in grid.cells:
        return "insufficient", f"the arm {arm!r} has no units to train on."
    return "undefined", why_undefined(grid, at, model, part)


def curve_frame(scores: Scores) -> pd.DataFrame:
    """Table of the learning curves, a row per arm, model, measure and amount.

    Parameters
    ----------
    scores : Scores

    Returns
    -------
    pandas.DataFrame
        Columns arm, model, measure, amount, n_real, n_synthetic, value, low, high, difference, difference_low,
        difference_high, reason; the difference is to no synthetic units, in the measure's own unit.
    """
    import pandas as pd  # noqa: PLC0415 - heavy, and only needed here

    rows = [_row(score) for score in scores if score.metric == "ablation_curve"]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    *("arm", "model", "measure", "amount", "n_real", "n_synthetic", "value", "low", "high"),
    *("difference", "difference_low", "difference_high", "reason"),
)


def _row(score: Score) -> dict[str, Any]:
    place = place_of(score)
    n = score.estimate.n if score.estimate is not None else (0, 0)
    values = (
        *(place.arm, place.model, place.measure, float(score.where["amount"]), *n, *limits_of(score)),
        *(*change_of(score), score.reason),
    )
    return dict(zip(_COLUMNS, values, strict=True))
