"""Settings: shown as the terminal has them, written one at a time, and put back when they were not taken."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access.errors import translated_errors
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.number import NUMBERS
from custom_components.timmy_access.protocol.commands import GetAccessSettings, GetCapacity, GetSettings, SetSettings
from custom_components.timmy_access.select import SELECTS
from custom_components.timmy_access.switch import SWITCHES
from custom_components.timmy_access.terminal import questions as learning
from custom_components.timmy_access.terminal.settings import ACCESS, DEVICE
from custom_components.timmy_access.terminal.state import TerminalState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, FINGER, MakeTerminal, connected
from ..until import state_of, until_state

# What is switched off at first is shown.
pytestmark = pytest.mark.usefixtures("all_enabled")
VOLUME = "number.front_door_volume"
OPEN_DELAY = "number.front_door_open_delay"
VERIFY_MODE = "select.front_door_verify_mode"

# An hour, for tests.
SOON = timedelta(seconds=0.2)

# Setting, what it is set to, and the only key that goes over the wire.
NUMBERS_WRITTEN = [
    ("entries_allowed", 10, "setdevlock", {"access_times": 10}),
    ("terminal_number", 7, "setdevinfo", {"deviceid": 7}),
    ("alarm_when_open_for", 2, "setdevlock", {"alarmdelay": 2}),
    ("tries_before_alarm", 3, "setdevlock", {"tryalarm": 3}),
    ("fingerprints_per_person", 5, "setdevinfo", {"userfpnum": 5}),
    ("language", 4, "setdevinfo", {"language": 4}),
    ("log_warning", 500, "setdevinfo", {"loghint": 500}),
    ("open_delay", 9, "setdevlock", {"opendelay": 9}),
    ("people_together", 2, "setdevlock", {"mutiopen": 2}),
    ("entries_per_time_span", 6, "setdevlock", {"punchtimes": 6}),
    ("re_verify_time", 15, "setdevinfo", {"reverifytime": 15}),
    ("screensaver_delay", 60, "setdevinfo", {"screensaver": 60}),
    ("server_approval_timeout", 8, "setdevinfo", {"server_verify_timeout": 8}),
    ("volume", 8, "setdevinfo", {"volume": 8}),
]
SELECTS_WRITTEN = [
    ("alarm_input", "alarm_2", "setdevlock", {"InputAlarm": 2}),
    ("anti_passback", "inside", "setdevlock", {"antpass": 1}),
    ("door_contact_type", "normally_open", "setdevlock", {"doorsensor": 2}),
    ("duress_mode", "alarm", "setdevlock", {"threat": 2}),
    ("server_approval", "if_connected", "setdevinfo", {"server_verify": 2}),
    ("verify_mode", "face_and_card", "setdevinfo", {"verifymode": 10}),
    ("wiegand_format", "bits_34", "setdevlock", {"wgformat": 1}),
    ("wiegand_output", "device_and_enroll_id", "setdevlock", {"wgoutput": 2}),
]
SWITCHES_WRITTEN = [
    ("wiegand_card_number", "turn_on", "setdevlock", {"cardoutput": 1}),
    ("interlock", "turn_on", "setdevlock", {"interlock": 1}),
    ("menu_locked", "turn_on", "setdevinfo", {"disablemenu": 1}),
    ("open_for_strangers", "turn_on", "setdevinfo", {"stranger_lock": 1}),
    ("punch_photos", "turn_off", "setdevinfo", {"use_logphoto": 0}),
    ("sleep", "turn_on", "setdevinfo", {"sleep": 1}),
    ("stranger_photos", "turn_on", "setdevinfo", {"stranger_photo": 1}),
    ("tamper_alarm", "turn_on", "setdevlock", {"tamper": 1}),
]


def written(terminal: VirtualTerminal) -> list[dict[str, Any]]:
    """Return what the terminal was asked to change."""
    return [frame for frame in terminal.received if frame.get("cmd") in {"setdevinfo", "setdevlock"}]


def asked(terminal: VirtualTerminal, name: str) -> int:
    return sum(frame.get("cmd") == name for frame in terminal.received)


async def set_number(hass: HomeAssistant, entity_id: str, value: float) -> None:
    await hass.services.async_call("number", "set_value", {"entity_id": entity_id, "value": value}, blocking=True)


async def select(hass: HomeAssistant, entity_id: str, option: str) -> None:
    await hass.services.async_call("select", "select_option", {"entity_id": entity_id, "option": option}, blocking=True)


async def settled(hass: HomeAssistant) -> None:
    await hass.async_block_till_done(wait_background_tasks=True)


def test_every_setting_is_tried_below() -> None:
    assert len(NUMBERS_WRITTEN) == len(NUMBERS)
    assert len(SELECTS_WRITTEN) == len(SELECTS)
    assert len(SWITCHES_WRITTEN) == len(SWITCHES)


class TestOnTheWire:
    """Each setting travels alone, as the terminal understands it, and then shows the new value."""

    @pytest.mark.parametrize(("name", "value", "command", "keys"), NUMBERS_WRITTEN)
    async def test_number(
        self, hass: HomeAssistant, face: VirtualTerminal, name: str, value: int, command: str, keys: dict[str, Any]
    ) -> None:
        await set_number(hass, f"number.front_door_{name}", value)
        assert written(face) == [{"cmd": command, **keys}]
        assert state_of(hass, f"number.front_door_{name}").state == str(value)

    @pytest.mark.parametrize(("name", "option", "command", "keys"), SELECTS_WRITTEN)
    async def test_select(
        self, hass: HomeAssistant, face: VirtualTerminal, name: str, option: str, command: str, keys: dict[str, Any]
    ) -> None:
        await select(hass, f"select.front_door_{name}", option)
        assert written(face) == [{"cmd": command, **keys}]
        assert state_of(hass, f"select.front_door_{name}").state == option

    @pytest.mark.parametrize(("name", "action", "command", "keys"), SWITCHES_WRITTEN)
    async def test_switch(
        self, hass: HomeAssistant, face: VirtualTerminal, name: str, action: str, command: str, keys: dict[str, Any]
    ) -> None:
        entity_id = f"switch.front_door_{name}"
        wanted, before = ("on", "off") if action == "turn_on" else ("off", "on")
        assert state_of(hass, entity_id).state == before
        await hass.services.async_call("switch", action, {"entity_id": entity_id}, blocking=True)
        assert written(face) == [{"cmd": command, **keys}]
        assert state_of(hass, entity_id).state == wanted


async def test_values_are_those_of_the_terminal(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.settings.update(volume=3, verifymode=24)
    terminal.access_settings.update(threat=3, tamper=1)
    await connected(hass, terminal)
    assert state_of(hass, VOLUME).state == "3"
    assert state_of(hass, VERIFY_MODE).state == "palm_and_password"
    assert state_of(hass, "select.front_door_duress_mode").state == "open"
    assert state_of(hass, "switch.front_door_tamper_alarm").state == "on"
    assert written(terminal) == []


@pytest.mark.parametrize(
    ("profile", "serial", "name"),
    [("ai_face", FACE, "front_door"), ("tfs30", FINGER, "office"), ("controller4", CONTROLLER, "warehouse")],
)
async def test_every_family_of_firmware(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, profile: str, serial: str, name: str
) -> None:
    terminal = make_terminal(profile, serial)
    terminal.settings["volume"] = 4
    terminal.access_settings.update(doorsensor=1, tamper=1)
    await connected(hass, terminal)
    number, select_, switch = (
        f"number.{name}_volume",
        f"select.{name}_door_contact_type",
        f"switch.{name}_tamper_alarm",
    )
    assert [state_of(hass, one).state for one in (number, select_, switch)] == ["4", "normally_closed", "on"]
    await set_number(hass, number, 0)
    await select(hass, select_, "none")
    await hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    assert written(terminal) == [
        {"cmd": "setdevinfo", "volume": 0},
        {"cmd": "setdevlock", "doorsensor": 0},
        {"cmd": "setdevlock", "tamper": 0},
    ]
    shown = [state_of(hass, one).state for one in (number, select_, switch)]
    assert shown == ["0", "none", "off"]
    terminal.faults.refuse = {"setdevinfo": {"reason": 1}, "setdevlock": {"reason": 1}}
    for act in (
        set_number(hass, number, 9),
        select(hass, select_, "normally_open"),
        hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True),
    ):
        with pytest.raises(HomeAssistantError, match="refused: 1"):
            await act
    assert [state_of(hass, one).state for one in (number, select_, switch)] == shown
    await terminal.stop()
    for one in (number, select_, switch):
        await until_state(hass, one, STATE_UNAVAILABLE)


async def test_values_of_other_types_are_read_too(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.faults.wrong_type = True
    await connected(hass, terminal)
    assert state_of(hass, VOLUME).state == "6"
    assert state_of(hass, "switch.front_door_tamper_alarm").state == "off"


async def test_fingerprint_and_face_terminals_verify_by_different_tables(
    hass: HomeAssistant, finger: VirtualTerminal, face: VirtualTerminal
) -> None:
    office = state_of(hass, "select.office_verify_mode")
    assert office.state == "card_fingerprint_or_password"
    assert len(office.attributes["options"]) == 5
    options = state_of(hass, VERIFY_MODE).attributes["options"]
    assert len(options) == 21
    assert "card_fingerprint_or_password" not in options
    await select(hass, "select.office_verify_mode", "card_and_password")
    assert written(finger) == [{"cmd": "setdevinfo", "verifymode": 4}]


async def test_a_number_without_a_meaning_is_unknown_and_never_written(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.settings["verifymode"] = 77
    await connected(hass, terminal)
    assert state_of(hass, VERIFY_MODE).state == STATE_UNKNOWN
    await set_number(hass, VOLUME, 1)
    assert written(terminal) == [{"cmd": "setdevinfo", "volume": 1}]
    assert terminal.settings["verifymode"] == 77


async def test_a_terminal_has_only_the_settings_it_reports(
    hass: HomeAssistant, finger: VirtualTerminal, face: VirtualTerminal
) -> None:
    registry = er.async_get(hass)
    for platform, key in (
        (Platform.NUMBER, "server_approval_timeout"),
        (Platform.SELECT, "server_approval"),
        (Platform.SWITCH, "menu_locked"),
    ):
        assert registry.async_get_entity_id(platform, "timmy_access", f"{FACE}_{key}")
        assert not registry.async_get_entity_id(platform, "timmy_access", f"{finger.serial}_{key}")


async def test_a_setting_appears_when_it_is_first_reported(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("tfs30", FACE)
    del terminal.settings["volume"]
    await connected(hass, terminal)
    assert hass.states.get(VOLUME) is None
    terminal.settings["volume"] = 4  # a new firmware knows more
    received = len(terminal.received)
    await terminal.power_cycle()
    await terminal.wait_received("getdevinfo", after=received)
    await until_state(hass, VOLUME, "4")


async def test_after_a_restart_settings_of_an_offline_terminal_are_there(
    hass: HomeAssistant, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    await face.stop()
    await until_state(hass, VOLUME, STATE_UNAVAILABLE)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    for entity_id in (VOLUME, VERIFY_MODE, "switch.front_door_tamper_alarm", "sensor.front_door_people"):
        state = state_of(hass, entity_id)
        assert state.state == STATE_UNAVAILABLE
        assert not state.attributes.get("restored")  # an entity, and not what the registry remembers of one
    assert hass.states.get("number.office_volume") is None


async def test_an_offline_terminal_is_unavailable_and_writing_is_an_error(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    await face.stop()
    await until_state(hass, VOLUME, STATE_UNAVAILABLE)
    with pytest.raises(HomeAssistantError, match="not connected"), translated_errors("Front door"):
        await hub.terminals[FACE].settings.async_write(DEVICE, "volume", 8)
    assert DEVICE.value(hub.terminals[FACE].coordinator.data, "volume") == 6


async def test_no_answer_leaves_a_terminal_as_available_as_ever(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (GetAccessSettings, GetCapacity, GetSettings):
        monkeypatch.setattr(command, "timeout", 0.05)
    terminal = make_terminal("ai_face", FACE)
    terminal.faults.silent |= {"getdevinfo", "getdevlock"}
    await connected(hass, terminal)
    assert hass.states.get(VOLUME) is None
    assert state_of(hass, "lock.front_door").state == "locked"
    assert state_of(hass, "sensor.front_door_people").state == "1"  # capacity was asked for all the same


async def test_a_refusal_leaves_a_terminal_as_available_as_ever(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.faults.refuse = {"getdevinfo": {}, "getdevcap": {}}
    await connected(hass, terminal)
    assert hass.states.get(VOLUME) is None
    assert state_of(hass, OPEN_DELAY).state == "5"
    assert state_of(hass, "lock.front_door").state == "locked"


async def test_a_setting_that_is_no_longer_told_is_unknown(hass: HomeAssistant, face: VirtualTerminal) -> None:
    del face.settings["volume"]
    received = len(face.received)
    await face.drop()
    await face.wait_received("getdevcap", after=received)
    await settled(hass)
    assert state_of(hass, VOLUME).state == STATE_UNKNOWN


async def test_a_refused_write_is_an_error_and_changes_nothing(hass: HomeAssistant, face: VirtualTerminal) -> None:
    face.faults.refuse["setdevinfo"] = {"reason": 1, "msg": "not now"}
    with pytest.raises(HomeAssistantError, match="Front door refused: not now"):
        await set_number(hass, VOLUME, 8)
    assert state_of(hass, VOLUME).state == "6"
    assert face.settings["volume"] == 6


async def test_an_unanswered_write_is_an_error_and_the_terminal_is_asked_what_it_has(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SetSettings, "timeout", 0.05)
    face.faults.silent.add("setdevinfo")
    with pytest.raises(HomeAssistantError, match="did not answer"):
        await set_number(hass, VOLUME, 8)
    await settled(hass)
    assert state_of(hass, VOLUME).state == str(face.settings["volume"])
    assert len(written(face)) == 1


async def test_an_unanswered_write_and_no_answer_to_the_question_keep_the_value(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SetSettings, "timeout", 0.05)
    monkeypatch.setattr(GetSettings, "timeout", 0.05)
    face.faults.silent |= {"setdevinfo", "getdevinfo"}
    with pytest.raises(HomeAssistantError, match="did not answer"):
        await set_number(hass, VOLUME, 8)
    await settled(hass)
    assert state_of(hass, VOLUME).state == "6"


async def test_a_write_that_cannot_be_confirmed_is_believed(
    hass: HomeAssistant, face: VirtualTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GetSettings, "timeout", 0.05)
    face.faults.silent.add("getdevinfo")
    await set_number(hass, VOLUME, 8)
    assert state_of(hass, VOLUME).state == "8"


async def test_a_write_is_not_confirmed_where_nothing_was_ever_told(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("ai_face", FACE)
    terminal.faults.refuse["getdevinfo"] = {}
    await connected(hass, terminal)
    before = asked(terminal, "getdevinfo")
    await hub.terminals[FACE].settings.async_write(DEVICE, "volume", 8)
    await hass.async_block_till_done()
    assert state_of(hass, VOLUME).state == "8"
    assert asked(terminal, "getdevinfo") == before


async def test_a_write_without_effect_is_an_error_and_shows_the_real_value(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    class Stubborn(dict[str, Any]):
        def update(self, *_: Any, **__: Any) -> None:
            """Say yes and do nothing."""

    terminal = make_terminal("ai_face", FACE)
    terminal.machine.settings = Stubborn(terminal.settings)
    await connected(hass, terminal)
    with pytest.raises(HomeAssistantError, match="Front door accepted the change, but its Volume is still 6"):
        await set_number(hass, VOLUME, 8)
    assert state_of(hass, VOLUME).state == "6"


async def test_writing_confirms_once(hass: HomeAssistant, face: VirtualTerminal) -> None:
    before = asked(face, "getdevinfo")
    await set_number(hass, VOLUME, 8)
    assert asked(face, "getdevinfo") == before + 1


async def test_writes_at_the_same_time_do_not_get_into_each_others_way(
    hass: HomeAssistant, face: VirtualTerminal
) -> None:
    await asyncio.gather(*(set_number(hass, VOLUME, value) for value in (1, 9, 3)), set_number(hass, OPEN_DELAY, 8))
    assert [frame["volume"] for frame in written(face) if "volume" in frame] == [1, 9, 3]
    assert state_of(hass, VOLUME).state == "3"
    assert state_of(hass, OPEN_DELAY).state == "8"


async def test_what_is_out_of_range_is_refused_and_nothing_is_sent(hass: HomeAssistant, face: VirtualTerminal) -> None:
    with pytest.raises(ServiceValidationError):
        await set_number(hass, VOLUME, 11)
    with pytest.raises(ServiceValidationError):
        await select(hass, VERIFY_MODE, "retina")
    with pytest.raises(ServiceValidationError, match="Volume must be a whole number"):
        await set_number(hass, VOLUME, 2.5)
    assert written(face) == []
    assert state_of(hass, VOLUME).state == "6"


async def test_a_changed_open_delay_applies_at_once(
    hass: HomeAssistant, finger: VirtualTerminal, freezer: FrozenDateTimeFactory
) -> None:
    await set_number(hass, "number.office_open_delay", 60)
    await hass.services.async_call("lock", "open", {"entity_id": "lock.office"}, blocking=True)
    for seconds, wanted in ((55, "open"), (10, "locked")):
        freezer.tick(seconds)
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert state_of(hass, "lock.office").state == wanted


async def test_a_change_at_the_terminals_menu_shows_when_the_terminal_is_asked_again(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "LEARN_INTERVAL", SOON)
    terminal = await connected(hass, make_terminal("tfs30", FACE))
    terminal.settings["volume"] = 2
    received = len(terminal.received)
    await until_state(hass, VOLUME, "2")
    await terminal.wait_received("getdevlock", after=received)
    begun = next(
        number for number, frame in enumerate(terminal.received) if number >= received and frame["cmd"] == "getdevlock"
    )
    await terminal.wait_received("getdevcap", after=begun)
    assert [frame["cmd"] for frame in terminal.received[begun : begun + 3]] == ["getdevlock", "getdevinfo", "getdevcap"]


async def test_what_stays_unanswered_is_not_asked_again_over_the_same_connection(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "LEARN_INTERVAL", SOON)
    monkeypatch.setattr(GetSettings, "timeout", 0.05)
    terminal = make_terminal("tfs30", FACE)
    terminal.faults.silent.add("getdevinfo")
    await connected(hass, terminal)
    before = asked(terminal, "getdevinfo")
    for _ in range(2):
        await terminal.wait_received("getdevcap", after=len(terminal.received))
    assert asked(terminal, "getdevinfo") == before
    terminal.faults.silent.clear()
    await terminal.drop()
    await until_state(hass, VOLUME, "6")


async def test_an_offline_terminal_is_not_asked(hass: HomeAssistant, hub: Hub, finger: VirtualTerminal) -> None:
    await finger.stop()
    await until_state(hass, "binary_sensor.office_connectivity", "off")
    assert hub.terminals[finger.serial]._questions._stop is None


def test_limits_are_those_of_the_protocol() -> None:
    for description in NUMBERS:
        limits = description.sheet.limits(description.key)
        assert 0 <= limits.low < limits.high
    with pytest.raises(KeyError):
        ACCESS.limits("tamper")


async def test_what_is_told_beside_settings_is_not_held_in_memory(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    much = {f"key{number}": "x" * 1_000 for number in range(1_000)}
    received = len(finger.received)
    await finger.send({"cmd": "reg", "sn": FINGER, "devinfo": {"modelname": "TFS30", **much}})
    await finger.wait_received("reg", after=received)
    terminal = hub.terminals[FINGER]
    for sheet in (ACCESS, DEVICE):
        told = sheet.told(terminal.coordinator.data)
        assert told is not None
        kept = sheet.told(sheet.put(TerminalState(), replace(told, extra=much)))
        assert kept is not None
        assert not any(kept.extra.values())
    assert terminal.coordinator.data.info.extra
    assert not any(terminal.coordinator.data.info.extra.values())


@pytest.mark.parametrize(
    ("platform", "key", "value"),
    [
        (Platform.NUMBER, "open_delay", "5"),
        (Platform.NUMBER, "volume", "6"),
        (Platform.SELECT, "door_sensor", "none"),
        (Platform.SELECT, "verify_mode", "default"),
    ],
)
async def test_what_is_switched_off_at_first_stays_on_where_it_was(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    make_terminal: MakeTerminal,
    platform: Platform,
    key: str,
    value: str,
) -> None:
    registry = er.async_get(hass)
    known = registry.async_get_or_create(
        platform, "timmy_access", f"{FACE}_{key}", config_entry=entry, suggested_object_id="mine"
    )
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", new=False):
        await connected(hass, make_terminal("ai_face", FACE))
    assert state_of(hass, known.entity_id).state == value
    assert known.entity_id == f"{platform}.mine"
    assert hass.states.get("select.front_door_duress_mode") is None
