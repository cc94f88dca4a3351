from __future__ import annotations

import re
import xml.etree.ElementTree as ET  # reads our own drawings only

import numpy as np
import pytest

from auditkit.reports.strokes import extent, short_path
from auditkit.reports.svg import draw


def places(path: str) -> list[tuple[float, float]]:
    """Ends of the commands of a short path, followed step by step."""
    found, start, here = [], (0.0, 0.0), (0.0, 0.0)
    for letter, rest in re.findall(r"([a-zA-Z])([^a-zA-Z]*)", path):
        numbers = [float(item) for item in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        taken = {"M": 2, "m": 2, "l": 2, "c": 6, "q": 4, "h": 1, "v": 1, "z": 1}[letter]
        for at in range(0, max(len(numbers), 1), taken):
            step = numbers[at : at + taken]
            if letter == "z":
                here = start
            elif letter in "hv":
                here = (here[0] + step[0], here[1]) if letter == "h" else (here[0], here[1] + step[0])
            else:
                here = (step[-2], step[-1]) if letter == "M" else (here[0] + step[-2], here[1] + step[-1])
            start = here if letter in "Mm" else start
            found.append(here)
    return found


def test_a_short_path_leads_to_the_same_places():
    rng = np.random.default_rng(0)
    walked = rng.uniform(-400, 400, (300, 2)).round(1)
    walked[50:60, 0] = walked[50, 0]
    path = "".join(f"{'M' if at % 40 == 0 else 'L'}{x} {y}" for at, (x, y) in enumerate(walked.tolist()))
    short = short_path(path, decimals=1)
    assert np.allclose(places(short), walked)
    assert len(short) < len(path)


def test_curves_and_closed_shapes_keep_their_places():
    path = "M0 3.25C0.86 3.25 1.69 2.91 2.3 2.3L1 1zM5 5Q6 6 7 5"
    assert np.allclose(places(short_path(path, decimals=2)), [(0, 3.25), (2.3, 2.3), (1, 1), (0, 3.25), (5, 5), (7, 5)])


@pytest.mark.parametrize("path", ["", "M1 1A1 1 0 0 1 2 2", "m1 1l2 2", "M1 1L2 2 3 3"])
def test_paths_of_other_commands_stay_as_they_are(path):
    assert short_path(path, decimals=1) == path


def test_the_extent_holds_every_place():
    assert extent("M1 2L-3 8z") == (-3, 2, 1, 8)
    assert extent("z") is None


def test_a_drawing_keeps_its_shapes_and_cuts_off_what_is_outside():
    def paint(figure):
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color="#0072b2")
        axes.plot([0, 9], [0, 9], color="#d55e00")
        axes.set_xlim(0, 2)
        axes.set_ylim(0, 2)
        axes.grid()

    svg = draw(paint, name="c", size=(3, 2), title="t", description="d")
    root = ET.fromstring(svg)  # noqa: S314 - our own drawing
    by_colour = {item.get("stroke"): item for item in root.iter("path")}
    assert "clip-path" not in by_colour["var(--real)"].attrib
    assert "clip-path" in by_colour["var(--synthetic)"].attrib
    assert len([item for item in root.iter("path") if item.get("stroke") == "var(--rule)"]) == 1
    assert [item.text for item in root.iter("text")].count("2.0") == 2
