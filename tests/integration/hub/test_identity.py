"""Who may be a terminal: pinned hardware, two with one serial number, addresses; and the questions to people."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub import claims as claims_module, gate as gate_module, homes as homes_module
from custom_components.timmy_access.hub.claims import FORGET_SECONDS, Claim
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.hub.identity import Doubt
from custom_components.timmy_access.protocol.connection import Connection
from custom_components.timmy_access.protocol.hardware import HardwareFacts
from homeassistant.config_entries import SubentryFlowResult
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
from simulator import Timing, VirtualTerminal

from ..conftest import FACE, FINGER, LOOPBACK, Fix, MakeTerminal, connected, settings_form
from ..flows.test_config_flow import STRANGER, card
from ..until import issues_of, state_of, until_issue, until_state

ONLINE = "binary_sensor.office_connectivity"
CHANGED = f"identity_changed_{FINGER}"
ELSEWHERE = f"address_not_allowed_{FINGER}"
TWICE = f"duplicate_serial_{FINGER}"
OTHER_ADDRESS = "127.0.0.2"
CPU = "df67b870070e1f24"
REFUSED = f"Not admitted, see {FINGER} in Home Assistant"


@pytest.fixture(autouse=True)
def believing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe at once what a terminal tells."""
    monkeypatch.setattr(homes_module, "SETTLED_SECONDS", 0.0)


def pins(entry: MockConfigEntry, hub: Hub, serial: str) -> dict[str, Any]:
    data = entry.subentries[hub.terminals[serial].subentry_id].data
    return {key: data[key] for key in ("cpu_serial", "mac", "network") if key in data}


def other_board(make_terminal: MakeTerminal, **options: Any) -> VirtualTerminal:
    terminal = make_terminal("tfs30", FINGER, **options)
    terminal.machine.cpusn = "0123456789abcdef"
    return terminal


async def test_the_first_contact_is_pinned_once(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, finger: VirtualTerminal, face: VirtualTerminal
) -> None:
    assert pins(entry, hub, FINGER) == {"cpu_serial": CPU, "mac": "0001a9303032"}
    assert pins(entry, hub, FACE) == {"mac": "0001a9303031"}  # it tells no more than that
    received = len(finger.received)
    await finger.drop()
    await finger.wait_received("getdevlock", after=received)
    assert pins(entry, hub, FINGER) == {"cpu_serial": CPU, "mac": "0001a9303032"}
    assert issues_of(hass) == {}


async def test_terminals_may_share_an_address_that_the_factory_left(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    """Prototypes do (field notes 2)."""
    for profile, serial in (("tfs30", FINGER), ("ai_face", FACE)):
        terminal = make_terminal(profile, serial)
        terminal.machine.mac = "00-01-A9-01-00-06"
        await connected(hass, terminal)
        received = len(terminal.received)
        await terminal.drop()
        await terminal.wait_received("getdevlock", after=received)
    assert pins(entry, hub, FINGER)["mac"] == pins(entry, hub, FACE)["mac"] == "0001a9010006"
    registry = dr.async_get(hass)
    devices = [registry.async_get_device_by_identifier((DOMAIN, serial), entry.entry_id) for serial in (FINGER, FACE)]
    assert [device.connections for device in devices if device] == [{("mac", "00:01:a9:01:00:06")}, set()]
    assert [device.serial_number for device in devices if device] == [FINGER, FACE]


async def test_what_is_told_later_is_pinned_from_who_agrees(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("tfs30", FINGER)
    terminal.machine.mac = None
    await connected(hass, terminal)
    assert pins(entry, hub, FINGER) == {"cpu_serial": CPU}
    stranger = other_board(make_terminal)
    await stranger.start()
    await stranger.wait_refused()
    assert pins(entry, hub, FINGER) == {"cpu_serial": CPU}
    terminal.machine.mac = "00-01-A9-00-00-01"
    received = len(terminal.received)
    await terminal.drop()
    await terminal.wait_received("getdevlock", after=received)
    assert pins(entry, hub, FINGER) == {"cpu_serial": CPU, "mac": "0001a9000001"}


async def test_a_repeated_registration_may_tell_more_but_nothing_else(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, face: VirtualTerminal
) -> None:
    session = hub.terminals[FACE].session
    await face.send({"cmd": "reg", "sn": FACE, "cpusn": "AB12"})
    await face.wait_for(lambda: pins(entry, hub, FACE).get("cpu_serial"))
    assert pins(entry, hub, FACE) == {"cpu_serial": "ab12", "mac": "0001a9303031"}
    assert hub.terminals[FACE].session is session
    await face.send({"cmd": "reg", "sn": FACE, "cpusn": "AB13"})
    await until_state(hass, "binary_sensor.front_door_connectivity", "off")
    assert pins(entry, hub, FACE)["cpu_serial"] == "ab12"
    # its own registrations do not tell the processor's number any more, and so it is asked about
    assert await face.wait_refused() == REFUSED.replace(FINGER, FACE)


async def test_other_hardware_stays_out_and_disturbs_nothing(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    session, state = hub.terminals[FINGER].session, hub.terminals[FINGER].coordinator.data
    sent = len(finger.received)
    impostor = other_board(make_terminal)  # even from the same address
    impostor.punch(1)
    await impostor.start()
    assert await impostor.wait_refused() == REFUSED
    issue = await until_issue(hass, CHANGED)
    assert issue is not None
    assert issue.translation_placeholders == {
        "name": "Office",
        "serial": FINGER,
        "address": LOOPBACK,
        "present_address": LOOPBACK,
        "network": "—",
        "cpu_serial": "0123456789abcdef",
        "pinned_cpu_serial": CPU,
        "mac": "00:01:a9:30:30:32",
        "pinned_mac": "00:01:a9:30:30:32",
    }
    assert impostor.unsent == 1
    assert hub.terminals[FINGER].session is session
    assert hub.terminals[FINGER].coordinator.data == state
    assert len(finger.received) == sent  # not even a question


async def test_left_out_facts_are_other_hardware(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    impostor = make_terminal("tfs30", FINGER)
    impostor.machine.cpusn = impostor.machine.mac = None
    await impostor.start()
    await impostor.wait_refused()
    issue = await until_issue(hass, CHANGED)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert (issue.translation_placeholders["cpu_serial"], issue.translation_placeholders["mac"]) == ("—", "—")


async def test_accepted_hardware_comes_in_and_the_old_one_goes(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    finger: VirtualTerminal,
    make_terminal: MakeTerminal,
    fix: Fix,
) -> None:
    new = other_board(make_terminal)
    new.machine.mac = None
    await new.start()
    await new.wait_refused()
    await until_issue(hass, CHANGED)
    menu = await fix(CHANGED)
    assert (menu["type"], menu["menu_options"]) == ("menu", ["accept", "keep"])
    assert menu["description_placeholders"]["name"] == "Office"
    result = await fix(CHANGED, {"next_step_id": "accept"})
    assert result["type"] == "create_entry"
    await new.wait_registered()
    assert await finger.wait_refused() == REFUSED
    # What it does not tell does not count any more.
    assert pins(entry, hub, FINGER) == {"cpu_serial": "0123456789abcdef", "mac": ""}
    issue = await until_issue(hass, CHANGED)  # about the old one, now
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["cpu_serial"] == CPU
    await finger.stop()
    received = len(new.received)
    await new.drop()
    await new.wait_received("getdevlock", after=received)


async def test_kept_out_hardware_is_asked_about_no_more(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    finger: VirtualTerminal,
    make_terminal: MakeTerminal,
    fix: Fix,
) -> None:
    impostor = other_board(make_terminal)
    await impostor.start()
    await until_issue(hass, CHANGED)
    other = await fix(CHANGED)
    result = await fix(CHANGED, {"next_step_id": "keep"})
    assert result["type"] == "create_entry"
    # One question is answered once.
    manager = hass.data["repairs"]["flow_manager"]
    assert (await manager.async_configure(other["flow_id"], {"next_step_id": "accept"}))["reason"] == "not_asked"
    received = len(impostor.received)
    for _ in range(2):
        refusal = await impostor.wait_received("reg", after=received)
        assert refusal["result"] is False
        received = len(impostor.received)
    assert issues_of(hass) == {}
    assert pins(entry, hub, FINGER)["cpu_serial"] == CPU
    assert state_of(hass, ONLINE).state == "on"


async def test_a_question_ends_with_the_terminal_and_with_the_listener(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    finger: VirtualTerminal,
    make_terminal: MakeTerminal,
    fix: Fix,
) -> None:
    impostor = other_board(make_terminal)
    await impostor.start()
    await until_issue(hass, CHANGED)
    menu = await fix(CHANGED)
    subentry_id = hub.terminals[FINGER].subentry_id
    hass.config_entries.async_remove_subentry(entry, subentry_id)
    await until_issue(hass, CHANGED, present=False)
    for step in ("accept", "keep"):
        flow = hass.data["repairs"]["flow_manager"]._progress[menu["flow_id"]]
        assert (await getattr(flow, f"async_step_{step}")())["reason"] == "not_running"
    again = make_terminal("ai_face", FACE)
    await connected(hass, again)
    again.machine.cpusn = "1"
    await again.drop()
    await again.wait_registered()
    again.machine.cpusn = "2"
    await again.drop()
    await until_issue(hass, f"identity_changed_{FACE}")
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert issues_of(hass) == {}


async def test_a_question_is_forgotten_a_day_after_the_last_claim(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    impostor = other_board(make_terminal)
    await impostor.start()
    await until_issue(hass, CHANGED)
    await impostor.stop()
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=FORGET_SECONDS + 1))
    assert CHANGED in issues_of(hass)  # by the clock that counts it was just now
    with patch.object(claims_module, "FORGET_SECONDS", 0.0):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=2 * FORGET_SECONDS + 2))
    assert CHANGED not in issues_of(hass)


async def test_taking_turns_does_not_write_issues_all_the_time(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal
) -> None:
    def claim(number: int) -> Claim:
        return Claim(doubt=Doubt.IDENTITY, serial=FINGER, address=LOOPBACK, facts=HardwareFacts(cpu_serial=str(number)))

    def shown() -> str:
        placeholders = issues_of(hass)[CHANGED].translation_placeholders
        assert placeholders is not None
        return placeholders["cpu_serial"]

    def hold_off(number: int) -> None:
        hub.claims.async_hold_off(claim(number), "Office", hub.terminals[FINGER].identity, None)

    hold_off(1)
    hold_off(2)
    assert shown() == "1"
    with patch.object(claims_module, "CHANGE_SECONDS", 0.0):
        hold_off(2)
    assert shown() == "2"
    with patch.object(claims_module, "MAX_REJECTED", 2):
        for number in (2, 3, 4):
            hub.claims.async_reject(claim(number))
    assert issues_of(hass) == {}
    hold_off(4)
    assert issues_of(hass) == {}
    hold_off(2)  # the oldest answer has been forgotten
    assert shown() == "2"


async def test_two_terminals_with_one_serial_number(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    finger: VirtualTerminal,
    make_terminal: MakeTerminal,
    fix: Fix,
) -> None:
    session = hub.terminals[FINGER].session
    twin = make_terminal("tfs30", FINGER, source_address=OTHER_ADDRESS)
    await twin.start()
    assert await twin.wait_refused() == REFUSED
    issue = await until_issue(hass, TWICE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["address"] == OTHER_ADDRESS
    assert issue.translation_placeholders["present_address"] == LOOPBACK
    assert hub.terminals[FINGER].session is session
    result = await fix(TWICE, {"next_step_id": "accept"})
    assert result["type"] == "create_entry"
    await twin.wait_registered()
    assert pins(entry, hub, FINGER)["network"] == OTHER_ADDRESS
    assert await finger.wait_refused() == REFUSED
    assert hub.terminals[FINGER].coordinator.data.address == OTHER_ADDRESS
    assert TWICE not in issues_of(hass)


async def test_a_silent_terminal_is_asked_once_however_many_claim_it(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    asked = sum(frame.get("cmd") == "getdevinfo" for frame in finger.received)
    with patch.object(gate_module, "FRESH_SECONDS", 0.0):
        finger.faults.delay = 0.5
        once = replace(Timing.fast(), reg_repeat=60)
        twins = [
            make_terminal("tfs30", FINGER, source_address=f"127.0.0.{number}", timing=once) for number in (2, 3, 4)
        ]
        for twin in twins:
            await twin.start()
        for twin in twins:
            assert await twin.wait_refused() == REFUSED
            await twin.stop()
    assert sum(frame.get("cmd") == "getdevinfo" for frame in finger.received) - asked < len(twins)
    assert state_of(hass, ONLINE).state == "on"


async def test_a_question_about_a_terminal_that_has_moved_answers_itself(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    moved = make_terminal("tfs30", FINGER, source_address=OTHER_ADDRESS)
    await moved.start()
    await until_issue(hass, TWICE)
    finger.faults.half_open = True
    with (
        patch.multiple(gate_module, TAKE_OVER_PROBE_SECONDS=0.1, FRESH_SECONDS=0.0),
        patch.object(homes_module, "PATIENCE_SECONDS", 0.0),
        patch.object(Connection, "is_acknowledged", new=False),  # its network is gone
    ):
        await moved.wait_registered()
    await until_issue(hass, TWICE, present=False)
    assert hub.terminals[FINGER].coordinator.data.address == OTHER_ADDRESS


async def test_whoever_comes_while_the_old_connection_is_asked_is_not_pushed_aside(
    hass: HomeAssistant, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    """The terminal itself reconnects while another address waits for its old connection to fail."""
    finger.faults.half_open = True
    with patch.object(gate_module, "FRESH_SECONDS", 0.0):
        impostor = make_terminal("tfs30", FINGER, source_address=OTHER_ADDRESS)
        await impostor.start()
        await impostor.wait_transmitted("reg")
        again = make_terminal("tfs30", FINGER)
        await connected(hass, again)
        assert await impostor.wait_refused() == REFUSED
    assert hub.terminals[FINGER].coordinator.data.address == LOOPBACK
    assert again.registered


async def test_only_from_a_network(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hub: Hub,
    finger: VirtualTerminal,
    make_terminal: MakeTerminal,
    fix: Fix,
) -> None:
    async def change(**data: Any) -> SubentryFlowResult:
        form = await settings_form(hass, entry, hub.terminals[FINGER].subentry_id)
        assert form["description_placeholders"]["address"] in (LOOPBACK, "—")
        return await hass.config_entries.subentries.async_configure(
            form["flow_id"], {"name": "Office", "doors": 1, **data}
        )

    form = await change(network="192.168.1.0/24 or so")
    assert form["errors"] == {"network": "invalid_network"}
    session = hub.terminals[FINGER].session
    await change(network=" 127.0.0.1/24 ")
    assert pins(entry, hub, FINGER)["network"] == "127.0.0.0/24"
    assert hub.terminals[FINGER].session is session  # it comes from there
    await change(network="127.0.0.2")
    await until_state(hass, ONLINE, "off")
    assert await finger.wait_refused() == REFUSED
    issue = await until_issue(hass, ELSEWHERE)
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["network"] == "127.0.0.2"
    await fix(ELSEWHERE, {"next_step_id": "accept"})
    await finger.wait_registered()
    assert pins(entry, hub, FINGER)["network"] == LOOPBACK
    await change(network="127.0.0.2")
    await until_issue(hass, ELSEWHERE)
    await change()  # from everywhere again
    await finger.wait_registered()
    assert pins(entry, hub, FINGER)["network"] == ""
    await until_issue(hass, ELSEWHERE, present=False)


async def test_a_peer_without_an_address_is_in_no_network(hass: HomeAssistant, hub: Hub) -> None:
    identity = hub.terminals[FINGER].identity
    identity.async_apply({"network": "::/0"})
    assert identity.doubt(HardwareFacts(), "") is Doubt.ADDRESS
    assert identity.doubt(HardwareFacts(), "127.0.0.1") is Doubt.ADDRESS
    assert identity.doubt(HardwareFacts(), "2001:db8::1") is None


async def test_a_question_waits_for_the_next_start(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, finger: VirtualTerminal, make_terminal: MakeTerminal
) -> None:
    impostor = other_board(make_terminal)
    await impostor.start()
    await until_issue(hass, CHANGED)
    hass.set_state(CoreState.stopping)
    await hub.async_stop()
    assert CHANGED in issues_of(hass)
    hass.set_state(CoreState.running)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert issues_of(hass) == {}


@pytest.mark.parametrize("by_card", [True, False])
async def test_what_waits_is_pinned_at_its_approval(
    hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, make_terminal: MakeTerminal, *, by_card: bool
) -> None:
    terminal, flow = await card(hass, make_terminal, "tfs30")
    await terminal.stop()
    answers = {"name": "Gate", "doors": 1}
    if by_card:
        await hass.config_entries.flow.async_configure(flow["flow_id"], answers)
    else:
        form = await hass.config_entries.subentries.async_init((entry.entry_id, "terminal"), context={"source": "user"})
        await hass.config_entries.subentries.async_configure(form["flow_id"], {**answers, "serial": STRANGER})
    await hass.async_block_till_done()
    assert pins(entry, hub, STRANGER) == {"cpu_serial": CPU, "mac": "0001a9393939"}
    impostor = make_terminal("tfs30", STRANGER)
    impostor.machine.cpusn = "1"
    await impostor.start()
    assert await impostor.wait_refused() == REFUSED.replace(FINGER, STRANGER)
    await terminal.start()
    await terminal.wait_registered()


async def test_only_an_address_can_be_allowed(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub) -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        hub.terminals[FINGER].identity.async_allow("")
    assert pins(entry, hub, FINGER) == {}
