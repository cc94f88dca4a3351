"""Rules by name: what each reads, limits relative to real and synthetic samples, evidence from outside, the best n."""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit.config import parse_config
from auditkit.config.filter_rules import RULE_KEYS
from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError, ShapeError, UnknownNameError
from auditkit.filtering import Best, Quota
from auditkit.filtering import filter as keep
from auditkit.filtering.rules import NAMED_RULES, read_rules, worded

LIMITS = {
    "realism": {"0.01": 0.5, "0.02": 0.6, "0.1": 0.9},
    "discriminator": {"0.01": 0.95, "0.05": 0.8},
    "label_agreement": {"0.01": 0.2},
}


def gone(selection: Any) -> list[str]:
    return list(selection.rejected.ids)


def test_every_name_of_the_grammar_is_a_rule() -> None:
    assert set(NAMED_RULES) | {"best", "exact-copies"} == set(RULE_KEYS)


@pytest.mark.parametrize(
    ("column", "bad", "rule"),
    [
        ("copy", True, "exact-copies"),
        ("copy", True, "copies"),
        ("near_copy", True, "near-copies"),
        ("violations", "age: too high", "violations"),
        ("discriminator", 0.99, {"rule": "discriminator", "max": 0.9}),
        ("label_agreement", 0.1, {"rule": "label", "min": 0.2}),
        ("confidence", 0.1, {"rule": "confidence", "min": 0.2}),
        ("realism", 0.1, {"rule": "realism", "min": 0.2}),
        ("density", 0.1, {"rule": "density", "min": 0.2}),
        ("oddness", 3.0, {"rule": "oddness", "max": 2}),
        ("copied_bits", 30.0, {"rule": "copied-bits", "max": 20}),
        ("own_score", -3.0, {"rule": "own-discriminator", "min": -2}),
        ("human", "reject", "human"),
    ],
)
def test_a_named_rule_reads_its_column(synthetic: Dataset, audit: Any, column: str, bad: Any, rule: Any) -> None:
    good: dict[str, Any] = {
        "near_copy": False,
        "confidence": 0.9,
        "oddness": 0.0,
        "copied_bits": 0.0,
        "own_score": 0.0,
        "human": "accept",
    }
    if column in good:
        audit.samples[column] = pd.Series([good[column]] * 40, dtype=object if column == "human" else None)
    audit.samples.loc[7, column] = bad
    selection = keep(synthetic, audit, [rule])
    assert gone(selection) == ["7"]
    assert selection.reasons["reason"].iloc[0] == selection.rules[0].reason


def test_the_config_and_python_read_the_same_rules(synthetic: Dataset, audit: Any) -> None:
    text = """
    [[filter]]
    rule = "exact-copies"
    [[filter]]
    rule = "label"
    min = 0.3
    reason = "odd label"
    [[filter]]
    column = "realism"
    min = "synthetic:0.25"
    [[filter]]
    rule = "best"
    keep = 20
    prefer = "-discriminator"
    """
    audit.samples["realism"] = np.arange(40.0)
    audit.samples.loc[[0, 30], "label_agreement"] = 0.1
    audit.samples.loc[39, "copy"] = True
    told = [keep(synthetic, audit, rules) for rules in (tomllib.loads(text)["filter"], parse_config(text).filters)]
    assert told[0].to_json() == told[1].to_json()
    assert gone(told[0]) == gone(told[1])
    assert [rule.name for rule in told[0].rules] == ["copies", "label", "realism", "best"]
    assert len(told[0].kept) == 20


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"rule": "copies", "min": 1}, DataError, "with rule = 'copies' takes nothing but reason, not 'min'"),
        ({"rule": "label", "max": 1}, DataError, "takes min, not 'max'"),
        ({"rule": "best"}, DataError, "needs keep"),
        ({"rule": "best", "keep": 2.5}, DataError, "a share below 1 or a whole number of samples, not 2.5"),
        ({"rule": "labels"}, UnknownNameError, "did you mean 'label'"),
        ({"column": "realism", "min": "real:2"}, DataError, 'as "real:0.01"'),
        ({"column": "realism", "min": 0, "keep": 3}, DataError, "takes 'keep' only with a rule"),
        ({"rule": "best", "keep": 3, "prefer": "realsim"}, UnknownNameError, "did you mean 'realism'"),
        ("own-discriminator", DataError, 'evidence={"own_score": generator.score(synthetic)}'),
        ("human", DataError, "decisions.json"),
    ],
)
def test_wrong_rules_are_refused(synthetic: Dataset, audit: Any, given: Any, error: type, said: str) -> None:
    with pytest.raises(error) as raised:
        keep(synthetic, audit, [given])
    assert said in str(raised.value)


def test_limits_may_be_what_real_samples_show(synthetic: Dataset, audit: Any) -> None:
    audit.about["sample_limits"] = LIMITS
    audit.samples["realism"] = np.linspace(0.0, 2.0, 40)
    selection = keep(synthetic, audit, [{"rule": "realism"}, {"column": "discriminator", "max": "real:0.03"}])
    assert [rule.limit() for rule in selection.rules] == [">= 0.5", "<= 0.95"]
    assert selection.about["false_rejections"] == {"realism": 0.01, "discriminator": 0.01}
    assert len(selection.rejected) == (audit.samples["realism"] < 0.5).sum()
    absolute = keep(synthetic, audit, [{"column": "realism", "min": 0.55}])
    assert absolute.about["false_rejections"] == {"realism": 0.02}
    assert keep(synthetic, audit, [{"column": "realism", "min": 5}]).about["false_rejections"] == {}


def test_the_label_rule_has_a_limit_of_its_own_where_real_samples_are_not_known(synthetic: Dataset, audit: Any) -> None:
    assert keep(synthetic, audit, "label").rules[0].limit() == ">= 0.05"
    audit.about["sample_limits"] = LIMITS
    assert keep(synthetic, audit, "label").rules[0].limit() == ">= 0.2"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("density", "which this audit does not know: audit again with a holdout"),
        ({"column": "realism", "max": "real:0.01"}, "write min, not max"),
        ({"column": "realism", "min": "real:0.001"}, "too few real samples"),
        ({"column": "near", "min": "synthetic:0.1"}, "it holds none"),
    ],
)
def test_limits_that_nobody_knows_are_refused(synthetic: Dataset, audit: Any, rule: Any, said: str) -> None:
    audit.about["sample_limits"] = LIMITS
    with pytest.raises(DataError, match=said):
        keep(synthetic, audit, [rule], evidence={"near": [None] * 40})


def test_a_share_of_the_synthetic_samples_never_rejects_more(synthetic: Dataset, audit: Any) -> None:
    audit.samples["realism"] = np.repeat(np.arange(4.0), 10)  # ties
    assert len(keep(synthetic, audit, {"column": "realism", "min": "synthetic:0.3"}).rejected) <= 12
    assert len(keep(synthetic, audit, {"column": "realism", "max": "synthetic:0.3"}).rejected) <= 12
    audit.samples["realism"] = np.arange(40.0)
    assert gone(keep(synthetic, audit, {"column": "realism", "max": "synthetic:0.1"})) == ["36", "37", "38", "39"]


def test_evidence_is_matched_by_id(synthetic: Dataset, audit: Any) -> None:
    seen = pd.DataFrame({"id": ["5", "3", "8"], "human": ["reject", "accept", "reject"]})
    selection = keep(synthetic, audit, evidence=seen)
    assert gone(selection) == ["5", "8"]
    assert "people have looked at 3 of 40 samples: no rule of people's decisions judged the others." in selection.notes
    assert selection.decisions().set_index("id").loc["5", "human"] == "reject"
    both = keep(synthetic, audit, ["human"], evidence=[seen, {"own_score": np.arange(40.0)}])
    assert both.evidence["own_score"].tolist() == list(range(40))


@pytest.mark.parametrize(
    ("evidence", "error", "said"),
    [
        ({"own_score": [1.0]}, ShapeError, "one value of 'own_score' per sample, 40, got 1"),
        ({"realism": np.zeros(40)}, DataError, "which the samples have already"),
        ({"id": ["1", "1"], "x": [1, 2]}, DataError, "two rows for the sample '1'"),
        ({"id": ["a"], "x": [1]}, DataError, "names none of the samples"),
        ({"human": ["maybe"] * 40}, DataError, "got 'maybe'"),
    ],
)
def test_wrong_evidence_is_refused(synthetic: Dataset, audit: Any, evidence: Any, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        keep(synthetic, audit, "copies", evidence=evidence)


def test_the_best_stay_and_ties_are_told(synthetic: Dataset, audit: Any) -> None:
    audit.samples["realism"] = np.repeat(np.arange(8.0), 5)
    ten = keep(synthetic, audit, [Best(10, prefer="realism")])
    assert ten.kept.ids.tolist() == [str(number) for number in range(30, 40)]
    assert ten.about["ties"] == 0
    seven, again = (keep(synthetic, audit, [Best(7, prefer="realism")], seed=3) for _ in range(2))
    assert seven.about["ties"] == 5
    assert "5 samples have the same realism where the rule 'best' cuts" in seven.notes[0]
    assert seven.kept.ids.tolist() == again.kept.ids.tolist()
    assert set(seven.kept.ids) > {"35", "36", "37", "38", "39"}
    assert len(keep(synthetic, audit, [Best(0.25)]).kept) == 10
    assert "5 are missing" in keep(synthetic, audit, [Best(45)]).notes[0]
    assert len(keep(synthetic, audit, [Best(7, prefer="-realism"), Quota("sex")]).kept) <= 7


def test_ties_of_quotas_are_told(synthetic: Dataset, audit: Any) -> None:
    selection = keep(synthetic, audit, quotas=[Quota("sex", prefer="realism")])
    assert selection.about["ties"] == 30  # all men have the same realism
    assert any("30 samples with sex = Male have the same realism" in note for note in selection.notes)


def test_repeats_make_the_kept_worth_less(synthetic: Dataset, audit: Any) -> None:
    assert keep(synthetic, audit, "copies").effective_n == 40
    audit.samples.loc[:9, "duplicate_cluster"] = 1
    selection = keep(synthetic, audit, "copies")
    assert selection.effective_n == pytest.approx(40**2 / (10**2 + 30))
    assert "worth 12 distinct ones" in str(selection)
    assert keep(synthetic, audit, {"column": "realism", "min": 9}).effective_n == 0


def test_a_mistake_in_a_rule_of_the_config_has_its_place() -> None:
    for text, said in (
        ('[[filter]]\nrule = "copys"', "2:1: 'rule' in [[filter]] should be 'copies'"),
        ('[[filter]]\nrule = "copies"\nmin = 1', "1:3: [[filter]] with rule = 'copies' takes nothing but reason"),
        ('[[filter]]\ncolumn = "x"\nmin = "reel:0.1"', "3:1: 'min' in [[filter]] should be a number, or a tail as"),
        ('[[filter]]\nrule = "best"\nkeeep = 1', "3:1: unknown key 'keeep' in [[filter]]; did you mean 'keep'?"),
    ):
        with pytest.raises(AuditkitError) as raised:
            parse_config(text)
        assert said in str(raised.value)


@pytest.mark.parametrize(
    ("limits", "bulk", "rejected", "said"),
    [
        ({"0.005": 4.0, "0.1": 2.0}, 0.0, ["7"], ""),
        ({"0.005": 4.0, "0.1": 2.0}, 3.0, [], "tells of the generator and not of single samples"),
        ({"0.02": 4.0, "0.1": 2.0}, 0.0, [], "too few real samples"),
        ({}, 0.0, [], "audit again with a holdout"),
    ],
)
def test_odd_samples_go_by_default_where_the_set_is_not_odd(
    synthetic: Dataset, audit: Any, limits: dict[str, float], bulk: float, rejected: list[str], said: str
) -> None:
    audit.samples["oddness"] = np.where(np.arange(40) == 7, 5.0, bulk)
    audit.about["sample_limits"] = {"oddness": limits}
    selection = keep(synthetic, audit)
    assert gone(selection) == rejected
    assert any("'oddness' was left out" in note and said in note for note in selection.notes) == bool(said)


def test_the_most_realistic_samples_are_copies_and_a_note_says_so(synthetic: Dataset, audit: Any) -> None:
    audit.samples.loc[:2, "realism"] = np.inf
    selection = keep(synthetic, audit, {"rule": "best", "keep": 5, "prefer": "realism"})
    assert any("3 of the samples that the rule 'best' keeps lie on a real sample" in note for note in selection.notes)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"column": "realism", "min": 5, "max": 1}, "has min 5 above max 1, which no sample meets"),
        ({"rule": "best", "keep": 1.0}, "1.0 may be either: write 1 for one sample"),
        ({"rule": "rejection-sampling", "column": "realism"}, "'realism' is none: leave column out"),
    ],
)
def test_rules_that_cannot_mean_what_they_say_are_refused(synthetic: Dataset, audit: Any, rule: Any, said: str) -> None:
    with pytest.raises(AuditkitError, match=said):
        keep(synthetic, audit, rule)


@pytest.mark.parametrize(("modality", "word"), [("tabular", "decimals"), ("image", "blurred"), ("text", "odd beside")])
def test_odd_samples_are_told_in_words_of_their_kind(modality, word):
    given = {"rule": "oddness", "max": 2}
    plain, own = read_rules([given, {**given, "reason": "not ours"}], known=["oddness"])
    assert word in worded(plain, modality).reason
    assert worded(own, modality) == own
