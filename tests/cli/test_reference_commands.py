from __future__ import annotations

import json

import pytest

ROLES = ("--label", "rich", "--group", "sex")
BUILD = ("reference", "build", "real.csv", "--holdout", "holdout.csv", *ROLES, "--out", "ref.safetensors")
AGAINST = ("audit", "--reference", "ref.safetensors", "--synthetic", "synthetic.csv")
SETS = ("--real", "real.csv", "--synthetic", "synthetic.csv", "--holdout", "holdout.csv")


@pytest.fixture
def built(run, folder):
    assert run("-q", *BUILD).code == 0
    return folder


def test_building_says_what_is_in_the_file_and_what_comes_next(run, folder):
    done = run(*BUILD)
    assert done.code == 0
    assert done.out.startswith(
        "ref.safetensors: features and digests of 120 real and 120 holdout units by embedder mixed"
    )
    assert "as confidential as the data" in done.err
    assert "auditkit audit --reference ref.safetensors" in done.err
    assert (folder / "ref.safetensors").is_file()


def test_an_audit_against_the_file_is_that_against_the_data(run, built):
    for place in ("real.csv", "holdout.csv"):
        (built / place).rename(built / f"away-{place}")
    assert run("-q", *AGAINST, "--out", "against").code == 0
    assert (built / "against" / "samples.parquet").read_bytes() == (built / "audit" / "samples.parquet").read_bytes()
    theirs, ours = (json.loads((built / name / "audit.json").read_text("utf-8")) for name in ("against", "audit"))
    assert theirs["about"].pop("fresh_breaches") == {}  # a reference holds no rows that could break a rule
    assert ours["about"].pop("fresh_breaches")
    assert theirs == ours
    assert run("check", "against").out == run("check", "audit").out
    assert run("report", "against").code == 0


def test_the_filter_finds_the_data_without_the_real_ones(run, built):
    run("-q", *AGAINST, "--out", "against")
    (built / "real.csv").unlink()
    done = run("filter", "against", "--out", "kept.csv")
    assert done.code == 0
    assert "of 120 samples" in done.out
    (built / "ref.safetensors").unlink()
    gone = run("filter", "against", "--out", "kept.csv")
    assert (gone.code, "the reference data of this audit" in gone.err) == (2, True)


def test_a_holdout_left_out_is_said_when_building(run, folder):
    done = run("reference", "build", "real.csv", *ROLES, "--out", "ref.safetensors")
    assert (done.code, folder.name) == (0, "here")
    (line,) = [line for line in done.out.splitlines() if line.startswith("cannot judge") and " copies," in line]
    assert line.startswith("cannot judge 4 gates (needs a holdout, and the reference was built without one): ")
    assert "exits 3" in done.err


def test_a_private_file_says_which_metrics_and_gates_it_cannot_serve(run, folder):
    done = run(*BUILD, "--private")
    assert done.code == 0
    assert "aggregates of 120 real and 120 holdout units by embedder mixed[grid=100,blur=3]" in done.out
    lines = done.out.splitlines()
    # One line for each reason, and nothing about units of several rows, which these data have none of.
    told = [line for line in lines if line.startswith("cannot")]
    measured = [line[line.index("(") : line.index("): ")] for line in told if "cannot measure" in line]
    assert len(set(measured)) == len(measured) <= 4
    metrics, gates = (
        {name for line in told if line.split()[1] == verb for name in line.rsplit(": ", 1)[1].split(", ")}
        for verb in ("measure", "judge")
    )
    assert "precision" in metrics
    assert not {"coherence", "transition_similarity"} & metrics
    assert not {"sequences", "next-rows", "steps", "sequence-lengths"} & gates
    copying, likeness = {"copies", "partial-copies", "closer-to-train"}, {"realism", "variety", "detectable"}
    tables = {"shapes", "levels", "missing-cells", "pairs", "correlations"}
    assert copying | likeness | tables | {"utility"} <= gates
    assert not gates & {"missing-groups", "group-shares", "label-rates", "missing-classes"}
    assert "confidential" not in done.err
    assert run("-q", *AGAINST, "--out", "against").code == 0
    scores = json.loads((folder / "against" / "audit.json").read_text(encoding="utf-8"))["scores"]
    status = {score["metric"]: score["status"] for score in scores if not score["where"]}
    assert (status["precision"], status["frechet_distance"]) == ("insufficient", "ok")
    assert run("check", "against").code == 3


def test_the_gates_of_a_config_decide_what_is_listed(run, folder):
    gate = '[[gate]]\nid = "{}"\nmetric = "{}"\nmax = 1\ndecide = "point"\n'
    text = 'extends = "none"\n' + gate.format("far", "kernel_distance") + gate.format("lost", "missing_groups")
    (folder / "gates.toml").write_text(text, encoding="utf-8")
    done = run(*BUILD, "--private", "-c", "gates.toml")
    (line,) = [line for line in done.out.splitlines() if line.startswith("cannot judge")]
    assert line.startswith("cannot judge 1 gate (needs records")
    assert line.endswith(": far")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--real", "real.csv"), "and not both"),
        (("--holdout", "holdout.csv"), "brings its own holdout"),
        (("--label", "sex"), "--label 'sex' does not fit the reference, whose label is 'rich'"),
        (("--key", "age"), "--key 'age' does not fit the reference, whose key is None"),
        (("--modality", "image"), "does not fit the reference"),
        (("--group", "age"), "unknown group 'age'"),
        (("--embedder", "mixed[grid=9]"), "features of embedder 'mixed', not of 'mixed[grid=9]'"),
    ],
)
@pytest.mark.usefixtures("built")
def test_options_that_do_not_fit_the_reference_are_refused(run, options, said):
    done = run(*AGAINST, *options, "--out", "against")
    assert done.code == 2
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.usefixtures("built")
def test_options_that_repeat_what_the_reference_knows_are_fine(run):
    done = run("-q", *AGAINST, *ROLES, "--embedder", "mixed", "--metric", "coverage", "--quick", "--out", "against")
    assert done.code == 0
    assert run(*AGAINST, "--plan", "--out", "nothing").code == 0


@pytest.mark.usefixtures("folder")
def test_an_audit_without_a_real_side_is_refused(run):
    done = run("audit", "--synthetic", "synthetic.csv", "--out", "against")
    assert (done.code, "needs --real R, or --reference F" in done.err) == (2, True)


def test_a_foreign_or_cut_file_is_one_sentence(run, built):
    content = (built / "ref.safetensors").read_bytes()
    (built / "cut").write_bytes(content[: len(content) // 2])
    for name in ("real.csv", "cut", "absent", "audit"):
        done = run("audit", "--reference", name, "--synthetic", "synthetic.csv", "--out", "against")
        assert (done.code, done.err.count("\n"), name in done.err) == (2, 1, True)


@pytest.mark.usefixtures("folder")
def test_what_cannot_be_built_is_one_sentence(run):
    nowhere = run("reference", "build", "nothing.csv", "--out", "ref.safetensors")
    assert (nowhere.code, nowhere.err.count("\n")) == (2, 1)
    blocked = run("reference", "build", "real.csv", "--out", "real.csv/ref.safetensors")
    assert (blocked.code, "is a file" in blocked.err) == (2, True)
    unknown = run("reference", "build", "real.csv", "--out", "ref.safetensors", "--embedder", "inception")
    assert (unknown.code, "unknown tabular embedder" in unknown.err) == (2, True)
