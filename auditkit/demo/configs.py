"""Configs of the demos, by modality, and what each is about."""

from __future__ import annotations

__all__ = ["ABOUT", "CONFIGS"]

_TABULAR = """\
# The demo on German credit (UCI, CC BY 4.0). Change a line and run: auditkit run -c auditkit.toml
schema = 1
extends = "recommended"

[data]
real = "german_credit.csv"
label = "class-label"
groups = ["sex"]
split = { holdout = 0.3, test = 0.3 }

[generator]
name = "cart"
n = 400
seed = 0

[audit]
seed = 0

[ablation]
repeats = 5

[report]
title = "German credit, made by cart"
"""
_IMAGE = """\
# The demo on handwritten digits (UCI optical recognition, as shipped with scikit-learn). Change a line and run:
# auditkit run -c auditkit.toml
schema = 1
extends = "recommended"

[data]
real = "digits.npz"
label = "label"
split = { holdout = 0.3, test = 0.3 }

[generator]
name = "vae"
n = 720
seed = 0

[audit]
seed = 0

[ablation]
repeats = 3

[report]
title = "Handwritten digits, made by vae"
"""
_TEXT = """\
# The demo on text messages (SMS Spam Collection, UCI, CC BY 4.0, a sample of 1,200). Change a line and run:
# auditkit run -c auditkit.toml
schema = 1
extends = "recommended"

[data]
real = "messages.jsonl"
modality = "text"
text = "text"
label = "label"
split = { holdout = 0.3, test = 0.3 }

[generator]
name = "ngram"
n = 480
seed = 0

[audit]
seed = 0

[ablation]
repeats = 5

[report]
title = "Text messages, made by ngram"
"""
_AUDIO = """\
# The demo on 480 recordings that are made by a formula: tones whose pitch falls, stays, rises or trembles, nobody's
# voice. Change a line and run: auditkit run -c auditkit.toml
schema = 1
extends = "recommended"

[data]
real = "voices"
modality = "audio"
label = "course"
groups = ["pitch"]
split = { holdout = 0.3, test = 0.3 }

[generator]
name = "augment"
n = 192
seed = 0

[audit]
seed = 0

[ablation]
repeats = 5

[report]
title = "Tones, changed by augment"
"""
_SERIES = """\
# The demo on years of monthly stock prices beside the market's (Stocks.csv of matplotlib, from Yahoo Finance), in
# percent of January. Change a line and run: auditkit run -c auditkit.toml
schema = 1
extends = "recommended"

[data]
real = "years.npz"
modality = "series"
label = "year"
split = { holdout = 0.25, test = 0.25 }

[generator]
name = "flow"
n = 103
seed = 0

[audit]
seed = 0

[ablation]
repeats = 5

[report]
title = "Years of stock prices, made by flow"
"""
CONFIGS = {"tabular": _TABULAR, "image": _IMAGE, "text": _TEXT, "audio": _AUDIO, "series": _SERIES}
"""Text of each demo's auditkit.toml."""

ABOUT = {
    "tabular": "German credit: 1,000 real borrowers, and a generator that learns from 400 of them",
    "image": "Handwritten digits: 1,797 real images, and a generator that learns from 719 of them",
    "text": "Text messages: 1,200 real ones, and a generator that learns from 480 of them",
    "audio": "Tones made by a formula: 480 recordings, and a generator that changes 192 of them",
    "series": "Years of stock prices: 206 real ones, and a generator that learns from 103 of them",
}
"""What each demo is about, by modality."""
