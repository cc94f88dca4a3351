"""Can a cell be guessed with the help of the synthetic rows? An attack on all records.

It guesses from the synthetic row nearest to what is known of a record, and it succeeds on strangers too: a useful set
teaches how columns go together. What counts is the success beyond that on a holdout. An attack that a constant guess
matches has shown nothing, so the guesses that need no synthetic row stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.data.cells import Cells
from auditkit.errors import AuditkitError
from auditkit.metrics.parameters import check_seed, number
from auditkit.metrics.products import Side
from auditkit.metrics.registry import Reading, metric
from auditkit.metrics.tables.attacks import ALWAYS, Hits, Rows, rate_of, reading_of_risk
from auditkit.metrics.tables.gower import nearest, spans
from auditkit.metrics.tables.guesses import constant_guess, is_hit, random_rate, secret_of
from auditkit.metrics.tables.peers import Anonymeter, check_peer
from auditkit.metrics.tables.risks import Risk
from auditkit.metrics.tables.sides import named_places, named_sets, table_sides
from auditkit.metrics.tables.whole_table import table_of
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Inference", "inference_risk"]


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
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


def _inference_risk(real: Side, synthetic: Side, holdout: Side, *, tolerance: float, seed: int) -> Reading:
    cells = [table_of(side) for side in (real, synthetic, holdout)]
    n = (len(real), len(synthetic))
    if real.target is None:
        return Reading(None, n, "the label is no column of the table.")
    secret = cells[0].names[cells[0].matrix_places[real.target]]
    if len(cells[0].columns) < 2:  # noqa: PLR2004 - a secret, and something that is known
        return Reading(None, n, "a table of one column has nothing from which its cells could be guessed.")
    found = inference_of(*cells, secret=secret, tolerance=tolerance, seed=seed)
    return reading_of_risk(found, n, details={"secret": secret, "chance": found.chance})


@metric(
    reads=_inference_risk,
    family="copying",
    modalities=("tabular",),
    direction="lower",
    bounds=(None, 1.0),
    null=0.0,
    interval="reading",
    by_group=False,
    asks=("label",),
    default=False,
    source="Giomi et al. 2023, section 4.3",
    meaning="How often a training record's label is guessed from the nearest synthetic record, beyond fresh records.",
    misleads=(
        "A useful set lets cells of strangers be guessed as well: only the excess over fresh records counts, and only "
        "where the attack beats a constant guess."
    ),
    advice="Do not publish the label beside the other columns; train with more data or noise.",
)
def inference_risk(
    *,
    real: Any,
    synthetic: Any,
    secret: str,
    holdout: Any = None,
    known: Iterable[str] | None = None,
    tolerance: float = 0.05,
    compatible: Anonymeter | None = None,
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
    return inference_of(
        **table_sides(named_sets(real=real, synthetic=synthetic, holdout=holdout)),
        secret=secret,
        known=known,
        tolerance=tolerance,
        compatible=compatible,
        seed=seed,
    )


def inference_of(
    real: Cells,
    synthetic: Cells,
    holdout: Cells | None = None,
    *,
    secret: str,
    known: Iterable[str] | None = None,
    tolerance: float = 0.05,
    compatible: Anonymeter | None = None,
    seed: int = 0,
) -> Inference:
    """The same on sets that are encoded together already."""
    check_peer(compatible, Anonymeter)
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
    return Inference.of(
        rate_of(hits),
        None if control is None else rate_of(control),
        compatible,
        always=ALWAYS,
        baseline=rate_of(constant_guess(told, synthetic, real)).estimate(),
        chance=random_rate(told, synthetic, real),
        secret=secret,
        known=names,
        hits=hits,
        control_hits=control,
        rows=rows,
    )


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
