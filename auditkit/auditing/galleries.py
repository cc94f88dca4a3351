"""Some samples of the synthetic set, to be looked at: pictures, words, waves, lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from auditkit.auditing.forms import shown_samples
from auditkit.exhibits import Exhibit

if TYPE_CHECKING:
    from auditkit.auditing.guarding import Guard

__all__ = ["SHOWN", "gallery"]

SHOWN = 24
_TITLE = "Synthetic samples, drawn at random"


def gallery(guard: Guard, rng: np.random.Generator, *, also: Sequence[int] = ()) -> Exhibit | None:
    """Synthetic samples drawn at random; None for tables.

    Where real records are hidden, what counts as a copy is left out, and texts that share eight words in a row with a
    real text; all texts where there are no real ones to hold them against.

    Parameters
    ----------
    guard : Guard
    rng : numpy.random.Generator
    also : sequence of int
        Texts that other exhibits will ask for: all are held against the real ones in one pass.

    Returns
    -------
    Exhibit or None
        Of kind `"thumbnails"` (`png_base64`) or `"texts"` (`text`), each item with id and caption.
    """
    synthetic = guard.synthetic
    if synthetic.samples is None:
        return None
    if synthetic.modality != "text":
        chosen = np.sort(rng.permutation(guard.allowed())[:SHOWN])
        wide = {} if synthetic.modality == "image" else {"wide": True}
        return Exhibit("thumbnails", "thumbnails", _TITLE, {"items": shown_samples(guard, chosen.tolist()), **wide})
    drawn = rng.permutation(guard.allowed())[: 4 * SHOWN].tolist()
    if not guard.show_real:
        guard.learn([*drawn, *also])
    free = [row for row, why in zip(drawn, guard.why_hidden(drawn), strict=True) if not why]
    if drawn and not free:
        return None
    return Exhibit("texts", "texts", _TITLE, {"items": shown_samples(guard, sorted(free[:SHOWN]))})
