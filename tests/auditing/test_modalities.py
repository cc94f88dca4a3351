"""Images, and records of several rows, from end to end."""

from __future__ import annotations

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import auditkit as ak


@pytest.fixture(scope="module")
def digits():
    """Real, synthetic and held-out digits; forty of the synthetic ones are copies."""
    found = load_digits()
    pixels, label = (found.images * 15).astype(np.uint8), found.target.astype(str)
    pool = ak.load({"images": pixels, "label": label}, name="digits")
    rows = np.random.default_rng(0).permutation(len(pool))
    real, holdout, other = (pool.take(rows[cut]) for cut in (slice(500), slice(500, 800), slice(800, 1060)))
    synthetic = {
        "images": np.concatenate([real.arrays()[:40], np.roll(other.arrays(), 1, axis=2)])[..., 0],
        "label": np.concatenate([real.label_values[:40], other.label_values]).astype(str),
    }
    return {"real": real, "synthetic": ak.load(synthetic, name="made"), "holdout": holdout}


@pytest.fixture(scope="module")
def images(digits):
    return ak.audit(**digits, seed=0)


def test_images_are_scored(images):
    assert images.about["modality"] == "image"
    assert images.about["embedder"] == "pixels"
    assert {score.status for score in images.scores if not score.where} == {"ok"}
    assert images.scores["copy_excess"].value == pytest.approx(40 / 300)
    assert images.scores["mode_coverage"].value == 1.0
    assert images.scores["classifier_two_sample"].value > 0.9
    assert images.scores["frechet_distance"].excess.value > 0


def test_classes_of_images_are_parts(images):
    parts = images.scores.parts("precision")
    assert [score.where for score in parts] == [{"class": str(digit)} for digit in range(10)]
    few = [score for score in parts if score.status == "insufficient"]
    assert all("fewer than 30" in score.reason for score in few)


def test_copied_images_are_flagged_and_never_shown(images, digits):
    copies = images.samples["copy"]
    assert copies.tolist() == [True] * 40 + [False] * 260
    thumbnails = next(item for item in images.exhibits if item.kind == "thumbnails").data["items"]
    place = {unit: number for number, unit in enumerate(digits["synthetic"].ids)}
    shown = [place[item["id"]] for item in thumbnails]
    assert shown
    assert min(shown) >= 40
    pixels = digits["synthetic"].arrays()[..., 0]
    for number, item in zip(shown, thumbnails, strict=True):
        picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(item["png_base64"]))))
        np.testing.assert_array_equal(picture, pixels[number])
        assert item["caption"] == digits["synthetic"].label_values[number]


def test_an_audit_of_images_is_judged_and_saved(images, tmp_path):
    images.save(tmp_path)
    opened = ak.open_audit(tmp_path)
    assert opened.scores["coverage"] == images.scores["coverage"]
    assert images.check().exit_code == 1
    assert "copies" in {item.gate for item in images.check().failed}


def test_colour_images_without_labels_are_audited():
    rng = np.random.default_rng(1)

    def noise(n):
        return rng.integers(0, 256, (n, 6, 5, 3), dtype=np.uint8)

    audit = ak.audit(real=ak.load(noise(120)), synthetic=ak.load(noise(60)), holdout=ak.load(noise(60)))
    assert audit.scores["precision"].status == "ok"
    assert "mode_coverage" in audit.about["skipped"]
    assert next(item for item in audit.exhibits if item.kind == "thumbnails").data["items"][0].get("caption", "") == ""


def visits(n_units, seed, *, drift=0.0):
    """Patients with one to four visits each."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 5, n_units)
    unit = np.repeat(np.arange(n_units), counts)
    sick = np.repeat(rng.random(n_units) < 0.4, counts)
    return pd.DataFrame(
        {
            "patient": [f"canary-{seed}-{number}" for number in unit],
            "day": np.concatenate([np.arange(count) for count in counts]),
            "pulse": (70 + 15 * sick + drift + rng.normal(0, 5, len(unit))).round(1),
            "ward": rng.choice(["a", "b"], len(unit)),
            "sex": np.repeat(rng.choice(["F", "M"], n_units), counts),
            "sick": np.where(sick, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def patients():
    roles = {"label": "sick", "groups": ["sex"], "key": "patient", "order": "day"}
    real, holdout = ak.load(visits(200, 1), **roles), ak.load(visits(100, 2), **roles)
    made = visits(110, 3, drift=6.0)
    copies = real.take(np.arange(15)).table
    synthetic = ak.load(pd.concat([made, copies], ignore_index=True), **roles)
    return {"real": real, "synthetic": synthetic, "holdout": holdout}


def test_units_of_several_rows_are_counted_as_units(patients):
    audit = ak.audit(**patients, seed=0)
    assert audit.about["n"] == {"real": 200, "synthetic": 125, "holdout": 100}
    assert len(audit.samples) == 125
    assert audit.scores["precision"].estimate.n == (200, 125)
    assert audit.scores["copy_excess"].value == pytest.approx(15 / 125)
    assert audit.samples["copy"].sum() == 15
    assert audit.scores["precision"].at(sex="F").status == "ok"
    assert audit.scores["classifier_two_sample"].value > 0.6
    undefined = {score.metric: score.reason for score in audit.scores if not score.where and score.status != "ok"}
    assert undefined == {"correlation_similarity": "no pair of this kind has a value."}


def test_keys_of_real_units_stay_hidden(patients, tmp_path):
    ak.audit(**patients, seed=0).save(tmp_path)
    told = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.json") if path.name != "run.json")
    samples = pd.read_parquet(tmp_path / "samples.parquet")
    # The copies kept the keys of the records that they copy; those are the synthetic set's own ids.
    own = set(patients["synthetic"].ids)
    shown = {word for column in ("nearest_real", "nearest_holdout") for word in samples[column]}
    assert not shown & (set(patients["real"].ids) | set(patients["holdout"].ids))
    assert not [unit for unit in patients["real"].ids if unit not in own and f'"{unit}"' in told]
    assert not [unit for unit in patients["holdout"].ids if f'"{unit}"' in told]
