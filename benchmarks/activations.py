"""Features as users have them: activations of a small network that was trained on real images.

Images come from an `.npz` of uint8 images and labels (`images` and `labels`, or `train_images`, `test_images` and
theirs), or else are scikit-learn's digits. Half of them, drawn at random, make the real set and the other half the
synthetic set. Each set takes its images in turn, shifts each by up to an eighth of its width, turns half of those in
colour over and adds noise of 2 % of the range, until there are as many as are asked for. The network, two layers of
convolutions and a layer of 2048 rectified units under a classifier, is trained on all images for a few passes; the
2048 activations are the features.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

UNITS = 2048
STEPS = 150
BATCH = 64


def images_and_labels(data: Path | None) -> tuple[np.ndarray, np.ndarray]:
    """Images of shape (n, channels, h, w) from 0 to 1, and labels of whole numbers."""
    if data is None:
        from sklearn.datasets import load_digits  # noqa: PLC0415 - only without other images

        digits = load_digits()
        return (digits.images / 16.0).astype(np.float32)[:, None], digits.target.astype(np.int64)
    path = data if data.is_file() else min(data.glob("*.npz"))
    with np.load(path, allow_pickle=False) as held:
        names = [name for name in held.files if name.endswith("images")]
        images = np.concatenate([held[name] for name in names])
        labels = np.concatenate([held[name.removesuffix("images") + "labels"] for name in names])
    images = images[..., None] if images.ndim == 3 else images
    return (images.transpose(0, 3, 1, 2) / 255.0).astype(np.float32), labels.astype(np.int64)


def augmented(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Images shifted, turned over if in colour, and with noise."""
    n, channels, _, width = images.shape
    room = max(1, width // 8)
    padded = np.pad(images, ((0, 0), (0, 0), (room, room), (room, room)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, images.shape[2:], axis=(2, 3))
    down, right = rng.integers(0, 2 * room + 1, (2, n))
    out = windows[np.arange(n), :, down, right].copy()
    if channels > 1:
        turned = rng.random(n) < 0.5
        out[turned] = out[turned, :, :, ::-1]
    return out + 0.02 * rng.standard_normal(out.shape, dtype=np.float32)


def trained(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> nn.Sequential:
    """Network from images to activations, trained under a classifier that is thrown away."""
    torch.manual_seed(0)
    _, channels, height, width = images.shape
    body = nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * (height // 4) * (width // 4), UNITS), nn.ReLU(),
    )  # fmt: skip
    head = nn.Linear(UNITS, int(labels.max()) + 1)
    optimiser = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=1e-3)
    for _ in range(STEPS):
        batch = rng.integers(0, len(images), BATCH)
        scores = head(body(torch.from_numpy(augmented(images[batch], rng))))
        loss = nn.functional.cross_entropy(scores, torch.from_numpy(labels[batch]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return body


def activations(n: int, data: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Real and synthetic features of shape (n, 2048), float32, the same for the same images."""
    rng = np.random.default_rng(0)
    images, labels = images_and_labels(data)
    body = trained(images, labels, rng)
    order = rng.permutation(len(images))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    return _features(body, images[halves[0]], n, rng), _features(body, images[halves[1]], n, rng)


def _features(body: nn.Sequential, images: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    out = np.empty((n, UNITS), dtype=np.float32)
    with torch.no_grad():
        for start in range(0, n, 500):
            rows = np.arange(start, min(start + 500, n)) % len(images)
            out[start : start + len(rows)] = body(torch.from_numpy(augmented(images[rows], rng))).numpy()
    return out
