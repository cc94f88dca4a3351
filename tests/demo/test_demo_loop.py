from __future__ import annotations

import pytest

from auditkit.demo.loop import ABOUT, run_demo, summary_lines
from auditkit.errors import UnknownNameError


def files(folder) -> dict[str, bytes]:
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    found.pop("run.json")
    return found


def test_the_demo_twice_gives_the_same_bytes_and_all_that_it_promises(tmp_path):
    first = run_demo(out=tmp_path / "first")
    run_demo(out=tmp_path / "second")
    one, two = files(tmp_path / "first"), files(tmp_path / "second")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert {"german_credit.csv", "auditkit.toml", "synthetic.csv", "kept.csv", "merged.csv", "report.html"} <= set(one)
    assert first.ablation is not None
    assert len(summary_lines(first).splitlines()) == 10
    assert first.audit.about["n"] == {"real": 400, "synthetic": 400, "holdout": 300}
    assert "400" in ABOUT["tabular"]


@pytest.mark.slow
def test_the_demo_on_images(tmp_path):
    found = run_demo("image", out=tmp_path)
    assert found.audit.about["modality"] == "image"
    assert found.audit.about["n"]["real"] == 719
    assert found.ablation is not None
    assert found.report.is_file()


def test_another_modality_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="'text'; known: image, tabular"):
        run_demo("text", out=tmp_path)
    assert list(tmp_path.iterdir()) == []
