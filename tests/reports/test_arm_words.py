"""The question whether the data help says what the arms' words say."""

from __future__ import annotations

import pytest

from auditkit.ablation.result import ArmVerdict
from auditkit.reports.arm_words import advice_with_arms, questions_with_words
from auditkit.reports.judgement import Advice
from auditkit.reports.scores import Answers


def arm(name, word):
    return ArmVerdict(name, "boosting", "accuracy", word, -0.1, -0.12, -0.08, 0.01, f"Training on {name} {word}.")


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["cannot tell", "cannot tell"], "undecided"),
        (["cannot tell", "hurts"], "warn"),
        (["cannot tell", "helps"], "pass"),
        ([], "pass"),
    ],
)
def test_a_passed_gate_does_not_outvote_the_words(words, state):
    questions = (Answers("fair", "", "", "pass", ()), Answers("helps", "", "", "pass", ()))
    fair, helps = questions_with_words(questions, [arm(str(place), word) for place, word in enumerate(words)])
    assert (fair.state, helps.state) == ("pass", state)


def test_a_failed_or_unjudged_question_stays_so():
    for state in ("fail", None):
        (found,) = questions_with_words([Answers("helps", "", "", state, ())], [arm("flip", "cannot tell")])
        assert found.state == state


def test_every_arm_that_hurts_is_a_warning_after_the_errors():
    found = [Advice("info", "other", "Note.", ()), Advice("error", "utility", "It loses.", ())]
    told = advice_with_arms(found, [arm("synthetic", "hurts"), arm("flip", "hurts"), arm("kept", "helps")])
    assert [item.severity for item in told] == ["error", "warn", "info"]
    assert told[1].sentence == "Arm flip hurts: Training on flip hurts."


def test_no_arm_is_told_to_do_what_it_does():
    names = ("synthetic", "kept", "real+synthetic", "real+kept[ratio=2]", "real[mitigation=reweighing]")
    told = advice_with_arms([], [arm(name, "hurts") for name in names])
    steps = dict(zip(names, [" ".join(item.steps) for item in told], strict=True))
    assert [name for name in names if "beside real data" in steps[name]] == ["synthetic", "kept"]
    assert [name for name in names if "Filter the set" in steps[name]] == ["synthetic", "real+synthetic"]
    assert [name for name in names if "stricter rules" in steps[name]] == ["real+kept[ratio=2]"]
    assert [name for name in names if "mitigation" in steps[name]] == ["real[mitigation=reweighing]"]
