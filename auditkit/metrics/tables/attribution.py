"""How often the synthetic rows that agree with a record on what is known also agree on what is sensitive.

The engine of the disclosure metrics: from codes of cells to one number per record, by counting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from auditkit.blocks import run_blocks, split_blocks
from auditkit.data.cells import Cells
from auditkit.metrics.tables.attribution_tiles import nearest_attribution
from auditkit.metrics.tables.codes import Codes, column_codes, combined

__all__ = ["Attribution", "Edges", "Variant", "attribute"]

Variant = Literal["cap", "zero_cap", "generalized_cap"]
Edges = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_KEYS_PER_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Attribution:
    """Correct attribution probability of each record.

    Attributes
    ----------
    shares : ndarray of shape (n,), float64
        In [0, 1]; 0 where `matched` is False.
    matched : ndarray of shape (n,), bool
        Whether the attack says anything about the record: without a synthetic row of its key `"cap"` does not.
    guesses : ndarray of shape (n,), float64
        The same where nothing is known: the share of the synthetic rows that have the record's sensitive values.
    n_sensitive : int
        Product over the sensitive columns of the numbers of distinct values, missing one of them, in the first set.
    """

    shares: NDArray[np.float64]
    matched: NDArray[np.bool_]
    guesses: NDArray[np.float64]
    n_sensitive: int


def attribute(
    targets: Sequence[Cells],
    synthetic: Cells,
    *,
    known: Sequence[int],
    sensitive: Sequence[int],
    variant: Variant,
    edges: Sequence[Edges | None],
) -> list[Attribution]:
    """Attribution of the records of several sets, the same columns known of all.

    Parameters
    ----------
    targets : sequence of Cells
        Whose records are attacked, the training set first.
    synthetic : Cells
    known, sensitive : sequence of int
        Positions of columns.
    variant : {"cap", "zero_cap", "generalized_cap"}
    edges : sequence
        Per column None, or the function that gives the inner edges, from which bins are open to the left, of its
        real numbers.

    Returns
    -------
    list of Attribution
        One per target.
    """
    sets = [*targets, synthetic]
    columns = {place: _column(sets, place, edges[place]) for place in (*known, *sensitive)}
    keys, n_keys = combined([columns[place] for place in known])
    values, n_values = combined([columns[place] for place in sensitive])
    pairs, n_pairs = combined([(keys, n_keys), (values, n_values)])
    of_key, of_pair = np.bincount(keys[-1], minlength=n_keys), np.bincount(pairs[-1], minlength=n_pairs)
    of_value = np.bincount(values[-1], minlength=n_values)
    n_sensitive = int(np.prod([len(np.unique(columns[place][0][0])) for place in sensitive], dtype=np.float64))
    found = []
    for number in range(len(targets)):
        size = of_key[keys[number]]
        share = of_pair[pairs[number]] / np.maximum(size, 1)
        matched = size > 0
        if variant == "generalized_cap" and not matched.all():
            known_codes = [columns[place][0] for place in known]
            share = _of_nearest(share, ~matched, number, known_codes, values)
        if variant != "cap":
            matched = np.ones(len(size), np.bool_)
        found.append(Attribution(share, matched, of_value[values[number]] / len(synthetic), n_sensitive))
    return found


def _column(sets: Sequence[Cells], place: int, edges: Edges | None) -> tuple[list[Codes], int]:
    if edges is None or sets[0].columns[place].kind == "category":
        return column_codes(sets, place)
    numbers = sets[0].numbers(place)
    inner = edges(numbers[~np.isnan(numbers)])
    return column_codes(sets, place, bins=lambda found: np.searchsorted(inner, found, side="left"))


def _of_nearest(
    share: NDArray[np.float64],
    open_rows: NDArray[np.bool_],
    number: int,
    known: Sequence[Sequence[Codes]],
    values: Sequence[Codes],
) -> NDArray[np.float64]:
    """Fill the share of records without a key of their own from all rows of the nearest keys."""
    rows, counts = _distinct([*(codes[-1] for codes in known), values[-1]])
    given = [*(codes[number][open_rows] for codes in known), values[number][open_rows]]
    asked, inverse = _distinct(given, inverse=True)
    out = np.zeros(len(asked))
    run_blocks(
        lambda block: nearest_attribution(asked[block], rows, counts, out[block]),
        split_blocks(len(asked), _KEYS_PER_BLOCK),
    )
    share[open_rows] = out[inverse]
    return share


def _distinct(columns: Sequence[Codes], *, inverse: bool = False) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Distinct rows, and how often each occurs or, with `inverse`, where each row is among them."""
    together, _ = combined([([column], int(column.max(initial=0)) + 1) for column in columns])
    _, first, places, counts = np.unique(together[0], return_index=True, return_inverse=True, return_counts=True)
    rows = np.stack([column[first] for column in columns], axis=1).astype(np.int32, order="C")
    return rows, (places if inverse else counts).astype(np.int64)
