"""Texts, recordings and series through the commands and `run`: every step of the loop, from files to files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from auditkit.data import Dataset, RecordingSamples, SeriesSamples, TextSamples

WORDS = {
    "ham": ["see", "you", "at", "home", "for", "dinner", "with", "mother", "soon"],
    "spam": ["win", "free", "cash", "prize", "call", "now", "urgent", "ticket"],
}
NAMES = {"text": "jsonl", "audio": "", "series": "csv"}
ROLES = {
    "text": ["--text", "text"],
    "audio": [],
    "series": ["--modality", "series", "--key", "series", "--order", "step"],
}


def made(modality: str, n: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    kind = np.where(rng.random(n) < 0.5, "ham", "spam")
    high = np.where(kind == "ham", 1.0, 2.0)
    samples: object
    if modality == "text":
        samples = TextSamples.of(" ".join(rng.choice(WORDS[item], rng.integers(5, 9))) for item in kind)
    elif modality == "audio":
        time = np.arange(700)
        waves = [0.3 * np.sin(time * k / 8) + 0.01 * rng.normal(size=700) for k in high]
        samples = RecordingSamples.of((np.round(wave * 2**15) / 2**15 for wave in waves), rate=8000)
    else:
        lengths = rng.integers(20, 24, n)
        samples = SeriesSamples.of(
            (
                np.sin(np.arange(length) * k / 4) + 0.1 * rng.normal(size=length)
                for length, k in zip(lengths, high, strict=True)
            ),
            names=["level"],
        )
    table = pd.DataFrame({"kind": kind, "who": rng.choice(["anna", "ben"], n)})
    return Dataset.of_table(table, label="kind", groups=["who"], samples=samples)


def place(folder: Path, name: str, modality: str) -> Path:
    return folder / (f"{name}.{NAMES[modality]}" if NAMES[modality] else name)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("modality", ["text", "audio", "series"])
def test_a_set_goes_through_every_command(folder, run, modality):
    for seed, name in enumerate(("real", "made", "fresh")):
        made(modality, 40, seed).save(place(folder, name, modality))
    real, synthetic, fresh = (str(place(folder, name, modality)) for name in ("real", "made", "fresh"))
    roles = [*ROLES[modality], "--label", "kind"]
    done = run(
        "audit", "--real", real, "--synthetic", synthetic, "--holdout", fresh, *roles, "--group", "who", "--out", "out"
    )
    assert done.code == 0, done.err
    assert run("check", "out").code in (0, 1, 3)
    assert run("report", "out").code == 0
    kept, merged = (str(place(folder, name, modality)) for name in ("kept", "merged"))
    done = run("filter", "out", "--out", kept)
    assert done.code == 0, done.err
    done = run("merge", "--real", real, "--synthetic", kept, *roles, "--out", merged)
    assert done.code == 0, done.err
    done = run(
        "ablate", "--real", real, "--test", fresh, *roles, "--arm", f"all={synthetic}", "--repeats", "1", "--out", "out"
    )
    assert done.code == 0, done.err
    done = run(
        "generate", "bootstrap", "--real", real, "--n", "10", *roles, "--out", str(place(folder, "new", modality))
    )
    assert done.code == 0, done.err
    done = run("reference", "build", real, *roles, "--holdout", fresh, "--out", "ref.safetensors")
    assert done.code == 0, done.err
    given = [item for item in ROLES[modality] if item not in ("--key", "series", "--order", "step", "--modality")]
    done = run("audit", "--reference", "ref.safetensors", "--synthetic", synthetic, *given, "--out", "out2")
    assert done.code == 0, done.err


@pytest.mark.parametrize(("modality", "times"), [("text", 1), ("audio", 2), ("series", 1)])
def test_a_config_that_init_writes_is_run(folder, run, modality, times):
    made(modality, 40, 0).save(place(folder, "real", modality))
    done = run("init", str(place(folder, "real", modality)), *ROLES[modality], "--label", "kind", "--group", "who")
    assert done.code == 0, done.err
    text = Path("auditkit.toml").read_text()
    assert f'modality = "{modality}"' in text
    short = text.replace("repeats = 5", "repeats = 1").replace("n = 24", "n = 20")
    generator = next(line for line in short.splitlines() if line.startswith("name = "))
    Path("auditkit.toml").write_text(short.replace(generator, 'name = "bootstrap"'))
    assert run("config", "check").code == 0
    for _ in range(times):
        done = run("run", "--out", "out")
        assert done.code in (0, 1, 3), done.err
    assert json.loads(Path("out/audit.json").read_text())["about"]["modality"] == modality
    done = run("filter", "out", "--out", str(place(folder, "kept", modality)))
    assert "the filter kept no sample" in done.err  # all are copies, and the files are those that were audited


def test_a_folder_that_no_run_wrote_is_left_alone(folder, run):
    made("audio", 60, 0).save(folder / "real")
    assert run("init", "real", "--label", "kind").code == 0
    Path("out/synthetic").mkdir(parents=True)
    Path("out/synthetic/mine.txt").write_text("mine")
    done = run("run", "--out", "out")
    assert (done.code, "no earlier run wrote it" in done.err) == (2, True)
    assert Path("out/synthetic/mine.txt").read_text() == "mine"
