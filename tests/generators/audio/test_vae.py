from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, RecordingSamples
from auditkit.errors import AuditkitError, DataError, ShapeError
from auditkit.generators import Budget, Latent, NotFittedError
from auditkit.generators.audio.pictures import Form, find_coordinates, picture_of, wave_of
from auditkit.generators.audio.vae import AudioVae
from auditkit.signals.levels import loudness
from auditkit.signals.mel import MelScale

SMALL = {"frames": 16, "n_mels": 24, "components": 24, "rounds": 8, "latent": 8, "hidden": 32}


@pytest.fixture(scope="module")
def fitted(calls):
    return AudioVae(**SMALL).fit(calls, seed=0, budget=Budget(steps=300))


def dataset(waves):
    frame = pd.DataFrame({"word": [["yes", "no"][place % 2] for place in range(len(waves))]})
    return Dataset.of_table(frame, label="word", samples=RecordingSamples.of(waves, rate=8000))


def test_a_picture_gives_back_length_loudness_and_spectrum():
    rng = np.random.default_rng(0)
    time = np.arange(3977) / 8000
    wave = (0.2 * np.sin(2 * np.pi * (400 + 900 * time) * time) * np.hanning(len(time)))[:, None]
    form = Form(8000, 1, 48, 64)
    made = wave_of(picture_of(wave, form), form, rng=rng, rounds=32)
    assert made.shape == wave.shape
    assert loudness(made) == pytest.approx(loudness(wave), abs=1e-6)
    scale = MelScale(8000)
    before, after = (10 * np.log10(scale.power(item) + 1e-7) for item in (wave, made))
    assert np.abs(before - after)[5:-5].mean() < 2


def test_coordinates_of_training_recordings_rebuild_their_pictures(calls):
    form = Form(8000, 1, 16, 24)
    coordinates = find_coordinates(calls.samples, form, k=200, rng=np.random.default_rng(0))
    found = coordinates.numbers(coordinates.of(calls.samples))
    expected = np.stack([picture_of(wave, form) for wave in calls.arrays()])
    assert found == pytest.approx(expected, abs=1e-3)


def test_words_are_told_apart_by_ear(fitted):
    made = fitted.sample(60, conditions={"label": {"yes": 30, "no": 30}}, seed=1)
    tops = []
    for wave in made.arrays():
        spectrum = np.abs(np.fft.rfft(wave[:, 0], 8000))
        tops.append(spectrum.argmax() if wave.any() else 0)
    low, high = np.array(tops)[made.label_values == "yes"], np.array(tops)[made.label_values == "no"]
    assert np.mean(low < 900) > 0.8
    assert np.mean(high > 900) > 0.8


def test_lengths_and_loudness_stay_within_those_of_training(fitted, calls):
    made = fitted.sample(40, seed=2)
    lengths = [len(wave) for wave in calls.arrays()]
    assert {min(lengths) <= len(wave) <= max(lengths) for wave in made.arrays()} == {True}
    assert np.abs(np.concatenate([wave.ravel() for wave in made.arrays()])).max() <= 1


def test_it_has_places_to_walk_through(fitted, calls):
    assert isinstance(fitted, Latent)
    places = fitted.encode(calls)
    assert places.shape == (len(calls), 8)
    assert fitted.encode(calls.take([])).shape == (0, 8)
    again = fitted.decode(places[5:9], conditions={"label": "no"}, seed=1)
    assert set(again.label_values) == {"no"}
    assert again.hash == fitted.decode(places[5:9], conditions={"label": "no"}, seed=1).hash
    with pytest.raises(ShapeError, match=r"of shape \(n, 8\)"):
        fitted.decode(np.zeros((2, 3)))
    with pytest.raises(DataError, match="expected recordings of 8000 Hz"):
        fitted.encode(Dataset.of_table(calls.table, label="word", samples=RecordingSamples(calls.arrays(), 16_000)))


def test_it_says_that_it_is_experimental(fitted):
    assert any(note.startswith("experimental") for note in fitted.fit_report.notes)
    assert "experimental" in fitted.info.summary


@pytest.mark.parametrize("channels", [1, 2])
def test_silence_single_samples_and_few_recordings_are_learnt(channels):
    rng = np.random.default_rng(0)
    waves = [np.zeros((300, channels)), np.zeros((0, channels)), 0.1 * rng.standard_normal((500, channels))]
    for given in (waves, waves[:1], waves[2:]):
        made = AudioVae(steps=3, noise=True, **SMALL).fit(dataset(given)).sample(4, seed=0)
        assert made.samples.shape == (channels,)
        assert all(np.isfinite(wave).all() for wave in made.arrays())


def test_wrong_use_is_said(people):
    with pytest.raises(NotFittedError):
        AudioVae().sample(1)
    with pytest.raises(AuditkitError, match="`frames` of the audio generator 'vae' must be a whole number"):
        AudioVae(frames=0)
    with pytest.raises(DataError, match="needs audio data, got tabular"):
        AudioVae().fit(people)
