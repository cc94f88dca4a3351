"""Random numbers that keep a sample's beginning the same when more is asked for.

Noise is drawn in chunks of fixed size, each from its own seed, and cut to length afterwards: row i depends on the
seed and on i only.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from auditkit.whole_numbers import check_seed

__all__ = ["CHUNK", "normal_noise", "stage_rng", "stage_seed", "uniform_noise", "whole_chunks"]

CHUNK = 256
ScalarT = TypeVar("ScalarT", bound=np.generic)


def stage_seed(seed: int, stage: str, *keys: int) -> np.random.SeedSequence:
    """Seed of one named stage, independent of all other stages of the same seed.

    Parameters
    ----------
    seed : int
        The public seed, at least 0.
    stage : str
        A name, as `"init"`, `"batches"`, `"sample"`.
    *keys : int
        Further coordinates, as the number of a chunk.

    Returns
    -------
    numpy.random.SeedSequence

    Raises
    ------
    AuditkitError
        For a seed that is no whole number of at least 0.
    """
    return np.random.SeedSequence(check_seed(seed), spawn_key=(zlib.crc32(stage.encode()), *keys))


def stage_rng(seed: int, stage: str, *keys: int) -> np.random.Generator:
    """Generator of one named stage: `stage_seed` made ready to draw from."""
    return np.random.default_rng(stage_seed(seed, stage, *keys))


def uniform_noise(n: int, width: int, *, seed: int, stage: str = "sample", start: int = 0) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1) for rows start to start + n.

    Parameters
    ----------
    n, width : int
        Rows and columns.
    seed : int
    stage : str, default "sample"
    start : int, default 0
        First row; rows are the same numbers whatever the call that asks for them.

    Returns
    -------
    ndarray of shape (n, width), float64
    """
    return _chunked(n, width, seed=seed, stage=stage, start=start, normal=False)


def normal_noise(n: int, width: int, *, seed: int, stage: str = "sample", start: int = 0) -> NDArray[np.float64]:
    """Standard normal numbers for rows start to start + n; parameters as `uniform_noise`."""
    return _chunked(n, width, seed=seed, stage=stage, start=start, normal=True)


def whole_chunks(rows: NDArray[ScalarT]) -> Iterator[tuple[int, int, NDArray[ScalarT]]]:
    """Rows in chunks of one size, the last filled up with zeros, so that none depends on how many were asked for.

    Parameters
    ----------
    rows : ndarray of shape (n, ...)

    Yields
    ------
    tuple of (int, int, ndarray of shape (CHUNK, ...))
        Position of the chunk's first row, how many of its rows count, and the chunk.

    Examples
    --------
    >>> [(start, n, len(chunk)) for start, n, chunk in whole_chunks(np.arange(300))]
    [(0, 256, 256), (256, 44, 256)]
    """
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        yield start, len(part), np.concatenate([part, np.zeros((CHUNK - len(part), *rows.shape[1:]), rows.dtype)])


def _chunked(n: int, width: int, *, seed: int, stage: str, start: int, normal: bool) -> NDArray[np.float64]:
    check_seed(seed)
    noise = np.empty((n, width))
    row = start
    while row < start + n:
        chunk, offset = divmod(row, CHUNK)
        rng = stage_rng(seed, stage, chunk)
        drawn = rng.standard_normal((CHUNK, width)) if normal else rng.random((CHUNK, width))
        stop = min((chunk + 1) * CHUNK, start + n)
        noise[row - start : stop - start] = drawn[offset : offset + stop - row]
        row = stop
    return noise
