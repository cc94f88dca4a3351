"""Gates for some data only."""

from __future__ import annotations

import pytest

from auditkit.config import CheckConfig
from auditkit.gates import judge
from auditkit.gates.applies import why_not
from auditkit.results import Scores

DATA = {"modality": "tabular", "generators": ["gan_small"], "paths": ["/home/x/release/prod-3.csv", "prod-3.csv"]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"modalities": ["tabular", "series"]}, ""),
        ({"modalities": ["image", "text"]}, "it is for image and text data"),
        ({"generators": ["vae", "gan*"]}, ""),
        ({"generators": ["GAN*"]}, "it is for generators named 'GAN*', these data are of 'gan_small'"),
        ({"paths": ["prod-*"]}, ""),
        ({"paths": ["release/prod-*"]}, ""),
        ({"paths": ["test-*", "other/*"]}, "it is for sets at 'test-*' or 'other/*', this one is '/home/x/release/pro"),
        ({"modalities": ["tabular"], "generators": ["vae"]}, "it is for generators named 'vae'"),
    ],
)
def test_a_gate_is_held_against_what_is_known_of_the_data(rule, changes, reason):
    found = why_not(rule(**changes), DATA)
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_a_gate_for_a_generator_that_is_not_known_says_so(rule):
    assert "which one made these data is not known" in why_not(rule(generators=["gan*"]), {"modality": "tabular"})


def test_a_gate_for_other_data_does_not_apply_and_harms_nobody(score, rule):
    gates = [rule(), rule("precision", generators=["vae"]), rule("density", modalities=["image"])]
    scores = Scores.of([score(), score("precision", excess=0.9), score("density", excess=0.9)])
    verdict = judge(scores, gates, check=CheckConfig(), audited=DATA)
    assert [item.verdict for item in verdict.results] == ["pass", "not_applicable", "not_applicable"]
    assert verdict.exit_code == 0
    assert "1 gate is for other kinds of data (image): density." in verdict.text()
    everywhere = judge(scores, gates, check=CheckConfig(), audited=DATA | {"generators": ["vae"], "modality": "image"})
    assert [item.verdict for item in everywhere.results] == ["pass", "fail", "fail"]


@pytest.mark.parametrize(
    ("own", "check_says", "code"), [("fail", "warn", 1), ("pass", "fail", 0), ("warn", "fail", 0), (None, "fail", 1)]
)
def test_a_gate_may_say_what_it_counts_as_undecided(score, rule, check, own, check_says, code):
    verdict = check([score(excess=0.1)], [rule(undecided=own)], undecided=check_says)
    assert (verdict.results[0].verdict, verdict.exit_code) == ("undecided", code)
