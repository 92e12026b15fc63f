"""What an action refuses is said in words of people: fields by their labels, who has it, and what to do."""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any

import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator
import voluptuous as vol

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.services import ACTIONS
from custom_components.timmy_access.services.house_action import HouseAction
from custom_components.timmy_access.services.targets import TARGET_KEYS
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations
from simulator import User, VirtualTerminal

from ..conftest import ADA, CONTROLLER, FACE, FINGER, MakeTerminal, connected
from .test_actions import CASES, act

FOLDER = Path(__file__).parents[3] / "custom_components" / "timmy_access"
TEXTS = json.loads((FOLDER / "translations" / "en.json").read_text())
# What no field takes, each in a way of its own.
WRONG: tuple[Any, ...] = (None, "", "\x00", "ü" * 600, -1, 10**13, 2**70, 1.5, True, [], {}, [{}], {"x": {}}, object())
# What fields are that need to be there for others to be looked at.
NEEDED: Mapping[str, Any] = {
    "access": True,
    "choice": "leave",
    "command": {"cmd": "gettime"},
    "confirm": False,
    "credential": "card",
    "enroll_id": 77,
    "file": "/nowhere.csv",
    "function": "normal",
    "group_id": "x",
    "holidays": [],
    "message": "Hi",
    "name": "Zoe",
    "names": [{"enroll_id": 77, "name": "Zoe"}],
    "pass_id": "x",
    "person_entity_id": "person.nobody",
    "person_id": "x",
    "request_id": "x",
    "to": ["nowhere"],
}
KEYS = {name for about in TEXTS["services"].values() for name in about.get("fields", {})} | {
    "backup_number",
    "bytes",
    "doornum",
    "user_name",
}
# Keys with more than one word: those of one are words of people too.
LONG_KEYS = "|".join(sorted(key for key in KEYS if "_" in key))
RAW = re.compile(rf"\b(?:{LONG_KEYS})\b|\b\w+\[\d|data\[|<class|dict\b|\bNone\b")
# A text that there is none of, and one that nothing was filled into.
NO_TEXT = re.compile(r"^\w+$|\{\w+\}")
# What is quoted: the choices that there are, and the columns of a file.
QUOTED = {"house_column", "invalid_choice"}
LANGUAGES = {
    path.stem: json.loads(path.read_text())["exceptions"] for path in sorted((FOLDER / "translations").glob("*.json"))
}
# What JSON can carry of what no field takes: of a wrong kind, too long, below zero, empty, over.
WRONG_IN_JSON: tuple[Any, ...] = (
    *(None, "", "\x00", "ü" * 600, -1, 10**13, 1.5, True, "false", [], [None], {}, {"x": {}}, "2001-01-01T00:00:00"),
)
# What Home Assistant says where a text of its own is meant.
OF_HOME_ASSISTANT = {"service_config_entry_not_found", "service_device_not_found"}
# A raw command is written in the protocol's own words.
EXPERTS = {"send_command"}


def calls() -> Iterator[tuple[str, str]]:
    for action in ACTIONS:
        if action.name not in EXPERTS:
            yield from ((action.name, str(key)) for key in action.schema.schema if str(key) not in TARGET_KEYS)


def said_well(text: str, *, quoted: bool = False) -> bool:
    """Return whether a text is one for people; what it quotes may be words of the interface."""
    return not NO_TEXT.search(text) and (quoted or not RAW.search(text))


def base_of(name: str, hub: Hub) -> dict[str, Any]:
    """Return data with which an action gets as far as looking at its other fields."""
    action = next(action for action in ACTIONS if action.name == name)
    data = {
        str(key): NEEDED.get(str(key), "x")
        for key in action.schema.schema
        if isinstance(key, vol.Required) and key.default is vol.UNDEFINED and str(key) not in TARGET_KEYS
    }
    if not isinstance(action, HouseAction):
        data["device_id"] = hub.terminals[CONTROLLER].device_id
    return data


async def test_no_refusal_shows_a_key_or_a_class(hass: HomeAssistant, hub: Hub) -> None:
    """Every field of every action is given what it does not take; the terminal is away, so that nothing is done."""
    walked = refused = 0
    shown: dict[str, str] = {}
    for name, field in calls():
        for wrong in WRONG:
            walked += 1
            try:
                await hass.services.async_call(
                    DOMAIN,
                    name,
                    {**base_of(name, hub), field: wrong},
                    blocking=True,
                    return_response=hass.services.supports_response(DOMAIN, name) is not SupportsResponse.NONE,
                )
            except HomeAssistantError as err:
                refused += 1
                if not said_well(str(err), quoted=err.translation_key in QUOTED):
                    shown[f"{name}.{field} {wrong!r}"] = str(err)
    assert shown == {}, json.dumps(shown, indent=1)
    assert refused > walked / 2


async def test_what_a_browser_is_told_is_said_well_in_every_language(
    hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator
) -> None:
    """The way of the developer tools: a refusal is a text of ours with all that is filled in, and changes nothing."""
    client = await hass_ws_client(hass)
    shown: dict[str, str] = {}
    refused = 0
    for name, field in calls():
        for wrong in WRONG_IN_JSON:
            before = (hub.house.household, dict(hub.passbook.passes))
            message = {
                "type": "call_service",
                "domain": DOMAIN,
                "service": name,
                "service_data": {**base_of(name, hub), field: wrong},
                "return_response": hass.services.supports_response(DOMAIN, name) is not SupportsResponse.NONE,
            }
            await client.send_json_auto_id(message)
            answer = await client.receive_json()
            if answer["success"]:
                continue
            refused += 1
            for why in unsaid(answer["error"]):
                shown[f"{name}.{field} {wrong!r}"[:120]] = why
            if (hub.house.household, dict(hub.passbook.passes)) != before:
                shown[f"{name}.{field} {wrong!r}"[:120]] = "refused, and done"
    assert shown == {}, json.dumps(shown, indent=1, ensure_ascii=False)
    assert refused > len(WRONG_IN_JSON) * len(list(calls())) / 2


def unsaid(error: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an error as each language has it."""
    key, facts = error.get("translation_key"), error.get("translation_placeholders") or {}
    if error.get("translation_domain") != DOMAIN:
        if key not in OF_HOME_ASSISTANT:
            yield f"not ours: {error}"
        return
    for language, texts in LANGUAGES.items():
        text = texts[key]["message"].format_map(facts)
        if not said_well(text, quoted=key in QUOTED):
            yield f"{language}: {text}"


def test_the_walk_knows_what_it_looks_for() -> None:
    for bad in ("not_known", "{label} is missing"):
        assert not said_well(bad, quoted=True), bad
    for bad in ("valid_until: over", "expected int for dictionary value @ data['x']", "names[0]", "<class 'int'>"):
        assert RAW.search(bad), bad
    for good in ("Valid until: this time is already over.", "Password must be between 1 and 9"):
        assert not RAW.search(good), good


@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("set_user", {"enroll_id": 1, "password": "123456789"}, "PIN must be between 1 and 99999999"),
        (
            "set_holidays",
            {"holidays": [{"name": "X", "start_day": "02-30", "end_day": "03-01"}]},
            "Holidays, 1, First day must be a text without control characters",
        ),
        (
            "add_user",
            {"enroll_id": 1, "name": "Grace", "credential": "card", "value": "1"},
            f"On Front door the number 1 belongs to {ADA}. Choose another one, or leave it out for one that is free",
        ),
        (
            "add_user",
            {"name": "ada  LOVELACE", "credential": "card", "value": "1"},
            (
                f"{ADA} is on Front door already, with the number 1. Change them instead, or switch “Same name” on if"
                " this is somebody else"
            ),
        ),
        ("add_user", {"name": " ", "credential": "card", "value": "1"}, "Name must not be empty"),
        (
            "add_user",
            {"name": "Grace", "credential": "palm"},
            "Front door takes no palms. Choose another terminal or another kind of credential",
        ),
        ("open_door", {"door": 1, "all_doors": True}, "Choose either one door or all doors, not both"),
        (
            "initialize",
            {"confirm": False},
            "Switch “Confirm” on if you mean it: this cannot be undone",
        ),
    ],
)
async def test_a_refusal_says_what_to_do(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, action: str, data: dict[str, Any], said: str
) -> None:
    sent = len(face.received)
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, hub, FACE, action, **data)
    assert str(caught.value) == said
    assert [frame for frame in face.received[sent:] if "cmd" in frame] == []


async def test_a_label_is_in_the_language_of_home_assistant(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    hass.config.language = "de"
    await async_get_translations(hass, "de", "services", [DOMAIN])
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, hub, FACE, "set_settings", volume=11)
    german = json.loads((FOLDER / "translations" / "de.json").read_text())["services"]["set_settings"]["fields"]
    assert (caught.value.translation_placeholders or {})["label"] == german["volume"]["name"]


async def test_a_credential_that_somebody_has_is_said_with_their_name(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    face.faults.refuse["setuserinfo"] = {"reason": 12, "msg": "face is double,id=1"}
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, hub, FACE, "add_user", name="Grace", credential="card", value="1")
    assert f"belongs to {ADA} (1) already" in str(caught.value)


async def test_somebody_else_of_the_same_name_can_be_added(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    response = await act(hass, hub, FACE, "add_user", name=ADA, credential="card", value="7", same_name=True)
    assert response == {"enroll_id": 2}
    assert face.users[2].name == ADA


async def test_what_a_terminal_does_not_tell_is_not_refused(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """A terminal that tells nothing of palms, and one that tells of none and has some, are asked."""
    terminal = make_terminal("ai_face", FACE)
    terminal.add_user(User(enrollid=5, name="Eve", credentials={40: "c5" * 50}))
    await connected(hass, terminal)
    await act(hass, hub, FACE, "set_credential", enroll_id=5, credential="palm", index=1, value="c5" * 50)
    assert 41 in terminal.users[5].credentials


async def test_a_photo_for_a_terminal_without_a_camera_is_refused_at_once(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    for credential in ("face", "photo"):
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, hub, FINGER, "add_user", name="Grace", credential=credential)
        assert caught.value.translation_key == "cannot_face"


async def test_the_only_door_needs_no_number(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await act(hass, hub, FACE, "open_door")
    assert [frame["doornum"] for frame in face.received if frame.get("cmd") == "opendoor"] == [1]


async def test_one_of_several_doors_has_to_be_named(hass: HomeAssistant, hub: Hub, controller: VirtualTerminal) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, hub, CONTROLLER, "open_door")
    assert str(caught.value) == "Warehouse has 4 doors. Say which one, or choose all doors"
    assert not any(frame.get("cmd") == "opendoor" for frame in controller.received)


def test_every_action_has_a_case() -> None:
    assert CASES.keys() <= {action.name for action in ACTIONS}
