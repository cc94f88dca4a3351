"""An audit in a run of MLflow: scores as metrics, what was audited as parameters and tags, the report an artifact."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit import __version__
from auditkit.errors import DataError, MissingDependencyError
from auditkit.gates.formats import render
from auditkit.layout import ABLATION, REPORT, RUN, SAMPLES, SELECTION
from auditkit.parts import with_part
from auditkit.results import Score
from auditkit.store import write_json

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

    from auditkit.ablation.result import Ablation
    from auditkit.auditing.result import Audit
    from auditkit.filtering.selection import Selection
    from auditkit.gates import Verdict

__all__ = ["ARTIFACTS", "MOST_PARTS", "log_audit", "metric_name"]

ARTIFACTS = "auditkit"
"""Folder of the artifacts in the run."""

MOST_PARTS = 200
"""Scores of groups, classes and columns beyond these are left out, and a tag says so."""

_VERDICT, _SUMMARY = "verdict.json", "verdict.md"
_ILLEGAL = re.compile(r"[^\w\-. :/]+")
_LONGEST = 200
_LONGEST_TAG = 5000
_BATCH = 500
_WORDS = {0: "passed", 1: "failed", 3: "could not be measured"}


def log_audit(
    audit: Audit,
    *,
    verdict: Verdict | None = None,
    selection: Selection | None = None,
    ablation: Ablation | None = None,
    run: str | Run | None = None,
    step: int = 0,
    report: bool = True,
    samples: bool = True,
    share_real: bool = False,
) -> str:
    """Log an audit to a run of MLflow and return the run's id.

    Parameters
    ----------
    audit : Audit
    verdict : Verdict, optional
        By default that of `audit.check()`.
    selection, ablation : optional
        What later steps found.
    run : str or mlflow.entities.Run, optional
        The run, or its id; by default the active run, else a new one, which is ended.
    step : int, default 0
        Of the metrics, where one run holds several audits.
    report : bool, default True
        Whether the page of the report is an artifact.
    samples : bool, default True
        Whether `samples.parquet`, a row of evidence per synthetic sample, is an artifact; without it the folder of
        artifacts cannot be read by `auditkit.open_audit`.
    share_real : bool, default False
        Whether real records may go along, where the audit was made with `show_real=True`.

    Returns
    -------
    str

    Raises
    ------
    DataError
        If the audit shows real records and `share_real` is not given, or the run holds another audit's parameters.
    MissingDependencyError
        If mlflow is not installed.

    Notes
    -----
    Metrics: `coverage`, `coverage.low`, `coverage.high`, `coverage.yardstick`, `coverage.excess`; of parts
    `sex.Female/coverage` and so on; `filter.kept`, `filter.rejected`. What cannot be measured has no metric and stands
    in the tag `auditkit.unmeasured`. Signs that MLflow does not take become underscores.

    Parameters (`auditkit.seed`, embedder, modality, sizes, versions, the SHA-256 of each set) and tags
    (`auditkit.verdict`, `auditkit.exit_code`, `auditkit.version`) bear the name of auditkit, so that a training's own
    stay apart. Artifacts lie in `auditkit/`: report.html, verdict.json, verdict.md and what `Audit.save` writes, but
    never run.json, which is private.
    """
    if not hasattr(audit, "about"):
        message = f"`audit` must be an Audit, got {type(audit).__name__}: make one with auditkit.audit or open_audit."
        raise DataError(message)
    if audit.about.get("show_real") and not share_real:
        message = "the audit shows real records (show_real=True): audit again without it, or say share_real=True."
        raise DataError(message)
    try:
        import mlflow  # noqa: PLC0415 - slow, and an extra
        from mlflow.tracking import MlflowClient  # noqa: PLC0415
    except ImportError as error:
        message = "log_audit needs mlflow: install the extra, as pip install '.[mlflow]'."
        raise MissingDependencyError(message) from error
    verdict = audit.check(ablation=ablation) if verdict is None else verdict
    chosen = run if run is not None else mlflow.active_run()
    with contextlib.ExitStack() as stack:
        if chosen is None:
            chosen = stack.enter_context(mlflow.start_run(run_name=f"audit of {audit.about['names']['synthetic']}"))
        run_id = str(chosen if isinstance(chosen, str) else chosen.info.run_id)
        client = MlflowClient()
        scores = [*audit.scores, *(() if ablation is None else ablation.scores)]
        kept, left_out = _most(scores)
        _log_params(client, run_id, _params(audit))
        _log_numbers(client, run_id, _unique(kept) | _of_selection(selection), step)
        _set_tags(client, run_id, _tags(verdict, scores, left_out))
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / ARTIFACTS
            _write(folder, audit, verdict, selection, ablation, report=report, samples=samples)
            client.log_artifacts(run_id, place)
    return run_id


def _write(
    folder: Path,
    audit: Audit,
    verdict: Verdict,
    selection: Selection | None,
    ablation: Ablation | None,
    *,
    report: bool,
    samples: bool,
) -> None:
    audit.save(folder)
    (folder / RUN).unlink()
    if not samples:
        (folder / SAMPLES).unlink()
    if report:
        audit.report(folder / REPORT, verdict=verdict, selection=selection, ablation=ablation)
    for name, form in ((_VERDICT, "json"), (_SUMMARY, "markdown")):
        (folder / name).write_text(render(verdict, form), encoding="utf-8")
    for name, later in ((SELECTION, selection), (ABLATION, ablation)):
        if later is not None:
            write_json(folder / name, later.to_json())


def metric_name(score: Score, part: str = "") -> str:
    """Name of a metric of MLflow for a score.

    Parameters
    ----------
    score : Score
    part : str, default ""
        As `"yardstick"`; the value by default.

    Returns
    -------
    str

    Examples
    --------
    >>> from auditkit.results import Score
    >>> score = Score("vendi_score[q=2]", {"sex": "Female"}, None, {}, None, "match", None, (0, None), "", "ok", "", "",
    ...               {}, 0, 0)
    >>> metric_name(score, "low")
    'sex.Female/vendi_score_q_2.low'
    """
    where = "/".join(f"{_legal(name)}.{_legal(level)}" for name, level in score.where.items())
    base = _legal(score.metric).rstrip("_. ")
    name = f"{where}/{base}" if where else base
    return f"{name[:_LONGEST]}.{part}" if part else name[:_LONGEST]


def _legal(text: str) -> str:
    # A slash, or a dot at an end, would make another path of it.
    return _ILLEGAL.sub("_", str(text).replace("/", "_")).strip(". ") or "_"


def _most(scores: Iterable[Score]) -> tuple[list[Score], int]:
    """Scores of whole sets and the first of parts, and how many are left out."""
    found = list(scores)
    whole, parts = [item for item in found if not item.where], [item for item in found if item.where]
    return whole + parts[:MOST_PARTS], max(0, len(parts) - MOST_PARTS)


def _unique(scores: Iterable[Score]) -> dict[str, float]:
    """Numbers by name; of scores whose names come out alike the later ones get a number behind."""
    numbers: dict[str, float] = {}
    seen: dict[str, int] = {}
    for score in scores:
        base = metric_name(score)
        seen[base] = seen.get(base, 0) + 1
        again = f"-{seen[base]}" if seen[base] > 1 else ""
        for part, value in _values(score):
            numbers[f"{base}{again}.{part}" if part else f"{base}{again}"] = value
    return numbers


def _values(score: Score) -> Iterator[tuple[str, float]]:
    excess = None if score.excess is None else score.excess.value
    parts = {"": score.value, "low": score.low, "high": score.high, "yardstick": score.yardstick, "excess": excess}
    yield from ((part, value) for part, value in parts.items() if value is not None)


def _of_selection(selection: Selection | None) -> dict[str, float]:
    return (
        {} if selection is None else {f"filter.{name}": float(selection.about[name]) for name in ("kept", "rejected")}
    )


def _log_numbers(client: MlflowClient, run_id: str, numbers: Mapping[str, float], step: int) -> None:
    from mlflow.entities import Metric  # noqa: PLC0415 - an extra

    now = int(time.time() * 1000)
    metrics = [Metric(name, value, now, step) for name, value in numbers.items()]
    for start in range(0, len(metrics), _BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + _BATCH])


def _params(audit: Audit) -> dict[str, str]:
    about = audit.about
    found = {name: about[name] for name in ("seed", "embedder", "modality", "label")}
    found["groups"] = ", ".join(about["groups"])
    found |= {f"n.{role}": n for role, n in about["n"].items()}
    found |= {f"hash.{role}": value for role, value in about["hashes"].items()}
    found |= {f"version.{name}": value for name, value in about["versions"].items()}
    return {f"auditkit.{_legal(name)}": str(value) for name, value in found.items() if value not in (None, "")}


def _log_params(client: MlflowClient, run_id: str, params: Mapping[str, str]) -> None:
    held = client.get_run(run_id).data.params
    other = next((name for name, value in params.items() if held.get(name, value) != value), None)
    if other is not None:
        message = (
            f"the run has an audit with {other} = {held[other]!r} already, this one has {params[other]!r}: log it to a "
            "run of its own, which may be nested."
        )
        raise DataError(message)
    from mlflow.entities import Param  # noqa: PLC0415 - an extra

    client.log_batch(run_id, params=[Param(name, value) for name, value in params.items() if name not in held])


def _tags(verdict: Verdict, scores: Iterable[Score], left_out: int) -> dict[str, str]:
    unmeasured = [with_part(score.metric, score.where) for score in scores if score.value is None]
    tags = {
        "auditkit.verdict": _WORDS.get(verdict.exit_code, str(verdict.exit_code)),
        "auditkit.exit_code": str(verdict.exit_code),
        "auditkit.version": __version__,
        "auditkit.failed": ", ".join(item.name for item in verdict.failed),
        "auditkit.unmeasured": ", ".join(unmeasured),
    }
    if left_out:
        tags["auditkit.note"] = (
            f"{left_out} scores of parts are in audit.json only; metrics hold the first {MOST_PARTS}."
        )
    return tags


def _set_tags(client: MlflowClient, run_id: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag  # noqa: PLC0415 - an extra

    client.log_batch(run_id, tags=[RunTag(name, value[:_LONGEST_TAG]) for name, value in tags.items() if value])
