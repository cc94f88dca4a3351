"""What comparing audits found: a row per score and pair of audits, sentences, and the same as text, markdown, JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from auditkit.gates.table import printable
from auditkit.parts import part_name, with_part
from auditkit.results import Direction, Estimate

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Basis", "Comparison", "Contrast"]

FORMAT_VERSION = 1
_CELL, _SCORE = 18, 48
Basis = Literal["value", "distance from fresh real data", "distance from what is right", ""]


@dataclass(frozen=True)
class Contrast:
    """One score of two audits.

    Attributes
    ----------
    metric : str
    where : mapping
    question : str
        What it helps to answer, as `"realism"`.
    direction : {"higher", "lower", "match", "none"}
    names : tuple of (str, str)
        Of the two audits.
    estimates : tuple of (Estimate or None, Estimate or None)
        At the size at which both are compared.
    difference : Estimate or None
        Second less first, of what `basis` says; None where they cannot be compared.
    basis : str
        What the difference is of: the value, or how far it is from fresh real data where nearest is best.
    p_adjusted : float or None
        Holm's, over all scores of the pair: how often two alike audits would differ as much in any of them.
    better : str
        Name of the better audit; empty where that is undecided or cannot be said.
    reason : str
        Why there is no difference, or why nothing can be decided.
    yardsticks : tuple of (Estimate or None, Estimate or None)
        The same metric of fresh real data, beside each of the two.
    """

    metric: str
    where: Mapping[str, str]
    question: str
    direction: Direction
    names: tuple[str, str]
    estimates: tuple[Estimate | None, Estimate | None]
    difference: Estimate | None = None
    basis: Basis = ""
    p_adjusted: float | None = None
    better: str = ""
    reason: str = ""
    yardsticks: tuple[Estimate | None, Estimate | None] = (None, None)

    @property
    def outcome(self) -> str:
        """The better one's name, `"undecided"`, or `"not compared"`."""
        return self.better or ("not compared" if self.difference is None else "undecided")

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        return {
            "metric": self.metric,
            "where": dict(self.where),
            "question": self.question,
            "direction": self.direction,
            "names": list(self.names),
            "estimates": [None if item is None else item.to_json() for item in self.estimates],
            "difference": None if self.difference is None else self.difference.to_json(),
            "basis": self.basis,
            "p_adjusted": self.p_adjusted,
            "better": self.better or None,
            "outcome": self.outcome,
            "reason": self.reason,
            "yardsticks": [None if item is None else item.to_json() for item in self.yardsticks],
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two or more audits of the same real data beside each other.

    Attributes
    ----------
    names : tuple of str
    contrasts : tuple of Contrast
        Pair after pair.
    sentences : tuple of str
        Which is better for what, and what is undecided.
    notes : tuple of str
        What makes the comparison less fair.
    about : mapping
        The kind of data (`modality`), and by name how many samples each set has (`n`).
    """

    names: tuple[str, ...]
    contrasts: tuple[Contrast, ...]
    sentences: tuple[str, ...]
    notes: tuple[str, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        """Row per score and pair: both values with limits, the difference with its own, and which is better."""
        import pandas as pd  # noqa: PLC0415 - heavy, and only needed here

        columns = ["metric", "where", "question", "direction", "a", "b", "value_a", "low_a", "high_a", "value_b"]
        columns += ["low_b", "high_b", "difference", "low", "high", "basis", "p_adjusted", "better", "reason"]
        return pd.DataFrame([_row(item) for item in self.contrasts], columns=columns)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        return {
            "format_version": FORMAT_VERSION,
            "names": list(self.names),
            "about": dict(self.about),
            "sentences": list(self.sentences),
            "notes": list(self.notes),
            "scores": [item.to_json() for item in self.contrasts],
        }

    def text(self) -> str:
        """Tables and sentences for a terminal."""
        lines: list[str] = []
        for pair, items in self._pairs():
            lines += [*([""] if lines else []), *_table(pair, items)]
        lines += ["", *map(printable, self.sentences), *(printable(f"note: {note}") for note in self.notes)]
        return "\n".join(lines)

    def markdown(self) -> str:
        """The same for a pull request."""
        lines = [f"## {' and '.join(map(_escaped, self.names))}", ""]
        lines += [f"- {_escaped(item)}" for item in self.sentences]
        for (first, second), items in self._pairs():
            lines += ["", f"| score | {_escaped(first)} | {_escaped(second)} | difference | better |"]
            lines.append("| --- | ---: | ---: | ---: | --- |")
            lines += [f"| {' | '.join(map(_escaped, _cells(item)))} |" for item in items]
        if self.notes:
            lines += ["", *(f"> {_escaped(note)}" for note in self.notes)]
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import comparison_html  # noqa: PLC0415 - results may look forward in methods

        return comparison_html(self)

    def plot(self, ax: Axes | None = None, *, metric: str | None = None, pair: tuple[str, str] | None = None) -> Axes:
        """Draw which of two audits is better on which score, or one score of all.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure (`.figure`), which pyplot does not know.
        metric : str, optional
            The score to draw of all.
        pair : tuple of (str, str), optional
            Names of the two; by default the first two.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from auditkit.reports.plot_compared import plot_comparison  # noqa: PLC0415 - as above

        return plot_comparison(self, ax, metric=metric, pair=pair)

    def __str__(self) -> str:
        return self.text()

    def _pairs(self) -> list[tuple[tuple[str, str], list[Contrast]]]:
        found: dict[tuple[str, str], list[Contrast]] = {}
        for item in self.contrasts:
            found.setdefault(item.names, []).append(item)
        return list(found.items())


def _row(item: Contrast) -> dict[str, Any]:
    row: dict[str, Any] = {"metric": item.metric, "where": part_name(item.where), "question": item.question}
    row |= {"direction": item.direction, "a": item.names[0], "b": item.names[1], "basis": item.basis}
    row |= {"p_adjusted": item.p_adjusted, "better": item.better or None, "reason": item.reason}
    for side, estimate in zip(("_a", "_b"), item.estimates, strict=True):
        row |= {f"{name}{side}": getattr(estimate, name, None) for name in ("value", "low", "high")}
    difference = item.difference
    row |= {"difference": getattr(difference, "value", None)}
    return row | {name: getattr(difference, name, None) for name in ("low", "high")}


def _table(names: tuple[str, str], items: Sequence[Contrast]) -> list[str]:
    first, second = (_cut(printable(name), _CELL) for name in names)
    rows = [(_cut(printable(name), _SCORE, ends=20), *rest) for name, *rest in map(_cells, items)]
    width = max(len(row[0]) for row in rows) if rows else 0
    middle = max([10, *(len(row[3]) for row in rows)])
    sides = [max(10, len(name)) for name in (first, second)]
    lines: list[str] = []
    question = ""
    for item, row in zip(items, rows, strict=True):
        if item.question != question:
            question = item.question
            head = f"{question:<{width + 2}}  {first:>{sides[0]}}  {second:>{sides[1]}}  {'difference':<{middle}}"
            lines += [*([""] if lines else []), f"{head}  better"]
        values = f"{row[1]:>{sides[0]}}  {row[2]:>{sides[1]}}  {row[3]:<{middle}}"
        lines.append(f"  {row[0]:<{width}}  {values}  {_cut(printable(row[4]), _SCORE)}")
    return lines


def _cut(text: str, limit: int, *, ends: int = 0) -> str:
    """At most so many characters, of which so many are the text's last."""
    if len(text) <= limit:
        return text
    return f"{text[: limit - 3 - ends]}...{text[len(text) - ends :]}"


def _cells(item: Contrast) -> tuple[str, str, str, str, str]:
    """Score, both values, the difference with its limits, and which is better."""
    name = with_part(item.metric, item.where)
    first, second = ("" if estimate is None else _number(estimate.value) for estimate in item.estimates)
    said = ""
    if item.difference is not None:
        low, high = item.difference.low, item.difference.high
        limits = "" if low is None or high is None else f" [{_number(low)}, {_number(high)}]"
        said = f"{item.difference.value:+.4f}{limits}{' *' if item.basis != 'value' else ''}"
    return name, first, second, said, item.outcome


def _number(value: float) -> str:
    return f"{value:.4f}"


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
