"""What somebody of the house gets at one terminal is kept, sealed, and on the other terminals too."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.timmy_access.const import DOMAIN
from custom_components.timmy_access.hub.agreements import async_agreement
from custom_components.timmy_access.hub.hub import Hub
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator import User, VirtualTerminal

from ..conftest import FACE, FINGER, MakeTerminal, connected
from .test_in_step import BO, CARD, bo, commands, have, house, until

KEPT = frozenset({FACE, FINGER})
FACE_SLOT, FINGER_SLOT = 20, 0


@pytest.fixture
async def hub(hass: HomeAssistant, entry: MockConfigEntry) -> AsyncGenerator[Hub]:
    hass.config_entries.async_update_entry(entry, options={"vault": True})
    assert await hass.config_entries.async_setup(entry.entry_id)
    yield entry.runtime_data
    await hass.config_entries.async_unload(entry.entry_id)


async def kept_terminals(hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal) -> list[VirtualTerminal]:
    """Return two terminals that are in step with a house of one, who has nothing to identify themselves with."""
    terminals = [make_terminal("ai_face", FACE), make_terminal("tfs30", FINGER)]
    for terminal in terminals:
        terminal.users.clear()
        await connected(hass, terminal)
    await have(hub, lambda _: house(bo(), kept=KEPT))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert all(terminal.users[7].name == BO for terminal in terminals)
    return terminals


async def ask(hass: HomeAssistant, hub: Hub, serial: str, action: str, **data: Any) -> Any:
    answers = hass.services.supports_response(DOMAIN, action).value != "none"
    return await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": hub.terminals[serial].device_id, **data},
        blocking=True,
        return_response=answers,
    )


async def settled(hass: HomeAssistant, hub: Hub) -> None:
    """Wait until all is done that follows, and nothing is different."""
    await hass.async_block_till_done(wait_background_tasks=True)
    await hub.caretaker.watch.async_look()
    await hass.async_block_till_done(wait_background_tasks=True)
    for terminal in hub.terminals.values():
        if terminal.session is not None:
            agreement = await async_agreement(hass, hub.house, terminal)
            assert (agreement.steps, agreement.differences) == ((), {})
    assert not any(placement.tries for placement in hub.house.household.placements.values())


@pytest.mark.parametrize(("credential", "slot"), [("fingerprint", FINGER_SLOT), ("card", CARD)])
async def test_a_finger_recorded_at_one_terminal_opens_at_the_other(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal, credential: str, slot: int
) -> None:
    first, second = await kept_terminals(hass, hub, make_terminal)
    first, second = (second, first) if slot == FINGER_SLOT else (first, second)
    seen = len(first.received)
    adding = hass.async_create_task(
        ask(hass, hub, first.serial, "add_user", enroll_id=7, name=BO, credential=credential)
    )
    await first.wait_received("adduser", after=seen)
    first.scan_enrolment()
    assert (await adding) == {"enroll_id": 7}
    contents = first.users[7].credentials[slot]
    if slot == CARD:  # fingers have no reader at the other one
        await until(hub, lambda: slot in placed_at(hub, second.serial))
        assert second.users[7].credentials[slot] == contents
    await settled(hass, hub)
    held = hub.house.household.credentials["bo", slot]
    assert await hub.house.safe.async_contents(held) == contents
    assert held.algorithm == ("thbio3.0" if slot == FINGER_SLOT else None)
    assert first.users[7].enabled
    assert placed_at(hub, first.serial)[slot] == held.revision


def placed_at(hub: Hub, serial: str) -> dict[int, str]:
    placement = hub.house.household.placements.get((serial, 7))
    return dict(placement.confirmed.credentials) if placement and placement.confirmed else {}


async def test_who_is_not_recorded_after_all_is_written_again(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    first, _ = await kept_terminals(hass, hub, make_terminal)
    seen = len(first.received)
    adding = hass.async_create_task(ask(hass, hub, FACE, "add_user", enroll_id=7, name=BO, credential="face"))
    await first.wait_received("adduser", after=seen)
    assert 7 not in first.users
    await ask(hass, hub, FACE, "cancel_add_user")
    with pytest.raises(HomeAssistantError):
        await adding
    await settled(hass, hub)
    assert first.users[7].name == BO
    assert not hub.house.household.credentials


async def test_who_is_removed_while_being_recorded_is_gone(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    first, _ = await kept_terminals(hass, hub, make_terminal)
    seen = len(first.received)
    adding = hass.async_create_task(ask(hass, hub, FACE, "add_user", enroll_id=7, name=BO, credential="face"))
    await first.wait_received("adduser", after=seen)
    await hub.house.async_remove("bo", None)
    await until(hub, lambda: not hub.house.household.tombstones)
    first.scan_enrolment()
    await adding
    await settled(hass, hub)
    assert 7 not in first.users


async def test_another_card_at_one_terminal_is_the_card_everywhere(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminals = await kept_terminals(hass, hub, make_terminal)
    for serial, card in ((FACE, 4711), (FINGER, 4712)):
        await ask(hass, hub, serial, "set_credential", enroll_id=7, credential="card", value=str(card))
        await settled(hass, hub)
        assert [terminal.users[7].credentials[CARD] for terminal in terminals] == [card, card]
        held = hub.house.household.credentials["bo", CARD]
        assert await hub.house.safe.async_contents(held) == card
        assert held.mark is not None
    await ask(hass, hub, FINGER, "set_user", enroll_id=7, card="4713")
    await settled(hass, hub)
    assert [terminal.users[7].credentials[CARD] for terminal in terminals] == [4713, 4713]


async def test_a_card_that_somebody_else_has_is_refused_before_it_is_written(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    first, _ = await kept_terminals(hass, hub, make_terminal)
    await hass.services.async_call(DOMAIN, "add_person", {"name": "Eve", "card": "4711"}, blocking=True)
    seen = len(first.received)
    for action, data in (("set_credential", {"credential": "card", "value": "4711"}), ("set_user", {"card": "4711"})):
        with pytest.raises(ServiceValidationError) as caught:
            await ask(hass, hub, FACE, action, enroll_id=7, **data)
        assert caught.value.translation_key == "house_card_in_use"
    assert not [name for name in commands(first, seen) if name.startswith("set")]


async def test_the_vault_fills_itself_with_what_terminals_have(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    there = make_terminal("ai_face", FACE)
    there.users.clear()
    for number in range(7, 20):
        there.add_user(
            User(enrollid=number, name=f"P {number}", credentials={CARD: 4700 + number, 20: f"face{number}"})
        )
    await connected(hass, there)
    taken = await ask(hass, hub, FACE, "keep_in_step", confirm=True)
    assert len(taken["added"]) == 13
    await settled(hass, hub)
    household = hub.house.household
    contents = {
        (household.people[person_id].enroll_id, slot): await hub.house.safe.async_contents(held)
        for (person_id, slot), held in household.credentials.items()
    }
    expected = {(number, CARD): 4700 + number for number in range(7, 20)} | {
        (number, 20): f"face{number}" for number in range(7, 20)
    }
    assert contents == expected
    # Nothing is read twice.
    seen = len(there.received)
    await hub.caretaker.watch.async_look()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "getuserinfo" not in commands(there, seen)


async def test_an_emptied_vault_takes_no_card_off_a_door(
    hass: HomeAssistant, hub: Hub, entry: MockConfigEntry, make_terminal: MakeTerminal
) -> None:
    terminals = await kept_terminals(hass, hub, make_terminal)
    await hub.house.async_update("bo", {}, {CARD: 4711}, (), None)
    await settled(hass, hub)
    hass.config_entries.async_update_entry(entry, options={})
    await settled(hass, hub)
    assert [terminal.users[7].credentials.get(CARD) for terminal in terminals] == [4711, 4711]
    held = hub.house.household.credentials["bo", CARD]
    assert (held.sealed, held.mark) == (None, None)


async def test_a_finger_recorded_at_the_keypad_is_a_difference_and_then_everywhere(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    first, second = await kept_terminals(hass, hub, make_terminal)
    seen = len(first.received)
    first.keypad.change_card(7, 4711)
    await first.wait_received("senduser", after=seen)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert second.users[7].credentials.get(CARD) is None
    await ask(hass, hub, FACE, "settle_difference", choice="take_over")
    await settled(hass, hub)
    assert second.users[7].credentials[CARD] == 4711
    held = hub.house.household.credentials["bo", CARD]
    assert await hub.house.safe.async_contents(held) == 4711
