"""Distances, new rows and attacks of sdmetrics and anonymeter, run by what `make build/peers-tables` sets up.

build/peers-tables/bin/python benchmarks/peer_privacy.py distances REAL SYNTHETIC
build/peers-tables/bin/python benchmarks/peer_privacy.py protection REAL SYNTHETIC HOLDOUT
build/peers-tables/bin/python benchmarks/peer_privacy.py novelty REAL SYNTHETIC
build/peers-tables/bin/python benchmarks/peer_privacy.py linkability REAL SYNTHETIC HOLDOUT FIRST SECOND ATTACKS
build/peers-tables/bin/python benchmarks/peer_privacy.py inference REAL SYNTHETIC HOLDOUT SECRET ATTACKS

Columns of dates are those called "day"; FIRST and SECOND are names with commas between. JSON on stdout.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import pandas as pd


def timed(task: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    start = time.perf_counter(), time.process_time()
    found = task()
    return found, {"wall": time.perf_counter() - start[0], "processor": time.process_time() - start[1]}


def tables(*paths: str) -> list[pd.DataFrame]:
    # "NA" and "?" are names of levels in some tables; only an empty cell is missing.
    frames = [pd.read_csv(path, keep_default_na=False, na_values=[""]) for path in paths]
    for frame in frames:
        if "day" in frame:
            frame["day"] = pd.to_datetime(frame["day"])
    return frames


def metadata(frame: pd.DataFrame) -> dict[str, Any]:
    kinds = {
        name: "datetime"
        if pd.api.types.is_datetime64_any_dtype(column)
        else "numerical"
        if pd.api.types.is_numeric_dtype(column)
        else "categorical"
        for name, column in frame.items()
    }
    dates = {"datetime": {"datetime_format": "%Y-%m-%d"}}
    return {"columns": {name: {"sdtype": kind, **dates.get(kind, {})} for name, kind in kinds.items()}}


def distances(*paths: str) -> dict[str, Any]:
    from sdmetrics.single_table.privacy.dcr_utils import calculate_dcr  # noqa: PLC0415

    real, synthetic = tables(*paths)
    found, spent = timed(lambda: calculate_dcr(synthetic, real, metadata(real)))
    return {"distances": found.tolist()} | spent


def protection(*paths: str) -> dict[str, Any]:
    from sdmetrics.single_table.privacy import DCRBaselineProtection, DCROverfittingProtection  # noqa: PLC0415

    real, synthetic, holdout = tables(*paths)
    kinds = metadata(real)
    DCRBaselineProtection._seed = 0  # noqa: SLF001 - its only seed
    overfitting, spent = timed(
        lambda: DCROverfittingProtection.compute_breakdown(real, synthetic, holdout, kinds, None)
    )
    baseline = DCRBaselineProtection.compute_breakdown(real, synthetic, kinds, None)
    return {"overfitting": overfitting["score"], "baseline": baseline["score"]} | spent


def novelty(*paths: str) -> dict[str, Any]:
    from sdmetrics.single_table import NewRowSynthesis  # noqa: PLC0415

    real, synthetic = tables(*paths)
    found, spent = timed(lambda: NewRowSynthesis.compute(real, synthetic, metadata(real)))
    return {"share": found} | spent


def attacked(evaluator: Any) -> dict[str, Any]:
    logging.disable()
    _, spent = timed(lambda: evaluator.evaluate(n_jobs=-1))
    found = evaluator.results()
    risk = found.risk()
    counts = {"hits": int(found.n_success), "control": int(found.n_control), "baseline": int(found.n_baseline)}
    return counts | {"risk": risk.value, "low": risk.ci[0], "high": risk.ci[1]} | spent


def linkability(real: str, synthetic: str, holdout: str, first: str, second: str, attacks: str) -> dict[str, Any]:
    from anonymeter.evaluators import LinkabilityEvaluator  # noqa: PLC0415

    ori, syn, control = tables(real, synthetic, holdout)
    halves = (first.split(","), second.split(","))
    return attacked(LinkabilityEvaluator(ori, syn, halves, n_attacks=int(attacks), control=control))


def inference(real: str, synthetic: str, holdout: str, secret: str, attacks: str) -> dict[str, Any]:
    from anonymeter.evaluators import InferenceEvaluator  # noqa: PLC0415

    ori, syn, control = tables(real, synthetic, holdout)
    known = [name for name in ori if name != secret]
    number = pd.api.types.is_numeric_dtype(ori[secret])
    return attacked(
        InferenceEvaluator(ori, syn, known, secret, regression=number, n_attacks=int(attacks), control=control)
    )


PARTS = {
    "distances": distances,
    "protection": protection,
    "novelty": novelty,
    "linkability": linkability,
    "inference": inference,
}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps(PARTS[sys.argv[1]](*sys.argv[2:])))
