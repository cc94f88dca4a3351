"""Arms of an ablation that are made anew in every repeat, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditkit import generators
from auditkit.ablation.conditional_arm import conditional
from auditkit.ablation.interpolating import smote
from auditkit.config import ConditionalConfig
from auditkit.errors import UnknownNameError

if TYPE_CHECKING:
    from auditkit.ablation.recipes import Recipe
    from auditkit.kinds import Modality

__all__ = ["recipe_names", "recipe_of"]

_SMOTE = "smote"
_CONDITIONAL = "conditional"


def recipe_names(modality: Modality | None) -> list[str]:
    """Names that `recipe_of` knows: `"smote"` for tables, `"conditional"`, and every generator."""
    known = [item.name for item in generators.entries(modality)]
    own = [_CONDITIONAL] if modality == "image" else [_SMOTE, _CONDITIONAL]
    return list(dict.fromkeys([*own, *known]))


def recipe_of(name: str, *, modality: Modality, asked: ConditionalConfig | None = None) -> Recipe:
    """What makes the set of an arm in each repeat.

    Parameters
    ----------
    name : str
        `"smote"`, `"conditional"`, or a generator with its own settings.
    modality : str
        Of the real data.
    asked : ConditionalConfig, optional
        What the arm `"conditional"` generates.

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
    if name == _CONDITIONAL:
        wanted = asked or ConditionalConfig()
        return conditional(generator=wanted.generator, by=wanted.by or None, target=wanted.target)
    return smote if name == _SMOTE and modality == "tabular" else generators.create(name, modality=modality)
