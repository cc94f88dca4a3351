"""Rules for the rows of a table: what they say, what they make of missing cells, and how mistakes in them are told."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.data import load
from auditkit.data.constraint_tree import Arithmetic, Comparison, Junction, Literal, Member, Missing, Name, Not, nodes
from auditkit.data.constraints import Constraint, parse_constraint, parse_constraints
from auditkit.errors import AuditkitError, ConfigError, DataError, UnknownNameError

TABLE = pd.DataFrame(
    {
        "start": pd.to_datetime(["2020-01-01", "2020-01-05", None]),
        "end": pd.to_datetime(["2020-01-02", "2020-01-01", "2020-01-01"]),
        "age": [10, 20, np.nan],
        "income": ["<=50K", ">50K", "NA"],
        "hours-per-week": [40, 100, 1],
        "a": [0.1, 0.2, 0.3],
        "big": pd.array([2**53 + 1, 2**53, None], dtype="Int64"),
        "ok": pd.array([True, False, None], dtype="boolean"),
        "none": [None] * 3,
        "zip": ["007", "7", "8"],
        "cat": pd.Categorical(["x", "y", None]),
        "written": ["2020-01-02", "2020-01-01", ""],
        "it`s [odd]": ["'", '"', "`"],
    }
)


def letters(text, table=TABLE, **options):
    """A letter for each row: met, broken, undecided."""
    broken, undecided = parse_constraint(text).check(table, **options)
    assert not (broken & undecided).any()
    return "".join("b" if no else "u" if open_ else "m" for no, open_ in zip(broken, undecided, strict=True))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("end >= start", "mbu"),
        ("end > '2020-01-01'", "mbb"),
        ("'2020-01-01' < end", "mbb"),
        ("start < '2020-01-05T00:00'", "mbu"),
        ("start < '2020-01-05T02:00+02:00'", "mbu"),
        ("start in ['2020-01-01', '2021-01-01']", "mbu"),
        ("end - start == 1", "mbu"),
        ("end <= start + 0.5", "bmu"),
        ("1 + start == end", "mbu"),
        ("start - 1 < end", "mbu"),
        ("written == end", "mmu"),
        ("written >= '2020-01-02'", "mbu"),
        ("written - start == 1", "mbu"),
        ("age >= 18 or income == '<=50K'", "mmu"),
        ("age >= 18 and income == '<=50K'", "bbb"),
        ("not (age >= 18 and income == '<=50K')", "mmm"),
        ("not missing(age)", "mmb"),
        ("missing(age) or age > 3", "mmm"),
        ("missing(age) == missing(start)", "mmm"),
        ("missing(written)", "bbm"),
        ("`hours-per-week` <= 99", "mbm"),
        ("`it``s [odd]` == ''''", "mbb"),
        ('`it``s [odd]` == """"', "bmb"),
        ("income in ['NA', '>50K']", "bmm"),
        ("income not in ['NA']", "mmb"),
        ("cat in ['x', 'z']", "mbu"),
        ("age in [10, -20]", "mbu"),
        ("10 <= age <= 15", "mbu"),
        ("15 >= age >= 10 == true or ok", "mbu"),
        ("abs(age - 15) == 5", "mmu"),
        ("-age < -+15", "bmu"),
        ("--age > 15", "bmu"),
        ("age / (age - 10) > 1", "umu"),
        ("age + ok > 10.5", "mmu"),
        ("age * 2 + 1 == 21", "mbu"),
        ("2 + age * 2 == 24 - 2 - 0", "mbu"),
        ("age - 5 - 5 == 0", "mbu"),
        ("(age > 15) == (income == '>50K')", "mmu"),
        ("(age > 15) != ok", "mmu"),
        ("ok", "mbu"),
        ("not not ok", "mbu"),
        ("ok == true", "mbu"),
        ("ok == 1", "mbu"),
        ("ok == 'True'", "mbu"),
        ("ok or true", "mmm"),
        ("none > 3 or none == 'a' or none >= start or none", "uuu"),
        ("none * 2 > 3 or start - none > 3 or none < start", "uuu"),
        ("zip == '007'", "mbb"),
        ("zip == 7", "mmb"),
        ("zip <= 7", "mmb"),
        ("age == '10'", "mbu"),
        ("big == 9007199254740993", "mbu"),
        ("big != 9007199254740992", "mbu"),
        ("big > 9007199254740992", "mbu"),
        ("big > 0.5", "mmu"),
    ],
)
def test_a_rule_is_met_broken_or_undecided(text, found):
    assert letters(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("a * 3 == 0.3", "mbb"), ("a * 3 <= 0.3", "mbb"), ("a * 3 < 0.3", "bbb"), ("a * 3 > 0.3", "bmm")],
)
def test_what_is_computed_is_compared_within_its_rounding_errors(text, found):
    assert 0.1 * 3 != 0.3
    assert letters(text) == found


def test_cells_as_they_are_compare_exactly():
    table = {"x": [0.1 * 3, 0.3]}
    assert letters("x == 0.3", table) == "bm"
    assert letters("x + 0 == 0.3", table) == "mm"
    assert letters("x * 1000000 == 300000.0000001", table) == "bb"


def test_rounding_after_cancellation_is_allowed_for():
    table = {"a": [1e9 + 0.1], "b": [1e9], "c": [0.1]}
    assert (1e9 + 0.1) - 1e9 != 0.1
    assert letters("a - b == c", table) == letters("c == a - b", table) == "m"


@pytest.mark.parametrize("make", [pa.table, dict, lambda columns: load(pd.DataFrame(columns))])
def test_any_table_is_checked(make):
    assert letters("end >= start", make({"start": [1, 2, 3], "end": [2, 1, None]})) == "mbu"


def test_the_table_is_not_changed():
    table, before = TABLE.copy(deep=True), TABLE.copy(deep=True)
    parse_constraint("missing(written) or end >= start and zip == 7").check(table)
    pd.testing.assert_frame_equal(table, before)


def test_cells_that_are_not_of_the_schemas_type_are_undecided():
    schema = load(pd.DataFrame({"age": [1, 2, 3], "day": ["2020-01-01", "2020-01-02", "2020-01-02"]})).schema
    table = pd.DataFrame({"age": ["12", "young", "40"], "day": ["2020-01-01", "01/02/2020", None]})
    assert letters("age >= 18", table, schema=schema) == "bum"
    assert letters("day >= '2020-01-01'", table, schema=schema) == "muu"
    with pytest.raises(ConfigError, match=r"position 1: 1 of 3 cells of column 'age' are no number\."):
        letters("age >= 18", table)
    with pytest.raises(ConfigError, match=r"position 1: 1 of 3 cells of column 'day' are no ISO 8601 date\."):
        letters("day >= '2020-01-01'", table)


def test_text_is_no_number_whatever_the_schema_says():
    table = pd.DataFrame({"income": ["<=50K", ">50K"] * 3})
    with pytest.raises(ConfigError, match="6 of 6 cells of column 'income' are no number"):
        letters("income > 3", table, schema=load(table).schema)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("", 1, "expected a column, a number or a text, found the end"),
        ("age >", 6, "expected a column, a number or a text, found the end"),
        ("age = 3", 5, "'=' has no meaning here: write == to compare"),
        ("age > 3 & ok", 9, "'&' has no meaning here: write and"),
        ("age > 3 | ok", 9, "'|' has no meaning here: write or"),
        ("!ok", 1, "'!' has no meaning here: write not, or != to compare"),
        ("age % 2 == 0", 5, "only + - * / are known"),
        ("age ** 2 == 0", 6, "expected a column, a number or a text, found '*'"),
        ("age # 2", 5, "'#' has no meaning here"),
        ("income == 'x", 11, "the quotation mark is never closed"),
        ("`age > 3", 1, "the backtick is never closed"),
        ("`` > 3", 1, "the backtick is never closed, or nothing stands in it"),
        ("(age > 3", 9, "expected ')', found the end"),
        ("age > 3)", 8, "expected a comparison, and, or, or the end, found ')'"),
        ("age income", 5, "expected a comparison, and, or, or the end, found 'income'"),
        ("age > 3 and or ok", 13, "expected a column, a number or a text, found 'or'"),
        ("3x > 1", 1, "'3x' is neither a number nor a name"),
        ("1.2.3 > age", 1, "'1.2.3' is neither a number nor a name"),
        ("age in 3", 8, "expected '[', found '3'"),
        ("age in []", 9, "expected a number or a text in quotation marks, found ']'"),
        ("age in [income]", 9, "expected a number or a text in quotation marks, found 'income'"),
        ("age in [-'x']", 13, "expected a number or a text in quotation marks"),
        ("len(income) > 3", 1, "unknown function 'len': known are missing(column) and abs(number)"),
        ("__import__('os')", 1, "unknown function '__import__'"),
        ("system('ls') > 3", 1, "unknown function 'system'"),
        ("age.__class__ == 3", 1, "unknown column 'age.__class__'"),
        ("missing(age + 1)", 13, "expected ')', found '+'"),
        ("missing('age')", 9, "expected a column in missing(column), found \"'age'\""),
        ("age + 1", 1, "this is a value, neither true nor false: compare it with something"),
        ("'a' == 'b'", 1, "no column is named: write names without quotation marks"),
        ("age == 99999999999999999999", 8, "this whole number does not fit 64 bits"),
        ("age == 9223372036854775808", 8, "this whole number does not fit 64 bits"),
        ("age < 1e999", 7, "this number is too large"),
        ("(" * 60 + "age > 3" + ")" * 60, 41, "nested more than 40 deep: split it into several"),
        ("age" + " + age" * 400 + " > 3", 901, "more than 300 words and signs: split it into several"),
        ("agee >= 18", 1, "unknown column 'agee'; did you mean 'age'?"),
        ("ok or missing(incom)", 7, "unknown column 'incom'; did you mean 'income'?"),
        ("hours <= 99", 1, "unknown column 'hours'; did you mean `hours-per-week`, in backticks?"),
        ("age", 1, "this is a number, neither true nor false: compare it with something"),
        ("ok and start", 8, "this is a date, neither true nor false: compare it with something"),
        ("not income", 5, "this is text, neither true nor false"),
        ("age >= '18'", 8, "this text is compared with a number: write no quotation marks"),
        ("age + 1 == '11'", 12, "this text is compared with a number: write no quotation marks"),
        ("age == income", 8, "3 of 3 cells of column 'income' are no number"),
        ("income < 'm'", 1, "column 'income' holds text that is no date, and text has no order: compare it with =="),
        ("age > 2 and income >= cat", 13, "column 'income' holds text that is no date, and text has no order"),
        ("age / 0 > 1", 7, "nothing can be divided by 0"),
        ("age > 3 or 1 / (0.0) > age", 17, "nothing can be divided by 0"),
        ("start > 'soon'", 9, "'soon' is no ISO 8601 date, as '2020-01-31'"),
        ("start > '2020-02-30'", 9, "'2020-02-30' is no ISO 8601 date"),
        ("start > 3", 1, "a date cannot be compared with a number"),
        ("start * 2 > end", 1, "a date and a number do not go together in '*'"),
        ("1 - start > end", 1, "a number and a date do not go together in '-'"),
        ("start == ok", 1, "a date cannot be compared with true or false"),
        ("ok > 1", 1, "true or false cannot be compared with a number"),
        ("ok > false", 1, "true and false have no order"),
        ("(age > 3) + 1 > 2", 2, "expected a number, found true or false"),
        ("(age > 3) == 'x'", 2, "true or false cannot be compared with text"),
        ("age + 'x' == 3", 7, "expected a number, found text"),
        ("abs(start) > 3", 5, "expected a number, found a date"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_position(text, position, words):
    with pytest.raises(AuditkitError) as caught:
        parse_constraint(text).check(TABLE)
    said = str(caught.value)
    assert f", position {position}: " in said
    assert words in said
    assert said.startswith("constraint ")
    assert said[-1] in ".?"
    assert "\n" not in said


def test_a_name_that_is_unknown_is_told_before_any_row_is_read():
    rule = parse_constraint("agee >= 18")
    with pytest.raises(UnknownNameError, match="did you mean 'age'"):
        rule.check_names(["age", "income"])
    rule.check_names(["agee"])


def test_what_is_no_rule_is_an_error():
    with pytest.raises(ConfigError, match=r"a constraint must be text, as .*, got int"):
        parse_constraint(3)
    with pytest.raises(ConfigError, match="constraints must be a list of rules, got str: put it in brackets"):
        parse_constraints("end >= start")
    with pytest.raises(DataError, match="`frame` must be a table"):
        parse_constraint("a > 1").check(3)


def test_rules_are_parsed_once_each_in_order():
    given_rules = ["b > 1", parse_constraint("a > 1"), "b > 1"]
    rules = parse_constraints(given_rules)
    assert [rule.text for rule in rules] == ["b > 1", "a > 1"]
    assert all(isinstance(rule, Constraint) for rule in rules)
    assert parse_constraint("x > 1 or missing(`y z`) or x > 3").columns == ("x", "y z")


def test_a_row_alone_and_a_constant_are_checked():
    assert letters("x == 7", {"x": [7]}) == "m"
    assert letters("x < 7", {"x": [7, 7]}) == "bb"


def test_long_integers_as_the_schema_says_them():
    table = pd.DataFrame({"x": [2**53 + 1, 2**53]})
    assert letters("x == 9007199254740993", table, schema=load(table).schema) == "mb"
    assert letters("x == `y`", {"x": [2**53 + 1, 2**53], "y": [2.0**53, 2.0**53]}) == "bm"


# A slow interpreter of the same trees, row by row, on whole numbers and None.


def slow_truth(node, row):  # noqa: PLR0911 - one for each part of the language
    match node:
        case Missing(name=name):
            return row[name] is None
        case Not(operand=operand):
            inner = slow_truth(operand, row)
            return None if inner is None else not inner
        case Junction(word=word, parts=parts):
            found = [slow_truth(part, row) for part in parts]
            decisive = word == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case Member(operand=operand, values=values):
            number = slow_number(operand, row)
            return None if number is None else number in [value.value for value in values]
        case Comparison(sign=sign, left=left, right=right):
            a, b = slow_number(left, row), slow_number(right, row)
            orders = {"<": -1, ">": 1}
            if a is None or b is None:
                return None
            order = (a > b) - (a < b)
            if sign in ("==", "!="):
                return (order == 0) == (sign == "==")
            return order == orders[sign[0]] or (sign.endswith("=") and order == 0)


def slow_number(node, row):
    match node:
        case Literal(value=value):
            return value
        case Name(name=name):
            return row[name]
        case Arithmetic(sign=sign, left=left, right=right):
            a, b = slow_number(left, row), slow_number(right, row)
            if a is None or b is None:
                return None
            return {"+": a + b, "-": a - b, "*": a * b}[sign]


numbers = st.recursive(
    st.sampled_from(["x", "y", "`z w`", "2", "-1"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
    max_leaves=4,
)
comparisons = st.one_of(
    st.builds("{} {} {}".format, numbers, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), numbers),
    st.builds("{} in [0, 1, -2]".format, numbers),
    st.sampled_from(["missing(x)", "missing(`z w`)"]),
)
rules = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(rules)
def test_a_slow_interpreter_finds_the_same(text):
    cells = [None, -1, 0, 2]
    rows = [dict(zip(["x", "y", "z w"], found, strict=True)) for found in itertools.product(cells, repeat=3)]
    try:
        rule = parse_constraint(text)
    except ConfigError as error:
        assert "no column is named" in str(error)  # noqa: PT017 - a rule of literals alone
        return
    assert any(isinstance(node, Name | Missing) for node in nodes(rule.tree))
    expected = [slow_truth(rule.tree, row) for row in rows]
    broken, undecided = rule.check(pd.DataFrame(rows))
    assert [True if no else None if open_ else False for no, open_ in zip(broken, undecided, strict=True)] == [
        None if truth is None else not truth for truth in expected
    ]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(alphabet="axy `'\"[](),.+-*/<>=!&|019eEnotradmising_\n\t€", max_size=30))
def test_any_text_is_a_rule_or_a_mistake_in_one_sentence(text):
    try:
        parse_constraint(text).check({"a": [1, None], "x": ["u", "v"], "y": [True, False]})
    except AuditkitError as error:
        assert str(error)[-1] in ".?"  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ok == 'true'", "mbu"),
        ("ok == 'True'", "mbu"),
        ("'FALSE' != ok", "mbu"),
        ("ok in ['true', 'false']", "mmu"),
        ("ok == said", "mbu"),
    ],
)
def test_true_and_false_as_text_are_truths_beside_a_column_of_truths(text, found):
    assert letters(text, TABLE.assign(said=["true", "True", "true"])) == found


def test_other_text_beside_a_column_of_truths_is_a_mistake():
    with pytest.raises(ConfigError, match="position 7: 'yes' is neither true nor false"):
        parse_constraint("ok == 'yes'").check(TABLE)


def test_the_opposite_of_the_smallest_integer_is_unknown():
    table = pd.DataFrame({"x": np.array([-(2**63), -(2**63) + 1, 5])})
    assert letters("abs(x) >= 0", table) == "umm"
    assert letters("-x < 0", table) == "ubm"
    assert letters("x < 0", table) == "mmb"


@pytest.mark.parametrize("rule", ["{} > 1", "`{}` > 1", "a == 1{}", "{}(a) > 1", "a > 1 {}"])
def test_long_names_are_shortened_in_messages(rule):
    with pytest.raises(AuditkitError) as caught:
        parse_constraint(rule.format("n" * 3000)).check(TABLE)
    assert len(str(caught.value)) < 400
