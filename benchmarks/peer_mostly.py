"""Accuracy of mostlyai-qa on two files, run by an environment that has it: times and numbers as JSON.

python benchmarks/peer_mostly.py REAL SYNTHETIC [KEY]
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import pandas as pd


class Forgotten:
    """Takes what the peer stores for another report."""

    def store_bins(self, bins: Any) -> None:
        """Nothing is kept."""


def listed(frame: pd.DataFrame, *names: str) -> dict[str, list[float]]:
    keys = ["|".join(cell.split("::")[-1] for cell in row) for row in frame[list(names)].itertuples(index=False)]
    return dict(zip(keys, frame[["accuracy", "accuracy_max"]].to_numpy().tolist(), strict=True))


def flat(real: pd.DataFrame, synthetic: pd.DataFrame) -> dict[str, Any]:
    from mostlyai.qa import _accuracy as peer  # noqa: PLC0415 - only this environment has it
    from mostlyai.qa._sampling import prepare_data_for_accuracy  # noqa: PLC0415

    real = prepare_data_for_accuracy(df_tgt=real, setup="1:1")
    synthetic = prepare_data_for_accuracy(df_tgt=synthetic, setup="1:1", ori_dtypes=real.dtypes.to_dict())
    one, two = peer.binning_data(ori=real, syn=synthetic, statistics=Forgotten())
    pairs = peer.calculate_bivariates(one, two)
    return {
        "univariate": listed(peer.calculate_univariates(one, two), "column"),
        "bivariate": listed(pairs[pairs["col1"] < pairs["col2"]], "col1", "col2"),
        "trivariate": listed(peer.calculate_trivariates(one, two), "col1", "col2", "col3"),
    }


def sequential(real: pd.DataFrame, synthetic: pd.DataFrame, key: str) -> dict[str, Any]:
    from mostlyai.qa import _accuracy, _coherence, _sampling  # noqa: PLC0415

    first = _sampling.prepare_data_for_accuracy(df_tgt=real, tgt_context_key=key, setup="1:N")
    kinds = first.dtypes.to_dict()
    other = _sampling.prepare_data_for_accuracy(df_tgt=synthetic, tgt_context_key=key, setup="1:N", ori_dtypes=kinds)
    one, two = _accuracy.binning_data(ori=first, syn=other, statistics=Forgotten())
    names = [name for name in one.columns if name.startswith("nxt::")]
    found = {"next_row": {}}
    for name in names:
        pair = [f"tgt::{name[5:]}", name]
        figures = _accuracy.calculate_accuracy(one[pair], two[pair])
        found["next_row"][name[5:]] = [float(item) for item in figures]
    one, bins = _sampling.prepare_data_for_coherence(df_tgt=real, tgt_context_key=key)
    two, _ = _sampling.prepare_data_for_coherence(df_tgt=synthetic, tgt_context_key=key, bins=bins)
    counts = [_coherence.calculate_distinct_categories_per_sequence(item, key) for item in (one, two)]
    binned, edges = _accuracy.bin_data(counts[0], bins=10)
    other, _ = _accuracy.bin_data(counts[1], bins=edges)
    distinct = _coherence.calculate_distinct_categories_per_sequence_accuracy(binned, other)
    _, mine, top, _ = _coherence.calculate_sequences_per_distinct_category(one, key)
    _, theirs, _, _ = _coherence.calculate_sequences_per_distinct_category(two, key, top)
    levels = _coherence.calculate_sequences_per_distinct_category_accuracy(
        ori_seqs_per_top_cat_cnts=mine, syn_seqs_per_top_cat_cnts=theirs
    )
    return found | {"distinct_levels": listed(distinct, "column"), "units_per_level": listed(levels, "column")}


def main(real_path: str, synthetic_path: str, key: str = "") -> None:
    warnings.simplefilter("ignore")
    real, synthetic = pd.read_csv(real_path), pd.read_csv(synthetic_path)
    wall, processor = [], []
    for _ in range(2):  # the first run also loads what is compiled
        start = time.perf_counter(), time.process_time()
        found = sequential(real.copy(), synthetic.copy(), key) if key else flat(real.copy(), synthetic.copy())
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    print(json.dumps({"wall": wall, "processor": processor, "found": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
