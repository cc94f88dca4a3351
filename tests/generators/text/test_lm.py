from __future__ import annotations

import pandas as pd
import pytest

from auditkit.data import Dataset, TextSamples
from auditkit.errors import AuditkitError
from auditkit.generators import Budget
from auditkit.generators.text.lm import LanguageModel

SMALL = {"width": 16, "hidden": 32, "batch": 16, "learning_rate": 2e-2, "dropout": 0.0}


def texts(items, labels=None) -> Dataset:
    table = pd.DataFrame({"label": labels or ["a"] * len(items)})
    return Dataset.of_table(table, label="label", samples=TextSamples.of(items))


def test_the_label_is_told_at_every_step():
    lines = {"up": "the long road goes on and up", "down": "the long road goes on and down"}
    labels = ["up", "down"] * 100
    model = LanguageModel(steps=150, **SMALL).fit(texts([lines[label] for label in labels], labels))
    made = model.sample(60, conditions={"label": "down"}, seed=0).arrays()
    assert sum(text.endswith("down") for text in made) > 50


def test_words_of_one_text_are_never_written():
    data = texts([*["a b c"] * 60, "a secret c"])
    made = LanguageModel(**SMALL).fit(data, budget=Budget(steps=40)).sample(100, seed=0)
    assert set(" ".join(made.arrays()).split()) <= {"a", "b", "c"}


@pytest.mark.parametrize("items", [[""], ["one"], ["", "😀", "שלום", "你好"], ["w " * 300] * 3])
def test_odd_texts_make_texts(items):
    model = LanguageModel(**SMALL).fit(texts(items), budget=Budget(steps=3))
    assert len(model.sample(5, seed=0).arrays()) == 5
    assert ("longer texts" in " ".join(model.fit_report.notes)) == (len(items[0]) > 500)


def test_wrong_use_is_said():
    with pytest.raises(AuditkitError, match="temperature above 0"):
        LanguageModel(temperature=0.0)
