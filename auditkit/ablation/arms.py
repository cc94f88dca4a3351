"""The arms of an ablation: which sets a model is trained on, and which of their units a repeat draws."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.ablation.problem import Prepared
from auditkit.errors import DataError, UnknownNameError

__all__ = ["SHARE", "Arm", "draw", "plan_arms"]

SHARE = 0.8
"""Share of each set that a repeat trains on."""


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes
    ----------
    name : str
        As `"real"`, `"synthetic"`, `"real+kept"`.
    parts : tuple of str
        Names of the sets it trains on.
    """

    name: str
    parts: tuple[str, ...]


def plan_arms(keys: Iterable[str], include: Sequence[str] | None = None) -> list[Arm]:
    """Arms for the given sets: the real set alone, each set alone, and each joined to the real set.

    Parameters
    ----------
    keys : iterable of str
        Names of the given sets; `"all"` gives the arms `"synthetic"` and `"real+synthetic"`.
    include : sequence of str, optional
        The arms to keep; the arm `"real"` is always there.

    Returns
    -------
    list of Arm

    Raises
    ------
    DataError
        If a set has a reserved name, or two give the same arm.
    UnknownNameError
        If `include` names an arm that does not exist.
    """
    arms = [Arm("real", ("real",))]
    for key in keys:
        if key in {"real", "test"} or key.startswith("real+") or not key:
            raise DataError(f"an arm cannot be called {key!r}, which has a meaning of its own: give it another name.")
        name = "synthetic" if key == "all" else key
        arms += [Arm(name, (key,)), Arm(f"real+{name}", ("real", key))]
    names = [arm.name for arm in arms]
    if len(set(names)) < len(names):
        raise DataError("the sets 'all' and 'synthetic' both give the arm 'synthetic': rename one of them.")
    for name in include or ():
        if name not in names:
            raise UnknownNameError.of("arm", name, names)
    return [arm for arm in arms if include is None or arm.name in {"real", *include}]


def draw(
    arm: Arm, sets: Mapping[str, Prepared], *, repeat: int, seed: int, stratify: bool
) -> dict[str, NDArray[np.intp]]:
    """Units of each set that one repeat trains on: 80 % without replacement, the same for every arm that uses the set.

    Parameters
    ----------
    arm : Arm
    sets : mapping of str to Prepared
    repeat, seed : int
    stratify : bool
        Whether classes keep their shares.

    Returns
    -------
    dict of str to ndarray of intp
        Sorted positions, per set of the arm.
    """
    drawn = {}
    for name in arm.parts:
        rng = np.random.default_rng(np.random.SeedSequence([seed, repeat, zlib.crc32(name.encode())]))
        target = sets[name].target
        strata = np.unique(target, return_inverse=True)[1] if stratify else np.zeros(len(target), dtype=np.intp)
        drawn[name] = _subset(strata, rng)
    return drawn


def _subset(strata: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    chosen = []
    for stratum in range(int(strata.max()) + 1):
        members = np.flatnonzero(strata == stratum)
        chosen.append(rng.permutation(members)[: max(1, round(SHARE * len(members)))])
    return np.sort(np.concatenate(chosen))
