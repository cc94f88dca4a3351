"""Is training on the real set alone plain scikit-learn, is a copy of it never called a help, do wrong labels hurt?

German credit, 5,000 rows of Adult, scikit-learn's digits as pictures, and spoken digits as features of the recordings.

    python benchmarks/ablation.py
    python benchmarks/ablation.py --seeds 2 --sets german digits
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import wave
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import said
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler

from auditkit import Ablation, Dataset, ablate, load
from auditkit.blocks import single_threaded

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
REPEATS, JUDGED = 5, 10
"""Repeats of the comparison with scikit-learn, and of what is said of copies and wrong labels."""
MOST_DIFFERENCE = {"boosting": 1e-9, "logistic": 1e-6}
NEUTRAL = {"no difference", "cannot tell"}


def german(data: Path) -> tuple[Dataset, Dataset]:
    return parts(load(data / "tabular_german_credit" / "german_credit.csv.gz", label="class-label", groups=["sex"]))


def adult(data: Path) -> tuple[Dataset, Dataset]:
    table = pd.read_csv(data / "pairs_adult" / "real_trn.csv.gz").sample(5000, random_state=0).reset_index(drop=True)
    return parts(Dataset.of_table(table, label="income", groups=["sex"]))


def digits(_data: Path) -> tuple[Dataset, Dataset]:
    held = load_digits()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "digits.npz"
        np.savez(place, images=(held.images * 15).astype(np.uint8), labels=held.target.astype(str))
        return parts(load(place, label="label"))


def spoken(data: Path) -> tuple[Dataset, Dataset]:
    """Spoken digits by the split that comes with them."""
    about = pd.read_csv(data / "audio_fsdd" / "meta.csv")
    table = pd.DataFrame([bands(data / "audio_fsdd" / name) for name in about["file"]]).round(4)
    table.columns = [f"band{place:02d}" for place in range(table.shape[1])]
    table = table.assign(speaker=about["speaker"], digit=about["digit"].astype(str))
    held = about["split"] == "test"
    made = [
        Dataset.of_table(table[rows].reset_index(drop=True), label="digit", groups=["speaker"])
        for rows in (~held, held)
    ]
    return made[0], made[1]


def bands(path: Path, n_bands: int = 16, n_parts: int = 4) -> np.ndarray:
    """Log energy of 16 bands in each quarter of a recording, less its mean, so that loudness does not matter."""
    with wave.open(str(path)) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64) / 2**15
    frames = np.lib.stride_tricks.sliding_window_view(sound, 256)[::128] * np.hanning(256)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    edges = np.unique(np.geomspace(2, 128, n_bands + 1).astype(int))
    energy = np.log(np.add.reduceat(power, edges[:-1], axis=1) + 1e-8)
    found = np.concatenate([part.mean(axis=0) for part in np.array_split(energy, n_parts)])
    return found - found.mean()


def parts(real: Dataset) -> tuple[Dataset, Dataset]:
    train, test = real.split(holdout=0.0, test=0.3, seed=0)
    return train, test


SETS: dict[str, Callable[[Path], tuple[Dataset, Dataset]]] = {
    "german": german,
    "adult": adult,
    "digits": digits,
    "spoken": spoken,
}


def plain(train: Dataset, test: Dataset, model: str) -> dict[str, float]:
    """Means over the repeats, with scikit-learn and nothing of ours."""
    left, right = (_inputs(part) for part in (train, test))
    y, truth = (np.asarray(part.label_values, dtype=str) for part in (train, test))
    levels = np.unique(y)
    rows = []
    for repeat in range(REPEATS):
        chosen = _rows(np.searchsorted(levels, y), repeat)
        seed = int(np.random.SeedSequence([0, repeat]).generate_state(1)[0])
        fitted = _pipeline(left, model, seed)
        with single_threaded():
            fitted.fit(left.iloc[chosen], np.searchsorted(levels, y[chosen]))
            p = fitted.predict_proba(right)
        said_ = p.argmax(axis=1)
        true = np.searchsorted(levels, truth)
        area = roc_auc_score(true, p[:, 1]) if len(levels) == 2 else roc_auc_score(true, p, multi_class="ovr")
        rows.append((balanced_accuracy_score(true, said_), f1_score(true, said_, average="macro"), area))
    return dict(zip(("balanced_accuracy", "macro_f1", "auroc"), np.mean(rows, axis=0), strict=True))


def _rows(classes: np.ndarray, repeat: int) -> np.ndarray:
    """80 % of every class, as documented: permuted by a generator of the seed, the repeat and the set's name."""
    rng = np.random.default_rng(np.random.SeedSequence([0, repeat, zlib.crc32(b"real")]))
    drawn = [rng.permutation(np.flatnonzero(classes == k)) for k in np.unique(classes)]
    return np.sort(np.concatenate([rows[: max(1, round(0.8 * len(rows)))] for rows in drawn]))


def _inputs(part: Dataset) -> pd.DataFrame:
    if part.samples is not None:
        return pd.DataFrame(part.arrays().reshape(len(part), -1) / 255.0)
    return part.frame.drop(columns=[str(part.label)])


def _pipeline(table: pd.DataFrame, model: str, seed: int):
    numbers = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    words = [name for name in table.columns if name not in numbers]
    if not words and not isinstance(table.columns[0], str):
        components = PCA(min(50, table.shape[1]), svd_solver="covariance_eigh")
        return make_pipeline(components, InUnitsOfTheFirst(), LogisticRegression(max_iter=2000))
    if model == "logistic":
        design = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), words))
        return make_pipeline(design, LogisticRegression(max_iter=2000))
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    design = make_column_transformer(("passthrough", numbers), (codes, words))
    flags = np.arange(len(table.columns)) >= len(numbers)
    return make_pipeline(
        design, HistGradientBoostingClassifier(categorical_features=flags, early_stopping=False, random_state=seed)
    )


class InUnitsOfTheFirst(FunctionTransformer):
    """Components in units of the first one's deviation."""

    def fit(self, values: np.ndarray, _target: np.ndarray | None = None) -> InUnitsOfTheFirst:
        self.scale_ = values[:, 0].std(ddof=1)
        return self

    def transform(self, values: np.ndarray) -> np.ndarray:
        return values / self.scale_


def flipped(train: Dataset, seed: int) -> Dataset:
    """The training set with another label on every unit."""
    rng = np.random.default_rng(seed)
    levels = np.unique(np.asarray(train.label_values, dtype=str))
    held = np.searchsorted(levels, np.asarray(train.label_values, dtype=str))
    other = levels[(held + rng.integers(1, len(levels), len(held))) % len(levels)]
    table = train.frame
    table[str(train.label)] = other
    return replace(train, table=Dataset.of_table(table, label=train.label, schema=train.schema).table, source="flipped")


def claims(
    name: str, train: Dataset, test: Dataset, models: tuple[str, ...], seeds: int, judged: int = JUDGED
) -> Iterator[bool]:
    found = ablate(real=train, test=test, arms={}, repeats=REPEATS, models=models)
    for model in found.about["models"]:
        ours = {row["measure"]: row["value"] for row in found.frame().to_dict("records") if row["model"] == model}
        theirs = plain(train, test, model)
        gap = max(abs(ours[measure] - theirs[measure]) for measure in theirs)
        most = MOST_DIFFERENCE[model]
        yield said(f"{name}, {model}: real alone is plain scikit-learn within {most:g}", f"{gap:.2g}", met=gap <= most)
    words: dict[str, list[str]] = {}
    copies: list[str] = []
    for seed in range(seeds):
        arms = {"copy": train, "flipped": flipped(train, seed)}
        asked = ["copy", "real+copy", "real+flipped", "flipped"]
        tried = ablate(real=train, test=test, arms=arms, repeats=judged, models=models, seed=seed, include=asked)
        for item in tried.verdicts:
            words.setdefault(f"{item.arm}", []).append(item.word)
        copies += [f"{v.difference:+.3f} [{v.low:+.3f}, {v.high:+.3f}]" for v in _wrong(tried)]
    for arm in ("copy", "real+copy"):
        counts = {word: words[arm].count(word) for word in sorted(set(words[arm]))}
        held = set(words[arm]) <= NEUTRAL
        yield said(f"{name}: {arm} is never called helps or hurts", f"{counts} {'; '.join(copies)}", met=held)
    for arm in ("flipped", "real+flipped"):
        counts = {word: words[arm].count(word) for word in sorted(set(words[arm]))}
        yield said(f"{name}: {arm} hurts", f"{counts}", met=set(words[arm]) == {"hurts"})


def _wrong(tried: Ablation):
    return [item for item in tried.verdicts if item.arm.endswith("copy") and item.word not in NEUTRAL]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--sets", nargs="*", choices=list(SETS), default=list(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    met = True
    for name in asked.sets:
        started = time.perf_counter()
        train, test = SETS[name](asked.data)
        print(f"{name}: {len(train)} to train on, {len(test)} to test on", flush=True)
        # Boosting of ten classes takes minutes a seed.
        models = ("logistic",) if name in {"digits", "spoken"} else ("boosting", "logistic")
        met &= all([*claims(name, train, test, models, asked.seeds)])
        print(f"{time.perf_counter() - started:.0f} s", flush=True)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
