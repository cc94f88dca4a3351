from __future__ import annotations

from auditkit.reports import summarise, summary_text


def test_ten_lines_say_the_verdict_first(rich):
    lines = summary_text(summarise(rich.audit, **rich.options)).splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("Verdict        FAIL")
    assert "coverage 71.2\u00a0%" in lines[4]
    assert "missing: race = Eskimo" in lines[6]
    assert "kept 850 of 1,000" in lines[8]
    assert "no rule read tells them apart 0.700 before, 0.600 after; worse: coverage" in lines[8]
    assert lines[9].endswith("Train for fewer steps or with more regularisation.")


def test_ten_lines_also_when_little_is_known(poor):
    lines = summary_text(summarise(poor.audit)).splitlines()
    assert len(lines) == 10
    assert "NOT JUDGED" in lines[0]
    assert "none held out" in lines[2]
    assert lines[8].endswith("not run")
