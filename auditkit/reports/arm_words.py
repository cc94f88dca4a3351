"""What the words of an ablation's arms do to its question, and the findings of arms that hurt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from auditkit.gates.advice import advice_for_arm
from auditkit.reports.judgement import Advice, State, prose, worst
from auditkit.reports.scores import Answers
from auditkit.reports.words import inert

if TYPE_CHECKING:
    from auditkit.ablation import ArmVerdict

__all__ = ["advice_with_arms", "questions_with_words"]


def questions_with_words(questions: Sequence[Answers], arms: Sequence[ArmVerdict]) -> tuple[Answers, ...]:
    """Questions, of which "Does it help?" passes only where the words of the arms say so.

    Parameters
    ----------
    questions : sequence of Answers
    arms : sequence of ArmVerdict

    Returns
    -------
    tuple of Answers
        An arm that hurts makes it a warning; where no arm is more than "cannot tell", it is undecided. A question that
        no gate judged stays so.
    """
    words = {item.word for item in arms}
    said: State = "warn" if "hurts" in words else "undecided" if words == {"cannot tell"} else "pass"
    return tuple(
        replace(item, state=worst([item.state, said])) if item.key == "helps" and item.state is not None else item
        for item in questions
    )


def advice_with_arms(found: Sequence[Advice], arms: Sequence[ArmVerdict]) -> tuple[Advice, ...]:
    """Findings, and a warning for every arm that hurts.

    Parameters
    ----------
    found : sequence of Advice
        Those of the verdict.
    arms : sequence of ArmVerdict

    Returns
    -------
    tuple of Advice
        The synthetic data alone are left out where a gate's finding tells of them as an error.
    """
    told = any(item.kind == "utility" and item.severity == "error" for item in found)
    hurting = [item for item in arms if item.word == "hurts" and not (told and item.arm == "synthetic")]
    warnings = [
        Advice(
            "warn",
            "utility",
            prose(f"Arm {inert(item.arm)} hurts: {item.sentence}"),
            tuple(prose(step) for step in advice_for_arm(item.arm)),
        )
        for item in hurting
    ]
    rank = {"error": 0, "warn": 1}
    return tuple(sorted([*found, *warnings], key=lambda item: rank.get(item.severity, 2)))
