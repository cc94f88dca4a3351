"""Can records be joined, or cells be guessed, with the help of the synthetic rows? Two attacks on all records.

Both look for the synthetic rows nearest to what is known of a record, and both succeed on strangers too: a useful set
teaches how columns go together. What counts is the success beyond that on a holdout. An attack that a constant guess
matches has shown nothing, so the guesses that need no synthetic row stand beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.errors import AuditkitError
from auditkit.metrics.parameters import check_seed, number, one_of, whole
from auditkit.metrics.tables.given import encode_given, named_places
from auditkit.metrics.tables.gower import nearest, spans
from auditkit.metrics.tables.guesses import constant_guess, is_hit, random_rate, secret_of
from auditkit.metrics.tables.risks import Rate, Risk, peer_risk, risk_of
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Inference", "Linkability", "inference_risk", "linkability_risk"]

Peer = Literal["anonymeter"]
Halves = tuple[Sequence[str], Sequence[str]]
Hits = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Linkability(Risk):
    """Risk of being joined across two sources, with the records that were.

    Attributes
    ----------
    baseline : float
        Rate of an attack that picks the synthetic rows at random.
    known : tuple of (tuple of str, tuple of str)
        Columns of the two sources.
    hits : ndarray of shape (n,), bool
        Training records that were joined.
    control_hits : ndarray of shape (h,), bool, or None
        Holdout records that were.
    rows : ndarray of shape (n,), int64
        The synthetic row that joins each training record; -1 where none does.
    """

    baseline: float
    known: tuple[tuple[str, ...], tuple[str, ...]]
    hits: Hits = field(repr=False)
    control_hits: Hits | None = field(repr=False)
    rows: Rows = field(repr=False)

    def frame(self) -> pd.DataFrame:
        """A row each for risk, attack, control and baseline; missing where there is none."""
        rows = super().frame()
        rows.loc["baseline", "value"] = self.baseline
        return rows


@dataclass(frozen=True, eq=False, kw_only=True)
class Inference(Risk):
    """Risk of a secret being guessed, with the records of which it was.

    Attributes
    ----------
    baseline : Estimate
        Rate of always guessing what is right of most synthetic rows.
    chance : float
        Expected rate of guessing the secret of a random synthetic row.
    secret : str
    known : tuple of str
    hits : ndarray of shape (n,), bool
        Training records of which the secret was guessed.
    control_hits : ndarray of shape (h,), bool, or None
        Holdout records of which it was.
    rows : ndarray of shape (n,), int64
        The synthetic row whose secret was guessed of each training record.
    """

    baseline: Estimate
    chance: float
    secret: str
    known: tuple[str, ...]
    hits: Hits = field(repr=False)
    control_hits: Hits | None = field(repr=False)
    rows: Rows = field(repr=False)

    @property
    def beats_baseline(self) -> bool:
        """Whether the attack succeeds more often than both guesses that need no synthetic row."""
        return self.attack is not None and self.attack.value > max(self.baseline.value, self.chance)

    def frame(self) -> pd.DataFrame:
        """A row each for risk, attack, control, baseline and chance; missing where there is none."""
        rows = super().frame()
        rows.loc["baseline"] = [self.baseline.value, self.baseline.low, self.baseline.high]
        rows.loc["chance", "value"] = self.chance
        return rows


def linkability_risk(
    *,
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    known: Halves | None = None,
    k: int = 1,
    compatible: Peer | None = None,
    seed: int = 0,
) -> Linkability:
    """Risk that two sources, each with some columns of a record, are joined through a synthetic row.

    risk = (a - c) / (1 - c), with a the share of training records whose k nearest synthetic rows by one half of the
    columns and by the other half have a row in common, and c that of holdout records.

    Parameters
    ----------
    real : table of n rows
        Training records.
    synthetic : table of m rows
    holdout : table of h rows, optional
        Real records that the generator never saw; without them the risk is a itself, most of which may be chance.
    known : pair of lists of str, optional
        The columns of the two sources. By default all columns, dealt out in turn from the most to the least distinct.
    k : int, default 1
        Synthetic rows that are looked at for each source; at most m.
    compatible : {"anonymeter"}, optional
        Value and limits as anonymeter 1.1 gives them, and numbers measured by the range of the synthetic set and the
        attacked set alone.
    seed : int, default 0
        For which of several synthetic rows at one distance is taken: the same for both sources, whatever the order of
        the rows.

    Returns
    -------
    Linkability
        `float()` of it is the risk, at most 1; lower is better, 0 is chance. `.low` and `.high` are 95 % limits.

    Raises
    ------
    AuditkitError, DataError, SampleSizeError, UnknownNameError
        `float()` of the result raises an UndefinedError where every holdout record is joined.

    Notes
    -----
    All records are attacked, where anonymeter takes 500: at 500 a set of which 70 % of the cells are copied cannot be
    told from an honest one. Distances are those of `distance_to_closest_record` in mixed space, over the range of all
    sets. anonymeter leaves it to its sort which of several rows at one distance is taken, and counts a missing cell as
    far from a missing one; where neither occurs the rates are equal.

    References
    ----------
    Giomi et al. 2023, "A Unified Framework for Quantifying Privacy Risk in Synthetic Data", PoPETs, section 4.2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people, strangers = ({"age": rng.normal(size=200), "pay": rng.normal(size=200)} for _ in range(2))
    >>> linkability_risk(real=people, synthetic=people, holdout=strangers).value
    1.0
    """
    train, made, fresh = encode_given(real=real, synthetic=synthetic, holdout=holdout)
    return linkability_of(train, made, fresh, known=known, k=k, compatible=compatible, seed=seed)


def linkability_of(
    real: Cells,
    synthetic: Cells,
    holdout: Cells | None = None,
    *,
    known: Halves | None = None,
    k: int = 1,
    compatible: Peer | None = None,
    seed: int = 0,
) -> Linkability:
    """The same on sets that are encoded together already."""
    _check_peer(compatible)
    k, m = whole("k", k, 1, len(synthetic)), len(synthetic)
    halves = _dealt_out(real) if known is None else _halves(real, known)
    order = np.random.default_rng(check_seed(seed)).permutation(m)
    shuffled = synthetic.take(order)
    every = [item for item in (real, synthetic, holdout) if item is not None]

    def attack(targets: Cells) -> Rows:
        """The first row, by nearness in the first half, that both have in common; -1 without one."""
        measured = spans(targets, synthetic) if compatible else spans(*every)
        measure = dict(zip(real.names, measured, strict=True))
        one, two = (
            nearest(targets.only(names), [shuffled.only(names)], measure=[measure[name] for name in names], k=k).rows[0]
            for names in halves
        )
        joined = np.full(len(targets), -1, np.int64)
        for column in one.T[::-1]:
            joined = np.where((two == column[:, None]).any(axis=1), column, joined)
        return joined

    found = attack(real)
    control = None if holdout is None else attack(holdout) >= 0
    return Linkability(
        **_rates(found >= 0, control, compatible),
        baseline=1 - math.prod((m - k - i) / (m - i) for i in range(k)) if 2 * k <= m else 1.0,
        known=halves,
        hits=found >= 0,
        control_hits=control,
        rows=np.where(found >= 0, order[found], -1),
    )


def inference_risk(
    *,
    real: Any,
    synthetic: Any,
    secret: str,
    holdout: Any = None,
    known: Iterable[str] | None = None,
    tolerance: float = 0.05,
    compatible: Peer | None = None,
    seed: int = 0,
) -> Inference:
    """Risk that a cell of a record is guessed from the synthetic row nearest to what is known of it.

    risk = (a - c) / (1 - c), with a the share of training records whose secret is guessed, and c that of holdout
    records.

    Parameters
    ----------
    real : table of n rows
        Training records.
    synthetic : table of m rows
    secret : str
        The column that is guessed.
    holdout : table of h rows, optional
        Real records that the generator never saw; without them the risk is a itself, most of which may be chance.
    known : list of str, optional
        The columns that the attacker knows; all others by default.
    tolerance : float, default 0.05
        A number s is guessed by g if |g - s| <= tolerance |s|; a moment if it is off by so much of the real range.
        Categories are guessed exactly. A missing cell is guessed by a missing one.
    compatible : {"anonymeter"}, optional
        Value and limits as anonymeter 1.1 gives them, numbers measured by the range of the synthetic set and the
        attacked set alone, and a number guessed if |g - s| <= tolerance g: no guess below 0 is ever wrong. That is its
        `regression=True`; its default takes numbers for categories, as `tolerance=0` does.
    seed : int, default 0
        For which of several synthetic rows at one distance is taken, whatever the order of the rows.

    Returns
    -------
    Inference
        `float()` of it is the risk, at most 1; lower is better, 0 is chance. `.low` and `.high` are 95 % limits.

    Raises
    ------
    AuditkitError, DataError, SampleSizeError, UnknownNameError
        `float()` of the result raises an UndefinedError where every holdout record's secret is guessed.

    Notes
    -----
    All records are attacked. `baseline` and `chance` are the rates of two guesses that look at no record: what is right
    of most synthetic rows, and a random synthetic row (in the mean, without drawing). Where the attack does not beat
    them (`beats_baseline`) the columns that are known say nothing. The baseline of anonymeter 1.1 loses its guesses in
    joining them by index and comes out near 0.

    References
    ----------
    Giomi et al. 2023, "A Unified Framework for Quantifying Privacy Risk in Synthetic Data", PoPETs, section 4.3.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> people, strangers = ({"age": rng.normal(size=200), "ill": rng.choice(["yes", "no"], 200)} for _ in range(2))
    >>> inference_risk(real=people, synthetic=people, holdout=strangers, secret="ill").value
    1.0
    """
    train, made, fresh = encode_given(real=real, synthetic=synthetic, holdout=holdout)
    return inference_of(
        train, made, fresh, secret=secret, known=known, tolerance=tolerance, compatible=compatible, seed=seed
    )


def inference_of(
    real: Cells,
    synthetic: Cells,
    holdout: Cells | None = None,
    *,
    secret: str,
    known: Iterable[str] | None = None,
    tolerance: float = 0.05,
    compatible: Peer | None = None,
    seed: int = 0,
) -> Inference:
    """The same on sets that are encoded together already."""
    _check_peer(compatible)
    share = number("tolerance", tolerance, give=0.05, least=0.0, below=1.0)
    place = named_places(real, [secret], argument="secret")[0]
    names = _known(real, secret, known)
    order = np.random.default_rng(check_seed(seed)).permutation(len(synthetic))
    shuffled = synthetic.take(order)
    every = [item for item in (real, synthetic, holdout) if item is not None]
    told = secret_of(real, synthetic, place, tolerance=share, by_guess=bool(compatible and share))

    def attack(targets: Cells) -> tuple[Hits, Rows]:
        measured = spans(targets, synthetic) if compatible else spans(*every)
        measure = [measured[real.place(name)] for name in names]
        rows = nearest(targets.only(names), [shuffled.only(names)], measure=measure).rows[0, :, 0]
        return is_hit(told, shuffled, rows, targets), order[rows]

    hits, rows = attack(real)
    control = None if holdout is None else attack(holdout)[0]
    return Inference(
        **_rates(hits, control, compatible),
        baseline=_rate(constant_guess(told, synthetic, real)).estimate(),
        chance=random_rate(told, synthetic, real),
        secret=secret,
        known=names,
        hits=hits,
        control_hits=control,
        rows=rows,
    )


def _check_peer(compatible: Peer | None) -> None:
    if compatible is not None:
        one_of("compatible", compatible, Peer)


def _known(real: Cells, secret: str, known: Iterable[str] | None) -> tuple[str, ...]:
    if known is None:
        names = tuple(name for name in real.names if name != secret)
        if not names:
            raise AuditkitError(f"no column but {secret!r} can be compared: there is nothing to guess it from.")
        return names
    names = tuple(real.names[place] for place in named_places(real, known, argument="known"))
    if secret in names:
        raise AuditkitError(f"`known` names the secret {secret!r}: leave it out.")
    return names


def _halves(real: Cells, known: Halves) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if isinstance(known, str) or len(known) != 2:  # noqa: PLR2004 - two sources
        raise AuditkitError(f"`known` must be two lists of columns, one per source, got {known!r}.")
    one, two = (tuple(real.names[place] for place in named_places(real, half, argument="known")) for half in known)
    both = [name for name in one if name in two]
    if both:
        raise AuditkitError(f"`known` names {both[0]!r} in both sources, which would join them: leave it out of one.")
    return one, two


def _dealt_out(real: Cells) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """All columns in turn, so that both sources know a record about as well."""
    if len(real.columns) < 2:  # noqa: PLR2004 - two sources
        raise AuditkitError("two sources need two columns that all sets have, got one: add a column.")
    distinct = [len(np.unique(cells)) for cells in real.values]  # noqa: PD011 - no frame
    order = sorted(range(len(distinct)), key=lambda place: (-distinct[place], place))
    one, two = (tuple(real.names[place] for place in order[start::2]) for start in (0, 1))
    return one, two


def _rate(hits: Hits) -> Rate:
    return Rate(float(hits.mean()), len(hits), len(hits))


def _rates(hits: Hits, control: Hits | None, compatible: Peer | None) -> dict[str, Any]:
    """Risk, both rates, and why not."""
    attack, fresh = _rate(hits), None if control is None else _rate(control)
    risk = risk_of(attack, fresh)
    if compatible and (control is None or not control.all()):
        n_control = None if control is None else int(control.sum())
        n_fresh = None if control is None else len(control)
        risk = peer_risk(len(hits), int(hits.sum()), n_control, n_control_attacks=n_fresh)
    return {
        "risk": risk,
        "attack": attack.estimate(),
        "control": None if fresh is None else fresh.estimate(),
        "n_attacks": len(hits),
        "reason": "" if risk else "the attack succeeds on all fresh records, so there is nothing to be gained.",
    }
