"""Broken installations of torchvision and torchaudio, as pip leaves beside another torch, change nothing."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import subprocess
import sys

import pytest

LOOP = """
import numpy as np
import pandas as pd
import auditkit as ak
from auditkit import generators
from auditkit.data import ArraySamples, Dataset, RecordingSamples

rng = np.random.default_rng(0)
kind = np.array(["a", "b"] * 20)
pixels = (rng.integers(0, 90, (40, 6, 6, 1)) + 120 * (kind == "a")[:, None, None, None]).astype(np.uint8)
waves = [0.3 * np.sin(np.arange(600) * (0.4 if one == "a" else 0.9) + rng.normal()) for one in kind]
for name, samples in (("image/vae", ArraySamples(pixels)), ("audio/augment", RecordingSamples.of(waves, rate=8000))):
    real = Dataset.of_table(pd.DataFrame({"kind": kind}), label="kind", samples=samples)
    train, held = real.take(np.arange(20)), real.take(np.arange(20, 40))
    made = generators.create(name, **({"steps": 3} if name == "image/vae" else {})).fit(train).sample(20)
    found = ak.audit(real=train, synthetic=made, holdout=held, metrics=["precision", "coverage"], seed=0)
    print(made.hash, [(score.metric, score.value) for score in found.scores])
"""
LISTING = """
import sys
from auditkit import features, generators
from auditkit.cli.list_command import list_command
generators.names(), generators.entries(), features.embedder_names()
list_command("generators"), list_command("embedders")
print([name for name in ("torch", "torchvision", "torchaudio", "scipy", "sklearn", "pandas") if name in sys.modules])
"""


@pytest.fixture
def broken(tmp_path):
    """Environment in which both packages are found first and cannot be imported."""
    for name in ("torchvision", "torchaudio"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    return os.environ | {"PYTHONPATH": str(tmp_path)}


def run(code, environment):
    words = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_images_and_recordings_go_through_the_loop_all_the_same(broken, tmp_path):
    (tmp_path / "loop.py").write_text(LOOP)
    plain = io.StringIO()
    with contextlib.redirect_stdout(plain):
        runpy.run_path(str(tmp_path / "loop.py"))
    assert run(LOOP, broken) == plain.getvalue()


def test_listing_imports_none_of_them(broken):
    assert run(LISTING, broken).splitlines()[-1] == "[]"
