"""No picture of a real image, recording or series stands in anything that an audit and a filter write by default."""

import base64
import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import auditkit as ak
from auditkit.auditing.forms import picture
from auditkit.data import ArraySamples, Dataset, RecordingSamples, SeriesSamples
from auditkit.reports import render_page, summarise

PNG = re.compile(r"iVBORw0KGgo[A-Za-z0-9+/]*={0,2}")
N = 60


def images(rng, n):
    faces = np.zeros((n, 12, 12, 1), np.uint8)
    for place in range(n):
        row, column = rng.integers(1, 8, 2)
        faces[place, row : row + 4, column : column + 3] = rng.integers(120, 255)
    return ArraySamples(np.clip(faces + rng.integers(0, 20, faces.shape), 0, 255).astype(np.uint8))


def recordings(rng, n):
    times = np.arange(1200) / 8000
    waves = [
        np.sin(2 * np.pi * rng.uniform(200, 1500) * times) * rng.uniform(0.2, 0.6) + 0.02 * rng.normal(size=1200)
        for _ in range(n)
    ]
    return RecordingSamples.of(waves, rate=8000)


def walks(rng, n):
    return SeriesSamples.of([rng.normal(size=(24, 2)).cumsum(axis=0) for _ in range(n)])


def labelled(samples):
    return Dataset.of_table(pd.DataFrame({"label": ["a", "b"] * (len(samples) // 2)}), label="label", samples=samples)


def disturbed(samples, rng):
    """The same samples, off by a hundredth: no copies, and no less real."""
    found = [*samples.take(np.arange(len(samples)))]
    if isinstance(samples, ArraySamples):
        shaken = [np.clip(item.astype(int) + rng.integers(-2, 3, item.shape), 0, 255) for item in found]
        return ArraySamples(np.stack(shaken).astype(np.uint8))
    shaken = [item + 0.003 * item.std() * rng.normal(size=item.shape) for item in found]
    return RecordingSamples.of(shaken, rate=8000) if isinstance(samples, RecordingSamples) else SeriesSamples.of(shaken)


def pixels(told):
    found = [Image.open(io.BytesIO(base64.b64decode(item))) for item in set(PNG.findall(told))]
    return [np.asarray(item.convert("RGB"), np.int16) for item in found]


def is_one_of(drawn, others):
    return any(item.shape == drawn.shape and np.abs(item - drawn).mean() < 1.0 for item in others)


@pytest.mark.parametrize(("modality", "build"), [("image", images), ("audio", recordings), ("series", walks)])
def test_no_picture_of_a_real_sample_or_of_a_copy_is_written(modality, build):
    rng = np.random.default_rng(3)
    real, fresh = labelled(build(rng, N)), labelled(build(rng, 30))
    holdout = labelled(build(rng, 40))
    copies = real.take(np.arange(10))
    some = real.take(np.arange(10, 24))
    near = replace(some, samples=disturbed(some.samples, rng))
    made = fresh.concat(copies, near)
    made = replace(made, table=made.table.drop(columns="origin", errors="ignore"))
    audit = ak.audit(real=real, synthetic=made, holdout=holdout, metrics=["copy_excess"])
    everything = [{"column": "realism", "min": 1e9, "reason": "all"}, {"column": "distance_real", "max": 1e9}]
    selection = ak.filter(made, audit, rules=everything)
    told = json.dumps([selection.to_json(), *(item.to_json() for item in audit.exhibits)])
    page = render_page(summarise(audit, selection=selection))
    drawn = pixels(told) + pixels(page)
    assert drawn
    secret = [*real.take(np.arange(24)).samples.take(np.arange(24))]
    kinds = [picture(item, modality, real=side) for item in secret for side in (False, True)]
    real_pictures = [np.asarray(Image.fromarray(item).convert("RGB"), np.int16) for item in kinds]
    assert not any(is_one_of(item, real_pictures) for item in drawn)
    shown = ak.audit(real=real, synthetic=made, holdout=holdout, metrics=["copy_excess"], show_real=True)
    both = pixels(json.dumps([item.to_json() for item in shown.exhibits]))
    assert modality == "series" or any(is_one_of(item, real_pictures) for item in both)
