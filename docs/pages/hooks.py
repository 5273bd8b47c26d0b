"""MkDocs' hooks: generated pages, the navigation, and links that lead out of the documentation."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
# MkDocs loads this file by its path.
sys.path.insert(0, str(ROOT))

from docs.pages import command_line, environments, results  # noqa: E402

DOCS = ROOT / "docs"
_TITLE = re.compile(r"^# (.+)$", flags=re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\((\.\./[^)\s#]+)(?:#[^)]*)?\)")
Pages = dict[str, str]


def generated() -> Pages:
    """Every page without a file: its address and its text."""
    return {**environments.pages(), **command_line.pages(), **results.pages()}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Navigation from what there is: a page appears by being written."""
    pages = generated()
    config.extra["generated"] = pages
    guides = [path for path in sorted(DOCS.glob("*.md")) if path.name != "index.md"]
    config.nav = [
        {"Home": "index.md"},
        {"Tutorials": [_entry(path) for path in sorted((DOCS / "tutorials").glob("*.md"))]},
        {"Guides": [_entry(path) for path in guides]},
        {"Environments": [address for address in pages if address.startswith("environments/")]},
        {"Results": [address for address in pages if address.startswith("results")]},
        {"Command line": "command_line.md"},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for address, text in config.extra["generated"].items():
        files.append(File.generated(config, address, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Show a link to a file of the repository outside of docs/ as that file's name."""
    here = (DOCS / page.file.src_uri).parent

    def shown(match: re.Match[str]) -> str:
        target = (here / match[2]).resolve()
        if target.is_relative_to(DOCS) or not target.exists():
            return match[0]
        words = match[1] if match[1].startswith("`") else f"`{match[1]}`"
        path = f"`{target.relative_to(ROOT)}`"
        return path if words == path else f"{match[1]} ({path})"

    return _LINK.sub(shown, markdown)


def _entry(path: Path) -> dict[str, str]:
    title = _TITLE.search(path.read_text(encoding="utf-8"))
    if title is None:
        raise ValueError(f"{path}: expected a first heading such as '# Studies'")
    return {title[1]: path.relative_to(DOCS).as_posix()}
