"""Icons are where Home Assistant looks for them, exist, and none repeats its default."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

import hass_frontend
import pytest
import voluptuous as vol

from custom_components.timmy_access.services import ACTIONS

from ..integration.test_texts import DESCRIPTIONS
from .repository import ICONS, INTEGRATION, TEXTS, complaints

KNOWN = {
    f"mdi:{icon['name']}"
    for icon in json.loads((Path(hass_frontend.where()) / "static" / "mdi" / "iconList.json").read_text())
}
ICON = vol.In(KNOWN)
# Home Assistant's keys of translations: lower case, and nothing but a letter or digit at both ends.
KEY = vol.Match(r"^(?!.*[_-]{2})[a-z0-9]([a-z0-9_-]*[a-z0-9])?$")
_BY_STATE = {vol.Optional("default"): ICON, vol.Optional("state"): {KEY: ICON}}
_SECTIONS = {vol.Optional("sections"): {KEY: ICON}}
_STEPS = {vol.Required("step"): {str: {vol.Required("sections"): {KEY: ICON}}}}
SCHEMA = vol.Schema(
    {
        vol.Optional("conditions"): {KEY: {vol.Required("condition"): ICON, **_SECTIONS}},
        vol.Optional("config"): _STEPS,
        vol.Optional("entity"): {
            vol.In(DESCRIPTIONS): {
                KEY: {
                    **_BY_STATE,
                    vol.Optional("range"): {vol.Match(r"^-?\d+(\.\d+)?$"): ICON},
                    vol.Optional("state_attributes"): {KEY: _BY_STATE},
                }
            }
        },
        vol.Optional("issues"): {KEY: {vol.Required("fix_flow"): _STEPS}},
        vol.Optional("options"): _STEPS,
        vol.Optional("services"): {KEY: {vol.Required("service"): ICON, **_SECTIONS}},
        vol.Optional("triggers"): {KEY: {vol.Required("trigger"): ICON, **_SECTIONS}},
    }
)
LOCK = "mdi:lock"


def repeated(node: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield where a state, or a range, has the icon it would have anyway."""
    for part in ("state", "range"):
        for key, icon in node.get(part, {}).items():
            if icon == node.get("default"):
                yield f"{path}/{part}/{key}"
    for key, value in node.items():
        if isinstance(value, dict):
            yield from repeated(value, f"{path}/{key}")


def icons_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for inner in node.values():
            yield from icons_in(inner)
    else:
        yield node


def test_the_frontend_tells_its_icons() -> None:
    assert len(KNOWN) > 7000


def test_icons_are_where_they_are_looked_for_and_exist() -> None:
    assert complaints(SCHEMA, ICONS) == []


def test_no_icon_repeats_its_default() -> None:
    assert list(repeated(ICONS)) == []


@pytest.mark.parametrize(
    "icons",
    [
        {"entity": {"lock": {"door": {"default": "mdi:no-such-icon"}}}},
        {"entity": {"lock": {"door": {"default": "hass:lock"}}}},
        {"entity": {"event": {"door": {"states": {"open": LOCK}}}}},
        {"entity": {"event": {"Door": {"default": LOCK}}}},
        {"entity": {"event": {"door": {"state": {"open-": LOCK}}}}},
        {"entity": {"event": {"door": {"range": {"low": LOCK}}}}},
        {"entity": {"doors": {"door": {"default": LOCK}}}},
        {"services": {"open_door": LOCK}},
        {"services": {"open_door": {"trigger": LOCK}}},
        {"triggers": {"opened": {}}},
        {"conditions": {"is_open": {"condition": "lock"}}},
        {"panel": {"default": LOCK}},
    ],
    ids=str,
)
def test_what_is_refused(icons: dict[str, Any]) -> None:
    assert complaints(SCHEMA, icons)


@pytest.mark.parametrize(
    ("icons", "where"),
    [
        ({"default": LOCK, "state": {"on": LOCK, "off": "mdi:door"}}, "/door/state/on"),
        ({"default": LOCK, "range": {"0": LOCK}}, "/door/range/0"),
        (
            {"default": "mdi:door", "state_attributes": {"event_type": {"default": LOCK, "state": {"open": LOCK}}}},
            "/door/state_attributes/event_type/state/open",
        ),
    ],
)
def test_a_repeated_icon_is_refused(icons: dict[str, Any], where: str) -> None:
    assert list(repeated({"door": icons})) == [where]


def test_icons_that_code_names_exist() -> None:
    named: set[str] = set()
    for path in INTEGRATION.rglob("*.py"):
        named |= set(re.findall(r'"(mdi:[\w-]+)"', path.read_text()))
    assert named
    assert named - KNOWN == set()


@pytest.mark.parametrize("platform", sorted(DESCRIPTIONS))
def test_every_translated_entity_has_an_icon(platform: str) -> None:
    texts, icons = TEXTS["entity"][platform], ICONS["entity"][platform]
    assert texts.keys() == icons.keys()
    for key, icon in icons.items():
        assert icon["default"], key


@pytest.mark.parametrize("platform", sorted(DESCRIPTIONS))
def test_no_icon_is_for_a_state_that_there_is_not(platform: str) -> None:
    for key, texts in TEXTS["entity"][platform].items():
        icons = ICONS["entity"][platform][key]
        attributes = texts.get("state_attributes", {})
        for name, attribute in icons.get("state_attributes", {}).items():
            assert attribute["default"], key
            assert attribute["state"].keys() <= attributes[name]["state"].keys(), key
        if platform == "select":
            assert icons.get("state", {}).keys() <= texts["state"].keys(), key
        else:
            assert icons.get("state", {}).keys() <= {"on", "off"}, key


def test_every_type_of_event_shows() -> None:
    for key, texts in TEXTS["entity"]["event"].items():
        icons = ICONS["entity"]["event"][key]["state_attributes"]["event_type"]
        # One type may be what the default shows.
        assert len(texts["state_attributes"]["event_type"]["state"].keys() - icons["state"].keys()) <= 1, key


def test_every_switch_shows_whether_it_is_on() -> None:
    for key, icons in ICONS["entity"]["switch"].items():
        assert icons["state"], key


def test_every_action_has_an_icon() -> None:
    assert list(ICONS["services"]) == [action.name for action in ACTIONS]


@pytest.mark.parametrize("section", ["conditions", "triggers"])
def test_every_trigger_and_condition_has_an_icon(section: str) -> None:
    assert TEXTS[section].keys() == ICONS[section].keys()
