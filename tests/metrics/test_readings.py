"""What a reading tells of its parts."""

from __future__ import annotations

from auditkit.metrics.reading import Part, Reading


def test_a_part_is_found_by_what_it_is_of_in_any_order_and_of_twins_the_first():
    first, twin, other = (Reading(value, (10, 10)) for value in (0.1, 0.2, 0.3))
    whole = Reading(
        0.2,
        (20, 20),
        parts=(
            Part({"column": "age", "other": "pay"}, first),
            Part({"other": "pay", "column": "age"}, twin),
            Part({"column": "age"}, other),
        ),
    )
    assert whole.of_part({"other": "pay", "column": "age"}) is first
    assert whole.of_part({"column": "age"}) is other
    assert whole.of_part({"column": "pay"}) is None
    assert Reading(0.2, (20, 20)).of_part({}) is None
