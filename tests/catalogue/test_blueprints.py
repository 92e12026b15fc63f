"""Blueprints can be imported, explain themselves, and use what there is."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import pytest
import voluptuous as vol

from custom_components.timmy_access.automation.conditions import CONDITIONS
from custom_components.timmy_access.automation.triggers import TRIGGERS
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.services import ACTIONS
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.yaml import parse_yaml
from scripts.home import REPOSITORY

from .repository import HACS, INTEGRATION, MANIFEST

FOLDER = INTEGRATION / "blueprints"
SOURCE = f"{MANIFEST['documentation']}/blob/main/{FOLDER.relative_to(REPOSITORY)}"
# A description says in a sentence or two what the automation does and what it needs.
DESCRIPTION_LETTERS = 100
_USED = re.compile(r"!input (?P<name>\w+)$", re.MULTILINE)
_OURS = re.compile(rf"\b(?P<sort>action|condition|trigger): {DOMAIN}\.(?P<name>\w+)")
# What makes text of a message that Home Assistant's own page reads as Markdown: no markup, and no address that becomes
# a link by itself.
AS_TEXT = r"regex_replace('(?i)([\\\\`*_\\[\\]<>#|~!@&]|(?<=http):|(?<=https):|(?<=ftp):|(?<=www)\\.)', '\\\\\\1')"
KNOWN = {
    "action": {action.name for action in ACTIONS},
    "condition": {description.key for description in CONDITIONS},
    "trigger": {description.key for description in TRIGGERS},
}


def inputs_of(about: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs, also those of sections."""
    found: dict[str, Any] = {}
    for name, given in about.get("input", {}).items():
        found |= given.get("input", {name: given})
    return found


def faults(name: str, text: str) -> Iterator[str]:
    """Yield what is wrong with a blueprint of that name."""
    try:
        about = BLUEPRINT_SCHEMA(parse_yaml(text))["blueprint"]
    except (HomeAssistantError, vol.Invalid) as err:
        yield f"no blueprint: {err}"
        return
    if about["domain"] != "automation":
        yield "no automation"
    if about.get("source_url") != f"{SOURCE}/{name}.yaml":
        yield "cannot be updated from where it is"
    if about.get("homeassistant", {}).get("min_version") != HACS["homeassistant"]:
        yield "another minimum version"
    if len(about.get("description", "")) <= DESCRIPTION_LETTERS:
        yield "explains too little"
    inputs = inputs_of(about)
    for key, given in inputs.items():
        if not given.get("name") or not str(given.get("description")).endswith(".") or not given.get("selector"):
            yield f"{key}: not explained"
    used = set(_USED.findall(text))
    yield from (f"{key}: asked for in vain" for key in sorted(inputs.keys() - used))
    yield from (f"{key}: never asked for" for key in sorted(used - inputs.keys()))
    for found in _OURS.finditer(text):
        if found["name"] not in KNOWN[found["sort"]]:
            yield f"there is no {found['sort']} {found['name']}"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_blueprint_can_be_imported_and_explains_itself(path: Path) -> None:
    assert list(faults(path.stem, path.read_text())) == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_message_that_is_read_as_markdown_is_made_text(path: Path) -> None:
    text = path.read_text()
    assert text.count("persistent_notification.create") == text.count(AS_TEXT)


def test_all_blueprints_lie_where_they_are_imported_from() -> None:
    assert {path.suffix for path in FOLDER.iterdir()} == {".yaml"}


GOOD = f"""\
blueprint:
  name: Tell who came
  description: >-
    Sends a message to phones with the name of whoever came in, as soon as the terminal lets them in. Needs no more.
  domain: automation
  source_url: {SOURCE}/tell.yaml
  homeassistant:
    min_version: {HACS["homeassistant"]}
  input:
    terminals:
      name: Terminals
      description: Whose doors to watch.
      selector:
        target:
triggers:
  - trigger: {DOMAIN}.access_granted
    target: !input terminals
actions:
  - action: {DOMAIN}.get_users
"""


def test_a_good_one() -> None:
    assert list(faults("tell", GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("domain: automation", "domain: script", "no automation"),
        ("tell.yaml", "told.yaml", "cannot be updated from where it is"),
        (f"min_version: {HACS['homeassistant']}", "min_version: 2025.1.0", "another minimum version"),
        (" as soon as the terminal lets them in.", "", "explains too little"),
        ("Whose doors to watch.", "Terminals", "terminals: not explained"),
        ("    target: !input terminals\n", "", "terminals: asked for in vain"),
        ("!input terminals", "!input doors", "doors: never asked for"),
        ("access_granted", "access_given", "there is no trigger access_given"),
        ("get_users", "list_users", "there is no action list_users"),
    ],
)
def test_what_is_refused(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    assert fault in list(faults("tell", GOOD.replace(old, new)))


@pytest.mark.parametrize("text", ["blueprint:\n", "automation: []\n", "blueprint: [\n"])
def test_what_is_no_blueprint(text: str) -> None:
    (fault,) = faults("tell", text)
    assert fault.startswith("no blueprint")
