"""How often the intervals of an audit hold the truth, and how wide they are: every metric, a few made worlds.

Run `python benchmarks/intervals.py --sets 1000`; it goes on where it stopped, as each set's line is kept in the folder
of `--out` (delete it after a change of a method). Each set is drawn afresh, real, synthetic and holdout, and goes
through the views, the plan, the readings and the scores of an audit. The truth is the mean of the metric over the sets,
for a metric that aims at the population its value there. The ideal width is 2 x 1.96 true standard deviations of the
metric over the sets. Metrics that train a model are run on the first `--slow-sets` sets only.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditkit.auditing.assemble import assemble
from auditkit.auditing.measure import measure
from auditkit.auditing.plan import make_plan
from auditkit.auditing.views import Blocks, views_of
from auditkit.intervals import NORMAL_95, wilson
from auditkit.metrics import registry
from auditkit.metrics.products import Role, Side, builds_of
from auditkit.metrics.records import number_rows
from auditkit.parts import part_name
from auditkit.results import Estimate, Score

OUT = Path("build/intervals")
LEAST_COVERAGE, MOST_WIDTH = 0.93, 2.5
MODELS = {"discriminator", "label_agreement"}
SHOWN = ("value", "yardstick", "excess")
Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, str], tuple[Array, NDArray[np.int64]]]


@dataclass(frozen=True)
class Cell:
    """A world to draw sets from.

    Attributes
    ----------
    draw : callable
        Features and modes of n rows for the role named.
    sizes : tuple of int
        Real, synthetic and holdout rows.
    copies : float
        Share of the synthetic rows that copy a real row; half of them exactly, half with a little noise.
    """

    draw: Draw
    sizes: tuple[int, int, int]
    copies: float = 0.0


def shifted(rng: np.random.Generator, n: int, role: str) -> tuple[Array, NDArray[np.int64]]:
    """Gaussian in 8 dimensions; the synthetic one is moved by half a standard deviation and a fifth too narrow."""
    rows = rng.standard_normal((n, 8))
    if role == "synthetic":
        rows = 0.8 * rows + 0.5 * (np.arange(8) < 2)
    return rows, (rows[:, 0] > 0.5).astype(np.int64)


def wide(rng: np.random.Generator, n: int, role: str) -> tuple[Array, NDArray[np.int64]]:
    """32 dimensions with falling variances; the synthetic rows are too noisy."""
    rows = rng.standard_normal((n, 32)) * 0.9 ** np.arange(32)
    if role == "synthetic":
        rows = rows + 0.25 * rng.standard_normal(rows.shape)
    return rows, (rows[:, 0] > 0.5).astype(np.int64)


def modes(rng: np.random.Generator, n: int, role: str) -> tuple[Array, NDArray[np.int64]]:
    """Five Gaussians of unlike shares; the synthetic set lost one and blurs the others."""
    shares = np.array([0.35, 0.25, 0.2, 0.15, 0.05])
    if role == "synthetic":
        shares = shares * (np.arange(5) != 2)
    mode = rng.choice(5, n, p=shares / shares.sum())
    centres = 4.0 * np.eye(5, 8)
    blur = 1.2 if role == "synthetic" else 1.0
    return centres[mode] + blur * rng.standard_normal((n, 8)), mode.astype(np.int64)


def lattice(rng: np.random.Generator, n: int, role: str) -> tuple[Array, NDArray[np.int64]]:
    """Table-like: categories as indicators and a rounded number; the synthetic columns are nearly independent."""
    latent = rng.standard_normal(n)
    tied = 0.3 if role == "synthetic" else 0.8
    columns = [np.rint(4 * latent) / 4]
    for levels in (3, 4, 6, 8):
        score = tied * latent + math.sqrt(1 - tied**2) * rng.standard_normal(n)
        code = np.clip(((score + 2) / 4 * levels).astype(int), 0, levels - 1)
        columns += [*(0.5 * np.eye(levels)[code].T)]
    return np.stack(columns, axis=1), (latent + 0.5 * rng.standard_normal(n) > 0.5).astype(np.int64)


CELLS = {
    "shifted 400": Cell(shifted, (400, 400, 400)),
    "shifted 1000": Cell(shifted, (1000, 1000, 1000)),
    "modes 400": Cell(modes, (400, 400, 400)),
    "modes 2000/500": Cell(modes, (2000, 500, 500)),
    "modes 300/1200": Cell(modes, (300, 1200, 300)),
    "lattice 600": Cell(lattice, (600, 600, 400)),
    "wide 500": Cell(wide, (500, 500, 500)),
    "copies 400": Cell(shifted, (400, 400, 400), copies=0.2),
    "small 60": Cell(shifted, (60, 60, 60)),
}


def drawn(cell: Cell, rng: np.random.Generator) -> dict[Role, Side]:
    """Sides of one simulated set, with records, labels and one group."""
    roles: tuple[Role, ...] = ("real", "synthetic", "holdout")
    rows = {role: cell.draw(rng, n, role) for role, n in zip(roles, cell.sizes, strict=True)}
    if cell.copies:
        features = rows["synthetic"][0]
        n = int(cell.copies * len(features))
        copied = rows["real"][0][rng.choice(len(rows["real"][0]), n)]
        noise = 0.05 * rng.standard_normal(copied.shape) * (np.arange(n) % 2)[:, None]
        rows["synthetic"] = (np.concatenate([copied + noise, features[n:]]), rows["synthetic"][1])
    records = number_rows(*(features for features, _ in rows.values()))
    levels = tuple(f"mode {code}" for code in range(max(int(mode.max()) for _, mode in rows.values()) + 1))
    return {
        role: Side(
            features,
            records=numbers,
            labels=mode,
            label_levels=levels,
            groups={"side": (features[:, 1] > 0.2).astype(np.int64)},
            group_levels={"side": ("low", "high")},
            name=role,
        )
        for (role, (features, mode)), numbers in zip(rows.items(), records, strict=True)
    }


def simulate(cell: str, number: int, metrics: Sequence[str], *, compared: bool) -> dict[str, dict[str, list[Any]]]:
    """Value, low, high and method of every score of the whole set; with its yardstick and its excess if compared."""
    rng = np.random.default_rng([list(CELLS).index(cell), number])
    sides = drawn(CELLS[cell], rng)
    parts = views_of(sides, seed=number)[:1]
    if not compared:
        bare = {"matched": (), "yardstick": (), "matched_blocks": parts[0].blocks, "yardstick_blocks": Blocks()}
        parts = [replace(parts[0], **bare)]
    plan = make_plan(parts, sides, metrics=list(metrics))
    scores = assemble(plan, parts, measure(plan, sides, seed=number), embedder="", seed=number)
    return {name: shown for score in scores for name, shown in [_shown(score)] if shown}


def _shown(score: Score) -> tuple[str, dict[str, list[Any]]]:
    name = f"{score.metric} [{part_name(score.where)}]" if score.where else score.metric
    signed = None if score.direction == "match" else score.excess
    found = {"value": score.estimate, "yardstick": score.references.get("yardstick"), "excess": signed}
    return name, {kind: _line(item) for kind, item in found.items() if item is not None}


def _line(item: Estimate) -> list[Any]:
    return [item.value, item.low, item.high, item.method]


@dataclass(frozen=True)
class Outcome:
    """What many sets say about one interval."""

    n: int
    truth: float
    deviation: float
    coverage: float | None
    ratio: float | None
    methods: str

    @property
    def met(self) -> bool | None:
        """Whether coverage and width are as promised; None without limits or without chance."""
        if self.coverage is None or self.ratio is None:
            return None
        return self.coverage >= LEAST_COVERAGE and self.ratio <= MOST_WIDTH


def summed(lines: Sequence[Sequence[Any]], truth: float | None = None) -> Outcome:
    """Coverage and width from lines of value, low, high, method."""
    values = np.array([line[0] for line in lines], float)
    limited = [line for line in lines if line[1] is not None]
    truth, deviation = float(values.mean()) if truth is None else truth, float(values.std(ddof=1))
    methods = ", ".join(sorted({line[3] for line in limited}))
    if len(limited) < len(lines) / 2:
        return Outcome(len(values), truth, deviation, None, None, methods)
    low, high = (np.array([line[place] for line in limited], float) for place in (1, 2))
    rounding = 1e-12 * max(1.0, abs(truth))
    coverage = float(((low <= truth + rounding) & (truth - rounding <= high)).mean())
    ideal = 2 * NORMAL_95 * deviation
    ratio = float((high - low).mean() / ideal) if ideal > rounding else None
    return Outcome(len(values), truth, deviation, coverage, ratio, methods)


@cache
def population(metric: str, cell: str) -> float | None:
    """What a metric that aims at the population would say of infinitely many rows; None for the others."""
    if metric != "frechet_distance_infinity":
        return None
    rng = np.random.default_rng(20_000 + list(CELLS).index(cell))
    big = Cell(CELLS[cell].draw, (200_000, 200_000, 10), CELLS[cell].copies)
    sides = drawn(big, rng)
    distance = registry.get("frechet_distance").function
    return float(distance(real=sides["real"].features, synthetic=sides["synthetic"].features))


def names(asked: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Metrics that only count and compare, and those that train a model."""
    known = [
        name
        for name in asked or registry.names()
        if registry.get(name).interval != "none" or registry.get(name).null is not None
    ]
    slow = [name for name in known if MODELS & {build.name for build in builds_of(registry.get(name).needs)}]
    return [name for name in known if name not in slow], slow


def run(
    cell: str, numbers: Iterable[int], metrics: Sequence[str], out: Path, processes: int, *, compared: bool
) -> None:
    """Simulate the sets that are not in the file yet."""
    if not metrics:
        return
    path = lines_of(cell, out)
    known = {(item["metrics"], item["set"]) for item in read_lines(path)}
    key = " ".join([*metrics, *(["compared"] if compared else [])])
    missing = [number for number in numbers if (key, number) not in known]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file, ProcessPoolExecutor(processes) as pool:
        for number, found in zip(
            missing, pool.map(_job, [(cell, number, metrics, compared) for number in missing], chunksize=4), strict=True
        ):
            file.write(json.dumps({"metrics": key, "set": number, "scores": found}) + "\n")


def _job(job: tuple[str, int, Sequence[str], bool]) -> dict[str, dict[str, list[Any]]]:
    cell, number, metrics, compared = job
    return simulate(cell, number, metrics, compared=compared)


def lines_of(cell: str, out: Path) -> Path:
    """File that keeps the lines of a cell."""
    return out / f"{cell.replace('/', '-').replace(' ', '_')}.jsonl"


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Lines of a file, none where there is no file."""
    if path.exists():
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)


def outcomes(cell: str, out: Path) -> dict[str, dict[str, Outcome]]:
    """Outcome of every score of a cell, by kind."""
    seen: dict[tuple[str, str], dict[int, Sequence[Any]]] = defaultdict(dict)
    for item in read_lines(lines_of(cell, out)):
        for name, kinds in item["scores"].items():
            for kind, line in kinds.items():
                seen[name, kind][item["set"]] = line  # a later run of the same set stands
    found: dict[str, dict[str, Outcome]] = defaultdict(dict)
    for (name, kind), lines in seen.items():
        truth = population(name, cell) if kind == "value" else None
        if len(lines) > 1:
            found[name][kind] = summed(list(lines.values()), truth)
    return found


def rows(
    cell: str, found: Mapping[str, Mapping[str, Outcome]], kinds: Sequence[str], *, only_missed: bool = False
) -> Iterator[str]:
    """Lines of the table, a metric each."""
    for name, by_kind in found.items():
        for kind in kinds:
            outcome = by_kind.get(kind)
            if outcome is not None and (outcome.met is False or not only_missed):
                yield _row(cell, name if kind == "value" else f"{name}, {kind}", outcome)


def _row(cell: str, name: str, item: Outcome) -> str:
    if item.coverage is None:
        covered, width, mark = "no limits", "", ""
    else:
        low, high = wilson(item.coverage * item.n, item.n)
        covered = f"{item.coverage:.1%} ({low:.1%} to {high:.1%})"
        width = "no chance" if item.ratio is None else f"{item.ratio:.2f}"
        mark = {True: "", False: "**missed**", None: ""}[item.met]
    return f"| {cell} | {name} | {item.methods} | {item.n} | {item.truth:.4g} | {covered} | {width} | {mark} |"


HEAD = (
    "| cell | metric | method | sets | truth | covered (95 % limits of that) | width / ideal | |\n"
    "|---|---|---|---|---|---|---|---|"
)


def pivot(cells: Sequence[str], out: Path) -> str:
    """Table of metrics by cells, coverage and width over ideal; parts of a score are shown by their worst."""
    found: dict[str, dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for cell in cells:
        for name, kinds in outcomes(cell, out).items():
            if "value" in kinds and (kinds["value"].coverage is not None):
                found[name.split(" [")[0]][cell].append(kinds["value"])
    lines = [f"| metric | method | {' | '.join(cells)} |", "|---" * (len(cells) + 2) + "|"]
    for name in [name for name in registry.names() if name in found]:
        by_cell = found[name]
        methods = sorted({item.methods for items in by_cell.values() for item in items})
        lines.append(f"| {name} | {', '.join(methods)} | {' | '.join(_brief(by_cell[cell]) for cell in cells)} |")
    return "\n".join(lines)


def _brief(items: Sequence[Outcome]) -> str:
    coverages = [item.coverage for item in items if item.coverage is not None]
    ratios = [item.ratio for item in items if item.ratio is not None]
    if not coverages:
        return ""
    if not ratios:
        return f"{min(coverages):.1%}"
    shown = f"{min(coverages):.1%}, {max(ratios):.2f}"
    return f"**{shown}**" if any(item.met is False for item in items) else shown


def write(cells: Sequence[str], out: Path, page: Path) -> None:
    """Put both tables between the marks of a page."""
    missed = [line for cell in cells for line in rows(cell, outcomes(cell, out), ["value"], only_missed=True)]
    text = page.read_text(encoding="utf-8")
    start, end = (f"<!-- {word} of figures -->" for word in ("start", "end"))
    before, _, rest = text.partition(start)
    tables = f"{pivot(cells, out)}\n\nWhat misses:\n\n{HEAD}\n" + "\n".join(missed)
    page.write_text(f"{before}{start}\n\n{tables}\n\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def main() -> None:
    """Run what is missing, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--slow-sets", type=int, default=100, help="sets for metrics that train a model")
    parser.add_argument("--cells", nargs="+", choices=list(CELLS), default=list(CELLS))
    parser.add_argument("--metrics", nargs="+", help="all by default")
    parser.add_argument("--kinds", nargs="+", choices=SHOWN, default=["value"])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only-missed", action="store_true", help="print only what misses its promise")
    parser.add_argument("--write", type=Path, help="page whose tables of figures are written anew")
    asked = parser.parse_args()
    quick, slow = names(asked.metrics)
    print(HEAD)
    for cell in asked.cells:
        compared = asked.kinds != ["value"]
        run(cell, range(asked.sets), quick, asked.out, asked.processes, compared=compared)
        run(cell, range(asked.slow_sets), slow, asked.out, asked.processes, compared=compared)
        for line in rows(cell, outcomes(cell, asked.out), asked.kinds, only_missed=asked.only_missed):
            print(line, flush=True)
    if asked.write:
        write(asked.cells, asked.out, asked.write)


if __name__ == "__main__":
    main()
