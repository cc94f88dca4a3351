"""The verdict in the formats that people, CI servers and pull requests read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from types import MappingProxyType

from auditkit.errors import UnknownNameError
from auditkit.gates.elsewhere import at_hand, elsewhere
from auditkit.gates.outcome import GateResult, Verdict
from auditkit.gates.table import WORDS, cells, ordered, printable, status_of
from auditkit.store import dump_json

__all__ = ["FORMATS", "render"]

MARKER = "<!-- auditkit:check -->"
_MOST_MARKDOWN = 60_000
_MOST_ANNOTATIONS = 10
# XML 1.0 has no way to write these, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def render(verdict: Verdict, format: str, *, config: str = "auditkit.toml") -> str:  # noqa: A002 - the option's name
    """Verdict as text in one format.

    Parameters
    ----------
    verdict : Verdict
    format : {"text", "json", "markdown", "junit", "github"}
    config : str, default "auditkit.toml"
        Path of the configuration, where annotations point.

    Returns
    -------
    str
        Ends with a newline.

    Raises
    ------
    UnknownNameError
        If there is no such format.
    """
    if format not in _WRITERS:
        raise UnknownNameError.of("format", format, FORMATS)
    return _WRITERS[format](verdict, config).rstrip("\n") + "\n"


def _text(verdict: Verdict, _config: str) -> str:
    return verdict.text()


def _json(verdict: Verdict, _config: str) -> str:
    return dump_json(verdict.to_json())


def _markdown(verdict: Verdict, _config: str) -> str:
    head = [MARKER, "", f"## auditkit: {_escape_markdown(verdict.headline())}", ""]
    body = [
        f"- **{finding.kind.replace('_', ' ')}**: {_escape_markdown(finding.sentence)}" for finding in verdict.findings
    ]
    rows = [
        "| Verdict | Gate | Value | Real | Excess | Limit |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *(_markdown_row(item) for item in ordered(at_hand(verdict.results))),
    ]
    notes = [_escape_markdown(note) for note in (elsewhere(verdict.results), *verdict.notes) if note]
    return _cut([*head, *body, "", *(rows if verdict.results else []), "", *notes])


def _markdown_row(item: GateResult) -> str:
    texts = (WORDS[status_of(item)], item.name, *cells(item))
    return "| " + " | ".join(_escape_markdown(text) for text in texts) + " |"


def _cut(lines: list[str]) -> str:
    """As many whole lines as fit into a comment, with a note where some were left out."""
    size = 0
    kept: list[str] = []
    for line in lines:
        size += len(line.encode("utf-8")) + 1
        if size > _MOST_MARKDOWN - 200:
            left = len(lines) - len(kept)
            return "\n".join([*kept, "", f"{left} further lines were left out to keep this short: see the report."])
        kept.append(line)
    return "\n".join(kept)


def _escape_markdown(text: str) -> str:
    flat = printable(text)
    # An at sign would notify whoever bears that name.
    return _MARKDOWN_SPECIAL.sub(r"\\\1", flat.replace("&", "&amp;")).replace("@", "&#64;")


def _junit(verdict: Verdict, config: str) -> str:
    results = verdict.results
    counts = {
        "tests": len(results),
        "failures": len(verdict.failed),
        "errors": sum(_is_junit_error(item) for item in results),
        "skipped": sum(_is_skipped(item, verdict) for item in results),
    }
    attributes = {"name": "auditkit", **{name: str(number) for name, number in counts.items()}}
    root = ET.Element("testsuites", attributes)
    suite = ET.SubElement(root, "testsuite", attributes)
    for item in results:
        _junit_case(suite, item, verdict, config)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _junit_case(suite: ET.Element, item: GateResult, verdict: Verdict, config: str) -> None:
    case = ET.SubElement(suite, "testcase", {"classname": _xml(f"auditkit.{item.metric}"), "name": _xml(item.name)})
    if item.line is not None:
        case.attrib |= {"file": _xml(config), "line": str(item.line)}
    properties = ET.SubElement(case, "properties")
    for name in ("value", "low", "high", "yardstick", "excess", "limit", "p_value"):
        number = getattr(item, name)
        if number is not None:
            ET.SubElement(properties, "property", {"name": name, "value": repr(float(number))})
    tag, body = _junit_outcome(item, verdict)
    child = ET.SubElement(case, tag, {} if tag == "system-out" else {"message": _xml(item.sentence)})
    child.text = _xml(body)


def _junit_outcome(item: GateResult, verdict: Verdict) -> tuple[str, str]:
    body = f"{item.sentence}\n{item.why}".strip()
    if verdict.counts_as_failure(item):
        return "failure", body
    if _is_junit_error(item):
        return "error", body
    if _is_skipped(item, verdict):
        return "skipped", body
    return "system-out", f"{WORDS[status_of(item)]}: {body}"


def _is_junit_error(item: GateResult) -> bool:
    return item.verdict == "error" and item.level == "error"


def _is_skipped(item: GateResult, verdict: Verdict) -> bool:
    if verdict.counts_as_failure(item) or _is_junit_error(item):
        return False
    return item.verdict in ("undecided", "not_applicable", "error")


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _github(verdict: Verdict, config: str) -> str:
    """Workflow commands; GitHub shows ten of each kind, so the worst come first and the rest are counted."""
    lines: list[str] = []
    shown = {"error": 0, "warning": 0}
    for item in ordered(verdict.results):
        kind = _annotation(item, verdict)
        if kind is None:
            continue
        shown[kind] += 1
        if shown[kind] <= _MOST_ANNOTATIONS:
            lines.append(_command(kind, item, config))
    hidden = sum(max(number - _MOST_ANNOTATIONS, 0) for number in shown.values())
    if hidden:
        lines.append(f"{hidden} further annotations were left out: see the report.")
    return "\n".join([*lines, verdict.headline()])


def _annotation(item: GateResult, verdict: Verdict) -> str | None:
    if verdict.counts_as_failure(item) or _is_junit_error(item):
        return "error"
    if item.verdict in ("fail", "error") or (item.verdict == "undecided" and verdict.undecided_as == "warn"):
        return "warning"
    return None


def _command(kind: str, item: GateResult, config: str) -> str:
    place = f"file={_property(config)},line={item.line}," if item.line is not None else ""
    title = _property(f"{WORDS[status_of(item)]}: {item.name}")
    return f"::{kind} {place}title={title}::{_data(item.sentence)}"


def _data(text: str) -> str:
    shown = "\n".join(printable(line) for line in text.splitlines())
    return shown.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_WRITERS: Mapping[str, Callable[[Verdict, str], str]] = MappingProxyType(
    {"text": _text, "json": _json, "markdown": _markdown, "junit": _junit, "github": _github}
)
FORMATS = tuple(_WRITERS)
