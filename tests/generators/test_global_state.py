"""Fitting leaves Python's global random numbers alone, the first fit of a process too."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import random
before = random.getstate()
import numpy as np
import pandas as pd
from auditkit.data import Dataset
from auditkit.generators import Budget, create
frame = pd.DataFrame({"a": np.arange(60.0) % 7, "b": ["x", "y", "z"] * 20})
generator = create("NAME", modality="tabular").fit(Dataset.of_table(frame, label="b"), budget=Budget(steps=2))
generator.sample(5)
assert random.getstate() == before
"""


@pytest.mark.parametrize("name", ["cart", "vae"])
def test_the_first_fit_of_a_process_leaves_the_global_random_state(name):
    done = subprocess.run(
        [sys.executable, "-c", CODE.replace("NAME", name)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
