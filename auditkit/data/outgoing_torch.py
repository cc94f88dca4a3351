"""Sets as those of torch: items are mappings of plain parts, which loaders put together as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset as TorchDataset

from auditkit.data.levels import level_text
from auditkit.data.outgoing_frames import check_free, class_codes, columns_beside
from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.data.dataset import Dataset

__all__ = ["ItemSet", "torch_set"]


class ItemSet(TorchDataset[dict[str, Any]]):
    """Items of a set; samples that lie in files are read when asked for.

    Attributes
    ----------
    classes : list of str or None
        Levels of the label, in the order of its numbers; None where the label is no category.
    """

    def __init__(self, dataset: Dataset, columns: dict[str, list[Any]], classes: list[str] | None) -> None:
        self._dataset, self._columns, self.classes = dataset, columns, classes

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, place: int) -> dict[str, Any]:
        place = range(len(self))[place]  # IndexError behind the end, and places from the end
        parts: dict[str, Any] = {}
        if self._dataset.samples is not None:
            sample = self._dataset.samples.take(np.array([place]))[0]
            parts[str(self._dataset.modality)] = _part(sample)
        return parts | {name: cells[place] for name, cells in self._columns.items()}


def torch_set(dataset: Dataset, *, ids: str | None = None) -> ItemSet:
    """Set of torch.

    Raises
    ------
    DataError
        If the set has a column of a name that is needed, or samples of several rows.
    """
    if dataset.key is not None:
        raise DataError(f"samples of {dataset.source} have several rows each, which make no item: use to_pandas().")
    if dataset.samples is not None:
        check_free(dataset, [str(dataset.modality)])
    frame = columns_beside(dataset, ids)
    columns = {str(name): _cells(frame[name]) for name in frame.columns}
    if dataset.label is None or dataset.schema[dataset.label].kind not in {"category", "boolean", "constant"}:
        return ItemSet(dataset, columns, None)
    codes, classes = class_codes(dataset, dataset.label)
    columns[dataset.label] = codes.fillna(-1).tolist()
    return ItemSet(dataset, columns, classes)


def _part(sample: Any) -> Any:
    if isinstance(sample, str):
        return sample
    if sample.dtype == np.uint8:
        return torch.from_numpy(np.ascontiguousarray(sample.transpose(2, 0, 1))).to(torch.float32) / 255
    channels_first: NDArray[Any] = np.array(sample.T, order="C")  # a copy: items may be changed
    return torch.from_numpy(channels_first)


def _cells(values: pd.Series) -> list[Any]:
    if values.dtype.kind in "iufb" and isinstance(values.dtype, np.dtype):
        return list(values.tolist())
    return ["" if pd.isna(cell) else level_text(cell) for cell in values]
