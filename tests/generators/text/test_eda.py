from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, TextSamples
from auditkit.data.tokens import rejoin, text_pieces
from auditkit.errors import AuditkitError, DataError, UnknownNameError
from auditkit.generators.text.eda import EdaGenerator
from auditkit.generators.text.edits import OPERATIONS, Words, edit
from auditkit.generators.text.synonyms import neighbours, telling_words, words_of

WORDS = Words({"film": ("movie",), "plot": ("story", "tale")}, frozenset({"good"}))


def texts(items, labels=None) -> Dataset:
    table = pd.DataFrame({"label": labels or ["a"] * len(items)})
    return Dataset.of_table(table, label="label", samples=TextSamples.of(items))


def changed(text, operation, seed=0, strength=0.5):
    rng = np.random.default_rng(seed)
    return rejoin(edit(text_pieces(text), operation, WORDS, strength=strength, rng=rng))


def test_synonyms_keep_space_case_and_marks():
    assert changed("The Film, a FILM; film!", "synonym", strength=1.0) == "The Movie, a MOVIE; movie!"


def test_words_are_inserted_swapped_and_dropped():
    assert changed("a film", "insert") in {"a movie film", "a film movie"}
    assert changed("one two.", "swap") == "two one."
    assert len(changed("a b c d e", "delete", strength=0.4).split()) == 3
    assert changed("ab", "delete") == "ab"


@pytest.mark.parametrize("operation", ["synonym", "delete", "noise", "swap"])
def test_words_that_tell_classes_apart_stay(operation):
    for seed in range(20):
        assert "good" in changed("a good film and plot", operation, seed).split()


@pytest.mark.parametrize("operation", list(OPERATIONS))
@pytest.mark.parametrize("text", ["", "!!", "12", "é", "😀 ok", "你好", "שלום"])
def test_odd_texts_stay_texts(operation, text):
    assert isinstance(changed(text, operation), str)


def test_noise_changes_letters_and_nothing_else():
    for seed in range(20):
        made = changed("letters 42!", "noise", seed)
        assert made != "letters 42!" or seed
        assert made.endswith(" 42!")


def test_neighbours_stand_between_the_same_words():
    rng = np.random.default_rng(0)
    grammar = [f"g{place}" for place in range(50)]
    sides = {"cat": "purrs", "dog": "purrs", "car": "honks", "bus": "honks"}
    lines = [[*rng.choice(grammar, 4), *rng.choice(grammar, 4)] for _ in range(3000)]
    for word, does in sides.items():
        lines += [[str(word), does, f"{does}loud", f"{does}long"] for _ in range(60)]
    found = neighbours(lines)
    assert found["cat"][0] == "dog"
    assert "car" not in found["cat"]
    assert not set(grammar) & set(found)


def test_telling_words_are_those_of_one_class():
    lines = [["so", "good"], ["so", "bad"]] * 30
    assert telling_words(lines, np.arange(60) % 2) == {"good", "bad"}
    assert words_of("It's GOOD, 12!") == ["it's", "good"]


def test_a_thesaurus_says_the_synonyms(tmp_path):
    path = tmp_path / "words.tsv"
    path.write_text("# comment\nfilm\tmovie, picture\n\n", encoding="utf-8")
    data = texts(["the film", "a film"])
    made = EdaGenerator(operations=["synonym"], thesaurus=path).fit(data).sample(20, seed=0)
    assert set(" ".join(made.arrays()).split()) == {"the", "a", "movie", "picture"}
    path.write_text("film movie\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1 of the thesaurus"):
        EdaGenerator(thesaurus=path).fit(data)
    with pytest.raises(DataError, match="cannot read the thesaurus"):
        EdaGenerator(thesaurus=tmp_path / "none.tsv").fit(data)


def test_too_few_texts_are_said():
    assert "give a thesaurus" in EdaGenerator().fit(texts(["a b", "c d"])).fit_report.notes[1]


def test_wrong_use_is_said():
    with pytest.raises(UnknownNameError, match="synonym"):
        EdaGenerator(operations=["synonim"])
    with pytest.raises(AuditkitError, match="strength"):
        EdaGenerator(strength=0)
