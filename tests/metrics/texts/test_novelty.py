from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.auditing import audit
from auditkit.data import Dataset, TextSamples
from auditkit.data.tokens import text_words
from auditkit.errors import DataError, UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.texts.novelty import ngram_novelty

SUBJECTS = ["the old man", "my sister", "a red car", "nobody here", "the tall tree"]
VERBS = ["walked past", "looked at", "forgot about", "stood beside"]
ENDS = ["the quiet river", "our small house", "a broken fence", "the evening train", "his last letter"]


def said(n, seed):
    rng = np.random.default_rng(seed)
    return [" ".join([*rng.choice(SUBJECTS, 1), *rng.choice(VERBS, 1), *rng.choice(ENDS, 1)]) for _ in range(n)]


def shuffled(texts, seed=0):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.permutation(text.split())) for text in texts]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_it_is_what_a_plain_loop_counts(n):
    real, synthetic = said(30, 0), [*shuffled(said(20, 1)), "", "one"]

    def runs(text):
        words = text_words(text)
        return [tuple(words[place : place + n]) for place in range(len(words) - n + 1)]

    known = {run for text in real for run in runs(text)}
    found = [run not in known for text in synthetic for run in runs(text)]
    assert ngram_novelty(real=real, synthetic=synthetic, n=n) == pytest.approx(np.mean(found), abs=1e-15)
    assert ngram_novelty(real=real, synthetic=real, n=n) == 0.0


def test_words_in_a_random_order_fail_the_gate_and_fresh_texts_do_not():
    def labelled(texts):
        return Dataset.of_table(pd.DataFrame({"n": range(len(texts))}), samples=TextSamples.of(texts))

    real, holdout, fresh = (labelled(said(150, seed)) for seed in range(3))
    for made, verdict in ((fresh, "pass"), (labelled(shuffled(said(150, 7))), "fail")):
        found = audit(real=real, synthetic=made, holdout=holdout, metrics=["ngram_novelty"]).check()
        judged = next(item for item in found.results if item.gate == "word-order")
        assert judged.verdict == verdict
    assert "stand in no training text" in judged.sentence


def test_texts_without_pairs_have_no_novelty():
    with pytest.raises(UndefinedError, match="no synthetic text has 2 words"):
        ngram_novelty(real=["a b"], synthetic=["a", ""])
    with pytest.raises(DataError):
        ngram_novelty(real=[1, 2], synthetic=["a b"])
    assert registry.get("ngram_novelty").modalities == ("text",)
