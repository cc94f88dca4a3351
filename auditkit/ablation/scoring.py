"""From the values of every fit to scores that gates read and a word per arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from auditkit.ablation.arms import Arm
from auditkit.ablation.built import build_score, estimate_of
from auditkit.ablation.grid import Grid, Part, summary_of, why_undefined
from auditkit.ablation.measures import Measure
from auditkit.ablation.paired import Paired
from auditkit.ablation.result import ArmVerdict, word_of
from auditkit.results import Direction, Estimate, Reference, Score, Scores, Status

__all__ = ["FEWEST_TESTED", "ONLY_COPIES", "score_grid"]

FEWEST_TESTED = 20
"""With fewer test units no word is said but "cannot tell"."""
ONLY_COPIES = "The arm brings only copies of real units: weights change, not information."


def score_grid(grid: Grid) -> tuple[Scores, tuple[ArmVerdict, ...]]:
    """Scores of every arm, their differences to the real set alone, and the verdicts.

    Parameters
    ----------
    grid : Grid

    Returns
    -------
    scores : Scores
    verdicts : tuple of ArmVerdict
    """
    scores: list[Score] = []
    verdicts: list[ArmVerdict] = []
    for model in grid.models:
        for arm in grid.arms:
            if arm.amount is not None:
                continue
            scores += _arm_scores(grid, arm, model)
            if arm.name != "real":
                differences = list(_differences(grid, arm, model))
                scores += differences
                verdicts.append(_judged(grid, arm, model, differences[0]))
    return Scores.of(scores), tuple(verdicts)


def _judged(grid: Grid, arm: Arm, model: str, score: Score) -> ArmVerdict:
    brought = set(arm.parts) - {"real"}
    copies: frozenset[str] = frozenset()
    if brought and brought <= grid.copying and not arm.mitigation:
        # Fewer real units than there are may well hurt; what they are joined to they cannot change.
        copies = frozenset({"helps", "hurts"} if "real" in arm.parts else {"helps"})
    return _verdict(score, arm.name, model, grid.parts[0].measure, grid.margin, copies=copies)


def _arm_scores(grid: Grid, arm: Arm, model: str) -> Iterator[Score]:
    for place, part in enumerate(grid.parts):
        own = summary_of(grid, arm.name, model, place, part.measure.bounds)
        real = summary_of(grid, "real", model, place, part.measure.bounds)
        references: dict[Reference, Estimate] = {}
        if arm.name != "real" and real is not None:
            references["yardstick"] = estimate_of(real, grid.sizes("real", model))
        chance = _chance(grid, arm.name, model, place)
        if chance is not None:
            references["chance"] = chance
        yield _score(grid, "ablation_score", arm, model, part, own, references, part.measure.direction)


def _chance(grid: Grid, arm: str, model: str, place: int) -> Estimate | None:
    """What chance alone would give, over all repeats; None where that is not known."""
    drawn = [cell.chance[place] for cell in grid.cells.get((arm, model), ()) if place in cell.chance]
    known = np.concatenate(drawn) if drawn else np.empty(0)
    known = known[~np.isnan(known)]
    if not len(known):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return Estimate(float(known.mean()), float(low), float(high), "groups dealt out anew", grid.sizes(arm, model))


def _differences(grid: Grid, arm: Arm, model: str) -> Iterator[Score]:
    for place, part in enumerate(grid.parts):
        if not part.grouped:
            paired = summary_of(grid, arm.name, model, place, (None, None), against="real")
            yield _score(grid, "ablation_difference", arm, model, part, paired, {}, part.measure.direction)


def _score(
    grid: Grid,
    metric: str,
    arm: Arm,
    model: str,
    part: Part,
    paired: Paired | None,
    references: Mapping[Reference, Estimate],
    direction: Direction,
) -> Score:
    difference = metric == "ablation_difference"
    return build_score(
        grid,
        metric,
        paired,
        where=grid.where(arm.name, part.measure.name, model) | dict(part.where),
        model=model,
        n=grid.sizes(arm.name, model),
        n_test=int(part.members.sum()),
        direction=direction,
        bounds=(None, None) if difference else part.measure.bounds,
        told=_told(grid, arm, model, part, paired),
        references=references,
        excess=paired if difference else None,
        spread=paired if difference else None,
    )


def _told(grid: Grid, arm: Arm, model: str, part: Part, paired: Paired | None) -> tuple[Status, str]:
    if (arm.name, model) in grid.failed:
        return "undefined", grid.failed[arm.name, model]
    if (arm.name, model) not in grid.cells:
        return "insufficient", f"the arm {arm.name!r} has no units to train on."
    return ("ok", "") if paired is not None else ("undefined", why_undefined(grid, arm.name, model, part))


def _verdict(
    score: Score, arm: str, model: str, measure: Measure, margin: float, *, copies: frozenset[str] = frozenset()
) -> ArmVerdict:
    excess = score.excess
    if excess is None:
        sentence = f"Training on {arm} could not be measured: {score.reason}"
        return ArmVerdict(arm, model, measure.name, "cannot tell", None, None, None, margin, sentence)
    # An excess counts what is lost; words count what is gained. Adding 0.0 turns -0.0 into 0.0.
    gain = -excess.value + 0.0
    low = None if excess.high is None else -excess.high + 0.0
    high = None if excess.low is None else -excess.low + 0.0
    n_test = int(score.details["n_test"])
    word = "cannot tell" if n_test < FEWEST_TESTED else word_of(low, high, margin=margin)
    if word in copies:
        word = "cannot tell"
    interval = "without an interval" if low is None or high is None else f"95 % interval {low:+.3f} to {high:+.3f}"
    plain = {
        "helps": "helps",
        "hurts": "hurts",
        "no difference": f"makes no difference beyond {margin:g}",
        "cannot tell": "may help or hurt: these data cannot tell",
    }[word]
    sentence = f"Training on {arm} {plain} ({measure.name} {gain:+.3f} against real data alone, {interval})."
    if copies:
        sentence += f" {ONLY_COPIES}"
    if n_test < FEWEST_TESTED:
        sentence += f" A word needs at least {FEWEST_TESTED} test units, and there are {n_test}."
    return ArmVerdict(arm, model, measure.name, word, gain, low, high, margin, sentence)
