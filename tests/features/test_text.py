from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, TextSamples
from auditkit.errors import AuditkitError, DataError
from auditkit.features.text import NgramEmbedder
from auditkit.features.text_counts import hashed_counts
from auditkit.metrics import holdout_share


def texts(items) -> Dataset:
    return Dataset.of_table(pd.DataFrame({"label": ["a"] * len(items)}), label="label", samples=TextSamples.of(items))


def sentences(n: int, seed: int = 0, topic: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    weights = 1 / np.arange(1, 301)
    return [
        " ".join(f"w{topic * 150 + word}" for word in rng.choice(300, 12, p=weights / weights.sum())) for _ in range(n)
    ]


def test_features_keep_the_lengths_of_texts_and_are_the_leading_directions():
    data = texts(sentences(150))
    embedder = NgramEmbedder().fit(data, seed=0)
    features = embedder.transform(data)
    assert features.shape == (150, 3)
    assert (features.astype(float) ** 2).sum(axis=1) == pytest.approx(np.ones(150), abs=1e-5)
    rows = embedder._weights.rows(hashed_counts(list(data.arrays()))).toarray().astype(float)
    left, size, _ = np.linalg.svd(rows, full_matrices=False)
    assert features[:, 0] == pytest.approx(np.abs(left[:, 0] * size[0]), abs=1e-3)
    assert np.square(features[:, 1].astype(float)).sum() == pytest.approx(size[1] ** 2, rel=0.02)


def test_counts_are_those_of_words_pairs_and_runs():
    counts = hashed_counts(["abc abc", "", "ABC  abc"])
    assert counts.shape == (3, 2**16)
    assert counts.toarray().sum(axis=1).tolist() == [3 + 7 + 6, 0, 3 + 7 + 6]
    assert (counts[[0]] != counts[[2]]).nnz == 0


def test_other_wording_lies_elsewhere():
    data = texts(sentences(400))
    embedder = NgramEmbedder().fit(data, seed=0)
    own, other = (embedder.transform(texts(sentences(400, 1, topic)))[:, 0].mean() for topic in (0, 1))
    assert abs(own - embedder.transform(data)[:, 0].mean()) < 0.02
    assert abs(own - other) > 0.1


def test_fresh_texts_are_as_near_to_the_training_texts_as_to_others():
    train, holdout, fresh = (texts(sentences(500, seed)) for seed in (1, 2, 3))
    embedder = NgramEmbedder().fit(train, seed=0)
    made = {name: embedder.transform(data) for name, data in (("real", train), ("holdout", holdout))}
    assert abs(holdout_share(synthetic=embedder.transform(fresh), **made) - 0.5) < 0.08


def test_the_number_of_threads_changes_nothing(monkeypatch):
    data, found = texts(sentences(300)), []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(NgramEmbedder().fit(data, seed=3).transform(data).tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "items",
    [[""], ["", ""], ["one"], ["😀", "שלום", "你好", "ok", ""], ["same"] * 30, ["...", "!!", "a"]],
)
def test_odd_texts_have_finite_features(items):
    data = texts(items)
    features = NgramEmbedder().fit(data, seed=0).transform(data)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()
    assert not features[[not item.strip() for item in items]].any()


def test_an_empty_set_has_no_features():
    assert NgramEmbedder().fit(texts(sentences(9)), seed=0).transform(texts(["a"]).take([])).shape == (0, 3)


def test_a_coarse_embedder_knows_no_words_of_few_texts():
    data = texts([*sentences(60), "secret address 77"])
    embedder = NgramEmbedder().fit(data, seed=0).coarse().fit(data, seed=0)
    assert embedder.name == "ngrams[carriers=5]"
    assert embedder.coarse() is embedder
    used = set(embedder.state().arrays["used"].tolist())
    assert not used & set(hashed_counts(["secret"]).indices.tolist())


def test_long_texts_and_large_sets_are_read_in_part(monkeypatch):
    from auditkit.features import text

    monkeypatch.setattr(text, "MAX_FITTED", 40)
    monkeypatch.setattr(text, "MAX_FITTED_CHARACTERS", 700)
    embedder = NgramEmbedder().fit(texts([*sentences(60), "a " * 10_001]), seed=0)
    assert "of 61 training texts" in embedder.notes[1]


def test_wrong_use_is_said():
    table = Dataset.of_table(pd.DataFrame({"a": [1.0, 2.0]}))
    with pytest.raises(AuditkitError, match="fitted before"):
        NgramEmbedder().transform(table)
    with pytest.raises(AuditkitError, match="must be fitted"):
        NgramEmbedder().state()
    with pytest.raises(DataError, match="needs texts"):
        NgramEmbedder().fit(table, seed=0)
    with pytest.raises(DataError, match="at least one unit"):
        NgramEmbedder().fit(texts(["a"]).take([]), seed=0)
    with pytest.raises(AuditkitError, match="whole number of carriers"):
        NgramEmbedder(carriers=0)


@pytest.mark.parametrize("carriers", [None, 5])
def test_an_embedder_made_again_from_its_state_gives_the_same_features(carriers):
    data, other = texts(sentences(200)), texts(sentences(50, 1))
    fitted = NgramEmbedder(carriers=carriers).fit(data, seed=0)
    again = NgramEmbedder(carriers=carriers).restore(fitted.state())
    assert again.notes == fitted.notes
    assert fitted.transform(other).tobytes() == again.transform(other).tobytes()
