"""When a guess of a cell is right, and how often guesses are that look at no record."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import CellKind, Cells
from auditkit.metrics.tables.gower import spans

__all__ = ["Secret", "constant_guess", "is_hit", "random_rate", "secret_of"]

Hits = NDArray[np.bool_]
_TINY = 1e-12


@dataclass(frozen=True)
class Secret:
    """A column that is guessed, and how far off a guess may be.

    Attributes
    ----------
    place : int
        Position of the column.
    kind : {"number", "moment", "category"}
    share : float
        Allowed difference of a number, relative to the true one; in [0, 1).
    allowed : float
        Allowed difference of a moment, in the column's unit.
    by_guess : bool
        Whether a number's difference is relative to the guess, sign and all, as in anonymeter 1.1.
    """

    place: int
    kind: CellKind
    share: float
    allowed: float
    by_guess: bool


def secret_of(real: Cells, synthetic: Cells, place: int, *, tolerance: float, by_guess: bool = False) -> Secret:
    """A column of two sets as a secret."""
    kind = real.columns[place].kind
    span = spans(real, synthetic)[place] if kind == "moment" else 0
    return Secret(place, kind, tolerance, tolerance * float(span or 0), by_guess)


def is_hit(secret: Secret, synthetic: Cells, rows: NDArray[np.int64], targets: Cells) -> Hits:
    """Which targets' secrets are those of the synthetic rows that are taken for them.

    Parameters
    ----------
    secret : Secret
    synthetic : Cells
    rows : ndarray of shape (n,), int64
        The synthetic row for each target.
    targets : Cells
        n rows.

    Returns
    -------
    ndarray of shape (n,), bool
    """
    guess, true = synthetic.values[secret.place][rows], targets.values[secret.place]
    no_guess, none = synthetic.absent(secret.place)[rows], targets.absent(secret.place)
    return np.where(no_guess | none, no_guess & none, _is_right(secret, guess, true))


def _is_right(secret: Secret, guess: NDArray[np.generic], true: NDArray[np.generic]) -> Hits:
    if secret.kind == "category":
        return np.asarray(guess == true)
    difference = _difference(guess, true)
    if secret.kind == "moment":
        return difference <= secret.allowed
    if secret.by_guess:
        floats = guess.astype(np.float64)
        with np.errstate(divide="ignore"):
            return np.asarray(difference / (floats + _TINY) <= secret.share)
    return difference <= secret.share * np.abs(true.astype(np.float64))


def _difference(a: NDArray[np.generic], b: NDArray[np.generic]) -> NDArray[np.float64]:
    """|a - b|; of integers taken as integers."""
    if a.dtype == np.int64:
        larger, smaller = np.maximum(a, b).astype(np.uint64), np.minimum(a, b).astype(np.uint64)
        return np.asarray(larger - smaller, np.float64)
    return np.abs(np.asarray(a, np.float64) - np.asarray(b, np.float64))


def random_rate(secret: Secret, synthetic: Cells, targets: Cells) -> float:
    """Expected share of targets whose secret a random synthetic row has.

    Parameters
    ----------
    secret : Secret
    synthetic, targets : Cells

    Returns
    -------
    float in [0, 1]
    """
    guesses, true = synthetic.numbers(secret.place), targets.numbers(secret.place)
    gone, none = synthetic.absent(secret.place), targets.absent(secret.place)
    held = np.sort(guesses[~gone])
    low, high = _right_guesses(secret, true[~none])
    right = np.searchsorted(held, high, "right") - np.searchsorted(held, low, "left")
    return float((right.sum() + int(gone.sum()) * int(none.sum())) / (len(synthetic) * len(targets)))


def _right_guesses(secret: Secret, true: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and largest guess that is right of each true value."""
    if secret.kind == "category":
        return true, true
    allowed = secret.share * np.abs(true) if secret.kind == "number" else secret.allowed
    return true - allowed, true + allowed


def constant_guess(secret: Secret, synthetic: Cells, targets: Cells) -> Hits:
    """Which targets' secrets are guessed by what is right of most synthetic rows.

    Parameters
    ----------
    secret : Secret
    synthetic, targets : Cells

    Returns
    -------
    ndarray of shape (n,), bool
        Of several guesses that are right equally often the least is taken.
    """
    fair = replace(secret, by_guess=False)
    gone = synthetic.absent(secret.place)
    values = synthetic.numbers(secret.place)
    held = np.sort(values[~gone])
    row, most = 0, -1
    if len(held):
        guesses, first = np.unique(values, return_index=True)
        guesses, first = guesses[~np.isnan(guesses)], first[~np.isnan(guesses)]
        low, high = _right_truths(secret, guesses)
        right = np.searchsorted(held, high, "right") - np.searchsorted(held, low, "left")
        row, most = int(first[np.argmax(right)]), int(right.max())
    if int(gone.sum()) > most:
        row = int(np.flatnonzero(gone)[0])
    return is_hit(fair, synthetic, np.full(len(targets), row), targets)


def _right_truths(secret: Secret, guess: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least and largest true value of which each guess is right."""
    if secret.kind != "number":
        return _right_guesses(secret, guess)
    one, two = guess / (1 + secret.share), guess / (1 - secret.share)
    return np.minimum(one, two), np.maximum(one, two)
