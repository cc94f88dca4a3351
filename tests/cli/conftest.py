"""Small sets on disk, an audit of them, and the program called in process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditkit.cli.app import call

ROLES = ("--label", "rich", "--group", "sex")
SETS = ("--real", "real.csv", "--synthetic", "synthetic.csv", "--holdout", "holdout.csv")


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def people(n: int, seed: int) -> pd.DataFrame:
    """Mixed table: numbers, a group, and a label that depends on them."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    age = rng.integers(18, 80, n)
    pay = np.exp(7 + 0.01 * age + 0.3 * rng.standard_normal(n)).round(2)
    return pd.DataFrame({"age": age, "pay": pay, "sex": sex, "rich": np.where(pay > 1700, "yes", "no")})


@pytest.fixture
def run(capsys) -> Callable[..., Done]:
    """`run("check", "audit")` calls the program in process."""

    def command(*arguments: object) -> Done:
        code = call([str(item) for item in arguments])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return command


@pytest.fixture(scope="session")
def prepared(tmp_path_factory) -> Path:
    """Folder with four sets and the audit of one of them, made once."""
    folder = tmp_path_factory.mktemp("prepared")
    for seed, name in enumerate(("real", "holdout", "synthetic", "test")):
        people(120, seed).to_csv(folder / f"{name}.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert call(["-q", "audit", *SETS, *ROLES, "--out", "audit"]) == 0
    return folder


@pytest.fixture
def folder(prepared, tmp_path, monkeypatch) -> Path:
    """The prepared folder's copy, in which the command runs."""
    place = tmp_path / "here"
    shutil.copytree(prepared, place)
    record = json.loads((place / "audit" / "run.json").read_text(encoding="utf-8"))
    record["inputs"] = {name: str(place / Path(path).name) for name, path in record["inputs"].items()}
    (place / "audit" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.chdir(place)
    return place
