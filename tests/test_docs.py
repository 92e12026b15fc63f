"""Links of the documentation lead somewhere, what it names is called so, and what scripts/docs writes is up to date."""

from collections.abc import Iterable, Iterator
import json
from pathlib import Path
import re
from typing import Any
from xml.etree import ElementTree as ET

import hass_frontend
import pytest

from custom_components.timmy_access.hub.pending import MAX_PENDING, MAX_PENDING_PER_ADDRESS
from custom_components.timmy_access.protocol.codec import MAX_ITEMS, MAX_OBJECTS, MAX_VALUES
from custom_components.timmy_access.protocol.inflow import (
    UNADMITTED_BYTES,
    UNADMITTED_BYTES_PER_SECOND,
    UNADMITTED_FRAMES,
    UNADMITTED_FRAMES_PER_SECOND,
)
from custom_components.timmy_access.protocol.listener import (
    IDENTIFY_SECONDS,
    MAX_UNADMITTED_FRAME_BYTES,
    REFUSED_SECONDS,
)
from custom_components.timmy_access.protocol.lobby import MAX_WAITING, MAX_WAITING_PER_ADDRESS
from custom_components.timmy_access.protocol.networks import PRIVATE
from custom_components.timmy_access.protocol.pace import (
    MAX_BYTES_PER_SECOND,
    MAX_FRAMES_PER_SECOND,
    MAX_OBJECTS_PER_SECOND,
    MAX_VISITS_AT_ONCE,
    MAX_VISITS_PER_SECOND,
)
from custom_components.timmy_access.protocol.session import MAX_MALFORMED
from custom_components.timmy_access.records.records import NEWS_AT_ONCE, NEWS_PER_SECOND
from scripts.docs import DOCS, INTEGRATION, pages
from scripts.docs_tables import ENTITIES, name_of
from scripts.home import REPOSITORY
from scripts.pictures import SHOWN

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
    pictures = [path.name for path in (DOCS / "pictures").iterdir() if path.name != SHOWN]
    assert [name for name in pictures if f"pictures/{name})" not in shown] == []


def test_every_entity_in_a_picture_is_still_there() -> None:
    """What is not there any more, off at first or called otherwise has to be taken anew, with scripts/pictures."""
    known: dict[str, str | None] = {
        f"{platform}.{described.key}": name_of(platform, described)
        for platform, all_of_it in ENTITIES.items()
        for described in all_of_it
        if described.entity_registry_enabled_default
    }
    known |= {f"lock.door{number}_lock": None for number in range(1, 5)}
    shown = json.loads((DOCS / "pictures" / SHOWN).read_text())
    assert shown.keys() == {"dashboard", "security", "terminal"}
    assert all(shown.values())
    assert [entry for entities in shown.values() for entry in entities.items() if entry not in known.items()] == []


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


def test_what_a_peer_may_is_what_the_code_allows() -> None:
    text = " ".join((REPOSITORY / "SECURITY.md").read_text().split())
    assert UNADMITTED_FRAMES_PER_SECOND == MAX_VISITS_PER_SECOND == 1
    for told in (
        f"at most {MAX_PENDING_PER_ADDRESS} an address and {MAX_PENDING} in all",
        f"it gets {MAX_UNADMITTED_FRAME_BYTES // 1024} kB a frame",
        f"{UNADMITTED_FRAMES} frames and {UNADMITTED_BYTES // 1024} kB at once",
        f"then one frame and {UNADMITTED_BYTES_PER_SECOND // 1000} kB a second",
        f"{IDENTIFY_SECONDS:.0f} s to identify itself and {REFUSED_SECONDS:.0f} s in all",
        f"{MAX_WAITING} connections in all and {MAX_WAITING_PER_ADDRESS} an address",
        f"{MAX_FRAMES_PER_SECOND:,} frames and {MAX_BYTES_PER_SECOND / 1e6} MB a second",
        f"more than {MAX_ITEMS:,} records, {MAX_OBJECTS:,} objects or {MAX_VALUES:,} values are not taken",
        f"objects than firmware sends at {MAX_OBJECTS_PER_SECOND:,} objects a second",
        f"more than {MAX_VISITS_AT_ONCE} times at once, and then once a second",
        f"more than {NEWS_AT_ONCE} news at once, and then {NEWS_PER_SECOND:.0f} a second",
        f"{MAX_MALFORMED} broken frames in a row end the connection",
    ):
        assert told in text


def test_every_attack_is_tried_by_tests_that_exist() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text()
    table = text.partition("## Attacks that were tried")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 18
    for row in rows:
        named = list(_TEST.finditer(row))
        assert named, row
        assert row.count("`tests/") == len(named), row
        for found in named:
            assert f"def {found['name']}(" in (REPOSITORY / found["path"]).read_text(), found[0]


# What is in italics on a page that owners read is a text of ours or of Home Assistant's, but for these.
MENUS_OF_TERMINALS = {
    *("HTTPS", "IP", "Port", "Ratificar servidor", "SerPortNo", "Server IP", "Server ratify", "Server req"),
    *("Servermode", "Servidor Valida", "Sys info", "Use domain", "Use domainNm", "Yes", "Ủy quyền máy chủ"),
}
OF_HACS = {"Custom repositories", "Integration"}
# What a terminal shows (`hub.gate`), the statistic of a terminal, a name as an example, and columns of tables.
OTHERS = {
    "Gate",
    "Not admitted, see … in Home Assistant",
    "Number 17 …",
    "On at first",
    "Type",
    "User 17",
    "… accesses",
}
# Words that are stressed, and no names.
STRESSED = {"Assumed", "and", "every punch", "evacuation", "lockdown", "unknown"}
# Written by scripts/docs from our texts, or for others than owners.
OTHER_PAGES = {
    *("ARCHITECTURE.md", "CONTRIBUTING.md", "LEDGER.md", "PANEL_API.md", "PROTOCOL.md", "SAFETY.md"),
    *("actions.md", "blueprints.md"),
}
FOR_OWNERS = [page for page in (REPOSITORY / "README.md", *sorted(DOCS.glob("*.md"))) if page.name not in OTHER_PAGES]
_WRITTEN = re.compile(r"<!-- scripts/docs: .*?<!-- end -->", re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_BOLD = re.compile(r"\*\*[^*]+\*\*")
_ITEM = re.compile(r"^ *\* ", re.MULTILINE)
_ITALIC = re.compile(r"(?<![\w*])\*(?P<text>[^*\s][^*]*?)\*(?!\*)")
_PLACE = re.compile(r"\{\w+\}")
# A text with so many letters beside its placeholders says something by itself.
MEANINGFUL = 8


def texts_in(part: Any) -> Iterator[str]:
    """Yield every text of translations."""
    if isinstance(part, dict):
        for inner in part.values():
            yield from texts_in(inner)
    else:
        yield str(part)


def of_home_assistant() -> set[str]:
    files = (hass_frontend.where() / "static" / "translations").rglob("en-*.json")
    return {text for file in files for text in texts_in(json.loads(file.read_text()))}


def in_italics(page: Path) -> set[str]:
    """Return what a page has in italics, without what scripts/docs writes from our texts."""
    text = _WRITTEN.sub("", prose(page))
    text = _ITEM.sub("- ", _BOLD.sub("", _CODE.sub("", text)))
    return {" ".join(found["text"].split()) for found in _ITALIC.finditer(text)}


def is_said(phrase: str, texts: Iterable[str]) -> bool:
    """Return whether a phrase is a text or a part of one; `…` and placeholders stand for anything."""
    parts = [re.escape(part.strip()) for part in phrase.split("…") if part.strip()]
    if re.search(".*".join(parts), "\n".join(texts), re.IGNORECASE):
        return True
    for text in texts:
        fixed = _PLACE.split(text)
        # A long sentence with this part is none of the words of a short phrase.
        if MEANINGFUL <= len("".join(fixed).strip()) <= len(phrase) and re.search(
            ".+".join(map(re.escape, fixed)), phrase
        ):
            return True
    return False


def test_what_is_named_is_called_so() -> None:
    ours = set(texts_in(json.loads((INTEGRATION / "translations" / "en.json").read_text())))
    theirs = of_home_assistant()
    assert {"Devices & services", "Recreate entity IDs"} <= theirs
    others = theirs | MENUS_OF_TERMINALS | OF_HACS | OTHERS | STRESSED
    wrong = {
        (page.name, phrase)
        for page in FOR_OWNERS
        for phrase in in_italics(page)
        if phrase.rstrip(":,") not in others and phrase not in ours and not is_said(phrase, ours)
    }
    assert wrong == set()


@pytest.mark.parametrize("phrase", ["Door sensor type", "News for", "Developer tools", "Show ignored"])
def test_a_name_of_yesterday_is_found(phrase: str) -> None:
    ours = set(texts_in(json.loads((INTEGRATION / "translations" / "en.json").read_text())))
    assert phrase not in of_home_assistant() | ours
    assert not is_said(phrase, ours)
