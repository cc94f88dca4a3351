"""Do the generators of images give variety and realism at their price, without copying?

Run `python benchmarks/generators_image.py`, with `--only gan` for one of them, `--set digits` for one data set and
`--seeds 1` for a first look. Digits (8 x 8) of scikit-learn are compared as raw pixels, MNIST (28 x 28, 8,000 training
and 2,000 test images) as 64 features of a small network trained on the training images. Every set has as many synthetic
as test images; seconds are CPU seconds of one thread. Copies are told by identical images, by authenticity beside that
of the test images, and by the share nearer to as many training as test images, whose interval is that of an audit.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from measuring import said
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

import auditkit.metrics as ak_metrics
from auditkit.data import ArraySamples, Dataset
from auditkit.generators import create
from auditkit.metrics import registry
from auditkit.metrics.products import Side
from auditkit.training import Trainer, build_module, one_thread

# Least values; a limit of seconds is a most.
LIMITS = {
    ("digits", "gan"): {"seconds": 40.0, "precision": 0.93, "recall": 0.78, "coverage": 0.92, "tstr": 0.93},
    ("digits", "diffusion"): {"coverage": 0.95},
    ("digits", "vae"): {"coverage": 0.90},
    ("mnist", "gan"): {"seconds": 120.0, "coverage": 0.90},
}
WITHIN = 0.1
HALF = 0.5
Features = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Task:
    """A data set cut into training and test images, and the features that they are compared by."""

    train: Dataset
    test: Dataset
    features: Features


def images(pixels: np.ndarray, labels: np.ndarray) -> Dataset:
    """Images (n, height, width) with their labels as a data set."""
    table = pd.DataFrame({"label": labels.astype(str)})
    return Dataset.of_table(table, label="label", samples=ArraySamples(pixels[..., None].astype(np.uint8)))


def flat(pixels: np.ndarray) -> np.ndarray:
    """Raw pixels as rows."""
    return pixels.reshape(len(pixels), -1).astype(np.float32)


def digits(seed: int, _: Path) -> Task:
    """1,197 and 600 digits of 8 x 8 pixels with 17 levels."""
    data = load_digits()
    train, test, y_train, y_test = train_test_split(
        data.images, data.target, test_size=600, stratify=data.target, random_state=seed
    )
    return Task(images(train, y_train), images(test, y_test), flat)


def mnist(seed: int, folder: Path) -> Task:
    """8,000 and 2,000 digits of 28 x 28 pixels."""
    saved = np.load(folder / "image_mnist10k" / "mnist_t10k.npz")
    pixels = next(saved[name] for name in saved.files if saved[name].ndim == 3)
    labels = next(saved[name] for name in saved.files if saved[name].ndim == 1)
    train, test, y_train, y_test = train_test_split(pixels, labels, test_size=2000, stratify=labels, random_state=seed)
    return Task(images(train, y_train), images(test, y_test), trained_features(train, y_train))


def trained_features(pixels: np.ndarray, labels: np.ndarray) -> Features:
    """64 features of a small network that tells the labels of these images."""
    network = build_module(
        lambda: torch.nn.Sequential(
            torch.nn.Conv2d(1, 16, 3, stride=2, padding=1),
            torch.nn.ReLU(),
            torch.nn.Conv2d(16, 32, 3, stride=2, padding=1),
            torch.nn.ReLU(),
            torch.nn.Flatten(),
            torch.nn.Linear(32 * 49, 64),
            torch.nn.ReLU(),
            torch.nn.Linear(64, 10),
        ),
        seed=0,
    )
    x, y = torch.from_numpy(pixels).float().unsqueeze(1) / 255, torch.from_numpy(labels.astype(np.int64))

    def loss(model: torch.nn.Module, rows: torch.Tensor, _: torch.Generator) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(model(x[rows]), y[rows])

    Trainer(steps=800, batch=128, learning_rate=3e-3).train(network, loss, n=len(x))

    def features(given: np.ndarray) -> np.ndarray:
        with one_thread(), torch.no_grad():
            shares = torch.from_numpy(given.astype(np.float32)).permute(0, 3, 1, 2) / 255
            return network[:-2](shares).numpy()

    return features


def measured(name: str, task: Task, seed: int) -> dict[str, float]:
    """Seconds of the fit and scores of as many samples as there are test images."""
    generator = create(name, modality="image")
    before = time.process_time()
    generator.fit(task.train, seed=seed)
    seconds = time.process_time() - before
    made = generator.sample(len(task.test), seed=seed + 1)
    test, drawn = (task.features(data.arrays()) for data in (task.test, made))
    scores = ak_metrics.precision_recall_density_coverage(real=test, synthetic=drawn, k=5)
    brightest = float(task.train.arrays().max())
    model = LogisticRegression(max_iter=2000).fit(flat(made.arrays()) / brightest, made.label_values)
    return {
        "seconds": seconds,
        "precision": scores.precision,
        "recall": scores.recall,
        "density": scores.density,
        "coverage": scores.coverage,
        "tstr": model.score(flat(task.test.arrays()) / brightest, task.test.label_values),
        **copying(*(flat(data.arrays()) for data in (task.train, made, task.test))),
    }


def copying(train: np.ndarray, made: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """Copies beyond those of the test images, authenticity beside theirs, and nearness to training images."""
    copies = [ak_metrics.identical_match_share(real=train, synthetic=these) for these in (made, test)]
    authentic = [ak_metrics.authenticity(real=train, synthetic=these) for these in (made, test)]
    kept = np.random.default_rng(0).permutation(len(train))[: len(test)]
    sides = {"real": train[kept], "synthetic": made, "holdout": test}
    share = registry.read_all(
        {role: Side(rows, name=role) for role, rows in sides.items()},
        {"holdout_share": registry.get("holdout_share")},
    )["holdout_share"]
    return {
        "copies": copies[0] - copies[1],
        "authenticity": authentic[0] - authentic[1],
        "nearer": share.value,
        "nearer_low": share.interval[0],
    }


def judge(data: str, name: str, rows: list[dict[str, float]]) -> bool:
    """Print a claim per limit, each on the mean of the seeds; True when all are met."""
    mean = {key: float(np.mean([row[key] for row in rows])) for key in (*rows[0], "nearer_low")}
    far = max(abs(row["authenticity"]) for row in rows)
    met = []
    for key, limit in LIMITS[data, name].items():
        fine = mean[key] <= limit if key == "seconds" else mean[key] >= limit
        met.append(said(f"{data} {name}: {key}", f"{mean[key]:.3f} (limit {limit:g})", met=fine))
    for what, found, fine in (
        ("copies beyond the test images'", f"{mean['copies']:.4f}", mean["copies"] <= 0),
        ("authenticity beside the test images'", f"{far:.3f} away at most (limit {WITHIN})", far <= WITHIN),
        (
            "share nearer to training than to test images",
            f"{mean['nearer']:.3f}, from {mean['nearer_low']:.3f} (limit of the lower end 0.5)",
            mean["nearer_low"] <= HALF,
        ),
    ):
        met.append(said(f"{data} {name}: {what}", found, met=fine))
    return all(met)


def main() -> None:
    """Print a row per seed, then the claims."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=["digits", "mnist"], help="one data set instead of both")
    parser.add_argument("--only", help="one generator instead of all")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--data", type=Path, default=Path(__file__).parent.parent.parent / "shared" / "data")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    fine = True
    for data, name in LIMITS:
        if asked.set not in {None, data} or asked.only not in {None, name}:
            continue
        rows = []
        for seed in range(asked.first, asked.first + asked.seeds):
            task = {"digits": digits, "mnist": mnist}[data](seed, asked.data)
            rows.append(measured(name, task, seed))
            print(data, name, seed, " ".join(f"{key} {value:.3f}" for key, value in rows[-1].items()), flush=True)
        fine &= judge(data, name, rows)
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
