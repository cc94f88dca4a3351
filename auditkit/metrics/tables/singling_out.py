"""Is it known of exactly one person? Claims about training records that are read off the synthetic ones.

An attacker reads off the synthetic table what only one of its rows is like, and claims that it is so in the training
data. Rare people make such claims come true by chance, as often for people who were never in the data: hence the
control. The claims say which cells matter, not whose they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.metrics.parameters import check_seed, one_of, whole
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.tables.attacks import reading_of_risk
from auditkit.metrics.tables.codes import column_codes, combined
from auditkit.metrics.tables.peers import Anonymeter, check_peer
from auditkit.metrics.tables.predicates import sorted_tables, try_combinations, try_single
from auditkit.metrics.tables.risks import Rate, Risk
from auditkit.metrics.tables.sides import named_sets, table_sides
from auditkit.metrics.tables.singling_tiles import Tried
from auditkit.metrics.tables.whole_table import table_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SinglingOut", "singling_out_risk"]

Mode = Literal["univariate", "multivariate"]

_NEVER = 1e-9
_EXACT = 2
_NO_CLAIM = "no claim can be made: nothing that the columns say fits exactly one synthetic row."
_ALWAYS = "every claim is true of fresh records"
Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class SinglingOut(Risk):
    """Risk of being singled out, with what each row had to do with it.

    Attributes
    ----------
    attacks : ndarray of shape (m,), int64
        Claims made from each synthetic row; 0 for all but the first of equal rows.
    hits : ndarray of shape (m,), int64
        Those that were true of the training set.
    control_hits : ndarray of shape (m,), int64
        Those that were true of the holdout.
    singled_out : ndarray of shape (n,), int64
        True claims about each training record.
    n_full : tuple of (int, int or None)
        True claims about the training set and about the holdout, each at its own size.
    """

    attacks: Counts = field(repr=False)
    hits: Counts = field(repr=False)
    control_hits: Counts = field(repr=False)
    singled_out: Counts = field(repr=False)
    n_full: tuple[int, int | None]

    def rows(self) -> pd.DataFrame:
        """A row per synthetic row: claims, and how many of them were true of the training set and of the holdout."""
        import pandas as pd  # noqa: PLC0415 - only for who wants a frame

        return pd.DataFrame({"attacks": self.attacks, "hits": self.hits, "control_hits": self.control_hits})


def _singling_out_risk(
    real: Side, synthetic: Side, holdout: Side, *, mode: Mode, n_cols: int, attacks: int | None, seed: int
) -> Reading:
    cells = [table_of(side) for side in (real, synthetic, holdout)]
    n_cols = min(n_cols, len(cells[0].columns))
    found = singling_out_of(*cells, mode=mode, n_cols=n_cols, attacks=attacks, seed=seed)
    return reading_of_risk(found, (len(real), len(synthetic)))


@metric(
    reads=_singling_out_risk,
    family="copying",
    modalities=("tabular",),
    direction="lower",
    bounds=(None, 1.0),
    null=0.0,
    interval="reading",
    by_group=False,
    default=False,
    source="Giomi et al. 2023, section 4.1",
    meaning="How often what only one synthetic record is like is what only one training record is like, beyond chance.",
    misleads=(
        "One kind of attack with a limited number of claims: that it fails proves nothing about stronger ones. Without "
        "a holdout, rare people look like leaks."
    ),
    advice="Find the records in question by the attack's rows, leave them out of training, or train with noise.",
)
def singling_out_risk(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    mode: Mode = "multivariate",
    n_cols: int = 3,
    attacks: int | None = None,
    compatible: Anonymeter | None = None,
    seed: int = 0,
) -> SinglingOut:
    """Risk that what only one synthetic row is like is what only one training record is like.

    risk = (a - c) / (1 - c), with a the share of claims that are true of the training set and c that of as many
    records of the population.

    Parameters
    ----------
    real : table of n rows
        Training records.
    synthetic : table of m rows
    holdout : table of h rows, optional
        Real records that the generator never saw; without them the risk is a itself, most of which may be chance.
    mode : {"multivariate", "univariate"}, default "multivariate"
        Claims on `n_cols` columns of one synthetic row: numbers at least as far from the median, equal categories,
        missing cells missing. Or on one column: a value that occurs once, at most the least, at least the largest
        number, the only missing cell. Either way those that fit exactly one synthetic row.
    n_cols : int, default 3
    attacks : int, optional
        Take so many of the claims at random. By default all that there are: of each row all sets of columns, or, where
        that is more than four million, as many as make four million, dealt out at random.
    compatible : {"anonymeter"}, optional
        Equal records count once in all sets, and value and limits are those of anonymeter 1.1.
    seed : int, default 0
        For sets of columns and for `attacks`.

    Returns
    -------
    SinglingOut
        `float()` of it is the risk, at most 1; lower is better, 0 is chance. `.low` and `.high` are 95 % limits.

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError, AuditkitError
        `float()` of the result raises an UndefinedError where no claim could be made.

    Notes
    -----
    A claim about records that are equal in all columns is false: it does not tell one person. anonymeter counts them
    once; equal synthetic rows are counted once in both.

    How many claims come true depends on the size of the set, so train and holdout are compared at the smaller size s:
    of k fitting records, exactly one is among s of n drawn without replacement with hypergeometric chance, which is
    taken in place of the claim. The difference, scaled back by n / s, is taken off the rate at full size:
    c = a - n / s (a_s - c_s). It is exact in the mean where train and holdout are alike, and where all claims come from
    copies; nothing is fitted. anonymeter fits a curve to subsamples of the control and extrapolates it: with 32,000 and
    16,842 rows of one pool of Adult, where there is no risk, it gave .37 (.23 to .52) for claims on one column.

    Claims of one synthetic row, and claims about one record, are not independent. The limits are Wilson's at the number
    of claims that would be as sure if they were. O(u n / 2) at worst for u claims; claims that fit two records are
    given up at the second.

    References
    ----------
    Cohen and Nissim 2020, "Towards formalizing the GDPR's notion of singling out", PNAS 117.
    Giomi et al. 2023, "A Unified Framework for Quantifying Privacy Risk in Synthetic Data", PoPETs, section 4.1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people, strangers = ({"age": rng.normal(size=200), "pay": rng.normal(size=200)} for _ in range(2))
    >>> copied = singling_out_risk(real=people, synthetic=people, holdout=strangers, n_cols=2)
    >>> copied.value
    1.0
    >>> honest = singling_out_risk(real=people, synthetic={"age": rng.normal(size=200), "pay": rng.normal(size=200)},
    ...                            holdout=strangers, n_cols=2)
    >>> honest.low < 0 < honest.high
    True
    """
    return singling_out_of(
        **table_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout)),
        mode=mode,
        n_cols=n_cols,
        attacks=attacks,
        compatible=compatible,
        seed=seed,
    )


def singling_out_of(
    real: Cells,
    synthetic: Cells,
    holdout: Cells | None = None,
    *,
    mode: Mode = "multivariate",
    n_cols: int = 3,
    attacks: int | None = None,
    compatible: Anonymeter | None = None,
    seed: int = 0,
) -> SinglingOut:
    """The same on sets that are encoded together already."""
    _check(real, mode, n_cols, attacks, compatible)
    rng = np.random.default_rng(check_seed(seed))
    kept = [_first_rows(item) for item in (real, synthetic)]
    n_real = len(real)
    distinct = synthetic.take(kept[1])
    if compatible == "anonymeter":
        real = real.take(kept[0])
        holdout = None if holdout is None else holdout.take(_first_rows(holdout))
    tables = sorted_tables(real, distinct, holdout)
    sizes = (len(real), len(real) if holdout is None else len(holdout))
    once = [_exactly_one(size, min(sizes)) for size in sizes]
    if mode == "univariate":
        tried = try_single(tables)
    else:
        limits = (max(_EXACT, len(once[0]) - 1), max(_EXACT, len(once[1]) - 1))
        tried = try_combinations(tables, n_cols=n_cols, limits=limits, rng=rng)
    if attacks is not None and attacks < len(tried.rows):
        chosen = np.sort(rng.permutation(len(tried.rows))[:attacks])
        tried = Tried(*(item[chosen] for item in tried))
    hit, control_hit = tried.train == 1, tried.holdout == 1
    rows, people = kept[1][tried.rows], kept[0] if compatible == "anonymeter" else np.arange(n_real)
    claims: dict[str, Any] = {
        "attacks": np.bincount(rows, minlength=len(synthetic)),
        "hits": np.bincount(rows[hit], minlength=len(synthetic)),
        "control_hits": np.bincount(rows[control_hit], minlength=len(synthetic)),
        "singled_out": np.bincount(people[tried.train_first[hit]], minlength=n_real),
        "n_full": (int(hit.sum()), None if holdout is None else int(control_hit.sum())),
    }
    if not len(rows):
        return SinglingOut(risk=None, attack=None, control=None, n_attacks=0, reason=_NO_CLAIM, **claims)
    attack, control = _rates(tried, once, sizes, controlled=holdout is not None)
    return SinglingOut.of(attack, control, compatible, always=_ALWAYS, **claims)


def _check(real: Cells, mode: Mode, n_cols: int, attacks: int | None, compatible: Anonymeter | None) -> None:
    one_of("mode", mode, Mode)
    check_peer(compatible, Anonymeter)
    if attacks is not None:
        whole("attacks", attacks, 1)
    if mode == "multivariate":
        whole("n_cols", n_cols, 1, len(real.columns))


def _first_rows(cells: Cells) -> NDArray[np.intp]:
    """Rows that are not equal to an earlier one."""
    (codes,), _ = combined([column_codes([cells], place) for place in range(len(cells.columns))])
    return np.sort(np.unique(codes, return_index=True)[1])


def _exactly_one(n: int, size: int) -> Numbers:
    """Chance that of k records exactly one is among `size` drawn of n, by k, as far as it matters."""
    chances, product = [0.0], size / n
    for k in range(1, n + 1):
        chances.append(k * product)
        if k >= _EXACT and k * size > n and chances[-1] < _NEVER:
            break
        product *= max(n - size - k + 1, 0) / max(n - k, 1)
    return np.array(chances)


def _rates(tried: Tried, once: list[Numbers], sizes: tuple[int, int], *, controlled: bool) -> tuple[Rate, Rate | None]:
    """Rates among training records and among fresh ones, at the size of the training set."""
    hits = (tried.train == 1).astype(np.float64)
    attack = _rate(hits, tried.rows, tried.train_first, hits)
    if not controlled:
        return attack, None
    scale = sizes[0] / min(sizes)
    of_train, of_fresh = (
        chances[np.minimum(counts, len(chances) - 1)]
        for chances, counts in zip(once, (tried.train, tried.holdout), strict=True)
    )
    single = np.where(tried.holdout == 1, scale * of_fresh, 0.0)
    return attack, _rate(hits - scale * (of_train - of_fresh), tried.rows, tried.holdout_first, single)


def _rate(values: Numbers, rows: NDArray[np.int32], records: NDArray[np.int32], votes: Numbers) -> Rate:
    """Rate of claims of which those of one row, and those about one record, stand and fall together."""
    n, value = len(values), float(min(max(values.mean(), 0.0), 1.0))
    claims = np.bincount(rows)
    by_row = np.bincount(rows, weights=values) - value * claims
    by_record = np.bincount(records + 1, weights=votes)
    variance = max(float(by_row @ by_row), float(by_record @ by_record)) / n**2
    most = n**2 / float(claims @ claims)
    effective = value * (1 - value) / variance if variance > 0 else most
    return Rate(value, n, min(most, effective) if 0 < value < 1 else most)
