from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.data.tokens import rejoin, text_pieces, text_words

ODD = [
    "It's 12, not 13!",
    "  two  spaces\n\ttab ",
    "",
    " ",
    "\N{FAMILY} ok \U0001f44d\U0001f3fd\U0001f1e9\U0001f1ea❤️",
    "नमस्ते दुनिया",
    "مرحبا بالعالم، كيف",
    "שלום עולם",
    "สวัสดีครับ",
    "今日は天気がいい。",
    "x\u200by \u0301z",
]


@pytest.mark.parametrize("text", ODD)
def test_pieces_join_to_the_text(text):
    assert rejoin(text_pieces(text)) == text


@given(st.text())
def test_any_text_joins_to_itself(text):
    assert rejoin(text_pieces(text)) == text


def test_a_word_keeps_the_marks_of_its_script():
    assert text_pieces("नमस्ते दुनिया") == [" नमस्ते", " दुनिया"]


def test_a_joined_emoji_is_one_piece():
    family = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
    assert text_pieces(f"{family}\U0001f1e9\U0001f1ea") == [f" {family}", "\U0001f1e9\U0001f1ea"]


def test_digits_are_pieces_and_numbers_are_words():
    assert text_pieces("call 0712") == [" call", " 0", "7", "1", "2"]
    assert text_words("Call 0712 for 1,000.50.") == ["call", "0712", "for", "1,000.50"]


def test_words_have_no_case_and_no_punctuation():
    assert text_words("The ＦＩＬＭ, 'it' Isn't... 😀 _") == ["the", "film", "it", "isn't", "😀"]


def test_letters_of_scripts_without_spaces_are_words():
    assert text_words("今日は。") == ["今", "日", "は"]
