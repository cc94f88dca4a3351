"""What the documents say about the checkout is so."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from tests.tutorials import blocks, run_page

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")])


def page_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    broken = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_make_target_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z]+)\b", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= targets


def test_every_pinned_version_is_exact_and_names_no_index():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*", line)] == []
    assert "torch==2.13.0" in pins


def test_every_dependency_is_pinned():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    names = [re.split(r"[<>=!~\[ ]", item)[0].lower() for item in asked]
    assert [name for name in names if f"\n{name}==" not in text] == []


def test_the_version_is_the_same_everywhere():
    import tomllib

    import auditkit

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == auditkit.__version__
    assert f"[{auditkit.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_lists_are_what_the_registries_hold():
    done = subprocess.run([sys.executable, ROOT / "docs" / "build.py", "--check"], check=False, capture_output=True)
    assert done.returncode == 0, "run: python docs/build.py"


PRINTS = {
    "attacks": [
        r"^columns that point at people: \[\]$",
        r"^columns that point at people: \['age \+ job",
        r"epsilon is at least",
    ],
    "choosing": [],
    "fairness": [],
    "faq": [],
    "filtering": [r"12 copy of a training record", r"forest_two_sample"],
    "integrations": [r"\ATrue \['c0' 'c1'\]\n"],
    "metric-functions": [],
    "notebooks": [],
    "slices": [r"sex is female and work is field: 14 % of the real records", r"work is home 0\."],
    "unsupported": [],
    "streaming": [r"^0\.7 .*\n\Z"],
}


@pytest.mark.parametrize("page", PRINTS)
def test_the_examples_of_a_page_run(page, tmp_path):
    out = run_page(ROOT / "docs" / f"{page}.md", tmp_path).out
    assert [said for said in PRINTS[page] if not re.search(said, out, re.MULTILINE)] == []
    if page == "notebooks":
        assert (tmp_path / "scores.png").is_file()
        assert "auditkit-result" in (tmp_path / "piece.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["ablation", "constraints", "generators", "leaks", "tables"])
def test_the_examples_of_a_page_print_what_it_says(page, tmp_path):
    path = ROOT / "docs" / f"{page}.md"
    examples = "\n".join(block.text for block in blocks(path.read_text(encoding="utf-8")) if block.language == "python")
    assert run_page(path, tmp_path).out.splitlines() == re.findall(r"^# (.*)$", examples, re.MULTILINE)


def test_the_examples_print_what_their_page_says(tmp_path):
    from auditkit.metrics import registry

    shutil.copytree(ROOT / "examples", tmp_path, dirs_exist_ok=True)
    with mock.patch.dict(registry._METRICS):  # one of them registers a metric
        run_page(ROOT / "examples" / "README.md", tmp_path)


def test_the_page_on_the_examples_names_them_all():
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in (ROOT / "examples").glob("*.py")} == set(re.findall(r"\w+\.py", text))


EXTRAS = ["audit_lightning", "in_and_out", "log_to_mlflow", "streaming_lightning"]
ONE_AFTER_ANOTHER = """
import os, runpy, sys

for path in sys.argv[1:]:
    folder = os.path.splitext(os.path.basename(path))[0]
    os.mkdir(folder)
    os.chdir(folder)
    print("==", folder)
    runpy.run_path(path, run_name="__main__")
    os.chdir("..")
"""


def test_examples_with_other_libraries_run(tmp_path):
    """In one process, as the libraries take longer to load than most of the examples to run."""
    paths = [ROOT / "examples" / f"{name}.py" for name in EXTRAS]
    command = [sys.executable, "-c", ONE_AFTER_ANOTHER, *paths]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = dict(part.split("\n", 1) for part in done.stdout.split("== ")[1:])
    assert [name for name in EXTRAS if said[name].strip()] == EXTRAS


def test_the_python_example_of_the_readme_runs(tmp_path):
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    n = 300
    table = pd.DataFrame(
        {
            "age": rng.integers(17, 90, n),
            "education": rng.choice(["school", "college", "doctor"], n, p=[0.5, 0.4, 0.1]),
            "race": rng.choice(["a", "b"], n),
            "sex": rng.choice(["Female", "Male"], n),
        }
    )
    table["income"] = np.where(table["age"] + 20 * rng.random(n) > 60, ">50K", "<=50K")
    table.to_csv(tmp_path / "adult.csv", index=False)
    run_page(ROOT / "README.md", tmp_path, replacing={"10_000": "200", "repeats=5": "repeats=1"})
    assert (tmp_path / "report.html").is_file()


@pytest.mark.parametrize("page", ["metric-functions", "tables"])
def test_a_page_on_metrics_names_only_what_exists(page):
    import auditkit.metrics

    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)(?:\(|`)", text))
    known = set(dir(auditkit.metrics)) | {"tie_rate", "within_bounds"}
    assert named - known == set()


def test_the_page_on_metrics_says_which_have_a_tie_rate_and_which_are_of_whole_sets():
    from auditkit.metrics import registry

    text = " ".join((ROOT / "docs" / "metric-functions.md").read_text(encoding="utf-8").split())
    known = {name: registry.get(name) for name in registry.names()}
    (told,) = re.findall(r"count it half \(`ties=\"half\"`\), and (.*?) say in `score.details\[\"tie_rate\"\]`", text)
    assert set(re.findall(r"`(\w+)`", told)) == {name for name in known if "ties" in known[name].parameters}
    rows = re.findall(r"\| ((?:`\w+`(?:, )?)+) \|", text.partition("## Whole set only")[2])
    told = {name for row in rows for name in re.findall(r"\w+", row)}
    assert told == {name for name in known if not known[name].by_group}


def test_the_page_on_intervals_names_every_way():
    text = (ROOT / "docs" / "intervals.md").read_text(encoding="utf-8")
    table = text.partition("## The ways")[2].partition("\n\nShares")[0]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "auditkit").rglob("*.py"))
    given = set(re.findall(r"Reading\([^\n]*method=\"([^\"]+)\"", sources))
    given |= set(re.findall(r"^        method=\"([a-z][^\"]*)\",$", sources, re.MULTILINE))
    given |= set(re.findall(r"Estimate\(.*, \"([a-z][a-z -]+)\", \(?n\b", sources)) - {"t", "known"}
    given |= {"delete-block jackknife", "wilson on a third", "jackknife", "wilson"}
    assert {way for way in given if way not in re.split(r"[|,] ?", table.replace(" |", "|"))} == set()
