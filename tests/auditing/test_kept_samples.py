"""A reference keeps what metrics measured on samples: audits against it give the scores of the sets themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.auditing import audit
from auditkit.auditing.kept_samples import measured_arrays, restored_samples
from auditkit.auditing.reference import build_reference, open_reference
from auditkit.data import ArraySamples, Dataset, RecordingSamples, SeriesSamples, TextSamples
from auditkit.errors import UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.raw_samples import RawSamples, measures_of

N = 60
WORDS = np.array([f"word{place}" for place in range(20)])


def made(modality, seed):
    rng = np.random.default_rng(seed)
    samples = {
        "image": lambda: ArraySamples(rng.integers(0, 256, (N, 8, 8, 1), dtype=np.uint8)),
        "text": lambda: TextSamples.of(" ".join(rng.choice(WORDS, rng.integers(0, 14))) for _ in range(N)),
        "audio": lambda: RecordingSamples.of([rng.normal(0, 0.1, rng.integers(300, 600)) for _ in range(N)], rate=8000),
        "series": lambda: SeriesSamples.of([rng.normal(size=(rng.integers(8, 14), 2)) for _ in range(N)]),
    }
    table = pd.DataFrame({"label": rng.choice(["a", "b"], N)})
    return Dataset.of_table(table, label="label", samples=samples[modality]())


def own_metrics(modality):
    return [name for name in registry.names() if registry.get(name).modalities == (modality,)]


@pytest.mark.parametrize("modality", ["image", "text", "audio", "series"])
def test_metrics_of_samples_read_a_reference_as_they_read_the_sets(modality, tmp_path):
    real, holdout, synthetic = (made(modality, seed) for seed in range(3))
    names = own_metrics(modality)
    assert names
    wanted = audit(real=real, synthetic=synthetic, holdout=holdout, metrics=names)
    build_reference(real=real, holdout=holdout, path=tmp_path / "kept.reference")
    found = audit(real=open_reference(tmp_path / "kept.reference"), synthetic=synthetic, metrics=names)
    assert [item.to_json() for item in found.scores] == [item.to_json() for item in wanted.scores]


def test_rows_of_unequal_lengths_come_back_and_damage_is_refused():
    data = made("text", 0)
    arrays = measured_arrays(RawSamples(data.samples))
    back = restored_samples(arrays, n=N, modality="text", schema=data.schema)
    for measure in measures_of("text").values():
        for ours, theirs in zip(back.numbers(measure), RawSamples(data.samples).numbers(measure), strict=True):
            assert np.array_equal(ours, theirs)
    assert len(back.take(np.array([3, 1]))) == 2
    with pytest.raises(UndefinedError, match="a reference holds no samples"):
        back.values()
    starts = next(name for name in arrays if name.startswith("starts."))
    with pytest.raises(ValueError, match="measured"):
        restored_samples(arrays | {starts: arrays[starts][::-1]}, n=N, modality="text", schema=data.schema)
    with pytest.raises(ValueError, match="measured"):
        restored_samples(arrays, n=N + 1, modality="text", schema=data.schema)
