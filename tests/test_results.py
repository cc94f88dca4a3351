"""Scores read as a line."""

from __future__ import annotations

import pytest

from auditkit.errors import UnknownNameError, did_you_mean
from auditkit.results import Estimate, Score, Scores


def score(where=None, **changes):
    fields = {
        "metric": "coverage",
        "where": where or {},
        "estimate": Estimate(0.9, 0.88, 0.92),
        "references": {"yardstick": Estimate(0.85)},
        "excess": Estimate(0.05, 0.0, 0.1),
        "direction": "higher",
        "target": None,
        "bounds": (0.0, 1.0),
        "unit": "",
        "status": "ok",
        "reason": "",
        "embedder": "mixed",
        "parameters": {},
        "n_dropped": 0,
        "seed": 0,
        "details": {"at_equal_size": 0.8},
    }
    return Score(**(fields | changes))


def test_a_score_prints_as_a_line():
    value, beside, excess = str(score()).split("; ")
    assert value == "coverage 0.9000 [0.8800, 0.9200]"
    assert beside == "at equal size 0.8000, yardstick 0.8500"
    assert excess == "worse by 0.0500 [0.0000, 0.1000]"
    assert str(score({"sex": "F"}, references={}, excess=None)) == "coverage [sex=F] 0.9000 [0.8800, 0.9200]"


def test_a_score_without_a_value_prints_its_reason():
    lost = score(estimate=None, status="insufficient", reason="needs a holdout")
    assert str(lost) == "coverage: insufficient, needs a holdout"


def test_an_unknown_part_is_answered_with_the_parts_there_are():
    scores = Scores.of([score(), score({"sex": "F"})])
    assert scores["coverage"].at(sex="F").where == {"sex": "F"}
    with pytest.raises(UnknownNameError, match=r"unknown part 'race=x'; known: sex=F \(of coverage\)\."):
        scores["coverage"].at(race="x")


def test_an_unknown_level_or_column_is_answered_with_the_nearest():
    scores = Scores.of(
        [score(), *(score({"column": name}) for name in ("age", "income", "job")), score({"pair": "a, b"})]
    )
    with pytest.raises(UnknownNameError, match=r"unknown column 'incme'; did you mean 'income'\? \(of coverage\)"):
        scores["coverage"].at(column="incme")
    with pytest.raises(UnknownNameError, match=r"unknown column 'zzz'; known: age, income, job"):
        scores["coverage"].at(column="zzz")
    within = Scores.of([score({"sex": sex, "race": race}) for sex in "FM" for race in ("black", "white")])
    with pytest.raises(UnknownNameError, match="unknown race 'wite'; did you mean 'white'"):
        within.get("coverage", {"sex": "F", "race": "wite"})


@pytest.mark.parametrize("pair", ["b, a, c", "a, c, b", ("b", "a, c"), ["a, c", "b"]])
def test_the_columns_of_a_pair_stand_in_any_order(pair):
    scores = Scores.of([score(), score({"pair": "a, c, b"}), score({"pair": "a, b"}, n_dropped=7)])
    assert scores["coverage"].at(pair=pair).where == {"pair": "a, c, b"}
    assert scores["coverage"].at(pair="b, a").n_dropped == 7
    with pytest.raises(UnknownNameError, match="unknown pair 'a, bb'; did you mean 'a, b'"):
        scores["coverage"].at(pair="bb, a")


def test_a_level_may_be_given_as_a_number():
    assert Scores.of([score(), score({"class": "1"})])["coverage"].at(**{"class": 1}).where == {"class": "1"}


def test_a_metric_without_parts_says_so_where_others_have_some():
    scores = Scores.of([score(), score({"sex": "F"}), score(metric="classifier_two_sample")])
    with pytest.raises(
        UnknownNameError, match=r"no part 'sex=F': it is read on the whole set only, docs/metric-functions.md"
    ):
        scores["classifier_two_sample"].at(sex="F")


def test_a_score_prints_what_chance_alone_gives():
    chance = Estimate(0.25, None, None, "known", (9, 9))
    assert str(score(references={"chance": chance}, excess=None)).endswith("; by chance 0.2500")


def test_scores_of_the_whole_set_are_a_mapping_by_metric():
    scores = Scores.of([score(), score({"sex": "F"}), score(metric="precision")])
    assert list(scores.keys()) == ["coverage", "precision"]
    assert [item.where for item in scores.values()] == [{}, {}]
    assert dict(scores) == dict(scores.items()) == {name: scores[name] for name in ("coverage", "precision")}
    assert len(scores) == len(list(scores)) == 3


@pytest.mark.parametrize(
    ("name", "known", "tail"),
    [
        ("nope", ["income", "age"], "; known: age, income"),
        ("aeg", ["income", "age"], "; did you mean 'age'?"),
        ("Age", ["AGE", "wage"], "; did you mean 'AGE'?"),
        ("x", [], ""),
    ],
)
def test_a_name_is_only_suggested_when_it_is_near(name, known, tail):
    assert did_you_mean(name, known) == tail
