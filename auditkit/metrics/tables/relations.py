"""Do tables that name each other's rows still do so? Foreign keys, children per parent, and what goes with what.

Each table may look right alone while its rows point nowhere, every parent has as many children as any other, or
children hang from parents that they do not fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import frame_of
from auditkit.data.joint import encode_frames
from auditkit.errors import AuditkitError, UnknownNameError
from auditkit.metrics.parameters import check_seed
from auditkit.metrics.tables.accuracy_result import Agreement
from auditkit.metrics.tables.across_tables import pairs_across
from auditkit.metrics.tables.between import error_bound, normalised
from auditkit.metrics.tables.draws import judged_sets
from auditkit.metrics.tables.links import Links, cardinality_agreement, links_of
from auditkit.metrics.tables.quality import quality_report
from auditkit.metrics.tables.shown import Shown, left_out_note, short_text
from auditkit.metrics.tables.sides import named_sets

__all__ = ["Relation", "RelationsReport", "relations_report"]

ForeignKey = tuple[str, str, str, str]
Tables = Mapping[str, "pd.DataFrame"]
Whole = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Relation:
    """One foreign key.

    Attributes
    ----------
    key : tuple of (str, str, str, str)
        Child table, its column, parent table, its column.
    cardinality : float
        One minus the largest difference of the distribution functions of children per parent, in [0, 1].
    matched, ceiling, floor : float or None
        The same at equal numbers of parents: of the synthetic ones, of fresh real ones, and of children that are dealt
        to parents at random. None where one real parent has no halves.
    error : float or None
        Standard error that a difference of two of these has at most.
    within_bounds : float
        Share of the synthetic parents with a number of children that a real parent may have, the least to the largest.
    adherence : float or None
        Share of the synthetic children that name a parent; those that name none count as wrong unless real ones do so,
        and then not at all. None where no child is left.
    orphans : ndarray of bool, shape (n_synthetic_children,)
        Synthetic children whose key no parent has.
    real_orphan_share, orphan_share : float
        Of the children that name a key; 0 where none does.
    real_missing_share, missing_share : float
        Children that name no key.
    real_mean, mean : float
        Children per parent.
    real_childless_share, childless_share : float
        Parents without a child.
    repeated_keys : int
        Synthetic parents whose key an earlier one has.
    across : Agreement or None
        Pairs of a child's and a parent's column; None where one table has no other column.
    """

    key: ForeignKey
    cardinality: float
    matched: float | None
    ceiling: float | None
    floor: float | None
    error: float | None
    within_bounds: float
    adherence: float | None
    orphans: NDArray[np.bool_]
    real_orphan_share: float
    orphan_share: float
    real_missing_share: float
    missing_share: float
    real_mean: float
    mean: float
    real_childless_share: float
    childless_share: float
    repeated_keys: int
    across: Agreement | None


@dataclass(frozen=True, eq=False, repr=False)
class RelationsReport(Shown):
    """Tables that name each other's rows.

    Attributes
    ----------
    relations : tuple of Relation
        In the order of the keys.
    tables : mapping of str to object
        What `quality` gave for each table, its key columns left out.
    left_out : mapping of str to str
        Tables that are not compared by themselves, with the reason.
    seed : int
    """

    relations: tuple[Relation, ...]
    tables: Mapping[str, Any]
    left_out: Mapping[str, str]
    seed: int

    def __str__(self) -> str:
        frame = self.frame().sort_values("normalised", kind="stable")
        names = ("cardinality", "normalised", "adherence", "orphan_share", "real_orphan_share", "mean", "real_mean")
        keys = [f"{child}.{column} -> {parent}.{key}" for child, column, parent, key in frame.iloc[:, :4].to_numpy()]
        rows = [(key, *map(float, row)) for key, row in zip(keys, frame[list(names)].to_numpy(), strict=True)]
        head = f"{len(rows)} foreign key(s) between {len(self.tables) + len(self.left_out)} tables"
        return short_text(head, ("key", *names), rows, notes=left_out_note(self.left_out))

    def frame(self) -> pd.DataFrame:
        """One row per foreign key.

        Returns
        -------
        pandas.DataFrame
            `child`, `column`, `parent`, `parent_column` and the numbers of `Relation`; a missing number is one that
            cannot be had. `normalised` is (matched - floor) / (ceiling - floor), cut to [0, 1], `reason` why it is
            missing or was cut.
        """
        rows = []
        for item in self.relations:
            numbers = {name: value for name, value in vars(item).items() if name not in ("key", "orphans", "across")}
            names = dict(zip(("child", "column", "parent", "parent_column"), item.key, strict=True))
            rows.append(names | {name: np.nan if value is None else value for name, value in numbers.items()})
        frame = pd.DataFrame(rows)
        judged = normalised(*(frame[name] for name in ("matched", "ceiling", "floor", "error")))
        return frame.assign(normalised=judged[0], reason=judged[1])

    def across(self) -> pd.DataFrame:
        """One row per pair of a child's and a parent's column.

        Returns
        -------
        pandas.DataFrame
            `child`, `key`, `parent`, and the columns of `Agreement.frame`.
        """
        frames = []
        for item in self.relations:
            if item.across is not None:
                frame = item.across.frame()
                for place, name in enumerate(("child", "key", "parent")):
                    frame.insert(place, name, item.key[place])
                frames.append(frame)
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"value": np.zeros(0)})


def relations_report(
    *,
    real: Mapping[str, Any],
    synthetic: Mapping[str, Any],
    keys: Sequence[ForeignKey],
    holdout: Mapping[str, Any] | None = None,
    quality: Callable[..., Any] | None = quality_report,
    seed: int = 0,
) -> RelationsReport:
    """Foreign keys between tables, and each table by itself.

    Parameters
    ----------
    real, synthetic : mapping of str to table
        Frames by the name of the table; left as they are.
    keys : sequence of (child table, its column, parent table, its column)
        Which column names the rows of which table.
    holdout : mapping of str to table, optional
        Tables that the generator never saw: the ceiling. Without it, halves of the real rows are compared.
    quality : callable, optional
        Called with `real=`, `synthetic=`, `holdout=` where there is one, and `seed=`, for each table without its keys;
        `quality_report` by default, None for nothing.
    seed : int, default 0

    Returns
    -------
    RelationsReport
        `.frame()` by foreign key, `.across()` by pair of columns, `.relations` with the orphans, `.tables`.

    Raises
    ------
    AuditkitError
        If no key is given, or one is not four names, or `seed` is no whole number from 0 on.
    UnknownNameError
        If a set lacks a table or a column that a key names.
    DataError
        If a table cannot be read.
    SampleSizeError
        If one has no row.

    Notes
    -----
    Ids mean nothing across sets. `cardinality` is CardinalityShapeSimilarity, `within_bounds` CardinalityBoundary-
    Adherence and `adherence` ReferentialIntegrity of SDMetrics 0.32, but for parents without a key, which here have no
    children. The floor of `cardinality` deals as many children to as many parents, each as likely as another.

    O(rows) per key and pair of columns.

    Examples
    --------
    >>> tables = {"shop": {"id": [1, 2]}, "sale": {"shop": [1, 1, 2]}}
    >>> report = relations_report(real=tables, synthetic=tables, keys=[("sale", "shop", "shop", "id")], quality=None)
    >>> report.relations[0].cardinality
    1.0
    """
    seed = check_seed(seed)
    given = named_sets(real=real, synthetic=synthetic, holdout=holdout)
    frames = {role: _frames(tables, role) for role, tables in given.items()}
    for key in keys:
        _check_key(key, frames)
    if not keys:
        raise AuditkitError(
            "`keys` is empty: name at least one as (child table, its column, parent table, its column)."
        )
    rng = np.random.default_rng(seed)
    relations = tuple(_relation(key, frames, list(keys), rng) for key in keys)
    names = dict.fromkeys(name for tables in frames.values() for name in tables)
    found, left_out = {}, {}
    for name in names:
        lacking = [role for role, tables in frames.items() if name not in tables]
        parts = {
            role: tables[name].drop(columns=_key_columns(name, keys)) for role, tables in frames.items() if not lacking
        }
        if lacking:
            left_out[name] = f"the {' and the '.join(lacking)} set lacks it"
        elif any(not part.shape[1] for part in parts.values()):
            left_out[name] = "it has no column but its keys"
        elif quality is not None:
            found[name] = quality(**parts, seed=seed)
    return RelationsReport(relations, found, left_out, seed)


def _frames(tables: Mapping[str, Any], role: str) -> dict[str, pd.DataFrame]:
    if not isinstance(tables, Mapping):
        raise AuditkitError(f"`{role}` must be a mapping of table names to tables, got {type(tables).__name__}.")
    return {str(name): frame_of(table, name=f"{role}[{name!r}]") for name, table in tables.items()}


def _check_key(key: ForeignKey, frames: Mapping[str, Tables]) -> None:
    if isinstance(key, str) or len(key) != 4:  # noqa: PLR2004 - two tables and two columns
        raise AuditkitError(f"a key is four names, (child table, its column, parent table, its column), got {key!r}.")
    for table, column in (key[:2], key[2:]):
        for role, tables in frames.items():
            if table not in tables:
                raise UnknownNameError.of("table", table, tables, f"in `{role}`")
            if column not in tables[table].columns:
                raise UnknownNameError.of("column", column, tables[table].columns, f"in table {table!r} of `{role}`")


def _key_columns(name: str, keys: Sequence[ForeignKey]) -> list[str]:
    """Columns of a table that are keys."""
    pairs = [pair for child, column, parent, target in keys for pair in ((child, column), (parent, target))]
    return list(dict.fromkeys(column for table, column in pairs if table == name))


def _relation(
    key: ForeignKey, frames: Mapping[str, Tables], keys: Sequence[ForeignKey], rng: np.random.Generator
) -> Relation:
    child, column, parent, target = key
    links = {role: links_of(tables[child][column], tables[parent][target]) for role, tables in frames.items()}
    real, synthetic = links["real"], links["synthetic"]
    matched, ceiling, floor, error = _cardinalities(links, rng)
    adherent = synthetic.parent >= 0 if not real.missing.any() else synthetic.parent[~synthetic.missing] >= 0
    return Relation(
        key=key,
        cardinality=_agreement(real.children, synthetic.children),
        matched=matched,
        ceiling=ceiling,
        floor=floor,
        error=error,
        within_bounds=_share(_within(real.children, synthetic.children)),
        adherence=float(adherent.mean()) if len(adherent) else None,
        orphans=synthetic.orphans,
        real_orphan_share=_share(real.orphans[~real.missing]),
        orphan_share=_share(synthetic.orphans[~synthetic.missing]),
        real_missing_share=_share(real.missing),
        missing_share=_share(synthetic.missing),
        real_mean=_mean(real.children),
        mean=_mean(synthetic.children),
        real_childless_share=_share(real.children == 0),
        childless_share=_share(synthetic.children == 0),
        repeated_keys=synthetic.repeated,
        across=_across(key, frames, keys, links, rng),
    )


def _across(
    key: ForeignKey,
    frames: Mapping[str, Tables],
    keys: Sequence[ForeignKey],
    links: Mapping[str, Links],
    rng: np.random.Generator,
) -> Agreement | None:
    sides = []
    for name in (key[0], key[2]):
        parts = {role: tables[name].drop(columns=_key_columns(name, keys)) for role, tables in frames.items()}
        if not set.intersection(*(set(part.columns) for part in parts.values())):
            return None
        sides.append(encode_frames(parts))
    return pairs_across(sides[0], sides[1], links, rng=rng)


def _cardinalities(
    links: Mapping[str, Links], rng: np.random.Generator
) -> tuple[float, float, float, float] | tuple[None, None, None, None]:
    """Agreement of children per parent at equal numbers of parents: synthetic, fresh real, dealt at random; error."""
    judged = judged_sets({role: len(of.children) for role, of in links.items()}, rng)
    if judged is None:
        return None, None, None, None
    real, source = links["real"].children[judged.reference], links[judged.fresh_from].children
    drawn = ((links["synthetic"].children, judged.synthetic_draws), (source, judged.fresh_draws))
    matched, ceiling = (
        float(np.mean([cardinality_agreement(real, counts[places]) for places in draws])) for counts, draws in drawn
    )
    n_fresh = len(judged.fresh)
    dealt = rng.multinomial(int(source[judged.fresh].sum()), np.full(n_fresh, 1.0 / n_fresh))[: judged.size]
    return matched, ceiling, cardinality_agreement(real, dealt), error_bound(len(real), judged.size)


def _agreement(real: Whole, synthetic: Whole) -> float:
    """0 where one side has no parent with a key."""
    return cardinality_agreement(real, synthetic) if len(real) and len(synthetic) else 0.0


def _within(real: Whole, synthetic: Whole) -> NDArray[np.bool_]:
    if not len(real):
        return np.zeros(len(synthetic), np.bool_)
    return np.asarray((synthetic >= real.min()) & (synthetic <= real.max()), np.bool_)


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if len(mask) else 0.0


def _mean(counts: Whole) -> float:
    return float(counts.mean()) if len(counts) else 0.0
