"""Every text is where Home Assistant looks for it, and such as the frontend can show."""

from copy import deepcopy
import re
from string import Formatter
from typing import Any

import pytest
import voluptuous as vol

from .repository import INTEGRATION, LANGUAGES, MANIFEST, TEXTS, complaints, read, texts_in

REFUSED = {
    "HTML": re.compile(r"<[a-zA-Z/!][^>]*>"),
    # The frontend takes what follows for a quotation, and fills nothing in there.
    "an apostrophe before a brace": re.compile(r"'[{}]"),
    "a space at one end, or no text": re.compile(r"^\s|\s$|^$"),
    "a web address, which belongs into a placeholder": re.compile(
        r"\b(?:ftps?|https?|mqtts?|scp|sockets?|socks5)://|\bwww\.", re.IGNORECASE
    ),
    "a reference, as only Home Assistant's own texts may have": re.compile(r"\[%|%\]"),
}
KEY = vol.Match(r"^(?!.*[_-]{2})[a-z0-9]([a-z0-9_-]*[a-z0-9])?$")
SLUG = vol.Match(r"^[a-z0-9]+(_[a-z0-9]+)*$")


def text(value: Any) -> str:
    """A text as people read it; raises `vol.Invalid`."""
    if not isinstance(value, str):
        raise vol.Invalid("no text")
    for fault, pattern in REFUSED.items():
        if pattern.search(value):
            raise vol.Invalid(fault)
    try:
        names = [name for _, name, _, _ in Formatter().parse(value) if name is not None]
    except ValueError as err:
        raise vol.Invalid("braces that do not match") from err
    if not all(name.isidentifier() for name in names):
        raise vol.Invalid("a placeholder that is no identifier")
    return value


def plain(value: Any) -> str:
    """A text that nothing is filled into; raises `vol.Invalid`."""
    if "{" in text(value):
        raise vol.Invalid("a placeholder where nothing is filled in")
    return str(value)


def explained(step: dict[str, Any]) -> dict[str, Any]:
    """A part of a form that explains no field it has not; raises `vol.Invalid`."""
    if step.get("data_description", {}).keys() - step.get("data", {}).keys():
        raise vol.Invalid("explains a field that is not there")
    return step


def ends(issue: dict[str, Any]) -> dict[str, Any]:
    """An issue that either says what to do or does it; raises `vol.Invalid`."""
    if len(issue.keys() & {"description", "fix_flow"}) != 1:
        raise vol.Invalid("needs a description or a flow that fixes it")
    return issue


_TEXTS = {SLUG: text}
_FORM = {vol.Optional("data"): _TEXTS, vol.Optional("data_description"): _TEXTS, vol.Optional("description"): text}
_STEP = vol.All(
    {
        **_FORM,
        vol.Optional("menu_option_descriptions"): _TEXTS,
        vol.Optional("menu_options"): _TEXTS,
        vol.Optional("sections"): {SLUG: vol.All({**_FORM, vol.Optional("name"): text}, explained)},
        vol.Optional("submit"): text,
        vol.Optional("title"): text,
    },
    explained,
)
_FLOW = {
    vol.Optional("abort"): _TEXTS,
    vol.Optional("create_entry"): _TEXTS,
    vol.Optional("error"): _TEXTS,
    vol.Optional("flow_title"): text,
    vol.Optional("progress"): _TEXTS,
    vol.Required("step"): {SLUG: _STEP},
}
_BEGUN = {vol.Required("user"): text}
_STATES = {vol.Optional("name"): plain, vol.Optional("state"): {KEY: plain}}
_CALLED = {
    vol.Required("name"): text,
    vol.Required("description"): text,
    vol.Optional("fields"): {
        KEY: {vol.Required("name"): text, vol.Required("description"): text, vol.Optional("example"): text}
    },
    vol.Optional("sections"): {KEY: {vol.Required("name"): text, vol.Optional("description"): text}},
}
SCHEMA = vol.Schema(
    {
        vol.Optional("common"): _TEXTS,
        vol.Optional("conditions"): {SLUG: _CALLED},
        vol.Optional("config"): {**_FLOW, vol.Optional("initiate_flow"): _BEGUN},
        vol.Optional("config_subentries"): {
            SLUG: {**_FLOW, vol.Required("entry_type"): text, vol.Required("initiate_flow"): {**_BEGUN, **_TEXTS}}
        },
        vol.Optional("device"): {KEY: {vol.Optional("name"): text}},
        vol.Optional("device_automation"): {
            vol.Optional("condition_type"): _TEXTS,
            vol.Optional("extra_fields"): _TEXTS,
            vol.Optional("extra_fields_descriptions"): _TEXTS,
            vol.Optional("trigger_type"): _TEXTS,
        },
        vol.Optional("entity"): {
            SLUG: {
                KEY: {
                    **_STATES,
                    vol.Optional("name"): text,
                    vol.Optional("state_attributes"): {KEY: _STATES},
                    vol.Optional("unit_of_measurement"): plain,
                }
            }
        },
        vol.Optional("exceptions"): {SLUG: {vol.Required("message"): text}},
        vol.Optional("issues"): {
            SLUG: vol.All(
                {vol.Required("title"): text, vol.Optional("description"): text, vol.Optional("fix_flow"): _FLOW}, ends
            )
        },
        vol.Optional("options"): _FLOW,
        vol.Optional("selector"): {
            SLUG: {
                vol.Optional("choices"): {KEY: text},
                vol.Optional("fields"): {KEY: {vol.Required("name"): text, vol.Required("description"): text}},
                vol.Optional("options"): {KEY: text},
                vol.Optional("unit_of_measurement"): {KEY: text},
            }
        },
        vol.Optional("config_panel"): {SLUG: {KEY: text}},
        vol.Optional("services"): {SLUG: _CALLED},
        vol.Optional("system_health"): {vol.Optional("info"): {KEY: text}},
        vol.Optional("title"): text,
        vol.Optional("triggers"): {SLUG: _CALLED},
    }
)


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return our English texts with one of them, or a part of them, changed, or taken away for None."""
    texts = deepcopy(TEXTS)
    *parents, last = path.split("/")
    node = texts
    for parent in parents:
        node = node.setdefault(parent, {})
    if value is None:
        del node[last]
    else:
        node[last] = value
    return texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_where_they_are_looked_for(language: str) -> None:
    assert complaints(SCHEMA, texts_in(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_name_of_the_integration_is_not_translated(language: str) -> None:
    assert texts_in(language)["title"] == MANIFEST["name"]


def test_texts_lie_where_home_assistant_reads_them() -> None:
    assert not (INTEGRATION / "strings.json").exists()  # of Home Assistant's own integrations
    assert all(path.suffix == ".json" for path in (INTEGRATION / "translations").iterdir())


@pytest.mark.parametrize("broken", ['{"a": "1", "a": "2"}', '{"a": {"b": "1", "c": "2", "b": "3"}}', '{"a": "1",}'])
def test_a_file_that_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match=r"twice|Illegal"):
        read(broken)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("panel", {"title": "Doors"}),
        ("config/title", "Timmy Access"),
        ("config/step", None),
        ("config/step/Approve it", {"title": "Approve"}),
        ("config/step/user/label", "Port"),
        ("config/step/user/data_description/password", "There is no such field."),
        ("config_subentries/terminal/entry_type", None),
        ("config_subentries/terminal/initiate_flow/user", None),
        ("options/initiate_flow", {"user": "Configure"}),
        ("issues/cannot_listen/title", None),
        ("issues/cannot_listen/description", "Beside the flow."),
        ("issues/cannot_listen/fix_flow", None),
        ("exceptions/cannot_listen", "Not a message."),
        ("exceptions/cannot_listen/message", None),
        ("services/open_door/name", None),
        ("services/open_door/description", None),
        ("services/open_door/fields/device_id/description", None),
        ("services/open-door", {"name": "Open", "description": "Opens."}),
        ("triggers/access_granted/description", None),
        ("conditions/door_mode_is/target", "Doors"),
        ("device_automation/trigger_kind", {"access_granted": "Access granted"}),
        ("entity/lock/Door", {"name": "Door"}),
        ("entity/select/door_mode/state/held_open", "Held open by {name}"),
        ("entity/select/door_mode/state/_open", "Open"),
        ("entity/sensor/users/unit_of_measurement", "{count}"),
        ("selector/method/options/qr__code", "QR code"),
        ("system_health/address", "Address"),
    ],
)
def test_what_is_not_looked_for_is_refused(path: str, value: Any) -> None:
    assert complaints(SCHEMA, changed(path, value))


@pytest.mark.parametrize(
    "value",
    [
        "",
        " Door",
        "Door ",
        "Door\n",
        "A <b>door</b>",
        "A door<br/>",
        "Door '{name}'",
        "La porte d'{name}",
        "Door {name",
        "Door {0}",
        "Door {the name}",
        "Door {}",
        "{count, plural, one {door} other {doors}}",
        "See https://example.com",
        "See HTTP://192.168.1.10",
        "See www.example.com",
        "[%key:common::state::on%]",
        "The [%key:common::state::on%] door",
        17,
        ["Door"],
    ],
    ids=repr,
)
def test_a_text_that_is_refused(value: Any) -> None:
    with pytest.raises(vol.Invalid):
        text(value)


@pytest.mark.parametrize(
    "value", ["Door {name}", "{name}'s door", "Terminals dial wss:// instead", "**Warning:** two\n\nparagraphs", "< 5"]
)
def test_a_text_that_is_not(value: str) -> None:
    assert text(value) == value
