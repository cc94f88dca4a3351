"""Plots of results: what is drawn where, under which name, and what is left alone."""

from __future__ import annotations

import dataclasses
import io
import subprocess
import sys

import matplotlib as mpl
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from auditkit.auditing.comparison import Comparison, Contrast
from auditkit.errors import UnknownNameError
from auditkit.gates import Verdict
from auditkit.reports import plots
from auditkit.reports.plot_compared import plot_comparison
from auditkit.reports.plot_rows import axes_for, label_rows
from auditkit.results import Estimate, Scores

SYNTHETIC, REAL = "#d55e00", "#0072b2"
HOSTILE = "$5 to $6 $\\frac{1}{ <script> \u202e" + "x" * 10_000


def points(axes, colour):
    """Places of all single dots or diamonds of a colour."""
    lines = [line for line in axes.lines if len(line.get_xdata()) == 1 and to_hex(line.get_color()) == colour]
    return [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]


def whiskers(axes, colour):
    lines = [line for line in axes.lines if len(line.get_xdata()) == 2 and to_hex(line.get_color()) == colour]
    return [tuple(map(float, line.get_xdata())) for line in lines]


def names(axes):
    """Names of rows from top to bottom."""
    return [label.get_text() for label in axes.get_yticklabels()]


def said(axes):
    return [text.get_text().replace("\u00a0", " ") for text in axes.texts]


def labels(axes):
    found = axes.get_legend()
    return set() if found is None else {text.get_text() for text in found.get_texts()}


def drawn(axes):
    stream = io.BytesIO()
    axes.figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def comparison():
    def one(metric, values, better="", direction="higher"):
        found = tuple(Estimate(value, value - 0.02, value + 0.02) for value in values)
        change = Estimate(values[1] - values[0], values[1] - values[0] - 0.03, values[1] - values[0] + 0.03)
        fresh = (Estimate(0.9, 0.88, 0.92),) * 2
        given = {"difference": change, "basis": "value", "better": better, "yardsticks": fresh}
        return Contrast(metric, {}, "variety", direction, ("one", "two"), found, **given)

    lost = Contrast("recall", {}, "variety", "higher", ("one", "two"), (Estimate(0.5), None), reason="two: too few.")
    items = (one("coverage", (0.9, 0.6), "one"), one("classifier_two_sample", (0.7, 0.5), direction="lower"), lost)
    return Comparison(("one", "two"), items, ())


def test_a_score_is_drawn_beside_its_yardstick_in_its_unit(rich):
    axes = rich.audit.scores["coverage"].plot()
    ((value, _),), ((fresh, _),) = points(axes, SYNTHETIC), points(axes, REAL)
    assert (value, fresh) == (pytest.approx(71.2), pytest.approx(88.5))
    assert whiskers(axes, SYNTHETIC) == [(pytest.approx(69.2), pytest.approx(73.2))]
    assert labels(axes) == {"synthetic", "yardstick"}
    assert axes.get_title(loc="left") == "Coverage, higher is better"
    assert "%" in axes.get_xlabel()


def test_parts_of_a_score_are_drawn_on_demand(rich):
    score = rich.audit.scores["coverage"]
    parts = rich.audit.scores.parts("coverage")
    axes = score.plot(parts=True)
    assert names(axes)[0] == "the whole set"
    assert len(names(axes)) == 1 + len(parts)


def test_a_score_without_a_value_says_why(rich):
    lost = next(score for score in rich.audit.scores if score.value is None)
    axes = lost.plot()
    assert not points(axes, SYNTHETIC)
    assert said(axes) == [f"not measured: {lost.reason}"]


def test_an_audit_is_drawn_on_one_scale_around_fresh_real_data(rich):
    axes = plots.plot_audit(rich.audit)
    at = names(axes).index("Coverage")
    place = len(names(axes)) - 1 - at
    assert (pytest.approx(17.3), place) in points(axes, SYNTHETIC)
    assert any("71.2 % (88.5 %)" in text for text in said(axes))
    assert "yardstick" in labels(axes)
    assert "Fréchet distance" not in names(axes)
    assert "audit.scores.frame()" in axes.get_xlabel()


def test_scores_that_are_asked_for_are_drawn_or_told(rich):
    axes = plots.plot_audit(rich.audit, metrics=["coverage", "frechet_distance"])
    assert sorted(names(axes)) == ["Coverage", "Fréchet distance"]
    assert any("on another scale" in text for text in said(axes))
    with pytest.raises(UnknownNameError, match="coverage"):
        plots.plot_audit(rich.audit, metrics=["coverag"])


def test_gates_are_drawn_by_how_far_they_are_from_their_limits(rich):
    axes = rich.verdict.plot()
    assert axes.get_title(loc="left").startswith("Fail: ")
    place = len(names(axes)) - 1 - names(axes).index("Copy excess")
    assert (3.0, place) in points(axes, SYNTHETIC)
    assert any("off the axis" in text for text in said(axes))
    assert any(text.startswith("not measured") for text in said(axes))
    assert {"limit", "beyond the limit"} <= labels(axes)
    assert len(names(rich.verdict.plot(most=3))) == 3


def test_a_value_below_its_least_is_right_of_the_limit(rich):
    result = dataclasses.replace(rich.verdict.results[0], metric="coverage", value=0.6, low=0.5, high=0.7)
    least = dataclasses.replace(result, limit=0.8, limit_kind="min")
    axes = Verdict(False, 1, (least,)).plot()
    assert points(axes, SYNTHETIC) == [(pytest.approx(0.25), 0.0)]
    assert whiskers(axes, SYNTHETIC) == [(pytest.approx(0.125), pytest.approx(0.375))]


class Chosen:
    """As much of a selection as is drawn."""

    def __init__(self, record):
        self.about, self._record = record.about, record

    def record(self):
        return self._record


def test_rejections_are_counted_by_reason_and_parts_by_what_is_kept(rich):
    axes = plots.plot_selection(Chosen(rich.selection))
    assert [bar.get_width() for bar in axes.patches] == [87, 63]
    assert names(axes) == ["age below 18", "copy of a training record"]
    assert axes.get_title(loc="left") == "Kept 850 of 1,000 samples"
    rows = tuple(row | {"share": row["kept"] / row["n"], "low": None, "high": None} for row in rich.selection.retention)
    axes = plots.plot_selection(Chosen(dataclasses.replace(rich.selection, retention=rows)), by="parts")
    assert points(axes, SYNTHETIC)[0][0] == pytest.approx(80.0)
    assert "240 of 300" in said(axes)
    assert "of all" in labels(axes)
    with pytest.raises(UnknownNameError):
        plots.plot_selection(Chosen(rich.selection), by="rules")


def test_a_filter_that_rejects_nothing_says_so(rich):
    record = dataclasses.replace(rich.selection, reasons={}, retention=())
    assert said(plots.plot_selection(Chosen(record))) == ["no sample was rejected"]
    assert said(plots.plot_selection(Chosen(record), by="parts")) == ["no class or group was declared"]


def test_training_sets_are_drawn_by_what_they_change(rich):
    axes = rich.ablation.plot()
    assert names(axes) == ["synthetic", "real+synthetic", "real+kept"]
    assert [value for value, _ in points(axes, SYNTHETIC)] == pytest.approx([-0.04, 0.01, 0.02])
    assert {"hurts", "cannot tell", "helps"} <= set(said(axes))
    assert "right is better" in axes.get_xlabel()
    values = rich.ablation.plot(measure="macro_f1", difference=False)
    assert names(values)[0] == "real"
    assert [value for value, _ in points(values, SYNTHETIC)] == pytest.approx([0.66, 0.62, 0.67, 0.68])
    with pytest.raises(UnknownNameError, match="macro_f1"):
        rich.ablation.plot(measure="macro_f2")


def test_a_comparison_is_turned_so_that_right_is_better_for_the_second():
    axes = comparison().plot()
    assert names(axes) == ["Coverage", "Classifier two-sample test", "Recall"]
    assert [value for value, _ in points(axes, SYNTHETIC)] == pytest.approx([-30.0, 20.0])
    assert said(axes) == ["one", "undecided", "not compared: two: too few."]
    turned = plot_comparison(comparison(), pair=("two", "one"))
    assert [value for value, _ in points(turned, SYNTHETIC)] == pytest.approx([30.0, -20.0])
    with pytest.raises(UnknownNameError):
        comparison().plot(pair=("one", "three"))


def test_one_score_of_all_is_drawn_with_fresh_real_data():
    axes = comparison().plot(metric="coverage")
    assert names(axes) == ["one", "two"]
    assert [value for value, _ in points(axes, SYNTHETIC)] == pytest.approx([90.0, 60.0])
    assert [value for value, _ in points(axes, REAL)] == pytest.approx([90.0, 90.0])
    with pytest.raises(UnknownNameError, match="coverage"):
        comparison().plot(metric="coverag")


def test_axes_that_are_given_are_used_and_settings_are_left_alone(rich):
    before = dict(mpl.rcParams)
    given = Figure().subplots()
    assert rich.audit.scores["coverage"].plot(given) is given
    assert rich.verdict.plot(ax=given) is given
    drawn(rich.verdict.plot())
    assert dict(mpl.rcParams) == before


def test_pyplot_is_neither_needed_nor_touched(tmp_path):
    code = (
        "import sys; from auditkit.results import Score, Scores, Estimate\n"
        "e = Estimate(.5, .4, .6)\n"
        "s = Score('coverage', {}, e, {}, None, 'higher', None, (0, 1), 'share', 'ok', '', '', {}, 0, 0)\n"
        "s.plot().figure.savefig('out.png'); assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


def test_the_same_result_gives_the_same_picture(rich):
    assert drawn(rich.ablation.plot()) == drawn(rich.ablation.plot())


def test_names_of_any_kind_are_drawn_as_they_are_and_shortened(rich):
    score = dataclasses.replace(rich.audit.scores["coverage"], metric=HOSTILE, where={HOSTILE: HOSTILE})
    audit = dataclasses.replace(score, where={})
    for axes in (score.plot(), score.plot(Figure().subplots()), Scores.of([audit])[HOSTILE].plot(parts=True)):
        drawn(axes)
        assert all(len(name) <= 60 for name in names(axes))
        assert not any(label.get_parse_math() for label in [*axes.get_yticklabels(), *axes.texts])


def test_names_in_scripts_that_the_font_lacks_draw_no_warning_when_the_owner_saves(recwarn):
    with axes_for(None, rows=1) as axes:
        label_rows(axes, ["\u4e2d\u6587"])
    for box in (None, "tight"):
        axes.figure.savefig(io.BytesIO(), format="svg", bbox_inches=box)
    assert [str(item.message) for item in recwarn] == []
