"""Bad samples planted among fresh real ones are rejected at limits that fresh real samples rarely pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_digits

import auditkit as ak

DIGITS = {"noise": ["oddness"], "blur": ["oddness"], "labels": ["label"], "copies": ["exact-copies"]}
PLACES = {kind: slice(80 * number, 80 * number + 80) for number, kind in enumerate(DIGITS)}


def audited(real, made, holdout=None):
    return ak.audit(real=real, synthetic=made, holdout=holdout, metrics=["duplicate_share"], exhibits=False, seed=0)


def rejected(audit, rules):
    made = audit.inputs["synthetic"]
    return ~np.isin(made.ids, ak.filter(made, audit, rules).kept.ids)


@pytest.fixture(scope="module")
def digits():
    """560 training and 240 holdout images; 80 bad ones of each kind and 320 fresh ones."""
    held, rng = load_digits(), np.random.default_rng(1)
    order = rng.permutation(len(held.target))[:1440]
    pixels, labels = np.minimum(held.images[order] * 16, 255), held.target[order]
    made, said = pixels[800:], labels[800:]
    noise, blur, wrong, copies = PLACES.values()
    made[noise] += 0.5 * pixels[:560].std(axis=0) * rng.standard_normal((80, 8, 8))
    made[blur] = gaussian_filter(made[blur], (0, 1, 1))
    said[wrong] = (said[wrong] + rng.integers(1, 10, 80)) % 10
    made[copies], said[copies] = pixels[:80], labels[:80]
    images = np.clip(pixels, 0, 255).astype(np.uint8)
    parts = (slice(560), slice(800, 1440), slice(560, 800))
    sets = [ak.load({"images": images[part], "label": labels[part].astype(str)}, label="label") for part in parts]
    return audited(*sets)


@pytest.mark.parametrize("kind", DIGITS)
def test_bad_digits_are_rejected_and_fresh_ones_are_kept(digits, kind):
    gone = rejected(digits, DIGITS[kind])
    assert gone[PLACES[kind]].mean() >= (0.99 if kind == "copies" else 0.85)
    assert gone[320:].mean() <= 0.04


@pytest.fixture(scope="module")
def adult(shared_data):
    tables = [pd.read_csv(shared_data("pairs_adult", f"real_{part}.csv.gz"), nrows=5000) for part in ("trn", "hol")]
    real = ak.load(tables[0].head(4000), label="income")
    return real, *(ak.load(part, label="income", schema=real.schema) for part in (tables[1].iloc[:2000],)), tables[1]


@pytest.fixture(scope="module")
def planted(adult):
    """300 rows with wrong labels, 100 copies with a cell drawn again, 400 with noise and 1200 fresh ones."""
    real, holdout, table = adult
    made, rng = table.iloc[2000:4000].reset_index(drop=True), np.random.default_rng(0)
    flipped = made["income"].map({"<=50K": ">50K", ">50K": "<=50K"})
    made.loc[:299, "income"] = flipped[:300]
    copied = real.frame.iloc[:100].assign(occupation=made["occupation"].to_numpy()[:100])
    made.loc[300:399] = copied[made.columns].astype(made.dtypes.to_dict()).to_numpy()
    made = made.infer_objects()
    for name in made.select_dtypes("number").columns:
        known = real.table[name].astype(float)
        moved = made[name].iloc[400:800] + 0.5 * known.std() * rng.standard_normal(400)
        made.loc[400:799, name] = moved.round().clip(known.min(), known.max()).astype(made[name].dtype)
    return audited(real, ak.load(made, label="income", schema=real.schema), holdout)


@pytest.mark.parametrize(
    ("rules", "bad", "least"),
    [
        (["label"], slice(300), 0.4),
        (["exact-copies", "copied-bits"], slice(300, 400), 0.85),
        (["oddness"], slice(400, 800), 0.75),
    ],
    ids=["labels", "copies", "noise"],
)
def test_bad_rows_are_rejected_and_fresh_ones_are_kept(planted, rules, bad, least):
    gone = rejected(planted, rules)
    assert gone[bad].mean() >= least
    assert gone[800:].mean() <= 0.03


def test_fresh_samples_lie_beyond_limits_as_often_as_these_say(adult):
    real, holdout, table = adult
    fresh = ak.load(table.iloc[2000:4000], label="income", schema=real.schema)
    audit = audited(real, fresh, holdout)
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
    alone = audited(real.take(np.arange(800)), fresh.take(np.arange(400))).about["sample_limits"]
    assert set(alone) == {"discriminator", "discriminator_logit"}
