import gzip
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.data import load, schema_violations
from auditkit.errors import DataError


@pytest.fixture
def write(tmp_path):
    def put(text, name="real.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return put


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a,b\n", "column names and no rows"),
        ("a,b\n1,2\n3,4,5\n", "line 3: found 3 cell.*expected 2"),
        ("a,b\n1,2\n3\n", "line 3: found 1 cell.*expected 2"),
        ('a,b\n"x\ny",2\n3\n', "line 4: found 1"),
        ("a;b\n1;2\n", "1 column and semicolons"),
        ("a\tb\n1\t2\n", "1 column and tabs"),
        ("a,a\n1,2\n", "more than one column named 'a'"),
        ('a,b\n1,"2\n', "line 2"),
        ("a,b\n1,\0\n", "NUL"),
        ("a,b\n1,\xe9\n".encode("latin-1"), "not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not UTF-8"),
        ("a,b\n1,inf\n2,3\n", "column 'b' of real.csv has 1 infinite"),
    ],
)
def test_a_broken_file_is_one_sentence(write, text, words):
    with pytest.raises(DataError, match=words) as caught:
        load(write(text))
    assert str(caught.value).count("\n") == 0


def test_a_broken_gzip_file_is_one_sentence(write):
    with pytest.raises(DataError, match="not a whole gzip file"):
        load(write(gzip.compress(b"a,b\n1,2\n")[:-6], "real.csv.gz"))


def test_marks_line_ends_and_quoted_newlines_are_read(write):
    loaded = load(write(b'\xef\xbb\xbfa,b\r\n1,"x\ny"\r\n2,z\r\n\r\n'))
    assert loaded.schema.names == ("a", "b")
    assert loaded.table["b"].tolist() == ["x\ny", "z"]


def test_integers_written_as_floats_are_integers(write):
    loaded = load(write("age,x\n39.0,1.5\n40.,2\n"))
    assert loaded.schema["age"].kind == "integer"
    assert loaded.table["age"].tolist() == [39, 40]


def test_codes_with_leading_zeros_stay_text(write):
    assert load(write("zip,x\n00501,1\n10001,2\n")).table["zip"].tolist() == ["00501", "10001"]


def test_long_integers_keep_every_digit(write):
    loaded = load(write(f"a,b\n{2**53 + 1},{10**22 + 1}\n{2**53},{10**22}\n"))
    assert loaded.table["a"].tolist() == [2**53 + 1, 2**53]
    assert loaded.table["b"].tolist() == [str(10**22 + 1), str(10**22)]


def test_missing_spellings_depend_on_what_stands_beside_them(write):
    text = "n,c,b\n1,NA,True\nNone,None,\nnan,x,False\n,,NA\n"
    table = load(write(text)).table
    assert table["n"].isna().tolist() == [False, True, True, True]
    assert table["c"].tolist()[1:3] == ["None", "x"]
    assert table["c"].isna().tolist() == [True, False, False, True]
    assert table["b"].isna().tolist() == [False, True, False, True]


def test_a_declared_category_keeps_its_spellings(write):
    path = write("country,x\nNA,1\nDE,2\n,3\n")
    real = load(path, columns={"country": "category"})
    assert real.schema["country"].levels == ("DE", "NA")
    assert real.table["country"].isna().tolist() == [False, False, True]
    assert load(path, schema=real.schema).table["country"].tolist()[0] == "NA"


def test_a_column_of_nothing_is_missing(write):
    assert load(write("a,b\n,1\n,2\n")).table["a"].isna().all()


def test_a_single_column_keeps_its_empty_lines(write):
    assert load(write("a\n1\n\n3\n")).table["a"].isna().tolist() == [False, True, False]


def test_limit_reads_from_the_top(write):
    loaded = load(write("a,b\n1,2\n3,4\n5,6\n"), limit=2)
    assert loaded.table["a"].tolist() == [1, 3]


def test_gzip_is_read(write):
    assert len(load(write(gzip.compress(b"a,b\n1,2\n3,4\n"), "real.csv.gz"))) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1}\n[1]\n', "line 2: expected a JSON object, got list"),
        ('{"a": 1}\n{"a": \n', "line 2: expected one JSON object"),
        ('{"a": NaN}\n', "line 1: NaN is no JSON value"),
        ('{"a": [1]}\n', "holds a list in each cell"),
        ("[" * 100_000, "expected one JSON object"),
        ("", "is empty"),
    ],
)
def test_a_broken_jsonl_file_is_one_sentence(write, text, words):
    with pytest.raises(DataError, match=words):
        load(write(text, "real.jsonl"))


def test_jsonl_fills_absent_names_with_missing(write):
    table = load(write('{"a": 1, "b": "x"}\n\n{"b": "NA"}\n', "real.jsonl")).table
    assert table["a"].isna().tolist() == [False, True]
    assert table["b"].tolist() == ["x", "NA"]


def test_a_broken_parquet_file_is_one_sentence(write):
    with pytest.raises(DataError, match="cannot be read as parquet"):
        load(write(b"PAR1 nothing", "real.parquet"))


def test_long_integers_beside_missing_cells_survive_parquet_and_jsonl(tmp_path):
    real = load(pd.DataFrame({"n": pd.array([2**60 + 1, None, 3], dtype="Int64")}))
    for suffix in ("parquet", "jsonl", "csv"):
        real.save(tmp_path / f"set.{suffix}")
        assert int(load(tmp_path / f"set.{suffix}").table["n"][0]) == 2**60 + 1


def test_integers_beyond_64_bits_are_refused(write):
    with pytest.raises(DataError, match="do not fit 64 bits"):
        load(write(f'{{"n": {10**22}}}\n', "real.jsonl"))


CELLS = st.one_of(
    st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=3),
    st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.lists(st.text("abcxyz \"',;\n", min_size=1, max_size=8), min_size=3, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(columns=st.lists(CELLS, min_size=2, max_size=4), suffix=st.sampled_from(["csv", "csv.gz", "parquet", "jsonl"]))
def test_what_is_saved_is_loaded(columns, suffix, tmp_path_factory):
    frame = pd.DataFrame({f"c{place}": cells for place, cells in enumerate(columns)})
    real = load(frame)
    path = tmp_path_factory.mktemp("round") / f"set.{suffix}"
    real.save(path)
    again = load(path, schema=real.schema)
    assert again.hash == real.hash
    assert schema_violations(again, real.schema) == [""] * 3


def test_formats_agree(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=30),
            "n": rng.integers(0, 5, 30),
            "c": rng.choice(["a", "b", ""], 30),
            "t": pd.date_range("2020-01-01", periods=30).astype(str),
        }
    )
    real = load(frame)
    hashes = set()
    for suffix in ("csv", "csv.gz", "parquet", "jsonl"):
        real.save(tmp_path / f"set.{suffix}")
        hashes.add(load(tmp_path / f"set.{suffix}").hash)
    assert hashes == {real.hash}


def test_jsonl_lines_are_json(tmp_path):
    load(pd.DataFrame({"x": [1.5, None], "c": ["a", None]})).save(tmp_path / "set.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "set.jsonl").read_text().splitlines()]
    assert lines == [{"x": 1.5, "c": "a"}, {"x": None, "c": None}]


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(write, monkeypatch):
    monkeypatch.setattr("auditkit.data.tabular._LARGE", 1 << 20)
    bomb = gzip.compress(b"a\n" + b"0" * (1 << 22))
    with pytest.raises(DataError, match="grows more than 200-fold"):
        load(write(bomb, "real.csv.gz"))


@pytest.mark.parametrize("line", ['{"a": "\\ud800"}', '{"\\ud800": 1}'])
def test_text_that_is_no_unicode_is_one_sentence(write, line):
    with pytest.raises(DataError, match="lone surrogate"):
        load(write(f'{line}\n{{"a": "x"}}\n', "real.jsonl"))


def test_a_number_of_thousands_of_digits_is_one_sentence(write):
    with pytest.raises(DataError, match="line 1: expected one JSON object"):
        load(write('{"a": ' + "9" * 10_000 + "}\n", "real.jsonl"))


def test_a_name_too_long_for_a_file_is_one_sentence():
    with pytest.raises(DataError, match="there is no file"):
        load("x" * 300 + ".csv")


def test_namibia_among_countries_is_told(tmp_path, caplog):
    path = tmp_path / "real.csv"
    path.write_text("country,x\nDE,1\nNA,2\nFR,NA\n")
    assert load(path).table["country"].isna().tolist() == [False, True, False]
    (record,) = caplog.records
    assert "column 'country' of real.csv has 1 cell(s) 'NA' among codes" in record.getMessage()
    assert "load(columns={'country': 'category'}), --column country=category or [data] columns" in record.getMessage()
    load(path, schema=load(path).schema)
    assert len(caplog.records) == 2
    caplog.clear()
    assert load(path, columns={"country": "category"}).table["country"].tolist() == ["DE", "NA", "FR"]
    path.write_text("job,x\nclerk,1\nNA,2\n")
    load(path)
    assert not caplog.records
