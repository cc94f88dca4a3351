"""From the values of every fit to scores that gates read and a word per arm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.arms import Arm
from auditkit.ablation.measures import PROBABILISTIC, Measure
from auditkit.ablation.paired import Paired, summarize
from auditkit.ablation.result import MARGIN, ArmVerdict, word_of
from auditkit.results import Direction, Estimate, Reference, Score, Scores, Status

__all__ = [
    "FEWEST_TESTED",
    "ONE_REPEAT",
    "ONLY_COPIES",
    "Cell",
    "Grid",
    "Part",
    "estimate_of",
    "score_grid",
    "summary_of",
    "why_undefined",
]

_METHOD = "corrected t over repeats and bootstrap of test units"
FEWEST_TESTED = 20
"""With fewer test units no word is said but "cannot tell"."""
ONLY_COPIES = "The arm brings only copies of real units: weights change, not information."
ONE_REPEAT = "a single repeat gives no interval: ask for 5."


@dataclass(frozen=True, eq=False)
class Part:
    """A measure on some of the test units.

    Attributes
    ----------
    measure : Measure
    where : mapping of str to str
        Empty for the whole test part, else the group, or the other set that is tested on.
    members : ndarray of bool, shape (n_test,)
    test : str
        Name of the set that is tested on; empty for the test part as it is.
    grouped : bool
        Whether the units are a group.
    paired : bool
        Whether the units are those of the test part, in the same order.
    """

    measure: Measure
    where: Mapping[str, str]
    members: NDArray[np.bool_]
    test: str = ""
    grouped: bool = False
    paired: bool = True

    @property
    def on_group(self) -> bool:
        """Whether it is about groups: of one, or between those of a column."""
        return bool(set(self.where) - {"test"})


@dataclass(frozen=True, eq=False)
class Cell:
    """Values of one fit.

    Attributes
    ----------
    values : sequence of ndarray of shape (1 + b,)
        Per part the plain value, then one per resample of the test units.
    n : tuple of (int, int)
        Real and synthetic units trained on.
    transfer : mapping of str to ndarray of shape (measures, 1 + b)
        Of a fit on the real set alone: the same on each synthetic set, by the name of its arm.
    train : ndarray of shape (measures,)
        Every measure on the units trained on.
    chance : mapping of int to ndarray of shape (m,)
        By the place of a part, for some: values that chance alone would give.
    seconds : float
        What drawing and fitting took.
    silent : bool
        Whether the model gives no probabilities.
    errors : ndarray of shape (n_test,)
        Per test unit 1 for a wrong class, or how far off the value is.
    """

    values: Sequence[NDArray[np.float64]]
    n: tuple[int, int]
    transfer: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    train: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    chance: Mapping[int, NDArray[np.float64]] = field(default_factory=dict)
    seconds: float = 0.0
    silent: bool = False
    errors: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, eq=False)
class Grid:
    """All fits of an ablation, by arm and model, and what they are.

    Attributes
    ----------
    cells : mapping of (str, str) to list of Cell
        By names of arm and model, a cell per repeat; arms without units are not there.
    parts : tuple of Part
    arms : list of Arm
    models : tuple of str
    repeats, seed : int
    about : mapping
    margin : float
    copying : frozenset of str
        Sets of which almost every unit is a copy of a real one.
    failed : mapping of (str, str) to str
        Arms and models that do not go together, and why; they have no cells.
    """

    cells: Mapping[tuple[str, str], list[Cell]]
    parts: tuple[Part, ...]
    arms: list[Arm]
    models: tuple[str, ...]
    repeats: int
    seed: int
    about: Mapping[str, Any]
    margin: float = MARGIN
    copying: frozenset[str] = frozenset()
    failed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def where(self, arm: str, measure: str, model: str) -> dict[str, str]:
        """Where a score stands; models are named only where there are several."""
        return {"arm": arm, "measure": measure} | ({"model": model} if len(self.models) > 1 else {})

    def sizes(self, arm: str, model: str) -> tuple[int, int]:
        """Real and synthetic units that a fit of the arm trains on."""
        cells = self.cells.get((arm, model))
        return cells[0].n if cells else (0, 0)


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


def summary_of(
    grid: Grid, arm: str, model: str, place: int, bounds: tuple[float | None, float | None], against: str = ""
) -> Paired | None:
    """Mean of one part over repeats, or of its paired difference to another arm; None where undefined."""
    cells = grid.cells.get((arm, model))
    if cells is None:
        return None
    values = np.stack([cell.values[place] for cell in cells])
    n_train = sum(cells[0].n)
    if against:
        others = grid.cells[against, model]
        values = values - np.stack([cell.values[place] for cell in others])
        n_train = min(n_train, sum(others[0].n))
    if np.isnan(values[:, 0]).any():
        return None
    n_test = int(grid.parts[place].members.sum())
    return summarize(
        values[:, 0],
        values[:, 1:].mean(axis=0),
        n_train=n_train,
        n_test=n_test,
        bounds=bounds,
        unit=grid.parts[place].measure.width,
    )


def estimate_of(paired: Paired, n: tuple[int, int], *, sign: float = 1.0) -> Estimate:
    """Estimate of a mean over repeats, or with sign -1.0 of its negative."""
    low, high = paired.low, paired.high
    if low is None or high is None:
        return Estimate(sign * paired.value, n=n)
    ends = sorted((sign * low, sign * high))
    return Estimate(sign * paired.value, ends[0], ends[1], _METHOD, n)


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
    measure = part.measure
    n = grid.sizes(arm.name, model)
    difference = metric == "ablation_difference"
    excess = None
    details: dict[str, Any] = {"n_test": int(part.members.sum())}
    if paired is not None and difference:
        # Positive is worse, whichever way the measure points.
        excess = estimate_of(paired, n, sign=1.0 if direction == "lower" else -1.0)
        details |= {"spread": paired.spread} if paired.spread else {}
    status, reason = _status(grid, arm, model, part, paired)
    return Score(
        metric=metric,
        where=grid.where(arm.name, measure.name, model) | dict(part.where),
        estimate=None if paired is None else estimate_of(paired, n),
        references=references,
        excess=excess,
        direction=direction,
        target=None,
        bounds=(None, None) if difference else measure.bounds,
        unit="",
        status=status,
        reason=reason,
        embedder="",
        parameters={"model": model, "repeats": grid.repeats},
        n_dropped=0,
        seed=grid.seed,
        details=details,
    )


def _status(grid: Grid, arm: Arm, model: str, part: Part, paired: Paired | None) -> tuple[Status, str]:
    if (arm.name, model) in grid.failed:
        return "undefined", grid.failed[arm.name, model]
    if (arm.name, model) not in grid.cells:
        return "insufficient", f"the arm {arm.name!r} has no units to train on."
    if paired is None:
        return "undefined", why_undefined(grid, arm.name, model, part)
    return ("degraded", ONE_REPEAT) if paired.low is None else ("ok", "")


def why_undefined(grid: Grid, arm: str, model: str, part: Part) -> str:
    """Why a measure of a model that was fitted has no value."""
    if part.test.startswith("fgsm="):
        treated = "a mitigation" if "[mitigation=" in arm else f"the model {model!r}"
        return f"{treated} has no gradient to attack it with: ask for 'network' without one."
    if part.measure.name in PROBABILISTIC and any(cell.silent for cell in grid.cells[arm, model]):
        return f"the model {model!r} gives no probabilities."
    return f"{part.measure.undefined}."


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
