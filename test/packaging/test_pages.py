# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the pages link to, name and tell to run is there."""

from __future__ import annotations

import ast
import functools
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
# Pages about the code: every code span in them is a name in the sources.
ABOUT_CODE = [
    ROOT / name
    for name in ("docs/architecture.md", "docs/method.md", "CONTRIBUTING.md")
    if (ROOT / name).is_file()
]


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def code_spans(page: Path) -> list[str]:
    return list(dict.fromkeys(re.findall(r"`([^`\n]+)`", prose(page))))


# ---- links ---------------------------------------------------------------------------------------


def links(page: Path) -> list[str]:
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_link_leads_somewhere(page: Path) -> None:
    wrong = []
    for link in links(page):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


def test_every_page_is_linked_from_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert {page_id(page) for page in PAGES if page not in linked} == {"README.md"}


def test_every_picture_of_the_pages_is_shown() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    pictures = {path for kind in ("png", "jpg", "webp") for path in ROOT.glob(f"docs/**/*.{kind}")}
    assert pictures - shown == set()


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 150
    assert (ROOT / "docs" / "tracking.webp").stat().st_size < 400_000


# ---- names ---------------------------------------------------------------------------------------


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yields what a module defines, and the words that it has as texts (topics, settings)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
            yield from (f"{node.name}.{name}" for name in members(node))
        elif isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def members(node: ast.ClassDef) -> Iterator[str]:
    for item in node.body:
        if isinstance(item, ast.FunctionDef):
            yield item.name
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            yield item.target.id


@functools.cache
def known_names() -> frozenset[str]:
    folders = (ROOT / "rlt_ros", ROOT / "launch", ROOT / "tools")
    files = [path for folder in folders for path in folder.rglob("*.py")]
    found = {name for path in files for name in names_in(ast.parse(path.read_text()))}
    for path in (ROOT / "msg").glob("*.msg"):
        found |= set(re.findall(r"^\w+(?:/\w+)? (\w+)", path.read_text(), re.MULTILINE))
        found.add(path.stem)
    return frozenset(found)


@functools.cache
def known_paths() -> frozenset[str]:
    """Every file and folder of the checkout, from each of its folders on; modules without .py."""
    found = set()
    for top in ("rlt_ros", "test", "tools", "docs", "config", "launch", "msg", "ros_from_pypi"):
        for path in (ROOT / top, *(ROOT / top).rglob("*")):
            parts = path.relative_to(ROOT).parts
            if "__pycache__" not in parts:
                found |= {"/".join(parts[start:]) for start in range(len(parts))}
    found |= {path.name for path in ROOT.iterdir()}
    return frozenset(found | {name.removesuffix(".py") for name in found})


def is_there(span: str) -> bool:
    """Whether what a code span names is in the sources; words with values or options are not."""
    name = span.removesuffix("()").removesuffix("/")
    return name in known_names() or name in known_paths() or name.replace(".", "/") in known_paths()


@pytest.mark.parametrize("page", ABOUT_CODE, ids=page_id)
def test_every_name_in_a_page_about_the_code_exists(page: Path) -> None:
    spans = [span for span in code_spans(page) if re.fullmatch(r"[\w./()-]+", span)]
    others = {"rlt-track", "rlt-bench", "mypy", "--help"}  # programs, and what all of them have
    assert [span for span in spans if not is_there(span) and span not in others] == []


def test_the_check_sees_a_name_that_is_not_there() -> None:
    assert is_there("Tracker.init")
    assert is_there("rlt_ros/tracking/")
    assert not is_there("Tracker.swim")
    assert not is_there("rlt_ros/swimming/")


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"\brlt_ros(?:\.\w+)+", page.read_text())
    missing = []
    for name in named:
        if name.startswith("rlt_ros.msg"):  # is generated
            continue
        module, _, last = name.rpartition(".")
        path = ROOT.joinpath(*name.split("."))
        holder = ROOT.joinpath(*module.split(".")).with_suffix(".py")
        inside = holder.is_file() and re.search(rf"\b{last}\b", holder.read_text())
        if not (path.is_dir() or path.with_suffix(".py").is_file() or inside):
            missing.append(name)
    assert missing == []


# ---- commands (those of rlt-bench and rlt-track are in test/commands) ----------------------------


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_what_a_page_tells_to_run_is_there(page: Path) -> None:
    code = "\n".join(re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL))
    code += "\n".join(code_spans(page))
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z]+)", code, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for module in re.findall(r"python -m (rlt_ros[\w.]*)", code):
        assert importlib.util.find_spec(module), module
    for file in re.findall(r"python (tools/\S+)|(?:^|\s)\. (tools/\S+)", code, re.MULTILINE):
        assert (ROOT / "".join(file)).is_file(), file
    for file in re.findall(r"ros2 launch rlt_ros (\S+)", code):
        assert (ROOT / "launch" / file).is_file(), file
