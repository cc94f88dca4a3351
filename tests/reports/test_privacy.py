"""A mark in every real record of every kind of data, and nothing of it in any byte of what the loop writes."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import auditkit as ak
from auditkit.data import Dataset
from auditkit.errors import AuditkitError
from auditkit.reports import write_report
from tests.reports.planted import CANARY, COPIES, EXTREME, KINDS, Loop, sets_of

PICTURE = re.compile(rb"iVBORw0KGgo[A-Za-z0-9+/]*={0,2}")
ENCODED = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")
RUN = 24
"""Neighbouring samples of a recording or a series that give it away."""


@pytest.fixture(params=KINDS)
def loop(request, loops) -> Loop:
    return loops[request.param]


def shared(loop: Loop) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file that may be shared, and the cells of its table in plain letters."""
    for path in sorted(loop.folder.rglob("*")):
        if path.is_file() and path.name != "run.json":
            yield path.name, path.read_bytes()
            if path.suffix == ".parquet":
                yield path.name, pd.read_parquet(path).to_csv().encode()


def numbers_of(loop: Loop, role: str) -> list[np.ndarray]:
    """Numbers of each record: of its table, its picture, its recording or its series."""
    data = loop.sets[role]
    if data.samples is None:
        return [data.table[["pay"]].to_numpy()[at] for at in range(len(data))]
    return [np.asarray(item) for item in data.arrays()]


def test_no_name_word_or_rare_level_of_a_real_record_is_told(loop):
    files = dict(shared(loop))
    assert {"audit.json", "samples.parquet", "report.html", "selection.json", "ablation.json", "review.html"} <= set(
        files
    )
    assert [name for name, content in shared(loop) if CANARY.encode() in content.lower()] == []
    assert [name for name, content in shared(loop) if CANARY.encode("utf-16-le") in content] == []


@pytest.mark.parametrize("kind", ["tabular", "audio", "series"])
def test_no_number_of_a_real_record_is_told(loops, kind):
    loop = loops[kind]
    stretch = 1 if loop.sets["real"].samples is None else RUN
    told = [*shared(loop)]
    for role in ("real", "holdout"):
        for record in numbers_of(loop, role):
            first = record.reshape(len(record), -1)[:stretch, 0]
            for wide in (np.float64, np.float32):
                assert not [name for name, content in told if first.astype(wide).tobytes() in content], role
            assert not [name for name, content in told if f"{first[0]:.7g}".encode() in content], role


def test_the_largest_value_of_a_column_is_a_quantile(loops):
    for name, content in shared(loops["tabular"]):
        assert b"98765" not in content, (name, EXTREME)
        assert b"98,765" not in content, name
        assert b"98.8k" not in content, name


def test_synthetic_pictures_are_shown_and_real_ones_are_not(loops):
    loop = loops["image"]
    shown = {item.tobytes() for item in seen(loop)}
    own = list(loop.sets["synthetic"].arrays())[COPIES:]
    assert {item.squeeze().tobytes() for item in own} & shown
    for role in ("real", "holdout"):
        assert not {item.squeeze().tobytes() for item in loop.sets[role].arrays()} & shown


def test_no_real_recording_can_be_played(loops):
    loop = loops["audio"]
    parts = [base64.b64decode(found) for _, content in shared(loop) for found in encoded(content)]
    for role in ("real", "holdout"):
        waves = [np.round(32767 * item[:RUN, 0]).astype("<i2").tobytes() for item in loop.sets[role].arrays()]
        assert not [wave for wave in waves if any(wave in part for part in parts)]


def seen(loop: Loop) -> Iterator[np.ndarray]:
    """Pixels of every picture in any file, at their own size where they were drawn larger."""
    for _, content in shared(loop):
        for found in PICTURE.findall(content):
            pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(found))).convert("L"))
            step = max(1, len(pixels) // 8)
            yield pixels[step // 2 :: step, step // 2 :: step]


def encoded(content: bytes) -> Iterator[bytes]:
    return (found for found in ENCODED.findall(content) if len(found) % 4 == 0)


def test_copies_are_hidden_as_real_records_are(loop):
    copies = {f"made-synthetic-{number:04d}" for number in range(COPIES)}
    for path in (loop.folder / "exhibits").glob("*.json"):
        for item in json.loads(path.read_text(encoding="utf-8"))["data"].get("items", ()):
            if copies & {item.get("id"), item.get("synthetic")}:
                assert not {"png_base64", "png_synthetic", "png_both", "text", "texts"} & item.keys(), path.name
                assert not item.get("cells"), path.name


def test_what_is_hidden_would_be_found_if_it_were_shown(tmp_path):
    audit = ak.audit(**sets_of("text"), seed=0, show_real=True)
    assert CANARY in write_report(tmp_path / "page.html", audit).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "mistake",
    [
        lambda sets: ak.audit(**sets, groups=["street"]),
        lambda sets: ak.audit(**sets, constraints=["pay < wages"]),
        lambda sets: ak.audit(**sets, metrics=["recal"]),
        lambda sets: Dataset.of_table(sets["real"].table, columns={"note": "number"}),
        lambda sets: Dataset.of_table(sets["real"].table, columns={"town": "date"}),
        lambda sets: Dataset.of_table(sets["real"].table.assign(pay=np.inf), key="note", order="town"),
        lambda sets: ak.ablate(real=sets["real"], test=sets["real"], arms={"synthetic": sets["synthetic"]}),
    ],
)
def test_errors_tell_no_value(mistake):
    sets = sets_of("tabular", folder="")
    with pytest.raises(AuditkitError) as raised:
        mistake(sets)
    assert CANARY not in str(raised.value)
