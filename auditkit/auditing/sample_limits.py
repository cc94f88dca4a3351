"""How far fresh real units go in the evidence per sample: limits that a share of them lies beyond."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.metrics.copied_bits import CopiedBits
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.detection import Discriminator, LabelAgreement, log_odds
from auditkit.metrics.neighbours import Points
from auditkit.metrics.oddness import Oddness
from auditkit.metrics.products import Rows, View

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.metrics.products import Products, Role

__all__ = ["LEAST_UNITS", "sample_limits"]

LEAST_UNITS = 50
"""Fresh real units that a limit is read of at least."""
SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995)
_DIGITS = 6
_WORSE_ABOVE = frozenset({"discriminator", "discriminator_logit", "oddness", "copied_bits"})

Values = dict[str, NDArray[np.float64]]


def sample_limits(products: Products, view: View, sets: Mapping[Role, Dataset]) -> dict[str, dict[str, float]]:
    """Per column of the samples and share, the value that this share of fresh real units lies beyond.

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
        than one unit.
    """
    limits: dict[str, dict[str, float]] = {}
    for build in (_out_of_fold, _of_holdout, _labels, _cells):
        if build is not _out_of_fold and "holdout" not in sets:
            continue
        try:
            found = build(products, view)
        except AuditkitError:  # the column itself is empty, and says why
            continue
        limits |= {name: dict(_limits(name, values)) for name, values in found.items()}
    return {name: told for name, told in limits.items() if told}


def _limits(name: str, values: NDArray[np.float64]) -> Iterator[tuple[str, float]]:
    known = values[~np.isnan(values)]
    if len(known) < LEAST_UNITS or len(known) < len(values):
        return
    for share in SHARES:
        if share * len(known) < 1 or (1 - share) * len(known) < 1:
            continue
        above = name in _WORSE_ABOVE
        limit = float(np.quantile(known, 1 - share if above else share, method="higher" if above else "lower"))
        if np.isfinite(limit):
            yield f"{share:g}", round(limit, _DIGITS)


def _out_of_fold(products: Products, view: View) -> Values:
    detection: Discriminator = products.get(Discriminator, view)
    odd: Oddness = products.get(Oddness, view)
    boosted = detection.boosted[~detection.synthetic]
    return {
        "discriminator": boosted,
        "discriminator_logit": log_odds(boosted),
        "oddness": odd.log_odds[~odd.synthetic],
    }


def _of_holdout(products: Products, view: View) -> Values:
    yardstick = _yardstick(view)
    crossing: Crossing = products.get(Crossing, yardstick)
    rows = products.get(Points, yardstick, "synthetic").inverse
    return {"realism": crossing.realism[rows]}


def _labels(products: Products, view: View) -> Values:
    agreement: LabelAgreement = products.get(LabelAgreement, _yardstick(view))
    return {"label_agreement": agreement.probability, "confidence": agreement.highest}


def _cells(products: Products, view: View) -> Values:
    found: CopiedBits = products.get(CopiedBits, _yardstick(view))
    return {"copied_bits": found.bits}


def _yardstick(view: View) -> View:
    """The holdout in the place of the synthetic set."""
    return View("yardstick", {}, {"real": view.rows["real"], "synthetic": Rows("holdout")})


Build = Callable[["Products", View], Values]
