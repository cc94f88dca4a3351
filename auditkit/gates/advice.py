"""What to do next, by kind of finding, the most useful first; the kinds in the order in which findings are told.

Of an arm of an ablation that hurts the advice follows from what the arm is: what it does already is no advice.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ADVICE", "advice_for_arm"]

ADVICE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "missing_group": (
            "Generate the missing groups with conditions, or train one generator per group.",
            "Check that the groups are spelled alike in both sets and that no step before dropped them.",
            "If real records of the group are too few to learn from, take them into the training set as they are.",
        ),
        "copying": (
            "Do not share or publish these data: treat them as you treat the training data.",
            "Drop the flagged rows with the filter (the column `copy` of the samples), then audit again.",
            "Train with more data, fewer steps or more regularisation; stop when the loss on the holdout rises.",
        ),
        "collapse": (
            "Raise the sampling temperature or the noise of the generator, and look for a mode that it falls into.",
            "Stop training earlier, or use a loss that rewards variety; look for a sudden bend in the training curve.",
            "Keep one record of each cluster (the column `duplicate_cluster` of the samples) and draw more records.",
        ),
        "relation": (
            "Use a generator that models columns together, not one column at a time, or train it longer.",
            "Check that no step after generating sorted, shuffled or filled a column on its own.",
            "If one column follows from another, draw only one of them and derive the other.",
        ),
        "sequence": (
            "Use a generator that makes whole units, each row on those before it, and learns where a unit ends.",
            "Check key and order: no step after generating may sort, shuffle, cut or renumber rows apart from them.",
            "See which columns do not go on as in the real data (`transition_similarity`), and start with the worst.",
        ),
        "shape": (
            "Compare the column with the real one in the report: a wrong unit or scale, heaps, limits, unknown levels.",
            "Transform heavy tails before training, and draw rare levels with conditions.",
        ),
        "volatility": (
            "Where series are over-smoothed: draw noise as the model learnt it, not means, or model differences.",
            "Where they are too rough: add less noise, and check that no step joins parts that do not fit.",
            "Compare with the generator `flow`, and look at pictures of single series, never of their means.",
        ),
        "missing_cells": (
            "Let the generator model missing cells as a level or an indicator of its own.",
            "Check that no step before or after filled, dropped or emptied the column.",
        ),
        "group_share": (
            "Draw the synthetic set with conditions, so that every group gets its real share.",
            "If it must stay as it is, filter with quotas per group or train with weights.",
            "Train longer or with a generator that keeps joint distributions, if many groups are off at once.",
        ),
        "label_rate": (
            "Draw with conditions on group and label together, so that each group gets its real rate.",
            "Filter with quotas per group and label, or train with weights per group and label.",
            "Do not train a deciding model on these data before this is mended: it would learn the wrong rates.",
        ),
        "amplification": (
            "Read the label rates of the groups: they tell which groups and classes have moved.",
            "Draw with conditions on group and label together, or train with reweighing weights.",
            "Compare a model trained on these data with one trained on real data, group by group, in the ablation.",
        ),
        "realism": (
            "Look at the least realistic samples (the column `realism`) and find what they have in common.",
            "Drop them with the filter and see in the ablation whether that helps.",
            "Train the generator longer, or on cleaner data; compare with another generator.",
        ),
        "variety": (
            "See which classes and groups have the lowest coverage and draw more of them with conditions.",
            "Raise the sampling temperature, and check whether post-processing drops rare records.",
            "Train longer or with a generator of more capacity; compare with another generator.",
        ),
        "detectable": (
            "Look at formatting first: rounding, ranges, impossible combinations and missing values differ easily.",
            "Read which columns the classifier relied on, and mend the generator there.",
            "If the ablation shows no loss, a detectable difference may not matter for training.",
        ),
        "utility": (
            "Use the set beside real data rather than instead of them, and look at that arm of the ablation.",
            "Mend realism, variety and label rates first: they name what the model could not learn.",
            "Filter the set and ablate again; draw more records if the arm is smaller than the real training set.",
        ),
        "model_gap": (
            "See in the ablation which groups the gap lies between, and how many training records each of them has.",
            "Draw more records of the group and class that the model gets wrong, or train with reweighing weights.",
            "Ablate again with mitigations: they show how much of the gap goes, and what that costs.",
        ),
        "regression": (
            "See what was changed since the baseline: the generator, its settings, its training data, steps after it.",
            "Audit the old and the new set on the same real data, and compare them score by score.",
            "If the change is meant, keep the new scores: `auditkit baseline update --reason`.",
        ),
        "leaked_cells": (
            "Do not share the column: draw it anew from a list that names nobody, or drop it.",
            "See which rows hold such cells with `auditkit.metrics.verbatim_leaks`.",
        ),
        "group_quality": (
            "Draw more records of the group with conditions, or train the generator with weights on it.",
            "Train one generator per group if the group is large enough for that.",
            "Keep the group's real records in the training set beside the synthetic ones.",
        ),
        "blind_spot": (
            "Draw more records of the slices named above with conditions, or train the generator with weights on them.",
            "Look at their samples (the ids stand in the exhibit `blind-spots`), and declare the worst as groups.",
            "Keep the real records of a slice in the training set if the generator has too few to learn from.",
        ),
        "broken_order": (
            "Declare the order as a constraint (docs/constraints.md): each audit then counts the rows that break it.",
            "Filter: the built-in rules reject samples that break a constraint; draw more records to make up for them.",
            "Generate one column and the difference to the other, or compare with a generator that keeps pairs.",
        ),
        "interpolation": (
            "Treat the data as you treat the training data: whoever knows one end of a line learns about the other.",
            "Add noise to what is interpolated, or use a generator that learns a distribution (`cart`, `ar`, `vae`).",
            "Mind that nothing beyond the outermost training records is ever made this way.",
        ),
        "too_small": (
            "Draw more synthetic records of these parts with conditions, and audit with more real ones.",
            "Join small groups to larger ones, or lower `min_support` knowing how little such numbers say.",
        ),
        "format": (
            "Round numbers to the real decimals and levels and keep them in range: all generators here do so.",
            "Audit again after that: only then does the two-sample test speak of quality.",
        ),
        "contaminated_holdout": (
            "Remove the holdout records that also stand in the training data, or draw a new holdout.",
            "Split before any augmentation or resampling, and split whole persons or sources, not rows.",
            "Audit again: until then nothing can be said about copying.",
        ),
        "not_measured": (
            "Read the reason beside each gate: most ask for a holdout, a label, groups, or more records.",
            "Give what is missing and audit again, or switch the gate off in auditkit.toml with a reason in `why`.",
        ),
        "other": (
            "Read the score beside its yardstick, and look at the parts of the data where it is worst.",
            "Compare with another generator or other settings on the same split.",
        ),
    }
)

_LESS = "Leave the set out of training, or take less of it: `ratios` of an ablation show how much helps, if any does."
_STRICTER = "Filter by further or stricter rules and ablate again: what hurts has passed those of this arm."
_MORE_KEPT = "Draw more records, filter them alike and ablate again if the arm is smaller than the real training set."
_FILTER = "Filter the set and ablate again."
_UNTREATED = "Compare with the same arm without the mitigation: what it costs is their difference."
_WEAKER = "Train without the mitigation or with a weaker one, unless the smaller gap between groups is worth the loss."


def advice_for_arm(arm: str) -> tuple[str, ...]:
    """What to do about an arm that hurts, as its recipe has it.

    Parameters
    ----------
    arm : str
        As `"synthetic"`, `"kept"`, `"real+kept[ratio=0.5]"`, `"real[mitigation=reweighing]"`. What a filter left is
        called `"kept"`.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> advice_for_arm("real[mitigation=reweighing]")[0].partition(":")[0]
    'Compare with the same arm without the mitigation'
    """
    name, _, variant = arm.partition("[")
    beside = name.startswith("real+")
    kept = name.removeprefix("real+") == "kept"
    alone, mend, filtered = ADVICE["utility"]
    treated = (_UNTREATED,) if variant.startswith("mitigation=") else ()
    if name == "real":
        return (*treated, _WEAKER)
    if beside:
        return (*treated, _LESS, mend, *(() if treated else (_STRICTER if kept else _FILTER,)))
    return (alone, mend, _MORE_KEPT if kept else filtered)
