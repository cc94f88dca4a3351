from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import pytest

from auditkit.gates.outcome import GateResult, Verdict
from auditkit.reports import summarise
from auditkit.reports.bars import gate_bar
from auditkit.reports.judgement import gate_rows
from auditkit.reports.page import render_page
from auditkit.reports.scores import unmeasured
from auditkit.reports.subgroups import group_table
from auditkit.reports.text import summary_text
from auditkit.results import Scores


def test_the_verdict_is_told_with_its_reason(rich):
    banner = summarise(rich.audit, **rich.options).banner
    assert banner.state == "fail"
    assert banner.sentence.startswith("The synthetic set repeats training records")
    assert rich.verdict.headline() == f"FAIL: {banner.counts} (exit 1)"


def test_without_a_check_nothing_is_judged(rich):
    banner = summarise(rich.audit).banner
    assert (banner.state, banner.word) == ("none", "Not judged")


def test_a_check_that_lacks_evidence_is_neither_pass_nor_fail(rich):
    unmeasured = tuple(item for item in rich.verdict.results if item.verdict == "error")
    banner = summarise(rich.audit, verdict=Verdict(False, 3, unmeasured)).banner
    assert (banner.state, banner.sentence) == ("error", "Only 3 real records.")


def test_a_pass_mentions_what_is_left_open(rich):
    kept = tuple(item for item in rich.verdict.results if item.verdict in ("pass", "undecided"))
    banner = summarise(rich.audit, verdict=Verdict(True, 0, kept)).banner
    assert banner.state == "pass"
    assert banner.word == "Pass, but 2 of 5 gates could not decide"
    assert "2 comparisons could not be decided" in banner.sentence


def test_gates_are_sorted_by_how_bad_they_are(rich):
    states = [row.state for row in summarise(rich.audit, **rich.options).gates]
    assert states == ["fail"] * 4 + ["error", "warn", "undecided", "undecided", "pass", "pass", "pass", "skipped"]


def test_every_score_of_the_whole_set_is_under_one_question(rich):
    questions = summarise(rich.audit, **rich.options).questions
    shown = [row.metric for question in questions for row in question.scores]
    assert len(shown) == len(set(shown))
    whole = {score.metric for score in rich.audit.scores if not score.where}
    assert whole <= set(shown)
    assert [question.key for question in questions] == ["realistic", "varied", "copied", "fair", "helps"]


def test_missing_groups_come_first_then_the_worst(rich):
    table = summarise(rich.audit, **rich.options).groups
    assert table.rows[0].name == "race = Eskimo"
    assert table.rows[0].missing
    assert table.rows[1].name == "sex = Female"
    assert table.rows[1].state == "fail"


@pytest.mark.parametrize("name", ["sex", "asex"])
def test_a_group_has_the_verdicts_on_its_classes_wherever_its_name_sorts(rich, name):
    parts = [{name: "f"}, {name: "m"}, {"age": "young"}, {"age": "young", name: "f"}]
    gap = next(item for item in rich.audit.scores if item.metric == "representation_gap")
    gates = {"label_rate_gap": {"class": "yes", name: "f"}, "representation_gap": {"age": "young", name: "f"}}
    results = tuple(
        dataclasses.replace(rich.verdict.results[0], metric=metric, where=dict(sorted(where.items())), verdict="fail")
        for metric, where in gates.items()
    )
    table = group_table(
        Scores(tuple(dataclasses.replace(gap, where=where) for where in parts)),
        groups=["age", name],
        gates=gate_rows(dataclasses.replace(rich.verdict, results=results), units={}),
    )
    failed = {row.name for row in table.rows if row.state == "fail"}
    assert failed == {f"{name} = f", ", ".join(sorted(["age = young", f"{name} = f"]))}
    assert len(table.rows) == len(parts)


def test_shares_of_classes_are_variety_and_without_groups_nothing_is_said_to_be_fair(rich, poor):
    gaps = [item for item in rich.audit.scores if item.metric == "label_rate_gap" and item.where == {"class": "bad"}]
    whole = dataclasses.replace(gaps[0], where={})
    verdict = Verdict(
        True,
        0,
        tuple(
            GateResult("label-rates", "label_rate_gap", item.where, "error", "pass", value=0.0)
            for item in (whole, *gaps)
        ),
    )
    audit = SimpleNamespace(**vars(poor.audit) | {"scores": Scores((whole, *gaps))})
    found = summarise(audit, verdict=verdict)
    asked = {item.key: item for item in found.questions}
    assert (asked["varied"].state, asked["fair"].state, asked["fair"].scores) == ("pass", None, ())
    assert asked["fair"].reason == "no group was declared"
    assert "not judged: no group was declared" in summary_text(found)
    assert "Not judged: no group was declared</span>" in render_page(found)


def test_undefined_cells_keep_their_reason(rich):
    table = summarise(rich.audit, **rich.options).groups
    other = next(row for row in table.rows if row.name == "race = Other")
    assert [cell.mark for cell in other.cells if cell.value is None] == ["a", "b"]
    assert dict(table.notes)["a"] == "only 3 real records of this group"


def test_everything_without_a_number_is_listed_with_its_reason(rich):
    items = summarise(rich.audit, **rich.options).unmeasured
    assert {item.kind for item in items} == {"could not be measured", "does not apply"}
    assert all(item.reason for item in items)
    names = [name for item in items for name in item.names]
    assert "Nearest neighbour accuracy" in names
    assert "Realism" in names
    assert "Rarity" not in names


def test_pairs_without_a_number_for_one_reason_are_one_row(rich):
    empty = next(score for score in rich.audit.scores if score.estimate is None)
    pairs = [
        dataclasses.replace(empty, metric="correlation_similarity", where={"pair": f"a, {name}"}, reason="constant.")
        for name in "bcdef"
    ]
    alone = dataclasses.replace(pairs[0], metric="ks_complement", where={"column": "a"})
    scores = Scores((*pairs, alone))
    items = unmeasured(scores, skipped={}, gates=(), empty_columns={})
    assert [item.part for item in items] == ["5 pairs, a, b; a, c; a, d and 2 more", "column = a"]


def test_records_of_several_rows_are_units(rich):
    audit = SimpleNamespace(**{**vars(rich.audit), "about": {**rich.audit.about, "facts": {"unit": "patient"}}})
    assert summarise(audit).noun == "unit"
    assert summarise(rich.audit).noun == "record"


def test_the_filter_is_told_in_counts(rich):
    kept = summarise(rich.audit, **rich.options).filtering
    assert (kept.n_kept, kept.n_rejected) == (850, 150)
    assert kept.reasons[0] == ("age below 18", 87)
    assert kept.retention[0].part == "sex = Female"
    assert kept.retention[0].share == 0.8
    assert kept.effective_n == 820
    assert kept.rules[0].false_rejections == 0.004
    assert kept.rules[1].false_rejections is None


def test_what_filtering_changed_is_told_the_worst_first_behind_the_forest(rich):
    found = summarise(rich.audit, **rich.options).rescored
    assert [row.word for row in found.rows] == ["", "worse", "better"]
    assert [row.title for row in found.same] == ["Recall"]
    assert found.rows[0].title == "Told apart by a forest that no rule read"
    assert found.worse[0].part == "sex = Female"
    assert summarise(rich.audit).rescored is None


def test_the_ablation_has_a_row_per_arm_and_its_word(rich):
    table = summarise(rich.audit, **rich.options).ablation.tables[0]
    assert table.measure == "Balanced accuracy"
    assert [row.arm for row in table.rows] == ["real", "synthetic", "real+synthetic", "real+kept"]
    assert table.rows[1].verdict == "hurts"
    assert table.rows[0].difference is None


def test_real_trained_models_on_synthetic_data_have_rows_of_their_own(rich):
    told = summarise(rich.audit, **rich.options).ablation
    row, other = told.transfers
    assert (row.arm, row.measure, row.n_tested) == ("synthetic", "Balanced accuracy", 900)
    assert (row.value, row.real) == (0.48, 0.68)
    assert row.difference == pytest.approx(-0.2)
    assert row.difference_low < -0.2 < row.difference_high < 0
    assert row.verdict == "harder than real data"
    assert (other.value, other.verdict) == (None, "")
    assert "lacks the class" in other.reason
    assert [row.arm for row in told.tables[0].rows] == ["real", "synthetic", "real+synthetic", "real+kept"]


def test_a_summary_is_plain_json_without_the_exhibits_data(rich):
    data = summarise(rich.audit, **rich.options).to_json()
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text) == json.loads(json.dumps(data))
    assert "png_base64" not in text
    assert data["exhibits"][0] == {"name": "classes", "kind": "occupancy", "title": "Class shares"}


def test_an_audit_without_label_groups_and_holdout_is_summarised(poor):
    summary = summarise(poor.audit)
    assert dict(summary.facts)["Label"] == "none declared"
    assert summary.groups is None
    assert summary.noun == "image"


def test_a_metric_that_is_not_installed_here_is_still_shown(poor):
    [one] = poor.audit.scores
    foreign = dataclasses.replace(one, metric="somebodys_score[q=2]@clip")
    summary = summarise(
        SimpleNamespace(scores=Scores.of([foreign]), samples=poor.audit.samples, exhibits=(), about=poor.audit.about)
    )
    assert summary.questions[-1].key == "other"
    assert summary.questions[-1].scores[0].title == "Somebodys score [q=2] @clip"
    assert summary.questions[-1].scores[0].meaning == ""


def test_no_folder_of_this_machine_is_named(rich):
    about = {**rich.audit.about, "names": {"real": "/home/ann/data/adult.csv", "synthetic": "cart"}}
    audit = SimpleNamespace(scores=rich.audit.scores, samples=rich.audit.samples, exhibits=(), about=about)
    assert "ann" not in json.dumps(summarise(audit).reproduce.commands)
    assert "/home" not in json.dumps(summarise(audit).to_json())


def test_the_command_names_files_and_leaves_words_for_what_is_no_file(rich):
    command = summarise(rich.audit).reproduce.commands[0]
    assert "--real german_credit.csv --synthetic SYNTHETIC --holdout HOLDOUT --label risk" in command


def test_scores_of_several_models_that_name_their_model_are_whole_and_no_part(rich):
    several = [
        dataclasses.replace(item, where=dict(item.where) | {"model": model}, parameters={"model": model})
        for model in ("logistic", "boosting")
        for item in rich.ablation.scores
        if item.metric in ("ablation_score", "ablation_difference")
    ]
    told = summarise(rich.audit, ablation=dataclasses.replace(rich.ablation, scores=Scores.of(several))).ablation
    once = summarise(rich.audit, **rich.options).ablation
    assert [table.model for table in told.tables if table.measure == told.tables[0].measure] == ["logistic", "boosting"]
    assert len(told.tables) == 2 * len(once.tables)
    assert len(told.groups) == 2 * len(once.groups)


@pytest.mark.parametrize(
    ("direction", "baseline", "expected"), [("higher", 0.93, 0.04), ("lower", 0.91, 0.08), ("match", 0.85, 0.10)]
)
def test_the_baseline_stands_on_the_line_of_the_excess(direction, baseline, expected):
    worse = GateResult(
        "g", "coverage", {}, "error", "pass", value=0.90, yardstick=0.95, excess=0.07, limit=0.2, compared=0.90,
        direction=direction, baseline=baseline,
    )  # fmt: skip
    (row,) = gate_rows(Verdict(True, 0, (worse,)), units={})
    assert row.baseline_excess == pytest.approx(expected)
    bar = gate_bar(row)
    assert (bar.baseline > bar.value) == (expected > 0.07)
    assert "baseline +" in bar.label
