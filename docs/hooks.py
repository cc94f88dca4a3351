"""What mkdocs does beside its usual work: adds the pages of docs/pages.py, and takes in pages from outside docs/."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).parent))
import pages

ROOT = Path(__file__).resolve().parent.parent
# Where the site has what stands in lists.md for readers of the checkout.
ON_SITE = {
    "lists.md": "metrics/index.md",
    "lists.md#gates-of-the-presets": "gates.md",
    "lists.md#generators": "generators/index.md",
    "lists.md#embedders": "all-embedders.md",
}
FROM_ROOT = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}


def on_config(config: Any) -> Any:
    """Fill in the parts of the navigation that are made."""
    config.nav = _filled(config.nav)
    return config


def _filled(item: Any) -> Any:
    if isinstance(item, list):
        found: list[Any] = []
        for part in item:
            made = isinstance(part, str) and part.startswith("@")
            found += pages.nav(part) if made else [_filled(part)]
        return found
    return {key: _filled(value) for key, value in item.items()} if isinstance(item, dict) else item


def on_files(files: Files, config: Any) -> Files:
    """Add what is made, and what stands at the top of the checkout."""
    texts = dict(pages.everything())
    for name, place in FROM_ROOT.items():
        texts[place] = re.sub(r"\]\(docs/", "](", (ROOT / name).read_text(encoding="utf-8"))
    for place, text in texts.items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:  # noqa: ARG001 - the names are mkdocs'
    """Links to files of the checkout that are no pages become their names; lists may follow a line of text."""
    depth = page.file.src_uri.count("/")
    below = "../" * depth

    def link(found: re.Match[str]) -> str:
        text, target = found[1], found[2]
        if "://" in target or target.startswith("#"):
            return found[0]
        up = target.count("../")
        place = target[3 * up :]
        if place in ON_SITE:
            return f"[{text}]({below}{ON_SITE[place]})"
        name = place.partition("#")
        if name[0] in FROM_ROOT:
            return f"[{text}]({below}{FROM_ROOT[name[0]]}{name[1]}{name[2]})"
        outside = up > depth and page.file.generated_by is None
        return f"{text} (`{name[0]}`)" if outside and name[0] not in text else text if outside else found[0]

    linked = re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, markdown)
    if page.file.generated_by is None:
        linked = pages.linked(linked, folder=f"{below}metrics/", once=True)
    parts = re.split(r"(?ms)(^ *```.*?^ *```[ \t]*$)", linked)
    parts[::2] = [re.sub(r"(?m)^(?![-*|> \t]|\d+\. )(.+)\n(?=[-*] )", r"\1\n\n", part) for part in parts[::2]]
    return "".join(parts)


def on_post_page(output: str, page: Any, config: Any) -> str:  # noqa: ARG001 - the names are mkdocs'
    """The theme's search is a dialog without a name, and its tables scroll where the keyboard cannot reach them."""
    search = 'data-md-component="search" role="dialog"'
    named = output.replace(search, f'{search} aria-label="Search"')
    return named.replace("<table>", '<table tabindex="0">')
