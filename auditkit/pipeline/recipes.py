"""Arms of an ablation that are made anew in every repeat, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit import generators
from auditkit.ablation.interpolating import smote
from auditkit.errors import UnknownNameError

if TYPE_CHECKING:
    from auditkit.ablation.recipes import Recipe
    from auditkit.kinds import Modality

__all__ = ["recipe_names", "recipe_of"]

_SMOTE = "smote"


def recipe_names(modality: Modality | None) -> list[str]:
    """Names that `recipe_of` knows: `"smote"` for tables, and every generator."""
    known = [item.name for item in generators.entries(modality)]
    return known if modality == "image" else [_SMOTE, *known]


def recipe_of(name: str, *, modality: Modality) -> Recipe:
    """What makes the set of an arm in each repeat.

    Parameters
    ----------
    name : str
        `"smote"`, or a generator with its own settings.
    modality : str
        Of the real data.

    Returns
    -------
    Recipe

    Raises
    ------
    UnknownNameError
        If there is no such generator of this modality.
    """
    known = recipe_names(modality)
    if name not in known:
        raise UnknownNameError.of("generator", name, known)
    return smote if name == _SMOTE and modality == "tabular" else generators.create(name, modality=modality)
