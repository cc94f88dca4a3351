"""Same seed, same bytes: over two runs, over one and two threads, for tables and images."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

import auditkit as ak

ROLES = ("real", "synthetic", "holdout")
CODE = """
import sys
from pathlib import Path
import auditkit as ak

folder, out = map(Path, sys.argv[1:])
roles = ("real", "synthetic", "holdout")
tables = {role: ak.load(folder / f"{role}.parquet", label="good", groups=["sex"]) for role in roles}
images = {role: ak.load(folder / f"{role}.npz") for role in roles}
ak.audit(**tables, seed=4).save(out / "table")
ak.audit(**images, seed=4).save(out / "images")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, make_set):
    """Files of three tables and three sets of images, and of a script that audits both."""
    place = tmp_path_factory.mktemp("sets")
    for role, n, seed in (("real", 600, 1), ("synthetic", 400, 2), ("holdout", 300, 3)):
        make_set(n, seed).table.drop(columns="note").to_parquet(place / f"{role}.parquet")
    digits = load_digits()
    pixels, label = (digits.images * 15).astype(np.uint8), digits.target.astype(str)
    rng = np.random.default_rng(0)
    rows = dict(zip(ROLES, np.split(rng.permutation(1000), [400, 700]), strict=True))
    for role, index in rows.items():
        shown = pixels[index] if role != "synthetic" else np.roll(pixels[index], 1, axis=2)
        np.savez(place / f"{role}.npz", images=shown, label=label[index])
    (place / "both.py").write_text(CODE, encoding="utf-8")
    return place


def run_on_two_threads(folder: Path, out: Path) -> None:
    environment = os.environ | {"AUDITKIT_THREADS": "2"}
    subprocess.run(
        [sys.executable, "-W", "error", folder / "both.py", folder, out], check=True, env=environment, timeout=300
    )


def shareable(out: Path) -> dict[str, bytes]:
    """Bytes of everything that a saved audit shares."""
    files = [path for path in out.rglob("*") if path.is_file() and path.name != "run.json"]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def test_same_bytes_over_runs_and_threads(folder, tmp_path, monkeypatch):
    run_on_two_threads(folder, tmp_path / "2")
    # Here: on one thread, after other audits, in a process that hashes texts to other numbers.
    monkeypatch.setenv("AUDITKIT_THREADS", "1")
    monkeypatch.setattr(sys, "argv", ["both.py", str(folder), str(tmp_path / "1")])
    runpy.run_path(str(folder / "both.py"))
    one, two = (shareable(tmp_path / str(threads)) for threads in (1, 2))
    assert {"table/audit.json", "table/samples.parquet", "images/exhibits/thumbnails.json"} <= set(one)
    assert set(one) == set(two)
    assert [name for name in one if one[name] != two[name]] == []


def test_another_seed_draws_other_subsamples(sets):
    first, second, again = (ak.audit(**sets, metrics=["coverage"], seed=seed) for seed in (1, 2, 1))
    assert first.scores["coverage"].value == second.scores["coverage"].value
    assert first.scores["coverage"].excess != second.scores["coverage"].excess
    assert first.to_json() == again.to_json()
    pd.testing.assert_frame_equal(first.samples, again.samples)


def test_the_global_random_state_is_left_alone(sets):
    np.random.seed(5)  # noqa: NPY002 - the global state is what is watched
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    first = ak.audit(**sets, metrics=["classifier_two_sample", "coverage"])
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002
    np.random.seed(6)  # noqa: NPY002
    assert ak.audit(**sets, metrics=["classifier_two_sample", "coverage"]).to_json() == first.to_json()


def test_a_metric_has_the_same_scores_whatever_is_read_beside_it(sets, audited):
    alone = ak.audit(**sets, metrics=["recall"], seed=0)
    for score in alone.scores:
        assert score == audited.scores.get("recall", score.where)
