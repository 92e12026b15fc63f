"""What a terminal leaves unanswered costs nobody time: neither at each connect, nor when somebody waits."""

from dataclasses import replace

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.people import roster as roster_module
from custom_components.timmy_access.protocol.commands import GetSettings, GetUserInfo, GetUserName
from custom_components.timmy_access.terminal import silences
from custom_components.timmy_access.terminal.silences import ASK_AGAIN, TIMES
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER, MakeTerminal, connected, reload


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (GetSettings, GetUserInfo, GetUserName):
        monkeypatch.setattr(command, "timeout", 0.02)


def asked(terminal: VirtualTerminal, name: str) -> int:
    return sum(frame.get("cmd") == name for frame in terminal.received)


async def dial_again(hass: HomeAssistant, terminal: VirtualTerminal) -> int:
    """Let it dial anew, wait for the last question, and return how often it was asked for its settings then."""
    before = asked(terminal, "getdevinfo")
    received = len(terminal.received)
    await terminal.drop()
    await terminal.wait_received("getdevcap", after=received, timeout=10)
    await hass.async_block_till_done(wait_background_tasks=True)
    return asked(terminal, "getdevinfo") - before


async def test_what_was_never_answered_is_asked_seldom(
    hass: HomeAssistant,
    hub: Hub,
    entry: MockConfigEntry,
    make_terminal: MakeTerminal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = make_terminal("tfs30", FINGER)
    terminal.faults.silent.add("getdevinfo")
    await connected(hass, terminal)
    for _ in range(TIMES - 1):
        assert await dial_again(hass, terminal) > 0
    assert await dial_again(hass, terminal) == 0
    before = asked(terminal, "getdevinfo")
    await reload(hass, entry, terminal)
    assert asked(terminal, "getdevinfo") == before
    later = dt_util.utcnow().date() + ASK_AGAIN
    monkeypatch.setattr(silences, "_today", lambda: later)
    assert await dial_again(hass, terminal) > 0
    assert await dial_again(hass, terminal) == 0


async def test_other_firmware_is_asked_anew(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> None:
    terminal = make_terminal("tfs30", FINGER)
    terminal.faults.silent.add("getdevinfo")
    await connected(hass, terminal)
    for _ in range(TIMES):
        await dial_again(hass, terminal)
    assert await dial_again(hass, terminal) == 0
    terminal.faults.silent.clear()
    terminal.machine.profile = replace(terminal.machine.profile, firmware="TFS30 V10.0")
    assert await dial_again(hass, terminal) == 1
    assert hub.terminals[FINGER].coordinator.data.settings is not None


async def test_what_was_answered_once_is_asked_again(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("tfs30", FINGER)
    await connected(hass, terminal)
    terminal.faults.silent.add("getdevinfo")
    for _ in range(TIMES + 1):
        assert await dial_again(hass, terminal) > 0


async def test_who_asks_who_is_there_does_not_wait_for_names_that_never_come(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is what was asked for. Names would take as long as the terminal stays silent: here, for ever."""
    monkeypatch.setattr(GetUserName, "timeout", 3600.0)
    monkeypatch.setattr(roster_module, "NAMES_SECONDS", 0.02)
    terminal = make_terminal("tfs30", FINGER)
    terminal.faults.silent |= {"getusername"}
    terminal.add_user(User(enrollid=2, credentials={0: "c5"}))
    await terminal.start()
    await terminal.wait_received("getusername", timeout=10)
    hub.terminals[FINGER].roster.complete = False
    answer = await hass.services.async_call(
        "timmy_access", "get_users", {"device_id": hub.terminals[FINGER].device_id}, blocking=True, return_response=True
    )
    assert answer is not None
    assert [user["enroll_id"] for user in answer["users"]] == [1, 2]  # type: ignore[index, call-overload, union-attr]


async def test_a_credential_is_written_without_a_question_where_nothing_is_to_be_asked(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal = make_terminal("tfs30", FINGER)
    terminal.faults.silent |= {"getuserinfo", "getusername"}
    await connected(hass, terminal)
    told = {"device_id": hub.terminals[FINGER].device_id, "enroll_id": 77, "credential": "card", "value": "4711"}
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call("timmy_access", "set_credential", told, blocking=True)
    assert raised.value.translation_key == "question_timeout"
    assert 77 not in terminal.machine.users.by_id
    told |= {"name": "Grace", "role": "user"}
    await hass.services.async_call("timmy_access", "set_credential", told, blocking=True)
    assert terminal.machine.users.by_id[77].name == "Grace"


async def test_somebody_of_whom_only_the_number_is_known_is_asked_about(
    hass: HomeAssistant, hub: Hub, face: VirtualTerminal
) -> None:
    face.add_user(User(enrollid=9, name="Grace", credentials={11: 4711}))
    hub.terminals[FACE].roster.async_note(9, enabled=False)
    answer = await hass.services.async_call(
        "timmy_access",
        "get_user",
        {"device_id": hub.terminals[FACE].device_id, "enroll_id": 9},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    assert (answer["name"], answer["credentials"], answer["enabled"]) == ("Grace", {"card": 1}, False)
