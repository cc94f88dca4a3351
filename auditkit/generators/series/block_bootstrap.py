"""Moving blocks of training series, joined: as near to real series as a generator that learns nothing can be."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from auditkit.errors import AuditkitError
from auditkit.generators.interface import GeneratorInfo
from auditkit.generators.series.remembered import RememberedSeries, Sources

__all__ = ["BlockBootstrap"]

_BLOCKS = 4


class BlockBootstrap(RememberedSeries):
    """Blocks of training series of the same label and groups, joined one after the other.

    Each block is drawn from a series of its own, about where it stands in the new one, and taken as it is: within
    blocks everything is real, at the joints series jump. Saved generators hold all training series.

    Parameters
    ----------
    block : int, optional
        Steps of a block; a quarter of the series, 2 at least, by default.
    aligned : bool, default True
        Take blocks from about the place that they get; False takes them from anywhere, as for series without a shape.

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import Dataset, SeriesSamples
    >>> steps = [np.arange(8.0) + 10 * i for i in range(3)]
    >>> data = Dataset.of_table(pd.DataFrame({"kind": ["a"] * 3}), label="kind", samples=SeriesSamples.of(steps))
    >>> made = BlockBootstrap(block=4).fit(data).sample(2, seed=0).arrays()
    >>> [len(item) for item in made]
    [8, 8]
    """

    info: ClassVar[GeneratorInfo] = GeneratorInfo(
        name="block_bootstrap",
        modality="series",
        family="bootstrap",
        summary="Blocks of training series of one label and group, joined; every value is real, joints jump.",
        params={
            "block": "steps of a block (a quarter of the series)",
            "aligned": "take blocks from about the place that they get (true)",
        },
        conditional="exact",
        stores_real_values=True,
        tries={"aligned": (False,)},
        citation="Kunsch 1989, The jackknife and the bootstrap for general stationary observations",
    )
    stage: ClassVar[str] = "series blocks"

    def __init__(self, *, block: int | None = None, aligned: bool = True) -> None:
        super().__init__()
        if block is not None and block < 1:
            raise AuditkitError(
                f"generator 'block_bootstrap' needs a block of at least 1 step, got {block}: give 5, say."
            )
        self.block = block
        self.aligned = aligned

    def _notes(self, sources: Sources) -> tuple[str, ...]:
        del sources
        return ("samples are pieces of training series: whoever knows a piece finds its series.",)

    def _one(self, sources: Sources, donor: int, rng: np.random.Generator) -> NDArray[np.float64]:
        alike, length = sources.alike(donor), int(sources.kept.lengths[donor])
        size = min(self.block or max(2, length // _BLOCKS), length)
        parts: list[NDArray[np.float64]] = []
        offset = int(rng.integers(size))
        for start in range(-offset, length, size):
            source = sources.series[alike[rng.integers(len(alike))]]
            first, wanted = max(start, 0), min(start + size, length) - max(start, 0)
            kept = min(wanted, len(source))
            spare = len(source) - kept
            place = round(first / max(length - wanted, 1) * spare) if self.aligned else int(rng.integers(spare + 1))
            block = source[place : place + kept]
            parts.append(np.concatenate([block, np.repeat(block[-1:], wanted - kept, axis=0)]))
        return np.concatenate(parts)
