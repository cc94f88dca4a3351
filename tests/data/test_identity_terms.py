"""Texts are grouped by the people that they mention."""

from __future__ import annotations

import pandas as pd
import pytest

from auditkit.auditing import audit
from auditkit.data import Dataset, TextSamples, mark_terms
from auditkit.errors import DataError

TERMS = {"women": ["woman", "she"], "older people": ["elderly", "old people"]}


def texts(*items):
    return Dataset.of_table(pd.DataFrame({"n": range(len(items))}), samples=TextSamples.of(items))


def test_whole_words_and_words_in_a_row_are_found_whatever_their_case():
    said = ["SHE!", "the womanly art", "Old people, mostly.", "people of old", "an elderly woman", ""]
    made = mark_terms(texts(*said), TERMS)
    assert made.groups == ("identity",)
    found = made.group_values("identity").tolist()
    assert found == ["women", "(none)", "older people", "(none)", "(several)", "(none)"]
    assert made.arrays().tolist() == said
    assert made.take([0, 2]).group_values("identity").tolist() == ["women", "older people"]


def test_a_group_that_is_no_longer_mentioned_is_found_missing():
    real = texts(*["she came home", "an elderly man left", "it rained all day", "nobody knew why"] * 20)
    made = texts(*["an elderly man went", "it rained at night", "nobody asked him", "it was late"] * 20)
    found = audit(real=mark_terms(real, TERMS), synthetic=mark_terms(made, TERMS), metrics=["missing_groups"])
    assert found.scores["missing_groups"].value == 1


def test_terms_that_cannot_be_looked_for_are_refused():
    with pytest.raises(DataError, match="looked for in texts"):
        mark_terms(Dataset.of_table(pd.DataFrame({"n": [1]})), TERMS)
    with pytest.raises(DataError, match="'nobody' need"):
        mark_terms(texts("a"), {"nobody": ["!"]})
    with pytest.raises(DataError, match="the terms need"):
        mark_terms(texts("a"), {})
    with pytest.raises(DataError, match="give the terms another column"):
        mark_terms(texts("a"), TERMS, column="n")
