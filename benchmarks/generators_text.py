"""Generators of texts: what a classifier learns from them, and what they repeat of the training texts, by seed.

Fitted on the training sentences of SST-2, with as many synthetic as test sentences for the audit, as many as training
sentences for TSTR: the accuracy on real test sentences of a logistic regression on TF-IDF weights of words and pairs of
words. CPU seconds are those of one thread; hyperthreads that others use slow them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import said, table
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import auditkit as ak
from auditkit.blocks import single_threaded
from auditkit.data import Dataset, TextSamples
from auditkit.metrics import near_copy_share, ngram_overlap

DATA = Path(__file__).parent.parent.parent / "shared" / "data"
LARGEST_LOSS, LARGEST_OVERLAP, LARGEST_SHIFT = 0.08, 0.05, 0.1
JUDGED = frozenset({"ngram"})
"""Those whose figures must hold; the others are shown."""

SLOW = frozenset({"lm"})
"""Those that take minutes: one seed."""

FIGURES = ("fit CPU s", "sample CPU s", "TSTR", "8-gram overlap", "near copies")


def read(path: Path) -> pd.DataFrame:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return pd.DataFrame([json.loads(line) for line in lines])


def texts(frame: pd.DataFrame) -> Dataset:
    labels = frame[["label"]].astype(str).reset_index(drop=True)
    return Dataset.of_table(labels, label="label", samples=TextSamples.of(frame["text"]))


def sets(name: str, data: Path) -> tuple[Dataset, Dataset]:
    """Training and test texts."""
    if name == "sst2":
        folder = data / "text_sst2_real_vs_generated"
        return texts(read(folder / "real_train.jsonl.gz")), texts(read(folder / "real_test.jsonl.gz"))
    path = {"sms": "text_sms_spam/sms_spam", "templates": "text_identity_templates/madlibs_identity"}[name]
    frame = read(data / f"{path}.jsonl.gz").sample(frac=1.0, random_state=0)
    cut = len(frame) * 3 // 4
    return texts(frame.iloc[:cut]), texts(frame.iloc[cut:])


def usefulness(made: Dataset, test: Dataset) -> float:
    weights = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = make_pipeline(weights, LogisticRegression(C=4.0, max_iter=1000))
    model.fit(list(made.arrays()), list(made.table["label"]))
    return float(model.score(list(test.arrays()), list(test.table["label"])))


@contextmanager
def clocked(seconds: dict[str, float], name: str) -> Iterator[None]:
    start = time.process_time()
    with single_threaded():
        yield
    seconds[name] = time.process_time() - start


def measured(name: str, train: Dataset, test: Dataset, seed: int) -> tuple[dict[str, float], Dataset]:
    """Figures of one generator, and as many texts of it as the test has."""
    seconds: dict[str, float] = {}
    made = ak.generators.create(name, modality="text")
    with clocked(seconds, "fit CPU s"):
        made.fit(train, seed=seed)
    with clocked(seconds, "sample CPU s"):
        many = made.sample(len(train), seed=seed + 1)
    few = many.take(np.arange(min(len(test), len(many))))
    shares = {"8-gram overlap": ngram_overlap(real=train, synthetic=many)}
    shares["near copies"] = near_copy_share(real=train, synthetic=many)
    return seconds | {"TSTR": usefulness(many, test)} | shares, few


def audited(name: str, train: Dataset, test: Dataset, made: Dataset, seed: int, *, judged: bool) -> bool:
    """Print what the audit says of copying."""
    audit = ak.audit(real=train, synthetic=made, holdout=test, seed=seed)
    copies, share, closest = (audit.scores[key] for key in ("copy_excess", "holdout_share", "authenticity"))
    off = abs((closest.value or 0.0) - (closest.yardstick or 0.0))
    within = share.excess is not None and (share.excess.low or 0.0) <= 0.0
    verdict = audit.check()
    kinds = ", ".join(finding.kind for finding in verdict.findings) or "none"
    words = (
        f"copy excess {copies.value:.4f}, holdout share excess {share.excess.value:.3f} (within: {within}), "
        f"authenticity off by {off:.3f}, exit {verdict.exit_code}, findings {kinds}"
    )
    good = (copies.value or 0.0) <= 0.0 and within and off <= LARGEST_SHIFT
    if judged:
        return said(f"{name}: audit, seed {seed}", words, met=good)
    print(f"{name}: audit, seed {seed}: {words}")
    return True


def judge(name: str, found: list[Mapping[str, float]], real: float) -> bool:
    loss, overlap = (
        max(real - item["TSTR"] for item in found),
        max(item["8-gram overlap"] for item in found),
    )
    met = said(f"{name}: TSTR within {LARGEST_LOSS} of real", f"{loss:.3f} below", met=loss <= LARGEST_LOSS)
    return met & said(
        f"{name}: 8-gram overlap below {LARGEST_OVERLAP}", f"{overlap:.4f}", met=overlap < LARGEST_OVERLAP
    )


def poor(train: Dataset, test: Dataset, data: Path) -> bool:
    """Print whether the audit names the low variety of texts that a prompted model wrote."""
    written = texts(read(data / "text_sst2_real_vs_generated" / "gen_supergen_ctrl.jsonl.gz"))
    chosen = np.random.default_rng(0).permutation(len(written))[: len(test)]
    verdict = ak.audit(real=train, synthetic=written.take(chosen), holdout=test, seed=0).check()
    kinds = {finding.kind for finding in verdict.findings}
    return said(
        "prompted texts: low variety is named", ", ".join(sorted(kinds)), met=bool(kinds & {"collapse", "variety"})
    )


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("names", nargs="*", default=["ngram", "eda", "lm"], help="generators")
    words.add_argument("--data", type=Path, default=DATA)
    words.add_argument("--sets", nargs="*", default=["sst2"], choices=["sst2", "sms", "templates"])
    words.add_argument("--seeds", type=int, default=3)
    asked = words.parse_args()
    if not (asked.data / "text_sst2_real_vs_generated").is_dir():
        print(f"(not measured: needs the sets of texts in {asked.data})")
        return 0
    met = True
    for name in asked.sets:
        train, test = sets(name, asked.data)
        real = usefulness(train, test)
        rows: list[list[object]] = [[f"{name} (train)", None, None, real, None, None]]
        rows.append([f"{name} (test)", None, None, None, ngram_overlap(real=train, synthetic=test), None])
        for generator in asked.names:
            found = []
            judged = generator in JUDGED and name == "sst2"
            for seed in range(1 if generator in SLOW else asked.seeds):
                figures, made = measured(generator, train, test, seed)
                found.append(figures)
                met &= audited(generator, train, test, made, seed, judged=judged)
            if judged:
                met &= judge(generator, found, real)
            rows.append([generator, *(float(np.mean([item[key] for item in found])) for key in FIGURES)])
        table(rows, ["generator", *FIGURES])
        if name == "sst2":
            met &= poor(train, test, asked.data)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
