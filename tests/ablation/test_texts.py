"""Ablations of texts: the numbers are those of TF-IDF and logistic regression in plain scikit-learn."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, hstack, vstack
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, recall_score

from auditkit.ablation.result import Ablation
from auditkit.ablation.run import ablate
from auditkit.blocks import single_threaded
from auditkit.data import Dataset, TextSamples
from auditkit.errors import DataError
from auditkit.features.text_counts import BUCKETS, hashed_counts

REPEATS = 2


def read(path: Path) -> pd.DataFrame:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return pd.DataFrame([json.loads(line) for line in lines])


def texts(frame: pd.DataFrame, groups: tuple[str, ...] = ()) -> Dataset:
    table = frame[["label", *groups]].astype(str).reset_index(drop=True)
    return Dataset.of_table(table, label="label", groups=groups, samples=TextSamples.of(frame["text"]))


def weighted(train: Dataset, sets: list[Dataset]) -> list[csr_array]:
    """Words and characters weighted apart by scikit-learn, on n-grams that two training texts hold."""
    counts = hashed_counts(list(train.arrays()))
    held = np.bincount(counts.indices, minlength=2 * BUCKETS)
    places = np.arange(2 * BUCKETS)
    kinds = [np.flatnonzero((held > 1) & kind) for kind in (places < BUCKETS, places >= BUCKETS)]
    fitted = [TfidfTransformer(sublinear_tf=True).fit(counts[:, kind]) for kind in kinds]
    found = []
    for dataset in sets:
        rows = hashed_counts(list(dataset.arrays())).astype(float)
        found.append(
            csr_array(hstack([tfidf.transform(rows[:, kind]) for tfidf, kind in zip(fitted, kinds, strict=True)]))
            / np.sqrt(2)
        )
    return found


def drawn(classes: np.ndarray, repeat: int, name: str) -> np.ndarray:
    """80 % of every class, permuted by a generator of the seed, the repeat and the set's name."""
    rng = np.random.default_rng(np.random.SeedSequence([0, repeat, zlib.crc32(name.encode())]))
    rows = [rng.permutation(np.flatnonzero(classes == level)) for level in np.unique(classes)]
    return np.sort(np.concatenate([part[: max(1, round(0.8 * len(part)))] for part in rows]))


def said(real: Dataset, test: Dataset) -> list[np.ndarray]:
    """Labels that models of each repeat give the test texts."""
    left, right = weighted(real, [real, test])
    labels = np.asarray(real.label_values, dtype=str)
    found = []
    for repeat in range(REPEATS):
        rows = drawn(labels, repeat, "real")
        with single_threaded():
            found.append(LogisticRegression(C=10, max_iter=2000).fit(left[rows], labels[rows]).predict(right))
    return found


def value(found: Ablation, measure: str, arm: str = "real", **where: str) -> float:
    (score,) = [
        score
        for score in found.scores
        if score.metric == "ablation_score" and dict(score.where) == {"arm": arm, "measure": measure, **where}
    ]
    assert score.value is not None
    return score.value


def split(frame: pd.DataFrame, n: int, groups: tuple[str, ...] = ()) -> tuple[Dataset, Dataset]:
    frame = frame.sample(n, random_state=0).reset_index(drop=True)
    return texts(frame.iloc[: n * 2 // 3], groups), texts(frame.iloc[n * 2 // 3 :], groups)


def test_a_rare_class_of_messages_is_told_as_scikit_learn_does(shared_data: Callable[..., Path]) -> None:
    real, test = split(read(shared_data("text_sms_spam") / "sms_spam.jsonl.gz"), 1500)
    found = ablate(real=real, test=test, arms={}, repeats=REPEATS)
    truth = np.asarray(test.label_values, dtype=str)
    theirs = said(real, test)
    assert found.about["models"] == ["logistic"]
    assert value(found, "balanced_accuracy") == pytest.approx(
        np.mean([balanced_accuracy_score(truth, item) for item in theirs]), abs=1e-9
    )
    rare = np.mean([f1_score(truth, item, pos_label="spam") for item in theirs])
    assert value(found, "minority_f1") == pytest.approx(rare, abs=1e-9)
    assert rare >= 0.85


def test_sentences_that_a_model_wrote_are_learnt_from_as_scikit_learn_does(shared_data: Callable[..., Path]) -> None:
    folder = shared_data("text_sst2_real_vs_generated")
    real = texts(read(folder / "real_train.jsonl.gz").sample(900, random_state=0))
    test = texts(read(folder / "real_test.jsonl.gz").sample(600, random_state=0))
    made = texts(read(folder / "gen_supergen_ctrl.jsonl.gz").sample(900, random_state=0))
    found = ablate(real=real, test=test, arms={"written": made}, repeats=REPEATS)
    rows, others, right = weighted(real, [real, made, test])
    truth = np.asarray(test.label_values, dtype=str)
    y, z = (np.asarray(part.label_values, dtype=str) for part in (real, made))
    theirs: dict[str, list[float]] = {"real": [], "real+written": []}
    for repeat in range(REPEATS):
        mine = drawn(y, repeat, "real")
        both = vstack([rows[mine], others[drawn(z, repeat, "written")]], format="csr")
        labels = np.concatenate([y[mine], z[drawn(z, repeat, "written")]])
        for name, x, known in (("real", rows[mine], y[mine]), ("real+written", both, labels)):
            with single_threaded():
                said = LogisticRegression(C=10, max_iter=2000).fit(x, known).predict(right)
            theirs[name].append(balanced_accuracy_score(truth, said))
    for name, known in theirs.items():
        assert value(found, "balanced_accuracy", name) == pytest.approx(np.mean(known), abs=1e-9), name
    assert value(found, "balanced_accuracy") >= 0.68


def test_labels_against_an_identity_show_in_its_rates_as_scikit_learn_has_them(
    shared_data: Callable[..., Path],
) -> None:
    frame = read(shared_data("text_identity_templates") / "madlibs_identity.jsonl.gz")
    names = ["gay", "white", "muslim", "blind", "european", "young"]
    frame = frame[frame["identity"].isin(names)].sample(frac=1, random_state=0).reset_index(drop=True)
    told = frame.iloc[: len(frame) // 2].copy()
    told.loc[told["identity"] == "gay", "label"] = "BAD"
    real, test = texts(told, ("identity",)), texts(frame.iloc[len(frame) // 2 :], ("identity",))
    found = ablate(real=real, test=test, arms={}, repeats=REPEATS)
    positive = found.about["positive"]
    truth, group = (np.asarray(item, dtype=str) for item in (test.label_values, test.group_values("identity")))
    theirs = said(real, test)
    for name in names:
        of = group == name
        rate = np.mean([(item[of] == positive).mean() for item in theirs])
        recall = np.mean([recall_score(truth[of], item[of], pos_label=positive) for item in theirs])
        assert value(found, "selection_rate", identity=name) == pytest.approx(rate, abs=1e-9)
        assert value(found, "tpr", identity=name) == pytest.approx(recall, abs=1e-9)
    told_bad = {name: value(found, "selection_rate", identity=name) for name in names}
    worst = (
        min(told_bad, key=told_bad.__getitem__) if positive == "NOT_BAD" else max(told_bad, key=told_bad.__getitem__)
    )
    assert worst == "gay"


def messages(*found: str) -> Dataset:
    labels = [("ham", "spam")[place % 2] for place in range(len(found))]
    return texts(pd.DataFrame({"text": found, "label": labels}))


def test_texts_without_a_word_are_told_by_their_marks_and_empty_ones_are_refused() -> None:
    marks = messages(*(["....", "!!!!"] * 20))
    found = ablate(real=marks, test=marks, arms={}, repeats=2, models=("logistic", "network"))
    for model in ("logistic", "network"):
        assert value(found, "balanced_accuracy", model=model) == 1.0
    empty = messages(*([""] * 40))
    with pytest.raises(DataError, match="all are empty"):
        ablate(real=empty, test=marks, arms={}, repeats=2)


@pytest.mark.parametrize("kind", ["noise", "fgsm=0.1"])
def test_words_are_not_moved_a_little(kind: str) -> None:
    marks = messages(*(["see you", "win cash"] * 20))
    with pytest.raises(DataError, match="words cannot be moved a little"):
        ablate(real=marks, test=marks, arms={}, repeats=2, perturb=(kind,))
