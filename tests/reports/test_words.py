from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.reports.judgement import prose
from auditkit.reports.words import DASH, inert, interval, metric_title, number, signed, without_paths


@given(st.text(max_size=400))
def test_inert_text_is_one_bounded_line_without_control_characters(text):
    shown = inert(text)
    assert len(shown) <= 120
    assert all(char.isprintable() or char == " " or ord(char) > 0x7F for char in shown)
    assert "\n" not in shown


@pytest.mark.parametrize("char", ["\x00", "\x01", "\x1b", "\x7f", "\u202e", "\u2066", "\ufeff", "\ud800"])
def test_characters_that_change_a_display_are_spelt_out(char):
    assert inert(f"a{char}b") == f"a⟨U+{ord(char):04X}⟩b"
    assert inert(inert(f"a{char}b")) == inert(f"a{char}b")


def test_a_very_long_name_keeps_its_ends():
    shown = inert("a" * 5000 + "z" * 5000, limit=20)
    assert len(shown) == 20
    assert shown.startswith("aaa")
    assert shown.endswith("zzz")
    assert "…" in shown


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "", DASH),
        (float("nan"), "", DASH),
        (0.8123, "", "0.812"),
        (0.00042, "", "0.00042"),
        (1234.5, "", "1,234"),
        (-0.25, "", "\u22120.250"),
        (-1e-9, "", "0"),
        (3.0, "", "3"),
        (0.123, "share", "12.3\u00a0%"),
        (0.0, "share", "0\u00a0%"),
    ],
)
def test_numbers_are_short(value, unit, shown):
    assert number(value, unit=unit) == shown


@given(st.floats(0, 1), st.sampled_from([0.01, 0.05, 0.1, 0.95]))
def test_a_number_is_never_shown_on_the_wrong_side_of_its_limit(value, limit):
    shown = float(number(value, against=limit).replace("\u2212", "-"))
    if abs(value - limit) > 1e-5:
        assert (shown > limit) == (value > limit)
        assert (shown < limit) == (value < limit)


def test_differences_of_shares_are_points_with_a_sign():
    assert signed(0.031, unit="share") == "+3.1\u00a0points"
    assert signed(-0.01, unit="share") == "\u22121\u00a0points"
    assert signed(0.01, unit="share") == "+1\u00a0point"


def test_an_interval_without_width_is_not_shown():
    assert interval(1.0, 1.0) == ""
    assert interval(None, 1.0) == ""


def test_metric_names_read_as_headings():
    assert metric_title("frechet_distance") == "Fréchet distance"
    assert metric_title("copy_excess@dinov2") == "Copy excess @dinov2"


def test_folders_are_cut_from_sentences():
    assert without_paths("no file /home/ann/secret/adult.csv found") == "no file adult.csv found"
    assert without_paths("1/2 of the rows, and/or none") == "1/2 of the rows, and/or none"


def test_limits_beside_a_whole_number_keep_their_decimals():
    assert interval(0.9297, 1.0) == "0.930 to 1.000"
    assert interval(0.0, 1.0) == "0 to 1"
    assert interval(0.0, 0.4) == "0 to 0.400"


def test_sentences_have_the_minus_sign_of_numbers_and_keep_other_hyphens():
    said = prose("Training hurts (accuracy -0.025, 95 % interval -.04 to +0.01) 2024-01-05 for a-1, x=-2, --n 3, k-NN.")
    assert said == (
        "Training hurts (accuracy \u22120.025, 95 % interval \u2212.04 to +0.01) 2024-01-05 for a-1, x=-2, --n 3, k-NN."
    )
