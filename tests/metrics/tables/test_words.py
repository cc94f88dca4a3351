"""Cells as digests: which are equal, whose they are, and what stands inside free text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditkit.metrics.tables.words import Words, words_of


def pairs(words):
    return sorted(zip(words.samples.tolist(), words.digests.tolist(), strict=True))


def test_equal_cells_have_equal_digests_whatever_their_case_and_blanks():
    table = pd.DataFrame({"mail": ["Ada@example.org", " ada@EXAMPLE.org ", None, "bob@example.org", "a"]})
    words = words_of(table, {"mail": "email", "absent": "text"})
    assert list(words) == [("mail", "cell")]
    mail = words["mail", "cell"]
    assert (mail.n, mail.samples.tolist()) == (5, [0, 1, 3])  # missing cells and mere marks are none
    assert mail.digests[0] == mail.digests[1] != mail.digests[2]


def test_what_stands_inside_texts_is_found_row_by_row():
    say = "call +49 151 2345678 or write to ada@example.org, not to ada@example.org"
    table = pd.DataFrame({"note": [say, "nothing here", say, "ada@example.org it is"]})
    words = words_of(table, {"note": "text"})
    assert words["note", "phone"].samples.tolist() == [0, 2]
    assert words["note", "email"].samples.tolist() == [0, 2, 3]  # once per cell
    assert len(set(words["note", "email"].digests.tolist())) == 1
    assert (len(words["note", "iban"].digests), words["note", "iban"].n) == (0, 4)


def test_some_samples_in_any_order():
    words = Words(np.array([10, 11, 20, 40]), np.array([0, 0, 1, 3]), 5)
    taken = words.take(np.array([3, 2, 0, 0]))
    assert pairs(taken) == [(0, 40), (2, 10), (2, 11), (3, 10), (3, 11)]
    assert taken.n == 4
    assert pairs(words.take(np.arange(5))) == pairs(words)


def test_a_unit_holds_each_cell_once():
    words = Words(np.array([7, 7, 8, 7]), np.array([0, 1, 2, 4]), 5)
    units = words.of_units(np.array([1, 1, 1, 0, 0]), 2)
    assert (pairs(units), units.n) == ([(0, 7), (1, 7), (1, 8)], 2)
