"""What tells how synthetic samples were made: straight lines between training records, and a format that gives away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from auditkit.data.grids import NumberGrid
from auditkit.metrics.detection import discriminator, told_apart
from auditkit.metrics.ranks import area_under_curve
from auditkit.metrics.segments import line_evidence

if TYPE_CHECKING:
    from auditkit.metrics.products import Role, Side
    from auditkit.results import Scores

__all__ = ["format_fact", "segments_fact"]

_COMPARED: tuple[Role, Role] = ("synthetic", "holdout")
_MOST_ROWS = 3000
_MOST_LINES = 400
_LEAST_LINES = 30
_LEAST_AREA = 0.65
_ERRORS = 4.0

_METRIC = "classifier_two_sample"
_NEAR_CERTAIN = 0.9
_LEAST_LOSS = 0.5
_NAMED = 5


def segments_fact(sides: Mapping[Role, Side], *, seed: int) -> dict[str, str]:
    """A sentence where synthetic samples lie on straight lines between training records, as those of SMOTE do.

    Parameters
    ----------
    sides : mapping of role to Side
        Without a holdout nothing is said: chance puts samples of coarse columns on lines too.
    seed : int
        Of the samples that are looked at, 400 of each set at most.

    Returns
    -------
    dict
        `{"segments": sentence}`, or nothing.
    """
    if "holdout" not in sides or min(map(len, sides.values())) < _LEAST_LINES:
        return {}
    made, fresh = (line_evidence(sides["real"], _some(sides[role], _MOST_LINES, seed)) for role in _COMPARED)
    found = area_under_curve(np.concatenate([made, fresh]), np.arange(len(made) + len(fresh)) < len(made))
    if found is None or found[0] < _LEAST_AREA or found[0] - _ERRORS * found[1] <= 0.5:  # noqa: PLR2004 - chance
        return {}
    return {
        "segments": "a synthetic sample lies more exactly on a straight line between two training records near it than "
        f"a held-out one does in {found[0]:.0%} of pairs (50% by chance), as those of SMOTE and mixup do."
    }


def format_fact(sides: Mapping[Role, Side], scores: Scores, *, seed: int) -> dict[str, str]:
    """A sentence where a classifier tells a synthetic table by the format of its numbers rather than by what they say.

    Where the two-sample area is .9 or more it is measured again, on at most 3,000 rows of each set, with the numbers as
    they are and moved to the decimals, levels and range of the real ones.

    Parameters
    ----------
    sides : mapping of role to Side
    scores : Scores
    seed : int

    Returns
    -------
    dict
        `{"format": sentence}` where half of what is above chance goes, else nothing.
    """
    value = scores[_METRIC].value if _METRIC in scores else None
    if value is None or value < _NEAR_CERTAIN or sides["real"].columns is None:
        return {}
    real, synthetic = (_some(sides[role], _MOST_ROWS, seed) for role in ("real", "synthetic"))
    snapped, changed = _snapped(sides["real"], synthetic)
    if not changed:
        return {}
    before, after = (
        told_apart(discriminator(real, side, rng=np.random.default_rng([seed, 13]))).value
        for side in (synthetic, snapped)
    )
    if before is None or after is None or before - after < _LEAST_LOSS * (before - 0.5):
        return {}
    names = ", ".join(map(repr, changed[:_NAMED])) + (
        f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
    )
    return {
        "format": f"a classifier tells both sets apart with an area of {before:.2f}, and of {after:.2f} once numbers "
        f"have the decimals, levels and range of the real ones (they differ in {names}): a format artefact, which "
        "says little about quality."
    }


def _some(side: Side, most: int, seed: int) -> Side:
    if len(side) <= most:
        return side
    return side.take(np.sort(np.random.default_rng([seed, 17]).permutation(len(side))[:most]))


def _snapped(real: Side, made: Side) -> tuple[Side, list[str]]:
    """A side with the numbers of its table on the grid of the real ones, and the columns that this changes."""
    if real.columns is None or made.columns is None:
        return made, []
    columns, changed = made.columns.copy(), []
    for place in range(columns.shape[1]):
        if made.categorical[place]:
            continue
        snapped = NumberGrid.of(real.columns[:, place]).snap(columns[:, place])
        if not np.array_equal(snapped, columns[:, place], equal_nan=True):
            columns[:, place] = snapped
            cells = made.cells
            changed.append(str(place) if cells is None else cells.names[cells.matrix_places[place]])
    return replace(made, columns=columns), changed
