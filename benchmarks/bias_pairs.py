"""Synthetic sets of Adult with known faults towards groups: what an audit says of each, and what it must say.

Only what is asked about groups is read, so that a pair takes seconds; the best set is audited in full, too. The
numbers that must be told were measured otherwise (`measured_facts.csv` beside the files); nothing is fitted to them.

    python benchmarks/bias_pairs.py
    python benchmarks/bias_pairs.py --pairs 2021_tvae
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import auditkit as ak
from auditkit.gates import Verdict

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "pairs_adult"
METRICS = [
    "missing_groups",
    "representation_gap",
    "label_rate_gap",
    "bias_amplification",
    "differential_fairness_amplification",
    "joint_drift",
]
SLACK = 6e-5
"""The facts have four digits."""
FULL = "2024_mostlyai"
"""The set that is audited by all defaults, too."""
GROUP_KINDS = frozenset({"missing_group", "group_share", "label_rate", "amplification", "group_quality"})
Facts = Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Outcome:
    """An audit of one pair with its verdict."""

    audit: ak.Audit
    verdict: Verdict
    seconds: float

    def sentence(self, kind: str, severity: str) -> str:
        """Sentence of a finding, empty where there is none."""
        found = [item for item in self.verdict.findings if (item.kind, item.severity) == (kind, severity)]
        return found[0].sentence if found else ""

    def amplified(self) -> tuple[float, float]:
        """Limits of the amplification of sex and income, from sex to income."""
        score = self.audit.scores["bias_amplification"].at(attribute="sex", way="attribute to label")
        return score.low or 0.0, score.high or 0.0


def loaded(name: str) -> ak.Dataset:
    """A table of the folder."""
    return ak.load(DATA / f"{name}.csv.gz", label="income", groups=["sex", "race"])


def shares_of(it: Outcome, syn: Facts, real: Facts, kind: str, group: str) -> tuple[str, str]:
    """Synthetic and real share of a group, or rate of its label, as sentences write it; empty off the facts."""
    metric, where = ("representation_gap", {}) if kind == "share" else ("label_rate_gap", {"class": ">50K"})
    details = it.audit.scores[metric].at(sex=group, **where).details
    for side, facts in (("synthetic", syn), ("real", real)):
        if abs(details[side] - float(facts[f"{kind}[{group}]"])) > SLACK:
            return "", ""
    return f"{100 * details['synthetic']:.1f} %", f"{100 * details['real']:.1f} %"


def tells_rate(it: Outcome, syn: Facts, real: Facts, group: str) -> bool:
    """Whether the error about label rates tells both rates of a group."""
    ours, theirs = shares_of(it, syn, real, "pos", group)
    text = it.sentence("label_rate", "error")
    full = f"{ours} of the synthetic and {theirs} of the real records of sex={group}"
    return bool(ours) and (full in text or f"sex={group} ({ours} and {theirs})" in text)


def tells_share(it: Outcome, syn: Facts, real: Facts, group: str, severity: str) -> bool:
    """Whether a finding about shares tells both shares of a group."""
    ours, theirs = shares_of(it, syn, real, "share", group)
    text = it.sentence("group_share", severity)
    full = f"sex={group} makes up {ours} of the synthetic and {theirs} of the real"
    return bool(ours) and (full in text or f"sex={group} ({ours} and {theirs})" in text)


def gap_is(it: Outcome, words: str) -> bool:
    """Whether the error about label rates says what became of the gap between men and women."""
    return f"Between sex=Male and sex=Female the gap in '>50K' {words}" in it.sentence("label_rate", "error")


def errors(it: Outcome) -> list[str]:
    """Kinds of what failed; gates that were not asked for are no failures."""
    return [item.kind for item in it.verdict.findings if item.severity == "error" and item.kind != "not_measured"]


def whole_audit(pair: str, real: ak.Dataset, holdout: ak.Dataset) -> bool:
    """Audit a set by all defaults: nothing worse than warnings, and those of groups on shares."""
    started = time.perf_counter()
    verdict = ak.audit(real=real, synthetic=loaded(f"syn_{pair}"), holdout=holdout).check()
    print(f"{pair}, default audit: {time.perf_counter() - started:.1f} s; {verdict.headline()}")
    kinds = {(item.kind, item.severity) for item in verdict.findings}
    about_groups = {kind for kind, _ in kinds} & GROUP_KINDS
    checks = (
        ("nothing is worse than a warning", verdict.exit_code == 0 and all(how == "warn" for _, how in kinds)),
        ("of declared groups only shares are warned of", about_groups == {"group_share"}),
    )
    for words, held in checks:
        print(f"    {'MET' if held else 'NOT MET'}: {words}")
    return all(held for _, held in checks)


Check = Callable[[Outcome, Facts, Facts], bool]
MUST_HOLD: dict[str, tuple[tuple[str, Check], ...]] = {
    "2021_tvae": (
        ("tells the women's rate", lambda it, syn, real: tells_rate(it, syn, real, "Female")),
        ("says that the gap between men and women is amplified", lambda it, *_: gap_is(it, "is amplified")),
        ("amplification is above 0", lambda it, *_: it.amplified()[0] > 0),
        ("names the missing groups", lambda it, *_: "race=Other" in it.sentence("missing_group", "error")),
    ),
    "2021_gaussian_copula": (
        ("tells the share of men", lambda it, syn, real: tells_share(it, syn, real, "Male", "error")),
        ("does not say that rates are amplified", lambda it, *_: "amplified" not in it.sentence("label_rate", "error")),
    ),
    "2021_flip90": (
        ("tells the women's rate", lambda it, syn, real: tells_rate(it, syn, real, "Female")),
        ("says that the gap between men and women is erased", lambda it, *_: gap_is(it, "is erased")),
        ("amplification is below 0", lambda it, *_: it.amplified()[1] < 0),
        ("has no error about shares", lambda it, *_: "group_share" not in errors(it)),
    ),
    "2021_ctgan": (
        ("tells the women's rate", lambda it, syn, real: tells_rate(it, syn, real, "Female")),
        ("says that the gap between men and women shrinks", lambda it, *_: gap_is(it, "shrinks")),
        ("amplification is below 0", lambda it, *_: it.amplified()[1] < 0),
    ),
    "2024_mostlyai": (
        ("tells the share of women as a warning", lambda it, syn, real: tells_share(it, syn, real, "Female", "warn")),
        ("and nothing worse", lambda it, *_: not errors(it)),
    ),
}


def show(pair: str, real: ak.Dataset, holdout: ak.Dataset, facts: Mapping[str, Facts]) -> bool:
    """Audit a pair and print what must hold of it."""
    synthetic = loaded(f"syn_{pair}")
    started = time.perf_counter()
    audit = ak.audit(real=real, synthetic=synthetic, holdout=holdout, metrics=METRICS)
    outcome = Outcome(audit, audit.check(), time.perf_counter() - started)
    print(f"{pair}: {outcome.seconds:.1f} s")
    for item in outcome.verdict.findings:
        if item.kind != "not_measured":
            print(f"    {item.severity}: {item.sentence}")
    for name in METRICS[3:]:
        for score in audit.scores.parts(name):
            where = ", ".join(score.where.values())
            print(f"    {name} [{where}]: {score.value:+.4f} [{score.low:+.4f}, {score.high:+.4f}]")
    syn, own = facts[f"syn_{pair}.csv.gz"], facts["real_trn.csv.gz"]
    checks = [(words, holds(outcome, syn, own)) for words, holds in MUST_HOLD.get(pair, ())]
    for words, held in checks:
        print(f"    {'MET' if held else 'NOT MET'}: {words}")
    return all(held for _, held in checks)


def main() -> None:
    """Audit the named pairs; exits 1 if something that must hold does not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", nargs="+", metavar="NAME", default=list(MUST_HOLD))
    asked = parser.parse_args()
    with (DATA / "measured_facts.csv").open(encoding="utf-8") as stream:
        facts = {line["file"]: line for line in csv.DictReader(stream)}
    real, holdout = (loaded(f"real_{name}") for name in ("trn", "hol"))
    held = [show(pair, real, holdout, facts) for pair in asked.pairs]
    if FULL in asked.pairs:
        held.append(whole_audit(FULL, real, holdout))
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
