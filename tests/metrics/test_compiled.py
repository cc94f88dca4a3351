"""Machine code kept on disk does not outlive the source that it came from."""

from __future__ import annotations

import os

from auditkit.metrics.tiles import forget_outdated


def test_machine_code_older_than_a_source_beside_it_is_removed(tmp_path):
    source, other = tmp_path / "tiles.py", tmp_path / "crossing_tiles.py"
    kept = [tmp_path / "__pycache__" / f"tiles.loop-1.py311.{suffix}" for suffix in ("nbi", "1.nbc")]
    fresh, foreign = (tmp_path / "__pycache__" / name for name in ("tiles.other-9.py311.nbi", "crossing.f-1.py311.nbi"))
    (tmp_path / "__pycache__").mkdir()
    for path, changed in [(source, 1), (other, 5), *((path, 3) for path in (*kept, foreign)), (fresh, 7)]:
        path.touch()
        os.utime(path, (changed, changed))
    forget_outdated(source)
    assert [path.exists() for path in (*kept, fresh, foreign)] == [False, False, True, True]


def test_code_without_a_file_keeps_nothing(tmp_path):
    forget_outdated(tmp_path / "nowhere" / "<string>")
