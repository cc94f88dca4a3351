import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.positions import key_positions

TEXT = '''# a comment with [brackets] and key = 1
title = "a # no comment"
"quoted key" = 1
'literal' = { inner = [1, 2], deep = { er = "}" } }

[data]
columns.age = "numeric"
 groups = [ # of people
   "sex",
   "race", # a comma after the last one
 ]
text = """
[not.a.table]
id = "not a key" \\""" still not
"""
raw = \'\'\'
[[nor]]
\'\'\'
[data.split]
test = 0.2

[[gate]]
id = "a"
[gate.where]
sex = "F"

[[gate]]
  id = "b"
  max = 1e-3
[ "e\\u0041" . b ]
x = 1979-05-27T07:32:00Z
'''

EXPECTED = {
    ("title",): (2, 1),
    ("quoted key",): (3, 1),
    ("literal",): (4, 1),
    ("literal", "inner"): (4, 15),
    ("literal", "inner", 1): (4, 27),
    ("literal", "deep", "er"): (4, 40),
    ("data",): (6, 2),
    ("data", "columns"): (7, 1),
    ("data", "columns", "age"): (7, 9),
    ("data", "groups"): (8, 2),
    ("data", "groups", 0): (9, 4),
    ("data", "groups", 1): (10, 4),
    ("data", "text"): (12, 1),
    ("data", "raw"): (16, 1),
    ("data", "split"): (19, 7),
    ("data", "split", "test"): (20, 1),
    ("gate",): (22, 3),
    ("gate", 0): (22, 3),
    ("gate", 0, "id"): (23, 1),
    ("gate", 0, "where"): (24, 7),
    ("gate", 0, "where", "sex"): (25, 1),
    ("gate", 1): (27, 3),
    ("gate", 1, "id"): (28, 3),
    ("gate", 1, "max"): (29, 3),
    ("eA", "b"): (30, 15),
    ("eA", "b", "x"): (31, 1),
}


def paths(data, path=()):
    """Every path that the standard library's reader sees."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return {path, *(found for key, value in items for found in paths(value, (*path, key)))}


@pytest.mark.parametrize("path", EXPECTED, ids=str)
def test_a_key_is_found_where_it_stands(path):
    assert key_positions(TEXT)[path] == EXPECTED[path]


def test_the_keys_found_are_those_that_the_reader_sees():
    assert set(key_positions(TEXT)) | {()} == paths(tomllib.loads(TEXT))


values = st.sampled_from(
    [
        '"a"',
        "'[x]'",
        "1",
        "true",
        "[1, [2, {a = 3}]]",
        '{b = "=", c = []}',
        '"""\n]x = 1\n"""',
        "'''}'''",
        "[\n1,\n]",
        '""',
    ]
)
keys = st.sampled_from(["a", "b.c", '"a b"', "'q.r'", "d . e", '"\\"#"'])


@given(
    st.lists(st.tuples(st.sampled_from(["", "[t]", "[[u]]", "[u.v]"]), keys, values, st.sampled_from(["", " # [c]"])))
)
def test_any_valid_text_is_scanned_to_its_end(pieces):
    text = "".join(f"{header}\n{key} = {value}{comment}\n" for header, key, value, comment in pieces)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    places = key_positions(text)
    assert set(places) | {()} == paths(data)
    lines = text.split("\n")
    assert all(lines[line - 1][column - 1 :].strip() for line, column in places.values())


@given(st.text(alphabet="[]{}=\"'#.,\n a1\\", max_size=40))
def test_what_is_no_toml_ends_the_search_for_keys(text):
    assert isinstance(key_positions(text), dict)
