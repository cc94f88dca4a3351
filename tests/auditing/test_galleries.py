"""What an audit shows of texts, recordings and series, and that it shows no real one unless asked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.io import wavfile

import auditkit as ak
from auditkit.auditing.galleries import gallery
from auditkit.auditing.guarding import Guard
from auditkit.auditing.pictures import line_picture, wave_picture
from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples

WORDS = ["gate", "dinner", "train", "money", "prize", "late", "home", "call", "week", "ticket", "sun", "tea", "walk"]
CANARY = "zyxwvut"


def texts(n: int, seed: int, *, secret: str = "") -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join([*rng.choice(WORDS, 9), *([f"{secret}{place}"] if secret else [])]) for place in range(n)]


def labelled(samples: object, n: int) -> Dataset:
    return Dataset.of_table(pd.DataFrame({"label": ["a", "b"] * (n // 2)}), label="label", samples=samples)


def written(audit: ak.Audit, folder: Path) -> str:
    audit.save(folder)
    audit.report(folder / "report.html", verdict=audit.check())
    audit.samples.to_csv(folder / "samples.csv")
    names = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in names if path.name != "run.json")


def test_no_real_text_is_shown_unless_asked(tmp_path: Path) -> None:
    real = texts(60, 0, secret=CANARY)
    # Copies, copies with other capitals, copies with a word more, and some of its own.
    made = [
        *real[:10],
        *(text.upper() for text in real[10:20]),
        *(f"{text} too" for text in real[20:30]),
        *texts(30, 5),
    ]
    sets = {
        "real": labelled(TextSamples.of(real), 60),
        "synthetic": labelled(TextSamples.of(made), 60),
        "holdout": labelled(TextSamples.of(texts(40, 1, secret=CANARY)), 40),
    }
    hidden = ak.audit(**sets, seed=0)
    assert CANARY not in written(hidden, tmp_path / "hidden").lower()
    shown = next(item for item in hidden.exhibits if item.kind == "texts").data["items"]
    assert {item["text"] for item in shown} <= set(made[30:])
    assert len(shown) == 24
    page = written(ak.audit(**sets, seed=0, show_real=True), tmp_path / "shown")
    assert CANARY in page
    assert "<mark>" in page


def test_no_name_of_a_real_recording_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for role, n in (("real", 24), ("synthetic", 24), ("holdout", 12)):
        (tmp_path / role).mkdir()
        rows = []
        for place in range(n):
            name = f"{'made' if role == 'synthetic' else CANARY}_{place}.wav"
            pitch = 200 * (1 + place % 2)
            wave = np.sin(np.arange(1600) * pitch / 8000 * 2 * np.pi) * 0.3 + 0.02 * rng.normal(size=1600)
            wavfile.write(tmp_path / role / name, 8000, (wave * 2**15).astype(np.int16))
            rows.append({"file": name, "word": "low" if place % 2 else "high"})
        pd.DataFrame(rows).to_csv(tmp_path / role / "metadata.csv", index=False)
    sets = {role: ak.load(tmp_path / role, label="word") for role in ("real", "synthetic", "holdout")}
    audit = ak.audit(**sets, seed=0)
    assert CANARY not in written(audit, tmp_path / "out")
    gallery = next(item for item in audit.exhibits if item.kind == "thumbnails")
    assert (gallery.data["wide"], len(gallery.data["items"])) == (True, 24)
    pairs = next(item for item in audit.exhibits if item.kind == "pairs").data["items"]
    assert not any("png_real" in item or "png_both" in item for item in pairs)
    shown = ak.audit(**sets, seed=0, show_real=True)
    pairs = next(item for item in shown.exhibits if item.kind == "pairs").data["items"]
    assert all({"png_synthetic", "png_real"} <= item.keys() for item in pairs)


def test_no_value_of_a_real_series_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def walks(n: int) -> list[np.ndarray]:
        return [np.round(rng.normal(size=(20 + place % 3, 2)).cumsum(axis=0), 3) for place in range(n)]

    real = walks(30)
    real[7][3, 1] = 98765.4321
    parts = {"real": real, "synthetic": walks(30), "holdout": walks(16)}
    sets = {role: labelled(SeriesSamples.of(items), len(items)) for role, items in parts.items()}
    audit = ak.audit(**sets, seed=0)
    assert "98765.4" not in written(audit, tmp_path / "out")
    shown = ak.audit(**sets, seed=0, show_real=True)
    pairs = next(item for item in shown.exhibits if item.kind == "pairs").data["items"]
    assert all("png_both" in item for item in pairs)


@pytest.mark.parametrize("n", [0, 1, 2, 700, 9000])
def test_recordings_of_any_length_have_a_picture(n: int) -> None:
    for wave in (np.zeros((n, 1), dtype=np.float32), np.full((n, 2), 1.5, dtype=np.float32)):
        assert wave_picture(wave).shape == (120, 240, 3)


def test_a_high_note_is_drawn_above_a_low_one() -> None:
    def row(pitch: float) -> int:
        wave = np.sin(np.arange(4000) * pitch / 8000 * 2 * np.pi).astype(np.float32)[:, None]
        return int(wave_picture(wave)[60:, :, 0].mean(axis=1).argmin())

    assert row(3000) < row(1000) < row(200)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (50, 3), (5, 20)])
def test_series_of_any_shape_have_a_picture(shape: tuple[int, int]) -> None:
    flat, line = np.zeros(shape), np.arange(np.prod(shape), dtype=float).reshape(shape)
    for groups in ([flat], [line], [flat, line]):
        drawn = line_picture(groups)
        assert drawn.shape == (120, 240, 3)
        assert (drawn != 255).any()


@pytest.mark.parametrize("modality", ["text", "audio", "series"])
def test_degenerate_sets_are_audited(modality: str) -> None:
    """One class, silence, empty strings, constant and single steps, few samples."""

    def made(n: int) -> Dataset:
        rng = np.random.default_rng(n)
        if modality == "text":
            samples: object = TextSamples.of(["", *(" ".join(rng.choice(WORDS, 3)) for _ in range(n - 1))])
        elif modality == "audio":
            waves = [np.zeros(400), *(rng.normal(size=200 + 10 * place) * 0.1 for place in range(n - 1))]
            samples = RecordingSamples.of(waves, rate=8000)
        else:
            samples = SeriesSamples.of([[1.0], [2.0] * 9, *(rng.normal(size=5 + place) for place in range(n - 2))])
        return Dataset.of_table(pd.DataFrame({"label": ["a"] * n}), label="label", samples=samples)

    audit = ak.audit(real=made(12), synthetic=made(9), holdout=made(8), seed=0)
    assert any(score.value is not None for score in audit.scores)
    assert audit.check().exit_code in (0, 1, 3)
    assert len(ak.filter(made(9), audit).kept) <= 9


def test_near_copies_without_spaces_are_not_shown():
    """One letter in twelve differs: eight letters in a row are those of a real text."""
    rng = np.random.default_rng(3)
    letters = np.array([chr(0x4E00 + place) for place in range(400)])
    real = ["".join(rng.choice(letters, 36)) for _ in range(40)]
    near = [text[:12] + "\u9999" + text[13:25] + "\u9999" + text[26:] for text in real]
    fresh = ["".join(rng.choice(letters, 36)) for _ in range(6)]
    table = pd.DataFrame({"label": ["a", "b"] * 20})
    sets = {
        "real": Dataset.of_table(table, label="label", samples=TextSamples.of(real)),
        "synthetic": Dataset.of_table(
            pd.DataFrame({"label": ["a", "b"] * 23}), label="label", samples=TextSamples.of([*near, *fresh])
        ),
    }
    samples = pd.DataFrame({"copy": pd.array([False] * 46, dtype="boolean")})
    shown = gallery(Guard([sets["real"]], sets["synthetic"], samples, show_real=False), rng)
    assert {item["text"] for item in shown.data["items"]} == set(fresh)
