"""The arms of an ablation: which sets a model is trained on, how much of each, and which units a repeat draws."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.mitigation import mitigation_of
from auditkit.ablation.problem import Prepared
from auditkit.errors import DataError, UnknownNameError

__all__ = ["SHARE", "Arm", "draw", "plan_arms", "real_draw"]

SHARE = 0.8
"""Share of each set that a repeat trains on."""
_ORDER = 0x0A3D


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes
    ----------
    name : str
        As `"real"`, `"synthetic"`, `"real+kept"`, `"real+kept[ratio=0.5]"`.
    parts : tuple of str
        Names of the sets it trains on.
    ratio : float or None
        Synthetic units per real one, at most; None for all.
    amount : float or None
        Share of the synthetic units; set for a point of a learning curve, which is no arm of its own.
    mitigation : str
        What is done about groups while training; empty for nothing.
    base : str
        Arm that this is a variant of; empty for none.
    """

    name: str
    parts: tuple[str, ...]
    ratio: float | None = None
    amount: float | None = None
    mitigation: str = ""
    base: str = ""


def plan_arms(
    keys: Iterable[str],
    include: Sequence[str] | None = None,
    *,
    ratios: Sequence[float] = (),
    curve: Sequence[float] = (),
    mitigations: Sequence[str] = (),
) -> list[Arm]:
    """Arms for the given sets: the real set alone, each set alone, and each joined to the real set.

    Parameters
    ----------
    keys : iterable of str
        Names of the given sets; `"all"` gives the arms `"synthetic"` and `"real+synthetic"`.
    include : sequence of str, optional
        The arms to keep, each with its variants; the arm `"real"` is always there.
    ratios : sequence of float
        Synthetic units per real one: each gives a variant of every joined arm, as `"real+kept[ratio=0.5]"`.
    curve : sequence of float
        Shares of the synthetic units: each gives a point of the learning curve of every joined arm.
    mitigations : sequence of str
        Each gives a variant of the real arm and of every joined one, as `"real[mitigation=reweighing]"`.

    Returns
    -------
    list of Arm

    Raises
    ------
    DataError
        If a set has a reserved name, two give the same arm, or a ratio, amount or option of a mitigation cannot be.
    UnknownNameError
        If `include` names an arm that does not exist, or there is no such mitigation.
    """
    _check_amounts(ratios, curve)
    for name in mitigations:
        mitigation_of(name)
    real = Arm("real", ("real",))
    arms = [real, *_treated(real, mitigations)]
    for key in keys:
        if key in {"real", "test"} or key.startswith("real+") or not key or set("[]#") & set(key):
            raise DataError(f"an arm cannot be called {key!r}, which has a meaning of its own: give it another name.")
        name = "synthetic" if key == "all" else key
        joined = Arm(f"real+{name}", ("real", key))
        arms += [Arm(name, (key,)), joined, *_treated(joined, mitigations)]
        arms += [
            Arm(f"{joined.name}[ratio={ratio:g}]", joined.parts, ratio=float(ratio), base=joined.name)
            for ratio in dict.fromkeys(ratios)
        ]
        arms += [
            Arm(f"{joined.name}[amount={amount:g}]", joined.parts, amount=float(amount), base=joined.name)
            for amount in sorted(set(curve) - {0.0, 1.0})
        ]
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        raise DataError("the sets 'all' and 'synthetic' both give the arm 'synthetic': rename one of them.")
    for name in include or ():
        if name not in names:
            raise UnknownNameError.of("arm", name, names)
    kept = {"real", *(names if include is None else include)}
    return [arm for arm in arms if arm.name in kept or arm.base in kept]


def _treated(arm: Arm, mitigations: Sequence[str]) -> list[Arm]:
    return [
        Arm(f"{arm.name}[mitigation={name}]", arm.parts, mitigation=name, base=arm.name)
        for name in dict.fromkeys(mitigations)
    ]


def _check_amounts(ratios: Sequence[float], curve: Sequence[float]) -> None:
    for ratio in ratios:
        if not (math.isfinite(ratio) and ratio > 0):
            raise DataError(f"a ratio is a number of synthetic units per real one, above 0, got {ratio!r}.")
    for amount in curve:
        if not 0 <= amount <= 1:
            raise DataError(f"an amount of a learning curve is a share of the synthetic units in [0, 1], got {amount}.")


def draw(
    arm: Arm,
    sets: Mapping[str, Prepared],
    *,
    repeat: int,
    seed: int,
    stratify: bool,
    whole: Mapping[str, str] | None = None,
) -> dict[str, NDArray[np.intp]]:
    """Units of each set that one repeat trains on: 80 % without replacement, the same for every arm that uses the set.

    Parameters
    ----------
    arm : Arm
    sets : mapping of str to Prepared
    repeat, seed : int
    stratify : bool
        Whether classes keep their shares.
    whole : mapping of str to str, optional
        Sets that were made for this repeat from what it draws of the real one, by the name in the arm: the key in
        `sets`. All of their units are drawn.

    Returns
    -------
    dict of str to ndarray of intp
        Sorted positions, per set of the arm by its key in `sets`.

    Notes
    -----
    A unit that equals a real one is drawn where that is drawn: else an arm of copies would see the real units that
    the repeat left out, and would seem to help for that reason alone. Smaller ratios and amounts draw from what
    larger ones draw.
    """
    drawn = {}
    real = real_draw(sets["real"], repeat=repeat, seed=seed, stratify=stratify)
    for name in arm.parts:
        key = (whole or {}).get(name, name)
        if name == "real":
            drawn[name] = real
            continue
        strata = _strata(sets[key], stratify)
        rng = _rng(seed, repeat, name)
        chosen = np.arange(len(sets[key])) if key != name else _beside(sets[key].twin, strata, real, rng)
        wanted = _wanted(arm, len(chosen), len(real))
        drawn[key] = _thinned(chosen, strata, wanted, _rng(seed, repeat, name, _ORDER))
    return drawn


def real_draw(real: Prepared, *, repeat: int, seed: int, stratify: bool) -> NDArray[np.intp]:
    """Units of the real set that a repeat trains on, sorted."""
    return _subset(_strata(real, stratify), _rng(seed, repeat, "real"))


def _beside(
    twin: NDArray[np.intp], strata: NDArray[np.intp], real: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.intp]:
    """Copies of the real units that are drawn, and 80 % of the units that copy none."""
    own = np.flatnonzero(twin < 0)
    fresh = own[_subset(np.unique(strata[own], return_inverse=True)[1], rng)] if len(own) else own
    return np.sort(np.concatenate([fresh, np.flatnonzero(np.isin(twin, real))]))


def _wanted(arm: Arm, n_drawn: int, n_real: int) -> int:
    if arm.ratio is not None:
        return min(n_drawn, round(arm.ratio * n_real))
    return n_drawn if arm.amount is None else round(arm.amount * n_drawn)


def _thinned(
    chosen: NDArray[np.intp], strata: NDArray[np.intp], wanted: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """The first so many units of an order in which every class comes evenly."""
    if wanted >= len(chosen):
        return chosen
    shuffled = chosen[rng.permutation(len(chosen))]
    classes = strata[shuffled]
    place = np.empty(len(shuffled))
    for stratum in np.unique(classes):
        members = np.flatnonzero(classes == stratum)
        place[members] = (np.arange(len(members)) + rng.random()) / len(members)
    return np.sort(shuffled[np.argsort(place, kind="stable")[:wanted]])


def _strata(given: Prepared, stratify: bool) -> NDArray[np.intp]:  # noqa: FBT001 - private
    if not stratify:
        return np.zeros(len(given), dtype=np.intp)
    return np.asarray(np.unique(given.target, return_inverse=True)[1], dtype=np.intp)


def _rng(seed: int, repeat: int, name: str, *more: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, repeat, zlib.crc32(name.encode()), *more]))


def _subset(strata: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    chosen = []
    for stratum in range(int(strata.max()) + 1):
        members = np.flatnonzero(strata == stratum)
        chosen.append(rng.permutation(members)[: max(1, round(SHARE * len(members)))])
    return np.sort(np.concatenate(chosen))
