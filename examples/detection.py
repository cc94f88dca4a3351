"""Object detection: audit the crops, and ablate a detector through a callable.

`python examples/detection.py` takes seconds. auditkit knows no boxes. What it can say of synthetic scenes is whether
the objects in them look like real ones (crops at the boxes are images) and whether a detector that learns from them
finds real objects (a callable that trains yours). Scenes and detector are small stand-ins. What is
and is not supported: docs/unsupported.md.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

import auditkit as ak

CELL, CELLS = 8, 4
"""Scenes are 32 x 32 pixels: 4 x 4 cells, one of which holds the object."""


def scenes(n: int, seed: int, *, contrast: float = 1.0) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Pictures with a ring somewhere, and the number of the cell that it fills."""
    rng = np.random.default_rng(seed)
    pictures = rng.normal(90, 25, (n, CELL * CELLS, CELL * CELLS))
    cells = rng.integers(0, CELLS**2, n)
    down, right = np.mgrid[:CELL, :CELL] - (CELL - 1) / 2
    for picture, cell in zip(pictures, cells, strict=True):
        ring = np.exp(-((np.hypot(down, right) - rng.uniform(2, 3)) ** 2))
        top, left = CELL * (cell // CELLS), CELL * (cell % CELLS)
        picture[top : top + CELL, left : left + CELL] += contrast * rng.uniform(15, 60) * ring
    return np.clip(pictures, 0, 255).astype(np.uint8), cells


def patches(pictures: NDArray[np.float64]) -> NDArray[np.float64]:
    """All cells of each picture, (n, cells, height, width)."""
    cut = pictures.reshape(-1, CELLS, CELL, CELLS, CELL).swapaxes(2, 3)
    return cut.reshape(-1, CELLS**2, CELL, CELL)


def crops(pictures: NDArray[np.uint8], cells: NDArray[np.intp]) -> ak.Dataset:
    """What lies in the boxes, as a set of images."""
    return ak.load(patches(pictures)[np.arange(len(cells)), cells], modality="image")


def whole(pictures: NDArray[np.uint8], cells: NDArray[np.intp]) -> ak.Dataset:
    """Whole scenes, with the cell of the object as the label."""
    names = np.array([f"{cell:02d}" for cell in cells])  # names in order, so that a class's number is its cell's
    return ak.load({"images": pictures, "label": names})


def detector(
    values: NDArray[np.float64], target: NDArray[np.intp], seed: int
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Learn which cells hold an object, and say for new scenes how likely each cell does."""
    shown = patches(values).reshape(-1, CELL * CELL)
    is_object = (target[:, None] == np.arange(CELLS**2)).ravel()
    model = LogisticRegression(C=0.1, random_state=seed).fit(shown, is_object)

    def find(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        odds = np.exp(model.decision_function(patches(rows).reshape(-1, CELL * CELL))).reshape(len(rows), -1)
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    return find


def main() -> None:
    """Two synthetic sets: one as the real scenes are, one whose objects came out dark."""
    train, holdout, test = scenes(240, 0), scenes(240, 1), scenes(240, 2)
    sets = {"good": scenes(240, 3), "dark": scenes(240, 4, contrast=-1.0)}
    for name, made in sets.items():
        audit = ak.audit(real=crops(*train), synthetic=crops(*made), holdout=crops(*holdout), metrics=["precision"])
        print(f"crops, {name}: {audit.scores['precision']}")
    arms = {name: whole(*made) for name, made in sets.items()}
    found = ak.ablate(
        real=whole(*train), test=whole(*test), arms=arms, models={"detector": detector},
        measures=["accuracy"], repeats=3,
    )  # fmt: skip
    print(found)


if __name__ == "__main__":
    main()
