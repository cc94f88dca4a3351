"""Small seeded datasets that generators are fitted on."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import ArraySamples, Dataset, RecordingSamples, SeriesSamples, TextSamples


@pytest.fixture(scope="session")
def people() -> Dataset:
    """A table with every kind of column, missing cells, a label and two groups."""
    rng = np.random.default_rng(5)
    n = 400
    sex = rng.choice(["Female", "Male"], size=n, p=[0.4, 0.6])
    age = rng.integers(18, 80, size=n)
    rich = rng.random(n) < np.where(sex == "Male", 0.5, 0.2)
    hours = np.where(rich, 45, 38) + rng.integers(-5, 6, size=n).astype(float)
    hours[rng.random(n) < 0.1] = np.nan
    city = rng.choice(["Rome", "Oslo", "Bern"], size=n).astype(object)
    city[rng.random(n) < 0.1] = None
    frame = pd.DataFrame(
        {
            "name": [f"r{i:04d}" for i in range(n)],
            "age": age,
            "pay": np.round(rng.gamma(2.0, 900.0, size=n) * (1 + rich), 2),
            "hours": hours,
            "sex": sex,
            "city": city,
            "married": rng.random(n) < 0.5,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, size=n), unit="D"),
            "planet": "Earth",
            "grade": rng.integers(1, 4, size=n),
            "income": np.where(rich, ">50K", "<=50K"),
        }
    )
    columns = {"name": "id", "grade": "category"}
    return Dataset.of_table(frame, label="income", groups=["sex", "married"], columns=columns, source="people")


@pytest.fixture(scope="session")
def stripes() -> Dataset:
    """Grey 8x8 images of two classes with a group."""
    rng = np.random.default_rng(6)
    n = 240
    label = np.array(["across", "down"])[rng.integers(2, size=n)]
    pixels = rng.integers(0, 60, size=(n, 8, 8, 1))
    pixels[label == "across", ::2] += 150
    pixels[label == "down", :, ::2] += 150
    table = pd.DataFrame({"label": label, "site": rng.choice(["north", "south"], size=n)})
    return Dataset.of_table(
        table, label="label", groups=["site"], samples=ArraySamples(pixels.astype(np.uint8)), source="stripes"
    )


@pytest.fixture(scope="session")
def verses() -> Dataset:
    """Short sentences of two classes with a group and a column that plays no role; some are empty or say nothing."""
    rng = np.random.default_rng(7)
    n = 160
    label = np.array(["fond", "cross"])[rng.integers(2, size=n)]
    words = {"fond": "lovely bright warm kind witty", "cross": "dull cold grim flat noisy"}
    things = ["the film", "a plot", "this play", "each scene", "her voice"]
    texts = [
        f"{rng.choice(things)} is {rng.choice(words[one].split())}, and {rng.choice(things)} {rng.integers(10, 99)}!"
        for one in label
    ]
    texts[:6] = [
        "",
        "!",
        "\N{GRINNING FACE} ok",
        "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
        "\u4f60\u597d",
        "yes",
    ]
    table = pd.DataFrame(
        {"label": label, "voice": rng.choice(["low", "high"], size=n), "year": rng.integers(90, size=n)}
    )
    return Dataset.of_table(table, label="label", groups=["voice"], samples=TextSamples.of(texts), source="verses")


@pytest.fixture(scope="session")
def tides() -> Dataset:
    """Series of two channels and unequal lengths, of two classes with a group and a column that plays no role."""
    rng = np.random.default_rng(8)
    n = 120
    label = np.array(["ebb", "flood"])[rng.integers(2, size=n)]
    series = []
    for place in range(n):
        steps = np.arange(rng.integers(9, 14))[:, None] * (0.8 if label[place] == "ebb" else 0.3)
        series.append(
            np.sin(steps + rng.uniform(0, 6, size=2)) * [1.0, 20.0] + 0.1 * rng.standard_normal((len(steps), 2))
        )
    table = pd.DataFrame(
        {"label": label, "shore": rng.choice(["east", "west"], size=n), "depth": rng.normal(9, 1, size=n).round(2)}
    )
    samples = SeriesSamples.of(series, names=["level", "drift"])
    return Dataset.of_table(table, label="label", groups=["shore"], samples=samples, source="tides")


@pytest.fixture(scope="session")
def calls() -> Dataset:
    """Recordings of two words with a group, of unequal lengths; two are silent, one holds a single sample."""
    rng = np.random.default_rng(9)
    n = 120
    word = np.array(["yes", "no"])[rng.integers(2, size=n)]
    waves = []
    for place in range(n):
        time = np.arange(rng.integers(500, 1500)) / 8000
        tone = np.sin(2 * np.pi * (500 if word[place] == "yes" else 1400) * rng.uniform(0.9, 1.1) * time)
        wave = rng.uniform(0.1, 0.5) * tone * np.hanning(len(time)) + 0.005 * rng.standard_normal(len(time))
        waves.append(np.rint(wave * 32_768) / 32_768)
    waves[:3] = [np.zeros(700), np.zeros(900), np.array([0.25])]
    table = pd.DataFrame({"word": word, "voice": rng.choice(["low", "high"], size=n), "take": rng.integers(9, size=n)})
    samples = RecordingSamples.of(waves, rate=8000)
    return Dataset.of_table(table, label="word", groups=["voice"], samples=samples, source="calls")
