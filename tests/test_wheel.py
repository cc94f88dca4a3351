"""The built distributions, installed into a clean environment and used outside the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"
# Nothing of this checkout may reach the clean environment by another way.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(*command: str | Path, folder: Path) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> tuple[Path, Path]:
    """Source distribution, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, folder=folder)
    (source,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return source, wheel


@pytest.fixture(scope="module")
def clean(built, tmp_path_factory) -> Path:
    """Environment with the wheel installed and the dependencies of the present one within reach."""
    folder = tmp_path_factory.mktemp("clean with a space") / "env"
    venv.create(folder, with_pip=False, system_site_packages=False)
    python = folder / SCRIPTS / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--no-deps", "--no-index", "--no-compile", built[1], folder=folder)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])", folder=folder)
    places = {sysconfig.get_paths()[kind] for kind in ("purelib", "platlib")}
    Path(site, "dependencies.pth").write_text("\n".join(sorted(places)) + "\n", encoding="utf-8")
    return folder


def test_the_wheel_holds_the_package_and_nothing_else(built):
    names = zipfile.ZipFile(built[1]).namelist()
    assert {name.split("/")[0] for name in names} == {"auditkit", "auditkit-0.1.0.dist-info"}
    assert "auditkit/py.typed" in names
    assert "auditkit-0.1.0.dist-info/licenses/LICENSE" in names
    assert [name for name in names if "__pycache__" in name] == []


@pytest.mark.parametrize(
    ("folder", "suffixes"),
    [("gates", (".toml",)), ("reports/templates", (".html", ".j2", ".css")), ("demo", (".csv", ".gz", ".parquet"))],
)
def test_the_wheel_holds_what_the_package_reads(built, folder, suffixes):
    names = zipfile.ZipFile(built[1]).namelist()
    assert [name for name in names if name.startswith(f"auditkit/{folder}/") and name.endswith(suffixes)]


def test_the_source_distribution_holds_tests_and_no_links(built):
    with tarfile.open(built[0]) as archive:
        members = archive.getmembers()
    assert [member.name for member in members if member.issym() or member.islnk()] == []
    tops = {member.name.split("/")[1] for member in members if "/" in member.name}
    assert {"auditkit", "tests", "LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"} <= tops
    assert tops.isdisjoint({"metrics", "generators", "reports", ".venv"})


def test_the_installed_package_is_the_wheels(clean, tmp_path):
    code = "import auditkit; print(auditkit.__file__); print(auditkit.__version__); print(auditkit.Estimate(0.5).value)"
    place, version, value = run(clean / SCRIPTS / "python", "-W", "error", "-c", code, folder=tmp_path).splitlines()
    assert Path(place).is_relative_to(clean)
    assert (version, value) == ("0.1.0", "0.5")


def test_every_public_name_works_outside_the_checkout(clean, tmp_path):
    code = "import auditkit\nfor name in auditkit.__all__: getattr(auditkit, name)\nprint(auditkit.generators.names())"
    assert "cart" in run(clean / SCRIPTS / "python", "-c", code, folder=tmp_path)


@pytest.mark.parametrize("name", ["metrics", "generators", "reports", "tests"])
def test_bare_names_are_left_to_others(clean, tmp_path, name):
    code = f"import importlib.util; print(importlib.util.find_spec({name!r}))"
    assert run(clean / SCRIPTS / "python", "-c", code, folder=tmp_path) == "None"


def test_the_program_says_its_version(clean, tmp_path):
    assert "0.1.0" in run(clean / SCRIPTS / "auditkit", "--version", folder=tmp_path)


def test_the_program_audits_outside_the_checkout(clean, tmp_path):
    rows = ["age,job,label", *(f"{20 + i % 50},{'abc'[i * 7 % 3]},{'yn'[i * 5 % 2]}" for i in range(240))]
    for name, part in (("real", rows[1:121]), ("synthetic", rows[121:])):
        (tmp_path / f"{name}.csv").write_text("\n".join([rows[0], *part]) + "\n", encoding="utf-8")
    program = clean / SCRIPTS / "auditkit"
    # Metrics without compiled loops, which a fresh environment compiles for seconds.
    run(
        program,
        "audit",
        "--real",
        "real.csv",
        "--synthetic",
        "synthetic.csv",
        "--label",
        "label",
        "--out",
        "out",
        "--metric",
        "frechet_distance",
        "--metric",
        "validity",
        folder=tmp_path,
    )
    assert (tmp_path / "out" / "audit.json").stat().st_size > 0
