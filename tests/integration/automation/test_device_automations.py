"""Triggers and conditions of a device: who and which group is chosen from what there is, by an administrator."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.device_condition import OFFERED as CONDITION_FIELDS
from custom_components.timmy_access.device_trigger import OFFERED
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, config_validation as cv, device_registry as dr
from homeassistant.helpers.trigger import async_validate_trigger_config
from homeassistant.setup import async_setup_component
from simulator import VirtualTerminal

from ..automations import automate
from ..conftest import ADA, CONTROLLER, FACE, FINGER, reload
from ..guests.test_guests import make_pass
from ..house.test_actions import ask, group
from ..people.test_persons import link
from ..terminal.test_moments import record, report

CONFIGURED = {"platform": "device", "domain": DOMAIN}


@pytest.fixture
async def client(hass: HomeAssistant, hub: Hub, hass_ws_client: WebSocketGenerator) -> MockHAClientWebSocket:
    """An administrator in the automation editor."""
    assert await async_setup_component(hass, "device_automation", {})
    return await hass_ws_client(hass)


async def asked(client: MockHAClientWebSocket, command: str, **data: Any) -> Any:
    await client.send_json_auto_id({"type": f"device_automation/{command}", **data})
    answer = await client.receive_json()
    assert answer["success"], answer
    return answer["result"]


def trigger(hub: Hub, key: str, serial: str = FACE, **fields: Any) -> dict[str, Any]:
    return {**CONFIGURED, "device_id": hub.terminals[serial].device_id, "type": key, **fields}


def seen(hub: Hub, **fields: Any) -> dict[str, Any]:
    return {
        "condition": "device",
        "domain": DOMAIN,
        "device_id": hub.terminals[FACE].device_id,
        "type": "person_was_seen",
        **fields,
    }


async def offered(client: MockHAClientWebSocket, hub: Hub, key: str) -> dict[str, Any]:
    """Return what can be chosen for a trigger, by field."""
    form = await asked(client, "trigger/capabilities", trigger=trigger(hub, key))
    return {field["name"]: field["selector"] for field in form["extra_fields"]}


async def test_a_terminal_has_triggers_and_a_condition_and_a_door_none(
    hass: HomeAssistant, client: MockHAClientWebSocket, hub: Hub, entry: MockConfigEntry
) -> None:
    terminal = hub.terminals[CONTROLLER].device_id
    doors = [door.id for door in dr.async_child_entries_for_config_entry(dr.async_get(hass), entry.entry_id)]
    assert doors
    for sort, expected in (("trigger", list(OFFERED)), ("condition", ["person_was_seen"])):
        for device_id, types in ((terminal, expected), *((door, []) for door in doors)):
            found = await asked(client, f"{sort}/list", device_id=device_id)
            assert [one["type"] for one in found if one["domain"] == DOMAIN] == types


async def test_people_groups_and_passes_are_those_that_there_are_now(
    hass: HomeAssistant, client: MockHAClientWebSocket, hub: Hub, face: VirtualTerminal
) -> None:
    await group(hass, hub)
    await ask(hass, "add_person", name="Zoe", groups=["Family"])
    form = await offered(client, hub, "access_granted")
    assert list(form) == list(OFFERED["access_granted"])
    assert form["person"]["select"]["options"] == [ADA, "Zoe"]
    assert form["person"]["select"]["multiple"]
    assert form["person"]["select"]["custom_value"]
    assert form["group"]["select"]["options"] == ["Family"]
    assert form["person_entity_id"] == {"entity": {"domain": ["person"], "multiple": True, "reorder": False}}
    assert {"label": "Fingerprint", "value": "fingerprint"} in form["method"]["select"]["options"]
    assert (await offered(client, hub, "code_granted"))["pass_name"]["select"]["options"] == []

    # Somebody comes, and a guest is expected: the next form knows both.
    await ask(hass, "add_person", name="Bea")
    await make_pass(hass, hub)
    revoked = await make_pass(hass, hub, name="Painter")
    await ask(hass, "revoke_pass", device_id=hub.terminals[FACE].device_id, pass_id=revoked["pass_id"])
    await make_pass(hass, hub, FINGER, name="Cleaner")
    assert (await offered(client, hub, "access_refused"))["person"]["select"]["options"] == [ADA, "Bea", "Zoe"]
    assert (await offered(client, hub, "code_granted"))["pass_name"]["select"]["options"] == ["Plumber"]
    form = await asked(client, "condition/capabilities", condition=seen(hub, within="01:00:00"))
    assert [field["name"] for field in form["extra_fields"]] == ["within", *CONDITION_FIELDS]
    assert form["extra_fields"][1]["selector"]["select"]["options"] == [ADA, "Bea", "Zoe"]


async def test_words_are_in_the_language_of_home_assistant(
    hass: HomeAssistant, client: MockHAClientWebSocket, hub: Hub
) -> None:
    hass.config.language = "de"
    form = await offered(client, hub, "access_granted")
    assert {"label": "Fingerabdruck", "value": "fingerprint"} in form["method"]["select"]["options"]


async def test_no_name_is_told_to_who_is_no_administrator(
    hass: HomeAssistant,
    client: MockHAClientWebSocket,
    hub: Hub,
    face: VirtualTerminal,
    hass_ws_client: WebSocketGenerator,
    hass_read_only_access_token: str,
) -> None:
    await group(hass, hub)
    await make_pass(hass, hub)
    other = await hass_ws_client(hass, hass_read_only_access_token)
    for key in OFFERED:
        form = await offered(other, hub, key)
        assert [form[name]["select"]["options"] for name in ("person", "group", "pass_name") if name in form] in (
            [[], []],
            [[]],
        )
        assert ADA not in json.dumps(form)
    assert ADA in json.dumps(await offered(client, hub, "access_granted"))


async def test_nobody_is_offered_while_the_listener_does_not_run(
    hass: HomeAssistant, client: MockHAClientWebSocket, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    wanted = trigger(hub, "access_granted")
    assert await hass.config_entries.async_unload(entry.entry_id)
    form = await asked(client, "trigger/capabilities", trigger=wanted)
    assert form["extra_fields"][0]["selector"]["select"]["options"] == []


async def test_they_fire_for_whom_they_name_at_their_terminal(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    await link(hass, hub)
    runs = await automate(
        hass,
        ada=trigger(hub, "access_granted", person=["ada lovelace"]),
        anybody=trigger(hub, "access_granted"),
        linked=trigger(hub, "access_granted", person_entity_id=["person.ada"]),
        grace=trigger(hub, "access_granted", person="Grace"),
        family=trigger(hub, "access_granted", group=["Family"]),
        office=trigger(hub, "access_granted", FINGER),
        guest=trigger(hub, "code_granted", pass_name=["Plumber"], source=["qr_code"]),
    )
    await report(face, record())
    await runs.until("ada", "anybody", "linked")
    told = dict(runs.heard)["ada"]
    assert (told["platform"], told["domain"], told["type"]) == ("device", DOMAIN, "access_granted")
    assert (told["person"], told["terminal"], told["id"]) == (ADA, "Front door", "0")
    made = await make_pass(hass, hub)
    assert (await face.scan_qr(made["code"]))["access"] == 1
    await runs.until("ada", "anybody", "guest", "linked")


async def test_they_go_on_after_a_reload(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    runs = await automate(hass, ada=trigger(hub, "access_granted", person=[ADA]))
    await reload(hass, entry, face)
    await report(face, record())
    await runs.until("ada")


async def test_a_condition_holds_for_whom_it_names(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    await report(face, record())

    async def holds(**fields: Any) -> bool:
        raw = cv.CONDITION_SCHEMA(seen(hub, within={"minutes": 10}, **fields))
        checker = await condition.async_from_config(hass, await condition.async_validate_condition_config(hass, raw))
        try:
            return bool(checker.async_check())
        finally:
            checker.async_unload()

    assert await holds()
    assert await holds(person=[ADA])
    assert not await holds(person=["Grace"])
    assert not await holds(group=["Family"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "door_forced_open"},
        {"type": "access_refused", "method": ["face"]},
        {"type": "access_granted", "method": ["smell"]},
        {"type": "code_granted", "person": [ADA]},
    ],
    ids=str,
)
async def test_what_is_no_trigger_of_a_device(hass: HomeAssistant, hub: Hub, wrong: dict[str, Any]) -> None:
    config = cv.TRIGGER_SCHEMA([{**CONFIGURED, "device_id": hub.terminals[FACE].device_id, **wrong}])
    with pytest.raises(Exception, match=r"value|extra|allowed|option|expected"):
        await async_validate_trigger_config(hass, config)
