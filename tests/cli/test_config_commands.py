"""`auditkit config check`: what is right is said so, what is wrong is named with its place."""

from __future__ import annotations

import pytest

from auditkit.gates import preset


def write(folder, text: str) -> None:
    (folder / "auditkit.toml").write_text(text, encoding="utf-8")


def test_a_right_config_is_called_right(run, folder):
    write(folder, '[data]\nreal = "real.csv"\nsynthetic = "later.csv"\n')
    done = run("config", "check")
    assert (done.code, done.out) == (0, f"auditkit.toml: right, {len(preset())} gates, 0 filter rules\n")
    assert done.err == "note: synthetic = 'later.csv' does not exist yet.\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[audit\n", "auditkit.toml:1:7: this is no valid TOML"),
        ("[audit]\nsede = 3\n", "auditkit.toml:2:1: unknown key 'sede' in [audit]; did you mean 'seed'?"),
        ('[generator]\nname = "crat"\n', "auditkit.toml:2:1: unknown generator 'crat'; did you mean 'cart'?"),
        ('[audit]\nembedder = "mixd"\n', "auditkit.toml:2:1: unknown embedder 'mixd'; did you mean 'mixed'?"),
        ('[audit]\nmetrics = ["recal"]\n', "auditkit.toml:2:12: unknown metric 'recal'; did you mean 'recall'?"),
        ('[ablation]\nmodels = ["boost"]\n', "auditkit.toml:2:11: unknown ablation model 'boost'"),
        (
            '[ablation]\nmeasures = ["acuracy"]\n',
            "auditkit.toml:2:13: unknown measure 'acuracy'; did you mean 'accuracy'?",
        ),
        (
            '[ablation]\ngenerators = ["smoke"]\n',
            "auditkit.toml:2:15: unknown generator 'smoke'; did you mean 'smote'?",
        ),
        ('[ablation]\nmitigations = ["reweigh"]\n', "auditkit.toml:2:16: unknown mitigation 'reweigh'"),
        ('[ablation]\nperturb = ["noise", "nose"]\n', "auditkit.toml:2:21: unknown disturbance"),
        ("[ablation]\ncurve = [0, 1.5]\n", "auditkit.toml:2:"),
        ('[ablation]\narms = ["real", "rel"]\n', "auditkit.toml:2:17: unknown arm 'rel'; did you mean 'real'?"),
        ('[[filter]]\ncolumn = "realsm"\nmin = 1.0\n', "auditkit.toml:2:1: unknown column 'realsm'; did you mean"),
        ('[[quota]]\nby = ["sex"]\nprefer = "realsm"\n', "auditkit.toml:3:1: unknown column 'realsm'; did you mean"),
        ('[[gate]]\nid = "a"\nmetric = "recal"\nmax = 1.0\n', "auditkit.toml:3:1: gate 'a' names"),
    ],
)
def test_a_mistake_is_named_with_its_place(run, folder, text, said):
    write(folder, text)
    for command in (["config", "check"], ["run"]):
        done = run(*command)
        assert done.code == 2
        assert said in done.err
        assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "aeg >= 20",
            "auditkit.toml:4:16: constraint 'aeg >= 20', position 1: unknown column 'aeg'; did you mean 'age'?",
        ),
        ("sex >= 20", "auditkit.toml:4:16: constraint 'sex >= 20', position 1: "),
    ],
)
def test_a_constraint_that_does_not_fit_the_real_data_is_named_with_its_place(run, folder, rule, said):
    write(folder, f'[data]\nreal = "real.csv"\n[audit]\nconstraints = ["{rule}"]\n')
    for command in (["config", "check"], ["run"]):
        done = run(*command)
        assert (done.code, said in done.err, done.err.count("\n")) == (2, True, 1)


def test_constraints_are_checked_where_the_real_data_can_be_read(run, folder):
    for rule, real, code in (("age >= 20", "real.csv", 0), ("aeg >= 20", "later.csv", 0), ("aeg >= 20", "bad.csv", 0)):
        (folder / "bad.csv").write_text("", encoding="utf-8")
        write(folder, f'[data]\nreal = "{real}"\n[audit]\nconstraints = ["{rule}"]\n')
        done = run("config", "check")
        assert done.code == code
        assert ("were not held against real = 'bad.csv'" in done.err) == (real == "bad.csv")


def test_several_configs_are_checked_one_after_the_other(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("a.toml", ""), ("b.toml", "[audit]\nseed = 3\n"), ("c.toml", "[audit]\nsede = 3\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run("config", "check", "a.toml", "b.toml")
    assert (done.code, [line.split(":")[0] for line in done.out.splitlines()]) == (0, ["a.toml", "b.toml"])
    done = run("config", "check", "b.toml", "c.toml")
    assert (done.code, "c.toml:2:1: unknown key 'sede'" in done.err) == (2, True)


def test_every_config_that_is_wrong_is_told(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in (("a.toml", "[audit]\nsede = 3\n"), ("b.toml", ""), ("c.toml", "[adit]\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run("config", "check", "a.toml", "b.toml", "c.toml", "absent.toml")
    assert done.code == 2
    assert [line.split(":")[0] for line in done.out.splitlines()] == ["b.toml"]
    lines = done.err.splitlines()
    assert [line[:14] for line in lines[:2]] == ["error: a.toml:", "error: c.toml:"]
    assert len(lines) == 3
    assert "absent.toml" in lines[2]
