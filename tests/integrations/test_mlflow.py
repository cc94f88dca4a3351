"""An audit is logged to a real file store of MLflow and read back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditkit as ak
from auditkit.auditing.result import open_audit
from auditkit.errors import DataError, MissingDependencyError
from auditkit.integrations import mlflow as room
from auditkit.integrations.mlflow import log_audit, metric_name

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


def table(seed, n=80):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2))
    kind = np.where(x[:, 0] > 0, "high", "low")
    return ak.load(
        pd.DataFrame({"x": x[:, 0], "y": x[:, 1], "kind": kind, "site": ["a/b", "a_b"] * (n // 2)}),
        label="kind",
        groups="site",
    )


@pytest.fixture(scope="module")
def audit():
    return ak.audit(real=table(0), synthetic=table(1), holdout=table(2), metrics=["coverage", "holdout_share"], seed=3)


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Client of a store in a folder, which is also the one in use."""
    for name, value in (("MLFLOW_ALLOW_FILE_STORE", "true"), ("MLFLOW_DISABLE_TELEMETRY", "true")):
        monkeypatch.setenv(name, value)
    import mlflow
    from mlflow.tracking import MlflowClient

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    yield MlflowClient()
    while mlflow.active_run() is not None:
        mlflow.end_run()
    mlflow.set_tracking_uri(before)


def artifacts(client, run_id):
    return sorted(item.path.removeprefix("auditkit/") for item in client.list_artifacts(run_id, "auditkit"))


def test_scores_parameters_tags_and_artifacts_are_read_back(audit, client, tmp_path):
    verdict = audit.check()
    run_id = log_audit(audit, verdict=verdict)
    run = client.get_run(run_id)
    score = audit.scores["coverage"]
    expected = {
        "coverage": score.value,
        "coverage.low": score.low,
        "coverage.high": score.high,
        "coverage.yardstick": score.yardstick,
        "coverage.excess": score.excess.value,
    }
    assert {name: run.data.metrics[name] for name in expected} == pytest.approx(expected)
    assert run.data.params["auditkit.seed"] == "3"
    assert run.data.params["auditkit.hash.real"] == audit.about["hashes"]["real"]
    assert run.data.params["auditkit.n.synthetic"] == "80"
    assert run.data.tags["auditkit.exit_code"] == str(verdict.exit_code)
    assert run.data.tags["auditkit.version"] == ak.__version__
    assert run.info.status == "FINISHED"
    assert artifacts(client, run_id) == [
        "audit.json", "exhibits", "report.html", "samples.parquet", "verdict.json", "verdict.md",
    ]  # fmt: skip
    folder = client.download_artifacts(run_id, "auditkit", tmp_path)
    assert open_audit(folder).scores["coverage"].value == score.value
    assert json.loads(Path(folder, "verdict.json").read_text(encoding="utf-8"))["exit_code"] == verdict.exit_code


def test_parts_have_names_of_their_own(audit, client):
    metrics = client.get_run(log_audit(audit, report=False)).data.metrics
    low, high = (audit.scores["coverage"].at(**{"class": level}).value for level in ("low", "high"))
    assert (metrics["class.low/coverage"], metrics["class.high/coverage"]) == (low, high)
    # Both levels are "a_b" there, so the second gets a number.
    values = [score.value for score in audit.scores.parts("coverage") if "site" in score.where]
    assert [metrics["site.a_b/coverage"], metrics["site.a_b/coverage-2"]] == values


def test_the_active_run_is_used_and_stays_open(audit, client):
    import mlflow

    with mlflow.start_run() as run:
        mlflow.log_param("seed", 99)
        assert log_audit(audit, report=False, samples=False) == run.info.run_id
        assert log_audit(audit, report=False, samples=False, step=1) == run.info.run_id
    data = client.get_run(run.info.run_id).data
    assert (data.params["seed"], data.params["auditkit.seed"]) == ("99", "3")
    assert [item.step for item in client.get_metric_history(run.info.run_id, "coverage")] == [0, 1]
    assert "samples.parquet" not in artifacts(client, run.info.run_id)


def test_a_run_may_be_named(audit, client):
    run = client.create_run(client.create_experiment("named"))
    assert log_audit(audit, run=run, report=False) == run.info.run_id
    assert log_audit(audit, run=run.info.run_id, report=False) == run.info.run_id
    assert client.get_run(run.info.run_id).info.status == "RUNNING"


def test_what_later_steps_found_goes_along(audit, client):
    selection = ak.filter(table(1), audit)
    run_id = log_audit(audit, selection=selection, report=False)
    metrics = client.get_run(run_id).data.metrics
    assert metrics["filter.kept"] + metrics["filter.rejected"] == 80
    assert "selection.json" in artifacts(client, run_id)


def test_many_parts_are_cut_with_a_note(audit, client, monkeypatch):
    monkeypatch.setattr(room, "MOST_PARTS", 1)
    data = client.get_run(log_audit(audit, report=False)).data
    assert [name for name in data.metrics if name.endswith("/coverage")] == ["site.a_b/coverage"]
    assert "scores of parts are in audit.json only" in data.tags["auditkit.note"]


def test_what_was_not_measured_is_a_tag_and_no_metric(client):
    alone = ak.audit(real=table(0), synthetic=table(1), metrics=["coverage", "holdout_share"])
    data = client.get_run(log_audit(alone, report=False)).data
    assert "holdout_share" not in data.metrics
    assert "holdout_share" in data.tags["auditkit.unmeasured"]


@pytest.mark.usefixtures("client")
def test_real_records_stay_where_they_are():
    shown = ak.audit(real=table(0), synthetic=table(1), metrics=["coverage"], show_real=True)
    with pytest.raises(DataError, match=r"shows real records .* audit again without it, or say share_real=True"):
        log_audit(shown)
    assert log_audit(shown, share_real=True, report=False)


@pytest.mark.usefixtures("client")
def test_two_audits_with_other_parameters_need_two_runs(audit):
    run_id = log_audit(audit, report=False)
    other = ak.audit(real=table(0), synthetic=table(5), holdout=table(2), metrics=["coverage"], seed=3)
    with pytest.raises(DataError, match=r"has an audit with auditkit.hash.synthetic = .* a run of its own"):
        log_audit(other, run=run_id, report=False)


def test_names_are_legal_and_short(audit):
    from dataclasses import replace

    score = replace(
        audit.scores["coverage"], metric="vendi_score[q=2]@dino/v2", where={"größe": "a=b%c../" + "x" * 300}
    )
    assert metric_name(score).startswith("größe.a_b_c.._xxx")
    assert len(metric_name(score)) == 200


def test_without_mlflow_the_extra_is_named(audit, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    with pytest.raises(MissingDependencyError, match=r"needs mlflow: install the extra, as pip install '.\[mlflow\]'"):
        log_audit(audit)
