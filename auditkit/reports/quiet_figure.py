"""Figures that are drawn without a warning for names in scripts that the font lacks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from matplotlib.figure import Figure

__all__ = ["QuietFigure"]


@contextmanager
def _no_glyph_warnings() -> Iterator[None]:
    """Without the warning of signs that the font lacks: the boxes in their place say as much."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


class QuietFigure(Figure):
    """Figure that its owner saves or shows later, outside the settings it was made in."""

    def draw(self, renderer: Any) -> None:
        """Draw as any figure."""
        with _no_glyph_warnings():
            super().draw(renderer)

    def get_tightbbox(self, *args: Any, **kwargs: Any) -> Any:
        """Box around what is drawn, which measures the texts."""
        with _no_glyph_warnings():
            return super().get_tightbbox(*args, **kwargs)
