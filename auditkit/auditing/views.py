"""Whose rows play which role: the whole set, its yardstick, groups and classes, and each less a block of its rows."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from auditkit.metrics.products import Floor, Role, Rows, Side, View
from auditkit.metrics.tables.draws import two_halves
from auditkit.parts import part_name

__all__ = [
    "BLOCKS",
    "MAX_PARTS",
    "MIN_SUPPORT",
    "SUBSAMPLES",
    "Blocks",
    "Part",
    "PartViews",
    "part_count",
    "views_of",
    "yardstick_of",
]

SUBSAMPLES = 10
SUBSAMPLES_OF_PARTS = 1
BLOCKS = 8
# Of the rows, that stay when a block is left out.
KEPT = 0.75
# An interval costs a reading for each block, so it is found on at most so many rows of a set, unless the other set
# would be cut below the second number.
MOST_ROWS, FEWEST_ROWS = 2000, 250
MIN_SUPPORT = 30
MAX_PARTS = 40
Index = NDArray[np.intp]
Part = tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Blocks:
    """What stays when a block of a quarter of the rows is left out, drawn afresh each time.

    Attributes
    ----------
    views : tuple of View
        None for sets below `MIN_SUPPORT`.
    scale : float
        What the variance over these views is multiplied by to be that on all rows.
    """

    views: tuple[View, ...] = ()
    scale: float = 0.0


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
    floors : mapping of floor to View
        The first yardstick view of the whole set with its table destroyed.
    blocks, matched_blocks, yardstick_blocks : Blocks
        Of the full, of the first matched and of the first yardstick view; one object where views are the same.
    at_baseline : tuple of View
        As many synthetic rows as a baseline had, beside all rows of the other sets.
    """

    where: Mapping[str, str]
    support: Mapping[Role, int]
    full: View | None
    matched: tuple[View, ...] = ()
    yardstick: tuple[View, ...] = ()
    floors: Mapping[Floor, View] = field(default_factory=dict)
    blocks: Blocks = field(default_factory=Blocks)
    matched_blocks: Blocks = field(default_factory=Blocks)
    yardstick_blocks: Blocks = field(default_factory=Blocks)
    at_baseline: tuple[View, ...] = ()

    @property
    def name(self) -> str:
        """The part in words."""
        return part_name(self.where) or "whole"


def yardstick_of(view: View) -> View:
    """The whole holdout in the place of the synthetic set."""
    return View("yardstick", {}, {"real": view.rows["real"], "synthetic": Rows("holdout")})


def views_of(
    sides: Mapping[Role, Side],
    *,
    seed: int,
    matched: bool = True,
    most: Mapping[Part, int] | None = None,
    alone: int | None = None,
) -> list[PartViews]:
    """Views of the whole set, of every group and of every class.

    Parameters
    ----------
    sides : mapping of role to Side
        Real and synthetic, and the holdout where there is one.
    seed : int
        Root of subsamples and blocks.
    matched : bool, default True
        Compare with the yardstick at equal sizes; otherwise at the sizes given.
    most : mapping of part to int, optional
        Largest of these equal sizes, as a baseline has it: parts as sorted pairs, `()` for the whole set.
    alone : int, optional
        Synthetic rows of the whole set that a baseline had where no yardstick stands beside.

    Returns
    -------
    list of PartViews, the whole set first, at most `MAX_PARTS` parts.
    """
    most = most or {}
    whole = _part_views({}, dict.fromkeys(sides), sides, seed, matched=matched, most=most.get(()))
    parts = [replace(whole, at_baseline=_at_baseline(whole, sides, alone, seed))]
    for where, masks in _parts(sides)[:MAX_PARTS]:
        index = {role: np.flatnonzero(mask) for role, mask in masks.items()}
        known = most.get(tuple(sorted(where.items())))
        parts.append(_part_views(where, index, sides, seed, matched=matched, most=known))
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
    most: int | None,
) -> PartViews:
    rows = {role: Rows(role, chosen) for role, chosen in index.items()}
    support = {role: len(_indices(item, sides)) for role, item in rows.items()}
    bare = PartViews(where, support, None)
    if where and min(support.values()) < MIN_SUPPORT:
        return bare
    full = View("full", where, rows)
    blocks = _left_out("block", full, sides, seed)
    rng = np.random.default_rng([seed, zlib.crc32(bare.name.encode())])
    real, synthetic, fresh = _compared(rows, sides, rng)
    if fresh is None or min(len(_indices(fresh, sides)), support["synthetic"]) == 0:
        return replace(bare, full=full, blocks=blocks)
    repeats = SUBSAMPLES_OF_PARTS if where else SUBSAMPLES
    pair = (_indices(synthetic, sides), _indices(fresh, sides))
    size = min(*map(len, pair), *([] if most is None else [most])) if matched else 0
    ours = [
        View("matched", where, {"real": real, "synthetic": item})
        for item in _subsamples(synthetic, pair[0], size, repeats, rng)
    ]
    theirs = [
        View("yardstick", where, {"real": real, "synthetic": item})
        for item in _subsamples(fresh, pair[1], size, repeats, rng)
    ]
    is_full = all(full.rows[role].key == item.key for role, item in ours[0].rows.items())
    return PartViews(
        where,
        support,
        full,
        tuple(ours),
        tuple(theirs),
        {} if where or (sides["real"].cells is None and sides["real"].units is None) else _floors(theirs[0]),
        blocks,
        blocks if is_full else _left_out("matched block", ours[0], sides, seed),
        _left_out("yardstick block", theirs[0], sides, seed),
    )


def _at_baseline(whole: PartViews, sides: Mapping[Role, Side], size: int | None, seed: int) -> tuple[View, ...]:
    if whole.full is None or size is None or size >= whole.support["synthetic"]:
        return ()
    rows = whole.full.rows
    rng = np.random.default_rng([seed, zlib.crc32(b"at baseline")])
    drawn = _subsamples(rows["synthetic"], _indices(rows["synthetic"], sides), size, SUBSAMPLES, rng)
    return tuple(View("at baseline", {}, {**rows, "synthetic": item}) for item in drawn)


def _floors(yardstick: View) -> dict[Floor, View]:
    real, fresh = yardstick.rows["real"], yardstick.rows["synthetic"]
    return {
        floor: View("floor", {}, {"real": real, "synthetic": Rows(fresh.source, fresh.index, floor)})
        for floor in get_args(Floor)
    }


def _left_out(name: str, view: View, sides: Mapping[Role, Side], seed: int) -> Blocks:
    rows = {role: item for role, item in view.rows.items() if role != "holdout"}
    index = {role: _indices(item, sides) for role, item in rows.items()}
    sizes = [len(item) for item in index.values()]
    if min(sizes) < MIN_SUPPORT:
        return Blocks()
    words = [zlib.crc32(word.encode()) for word in (name, part_name(view.where))]
    rng = np.random.default_rng([seed, *words])
    share = min(1.0, max(MOST_ROWS / max(sizes), FEWEST_ROWS / min(sizes)))
    index = {role: _drawn(item, share, rng) for role, item in index.items()}
    views = [
        View(name, view.where, {role: Rows(rows[role].source, _drawn(item, KEPT, rng)) for role, item in index.items()})
        for _ in range(BLOCKS)
    ]
    return Blocks(tuple(views), share * KEPT / (1.0 - KEPT))


def _drawn(index: Index, share: float, rng: np.random.Generator) -> Index:
    return index if share == 1 else np.sort(rng.choice(index, round(share * len(index)), replace=False))


def _compared(
    rows: Mapping[Role, Rows], sides: Mapping[Role, Side], rng: np.random.Generator
) -> tuple[Rows, Rows, Rows | None]:
    """Real, synthetic and fresh real rows; without a holdout, two halves of the real rows."""
    if "holdout" in rows:
        return rows["real"], rows["synthetic"], rows["holdout"]
    index = _indices(rows["real"], sides)
    halves = [index[half] for half in two_halves(len(index), rng)]
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
