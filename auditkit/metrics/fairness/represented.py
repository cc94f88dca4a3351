"""What a representation report holds, and how it prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RepresentationReport"]

_SHOWN = 12


@dataclass(frozen=True, eq=False)
class RepresentationReport:
    """Who is in the synthetic data, beside who is in the real data.

    Attributes
    ----------
    groups : pandas.DataFrame
        A row per group and per intersection of two attributes, missing ones first, then by the size of the gap:
        attribute, group, n_real, n_synthetic, real, real_low, real_high, synthetic, synthetic_low, synthetic_high, gap,
        gap_low, gap_high, ratio, ratio_low, ratio_high, status (`"missing"`: absent beyond chance; `"absent"`: so few
        real samples that chance may explain it; `"new"`: in the synthetic data only; `""`).
    distances : pandas.DataFrame
        A row per attribute, per two of them and, with a label, per attribute and label: total_variation,
        jensen_shannon (the distance, base 2), chance (mean total variation where samples are dealt anew), p.
    rates : pandas.DataFrame
        With a label, a row per group and class: n_real, n_synthetic, real, synthetic, gap, gap_low, gap_high.
    missing : tuple of str
        Groups and intersections that are missing.
    n : tuple of (int, int)
        Samples of both sets.
    level : float
        Of the intervals of shares: of each one, or of all of an attribute together.
    simultaneous : bool
    """

    groups: pd.DataFrame
    distances: pd.DataFrame
    rates: pd.DataFrame
    missing: tuple[str, ...]
    n: tuple[int, int]
    level: float
    simultaneous: bool

    def frame(self) -> pd.DataFrame:
        """The table of groups."""
        return self.groups

    def __str__(self) -> str:
        lines = [f"representation of groups ({self.n[0]} real, {self.n[1]} synthetic samples)"]
        if self.missing:
            lines.append(f"  missing: {'; '.join(self.missing)}")
        rows: list[Mapping[Any, Any]] = self.groups.to_dict("records")
        lines += [_line(row) for row in rows[:_SHOWN]]
        if len(rows) > _SHOWN:
            lines.append(f"  and {len(rows) - _SHOWN} more, in `.groups`")
        for row in self.distances.to_dict("records"):
            lines.append(
                f"  {row['attribute']}: total variation {row['total_variation']:.4f} (by chance {row['chance']:.4f}, "
                f"p = {row['p']:.3g}), Jensen-Shannon distance {row['jensen_shannon']:.4f} (base 2)"
            )
        return "\n".join(lines)


def _line(row: Mapping[Any, Any]) -> str:
    status = f", {row['status']}" if row["status"] else ""
    return (
        f"  {row['group']}: {100 * row['synthetic']:.1f} % of the synthetic and {100 * row['real']:.1f} % of the real "
        f"samples, gap {100 * row['gap']:+.1f} [{100 * row['gap_low']:+.1f}, {100 * row['gap_high']:+.1f}] "
        f"points{status}"
    )
