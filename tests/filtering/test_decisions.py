"""What people decided: votes, ties, the weighted rate, kappa, and files that are not as they should be."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from auditkit.errors import DataError
from auditkit.filtering import read_decisions
from auditkit.filtering.acceptance import Stratum, stratified_share
from auditkit.filtering.agreement import between_reviewers, cohen_kappa
from auditkit.intervals import wilson


def answer(name, decision, *, occurrence=1, origin="synthetic", stratum="others", reasons=(), inclusion=0.1):
    return {
        "id": name,
        "origin": origin,
        "occurrence": occurrence,
        "decision": decision,
        "reasons": list(reasons),
        "seconds": 1.5,
        "stratum": "" if origin == "real" else stratum,
        "inclusion": inclusion,
    }


def record(reviewer, answers, **other):
    strata = [{"name": "suspicious", "size": 20, "drawn": 5}, {"name": "others", "size": 80, "drawn": 5}]
    design = {"by": "suspicion", "seed": 0, "blind": False, "left_out": 0, "real_size": 30, "strata": strata}
    head = {"kind": "auditkit review", "format_version": 1, "review_id": "r1", "data_hash": "h", "design": design}
    return head | {"reviewer": reviewer, "saved": "2026-01-01T00:00:00Z", "decisions": list(answers)} | other


@pytest.fixture
def read(tmp_path):
    """`read(record, ...)` writes each record to a file and reads them together."""

    def join(*records):
        paths = []
        for place, item in enumerate(records):
            paths.append(tmp_path / f"{place}.json")
            paths[-1].write_text(item if isinstance(item, str) else json.dumps(item), encoding="utf-8")
        return read_decisions(*paths)

    return join


def human(decisions) -> dict[str, object]:
    frame = decisions.evidence()
    return {name: None if pd.isna(said) else said for name, said in zip(frame["id"], frame["human"], strict=True)}


def test_one_vote_per_person_and_the_majority_decides(read):
    found = read(
        record("Ada", [answer("1", "reject"), answer("2", "accept")]),
        record("Bob", [answer("1", "reject"), answer("2", "reject")]),
        record("Cy", [answer("1", "accept"), answer("2", "accept")]),
    )
    assert human(found) == {"1": "reject", "2": "accept"}
    assert found.people == ("Ada", "Bob", "Cy")


def test_a_tie_is_undecided_counts_half_and_is_told(read):
    found = read(
        record("Ada", [answer("1", "reject"), answer("2", "accept", stratum="suspicious")]),
        record("Bob", [answer("1", "accept"), answer("2", "accept", stratum="suspicious")]),
    )
    assert human(found) == {"1": None, "2": "accept"}
    assert found.acceptance.value == pytest.approx(0.2 * 1 + 0.8 * 0.5)
    assert any("1 of 2 samples are undecided" in note for note in found.notes)


def test_whoever_contradicts_himself_has_half_a_vote_for_each(read):
    twice = [answer("1", "accept"), answer("1", "reject", occurrence=2)]
    assert human(read(record("Ada", twice))) == {"1": None}
    assert human(read(record("Ada", twice), record("Bob", [answer("1", "reject")]))) == {"1": "reject"}


def test_skips_have_no_vote_and_are_told(read):
    found = read(record("Ada", [answer("1", "skip"), answer("2", "accept")]))
    assert human(found) == {"1": None, "2": "accept"}
    assert any("1 of 2 samples were only skipped" in note for note in found.notes)


@pytest.mark.parametrize("answers", [[], [answer("1", "skip")]])
def test_without_an_answer_there_is_no_rate_and_no_kappa(read, answers):
    found = read(record("Ada", answers))
    assert found.acceptance is None
    assert "nothing was accepted or rejected yet" in found.why_no_acceptance
    assert found.showings.kappa is None
    assert found.showings.share is None
    assert found.reviewers is None
    assert list(found.evidence().columns) == ["id", "human"]


def test_a_part_that_nobody_judged_leaves_the_rate_unknown(read):
    found = read(record("Ada", [answer("1", "accept")]))
    assert found.acceptance is None
    assert "'suspicious'" in found.why_no_acceptance


def test_the_rate_is_weighted_by_the_size_of_the_parts(read):
    answers = [answer(f"s{place}", "reject", stratum="suspicious") for place in range(4)]
    answers += [answer(f"o{place}", "accept") for place in range(4)]
    found = read(record("Ada", answers)).acceptance
    assert found.value == pytest.approx(0.8)
    assert found.low < 0.8 < found.high
    assert found.n == (0, 8)


def test_real_samples_have_a_rate_of_their_own_and_no_evidence(read):
    found = read(record("Ada", [answer("1", "reject"), answer("1", "accept", origin="real")]))
    assert human(found) == {"1": "reject"}
    assert found.real_acceptance.value == 1.0
    assert found.real_acceptance.n == (0, 1)


def test_first_and_second_showings_are_compared(read):
    answers = [answer(str(place), "accept") for place in range(6)]
    answers += [answer(str(place), "reject" if place == 5 else "accept", occurrence=2) for place in range(6)]
    found = read(record("Ada", answers)).showings
    assert found.n == 6
    assert found.share == pytest.approx(5 / 6)
    assert found.kappa.value == pytest.approx(0.0)


def test_reasons_are_counted_over_rejections(read):
    answers = [answer("1", "reject", reasons=["blurred", "dark"]), answer("2", "reject", reasons=["blurred"])]
    found = read(record("Ada", [*answers, answer("3", "accept", reasons=["dark"])]))
    assert found.reasons == (("blurred", 2), ("dark", 1))
    assert dict(zip(found.frame["id"], found.frame["reasons"], strict=True))["1"] == "blurred; dark"


def test_the_later_file_of_the_same_person_stands(read):
    early = record("Ada", [answer("1", "accept")], saved="2026-01-01T00:00:00Z")
    late = record("Ada", [answer("1", "reject"), answer("2", "accept")], saved="2026-01-02T00:00:00Z")
    for order in ((early, late), (late, early)):
        found = read(*order)
        assert human(found) == {"1": "reject", "2": "accept"}
        assert any("'Ada' gave two files" in note for note in found.notes)


def test_the_same_file_twice_counts_once(read):
    found = read(record("Ada", [answer("1", "accept")]), record("Ada", [answer("1", "accept")]))
    assert (len(found.answers), found.notes) == (1, ())


def test_what_was_joined_reads_the_same_again(read, tmp_path):
    found = read(record("Ada", [answer("1", "accept")]), record("Bob", [answer("1", "reject")]))
    again = read_decisions(found.save(tmp_path / "decisions.json"))
    pd.testing.assert_frame_equal(found.frame, again.frame)
    assert found.reviewers == again.reviewers
    assert again.save(tmp_path / "again.json").read_bytes() == (tmp_path / "decisions.json").read_bytes()


def test_pages_drawn_in_two_ways_are_not_pooled(read):
    other = record("Bob", [answer("9", "reject", stratum="all")], review_id="r2")
    other["design"] = {**other["design"], "by": "random", "strata": [{"name": "all", "size": 100}]}
    found = read(
        record("Ada", [answer("1", "accept"), answer("2", "accept", stratum="suspicious")]),
        other,
    )
    assert found.acceptance.value == 1.0
    assert any("2 ways" in note for note in found.notes)
    assert any("no sample in common" in note for note in found.notes)


def test_decisions_on_other_data_are_refused(read):
    ids = [str(number) for number in range(100)]
    audit = SimpleNamespace(about={"hashes": {"synthetic": "h"}}, samples=pd.DataFrame({"id": ids}))
    read(record("Ada", [answer("1", "accept")])).check(audit)
    with pytest.raises(DataError, match="not in the audit"):
        read(record("Ada", [answer("700", "accept")])).check(audit)
    forged = record("Ada", [answer("1", "accept")])
    forged["design"] = {
        **forged["design"],
        "strata": [{"name": "suspicious", "size": 20}, {"name": "others", "size": 9}],
    }
    with pytest.raises(DataError, match="speaks of 29 samples and the audit holds 100"):
        read(forged).check(audit)
    with pytest.raises(DataError, match="other synthetic data"):
        read(record("Ada", [answer("1", "accept")], data_hash="other")).check(audit)
    with pytest.raises(DataError, match="different synthetic data"):
        read(record("Ada", []), record("Bob", [], data_hash="other"))


BROKEN = {
    "no JSON": ("{", "expected JSON"),
    "a list": ([], "holds no decisions"),
    "another kind": ({"kind": "x"}, "holds no decisions"),
    "another version": (record("Ada", [], format_version=9), "format version 9"),
    "no reviewer": (record("", []), "reviewer of"),
    "no design": (record("Ada", [], design=None), r"design\.strata"),
    "strata of text": (record("Ada", [], design={"by": "x", "strata": ["a"]}), r"design\.strata"),
    "negative size": (record("Ada", [], design={"by": "x", "strata": [{"name": "a", "size": -1}]}), "whole number"),
    "decisions no list": (record("Ada", [], decisions={}), "decisions of"),
    "unknown decision": (record("Ada", [answer("1", "maybe")]), r"decisions\[0\]\.decision"),
    "unknown part": (record("Ada", [answer("1", "accept", stratum="x")]), "stratum"),
    "no occurrence": (record("Ada", [answer("1", "accept", occurrence=0)]), "occurrence"),
    "boolean occurrence": (record("Ada", [answer("1", "accept", occurrence=True)]), "occurrence"),
    "reasons of numbers": (record("Ada", [answer("1", "accept", reasons=[1])]), "reasons"),
    "a reason that reads as two": (record("Ada", [answer("1", "reject", reasons=["blurred; dark"])]), "semicolons"),
    "a third showing": (record("Ada", [answer("1", "reject", occurrence=3)]), "occurrence"),
    "real samples where there were none": (
        record("Ada", [answer("r1", "accept", origin="real")], design={"by": "x", "strata": []}),
        "real_size",
    ),
    "negative chance": (record("Ada", [answer("1", "accept", inclusion=-1)]), "inclusion"),
    "twice the same": (record("Ada", [answer("1", "accept"), answer("1", "reject")]), "decides twice"),
    "empty joined": ({"kind": "auditkit decisions", "format_version": 1, "reviews": []}, "reviews of"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_in_a_sentence(read, name):
    data, said = BROKEN[name]
    with pytest.raises(DataError, match=said) as caught:
        read(data)
    assert str(caught.value).endswith(".")


def test_kappa_is_that_of_scikit_learn():
    rng = np.random.default_rng(3)
    for _ in range(20):
        first, second = (rng.choice(["accept", "reject"], size=25, p=[0.7, 0.3]) for _ in range(2))
        found = cohen_kappa(list(first), list(second))
        assert found.kappa.value == pytest.approx(cohen_kappa_score(first, second))
        assert -1 <= found.kappa.low <= found.kappa.value <= found.kappa.high <= 1


def test_kappa_of_equal_answers_is_undefined_and_of_perfect_ones_unsure():
    same = cohen_kappa(["accept"] * 9, ["accept"] * 9)
    assert (same.kappa, same.share) == (None, 1.0)
    assert "chance" in same.reason
    perfect = cohen_kappa(["accept"] * 5 + ["reject"] * 5, ["accept"] * 5 + ["reject"] * 5)
    assert perfect.kappa.value == 1.0
    assert perfect.kappa.low < 0.9


def test_of_several_reviewers_kappa_is_the_mean_of_the_pairs():
    rng = np.random.default_rng(0)
    answers = pd.DataFrame({name: rng.choice(["accept", "reject"], 30) for name in ("a", "b", "c")})
    together, pairs = between_reviewers(answers)
    assert len(pairs) == 3
    assert together.kappa.value == pytest.approx(np.mean([found.kappa.value for _, _, found in pairs]))
    assert between_reviewers(answers[["a"]]) == (None, ())


def test_the_interval_of_kappa_covers_the_truth():
    rng = np.random.default_rng(1)
    shares = np.array([[0.7, 0.06], [0.06, 0.18]])
    truth = (0.88 - (0.76**2 + 0.24**2)) / (1 - (0.76**2 + 0.24**2))
    covered = []
    for _ in range(150):
        draws = rng.choice(4, size=40, p=shares.ravel())
        names = np.array(["accept", "reject"])
        found = cohen_kappa(list(names[draws // 2]), list(names[draws % 2])).kappa
        covered.append(found.low <= truth <= found.high)
    assert np.mean(covered) >= 0.9


def test_one_part_has_wilsons_interval_and_a_census_none():
    found, _ = stratified_share([Stratum("all", 10**9, 20, 15)])
    assert (found.low, found.high) == pytest.approx(wilson(15, 20), abs=1e-6)
    census, _ = stratified_share([Stratum("all", 20, 20, 15)])
    assert (census.low, census.value, census.high) == (0.75, 0.75, 0.75)


def test_the_interval_of_the_rate_covers_the_truth():
    rng = np.random.default_rng(2)
    sizes, good = (1000, 4000), (200, 3880)
    truth, covered = sum(good) / sum(sizes), []
    for _ in range(500):
        accepted = [rng.hypergeometric(yes, size - yes, 40) for yes, size in zip(good, sizes, strict=True)]
        found, _ = stratified_share([Stratum(str(at), size, 40, accepted[at]) for at, size in enumerate(sizes)])
        covered.append(found.low <= truth <= found.high)
    assert np.mean(covered) >= 0.93


def test_counts_that_clash_are_refused():
    with pytest.raises(DataError, match="counts clash"):
        stratified_share([Stratum("all", 2, 3, 1)])
