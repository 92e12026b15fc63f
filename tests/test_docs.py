"""Links of the documentation lead somewhere, and what scripts/docs writes is up to date."""

from pathlib import Path
import re
from xml.etree import ElementTree as ET

import pytest

from custom_components.timmy_access.protocol.networks import PRIVATE
from scripts.docs import DOCS, pages
from scripts.home import REPOSITORY

PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "CHANGELOG.md",
    REPOSITORY / "SECURITY.md",
    REPOSITORY / "benchmarks" / "README.md",
    *sorted(DOCS.glob("*.md")),
]
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
_OTHERWISE = re.compile(r"^[a-z]+:")
IDS = [str(page.relative_to(REPOSITORY)) for page in PAGES]


def prose(page: Path) -> str:
    """Return a page without its code."""
    return _FENCE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """Return what GitHub calls the headings of a page."""
    texts = (found["text"].strip().lower() for found in _HEADING.finditer(prose(page)))
    return {re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for found in _LINK.finditer(prose(page)):
        target = found["target"]
        if _OTHERWISE.match(target):
            assert target.startswith(("https://", "mailto:")), target
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_file(), target
        assert not anchor or anchor in anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_a_page_begins_with_its_only_title(page: Path) -> None:
    titles = [line for line in prose(page).splitlines() if line.startswith("# ")]
    assert len(titles) == 1
    assert page.read_text().startswith(titles[0])


def test_the_index_names_every_page() -> None:
    named = {(DOCS / found["target"]).resolve() for found in _LINK.finditer(prose(DOCS / "README.md"))}
    assert {page for page in DOCS.glob("*.md") if page.name != "README.md"} <= named


def test_every_promise_at_the_door_names_tests_that_there_are() -> None:
    rows = [line for line in (DOCS / "SAFETY.md").read_text().splitlines() if line.startswith("| ")]
    promises = [row for row in rows if row != "| Promise | Kept by |"]
    assert promises
    for promise in promises:
        named = re.findall(r"`(?P<file>[a-z_/]+\.py)::(?P<test>test_\w+)`", promise)
        assert named, promise
        for file, test in named:
            assert f"def {test}(" in (REPOSITORY / "tests" / file).read_text(), f"{file}::{test}"


def test_every_picture_is_shown() -> None:
    shown = "".join(map(prose, PAGES))
    unused = [path.name for path in (DOCS / "pictures").iterdir() if f"pictures/{path.name})" not in shown]
    assert unused == []


def test_what_is_written_by_a_script_is_up_to_date() -> None:
    written = pages()
    assert {"actions.md", "entities.md", "installation.md", "troubleshooting.md"} <= written.keys()
    assert [name for name, text in written.items() if (DOCS / name).read_text() != text] == []


def test_the_networks_that_are_allowed_at_first_are_those_of_the_code() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text()
    table = text[text.index("| Networks | What they are |") :].partition("\n\n")[0]
    told = [network for row in table.splitlines()[2:] for network in row.split("|")[1].strip().split(", ")]
    assert sorted(told) == sorted(PRIVATE.shown())


def test_a_table_that_nobody_makes_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.md").write_text("<!-- scripts/docs: nothing -->\n<!-- end -->\n")
    monkeypatch.setattr("scripts.docs.DOCS", tmp_path)
    with pytest.raises(KeyError, match="nothing"):
        pages()


@pytest.mark.parametrize("drawing", sorted((DOCS / "pictures").glob("*.svg")), ids=lambda path: path.stem)
def test_a_drawing_is_for_light_and_dark_and_says_what_it_shows(drawing: Path) -> None:
    root = ET.fromstring(drawing.read_text())  # noqa: S314 - our own file
    assert root.findtext("{http://www.w3.org/2000/svg}title")
    assert "prefers-color-scheme: dark" in drawing.read_text()


_PROMISE = re.compile(r"^\| (?P<promise>.+) \| (?P<kept_by>.+) \|$", re.MULTILINE)
_TEST = re.compile(r"`(?P<path>tests/[\w/]+\.py)::(?P<name>test_\w+)`")


def test_every_promise_is_kept_by_a_test_that_exists() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[0] == "What remains possible"
    table = text.partition("## What is promised")[2].partition("\n## ")[0]
    rows = [found.groups() for found in _PROMISE.finditer(table) if "---" not in found[0]][1:]
    assert len(rows) > 30
    for promise, kept_by in rows:
        found = _TEST.fullmatch(kept_by)
        assert found, promise
        source = (REPOSITORY / found["path"]).read_text()
        assert re.search(rf"^(?:async )?def {found['name']}\(", source, re.MULTILINE), kept_by


def test_every_attack_is_tried_by_tests_that_exist() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text()
    table = text.partition("## Attacks that were tried")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 17
    for row in rows:
        named = list(_TEST.finditer(row))
        assert named, row
        assert row.count("`tests/") == len(named), row
        for found in named:
            assert f"def {found['name']}(" in (REPOSITORY / found["path"]).read_text(), found[0]
