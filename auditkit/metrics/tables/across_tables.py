"""Do columns of a child table go with those of its parent? Pairs of columns over a foreign key."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from auditkit.data.cells import Cells
from auditkit.metrics.tables.accuracy_between import judged_rows
from auditkit.metrics.tables.accuracy_result import Agreement
from auditkit.metrics.tables.links import Links
from auditkit.metrics.tables.marginals import Rows, agreements, expected_agreements
from auditkit.metrics.tables.quantile_bins import Bins, train_bins

__all__ = ["pairs_across"]


def pairs_across(
    child: Mapping[str, Cells], parent: Mapping[str, Cells], links: Mapping[str, Links], *, rng: np.random.Generator
) -> Agreement:
    """Accuracy of each pair of a child's and a parent's column.

    Parameters
    ----------
    child, parent : mapping of str to Cells
        `"real"`, `"synthetic"` and, where there is one, `"holdout"`.
    links : mapping of str to Links
    rng : Generator

    Returns
    -------
    Agreement
        Floor: children that are dealt to parents at random. A child without a parent has a cell of its own.
    """
    of_child, of_parent = train_bins(child), train_bins(parent)
    sizes = np.concatenate([of_child.sizes, of_parent.sizes + 1])
    codes = {role: _joined(of_child, of_parent, links[role].parent, role) for role in links}
    n_child, n_columns = len(of_child.names), len(sizes)
    columns = np.array([(c, p) for c in range(n_child) for p in range(n_child, n_columns)], np.int64)
    names = tuple((of_child.names[c], of_parent.names[p - n_child]) for c, p in columns.tolist())
    whole, synthetic = Rows(codes["real"]), Rows(codes["synthetic"])
    value = agreements(whole, [synthetic], sizes=sizes, columns=columns)[0]
    expected = expected_agreements(whole, n=len(whole), n_other=len(synthetic), sizes=sizes, columns=columns)
    judged = judged_rows(codes, rng)
    if judged is None:
        return Agreement(names, value, expected)
    others = [*judged.draws, _dealt(judged.fresh, n_child, judged.size, rng)]
    found = agreements(judged.reference, others, sizes=sizes, columns=columns)
    return Agreement(names, value, expected, *judged.means(found[:-1]), found[-1], judged.error)


def _joined(child: Bins, parent: Bins, links: NDArray[np.int64], role: str) -> NDArray[np.int32]:
    """Bins of the child's columns and, per child, of its parent's."""
    alone = links < 0
    inherited = parent.codes[role][:, links]
    inherited[:, alone] = parent.sizes[:, None]
    return np.ascontiguousarray(np.concatenate([child.codes[role], inherited]), np.int32)


def _dealt(item: Rows, n_child: int, size: int, rng: np.random.Generator) -> Rows:
    rows = item.rows if len(item.rows) else np.arange(item.codes.shape[1], dtype=np.int32)
    one, two = (rng.permutation(rows)[:size] for _ in range(2))
    return Rows(np.concatenate([item.codes[:n_child, one], item.codes[n_child:, two]]))
