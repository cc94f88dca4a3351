"""How many rows are possible, and which rules the others break, as plain data and a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.metrics.tables.shown import Shown, cell_text, estimate_cells, short_text, value_or_none
from auditkit.results import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.breaches import Rule

__all__ = ["Validity", "ValidityRule"]


@dataclass(frozen=True)
class ValidityRule:
    """One rule on one column, or a constraint.

    Attributes
    ----------
    rule : {"missing", "type", "whole", "minimum", "maximum", "level", "key", "constraint"}
    column : str
        Of a constraint, its text.
    words : str
        What is wrong with a row that breaks it.
    n_broken, n_undecided : int
        Synthetic rows that break it, and those that it says nothing about, as a cell is missing.
    share : Estimate or None
        Broken among the synthetic rows that it is about, with Wilson's interval; None where it is about none.
    holdout : Estimate or None
        The same of the holdout.
    real : Estimate or None
        The same of the real rows: 0 for what is read off them, any share for a constraint.
    reason : str
        Why there is no share.
    """

    rule: Rule
    column: str
    words: str
    n_broken: int
    n_undecided: int
    share: Estimate | None
    holdout: Estimate | None
    real: Estimate | None
    reason: str = ""


@dataclass(frozen=True, repr=False)
class Validity(Shown):
    """What is possible in a synthetic table.

    Attributes
    ----------
    valid : Estimate
        Share of synthetic rows that break no rule, with Wilson's interval; higher is better.
    holdout : Estimate or None
        The same of fresh real rows, which break ranges and levels too; None without a holdout.
    excess : Estimate or None
        holdout - valid, positive = worse than fresh real data; None without a holdout.
    absent, extra : tuple of str
        Columns that the synthetic table lacks, and those that the real one has not.
    renamed : tuple of (str, str)
        Absent columns and the extra ones that may be they, by name.
    rules : tuple of ValidityRule
        Every rule that was checked, in order of the columns, constraints last.
    violations : tuple of str
        What each synthetic row breaks; empty for nothing.
    notes : tuple of str
        What a reader should know, a sentence each.
    """

    valid: Estimate
    holdout: Estimate | None
    excess: Estimate | None
    absent: tuple[str, ...]
    extra: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    rules: tuple[ValidityRule, ...]
    violations: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def broken(self) -> tuple[ValidityRule, ...]:
        """Rules that synthetic rows break, by how much more of them than of fresh real rows do, the worst first."""
        found = [item for item in self.rules if item.n_broken]
        return tuple(sorted(found, key=_excess, reverse=True))

    def __str__(self) -> str:
        head = f"valid rows {cell_text(self.valid)}"
        head += "" if self.holdout is None else f"; of fresh real rows {cell_text(self.holdout)}"
        broken = self.broken
        head += f"; {len(broken)} of {len(self.rules)} rules broken"
        rows = [(item.column, item.words, item.n_broken, item.share, value_or_none(item.holdout)) for item in broken]
        lacking = [f"absent: {', '.join(self.absent)}"] if self.absent else []
        notes = [*lacking, *([f"extra: {', '.join(self.extra)}"] if self.extra else []), *self.notes]
        return short_text(head, ("column", "wrong", "rows", "share", "holdout"), rows, notes=notes, more=".broken")

    def frame(self) -> pd.DataFrame:
        """A row per rule.

        Returns
        -------
        pandas.DataFrame
            `column`, `rule`, `words`, `n_broken`, `n_undecided`, `share`, `low`, `high`, `holdout`, `real`, `reason`;
            missing where there is no number.
        """
        import pandas as pd  # noqa: PLC0415 - only who asks for a frame needs it

        rows = [
            {
                "column": item.column,
                "rule": item.rule,
                "words": item.words,
                "n_broken": item.n_broken,
                "n_undecided": item.n_undecided,
                **estimate_cells("share", item.share),
                "holdout": value_or_none(item.holdout),
                "real": value_or_none(item.real),
                "reason": item.reason,
            }
            for item in self.rules
        ]
        numbers = dict.fromkeys(("share", "low", "high", "holdout", "real"), "float64")
        return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(numbers)


_COLUMNS = (
    "column",
    "rule",
    "words",
    "n_broken",
    "n_undecided",
    "share",
    "low",
    "high",
    "holdout",
    "real",
    "reason",
)


def _excess(item: ValidityRule) -> float:
    ours = 0.0 if item.share is None else item.share.value
    fresh = item.real if item.holdout is None else item.holdout
    return ours - (0.0 if fresh is None else fresh.value)
