from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, RecordingSamples
from auditkit.errors import AuditkitError, DataError, SampleSizeError, UnknownNameError
from auditkit.generators.audio.augment import AudioAugment
from auditkit.generators.audio.operations import OPERATIONS


def dataset(waves, rate=8000):
    frame = pd.DataFrame({"word": [["yes", "no"][place % 2] for place in range(len(waves))]})
    return Dataset.of_table(frame, label="word", samples=RecordingSamples.of(waves, rate=rate))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_changes_recordings_and_most_keep_lengths(calls, operation):
    fitted = AudioAugment(operations=[operation], n_operations=1).fit(calls)
    made = fitted.sample(12, seed=3)
    held = {wave.tobytes() for wave in calls.arrays()}
    known = {len(wave) for wave in calls.arrays()}
    waves = [wave for wave in made.arrays() if np.abs(wave).max(initial=0.0) > 0.01]
    assert sum(wave.tobytes() in held for wave in waves) <= len(waves) // 3
    assert operation == "stretch" or {len(wave) for wave in made.arrays()} <= known
    assert all(np.isfinite(wave).all() and np.abs(wave).max(initial=0.0) <= 1 for wave in made.arrays())


def test_samples_lie_on_the_levels_of_the_training_recordings(calls):
    levels = np.concatenate([wave.ravel() for wave in calls.arrays()]) * 32_768
    assert np.array_equal(levels, np.rint(levels))
    made = np.concatenate([wave.ravel() for wave in AudioAugment().fit(calls).sample(20, seed=1).arrays()]) * 32_768
    assert np.array_equal(made, np.rint(made))


def test_too_loud_recordings_are_made_quieter_as_a_whole():
    wave = np.sin(np.arange(4000.0) / 7) * 0.9
    fitted = AudioAugment(operations=["gain"], n_operations=1, strength=3).fit(dataset([wave]))
    for made in fitted.sample(8, seed=0).arrays():
        assert np.abs(made).max() <= 1
        assert np.corrcoef(made[:, 0], wave)[0, 1] > 0.999999


def test_recordings_beyond_full_scale_may_stay_there():
    made = AudioAugment(operations=["polarity"], n_operations=1).fit(dataset([np.full(50, 2.5)])).sample(1)
    assert made.arrays()[0].min() == -2.5


def test_mixtures_stay_within_the_label(calls):
    quiet = [
        wave * (0.0 if word == "no" else 1.0) for wave, word in zip(calls.arrays(), calls.label_values, strict=True)
    ]
    data = Dataset.of_table(calls.table[["word"]], label="word", samples=RecordingSamples.of(quiet, rate=8000))
    made = AudioAugment(operations=["mixup"], n_operations=1).fit(data).sample(20, conditions={"label": "no"}, seed=1)
    assert all(not wave.any() for wave in made.arrays())


def test_conditions_are_met_exactly(calls):
    fitted = AudioAugment().fit(calls)
    made = fitted.sample(9, conditions={"label": {"yes": 6, "no": 3}, "voice": "low"}, seed=2)
    assert sorted(made.label_values) == ["no"] * 3 + ["yes"] * 6
    assert set(made.group_values("voice")) == {"low"}


@pytest.mark.parametrize("channels", [1, 2])
def test_silence_and_single_samples_are_augmented_too(channels):
    waves = [np.zeros((400, channels)), np.zeros((0, channels)), np.ones((1, channels)) * 0.5]
    made = AudioAugment(operations=list(OPERATIONS), n_operations=12).fit(dataset(waves)).sample(9, seed=0)
    assert made.samples.shape == (channels,)
    assert all(np.isfinite(wave).all() for wave in made.arrays())


def test_threads_change_nothing(calls, monkeypatch):
    found = []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        found.append(AudioAugment().fit(calls).sample(70, seed=5).hash)
    assert found[0] == found[1]


def test_wrong_settings_are_said(calls, people):
    with pytest.raises(UnknownNameError, match="did you mean 'noise'"):
        AudioAugment(operations=["nois"])
    with pytest.raises(AuditkitError, match="n_operations must be 1 to 1"):
        AudioAugment(operations=["gain"], n_operations=2)
    with pytest.raises(AuditkitError, match="at least one operation"):
        AudioAugment(operations=[], n_operations=1)
    with pytest.raises(AuditkitError, match="strength must lie"):
        AudioAugment(strength=4)
    with pytest.raises(DataError, match="needs audio data, got tabular"):
        AudioAugment().fit(people)
    with pytest.raises(SampleSizeError, match="at least one sample"):
        AudioAugment().fit(calls.take([]))
