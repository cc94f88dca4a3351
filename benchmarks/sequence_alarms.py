"""How often the gates on units of several rows accuse real data, and whether they notice what is no sequence.

Units are pooled and split again into train, fresh and holdout parts, once per seed. `fresh` is audited as if it were
synthetic: a failed gate is a false alarm. In the first seeds its rows are then put in any order within their units
(`disordered`), dealt to any unit (`dealt`), every unit is cut in half (`cut`), a column of numbers is moved (`moved`)
or half of its cells are missing (`emptied`): a check whose gates on that do not fail has missed it. Japanese vowels and
Italian power demand are real series with a column of levels and one that each unit keeps; `chains` are made
up.

    python benchmarks/sequence_alarms.py --seeds 50
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import said, table

import auditkit as ak
from auditkit.config import CheckConfig
from auditkit.gates import judge
from auditkit.gates.rules import preset

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "ts_ucr"
SEQUENCES = ["coherence", "transition_similarity", "step_similarity", "sequence_length_similarity"]
COLUMNS = ["ks_complement", "tv_complement", "missing_value_similarity"]
PAIRS = ["contingency_similarity", "correlation_similarity"]
METRICS = [*SEQUENCES, *COLUMNS, *PAIRS]
SIZES = {"vowels": (220, 210, 210), "italy": (360, 360, 360), "chains": (300, 300, 300), "few": (120, 90, 90)}
CHANNELS = 4
DAMAGED = 10
MOST_ALARMS = 0.03
_ROWS = {"sequences", "next-rows", "steps", "sequence-lengths"}
DAMAGE = {
    **dict.fromkeys(("disordered", "dealt", "cut"), _ROWS),
    "moved": {"shapes", "pairs"},
    "emptied": {"missing-cells"},
}
"""By damage the gates of which one must notice it."""


def series(name: str) -> pd.DataFrame:
    """Series of an archive as a long table, one unit each."""
    held = np.load(DATA / f"{name}.npz")
    values = np.concatenate([held["X_train"], held["X_test"]])[:, :CHANNELS]
    kinds = np.concatenate([held["y_train"], held["y_test"]]).astype(str)
    n, n_channels, n_steps = values.shape
    who, step = np.divmod(np.arange(n * n_steps), n_steps)
    columns = {"who": who, "step": step}
    columns |= {f"x{channel}": values[:, channel].ravel() for channel in range(n_channels)}
    found = pd.DataFrame(columns).dropna()
    quarters = np.quantile(found["x0"], [0.25, 0.5, 0.75])
    found["level"] = np.array(list("abcd"))[np.searchsorted(quarters, found["x0"])]
    found["kind"] = kinds[found["who"]]
    return found.assign(kind="k" + found["kind"]).reset_index(drop=True)


def chains(n_units: int, seed: int) -> pd.DataFrame:
    """Units that mostly stay in a state while a number drifts, two levels that each keeps, and noise."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, 12, n_units)
    who = np.repeat(np.arange(n_units), lengths)
    step = np.concatenate([np.arange(length) for length in lengths])
    state = rng.integers(0, 4, len(who))
    for row in np.flatnonzero((step > 0) & (rng.random(len(who)) < 0.8)):
        state[row] = state[row - 1]
    columns = {
        "who": who,
        "step": step,
        "state": np.array(list("pqrs"))[state],
        "x": (rng.normal(0, 2, n_units)[who] + 0.4 * step + rng.normal(0, 0.3, len(who))).round(2),
        "sex": rng.choice(["f", "m"], n_units)[who],
        "town": rng.choice(list("abcdef"), n_units)[who],
        "noise": rng.normal(size=len(who)),
    }
    return pd.DataFrame(columns)


def damaged(fresh: pd.DataFrame, how: str, rng: np.random.Generator) -> pd.DataFrame:
    """Fresh rows that are no sequences any more."""
    if how in ("moved", "emptied"):
        name = "x" if "x" in fresh else "x0"
        changed = fresh[name] + fresh[name].std() if how == "moved" else fresh[name].mask(rng.random(len(fresh)) < 0.5)
        return fresh.assign(**{name: changed})
    if how == "cut":
        half = fresh.groupby("who")["step"].transform("size") / 2
        return fresh[fresh["step"] < half]
    fresh = fresh.reset_index(drop=True)
    names = [name for name in fresh if name not in ("who", "step")]
    # Units stand behind each other.
    rows = rng.permutation(len(fresh)) if how == "dealt" else np.lexsort((rng.random(len(fresh)), fresh["who"]))
    return fresh[["who", "step"]].join(fresh[names].iloc[rows].reset_index(drop=True))


def failed_gates(sets: Mapping[str, pd.DataFrame], seed: int) -> set[str]:
    """Gates on sequences that fail."""
    loaded: dict[str, Any] = {role: ak.load(item, key="who", order="step") for role, item in sets.items()}
    audit = ak.audit(**loaded, metrics=METRICS, seed=seed)
    gates = [rule for rule in preset() if rule.metric in METRICS]
    return {item.gate for item in judge(audit.scores, gates, check=CheckConfig()).results if item.verdict == "fail"}


def parts(pooled: pd.DataFrame, sizes: Sequence[int], seed: int) -> list[pd.DataFrame]:
    """Disjoint units."""
    names = np.random.default_rng(seed).permutation(pooled["who"].unique())
    return [pooled[pooled["who"].isin(chosen)] for chosen in np.split(names, np.cumsum(sizes))[: len(sizes)]]


def run(name: str, n_seeds: int, *, holdout: bool) -> Counter[str]:
    """Audits of one pool: how many there were, and how many failed."""
    counts: Counter[str] = Counter()
    pooled = {"vowels": "JapaneseVowels", "italy": "ItalyPowerDemand"}.get(name)
    for seed in range(n_seeds):
        units = series(pooled) if pooled else chains(sum(SIZES[name]), seed)
        train, fresh, held = parts(units, SIZES[name], seed)
        others = {"holdout": held} if holdout else {}
        counts["fresh"] += bool(failed_gates({"real": train, "synthetic": fresh, **others}, seed))
        for how, sought in DAMAGE.items() if seed < DAMAGED else ():
            made = damaged(fresh, how, np.random.default_rng([seed, 1]))
            counts[how] += bool(failed_gates({"real": train, "synthetic": made, **others}, seed) & sought)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--pools", nargs="*", default=list(SIZES), choices=list(SIZES))
    parser.add_argument("--without-holdout", action="store_true")
    given = parser.parse_args()
    rows, met = [], True
    for name in given.pools:
        counts = run(name, given.seeds, holdout=not given.without_holdout)
        n_damaged = min(given.seeds, DAMAGED)
        noticed = [f"{counts[how]}/{n_damaged}" for how in DAMAGE]
        met &= counts["fresh"] <= MOST_ALARMS * given.seeds
        met &= all(counts[how] == n_damaged for how in DAMAGE)
        rows.append([name, f"{counts['fresh']}/{given.seeds}", *noticed])
    table(rows, ["pool", "false alarms", *DAMAGE])
    found = ", ".join(f"{row[0]} {row[1]}" for row in rows)
    said(f"at most {MOST_ALARMS:.0%} false alarms, all damage found", found, met=met)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
