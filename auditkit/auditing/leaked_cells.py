"""Words of single training records in columns of names and free text, which no distance looks at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from auditkit.data.breaches import share_in_words
from auditkit.metrics.tables.words import Words, word_columns, words_of
from auditkit.parts import part_name
from auditkit.spreads import p_above

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset
    from auditkit.data.personal import PersonalKind
    from auditkit.data.schema import Schema
    from auditkit.metrics.products import Role, Side
    from auditkit.results import Scores

__all__ = ["kinds_of", "leak_notes", "unit_words", "with_words"]

ALPHA = 0.01
_METRIC = "verbatim_leak_share"


def kinds_of(dataset: Dataset, schema: Schema) -> dict[str, PersonalKind]:
    """Columns of free text and personal data, and what they are; none of sets that are no tables.

    Parameters
    ----------
    dataset : Dataset
        Usually the real one.
    schema : Schema
        The real one's.
    """
    found = word_columns(dataset.table, schema) if dataset.modality == "tabular" else {}
    return {name: kind for name, kind in found.items() if name != dataset.key}


def unit_words(dataset: Dataset, kinds: Mapping[str, PersonalKind]) -> dict[tuple[str, str], Words]:
    """Cells of the units of a set as digests, by column and part."""
    found = words_of(dataset.table, kinds)
    if dataset.unit_of_row is None:
        return found
    return {key: item.of_units(dataset.unit_of_row, len(dataset)) for key, item in found.items()}


def with_words(
    sides: Mapping[Role, Side], sets: Iterable[tuple[Role, Dataset]], kinds: Mapping[str, PersonalKind]
) -> dict[Role, Side]:
    """Sides of some sets with the cells of their units."""
    return {**sides, **{role: replace(sides[role], words=unit_words(item, kinds)) for role, item in sets}}


def leak_notes(scores: Scores) -> list[str]:
    """A sentence about each column whose synthetic cells are those of single training records, beyond chance.

    Parameters
    ----------
    scores : Scores

    Returns
    -------
    list of str
        Without any cell; empty where there is nothing to say, or nothing to compare with.
    """
    if _METRIC not in scores.metrics:
        return []
    notes = []
    parts = [score for score in scores.parts(_METRIC) if score.excess is not None]
    for score in parts:
        spread, excess = score.details.get("spread"), score.excess
        if spread is None or excess is None or excess.value <= 0:
            continue
        p = min(1.0, len(parts) * p_above(excess.value, spread, margin=0.0))
        if p < ALPHA:
            n = excess.n[1]
            notes.append(
                f"{share_in_words(round(score.details['leaked_share'] * n), n)} synthetic records hold words that few "
                f"training records have ({part_name(score.where)}), beyond what fresh records explain (p = {p:.2g})."
            )
    return notes
