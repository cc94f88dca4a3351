from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

import auditkit.metrics
from auditkit.auditing import audit
from auditkit.data import Dataset, TextSamples
from auditkit.errors import AuditkitError, DataError, SampleSizeError, UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.products import Side
from auditkit.metrics.texts.min_hash import highest_similarities
from auditkit.metrics.texts.near_copies import near_copy_share, near_repeat_share
from auditkit.metrics.texts.overlap import longest_shared_run, ngram_overlap
from auditkit.metrics.texts.variety import distinct_n, self_repetition
from auditkit.metrics.texts.vocabulary import new_word_share, text_length_similarity, vocabulary_coverage
from auditkit.metrics.texts.wording import Shingles, text_sides

NAMES = [name for name in registry.names() if registry.get(name).modalities == ("text",)]
ODD = ["", "!!", "\U0001f600 ok", "שלום עולם", "你好你好", "one", "मन में", "na\u00efve x"]


def sentences(n, seed=0, kinds=60):
    """Texts of 3 to 14 words, the first words being the commonest."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, kinds + 1)
    return [
        " ".join(f"word{item}" for item in rng.choice(kinds, rng.integers(3, 15), p=share / share.sum()))
        for _ in range(n)
    ]


def call(name, real, synthetic, **parameters):
    function = registry.get(name).function
    sets = {"real": real, "synthetic": synthetic}
    return function(
        **{role: items for role, items in sets.items() if role in inspect.signature(function).parameters}, **parameters
    )


def runs(texts, n):
    return [tuple(words[at : at + n]) for words in map(str.split, texts) for at in range(len(words) - n + 1)]


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_of_texts_is_exported_and_documented(name):
    metric = registry.get(name)
    assert getattr(auditkit.metrics, name) is metric.function
    text = inspect.getdoc(metric.function)
    for section in ("Parameters", "Returns", "Raises", "Notes", "References", "Examples"):
        assert f"{section}\n{'-' * len(section)}" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_of_texts_reads_any_rows_and_any_texts(name):
    real, synthetic = sentences(40), sentences(30, 1)
    whole = call(name, real, synthetic)
    assert call(name, real[::-1], synthetic[::-1]) == pytest.approx(whole, abs=1e-12)
    low, high = registry.get(name).bounds
    found = call(name, [*real, *ODD], [*ODD, "a b c d e"])
    assert low <= found
    assert high is None or found <= high
    sides = text_sides(real=real, synthetic=synthetic)
    metric = registry.get(name)
    taken = {role: side.take(np.arange(0, len(side), 2)) for role, side in sides.items() if role in metric.roles}
    reading = registry.evaluate(metric.reads, taken, **metric.parameters)
    assert reading.value == call(name, real[::2], synthetic[::2])
    if reading.interval is not None:
        assert reading.interval[0] <= reading.value <= reading.interval[1]


IDENTITY = {
    "near_copy_share": 1.0,
    "text_length_similarity": 1.0,
    "new_word_share": 0.0,
    "vocabulary_coverage": 1.0,
}


@pytest.mark.parametrize(("name", "expected"), list(IDENTITY.items()))
def test_identical_sets_have_the_known_value(name, expected):
    texts = sentences(40)
    assert call(name, texts, texts) == expected


@pytest.mark.parametrize("n", [1, 2, 3])
def test_distinct_runs_are_those_of_equally_many_drawn(n):
    rng = np.random.default_rng(0)
    real, synthetic = sentences(25), sentences(60, 1)
    mine, size = runs(synthetic, n), len(runs(real, n))
    draws = [len({mine[at] for at in rng.choice(len(mine), size, replace=False)}) / size for _ in range(400)]
    assert distinct_n(real=real, synthetic=synthetic, n=n) == pytest.approx(np.mean(draws), abs=0.01)
    small = sentences(10, 2)
    assert distinct_n(real=real, synthetic=small, n=n) == pytest.approx(len(set(runs(small, n))) / len(runs(small, n)))


def test_the_interval_of_distinct_runs_covers_fresh_sets():
    metric = registry.get("distinct_n")
    reading = registry.evaluate(metric.reads, text_sides(real=sentences(300), synthetic=sentences(300, 1)), n=2)
    spread = np.std([distinct_n(real=sentences(300), synthetic=sentences(300, seed)) for seed in range(2, 22)])
    half = (reading.interval[1] - reading.interval[0]) / 2
    assert 1.2 * spread < half < 3.5 * spread


@pytest.mark.parametrize("n", [2, 4])
def test_shared_runs_are_those_of_plain_loops(n):
    real, synthetic = sentences(40, kinds=20), sentences(50, 1, kinds=20)
    held = set(runs(real, n))
    expected = np.mean([bool(set(runs([text], n)) & held) for text in synthetic])
    assert ngram_overlap(real=real, synthetic=synthetic, n=n) == expected
    others = [
        set(runs([text], n)) & set(runs([*synthetic[:at], *synthetic[at + 1 :]], n))
        for at, text in enumerate(synthetic)
    ]
    assert self_repetition(synthetic=synthetic, n=n) == pytest.approx(np.mean([bool(item) for item in others]))


def test_longest_runs_are_those_of_plain_loops():
    real, synthetic = sentences(30, kinds=12), sentences(20, 1, kinds=12)
    longest = [
        max((n for n in range(1, 15) if set(runs([text], n)) & set(runs(real, n))), default=0) for text in synthetic
    ]
    assert longest_shared_run(real=real, synthetic=synthetic) == pytest.approx(np.mean(longest))
    assert longest_shared_run(real=["a b " * 90], synthetic=["b " + "a b " * 90]) == 100.0


def test_likest_texts_are_those_of_all_pairs():
    rng = np.random.default_rng(3)
    real = sentences(60)
    synthetic = [" ".join(word for word in text.split() if rng.random() > 0.15) for text in real]
    sets = [
        [{f" {text} "[at : at + 5] for at in range(max(len(text) - 2, 1))} if text else set() for text in side]
        for side in (real, synthetic)
    ]
    exact = np.array([max(len(one & other) / len(one | other) for other in sets[0]) for one in sets[1]])
    metric = registry.get("near_copy_share")
    assert near_copy_share(real=real, synthetic=synthetic) == pytest.approx((exact >= 0.6).mean(), abs=1 / 60)
    assert near_copy_share(real=real, synthetic=synthetic, threshold=0.9) == (exact >= 0.9).mean()
    assert metric.function is near_copy_share


def test_a_text_is_no_copy_of_itself_but_of_its_twin():
    texts = ["so it goes on", "quite another text here", "So  it goes on"]
    assert near_repeat_share(synthetic=texts) == pytest.approx(2 / 3)
    assert near_repeat_share(synthetic=["", "", "a"]) == 0.0


def test_crowded_buckets_are_read_in_part():
    same = np.arange(5, dtype=np.uint64)
    sets = np.empty(500, dtype=object)
    sets[:] = [same] * 500
    assert highest_similarities(Shingles(sets), Shingles(sets), within=True).tolist() == [1.0] * 500


def test_lengths_are_compared_by_kolmogorov_and_smirnov():
    real, synthetic = sentences(50), sentences(70, 1)
    for unit, size in (("words", lambda text: len(text.split())), ("characters", len)):
        expected = 1 - ks_2samp([size(text) for text in real], [size(text) for text in synthetic]).statistic
        assert text_length_similarity(real=real, synthetic=synthetic, unit=unit) == pytest.approx(expected)


def test_words_are_counted_as_often_as_they_occur():
    assert new_word_share(real=["a b"], synthetic=["a a c", "c"]) == 0.5
    assert vocabulary_coverage(real=["a a b", "c"], synthetic=["A!"]) == 0.5


def made(texts, seed):
    table = pd.DataFrame({"label": np.random.default_rng(seed).choice(["x", "y"], len(texts))})
    return Dataset.of_table(table, label="label", samples=TextSamples.of(texts))


def test_an_audit_reads_texts_beside_a_yardstick():
    real, holdout = made(sentences(150), 0), made(sentences(150, 1), 1)
    copied = [*sentences(150)[:75], *["so it is, so it was and so it will be"] * 75]
    found = audit(real=real, synthetic=made(copied, 2), holdout=holdout, seed=0)
    for name in ("ngram_overlap", "near_copy_share", "distinct_n", "self_repetition"):
        assert found.scores[name].excess.value > 0.2, name
    fresh = audit(real=real, synthetic=made(sentences(150, 2), 2), holdout=holdout, seed=0)
    failed = [item.gate for item in fresh.check().results if item.verdict == "fail"]
    assert failed == []


def test_wrong_use_is_said():
    with pytest.raises(DataError, match="`synthetic` holds no texts"):
        new_word_share(real=["a"], synthetic="a")
    with pytest.raises(DataError, match="missing text"):
        new_word_share(real=["a"], synthetic=["a", None])
    with pytest.raises(SampleSizeError, match="`real` has no texts"):
        new_word_share(real=[], synthetic=["a"])
    with pytest.raises(UndefinedError, match="no synthetic text has a word"):
        new_word_share(real=["a"], synthetic=[""])
    with pytest.raises(UndefinedError, match="no real text has 2 words"):
        distinct_n(real=["a"], synthetic=["a b"])
    with pytest.raises(AuditkitError, match="n"):
        ngram_overlap(real=["a"], synthetic=["a"], n=0)
    with pytest.raises(UndefinedError, match="texts at hand"):
        registry.evaluate(
            registry.get("new_word_share").reads, dict.fromkeys(("real", "synthetic"), Side(np.zeros((2, 1))))
        )
