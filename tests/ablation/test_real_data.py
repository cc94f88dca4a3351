"""What the benchmark claims, on the quicker of its sets: scikit-learn's numbers, copies, wrong labels."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def benchmark(repository: Path) -> ModuleType:
    folder = repository / "benchmarks"
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(str(folder))
        spec = importlib.util.spec_from_file_location("benchmark_of_ablations", folder / "ablation.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "path"),
    [("german", "tabular_german_credit"), ("digits", ""), ("spoken", "audio_fsdd")],
)
def test_real_alone_is_plain_scikit_learn_copies_are_neutral_and_wrong_labels_hurt(
    benchmark: ModuleType,
    shared_data: Callable[..., Path],
    name: str,
    path: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    train, test = benchmark.SETS[name](shared_data(path).parent if path else Path())
    held = list(benchmark.claims(name, train, test, ("logistic",), 1, judged=4))
    assert len(held) == 5
    assert "NOT MET" not in capsys.readouterr().out
    assert all(held)
