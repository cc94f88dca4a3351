"""The tutorials run and print what they show; what runs them sees a page that does not (tests/tutorials.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutorials import PageError, commands, run_page, same_line

TUTORIALS = sorted((Path(__file__).resolve().parent.parent / "docs" / "tutorials").glob("*.md"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_prints_what_it_shows(path, tmp_path):
    assert run_page(path, tmp_path).shown >= 3


@pytest.fixture
def page(tmp_path):
    """Runs a page that is written here: `page("python", "print(1)", "text", "1")`."""

    def run(*parts):
        fences = zip(parts[::2], parts[1::2], strict=True)
        text = "# A page\n\n" + "\n\n".join(f"```{language}\n{inside}\n```" for language, inside in fences)
        path = tmp_path / "page.md"
        path.write_text(text + "\n", encoding="utf-8")
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        return run_page(path, folder)

    return run


def test_blocks_share_names_and_a_folder(page):
    done = page(
        'toml title="some/name.toml"', "[a]",
        'python title="own.py"', "print('read')\nvalue = 3",
        "python", "from own import value",
        "text", "read",
        "python", "from pathlib import Path\nprint(value, Path('some/name.toml').read_text())",
        "text", "3 [a]\n",
        "console", "python own.py",
        "text", "read",
    )  # fmt: skip
    assert (done.out, done.shown) == ("read\n3 [a]\n\nread\n", 3)


def test_commands_run_in_process_and_their_exit_codes_are_told(page):
    done = page(
        "console", "# exits with 2\nauditkit check \\\n    nowhere",
        "text", "error: ...'nowhere'...",
        "console", "auditkit --version  # says which",
        "text", "auditkit ...",
    )  # fmt: skip
    assert done.shown == 2
    assert commands("auditkit check 'a b' # exits with 1\nauditkit list # all") == [
        (["auditkit", "check", "a b"], 1),
        (["auditkit", "list"], 0),
    ]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (["python", "print('one')", "text", "two"], r"line 8: the page shows - and \+ is printed"),
        (["python", "print('one\\ntwo')", "text", "one"], "the page shows"),
        (["python", "print(1.5)", "text", "1.2"], "the page shows"),
        (["python", "print(1)", "text", "...\n2"], "the page shows"),
        (["console", "auditkit check nowhere"], "line 4: auditkit check nowhere exits with 2, not 0.\nerror: "),
        (["console", "auditkit --version # exits with 1"], "exits with 0, not 1"),
        (["python", "import warnings\nwarnings.warn('careful')"], "careful"),
        (["python", "\n\nnothing"], 'page.md", line 6'),
        (["sh", "make", "text", "made"], "that does not run"),
        (["console", "ls"], "only `auditkit ...`"),
        (["console", "python -c 1"], "only `auditkit ...`"),
        (["python", "print(1)\n```"], "'```' opens or closes no block"),
    ],
)
def test_a_page_that_is_wrong_fails(page, parts, said):
    with pytest.raises(PageError, match=said):
        page(*parts)


@pytest.mark.parametrize(
    ("wanted", "found", "same"),
    [
        ("a  1.00 b", " a 1.09   b", True),
        ("a 1.00 b", "a 1.11 b", False),
        ("0.001", "0.002", True),
        ("0.001", "0.003", False),
        ("9 rows", "8 rows", False),
        ("1,000 rows", "950 rows", True),
        ("R1 is near", "R2 is near", False),
        ("-0.5 .. 1e-05", "-0.52 .. 1.05e-05", True),
        ("-0.5", "0.5", False),
        ("in ... s [0.30, 0.40]", "in 3.7 s [0.31, 0.39]", True),
        ("12 %", "12 %.", False),
    ],
)
def test_words_are_exact_and_numbers_near(wanted, found, same):
    assert same_line(wanted, found) is same
