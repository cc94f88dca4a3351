"""The real-trained model on synthetic units (TRTS), which asks whether their labels are those of real data.

A score below the one on real test units means labels that the features do not bear out; one far above it means units
easier than real ones, as when a generator falls into typical cases or repeats units that the models were trained on.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.arms import Arm
from auditkit.ablation.built import ONE_REPEAT, build_score, estimate_of
from auditkit.ablation.designs import Features
from auditkit.ablation.grid import Grid
from auditkit.ablation.measures import CLASS_AVERAGES, Measure
from auditkit.ablation.paired import Paired, bootstrap_weights, summarize
from auditkit.ablation.problem import Prepared, Problem
from auditkit.results import Score, Status

__all__ = ["LARGEST", "Tested", "choose_tested", "transfer_scores"]

LARGEST = 10_000
"""Units of a synthetic set that are tested on, at most."""
_DRAW, _BOOTSTRAP = 0x7275, 0x7276


@dataclass(frozen=True, eq=False)
class Tested:
    """Units of one synthetic set that the real-trained models are tested on.

    Attributes
    ----------
    name : str
        Of the arm that trains on this set alone.
    features : Features
    truth : ndarray of shape (n,)
    weights : ndarray of shape (1 + b, n)
        Ones, then how often each resample draws each unit.
    unseen : tuple of (int, str)
        Units left out because the real set lacks their label, and one such label.
    missing, extra : str
        A class of the real test part that these units lack, and one that only they have; empty for none.
    """

    name: str
    features: Features
    truth: NDArray[np.float64]
    weights: NDArray[np.float64]
    unseen: tuple[int, str]
    missing: str
    extra: str

    def __len__(self) -> int:
        return len(self.truth)

    def comparable(self, measure: Measure) -> bool:
        """Whether the real test part has every class that a measure averages over on these units."""
        return not (self.extra and measure.name in CLASS_AVERAGES)

    def undefined(self, measure: Measure) -> tuple[Status, str]:
        """Why a measure cannot be read on these units; `("ok", "")` where nothing speaks against it yet."""
        if not len(self) and self.unseen[0]:
            return "undefined", f"the real set lacks every label of this set, as {self.unseen[1]!r}."
        if not len(self):
            return "insufficient", "the set has no labelled units to test on."
        if self.missing and measure.name in CLASS_AVERAGES:
            return "undefined", (
                f"the units tested lack the class {self.missing!r}, over which {measure.name} averages on real units."
            )
        return "ok", ""


def choose_tested(
    problem: Problem, arms: Iterable[Arm], *, seed: int, made: frozenset[str] = frozenset()
) -> tuple[Tested, ...]:
    """Units of every synthetic set that an arm uses: all with a label, or 10,000 drawn by seed.

    Parameters
    ----------
    problem : Problem
    arms : iterable of Arm
    seed : int
    made : frozenset of str
        Sets that are made in each repeat, from the units that its models train on: they test nothing.

    Returns
    -------
    tuple of Tested
    """
    keys = dict.fromkeys(arm.parts[-1] for arm in arms if arm.parts[-1] not in {"real", *made})
    return tuple(_tested(problem, key, "synthetic" if key == "all" else key, seed) for key in keys)


def _tested(problem: Problem, key: str, name: str, seed: int) -> Tested:
    real, test, given = problem.sets["real"], problem.sets["test"], problem.sets[key]
    if real is None or test is None or given is None:
        nothing = Features(np.empty((0, 0)), np.empty(0, dtype=bool))
        return Tested(name, nothing, np.empty(0), np.ones((1, 0)), (0, ""), "", "")
    index = _draw(given, key, seed)
    strange = ~np.isin(given.target[index], real.target) if problem.classes else np.zeros(len(index), dtype=bool)
    unseen = problem.classes[int(given.target[index][strange][0])] if strange.any() else ""
    index = index[~strange]
    truth = given.target[index]
    rng = np.random.default_rng(np.random.SeedSequence([seed, _BOOTSTRAP, zlib.crc32(key.encode())]))
    weights = bootstrap_weights(len(index), rng) if len(index) else np.ones((1, 0))
    lacks, has = np.setdiff1d(test.target, truth), np.setdiff1d(truth, test.target)
    missing, extra = (
        problem.classes[int(found[0])] if problem.classes and len(found) else "" for found in (lacks, has)
    )
    return Tested(name, given.features.take(index), truth, weights, (int(strange.sum()), unseen), missing, extra)


def _draw(given: Prepared, key: str, seed: int) -> NDArray[np.intp]:
    if len(given) <= LARGEST:
        return np.arange(len(given))
    rng = np.random.default_rng(np.random.SeedSequence([seed, _DRAW, zlib.crc32(key.encode())]))
    return np.sort(rng.choice(len(given), LARGEST, replace=False))


def transfer_scores(grid: Grid, tested: Iterable[Tested]) -> Iterator[Score]:
    """`ablation_transfer` of every set, model and measure, beside the same models on the real test part.

    Parameters
    ----------
    grid : Grid
    tested : iterable of Tested

    Yields
    ------
    Score

    Notes
    -----
    Both values come from the same fits, so what their repeats share cancels in the difference; the test units are two
    independent sets, whose variances add. How much repeats overlap is a matter of what they train on: it is corrected
    for as on the real test part, however many synthetic units there are.
    """
    for item in tested:
        for model in grid.models:
            for place in range(len(grid.about["measures"])):
                yield _score(grid, item, model, place)


def _score(grid: Grid, item: Tested, model: str, place: int) -> Score:
    measure = grid.parts[place].measure
    status, reason = item.undefined(measure)
    own = real = gap = None
    if status == "ok":
        own, real, gap = _summaries(grid, item, model, place)
        status, reason = _judge(item, measure, own, real)
    n_train = sum(grid.cells["real", model][0].n)
    return build_score(
        grid,
        "ablation_transfer",
        own,
        where=grid.where(item.name, measure.name, model),
        model=model,
        n=(n_train, len(item)),
        n_test=len(item),
        direction=measure.direction,
        bounds=measure.bounds,
        told=(status, reason),
        references={} if real is None or own is None else {"yardstick": estimate_of(real, (n_train, 0))},
        excess=gap,
        spread=gap,
        n_dropped=item.unseen[0],
    )


def _summaries(grid: Grid, item: Tested, model: str, place: int) -> tuple[Paired | None, Paired | None, Paired | None]:
    """On the synthetic units, on the real test units, and the difference; None where undefined."""
    part, cells = grid.parts[place], grid.cells["real", model]
    n_train, n_test = sum(cells[0].n), len(part.members)
    own = np.stack([cell.transfer[item.name][place] for cell in cells])
    real = np.stack([cell.values[place] for cell in cells])
    (own_each, own_drawn), (real_each, real_drawn) = ((v[:, 0], v[:, 1:].mean(axis=0)) for v in (own, real))
    known = [not np.isnan(each).any() for each in (own_each, real_each)]
    sized = partial(summarize, n_train=n_train, n_test=n_test)
    bounds = part.measure.bounds
    return (
        sized(own_each, own_drawn, bounds=bounds) if known[0] else None,
        sized(real_each, real_drawn, bounds=bounds) if known[1] else None,
        sized(own_each - real_each, own_drawn, other=real_drawn)
        if all(known) and item.comparable(part.measure)
        else None,
    )


def _judge(item: Tested, measure: Measure, own: Paired | None, real: Paired | None) -> tuple[Status, str]:
    if own is None:
        return "undefined", f"{measure.undefined.replace('the test part', 'the set')}."
    left_out, level = item.unseen
    found = [f"{left_out} units whose label the real set lacks, as {level!r}, are left out."] if left_out else []
    if real is None:
        found.append(f"there is nothing to compare with: {measure.undefined}.")
    elif not item.comparable(measure):
        found.append(f"there is nothing to compare with: the real test part lacks the class {item.extra!r}.")
    found += [ONE_REPEAT] if own.low is None else []
    return ("degraded", " ".join(found)) if found else ("ok", "")
