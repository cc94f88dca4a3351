"""Ablations of texts, recordings and series: models on features that the real training set alone decides."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.ablation.problem import prepare
from auditkit.ablation.run import ablate
from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples

WORDS = {
    "ham": ["see", "you", "at", "home", "for", "dinner", "with", "mother"],
    "spam": ["win", "free", "cash", "prize", "call", "now", "urgent"],
}


def made(modality: str, n: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(n) < 0.5, "ham", "spam")
    high = np.where(labels == "ham", 1.0, 3.0)
    if modality == "text":
        samples = TextSamples.of(" ".join(rng.choice(WORDS[label], 6)) for label in labels)
    elif modality == "audio":
        time = np.arange(800)
        waves = [0.3 * np.sin(time * k / 8) + 0.01 * rng.normal(size=800) for k in high]
        samples = RecordingSamples.of(waves, rate=8000)
    else:
        samples = SeriesSamples.of([np.sin(np.arange(30) * k / 4) + 0.1 * rng.normal(size=30) for k in high])
    return Dataset.of_table(pd.DataFrame({"label": labels}), label="label", samples=samples)


@pytest.mark.parametrize("modality", ["text", "audio", "series"])
def test_models_learn_from_features_of_the_default_embedder(modality: str) -> None:
    real, test, synthetic = (made(modality, 60, seed) for seed in range(3))
    found = ablate(real=real, test=test, arms={"all": synthetic}, models=("boosting", "network"), repeats=2, seed=0)
    scores = [score for score in found.scores if score.metric == "ablation_score"] or list(found.scores)
    assert {score.where.get("model", "logistic") for score in scores} <= {"logistic", "network"}
    best = [score.value for score in found.scores if score.where.get("arm") == "synthetic" and score.value is not None]
    assert max(best) >= 0.95
    told = "TF-IDF weights" if modality == "text" else "features of the embedder"
    assert any(told in note for note in found.about["notes"])


def test_the_embedder_learns_from_the_real_set_alone() -> None:
    real, test = made("text", 40, 0), made("text", 40, 1)
    alone = prepare({"real": real, "test": test}).sets["test"]
    beside = prepare({"real": real, "test": test, "all": made("text", 60, 2)}).sets["test"]
    assert alone is not None
    assert beside is not None
    assert np.array_equal(alone.features.values, beside.features.values)
