"""The same samples in polars, Hugging Face datasets and torch: loaded, audited, handed back.

`python examples/in_and_out.py` takes seconds; it needs the extras `polars` and `hf`.
"""

from __future__ import annotations

import datasets
import numpy as np
import polars as pl
import torch
from PIL import Image
from torch.utils.data import TensorDataset

import auditkit as ak


def pictures(seed: int) -> torch.Tensor:
    """Bright and dark images, one after the other."""
    noise = torch.Generator().manual_seed(seed)
    bright = torch.arange(80).remainder(2).reshape(-1, 1, 1, 1) * 120
    return (bright + torch.randint(0, 120, (80, 1, 8, 8), generator=noise)).to(torch.uint8)


def main() -> None:
    """Real images from Hugging Face, synthetic ones from torch; rows from polars."""
    features = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["dark", "bright"])})
    files = [Image.fromarray(item[0].numpy()) for item in pictures(0)]
    hub = datasets.Dataset.from_dict({"image": files, "label": [0, 1] * 40}, features=features)
    train, holdout = ak.load(hub).split(holdout=0.5, test=0.0)
    made = TensorDataset(pictures(1), torch.arange(80) % 2)
    made.classes = ["dark", "bright"]  # type: ignore[attr-defined] # as the sets of torchvision have them
    synthetic = ak.load(made)
    audit = ak.audit(real=train, synthetic=synthetic, holdout=holdout, metrics=["coverage", "precision"])
    kept = ak.filter(synthetic, audit).kept
    print(f"coverage {audit.scores['coverage'].value:.2f}; {len(kept)} of {len(synthetic)} images kept")
    print(kept.to_huggingface(ids="id"))

    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"id": [f"r{n}" for n in range(50)], "x": rng.normal(size=50), "kind": ["a", "b"] * 25})
    rows = ak.load(frame.lazy(), label="kind", ids="id")
    print(rows.take([3, 1]).to_polars(ids="id"))


if __name__ == "__main__":
    main()
