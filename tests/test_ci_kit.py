"""The action, the hooks and the GitLab template: read as a server reads them, and their steps run."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import auditkit as ak
from auditkit.cli.app import call

ROOT = Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS = {item["id"]: item for item in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
GITLAB = yaml.safe_load((ROOT / "ci" / "gitlab" / "auditkit.gitlab-ci.yml").read_text(encoding="utf-8"))[".auditkit"]
STEPS = {item["name"]: item for item in ACTION["runs"]["steps"]}
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
GATE = 'extends = "none"\n[[gate]]\nid = "kinds"\nmetric = "coverage"\ndecide = "point"\n'
BASH = shutil.which("bash") or "/bin/bash"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


@dataclass(frozen=True)
class Done:
    """What a step left behind."""

    code: int
    out: str
    err: str
    outputs: dict[str, str]


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> Path:
    """Three tables, an audit of them, and configs."""
    place = tmp_path_factory.mktemp("kit")
    for seed, name in enumerate(("real", "synthetic", "holdout")):
        rng = np.random.default_rng(seed)
        # Nobody is old among the synthetic people, so some kinds of real ones are lost.
        frame = {"age": rng.integers(18, 40 if name == "synthetic" else 80, 40), "sex": rng.choice(["f", "m"], 40)}
        pd.DataFrame(frame).to_csv(place / f"{name}.csv", index=False)
    sets = {name: ak.load(place / f"{name}.csv", groups=["sex"]) for name in ("real", "synthetic", "holdout")}
    ak.audit(**sets, metrics=["coverage"]).save(place / "audit")
    (place / "passes.toml").write_text(f"{GATE}min = 0.001\n", encoding="utf-8")
    (place / "fails.toml").write_text(f"{GATE}min = 0.999\n", encoding="utf-8")
    (place / "wrong.toml").write_text(f"{GATE}mni = 1\n", encoding="utf-8")
    return place


@pytest.fixture
def shell(tables, tmp_path):
    """Run a script with bash as a runner does: `shell(script, {"AUDIT_NAME": "check"})`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    # What the install step would put there.
    (programs / "auditkit").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m auditkit "$@"\n', encoding="utf-8")
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    for path in programs.iterdir():
        path.chmod(0o755)
    place = tmp_path / "work"
    place.mkdir()
    for path in tables.iterdir():
        (place / path.name).symlink_to(path)
    calm = {name: value for name, value in os.environ.items() if not name.startswith(("AUDIT", "GITHUB_", "COV_"))}

    def run(script: str, variables: dict[str, str]) -> Done:
        output = tmp_path / "output"
        output.write_text("", encoding="utf-8")
        given = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
            "RUNNER_TEMP": str(tmp_path / "temp"),
        }
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=place, env=calm | given | variables, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        outputs = dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())
        return Done(done.returncode, done.stdout, done.stderr, outputs)

    return run


@pytest.fixture
def step(shell):
    """Run a step of the action: `step("Check", {"config": "a.toml"}, audit="audit")`."""

    def run(name: str, inputs: dict[str, str], **earlier: str) -> Done:
        assert set(inputs) <= set(ACTION["inputs"])
        known = {f"inputs.{key}": inputs.get(key, item["default"]) for key, item in ACTION["inputs"].items()}
        known |= {f"steps.audit.outputs.{key}": value for key, value in earlier.items()}
        known |= {f"steps.check.outputs.{key}": value for key, value in earlier.items()}
        known["github.action_path"] = str(ROOT)
        env = {
            key: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: known[found[1]], value)
            for key, value in STEPS[name]["env"].items()
        }
        return shell(STEPS[name]["run"], env)

    return run


@pytest.fixture
def stand_in(tmp_path):
    """Put a program in the place of auditkit that writes down what it is told and exits as asked."""

    def put(code: int = 0) -> Path:
        script = f"""#!/bin/sh
printf '%s\\n' "$@" >> "{tmp_path}/said"
[ "$1" = check ] || exit 0
for word in "$@"; do
  case "$word" in *=*/*) [ {code} -eq 2 ] || printf '<!-- auditkit:x -->\\n' > "${{word#*=}}" ;; esac
done
exit {code}
"""
        (tmp_path / "bin" / "auditkit").write_text(script, encoding="utf-8")
        return tmp_path / "said"

    return put


def test_the_action_is_pinned_and_pastes_nothing_into_scripts():
    assert ACTION["runs"]["using"] == "composite"
    assert all(item["description"] and isinstance(item["default"], str) for item in ACTION["inputs"].values())
    for item in STEPS.values():
        assert ("uses" in item) != ("run" in item)
        if "uses" in item:
            assert PINNED.fullmatch(item["uses"])
        else:
            assert (item["shell"], "${{" in item["run"]) == ("bash", False)


def test_every_expression_of_the_action_names_what_there_is():
    text = json.dumps(ACTION)
    named = set(re.findall(r"\b(inputs\.[\w-]+|steps\.[\w-]+\.outputs\.[\w-]+)", text))
    ids = {item.get("id") for item in STEPS.values()}
    for name in named:
        parts = name.split(".")
        if parts[0] == "inputs":
            assert parts[1] in ACTION["inputs"], name
        else:
            assert parts[1] in ids, name
            script = next(item["run"] for item in STEPS.values() if item.get("id") == parts[1])
            assert f'"{parts[3]}=' in script, name
    used = {name.split(".")[1] for name in named if name.startswith("inputs.")}
    assert used == set(ACTION["inputs"])


def test_the_install_step_installs_this_checkout(shell, tmp_path):
    pytest.importorskip("hatchling")
    there = {
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_TARGET": str(tmp_path / "there"),
    }
    env = {"AUDIT_SOURCE": "", "AUDIT_ACTION": str(ROOT)}
    assert set(env) == set(STEPS["Install auditkit"]["env"])
    done = shell(STEPS["Install auditkit"]["run"], env | there)
    assert done.code == 0, done.err
    assert (tmp_path / "there" / "auditkit" / "gates" / "formats" / "check.schema.json").is_file()
    wrong = shell(STEPS["Install auditkit"]["run"], env | there | {"AUDIT_SOURCE": str(tmp_path / "nowhere")})
    assert wrong.code != 0


def test_the_audit_step_hands_every_input_over(step, stand_in, tmp_path):
    said = stand_in()
    given = {"real": "a b.csv", "synthetic": "$(touch x).csv", "holdout": "h.csv", "label": "rich", "quick": "true"}
    done = step("Audit", given | {"groups": "sex\nage group\n", "name": "rows"})
    assert done.code == 0, done.err
    folder = f"{tmp_path}/temp/auditkit-audit-rows"
    assert said.read_text(encoding="utf-8").splitlines() == [
        *("audit", "--synthetic", "$(touch x).csv", "--out", folder, "--real", "a b.csv", "--holdout", "h.csv"),
        *("--label", "rich", "--quick", "--group", "sex", "--group", "age group"),
    ]
    assert done.outputs == {"audit": folder}
    assert step("Audit", {"audit": "made/before"}).outputs == {"audit": "made/before"}


def test_the_audit_step_audits_and_the_check_step_judges(step, tmp_path):
    sets = {"real": "real.csv", "synthetic": "synthetic.csv", "holdout": "holdout.csv", "groups": "sex"}
    audited = step("Audit", sets)
    assert audited.code == 0, audited.err
    done = step("Check", {"config": "fails.toml", "name": "rows"}, **audited.outputs)
    assert done.code == 1, done.err
    assert done.outputs == {"exit-code": "1", "verdict": "fail", "results": f"{tmp_path}/temp/auditkit-rows"}
    assert "::error file=" in done.out
    assert {path.name for path in Path(done.outputs["results"]).iterdir()} == {
        *("check.json", "check.junit.xml", "check.sarif", "check.md")
    }
    assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("<!-- auditkit:rows -->")


CHECKS = {
    "passes": ({}, 0, 0, "pass"),
    "fails": ({}, 1, 1, "fail"),
    "is not measured": ({}, 3, 3, "not-measured"),
    "is wrong": ({"fail": "false"}, 2, 2, "error"),
    "may fail": ({"fail": "false", "summary": "false"}, 1, 0, "fail"),
    "may lack": ({"fail": "false", "strict": "true", "config": "a.toml"}, 3, 0, "not-measured"),
}


@pytest.mark.parametrize("case", CHECKS)
def test_the_check_step_exits_and_tells_as_the_check_does(step, stand_in, tmp_path, case):
    inputs, given, code, verdict = CHECKS[case]
    said = stand_in(given)
    done = step("Check", inputs, audit="an audit")
    assert done.code == code, done.err
    assert (done.outputs["exit-code"], done.outputs["verdict"]) == (str(given), verdict)
    assert (tmp_path / "summary.md").exists() == (given != 2 and inputs.get("summary") != "false")
    words = said.read_text(encoding="utf-8").splitlines()
    assert words[:2] == ["check", "an audit"]
    assert ("--strict" in words, "a.toml" in words) == ("strict" in inputs, "config" in inputs)


@pytest.mark.parametrize(
    ("config", "start"),
    [("wrong.toml", "::error file=wrong.toml,line="), ("absent.toml", "::error title=auditkit::")],
)
def test_what_has_no_verdict_is_annotated_too(step, config, start):
    done = step("Check", {"config": config}, audit="audit")
    assert done.code == 2
    (line,) = [line for line in done.out.splitlines() if line.startswith("::error")]
    assert line.startswith(start)
    assert line.split("::", 2)[2] in done.err


def test_the_report_step_writes_where_the_artifact_is(step, stand_in):
    said = stand_in()
    assert step("Write the report", {"config": "a.toml"}, audit="audit", results="out").code == 0
    assert said.read_text(encoding="utf-8").split() == [
        *("report", "audit", "--out", "out/report.html", "--config", "a.toml")
    ]
    assert STEPS["Upload"]["with"]["path"] == "${{ steps.check.outputs.results }}"
    assert "inputs.upload == 'true'" in STEPS["Upload"]["if"]
    assert STEPS["Upload"]["if"] == STEPS["Write the report"]["if"]


@pytest.fixture
def hook(tables, monkeypatch, capsys):
    """Call the program as a hook does, in this process: `hook("auditkit-check", "audit/")`."""
    monkeypatch.chdir(tables)

    def run(name: str, *arguments: str) -> Done:
        program, *words = shlex.split(HOOKS[name]["entry"])
        assert program == "auditkit"
        code = call([*words, *arguments])
        return Done(code, *capsys.readouterr(), {})

    return run


def test_the_hook_on_configs_takes_every_file_that_is_committed(hook):
    done = hook("auditkit-config", "passes.toml", "wrong.toml")
    assert (done.code, done.out.count("right")) == (2, 1)
    assert "wrong.toml:6:1: unknown key 'mni'" in done.err
    pattern = re.compile(HOOKS["auditkit-config"]["files"])
    assert [bool(pattern.search(path)) for path in ("auditkit.toml", "a/auditkit.toml", "my-auditkit.toml")] == [
        *(True, True, False)
    ]


def test_the_hook_on_audits_judges_the_folder_of_its_arguments(hook):
    assert HOOKS["auditkit-check"]["pass_filenames"] is False
    assert hook("auditkit-check", "audit/", "--config", "fails.toml").code == 1
    pattern = re.compile(HOOKS["auditkit-check"]["files"])
    assert [bool(pattern.search(path)) for path in ("audit/audit.json", "auditkit.toml", "audit/run.json")] == [
        *(True, True, False)
    ]


def test_the_gitlab_job_needs_to_be_told_what_pip_installs(shell):
    (script,) = GITLAB["before_script"]
    done = shell(script, GITLAB["variables"])
    assert (done.code, "AUDIT_SOURCE is empty" in done.err) == (2, True)


def test_the_gitlab_job_leaves_what_it_promises(shell, tmp_path):
    (script,) = GITLAB["script"]
    given = {"AUDIT_FOLDER": "audit", "AUDIT_CONFIG": "fails.toml", "AUDIT_NAME": "rows"}
    done = shell(script, GITLAB["variables"] | given)
    assert done.code == 1, done.err
    place = tmp_path / "work"
    promised = [*GITLAB["artifacts"]["paths"], *GITLAB["artifacts"]["reports"].values()]
    absent = [path for path in promised if not (place / path.replace("$AUDIT_RESULTS", "auditkit-results")).is_file()]
    assert absent == []
    suite = ET.parse(place / "auditkit-results" / "check.junit.xml").getroot()[0]  # noqa: S314 - our own file
    assert (suite.get("name"), suite.get("failures")) == ("auditkit.rows", "1")
    assert len(json.loads((place / "auditkit-results" / "check.codequality.json").read_text())) == 1


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_gitlab_job_hands_every_variable_over(shell, stand_in, tmp_path, code):
    said = stand_in(code)
    (tmp_path / "work" / "auditkit-results").mkdir()
    given = {"REAL": "r.csv", "SYNTHETIC": "s.csv", "HOLDOUT": "h.csv", "REFERENCE": "f", "LABEL": "l", "GROUPS": "a b"}
    given |= {"STRICT": "true", "CONFIG": "c.toml"}
    (script,) = GITLAB["script"]
    done = shell(script, GITLAB["variables"] | {f"AUDIT_{name}": value for name, value in given.items()})
    assert done.code == code, done.err
    words = " ".join(said.read_text(encoding="utf-8").split())
    assert words.startswith(
        "audit --synthetic s.csv --out auditkit-results/audit --real r.csv --reference f --holdout h.csv "
        "--label l --group a --group b check auditkit-results/audit --name check "
    )
    assert "--config c.toml --strict" in words
    report = "report auditkit-results/audit --out auditkit-results/report.html --config c.toml"
    assert words.endswith(report) == (code != 2)


def snippets(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_snippets_of_the_page_name_what_there_is():
    github, more, gitlab, commits = map(yaml.safe_load, snippets("yaml"))
    steps = github["jobs"]["audit"]["steps"]
    assert PINNED.fullmatch(steps[0]["uses"])
    assert set(steps[1]["with"]) <= set(ACTION["inputs"])
    outputs = re.findall(r"steps\.audit\.outputs\.([\w-]+)", json.dumps(more))
    assert set(outputs) <= set(ACTION["outputs"])
    job = gitlab["synthetic data"]
    assert job["extends"] == ".auditkit"
    assert (ROOT / gitlab["include"][0]["file"]).is_file()
    assert set(job["variables"]) <= set(GITLAB["variables"])
    assert {item["id"] for item in commits["repos"][0]["hooks"]} == set(HOOKS)


@pytest.mark.parametrize("known", ["", "17"])
def test_the_comment_of_the_page_is_made_once_and_then_replaced(shell, tmp_path, known):
    script = yaml.safe_load(snippets("yaml")[1])[1]["run"]
    program = f'#!/bin/sh\necho "$@" >> "{tmp_path}/said"\ncase "$*" in *--jq*) echo {known} ;; esac\n'
    (tmp_path / "bin" / "gh").write_text(program, encoding="utf-8")
    (tmp_path / "bin" / "gh").chmod(0o755)
    (tmp_path / "check.md").write_text("<!-- auditkit:rows -->\n\nPASS\n", encoding="utf-8")
    done = shell(script, {"NUMBER": "3", "RESULTS": str(tmp_path), "GITHUB_REPOSITORY": "me/it"})
    assert done.code == 0, done.err
    asked, sent = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert 'startswith("<!-- auditkit:rows -->")' in asked
    where = "--method PATCH repos/me/it/issues/comments/17" if known else "repos/me/it/issues/3/comments"
    assert sent == f"api {where} --field body=@{tmp_path}/check.md"


def test_the_tables_of_the_page_are_whole():
    from auditkit.gates import FORMATS

    for name in (*ACTION["inputs"], *ACTION["outputs"], *GITLAB["variables"], *FORMATS):
        assert f"`{name}`" in PAGE or f"{name}:" in PAGE, name


def test_the_python_of_the_page_runs(tables, tmp_path):
    (example,) = snippets("python")
    for name, file in (("real", "train.csv"), ("synthetic", "synthetic.csv"), ("holdout", "holdout.csv")):
        frame = pd.read_csv(tables / f"{name}.csv")
        frame.assign(income=frame["age"] > 50).to_csv(tmp_path / file, index=False)
    (tmp_path / "auditkit.toml").write_text(f"{GATE}min = 0.001\n", encoding="utf-8")
    # The gate on copies is about more rows than these.
    example = example.replace('"copies", "missing-groups"', '"missing-groups"')
    example = example.replace('groups=["sex"])', 'groups=["sex"], metrics=["coverage", "missing_groups"])')
    (tmp_path / "test_example.py").write_text(example, encoding="utf-8")
    options = ("-q", "-p", "no:cacheprovider", "--rootdir", ".", "--strict-markers")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path, env=os.environ | {"PYTEST_ADDOPTS": ""}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout
