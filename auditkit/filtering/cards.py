"""The data card: one markdown page beside a set that says what it is, how it was made and what it is not for.

The form is that of dataset cards on model hubs: a YAML header for machines, sections for people.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.data.checks import check_dataset
from auditkit.data.provenance import place_beside
from auditkit.filtering.card_text import code, header, listed, plain, table
from auditkit.filtering.provenance import audit_digest, synthetic_record
from auditkit.store import write_text

if TYPE_CHECKING:
    from auditkit.auditing.result import Audit
    from auditkit.data import Dataset
    from auditkit.filtering.selection import Selection
    from auditkit.gates import Verdict
    from auditkit.results import Score

__all__ = ["CARD", "data_card", "write_card"]

CARD = ".card.md"
"""What is added to a file's name."""
_UNITS = {"tabular": "units", "image": "images", "text": "texts", "audio": "recordings", "series": "series"}
_COLUMNS_SHOWN = 60
_SCORES_SHOWN = 40


def write_card(
    path: str | PathLike[str],
    dataset: Dataset,
    *,
    audit: Audit | None = None,
    verdict: Verdict | None = None,
    selection: Selection | None = None,
) -> Path:
    """Write the card of a set beside its file, as `<name>.card.md`; see `data_card`.

    Parameters
    ----------
    path : path
        File or folder of the set.
    dataset, audit, verdict, selection
        As for `data_card`.

    Returns
    -------
    Path
    """
    place = place_beside(path, CARD)
    told = data_card(dataset, name=Path(path).name, audit=audit, verdict=verdict, selection=selection)
    write_text(place, told)
    return place


def data_card(
    dataset: Dataset,
    *,
    name: str | None = None,
    audit: Audit | None = None,
    verdict: Verdict | None = None,
    selection: Selection | None = None,
) -> str:
    r"""Card of a synthetic or merged set as markdown. It holds no samples and no times.

    Parameters
    ----------
    dataset : Dataset
        Its `provenance` is what most of the card says.
    name : str, optional
        Name of the file; that of the set by default.
    audit : Audit, optional
        Its scores of the whole set are listed, each beside that of fresh real data.
    verdict : Verdict, optional
        What a check of that audit said; its findings are the known faults.
    selection : Selection, optional
        What a filter kept of each class and group.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> from auditkit.data import load
    >>> card = data_card(load(pd.DataFrame({"x": [1, 2]})), name="a_*b*.csv")
    >>> card.splitlines()[0], [line for line in card.splitlines() if line.startswith("# ")]
    ('---', ['# a\\_\\*b\\*.csv'])
    """
    check_dataset("dataset", dataset)
    record = dict(dataset.provenance) if dataset.provenance is not None else synthetic_record(dataset)
    title = name or dataset.source
    sections = [
        ("What it is", _what(dataset, record)),
        ("How it was made", _made(record)),
        ("From which data", _sources(record)),
        ("Filter", _filtered(record, selection)),
        ("Audit", _audited(record, audit, verdict)),
        ("Intended use", _use(record)),
        ("Limits and known faults", _limits(record, audit, verdict, selection)),
        ("How to make it again", _again(record)),
    ]
    body = [f"## {heading}\n\n{text}" for heading, text in sections if text]
    return "\n\n".join([header(dataset, record, title), f"# {plain(title)}", *body]) + "\n"


def _what(dataset: Dataset, record: Mapping[str, Any]) -> str:
    units = _UNITS[dataset.modality]
    parts = [side for side in (record.get("real"), *record.get("added", ())) if side]
    if parts:
        counts = ", ".join(f"{side['used']:,} of {plain(side['source'])}" for side in parts)
        first = f"{len(dataset):,} {units} for training, real and **synthetic** ones together: {counts}."
        first += " The column `origin` says which is which and `weight` how much each counts; neither is a feature."
    elif record.get("synthetic"):
        first = f"{len(dataset):,} **synthetic** {units}: a model drew them, no person or event stands behind one."
    else:
        first = f"{len(dataset):,} {units}."
    roles = [] if dataset.label is None else [f"the label is {code(dataset.label)}"]
    roles += [f"groups are {', '.join(map(code, dataset.groups))}"] if dataset.groups else []
    second = f"{'; '.join(roles)}." if roles else ""
    columns = [[code(column.name), column.kind] for column in dataset.schema.columns[:_COLUMNS_SHOWN]]
    left = len(dataset.schema.columns) - len(columns)
    third = table(["column", "kind"], columns) if columns else ""
    fourth = f"{left} more columns are not listed." if left > 0 else ""
    return "\n\n".join(text for text in (first, second[:1].upper() + second[1:], third, fourth) if text)


def _made(record: Mapping[str, Any]) -> str:
    if "added" in record:
        weights = record.get("weights")
        said = "1 each or as before" if weights is None else _told(weights)
        how = f"seed {record.get('seed')}, weights: {said}"
        words = [f"Real and synthetic units were merged at a ratio of {_told(record.get('ratio'))} to 1 ({how})."]
        made = [_generator(side.get("record", {}), side["source"]) for side in record["added"]]
        return "\n\n".join([*words, *made, *map(plain, record.get("notes", ()))])
    if "parts" in record:
        return "\n\n".join(_generator(part, str(part.get("source", ""))) for part in record["parts"])
    return _generator(record, "") if record.get("synthetic") else ""


def _generator(record: Mapping[str, Any], source: str) -> str:
    start = f"{plain(source)}: " if source else ""
    if not record.get("generator"):
        return f"{start}no record says what made it."
    settings = _settings(record)
    settings |= {
        name: record[name] for name in ("fit_seed", "fit_steps", "epsilon", "seed") if record.get(name) is not None
    }
    settings |= {"conditions": record["conditions"]} if record.get("conditions") else {}
    told = (
        f" with {', '.join(f'{plain(name)} = {_told(value)}' for name, value in settings.items())}" if settings else ""
    )
    where = record.get("source")
    taken = f" from {plain(where['name'])} (SHA-256 {code(where['sha256'])})" if isinstance(where, Mapping) else ""
    words = (
        f"{start}generator {code(record['generator'])} of auditkit {plain(record.get('auditkit', ''))}{taken}{told}."
    )
    inner = record.get("source_record")
    return f"{words} {_generator(inner, '')}" if isinstance(inner, Mapping) else words


def _sources(record: Mapping[str, Any]) -> str:
    rows = []
    if "added" in record:
        for side in (record["real"], *record["added"]):
            inner = side.get("record") or {}
            rows.append(_source_row(side["source"], side["used"], side["hash"], side))
            if inner.get("data_hash"):
                rows.append(
                    _source_row(
                        f"{inner.get('data_source', '')} (fitted on)", inner["n_train"], inner["data_hash"], inner
                    )
                )
    else:
        rows = [
            _source_row(part.get("data_source", ""), part.get("n_train", ""), part["data_hash"], part)
            for part in (record, *record.get("parts", ()))
            if part.get("data_hash")
        ]
    if rows:
        return table(["data", "units", "SHA-256 of the content", "licence", "consent"], rows)
    if not record.get("synthetic"):
        licence, consent = (plain(record.get(name) or "not stated") for name in ("licence", "consent"))
        return f"Licence: {licence}. Consent: {consent}."
    return "Not known: no record came with the file."


def _source_row(name: Any, n: Any, digest: Any, told: Mapping[str, Any]) -> list[str]:
    size = f"{n:,}" if isinstance(n, int) else str(n)
    return [plain(name), size, code(digest), *(plain(told.get(key) or "not stated") for key in ("licence", "consent"))]


def _filters(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every filter that a set or its parts went through."""
    inner = [side.get("record") or {} for side in record.get("added", ())]
    return [
        *record.get("filters", ()),
        *(found for part in (*inner, *record.get("parts", ())) for found in _filters(part)),
    ]


def _filtered(record: Mapping[str, Any], selection: Selection | None) -> str:
    words = []
    for done in _filters(record):
        share = done["kept"] / done["n"] if done["n"] else 0.0
        words.append(
            f"{done['kept']:,} of {done['n']:,} samples were kept ({share:.1%}). Each of these was a reason to go:"
        )
        words.append(listed(_rule(rule) for rule in done["rules"]))
    if selection is not None and len(selection.retention):
        rows = [
            [code(row["part"]), plain(row["level"]), f"{row['n']:,}", f"{row['kept']:,}", f"{row['share']:.1%}"]
            for row in selection.retention.to_dict("records")
        ]
        words.append(table(["column", "level", "before", "kept", "share kept"], rows))
    return "\n\n".join(words)


def _rule(rule: Mapping[str, Any]) -> str:
    columns = list(rule.get("columns", ()))
    # Of several columns the limit names each.
    demand = (
        f"{columns[0]} {rule.get('limit', '')}" if len(columns) == 1 else str(rule.get("limit") or rule.get("name"))
    )
    return f"{plain(rule.get('reason', ''))} (kept: {plain(demand)})"


def _audited(record: Mapping[str, Any], audit: Audit | None, verdict: Verdict | None) -> str:
    words = [f"The check says: **{plain(verdict.headline())}**."] if verdict is not None else []
    merged = record.get("verdict")
    if verdict is None and isinstance(merged, Mapping):
        failed = f" ({', '.join(map(plain, merged['failed']))})" if merged["failed"] else ""
        words.append(f"A check of the synthetic part {'passed' if merged['passed'] else f'did not pass{failed}'}.")
    if audit is None:
        seen = [done["audit_sha256"] for done in _filters(record)]
        words += [
            f"Filtered by the audit whose `audit.json` has the SHA-256 {code(digest)}."
            for digest in dict.fromkeys(seen)
        ]
        return "\n\n".join(words) or "These samples have not been audited here."
    whole = [score for score in audit.scores if not score.where and score.value is not None]
    rows = [_score_row(score) for score in whole[:_SCORES_SHOWN]]
    words.append(table(["score", "value", "fresh real data", "better is"], rows))
    if len(whole) > len(rows):
        words.append(f"{len(whole) - len(rows)} more scores are in `audit.json`.")
    words.append(
        f"Audited before any filter; `audit.json` has the SHA-256 {code(audit_digest(audit))}. A score stands beside "
        "the same score of real data that the generator never saw, at equal size where sizes matter."
    )
    return "\n\n".join(words)


_BETTER = {"higher": "higher", "lower": "lower", "match": "the same", "none": ""}


def _score_row(score: Score) -> list[str]:
    number = score.value if score.compared is None else score.compared.value
    beside = "" if score.yardstick is None else f"{score.yardstick:.4f}"
    return [code(score.metric), f"{number:.4f}", beside, _BETTER[score.direction]]


_FOR = (
    "Training and testing of models and software for the task that the source data were collected for, beside real "
    "test data: measure on real data whether these samples help."
)
_NOT_FOR = "Not for statements about people or the world, and not as the only evidence of how a model will do."


def _use(record: Mapping[str, Any]) -> str:
    if not record.get("synthetic"):
        return ""
    words = [_FOR, _NOT_FOR]
    if "added" in record:
        words.append("Keep `origin` and `weight` out of the features.")
    return listed(words)


def _limits(
    record: Mapping[str, Any], audit: Audit | None, verdict: Verdict | None, selection: Selection | None
) -> str:
    found = [] if verdict is None else [plain(finding.sentence) for finding in verdict.findings]
    found += [] if audit is None else [plain(note) for note in audit.about.get("notes", ())]
    found += [] if selection is None else [plain(note) for note in selection.notes]
    if record.get("synthetic"):
        found += _silent(record)
        found.append("Faults and biases of the source data are learnt with them; synthetic does not mean anonymous.")
    return listed(dict.fromkeys(found))


def _silent(record: Mapping[str, Any]) -> list[str]:
    names = [name for name in ("licence", "consent") if not record.get(name)]
    if not names:
        return []
    verb = "are" if len(names) > 1 else "is"
    return [f"{' and '.join(names).capitalize()} of the source data {verb} not stated: ask before sharing."]


def _again(record: Mapping[str, Any]) -> str:
    if "added" in record:
        told = f"ratio {_told(record.get('ratio'))} and seed {record.get('seed')}"
        return f"`auditkit merge` with the sets above, {told} gives the same bytes."
    if not record.get("generator") or record.get("seed") is None:
        return ""
    return "\n\n".join(
        [
            f"With auditkit {plain(record.get('auditkit', ''))} and the data above as R:",
            code(_command(record) if record.get("fit_seed") == record["seed"] else _call(record)),
            "The same data, seeds and version give the same samples."
            + (" Then filter with the rules above." if record.get("filters") else ""),
        ]
    )


def _command(record: Mapping[str, Any]) -> str:
    words = ["auditkit", "generate", record["generator"], "--real", "R", "--n", str(record.get("n_asked", "N"))]
    words += ["--seed", str(record["seed"])]
    for name, value in _settings(record).items():
        words += ["--param", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    for name, level in dict(record.get("conditions") or {}).items():
        words += ["--condition", f"{name}={level}"]
    return f"{shlex.join(words)} --out PATH"


def _call(record: Mapping[str, Any]) -> str:
    """The same in Python, where fit and sample have a seed each."""
    given = "".join(f", {name}={value!r}" for name, value in _settings(record).items())
    asked = f", conditions={record['conditions']!r}" if record.get("conditions") else ""
    made = f"create({record['generator']!r}, modality={record.get('modality')!r}{given})"
    return f"{made}.fit(R, seed={record.get('fit_seed')}).sample({record.get('n_asked')}{asked}, seed={record['seed']})"


def _settings(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in dict(record.get("parameters") or {}).items() if value is not None}


def _told(value: Any) -> str:
    if isinstance(value, Mapping):
        return plain(", ".join(f"{name}: {item}" for name, item in value.items()))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return plain(", ".join(map(str, value)))
    return plain(f"{value:g}" if isinstance(value, float) else value)
