"""Walks through the space of a generator that has one: from one unit to another, and along one dimension."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError, ShapeError
from auditkit.generators.interface import Latent

if TYPE_CHECKING:
    from auditkit.data import Dataset

__all__ = ["interpolate", "spherical", "traverse"]

_PARALLEL = 1e-6


def interpolate(
    generator: Any,
    first: Dataset,
    second: Dataset,
    *,
    steps: int = 8,
    conditions: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Dataset:
    """Units on the way from one unit to another: what a generator takes for in-between.

    A smooth way without jumps speaks for a generator that learnt the data; a way that fades one unit out and the
    other in, for one that knows single records by heart.

    Parameters
    ----------
    generator : Latent
        Fitted: `info.latent` is true.
    first, second : Dataset
        One unit each.
    steps : int, default 8
        Units on the way, both ends among them.
    conditions : mapping of str to str, optional
        Levels that all of them have; those of the first unit in the label and the groups by default.
    seed : int, default 0

    Returns
    -------
    Dataset of `steps` units

    Raises
    ------
    AuditkitError
        If the generator has no latent space, or fewer than two steps are asked.
    ShapeError
        If an end is not one unit.

    Notes
    -----
    The way is spherical: places of such models lie near a sphere, which a straight line would leave.

    References
    ----------
    Shoemake 1985, "Animating rotation with quaternion curves", SIGGRAPH; White 2016, "Sampling generative networks",
    arXiv 1609.04468, section 2.1.
    """
    made = _latent(generator)
    if steps < 2:  # noqa: PLR2004 - both ends
        raise AuditkitError(f"interpolate needs at least 2 steps, got {steps}.")
    for name, end in (("first", first), ("second", second)):
        if len(end) != 1:
            raise ShapeError(f"interpolate needs one unit as `{name}`, got {len(end)}: take one, as data.take([0]).")
    ends = [made.encode(end, seed=seed)[0] for end in (first, second)]
    places = spherical(ends[0], ends[1], steps=steps)
    return made.decode(places, conditions=conditions or _levels(first), seed=seed)


def traverse(
    generator: Any,
    unit: Dataset,
    *,
    dimension: int,
    reach: float = 3.0,
    steps: int = 8,
    conditions: Mapping[str, str] | None = None,
    seed: int = 0,
) -> Dataset:
    """Units along one dimension of the space, the others held where a unit lies.

    Parameters
    ----------
    generator : Latent
        Fitted: `info.latent` is true.
    unit : Dataset
        One unit.
    dimension : int
        From 0 on.
    reach : float, default 3.0
        From -reach to reach, in standard deviations of the prior.
    steps : int, default 8
    conditions : mapping of str to str, optional
        Levels that all of them have; those of the unit in the label and the groups by default.
    seed : int, default 0

    Returns
    -------
    Dataset of `steps` units

    Raises
    ------
    AuditkitError
        If the generator has no latent space or no such dimension, or no step is asked.
    ShapeError
        If `unit` is not one unit.
    """
    made = _latent(generator)
    if len(unit) != 1:
        raise ShapeError(f"traverse needs one unit, got {len(unit)}: take one, as data.take([0]).")
    if steps < 1:
        raise AuditkitError(f"traverse needs at least 1 step, got {steps}.")
    place = made.encode(unit, seed=seed)[0]
    if not 0 <= dimension < len(place):
        raise AuditkitError(f"the space has dimensions 0 to {len(place) - 1}, got dimension={dimension}.")
    places = np.tile(place, (steps, 1))
    places[:, dimension] = np.linspace(-reach, reach, steps)
    return made.decode(places, conditions=conditions or _levels(unit), seed=seed)


def spherical(
    first: NDArray[np.floating[Any]], second: NDArray[np.floating[Any]], *, steps: int
) -> NDArray[np.float32]:
    """Places on the arc between two places, lengths changing evenly.

    Parameters
    ----------
    first, second : ndarray of shape (d,)
    steps : int

    Returns
    -------
    ndarray of shape (steps, d), float32

    Examples
    --------
    >>> spherical(np.array([1.0, 0.0]), np.array([0.0, 1.0]), steps=3).round(3).tolist()
    [[1.0, 0.0], [0.7070000171661377, 0.7070000171661377], [0.0, 1.0]]
    """
    start, end = (np.asarray(item, dtype=np.float64) for item in (first, second))
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    share = np.linspace(0.0, 1.0, steps)[:, None]
    straight = (1 - share) * start + share * end
    if min(lengths) == 0:
        return straight.astype(np.float32)
    angle = float(np.arccos(np.clip(start @ end / (lengths[0] * lengths[1]), -1.0, 1.0)))
    if np.sin(angle) < _PARALLEL:
        return straight.astype(np.float32)
    arc = np.sin((1 - share) * angle) * start / lengths[0] + np.sin(share * angle) * end / lengths[1]
    grown = ((1 - share) * lengths[0] + share * lengths[1]) / np.sin(angle)
    made: NDArray[np.float32] = (arc * grown).astype(np.float32)
    return made


def _latent(generator: Any) -> Latent:
    if not isinstance(generator, Latent):
        name = getattr(getattr(generator, "info", None), "name", type(generator).__name__)
        message = f"generator {name!r} has no latent space to walk through: use one whose info.latent is true, as vae."
        raise AuditkitError(message)
    return generator


def _levels(unit: Dataset) -> dict[str, str] | None:
    """Label and groups of one unit, where they are not missing."""
    named = {name: str(unit.group_values(name)[0]) for name in (unit.label, *unit.groups) if name is not None}
    known = {name: level for name, level in named.items() if level in unit.schema[name].levels}
    return known or None
