"""The code that people need to open a door from Home Assistant."""

import asyncio
from typing import Any

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.guests import unlock_code
from custom_components.timmy_access.guests.unlock_code import LOCKED_OUT_SECONDS, MAX_WRONG_CODES, hashed, matches
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol import exchange
from homeassistant.core import Context, HomeAssistant
from homeassistant.data_entry_flow import InvalidData
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from simulator import VirtualTerminal

from ..conftest import CONTROLLER, FACE, Jump, settings_form
from ..until import listen, state_of

CODE = "271828"
WRONG = "314159"
FRONT = "lock.front_door"


async def change(hass: HomeAssistant, entry: MockConfigEntry, hub: Hub, **fields: Any) -> dict[str, Any]:
    """Fill in the form of the face terminal."""
    form = await settings_form(hass, entry, hub.terminals[FACE].subentry_id)
    result = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {"name": "Front door", "doors": 1, **fields}
    )
    await hass.async_block_till_done()
    return dict(result)


@pytest.fixture
async def guarded(hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal) -> VirtualTerminal:
    assert (await change(hass, entry, hub, new_code=CODE))["reason"] == "reconfigure_successful"
    return face


@pytest.fixture
def person(hass: HomeAssistant) -> Context:
    return Context(user_id=MockUser(is_owner=True).add_to_hass(hass).id)


async def act(
    hass: HomeAssistant, name: str, entity_id: str = FRONT, *, context: Context | None = None, **data: Any
) -> None:
    await hass.services.async_call("lock", name, {"entity_id": entity_id, **data}, blocking=True, context=context)


async def ask(hass: HomeAssistant, hub: Hub, name: str, context: Context, **data: Any) -> None:
    await hass.services.async_call(
        DOMAIN, name, {"device_id": hub.terminals[FACE].device_id, **data}, blocking=True, context=context
    )


async def refused(hass: HomeAssistant, code: str | None, key: str, context: Context | None = None) -> None:
    with pytest.raises(ServiceValidationError) as error:
        await act(hass, "open", context=context, **({} if code is None else {"code": code}))
    assert error.value.translation_key == key


def openings(terminal: VirtualTerminal) -> int:
    return terminal.doors[1].openings


def moved(terminal: VirtualTerminal) -> list[dict[str, Any]]:
    return [frame for frame in terminal.received if frame.get("cmd") in {"opendoor", "lockctrl"}]


async def test_open_and_unlock_need_the_code_and_locking_does_not(
    hass: HomeAssistant, guarded: VirtualTerminal
) -> None:
    assert state_of(hass, FRONT).attributes["code_format"]
    await refused(hass, None, "code_required")
    await refused(hass, WRONG, "code_wrong")
    await refused(hass, "letters", "add_default_code")
    with pytest.raises(ServiceValidationError):
        await act(hass, "unlock")
    assert moved(guarded) == []
    await act(hass, "open", code=CODE)
    await act(hass, "lock")
    await act(hass, "unlock", code=CODE)
    assert openings(guarded) == 2


async def test_other_terminals_need_no_code(
    hass: HomeAssistant, guarded: VirtualTerminal, finger: VirtualTerminal
) -> None:
    assert "code_format" not in state_of(hass, "lock.office").attributes
    await act(hass, "open", "lock.office")
    assert openings(finger) == 1


async def test_the_default_code_of_home_assistant_opens(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    er.async_get(hass).async_update_entity_options(FRONT, "lock", {"default_code": CODE})
    await act(hass, "open")
    await change(hass, entry, hub, new_code=CODE)  # later than the default
    await act(hass, "open")
    er.async_get(hass).async_update_entity_options(FRONT, "lock", {"default_code": WRONG})
    await refused(hass, None, "code_wrong")
    assert openings(face) == 2


async def test_whoever_guesses_is_locked_out_for_a_while_and_nobody_else(
    hass: HomeAssistant,
    guarded: VirtualTerminal,
    person: Context,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = listen(hass, f"{DOMAIN}_event")
    other = Context(user_id=MockUser(is_owner=True).add_to_hass(hass).id)
    for _ in range(MAX_WRONG_CODES):
        await refused(hass, WRONG, "code_wrong", person)
    await refused(hass, CODE, "code_locked_out", person)
    freezer.tick(LOCKED_OUT_SECONDS - 1)
    await refused(hass, CODE, "code_locked_out", person)
    assert moved(guarded) == []
    await act(hass, "open", code=CODE, context=other)
    await act(hass, "open", code=CODE)  # an automation
    assert openings(guarded) == 2
    blocked = [(event.data["kind"], event.data["source"]) for event in events if event.data["type"] == "code"]
    assert blocked == [("blocked", "unlock_code")]
    ours = [line.getMessage() for line in caplog.records if line.name.startswith("custom_components")]
    assert sum("listens to none of theirs for 5 minutes" in line for line in ours) == 1
    assert not any(WRONG in text or CODE in text for text in [*ours, *map(str, events)])
    freezer.tick(2)
    await act(hass, "open", code=CODE, context=person)
    assert openings(guarded) == 3


async def test_wrong_codes_of_automations_shut_out_nobody_and_are_told(
    hass: HomeAssistant, guarded: VirtualTerminal, person: Context
) -> None:
    events = listen(hass, f"{DOMAIN}_event")
    for _ in range(MAX_WRONG_CODES):
        await refused(hass, WRONG, "code_wrong")
    assert [(event.data["kind"], event.data["source"]) for event in events] == [("blocked", "unlock_code")]
    await act(hass, "open", code=CODE)
    await act(hass, "open", code=CODE, context=person)
    assert openings(guarded) == 2


async def test_a_hundred_guesses_at_once_are_five(
    hass: HomeAssistant, guarded: VirtualTerminal, person: Context
) -> None:
    guesses = [act(hass, "open", code=f"{number:04}", context=person) for number in range(100)]
    errors = await asyncio.gather(*guesses, return_exceptions=True)
    keys = [error.translation_key for error in errors if isinstance(error, ServiceValidationError)]
    assert keys.count("code_wrong") == MAX_WRONG_CODES
    assert keys.count("code_locked_out") == 100 - MAX_WRONG_CODES


async def test_the_right_code_forgives_and_a_new_code_too(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, guarded: VirtualTerminal, person: Context
) -> None:
    for _ in range(2):
        for _ in range(MAX_WRONG_CODES - 1):
            await refused(hass, WRONG, "code_wrong", person)
        await act(hass, "open", code=CODE, context=person)
    for _ in range(MAX_WRONG_CODES):
        await refused(hass, WRONG, "code_wrong", person)
    await change(hass, entry, hub)
    await refused(hass, CODE, "code_locked_out", person)
    await change(hass, entry, hub, new_code=WRONG)
    await act(hass, "open", code=WRONG, context=person)
    await refused(hass, CODE, "code_wrong", person)


OPENING = pytest.mark.parametrize(
    ("name", "data"),
    [
        ("open_door", {"door": 1}),
        ("open_door", {"all_doors": True}),
        ("control_door", {"function": "open"}),
        ("control_door", {"function": "hold_open"}),
        ("send_command", {"command": {"cmd": "opendoor", "doornum": 1}}),
        ("send_command", {"command": {"cmd": "lockctrl", "fuc": 1}}),
        ("send_command", {"command": {"cmd": " OpenDoor\u200b", "doornum": 1}}),
    ],
)


@OPENING
async def test_actions_ask_persons_and_not_automations(
    hass: HomeAssistant, hub: Hub, guarded: VirtualTerminal, person: Context, name: str, data: dict[str, Any]
) -> None:
    for extra, key in (({}, "code_required"), ({"code": WRONG}, "code_wrong")):
        with pytest.raises(ServiceValidationError) as error:
            await ask(hass, hub, name, person, **data, **extra)
        assert error.value.translation_key == key
    with pytest.raises(ServiceValidationError):  # who gives a code means it
        await ask(hass, hub, name, Context(), **data, code=WRONG)
    assert moved(guarded) == []
    await ask(hass, hub, name, person, **data, code=CODE)
    await ask(hass, hub, name, Context(), **data)
    assert len(moved(guarded)) == 2


@pytest.fixture
def slow_check(monkeypatch: pytest.MonkeyPatch, jump: Jump) -> None:
    """A machine on which checking a code takes longer than anybody waits for a door."""

    def _matches(code: str, kept: str) -> bool:
        jump(exchange.DOOR_WRITE_SECONDS)
        return matches(code, kept)

    monkeypatch.setattr(unlock_code, "matches", _matches)


@OPENING
@pytest.mark.usefixtures("slow_check")
async def test_an_action_opens_nothing_late_because_its_code_took_long(
    hass: HomeAssistant, hub: Hub, guarded: VirtualTerminal, person: Context, name: str, data: dict[str, Any]
) -> None:
    with pytest.raises(HomeAssistantError) as error:
        await ask(hass, hub, name, person, **data, code=CODE)
    assert error.value.translation_key == "terminal_busy"
    assert moved(guarded) == []


@pytest.mark.parametrize("name", ["open", "unlock"])
@pytest.mark.parametrize("hold_open", [False, True])
@pytest.mark.usefixtures("slow_check")
async def test_a_lock_opens_nothing_late_because_its_code_took_long(
    hass: HomeAssistant, hub: Hub, guarded: VirtualTerminal, name: str, *, hold_open: bool
) -> None:
    hub.terminals[FACE].hold_open = hold_open
    with pytest.raises(HomeAssistantError) as error:
        await act(hass, name, code=CODE)
    assert error.value.translation_key == "terminal_busy"
    assert moved(guarded) == []
    assert state_of(hass, FRONT).state == "locked"
    await act(hass, "lock")  # which asks for no code
    assert [frame["cmd"] for frame in moved(guarded)] == ["lockctrl"]


async def test_what_opens_nothing_needs_no_code(
    hass: HomeAssistant, hub: Hub, guarded: VirtualTerminal, person: Context
) -> None:
    for function in ("hold_closed", "normal"):
        await ask(hass, hub, "control_door", person, function=function)
    await ask(hass, hub, "send_command", person, command={"cmd": "gettime"})
    assert [frame["fuc"] for frame in moved(guarded)] == [2, 4]


async def test_the_door_mode_is_no_way_around(hass: HomeAssistant, guarded: VirtualTerminal, person: Context) -> None:
    async def _select(option: str, context: Context) -> None:
        await hass.services.async_call(
            "select",
            "select_option",
            {"entity_id": "select.front_door_door_mode", "option": option},
            blocking=True,
            context=context,
        )

    with pytest.raises(ServiceValidationError) as error:
        await _select("held_open", person)
    assert error.value.translation_key == "code_required"
    await _select("held_closed", person)
    await _select("held_open", Context())
    assert [frame["fuc"] for frame in moved(guarded)] == [2, 1]


async def test_the_form_never_shows_a_code_and_can_remove_it(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal
) -> None:
    for wrong in ("123", "12345678901", "12a4", "١٢٣٤"):
        assert (await change(hass, entry, hub, new_code=wrong))["errors"] == {"new_code": "invalid_code"}
    form = await settings_form(hass, entry, hub.terminals[FACE].subentry_id)
    assert "remove_code" not in form["data_schema"].schema
    await change(hass, entry, hub, new_code=CODE)
    kept = entry.subentries[hub.terminals[FACE].subentry_id].data["unlock_code"]
    assert CODE not in kept
    assert matches(CODE, kept)
    form = await settings_form(hass, entry, hub.terminals[FACE].subentry_id)
    assert not any(kept in str(marker.description) for marker in form["data_schema"].schema)
    assert "remove_code" in form["data_schema"].schema
    both = await change(hass, entry, hub, new_code=CODE, remove_code=True)
    assert both["errors"] == {"remove_code": "new_and_removed"}
    await change(hass, entry, hub)  # leaves it
    await refused(hass, None, "code_required")
    await change(hass, entry, hub, remove_code=True)
    assert "code_format" not in state_of(hass, FRONT).attributes
    await act(hass, "open")
    assert openings(face) == 1


@pytest.mark.parametrize("said", ["false", "no", "off", "0", "False", False, 0])
async def test_a_no_does_not_remove_the_code(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, said: Any
) -> None:
    """Home Assistant's own switch takes every text for yes."""
    await change(hass, entry, hub, new_code=CODE)
    kept = entry.subentries[hub.terminals[FACE].subentry_id].data["unlock_code"]
    await change(hass, entry, hub, remove_code=said, hold_open=said)
    changed = entry.subentries[hub.terminals[FACE].subentry_id].data
    assert (changed["unlock_code"], changed["hold_open"]) == (kept, False)
    await refused(hass, None, "code_required")


@pytest.mark.parametrize("said", ["perhaps", "", 2, -1, 0.5, [], [False], {"no": "no"}, None])
async def test_what_is_neither_yes_nor_no_changes_nothing(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, face: VirtualTerminal, said: Any
) -> None:
    await change(hass, entry, hub, new_code=CODE)
    kept = entry.subentries[hub.terminals[FACE].subentry_id]
    for field in ("remove_code", "hold_open"):
        with pytest.raises(InvalidData):
            await change(hass, entry, hub, **{field: said})
    assert entry.subentries[hub.terminals[FACE].subentry_id] == kept


async def test_a_door_of_several_needs_the_code_of_its_terminal(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, controller: VirtualTerminal
) -> None:
    subentry = entry.subentries[hub.terminals[CONTROLLER].subentry_id]
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "unlock_code": hashed(CODE)})
    await hass.async_block_till_done()
    with pytest.raises(ServiceValidationError):
        await act(hass, "open", "lock.warehouse_door_3")
    await act(hass, "open", "lock.warehouse_door_3", code=CODE)
    assert [door.openings for door in controller.doors.values()] == [0, 0, 1, 0]


def test_two_hashes_of_one_code_differ() -> None:
    assert hashed(CODE) != hashed(CODE)
    assert not matches(WRONG, hashed(CODE))
