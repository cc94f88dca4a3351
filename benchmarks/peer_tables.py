"""QualityReport of sdmetrics, run by the environment that `make build/peers-tables` makes: times and numbers as JSON.

build/peers-tables/bin/python benchmarks/peer_tables.py REAL SYNTHETIC REPEATS
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from typing import Any

import pandas as pd


def sdtype(column: pd.Series) -> str:
    return "numerical" if pd.api.types.is_numeric_dtype(column) else "categorical"


def listed(frame: pd.DataFrame, names: tuple[str, ...]) -> dict[str, list[Any]]:
    return {name: [None if pd.isna(cell) else cell for cell in frame[name]] for name in names}


def main(real_path: str, synthetic_path: str, repeats: str) -> None:
    warnings.simplefilter("ignore")
    from sdmetrics.reports.single_table import QualityReport  # noqa: PLC0415 - says that it is deprecated

    real, synthetic = pd.read_csv(real_path), pd.read_csv(synthetic_path)
    metadata = {"columns": {name: {"sdtype": sdtype(real[name])} for name in real.columns}}
    wall, processor = [], []
    for _ in range(int(repeats)):
        report = QualityReport()
        report.num_rows_subsample = None
        start = time.perf_counter(), time.process_time()
        report.generate(real, synthetic, metadata, verbose=False)
        wall.append(time.perf_counter() - start[0])
        processor.append(time.process_time() - start[1])
    shapes, pairs = report.get_details("Column Shapes"), report.get_details("Column Pair Trends")
    found = {
        "wall": wall,
        "processor": processor,
        "score": report.get_score(),
        "properties": report.get_properties()["Score"].tolist(),
        "shapes": listed(shapes, ("Column", "Score")),
        "pairs": listed(pairs, ("Column 1", "Column 2", "Score", "Real Correlation", "Real Association")),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
