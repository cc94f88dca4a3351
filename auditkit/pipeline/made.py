"""Train a generator, then sample: one way for the loop, the commands and contests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from auditkit.data.digests import records_hash
from auditkit.generators.remembering import remember
from auditkit.pipeline.sets import stage

if TYPE_CHECKING:
    from auditkit.blocks import Progress
    from auditkit.data import Dataset
    from auditkit.generators import Budget, Generator
    from auditkit.generators.interface import Conditions

__all__ = ["made_by"]


def made_by(
    generator: Generator,
    train: Dataset,
    *,
    n: int,
    seed: int,
    tell: Progress | None = None,
    conditions: Conditions | None = None,
    budget: Budget | None = None,
) -> Dataset:
    """What a generator that is trained on these data draws, with a record of both.

    Parameters
    ----------
    generator : Generator
        Trained here.
    train : Dataset
    n : int
    seed : int
        Of the training and of the samples.
    tell : callable, optional
        Called with steps done, steps in all and a word.
    conditions : mapping, optional
    budget : Budget, optional

    Returns
    -------
    Dataset
        Its provenance names the training records in any order, also where the generator writes no record of its own.
    """
    what = f"train the generator {generator.info.name}"
    tell = tell or (lambda _done, _total, _what: None)
    tell(0, 1, what)
    generator.fit(train, seed=seed, budget=budget, progress=stage(tell, what))
    tell(0, 1, "generate")
    made = generator.sample(n, conditions=conditions, seed=seed)
    made = remember(generator, made, n=n, conditions=conditions, seed=seed)
    told = dict(made.provenance or {})
    if told.get("data_hash") == train.hash and "data_records" not in told:
        made = replace(made, provenance={"data_records": records_hash(train), **told})
    return made
