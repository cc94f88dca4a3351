from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, TextSamples
from auditkit.errors import AuditkitError, DataError
from auditkit.generators import create
from auditkit.generators.text.kneser_ney import KneserNey
from auditkit.generators.text.ngram import NgramGenerator
from auditkit.generators.text.vocabulary import END, Vocabulary


def texts(items, labels=None) -> Dataset:
    table = pd.DataFrame({"label": labels or ["a"] * len(items)})
    return Dataset.of_table(table, label="label", samples=TextSamples.of(items))


def drawn(model, n, seed=0):
    rng = np.random.default_rng(seed)
    return model.draw(np.zeros(n, dtype=np.int64), rng, width=n)


def test_bigrams_have_the_interpolated_probabilities():
    # Piece 3 follows 2 twice, 4 once; the root of a single class is not discounted.
    sequences = [np.array(item) for item in ([2, 3], [2, 3], [2, 4])]
    model = KneserNey.of(sequences, np.zeros(3, dtype=np.int64), size=5, order=2)
    after = Counter(item[1] if len(item) > 1 else END for item in drawn(model, 40_000) if item[:1] == [2])
    # Different pieces before each: one, one, one, and two before the end.
    unigram = {2: 1 / 5, 3: 1 / 5, 4: 1 / 5, END: 2 / 5}
    left = 0.75 + 1.1
    expected = {3: (2 - 1.1) / 3, 4: (1 - 0.75) / 3, 2: 0.0, END: 0.0}
    total = sum(after.values())
    for piece, share in unigram.items():
        assert after[piece] / total == pytest.approx(expected[piece] + left / 3 * share, abs=0.015)


def test_texts_of_a_label_use_its_words(verses):
    made = create("ngram", modality="text").fit(verses).sample(200, conditions={"label": "cross"}, seed=0)
    said = " ".join(made.arrays())
    assert sum(said.count(word) for word in ("dull", "cold", "grim")) > 20 * sum(
        said.count(word) for word in ("lovely", "bright", "warm")
    )


def test_no_single_training_text_comes_again_where_others_can():
    rng = np.random.default_rng(0)
    items = [" ".join(rng.choice(list("abcdefgh"), 6)) for _ in range(200)]
    made = NgramGenerator().fit(texts(items)).sample(300, seed=0)
    assert not set(made.arrays()) & set(items)


def test_texts_that_several_share_may_come_again():
    items = ["ok"] * 30 + ["a b c", "b c d", "c d e"]
    assert "ok" in set(NgramGenerator().fit(texts(items)).sample(50, seed=0).arrays())


def test_numbers_are_made_up():
    rng = np.random.default_rng(1)
    items = [f"call {rng.integers(10**9, 10**10)} now" for _ in range(300)]
    made = " ".join(NgramGenerator().fit(texts(items)).sample(200, seed=0).arrays()).split()
    assert not {word for word in made if len(word) == 10 and word.isdigit()} & set(" ".join(items).split())


def test_groups_with_many_texts_have_models_of_their_own():
    table = pd.DataFrame({"label": ["x"] * 120, "who": ["cat", "dog"] * 60})
    samples = TextSamples.of([f"the {who} sat {place}" for place, who in enumerate(table["who"])])
    data = Dataset.of_table(table, label="label", groups=["who"], samples=samples)
    made = NgramGenerator().fit(data).sample(100, conditions={"who": "cat"}, seed=0)
    said = " ".join(made.arrays())
    assert said.count("cat") > 50
    assert said.count("dog") < 10


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "items",
    [
        [""],
        ["one"],
        ["", "", ""],
        ["😀😀", "👩\u200d👧 ok", "❤️"],
        ["שלום עולם", "مرحبا بالعالم"],
        ["今日は天気がいい。", "สวัสดี"],
    ],
)
def test_odd_texts_make_texts(items, order):
    made = NgramGenerator(order=order).fit(texts(items)).sample(20, seed=0).arrays()
    pieces = set("".join(items)) | {" "}
    assert all(set(text) <= pieces for text in made)


def test_a_vocabulary_joins_pieces_from_within_a_text():
    words, coded = Vocabulary.of(["well, yes", "I'm 12"])
    assert [words.text(codes) for codes in coded] == ["well, yes", "I'm 12"]
    comma = words.pieces.index(",") + 2
    assert words.text([comma]) == ","
    again = Vocabulary.from_arrays(words.arrays())
    assert again.pieces == words.pieces


def test_wrong_use_is_said(people):
    with pytest.raises(AuditkitError, match="order from 1 to 6, got 0"):
        NgramGenerator(order=0)
    with pytest.raises(AuditkitError, match="smoothing in"):
        NgramGenerator(smoothing=0.0)
    with pytest.raises(
        DataError, match=r"needs text data, got tabular in .*: load a column of texts with modality=.text.\.$"
    ):
        NgramGenerator().fit(people)
