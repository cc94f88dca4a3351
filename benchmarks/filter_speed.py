"""How long a filter of 100,000 samples takes once their audit exists: under 5 s.

The evidence is drawn, not measured: a filter reads columns, wherever they come from. All default rules have something
to reject; the second row adds rejection sampling, a quota over two columns and the best half.

Run `python benchmarks/filter_speed.py`; `--rows N` for another size, `--profile` for where the time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import claim, table

import auditkit as ak
from auditkit.auditing.result import Audit
from auditkit.filtering import Quota
from auditkit.results import Scores

MOST_SECONDS = 5.0


def rows(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """A table like Adult: six numbers, eight categories."""
    numbers = {f"number_{index}": rng.normal(size=n).round(3) for index in range(6)}
    codes = {f"category_{index}": rng.integers(2 + 3 * index, size=n).astype(str) for index in range(6)}
    return pd.DataFrame(
        {**numbers, **codes, "sex": rng.choice(["Female", "Male"], n), "income": rng.choice(["high", "low"], n)}
    )


def audit_of(synthetic: ak.Dataset, real: ak.Dataset, rng: np.random.Generator) -> Audit:
    """An audit in which a tenth of the samples have something wrong."""
    n = len(synthetic)
    bad = rng.random((n, 6)) < 0.1
    cluster = pd.array(rng.integers(n // 10, size=n), dtype="Int64")
    cluster[~bad[:, 2]] = pd.NA
    samples = pd.DataFrame(
        {
            "id": synthetic.ids,
            "realism": rng.gamma(4.0, size=n),
            "density": np.where(bad[:, 3], 0.0, rng.random(n)),
            "copy": pd.array(bad[:, 0], dtype="boolean"),
            "near_copy": pd.array(bad[:, 5], dtype="boolean"),
            "discriminator": np.where(bad[:, 3], 0.97, rng.beta(2, 2, size=n)),
            "label_agreement": np.where(bad[:, 4], 0.01, rng.random(n)),
            "duplicate_cluster": cluster,
            "violations": np.where(bad[:, 1], "number_0: above the real range", ""),
        }
    )
    about = {
        "seed": 0,
        "groups": ["sex"],
        "label": "income",
        "modality": "tabular",
        "n": {"real": len(real), "synthetic": n},
        "names": {"real": "real", "synthetic": "synthetic"},
        "hashes": {"real": real.hash, "synthetic": synthetic.hash},
        "notes": [],
    }
    return Audit(Scores.of([]), samples, (), about, {}, {"real": real, "synthetic": synthetic})


def main() -> int:
    """Measure, print, and say whether it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    roles = {"label": "income", "groups": ["sex"]}
    real = ak.load(rows(options.rows // 4, rng), **roles)
    made = rows(options.rows, rng)
    audit = audit_of(_loaded(made, real), real, rng)
    everything = [*_defaults(), "rejection-sampling", {"rule": "best", "keep": 0.5, "prefer": "realism"}]
    cases = {"default rules": (None, ()), "and drawing, best, a quota": (everything, [Quota(("sex", "income"))])}
    found, slowest = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, (rules, quotas) in cases.items():
            profile = cProfile.Profile()
            if options.profile:
                profile.enable()
            # Loaded again, so that the check whether it is the audited set is paid for too.
            synthetic = _loaded(made, real)
            started = time.perf_counter()
            selection = ak.filter(synthetic, audit, rules=rules, quotas=quotas)
            seconds = time.perf_counter() - started
            selection.save(Path(folder) / "kept.parquet")
            saved = time.perf_counter() - started - seconds
            if options.profile:
                profile.disable()
                pstats.Stats(profile).sort_stats("cumulative").print_stats(25)
            slowest = max(slowest, seconds)
            found.append((name, len(synthetic), len(selection.kept), seconds, saved))
    table(found, ["rules", "samples", "kept", "filter, s", "save, s"])
    limit = MOST_SECONDS * max(1.0, options.rows / 100_000)
    return int(not claim(f"seconds to filter {options.rows:,} samples", slowest, limit))


def _loaded(made: pd.DataFrame, real: ak.Dataset) -> ak.Dataset:
    """The samples as a set of their own."""
    return ak.load(made, schema=real.schema).with_roles(label=real.label, groups=real.groups)


def _defaults() -> list[str]:
    return ["copies", "near-copies", "violations", "duplicates", "outside", "label"]


if __name__ == "__main__":
    sys.exit(main())
