"""Bad samples planted among fresh real ones are rejected at limits that fresh real samples rarely pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits

import auditkit as ak

DIGITS = {"noise": ["oddness"], "blur": ["oddness"], "labels": ["label"], "copies": ["exact-copies"]}


def planted_digits(kind):
    """560 training and 240 holdout images, 320 fresh ones, 80 bad ones."""
    held, rng = load_digits(), np.random.default_rng(1)
    order = rng.permutation(len(held.target))[:1200]
    pixels, labels = np.minimum(held.images[order] * 16, 255), held.target[order]
    bad = np.arange(800, 880)
    if kind == "noise":
        pixels[bad] += 0.5 * pixels[:560].std(axis=0) * rng.standard_normal((80, 8, 8))
    elif kind == "blur":
        pixels[bad] = gaussian_filter(pixels[bad], (0, 1, 1))
    elif kind == "labels":
        labels[bad] = (labels[bad] + rng.integers(1, 10, 80)) % 10
    else:
        pixels[bad], labels[bad] = pixels[:80], labels[:80]
    images = np.clip(pixels, 0, 255).astype(np.uint8)
    parts = (slice(560), slice(560, 800), slice(800, 1200))
    return [ak.load({"images": images[part], "label": labels[part].astype(str)}, label="label") for part in parts]


def rejected(real, holdout, made, rules):
    audit = ak.audit(real=real, synthetic=made, holdout=holdout, metrics=["duplicate_share"], seed=0)
    return audit, ~np.isin(made.ids, ak.filter(made, audit, rules).kept.ids)


@pytest.mark.parametrize("kind", DIGITS)
def test_bad_digits_are_rejected_and_fresh_ones_are_kept(kind):
    _, gone = rejected(*planted_digits(kind), DIGITS[kind])
    assert gone[:80].mean() >= (0.99 if kind == "copies" else 0.85)
    assert gone[80:].mean() <= 0.04


@pytest.fixture(scope="module")
def adult(shared_data):
    tables = [pd.read_csv(shared_data("pairs_adult", f"real_{part}.csv.gz"), nrows=5000) for part in ("trn", "hol")]
    real = ak.load(tables[0].head(4000), label="income")
    return real, *(ak.load(part, label="income", schema=real.schema) for part in (tables[1].iloc[:2000],)), tables[1]


def test_rows_with_noise_are_rejected_and_fresh_ones_are_kept(adult):
    real, holdout, table = adult
    made, rng = table.iloc[2000:4000].reset_index(drop=True), np.random.default_rng(0)
    for name in made.select_dtypes("number").columns:
        known = real.table[name].astype(float)
        moved = made[name].head(400) + 0.5 * known.std() * rng.standard_normal(400)
        made.loc[:399, name] = moved.round().clip(known.min(), known.max()).astype(made[name].dtype)
    _, gone = rejected(real, holdout, ak.load(made, label="income", schema=real.schema), ["oddness"])
    assert gone[:400].mean() >= 0.75
    assert gone[400:].mean() <= 0.03


def test_wrong_labels_and_cells_drawn_again_are_found_and_fresh_rows_are_kept(adult):
    real, holdout, table = adult
    made = table.iloc[2000:4000].reset_index(drop=True)
    flipped = made["income"].map({"<=50K": ">50K", ">50K": "<=50K"})
    made.loc[:299, "income"] = flipped[:300]
    copied = real.frame.iloc[:100].assign(occupation=made["occupation"].to_numpy()[:100])
    made.loc[300:399] = copied[made.columns].astype(made.dtypes.to_dict()).to_numpy()
    made = ak.load(made.infer_objects(), label="income", schema=real.schema)
    audit, gone = rejected(real, holdout, made, ["label"])
    assert gone[:300].mean() >= 0.4
    assert gone[400:].mean() <= 0.03
    far = ~np.isin(made.ids, ak.filter(made, audit, ["exact-copies", "copied-bits"]).kept.ids)
    assert far[300:400].mean() >= 0.85
    assert far[400:].mean() <= 0.03


def test_fresh_samples_lie_beyond_limits_as_often_as_these_say(adult):
    real, holdout, table = adult
    fresh = ak.load(table.iloc[2000:4000], label="income", schema=real.schema)
    audit = ak.audit(real=real, synthetic=fresh, holdout=holdout, metrics=["duplicate_share"], seed=0)
    limits = audit.about["sample_limits"]
    above = {"discriminator", "discriminator_logit", "oddness", "copied_bits"}
    assert above | {"realism", "density", "label_agreement", "confidence"} == set(limits)
    for name, known in limits.items():
        values = audit.samples[name].to_numpy()
        for share in ("0.01", "0.05"):
            beyond = (values > known[share]) if name in above else (values < known[share])
            assert beyond.mean() <= 1.6 * float(share) + 0.005, (name, share)
    shares = list(map(float, limits["oddness"]))
    assert shares == sorted(shares)
    assert list(limits["oddness"].values()) == sorted(limits["oddness"].values(), reverse=True)
    alone = ak.audit(real=real, synthetic=fresh, metrics=["duplicate_share"], seed=0).about["sample_limits"]
    assert set(alone) == {"discriminator", "discriminator_logit"}
