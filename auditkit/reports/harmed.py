"""Where arms make a model worse, as rows of plain, harmless text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.reports.words import inert

if TYPE_CHECKING:
    from auditkit.ablation import Ablation

__all__ = ["Harm", "HarmRow", "harm_of"]


@dataclass(frozen=True)
class HarmRow:
    """One slice of the test samples on which the models of an arm are worse than those of the real data alone."""

    arm: str
    model: str
    name: str
    n: int
    value: float
    elsewhere: float
    low: float
    high: float


@dataclass(frozen=True)
class Harm:
    """All of them, in what they are counted, and how much was looked at.

    Attributes
    ----------
    rows : tuple of HarmRow
        Worst first.
    what : str
        The head of the numbers.
    unit : str
        `"share"` of wrong answers, or empty for errors in the label's unit.
    n_looked_at, least : int
        Slices with samples enough, the most of any arm; samples of a slice.
    """

    rows: tuple[HarmRow, ...]
    what: str
    unit: str
    n_looked_at: int
    least: int


def harm_of(ablation: Ablation | None) -> Harm | None:
    """Slices that an ablation kept; None where it looked for none.

    Parameters
    ----------
    ablation : Ablation or None

    Returns
    -------
    Harm or None
    """
    if ablation is None or not ablation.worst_slices:
        return None
    several = len({item.model for item in ablation.worst_slices}) > 1
    amount = ablation.about.get("task") == "regression"
    rows = [
        HarmRow(
            arm=inert(arm.arm, limit=60),
            model=inert(arm.model) if several else "",
            name=" and ".join(inert(word, limit=80) for word in item.conditions),
            n=item.n,
            value=item.value,
            elsewhere=item.elsewhere,
            low=item.low,
            high=item.high,
        )
        for arm in ablation.worst_slices
        for item in arm.slices
    ]
    label = inert(str(ablation.about.get("label", "")), limit=40)
    return Harm(
        rows=tuple(sorted(rows, key=lambda row: -row.value)),
        what=f"Mean absolute error of {label}" if amount else "Share of wrong answers",
        unit="" if amount else "share",
        n_looked_at=max(item.n_looked_at for item in ablation.worst_slices),
        least=ablation.worst_slices[0].least,
    )
