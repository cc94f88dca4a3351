"""What an audit starts from: sets that can be compared, their sides, and what is known of them already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auditkit.auditing.leaked_cells import kinds_of, with_words
from auditkit.auditing.rare_levels import host_note
from auditkit.auditing.sides import make_sides, quarters_note
from auditkit.data.checks import check_compatible, check_dataset
from auditkit.data.dataset import Dataset
from auditkit.errors import SampleSizeError
from auditkit.features.registry import create_embedder

if TYPE_CHECKING:
    from auditkit.auditing.kept_rules import KeptRules
    from auditkit.auditing.served import Served
    from auditkit.features.registry import AnyEmbedder, Embedder
    from auditkit.metrics.products import Products, Role, Side

__all__ = ["Inputs", "checked_sets", "fitting", "inputs_of_sets"]


@dataclass(frozen=True, eq=False)
class Inputs:
    """The sets of one audit.

    Attributes
    ----------
    sets : mapping of role to Dataset
        Against a reference the real ones have ids and no cells.
    sides : mapping of role to Side
    embedder : Embedder
        Fitted on the real set.
    hashes : mapping of role to str
    held : mapping of role to Dataset
        Those that the result hands on.
    prepare : callable, optional
        Puts into the products what is known already.
    notes : tuple of str
        What is lost, a sentence each.
    has_real : bool
        Whether the cells of real units are at hand.
    served : Served, optional
        What there is where the real data are known by aggregates only.
    rules : KeptRules, optional
        What a reference knows of the rules that real rows follow; None with the real data at hand.
    """

    sets: Mapping[Role, Dataset]
    sides: Mapping[Role, Side]
    embedder: Embedder
    hashes: Mapping[Role, str]
    held: Mapping[Role, Dataset] = field(default_factory=dict)
    prepare: Callable[[Products], None] | None = None
    notes: tuple[str, ...] = ()
    has_real: bool = True
    served: Served | None = None
    rules: KeptRules | None = None


def inputs_of_sets(
    real: Dataset,
    synthetic: Dataset,
    holdout: Dataset | None,
    *,
    embedder: AnyEmbedder | None,
    groups: Sequence[str] | None,
    seed: int,
    show_real: bool = False,
) -> Inputs:
    """Inputs of an audit with the real data at hand.

    Raises
    ------
    DataError, SampleSizeError, UnknownNameError
        As for `audit`.
    """
    given: dict[Role, Dataset] = {"real": real, "synthetic": synthetic}
    if holdout is not None:
        given["holdout"] = holdout
    sets = checked_sets(given, groups)
    fitted = create_embedder(embedder, modality=sets["real"].modality).fit(sets["real"], seed=seed)
    hashes = {role: item.hash for role, item in sets.items()}
    sides = make_sides(sets, fitted, show_real=show_real)
    kinds = kinds_of(sets["real"], sets["real"].schema)
    notes = (
        ()
        if show_real
        else _host_notes(sets["real"], cut=bool(quarters_note(sets["real"].label, sides["real"].label_levels)))
    )
    return Inputs(sets, with_words(sides, sets.items(), kinds), fitted, hashes, held=sets, notes=notes)


def _host_notes(real: Dataset, *, cut: bool) -> tuple[str, ...]:
    """Where few units of rare levels count with another level; quarters of a label that is cut are not rare."""
    names = dict.fromkeys((*(() if real.label is None or cut else (real.label,)), *real.groups))
    notes = (host_note(name, real.group_values(name), "real") for name in names)
    return tuple(note for note in notes if note is not None)


def checked_sets(given: Mapping[Role, Dataset], groups: Sequence[str] | None) -> dict[Role, Dataset]:
    """Sets by role, comparable with the real one; the roles of its columns hold for all.

    Parameters
    ----------
    given : mapping of role to Dataset
        The real set first.
    groups : sequence of str or None
        Columns whose levels are compared; those of the real set by default.

    Raises
    ------
    DataError
        If one is no Dataset, or cannot be compared.
    SampleSizeError
        If one is empty.
    """
    for name, item in given.items():
        _check_set(name, item)
    real = given["real"] if groups is None else given["real"].with_roles(groups=groups)
    sets: dict[Role, Dataset] = {"real": real}
    for role, item in given.items():
        if role != "real":
            sets[role] = fitting(real, item, role)
    return sets


def fitting(real: Dataset, other: Dataset, name: str) -> Dataset:
    """The other set with the roles of the real one's columns.

    Raises
    ------
    DataError, SampleSizeError
        If it cannot stand beside the real one.
    """
    _check_set(name, other)
    check_compatible(real, other, name)
    return other.with_roles(label=real.label, groups=real.groups)


def _check_set(name: str, given: object) -> None:
    found = check_dataset(name, given)
    if not len(found):
        message = f"the {name} set ({found.source}) is empty: give at least one sample."
        raise SampleSizeError(message)
