"""Data of the demos, written into a folder: real ones that come with auditkit, scikit-learn and matplotlib, or made."""

from __future__ import annotations

import csv
import gzip
import io
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd

from auditkit.data import Dataset, RecordingSamples, SeriesSamples
from auditkit.demo.voices import COURSES, PITCHES, RATE, voice
from auditkit.lazy import unmoved_random
from auditkit.store import write_bytes

__all__ = ["WRITERS"]

_MONTHS = 12
_MARKET = "^GSPC"
_EACH = 40


def _write_credit(folder: Path) -> None:
    packed = files("auditkit.demo").joinpath("german_credit.csv.gz").read_bytes()
    write_bytes(folder / "german_credit.csv", gzip.decompress(packed))


def _write_messages(folder: Path) -> None:
    packed = files("auditkit.demo").joinpath("sms_spam.jsonl.gz").read_bytes()
    write_bytes(folder / "messages.jsonl", gzip.decompress(packed))


def _write_digits(folder: Path) -> None:
    with unmoved_random():
        from sklearn.datasets import load_digits  # noqa: PLC0415 - only this demo needs it

    pixels, label = load_digits(return_X_y=True)
    # The 17 grey levels of the digits, spread over the range of a byte.
    images = np.minimum(pixels.reshape(-1, 8, 8) * 16, 255).astype(np.uint8)
    packed = io.BytesIO()
    np.savez_compressed(packed, images=images, label=label)
    write_bytes(folder / "digits.npz", packed.getvalue())


def _write_voices(folder: Path) -> None:
    """480 tones: 40 of each course and pitch."""
    if (folder / "voices").exists():
        return
    rng = np.random.default_rng(0)
    rows = [(course, pitch) for course in COURSES for pitch in PITCHES for _ in range(_EACH)]
    waves = [voice(course, pitch, rng) for course, pitch in rows]
    table = pd.DataFrame(rows, columns=["course", "pitch"])
    Dataset.of_table(table, label="course", samples=RecordingSamples.of(waves, rate=RATE)).save(folder / "voices")


def _write_prices(folder: Path) -> None:
    """Years of monthly prices of companies and of the market, in percent of their first month."""
    from matplotlib.cbook import get_sample_data  # noqa: PLC0415 - heavy

    with Path(str(get_sample_data("Stocks.csv", asfileobj=False))).open(encoding="utf-8") as file:
        rows = csv.DictReader(row for row in file if not row.startswith("#"))
        lines = [line for line in rows if line["Date"].endswith("-01") and line[_MARKET]]  # others are dividends
    market = [float(line[_MARKET]) for line in lines]
    names = [name for name in lines[0] if name != "Date" and not name.startswith("^")]
    years, courses = [], []
    for name in names:
        for start in range(0, len(lines) - _MONTHS + 1, _MONTHS):
            price = [float(line[name] or "nan") for line in lines[start : start + _MONTHS]]
            if not np.isnan(price).any():
                both = np.array([price, market[start : start + _MONTHS]]).T
                years.append(np.round(100.0 * both / both[0], 2))
                courses.append("rose" if price[-1] > price[0] else "fell")
    table = pd.DataFrame({"year": courses})
    series = SeriesSamples.of(years, names=["price", "market"])
    Dataset.of_table(table, label="year", samples=series).save(folder / "years.npz")


WRITERS = {
    "tabular": _write_credit,
    "image": _write_digits,
    "text": _write_messages,
    "audio": _write_voices,
    "series": _write_prices,
}
"""What writes the data of each demo, by modality."""
