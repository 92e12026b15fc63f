"""A new terminal is kept in step from the first where that was chosen at its approval and nobody is on it."""

from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.timmy_access.house.arrivals import Arrival
from custom_components.timmy_access.house.changes import with_group
from custom_components.timmy_access.house.groups import AccessGroup, Rule
from custom_components.timmy_access.house.taking_over import Present
from custom_components.timmy_access.hub.approval import mark_of
from custom_components.timmy_access.hub.hub import Hub
from custom_components.timmy_access.protocol.errors import CommandTimeout
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator import User, VirtualTerminal

from ..conftest import MakeTerminal
from ..flows.test_config_flow import STRANGER, card, submit
from ..panel.told import asked
from .test_in_step import bo, until

KEEP = "keep_in_step"


@pytest.fixture
async def lived_in(hub: Hub) -> Hub:
    """A house in which Bo may pass a door of the terminal that is to come."""
    everywhere = AccessGroup(group_id="all", name="All", rules=(Rule(doors={STRANGER: frozenset({1})}),))
    await hub.house.keeper.async_change(lambda house: with_group(house, everywhere))
    await hub.house.async_add([Arrival(person=bo())], None)
    return hub


def chosen(entry: MockConfigEntry) -> dict[str, Any]:
    (approved,) = [item for item in entry.subentries.values() if item.unique_id == STRANGER]
    return dict(approved.data)


def questions(form: Any) -> Mapping[Any, Any]:
    schema: Mapping[Any, Any] = form["data_schema"].schema
    return schema


def empty(make_terminal: MakeTerminal) -> MakeTerminal:
    def _make(*arguments: Any, **options: Any) -> VirtualTerminal:
        terminal = make_terminal(*arguments, **options)
        terminal.users.clear()
        return terminal

    return _make


async def test_one_without_people_is_filled_as_soon_as_it_is_approved(
    hass: HomeAssistant, entry: MockConfigEntry, lived_in: Hub, make_terminal: MakeTerminal
) -> None:
    terminal, flow = await card(hass, empty(make_terminal), "ai_face")
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert next(key for key in questions(form) if key == KEEP).default() is True
    result = await submit(hass, flow, name="Gate", doors=1, keep_in_step=True)
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "terminal_approved_kept")
    await terminal.wait_registered()
    await until(lived_in, lambda: (STRANGER, 7) in lived_in.house.household.placements)
    await terminal.wait_for(lambda: 7 in terminal.users or None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert lived_in.house.household.kept == {STRANGER}
    assert KEEP not in chosen(entry)


async def test_it_is_not_asked_of_one_with_people_nor_without_a_house(
    hass: HomeAssistant, hub: Hub, make_terminal: MakeTerminal
) -> None:
    terminal, flow = await card(hass, empty(make_terminal), "ai_face")
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert KEEP not in questions(form)
    await hub.house.async_add([Arrival(person=bo(groups=frozenset()))], None)
    form = await submit(hass, flow, name="", doors=1)
    assert KEEP in questions(form)
    await terminal.stop()
    hub.pending.async_drop(STRANGER)
    hass.config_entries.flow.async_abort(flow["flow_id"])
    _, flow = await card(hass, make_terminal, "ai_face")
    form = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert KEEP not in questions(form)


@pytest.mark.parametrize("keep", [True, False])
async def test_one_that_has_people_after_all_and_one_that_was_not_to_be_kept_are_only_observed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    lived_in: Hub,
    make_terminal: MakeTerminal,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
    keep: bool,
) -> None:
    terminal, _ = await card(hass, empty(make_terminal), "ai_face")
    (waiting,) = lived_in.pending.async_waiting()
    assert waiting.people == 0
    if keep:
        terminal.add_user(User(enrollid=60, name="Keypad 60", credentials={11: 1}))
    client = await hass_ws_client(hass)
    await asked(client, "approve_terminal", mark=mark_of(waiting), name="Gate", doors=1, keep_in_step=keep)
    assert chosen(entry).get(KEEP) == (hass_admin_user.id if keep else None)
    await terminal.wait_registered()
    roster = lived_in.terminals[STRANGER].roster
    await terminal.wait_for(lambda: roster.is_whole or None)
    await hass.async_block_till_done(wait_background_tasks=True)
    await lived_in.caretaker.watch.async_look()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert lived_in.house.household.kept == frozenset()
    assert KEEP not in chosen(entry)
    assert terminal.users.keys() == ({60} if keep else set())


async def test_one_that_does_not_tell_its_hours_is_not_asked_for_them_again_and_again(
    hass: HomeAssistant, entry: MockConfigEntry, lived_in: Hub, make_terminal: MakeTerminal
) -> None:
    """Each question that stays open keeps everything else waiting, also a door that is to open."""
    terminal, flow = await card(hass, empty(make_terminal), "ai_face")
    asked = 0

    async def _unanswered(*_: object) -> Present:
        nonlocal asked
        asked += 1
        raise CommandTimeout("getdevlock")

    with patch("custom_components.timmy_access.hub.newcomers.async_present", _unanswered):
        await submit(hass, flow, name="Gate", doors=1, keep_in_step=True)
        await terminal.wait_registered()
        gate = lived_in.terminals[STRANGER]
        await terminal.wait_for(lambda: gate.roster.is_whole or None)
        for _ in range(3):
            await lived_in.caretaker.watch.async_look()
            await hass.async_block_till_done(wait_background_tasks=True)
        assert asked == 1
    assert KEEP in chosen(entry)
    await terminal.drop()
    await terminal.wait_registered(timeout=10)
    await terminal.wait_for(lambda: gate.roster.is_whole or None)
    await lived_in.caretaker.watch.async_look()
    await until(lived_in, lambda: STRANGER in lived_in.house.household.kept)
    await hass.async_block_till_done(wait_background_tasks=True)
