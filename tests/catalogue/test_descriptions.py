"""Actions, triggers and conditions are described, named, shown, and are those that there are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import voluptuous as vol

from custom_components.timmy_access.automation.conditions import CONDITIONS
from custom_components.timmy_access.automation.triggers import TRIGGERS
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests.verdicts import Approval
from custom_components.timmy_access.hub.certificates import TlsMode
from custom_components.timmy_access.people.occupancy import EntryReader
from custom_components.timmy_access.services import ACTIONS
from custom_components.timmy_access.services.targets import TARGET_KEYS
from custom_components.timmy_access.terminal.choices import CHOICES, SERVER_APPROVAL
from custom_components.timmy_access.terminal.verify_modes import FACE_TERMINALS, FINGERPRINT_TERMINALS
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import TargetSelector, validate_selector
from homeassistant.helpers.service import async_get_all_descriptions
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict

from .repository import ICONS, INTEGRATION, TEXTS, complaints
from .test_translations import KEY, SLUG


def given(value: Any) -> Any:
    """Anything but nothing; raises `vol.Invalid`."""
    if value is None:
        raise vol.Invalid("nothing")
    return value


_FIELD = {
    vol.Optional("default"): given,
    vol.Optional("example"): given,
    vol.Optional("required"): bool,
    vol.Required("selector"): validate_selector,
}
_SECTION = {vol.Optional("collapsed"): bool, vol.Required("fields"): {KEY: _FIELD}}
_TARGET = {vol.Optional("target"): TargetSelector.CONFIG_SCHEMA}
SCHEMA = vol.Schema({SLUG: {**_TARGET, vol.Optional("fields"): {KEY: vol.Any(_FIELD, _SECTION)}}})


@dataclass(frozen=True)
class Kind:
    """What a YAML file describes, by the section of texts and icons, and the names that the code has."""

    section: str
    names: tuple[str, ...]

    @property
    def described(self) -> dict[str, Any]:
        """What the file says, without the parts that it only repeats."""
        file = load_yaml_dict(INTEGRATION / f"{self.section}.yaml")
        return {name: about for name, about in file.items() if not name.startswith(".")}


SERVICES = Kind("services", tuple(action.name for action in ACTIONS))
KINDS = (
    Kind("conditions", tuple(description.key for description in CONDITIONS)),
    SERVICES,
    Kind("triggers", tuple(description.key for description in TRIGGERS)),
)


def fields_of(about: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the fields, also those of sections."""
    for name, field in about.get("fields", {}).items():
        if "fields" in field:
            yield from field["fields"].items()
        else:
            yield name, field


def sections_of(about: Mapping[str, Any]) -> set[str]:
    return {name for name, field in about.get("fields", {}).items() if "fields" in field}


def faults(described: Mapping[str, Any], texts: Mapping[str, Any], section: str) -> Iterator[str]:
    """Yield where descriptions and texts of a section disagree."""
    if list(described) != list(texts.get(section, {})):
        yield "other names than those of the texts"
        return
    for name, about in described.items():
        text = texts[section][name]
        fields = [field for field, _ in fields_of(about)]
        if len(fields) != len(set(fields)):
            yield f"{name}: a field twice"
        if text.get("fields", {}).keys() != set(fields):
            yield f"{name}: other fields than those of the texts"
        if text.get("sections", {}).keys() != sections_of(about):
            yield f"{name}: other sections than those of the texts"
        for field, asked in fields_of(about):
            yield from (f"{name}: {field}: no text for {option}" for option in untold(asked["selector"], texts))


def untold(selector: Mapping[str, Any], texts: Mapping[str, Any]) -> Iterator[str]:
    """Yield which choices of a selector have no text; numbers speak for themselves."""
    select = selector.get("select") or {}
    known = texts.get("selector", {}).get(select.get("translation_key"), {}).get("options", {})
    yield from (option for option in select.get("options", []) if option not in known and not option.isdigit())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.section)
def test_a_file_describes_what_there_is(kind: Kind) -> None:
    assert complaints(SCHEMA, kind.described) == []
    assert list(kind.described) == list(ICONS[kind.section]) == list(kind.names) == sorted(kind.names)
    assert list(faults(kind.described, TEXTS, kind.section)) == []


# More than this at once nobody reads; what belongs together is in sections, which count as one.
MAX_AT_ONCE = 8
# What stands for nothing happening comes first.
FIRST = ("off", "none", "normal", "default")


def choices_in(node: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield the choices that are words, each with the key of its texts."""
    if isinstance(node, Mapping):
        if "options" in node and isinstance(key := node.get("translation_key"), str):
            yield key, list(node["options"])
        for inner in node.values():
            yield from choices_in(inner)


def choices_of_forms() -> Iterator[tuple[str, list[str]]]:
    """Yield the choices of files, entities and dialogs."""
    for kind in KINDS:
        yield from choices_in(kind.described)
    yield from ((key, list(table.values())) for key, table in CHOICES.items())
    yield "server_approval_of_terminals", list(SERVER_APPROVAL.values())
    yield from (("verify_mode", list(table.values())) for table in (FACE_TERMINALS, FINGERPRINT_TERMINALS))
    for key, words in (("entry_reader", EntryReader), ("server_approval", Approval), ("tls", TlsMode)):
        yield key, [word.value for word in words]


def test_choices_are_in_one_order_and_begin_with_nothing() -> None:
    orders: dict[str, list[str]] = {}
    for key, options in choices_of_forms():
        known = orders.setdefault(key, options)
        if len(options) > len(known):
            known, orders[key] = orders[key], options
        assert [option for option in orders[key] if option in known] == [
            option for option in known if option in orders[key]
        ], key
        assert [option for option in options[1:] if option in FIRST and option != options[0]] == [], key


def test_no_action_shows_more_fields_than_one_reads() -> None:
    for kind in KINDS:
        for name, about in kind.described.items():
            fields = about.get("fields", {})
            assert len(fields) <= MAX_AT_ONCE, name
            # What has to be filled in is never folded away.
            for section in sections_of(about):
                inner = fields[section]["fields"]
                assert fields[section].get("collapsed"), (name, section)
                assert not any(field.get("required") for field in inner.values()), (name, section)
                assert list(fields)[-1] == "more" or "more" not in fields, name


def test_an_action_asks_for_the_fields_it_understands() -> None:
    described = SERVICES.described
    for action in ACTIONS:
        about = described[action.name]
        understood = {str(key): isinstance(key, vol.Required) for key in action.schema.schema}
        if "target" in about:
            assert understood.keys() >= TARGET_KEYS, action.name
            understood = {key: required for key, required in understood.items() if key not in TARGET_KEYS}
        asked = {name: field.get("required", False) for name, field in fields_of(about)}
        assert asked == understood, action.name


async def test_home_assistant_offers_every_action(hass: HomeAssistant, enable_custom_integrations: None) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    offered = (await async_get_all_descriptions(hass))[DOMAIN]
    assert sorted(offered) == list(SERVICES.names)
    for name, about in SERVICES.described.items():
        assert offered[name]["fields"].keys() == about.get("fields", {}).keys()
        assert ("target" in offered[name]) == ("target" in about)


NUMBER: dict[str, Any] = {"selector": {"number": {"min": 1, "max": 4}}}
CHOICE: dict[str, Any] = {"selector": {"select": {"options": ["card", "1"], "translation_key": "method"}}}


@pytest.mark.parametrize(
    "about",
    [
        {"fields": {"door": {}}},
        {"fields": {"door": {"selector": {"doors": {}}}}},
        {"fields": {"door": {**NUMBER, "required": "yes"}}},
        {"fields": {"door": {**NUMBER, "default": None}}},
        {"fields": {"door": {**NUMBER, "example": None}}},
        {"fields": {"door": {**NUMBER, "name": "Door"}}},
        {"fields": {"Door": NUMBER}},
        {"fields": {"more": {"collapsed": True}}},
        {"fields": {"more": {"fields": {"door": {}}}}},
        {"description": "Opens."},
        {"target": {"doors": {}}},
    ],
    ids=str,
)
def test_a_description_that_is_refused(about: dict[str, Any]) -> None:
    assert complaints(SCHEMA, {"open_door": about})


@pytest.mark.parametrize(
    ("fields", "texts", "fault"),
    [
        ({"door": NUMBER}, {"fields": {"door": {}}}, None),
        ({"door": NUMBER}, {}, "open_door: other fields than those of the texts"),
        ({}, {"fields": {"door": {}}}, "open_door: other fields than those of the texts"),
        ({"more": {"fields": {"door": NUMBER}}}, {"fields": {"door": {}}, "sections": {"more": {}}}, None),
        (
            {"more": {"fields": {"door": NUMBER}}},
            {"fields": {"door": {}}},
            "open_door: other sections than those of the texts",
        ),
        (
            {"door": NUMBER, "more": {"fields": {"door": NUMBER}}},
            {"fields": {"door": {}}, "sections": {"more": {}}},
            "open_door: a field twice",
        ),
        ({"by": CHOICE}, {"fields": {"by": {}}}, "open_door: by: no text for card"),
    ],
)
def test_texts_that_are_refused(fields: dict[str, Any], texts: dict[str, Any], fault: str | None) -> None:
    told = {"services": {"open_door": texts}, "selector": {"method": {"options": {"face": "Face"}}}}
    assert list(faults({"open_door": {"fields": fields}}, told, "services")) == ([] if fault is None else [fault])


def test_names_that_are_refused() -> None:
    told: dict[str, Any] = {"services": {"shut_door": {}}}
    assert list(faults({"open_door": {}}, told, "services")) == ["other names than those of the texts"]
