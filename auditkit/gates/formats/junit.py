"""JUnit's XML, which every CI server reads: a test case per result."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from auditkit.gates.formats.alerts import Origin, numbers_of
from auditkit.gates.limit_words import scale_of
from auditkit.gates.outcome import GateResult, LimitKind, Verdict
from auditkit.gates.table import WORDS, cells, printable, status_of

__all__ = ["write"]

Outcome = Literal["failure", "error", "skipped", "system-out"]
_WHAT: Mapping[LimitKind, str] = MappingProxyType(
    {"max": "value", "min": "value", "max_excess": "worse by", "max_increase": "rise", "max_drop": "drop"}
)
# XML 1.0 has no way to write these, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Readers ask for a duration; judging takes none, and the file must not depend on when it was written.
_TIME = {"time": "0"}


def write(verdict: Verdict, origin: Origin) -> str:
    """Write one suite; what is undecided, off or does not apply is skipped, what could not be measured is an error."""
    outcomes = [_outcome(item, verdict) for item in verdict.results]
    counts = {
        "tests": len(outcomes) + len(origin.off),
        "failures": outcomes.count("failure"),
        "errors": outcomes.count("error"),
        "skipped": outcomes.count("skipped") + len(origin.off),
    }
    numbers = {name: str(number) for name, number in counts.items()} | _TIME
    # The element around all suites has no count of skipped cases in most schemas.
    root = ET.Element("testsuites", {"name": "auditkit", **{k: v for k, v in numbers.items() if k != "skipped"}})
    suite = ET.SubElement(root, "testsuite", {"name": f"auditkit.{origin.name}", **numbers})
    _properties(suite, {"headline": verdict.headline(), "exit_code": str(verdict.exit_code)})
    for item, outcome in zip(verdict.results, outcomes, strict=True):
        _case(suite, item, outcome, origin)
    for gate, metric in origin.off.items():
        case = ET.SubElement(suite, "testcase", _named(origin, metric, gate))
        ET.SubElement(case, "skipped", {"message": 'the gate is switched off (level = "off")'})
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _outcome(item: GateResult, verdict: Verdict) -> Outcome:
    if verdict.counts_as_failure(item):
        return "failure"
    if item.verdict == "error" and item.level == "error":
        return "error"
    # A warning must not turn the case red: its words stand in the output of a passed case.
    return "system-out" if item.verdict in ("pass", "fail") else "skipped"


def _case(suite: ET.Element, item: GateResult, outcome: Outcome, origin: Origin) -> None:
    case = ET.SubElement(suite, "testcase", _named(origin, item.metric, item.name))
    if item.line is not None:
        case.attrib |= {"file": _xml(origin.file_of(item.gate)), "line": str(item.line)}
    told = {"verdict": item.verdict, "level": item.level, "limit_kind": item.limit_kind}
    _properties(case, told | {name: repr(float(number)) for name, number in numbers_of(item).items()})
    body = "\n".join(printable(text) for text in (item.sentence, item.why) if text)
    if outcome == "system-out":
        ET.SubElement(case, outcome).text = _xml(f"{WORDS[status_of(item)]}: {body}")
        return
    attributes = {"message": _xml(_message(item))}
    if outcome != "skipped":
        attributes["type"] = f"auditkit.{item.verdict}"
    ET.SubElement(case, outcome, attributes).text = _xml(body)


def _named(origin: Origin, metric: str, name: str) -> dict[str, str]:
    return {"classname": _xml(f"auditkit.{origin.name}.{metric}"), "name": _xml(printable(name)), **_TIME}


def _message(item: GateResult) -> str:
    """Value, limit and interval on one line; the sentence where there is no number."""
    if item.judged_value is None:
        return printable(item.sentence)
    scale = scale_of(item.unit)
    limit = cells(item)[-1]
    shown = scale.show(item.judged_value, *([] if item.limit is None else [item.limit])) + scale.suffix
    limits = f"limit {limit}" if item.limit is not None else ""
    texts = [f"{_WHAT[item.limit_kind]} {shown}", limits, _interval(item), _judged(item)]
    return printable(f"{WORDS[status_of(item)]}: {', '.join(text for text in texts if text)}")


def _interval(item: GateResult) -> str:
    """The 95 % interval of the value, where that is what the limit is held to; it is not what decided."""
    if item.low is None or item.high is None or item.limit_kind not in ("max", "min"):
        return ""
    low, high = (_number(item, number) for number in (item.low, item.high))
    return f"95 % interval {low} to {high}"


def _judged(item: GateResult) -> str:
    """The two one-sided limits that decided, each with its level."""
    if item.judged is None or item.judged[0] == item.judged[1]:
        return ""
    low, high = (_number(item, number) for number in item.judged)
    levels = ["corrected for all comparisons", "one-sided 95 %"]
    below, above = levels[::-1] if item.limit_kind == "min" else levels
    return f"judged: at least {low} ({below}), at most {high} ({above})"


def _number(item: GateResult, number: float) -> str:
    scale = scale_of(item.unit)
    return f"{scale.show(number)}{scale.suffix}"


def _properties(parent: ET.Element, values: dict[str, str]) -> None:
    holder = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(holder, "property", {"name": name, "value": _xml(value)})


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
