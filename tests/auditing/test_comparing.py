"""Audits beside each other: which is better for what, how sure that is, and what cannot be compared."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import auditkit as ak
from auditkit.errors import ConfigError, DataError
from auditkit.intervals import mover_difference
from auditkit.questions import QUESTIONS
from auditkit.results import Estimate, Score, Scores
from auditkit.store import dump_json

METRICS = (
    *("ks_complement", "correlation_similarity", "precision", "density", "coverage", "duplicate_share"),
    *("holdout_share", "identical_match_share", "representation_gap", "label_rate_gap"),
)


@pytest.fixture(scope="module")
def audited_like(make_set):
    """Audit of a made set against real data and a holdout that are always the same."""
    sets = {"real": make_set(400, 1), "holdout": make_set(200, 2), "metrics": METRICS, "exhibits": False}

    def audit(n, seed, **more):
        return ak.audit(**sets, synthetic=make_set(n, seed, **more), seed=0)

    return audit


@pytest.fixture(scope="module")
def pair(audited_like):
    """A synthetic set like the real data, and one that is far from them."""
    good = audited_like(300, 3, source="good.csv")
    return good, audited_like(300, 4, shift=1.5, women=0.05, source="bad.csv")


@pytest.fixture(scope="module")
def twin(audited_like):
    """Another draw of what the first was drawn from."""
    return audited_like(300, 5, source="twin.csv")


@pytest.fixture(scope="module")
def found(pair):
    return ak.compare(*pair)


def contrast(found, metric, **where):
    return next(item for item in found.contrasts if item.metric == metric and item.where == where)


def test_the_better_set_is_named_with_its_difference(pair, found):
    item = contrast(found, "ks_complement")
    good, bad = (audit.scores["ks_complement"].compared for audit in pair)
    assert item.names == ("good.csv", "bad.csv")
    assert item.difference == mover_difference(bad, good)
    assert item.better == "good.csv"
    assert item.p_adjusted <= 0.05
    assert found.sentences[0].startswith("Realism: good.csv is better on ")
    assert "bad.csv is better" not in " ".join(found.sentences)


def test_what_is_alike_is_undecided(twin, pair):
    found = ak.compare(pair[0], twin)
    assert {item.outcome for item in found.contrasts} <= {"undecided", "not compared"}
    assert all("undecided between good.csv and twin.csv" in sentence for sentence in found.sentences)


def test_the_order_of_audits_only_turns_signs(pair, found):
    turned = ak.compare(*reversed(pair))
    for item in found.contrasts:
        again = contrast(turned, item.metric, **item.where)
        assert again.better == item.better
        if item.difference is not None:
            assert again.difference.value == pytest.approx(-item.difference.value)


def test_where_nearest_is_best_the_distance_decides(pair, found):
    item = contrast(found, "density")
    assert item.basis == "distance from fresh real data"
    distances = [audit.scores["density"].excess.value for audit in pair]
    assert item.difference.value == pytest.approx(distances[1] - distances[0])


def test_groups_are_compared_on_demand_and_for_fairness_always(pair, found):
    assert any(item.where == {"sex": "Female"} for item in found.contrasts if item.metric == "representation_gap")
    assert not any(item.where for item in found.contrasts if item.question == "realism")
    everything = ak.compare(*pair, parts=True)
    assert contrast(everything, "coverage", sex="Male")
    assert len(everything.contrasts) > len(found.contrasts)


def test_it_reads_as_a_frame_as_json_and_as_text(found):
    assert len(found.frame) == len(found.contrasts)
    assert set(found.frame["question"]) <= {question.topic for question in QUESTIONS}
    row = found.frame.set_index("metric").loc["ks_complement"]
    assert row["better"] == "good.csv"
    assert row["value_b"] < row["value_a"]
    again = json.loads(dump_json(found.to_json()))
    assert again["format_version"] == 1
    assert {item["outcome"] for item in again["scores"]} >= {"good.csv", "undecided"}
    assert "| ks_complement |" in found.markdown()
    assert str(found).splitlines()[0].split() == ["realism", "good.csv", "bad.csv", "difference", "better"]


def test_more_than_two_are_compared_pair_by_pair(pair, twin):
    found = ak.compare(*pair, twin)
    assert list(dict.fromkeys(item.names for item in found.contrasts)) == [
        ("good.csv", "bad.csv"),
        ("good.csv", "twin.csv"),
        ("bad.csv", "twin.csv"),
    ]


def test_unequal_sizes_are_said_and_not_compared_where_they_matter(pair, audited_like):
    fewer = audited_like(100, 5, source="few.csv")
    found = ak.compare(pair[0], fewer)
    assert "number of synthetic units, 200 for good.csv and 100 here" in contrast(found, "coverage").reason
    assert contrast(found, "precision").difference is not None
    assert any("are not compared, as here: " in note for note in found.notes)


def changed(audit, **about):
    return replace(audit, about={**audit.about, **about})


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"hashes": {"real": "other", "synthetic": "s"}}, "audited against other real data"),
        ({"schema": []}, "not audits of the same columns"),
        ({"modality": "image"}, "not audits of data of one kind"),
    ],
)
def test_audits_of_other_data_are_refused(pair, about, said):
    with pytest.raises(DataError, match=said):
        ak.compare(pair[0], changed(pair[1], **about))


def test_another_holdout_leaves_out_what_needs_it_and_the_same_data_are_told(pair):
    hashes = {**pair[1].about["hashes"], "holdout": "other"}
    found = ak.compare(pair[0], changed(pair[1], hashes=hashes))
    assert "means nothing without the fresh real data" in contrast(found, "density").reason
    assert contrast(found, "coverage").difference is not None
    assert any("have other holdouts" in note for note in found.notes)
    same = ak.compare(pair[0], pair[0])
    assert same.names == ("good.csv 1", "good.csv 2")
    assert any("audits of the same synthetic data" in note for note in same.notes)
    assert {item.better for item in same.contrasts} == {""}


def test_one_audit_or_wrong_names_are_refused(pair):
    with pytest.raises(ConfigError, match="needs two audits"):
        ak.compare(pair[0])
    with pytest.raises(ConfigError, match="names must be 2 different words"):
        ak.compare(*pair, names=["a", "a"])
    with pytest.raises(ConfigError, match="ablations must be 2"):
        ak.compare(*pair, ablations=[None])


class Trained:
    """Scores as an ablation has them."""

    def __init__(self, *values: float, real: float = 0.8) -> None:
        arms = [("real", real), *(("synthetic", value) for value in values)]
        self.scores = Scores.of(trained(arm, value) for arm, value in arms)


def trained(arm: str, value: float) -> Score:
    return Score(
        metric="ablation_score",
        where={"arm": arm, "measure": "macro_f1"},
        estimate=Estimate(value, value - 0.02, value + 0.02, "t", (200, 300)),
        references={},
        excess=None,
        direction="higher",
        target=None,
        bounds=(0.0, 1.0),
        unit="",
        status="ok",
        reason="",
        embedder="",
        parameters={"model": "boosting"},
        n_dropped=0,
        seed=0,
    )


def test_ablations_tell_which_is_more_useful(pair):
    found = ak.compare(*pair, ablations=[Trained(0.8), Trained(0.5)])
    item = contrast(found, "ablation_score", arm="synthetic", measure="macro_f1")
    assert (item.question, item.better) == ("usefulness", "good.csv")
    assert found.sentences[-1] == (
        "Usefulness: good.csv is better on 1 of 1 score (ablation_score synthetic macro_f1)."
    )


def test_ablations_that_were_not_run_alike_are_not_compared(pair):
    found = ak.compare(*pair, ablations=[Trained(0.8), Trained(0.5, real=0.7)])
    assert not any(item.question == "usefulness" for item in found.contrasts)
    assert any("ablations were not run alike" in note for note in found.notes)
    alone = ak.compare(*pair, ablations=[Trained(0.8), None])
    assert any("not compared for bad.csv: no ablation" in note for note in alone.notes)


def test_names_neither_steer_a_terminal_nor_widen_the_tables(found):
    sly, long = "a\x1b[31m\x1b]0;owned\x07", "x" * 300
    items = tuple(replace(item, names=(sly, long), where={long: sly}) for item in found.contrasts)
    made = replace(found, names=(sly, long), contrasts=items, sentences=(f"{sly} is better.",), notes=(sly,))
    for text in (str(made), made.markdown()):
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "a?[31m" in text
    assert max(map(len, str(made).splitlines())) < 200
    assert all("[xxx" in line and "?]" in line for line in str(made).splitlines() if line.startswith("  coverage"))


def test_an_audit_prints_the_names_of_sets_without_control_characters(pair):
    names = {**pair[0].about["names"], "synthetic": "a\x1b]0;owned\x07"}
    assert "audit of a?]0;owned? (" in str(changed(pair[0], names=names))
