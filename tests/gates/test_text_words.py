from __future__ import annotations

import pytest

from auditkit.gates.outcome import GateResult
from auditkit.gates.text_words import TEXT_LEADS, TEXT_SHORTFALLS
from auditkit.metrics import registry


@pytest.mark.parametrize("name", sorted(TEXT_LEADS))
def test_texts_are_told_beside_fresh_ones(name):
    said = TEXT_LEADS[name](
        GateResult("g", name, {"label": "spam"}, "error", "fail", value=0.25, yardstick=0.5, unit="share")
    )
    assert "synthetic texts" in said
    assert "of label spam" in said
    assert "fresh real texts" in said


def test_shortfalls_are_what_should_be_high():
    assert {name for name in TEXT_LEADS if registry.get(name).direction == "higher"} == TEXT_SHORTFALLS
