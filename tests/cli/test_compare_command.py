"""Formats and files of `auditkit compare`."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def pair(folder):
    shutil.copytree(folder / "audit", folder / "other")
    return "audit", "other"


def test_a_page_is_written_beside_the_text(run, folder, pair):
    done = run("compare", *pair, "--output", "html=out/c.html", "--output", "json=c.json", "--title", "Two of them")
    assert done.code == 0
    assert "Realism: undecided between audit and other" in done.out
    page = (folder / "out" / "c.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>Two of them</h1>" in page
    assert str(folder) not in page
    assert json.loads((folder / "c.json").read_text(encoding="utf-8"))["names"] == ["audit", "other"]
    assert run("compare", *pair, "--format", "html", "--title", "Two of them").out.strip() == page.strip()


def test_wrong_outputs_are_refused_in_a_sentence(run, pair):
    for given, said in (("html", "as html=compare.html"), ("pdf=c.pdf", "unknown format 'pdf'")):
        done = run("compare", *pair, "--output", given)
        assert done.code == 2
        assert said in done.err
