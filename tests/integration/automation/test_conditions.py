"""Conditions of our own, true and false, in real automations."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.automation.conditions import CONDITIONS
from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.ledger import Ledger, LedgerUnavailable
from custom_components.timmy_access.ledger.errors import Cause
from custom_components.timmy_access.people.sightings import Sighting
from custom_components.timmy_access.terminal.state import DoorMode
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import condition, config_validation as cv
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator import VirtualTerminal

from ..automations import RAN
from ..conftest import ADA, CONTROLLER, FACE, FINGER, MakeTerminal, connected, reload
from ..terminal.test_moments import record, report
from ..until import listen, state_of, until_state

CONNECTIVITY = "binary_sensor.front_door_connectivity"


def config(key: str, *device_ids: str, **options: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"condition": f"{DOMAIN}.{key}", "options": options}
    if device_ids:
        made["target"] = {"device_id": list(device_ids)}
    return made


async def holds(hass: HomeAssistant, key: str, *device_ids: str, **options: Any) -> bool:
    """Return whether a condition holds now."""
    raw = cv.CONDITION_SCHEMA(config(key, *device_ids, **options))
    checker = await condition.async_from_config(hass, await condition.async_validate_condition_config(hass, raw))
    try:
        result = checker.async_check()
    finally:
        checker.async_unload()
    assert result is not None
    return result


async def test_a_terminal_is_online(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    here, there = hub.terminals[FACE].device_id, hub.terminals[FINGER].device_id
    assert await holds(hass, "terminal_is_online", here)
    assert not await holds(hass, "terminal_is_online", there)
    assert await holds(hass, "terminal_is_online", here, there)
    assert not await holds(hass, "terminal_is_online", here, there, behavior="all")
    assert await holds(hass, "terminal_is_online")
    assert not await holds(hass, "terminal_is_online", behavior="all")
    await face.stop()
    await until_state(hass, CONNECTIVITY, "off")
    assert not await holds(hass, "terminal_is_online", here)


async def test_an_automation_asks_a_condition_again_after_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    here = hub.terminals[FACE].device_id
    heard = listen(hass, RAN)
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "alias": "asks",
                "triggers": {"trigger": "event", "event_type": "ask"},
                "conditions": config("terminal_is_online", here),
                "actions": {"event": RAN},
            }
        },
    )

    async def asked() -> int:
        hass.bus.async_fire("ask")
        await hass.async_block_till_done()
        return len(heard)

    assert await asked() == 1
    await face.stop()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await asked() == 1  # nothing is known of the terminal now
    assert not await holds(hass, "terminal_is_online", behavior="all")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await face.start()
    await until_state(hass, CONNECTIVITY, "on")
    assert await asked() == 2


async def test_the_door_mode_is(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, controller: VirtualTerminal
) -> None:
    here, there = hub.terminals[FACE].device_id, hub.terminals[CONTROLLER].device_id
    assert await holds(hass, "door_mode_is", here, mode="normal")
    assert not await holds(hass, "door_mode_is", here, mode=["held_open", "held_closed"])
    await hub.terminals[FACE].doors.async_set_mode(DoorMode.HELD_OPEN, hass.loop.time())
    assert await holds(hass, "door_mode_is", here, mode=["held_open", "held_closed"])
    assert not await holds(hass, "door_mode_is", here, mode="normal")
    hub.terminals[FACE].doors.async_connected()  # it may have forgotten it
    assert not await holds(hass, "door_mode_is", here, mode=[mode.value for mode in DoorMode])
    assert not await holds(hass, "door_mode_is", there, mode=[mode.value for mode in DoorMode])


async def test_a_person_was_seen(hass: HomeAssistant, hub: Hub, face: VirtualTerminal) -> None:
    here, there = hub.terminals[FACE].device_id, hub.terminals[FINGER].device_id
    week: Mapping[str, Any] = {"within": {"days": 7}}
    assert not await holds(hass, "person_was_seen", here, **week)
    old = (dt_util.now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    await report(face, record(time=old), record(enrollid=99_999_999), record(enrollid=0, event=1))
    await hass.async_block_till_done()
    assert not await holds(hass, "person_was_seen", here, **week)
    await report(face, record())
    await hass.async_block_till_done()
    assert await holds(hass, "person_was_seen", here, **week)
    assert await holds(hass, "person_was_seen", here, person="ada lovelace", enroll_id="1", **week)
    assert await holds(hass, "person_was_seen", within=60)
    assert not await holds(hass, "person_was_seen", here, person="Grace", **week)
    assert not await holds(hass, "person_was_seen", here, enroll_id=2, **week)
    assert not await holds(hass, "person_was_seen", there, **week)
    hub.terminals[FACE].sightings._latest[1, ADA.casefold()] = Sighting(
        enroll_id=1, occurred_at=dt_util.utcnow() - timedelta(minutes=10), person=ADA
    )
    assert not await holds(hass, "person_was_seen", here, within="00:05:00")
    assert await holds(hass, "person_was_seen", here, within="00:15:00")


async def test_who_was_seen_survives_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    old = (dt_util.now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    await report(face, record(), record(enrollid=5), record(enrollid=7, time=old), record(enrollid=99_999_999))
    await hass.async_block_till_done(wait_background_tasks=True)
    seen = (await reload(hass, entry, face)).terminals[FACE].sightings.latest
    assert {sighting.enroll_id: sighting.person for sighting in seen} == {1: ADA, 5: "User 5"}
    assert await holds(hass, "person_was_seen", person=ADA, within=60)


async def test_who_gets_the_number_of_somebody_else_was_not_seen_before(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    hub.terminals[FACE].roster.async_note(7, name="Bruno")
    await report(face, record(enrollid=7))
    await hass.async_block_till_done(wait_background_tasks=True)
    hub.terminals[FACE].roster.async_forget([7])
    hub.terminals[FACE].roster.async_note(7, name="Grace")
    await hass.async_block_till_done(wait_background_tasks=True)
    hub = await reload(hass, entry, face)
    hub.terminals[FACE].roster.async_note(7, name="Grace")
    assert await holds(hass, "person_was_seen", person="bruno", within=60)
    assert not await holds(hass, "person_was_seen", person="Grace", within=60)
    await report(face, record(enrollid=7, mode=8))
    await hass.async_block_till_done(wait_background_tasks=True)
    # Nor is he forgotten.
    assert await holds(hass, "person_was_seen", person="Bruno", within=60)
    assert await holds(hass, "person_was_seen", person="GRACE", within=60)


async def test_the_same_number_elsewhere_is_somebody_else(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    """Bruno and Grace have the same number; Grace is written in two ways."""
    finger = await connected(hass, make_terminal("tfs30", FINGER))
    here, there = hub.terminals[FACE].device_id, hub.terminals[FINGER].device_id
    for serial, enroll_id, name in ((FACE, 7, "Bruno"), (FINGER, 7, "GRACE hopper"), (FACE, 8, "Grace\u3000 Hopper")):
        hub.terminals[serial].roster.async_note(enroll_id, name=name)
    await report(face, record(enrollid=7))
    await hass.async_block_till_done()
    grace: Mapping[str, Any] = {"person": "Grace Hopper", "within": 60}
    assert not await holds(hass, "person_was_seen", **grace)
    await report(face, record(enrollid=8))
    await hass.async_block_till_done()
    assert await holds(hass, "person_was_seen", here, **grace)
    assert not await holds(hass, "person_was_seen", there, **grace)
    await report(finger, record(enrollid=7))
    await hass.async_block_till_done()
    assert await holds(hass, "person_was_seen", here, there, behavior="all", **grace)
    assert not await holds(hass, "person_was_seen", there, person="Bruno", within=60)


async def test_a_ledger_that_is_away_is_borne(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    make_terminal: MakeTerminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(*_: Any) -> dict[int, Any]:
        raise LedgerUnavailable(Cause.SLOW, "away")

    monkeypatch.setattr(Ledger, "last_seen", away)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await connected(hass, make_terminal("ai_face", FACE))
    assert await holds(hass, "terminal_is_online")


async def test_who_was_seen_is_bounded(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.timmy_access.people.sightings.MAX_PEOPLE", 2)
    await report(face, *(record(enrollid=number) for number in (1, 2, 3, 1)))
    await hass.async_block_till_done()
    assert hub.terminals[FACE].sightings._latest.keys() == {(1, ADA.casefold()), (2, "")}


@pytest.mark.parametrize(
    ("key", "options"),
    [
        ("door_mode_is", {}),
        ("door_mode_is", {"mode": "open"}),
        ("person_was_seen", {}),
        ("person_was_seen", {"within": {"days": 8}}),
        ("person_was_seen", {"within": 0}),
        ("terminal_is_online", {"behavior": "some"}),
        ("terminal_is_online", {"mode": "normal"}),
    ],
)
async def test_a_wrong_option_is_refused(hass: HomeAssistant, hub: Hub, key: str, options: dict[str, Any]) -> None:
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "alias": "wrong",
                "triggers": {"trigger": "event", "event_type": "ask"},
                "conditions": config(key, **options),
                "actions": [],
            }
        },
    )
    await hass.async_block_till_done()
    assert state_of(hass, "automation.wrong").state == "unavailable"


async def test_a_wrong_target_is_named(hass: HomeAssistant, hub: Hub) -> None:
    with pytest.raises(HomeAssistantError) as caught:
        await holds(hass, "terminal_is_online", "gone")
    assert caught.value.translation_key == "target_without_terminal"


async def test_home_assistant_describes_every_condition(hass: HomeAssistant, hub: Hub) -> None:
    assert await async_setup_component(hass, "automation", {})
    described = await condition.async_get_all_descriptions(hass)
    for description in CONDITIONS:
        about = described[f"{DOMAIN}.{description.key}"]
        assert about is not None
        assert about["target"] == {
            "entity": [{"integration": DOMAIN, "domain": ["binary_sensor"], "device_class": ["connectivity"]}],
            "primary_entities_only": False,
        }
        required = {str(key): type(key).__name__ == "Required" for key in description.fields} | {"behavior": True}
        assert {name: field.get("required", False) for name, field in about["fields"].items()} == required
        for name, validator in description.fields.items():
            if (select := about["fields"][str(name)]["selector"].get("select")) is not None:
                assert validator(select["options"]) == select["options"]
