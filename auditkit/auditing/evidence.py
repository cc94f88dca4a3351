"""The evidence per sample: a row for each synthetic unit, for filters, galleries and review."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditkit.auditing.held_rules import HeldRules
from auditkit.auditing.near_copies import near_copies, why_unknown
from auditkit.data.checks import schema_violations
from auditkit.errors import AuditkitError
from auditkit.metrics.copied_bits import CopiedBits
from auditkit.metrics.crossing import Crossing
from auditkit.metrics.detection import Discriminator, LabelAgreement, log_odds
from auditkit.metrics.neighbours import Points, check_k
from auditkit.metrics.oddness import Oddness
from auditkit.metrics.records import duplicate_clusters
from auditkit.results import Scores

if TYPE_CHECKING:
    from auditkit.data import Dataset
    from auditkit.metrics.products import Products, Role, Side, View

__all__ = [
    "EVIDENCE_K",
    "SAMPLE_COLUMNS",
    "blank_samples",
    "breach_note",
    "sample_table",
    "typicality",
    "with_commonest_breach",
]

NUMBERS = (
    "realism",
    "density",
    "rarity",
    "distance_real",
    "distance_holdout",
    "copied_bits",
    "discriminator",
    "discriminator_logit",
    "oddness",
    "label_agreement",
    "confidence",
)
_NULLABLE = {"copy": "boolean", "near_copy": "boolean", "duplicate_cluster": "Int64"}
SAMPLE_COLUMNS = (
    "id",
    "realism",
    "density",
    "rarity",
    "nearest_real",
    "distance_real",
    "nearest_holdout",
    "distance_holdout",
    "copy",
    "near_copy",
    "copied_bits",
    "discriminator",
    "discriminator_logit",
    "oddness",
    "label_agreement",
    "confidence",
    "duplicate_cluster",
    "violations",
)
COMMON_BREACH = 0.05
EVIDENCE_K = 5
"""Neighbours that set a ball's radius in the evidence, whatever the metrics ask for."""
WHY_EMPTY = {
    "rarity": "the sample lies outside every real ball",
    "duplicate_cluster": "the sample repeats no other",
    **dict.fromkeys(
        ("discriminator", "discriminator_logit", "oddness"),
        "the set has too few distinct samples to train a discriminator out of fold",
    ),
    "label_agreement": "the label does not occur in the real data",
    "confidence": "the real data have a single label",
    "copied_bits": "cells are counted in tables only, of one row per unit and four columns at least",
}


def blank_samples(groups: Iterable[str] = ()) -> pd.DataFrame:
    """One row with the columns of `sample_table` in their types, of which nothing is known: zeros and empty texts."""
    blank = {name: 0 if name in NUMBERS or name in _NULLABLE else "" for name in SAMPLE_COLUMNS}
    table = pd.DataFrame({name: _column(name, [value], 1) for name, value in blank.items()})
    return table.assign(**{f"group:{name}": pd.Series([""], dtype="str") for name in groups})


def breach_note(samples: pd.DataFrame) -> str | None:
    """Sentence about the commonest breach of the real data's schema, None where few samples share one."""
    worst, count = _commonest(samples)
    if not count or count < COMMON_BREACH * len(samples):
        return None
    return f"{count:,} of {len(samples):,} synthetic samples break the real data's schema in one way: {worst}."


def with_commonest_breach(scores: Scores, samples: pd.DataFrame) -> Scores:
    """Scores of which that of possible records names what most samples break, and their share."""
    worst, count = _commonest(samples)
    if not count:
        return scores
    found = {"commonest": worst, "commonest_share": count / len(samples)}
    return Scores.of(
        replace(score, details={**score.details, **found}) if score.metric == "validity" and not score.where else score
        for score in scores
    )


def _commonest(samples: pd.DataFrame) -> tuple[str, int]:
    """What most samples break, and how many; nothing and 0 where none breaks anything."""
    breaches = samples["violations"][samples["violations"] != ""].str.split("; ").explode().value_counts(sort=False)
    if breaches.empty:
        return "", 0
    return min(breaches[breaches == breaches.max()].index), int(breaches.max())


def sample_table(
    products: Products,
    view: View,
    sets: Mapping[Role, Dataset],
    *,
    rules: HeldRules | None = None,
    show_real: bool,
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Row per synthetic unit with every column of `SAMPLE_COLUMNS` and the groups, and why cells are empty.

    Parameters
    ----------
    products : Products
    view : View
        The whole set.
    sets : mapping of role to Dataset
    rules : HeldRules, optional
        Constraints and keys that samples are held against beside the real set's schema.
    show_real : bool
        Name real units by their own ids; otherwise R1, R2 and H1, H2 in order of appearance.

    Returns
    -------
    table : pandas.DataFrame
        Floats for numbers, nullable types for the others; the same types whatever is empty.
    reasons : dict of column to sentence
    """
    found: dict[str, Any] = {"id": sets["synthetic"].ids}
    reasons = WHY_EMPTY | {"near_copy": why_unknown(sets)}
    if sets["real"].label is None:
        reasons |= dict.fromkeys(("label_agreement", "confidence"), "no label was declared")
    elif not _tells_labels(sets["real"]):
        told = "no column but the label tells samples apart (to audit texts themselves, say --modality text)"
        reasons |= dict.fromkeys(("label_agreement", "confidence"), told)
    if "holdout" not in sets:
        reasons |= dict.fromkeys(("nearest_holdout", "distance_holdout"), "no holdout was given")
    breaches: Builder = partial(_violations, rules=HeldRules() if rules is None else rules)
    builders = (*_BUILDERS, (("violations",), breaches))
    for columns, build in builders:
        try:
            found |= build(products, view, sets)
        except AuditkitError as error:
            reasons |= dict.fromkeys(columns, str(error))
    if not show_real:
        for name, letter in (("nearest_real", "R"), ("nearest_holdout", "H")):
            found[name] = None if found.get(name) is None else _anonymous(found[name], letter)
    n = len(sets["synthetic"])
    table = pd.DataFrame({name: _column(name, found.get(name), n) for name in SAMPLE_COLUMNS})
    for name in sets["real"].groups:
        table[f"group:{name}"] = pd.Series(sets["synthetic"].group_values(name), dtype="str")
    return table, {name: why for name, why in reasons.items() if name in table and table[name].isna().any()}


def _tells_labels(real: Dataset) -> bool:
    """Whether a classifier of the label has columns to learn from."""
    left_out = {"id", "text", "constant"}
    columns = [column for column in real.schema.columns if column.name not in {real.label, real.key}]
    return real.modality != "tabular" or any(column.kind not in left_out for column in columns)


def typicality(products: Products, view: View) -> dict[str, NDArray[np.float64]]:
    """Realism, density and rarity of each unit that plays the synthetic one in a view."""
    roles: tuple[Role, ...] = ("real", "synthetic")
    for role in roles:
        check_k(1, len(products.get(Points, view, role)), role)
    crossing: Crossing = products.get(Crossing, view)
    rows = products.get(Points, view, "synthetic").inverse
    k = min(EVIDENCE_K, crossing.k)
    inside = crossing.inside_real(k)
    radius = crossing.smallest_radius(k, tied=True)
    rarity = np.where(np.isfinite(radius), radius, np.nan)
    return {
        "realism": crossing.realism[rows],
        "density": ((inside.strict + 0.5 * inside.tied) / k)[rows],
        "rarity": rarity[rows],
    }


def _typicality(products: Products, view: View, _: Mapping[Role, Dataset]) -> dict[str, Any]:
    return {**typicality(products, view)}


def _nearness(products: Products, view: View, sets: Mapping[Role, Dataset]) -> dict[str, Any]:
    crossing: Crossing = products.get(Crossing, view)
    rows = products.get(Points, view, "synthetic").inverse
    return {
        "nearest_real": _nearest_ids(products.get(Points, view, "real"), crossing, sets["real"])[rows],
        "distance_real": crossing.nearest_real_distance[rows],
    }


def _holdout_nearness(products: Products, view: View, sets: Mapping[Role, Dataset]) -> dict[str, Any]:
    if "holdout" not in sets:
        return {}
    crossing: Crossing = products.get(Crossing, view, "holdout")
    rows = products.get(Points, view, "synthetic").inverse
    return {
        "nearest_holdout": _nearest_ids(products.get(Points, view, "holdout"), crossing, sets["holdout"])[rows],
        "distance_holdout": crossing.nearest_real_distance[rows],
    }


def _copies(products: Products, view: View, _: Mapping[Role, Dataset]) -> dict[str, Any]:
    real, synthetic = (_records(products.side(view.rows[role])) for role in ("real", "synthetic"))
    return {"copy": np.isin(synthetic, real)}


def _copied_cells(products: Products, view: View, _: Mapping[Role, Dataset]) -> dict[str, Any]:
    found: CopiedBits = products.get(CopiedBits, view)
    return {"copied_bits": found.bits}


def _repeats(products: Products, view: View, _: Mapping[Role, Dataset]) -> dict[str, Any]:
    clusters = duplicate_clusters(_records(products.side(view.rows["synthetic"])))
    numbers = pd.array(clusters, dtype="Int64")
    numbers[clusters < 0] = pd.NA
    return {"duplicate_cluster": numbers}


def _judgements(products: Products, view: View, sets: Mapping[Role, Dataset]) -> dict[str, Any]:
    detection: Discriminator = products.get(Discriminator, view)
    boosted = detection.boosted[detection.synthetic]
    odd: Oddness = products.get(Oddness, view)
    found: dict[str, Any] = {
        "discriminator": boosted,
        "discriminator_logit": log_odds(boosted),
        "oddness": odd.log_odds[odd.synthetic],
    }
    if sets["real"].label is not None:
        agreement: LabelAgreement = products.get(LabelAgreement, view)
        found |= {"label_agreement": agreement.probability, "confidence": agreement.highest}
    return found


def _violations(_: Products, __: View, sets: Mapping[Role, Dataset], *, rules: HeldRules) -> dict[str, Any]:
    ours, schema = sets["synthetic"], sets["real"].schema
    return {"violations": schema_violations(ours, schema, keys=rules.keys, constraints=rules.constraints)}


Builder = Callable[["Products", "View", Mapping["Role", "Dataset"]], dict[str, Any]]
_BUILDERS: tuple[tuple[tuple[str, ...], Builder], ...] = (
    (("realism", "density", "rarity"), _typicality),
    (("nearest_real", "distance_real"), _nearness),
    (("nearest_holdout", "distance_holdout"), _holdout_nearness),
    (("copy",), _copies),
    (("near_copy",), near_copies),
    (("copied_bits",), _copied_cells),
    (("duplicate_cluster",), _repeats),
    (("discriminator", "discriminator_logit", "oddness", "label_agreement", "confidence"), _judgements),
)


def _records(side: Side) -> NDArray[np.int64]:
    if side.records is None:
        message = "the sets carry no record numbers."
        raise AuditkitError(message)
    return side.records


def _nearest_ids(points: Points, crossing: Crossing, dataset: Dataset) -> NDArray[Any]:
    """Id of the nearest unit of each distinct synthetic row: the first of those that are identical."""
    first = np.full(points.n_distinct, len(points), np.int64)
    np.minimum.at(first, points.inverse, np.arange(len(points)))
    return dataset.ids[first[crossing.nearest_real]]


def _anonymous(ids: NDArray[Any], letter: str) -> NDArray[Any]:
    """Names by order of appearance: the first id is R1, the next other one R2."""
    _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.empty(len(first), np.int64)
    order[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.array([f"{letter}{number + 1}" for number in order])[inverse]


def _column(name: str, values: Any, n: int) -> pd.Series[Any]:
    dtype = "float64" if name in NUMBERS else _NULLABLE.get(name, "str")
    if values is None:
        values = [None] * n
    return pd.Series(values, dtype=dtype)
