"""Generators of tables on Adult: seconds of fitting, and what holds of the rows, for several seeds.

Fitted on 10,000 rows, with as many synthetic as held-out rows. The boosted two-sample test takes ordinal codes and
three folds; TSTR is the area under the curve of a boosted classifier of the income on real rows; the pair error is the
mean total variation of two-way tables, numbers in tenths. CPU seconds are those of one thread; hyperthreads that
others use slow them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import said, table
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

import auditkit as ak
from auditkit.blocks import single_threaded
from auditkit.data import Dataset

DATA = Path(__file__).parent.parent.parent / "shared" / "data" / "pairs_adult"
LABEL, GROUPS = "income", ("sex", "race")
BINS = 10
LARGEST_SHIFT = 0.1
FIGURES = ("fit CPU s", "C2ST", "TSTR", "pair error", "copies", "sex gap")


@dataclass(frozen=True)
class Limit:
    """A figure that must be at most, or at least, so much."""

    figure: str
    value: float
    at_least: bool = False

    def met(self, found: float) -> bool:
        return found >= self.value if self.at_least else found <= self.value

    def words(self) -> str:
        return f"{self.figure} {'>=' if self.at_least else '<='} {self.value:g}"


LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "cart": (
        Limit("fit CPU s", 3),
        Limit("C2ST", 0.60),
        Limit("TSTR", 0.90, at_least=True),
        Limit("pair error", 0.045),
        Limit("copies", 0.005),
    ),
    "ar": (Limit("fit CPU s", 25), Limit("C2ST", 0.65)),
    "vae": (Limit("C2ST", 0.80),),
    "flow": (Limit("C2ST", 0.75),),
    "copula": (Limit("TSTR", 0.82, at_least=True),),
    "bayes_net": (Limit("C2ST", 0.75),),
    "marginals": (),
    "bootstrap": (),
    "smote": (),
    "gan": (Limit("C2ST", 0.95),),
}
TOLD: Mapping[str, frozenset[str]] = {
    "bootstrap": frozenset({"copying"}),
    "marginals": frozenset({"realism", "relation"}),
    "smote": frozenset({"interpolation"}),
}
"""Kinds of findings, one of which an audit must have."""

AUDITED = frozenset({"cart"})
"""Those whose audit must pass the recommended preset."""


def codes(real: pd.DataFrame, made: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[bool]]:
    """Both tables as numbers: numbers as they are, the rest as places among the levels; which are categories."""
    parts, kinds = [], []
    for name in real:
        is_number = pd.api.types.is_numeric_dtype(real[name].dtype)
        both = pd.concat([real[name], made[name]], ignore_index=True)
        parts.append(both.to_numpy(float) if is_number else pd.factorize(both.astype(object), sort=True)[0])
        kinds.append(not is_number)
    both = np.column_stack(parts).astype(float)
    return both[: len(real)], both[len(real) :], kinds


def two_sample(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """Area under the curve of a boosted model that tells made rows from real ones, over three folds."""
    n = min(len(real), len(made), 4000)
    left, right, kinds = codes(real.head(n), made.head(n))
    rows, truth = np.concatenate([left, right]), np.repeat([0, 1], n)
    few = [kind and len(np.unique(rows[:, place])) < 250 for place, kind in enumerate(kinds)]
    model = HistGradientBoostingClassifier(random_state=0, categorical_features=few, early_stopping=False)
    folds = StratifiedKFold(3, shuffle=True, random_state=0)
    scores = cross_val_predict(model, rows, truth, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(truth, scores))


def usefulness(made: pd.DataFrame, real: pd.DataFrame) -> float:
    """Area under the curve, on real rows, of a boosted model of the label that was trained on made rows."""
    left, right, _ = codes(made.drop(columns=LABEL), real.drop(columns=LABEL))
    model = HistGradientBoostingClassifier(random_state=0).fit(left, made[LABEL])
    return float(roc_auc_score(real[LABEL] == model.classes_[1], model.predict_proba(right)[:, 1]))


def pair_error(real: pd.DataFrame, made: pd.DataFrame) -> float:
    """Mean total variation between the two-way tables of two sets."""
    left, right, kinds = codes(real, made)
    for place, kind in enumerate(kinds):
        if not kind:
            cuts = np.unique(np.nanquantile(left[:, place], np.linspace(0, 1, BINS + 1)[1:-1]))
            left[:, place], right[:, place] = np.digitize(left[:, place], cuts), np.digitize(right[:, place], cuts)
    found = []
    for one, other in combinations(range(left.shape[1]), 2):
        pair = [side[:, one] * 1000 + side[:, other] for side in (left, right)]
        cells, place = np.unique(np.concatenate(pair), return_inverse=True)
        shares = [
            np.bincount(part, minlength=len(cells)) / len(part) for part in (place[: len(left)], place[len(left) :])
        ]
        found.append(np.abs(shares[0] - shares[1]).sum() / 2)
    return float(np.mean(found))


def copies(train: pd.DataFrame, holdout: pd.DataFrame, made: pd.DataFrame) -> float:
    """Share of made rows that equal a training row, less the share that equal a held-out one."""
    equal = train.sample(min(len(train), len(holdout)), random_state=0)
    rows = [set(map(str, frame.itertuples(index=False, name=None))) for frame in (equal, holdout)]
    mine = pd.Series(list(map(str, made.itertuples(index=False, name=None))))
    return float(mine.isin(rows[0] - rows[1]).mean() - mine.isin(rows[1] - rows[0]).mean())


def sex_gap(frame: pd.DataFrame) -> float:
    rich = frame[LABEL].astype(str).str.contains(">50K")
    return float(rich[frame["sex"] == "Male"].mean() - rich[frame["sex"] == "Female"].mean())


def measured(name: str, train: Dataset, holdout: Dataset, seed: int) -> tuple[dict[str, float], Dataset]:
    """Figures of one generator and the set it made."""
    made = ak.generators.create(name, modality="tabular")
    start = time.process_time()
    with single_threaded():
        made.fit(train, seed=seed)
    seconds = time.process_time() - start
    synthetic = made.sample(len(holdout), seed=seed + 1)
    return {"fit CPU s": seconds, **figures(train.table, holdout.table, synthetic.table)}, synthetic


def figures(train: pd.DataFrame, holdout: pd.DataFrame, made: pd.DataFrame) -> dict[str, float]:
    return {
        "C2ST": two_sample(holdout, made),
        "TSTR": usefulness(made, holdout),
        "pair error": pair_error(holdout, made),
        "copies": copies(train, holdout, made),
        "sex gap": sex_gap(made),
    }


def audited(train: Dataset, holdout: Dataset, made: Dataset, seed: int) -> tuple[bool, list[str]]:
    """Whether the audit passes the recommended preset, and what it says of authenticity and the holdout share."""
    audit = ak.audit(real=train, synthetic=made, holdout=holdout, seed=seed)
    verdict = audit.check()
    score = audit.scores["authenticity"]
    off = abs(score.value - score.yardstick) if score.value is not None and score.yardstick is not None else 1.0
    kinds = [finding.kind for finding in verdict.findings]
    words = [f"exit {verdict.exit_code}", f"authenticity off by {off:.3f}", f"findings {', '.join(kinds) or 'none'}"]
    return verdict.exit_code == 0 and off <= LARGEST_SHIFT, words


def told_apart(name: str, train: Dataset, holdout: Dataset, made: Dataset, seed: int) -> bool:
    """Print whether the audit finds what is wrong with a reference."""
    verdict = ak.audit(real=train, synthetic=made, holdout=holdout, seed=seed).check()
    kinds = {finding.kind for finding in verdict.findings}
    wanted = TOLD[name]
    return said(
        f"{name}: found out for {' or '.join(sorted(wanted))}", ", ".join(sorted(kinds)), met=bool(kinds & wanted)
    )


def sets(data: Path, n: int) -> tuple[Dataset, Dataset]:
    frames = [pd.read_csv(data / f"real_{part}.csv.gz") for part in ("trn", "hol")]
    train = ak.load(frames[0].head(n), label=LABEL, groups=list(GROUPS))
    holdout = ak.load(frames[1].head(n), label=LABEL, groups=list(GROUPS), schema=train.schema)
    return train, holdout


def judged(name: str, found: list[dict[str, float]]) -> bool:
    met = True
    for limit in LIMITS.get(name, ()):
        values = [figure[limit.figure] for figure in found]
        worst = min(values) if limit.at_least else max(values)
        shown = ", ".join(f"{value:.3g}" for value in values)
        met &= said(f"{name}: {limit.words()}", shown, met=limit.met(worst))
    return met


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("names", nargs="*", help="generators; all with limits by default")
    words.add_argument("--data", type=Path, default=DATA)
    words.add_argument("--rows", type=int, default=10_000)
    words.add_argument("--seeds", type=int, default=3)
    words.add_argument("--no-audit", action="store_true")
    asked = words.parse_args()
    if not asked.data.is_dir():
        print(f"(not measured: needs the Adult set in {asked.data})")
        return 0
    train, holdout = sets(asked.data, asked.rows)
    known = ak.generators.names("tabular")
    met = True
    rows: list[list[object]] = [["(train)", None, *figures(train.table, holdout.table, train.table).values()]]
    for name in asked.names or [name for name in LIMITS if name in known]:
        found = []
        for seed in range(asked.seeds):
            figure, made = measured(name, train, holdout, seed)
            found.append(figure)
            if name in AUDITED and not asked.no_audit:
                good, sentences = audited(train, holdout, made, seed)
                met &= said(f"{name}: the audit passes, seed {seed}", "; ".join(sentences), met=good)
            if name in TOLD and not asked.no_audit:
                met &= told_apart(name, train, holdout, made, seed)
        rows.append([name, *(float(np.mean([figure[key] for figure in found])) for key in FIGURES)])
        met &= judged(name, found)
    table(rows, ["generator", *FIGURES])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
