"""Machine code kept on disk does not outlive the source that it came from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from auditkit.metrics.tiles import forget_outdated

ROOT = Path(__file__).parents[2]
# Every metric of features, and the parameters that take other loops.
VALUES = """
import inspect
import numpy as np
from auditkit.errors import UndefinedError
from auditkit.metrics import registry

OTHERS = {
    "kernel_distance": [{"degree": 4}, {"subsets": 20, "subset_size": 200}],
    "cmmd": [{"sigma": 1.0, "normalise": False}],
}
for name in registry.names():
    metric = registry.get(name)
    if metric.asks or len(metric.modalities) == 1:
        continue
    rng = np.random.default_rng(0)
    known = inspect.signature(metric.function).parameters
    sets = {role: rng.normal(size=(500, 20)) for role in ("real", "synthetic", "holdout", "features") if role in known}
    for parameters in ({}, *OTHERS.get(name, [])):
        try:
            value = metric.function(**sets, **parameters)
        except UndefinedError:
            continue
        print(name, parameters, np.asarray(value, float).tobytes().hex())
"""


def test_machine_code_older_than_a_source_beside_it_is_removed(tmp_path):
    source, other = tmp_path / "tiles.py", tmp_path / "crossing_tiles.py"
    kept = [tmp_path / "__pycache__" / f"tiles.loop-1.py311.{suffix}" for suffix in ("nbi", "1.nbc")]
    fresh, foreign = (tmp_path / "__pycache__" / name for name in ("tiles.other-9.py311.nbi", "crossing.f-1.py311.nbi"))
    (tmp_path / "__pycache__").mkdir()
    for path, changed in [(source, 1), (other, 5), *((path, 3) for path in (*kept, foreign)), (fresh, 7)]:
        path.touch()
        os.utime(path, (changed, changed))
    forget_outdated(source)
    assert [path.exists() for path in (*kept, fresh, foreign)] == [False, False, True, True]


def test_code_without_a_file_keeps_nothing(tmp_path):
    forget_outdated(tmp_path / "nowhere" / "<string>")


def test_fresh_machine_code_and_that_from_the_disk_give_the_same_bytes(tmp_path):
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}

    def values():
        run = subprocess.run(
            [sys.executable, "-c", VALUES], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        return run.stdout.splitlines()

    fresh = values()
    assert len(fresh) > 25
    assert any(tmp_path.rglob("*.nbc"))
    assert values() == fresh
