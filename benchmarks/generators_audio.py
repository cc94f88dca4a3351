"""Generators of audio: exactness of the operations, time of the embedder, and what holds of both on spoken digits.

Tones are measured by a parabola through their logarithmic spectrum, away from their ends. The 1,200 spoken digits are
split at random, stratified by digit and speaker, 900 to fit on and 300 to compare with; features are those of the
default embedder. The official split is by the order of recording, so that its parts differ. CPU seconds are those of
one thread; hyperthreads that others use slow them.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import said
from scipy.io import wavfile
from scipy.spatial.distance import cdist
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import auditkit as ak
from auditkit.blocks import single_threaded
from auditkit.data import Dataset, RecordingSamples
from auditkit.features.audio import LogMelEmbedder
from auditkit.generators.audio.noises import COLOURS, coloured_noise, mix_at
from auditkit.generators.audio.stretching import pitch_shift, time_stretch
from auditkit.metrics import authenticity, identical_match_share, precision_recall_density_coverage

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "audio_fsdd"
TONES = (83.7, 220.0, 440.3, 1001.7, 2333.1)
FACTORS = (0.8, 0.93, 1.07, 1.25)
SEMITONES = (-4.0, -1.3, 0.5, 3.0)


def read(data: Path) -> Dataset:
    """All recordings with digit and speaker."""
    meta = pd.read_csv(data / "meta.csv", dtype={"digit": str})
    files = [data / name if name.startswith("wav") else data / "wav" / name for name in meta["file"]]
    waves = [wavfile.read(file)[1].astype(np.float32) / 32768 for file in files]
    table = meta[["digit", "speaker"]].copy()
    return Dataset.of_table(table, label="digit", groups=["speaker"], samples=RecordingSamples.of(waves, rate=8000))


def pitch_of(wave: np.ndarray, rate: int) -> float:
    inner = wave[int(len(wave) * 0.08) : int(len(wave) * 0.92), 0]
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), 1 << 20))
    top = spectrum.argmax()
    before, here, after = np.log(spectrum[top - 1 : top + 2])
    return float((top + 0.5 * (before - after) / (before - 2 * here + after)) * rate / (1 << 20))


def exact() -> bool:
    """Tones after stretching and shifting, and ratios of noise."""
    stretched, shifted, lengths = 0.0, 0.0, True
    for rate, hertz in itertools.product((8000, 16_000, 44_100), TONES):
        tone = np.sin(2 * np.pi * hertz * np.arange(rate // 2) / rate + 0.3)[:, None]
        for factor in FACTORS:
            length = round(len(tone) * factor)
            made = time_stretch(tone, length=length, rate=rate)
            lengths &= len(made) == length
            stretched = max(stretched, abs(1200 * np.log2(pitch_of(made, rate) / hertz)))
        for semitones in SEMITONES:
            made = pitch_shift(tone, semitones=semitones, rate=rate)
            lengths &= len(made) == len(tone)
            shifted = max(shifted, abs(1200 * np.log2(pitch_of(made, rate) / hertz) - 100 * semitones))
    rng, error = np.random.default_rng(0), 0.0
    for colour, snr in itertools.product(COLOURS, (-5.0, 10.0, 40.0)):
        wave = 0.05 * rng.standard_normal((8000, 1))
        mixed = mix_at(wave, coloured_noise(wave.shape, colour=colour, rng=rng), snr=snr)
        error = max(error, abs(10 * np.log10((wave**2).sum() / ((mixed - wave) ** 2).sum()) - snr))
    met = said("tones keep their pitch when stretched, < 1 cent", f"{stretched:.3f}", met=stretched < 1)
    met &= said("tones are shifted as asked, < 1 cent", f"{shifted:.3f}", met=shifted < 1)
    met &= said("lengths are exact", str(lengths), met=lengths)
    return met & said("noise at its ratio, < 0.01 dB", f"{error:.1e}", met=error < 0.01)


def halves(dataset: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    cells = dataset.table["digit"] + dataset.table["speaker"].astype(str)
    parts = train_test_split(np.arange(len(dataset)), test_size=0.25, stratify=cells, random_state=seed)
    one, other = (dataset.take(np.sort(part)) for part in parts)
    return one, other


def figures(train: Dataset, holdout: Dataset, made: Dataset) -> dict[str, float]:
    """Figures in the features of the default embedder."""
    embedder = LogMelEmbedder().fit(train, seed=0)
    real, fresh, new = (embedder.transform(item) for item in (train, holdout, made))
    rng = np.random.default_rng(0)
    # As many records on both sides, so that half of them is what chance gives.
    some = real[np.sort(rng.choice(len(real), len(fresh), replace=False))]
    nearest = cdist(new, np.concatenate([some, fresh])).argmin(axis=1)
    votes = np.bincount(nearest, minlength=2 * len(fresh)) / len(new)
    seen = np.arange(len(votes)) < len(some)
    shuffled = [votes @ rng.permutation(seen) for _ in range(4000)]
    found = precision_recall_density_coverage(real=fresh, synthetic=new, k=5)
    learner = LogisticRegression(max_iter=3000).fit(new, made.label_values)
    return {
        "precision": found.precision,
        "recall": found.recall,
        "coverage": found.coverage,
        "TSTR": float(learner.score(fresh, holdout.label_values)),
        "copies": identical_match_share(real=real, synthetic=new) - identical_match_share(real=real, synthetic=fresh),
        "auth": authenticity(real=real, synthetic=new),
        "auth real": authenticity(real=real, synthetic=fresh),
        "holdout share": float(votes @ seen),
        "highest": float(np.quantile(shuffled, 0.975)),
    }


def must_hold(dataset: Dataset, name: str, seeds: int) -> bool:
    found = []
    for seed in range(seeds):
        train, holdout = halves(dataset, seed)
        start = time.process_time()
        with single_threaded():
            generator = ak.generators.create(name, modality="audio").fit(train, seed=seed)
            fit = time.process_time() - start
            made = generator.sample(len(holdout), seed=seed + 10)
        spent = time.process_time() - start - fit
        found.append(figures(train, holdout, made))
        shown = ", ".join(f"{key} {value:.3f}" for key, value in found[-1].items())
        print(f"{name}, seed {seed}: fit {fit:.1f} and sample {spent:.1f} CPU s; {shown}", flush=True)
    checks = {
        "no copies beyond the holdout's": [(item["copies"], item["copies"] <= 0) for item in found],
        "holdout share inside its interval": [
            (item["holdout share"], item["holdout share"] <= item["highest"]) for item in found
        ],
        "authenticity within 0.1": [
            (item["auth"] - item["auth real"], abs(item["auth"] - item["auth real"]) <= 0.1) for item in found
        ],
    }
    met = [
        said(f"{name}: {what}", ", ".join(f"{value:.3f}" for value, _ in each), met=all(held for _, held in each))
        for what, each in checks.items()
    ]
    return all(met)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--data", type=Path, default=DATA)
    words.add_argument("--seeds", type=int, default=3)
    asked = words.parse_args()
    met = exact()
    if not asked.data.is_dir():
        print(f"(not measured: needs the recordings in {asked.data})")
        return 0 if met else 1
    digits = read(asked.data)
    start = time.process_time()
    LogMelEmbedder().fit(digits, seed=0).transform(digits)
    spent = time.process_time() - start
    met &= said(f"{len(digits):,} recordings are embedded in 5 CPU s", f"{spent:.1f} s", met=spent <= 5)
    for name in ("vae", "augment"):
        met &= must_hold(digits, name, asked.seeds)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
