"""Whose rows play which role: the whole set, its yardstick, groups and classes, and the blocks behind intervals."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.products import Role, Rows, Side, View
from auditkit.results import part_name

__all__ = ["MIN_SUPPORT", "PartViews", "views_of"]

SUBSAMPLES = 10
SUBSAMPLES_OF_PARTS = 1
BLOCKS = 8
MIN_BLOCK_ROWS = 20
MIN_SUPPORT = 30
MAX_PARTS = 40
Index = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PartViews:
    """The views of one part of the data.

    Attributes
    ----------
    where : mapping
        Empty for the whole set.
    support : mapping of role to int
        Units of the part in each set.
    full : View or None
        Everything there is, for display; None below `MIN_SUPPORT`.
    matched, yardstick : tuple of View
        The synthetic rows, and the holdout rows in their place, against the same real rows at equal size.
    blocks, yardstick_blocks : tuple of View
        Disjoint eighths of the first matched view and of the first yardstick view.
    """

    where: Mapping[str, str]
    support: Mapping[Role, int]
    full: View | None
    matched: tuple[View, ...] = ()
    yardstick: tuple[View, ...] = ()
    blocks: tuple[View, ...] = ()
    yardstick_blocks: tuple[View, ...] = ()

    @property
    def name(self) -> str:
        """The part in words."""
        return part_name(self.where) or "whole"


def views_of(sides: Mapping[Role, Side], *, seed: int, matched: bool = True) -> list[PartViews]:
    """Views of the whole set, of every group and of every class.

    Parameters
    ----------
    sides : mapping of role to Side
        Real and synthetic, and the holdout where there is one.
    seed : int
        Root of subsamples and blocks.
    matched : bool, default True
        Compare with the yardstick at equal sizes; otherwise at the sizes given.

    Returns
    -------
    list of PartViews, the whole set first, at most `MAX_PARTS` parts.
    """
    parts = [_part_views({}, dict.fromkeys(sides), sides, seed, matched=matched)]
    for where, masks in _parts(sides)[:MAX_PARTS]:
        index = {role: np.flatnonzero(mask) for role, mask in masks.items()}
        parts.append(_part_views(where, index, sides, seed, matched=matched))
    return parts


def part_count(sides: Mapping[Role, Side]) -> int:
    """Number of groups and classes before the cut at `MAX_PARTS`."""
    return len(_parts(sides))


def _parts(sides: Mapping[Role, Side]) -> list[tuple[dict[str, str], dict[Role, NDArray[np.bool_]]]]:
    real = sides["real"]
    parts = [
        ({name: level}, {role: side.groups[name] == code for role, side in sides.items()})
        for name, levels in real.group_levels.items()
        for code, level in enumerate(levels)
    ]
    labels = {role: side.labels for role, side in sides.items() if side.labels is not None}
    if len(labels) == len(sides):
        parts += [
            ({"class": level}, {role: codes == code for role, codes in labels.items()})
            for code, level in enumerate(real.label_levels)
        ]
    return [(where, masks) for where, masks in parts if masks["real"].any()]


def _part_views(
    where: Mapping[str, str],
    index: Mapping[Role, Index | None],
    sides: Mapping[Role, Side],
    seed: int,
    *,
    matched: bool,
) -> PartViews:
    rows = {role: Rows(role, chosen) for role, chosen in index.items()}
    support = {role: len(_indices(item, sides)) for role, item in rows.items()}
    bare = PartViews(where, support, None)
    if where and min(support.values()) < MIN_SUPPORT:
        return bare
    full = View("full", where, rows)
    rng = np.random.default_rng([seed, zlib.crc32(bare.name.encode())])
    real, synthetic, fresh = _compared(rows, sides, rng)
    if fresh is None or min(len(_indices(fresh, sides)), support["synthetic"]) == 0:
        return replace(bare, full=full)
    repeats = SUBSAMPLES_OF_PARTS if where else SUBSAMPLES
    pair = (_indices(synthetic, sides), _indices(fresh, sides))
    size = min(map(len, pair)) if matched else 0
    ours = _subsamples(synthetic, pair[0], size, repeats, rng)
    theirs = _subsamples(fresh, pair[1], size, repeats, rng)

    def against(other: Rows, name: str) -> View:
        return View(name, where, {"real": real, "synthetic": other})

    cuts = [np.array_split(rng.permutation(_indices(item, sides)), BLOCKS) for item in (real, ours[0], theirs[0])]
    blocks: tuple[tuple[View, ...], ...] = ((), ())
    if min(len(cut[-1]) for cut in cuts) >= MIN_BLOCK_ROWS:
        blocks = tuple(
            tuple(
                View(name, where, {"real": _sorted(real, a), "synthetic": _sorted(source, b)})
                for a, b in zip(cuts[0], cut, strict=True)
            )
            for name, source, cut in (("block", ours[0], cuts[1]), ("yardstick block", theirs[0], cuts[2]))
        )
    return PartViews(
        where,
        support,
        full,
        tuple(against(item, "matched") for item in ours),
        tuple(against(item, "yardstick") for item in theirs),
        *blocks,
    )


def _compared(
    rows: Mapping[Role, Rows], sides: Mapping[Role, Side], rng: np.random.Generator
) -> tuple[Rows, Rows, Rows | None]:
    """Real, synthetic and fresh real rows; without a holdout, two halves of the real rows."""
    if "holdout" in rows:
        return rows["real"], rows["synthetic"], rows["holdout"]
    halves = np.array_split(rng.permutation(_indices(rows["real"], sides)), 2)
    if min(map(len, halves)) < MIN_SUPPORT:
        return rows["real"], rows["synthetic"], None
    first, second = (_sorted(rows["real"], half) for half in halves)
    return first, rows["synthetic"], second


def _indices(rows: Rows, sides: Mapping[Role, Side]) -> Index:
    return np.arange(len(sides[rows.source])) if rows.index is None else rows.index


def _subsamples(rows: Rows, index: Index, size: int, repeats: int, rng: np.random.Generator) -> Sequence[Rows]:
    if not size or size == len(index):
        return [rows]
    return [_sorted(rows, rng.choice(index, size, replace=False)) for _ in range(repeats)]


def _sorted(rows: Rows, index: Index) -> Rows:
    return Rows(rows.source, np.sort(index))
