"""One tree that keeps, in each leaf, the training rows that ended there: the donors of sequential synthesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.lazy import unmoved_random

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

__all__ = ["DonorTree", "grow"]

_PARTS = ("feature", "threshold", "left", "right", "first", "count", "donors")


@dataclass(frozen=True, eq=False)
class DonorTree:
    """A grown tree as plain arrays, enough to draw from without the package that grew it.

    Attributes
    ----------
    feature : ndarray of shape (n_nodes,), int32
        Predictor that a node asks for; -1 in leaves.
    threshold : ndarray of shape (n_nodes,), float64
        A row goes left when its predictor is at most this.
    left, right : ndarray of shape (n_nodes,), int32
        Children; a leaf is its own child.
    first, count : ndarray of shape (n_nodes,), int32
        Where a leaf's donors begin in `donors`, and how many there are; 0 in inner nodes.
    donors : ndarray of shape (n_train,), int32
        Positions of values in the column's pool, sorted by leaf.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    first: NDArray[np.int32]
    count: NDArray[np.int32]
    donors: NDArray[np.int32]

    def leaves(self, predictors: NDArray[np.float32]) -> NDArray[np.int32]:
        """Leaf of each row.

        Parameters
        ----------
        predictors : ndarray of shape (n, p), float32
            Finite numbers, in the order of fitting.

        Returns
        -------
        ndarray of shape (n,), int32
        """
        node = np.zeros(len(predictors), dtype=np.int32)
        moving = np.arange(len(predictors))
        while True:
            moving = moving[self.feature[node[moving]] >= 0]
            if not len(moving):
                return node
            at = node[moving]
            goes_left = predictors[moving, self.feature[at]] <= self.threshold[at]
            node[moving] = np.where(goes_left, self.left[at], self.right[at])

    def draw(self, predictors: NDArray[np.float32], uniform: NDArray[np.float64]) -> NDArray[np.int32]:
        """Draw one donor of each row's leaf.

        Parameters
        ----------
        predictors : ndarray of shape (n, p), float32
        uniform : ndarray of shape (n,), float64
            Numbers in [0, 1).

        Returns
        -------
        ndarray of shape (n,), int32
            Positions in the column's pool.
        """
        leaf = self.leaves(predictors)
        chosen = self.first[leaf] + (uniform * self.count[leaf]).astype(np.int32)
        return self.donors[chosen]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, the inverse of `from_arrays`."""
        return {part: getattr(self, part) for part in _PARTS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> DonorTree:
        """Tree from what `arrays` gave."""
        return cls(**{part: arrays[part] for part in _PARTS})


def grow(
    predictors: NDArray[np.float32],
    target: NDArray[Any],
    pool: NDArray[np.int32],
    *,
    classify: bool,
    min_samples_leaf: int,
    seed: int,
) -> DonorTree:
    """Grow a tree and file the donors under its leaves.

    Parameters
    ----------
    predictors : ndarray of shape (n, p), float32
        Finite numbers; p may be 0, the tree is then one leaf.
    target : ndarray of shape (n,) or (n, outputs)
        Class numbers, or the numbers to split by.
    pool : ndarray of shape (n,), int32
        Position of each row's value in the column's pool of values.
    classify : bool
        True to split by Gini impurity, False by variance.
    min_samples_leaf : int
        Rows in a leaf at least.
    seed : int
        Decides between equal splits.

    Returns
    -------
    DonorTree
    """
    n, p = predictors.shape
    if p == 0 or n < 2 * min_samples_leaf:
        return _single_leaf(pool)
    tree = _estimator(classify=classify, min_samples_leaf=min_samples_leaf, seed=seed).fit(predictors, target)
    nodes = tree.tree_
    is_leaf = nodes.children_left < 0
    itself = np.arange(nodes.node_count, dtype=np.int32)
    leaf_of_row = tree.apply(predictors)
    order = np.argsort(leaf_of_row, kind="stable")
    count = np.bincount(leaf_of_row, minlength=nodes.node_count)
    return DonorTree(
        feature=np.where(is_leaf, -1, nodes.feature).astype(np.int32),
        threshold=np.where(is_leaf, 0.0, nodes.threshold),
        left=np.where(is_leaf, itself, nodes.children_left).astype(np.int32),
        right=np.where(is_leaf, itself, nodes.children_right).astype(np.int32),
        first=(np.cumsum(count) - count).astype(np.int32),
        count=count.astype(np.int32),
        donors=pool[order],
    )


def _estimator(*, classify: bool, min_samples_leaf: int, seed: int) -> DecisionTreeClassifier | DecisionTreeRegressor:
    with unmoved_random():
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # noqa: PLC0415 - drawing does not need it

    made = DecisionTreeClassifier if classify else DecisionTreeRegressor
    return made(min_samples_leaf=min_samples_leaf, random_state=seed)


def _single_leaf(pool: NDArray[np.int32]) -> DonorTree:
    zero = np.zeros(1, dtype=np.int32)
    return DonorTree(
        feature=zero - 1,
        threshold=np.zeros(1),
        left=zero,
        right=zero,
        first=zero,
        count=np.array([len(pool)], dtype=np.int32),
        donors=pool,
    )
