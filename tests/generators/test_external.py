from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.mixture import GaussianMixture

from auditkit.data import Dataset
from auditkit.errors import AuditkitError, DataError
from auditkit.generators import ShortfallWarning, create, load

SCRIPT = """
import random, sys
n, seed, out = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
rng = random.Random(seed)
with open(out, "w") as file:
    file.write("x,y\\n")
    for _ in range(n):
        file.write(f"{rng.randint(1, 9)},{rng.choice('ab')}\\n")
"""


def draw_pairs(n, seed=0):
    """Frame of n rows; found by its name in a test."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"x": rng.integers(1, 10, size=n), "y": rng.choice(["a", "b"], size=n)})


@pytest.fixture
def pairs() -> Dataset:
    return Dataset.of_table(draw_pairs(60), label="y", columns={"x": "integer"})


def test_a_function_is_called_with_what_it_accepts(pairs):
    made = create("external", function=draw_pairs).fit(pairs).sample(20, seed=3)
    assert made.table["x"].tolist() == draw_pairs(20, seed=3)["x"].tolist()
    assert made.label == "y"


def test_a_function_that_takes_anything_gets_everything(pairs):
    seen = {}

    def anything(**asked):
        seen.update(asked)
        return draw_pairs(40)

    create("external", function=anything).fit(pairs).sample(6, conditions={"y": {"a": 1, "b": 5}}, seed=9)
    assert (seen["n"], seen["seed"], seen["conditions"]) == (6, 9, {"y": {"a": 1, "b": 5}})


def test_a_function_that_needs_more_is_refused(pairs):
    def needy(n, model):
        return model, n

    with pytest.raises(AuditkitError, match="also needs model"):
        create("external", function=needy).fit(pairs).sample(3)


def test_a_function_can_be_named(pairs, tmp_path, monkeypatch):
    (tmp_path / "maker_of_pairs.py").write_text(
        "import pandas as pd\ndef make(n):\n    return pd.DataFrame({'x': [1] * n, 'y': ['a'] * n})\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    generator = create("external", function="maker_of_pairs:make").fit(pairs)
    assert generator.sample(3).table["x"].tolist() == [1, 1, 1]
    generator.save(tmp_path / "saved")
    assert load(tmp_path / "saved").sample(2).table["y"].tolist() == ["a", "a"]
    with pytest.raises(DataError, match="did you mean 'make'"):
        create("external", function="maker_of_pairs:mak").fit(pairs).sample(1)
    with pytest.raises(DataError, match="could not be imported"):
        create("external", function="no_such_module_here:make").fit(pairs).sample(1)


def test_a_fitted_model_samples_numbers():
    numbers = pd.DataFrame(np.random.default_rng(0).standard_normal((80, 2)), columns=["u", "v"])
    real = Dataset.of_table(numbers)
    mixture = GaussianMixture(2, random_state=0).fit(numbers.to_numpy())
    made = create("external", model=mixture).fit(real).sample(30)
    assert made.table.shape == (30, 2)


def test_too_few_samples_are_a_shortfall(pairs):
    generator = create("external", function=lambda n: draw_pairs(n // 2)).fit(pairs)
    with pytest.warns(ShortfallWarning, match="got 10"):
        assert len(generator.sample(20)) == 10


def test_conditions_choose_among_what_came(pairs):
    generator = create("external", function=lambda n: draw_pairs(20 * n)).fit(pairs)
    assert set(generator.sample(8, conditions={"y": "b"}).label_values) == {"b"}


def test_other_columns_are_refused(pairs):
    generator = create("external", function=lambda n: draw_pairs(n).rename(columns={"x": "z"})).fit(pairs)
    with pytest.raises(DataError, match="'x'"):
        generator.sample(5)


def test_a_command_writes_a_file(pairs, tmp_path):
    script = tmp_path / "make.py"
    script.write_text(SCRIPT, encoding="utf-8")
    command = [sys.executable, str(script), "{n}", "{seed}", "{out}"]
    generator = create("external", command=command).fit(pairs)
    one, two = generator.sample(12, seed=4), generator.sample(12, seed=4)
    assert len(one) == 12
    assert one.hash == two.hash
    assert generator.provenance[0]["sha256"] == generator.provenance[1]["sha256"]
    generator.save(tmp_path / "saved")
    assert load(tmp_path / "saved").sample(12, seed=4).hash == one.hash


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("raise SystemExit('no weights')", "ended with code 1: no weights"),
        ("pass", "wrote nothing"),
        ("import time; time.sleep(9)", "took more than"),
        ("import os, sys; sys.exit(3 if 'SECRET' not in os.environ else 4)", "code 3"),
    ],
)
def test_a_failing_command_is_one_sentence(pairs, monkeypatch, code, sentence):
    monkeypatch.setenv("SECRET", "shown to nobody")
    generator = create("external", command=[sys.executable, "-c", code], timeout=1.5).fit(pairs)
    with pytest.raises(DataError, match=sentence):
        generator.sample(2)


def test_a_command_out_of_time_ends_with_all_that_it_started(pairs, tmp_path):
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(3); open({str(mark)!r}, 'w').close()"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(9)"
    generator = create("external", command=[sys.executable, "-c", code], timeout=1.5).fit(pairs)
    with pytest.raises(DataError, match=r"took more than 1\.5 s"):
        generator.sample(2)
    time.sleep(3)
    assert not mark.exists()


def test_a_command_may_leave_something_behind(pairs):
    child = "import time; time.sleep(4)"
    code = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child!r}]); "
        "open(sys.argv[1], 'w').write('x,y\\n1,a\\n2,b\\n')"
    )
    generator = create("external", command=[sys.executable, "-c", code, "{out}"], timeout=3).fit(pairs)
    assert len(generator.sample(2)) == 2


def test_a_command_may_say_other_bytes_than_text(pairs):
    code = "import sys; sys.stdout.buffer.write(b'\\xff'); sys.stderr.buffer.write(b'no \\xff weights'); sys.exit(2)"
    with pytest.raises(DataError, match="ended with code 2: no \N{REPLACEMENT CHARACTER} weights"):
        create("external", command=[sys.executable, "-c", code]).fit(pairs).sample(2)


def test_a_command_that_does_not_exist_is_said(pairs):
    with pytest.raises(DataError, match="could not be started"):
        create("external", command=["no-such-program-here"]).fit(pairs).sample(2)


def test_a_file_is_taken_in_an_order_of_the_seed(pairs, tmp_path):
    path = tmp_path / "made.csv"
    frame = draw_pairs(50, seed=8)
    frame["x"] = np.arange(50)
    frame.to_csv(path, index=False)
    generator = create("external", path=path).fit(pairs)
    taken = generator.sample(20, seed=1).table["x"].tolist()
    assert taken[:5] == generator.sample(5, seed=1).table["x"].tolist()
    assert taken != generator.sample(20, seed=2).table["x"].tolist()
    assert len(generator.provenance[0]["sha256"]) == 64


def test_a_missing_file_is_said(pairs, tmp_path):
    with pytest.raises(DataError, match="found nothing there"):
        create("external", path=tmp_path / "none.csv").fit(pairs).sample(3)


def test_images_come_with_their_labels(stripes):
    plain = Dataset.of_table(stripes.table[["label"]], label="label", samples=stripes.samples)

    def paint(n):
        return np.zeros((n, 8, 8), dtype=np.uint8), ["across"] * n

    made = create("external", function=paint).fit(plain).sample(4)
    assert made.arrays().shape == (4, 8, 8, 1)
    assert made.label_values.tolist() == ["across"] * 4
    with pytest.raises(DataError, match="give \\(pixels, labels\\)"):
        create("external", function=lambda n: paint(n)[0]).fit(plain).sample(4)
    with pytest.raises(DataError, match="uint8"):
        create("external", function=lambda n: (np.zeros((n, 8, 8, 1)), ["across"] * n)).fit(plain).sample(4)
    for given, sentence in (
        (["across"] * 3, "4 samples and 3 labels"),
        ("across", r"labels of shape \(\)"),
        ([["across"]] * 4, r"labels of shape \(4, 1\)"),
    ):
        with pytest.raises(DataError, match=sentence):
            create("external", function=lambda n, given=given: (paint(n)[0], given)).fit(plain).sample(4)
    with pytest.raises(DataError, match="a tuple of 3"):
        create("external", function=lambda n: (*paint(n), n)).fit(plain).sample(4)


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({}, "got none"),
        ({"path": "a.csv", "command": ["b"]}, "got path, command"),
        ({"command": "rm -r"}, "as a list"),
        ({"command": ["a"], "output": "../a.csv"}, "plain file name"),
        ({"command": ["a"], "output": 3}, "plain file name"),
        ({"command": ["python", 5]}, "all text"),
        ({"command": ["python", "a\0b"]}, "all text"),
        ({"command": []}, "as a list"),
        ({"command": ["a"], "timeout": "x"}, "does not take timeout='x': give a number"),
        ({"command": ["a"], "timeout": float("nan")}, "does not take timeout=nan: give finite numbers"),
        ({"command": ["a"], "timeout": 0}, "timeout= in seconds"),
        ({"command": ["a"], "environment": {"A": 5}}, "names and values, all text"),
        ({"command": ["a"], "environment": {"A=B": "5"}}, "names and values, all text"),
        ({"command": ["a"], "environment": ["A"]}, "names and values, all text"),
        ({"path": 5}, "path of a file or folder"),
        ({"path": "a\0b"}, "path of a file or folder"),
        ({"function": 5}, "as a function"),
    ],
)
def test_wrong_parameters_are_said(params, sentence):
    with pytest.raises(AuditkitError, match=sentence):
        create("external", **params)


def test_python_objects_cannot_be_saved(pairs, tmp_path):
    with pytest.raises(AuditkitError, match="cannot be saved"):
        create("external", function=draw_pairs).fit(pairs).save(tmp_path)
