"""The README shows what one gets, says how to get it, and its numbers are right."""

from collections.abc import Iterator, Mapping
import re

from awesomeversion import AwesomeVersion
import pytest

from custom_components.timmy_access.services import ACTIONS
from homeassistant.util.yaml import load_yaml_dict
from scripts.home import REPOSITORY

from .repository import HACS, LANGUAGES, MANIFEST
from .test_hacs import month, pinned

README = (REPOSITORY / "README.md").read_text()
BLUEPRINTS = list((REPOSITORY / "custom_components" / "timmy_access" / "blueprints").glob("*.yaml"))
WORDS = {"ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15}
# Badges are no pictures of what one gets.
BADGES = ("shields.io", "-shield", "badge", "buymeacoffee.com")
_PICTURE = re.compile(r"!\[(?P<says>[^\]]*)\]\((?P<target>[^)]+)\)")
_COUNT = re.compile(r"(?P<number>\d+|[a-z]+)\s+(?P<what>actions|blueprints|languages)\b")
_PROVEN = re.compile(r"Proven with (?P<first>[\d.]+) and (?P<last>[\d.]+):")
COUNTS = {"actions": len(ACTIONS), "blueprints": len(BLUEPRINTS), "languages": len(LANGUAGES)}


def faults(readme: str, counts: Mapping[str, int], hacs: Mapping[str, str]) -> Iterator[str]:
    """Yield what is missing in a README, and which of its numbers are wrong."""
    if not readme.startswith(f"# {hacs['name']}"):
        yield "another title"
    pictures = [found for found in _PICTURE.finditer(readme) if not any(badge in found["target"] for badge in BADGES)]
    if not pictures:
        yield "no picture"
    if not all(found["says"] for found in pictures):
        yield "a picture without words"
    install = readme.partition("\n## Install\n")[2].partition("\n## ")[0]
    if "HACS" not in install or "*Settings*, *Devices & services*" not in install:
        yield "no way to install it"
    if f"Needs Home Assistant {month(hacs['homeassistant'])} or newer." not in install:
        yield "another minimum version"
    said = {found["what"]: WORDS.get(found["number"], found["number"]) for found in _COUNT.finditer(readme)}
    for what, number in counts.items():
        if str(said.get(what)) != str(number):
            yield f"{said.get(what)} {what} instead of {number}"


def test_the_readme_shows_what_one_gets() -> None:
    assert list(faults(README, COUNTS, HACS)) == []


def test_versions_that_are_called_proven_are_those_of_the_tests() -> None:
    found = _PROVEN.search(README)
    assert found is not None
    tested = load_yaml_dict(REPOSITORY / ".github" / "workflows" / "tests.yaml")["jobs"]["tested"]
    assert tested["name"] == f"Home Assistant {found['first']} and {found['last']}"
    assert found["first"] == pinned((REPOSITORY / "requirements" / "dev.txt").read_text())
    # The other requirements hold the newest release, which may have gone on since, and never goes back.
    newest = pinned((REPOSITORY / "requirements" / "newest.txt").read_text())
    assert AwesomeVersion(newest) >= found["last"]


def test_the_code_owner_is_the_owner_of_the_repository() -> None:
    assert MANIFEST["documentation"].split("/")[3] == MANIFEST["codeowners"][0].removeprefix("@")


GOOD = """\
# Ours

![A door](docs/door.png)

There are **2 actions**, ten blueprints, in thirteen
languages.

## Install

Needs Home Assistant 2026.10 or newer.

In HACS, then *Settings*, *Devices & services*.

## More
"""


def judged(readme: str) -> list[str]:
    counts = {"actions": 2, "blueprints": 10, "languages": 13}
    return list(faults(readme, counts, {"name": "Ours", "homeassistant": "2026.10.0"}))


def test_a_good_one() -> None:
    assert judged(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("# Ours", "# Theirs", "another title"),
        ("docs/door.png", "https://img.shields.io/door.png", "no picture"),
        ("[A door]", "[]", "a picture without words"),
        ("In HACS,", "By hand,", "no way to install it"),
        ("## Install\n", "## Setup\n", "no way to install it"),
        ("2026.10 or newer", "2026.9 or newer", "another minimum version"),
        ("2 actions", "3 actions", "3 actions instead of 2"),
        ("ten blueprints", "twelve blueprints", "12 blueprints instead of 10"),
        ("thirteen\nlanguages", "many\nlanguages", "many languages instead of 13"),
    ],
)
def test_what_is_refused(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    assert fault in judged(GOOD.replace(old, new))
