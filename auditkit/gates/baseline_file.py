"""The baseline's file: a line per score, so that git shows which one moved; read from disk or from a revision."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

from auditkit.config import Config
from auditkit.errors import ConfigError, DataError
from auditkit.gates.baseline import Baseline, Update
from auditkit.gates.baseline_checks import check_baseline
from auditkit.gates.comparable import Kept
from auditkit.results import Estimate, Scores
from auditkit.store import dump_json, read_json, write_text

__all__ = [
    "DEFAULT_BASELINE",
    "NO_BASELINE",
    "baseline_text",
    "chosen_baseline",
    "read_baseline",
    "with_baseline",
    "write_baseline",
]

DEFAULT_BASELINE = ".auditkit/baseline.json"
"""Where a baseline lies unless told otherwise."""
NO_BASELINE = "There is no baseline"
"""How the note starts that says so."""
FORMAT_VERSION = 1
_GIT = "git:"
_SECONDS = 30
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")


def baseline_text(baseline: Baseline) -> str:
    """Content of the file: JSON with a line per score, the same text for the same baseline.

    Examples
    --------
    >>> about = {"modality": "tabular", "hashes": {}, "n": {}, "versions": {}}
    >>> print(baseline_text(Baseline.of([], about, reason="the first one", date="2026-01-31"))[:25])
    {
      "format_version": 1,
    """
    ordered = sorted(baseline.scores, key=lambda kept: kept.key)
    metrics = {kept.metric: _reading(kept) for kept in reversed(ordered)}
    head = {
        "format_version": FORMAT_VERSION,
        "modality": baseline.modality,
        "schema": baseline.schema,
        "settings": baseline.settings,
    }
    lines = [f"  {json.dumps(name)}: {_line(value)}" for name, value in head.items()]
    lines += [_mapping(name, getattr(baseline, name)) for name in ("data", "n", "versions")]
    lines.append(_mapping("metrics", metrics))
    lines.append(_sequence("scores", [_score(kept, metrics[kept.metric]) for kept in ordered]))
    lines.append(_sequence("updates", [asdict(update) for update in baseline.updates]))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write_baseline(path: str | PathLike[str], baseline: Baseline) -> None:
    """Write the file, whole or not at all; missing folders are made.

    Raises
    ------
    DataError
        If it cannot be written.
    """
    write_text(Path(path), baseline_text(baseline))


def read_baseline(place: str | PathLike[str], *, folder: str | PathLike[str] = ".") -> Baseline | None:
    """Baseline of a file, or of a revision of git.

    Parameters
    ----------
    place : path or str
        A path, or `"git:REV"` or `"git:REV:PATH"`; without a path `.auditkit/baseline.json`.
    folder : path, default "."
        What relative paths start from, as the config's folder.

    Returns
    -------
    Baseline or None
        None where there is no such file yet, on disk or in that revision.

    Raises
    ------
    ConfigError
        If git or the revision is absent.
    DataError
        If the file is no baseline, or one of a newer form.
    """
    named = str(place)
    if named.startswith(_GIT):
        text = _from_git(named, Path(folder))
        if text is None:
            return None
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            _refuse_conflict(text, named)
            raise DataError(f"the baseline {named!r} is no JSON ({error}): update it.") from None
        return _parsed(data, named)
    path = Path(folder) / named
    if not path.exists():
        return None
    try:
        return _parsed(read_json(path), named)
    except DataError:
        _refuse_conflict(_text(path), named)
        raise


def chosen_baseline(
    config: Config | None, baseline: str | PathLike[str] | Baseline | None = None
) -> tuple[Baseline | None, str]:
    """The baseline that was given, else that of the config, and its name; no name where neither names one.

    Raises
    ------
    ConfigError, DataError
        As `read_baseline`.
    """
    if isinstance(baseline, Baseline):
        return baseline, "the baseline"
    if baseline is not None:
        return read_baseline(baseline), str(baseline)
    if config is None or config.baseline is None:
        return None, ""
    named = config.baseline
    folder = "." if config.path is None else config.path.parent
    return read_baseline(named, folder=folder), named


def with_baseline(
    scores: Scores,
    about: Mapping[str, Any],
    *,
    config: Config | None,
    baseline: str | PathLike[str] | Baseline | None = None,
    required: bool = False,
) -> tuple[Scores, tuple[str, ...]]:
    """Scores beside their baseline, and what must be said about it.

    Parameters
    ----------
    scores : Scores
    about : mapping
        `Audit.about`.
    config : Config or None
        Names the baseline unless one is given.
    baseline : path, str or Baseline, optional
    required : bool, default False
        Where there is no baseline, every score is refused instead of passed.

    Raises
    ------
    ConfigError, DataError
        As `read_baseline`.
    """
    found, name = chosen_baseline(config, baseline)
    if found is not None:
        return found.beside(scores, about), found.notes(about)
    if required:
        why = _required(name)
        details = {"baseline_refused": why}
        refused = Scores.of(replace(score, details={**score.details, **details}) for score in scores)
        return refused, (f"Gates on changes cannot be measured: {why}",)
    if not name:
        return scores, ()
    return scores, (f"{NO_BASELINE} {name!r} yet: `auditkit baseline update DIR --reason TEXT` writes one.",)


def _required(name: str) -> str:
    """Why a change could not be measured where the baseline is not there and had to be."""
    if not name:
        return "no baseline is named, and one is required: write `baseline = PATH` at the top of the config."
    return (
        f"there is no baseline {name!r}, and one is required: correct that name, or keep today's scores with "
        "`auditkit baseline update DIR --reason TEXT`."
    )


def _from_git(place: str, folder: Path) -> str | None:
    revision, _, path = place.removeprefix(_GIT).partition(":")
    path = path or DEFAULT_BASELINE
    if not revision:
        raise ConfigError(f"the baseline {place!r} names no revision: write it as git:main, or git:main:{path}.")
    if Path(path).is_absolute():
        raise ConfigError(f"the baseline {place!r} needs a path relative to the config's folder.")
    if _git(folder, "rev-parse", "--git-dir").returncode:
        raise ConfigError(
            f"the baseline {place!r} is in git, but {str(folder.resolve())!r} is in no git repository: name a file."
        )
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found.returncode:
        message = (
            f"the baseline {place!r} is in the revision {revision!r}, which this repository does not have: fetch it "
            "(a shallow clone holds the newest commits only), or name another one."
        )
        raise ConfigError(message)
    commit = found.stdout.decode().strip()
    listed = _git(folder, "ls-tree", "--name-only", commit, "--", path)
    if listed.returncode:
        raise ConfigError(f"the baseline {place!r} lies outside of the repository: name a path within it.")
    if not listed.stdout.strip():
        return None
    shown = _git(folder, "show", f"{commit}:./{Path(path).as_posix()}")
    if shown.returncode:
        reason = shown.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise ConfigError(f"git cannot show the baseline {place!r}: {reason[-1].rstrip('.')}.")
    try:
        return shown.stdout.decode()
    except UnicodeDecodeError:
        raise DataError(f"the baseline {place!r} is no UTF-8 text: update it.") from None


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - a list of words, no shell
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git the user has
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise ConfigError("a baseline in git needs the program git: install it, or name a file.") from None
    except subprocess.TimeoutExpired:
        raise ConfigError(f"git did not answer within {_SECONDS} s: name a file as the baseline.") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _refuse_conflict(text: str, place: str) -> None:
    if any(line.startswith(_CONFLICT) for line in text.splitlines()):
        raise DataError(
            f"the baseline {place!r} holds the marks of a merge conflict: take one side of it whole with "
            "`git checkout --theirs` or `--ours`, then `auditkit baseline update`."
        )


def _parsed(data: Any, place: str) -> Baseline:
    version = data.get("format_version") if isinstance(data, Mapping) else None
    if isinstance(version, bool) or version != FORMAT_VERSION:
        newer = isinstance(version, int) and version > FORMAT_VERSION
        fix = "install the auditkit that wrote it" if newer else "write it with `auditkit baseline update`"
        raise DataError(
            f"the baseline {place!r} has format version {version!r}, this auditkit reads {FORMAT_VERSION}: {fix}."
        )
    try:
        metrics = data["metrics"]
        check_baseline(data)
        return Baseline(
            scores=tuple(_kept(item, metrics[item["metric"]]) for item in data["scores"]),
            modality=data["modality"],
            schema=data["schema"],
            settings=data["settings"],
            data=data["data"],
            n=data["n"],
            versions=data["versions"],
            updates=tuple(Update(**item) for item in data["updates"]),
        )
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
        said = f"{type(error).__name__} {error}" if isinstance(error, KeyError) else error
        message = f"the baseline {place!r} is damaged ({said}): take it from git again."
        raise DataError(message) from None


def _reading(kept: Kept) -> dict[str, Any]:
    """How it was read, which scores of a metric share as a rule."""
    return {
        "embedder": kept.embedder,
        "parameters": dict(kept.parameters),
        "unit": kept.unit,
        "version": kept.metric_version,
    }


def _score(kept: Kept, shared: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "metric": kept.metric,
        "where": dict(kept.where),
        **kept.estimate.to_json(),
        "direction": kept.direction,
        "fresh": kept.fresh,
        **{name: value for name, value in _reading(kept).items() if value != shared[name]},
    }


def _kept(item: Mapping[str, Any], shared: Mapping[str, Any]) -> Kept:
    own = {part.name: item[part.name] for part in fields(Estimate)}
    reading = {name: item.get(name, value) for name, value in shared.items()}
    return Kept(
        metric=item["metric"],
        where=item["where"],
        estimate=Estimate.from_json(own),
        fresh=item["fresh"],
        direction=item["direction"],
        unit=reading["unit"],
        embedder=reading["embedder"],
        parameters=reading["parameters"],
        metric_version=reading["version"],
    )


def _mapping(name: str, items: Mapping[str, Any]) -> str:
    rows = [f"    {json.dumps(key, ensure_ascii=False)}: {_line(items[key])}" for key in sorted(items)]
    return f"  {json.dumps(name)}: " + ("{\n" + ",\n".join(rows) + "\n  }" if rows else "{}")


def _sequence(name: str, items: list[dict[str, Any]]) -> str:
    rows = [f"    {_line(item)}" for item in items]
    return f"  {json.dumps(name)}: " + ("[\n" + ",\n".join(rows) + "\n  ]" if rows else "[]")


def _line(data: Any) -> str:
    """JSON of plain types in one line; keys stay in their order."""
    plain = json.loads(dump_json(data))
    ordered = {key: plain[key] for key in data} if isinstance(data, Mapping) else plain
    return json.dumps(ordered, ensure_ascii=False)
