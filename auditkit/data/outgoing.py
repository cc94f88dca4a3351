"""A set as other libraries hold one: frames, sets of Hugging Face and of torch. `load` reads each of them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.data.dataset import Dataset

__all__ = ["Outgoing"]


class Outgoing:
    """Methods of a set that hand it to other libraries. Ids go along in the column that is asked for."""

    def to_pandas(self, *, ids: str | None = None) -> pd.DataFrame:
        """Pandas frame with a row per sample.

        Parameters
        ----------
        ids : str, optional
            Column for the ids; `load(frame, ids=...)` reads them.

        Returns
        -------
        pandas.DataFrame
            The table; of texts with a column `text`, of series with a column of lists per channel.

        Raises
        ------
        DataError
            If the set holds images or recordings, or a column of such a name.

        Examples
        --------
        >>> import numpy as np
        >>> from auditkit.data import load
        >>> load({"X": np.eye(2), "label": ["a", "b"]}).to_pandas(ids="id").to_dict("list")
        {'id': ['0', '1'], 'f0': [1, 0], 'f1': [0, 1], 'label': ['a', 'b']}
        """
        from auditkit.data.outgoing_frames import pandas_frame  # noqa: PLC0415 - it builds on this class

        return pandas_frame(cast("Dataset", self), ids=ids)

    def to_arrow(self, *, ids: str | None = None) -> Any:
        """Table of pyarrow with what `to_pandas` gives, and the record of its provenance in its metadata.

        Parameters
        ----------
        ids : str, optional
            Column for the ids.

        Returns
        -------
        pyarrow.Table

        Raises
        ------
        DataError
            As `to_pandas`.
        """
        from auditkit.data.outgoing_frames import arrow_table  # noqa: PLC0415 - it builds on this class

        return arrow_table(cast("Dataset", self), ids=ids)

    def to_polars(self, *, ids: str | None = None) -> Any:
        """Frame of polars with what `to_pandas` gives.

        Parameters
        ----------
        ids : str, optional
            Column for the ids.

        Returns
        -------
        polars.DataFrame

        Raises
        ------
        DataError
            As `to_pandas`.
        MissingDependencyError
            If polars is not installed.
        """
        from auditkit.data.outgoing_frames import polars_frame  # noqa: PLC0415 - it builds on this class

        return polars_frame(cast("Dataset", self), ids=ids)

    def to_huggingface(self, *, ids: str | None = None) -> Any:
        """Set of Hugging Face with features: the label and the groups are classes, samples what they are.

        Parameters
        ----------
        ids : str, optional
            Column for the ids.

        Returns
        -------
        datasets.Dataset
            Images in a column `image` (PNG), recordings in `audio` (wav), texts in `text`; series in a column of lists
            per channel. Its `info` has the licence, and the record of its provenance as the description.

        Raises
        ------
        DataError
            If the set has a column of such a name.
        MissingDependencyError
            If datasets is not installed.
        """
        from auditkit.data.outgoing_hugging_face import hugging_face_set  # noqa: PLC0415 - it builds on this class

        return hugging_face_set(cast("Dataset", self), ids=ids)

    def to_torch(self, *, ids: str | None = None) -> Any:
        """Set of torch whose items are mappings, so that loaders make batches of them as they are.

        Parameters
        ----------
        ids : str, optional
            Part for the ids.

        Returns
        -------
        torch.utils.data.Dataset
            An item has the part `image` (float32 of shape (C, H, W) in [0, 1]), `audio` (float32, (channels, time)),
            `series` (float64, (channels, time)) or `text`, and one per column: numbers, texts, and for the label its
            place in `classes`, -1 where missing. A missing number is NaN, a missing text empty.

        Raises
        ------
        DataError
            If the set has a column of such a name, or samples of several rows.
        """
        from auditkit.data.outgoing_torch import torch_set  # noqa: PLC0415 - it builds on this class

        return torch_set(cast("Dataset", self), ids=ids)
