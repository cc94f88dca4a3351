"""What a model loses from the units it was trained on to the test part, and from there to disturbed or shifted ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditkit.ablation.arms import Arm
from auditkit.ablation.built import build_score
from auditkit.ablation.grid import Grid, Part, why_undefined
from auditkit.ablation.paired import Paired, summarize
from auditkit.results import Score

__all__ = ["drop_scores", "train_gap_scores"]


def train_gap_scores(grid: Grid) -> Iterator[Score]:
    """`ablation_train_gap`: how much better an arm's models do on the units they were trained on than on the test part.

    Yields
    ------
    Score
        Positive = better on the units trained on, whichever way the measure points.

    Notes
    -----
    The interval is that of the repeats and of the test units; how the training units vary shows in the repeats.
    """
    for arm, model in _fitted(grid):
        for place, part in enumerate(grid.parts):
            if not part.where:
                yield _score(grid, "ablation_train_gap", arm, model, part, _train_gap(grid, arm, model, place))


def drop_scores(grid: Grid) -> Iterator[Score]:
    """`ablation_drop`: how much worse each arm's models do on disturbed or shifted units than on the test part.

    Yields
    ------
    Score
        Where `test` names the units; positive = worse. On disturbed units the difference is paired by unit, on shifted
        ones the units are others, and variances add.
    """
    places = {(part.measure.name, part.test): place for place, part in enumerate(grid.parts) if not part.on_group}
    for arm, model in _fitted(grid):
        for part in grid.parts:
            if part.test:
                ends = places[part.measure.name, part.test], places[part.measure.name, ""]
                yield _score(grid, "ablation_drop", arm, model, part, _drop(grid, arm, model, *ends))


def _fitted(grid: Grid) -> Iterator[tuple[Arm, str]]:
    return (
        (arm, model)
        for model in grid.models
        for arm in grid.arms
        if (arm.name, model) in grid.cells and arm.amount is None
    )


def _train_gap(grid: Grid, arm: Arm, model: str, place: int) -> Paired | None:
    part, cells = grid.parts[place], grid.cells[arm.name, model]
    sign = -1.0 if part.measure.direction == "lower" else 1.0
    gaps = sign * np.stack([cell.train[place] - cell.values[place] for cell in cells])
    return _summary(gaps, sum(cells[0].n), int(part.members.sum()))


def _drop(grid: Grid, arm: Arm, model: str, there: int, here: int) -> Paired | None:
    part, cells = grid.parts[there], grid.cells[arm.name, model]
    sign = -1.0 if part.measure.direction == "lower" else 1.0
    clean, other = (sign * np.stack([cell.values[place] for cell in cells]) for place in (here, there))
    n_train, n_test = sum(cells[0].n), int(part.members.sum())
    if clean.shape == other.shape and part.paired:
        return _summary(clean - other, n_train, n_test)
    each = clean[:, 0] - other[:, 0]
    if np.isnan(each).any():
        return None
    drawn, apart = clean[:, 1:].mean(axis=0), other[:, 1:].mean(axis=0)
    return summarize(each, drawn, n_train=n_train, n_test=n_test, other=apart)


def _summary(values: np.ndarray[tuple[int, int], np.dtype[np.float64]], n_train: int, n_test: int) -> Paired | None:
    if np.isnan(values[:, 0]).any():
        return None
    return summarize(values[:, 0], values[:, 1:].mean(axis=0), n_train=n_train, n_test=n_test)


def _score(grid: Grid, metric: str, arm: Arm, model: str, part: Part, found: Paired | None) -> Score:
    return build_score(
        grid,
        metric,
        found,
        where=grid.where(arm.name, part.measure.name, model) | dict(part.where),
        model=model,
        n=grid.sizes(arm.name, model),
        n_test=int(part.members.sum()),
        direction="lower",
        told=("ok", "") if found is not None else ("undefined", why_undefined(grid, arm.name, model, part)),
        spread=found,
    )
