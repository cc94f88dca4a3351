"""The package that docs/extending.md shows, installed and run as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parent.parent / "docs" / "extending.md"


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Folder with the files of the page, and what an installer makes of pyproject.toml."""
    folder = tmp_path_factory.mktemp("package")
    text = PAGE.read_text(encoding="utf-8")
    for name, content in re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', text, re.DOTALL | re.MULTILINE):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = [
        f"[{group}]\n" + "\n".join(f"{name} = {target}" for name, target in held.items())
        for group, held in project["entry-points"].items()
    ]
    about = folder / "ours-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("\n".join(points), encoding="utf-8")
    return folder


def test_the_package_of_the_page_on_extending_runs(package):
    code = """
import doctest, runpy, ours.means
from auditkit.cli.app import main
runpy.run_path("check.py")
print(doctest.testmod(ours.means))
main(["list", "metrics"])
"""
    paths = [str(package), str(PAGE.parent.parent)]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=package,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    score, identical, embedder, examples, *listed = done.stdout.splitlines()
    assert re.match(r"mean_gap 0\.\d+ \[.*yardstick 0\.", score)
    assert (identical, embedder) == ("0.0", "letters")
    assert examples == "TestResults(failed=0, attempted=1)"
    assert any(re.match(r"\W*mean_gap\b", line) for line in listed)
