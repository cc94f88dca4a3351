"""Sets of which an audit looks at a sample: what is found by equality alone is still looked for in all of them.

A copy of a training record that the sample leaves out would not be found. Records and cells are compared by digests,
which costs next to nothing beside features and neighbours, so these scores are of the whole sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.assemble import assemble
from auditkit.auditing.inputs import checked_sets
from auditkit.auditing.measure import measure
from auditkit.auditing.plan import make_plan
from auditkit.auditing.sides import describe, join_sides
from auditkit.auditing.views import views_of
from auditkit.data.amounts import has_amounts
from auditkit.data.dataset import Dataset
from auditkit.data.digests import record_digests
from auditkit.errors import DataError
from auditkit.metrics.side import Role, Side
from auditkit.results import Scores, base_name

__all__ = ["BY_EQUALITY", "WholeSets", "whole_sets"]

BY_EQUALITY = frozenset(
    {"copy_excess", "duplicate_share", "identical_match_share", "partial_copy_excess", "verbatim_leak_share"}
)
"""Metrics that read records and cells, and no features."""


@dataclass(frozen=True, eq=False)
class WholeSets:
    """Sets without features.

    Attributes
    ----------
    sets : mapping of role to Dataset
    sides : mapping of role to Side
    """

    sets: Mapping[Role, Dataset]
    sides: Mapping[Role, Side]

    def scores(self, sampled: Scores, *, modality: str, seed: int, matched: bool) -> Scores:
        """Scores of the samples, those by equality exchanged for those of the whole sets.

        Parameters
        ----------
        sampled : Scores
        modality : str
        seed : int
        matched : bool
            Whether sets are compared at equal sizes.
        """
        names = [name for name in sampled.metrics if base_name(name) in BY_EQUALITY]
        parts = views_of(self.sides, seed=seed, matched=matched)
        plan = make_plan(parts, self.sides, metrics=names, modality=modality)
        embedder = next((item.embedder for item in sampled), "")
        found = assemble(plan, parts, measure(plan, self.sides, seed=seed), embedder=embedder, seed=seed)
        measured = set(found.metrics)
        return Scores.of(
            score
            for name in sampled.metrics
            for score in (found if name in measured else sampled)
            if score.metric == name
        )

    def copies(self, sample: Dataset) -> NDArray[np.bool_]:
        """Which synthetic samples equal any real record.

        Parameters
        ----------
        sample : Dataset
            Synthetic ones.
        """
        schema = self.sets["real"].schema
        ours, theirs = (record_digests(item, schema=schema) for item in (sample, self.sets["real"]))
        return np.isin(ours, theirs)


def whole_sets(
    given: Mapping[str, Dataset], *, like: Mapping[Role, Dataset], groups: Sequence[str] | None, show_real: bool = False
) -> WholeSets:
    """Sets as equality sees them.

    Parameters
    ----------
    given : mapping of role to Dataset
    like : mapping of role to Dataset
        Their samples.
    groups : sequence of str or None
    show_real : bool, default False
        As for `make_sides`.

    Raises
    ------
    DataError, SampleSizeError
        If they are not the sets that were sampled, or cannot be compared.
    """
    if set(given) != set(like):
        named = [", ".join(sorted(item)) for item in (given, like)]
        message = f"`whole` holds {named[0]}, and {named[1]} are audited: give the sets that these are samples of."
        raise DataError(message)
    sets = checked_sets({role: given[role] for role in like}, groups)
    schema = sets["real"].schema
    described = {role: describe(item, None, schema=schema, name=role) for role, item in sets.items()}
    real = sets["real"]
    amount = has_amounts(schema, real.label)
    return WholeSets(sets, join_sides(described, label=real.label, show_real=show_real, amount=amount))
