"""What each key of the config means, a sentence each: editors show it beside the key."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["MEANINGS"]

_REASON = "What is said of a rejected sample."
_PREFER = 'Column whose highest values stay, "-column" for the lowest; without it by lot.'

MEANINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Config": {
            "schema": "Version of this format.",
            "extends": 'Presets (recommended, strict, privacy) and files whose gates come first; "none" for none.',
            "baseline": 'Kept scores that max_increase and max_drop compare with: a file, "git:REV" or "git:REV:PATH".',
            "data": "Where the sets are and what their columns mean.",
            "generator": "What makes the synthetic data where [data] names none.",
            "audit": "What is measured, and how.",
            "gate": "Limits on scores: auditkit check and run fail where one is broken.",
            "check": "How sure a verdict must be, and what undecided gates count as.",
            "filter": "Rules that reject samples; without any the default ones hold.",
            "quota": "Shares of classes and groups that the kept samples must have.",
            "merge": "How real and synthetic samples are joined to one training set.",
            "ablation": "Training sets and models that are compared on real test data.",
            "report": "Where the page goes and what it is called.",
        },
        "DataConfig": {
            "real": "Real data: a file, or a folder of images or recordings.",
            "synthetic": "Synthetic data to audit; without them the generator makes some.",
            "holdout": "Real data that the generator never saw, to judge copying by.",
            "test": "Real data that nothing else has seen, to test models on.",
            "label": "Column to predict.",
            "groups": 'Columns whose levels are compared, as ["sex"].',
            "key": "All rows of one key are one sample.",
            "order": "Orders the rows of one key.",
            "text": "Column of a table that holds texts.",
            "rate": "Samples per second to resample recordings to.",
            "modality": "What the data are; other data are then refused.",
            "columns": 'Kinds of columns where they were read wrongly, as { zip = "category" }.',
            "licence": 'Licence of the real data, as "CC-BY-4.0": follows what is made of them.',
            "consent": "What the people in the real data agreed to, in words.",
            "split": "Shares of the real data that the generator does not see.",
        },
        "SplitConfig": {
            "holdout": "Share held out where no holdout is named.",
            "test": "Share kept for the ablation where no test is named.",
        },
        "GeneratorConfig": {
            "name": "One of auditkit list generators.",
            "n": "Samples to draw.",
            "seed": "The same seed gives the same samples.",
            "params": "Parameters of the generator.",
        },
        "AuditConfig": {
            "metrics": '"default", "all" or a list of names: auditkit list metrics.',
            "embedder": "What turns samples into numbers: auditkit list embedders.",
            "groups": "Groups that this audit compares, in place of those of [data].",
            "seed": "Seed of splits, subsamples, classifiers and the filter.",
            "sizes": "Judge synthetic data and holdout at equal sizes, or at full size.",
            "show_real": "Name and show real records in the results.",
            "quick": "Look at 5,000 samples of each set at most.",
            "rescore": "Audit what the filter kept, and show all scores before and after.",
            "constraints": 'Rules for each row, as ["end >= start"].',
        },
        "GateRule": {
            "id": "Name of the gate; that of a preset's gate with the same metric changes that gate.",
            "metric": "Score that it judges: auditkit list metrics.",
            "where": 'Part that it judges, as { sex = "Female" }.',
            "by": 'Judge every part of these columns, as ["sex"], or of all: ["*"].',
            "reduce": "Of the parts of by: each, the worst one, or what lies between two of them.",
            "max": "Largest value.",
            "min": "Smallest value.",
            "max_excess": "How much worse than fresh real data.",
            "max_increase": 'How much larger than the baseline: a number, or "5%" of the baseline.',
            "max_drop": 'How much smaller than the baseline: a number, or "5%" of the baseline.',
            "level": "A gate of level error fails a check, warn never does, off switches it off.",
            "decide": "Fail only what chance does not explain (confident), or compare the bare value (point).",
            "undecided": "What the gate counts as where the data cannot decide.",
            "min_support": "Parts with fewer samples are not judged.",
            "on_small": "What parts with too few samples count as.",
            "modalities": 'Kinds of data that the gate is for, as ["tabular"]; all without.',
            "generators": 'Patterns of generators that it is for, as ["gan*"]; all without.',
            "paths": 'Patterns of synthetic sets that it is for, as ["release/*"]; all without.',
            "why": "Shown with a failure.",
        },
        "CheckConfig": {
            "confidence": "That a good set fails no gate, over all gates at level error together.",
            "undecided": "What a gate counts as that these data cannot decide.",
            "require_baseline": "Where there is no baseline, gates on changes could not be measured; else they pass.",
        },
        "FilterRule": {
            "rule": "Name of a rule; without one a column is needed.",
            "column": "Column of the samples that must be as min, max or equals say.",
            "min": 'Smallest value that is kept, or "real:0.01": what 1 % of fresh real samples lie below.',
            "max": 'Largest value that is kept, or "real:0.01": what 1 % of fresh real samples lie above.',
            "equals": "Only value that is kept.",
            "accept": "Share that rejection-sampling is expected to keep.",
            "percentile": "Of the shifted logits that gamma of rejection-sampling is.",
            "keep": "Number of samples that best keeps, or a share below 1.",
            "prefer": _PREFER,
            "reason": _REASON,
        },
        "QuotaRule": {
            "by": 'Columns, as ["sex"], or ["sex", "income"] for their intersections.',
            "target": '"equal", "real" (the real shares), or a share per level, as { Female = 0.5, Male = 0.5 }.',
            "size": "Samples kept in all; without it as many as have these shares.",
            "prefer": _PREFER,
            "reason": _REASON,
        },
        "MergeConfig": {
            "ratio": "Synthetic samples per real one, at most.",
            "weights": 'How much synthetic samples count: a number, one per class, or "real": classes as in real data.',
        },
        "ConditionalConfig": {
            "generator": "The generator that is asked; that of [generator] by default.",
            "by": 'Columns whose shares are set, as ["sex"]; the groups by default, or else the label.',
            "target": '"equal", "real" (the real shares), or a share per level, as { f = 0.5, m = 0.5 }.',
        },
        "AblationConfig": {
            "repeats": "Repeats, each on another 80 % of every set.",
            "arms": "Training sets that are compared; kept is what the filter left.",
            "models": "Models that are trained: boosting, logistic, network or convolution.",
            "generators": "Arms made anew in every repeat: smote, conditional, or a generator, as augment.",
            "conditional": 'What the generator "conditional" makes.',
            "measures": "What is measured, the first decides; those usual for the label where none is named.",
            "ratios": "Synthetic samples per real one: each gives an arm.",
            "curve": "Shares of the synthetic samples for a learning curve, as [0, 0.1, 0.25, 0.5, 1].",
            "mitigations": 'What is done about groups, as ["reweighing"]: each gives arms.',
            "perturb": 'Disturbed test data to test on too, as ["noise=0.1", "blur=1"].',
            "shifted": 'Other real data to test on too, as { later = "2015.csv" }.',
            "margin": "A difference whose interval lies within plus or minus this is none.",
            "slices": "Whether to look for the test units on which each arm is worst.",
        },
        "ReportConfig": {
            "path": "Where the page goes; report.html of the results by default.",
            "title": "Heading of the page; the synthetic set's name by default.",
        },
    }
)
"""Meaning of each key, by section and by key as the file spells it."""
