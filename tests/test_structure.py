"""What holds for the whole tree: directions, names, sizes, links, and what may not be written anywhere."""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

import auditkit

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "auditkit"
LINKS = ("metrics", "generators", "reports")
HEAVY = ("torch", "sklearn", "pandas", "matplotlib", "scipy", "numba")
MOST_LINES = 400

BASE = {
    "errors",
    "results",
    "exhibits",
    "blocks",
    "positions",
    "plugins",
    "spreads",
    "lazy",
    "kinds",
    "layout",
    "parts",
    "questions",
    "whole_numbers",
    "stopwatch",
}
PLAIN = BASE | {"store", "intervals", "config", "mistakes"}
JUDGED = PLAIN | {"data", "metrics", "gates"}
AUDITED = JUDGED | {"training", "features", "auditing"}
TOLD = AUDITED | {"filtering", "ablation", "reports"}
# What each room may import; itself it always may.
MAY_IMPORT = {
    "errors": set(),
    "lazy": set(),
    "exhibits": set(),
    "kinds": set(),
    "layout": set(),
    "positions": set(),
    "questions": set(),
    "parts": {"errors"},
    "results": {"errors", "parts"},
    "blocks": {"errors"},
    "plugins": {"errors"},
    "spreads": {"errors"},
    "whole_numbers": {"errors"},
    "stopwatch": {"blocks"},
    "mistakes": BASE,
    "store": BASE,
    "intervals": BASE,
    "config": BASE | {"mistakes"},
    "data": PLAIN,
    "learning_rate": set(),
    "training": PLAIN | {"data", "learning_rate"},
    "signals": BASE,
    "features": PLAIN | {"data", "training", "signals"},
    "generators": PLAIN | {"data", "training", "signals"},
    "metrics": PLAIN | {"data", "signals"},
    "gates": JUDGED,
    "auditing": AUDITED,
    "filtering": AUDITED | {"generators"},
    "ablation": AUDITED | {"generators"},
    "reports": TOLD,
    "pipeline": TOLD | {"generators"},
    "testing": TOLD | {"generators"},
    "integrations": TOLD | {"generators", "pipeline"},
    "demo": TOLD | {"generators", "pipeline"},
    "cli": TOLD | {"generators", "pipeline", "demo", "integrations"},
    "__main__": {"cli"},
}
# Methods of result types that hand over to what comes later.
SHOWN = (
    "results.py",
    "auditing/result.py",
    "gates/outcome.py",
    "filtering/selection.py",
    "ablation/result.py",
    "auditing/comparison.py",
    "filtering/decisions.py",
)
FORWARD = {("auditing/result.py", "check"), ("auditing/result.py", "report")}
# What notebooks show of a result: it is drawn as in reports, which know all results.
FORWARD |= {(file, method) for file in SHOWN for method in ("_repr_html_", "plot")}


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and room of each import of our own, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "auditkit":
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name != "__version__")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("auditkit."):
            yield node.lineno, str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            names = (alias.name for alias in node.names if alias.name.split(".")[0] == "auditkit")
            yield from ((node.lineno, [*name.split("."), "__init__"][1]) for name in names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module") and node.args:
            target = node.args[0]
            if isinstance(target, ast.Constant) and str(target.value).startswith("auditkit."):
                yield node.lineno, str(target.value).split(".")[1]


def forward_lines(path: Path, tree: ast.AST) -> set[int]:
    """Lines of the methods that may import forward, and of the types in their signatures."""
    if relative(path) not in {file for file, _ in FORWARD}:
        return set()
    return {
        line
        for node in ast.walk(tree)
        if (isinstance(node, ast.FunctionDef) and (relative(path), node.name) in FORWARD)
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def listed(tree: ast.Module) -> set[str] | None:
    """Names in a module's `__all__`; None where it has none, or makes it."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            with contextlib.suppress(ValueError):
                return set(ast.literal_eval(node.value))
    return None


@dataclass(frozen=True)
class Seen:
    """What the tests ask of a module's syntax tree, which is built once and not kept."""

    rooms: list[tuple[int, str]]
    forward: set[int]
    relative: list[int]
    taken: list[tuple[str, str]]
    listed: set[str] | None


@functools.cache
def seen(path: Path) -> Seen:
    """Rooms that it imports by line, lines that may import forward, relative imports, names imported, names listed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return Seen(
        list(imported_rooms(tree)),
        forward_lines(path, tree),
        [node.lineno for node in found if node.level],
        [(str(node.module), alias.name) for node in found for alias in node.names],
        listed(tree),
    )


def submodules() -> list[str]:
    return sorted(
        item.name
        for item in pkgutil.walk_packages([str(PACKAGE)], prefix="auditkit.")
        if not item.name.endswith("__main__")
    )


@pytest.fixture(scope="module")
def packages() -> list[ModuleType]:
    """The package and its packages, after every module has been imported."""
    modules = [auditkit, *map(importlib.import_module, submodules())]
    return [module for module in modules if hasattr(module, "__path__")]


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_imports_point_one_way(path):
    room = room_of(path)
    if room == "__init__":
        return  # the face of the package, which names all of its rooms
    assert room in MAY_IMPORT, f"{relative(path)} is in no room of the plan: give it a place in MAY_IMPORT"
    allowed, exempt = MAY_IMPORT[room] | {room}, seen(path).forward
    wrong = [f"line {line}: {name}" for line, name in seen(path).rooms if name not in allowed and line not in exempt]
    assert wrong == []


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_the_package_is_never_imported_relatively(path):
    assert seen(path).relative == []


def test_no_module_bears_the_name_of_a_public_function_of_its_package(packages):
    clashes = [
        f"{package.__name__}.{item.name}"
        for package in packages
        for item in pkgutil.iter_modules(package.__path__)
        if item.name in getattr(package, "__all__", ()) and not (package is auditkit and item.name in LINKS)
    ]
    assert clashes == []


def test_each_public_name_is_the_same_thing_twice_after_importing_every_module(packages):
    for package in packages:
        for name in getattr(package, "__all__", ()):
            first, second = getattr(package, name), getattr(package, name)
            assert first is second, f"{package.__name__}.{name}"
            is_room = package is auditkit and name in LINKS
            assert isinstance(first, ModuleType) == is_room, f"{package.__name__}.{name} is a module"


def test_every_public_name_is_listed():
    assert set(dir(auditkit)) == set(auditkit.__all__)
    assert {"load", "audit", "filter", "merge", "ablate", "run", "open_audit"} <= set(auditkit.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'audti'"):
        auditkit.__getattr__("audti")


def heavy_after(code: str) -> str:
    """Heavy packages that were loaded by the code, as printed by a fresh interpreter."""
    probe = f"{code}\nimport sys; print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=120)
    return done.stderr.strip()


def test_importing_the_package_loads_nothing_heavy():
    assert heavy_after("import auditkit") == ""


def test_asking_for_help_loads_nothing_heavy():
    code = "from auditkit.cli.app import main\nimport sys\nsys.argv = ['auditkit', '--help']\n"
    assert heavy_after(f"{code}try:\n    main()\nexcept SystemExit as done:\n    assert not done.code") == ""


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_a_file_holds_one_idea_and_is_short_enough(path):
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= MOST_LINES


def test_no_module_is_a_drawer_for_odds_and_ends():
    assert [relative(path) for path in sources() if path.stem in {"utils", "util", "helpers", "common", "misc"}] == []


@pytest.mark.parametrize("name", LINKS)
def test_a_top_level_link_leads_into_the_package(name):
    link = ROOT / name
    if not link.is_symlink():
        pytest.skip("this checkout has no symbolic links")
    assert link.readlink() == Path("auditkit", name)


@pytest.mark.parametrize("name", LINKS)
def test_a_bare_name_cannot_be_imported(name):
    if not (ROOT / name).is_symlink():
        pytest.skip("this checkout has no symbolic links")
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert f"auditkit.{name}" in done.stderr.splitlines()[-1]


FORBIDDEN_CODE = {
    "pickle": r"^\s*(import|from)\s+(c?pickle|cloudpickle|dill|shelve|marshal)\b",
    "pickled objects": r"\b(read|to)_pickle\(|joblib\.(load|dump)\(",
    "pickled arrays": r"allow_pickle\s*=\s*True",
    "evaluation": r"(?<![\w.])(eval|exec)\(",
    "a shell": r"shell\s*=\s*True|os\.system\(",
    "unescaped text": r"\|\s*safe\b|autoescape\s*=\s*False|\bMarkup\(",
    "torch's pickles": r"torch\.(load|save)\(",
    "stubs": r"raise NotImplementedError|pragma: no cover|\b(TODO|FIXME|XXX)\b",
    "global random state": r"np\.random\.(seed|rand|randn|randint|choice|shuffle|permutation|normal|uniform)\(",
}
FORBIDDEN_TEXT = {
    "another project's name on the index": r"pip3? install (-U |--upgrade )?['\"]?auditkit",
    "a path of one machine": r"(?<![\w.])/(work|root|home)/\w",
}
TEXTS = {".py", ".md", ".toml", ".html", ".css", ".yml", ".yaml", ".txt"}


def texts(*folders: Path) -> list[Path]:
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix in TEXTS]
    return [path for path in found if path != Path(__file__).resolve() and "__pycache__" not in path.parts]


def lines_with(pattern: str, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]


@pytest.mark.parametrize("name", FORBIDDEN_CODE)
def test_what_the_package_never_does(name):
    assert lines_with(FORBIDDEN_CODE[name], texts(PACKAGE)) == []


@pytest.mark.parametrize("name", FORBIDDEN_TEXT)
def test_what_no_text_says(name):
    top = [path for path in ROOT.iterdir() if path.suffix in TEXTS or path.name == "Makefile"]
    assert lines_with(FORBIDDEN_TEXT[name], [*top, *texts(PACKAGE, ROOT / "docs")]) == []


def test_a_name_that_other_modules_import_is_listed():
    from auditkit.metrics import FAMILIES

    # What families list is public, so that what their neighbours share is not in there.
    families = {f"metrics/{name.replace('.', '/')}.py" for name in FAMILIES}
    trees = {relative(path): seen(path) for path in sources()}
    names = {
        f"auditkit.{name.removesuffix('.py').replace('/', '.')}": tree.listed
        for name, tree in trees.items()
        if name not in families
    }
    unlisted = {
        f"{module}.{name}"
        for tree in trees.values()
        for module, name in tree.taken
        if (known := names.get(module)) is not None and name not in known
    }
    assert unlisted == set()
