"""`load`: whatever holds the data, into one kind of object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.data.any_table import ArrowTable, is_frame
from auditkit.data.arrays import LABEL, LABEL_KEYS
from auditkit.data.dataset import Dataset
from auditkit.data.hugging_face import is_hugging_face
from auditkit.data.provenance import given_record, read_record
from auditkit.data.reading import Asked, read_source
from auditkit.data.schema import Schema
from auditkit.data.torch_items import Items, is_items
from auditkit.data.units import check_ids, ids_of_column
from auditkit.errors import DataError, UnknownNameError
from auditkit.kinds import MODALITIES, Kind, Modality

__all__ = ["load"]


def load(  # noqa: PLR0913 - what a source may need to be told
    source: str | PathLike[str] | pd.DataFrame | NDArray[Any] | Mapping[str, NDArray[Any]] | ArrowTable | Items,
    *,
    label: str | None = None,
    groups: str | Sequence[str] = (),
    key: str | None = None,
    order: str | None = None,
    text: str | None = None,
    rate: int | None = None,
    modality: Modality | None = None,
    columns: Mapping[str, Kind] | None = None,
    schema: Schema | None = None,
    limit: int | None = None,
    ids: str | None = None,
    name: str | None = None,
    licence: str | None = None,
    consent: str | None = None,
) -> Dataset:
    """Set from a file, a folder, a frame, an array, or a set of Hugging Face or torch.

    Parameters
    ----------
    source : path, frame, ndarray, mapping of str to ndarray, or a set of another library
        csv (plain or gzipped), parquet, jsonl (plain or gzipped): tables, or with `text` or `modality` the texts,
        series or recordings that they hold. npz, npy, ndarray: images of shape (n, H, W) or (n, H, W, C), features of
        shape (n, d), or series of shape (n, channels, time) and with `modality="series"` (n, time), where NaN at the
        end is padding. A mapping: the members of an npz file (`images`, `features` or `X`, `label`, further columns;
        or `X_train`, `y_train`, `X_test`, `y_test`, which are pooled with a column `split`). txt: a text per line. ts:
        series of the UCR archive. A folder: images, recordings or texts in one folder per class; recordings may have a
        `metadata.csv` or `meta.csv` with a column `file`. Frames of pandas, polars (lazy ones too), arrow (tables,
        datasets, streams) and whatever speaks the arrow stream protocol; with `modality="series"` columns of lists are
        channels, a row per series. Sets of Hugging Face `datasets`, whose features say which column holds images or
        recordings, and which the classes of the label. Sets of torch, whose items are the sample and its label, or a
        mapping; docs/integrations.md has the rules. The object itself is never changed.
    label : str, optional
        Column to predict. In a table a number of more than 20 distinct values is an amount, unless its values number
        classes: the whole numbers from 0 or from 1 on without a gap, each in five rows at least. Any other label is a
        category; `columns` says otherwise, as `{"zip": "category"}` or `{"stars": "integer"}`. Amounts are predicted
        as numbers, and audits look at their quarters between the real quartiles. In image folders the label is
        `"label"` by itself. So it is in npz files and mappings, where that column is the member named here, or else
        `label`, `labels`, `y`, `target` or `targets`.
    groups : sequence of str
        Columns whose levels are compared (sex, age band, ...); categories as well.
    key, order : str, optional
        All rows of one key are one sample, ordered by `order`. With `modality="series"` their columns of numbers that
        change are the channels, and columns that do not change describe the series.
    text : str, optional
        Column of a table that holds the texts; with `modality="text"` alone it is `"text"`, or the only column of free
        text.
    rate : int, optional
        Samples per second that recordings are resampled to; by default all must have the same.
    modality : {"tabular", "image", "text", "audio", "series"}, optional
        What the data must be; inferred by default where it cannot be mistaken: a table is a table unless told.
    columns : mapping of str to str, optional
        Kinds of columns where inference would guess otherwise, as `{"zip": "category"}`.
    schema : Schema, optional
        The real data's schema, to read another set with: cells are cast where nothing is lost and stay as they are
        elsewhere (`schema_violations` then names them).
    limit : int, optional
        Samples to read, from the top; streams need one.
    ids : str, optional
        Column that names the samples, which is then no part of the data; by default the keys, in folders of files
        their paths below the folder, else numbers from 0.
    name : str, optional
        What messages call the set; the file's name by default.
    licence, consent : str, optional
        Under which licence the data may be used, and what the people in them agreed to: both follow what a generator
        makes of the data. A record that lies beside a file (`<name>.provenance.json`) is read without being asked.

    Returns
    -------
    Dataset

    Notes
    -----
    An empty string is a missing cell in every format. In csv files so are the usual spellings ("NA", "N/A", "NaN",
    "null"), unless the column is declared a category or text in `columns`, or the schema knows the spelling as a
    level; "None" is missing among numbers, dates and booleans only. A column whose numbers have leading zeros is
    text. Numbers must be finite. Images are whole numbers 0 to 255, or k / 255 in [0, 1]; an array of three axes
    of other floats, named `X` in an npz file, is taken for series. An empty text is a text, but in csv files, where it
    is missing; missing texts are refused.

    Raises
    ------
    DataError
        If the source does not exist, is empty, cannot be read, or is not of the modality asked.
    ShapeError
        If an array has another shape.
    UnknownNameError
        If a role names no column.

    Examples
    --------
    >>> import pandas as pd
    >>> real = load(pd.DataFrame({"age": [31, 45], "income": [0, 1]}), label="income")
    >>> len(real), real.schema["income"].levels
    (2, ('0', '1'))
    >>> load(pd.DataFrame({"mail": ["see you there", "win money now"], "spam": [0, 1]}), text="mail").arrays().tolist()
    ['see you there', 'win money now']
    """
    _check_label(label)
    asked = _asked(
        label=label, groups=groups, text=text, key=key, order=order, rate=rate, modality=modality, columns=columns
    )
    if ids is not None and key is not None:
        raise DataError(f"ids={ids!r} and key={key!r} both name the samples: leave out ids=, the keys are the ids.")
    if ids is not None and ids in (label, *([groups] if isinstance(groups, str) else groups or ())):
        raise DataError(
            f"ids={ids!r} names a label or group too, and ids belong to one sample each: name another column."
        )
    if limit is not None and limit < 1:
        message = f"limit must be at least 1, got {limit}."
        raise DataError(message)
    title = name or _title(source)
    asked = replace(asked, schema=schema, limit=limit, ids=ids)
    found = read_source(source, title, asked)
    frame, table = found.frame, found.samples is None
    own = found.ids if found.ids is not None else getattr(found.samples, "files", None)
    if ids is not None:
        own, frame = ids_of_column(frame, ids, source=title), frame.drop(columns=[ids])
    if label in LABEL_KEYS and label not in frame.columns and LABEL in frame.columns:
        label = LABEL
    dataset = Dataset.of_table(
        frame,
        label=found.label if label is None and found.label in frame.columns else label,
        groups=asked.groups,
        key=key if table else None,
        order=order if table else None,
        columns={name: kind for name, kind in (columns or {}).items() if name not in {*found.taken} - {*frame.columns}},
        schema=schema,
        samples=found.samples,
        source=title,
    )
    if own is not None:
        dataset = replace(dataset, ids=check_ids(list(own), n=len(dataset)))
    told = given_record(licence, consent)
    beside = read_record(Path(source)) if isinstance(source, (str, PathLike)) else None
    if told is not None or beside is not None:
        dataset = replace(dataset, provenance={**(told or {}), **(beside or {}), **_said(told)})
    if modality is not None and dataset.modality != modality:
        message = f"{title} holds {dataset.modality} data, modality {modality!r} was asked for: give the data that fit."
        raise DataError(message)
    return dataset if limit is None or len(dataset) <= limit else dataset.take(np.arange(limit))


def _asked(
    *,
    label: str | None,
    groups: str | Sequence[str],
    text: str | None,
    key: str | None,
    order: str | None,
    rate: int | None,
    modality: Modality | None,
    columns: Mapping[str, Kind] | None,
) -> Asked:
    """What is asked for, with the modality that `text` and `rate` imply."""
    if modality is not None and modality not in MODALITIES:
        raise UnknownNameError.of("modality", modality, MODALITIES)
    for word, value, meant in (("text", text, "text"), ("rate", rate, "audio")):
        if value is not None and modality not in (None, meant):
            message = f"{word}= is for modality {meant!r}, {modality!r} was asked for: leave one of them out."
            raise DataError(message)
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int) or rate < 1):
        message = f"rate must be samples per second, a whole number above 0, got {rate!r}."
        raise DataError(message)
    implied: Modality | None = "text" if text is not None else "audio" if rate is not None else modality
    names = (groups,) if isinstance(groups, str) else tuple(groups)
    return Asked(implied, label, names, text, key, order, rate, columns)


def _said(told: Mapping[str, Any] | None) -> dict[str, Any]:
    """Licence and consent as far as they were told: they count more than what a record says."""
    return {name: told[name] for name in ("licence", "consent") if told is not None and told[name] is not None}


def _check_label(label: object) -> None:
    if label is not None and not isinstance(label, str):
        message = (
            f"label must be the name of a column, got a {type(label).__name__}: give arrays together, as "
            'load({"images": images, "label": labels}).'
        )
        raise DataError(message)


def _title(source: object) -> str:
    if isinstance(source, (str, PathLike)):
        return Path(source).name or "the folder"
    if is_frame(source):
        return "the table"
    return "the set" if is_hugging_face(source) or is_items(source) else "the array"
