"""What a check returns: one result per gate and part, and the verdict over all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from auditkit.parts import part_name, with_part
from auditkit.results import Direction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Finding", "GateResult", "GateVerdict", "Level", "LimitKind", "Verdict", "with_exit_code"]

GateVerdict = Literal["pass", "fail", "undecided", "error", "not_applicable"]
Level = Literal["error", "warn"]
LimitKind = Literal["max", "min", "max_excess", "max_increase", "max_drop"]
Undecided = Literal["pass", "warn", "fail"]
JSON_SCHEMA = 1


@dataclass(frozen=True)
class GateResult:
    """How one gate judged one part of the data.

    Attributes
    ----------
    gate, metric : str
        The gate's id and what it judges.
    where : mapping of str to str
        The part; empty for the whole set.
    level : {"error", "warn"}
        Whether a failure fails the check.
    verdict : {"pass", "fail", "undecided", "error", "not_applicable"}
        `"undecided"`: the data are too few to tell; `"error"`: it could not be measured or lacks its evidence;
        `"not_applicable"`: there is nothing here that the gate could be about.
    unit : str
        The score's: `"share"` is printed in percent, `"count"` whole.
    value, low, high : float or None
        The score of the whole set, or part, with its 95 % limits.
    yardstick : float or None
        The same metric for fresh real data.
    excess : float or None
        How much worse than the yardstick, at equal sizes.
    excess_low : float or None
        Lower limit of the excess at the level left after correction for many gates; the gate fails when it is above
        the limit.
    excess_high : float or None
        Upper 95 % limit of the excess; the gate passes when it is within the limit.
    limit : float or None
        The gate's limit, None where there was nothing to compare; of a change in percent that share of the baseline.
    limit_kind : {"max", "min", "max_excess", "max_increase", "max_drop"}
    p_value : float or None
        P-value of "within the limit", corrected for all gates of this level (Holm).
    n : tuple of (int, int)
        Units on the real and on the synthetic side.
    sentence : str
        The result in plain words, with numbers that agree with the verdict.
    why : str
        Why the gate exists, as its author wrote it.
    power : mapping
        For undecided results: `"smallest_shown"` (smallest excess that these sizes show with 80 % power; left out where
        they can show none),
        `"size_now"` (units on the smaller side) and `"size_needed"` (units on each side that would decide; left out
        where more data are unlikely to decide).
    line : int or None
        Line of the gate in the user's configuration.
    judged : tuple of (float, float) or None
        Limits of the judged quantity that decided: the excess, or for `max` and `min` the value itself, or how much it
        rose (`max_increase`) or dropped (`max_drop`) since the baseline.
    compared : float or None
        The score at equal sizes, which stands beside the yardstick or the baseline; None where there is neither.
    worst_of : int
        Parts of which this one is the worst (`reduce = "worst"`); 1 where it stands for itself.
    also : tuple of str
        Others of these parts that fail too, the worst first, as `"column=age"`.
    direction : {"higher", "lower", "match", "none"} or None
        The score's; None where there is no score.
    baseline : float or None
        The score that was kept, of the size of `compared` or, under a `max` or `min`, of `value`.
    limit_share : float or None
        Of the baseline that the limit is, where it was written in percent.
    p_alone : float or None
        The p-value before any correction, for parts and for other gates.
    between : tuple of str
        The two parts between which the value lies, the higher first (`reduce = "max_gap"` and `"min_ratio"`).
    chance : float or None
        Of such a gap, or a model's gap between groups: what parts that are all alike keep to with a chance of 95 %.
    undecided_as : {"pass", "warn", "fail"} or None
        What the gate itself counts as where the data cannot decide; None leaves that to the check.
    kinds : tuple of str
        Kinds of data that the gate is for, where those at hand are of another kind.
    """

    gate: str
    metric: str
    where: Mapping[str, str]
    level: Level
    verdict: GateVerdict
    unit: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    yardstick: float | None = None
    excess: float | None = None
    excess_low: float | None = None
    excess_high: float | None = None
    limit: float | None = None
    limit_kind: LimitKind = "max_excess"
    p_value: float | None = None
    n: tuple[int, int] = (0, 0)
    sentence: str = ""
    why: str = ""
    power: Mapping[str, Any] = field(default_factory=dict)
    line: int | None = None
    judged: tuple[float, float] | None = None
    compared: float | None = None
    worst_of: int = 1
    also: tuple[str, ...] = ()
    direction: Direction | None = None
    baseline: float | None = None
    limit_share: float | None = None
    p_alone: float | None = None
    between: tuple[str, ...] = ()
    chance: float | None = None
    undecided_as: Undecided | None = None
    kinds: tuple[str, ...] = ()

    @property
    def judged_value(self) -> float | None:
        """The number that the limit is held to: the value, the excess, or the change since the baseline."""
        if self.limit_kind == "max_excess":
            return self.excess
        if self.limit_kind not in ("max_increase", "max_drop"):
            return self.value
        if self.compared is None or self.baseline is None:
            return None
        return self.compared - self.baseline if self.limit_kind == "max_increase" else self.baseline - self.compared

    @property
    def awaits_baseline(self) -> bool:
        """Whether it passes only because there is nothing yet to compare it with."""
        return self.verdict == "pass" and self.limit_kind in ("max_increase", "max_drop") and self.baseline is None

    @property
    def part(self) -> str:
        """The part in words, as `"sex=Female"`; empty for the whole set."""
        return part_name(self.where)

    @property
    def name(self) -> str:
        """Gate and part, as `"group-shares [sex=Female]"`."""
        return with_part(self.gate, self.where)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {
            "where": dict(self.where),
            "power": dict(self.power),
            "n": list(self.n),
            "judged": None if self.judged is None else list(self.judged),
            "also": list(self.also),
            "between": list(self.between),
            "kinds": list(self.kinds),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> GateResult:
        """Result from what `to_json` wrote."""
        judged = data["judged"]
        return cls(
            **{
                **data,
                "n": (int(data["n"][0]), int(data["n"][1])),
                "judged": None if judged is None else (float(judged[0]), float(judged[1])),
                "also": tuple(data.get("also", ())),
                "between": tuple(data.get("between", ())),
                "kinds": tuple(data.get("kinds", ())),
            }
        )


@dataclass(frozen=True)
class Finding:
    """What a gate result means for the user, and what to do about it.

    Attributes
    ----------
    kind : str
        As `"copying"`, `"collapse"`, `"missing_group"`, `"label_rate"`, `"group_share"`, `"realism"`, `"variety"`,
        `"detectable"`, `"utility"`, `"model_gap"`.
    sentence : str
        The finding in plain words.
    evidence : mapping
        The numbers behind it (gate, metric, where, value, yardstick, excess, limit).
    advice : tuple of str
        What to do next, most useful first.
    severity : {"error", "warn", "info"}
    """

    kind: str
    sentence: str
    evidence: Mapping[str, Any]
    advice: tuple[str, ...]
    severity: Literal["error", "warn", "info"] = "error"

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types."""
        plain = {"evidence": dict(self.evidence), "advice": list(self.advice)}
        return {f.name: getattr(self, f.name) for f in fields(self)} | plain


@dataclass(frozen=True)
class Verdict:
    """What a check says about a synthetic set.

    Attributes
    ----------
    passed : bool
        Whether the exit code is 0.
    exit_code : int
        0 passed, 1 a gate failed, 3 something that had to be judged could not be measured.
    results : tuple of GateResult
        In the order of the configuration.
    findings : tuple of Finding
        What the failures mean and what to do.
    notes : tuple of str
        Sentences about the check as a whole.
    undecided_as : {"pass", "warn", "fail"}
        What undecided gates count as.
    """

    passed: bool
    exit_code: int
    results: tuple[GateResult, ...]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    undecided_as: Undecided = "warn"

    @property
    def failed(self) -> tuple[GateResult, ...]:
        """Failures that count: those of error level, and undecided ones where the check counts them so."""
        return tuple(item for item in self.results if self.counts_as_failure(item))

    @property
    def warnings(self) -> tuple[GateResult, ...]:
        """Failures of warn level; they never change the exit code."""
        return tuple(item for item in self.results if item.level == "warn" and item.verdict == "fail")

    @property
    def undecided(self) -> tuple[GateResult, ...]:
        """Results for which the data are too few."""
        return self._with("undecided")

    @property
    def unmeasured(self) -> tuple[GateResult, ...]:
        """Results that could not be measured or lack their evidence."""
        return self._with("error")

    @property
    def not_applicable(self) -> tuple[GateResult, ...]:
        """Results with nothing to judge here."""
        return self._with("not_applicable")

    def counts_as_failure(self, result: GateResult) -> bool:
        """Whether a result fails the check."""
        as_failure = (result.undecided_as or self.undecided_as) == "fail"
        verdicts = ("fail", "undecided") if as_failure else ("fail",)
        return result.level == "error" and result.verdict in verdicts

    def headline(self) -> str:
        """The first and last line of the text, as `"FAIL: 2 of 12 gates failed (exit 1)"`."""
        from auditkit.gates.table import headline  # noqa: PLC0415 - the table reads this module

        return headline(self)

    def text(self, colour: bool = False, *, width: int | None = None) -> str:  # noqa: FBT001, FBT002 - as in print
        """Plain-text table: failures first, then what could not be measured, undecided, warnings, passes.

        Parameters
        ----------
        colour : bool, default False
        width : int, optional
            Columns that a line may take, from 60 to 100, which is the default.

        Returns
        -------
        str
        """
        from auditkit.gates.table import WIDTH, verdict_table  # noqa: PLC0415 - the table reads this module

        return verdict_table(self, colour=colour, width=WIDTH if width is None else max(60, min(WIDTH, width)))

    def __str__(self) -> str:
        """Return the plain-text table."""
        return self.text()

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import verdict_html  # noqa: PLC0415 - results may look forward in methods

        return verdict_html(self)

    def plot(self, ax: Axes | None = None, *, most: int = 20) -> Axes:
        """Draw how far gates are from their limits, the worst first.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure (`.figure`), which pyplot does not know.
        most : int, default 20
            Gates to draw.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from auditkit.reports.plots import plot_verdict  # noqa: PLC0415 - as above

        return plot_verdict(self, ax, most=most)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`."""
        return {
            "schema": JSON_SCHEMA,
            "passed": self.passed,
            "exit_code": self.exit_code,
            "undecided_as": self.undecided_as,
            "results": [item.to_json() for item in self.results],
            "findings": [item.to_json() for item in self.findings],
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Verdict from what `to_json` wrote."""
        return cls(
            passed=data["passed"],
            exit_code=data["exit_code"],
            undecided_as=data["undecided_as"],
            results=tuple(GateResult.from_json(item) for item in data["results"]),
            findings=tuple(Finding(**{**item, "advice": tuple(item["advice"])}) for item in data["findings"]),
            notes=tuple(data["notes"]),
        )

    def _with(self, verdict: GateVerdict) -> tuple[GateResult, ...]:
        return tuple(item for item in self.results if item.verdict == verdict)


def with_exit_code(verdict: Verdict) -> Verdict:
    """Verdict with the exit code that its results ask for."""
    # A check that judged nothing is not a pass.
    code = 0 if any(item.verdict in ("pass", "fail", "undecided") for item in verdict.results) else 3
    if verdict.failed:
        code = 1
    elif any(item.level == "error" for item in verdict.unmeasured):
        code = 3
    return replace(verdict, passed=code == 0, exit_code=code)
