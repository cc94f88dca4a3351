"""What follows from what: collapsed columns take their pairs with them, and a relation lost by itself stays one."""

from __future__ import annotations

import pytest

COLUMNS = ("a", "b", "c", "d")


@pytest.fixture
def findings(score, rule, check):
    """Findings by kind, in order, of scores of columns and pairs by name."""

    def find(columns, pairs, others=(), metric="contingency_similarity"):
        scores = [score("tv_complement", excess=0.0), score(metric, excess=0.0)]
        scores += [score("tv_complement", where={"column": name}, excess=columns.get(name, 0.0)) for name in COLUMNS]
        scores += [score(metric, where={"pair": pair}, excess=excess) for pair, excess in pairs.items()]
        rules = [rule("tv_complement", by=["column"], reduce="worst"), rule(metric, by=["pair"], reduce="worst")]
        rules += [rule(item.metric) for item in others]
        return {item.kind: item for item in check([*scores, *others], rules).findings}

    return find


@pytest.mark.parametrize("metric", ["contingency_similarity", "association_similarity", "correlation_similarity"])
def test_pairs_of_collapsed_columns_are_no_lost_relation(findings, metric):
    found = findings({"a": 0.5, "b": 0.4}, {"a, b": 0.7, "c, d": 0.02}, metric=metric)
    assert list(found) == ["shape"]
    assert "off as well, which says nothing of how columns hang together." in found["shape"].sentence


def test_a_pair_of_sound_columns_is_named_though_a_worse_one_is_explained(findings):
    found = findings({"a": 0.5}, {"a, b": 0.6, "c, d": 0.4})
    assert "beyond that c and d (0.400 of 1) hang together worse than fresh real ones." in found["shape"].sentence


def test_a_relation_that_columns_do_not_explain_stays_one(findings):
    found = findings({"a": 0.15}, {"a, b": 0.8})
    assert list(found) == ["relation", "shape"]
    assert "off as well" not in found["shape"].sentence


@pytest.mark.parametrize("metric", ["association_similarity", "correlation_similarity"])
def test_a_strength_lost_beyond_the_shortfall_of_its_columns_is_a_lost_relation(findings, metric):
    assert list(findings({"a": 0.3}, {"a, b": 0.4}, metric=metric)) == ["relation", "shape"]
    assert list(findings({"a": 0.3}, {"a, b": 0.4})) == ["shape"]


def test_a_lost_relation_of_sound_columns_stays_one(findings):
    assert list(findings({}, {"a, b": 0.3})) == ["relation"]


def test_small_shortfalls_of_both_columns_explain_that_of_their_pair(findings):
    assert list(findings({"a": 0.5, "c": 0.09, "d": 0.08}, {"a, b": 0.6, "c, d": 0.15})) == ["shape"]
    assert "c and d" not in findings({"a": 0.5, "c": 0.09, "d": 0.08}, {"a, b": 0.6, "c, d": 0.15})["shape"].sentence


def test_pairs_and_columns_are_told_in_words(findings):
    found = findings({}, {"a, b": 0.5, "c, d": 0.4, "b, c": 0.45})
    assert "The same holds for b and c, c and d." in found["relation"].sentence
    ruined = findings({"a": 0.5, "b": 0.4}, {"a, b": 0.0})
    assert "The same holds for b." in ruined["shape"].sentence


def test_all_relations_together_are_explained_by_most_columns_ruined(findings, score):
    retention = [score("association_retention", excess=0.5)]
    many = findings({"a": 0.5, "b": 0.5}, {"a, b": 0.6}, retention)
    few = findings({"a": 0.5}, {"a, b": 0.6}, retention)
    assert list(many) == ["shape"]
    assert list(few) == ["relation", "shape"]


def test_little_variety_of_real_looking_records_is_called_collapse_before_columns(findings, score):
    scarce = [score("coverage", value=0.2, excess=0.7), score("precision", value=1.0, excess=-0.1)]
    found = findings({"a": 0.5}, {"a, b": 0.3}, scarce)
    assert list(found) == ["collapse", "shape"]
    assert found["collapse"].sentence.startswith("The synthetic data are collapsed and show little variety: 20.0 %")
    assert "repetition" not in found["collapse"].sentence


def test_repetition_and_little_variety_are_one_collapse(findings, score):
    found = findings(
        {}, {"a, b": 0.0}, [score("coverage", value=0.8, excess=0.15), score("duplicate_share", excess=0.4)]
    )
    assert list(found) == ["collapse"]
    assert found["collapse"].sentence.startswith("The synthetic data are collapsed and repeat themselves")


def test_noise_is_not_called_collapse(findings, score):
    noise = [score("coverage", value=0.1, excess=0.8), score("precision", value=0.1, excess=0.8)]
    assert list(findings({}, {"a, b": 0.0}, noise)) == ["realism", "variety"]
