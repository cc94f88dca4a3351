"""Some samples of the synthetic set, to be looked at: pictures, words, waves, lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.pictures import line_picture, png, wave_picture
from auditkit.data.tokens import text_words
from auditkit.results import Exhibit

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data import Dataset
    from auditkit.metrics.products import Role

__all__ = ["SHOWN", "gallery", "picture"]

SHOWN = 24
_SIDE = 96
_LONGEST = 280
_RUN = 8
"""A text that shares as many words in a row with a real one is not shown."""

_TITLE = "Synthetic samples, drawn at random"
_BATCH = 1024


def gallery(
    sets: Mapping[Role, Dataset], samples: pd.DataFrame, rng: np.random.Generator, *, show_real: bool
) -> Exhibit | None:
    """Synthetic samples drawn at random; None for tables.

    Those flagged as copies are left out like real ones, and texts that share eight words in a row with a real text
    unless real ones may be shown.

    Parameters
    ----------
    sets : mapping of role to Dataset
    samples : pandas.DataFrame
        From `sample_table`.
    rng : numpy.random.Generator
    show_real : bool

    Returns
    -------
    Exhibit or None
        Of kind `"thumbnails"` (`png_base64`) or `"texts"` (`text`), each item with id and caption.
    """
    synthetic = sets["synthetic"]
    if synthetic.samples is None:
        return None
    hidden = samples["copy"].fillna(value=True)
    if not show_real and "near_copy" in samples:
        hidden |= samples["near_copy"].fillna(value=False)
    allowed = np.flatnonzero(~hidden.to_numpy(bool))
    chosen = rng.permutation(allowed)[:SHOWN]
    if synthetic.modality == "text":
        chosen = rng.permutation(allowed)[: 4 * SHOWN]
        held = sets["real"].samples
        if not show_real and (held is None or not len(held)):
            return None  # a reference holds no texts to tell near copies by
        if not show_real:
            chosen = chosen[~_repeated(synthetic.samples.take(chosen), _real_texts(sets))]
        return _texts(synthetic, np.sort(chosen[:SHOWN]))
    return _pictures(synthetic, np.sort(chosen))


def _captioned(synthetic: Dataset, chosen: NDArray[np.intp]) -> Iterator[tuple[dict[str, str], Any]]:
    """Id and caption of each sample, and the sample."""
    labels = synthetic.label_values
    if synthetic.samples is not None and len(chosen):
        for row, sample in zip(chosen, synthetic.samples.take(chosen), strict=True):
            yield {"id": str(synthetic.ids[row]), "caption": "" if labels is None else str(labels[row])}, sample


def _pictures(synthetic: Dataset, chosen: NDArray[np.intp]) -> Exhibit:
    rows = _captioned(synthetic, chosen)
    items = [about | {"png_base64": png(picture(sample, synthetic.modality))} for about, sample in rows]
    wide = {} if synthetic.modality == "image" else {"wide": True}
    return Exhibit("thumbnails", "thumbnails", _TITLE, {"items": items, **wide})


def picture(sample: NDArray[Any], modality: str, *, real: bool = False) -> NDArray[np.uint8]:
    """Pixels of a small picture of an image, a recording or a series."""
    if modality == "audio":
        return wave_picture(sample, real=real)
    if modality == "series":
        return line_picture([sample])
    from PIL import Image  # noqa: PLC0415 - only images need it

    image = Image.fromarray(sample[:, :, 0] if sample.shape[2] == 1 else sample)
    image.thumbnail((_SIDE, _SIDE))
    return np.asarray(image, dtype=np.uint8)


def _texts(synthetic: Dataset, chosen: NDArray[np.intp]) -> Exhibit:
    items = [about | {"text": _cut(str(text))} for about, text in _captioned(synthetic, chosen)]
    return Exhibit("texts", "texts", _TITLE, {"items": items})


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _runs(text: str) -> set[tuple[str, ...]]:
    """Every eight words in a row; of a shorter text all words."""
    words = text_words(text)
    if len(words) <= _RUN:
        return {tuple(words)}
    return {tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1)}


def _real_texts(sets: Mapping[Role, Dataset]) -> Iterator[str]:
    for role, dataset in sets.items():
        if role != "synthetic":
            for batch in dataset.batches(_BATCH):
                yield from (str(text) for text in batch.arrays())


def _repeated(texts: Iterable[str], real: Iterator[str]) -> NDArray[np.bool_]:
    """Whether each text shares a run of words with a real one."""
    runs = [_runs(text) for text in texts]
    wanted = set().union(*runs) if runs else set()
    found: set[tuple[str, ...]] = set()
    for text in real:
        found |= _runs(text) & wanted
    return np.array([bool(each & found) for each in runs], dtype=np.bool_)
