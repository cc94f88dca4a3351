"""Texts, recordings and series as samples of a set: what they are, what they share, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples, check_compatible, record_digests
from auditkit.errors import DataError, ShapeError


def texts(*items: str) -> Dataset:
    table = pd.DataFrame({"label": ["a", "b"] * (len(items) // 2)})
    return Dataset.of_table(table, label="label", samples=TextSamples.of(items))


def test_a_set_is_of_the_modality_of_its_samples() -> None:
    made = texts("one", "two", "", "two")
    assert made.modality == "text"
    assert made.schema.shape == ()
    assert made.take([1, 3]).arrays().tolist() == ["two", "two"]
    digests = record_digests(made, schema=made.schema)
    assert digests[1] == digests[3] != digests[0]


def test_recordings_and_series_keep_their_lengths_when_joined() -> None:
    table = pd.DataFrame({"label": ["a", "b"]})
    waves = [np.linspace(-1, 1, 5), np.zeros(3)]
    spoken = Dataset.of_table(table, label="label", samples=RecordingSamples.of(waves, rate=8000))
    both = spoken.concat(spoken)
    assert [wave.shape for wave in both.arrays()] == [(5, 1), (3, 1), (5, 1), (3, 1)]
    assert (both.modality, both.schema.rate, both.schema.shape) == ("audio", 8000, (1,))
    series = SeriesSamples.of([np.ones((4, 2)), np.zeros((2, 2))], names=["high", "low"])
    walks = Dataset.of_table(table, label="label", samples=series)
    assert (walks.modality, walks.schema.channels) == ("series", ("high", "low"))
    assert walks.hash != walks.take([1, 0]).hash


def test_lengths_are_part_of_a_hash() -> None:
    assert texts("ab", "c").hash != texts("a", "bc").hash


def test_other_rates_and_channels_do_not_compare() -> None:
    table = pd.DataFrame({"label": ["a"]})
    slow, fast = (
        Dataset.of_table(table, label="label", samples=RecordingSamples.of([np.zeros(4)], rate=rate))
        for rate in (8000, 16000)
    )
    with pytest.raises(ShapeError, match="8000 Hz and synthetic 16000 Hz"):
        check_compatible(slow, fast, "synthetic")
    ours, theirs = (
        Dataset.of_table(table, label="label", samples=SeriesSamples.of([[1.0]], names=[name])) for name in "xy"
    )
    with pytest.raises(DataError, match="name them alike"):
        check_compatible(ours, theirs, "synthetic")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TextSamples.of(["a", None]), "1 missing text"),
        (lambda: RecordingSamples.of([np.array([1, 2])], rate=8000), "scale them"),
        (lambda: RecordingSamples.of([np.array([np.nan])], rate=8000), "not finite"),
        (lambda: RecordingSamples.of([np.zeros(4)], rate=0), "rate="),
        (lambda: RecordingSamples.of([np.zeros(4), np.zeros((4, 2))], rate=8000), "1 and 2 channels"),
        (lambda: SeriesSamples.of([[1.0, np.nan]]), "missing or infinite"),
        (lambda: SeriesSamples.of([[1.0], np.ones((2, 2))]), "2 channels, expected 1"),
        (lambda: SeriesSamples.of([[]]), "one step at least"),
    ],
)
def test_what_is_no_sample_is_refused_in_a_sentence(make: object, words: str) -> None:
    with pytest.raises((DataError, ShapeError), match=words):
        make()  # type: ignore[operator]
