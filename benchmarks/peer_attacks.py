"""Attacks of sdmetrics and anonymeter, run by the environment that `make build/peers-tables` makes: JSON on stdout.

build/peers-tables/bin/python benchmarks/peer_attacks.py disclosure REAL SYNTHETIC ROWS VARIANT
build/peers-tables/bin/python benchmarks/peer_attacks.py singling REAL SYNTHETIC HOLDOUT MODE ATTACKS
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


def disclosure(real: str, synthetic: str, rows: str, variant: str) -> dict[str, Any]:
    from sdmetrics.single_table.privacy import DisclosureProtection  # noqa: PLC0415

    tables = [pd.read_csv(path, nrows=int(rows)) for path in (real, synthetic)]
    known, sensitive = ["age", "sex", "education"], ["income"]
    found, spent = timed(lambda: DisclosureProtection.compute_breakdown(*tables, known, sensitive, variant))
    return {name: float(value) for name, value in found.items()} | spent


def singling(real: str, synthetic: str, holdout: str, mode: str, attacks: str) -> dict[str, Any]:
    from anonymeter.evaluators import SinglingOutEvaluator  # noqa: PLC0415

    logging.disable()
    ori, syn, control = (pd.read_csv(path) for path in (real, synthetic, holdout))
    evaluator = SinglingOutEvaluator(ori=ori, syn=syn, control=control, n_attacks=int(attacks), n_cols=3, seed=0)
    found, spent = timed(lambda: evaluator.evaluate(mode))
    risk = found.risk()
    queries = {"attacks": int(attacks), "successes": len(found.queries())}
    return queries | {"risk": risk.value, "low": risk.ci[0], "high": risk.ci[1]} | spent


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    print(json.dumps({"disclosure": disclosure, "singling": singling}[sys.argv[1]](*sys.argv[2:])))
