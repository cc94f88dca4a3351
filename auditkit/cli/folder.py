"""What lies beside an audit in its folder: ablation, selection, and where the audited data are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.cli.session import session
from auditkit.errors import AuditkitError, DataError
from auditkit.layout import ABLATION, DECISIONS, REPORT, RESCORED, SCORES, SELECTION

if TYPE_CHECKING:
    from auditkit.ablation.result import Ablation
    from auditkit.auditing.result import Audit
    from auditkit.config import DataConfig
    from auditkit.data import Dataset
    from auditkit.filtering.decisions import Decisions
    from auditkit.filtering.rescoring import Rescored
    from auditkit.filtering.selection import SelectionRecord

__all__ = [
    "audited_data",
    "audited_holdout",
    "audited_real",
    "drop_stale",
    "saved_ablation",
    "saved_decisions",
    "saved_rescored",
    "saved_selection",
]

BELONGING = (ABLATION, DECISIONS, SELECTION, RESCORED, REPORT)


def saved_ablation(folder: Path) -> Ablation | None:
    """Ablation that was saved beside the audit, if any."""
    from auditkit.ablation.result import Ablation  # noqa: PLC0415 - heavy

    place = folder / ABLATION
    if not place.is_file():
        return None
    try:
        return Ablation.load(place)
    except (KeyError, TypeError):
        message = f"{str(place)!r} is no ablation that this auditkit reads: write it again with `auditkit ablate`."
        raise DataError(message) from None


def saved_decisions(folder: Path, found: Audit) -> Decisions | None:
    """What people decided, as it lies beside the audit; None without decisions or with those on other data."""
    from auditkit.pipeline.given_evidence import saved_decisions as read  # noqa: PLC0415 - heavy

    try:
        return read(folder, found)
    except AuditkitError as error:
        session.log(f"note: the report leaves out what people decided: {error}")
        return None


def saved_selection(folder: Path) -> SelectionRecord | None:
    """What was noted of a filter beside the audit; None without a note."""
    from auditkit.filtering.selection import SelectionRecord  # noqa: PLC0415 - heavy
    from auditkit.store import read_json  # noqa: PLC0415

    place = folder / SELECTION
    if not place.is_file():
        return None
    try:
        return SelectionRecord.from_json(read_json(place))
    except AuditkitError as error:
        session.log(f"note: the report leaves out what was filtered: {place.name}: {error}")
        return None


def saved_rescored(folder: Path) -> Rescored | None:
    """Scores before and after the filter that were noted beside the audit; None without a note."""
    from auditkit.filtering.rescoring import Rescored  # noqa: PLC0415 - heavy

    place = folder / RESCORED
    try:
        return Rescored.load(place) if place.is_file() else None
    except AuditkitError as error:
        session.log(f"note: the report leaves out what filtering changed: {error}")
        return None


def drop_stale(folder: Path, hashes: Mapping[str, str]) -> None:
    """Remove what belongs to an earlier audit of other data in the same folder."""
    from auditkit.store import read_json  # noqa: PLC0415 - not needed for --help

    if not (folder / SCORES).is_file():
        return
    earlier = read_json(folder / SCORES)
    if isinstance(earlier, dict) and earlier.get("about", {}).get("hashes") == dict(hashes):
        return
    for name in BELONGING:
        if (folder / name).is_file():
            (folder / name).unlink()
            session.log(f"note: {folder / name} belonged to an audit of other data and was removed.")


def audited_data(found: Audit, place: Path | None) -> Dataset:
    """The synthetic data of an audit, from where they were when it was made or from another place.

    Raises
    ------
    DataError
        If they are not there any more, or have changed since.
    """
    from auditkit.config import DataConfig  # noqa: PLC0415 - heavy
    from auditkit.pipeline.sets import load_set, quick_sample  # noqa: PLC0415

    places = _places(found.run, place)
    roles = found.run.get("roles", {})
    data = _read(DataConfig, roles, Path("run.json"))
    if "reference" in places:
        from auditkit.auditing.reference import open_reference  # noqa: PLC0415

        real = replace(open_reference(places["reference"]).template, groups=tuple(found.about["groups"]))
    else:
        real = load_set(places["real"], data).with_roles(label=found.about["label"], groups=found.about["groups"])
    synthetic = load_set(places["synthetic"], data, like=real)
    if found.run.get("quick"):
        if len(synthetic) > len(found.samples):
            session.log(
                f"note: the audit looked at {len(found.samples):,} of {len(synthetic):,} samples: these are filtered."
            )
        synthetic = quick_sample(synthetic, seed=int(found.about["seed"]))
    if len(synthetic) != len(found.samples) or synthetic.hash != found.about["hashes"]["synthetic"]:
        message = (
            f"{synthetic.source} does not hold the synthetic data that were audited: give them with --synthetic, "
            "or audit again."
        )
        raise DataError(message)
    # A file does not keep the ids that a generator gave; the content is the same, so are order and ids.
    return replace(synthetic, ids=found.samples["id"].to_numpy(dtype=str))


def audited_real(found: Audit, place: Path | None) -> Dataset | None:
    """The real data of an audit, from where they were; None where a reference stood for them.

    Raises
    ------
    DataError
        If they are not there any more.
    """
    from auditkit.config import DataConfig  # noqa: PLC0415 - heavy
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415

    places = _places(found.run, place)
    if "real" not in places:
        return None
    data = _read(DataConfig, found.run.get("roles", {}), Path("run.json"))
    return load_set(places["real"], data).with_roles(label=found.about["label"], groups=found.about["groups"])


def audited_holdout(found: Audit, real: Dataset) -> Dataset | None:
    """The holdout of an audit, from where it was; None where there was none.

    Raises
    ------
    DataError
        If it is not there any more, or is no file of its own.
    """
    named, hashes = found.run.get("inputs", {}).get("holdout"), found.about["hashes"]
    if real.hash != hashes["real"] or (named is None and "holdout" in hashes):
        message = (
            "the real data of this audit are not files as they were audited (a run splits them, or they have changed): "
            "set rescore = true in [audit] and run again."
        )
        raise DataError(message)
    if named is None:
        return None
    if not Path(named).exists():
        message = f"the holdout of this audit, {Path(named).name!r}, is no longer there: put it back."
        raise DataError(message)
    from auditkit.config import DataConfig  # noqa: PLC0415 - heavy
    from auditkit.pipeline.sets import load_set  # noqa: PLC0415

    return load_set(Path(named), _read(DataConfig, found.run.get("roles", {}), Path("run.json")), like=real)


def _read(model: type[DataConfig], data: Any, place: Path) -> DataConfig:
    """Part of a config as it was kept in a JSON file, where lists stand for tuples."""
    from pydantic import ValidationError  # noqa: PLC0415 - keeps --help quick

    try:
        return model.model_validate_json(json.dumps(data))
    except ValidationError:
        message = f"{str(place)!r} was not written by this auditkit: audit or filter again."
        raise DataError(message) from None


def _places(run: Mapping[str, Any], given: Path | None) -> dict[str, Path]:
    inputs = run.get("inputs", {}) if isinstance(run, Mapping) else {}
    places = {name: Path(inputs[name]) for name in ("real", "reference", "synthetic") if name in inputs}
    if given is not None:
        places["synthetic"] = given
    if len(places) < 2:  # noqa: PLR2004 - both are needed
        message = "the audit does not say where its data are (no run.json): audit again with `auditkit audit`."
        raise DataError(message)
    for name, path in places.items():
        if not path.exists():
            message = f"the {name} data of this audit, {path.name!r}, are no longer there: put them back."
            raise DataError(message)
    return places
