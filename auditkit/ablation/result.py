"""What an ablation found: scores that gates can read, and a word per arm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from auditkit.ablation.harmed import ArmSlices
from auditkit.ablation.read import limits_of, place_of
from auditkit.layout import ABLATION, RUN
from auditkit.results import Score, Scores
from auditkit.store import read_json, write_json

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from auditkit.ablation.error_slices import UnitErrors
    from auditkit.metrics.slices.finding import BlindSpots

__all__ = ["MARGIN", "Ablation", "ArmVerdict", "Word", "protocol_of", "word_of"]

Word = Literal["helps", "hurts", "no difference", "cannot tell"]
MARGIN = 0.01
"""A difference from the real set alone that lies inside plus or minus this is none."""


def word_of(low: float | None, high: float | None, *, margin: float = MARGIN) -> Word:
    """Word for the 95 % interval of how much better an arm is than the real set alone.

    Parameters
    ----------
    low, high : float or None
        Limits, positive = better.
    margin : float, default 0.01

    Returns
    -------
    {"helps", "hurts", "no difference", "cannot tell"}

    Examples
    --------
    >>> word_of(0.02, 0.05), word_of(-0.004, 0.006), word_of(-0.05, 0.02)
    ('helps', 'no difference', 'cannot tell')
    """
    if low is None or high is None:
        return "cannot tell"
    if -margin <= low and high <= margin:
        return "no difference"
    if low > 0:
        return "helps"
    return "hurts" if high < 0 else "cannot tell"


@dataclass(frozen=True)
class ArmVerdict:
    """What an arm does for the model, against training on the real set alone.

    Attributes
    ----------
    arm, model, measure : str
        The main measure decides.
    word : {"helps", "hurts", "no difference", "cannot tell"}
    difference, low, high : float or None
        Arm minus real in the measure, turned so that positive is better, with its 95 % interval.
    margin : float
    sentence : str
    """

    arm: str
    model: str
    measure: str
    word: Word
    difference: float | None
    low: float | None
    high: float | None
    margin: float
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `ArmVerdict(**data)`."""
        return dict(vars(self))


@dataclass(frozen=True)
class Ablation:
    """Results of `ablate`.

    Attributes
    ----------
    scores : Scores
        `ablation_score`, `ablation_difference`, `ablation_transfer`, `ablation_train_gap`, `ablation_drop` and
        `ablation_curve` with `where = {"arm": ..., "measure": ...}`; on other sets than the test part `test`, on a
        gap between the groups of a column `group`, on one group `column: level`.
    verdicts : tuple of ArmVerdict
        One per arm other than `"real"` and per model.
    about : mapping
        Task, label, classes, arms with their numbers of units, models, measures, repeats, seed, margin, notes.
    run : mapping
        Seconds and fits, by arm and model too: of this machine, saved in `run.json` and never with the results.
    errors : UnitErrors or None
        What `slices` looks at; never saved, as it speaks of single test units.
    worst_slices : tuple of ArmSlices
        By model and arm, the slices of the test units on which it is worst against the real set alone, each of 30 units
        at least; saved. Empty for fewer than 200 test units, and where they were not asked for.
    """

    scores: Scores
    verdicts: tuple[ArmVerdict, ...]
    about: Mapping[str, Any]
    run: Mapping[str, Any] = field(default_factory=dict, compare=False)
    errors: UnitErrors | None = field(default=None, compare=False, repr=False)
    worst_slices: tuple[ArmSlices, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Table with a row per arm, model and measure (without groups): value, difference, their limits, verdict.

        Returns
        -------
        pandas.DataFrame
            Columns arm, protocol, model, measure, value, low, high, difference, difference_low, difference_high,
            transfer, transfer_low, transfer_high, verdict (empty but for the main measure), n_real, n_synthetic,
            reason. The difference is arm minus real in the measure's own unit. The transfer is the real-trained
            model's value on the synthetic set of the arm (TRTS). The protocol is `"TRTR"` (train on real, test on
            real), `"TSTR"` (on synthetic units alone), `"TSTR (CAS)"` for its accuracy, or `"augmented"` (on both).
        """
        import pandas as pd  # noqa: PLC0415 - heavy, and only needed here

        words = {(item.arm, item.model, item.measure): item.word for item in self.verdicts}
        found = {(item.metric, place_of(item)): item for item in self.scores}
        rows = [
            _row(
                score,
                found.get(("ablation_difference", place)),
                found.get(("ablation_transfer", place._replace(arm=place.arm.removeprefix("real+")))),
                words.get(place[:3], ""),
            )
            for (metric, place), score in found.items()
            if metric == "ablation_score" and not place.rest
        ]
        return pd.DataFrame(rows)

    def curve(self) -> pd.DataFrame:
        """Learning curves over the amount of synthetic data, a row per arm, model, measure and amount.

        Returns
        -------
        pandas.DataFrame
            Columns arm, model, measure, amount (share of the synthetic units), n_real, n_synthetic, value, low, high,
            difference (to no synthetic units, in the measure's own unit), difference_low, difference_high, reason. No
            rows without `ablate(curve=...)`.
        """
        from auditkit.ablation.curves import curve_frame  # noqa: PLC0415 - its scores need this module

        return curve_frame(self.scores)

    def trade(self) -> pd.DataFrame:
        """What each arm does to the main measure and to the gaps between groups, a row per arm, model and gap.

        Returns
        -------
        pandas.DataFrame
            Columns arm, model, group, gap, value, low, high, chance (the gap that chance alone would make), difference,
            difference_low, difference_high (of the gap), measure, measure_value, measure_difference (of the main
            measure), reason. Differences are paired, arm minus real; lower gaps are better. No row without groups.
        """
        from auditkit.ablation.trades import trade_frame  # noqa: PLC0415 - heavy

        return trade_frame(self.scores, main=self.about["measures"][0])

    def slices(
        self, *, arm: str = "synthetic", against: str | None = "real", model: str | None = None, **options: Any
    ) -> BlindSpots:
        """Slices of the test units on which an arm makes the model worse: `find_slices` on its errors.

        Parameters
        ----------
        arm : str, default "synthetic"
        against : str or None, default "real"
            Arm whose errors are taken off, unit by unit, so that what is hard for both is no finding; None to look at
            the arm's own errors.
        model : str, optional
            The first by default.
        **options
            For `auditkit.metrics.find_slices`: depth, least, alpha, worse, seed.

        Returns
        -------
        BlindSpots
            Of kind `"error"`. Values are shares of wrong classes (or absolute errors), means over the repeats, and
            are held against those of the other test units, or against 0 where the arm is better there.
            Clusters of pixels stand for columns where units are no rows.

        Raises
        ------
        AuditkitError
            If the ablation was loaded: errors of single units are not saved.
        UnknownNameError
            If there is no such arm with a result, or no such model.
        """
        from auditkit.ablation.error_slices import not_kept  # noqa: PLC0415 - heavy

        if self.errors is None:
            raise not_kept()
        return self.errors.slices(arm=arm, against=against, model=model, options=options)

    def to_json(self) -> dict[str, Any]:
        """Mapping of plain types, the inverse of `from_json`; the same seed gives the same mapping."""
        return {
            "schema": 1,
            "about": dict(self.about),
            "scores": [item.to_json() for item in self.scores],
            "verdicts": [item.to_json() for item in self.verdicts],
            "worst_slices": [item.to_json() for item in self.worst_slices],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ablation:
        """Ablation from what `to_json` wrote."""
        scores = Scores.of(Score.from_json(item) for item in data["scores"])
        verdicts = tuple(ArmVerdict(**item) for item in data["verdicts"])
        worst = tuple(ArmSlices.from_json(item) for item in data.get("worst_slices", ()))
        return cls(scores, verdicts, data["about"], worst_slices=worst)

    def save(self, path: str | Path) -> Path:
        """Write `ablation.json`, and what it cost under `ablation` in the `run.json` beside it.

        Parameters
        ----------
        path : str or Path
            A file that ends in `.json`, or a folder to put `ablation.json` in.

        Returns
        -------
        Path
            The file.
        """
        target = _file(Path(path))
        write_json(target, self.to_json())
        record = target.with_name(RUN)
        if self.run:
            write_json(record, {**(read_json(record) if record.is_file() else {}), "ablation": dict(self.run)})
        return target

    @classmethod
    def load(cls, path: str | Path) -> Ablation:
        """Ablation from the file or folder that `save` wrote."""
        return cls.from_json(read_json(_file(Path(path))))

    def _repr_html_(self) -> str:
        from auditkit.reports.notebook import ablation_html  # noqa: PLC0415 - results may look forward in methods

        return ablation_html(self)

    def plot(
        self, ax: Axes | None = None, *, measure: str | None = None, model: str | None = None, difference: bool = True
    ) -> Axes:
        """Draw what each training set does for a model.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure (`.figure`), which pyplot does not know.
        measure, model : str, optional
            By default the measure that decides, and the first model.
        difference : bool, default True
            Whether paired differences from real data only are drawn; otherwise values.

        Returns
        -------
        matplotlib.axes.Axes
        """
        from auditkit.reports.plots import plot_ablation  # noqa: PLC0415 - as above

        return plot_ablation(self, ax, measure=measure, model=model, difference=difference)

    def __str__(self) -> str:
        """The main measure by arm, then what was asked for beside it: learning curves, other sets to test on, TRTS."""
        from auditkit.ablation.told import told  # noqa: PLC0415 - reads this module's tables

        return told(self)


def protocol_of(arm: str, measure: str = "") -> str:
    """What others call an arm's way to train and test; its accuracy on synthetic units alone is the CAS.

    Examples
    --------
    >>> protocol_of("real"), protocol_of("synthetic", "accuracy"), protocol_of("real+kept[ratio=2]")
    ('TRTR', 'TSTR (CAS)', 'augmented')
    """
    if arm == "real" or arm.startswith("real["):
        return "TRTR"
    if arm.startswith("real+"):
        return "augmented"
    return "TSTR (CAS)" if measure == "accuracy" else "TSTR"


def _file(path: Path) -> Path:
    return path if path.suffix == ".json" else path / ABLATION


def _row(score: Score, difference: Score | None, transfer: Score | None, word: str) -> dict[str, Any]:
    arm, model, measure, _ = place_of(score)
    n = score.estimate.n if score.estimate is not None else (0, 0)
    values = {"": limits_of(score), "difference": limits_of(difference), "transfer": limits_of(transfer)}
    return {
        "arm": arm,
        "protocol": protocol_of(arm, measure),
        "model": model,
        "measure": measure,
        **{name: value for kind, limits in values.items() for name, value in zip(_columns(kind), limits, strict=True)},
        "verdict": word,
        "n_real": n[0],
        "n_synthetic": n[1],
        "reason": score.reason,
    }


def _columns(kind: str) -> tuple[str, str, str]:
    return (kind, f"{kind}_low", f"{kind}_high") if kind else ("value", "low", "high")
