"""Rules: what breaks them, what is unknown, and what users get wrong."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
from pydantic import BaseModel

from auditkit.errors import DataError, UnknownNameError
from auditkit.filtering.rules import DEFAULT_RULES, Condition, Rule, read_rules

FRAME = pd.DataFrame(
    {
        "a": [0.1, 0.5, None, 0.9],
        "b": [1.0, None, None, 3.0],
        "flag": [True, False, True, False],
        "name": ["x", "y", None, "3"],
    }
)


@pytest.mark.parametrize(
    ("condition", "broken", "unknown"),
    [
        (Condition("a", min=0.5), [1, 0, 0, 0], [0, 0, 1, 0]),
        (Condition("a", max=0.5), [0, 0, 0, 1], [0, 0, 1, 0]),
        (Condition("a", min=0.2, max=0.8), [1, 0, 0, 1], [0, 0, 1, 0]),
        (Condition("a", above=0.5), [1, 1, 0, 0], [0, 0, 1, 0]),
        (Condition("a", equals=0.5), [1, 0, 0, 1], [0, 0, 1, 0]),
        (Condition("flag", equals=False), [1, 0, 1, 0], [0, 0, 0, 0]),
        (Condition("name", equals="x"), [0, 1, 0, 1], [0, 0, 1, 0]),
        (Condition("name", equals=3.0), [1, 1, 0, 0], [0, 0, 1, 0]),
    ],
)
def test_condition_is_broken_where_the_demand_is_not_met(condition: Condition, broken: list, unknown: list) -> None:
    found = condition.broken(FRAME)
    assert broken == found[0].astype(int).tolist()
    assert unknown == found[1].astype(int).tolist()


def test_rule_of_two_conditions_needs_both_broken_and_never_rejects_on_a_missing_value() -> None:
    rule = Rule("both", "bad", (Condition("a", min=0.95), Condition("b", min=2.0)))
    broken, unknown = rule.judge(FRAME)
    assert broken.tolist() == [True, False, False, False]
    assert unknown.tolist() == [False, True, True, False]  # the last one meets b, so a does not matter
    assert rule.limit() == "a >= 0.95 or b >= 2"
    assert rule.values(FRAME)[0] == "a 0.1, b 1"


class Settings(BaseModel):
    column: str
    min: float | None = None
    max: float | None = None
    equals: str | float | bool | None = None
    reason: str = ""


@pytest.mark.parametrize(
    "given",
    [
        {"column": "a", "min": 0.5},
        [{"column": "a", "min": 0.5}],
        Settings(column="a", min=0.5),
        [Settings(column="a", min=0.5)],
        SimpleNamespace(column="a", min=0.5),
    ],
)
def test_rules_are_read_from_mappings_and_settings_alike(given: object) -> None:
    (rule,) = read_rules(given, known=["a"])
    assert rule.conditions == (Condition("a", min=0.5),)
    assert rule.reason == "a is not >= 0.5"


def test_built_in_rules_are_found_by_name() -> None:
    assert read_rules("exact-copies", known=["copy"]) == [DEFAULT_RULES["copies"]]
    assert read_rules(["copies"], known=["copy"]) == [DEFAULT_RULES["copies"]]


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([{"column": "dencity", "min": 0}], UnknownNameError, "did you mean 'density'"),
        ([{"column": "density", "minimum": 0}], UnknownNameError, "unknown key of a filter rule 'minimum'"),
        (["copys"], UnknownNameError, "did you mean 'copies'"),
        ([{"column": "density"}], DataError, "needs min, max or equals"),
        ([{"min": 1}], DataError, "needs a column"),
        ([{"column": "density", "min": "high"}], DataError, "must be a finite number"),
        ([{"column": "density", "max": float("nan")}], DataError, "must be a finite number"),
    ],
)
def test_wrong_rules_are_refused_in_one_sentence(given: list, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        read_rules(given, known=["density", "copy"])


def test_limits_on_text_say_to_use_equals() -> None:
    with pytest.raises(DataError, match="use equals"):
        Condition("name", min=1.0).broken(FRAME)
