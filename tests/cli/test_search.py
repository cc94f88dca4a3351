"""`auditkit generate --search` from the command line."""

from __future__ import annotations

import pandas as pd
import pytest
from sklearn.datasets import load_iris

from auditkit import generators


@pytest.fixture
def flowers(tmp_path):
    path = tmp_path / "flowers.csv"
    load_iris(as_frame=True).frame.rename(columns={"target": "kind"}).to_csv(path, index=False)
    return str(path)


def test_the_best_of_a_search_is_written_and_kept(flowers, tmp_path, run):
    out, kept = str(tmp_path / "made.csv"), str(tmp_path / "kept")
    words = ("--real", flowers, "--label", "kind", "--n", "70", "--out", out, "--save", kept)
    done = run("generate", "bayes_net", "--search", "2", *words)
    assert done.code == 0
    assert "gates failed" in done.out
    assert "On the holdout, bayes_net" in done.out
    assert "put aside for the last audit" in done.err
    assert len(pd.read_csv(out)) == 70
    assert generators.load(kept).info.name == "bayes_net"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "generate needs a generator's name, or --search N"),
        (("cart", "--holdout", "flowers.csv"), "--search N beside --holdout"),
        (("--search", "2", "--param", "parents=1"), "leave --param and --condition out"),
        (("carts", "--search", "2"), "did you mean 'cart'"),
    ],
)
def test_what_does_not_go_together_is_told(flowers, tmp_path, run, words, sentence):
    done = run("generate", *words, "--real", flowers, "--label", "kind", "--n", "9", "--out", str(tmp_path / "m.csv"))
    assert done.code == 2
    assert sentence in done.err
