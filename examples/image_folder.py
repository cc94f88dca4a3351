"""A folder of images per class: loaded, audited, filtered, and the good ones saved as a folder again.

`python examples/image_folder.py` takes seconds. The pictures are the handwritten digits of scikit-learn.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

import auditkit as ak

CLASSES, BLURRED = 4, 40


def write(folder: str, images: np.ndarray, labels: np.ndarray) -> Path:
    """Write pictures as `folder/LABEL/NUMBER.png`."""
    for number, (pixels, label) in enumerate(zip(images, labels, strict=True)):
        path = Path(folder, str(label), f"{number}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return Path(folder)


def main() -> None:
    """Fresh digits stand for synthetic ones; some of them are blurred."""
    digits = load_digits()
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(digits.target < CLASSES))
    images = np.minimum(digits.images[chosen] * 16, 255).astype(np.uint8)
    labels = digits.target[chosen]
    made = images[480:].copy()
    sharp = made[:BLURRED].astype(float)
    made[:BLURRED] = (sharp + np.roll(sharp, 1, axis=1) + np.roll(sharp, 1, axis=2)) / 3
    real = ak.load(write("real", images[:300], labels[:300]))
    holdout = ak.load(write("holdout", images[300:480], labels[300:480]))
    synthetic = ak.load(write("synthetic", made, labels[480:]))

    audit = ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=["precision", "copy_excess"], seed=0)
    selection = ak.filter(synthetic, audit, rules=["exact-copies", {"rule": "oddness", "max": "real:0.01"}])
    print(selection)
    selection.kept.save("kept")
    names = {int(path.stem) for path in Path("kept").glob("*/*.png")}  # files keep their names
    blurred = set(range(BLURRED))
    print(f"kept: {len(names & blurred)} of {BLURRED} blurred images, ", end="")
    print(f"{len(names - blurred)} of {len(made) - BLURRED} others")


if __name__ == "__main__":
    main()
