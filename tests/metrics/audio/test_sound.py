from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ks_2samp

import auditkit.metrics
from auditkit.auditing import audit
from auditkit.data import Dataset, RecordingSamples
from auditkit.errors import DataError, SampleSizeError, ShapeError, UndefinedError
from auditkit.metrics import registry
from auditkit.metrics.audio.sound import (
    clipped_share,
    duration_similarity,
    loudness_similarity,
    pause_similarity,
    silent_share,
    spectral_balance_similarity,
)
from auditkit.metrics.products import Side
from auditkit.signals.levels import clipped_samples, loudness, quiet_share

RATE = 8000
NAMES = [name for name in registry.names() if registry.get(name).modalities == ("audio",)]
IDENTITY = {
    "loudness_similarity": 1.0,
    "duration_similarity": 1.0,
    "pause_similarity": 1.0,
    "spectral_balance_similarity": 1.0,
    "clipped_share": 0.0,
    "silent_share": 0.0,
}


def words(n, seed=0, *, channels=1):
    """Noisy tones with a pause, of unequal lengths and levels."""
    rng = np.random.default_rng(seed)
    waves = []
    for _ in range(n):
        time = np.arange(rng.integers(1200, 4000)) / RATE
        tone = np.sin(2 * np.pi * rng.uniform(200, 2000) * time) + 0.2 * rng.standard_normal(len(time))
        pause = time < rng.uniform(0.02, 0.06)
        waves.append(np.repeat((np.where(pause, 0.0, tone) * rng.uniform(0.05, 0.4))[:, None], channels, axis=1))
    return waves


def worse(waves, amount):
    """Louder, longer, noisier and duller the larger the amount."""
    rng = np.random.default_rng(5)
    made = []
    for wave in waves:
        longer = np.concatenate([wave, np.zeros((int(amount * 2000), wave.shape[1]))])
        made.append(longer * (1 - 0.5 * amount) + 0.1 * amount * rng.standard_normal(longer.shape))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_what_every_metric_of_audio_keeps(name):
    metric = registry.get(name)
    assert metric.function is getattr(auditkit.metrics, name)
    assert {item.kind for item in inspect.signature(metric.function).parameters.values()} == {
        inspect.Parameter.KEYWORD_ONLY
    }
    sets = {"real": words(40), "synthetic": words(30, seed=1)}
    value = metric.function(**sets, rate=RATE)
    assert 0 <= value <= 1
    assert metric.function(real=sets["real"], synthetic=sets["real"], rate=RATE) == IDENTITY[name]
    turned = {role: waves[::-1] for role, waves in sets.items()}
    assert metric.function(**turned, rate=RATE) == value
    narrow = {role: [wave.astype(np.float32) for wave in waves] for role, waves in sets.items()}
    assert metric.function(**narrow, rate=RATE) == value


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("similarity")])
def test_more_damage_is_worse(name):
    real = words(60)
    found = [
        registry.get(name).function(real=real, synthetic=worse(words(60, seed=1), amount), rate=RATE)
        for amount in (0.0, 0.3, 1.0)
    ]
    assert found[0] >= found[1] >= found[2]
    assert found[0] > found[2]


def test_similarities_are_those_of_scipy():
    real, synthetic = words(40), worse(words(25, seed=1), 0.2)
    for ours, number in (
        (loudness_similarity, loudness),
        (duration_similarity, len),
        (pause_similarity, lambda wave: quiet_share(wave, rate=RATE)),
    ):
        values = [[number(np.float32(wave)) for wave in waves] for waves in (real, synthetic)]
        expected = 1 - ks_2samp(*values).statistic
        assert ours(real=real, synthetic=synthetic, rate=RATE) == pytest.approx(expected, abs=1e-12)


def test_a_gain_moves_loudness_only():
    real = words(40)
    quiet = [wave / 8 for wave in real]
    assert loudness_similarity(real=real, synthetic=quiet, rate=RATE) < 0.1
    assert spectral_balance_similarity(real=real, synthetic=quiet, rate=RATE) > 0.99
    assert duration_similarity(real=real, synthetic=quiet, rate=RATE) == 1.0


def test_the_band_that_differs_most_is_named():
    real = words(40)
    hissing = [
        wave + 0.2 * np.diff(np.random.default_rng(0).standard_normal((len(wave) + 1, 1)), axis=0) for wave in real
    ]
    sides = {role: _side(waves) for role, waves in (("real", real), ("synthetic", hissing))}
    reading = registry.evaluate(registry.get("spectral_balance_similarity").reads, sides)
    assert reading.details["worst_band"].endswith("Hz")
    assert reading.details["louder_by_db"] > 3


def _side(waves):
    from auditkit.metrics.raw_samples import RawSamples

    return Side(np.zeros((len(waves), 0)), samples=RawSamples(RecordingSamples.of(waves, rate=RATE)))


@pytest.mark.parametrize("level", [0.02, 0.3, 1.0])
@pytest.mark.parametrize("bits", [None, 16])
def test_cut_tops_are_found_at_any_level(level, bits):
    wave = words(1)[0]
    cut = np.clip(wave, -0.5 * np.abs(wave).max(), 0.5 * np.abs(wave).max())
    cut, wave = (item / np.abs(item).max() * level for item in (cut, wave))
    if bits is not None:
        cut, wave = (np.round(item * 32767) / 32767 for item in (cut, wave))
    assert clipped_samples(wave) == 0
    assert clipped_samples(cut) > 0


@pytest.mark.parametrize("rate", [8000, 44_100, 192_000])
def test_round_tops_of_slow_tones_are_not_cut(rate):
    tone = np.round(np.sin(2 * np.pi * 50 * np.arange(rate // 5) / rate) * 9000)[:, None] / 32767
    assert clipped_samples(tone) == 0


def test_silence_is_counted_and_has_no_balance():
    silent = [np.zeros((800, 1)), np.zeros((0, 1)), np.full((800, 1), 1e-4)]
    assert silent_share(synthetic=[*silent, *words(1)], rate=RATE) == 0.75
    assert clipped_share(synthetic=silent, rate=RATE) == 0.0
    assert loudness(silent[0]) == -100.0
    with pytest.raises(UndefinedError, match="no synthetic recording has a sound"):
        spectral_balance_similarity(real=words(5), synthetic=silent, rate=RATE)


def test_wrong_sets_are_refused():
    waves = words(3)
    with pytest.raises(DataError, match="without a rate"):
        loudness_similarity(real=waves, synthetic=waves)
    with pytest.raises(DataError, match="holds no recordings"):
        loudness_similarity(real=waves, synthetic="waves.wav", rate=RATE)
    with pytest.raises(SampleSizeError, match="`synthetic` has no recordings"):
        loudness_similarity(real=waves, synthetic=[], rate=RATE)
    with pytest.raises(ShapeError, match="8000 Hz and `synthetic` 16000 Hz"):
        loudness_similarity(real=recordings(waves), synthetic=recordings(waves, rate=16_000))


def recordings(waves, rate=RATE):
    frame = pd.DataFrame({"word": ["a", "b"] * (len(waves) // 2) + ["a"] * (len(waves) % 2)})
    return Dataset.of_table(frame, label="word", samples=RecordingSamples.of(waves, rate=rate))


def test_an_audit_of_recordings_reads_them_beside_fresh_ones():
    real, holdout = recordings(words(150)), recordings(words(100, seed=1))
    found = audit(real=real, synthetic=recordings(worse(words(100, seed=2), 0.5)), holdout=holdout, metrics=NAMES)
    assert found.scores["loudness_similarity"].value < 0.7
    assert found.scores["loudness_similarity"].excess.low > 0
    assert found.scores["silent_share"].value == 0.0
    fresh = audit(real=real, synthetic=recordings(words(100, seed=3)), holdout=holdout, metrics=NAMES)
    assert all(score.status == "ok" for score in fresh.scores if not score.where)
    assert all(score.excess.low <= 0.05 for score in fresh.scores if not score.where)
