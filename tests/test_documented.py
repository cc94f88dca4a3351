"""Whatever has a name that users meet is told where they look for it.

Commands, their options, exit codes and the tables of the config: tests/cli/test_documents.py.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import re
import subprocess
import sys
import typing
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic import BaseModel

import auditkit
import auditkit.generators
import auditkit.metrics
from auditkit.auditing.evidence import SAMPLE_COLUMNS
from auditkit.config import Config
from auditkit.features.registry import default_embedder, embedder_entries
from auditkit.filtering.rules import NAMED_RULES
from auditkit.gates.extending import PRESETS
from auditkit.gates.limits import ABLATION, LIMIT_KINDS
from auditkit.gates.rules import preset
from auditkit.generators import registry as generators
from auditkit.kinds import MODALITIES
from auditkit.metrics import registry as metrics

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
GENERATORS = [entry for entry in generators.entries() if entry.origin == "auditkit"]
GATES = [(name, rule.id) for name in PRESETS for rule in preset(name)]
NAMES = [
    (module, name)
    for module in (auditkit, auditkit.generators, auditkit.metrics)
    for name in module.__all__
    if inspect.isfunction(getattr(module, name)) or inspect.isclass(getattr(module, name))
]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def docstrings():
    """docs/docstrings.py, which is no part of the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("docstrings")


@pytest.fixture(scope="module")
def made():
    """Pages that are made from the registries."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        return importlib.import_module("pages").everything()


@pytest.mark.parametrize("name", metrics.names())
def test_a_metric_says_all_that_its_page_tells(name, made, docstrings):
    metric, told = metrics.get(name), docstrings.read(metrics.get(name).function)
    for field in ("meaning", "misleads", "advice"):
        assert getattr(metric, field).endswith("."), f"`{field}` of {name} is a sentence or more"
    assert metric.source
    assert {"Parameters", "Returns", "Examples"} <= set(told.sections)
    named = {part for entry in told.entries("Parameters") for part in re.split(r", ", entry.name)}
    assert set(inspect.signature(metric.function).parameters) <= named
    text = made[f"metrics/{name}.md"]
    assert f"# {name}\n" in text
    assert "When it misleads" in text
    assert f"({name}.md)" in made["metrics/index.md"]
    assert f"| `{name}` |" in page("lists.md")


@pytest.mark.parametrize(("preset_name", "gate"), GATES)
def test_every_gate_of_a_preset_is_told_with_its_reason(preset_name, gate, made):
    (rule,) = (rule for rule in preset(preset_name) if rule.id == gate)
    assert rule.why.endswith(".")
    assert f"## {gate}\n" in made["gates.md"]
    assert f"| `{gate}` |" in page("lists.md")
    if rule.metric in metrics.names():
        assert f"[`{gate}`](../gates.md#{gate})" in made[f"metrics/{rule.metric}.md"]
    else:
        assert rule.metric in ABLATION


@pytest.mark.parametrize("entry", GENERATORS, ids=lambda entry: f"{entry.modality}-{entry.name}")
def test_a_generator_tells_its_parameters(entry, made):
    name, modality = entry.name, "tabular" if entry.modality == "any" else entry.modality
    info = generators.describe(name, modality=modality)
    assert info.summary.endswith(".")
    known = inspect.signature(entry.load()).parameters
    plain = [key for key, item in known.items() if item.kind is not item.VAR_KEYWORD]
    assert [key for key in plain if key not in info.params] == []
    assert f"## {name}\n" in made[f"generators/{modality}.md"]
    assert f"| `{name}` |" in page("lists.md")
    assert f"`{name}`" in page("generators.md")


@pytest.mark.parametrize("modality", MODALITIES)
def test_embedders_tell_their_parameters(modality, made, docstrings):
    for entry in embedder_entries(modality):
        assert entry.about
        told = docstrings.read(entry.load())
        named = {part for item in told.entries("Parameters") for part in item.name.split(", ")}
        assert [key for key in inspect.signature(entry.load()).parameters if key not in named] == []
        assert f"### {entry.name}\n" in made["all-embedders.md"]
        assert f"| `{entry.name}` |" in page("lists.md")
    assert default_embedder(modality) in page("embedders.md")


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda item: getattr(item, "__name__", item))
def test_a_public_name_of_python_is_described(module, name, docstrings):
    item = getattr(module, name)
    told = docstrings.read(item)
    assert told.summary.endswith(".")
    if not inspect.isfunction(item):
        return
    named = {part.lstrip("*") for entry in told.entries("Parameters") for part in entry.name.split(", ")}
    assert [key for key in inspect.signature(item).parameters if key not in named] == []


def test_every_public_name_of_python_has_a_page(made):
    text = "\n".join(made.values())
    missing = [name for _, name in NAMES if f"\n## {name}\n" not in text and f"metrics/{name}.md" not in made]
    assert missing == []


@pytest.mark.parametrize("name", [*NAMED_RULES, "best"])
def test_every_filter_rule_is_told(name, made):
    assert f"| `{name}` |" in made["filter-rules.md"]
    assert f"`{name}`" in page("filtering.md")


@pytest.mark.parametrize("column", SAMPLE_COLUMNS)
def test_every_column_of_the_samples_is_told(column):
    assert f"`{column}`" in page("samples.md")


@pytest.mark.parametrize("name", sorted(ABLATION))
def test_every_score_of_an_ablation_is_told(name):
    assert f"`{name}`" in page("ablation.md")


def held(field) -> list[type[BaseModel]]:
    """Models that stand in a field of a model."""
    parts, found = [field.annotation], []
    while parts:
        item = parts.pop()
        parts += typing.get_args(item)
        if isinstance(item, type) and issubclass(item, BaseModel):
            found.append(item)
    return found


def places(model: type[BaseModel], prefix: str = "") -> dict[str, type[BaseModel]]:
    """Where each model of the config stands, at any depth: `data.split`."""
    found = {prefix: model}
    for name, field in model.model_fields.items():
        for item in held(field):
            found |= places(item, f"{prefix}.{field.alias or name}".lstrip("."))
    return found


PLACES = places(Config)


@pytest.mark.parametrize("place", PLACES)
def test_keys_of_the_config_at_any_depth_are_told(place):
    keys = {field.alias or name for name, field in PLACES[place].model_fields.items()} - {"line", "file"}
    heading = rf"^#+ \[+{re.escape(place)}\]+$" if place else "^# The config$"
    parts = re.split(heading, page("config.md"), maxsplit=1, flags=re.MULTILINE)
    if len(parts) == 2:
        text = parts[1] if not place else re.split(r"^#+ \[", parts[1], maxsplit=1, flags=re.MULTILINE)[0]
        assert [key for key in keys if not re.search(rf"`{key}`|^#+ \[+{key}\]+", text, re.MULTILINE)] == []
    else:
        (row,) = re.findall(rf"^\| `{place.rpartition('.')[2]}` \|.*$", page("config.md"), re.MULTILINE)
        assert [key for key in keys if not re.search(rf"\b{key} = ", row)] == []


@pytest.mark.parametrize("kind", [*LIMIT_KINDS, "worst", "max_gap", "min_ratio"])
def test_every_kind_of_limit_is_told(kind):
    assert re.search(rf'`"?{kind}"?`', page("config.md"))


def test_variables_of_the_environment_are_told():
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "auditkit").rglob("*.py"))
    read = set(re.findall(r"\"(AUDITKIT_[A-Z_]+[A-Z])\"", sources)) | {"NO_COLOR", "FORCE_COLOR"}
    (table,) = re.findall(r"^\| variable \|.*?\n\n", page("commands.md"), re.DOTALL | re.MULTILINE)
    assert len(read) > len({"NO_COLOR", "FORCE_COLOR"})
    assert {name for name in read if f"`{name}`" not in table} == set()


def test_extras_and_entry_points_are_told():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [name for name in project["optional-dependencies"] if name not in page("install.md")] == []
    groups = ["auditkit.metrics", "auditkit.generators", "auditkit.embedders"]
    assert [group for group in groups if f'"{group}"' not in page("extending.md")] == []


class Outside(HTMLParser):
    """Addresses that a page would load from elsewhere; links that a reader may follow are none."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        loads = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "object": "data"}
        address = held.get(loads.get(tag, ""), "") or ""
        if re.match(r"(\w+:)?//", address) and held.get("rel") != "canonical":
            self.found.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("mkdocs", reason="mkdocs-material is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stderr}\nA page that is new must stand in the nav of mkdocs.yml."
    return folder


def test_the_site_loads_nothing_from_elsewhere(site):
    for path in site.rglob("*.html"):
        reader = Outside()
        reader.feed(path.read_text(encoding="utf-8"))
        assert reader.found == [], path.name
    for path in site.rglob("*.css"):
        assert re.findall(r"url\([\"']?(?:https?:)?//|@import", path.read_text(encoding="utf-8")) == []


def test_the_site_holds_no_scripts_of_ours_but_the_search_and_no_sources(site):
    assert {path.suffix for path in site.rglob("*")} & {".py", ".pyc", ".md"} == set()


def barriers(tab, axe: Path) -> list[str]:
    """Serious and critical violations that axe finds."""
    tab.evaluate(axe.read_text(encoding="utf-8"))
    found = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [item["id"] for item in found if item["impact"] in ("serious", "critical")]


def test_the_site_is_read_and_searched_from_files_on_every_screen(site, browser):
    axe = importlib.util.find_spec("axe_playwright_python")
    asked = []
    for width, scheme in ((1280, "light"), (390, "dark")):
        tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        tab.on("request", lambda request: asked.append(request.url))
        for name in ("index", "metrics/coverage", "config", "extending", "gates", "python/auditkit"):
            tab.goto((site / f"{name}.html").as_uri())
            wide = tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, f"{name} scrolls sideways at {width} pixels"
            if axe is not None and width == 390 and name not in ("extending", "gates"):  # of one template with others
                tab.locator(".md-typeset__scrollwrap, h1").first.wait_for()
                assert barriers(tab, Path(axe.origin).with_name("axe.min.js")) == [], name
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.goto((site / "index.html").as_uri())
    tab.locator(".md-search__input").press_sequentially("holdout_share")
    tab.locator(".md-search-result__link[href*='holdout_share']").first.wait_for()
    assert [url for url in asked if not url.startswith(("file:", "data:", "about:"))] == []
