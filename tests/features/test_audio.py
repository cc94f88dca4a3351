from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, RecordingSamples
from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.features import create_embedder, restore_embedder
from auditkit.features.audio import LogMelEmbedder, spectral_statistics
from auditkit.signals.mel import MelScale


def recordings(waves, rate=8000):
    frame = pd.DataFrame({"word": ["a", "b"] * (len(waves) // 2) + ["a"] * (len(waves) % 2)})
    return Dataset.of_table(frame, label="word", samples=RecordingSamples.of(waves, rate=rate))


def tones(n, seed=0, rate=8000, channels=1):
    """Tones of two pitches with some noise, of unequal lengths."""
    rng = np.random.default_rng(seed)
    waves = []
    for number in range(n):
        time = np.arange(rng.integers(rate // 8, rate // 2)) / rate
        tone = 0.3 * np.sin(2 * np.pi * (300 + 500 * (number % 2)) * time * rng.uniform(0.9, 1.1))
        wave = tone[:, None] + 0.01 * rng.standard_normal((len(time), channels))
        waves.append(wave)
    return waves


def test_tones_of_two_pitches_lie_apart():
    data = recordings(tones(60))
    features = LogMelEmbedder().fit(data, seed=0).transform(data)
    assert features.dtype == np.float32
    low, high = features[::2].mean(axis=0), features[1::2].mean(axis=0)
    assert np.linalg.norm(low - high) > 2 * np.linalg.norm(features[::2] - low, axis=1).mean()


def test_louder_recordings_differ_in_level_only():
    wave, scale = tones(1)[0], MelScale(8000)
    quiet, loud = spectral_statistics(wave * 0.1, scale), spectral_statistics(wave, scale)
    assert loud[0] - quiet[0] == pytest.approx(20, abs=1e-3)
    assert loud[1:] == pytest.approx(quiet[1:], abs=0.02)


def test_twice_as_long_counts_as_six_decibels_of_length():
    scale = MelScale(8000)
    long, short = (spectral_statistics(np.ones((n, 1), np.float32) * 0.5, scale) for n in (16_000, 8000))
    assert long[1] - short[1] == pytest.approx(6, abs=0.01)


def test_the_course_tells_rising_from_falling_and_little_else_does():
    scale = MelScale(8000)
    rng = np.random.default_rng(0)
    rising = (rng.standard_normal((16_000, 1)) * np.linspace(0.01, 1, 16_000)[:, None]).astype(np.float32)
    one, other = spectral_statistics(rising, scale), spectral_statistics(rising[::-1].copy(), scale)
    assert one[:122] == pytest.approx(other[:122], abs=1.0)
    assert one[-20:].mean() - other[-20:].mean() > 10


def test_channels_that_differ_in_level_are_told():
    wave = np.repeat(tones(1)[0], 2, axis=1) * [1.0, 0.1]
    told = spectral_statistics(wave.astype(np.float32), MelScale(8000))[-2:]
    assert told == pytest.approx([10, -10], abs=0.1)


@pytest.mark.parametrize("rate", [50, 8000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_and_very_short_recordings_are_recordings(rate, channels):
    waves = [*tones(8, rate=max(rate, 800), channels=channels), np.zeros((rate, channels)), np.zeros((0, channels))]
    data = recordings([*waves, np.ones((1, channels))], rate=rate)
    features = LogMelEmbedder().fit(data, seed=0).transform(data)
    assert np.isfinite(features).all()


def test_constant_and_single_recordings_are_fitted():
    for data in (recordings([np.zeros(100)] * 5), recordings([np.ones(100)])):
        features = LogMelEmbedder().fit(data, seed=0).transform(data)
        assert features == pytest.approx(0, abs=1e-4)


def test_an_empty_set_has_no_features():
    data = recordings(tones(9))
    assert LogMelEmbedder().fit(data, seed=0).transform(data.take([])).shape == (0, 8)


def test_threads_and_batches_change_nothing(monkeypatch):
    data, found = recordings(tones(150)), []
    for threads in ("1", "2"):
        monkeypatch.setenv("AUDITKIT_THREADS", threads)
        embedder = LogMelEmbedder().fit(data, seed=3)
        found.append(embedder.transform(data).tobytes())
    assert found[0] == found[1]
    assert embedder.transform(data.take([140])) == pytest.approx(embedder.transform(data)[140:141], abs=1e-5)


@pytest.mark.parametrize("name", ["logmel", "logmel[carriers=5]"])
def test_it_is_made_again_from_its_state(name):
    fitted = create_embedder(name, modality="audio").fit(recordings(tones(80)), seed=0)
    again = restore_embedder(name, fitted.state(), modality="audio")
    other = recordings(tones(20, seed=1))
    assert (again.name, again.notes) == (name, fitted.notes)
    assert fitted.transform(other).tobytes() == again.transform(other).tobytes()


def test_a_recording_that_makes_up_a_component_leaves_none_behind():
    waves = [*tones(80), np.where(np.arange(4000) % 1000 < 4, 1.0, 0.0)]
    all_of_them = LogMelEmbedder().fit(recordings(waves), seed=0)
    coarse = all_of_them.coarse().fit(recordings(waves), seed=0)
    assert coarse.coarse() is coarse
    assert coarse.state().arrays["components"].shape[1] < all_of_them.state().arrays["components"].shape[1]


def test_wrong_use_is_said(table):
    data = recordings(tones(9))
    with pytest.raises(AuditkitError, match="fitted before it transforms"):
        LogMelEmbedder().transform(data)
    with pytest.raises(AuditkitError, match="fitted before it keeps its state"):
        LogMelEmbedder().state()
    with pytest.raises(DataError, match="needs recordings"):
        LogMelEmbedder().fit(table, seed=0)
    with pytest.raises(DataError, match="at least one unit"):
        LogMelEmbedder().fit(data.take([]), seed=0)
    with pytest.raises(AuditkitError, match="whole number of carriers"):
        LogMelEmbedder(carriers=0)
    with pytest.raises(ShapeError, match="has 16000 Hz and 1: resample"):
        LogMelEmbedder().fit(data, seed=0).transform(recordings(tones(3), rate=16_000))
