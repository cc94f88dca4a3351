"""The plugin for pytest, run by pytest: what passes, what fails and how it reads."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.errors import ConfigError, UnknownNameError
from auditkit.integrations.pytest_plugin import GateFailedError, GateNotMeasuredError, assert_gates

pytest_plugins = ["pytester"]

METRICS = ["coverage", "precision", "representation_gap"]
GATE = (
    'extends = "none"\n[[gate]]\nid = "kinds"\nmetric = "coverage"\ndecide = "point"\nwhy = "Lost kinds stay lost."\n'
)


def people(seed: int, n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"age": rng.integers(18, 80, n), "pay": rng.normal(2000, 300, n), "sex": rng.choice(["f", "m"], n)}
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """An audit, and the tables that it is of."""
    place = tmp_path_factory.mktemp("audited")
    for seed, name in enumerate(("real", "synthetic", "holdout")):
        people(seed).to_csv(place / f"{name}.csv", index=False)
    sets = {name: ak.load(place / f"{name}.csv", groups=["sex"]) for name in ("real", "synthetic", "holdout")}
    ak.audit(**sets, metrics=METRICS).save(place / "audit")
    (place / "passes.toml").write_text(f"{GATE}min = 0.01\n", encoding="utf-8")
    (place / "fails.toml").write_text(f"{GATE}min = 0.999\n", encoding="utf-8")
    (place / "warns.toml").write_text(f'{GATE}min = 0.999\nlevel = "warn"\n', encoding="utf-8")
    (place / "lacks.toml").write_text(GATE.replace("coverage", "vendi_score") + "min = 1.0\n", encoding="utf-8")
    return place


def test_pytest_finds_the_plugin():
    found = [item.value for item in entry_points(group="pytest11") if item.name == "auditkit"]
    assert found == ["auditkit.integrations.pytest_plugin"], "install again: pip install --no-deps --editable ."


def test_loading_the_plugin_imports_nothing_heavy():
    code = (
        "import sys, auditkit.integrations.pytest_plugin\n"
        "print(*({'numpy', 'pandas', 'torch', 'scipy', 'sklearn', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_a_pass_is_the_verdict(folder):
    verdict = assert_gates(folder / "audit", folder / "passes.toml")
    assert (verdict.passed, [item.gate for item in verdict.results]) == (True, ["kinds"])
    assert assert_gates(ak.open_audit(folder / "audit"), folder / "passes.toml") == verdict
    assert assert_gates(verdict) == verdict


def test_a_failure_says_what_failed_and_why(folder):
    with pytest.raises(GateFailedError) as caught:
        assert_gates(folder / "audit", folder / "fails.toml")
    lines = str(caught.value).splitlines()
    assert lines[0] == "FAIL: 1 of 1 gate failed (exit 1)"
    assert lines[2] == "FAIL kinds"
    assert "    Why it matters: Lost kinds stay lost." in lines
    assert "What to do next" in lines
    assert max(map(len, lines)) <= 100


def test_what_could_not_be_measured_is_told_apart(folder):
    with pytest.raises(GateNotMeasuredError) as caught:
        assert_gates(folder / "audit", folder / "lacks.toml")
    said = str(caught.value)
    assert said.startswith("NOT MEASURED: ")
    assert "NOT MEASURED kinds\n    vendi_score could not be judged" in said
    assert said.endswith("No gate failed, but what could not be measured is not known to be good.")


def test_undecided_gates_stand_below_a_failure(folder):
    with pytest.raises(AssertionError) as caught:
        assert_gates(folder / "audit", strict=True)
    verdict = ak.open_audit(folder / "audit").check()
    unsure = list(verdict.undecided)
    assert unsure
    assert [item.name for item in unsure if f"UNDECIDED {item.name}\n" not in str(caught.value)] == []


def test_only_the_named_gates_count(folder):
    both = (folder / "fails.toml").read_text(encoding="utf-8")
    both += '[[gate]]\nid = "realism"\nmetric = "precision"\ndecide = "point"\nmin = 0.01\n'
    (folder / "both.toml").write_text(both, encoding="utf-8")
    verdict = assert_gates(folder / "audit", folder / "both.toml", gates=["realism"])
    assert [item.gate for item in verdict.results] == ["realism"]
    assert verdict.findings == ()
    with pytest.raises(GateFailedError, match="1 of 1 gate"):
        assert_gates(folder / "audit", folder / "both.toml", gates="kinds")
    with pytest.raises(UnknownNameError, match="did you mean 'realism'"):
        assert_gates(folder / "audit", folder / "both.toml", gates=["realsim"])


def test_warnings_fail_only_strictly(folder):
    assert assert_gates(folder / "audit", folder / "warns.toml").passed
    with pytest.raises(GateFailedError):
        assert_gates(folder / "audit", folder / "warns.toml", strict=True)


def test_what_is_no_audit_is_refused(folder):
    with pytest.raises(ConfigError, match="got int"):
        assert_gates(3)
    verdict = ak.open_audit(folder / "audit").check(folder / "passes.toml")
    with pytest.raises(ConfigError, match="judged already"):
        assert_gates(verdict, folder / "fails.toml")


def test_a_long_failure_counts_what_it_leaves_out(folder):
    verdict = ak.open_audit(folder / "audit").check(folder / "fails.toml")
    many = replace(verdict, results=verdict.results * 25)
    with pytest.raises(GateFailedError, match="FAIL: 5 more"):
        assert_gates(many)


TESTS = """
from auditkit.integrations.pytest_plugin import assert_gates
import pytest

def test_passes(audit):
    assert_gates(audit(), "passes.toml")

def test_fails(audit):
    assert_gates(audit(), "fails.toml")

def test_lacks(audit):
    assert_gates(audit(), "lacks.toml")

@pytest.mark.audit_gate("kinds", config="passes.toml")
def test_marked_passes(audit):
    audit()

@pytest.mark.audit_gate(config="fails.toml")
def test_marked_fails():
    pass

@pytest.mark.audit_gate("kindz", config="fails.toml")
def test_marked_unknown():
    pass
"""


@pytest.fixture
def project(pytester, folder, monkeypatch):
    """A project with tests of its own, beside the configs."""
    # An outer run with options of its own must not reach into this one.
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    for path in folder.glob("*.*"):
        (pytester.path / path.name).write_bytes(path.read_bytes())
    return pytester


def test_tests_open_the_folder_that_is_named(project, folder):
    project.makepyfile(TESTS)
    done = project.runpytest_inprocess("--auditkit-dir", folder / "audit", "--strict-markers", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=2, failed=4)
    done.stdout.fnmatch_lines(
        [
            "*_ test_fails _*",
            ">*assert_gates(audit(), *fails.toml*)",
            "E *GateFailedError: FAIL: 1 of 1 gate failed (exit 1)",
            "E *FAIL kinds",
            "E *Why it matters: Lost kinds stay lost.",
            "*_ test_lacks _*",
            "E *GateNotMeasuredError: NOT MEASURED: *",
            "*_ test_marked_fails _*",
            "FAIL: 1 of 1 gate failed (exit 1)",
            "*_ test_marked_unknown _*",
            "E *unknown gate 'kindz'; did you mean 'kinds'?*",
        ]
    )
    assert "pytest_plugin.py" not in done.stdout.str().split("short test summary")[0].split("test_marked_fails")[0]


def test_the_ini_file_names_the_folder_from_its_own_place(project, folder):
    project.makeini(f"[pytest]\nauditkit_dir = {folder / 'audit'}\n")
    project.makepyfile("def test_open(audit):\n    assert audit() is audit()\n")
    project.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_an_audit_is_made_once_per_session(project):
    project.makepyfile(
        """
        import pandas as pd
        import pytest

        SETS = {"real": "real.csv", "synthetic": "synthetic.csv", "holdout": "holdout.csv"}
        OPTIONS = {"groups": "sex", "metrics": ["coverage"]}
        made = []

        def test_first(audit):
            made.append(audit(**SETS, **OPTIONS))
            assert made[0].about["groups"] == ["sex"]

        def test_again(audit):
            frames = {name: pd.read_csv(path) for name, path in SETS.items()}
            assert audit(**frames, **OPTIONS) is made[0]

        def test_another_seed(audit):
            assert audit(**SETS, **OPTIONS, seed=1) is not made[0]

        def test_lonely(audit):
            with pytest.raises(ValueError, match="needs both real= and synthetic="):
                audit(real="real.csv")

        def test_no_folder(audit):
            with pytest.raises(ValueError, match="--auditkit-dir DIR"):
                audit()
        """
    )
    project.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=5)


def test_the_marker_and_the_option_are_described(project):
    done = project.runpytest_inprocess("--markers")
    done.stdout.fnmatch_lines(["@pytest.mark.audit_gate(*gates, config=None, *"])
    assert "--auditkit-dir" in project.runpytest_inprocess("--help").stdout.str()
