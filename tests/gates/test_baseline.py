"""A baseline keeps scores in one file, and says which later ones stand beside them, and why others do not."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace

import pytest

from auditkit.errors import ConfigError, DataError
from auditkit.gates import baseline_file
from auditkit.gates.baseline import Baseline
from auditkit.gates.baseline_file import baseline_text, read_baseline, write_baseline
from auditkit.results import Estimate, Scores

ABOUT = {
    "modality": "tabular",
    "label": "rich",
    "groups": ["sex"],
    "seed": 0,
    "constraints": [],
    "hashes": {"real": "r", "synthetic": "s", "holdout": "h"},
    "n": {"real": 400, "synthetic": 200, "holdout": 100},
    "schema": [{"name": "age", "kind": "integer"}],
    "versions": {"auditkit": "0.1.0", "numpy": "2.4.6"},
}


def matched(score, *, value=0.8, n=(400, 100), metric="coverage", **changes):
    """Score that stands beside fresh real data at a size of its own."""
    fields = {"embedder": "mixed#aa", "matched": Estimate(value, value - 0.1, value + 0.1, "test", n)}
    return score(metric, n=(400, 200), **(fields | {"parameters": {"k": 5}} | changes))


def kept(*scores, about=ABOUT, reason="the first good one", date="2026-01-31", **changes):
    return Baseline.of(scores, about, reason=reason, date=date, **changes)


def one(baseline, score, about=ABOUT):
    (found,) = baseline.beside(Scores.of([score]), about)
    return found


def refused(baseline, score, about=ABOUT):
    found = one(baseline, score, about)
    assert ("baseline" in found.references) != ("baseline_refused" in found.details)
    return found.details.get("baseline_refused", "")


def test_a_score_stands_beside_its_baseline_at_the_size_of_the_yardstick(score):
    found = one(kept(matched(score, value=0.8)), matched(score, value=0.7))
    assert found.references["baseline"] == Estimate(0.8, 0.8 - 0.1, 0.9, "test", (400, 100))
    assert found.compared.value == 0.7
    assert found.references["yardstick"].value == 0.95


def test_a_score_that_the_baseline_does_not_hold_stays_as_it_is(score):
    new = matched(score, metric="recall")
    assert one(kept(matched(score)), new) == new
    assert one(kept(matched(score)), matched(score, where={"sex": "f"})).references.keys() == {"yardstick"}


def test_what_has_no_value_is_left_out_and_stays_without_a_baseline(score):
    none = score("coverage", value=None, excess=None, status="undefined", reason="too few", references={})
    assert kept(none).scores == ()
    assert one(kept(matched(score)), none) == none


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"embedder": "mixed#bb"}, r"another space for the baseline .embedder mixed#aa there, mixed#bb here"),
        ({"parameters": {"k": 3}}, r"other parameters for the baseline .k = 5 there, 3 here."),
        ({"parameters": {}}, r"k = 5 there, None here"),
        ({"metric_version": 2}, r"defined otherwise for the baseline .version 1 there, 2 here."),
        ({"references": {}}, "beside fresh real data in only one"),
        ({"n": (400, 94)}, "number of synthetic units, 100 for the baseline and 94 here: audit 100 synthetic units"),
        ({"n": (400, 106)}, "106 here: audit with --baseline, which compares at that size"),
        ({"n": (370, 100)}, "number of real units, 400 for the baseline and 370 here"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason_and_the_fix(score, changes, said):
    import re

    reason = refused(kept(matched(score)), matched(score, **changes))
    assert re.search(said, reason), reason
    assert reason.startswith("coverage ")
    assert reason.endswith(".")


@pytest.mark.parametrize("n", [(400, 95), (400, 105), (385, 100)])
def test_sizes_within_five_percent_are_compared(score, n):
    assert refused(kept(matched(score)), matched(score, n=n)) == ""


def test_a_metric_that_does_not_depend_on_a_size_is_compared_at_any(score):
    precision = matched(score, metric="precision")
    assert refused(kept(precision), matched(score, metric="precision", n=(400, 30))) == ""
    assert "real units" in refused(kept(precision), matched(score, metric="precision", n=(200, 30)))
    kernel = matched(score, metric="kernel_distance")
    assert refused(kept(kernel), matched(score, metric="kernel_distance", n=(90, 30))) == ""


def test_a_metric_that_reads_no_features_does_not_mind_the_embedder(score):
    gap = score("label_rate_gap", embedder="mixed#aa", n=(400, 200))
    assert refused(kept(gap), replace(gap, embedder="pca#cc")) == ""


def test_tuples_and_lists_are_the_same_parameter(score):
    assert refused(kept(matched(score, parameters={"q": (1, 2)})), matched(score, parameters={"q": [1, 2]})) == ""


def test_a_group_follows_the_size_of_the_whole_set(score):
    def gaps(whole, group):
        parts = [score("label_rate_gap", n=(400, whole), references={})]
        return [*parts, score("label_rate_gap", where={"sex": "f"}, n=(200, group), references={})]

    baseline = kept(*gaps(200, 90))
    alike = baseline.beside(Scores.of(gaps(200, 110)), ABOUT)
    assert all("baseline" in item.references for item in alike)
    larger = baseline.beside(Scores.of(gaps(300, 90)), ABOUT)
    assert all("300 here" in item.details["baseline_refused"] for item in larger)


def test_other_columns_or_another_kind_of_data_refuse_everything(score):
    baseline = kept(matched(score))
    other = ABOUT | {"schema": [{"name": "age", "kind": "category"}]}
    assert "other columns" in refused(baseline, matched(score), other)
    assert "of tabular data, this audit of image data" in refused(
        baseline, matched(score), ABOUT | {"modality": "image"}
    )


def test_other_real_data_are_noted_and_refuse_what_means_nothing_without_them(score):
    other = ABOUT | {"hashes": {"real": "r2", "holdout": "h"}}
    baseline = kept(matched(score), matched(score, metric="density"))
    assert refused(baseline, matched(score), other) == ""
    assert "means nothing without the fresh real data" in refused(baseline, matched(score, metric="density"), other)
    assert baseline.notes(ABOUT) == ()
    assert baseline.notes(other) == (
        "The real data are not those of the baseline: a change of scores may be a change of the data.",
    )


def test_packages_and_settings_only_warn(score):
    changed = ABOUT | {"versions": {"auditkit": "0.1.0", "numpy": "3.0"}, "seed": 1}
    baseline = kept(matched(score))
    assert refused(baseline, matched(score), changed) == ""
    settings, packages = baseline.notes(changed)
    assert "seed" in settings
    assert packages == "Packages have changed since the baseline: numpy 2.4.6 then, 3.0 now."


def test_the_file_holds_a_line_per_score_and_reads_back_the_same(score, tmp_path):
    parts = [matched(score, where={"sex": level}, value=value) for level, value in (("m", 0.1 + 0.2), ("f", 0.7))]
    baseline = kept(*parts, matched(score), score("missing_groups", value=0.0, se=None, references={}))
    path = tmp_path / "deep" / "baseline.json"
    write_baseline(path, baseline)
    text = path.read_text(encoding="utf-8")
    assert sum('"where"' in line for line in text.splitlines()) == 4
    assert json.loads(text)["format_version"] == 1
    found = read_baseline(path)
    assert baseline_text(found) == text
    assert found.scores == tuple(sorted(baseline.scores, key=lambda item: item.key))
    assert found.sizes.fresh[()] == 100
    assert found.sizes.alone == 200


def test_one_changed_score_changes_one_line(score):
    scores = [matched(score, where={"sex": level}) for level in "abc"]
    first = baseline_text(kept(*scores)).splitlines()
    moved = baseline_text(kept(*scores[:2], matched(score, where={"sex": "c"}, value=0.75))).splitlines()
    assert len(first) == len(moved)
    assert sum(a != b for a, b in zip(first, moved, strict=True)) == 1


def test_an_update_needs_a_reason_and_keeps_the_log(score):
    first = kept(matched(score))
    second = kept(matched(score, value=0.6), reason="a new\ngenerator", date="2026-02-01", earlier=first)
    assert [(item.date, item.reason) for item in second.updates] == [
        ("2026-01-31", "the first good one"),
        ("2026-02-01", "a new generator"),
    ]
    assert second.updates[0].versions == ABOUT["versions"]
    with pytest.raises(ConfigError, match="needs a reason"):
        kept(matched(score), reason=" \n")


def test_a_file_that_is_not_there_yet_is_no_baseline(tmp_path):
    assert read_baseline("baseline.json", folder=tmp_path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "has format version None, this auditkit reads 1: write it with `auditkit baseline update`"),
        ('{"format_version": 2}', "install the auditkit that wrote it"),
        ('{"format_version": 1, "scores": []}', "is damaged .KeyError 'metrics'"),
        ("[", "expected JSON"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path, text, said):
    (tmp_path / "baseline.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_baseline(tmp_path / "baseline.json")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("scores", 0, "value"), None, "'value' is None and should be a number"),
        (("scores", 0, "value"), "0.5", "'value' is '0.5' and should be a number"),
        (("scores", 0, "value"), True, "'value' is True and should be a number"),
        (("scores", 0, "value"), 7.0, "'value' is 7.0 and should be 0 to 1"),
        (("scores", 0, "low"), 0.99, "'low' 0.99 lies above 'high'"),
        (("scores", 0, "where"), [], r"'where' is \[\] and should be a mapping of texts"),
        (("scores", 0, "direction"), "up", "should be higher, lower, match or none"),
        (("scores", 0, "n"), [1], "should be two counts"),
        (("scores",), {}, r"'scores' is \{\} and should be a list"),
        (("scores",), [3], "score 1 is 3 and should be a mapping"),
        (("versions",), [], "'versions' is"),
        (("data",), None, "'data' is None"),
        (("metrics", "coverage", "parameters"), None, "'parameters' is None"),
        (("format_version",), True, "format version True"),
    ],
)
def test_a_baseline_that_was_edited_wrongly_is_refused(score, tmp_path, place, value, said):
    data = json.loads(baseline_text(kept(matched(score, where={"sex": "m"}), matched(score))))
    at = data
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    (tmp_path / "baseline.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_baseline(tmp_path / "baseline.json")


def test_a_score_that_stands_twice_and_a_merge_conflict_are_named(score, tmp_path):
    path = tmp_path / "baseline.json"
    text = baseline_text(kept(matched(score)))
    data = json.loads(text)
    path.write_text(json.dumps(data | {"scores": data["scores"] * 2}), encoding="utf-8")
    with pytest.raises(DataError, match="it stands there twice"):
        read_baseline(path)
    path.write_text(f"<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n", encoding="utf-8")
    with pytest.raises(DataError, match="the marks of a merge conflict"):
        read_baseline(path)


@pytest.fixture
def repository(tmp_path, score, monkeypatch):
    """Repository whose first commit holds a baseline in the usual place and one elsewhere."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)

    program = shutil.which("git")
    if program is None:
        pytest.skip("git is not installed")

    def git(*words):
        subprocess.run([program, "-C", tmp_path, *words], check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    write_baseline(tmp_path / baseline_file.DEFAULT_BASELINE, kept(matched(score, value=0.8)))
    write_baseline(tmp_path / "ci" / "other.json", kept(matched(score, value=0.6)))
    (tmp_path / "broken.json").write_text("no", encoding="utf-8")
    git("add", "-A")
    git("-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-q", "-m", "first")
    write_baseline(tmp_path / baseline_file.DEFAULT_BASELINE, kept(matched(score, value=0.1)))
    return tmp_path


@pytest.mark.parametrize(
    ("place", "folder", "value"),
    [
        ("git:main", ".", 0.8),
        ("git:HEAD:ci/other.json", ".", 0.6),
        ("git:main:other.json", "ci", 0.6),
        ("git:main:../.auditkit/baseline.json", "ci", 0.8),
        (".auditkit/baseline.json", ".", 0.1),
    ],
)
def test_a_revision_is_read_by_git_relative_to_the_config(repository, place, folder, value):
    found = read_baseline(place, folder=repository / folder)
    assert found.scores[0].estimate.value == value


def test_a_revision_without_the_file_has_no_baseline_yet(repository):
    assert read_baseline("git:main:nope.json", folder=repository) is None
    assert read_baseline("git:main", folder=repository / "ci") is None


@pytest.mark.parametrize(
    ("place", "error", "said"),
    [
        ("git:", ConfigError, "names no revision: write it as git:main"),
        ("git:elsewhere", ConfigError, "revision 'elsewhere', which this repository does not have: fetch it"),
        ("git:--help", ConfigError, "does not have"),
        ("git:main:/etc/x.json", ConfigError, "needs a path relative"),
        ("git:main:../../x.json", ConfigError, "lies outside of the repository"),
        ("git:main:broken.json", DataError, "is no JSON"),
    ],
)
def test_a_baseline_that_git_cannot_give_is_refused(repository, place, error, said):
    with pytest.raises(error, match=said):
        read_baseline(place, folder=repository)


def test_no_repository_and_no_git_are_told(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(ConfigError, match="is in no git repository"):
        read_baseline("git:main", folder=tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="needs the program git: install it, or name a file"):
        read_baseline("git:main", folder=tmp_path)
