"""How far fresh real units go in the evidence per sample: limits that a share of them lies beyond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.evidence import typicality
from auditkit.auditing.views import yardstick_of
from auditkit.data.breaches import without_unseen
from auditkit.data.checks import schema_violations
from auditkit.errors import AuditkitError
from auditkit.metrics.copied_bits import CopiedBits
from auditkit.metrics.detection import Discriminator, LabelAgreement, log_odds
from auditkit.metrics.oddness import Oddness

if TYPE_CHECKING:
    from auditkit.auditing.held_rules import HeldRules
    from auditkit.data import Dataset
    from auditkit.metrics.products import Products, Role, View

__all__ = [
    "FRESH_BREACHES",
    "LEAST_UNITS",
    "OUT_OF_FOLD",
    "SAMPLE_LIMITS",
    "WORSE_ABOVE",
    "fresh_breaches",
    "sample_limits",
    "shares_known",
]

SAMPLE_LIMITS = "sample_limits"
"""Key of an audit's `about`: column to share to the value beyond which so many fresh real samples lie."""

FRESH_BREACHES = "fresh_breaches"
"""Key of an audit's `about`: `violations` and `impossible` to the share of fresh real samples that have such."""

LEAST_UNITS = 50
"""Fresh real units that a limit is read of at least."""
SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995)
_DIGITS = 6
_SLACK = 1e-9
WORSE_ABOVE = frozenset({"discriminator", "discriminator_logit", "oddness", "copied_bits"})
"""Columns of which high values are the worse ones; of the others that have limits the low ones are."""
OUT_OF_FOLD = ("discriminator", "discriminator_logit")
"""Columns whose limits are read of the real units themselves, and so need no holdout."""

Values = dict[str, NDArray[np.float64]]


def sample_limits(products: Products, view: View, sets: Mapping[Role, Dataset]) -> dict[str, dict[str, float]]:
    """Per column of the samples and share, the value that this share of fresh real units lies beyond.

    Beyond is strictly beyond: what ties with a limit meets it. Of n fresh units it is the value that at most
    share * (n + 1) - 1 of them lie beyond, so that of further ones no more than this share is
    expected to (fewer where units tie at the limit); it is rounded outward.

    Real rows are told from synthetic ones out of fold, so what the discriminator says of them is what it would say of
    fresh ones. The other columns are read of the holdout, whose units are scored as synthetic ones are; without a
    holdout they have no limits.

    Parameters
    ----------
    products : Products
    view : View
        The whole set.
    sets : mapping of role to Dataset

    Returns
    -------
    dict of column to dict of share to float
        Beyond is above for the discriminator's columns, `oddness` and `copied_bits`, below for `realism`, `density`,
        `label_agreement` and `confidence`. Columns with fewer than 50 values are left out, and so are shares of less
        than one of n + 1 units.
    """
    limits: dict[str, dict[str, float]] = {}
    for build in (_out_of_fold, _of_holdout, _odd, _labels, _cells):
        if build is not _out_of_fold and "holdout" not in sets:
            continue
        try:
            found = build(products, view)
        except AuditkitError:  # the column itself is empty, and says why
            continue
        limits |= {name: dict(_limits(name, values)) for name, values in found.items()}
    return {name: told for name, told in limits.items() if told}


def fresh_breaches(sets: Mapping[Role, Dataset], rules: HeldRules) -> dict[str, float]:
    """Shares of holdout units that break the real schema or a rule, and that do so beside its ranges and levels.

    Parameters
    ----------
    sets : mapping of role to Dataset
        With a holdout.
    rules : HeldRules

    Returns
    -------
    dict of str to float
        `violations` and `impossible`, as columns of the evidence are called; empty where the rows are not at hand, as
        those of a reference.
    """
    if not sets["holdout"].n_rows:
        return {}
    said = schema_violations(sets["holdout"], sets["real"].schema, keys=rules.keys, constraints=rules.constraints)
    return {
        "violations": float(np.mean([bool(text) for text in said])),
        "impossible": float(np.mean([bool(without_unseen(text)) for text in said])),
    }


def _limits(name: str, values: NDArray[np.float64]) -> Iterator[tuple[str, float]]:
    known = values[~np.isnan(values)]
    if len(known) < len(values):
        return
    above = name in WORSE_ABOVE
    worst_first = np.sort(-known if above else known)
    for share in shares_known(len(known)):
        beyond = _n_beyond(share, len(known))
        limit = float(-worst_first[beyond] if above else worst_first[beyond])
        if np.isfinite(limit):
            yield f"{share:g}", _outward(limit, above=above)


def shares_known(n: int) -> list[float]:
    """Shares of which n fresh real units tell a limit, smallest first."""
    if n < LEAST_UNITS:
        return []
    return [share for share in SHARES if _n_beyond(share, n) >= 0 and (1 - share) * n >= 1]


def _n_beyond(share: float, n: int) -> int:
    """How many of n units lie beyond the limit of a share."""
    return int(share * (n + 1) + _SLACK) - 1


def _outward(limit: float, *, above: bool) -> float:
    """Six digits of a limit, never on its inner side: what ties with it must not fall beyond."""
    return float(Context(_DIGITS, ROUND_CEILING if above else ROUND_FLOOR).create_decimal_from_float(limit))


def _out_of_fold(products: Products, view: View) -> Values:
    detection: Discriminator = products.get(Discriminator, view)
    boosted = detection.boosted[~detection.synthetic]
    return dict(zip(OUT_OF_FOLD, (boosted, log_odds(boosted)), strict=True))


def _of_holdout(products: Products, view: View) -> Values:
    found = typicality(products, yardstick_of(view))
    return {name: found[name] for name in ("realism", "density")}


def _odd(products: Products, view: View) -> Values:
    odd: Oddness = products.get(Oddness, view)
    return {"oddness": odd.ask(products.side(view.rows["holdout"]))}


def _labels(products: Products, view: View) -> Values:
    agreement: LabelAgreement = products.get(LabelAgreement, yardstick_of(view))
    return {"label_agreement": agreement.probability, "confidence": agreement.highest}


def _cells(products: Products, view: View) -> Values:
    found: CopiedBits = products.get(CopiedBits, yardstick_of(view))
    return {"copied_bits": found.bits}
